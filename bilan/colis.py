"""Le colis : ce qu'il faut d'un projet pour en exécuter les carnets ailleurs, en octets."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from bilan.executer import OUVERT
from bilan.parametres import Parametres
from bilan.projet import Edition

# Lus par les carnets de toute édition ; le paquet `bilan`, lui, est installé là-bas.
COMMUNS = ("_quarto.yml", "notebooks", "report", "data/schemas", "data/geographie")
ECARTES = ("__pycache__", ".ipynb_checkpoints")


def emballer(edition: Edition) -> bytes:
    """Une archive tar compressée, la même tant que rien de ce qu'elle porte n'a changé.

    Elle porte l'édition, celles auxquelles elle se compare, ce qui leur est commun, et l'édition
    déjà ouverte ; ni les autres éditions, ni rien de ce que la chaîne produit.
    """
    octets = io.BytesIO()
    # Ni date ni propriétaire : mêmes fichiers, mêmes octets.
    with (gzip.GzipFile(fileobj=octets, mode="wb", compresslevel=6, mtime=0) as flux,
          tarfile.open(fileobj=flux, mode="w") as archive):
        for fichier in sorted(set(_fichiers(edition))):
            entree = tarfile.TarInfo(fichier.relative_to(edition.racine).as_posix())
            contenu = fichier.read_bytes()
            entree.size = len(contenu)
            archive.addfile(entree, io.BytesIO(contenu))
    return octets.getvalue()


def deballer(colis: bytes, dossier: Path) -> None:
    """Rétablit dans `dossier` le projet qu'`emballer` a emporté."""
    with tarfile.open(fileobj=io.BytesIO(colis), mode="r:gz") as archive:
        archive.extractall(dossier, filter="data")


def _fichiers(edition: Edition) -> Iterator[Path]:
    dossiers = [edition.racine / nom for nom in COMMUNS]
    for lue in _editions(edition):
        dossiers += [lue.params, lue.donnees]
    for dossier in dossiers:
        yield from [dossier] if dossier.is_file() else _sous(dossier)
    if (edition.travail / OUVERT).is_file():
        yield edition.travail / OUVERT


def _editions(edition: Edition) -> Iterator[Edition]:
    """L'édition, celle à laquelle elle se compare, et ainsi de suite."""
    vues: set[str] = set()
    while edition.code not in vues:
        yield edition
        vues.add(edition.code)
        precedente = Parametres(edition).generaux.precedente
        edition = Edition(edition.racine, precedente or edition.code)


def _sous(dossier: Path) -> Iterator[Path]:
    return (f for f in dossier.rglob("*") if f.is_file() and not set(f.parts) & set(ECARTES))
