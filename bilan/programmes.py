"""Les programmes appelés : Pandoc, Typst dans son processus."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

# Sous une langue du système sans accents (LC_ALL=C), Pandoc perd un dossier dont le nom en a ; sous
# Windows, Python n'écrirait pas les siens en UTF-8.
LANGUE = {"PYTHONUTF8": "1"} | ({"LC_ALL": "C.UTF-8"} if sys.platform == "linux" else {})
# Ce que dit un programme appelé quand le disque est plein.
PLEIN = os.strerror(errno.ENOSPC)


def lancer(
    programme: list[str | Path], entree: str, dossier: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Un programme allé à son terme, `entree` sur son entrée, dans ce dossier ou celui d'ici.

    Lève `OSError` si le disque est plein, `MemoryError` si le système l'a tué, comme il le fait
    quand la mémoire manque.
    """
    fini = subprocess.run(programme, input=entree, capture_output=True, text=True,
                          encoding="utf-8", env=os.environ | LANGUE, cwd=dossier)
    if fini.returncode and PLEIN in fini.stderr:
        raise OSError(errno.ENOSPC, PLEIN)
    if fini.returncode == -9:  # SIGKILL, que Windows n'a pas
        raise MemoryError
    return fini
