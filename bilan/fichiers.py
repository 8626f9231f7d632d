"""Les fichiers que l'utilisateur écrit : lus en clair, remplacés d'un coup."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat

from bilan.erreurs import ErreurBilan, Faute
from bilan.limites import MO, SORTIES_MAX


def lire_texte(chemin: Path, lieu: str) -> str:
    """Le texte du fichier, fins de ligne réduites à une. `lieu` : son nom pour l'utilisateur.

    Lève `ErreurBilan`, à la ligne en cause, s'il n'est pas en UTF-8.
    """
    octets = chemin.read_bytes()
    try:
        texte = octets.decode("utf-8-sig")
    except UnicodeDecodeError as erreur:
        raise ErreurBilan(Faute(lieu, "le fichier n'est pas en UTF-8", "L'enregistrer en UTF-8.",
                                octets[:erreur.start].count(b"\n") + 1)) from None
    return texte.replace("\r\n", "\n").replace("\r", "\n")


def lire_carnet(chemin: Path, lieu: str) -> nbformat.NotebookNode:
    """Le carnet, au format 4. `lieu` : son nom pour l'utilisateur.

    Lève `ErreurBilan` si ce n'en est pas un, ou s'il est démesuré.
    """
    if chemin.stat().st_size > SORTIES_MAX * MO:
        raise ErreurBilan(Faute(lieu, f"le carnet dépasse {SORTIES_MAX} Mo",
                                "Effacer ses sorties dans Jupyter, puis l'enregistrer."))
    texte = lire_texte(chemin, lieu)
    try:
        carnet = nbformat.reads(texte, as_version=4)
        _ = [(cellule.cell_type, cellule.source + "") for cellule in carnet.cells]
    except Exception:  # nbformat lève de tout sur un carnet abîmé
        raise ErreurBilan(
            Faute(lieu, "ce n'est pas un carnet Jupyter lisible", "Le rétablir.")) from None
    return carnet


def etat(chemin: Path) -> tuple:
    """Ce qui change d'un fichier qu'on a écrit de nouveau, sans le lire."""
    lu = chemin.stat()
    return str(chemin), lu.st_ino, lu.st_mtime_ns, lu.st_size


def remplacer(chemin: Path, texte: str) -> None:
    """Écrit à côté, puis met à la place. Si l'écriture échoue, l'ancien fichier n'a pas bougé."""
    neuf = chemin.with_name(f".{chemin.name}.neuf")
    try:
        with neuf.open("w", encoding="utf-8", newline="") as fichier:
            fichier.write(texte)
            fichier.flush()
            os.fsync(fichier.fileno())
        neuf.replace(chemin)
    finally:
        neuf.unlink(missing_ok=True)
