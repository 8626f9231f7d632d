"""Un fichier zippé reçu (XLSX, DOCX) : ce qu'il cache est refusé avant qu'on le lise.

Bombe, lien symbolique, nom qui sort du dossier, entité XML, classeur lié à un autre fichier.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from bilan.erreurs import ErreurBilan, Faute
from bilan.parametres import Limites

PIECES_MAX = 5_000
# Ce que lève `zipfile` sur une archive dont les octets ont changé, selon l'endroit.
ABIMEE = (zlib.error, struct.error, ValueError, EOFError, OverflowError, NotImplementedError)
# Au début d'une pièce XML, en UTF-8 ou, sans ses zéros, en UTF-16 : ce qui déclare des entités.
DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
XML = (".xml", ".rels", ".vml")
LIAISONS = "xl/externalLinks/"


def controler(lieu: str, octets: bytes, limites: Limites) -> None:
    """Lève `ErreurBilan` si l'archive contient ce qu'un document ordinaire n'a pas.

    Une archive abîmée lève `zipfile.BadZipFile`, quoi que `zipfile` en laisse sortir.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            for trouve, remede in _refus(archive, limites):
                raise ErreurBilan(Faute(lieu, trouve, remede))
    except ABIMEE as erreur:
        raise zipfile.BadZipFile(str(erreur)) from None


def _refus(archive: zipfile.ZipFile, limites: Limites) -> Iterator[tuple[str, str]]:
    pieces = archive.infolist()
    if (sum(p.file_size for p in pieces) > limites.octets_deplies or len(pieces) > PIECES_MAX
            or len({p.filename for p in pieces}) < len(pieces)):
        yield ("le fichier, une fois déplié, est démesuré",
               "Ne pas l'ouvrir. S'il est sûr, relever « limites » dans edition.yml.")
    for piece in pieces:
        chemin = PurePosixPath(piece.filename.replace("\\", "/"))
        if stat.S_ISLNK(piece.external_attr >> 16) or chemin.is_absolute() or ".." in chemin.parts:
            yield f"il contient « {piece.filename} », qui mène hors du fichier", "Ne pas l'ouvrir."
        if piece.filename.startswith(LIAISONS):
            yield ("il est lié à d'autres classeurs",
                   "Dans Excel : Données, Modifier les liens, Rompre la liaison ; le renvoyer.")
        # Un fichier chiffré ne se lit pas : le lecteur le dira.
        if piece.filename.endswith(XML) and not piece.flag_bits & 1:
            with archive.open(piece) as flux:
                if DECLARATION.search(flux.read().replace(b"\0", b"")):
                    yield "il déclare des entités XML, ce qu'Office n'écrit jamais", \
                        "Ne pas l'ouvrir."
