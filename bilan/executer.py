"""L'exécution d'un carnet par papermill, où qu'elle ait lieu : d'un ordre à des octets."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bilan import lectures, limites, noyaux
from bilan.mise_au_propre import mettre_au_propre
from bilan.projet import Edition

# Sous le travail d'une édition : l'édition ouverte, que les noyaux n'ont pas à recalculer.
OUVERT = "ouvert.pickle"


@dataclass(frozen=True)
class Ordre:
    """Ce qu'un exécutant reçoit : de quoi exécuter un carnet, en types simples.

    `carnet` est un chemin depuis la racine du projet ; `duree_max`, en secondes, vaut par cellule ;
    `memoire_max` et `sorties_max`, en mégaoctets, valent pour le carnet entier.
    """

    nom: str
    carnet: str
    parametres: dict[str, str]
    duree_max: int
    memoire_max: int = limites.MEMOIRE_MAX
    sorties_max: int = limites.SORTIES_MAX


@dataclass(frozen=True)
class CompteRendu:
    """Ce qu'un exécutant rend. `erreur` est None si le carnet est allé au bout.

    `carnet` : le carnet mis au propre, ou tel qu'il s'est arrêté. `releve` : un objet JSON, les
    questions que le carnet a posées avec l'empreinte de leurs réponses (`lectures`), ce qu'il verse
    au registre (`chiffres`) ; des octets, que qui les reçoit range sans les déplier.
    """

    nom: str
    secondes: float = 0.0
    carnet: bytes | None = None
    releve: bytes = b"{}"
    erreur: str | None = None
    cellule: str | None = None


def interrompu(ordre: Ordre) -> CompteRendu:
    """Ce que rend un ordre dont l'exécutant est mort avant lui."""
    return CompteRendu(ordre.nom, erreur="DeadKernelError : l'exécutant s'est arrêté.")


def executer(ordre: Ordre, racine: str) -> CompteRendu:
    """Exécute un carnet du projet. Ne lève rien : l'échec est dans le compte rendu."""
    threading.excepthook = _taire_le_battement
    # Le compte rendu dit en français ce que papermill et nbclient écriraient en anglais.
    for journal in ("papermill", "traitlets"):
        logging.getLogger(journal).setLevel(logging.CRITICAL + 1)
    debut = time.monotonic()
    compte_rendu = _une_fois(ordre, Path(racine))
    # Deux noyaux ordinaires qui démarrent ensemble peuvent se disputer un port : on réessaie.
    if compte_rendu.erreur and compte_rendu.cellule is None and "Kernel" in compte_rendu.erreur:
        compte_rendu = _une_fois(ordre, Path(racine))
    return replace(compte_rendu, secondes=time.monotonic() - debut)


def _une_fois(ordre: Ordre, racine: Path) -> CompteRendu:
    from papermill.exceptions import PapermillExecutionError

    with tempfile.TemporaryDirectory(prefix="bilan-") as dossier:
        brut, journal = Path(dossier) / "carnet.ipynb", Path(dossier) / "lectures.jsonl"
        os.environ[lectures.JOURNAL] = str(journal)
        limites.annoncer(ordre.memoire_max, ordre.sorties_max)
        ouvert = Edition(racine, ordre.parametres["edition"]).travail / OUVERT
        if ouvert.is_file():
            os.environ[lectures.OUVERT] = str(ouvert)
        else:
            os.environ.pop(lectures.OUVERT, None)
        rendu = CompteRendu(ordre.nom)
        try:
            executer_simplement(racine / ordre.carnet, brut, ordre.parametres, ordre.duree_max,
                                chaud=noyaux.possibles())
            limites.controler_les_sorties(brut, ordre.sorties_max)
            return _rendre(rendu, ordre, brut, journal)
        except PapermillExecutionError as erreur:
            rendu = replace(
                rendu, erreur=_une_ligne(erreur.ename, erreur.evalue),
                cellule=f"{erreur.cell_index + 1} (« {_premiere_ligne(erreur.source)} »)")
        except Exception as erreur:
            rendu = replace(rendu, erreur=_une_ligne(type(erreur).__name__, str(erreur)))
        return replace(rendu, carnet=brut.read_bytes() if brut.is_file() else None)


def executer_simplement(
    carnet: Path, sortie: Path, parametres: dict[str, str], duree_max: int, *, chaud: bool = False
) -> None:
    """papermill, avec les réglages de la chaîne ; d'un noyau ordinaire, ou déjà chaud."""
    from papermill import execute_notebook

    options: dict[str, Any] = {"kernel_manager_class": noyaux.Gestionnaire} if chaud else {}
    execute_notebook(
        str(carnet),
        str(sortie),
        parameters=parametres,
        kernel_name="python3",
        cwd=str(carnet.parent),
        progress_bar=False,
        request_save_on_cell_execute=False,
        start_timeout=120,
        execution_timeout=duree_max,
        # Le noyau ne parle qu'à nous : son avertissement sur le chiffrement local est du bruit.
        extra_arguments=["--log-level=50"],
        **options,
    )


def _rendre(rendu: CompteRendu, ordre: Ordre, brut: Path, journal: Path) -> CompteRendu:
    import nbformat

    carnet, chiffres = mettre_au_propre(nbformat.read(brut, as_version=4), ordre.nom,
                                        ordre.parametres.get("territoire"))
    releve = {"lectures": lectures.relire(journal), "chiffres": [c.en_dict() for c in chiffres]}
    return replace(rendu, carnet=nbformat.writes(carnet).encode(),
                   releve=json.dumps(releve, ensure_ascii=False).encode())


def _taire_le_battement(arguments: threading.ExceptHookArgs) -> None:
    """Un noyau qu'on arrête peut surprendre le fil qui écoute son battement : c'est sans suite."""
    if getattr(arguments.thread, "name", "") != "Heartbeat":
        threading.__excepthook__(arguments)


def _premiere_ligne(source: str) -> str:
    """La première ligne de code d'une cellule, pour la retrouver d'un coup d'œil."""
    lignes = [li for li in source.splitlines() if li.strip() and not li.startswith("#")]
    return (lignes or [""])[0][:60]


def _une_ligne(genre: str, message: str) -> str:
    """« KeyError : 'xyz' » ; nos propres messages se suffisent."""
    premiere = (message.strip().splitlines() or [""])[0]
    if genre == "ErreurBilan":
        return premiere
    return f"{genre} : {premiere}" if premiere else f"{genre} :"
