"""Une seule commande à la fois écrit dans le dossier de travail d'une édition.

Le verrou est tenu par le système, non par un fichier qu'il faudrait effacer : il tombe avec le
processus qui le tient, même tué.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from bilan.erreurs import ErreurBilan
from bilan.projet import Edition


@contextmanager
def seul(edition: Edition, *, attendre: bool = False) -> Iterator[None]:
    """Tient le travail de l'édition pour soi.

    Si une autre commande le tient : l'attend, ou lève aussitôt `ErreurBilan`.
    """
    edition.travail.mkdir(parents=True, exist_ok=True)
    verrou = FileLock(edition.travail / "verrou")
    try:
        verrou.acquire(timeout=-1 if attendre else 0)
    except Timeout:
        raise ErreurBilan(
            f"Une autre commande travaille déjà sur l'édition {edition.code}. "
            "Attendre qu'elle finisse, puis relancer celle-ci."
        ) from None
    try:
        yield
    finally:
        verrou.release()
