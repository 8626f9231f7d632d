"""La déclaration d'accessibilité : les contrôles déclarés, et ce qu'ils ont trouvé.

Les contrôles sont passés par les tests ; ce module ne fait que lire leurs résultats.
"""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from pydantic import Field

from bilan.carnet import Bilan
from bilan.markdown import Colonne, Tableau, echapper, encadre, liste
from bilan.parametres import Modele, lire_yaml
from bilan.referentiels import Item, lire_referentiels

SANS_LISTE = "Le RGAA n'a pas été relevé pour cette édition : ses critères restent tous à juger.\n"
SANS_RESULTATS = "Aucun contrôle n'a été passé sur cette édition. Lancer `make accessibilite`."


class Controle(Modele):
    """Un contrôle déclaré dans `report/accessibilite.yml`."""

    code: str
    intitule: str
    # Ce qui arrête la forge ; les critères du RGAA qui le donnent en preuve sont les siens.
    test: str
    montre: str
    ne_montre_pas: str


class Controles(Modele):
    """Les contrôles, dans l'ordre de la déclaration."""

    controles: list[Controle] = Field(min_length=1)


class Mesure(Modele):
    """Ce qu'un contrôle a trouvé."""

    outil: str
    version: str
    sur: str
    fautes: int = Field(ge=0)


class Resultats(Modele):
    """Les résultats d'une édition, écrits dans `accessibilite.json` : date, mesure par contrôle."""

    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    controles: dict[str, Mesure]


def lire_controles(bilan: Bilan) -> list[Controle]:
    """Les contrôles déclarés. Lève `ErreurBilan` si le fichier est mal écrit."""
    chemin = bilan.edition.racine / "report" / "accessibilite.yml"
    return lire_yaml(chemin, Controles, bilan.edition.relatif(chemin)).controles


def lire_resultats(bilan: Bilan) -> Resultats | None:
    """Les résultats de l'édition ; None tant qu'aucun contrôle n'a été passé."""
    chemin = bilan.edition.params / "accessibilite.json"
    if not chemin.exists():
        return None
    return lire_yaml(chemin, Resultats, bilan.edition.relatif(chemin))


def bloc_controles(bilan: Bilan) -> str:
    """Le tableau des résultats, puis ce que chaque contrôle montre et ne montre pas."""
    controles, resultats = lire_controles(bilan), lire_resultats(bilan)
    criteres = _criteres(bilan)
    explications = "\n".join(
        f"{echapper(c.intitule)}\n:   {c.montre.strip()}\n:   **Ce que cela ne montre pas.** "
        f"{c.ne_montre_pas.strip()}\n" for c in controles)
    if resultats is None:
        return encadre("warning", "Rien n'est vérifié", SANS_RESULTATS) + "\n" + explications
    quand = format_date(date.fromisoformat(resultats.date), "long", locale="fr")
    tableau = Tableau(
        [Colonne("Contrôle", largeur=20), Colonne("Outil", largeur=26), Colonne("Sur", largeur=22),
         Colonne("Critères du RGAA", largeur=20), Colonne("Fautes", "droite", 10)],
        [_ligne(c, resultats.controles.get(c.code), criteres) for c in controles],
        f"Contrôles d'accessibilité : résultats au {quand}", "tbl-accessibilite")
    return f"{tableau.markdown()}\n{explications}"


def _ligne(controle: Controle, mesure: Mesure | None, criteres: dict[str, list[str]]) -> list[str]:
    cites = ", ".join(criteres.get(controle.test, [])) or "aucun"
    if mesure is None:
        return [echapper(controle.intitule), "non passé", "–", echapper(cites), "–"]
    outil = echapper(f"{mesure.outil} {mesure.version}")
    return [echapper(controle.intitule), outil, echapper(mesure.sur), echapper(cites),
            str(mesure.fautes)]


def bloc_ecarts(bilan: Bilan) -> str:
    """Les critères du RGAA dont l'écart est reconnu."""
    ecarts = [i for i in _items(bilan) if i.ecart]
    if not _items(bilan):
        return SANS_LISTE
    if not ecarts:
        return "Aucun écart n'est connu ; il peut en rester qu'un audit trouverait.\n"
    return liste(f"{_nom(i)} {i.ecart.strip()}" for i in ecarts)


def bloc_a_juger(bilan: Bilan) -> str:
    """Les critères du RGAA laissés à une personne : la question, et où regarder."""
    questions = [i for i in _items(bilan) if i.a_juger]
    return liste(
        f"{_nom(i)} {i.a_juger.question.strip()} {i.a_juger.ou.strip()}" for i in questions
    ) if questions else SANS_LISTE


def _nom(item: Item) -> str:
    return f"**{echapper(item.code)}. {echapper(item.intitule)}.**"


def _items(bilan: Bilan) -> list[Item]:
    """Les critères des listes qui ne jugent que le site."""
    listes = lire_referentiels(bilan.edition).values()
    return [i for li in listes if li.portee == ["site"] for i in li.items]


def _criteres(bilan: Bilan) -> dict[str, list[str]]:
    """Par test, les codes des critères dont il est une preuve."""
    trouves: dict[str, list[str]] = {}
    for item in _items(bilan):
        for preuve in item.preuves:
            if preuve.test:
                trouves.setdefault(preuve.test, []).append(item.code)
    return trouves
