"""Plusieurs étapes à la fois : Pandoc et Typst travaillent hors de Python, qui les attend."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Rendu = TypeVar("Rendu")


def a_la_fois(
    etapes: Iterable[Callable[[], Rendu]], nombre: int | None = None
) -> list[Rendu]:
    """Ce que rendent ces étapes, dans leur ordre.

    `nombre` : combien à la fois ; par défaut, autant que de cœurs. Lève la première faute, dans
    l'ordre des étapes.
    """
    with ThreadPoolExecutor(nombre or max(2, os.cpu_count() or 1)) as equipe:
        rendus = [equipe.submit(etape) for etape in etapes]
        try:
            return [rendu.result() for rendu in rendus]
        except BaseException:
            equipe.shutdown(cancel_futures=True)  # ce qui n'a pas commencé ne servirait à rien
            raise
