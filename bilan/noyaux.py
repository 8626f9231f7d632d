"""Des noyaux Jupyter déjà chauds : nés d'un processus qui a importé ce qu'il faut aux carnets.

Un noyau neuf passe plus de temps à importer qu'à calculer. Là où le système sait dédoubler un
processus, ceux des carnets naissent d'un père commun (le « forkserver » de Python), qui a tout
importé et n'a rien lu. Ailleurs (Windows, macOS), papermill lance ses noyaux comme d'ordinaire.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from bilan import limites

# Le nom sous lequel pyproject.toml déclare `Dedouble`.
NOM = "bilan-dedouble"
# Importés une fois par le père. Pas matplotlib_inline.backend_inline : les noyaux y perdraient
# leurs figures.
IMPORTES = ("ipykernel.kernelapp", "ipykernel.debugger", "papermill", "scipy.stats", "seaborn",
            "matplotlib.pyplot", "bilan.carnet", "bilan.fiche", "bilan.flux", "bilan.lectures",
            "bilan.mise_au_propre")


def possibles() -> bool:
    """Vrai là où un processus se dédouble sans danger."""
    return sys.platform == "linux" and "forkserver" in multiprocessing.get_all_start_methods()


def contexte(*aussi: str) -> BaseContext:
    """D'où naissent les exécutants et leurs noyaux : un père qui a tout importé, si possible.

    `aussi` : d'autres modules à lui faire importer, tant qu'aucun processus n'en est né.
    """
    if not possibles():
        return multiprocessing.get_context("spawn")
    pere = multiprocessing.get_context("forkserver")
    pere.set_forkserver_preload([*IMPORTES, *aussi, "bilan.gel"])
    # Sans quoi le débogueur d'ipykernel, que personne n'emploie ici, se plaint du Python employé.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    return pere


def prechauffer() -> None:
    """Fait naître le père commun sans l'attendre : il importe pendant qu'on fait autre chose."""
    if possibles():
        from multiprocessing.forkserver import ensure_running  # n'existe pas sous Windows

        contexte()
        ensure_running()


def equipe(nombre: int, *aussi: str, **options: Any) -> ProcessPoolExecutor:
    """Des exécutants nés du père commun, qui s'arrêtent avec celui qui les emploie.

    `aussi` : voir `contexte` ; `options` : celles de `ProcessPoolExecutor`.
    """
    return ProcessPoolExecutor(nombre, mp_context=contexte(*aussi), initializer=_s_installer,
                               **options)


def _s_installer() -> None:
    """Un exécutant naît sans fil : sa pépinière d'abord, puis le fil qui suit son parent."""
    if possibles():
        Pepiniere.ouvrir()
    suivre_le_parent()


class Pepiniere:
    """Un double de l'exécutant, pris à sa naissance : chaud, et sans fil ni noyau à lui.

    Les noyaux sont ses enfants. Nés de l'exécutant, ils hériteraient des fils de papermill ; nés du
    père commun, qui ne sert que son enfant direct, il leur en faudrait un autre à chauffer.
    """

    ouverte: Pepiniere

    def __init__(self) -> None:
        self._ici, la_bas = multiprocessing.Pipe()
        double = multiprocessing.get_context("fork").Process(
            target=self._servir, args=(la_bas,), daemon=True)
        double.start()
        la_bas.close()

    @classmethod
    def ouvrir(cls) -> None:
        """À faire avant que ce processus ait un fil : un double n'en aurait pas."""
        cls.ouverte = cls()

    def demander(self, *demande: Any) -> Any:
        """(None, fichier, dossier, environnement) : le pid d'un noyau neuf ; (pid,) : sa fin."""
        self._ici.send(demande)
        return self._ici.recv()

    def _servir(self, la_bas: Connection) -> None:
        self._ici.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C est l'affaire du programme
        multiprocessing.current_process().daemon = False  # un démon n'aurait pas d'enfants
        noyaux: dict[int, BaseProcess] = {}
        with suppress(EOFError):  # l'exécutant n'est plus
            while True:
                pid, *naissance = la_bas.recv()
                if pid is None:
                    _tenir_l_edition(naissance[-1])
                    noyau = multiprocessing.get_context("fork").Process(
                        target=_etre_un_noyau, args=tuple(naissance))
                    noyau.start()
                    pid = noyau.pid
                    noyaux[pid] = noyau
                    la_bas.send(pid)
                else:
                    la_bas.send(noyaux[pid].exitcode)
        os._exit(0)


