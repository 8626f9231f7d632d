"""Ce que `bilan verifier` prend de temps et de mémoire sur une table de beaucoup d'acteurs.

    python -m bench.verifier [ACTEURS] [FOIS]   (200 000 et 3 par défaut)
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.croissance import mesurer
from bench.edition_simulee import simuler
from bench.mesures import resumer

TERRITOIRES = 6


def principal(acteurs: int = 200_000, fois: int = 3) -> None:
    """Simule l'édition, la vérifie, imprime la médiane, l'étendue et la mémoire au plus haut."""
    with tempfile.TemporaryDirectory() as dossier:
        projet = Path(dossier) / "projet"
        simuler(projet, TERRITOIRES, graine=1, acteurs=acteurs)
        mesures = [mesurer(projet, "verifier") for _ in range(fois)]
    durees, memoires = zip(*mesures, strict=True)
    print(f"{acteurs} acteurs : {resumer(list(durees))} ; {max(memoires):.0f} Mio.")


if __name__ == "__main__":
    principal(*map(int, sys.argv[1:]))
