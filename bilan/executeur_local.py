"""L'exécuteur local : des processus de cette machine, deux à la fois par cœur."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

from bilan import noyaux
from bilan.executer import CompteRendu, Ordre, executer, interrompu
from bilan.notebooks import CARNETS_PAR_COEUR, Executeur
from bilan.projet import Edition


def executer_ici(jobs: int | None = None) -> Executeur:
    """Un exécuteur qui tient `jobs` carnets à la fois (par défaut, deux par cœur)."""
    nombre = jobs or CARNETS_PAR_COEUR * (os.cpu_count() or 1)

    def executeur(
        edition: Edition, ordres: list[Ordre], demarre: Callable[[str], None]
    ) -> Iterator[CompteRendu]:
        attente = list(reversed(ordres))
        # Une équipe dont un membre est tué ne sert plus : une autre finit ce qui attend.
        while attente:
            with noyaux.equipe(min(nombre, len(attente))) as processus:
                yield from _confier(processus, attente, nombre, edition, demarre)

    return executeur


def _confier(
    processus: ProcessPoolExecutor, attente: list[Ordre], nombre: int, edition: Edition,
    demarre: Callable[[str], None],
) -> Iterator[CompteRendu]:
    """Prend dans `attente` et fait exécuter, tant que l'équipe est entière."""
    en_cours: dict[Future[CompteRendu], Ordre] = {}
    try:
        while attente or en_cours:
            with suppress(BrokenProcessPool):
                # Pas plus d'ordres confiés que de processus : « en cours » dit vrai.
                while attente and len(en_cours) < nombre:
                    confie = processus.submit(executer, attente[-1], str(edition.racine))
                    en_cours[confie] = attente.pop()
                    demarre(en_cours[confie].nom)
            if not en_cours:  # l'équipe ne prend plus rien
                return
            finis, _ = wait(en_cours, return_when=FIRST_COMPLETED)
            for fini in finis:
                yield _recueillir(fini, en_cours.pop(fini))
    except KeyboardInterrupt:
        # Un exécutant au milieu d'une cellule n'en finirait pas : ses noyaux le suivent.
        for executant in multiprocessing.active_children():
            executant.kill()
        processus.shutdown(wait=False, cancel_futures=True)
        raise


def _recueillir(fini: Future[CompteRendu], ordre: Ordre) -> CompteRendu:
    try:
        return fini.result()
    except BrokenProcessPool:
        return interrompu(ordre)
