"""Les polices : celles des paquets, celles d'un service, et leurs sous-ensembles pour le site."""

from __future__ import annotations

import hashlib
import io
import logging
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import font_source_sans_pro
import font_source_serif_pro
from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib import get_data_path
from matplotlib.font_manager import FontProperties, fontManager

# La graisse la plus proche convient, et une table inconnue ne se sert pas : rien à en dire.
for _bavard in ("matplotlib.font_manager", "fontTools.subset"):
    logging.getLogger(_bavard).setLevel(logging.ERROR)

# Typst l'embarque et s'y replie ; elle n'y est pas un fichier, matplotlib apporte la même.
DE_REPLI = Path(get_data_path()) / "fonts/ttf/DejaVuSansMono.ttf"
# Des caractères sans forme : une police n'a pas à les connaître.
SANS_FORME = [0x9, 0xA, 0xD, 0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x202F),
              *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF, *range(0xE0000, 0xE1000)]
SUFFIXES = (".ttf", ".otf")
DES_PAQUETS = [
    *map(Path, font_source_sans_pro.font_files_ttf.values()),
    *map(Path, font_source_serif_pro.font_files_ttf.values()),
]
DOSSIERS = [font_source_sans_pro.font_directory, font_source_serif_pro.font_directory]
# Latin, ponctuation française, flèches et signes des tableaux : le reste n'est pas servi.
SIGNES = [*range(0x20, 0x180), *range(0x2000, 0x2070), 0x20AC, *range(0x2190, 0x219A)]
SIGNES += [0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x2713, 0x2717]
SERVIES = [  # nom du fichier servi, rôle, graisse, style
    ("texte", "texte", 400, "normal"),
    ("texte-italique", "texte", 400, "italic"),
    ("texte-demi-gras", "texte", 600, "normal"),
    ("titres", "titres", 400, "normal"),
    ("titres-demi-gras", "titres", 600, "normal"),
]


@cache
def charger_celles_des_paquets() -> None:
    """Fait connaître à matplotlib les polices que le projet apporte."""
    for fichier in DES_PAQUETS:
        fontManager.addfont(fichier)


def charger(fichiers: Iterable[Path]) -> None:
    """Y ajoute celles d'un service."""
    charger_celles_des_paquets()
    connues = {police.fname for police in fontManager.ttflist}
    for fichier in fichiers:
        if str(fichier) not in connues:
            fontManager.addfont(fichier)


def trouver(famille: str, graisse: int = 400, style: str = "normal") -> Path | None:
    """Le fichier le plus proche dans cette famille ; None si elle n'est pas connue."""
    charger_celles_des_paquets()
    demande = FontProperties(family=famille, weight=graisse, style=style)
    try:
        return Path(fontManager.findfont(demande, fallback_to_default=False))
    except ValueError:
        return None


def absents(fichiers: Iterable[Path]) -> str:
    """Une classe d'expression régulière : tout caractère qu'aucune de ces polices ne dessine."""
    connus = set(SANS_FORME)
    for fichier in (*fichiers, DE_REPLI):
        connus |= TTFont(fichier, fontNumber=0, lazy=True).getBestCmap().keys()
    suites: list[list[int]] = []
    for signe in sorted(connus):
        if suites and suites[-1][1] == signe - 1:
            suites[-1][1] = signe
        else:
            suites.append([signe, signe])
    return "[^" + "".join(f"\\x{{{debut:x}}}-\\x{{{fin:x}}}" for debut, fin in suites) + "]"


def copier(dossier: Path, du_service: Iterable[Path]) -> None:
    """Copie les polices entières dans `dossier` : Quarto les donne de là à Typst."""
    dossier.mkdir(parents=True, exist_ok=True)
    for police in [*DES_PAQUETS, *du_service]:
        shutil.copy(police, dossier)


def declarations() -> str:
    """Les polices servies par le site lui-même."""
    return "".join(
        f'@font-face {{ font-family: "{role}"; font-weight: {graisse}; font-style: {style}; '
        f'font-display: swap; src: url("polices/{nom}.woff") format("woff"); }}\n'
        for nom, role, graisse, style in SERVIES
    )


def servir(familles: dict[str, str], sortie: Path, reserve: Path) -> None:
    """Copie dans `sortie` les sous-ensembles WOFF, faits une fois et gardés dans `reserve`."""
    sortie.mkdir(parents=True, exist_ok=True)
    reserve.mkdir(parents=True, exist_ok=True)
    for nom, role, graisse, style in SERVIES:
        octets = trouver(familles[role], graisse, style).read_bytes()
        empreinte = hashlib.sha256(octets + repr(SIGNES).encode()).hexdigest()[:12]
        garde = reserve / f"{nom}-{empreinte}.woff"
        if not garde.exists():
            garde.write_bytes(_sous_ensemble(octets))
        shutil.copyfile(garde, sortie / f"{nom}.woff")


def _sous_ensemble(octets: bytes) -> bytes:
    """La police réduite aux signes du français, en WOFF."""
    options = subset.Options(flavor="woff", layout_features=["kern", "liga", "tnum", "lnum"])
    police = subset.load_font(io.BytesIO(octets), options)
    reducteur = subset.Subsetter(options)
    reducteur.populate(unicodes=SIGNES)
    reducteur.subset(police)
    sortie = io.BytesIO()
    subset.save_font(police, sortie, options)
    return sortie.getvalue()
