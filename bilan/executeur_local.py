"""L'exécuteur local : des processus de cette machine, autant à la fois que de cœurs."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from bilan import noyaux
from bilan.executer import CompteRendu, Ordre, executer, interrompu
from bilan.notebooks import Executeur
from bilan.projet import Edition


def executer_ici(jobs: int | None = None) -> Executeur:
    """Un exécuteur qui tient `jobs` carnets à la fois (par défaut, un par cœur)."""
    nombre = jobs or os.cpu_count() or 1

    def executeur(
        edition: Edition, ordres: list[Ordre], demarre: Callable[[str], None]
    ) -> Iterator[CompteRendu]:
        if not ordres:
            return
        with noyaux.equipe(min(nombre, len(ordres))) as processus:
            attente, en_cours = list(reversed(ordres)), {}
            try:
                while attente or en_cours:
                    # Pas plus d'ordres confiés que de processus : « en cours » dit vrai.
                    while attente and len(en_cours) < nombre:
                        ordre = attente.pop()
                        demarre(ordre.nom)
                        en_cours[processus.submit(executer, ordre, str(edition.racine))] = ordre
                    finis, _ = wait(en_cours, return_when=FIRST_COMPLETED)
                    for fini in finis:
                        yield _recueillir(fini, en_cours.pop(fini))
            except KeyboardInterrupt:
                # Un exécutant au milieu d'une cellule n'en finirait pas : ses noyaux le suivent.
                for executant in multiprocessing.active_children():
                    executant.kill()
                processus.shutdown(wait=False, cancel_futures=True)
                raise

    return executeur


def _recueillir(fini: Future[CompteRendu], ordre: Ordre) -> CompteRendu:
    try:
        return fini.result()
    except BrokenProcessPool:
        return interrompu(ordre)
