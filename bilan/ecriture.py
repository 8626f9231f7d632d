"""Remplacer un fichier de l'utilisateur : l'ancien ou le nouveau, jamais un morceau."""

from __future__ import annotations

import os
from pathlib import Path


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