def _tenir_l_edition(environnement: dict[str, str]) -> None:
    """L'édition que les noyaux liront, lue une fois pour tous."""
    from bilan import lectures  # le père l'a importé ; ce module ne peut pas en dépendre

    if ouvert := environnement.get(lectures.OUVERT):
        with suppress(Exception):  # illisible : le noyau le dira lui-même
            lectures.tenir(ouvert)


def suivre_le_parent() -> None:
    """S'arrêter si le parent disparaît, même tué : aucun exécutant, aucun noyau ne reste seul."""
    parent = multiprocessing.parent_process()

    def attendre() -> None:
        parent.join()
        os._exit(1)

    if parent is not None:
        threading.Thread(target=attendre, daemon=True, name="parent").start()


class Gestionnaire(AsyncKernelManager):
    """Celui que papermill emploie : ses noyaux naissent dédoublés, et parlent par des fichiers.

    Par des ports, deux noyaux qui démarrent ensemble peuvent se disputer le même.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self._dossier = tempfile.TemporaryDirectory(prefix="bilan-")
        self.transport = "ipc"
        self.ip = str(Path(self._dossier.name) / "noyau")
        self.connection_file = str(Path(self._dossier.name) / "noyau.json")

    @property
    def kernel_spec(self) -> KernelSpec | None:
        """Le noyau Python ordinaire, lancé par `Dedouble`."""
        ordinaire = super().kernel_spec
        if ordinaire is not None:
            ordinaire.metadata["kernel_provisioner"] = {"provisioner_name": NOM}
        return ordinaire


class Dedouble(LocalProvisioner):
    """Fait naître un noyau du père commun au lieu de lancer un Python neuf."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> dict[str, Any]:
        """Démarre le noyau ; rend de quoi lui parler."""
        fichier = cmd[cmd.index("-f") + 1]
        self.cwd = os.fspath(options.get("cwd") or Path.cwd())
        environnement = dict(options.get("env") or os.environ)
        pid = Pepiniere.ouverte.demander(None, fichier, self.cwd, environnement)
        self.process, self.pid, self.pgid = _Naissance(pid), pid, pid
        return self.connection_info


def _etre_un_noyau(fichier: str, dossier: str, environnement: dict[str, str]) -> None:
    """Dans le processus dédoublé : l'environnement d'un noyau neuf, puis ipykernel."""
    import random

    import matplotlib
    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    signal.signal(signal.SIGINT, signal.default_int_handler)
    suivre_le_parent()
    os.setsid()
    os.environ.clear()
    os.environ.update(environnement)
    os.chdir(dossier)
    limites.limiter_la_memoire()
    # Ce qu'un import fait lire à un processus neuf, et que le père a lu pour lui-même.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
    random.seed()
    np.random.seed()
    IPKernelApp.launch_instance(
        argv=["-f", fichier, "--HistoryManager.enabled=False", "--log-level=50",
              "--IPKernelApp.outstream_class=bilan.flux.Flux"])


class _Naissance:
    """Un noyau de la pépinière, vu comme jupyter_client voit les processus de subprocess."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int):
        self.pid = pid

    def poll(self) -> int | None:
        return Pepiniere.ouverte.demander(self.pid)

    def wait(self) -> int:
        while (fin := self.poll()) is None:
            time.sleep(0.05)
        return fin

    def send_signal(self, signum: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
