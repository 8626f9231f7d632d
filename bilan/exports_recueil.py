"""Ce que disent tous les fichiers de tableaux : leur titre, leurs notes, leur sommaire."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bilan.exports_tables import Champ, Table
from bilan.natures import SENS
from bilan.registre import NATURES

SOMMAIRE, NOTES = "Sommaire", "Notes"
# Les liens de chaque feuille, et les titres de colonnes de ces deux-là.
VERS_SOMMAIRE, VERS_NOTES = "Retour au sommaire", "Notes : nature des chiffres, n et N, licence"
DU_SOMMAIRE = [Champ("Feuille"), Champ("Tableau")]
DES_NOTES = [Champ("De quoi"), Champ("Ce qu’il faut savoir")]
LARGEUR_MAX = 60  # d'une colonne, en signes
CONVENTIONS = [
    ("n, sur N", "Le numérateur et le dénominateur d'une part ou d'un score ; à côté, la valeur "
     "n'est pas arrondie, le tableur ne fait que l'afficher comme le rapport l'imprime."),
    ("bas, haut", "Les deux bornes d'une étendue ou d'un intervalle."),
    ("–", "Sans objet, ou rien à dire."),
]


@dataclass(frozen=True)
class Recueil:
    """Les tableaux d'une édition et ce qu'il faut savoir pour les lire."""

    titre: str
    edition: str
    auteurs: str
    mention: str
    date: datetime.date
    licences: list[dict]  # comme dans datapackage.json
    tables: list[Table]

    @property
    def intitule(self) -> str:
        """Le titre des fichiers."""
        return f"{self.titre}, édition {self.edition} : tableaux"

    @property
    def notes(self) -> list[tuple[str, str]]:
        """Les notes, en deux colonnes : de quoi, et ce qu'il faut en savoir."""
        return [
            ("Édition", self.edition),
            ("Date", self.date.strftime("%d/%m/%Y")),
            ("Auteur", self.auteurs),
            *(("Licence", licence["title"]) for licence in self.licences),
            *([("Données", self.mention)] if self.mention else []),
            *CONVENTIONS,
            *((NATURES[n].capitalize(), f"Nature d'une table qui {sens}, et de ses chiffres.")
              for n, sens in SENS.items()),
            ("Calculée", "Nature d'un chiffre que le bilan déduit d'autres chiffres."),
        ]

    def sans_territoires(self) -> Recueil:
        """Le même, son registre, qui est la dernière table, réduit aux chiffres de l'ensemble."""
        *tables, registre = self.tables
        rang = [c.titre for c in registre.champs].index("territoire")
        notes = [*registre.notes, "Sans les chiffres de chaque territoire, qui sont dans "
                                  f"csv/{registre.nom}.csv."]
        lignes = [ligne for ligne in registre.lignes if ligne[rang] == "–"]
        return replace(self, tables=[*tables, replace(registre, notes=notes, lignes=lignes)])

    @property
    def onglets(self) -> dict[str, str]:
        """Le nom de la feuille de chaque tableau : 31 signes au plus, aucun répété."""
        noms: dict[str, str] = {}
        for table in self.tables:
            court, rang = table.nom[:31], 1
            while court in noms.values():
                rang += 1
                court = f"{table.nom[:28]}-{rang}"
            noms[table.nom] = court
        return noms


def est_nombre(valeur: str | float) -> bool:
    """Vrai pour ce qui s'écrit en nombre."""
    return not isinstance(valeur, str)


def largeurs_de(champs: Sequence[Champ], lignes: Sequence) -> list[int]:
    """La largeur de chaque colonne, en signes."""
    return [_largeur(champ, [ligne[rang] for ligne in lignes]) for rang, champ in enumerate(champs)]


def _largeur(champ: Champ, valeurs: list[str | float]) -> int:
    if champ.decimales is not None:
        return max(11, min(22, round(len(champ.titre) * 0.8)))
    lus = [len(v) for v in valeurs if not est_nombre(v)]
    return max(9, min(LARGEUR_MAX, max([len(champ.titre), *lus]) + 2))
