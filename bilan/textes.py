"""La prose : les textes propres à une édition, et avec eux les chapitres et les carnets.

Un texte d'édition est une section `# cle` de `params/<edition>/textes/<fichier>.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.fichiers import lire_carnet, lire_texte
from bilan.projet import Edition
from bilan.sommaire import sans_objet

SECTION = re.compile(r"^# ([a-z0-9]+(?:-[a-z0-9]+)*)\s*$", re.MULTILINE)


def lire_textes(edition: Edition) -> dict[str, str]:
    """Tous les textes, par code `<fichier>.<cle>`.

    Lève `ErreurBilan` si une section est écrite deux fois, si du texte précède la première ou si un
    fichier n'est pas en UTF-8.
    """
    textes: dict[str, str] = {}
    for chemin in sorted((edition.params / "textes").glob("*.md")):
        lieu = edition.relatif(chemin)
        contenu = lire_texte(chemin, lieu)
        morceaux = SECTION.split(contenu)
        if morceaux[0].strip() and not morceaux[0].strip().startswith("<!--"):
            raise ErreurBilan(
                Faute(lieu, "du texte précède la première section", "Le placer sous « # cle ».", 1)
            )
        for cle, texte in zip(morceaux[1::2], morceaux[2::2], strict=True):
            code = f"{chemin.stem}.{cle}"
            if code in textes:
                raise ErreurBilan(
                    Faute(lieu, f"section « {cle} » écrite deux fois", "En renommer une.")
                )
            textes[code] = texte.strip() + "\n"
    return textes


def texte(textes: dict[str, str], code: str) -> str:
    """Un texte par son code ; `ErreurBilan` avec le code le plus proche s'il n'existe pas."""
    if code not in textes:
        raise ErreurBilan(f"Texte inconnu : « {code} ». {proposer(code, textes)}")
    return textes[code]


@dataclass(frozen=True)
class Prose:
    """Un texte entier : un fichier, ou une cellule Markdown d'un carnet."""

    fichier: str
    texte: str
    cellule: int | None = None


def textes_de_prose(edition: Edition) -> Iterator[Prose]:
    """Chapitres de l'édition, ses textes et les cellules Markdown des carnets."""
    racine, absents = edition.racine, sans_objet(edition)
    chapitres = [c for c in sorted((racine / "report").glob("*.qmd"))
                 if edition.relatif(c) not in absents]
    textes = sorted((edition.params / "textes").glob("*.md"))
    for chemin in filter(Path.is_file, [racine / "index.qmd", *chapitres, *textes]):
        lieu = edition.relatif(chemin)
        yield Prose(lieu, lire_texte(chemin, lieu))
    for chemin in sorted((racine / "notebooks").glob("*.ipynb")):
        lieu = edition.relatif(chemin)
        for rang, cellule in enumerate(lire_carnet(chemin, lieu).cells, start=1):
            if cellule.cell_type == "markdown":
                yield Prose(lieu, cellule.source, rang)
