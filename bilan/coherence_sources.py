"""Les sources du bilan, prêtes à relire : le texte, l'endroit, et ce qui est mis hors de cause.

Une citation du document publié, `[ainsi]{.cite}`, n'est pas un mot de ce bilan : elle est effacée,
de même que le code et les commentaires. L'effacement garde les lignes et les positions.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

from bilan.projet import SUIVIS, Edition
from bilan.prose import lignes_de_prose
from bilan.textes import SECTION

CITATION = re.compile(r"\[[^\]]*\]\{\.cite\}")
HORS_TEXTE = re.compile(r"`[^`\n]*`|<!--.*?-->|<[^>\n]*>|\]\([^)\s]*\)|https?://\S+", re.DOTALL)
COMMENTAIRE = re.compile(r"^\s*#.*$", re.MULTILINE)
ATTRIBUTS = re.compile(r"\{[^{}\n]*\}|@[\w-]+|\[\^[^\]]*\]")
CODE = re.compile(r"[a-z0-9-]*")
# Ce que ces fichiers disent n'est pas la prose de ce bilan.
NON_RELUS = ("noms.yml", "validations.yml", *SUIVIS)


@dataclass(frozen=True)
class Source:
    """Un fichier, ou la cellule d'un carnet. `texte` : citations et code effacés.

    D'une table, `texte` a chaque valeur différente une fois, sur sa ligne ; `lignes` dit celles du
    fichier où elle se lit.
    """

    fichier: str
    texte: str
    cellule: int | None = None
    prose: bool = True
    lignes: tuple[tuple[int, ...], ...] | None = None

    @property
    def nom(self) -> str:
        return f"{self.fichier} (cellule {self.cellule})" if self.cellule else self.fichier

    def lieu(self, position: int = 0) -> str:
        """« report/methode.qmd, ligne 12 » ; la première si le texte s'y lit plusieurs fois."""
        return self.lieux(position)[0]

    def lieux(self, position: int = 0) -> list[str]:
        """Chaque endroit du fichier où se lit ce qui est à cette position."""
        rang = self.texte.count("\n", 0, position)
        lignes = (rang + 1,) if self.lignes is None else self.lignes[rang]
        return [f"{self.nom}, ligne {ligne}" for ligne in lignes]

    def partie(self, position: int) -> str:
        """Où une note répond à son appel : la section d'un texte de l'édition, sinon le fichier."""
        sections = SECTION.findall(self.texte, 0, position)
        return f"{self.nom}, {sections[-1]}" if sections else self.nom

    @cached_property
    def sans_attributs(self) -> str:
        """Le texte seul : ni attributs, ni renvois, ni appels de note."""
        return ATTRIBUTS.sub(_blanc, self.texte)

    @property
    def paragraphes(self) -> Iterator[tuple[int, str]]:
        """Position et texte de chaque paragraphe."""
        for trouve in re.finditer(r"(?:[^\n]+\n?)+", self.texte):
            yield trouve.start(), trouve[0]


def _blanc(trouve: re.Match) -> str:
    return re.sub(r"[^\n]", " ", trouve[0])


def _effacer(texte: str) -> str:
    return HORS_TEXTE.sub(_blanc, CITATION.sub(_blanc, texte))


def lire_sources(edition: Edition) -> list[Source]:
    """Chapitres, textes et carnets ; puis paramètres et tables, sans leurs commentaires."""
    sources = [
        Source(fichier, _effacer("\n".join(ligne.texte for ligne in lignes)), cellule)
        for (fichier, cellule), lignes in groupby(
            lignes_de_prose(edition), lambda ligne: (ligne.fichier, ligne.cellule)
        )
    ]
    for chemin in sorted(edition.params.glob("*.yml")):
        if chemin.name not in NON_RELUS:
            texte = COMMENTAIRE.sub(_blanc, chemin.read_text("utf-8"))
            sources.append(Source(edition.relatif(chemin), _effacer(texte), prose=False))
    for chemin in sorted(edition.donnees.glob("*.csv")):
        sources.append(_table(edition.relatif(chemin), chemin))
    return sources


def _table(fichier: str, chemin: Path) -> Source:
    """Les valeurs d'une table, sauf les codes, qui ne sont pas des mots."""
    colonnes: defaultdict[int, dict[str, list[int]]] = defaultdict(dict)
    debut = 1
    with chemin.open(encoding="utf-8") as flux:
        lecteur = csv.reader(flux)
        for cellules in lecteur:
            for rang, valeur in enumerate(cellules):
                if not CODE.fullmatch(valeur):
                    colonnes[rang].setdefault(" ".join(valeur.splitlines()), []).append(debut)
            debut = lecteur.line_num + 1
    lignes: dict[str, list[int]] = {}
    for _, mots in sorted(colonnes.items()):
        for mot, places in mots.items():
            lignes.setdefault(mot, []).extend(places)
    return Source(fichier, "\n".join(lignes), prose=False,
                  lignes=tuple(tuple(places) for places in lignes.values()))
