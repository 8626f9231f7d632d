"""Ce qui tourne sur un travailleur de Dask : il déballe le projet et en exécute les carnets.

Les carnets s'exécutent dans des processus à part, comme avec l'exécuteur local : un carnet qui
s'arrête, ou qui change l'environnement, ne touche pas au travailleur.
"""

from __future__ import annotations

import multiprocessing
import shutil
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from distributed import Worker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from bilan import noyaux
from bilan.colis import deballer
from bilan.conformite import versions
from bilan.executer import CompteRendu, Ordre, executer, interrompu


class Atelier(WorkerPlugin):
    """Ce que chaque travailleur reçoit une fois : le colis, et de quoi exécuter ses carnets.

    Dask l'installe aussi sur un travailleur arrivé en cours de route. `nom` est propre à la
    commande en cours : deux commandes sur la même grappe ne se mêlent pas.
    """

    def __init__(self, nom: str, colis: bytes, attendues: dict[str, str]):
        self.name, self._colis, self._attendues = nom, colis, attendues

    def setup(self, worker: Worker) -> None:
        """Contrôle les versions, puis déballe le projet dans le dossier du travailleur."""
        if versions() != self._attendues:
            raise RuntimeError("ce travailleur n'a pas les versions attendues")
        self._racine = Path(worker.local_directory) / self.name
        self._nombre = worker.state.nthreads
        deballer(self._colis, self._racine)
        # Sous une « nanny », le travailleur est dit démon : il ne pourrait avoir d'enfants. Les
        # siens s'arrêtent d'eux-mêmes avec lui.
        multiprocessing.current_process().daemon = False
        self._ouvrir()

    def teardown(self, worker: Worker) -> None:
        """Rend la place ; un carnet en cours s'arrête avec son processus."""
        self._processus.shutdown(wait=False, cancel_futures=True)
        shutil.rmtree(self._racine, ignore_errors=True)

    def executer(self, ordre: Ordre) -> CompteRendu:
        """Exécute un carnet dans l'un des processus de l'atelier."""
        processus = self._processus
        try:
            return processus.submit(executer, ordre, str(self._racine)).result()
        except BrokenProcessPool:
            if processus is self._processus:
                self._ouvrir()
            return interrompu(ordre)

    def _ouvrir(self) -> None:
        self._processus = noyaux.equipe(self._nombre)


def executer_a_l_atelier(ordre: Ordre, atelier: str) -> CompteRendu:
    """La tâche de Dask : dit qu'elle commence, puis exécute le carnet."""
    travailleur = get_worker()
    travailleur.log_event(atelier, ordre.nom)
    return travailleur.plugins[atelier].executer(ordre)
