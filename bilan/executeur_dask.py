"""L'exécuteur des grappes : chaque carnet est une tâche de Dask, sur des machines quelconques.

Aucun disque partagé : un colis part une fois vers chaque travailleur, les carnets exécutés
reviennent en octets.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security
from distributed.comm.addressing import parse_address, parse_host_port

from bilan import travailleur
from bilan.colis import emballer
from bilan.conformite import ecart, versions
from bilan.empreintes import condense
from bilan.erreurs import ErreurBilan, Faute
from bilan.executer import CompteRendu, Ordre
from bilan.notebooks import CARNETS_PAR_COEUR, Executeur
from bilan.projet import Edition

# Secondes laissées au planificateur pour répondre.
PATIENCE = 10
LA_SUITE = ("Les carnets finis sont gardés : « bilan construire » exécute le reste ici, ou de "
            "nouveau sur une grappe avec --executeur dask.")


def executer_sur_dask(adresse: str | None = None, jobs: int | None = None) -> Executeur:
    """Un exécuteur qui confie les carnets au planificateur de cette adresse.

    Sans adresse, à `jobs` travailleurs de cette machine (par défaut, un par cœur, qui tient deux
    carnets). Lève `ErreurBilan` si le planificateur ne répond pas, ou plus, et, avant que rien ne
    s'exécute, si un travailleur n'a pas les mêmes versions qu'ici.
    """

    def executeur(
        edition: Edition, ordres: list[Ordre], demarre: Callable[[str], None]
    ) -> Iterator[CompteRendu]:
        if not ordres:
            return
        with _grappe(adresse, jobs) as client:
            attendues = versions()
            controler(client, attendues)
            colis = emballer(edition)
            nom = f"bilan-{condense(colis)[:12]}-{client.id[-12:]}"
            with _atelier(client, travailleur.Atelier(nom, colis, attendues)):
                yield from _confier(client, nom, ordres, demarre, attendues)

    return executeur


def controler(client: Client, attendues: dict[str, str]) -> None:
    """Lève `ErreurBilan`, une faute par travailleur qui n'a pas les versions attendues."""
    trouvees = client.run(versions, on_error="return")
    fautes = [
        Faute(f"Travailleur {adresse}", autre,
              "Y installer le même projet et son requirements.lock, puis le relancer.")
        for adresse, la_bas in sorted(trouvees.items())
        if (autre := ecart(la_bas, attendues))
    ]
    if fautes:
        raise ErreurBilan(fautes)


@contextmanager
def _grappe(adresse: str | None, jobs: int | None) -> Iterator[Client]:
    """Un client du planificateur, et la grappe elle-même s'il faut la lancer ici."""
    for nom in ("distributed", "distributed.client"):
        logging.getLogger(nom).setLevel(logging.CRITICAL)
    with dask.config.set({"distributed.comm.timeouts.connect": PATIENCE}):
        locale = None if adresse else LocalCluster(
            n_workers=jobs or os.cpu_count(),
            threads_per_worker=1 if jobs else CARNETS_PAR_COEUR, dashboard_address=None,
            silence_logs=logging.CRITICAL)
        client = _se_relier(adresse or locale)
        try:
            yield client
        finally:
            with suppress(TimeoutError, OSError):
                client.close(timeout=PATIENCE)
            if locale is not None:
                locale.close()


def _se_relier(ou: str | LocalCluster) -> Client:
    try:
        if isinstance(ou, str):
            _controler_adresse(ou)
        client = Client(ou, timeout=PATIENCE)
    except (OSError, ValueError, RuntimeError) as erreur:
        detail = (str(erreur).splitlines() or [""])[0]
        raise ErreurBilan(Faute(
            f"--adresse {ou}", f"aucun planificateur Dask n'y répond ({detail})",
            "Y mettre l'adresse qu'affiche « dask scheduler », comme tcp://10.0.0.5:8786 ; sans "
            "--adresse, la grappe est cette machine ; sans --executeur dask, on s'en passe."),
        ) from None
    if not client.nthreads():
        print("La grappe n'a pas encore de travailleur : les carnets attendent le premier.",
              file=sys.stderr, flush=True)
    return client


def _controler_adresse(adresse: str) -> None:
    """Ce qui se voit sans rien lancer : `ValueError` s'il manque un port, `ErreurBilan` sinon."""
    protocole, reste = parse_address(adresse)
    parse_host_port(reste)
    if protocole == "tls" and Security().get_connection_args("client")["ssl_context"] is None:
        raise ErreurBilan(Faute(
            f"--adresse {adresse}", "la configuration de Dask ne donne ici aucun certificat",
            "Les y mettre (docs/grappe.md, « Qui peut se relier »)."))


@contextmanager
def _atelier(client: Client, atelier: travailleur.Atelier) -> Iterator[None]:
    """Installe l'atelier sur chaque travailleur, présent ou à venir, et l'en retire."""
    client.register_plugin(atelier)
    try:
        yield
    finally:
        if client.status == "running":
            with suppress(Exception):  # à la grappe près, tout est déjà rendu
                client.unregister_worker_plugin(atelier.name)


def _confier(
    client: Client, atelier: str, ordres: list[Ordre], demarre: Callable[[str], None],
    attendues: dict[str, str],
) -> Iterator[CompteRendu]:
    """Confie tous les ordres et rend chaque compte rendu dès qu'il revient."""
    nouvelles: queue.Queue[str | Future] = queue.Queue()
    client.subscribe_topic(atelier, lambda evenement: nouvelles.put(evenement[1]))
    taches = client.map(travailleur.executer_a_l_atelier, ordres, atelier=atelier, pure=False,
                        key=[f"{atelier}-{ordre.nom}" for ordre in ordres])
    for tache in taches:
        tache.add_done_callback(nouvelles.put)
    restent = dict(zip(taches, ordres, strict=True))
    del taches, tache  # un résultat qu'on ne retient pas quitte la mémoire du travailleur
    while restent:
        nouvelle = nouvelles.get()
        if isinstance(nouvelle, str):
            demarre(nouvelle)
        else:
            yield _recueillir(client, nouvelle, restent.pop(nouvelle), attendues)


def _recueillir(
    client: Client, tache: Future, ordre: Ordre, attendues: dict[str, str]
) -> CompteRendu:
    try:
        return tache.result()
    except KilledWorker as erreur:
        return CompteRendu(ordre.nom, erreur=f"DeadKernelError : {erreur.allowed_failures + 1} "
                                             "travailleurs se sont arrêtés en l'exécutant.")
    except (Exception, CancelledError) as erreur:
        if client.status != "running" or isinstance(erreur, CancelledError):
            raise ErreurBilan(f"Le planificateur de la grappe ne répond plus. {LA_SUITE}") from None
        # Un travailleur arrivé en route, et qui n'a pas ce qu'il faut ?
        controler(client, attendues)
        return CompteRendu(ordre.nom, erreur=f"{type(erreur).__name__} : {erreur}")
