"""Ce que coûte un territoire de plus : la chaîne sur des éditions simulées de plus en plus grandes.

    python -m bench.croissance 10 100 1000

Imprime une ligne par taille et, pour chaque commande : sa durée, ce que lui coûte un territoire de
plus depuis la taille précédente, la mémoire du processus principal au plus haut.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.edition_simulee import simuler

ETAPES = ("verifier", "notebooks", "assembler")
Mesures = dict[str, tuple[float, float]]  # par commande : durée (s), mémoire (Mio)


def mesurer(projet: Path, etape: str) -> tuple[float, float]:
    """(durée en s, mémoire au plus haut en Mio) d'une commande, sans ceux qu'elle appelle.

    Lève `SystemExit` si elle échoue : une durée ne vaut que d'une commande allée au bout.
    """
    debut, haut = time.monotonic(), 0.0
    commande = subprocess.Popen([sys.executable, "-m", "bilan", etape, "--projet", str(projet)],
                                stdout=subprocess.DEVNULL)
    while commande.poll() is None:
        haut = max(haut, _plus_haut(commande.pid))
        time.sleep(0.05)
    if commande.returncode:
        raise SystemExit(f"bilan {etape} a échoué sur {projet}.")
    return time.monotonic() - debut, haut


def _plus_haut(pid: int) -> float:
    """Le plus haut de sa mémoire jusqu'ici, en Mio, d'après Linux ; 0 s'il vient de finir.

    `wait4` compterait aussi Pandoc et Typst.
    """
    lu = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("utf-8"))
    return int(lu[1]) / 1024 if lu else 0


def ligne(nombre: int, mesures: Mesures, avant: tuple[int, Mesures] | None) -> str:
    """Une ligne du tableau, en Markdown ; `avant` : la taille précédente, pour l'écart."""
    cases = [str(nombre)]
    for etape, (duree, memoire) in mesures.items():
        de_plus = ""
        if avant is not None:
            plus_petit, passees = avant
            de_plus = _n(1000 * (duree - passees[etape][0]) / (nombre - plus_petit))
        cases += [f"{duree:.1f}".replace(".", ","), de_plus, _n(memoire)]
    return f"| {' | '.join(cases)} |"


def _n(nombre: float) -> str:
    return f"{nombre:.0f}"


if __name__ == "__main__":
    tetes = " | ".join(f"{etape} (s) | de plus (ms) | Mio" for etape in ETAPES)
    print(f"| territoires | {tetes} |")
    print("|--:" * (1 + 3 * len(ETAPES)) + "|", flush=True)
    precedente = None
    for taille in map(int, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as dossier:
            projet = Path(dossier) / "projet"
            simuler(projet, taille, graine=1)
            relevees = {etape: mesurer(projet, etape) for etape in ETAPES}
            print(ligne(taille, relevees, precedente), flush=True)
            precedente = taille, relevees
