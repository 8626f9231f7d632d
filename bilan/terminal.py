"""Ce que le terminal montre : le Tableau 1, le plan, l'avancement des carnets."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.table import Table
from rich.text import Text

from bilan.carnet import Bilan
from bilan.executer import CompteRendu
from bilan.nouvelle_edition import Preparation
from bilan.plan import Etat
from bilan.registre import FABRIQUEES, NATURES, atteinte, nature_de
from bilan.terminal_inerte import Terminal

# Les raisons d'exécuter qui ne sont pas un changement.
SANS_CHANGEMENT = ("jamais exécuté", "demandé", "exécuté par une autre version")


def indicateurs_en_json(bilan: Bilan) -> list[dict]:
    """Un objet par indicateur ; `territoires` donne le résultat de chacun là où il a un sens."""
    objets = []
    for definition in bilan.parametres.indicateurs:
        resultat = bilan.registre[f"{definition.code}.resultat"]
        prefixe = f"{definition.code}.resultat."
        objets.append(
            {
                "code": definition.code,
                "nom": definition.nom,
                "categorie": definition.categorie,
                "rang": definition.rang,
                "valeur": resultat.valeur,
                "texte": resultat.texte,
                "unite": resultat.unite,
                "numerateur": resultat.numerateur,
                "denominateur": resultat.denominateur,
                "cible": resultat.cible,
                "atteinte": atteinte(resultat),
                "verdict": _verdict(bilan, definition.code),
                "nature": resultat.nature,
                "territoires": {
                    c.territoire: {
                        "valeur": c.valeur,
                        "numerateur": c.numerateur,
                        "denominateur": c.denominateur,
                    }
                    for c in bilan.registre
                    if c.code.startswith(prefixe)
                },
            }
        )
    return objets


def afficher_indicateurs(bilan: Bilan) -> None:
    """Le Tableau 1 dans le terminal."""
    table = Table(title=f"Indicateurs de l'édition {bilan.edition.code}")
    for titre, cote in (("Code", "left"), ("Indicateur", "left"), ("Cible", "right"),
                        ("Résultat", "right"), ("n/N", "right"), ("Verdict", "left")):
        table.add_column(titre, justify=cote)
    for definition in bilan.parametres.indicateurs:
        resultat = bilan.registre[f"{definition.code}.resultat"]
        cible = f"{definition.code}.cible"
        table.add_row(
            definition.code,
            Text(definition.nom),
            bilan.registre[cible].texte if cible in bilan.registre else "–",
            resultat.texte,
            resultat.rapport or "–",
            _verdict(bilan, definition.code) or "sans cible",
        )
    Terminal().print(table)
    nature = nature_de(bilan.natures.values())
    if nature in FABRIQUEES:
        print(f"Calculés sur des lignes {NATURES[nature]}s : ce ne sont pas des observations.")


def _verdict(bilan: Bilan, code: str) -> str | None:
    verdict = bilan.registre.get(f"{code}.verdict")
    return verdict.texte if verdict else None


def afficher_preparation(preparation: Preparation) -> None:
    """Ce qui a été écrit et gardé, puis la suite."""
    edition = preparation.edition
    for chemin in preparation.ecrits:
        print(f"écrit : {edition.relatif(chemin)}")
    for chemin in preparation.gardes:
        print(f"déjà là, gardé : {edition.relatif(chemin)}")
    print(f"Ensuite, « bilan verifier --edition {edition.code} » dit ce qu'il reste à compléter.")
    print("Une fois les territoires et les sessions inscrits, « bilan formulaires --edition "
          f"{edition.code} » écrit les classeurs à leur envoyer.")


def afficher_plan(etats: Iterable[Etat]) -> None:
    """Une ligne par carnet : ses paramètres, à jour ou à exécuter et pourquoi."""
    for etat in etats:
        parametres = ", ".join(f"{k}={v}" for k, v in etat.tache.parametres.items())
        verdict = "à jour" if etat.a_jour else "à exécuter : " + _resumer(etat.raisons)
        print(f"{etat.tache.nom} ({parametres}) : {verdict}")


def _resumer(raisons: list[str]) -> str:
    suite = f" et {len(raisons) - 4} autres" if len(raisons) > 4 else ""
    changement = "" if raisons[0] in SANS_CHANGEMENT else " a changé"
    return ", ".join(raisons[:4]) + suite + changement


class SuiviParLignes:
    """Hors d'un terminal : une ligne quand un carnet finit."""

    def prevoit(self, etats: list[Etat]) -> None:
        pass

    def demarre(self, nom: str) -> None:
        pass

    def termine(self, compte_rendu: CompteRendu) -> None:
        verdict = "échec" if compte_rendu.erreur else "fait"
        print(f"{compte_rendu.nom} : {verdict} ({compte_rendu.secondes:.1f} s)", flush=True)

    def etape(self, texte: str) -> None:
        print(f"{texte}…", flush=True)


class SuiviVivant:
    """Dans un terminal : une ligne par carnet, mise à jour en place."""

    def __init__(self):
        self.etats: dict[str, str] = {}
        self.debuts: dict[str, float] = {}
        self.etape_en_cours = ""

    def prevoit(self, etats: list[Etat]) -> None:
        self.etats = {e.tache.nom: "à jour" if e.a_jour else "en attente" for e in etats}

    def demarre(self, nom: str) -> None:
        self.etats[nom] = "en cours"
        self.debuts[nom] = time.monotonic()

    def termine(self, compte_rendu: CompteRendu) -> None:
        self.debuts.pop(compte_rendu.nom, None)
        verdict = "échec" if compte_rendu.erreur else "fait"
        self.etats[compte_rendu.nom] = f"{verdict}, {compte_rendu.secondes:.1f} s"

    def etape(self, texte: str) -> None:
        self.etape_en_cours = f"{texte}…"

    def __rich__(self) -> Table:
        table = Table.grid(padding=(0, 2))
        finis = sum(not e.startswith("en ") for e in self.etats.values())
        for nom, etat in self.etats.items():
            if nom in self.debuts:
                etat = f"{etat}, {time.monotonic() - self.debuts[nom]:.0f} s"
            marque = {"fa": "✓", "à ": "✓", "éc": "✗"}.get(etat[:2], "·")
            table.add_row(marque, nom, etat)
        table.add_row("", f"{finis} sur {len(self.etats)}", self.etape_en_cours)
        return table


@contextmanager
def suivi() -> Iterator[SuiviParLignes | SuiviVivant]:
    """L'avancement des carnets, vivant dans un terminal, par lignes ailleurs."""
    if not sys.stdout.isatty():
        yield SuiviParLignes()
        return
    vivant = SuiviVivant()
    with Live(vivant, console=Terminal(), refresh_per_second=4):
        yield vivant
