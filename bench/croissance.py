"""Ce que coûte un territoire de plus : la chaîne sur des éditions simulées de plus en plus grandes.

    python -m bench.croissance 10 100 1000

Imprime une ligne par taille : durées, processeur par territoire, mémoire du processus principal.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from bench.edition_simulee import simuler

ETAPES = ("verifier", "notebooks", "assembler")


def mesurer(projet: Path, etape: str) -> tuple[float, float, float]:
    """(durée en s, processeur en s, mémoire au plus haut en Mio) d'une commande et de ses enfants.

    Lève `SystemExit` si elle échoue : une durée ne vaut que d'une commande allée au bout.
    """
    debut = time.monotonic()
    pid = os.posix_spawn(
        sys.executable, [sys.executable, "-m", "bilan", etape, "--projet", str(projet)], os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, statut, usage = os.wait4(pid, 0)
    if statut:
        raise SystemExit(f"bilan {etape} a échoué sur {projet}.")
    return time.monotonic() - debut, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def ligne(nombre: int, mesures: dict[str, tuple[float, float, float]]) -> str:
    """Une ligne du tableau, en Markdown."""
    cases = [f"{nombre}"]
    for duree, _, _ in mesures.values():
        cases += [_n(duree), _n(1000 * duree / nombre)]
    cases.append(_n(max(memoire for _, _, memoire in mesures.values())))
    return "| " + " | ".join(cases) + " |"


def _n(nombre: float) -> str:
    return f"{nombre:.0f}"


if __name__ == "__main__":
    tetes = [f"{etape} (s) | par territoire (ms)" for etape in ETAPES]
    print(f"| territoires | {' | '.join(tetes)} | mémoire (Mio) |")
    print("|--:" * (2 + 2 * len(ETAPES)) + "|", flush=True)
    for taille in map(int, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as dossier:
            projet = Path(dossier) / "projet"
            simuler(projet, taille, graine=1)
            print(ligne(taille, {e: mesurer(projet, e) for e in ETAPES}), flush=True)
