"""L'annexe des référentiels : ce que valent le rapport et le projet, au vu de listes publiées."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from bilan.carnet import Bilan
from bilan.markdown import Colonne, Tableau, echapper
from bilan.referentiels import Etat, Referentiel
from bilan.referentiels_preuves import Controle, controler

SANS_LISTE = "Aucun référentiel n'a été appliqué à cette édition.\n"
PORTEES = {"rapport": "le rapport", "projet": "le projet", "site": "le site"}


def bloc_referentiels(bilan: Bilan, bloc: Callable[[str], str | None]) -> str:
    """Les comptes de chaque liste, puis chaque liste, item par item."""
    listes = controler(bilan, bloc)
    if not listes:
        return SANS_LISTE
    morceaux = ["## Ensemble {#ensemble}\n", _comptes(list(listes.values())).markdown()]
    morceaux += [_liste(nom, liste, items) for nom, (liste, items) in listes.items()]
    return "\n".join(morceaux)


def _comptes(listes: list[tuple[Referentiel, list[Controle]]]) -> Tableau:
    lignes = []
    for liste, items in listes:
        comptes = Counter(c.etat for c in items)
        lignes.append(
            [
                f"{echapper(liste.titre)} · {_portee(liste)}",
                *(str(comptes[e]) for e in Etat),
                str(len(items)),
            ]
        )
    return Tableau(
        [
            Colonne("Liste", largeur=36),
            *(Colonne(str(e), "droite", 13) for e in Etat),
            Colonne("Total", "droite", 9),
        ],
        lignes,
        "Nombre d'items de chaque liste, par état",
        "tbl-referentiels",
    )


def _liste(nom: str, liste: Referentiel, items: list[Controle]) -> str:
    tableau = Tableau(
        [Colonne("Code", largeur=11), Colonne("Item", largeur=26), Colonne("État", largeur=13),
         Colonne("Preuves, écart, ou ce qui reste à juger", largeur=50)],
        [
            [f"**{echapper(c.item.code)}**", echapper(c.item.intitule), echapper(c.etat),
             _ce_qui_est_avance(c)]
            for c in items
        ],
        f"{echapper(liste.titre)} : état de chaque item",
        f"tbl-referentiel-{nom}",
    )
    remarque = f"\n\n{liste.remarque.strip()}" if liste.remarque else ""
    return (
        f"## {echapper(liste.titre)} {{#{nom}}}\n\n"
        f"**{echapper(liste.editeur)}**, {echapper(liste.version)}, <{liste.adresse}>. "
        f"Ce qui est jugé ici\u00a0: {_portee(liste)}. {liste.source.strip()}{remarque}\n\n"
        f"{tableau.markdown()}"
    )


def _portee(liste: Referentiel) -> str:
    return " et ".join(PORTEES[p] for p in liste.portee)


def _ce_qui_est_avance(controle: Controle) -> str:
    item = controle.item
    # Deux preuves peuvent se montrer de même : le même fichier, pour deux choses qu'il contient.
    trouvees = " ; ".join(dict.fromkeys(controle.trouvees))
    morceaux = [f"{trouvees}."] if trouvees else []
    morceaux += [f"**Preuve introuvable.** {echapper(f.trouve)}." for f in controle.fautes]
    if item.ecart:
        morceaux.append(f"**Écart.** {item.ecart.strip()}")
    if item.a_juger:
        morceaux.append(f"**À juger.** {item.a_juger.question.strip()} {item.a_juger.ou.strip()}")
    return " ".join(morceaux)
