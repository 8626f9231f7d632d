"""Ce qu'un carnet peut occuper de mémoire et afficher : au-delà, il échoue, et c'est dit.

Les limites passent de l'exécutant au noyau par l'environnement. Là où un noyau n'est pas un double
(Windows, macOS), seule vaut celle des sorties, contrôlée une fois le carnet fini.
"""

from __future__ import annotations

import os
from pathlib import Path

from bilan.erreurs import ErreurBilan

# Par défaut, en mégaoctets. La mémoire est celle qu'un noyau réserve, plus que ce dont il se sert.
MEMOIRE_MAX = 4096
SORTIES_MAX = 20
MO = 1_000_000
# Les variables d'environnement qui les portent.
MEMOIRE, SORTIES = "BILAN_MEMOIRE_MAX", "BILAN_SORTIES_MAX"


def annoncer(memoire: int, sorties: int) -> None:
    """Pour les noyaux à naître de ce processus, en mégaoctets."""
    os.environ[MEMOIRE], os.environ[SORTIES] = str(memoire), str(sorties)


def limiter_la_memoire() -> None:
    """Dans un noyau : au-delà, une allocation échoue au lieu d'étouffer la machine."""
    import resource  # n'existe pas sous Windows

    octets = int(os.environ.get(MEMOIRE, MEMOIRE_MAX)) * MO
    resource.setrlimit(resource.RLIMIT_AS, (octets, octets))


def sorties_permises() -> int:
    """Dans un noyau : ce qu'il peut afficher, en mégaoctets."""
    return int(os.environ.get(SORTIES, SORTIES_MAX))


def controler_les_sorties(carnet: Path, sorties: int) -> None:
    """Lève `ErreurBilan` si le carnet exécuté pèse plus que ses sorties n'ont le droit de peser."""
    if carnet.stat().st_size > sorties * MO:
        raise trop_de_sorties(sorties)


def trop_de_sorties(sorties: int) -> ErreurBilan:
    """L'erreur d'un carnet qui affiche trop."""
    return ErreurBilan(
        f"le carnet affiche plus de {sorties} Mo. Lui faire afficher moins, ou relever "
        "sorties_max_mo dans edition.yml.")
