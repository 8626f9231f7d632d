"""L'exécution des carnets par papermill : plusieurs à la fois, un échec n'arrête pas les autres."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import nbformat

from bilan.erreurs import ErreurBilan
from bilan.mise_au_propre import mettre_au_propre
from bilan.parametres import Parametres
from bilan.plan import Etat, Tache, dresser, etats
from bilan.projet import Edition


@dataclass(frozen=True)
class Ordre:
    """Ce qu'un exécutant reçoit : de quoi exécuter un carnet, en types simples."""

    nom: str
    carnet: str
    parametres: dict[str, str]
    sortie: str
    duree_max: int


@dataclass(frozen=True)
class CompteRendu:
    """Ce qu'un exécutant rend. `erreur` est None si le carnet est allé au bout."""

    nom: str
    secondes: float
    erreur: str | None = None
    cellule: str | None = None


class Suivi(Protocol):
    """Qui montre l'avancement."""

    def demarre(self, nom: str) -> None: ...

    def termine(self, compte_rendu: CompteRendu) -> None: ...

    def etape(self, texte: str) -> None: ...


Executeur = Callable[[list[Ordre], Callable[[str], None]], Iterable[CompteRendu]]


def executer_carnets(
    edition: Edition, executeur: Executeur, suivi: Suivi, *, forcer: bool = False
) -> list[Etat]:
    """Exécute ce qui n'est pas à jour ; rend l'état de chaque tâche avant exécution.

    `executeur` est la couture : il reçoit des ordres et rend des comptes rendus, où qu'il les
    fasse exécuter. Lève `ErreurBilan`, un message par carnet en échec, quand tous ont fini.
    """
    duree = Parametres(edition).generaux.duree_max_cellule
    tous = etats(dresser(edition), edition, forcer=forcer)
    a_faire = {e.tache.nom: e for e in tous if not e.a_jour}
    ordres = [_ordre(e.tache, duree) for e in a_faire.values()]
    echecs = []
    for compte_rendu in executeur(ordres, suivi.demarre):
        suivi.termine(compte_rendu)
        etat = a_faire[compte_rendu.nom]
        if compte_rendu.erreur is None:
            _ranger(etat)
        else:
            echecs.append(_echec(edition, etat.tache, compte_rendu))
    if echecs:
        raise ErreurBilan("\n".join(sorted(echecs)))
    return tous


def _ordre(tache: Tache, duree: int) -> Ordre:
    brut = tache.travail / "en-cours" / f"{tache.nom}.ipynb"
    return Ordre(tache.nom, str(tache.carnet), tache.parametres, str(brut), duree)


def _ranger(etat: Etat) -> None:
    """Met le carnet exécuté au propre, puis l'installe avec sa fiche technique."""
    tache = etat.tache
    brut = tache.travail / "en-cours" / f"{tache.nom}.ipynb"
    carnet, chiffres = mettre_au_propre(nbformat.read(brut, as_version=4), tache.nom,
                                        tache.territoire)
    # L'empreinte s'écrit en dernier : une interruption laisse au pire un carnet à refaire.
    tache.fiche_technique.unlink(missing_ok=True)
    ecrire_texte(tache.sortie, nbformat.writes(carnet))
    fiche = {"empreinte": etat.empreinte, "chiffres": [c.en_dict() for c in chiffres]}
    ecrire_texte(tache.fiche_technique, json.dumps(fiche, ensure_ascii=False, indent=1))
    tache.echec.unlink(missing_ok=True)
    brut.unlink()


def ecrire_texte(chemin: Path, texte: str) -> None:
    """Écrit d'un seul coup : jamais de fichier à moitié écrit."""
    chemin.parent.mkdir(parents=True, exist_ok=True)
    provisoire = chemin.with_name(chemin.name + ".partiel")
    provisoire.write_text(texte, "utf-8")
    provisoire.replace(chemin)


CAUSES = {
    "ModuleNotFoundError": "une bibliothèque manque : relancer « make bilan ».",
    "KeyError": "une colonne ou un code n'existe pas : lancer « bilan verifier ».",
    "NameError": "un nom n'est pas défini dans le carnet : relire cette cellule.",
    "SyntaxError": "une faute de frappe dans la cellule.",
    "FileNotFoundError": "un fichier manque : lancer « bilan verifier ».",
    "MemoryError": "la mémoire manque : fermer des programmes, ou --jobs 1.",
    "CellTimeoutError": "cellule trop longue : relever duree_max_cellule dans edition.yml.",
    "DeadKernelError": "le noyau s'est arrêté (mémoire ?) : relancer, avec --jobs 1 au besoin.",
}


