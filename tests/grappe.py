"""Une vraie grappe de Dask pour les tests : un planificateur, des travailleurs, des processus."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from distributed import Client

DELAI = 120


class Grappe:
    """Un planificateur et ses travailleurs ; ne laisse rien derrière elle."""

    def __init__(self, dossier: Path):
        self._dossier, self._processus = dossier, {}
        self._fichier = dossier / "planificateur.json"
        self._lancer("planificateur", "scheduler", "--port", "0", "--host", "127.0.0.1",
                     "--no-dashboard")
        limite = time.monotonic() + DELAI
        while not self._fichier.is_file() and time.monotonic() < limite:
            time.sleep(0.1)
        self.client = Client(scheduler_file=str(self._fichier), timeout=DELAI)
        self.adresse = self.client.scheduler.address

    def ajouter(self, nom: str, *options: str, chemin: Path | None = None) -> str:
        """Lance un travailleur d'un fil, et rend son adresse.

        `chemin` passe devant les paquets installés.
        """
        avant = set(self.client.nthreads())
        self._lancer(nom, "worker", "--nthreads", "1", "--no-dashboard", "--name", nom,
                     "--local-directory", str(self._dossier / nom), *options, chemin=chemin)
        self.client.wait_for_workers(len(avant) + 1, timeout=DELAI)
        [adresse] = set(self.client.nthreads()) - avant
        return adresse

    def tuer(self, nom: str) -> None:
        """SIGKILL : rien ne peut se dire ni se ranger."""
        self._processus[nom].kill()
        self._processus[nom].wait()

    def enfants_de(self, nom: str) -> set[int]:
        """Tous les processus nés d'un des siens, de proche en proche."""
        parents = _parents()
        nes, restent = set(), {self._processus[nom].pid}
        while restent:
            restent = {pid for pid, parent in parents.items() if parent in restent}
            nes |= restent
        return nes

    def fermer(self) -> None:
        """Arrête tout ce qui a été lancé."""
        self.client.close(timeout=5)
        for processus in self._processus.values():
            if processus.poll() is None:
                processus.send_signal(signal.SIGTERM)
        for processus in self._processus.values():
            try:
                processus.wait(20)
            except subprocess.TimeoutExpired:
                processus.kill()

    def _lancer(self, nom: str, role: str, *options: str, chemin: Path | None = None) -> None:
        environnement = os.environ | ({"PYTHONPATH": str(chemin)} if chemin else {})
        with (self._dossier / f"{nom}.log").open("w") as journal:
            self._processus[nom] = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{role}",
                 "--scheduler-file", str(self._fichier), *options],
                stdout=journal, stderr=journal, cwd=self._dossier, env=environnement)


def attendre_la_fin(pids: set[int]) -> set[int]:
    """Ceux de ces processus qui vivent encore au bout du délai."""
    limite = time.monotonic() + DELAI
    while (restent := pids & _parents().keys()) and time.monotonic() < limite:
        time.sleep(0.2)
    return restent


def _parents() -> dict[int, int]:
    """Chaque processus vivant et son parent, d'après /proc."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            etat, parent = stat.read_text().rpartition(") ")[2].split()[:2]
        except OSError:
            continue
        if etat != "Z":
            parents[int(stat.parent.name)] = int(parent)
    return parents
