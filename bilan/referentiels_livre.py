"""Les sections du livre, lues dans les sources : ce que le lecteur y trouvera, avant d'assembler.

Les textes de l'édition y sont à leur place ; un bloc calculé n'est écrit que si l'on en a besoin.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bilan.carnet import Bilan
from bilan.fichiers import lire_carnet
from bilan.sommaire import lire_sommaire

BLOC = re.compile(r"^:{3,} *\{\.bloc[^}\n]*?code=\"([^\"]+)\"[^}\n]*\}\s*^:{3,}\s*$", re.MULTILINE)
TITRE = re.compile(r"^(#+) +(.+?) *(?:\{([^}\n]*)\})? *$", re.MULTILINE)
TEXTE_DE_CARNET = re.compile(r"\bc\.texte\(\"([\w-]+)\"\)|\bc\.(essentiel)\(\)")
ANCRE = re.compile(r"#(sec-[\w-]+)")
MOT = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Chapitre:
    """Le texte d'un chapitre, textes de l'édition compris."""

    titre: str
    texte: str
    blocs: frozenset[str]


class Livre:
    """Les chapitres du sommaire. `bloc` écrit le bloc d'un code, ou rend None s'il est inconnu."""

    def __init__(self, bilan: Bilan, bloc: Callable[[str], str | None]):
        self.bilan = bilan
        self.bloc = bloc

    @cached_property
    def chapitres(self) -> list[Chapitre]:
        """Lève `ErreurBilan` si un chapitre du sommaire manque."""
        edition = self.bilan.edition
        carnets = [
            edition.racine / "notebooks" / f"{nom}.ipynb"
            for nom in self.bilan.parametres.generaux.carnets
        ]
        fiche = edition.racine / "notebooks" / "territoire.ipynb"
        return [self._lire(c.source) for c in lire_sommaire(edition, carnets, [fiche])]

    def _lire(self, source: Path) -> Chapitre:
        lieu = self.bilan.edition.relatif(source)
        brut = (_texte_du_carnet(source, lieu) if source.suffix == ".ipynb"
                else source.read_text("utf-8"))
        textes = self.bilan.textes
        texte = BLOC.sub(lambda b: textes.get(b[1], b[0]), brut)
        titre = TITRE.search(texte)
        return Chapitre(
            titre[2] if titre else source.stem, texte, frozenset(BLOC.findall(brut + "\n" + texte))
        )

    @cached_property
    def ancres(self) -> list[str]:
        """Les ancres `sec-…` de tous les titres."""
        return list(self._sections)

    def section(self, ancre: str) -> str:
        """Le texte d'une section, jusqu'au prochain titre de même rang."""
        return self._sections[ancre]

    @cached_property
    def _sections(self) -> dict[str, str]:
        sections = {}
        for chapitre in self.chapitres:
            titres = list(TITRE.finditer(chapitre.texte))
            for rang, titre in enumerate(titres):
                suite = (t for t in titres[rang + 1 :] if len(t[1]) <= len(titre[1]))
                fin = next((t.start() for t in suite), len(chapitre.texte))
                for ancre in ANCRE.findall(titre[3] or ""):
                    sections[ancre] = chapitre.texte[titre.end() : fin]
        return sections

    @cached_property
    def blocs(self) -> list[str]:
        """Les codes de tous les blocs que les chapitres appellent."""
        return sorted({code for c in self.chapitres for code in c.blocs})

    def mots(self, texte: str, assez: int) -> int:
        """Le nombre de mots d'un texte ; les blocs calculés ne sont écrits que s'il en faut."""
        compte = len(MOT.findall(BLOC.sub("", texte)))
        for code in BLOC.findall(texte):
            if compte >= assez:
                break
            compte += len(MOT.findall(self.bloc(code) or ""))
        return compte

    def chapitre_du_bloc(self, code: str) -> Chapitre | None:
        """Le premier chapitre qui appelle un bloc."""
        return next((c for c in self.chapitres if code in c.blocs), None)


def _texte_du_carnet(chemin: Path, lieu: str) -> str:
    """Les cellules de texte d'un carnet, et les textes de l'édition qu'il affiche."""
    morceaux = []
    for cellule in lire_carnet(chemin, lieu).cells:
        if cellule.cell_type == "markdown":
            morceaux.append(cellule.source)
        else:
            morceaux += [
                f'::: {{.bloc code="{chemin.stem}.{texte or essentiel}"}}\n:::'
                for texte, essentiel in TEXTE_DE_CARNET.findall(cellule.source)
            ]
    return "\n\n".join(morceaux)
