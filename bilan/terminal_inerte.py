"""Le terminal n'obéit qu'au programme : ce qui vient des données s'y lit, sans rien y commander.

Une séquence d'échappement changerait le titre, les couleurs ou le presse-papiers ; un sens
d'écriture ferait lire autre chose que ce qui est. Chacun se montre par son numéro.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

COMMANDES = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def visible(texte: str) -> str:
    """Le texte, chaque caractère qui commanderait le terminal écrit comme en JSON (\\u001b)."""
    return COMMANDES.sub(lambda m: f"\\u{ord(m[0]):04x}", texte)


class _Flux:
    """Une sortie dont tout texte écrit est rendu visible ; `brut` est la vraie."""

    def __init__(self, brut: TextIO):
        self.brut = brut

    def write(self, texte: str) -> int:
        self.brut.write(visible(texte))
        return len(texte)

    def writelines(self, lignes: Iterable[str]) -> None:
        for ligne in lignes:
            self.write(ligne)

    def __getattr__(self, nom: str) -> Any:
        return getattr(self.brut, nom)


class Terminal(Console):
    """Une console qui met en forme elle-même, et rend visible le texte qu'on lui donne."""

    def __init__(self, **options: Any):
        super().__init__(file=getattr(sys.stdout, "brut", sys.stdout), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        for morceau in super().render(renderable, options):
            yield morceau if morceau.control else Segment(visible(morceau.text), morceau.style)


@contextmanager
def terminal_inerte() -> Iterator[None]:
    """Le temps d'une commande, tout ce qui s'affiche est rendu visible."""
    avant = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Flux(avant[0]), _Flux(avant[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = avant
