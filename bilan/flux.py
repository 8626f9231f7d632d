"""La sortie d'un noyau, qui s'arrête à la limite de ce qu'un carnet peut afficher."""

from __future__ import annotations

import threading
from typing import Any

from ipykernel.iostream import OutStream

from bilan.limites import MO, sorties_permises, trop_de_sorties


class Flux(OutStream):
    """`sys.stdout` et `sys.stderr` d'un noyau. `write` lève `ErreurBilan` au-delà de la limite."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._permises = sorties_permises()
        self._ecrits = 0

    def write(self, string: str) -> int | None:
        """Écrit, tant que tout ce qui l'a été tient dans la limite."""
        deborde = self._ecrits > self._permises * MO
        self._ecrits += len(string)
        if threading.current_thread() is not threading.main_thread():
            # Le fil qui relaie les écritures d'un programme appelé ne doit pas s'arrêter, elles
            # attendraient sans fin : le surplus se perd, le carnet fini dépasse et le dit.
            return len(string) if deborde else super().write(string)
        if self._ecrits > self._permises * MO:
            raise trop_de_sorties(self._permises)
        return super().write(string)
