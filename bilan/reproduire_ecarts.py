"""Ce qui diffère entre deux constructions : leurs fichiers, et les entrées qui l'expliquent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bilan.reproduire_lecture import Construction

# Du plus près du résultat au plus loin : ce qu'on lit d'abord est ce qui explique le mieux.
RANGS = ("data", "params", "notebooks", "report", "_quarto.yml", "index.qmd", "bilan")

EMPREINTE = 64  # la longueur d'une empreinte, qu'il est inutile de montrer


@dataclass(frozen=True)
class Ecart:
    """Une chose qui n'est pas la même ; `avant` ou `apres` est vide si elle n'y est pas."""

    nom: str
    avant: str
    apres: str

    def __str__(self) -> str:
        if not self.avant:
            return f"{self.nom} (nouveau)"
        if not self.apres:
            return f"{self.nom} (absent)"
        if len(self.avant) == EMPREINTE:
            return self.nom
        return f"{self.nom} ({self.avant} alors, {self.apres} ici)"


def des_fichiers(attendue: Construction, refaite: Construction) -> list[Ecart]:
    """Les fichiers publiés qui diffèrent, par ordre de nom.

    On ne cherche que ce que montre la construction attendue, et ce que l'autre a de plus à publier.
    """
    noms = attendue.fichiers.keys() | refaite.origines["sorties"].keys()
    return list(_ecarts(*({nom: c.fichiers[nom] for nom in noms if nom in c.fichiers}
                          for c in (attendue, refaite))))


def des_entrees(attendue: Construction, refaite: Construction) -> list[Ecart]:
    """Les entrées qui diffèrent, la première étant celle qui explique le mieux.

    D'abord les fichiers du projet et le code, puis Python et les bibliothèques, les outils, le
    système, enfin le commit.
    """
    avant, apres = (_entrees(c.origines) for c in (attendue, refaite))
    return [ecart for groupe in avant for ecart in _ecarts(avant[groupe], apres[groupe])]


def _entrees(origines: dict) -> dict[str, dict[str, str]]:
    programme, depot = origines["programme"], origines["depot"] or {}
    return {
        "fichiers": origines["entrees"],
        "bilan": {"bilan": programme["bilan"]},
        "python": {"Python": programme["python"]},
        "bibliotheques": {f"bibliothèque {nom}": version
                          for nom, version in programme["bibliotheques"].items()},
        "outils": {"Pandoc": origines["assemblage"]["pandoc"],
                   "voie d'assemblage": origines["assemblage"]["par"]},
        "systeme": {"système": programme["systeme"]},
        "commit": {"commit": depot.get("commit", "")[:12]},
    }


def _rang(nom: str) -> tuple[int, str]:
    tete = nom.partition("/")[0]
    return (RANGS.index(tete) if tete in RANGS else len(RANGS)), nom


def _ecarts(avant: dict[str, str], apres: dict[str, str]) -> Iterator[Ecart]:
    for nom in sorted(avant | apres, key=_rang):
        if avant.get(nom, "") != apres.get(nom, ""):
            yield Ecart(nom, avant.get(nom, ""), apres.get(nom, ""))