def _echec(edition: Edition, tache: Tache, compte_rendu: CompteRendu) -> str:
    """Le message d'un carnet en échec : lequel, où, quoi, et la cause probable."""
    brut = Path(tache.travail / "en-cours" / f"{tache.nom}.ipynb")
    ou = edition.relatif(tache.carnet)
    if tache.territoire:
        ou += f", territoire « {tache.territoire} »"
    if compte_rendu.cellule:
        ou += f", cellule {compte_rendu.cellule}"
    message = f"{ou} : {compte_rendu.erreur}"
    genre = (compte_rendu.erreur or "").split(" :")[0]
    if genre in CAUSES:
        message += f" Cause probable : {CAUSES[genre]}"
    if brut.is_file():
        tache.echec.parent.mkdir(parents=True, exist_ok=True)
        brut.replace(tache.echec)
        message += f" Carnet partiel : {edition.relatif(tache.echec)}."
    return message


def executer_ici(jobs: int | None = None) -> Executeur:
    """L'exécuteur local : des processus de cette machine (par défaut, un par cœur)."""
    nombre = jobs or os.cpu_count() or 1

    def executeur(ordres: list[Ordre], demarre: Callable[[str], None]) -> Iterator[CompteRendu]:
        if not ordres:
            return
        contexte = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(nombre, len(ordres)), mp_context=contexte) as processus:
            attente, en_cours = list(reversed(ordres)), {}
            try:
                while attente or en_cours:
                    # Pas plus d'ordres confiés que de processus : « en cours » dit vrai.
                    while attente and len(en_cours) < nombre:
                        ordre = attente.pop()
                        demarre(ordre.nom)
                        en_cours[processus.submit(executer, ordre)] = ordre
                    finis, _ = wait(en_cours, return_when=FIRST_COMPLETED)
                    for fini in finis:
                        yield _recueillir(fini, en_cours.pop(fini))
            except KeyboardInterrupt:
                processus.shutdown(wait=False, cancel_futures=True)
                raise

    return executeur


def _recueillir(fini, ordre: Ordre) -> CompteRendu:
    try:
        return fini.result()
    except BrokenProcessPool:
        return CompteRendu(ordre.nom, 0.0, "DeadKernelError : l'exécutant s'est arrêté.")


def _taire_le_battement(arguments: threading.ExceptHookArgs) -> None:
    """Un noyau qu'on arrête peut surprendre le fil qui écoute son battement : c'est sans suite."""
    if getattr(arguments.thread, "name", "") != "Heartbeat":
        threading.__excepthook__(arguments)


def executer(ordre: Ordre) -> CompteRendu:
    """Exécute un carnet par papermill. Ne lève rien : l'échec est dans le compte rendu."""
    threading.excepthook = _taire_le_battement
    compte_rendu = _une_fois(ordre)
    # Deux noyaux qui démarrent ensemble peuvent se disputer un port : on réessaie une fois.
    if compte_rendu.erreur and compte_rendu.cellule is None and "Kernel" in compte_rendu.erreur:
        compte_rendu = _une_fois(ordre)
    return compte_rendu


def _une_fois(ordre: Ordre) -> CompteRendu:
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    debut = time.monotonic()
    sortie = Path(ordre.sortie)
    sortie.parent.mkdir(parents=True, exist_ok=True)
    rendu = CompteRendu(ordre.nom, 0.0)
    try:
        execute_notebook(
            ordre.carnet,
            ordre.sortie,
            parameters=ordre.parametres,
            kernel_name="python3",
            cwd=str(Path(ordre.carnet).parent),
            progress_bar=False,
            request_save_on_cell_execute=False,
            start_timeout=120,
            execution_timeout=ordre.duree_max,
            # Le noyau ne parle qu'à nous : son avertissement sur le chiffrement local est du bruit.
            extra_arguments=["--log-level=50"],
        )
    except PapermillExecutionError as erreur:
        rendu = replace(
            rendu,
            erreur=_une_ligne(erreur.ename, erreur.evalue),
            cellule=f"{erreur.cell_index + 1} (« {_premiere_ligne(erreur.source)} »)",
        )
    except Exception as erreur:
        rendu = replace(rendu, erreur=_une_ligne(type(erreur).__name__, str(erreur)))
    return replace(rendu, secondes=time.monotonic() - debut)


def _premiere_ligne(source: str) -> str:
    """La première ligne de code d'une cellule, pour la retrouver d'un coup d'œil."""
    lignes = [li for li in source.splitlines() if li.strip() and not li.startswith("#")]
    return (lignes or [""])[0][:60]


def _une_ligne(genre: str, message: str) -> str:
    """« KeyError : 'xyz' » ; nos propres messages se suffisent."""
    premiere = (message.strip().splitlines() or [""])[0]
    return premiere if genre == "ErreurBilan" else f"{genre} : {premiere}"
