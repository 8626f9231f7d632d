"""Ce qu'il reste à compléter dans une édition, dans l'ordre où le faire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bilan.erreurs import Faute
from bilan.fichiers import lire_texte
from bilan.projet import Edition
from bilan.tables import lire_schemas, lire_table

MARQUE = "à compléter"
# La marque, et ce qui la suit sur la ligne quand une consigne l'accompagne.
MARQUEE = re.compile(rf"{MARQUE}(?:\s*:\s*(?P<consigne>[^\"}}\]]+))?", re.IGNORECASE)
# Les réglages et ces tables d'abord : tout le reste en dépend.
PREMIERES_TABLES = ("territoires", "sessions")
# Vide, l'une dit que rien n'a été publié à retrouver ; l'autre, que rien n'est situé sur la carte.
FACULTATIVES = ("publies", "perimetres")


def points(edition: Edition) -> list[Faute]:
    """Chaque point à compléter : fichier, ligne, ce qui est attendu."""
    reglages = edition.params / "edition.yml"
    autres = sorted(f for f in edition.params.glob("*.yml") if f != reglages)
    tables = list(dict.fromkeys([*PREMIERES_TABLES, *lire_schemas(edition.racine)]))
    return [
        *_marques(edition, reglages),
        *(f for nom in PREMIERES_TABLES for f in _table_vide(edition, nom)),
        *(f for chemin in autres for f in _marques(edition, chemin)),
        *(f for nom in tables[len(PREMIERES_TABLES):] for f in _table_vide(edition, nom)),
        *_marques(edition, edition.donnees / "datapackage.json"),
        *(f for chemin in sorted((edition.params / "textes").glob("*.md"))
          for f in _marques(edition, chemin)),
    ]


def _marques(edition: Edition, chemin: Path) -> Iterator[Faute]:
    """Les lignes qui portent la marque ; dans un texte, la section où elles sont."""
    section = ""
    texte = lire_texte(chemin, edition.relatif(chemin))
    for numero, ligne in enumerate(texte.splitlines(), start=1):
        if chemin.suffix == ".md" and ligne.startswith("# "):
            section = f" (section « {ligne[2:].strip()} »)"
        if trouves := list(MARQUEE.finditer(ligne)):
            consigne = next((t["consigne"].strip(" .,") for t in trouves if t["consigne"]), "")
            yield Faute(edition.relatif(chemin), f"{MARQUE}{section}",
                        f"{consigne[:1].upper()}{consigne[1:]}." if consigne else "", numero)


def _table_vide(edition: Edition, nom: str) -> Iterator[Faute]:
    if nom not in FACULTATIVES and lire_table(edition, nom, au_plus=1).empty:
        yield Faute(edition.relatif(edition.donnees / f"{nom}.csv"),
                    "aucune ligne", lire_schemas(edition.racine)[nom]["description"])
