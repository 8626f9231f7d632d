"""Plusieurs étapes à la fois : Pandoc et Typst travaillent hors de Python, qui les attend."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Rendu = TypeVar("Rendu")


def a_la_fois(etapes: Iterable[Callable[[], Rendu]]) -> list[Rendu]:
    """Ce que rendent ces étapes, dans leur ordre, faites autant à la fois qu'il y a de cœurs.

    Lève la première faute, dans cet ordre.
    """
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as equipe:
        rendus = [equipe.submit(etape) for etape in etapes]
        try:
            return [rendu.result() for rendu in rendus]
        except BaseException:
            equipe.shutdown(cancel_futures=True)  # ce qui n'a pas commencé ne servirait à rien
            raise
