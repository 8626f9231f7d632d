"""Une seule commande à la fois écrit dans le dossier de travail d'une édition.

Le verrou est tenu par le système, non par un fichier qu'il faudrait effacer : il tombe avec le
processus qui le tient, même tué.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from bilan.erreurs import ErreurBilan
from bilan.projet import Edition


@contextmanager
def seul(edition: Edition, *, attendre: bool = False) -> Iterator[None]:
    """Tient le travail de l'édition pour soi.

    Si une autre commande le tient : l'attend et le dit, ou lève aussitôt `ErreurBilan`. Une
    commande qui change des données ou des paramètres attend aussi : une construction en cours ne
    mêle pas deux états.
    """
    edition.travail.mkdir(parents=True, exist_ok=True)
    verrou = FileLock(edition.travail / "verrou")
    try:
        verrou.acquire(timeout=0)
    except Timeout:
        occupe = f"Une autre commande travaille déjà sur l'édition {edition.code}."
        if not attendre:
            raise ErreurBilan(
                f"{occupe} Attendre qu'elle finisse, puis relancer celle-ci.") from None
        print(f"{occupe} Celle-ci attend qu'elle finisse.", file=sys.stderr, flush=True)
        verrou.acquire()
    try:
        yield
    finally:
        verrou.release()
