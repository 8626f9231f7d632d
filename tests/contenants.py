"""Chercher un marqueur dans chaque octet d'une sortie, quel que soit ce qui le contient."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import html
import io
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pypdf

BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
PNG, PDF, ZIP, GZIP = b"\x89PNG\r\n\x1a\n", b"%PDF", b"PK\x03\x04", b"\x1f\x8b"
# Ce qui peut couper un mot à l'impression : blancs, traits d'union conditionnels.
COUPURES = re.compile(r"[\s\u00ad\u200b-]+")


def porte(octets: bytes, marqueur: str, vus: set[bytes] | None = None) -> bool:
    """Vrai si ces octets, ou ce qu'ils contiennent, portent le marqueur (ASCII, sans blanc).

    `vus` : les parties déjà cherchées, qui ne le portent pas.
    """
    return any(_clair(part, marqueur) for part in _parties(octets, set() if vus is None else vus))


def fichiers_qui_portent(dossier: Path, marqueur: str) -> list[str]:
    """Les fichiers d'un dossier, ou leurs noms, qui portent le marqueur."""
    vus: set[bytes] = set()  # l'archive répète tous les autres fichiers
    trouves = []
    for fichier in sorted(dossier.rglob("*")):
        ici: set[bytes] = set(vus)
        if marqueur in fichier.name or (fichier.is_file()
                                        and porte(fichier.read_bytes(), marqueur, ici)):
            trouves.append(fichier.relative_to(dossier).as_posix())
        else:
            vus = ici
    return trouves


def _clair(octets: bytes, marqueur: str) -> bool:
    """Vrai si le marqueur s'y lit, sans tenir compte de la casse."""
    mot = marqueur.lower()
    textes = [octets.decode(code, "ignore") for code in ("latin-1", "utf-16-le", "utf-16-be")]
    textes.append(octets[1:].decode("utf-16-le", "ignore"))
    latin = textes[0]
    if "&" in latin:
        textes.append(html.unescape(latin))
    if "%" in latin:
        textes.append(urllib.parse.unquote(latin))
    if "\\u" in latin:
        textes.append(re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), latin))
    return any(mot in t.lower() for t in textes)


def _parties(octets: bytes, vus: set[bytes], profondeur: int = 0) -> Iterator[bytes]:
    """Ces octets, puis ceux de chaque partie qu'ils contiennent, dépliés ; chacun une fois."""
    empreinte = hashlib.sha1(octets).digest()
    if empreinte in vus:
        return
    vus.add(empreinte)
    yield octets
    if profondeur > 4:
        return
    for partie in _dedans(octets):
        yield from _parties(partie, vus, profondeur + 1)


def _dedans(octets: bytes) -> Iterator[bytes]:
    if octets.startswith(ZIP):
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            yield archive.comment
            for entree in archive.infolist():
                yield entree.filename.encode()
                yield entree.comment + entree.extra
                yield archive.read(entree)
    elif octets.startswith(PNG):
        yield from _morceaux_png(octets)
    elif octets.startswith(PDF):
        yield from _parties_pdf(octets)
    elif octets.startswith(GZIP):
        yield gzip.decompress(octets)
    else:
        for trouve in BASE64.finditer(octets):
            yield from _de_base64(trouve[0])


def _de_base64(code: bytes) -> Iterator[bytes]:
    propre = code.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    try:
        yield base64.b64decode(propre[:len(propre) - (len(propre) % 4 == 1)]
                               + b"=" * (-len(propre) % 4))
    except (binascii.Error, ValueError):
        return


def _morceaux_png(octets: bytes) -> Iterator[bytes]:
    """Les morceaux d'un PNG ; les textes compressés (zTXt, iTXt, iCCP, pixels) dépliés."""
    place = len(PNG)
    while place + 8 <= len(octets):
        taille = int.from_bytes(octets[place:place + 4], "big")
        donnees = octets[place + 8:place + 8 + taille]
        yield donnees
        debut = donnees.find(b"\x78")
        while debut != -1:  # l'en-tête d'un flux zlib
            try:
                yield zlib.decompressobj().decompress(donnees[debut:])
                break
            except zlib.error:
                debut = donnees.find(b"\x78", debut + 1)
        place += 12 + taille


def _parties_pdf(octets: bytes) -> Iterator[bytes]:
    """Le texte des pages, puis chaque objet : chaînes, flux dépliés, pièces jointes."""
    for page in pypdf.PdfReader(io.BytesIO(octets)).pages:
        yield COUPURES.sub("", page.extract_text()).encode()
    with pikepdf.open(io.BytesIO(octets)) as pdf:
        yield str(dict(pdf.docinfo)).encode()
        for objet in pdf.objects:
            if isinstance(objet, pikepdf.Stream):
                try:
                    yield objet.read_bytes()
                except pikepdf.PdfError:
                    yield objet.read_raw_bytes()
            yield from _chaines(objet)


def _chaines(objet: pikepdf.Object, profondeur: int = 0) -> Iterator[bytes]:
    """Les chaînes d'un objet PDF, et celles de ce qu'il contient directement."""
    if isinstance(objet, pikepdf.String):
        yield str(objet).encode()
        yield bytes(objet)
    elif profondeur < 8 and isinstance(objet, pikepdf.Dictionary | pikepdf.Stream):
        for cle, valeur in objet.items():
            yield cle.encode()
            if not getattr(valeur, "is_indirect", False):
                yield from _chaines(valeur, profondeur + 1)
    elif profondeur < 8 and isinstance(objet, pikepdf.Array):
        for valeur in objet:
            if not getattr(valeur, "is_indirect", False):
                yield from _chaines(valeur, profondeur + 1)
