"""Le dépôt git du projet, s'il en a un : quel commit, et ce qui en a été modifié."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from bilan.empreintes import entre_dans_le_bilan


@dataclass(frozen=True)
class Depot:
    """L'état d'un dépôt : son commit entier et les fichiers du projet qui n'en sont pas."""

    commit: str
    modifies: tuple[str, ...]

    def __str__(self) -> str:
        court = self.commit[:12]
        return f"{court}, modifié depuis" if self.modifies else court


def lire(racine: Path) -> Depot | None:
    """Le dépôt qui contient `racine` ; None hors d'un dépôt, sans commit, ou sans git.

    Un fichier compte comme modifié s'il diffère du commit, y manque ou en manque, et s'il peut
    entrer dans un bilan : ni un réglage caché de l'éditeur, ni ce que git ignore.
    """
    try:
        commit = git(racine, "rev-parse", "HEAD").strip()
        changes = git(racine, "diff", "--name-only", "--relative", "-z", "HEAD", "--", ".")
        nouveaux = git(racine, "ls-files", "--others", "--exclude-standard", "-z")
    except (OSError, subprocess.CalledProcessError):
        return None
    noms = {nom for nom in f"{changes}{nouveaux}".split("\0") if entre_dans_le_bilan(nom)}
    return Depot(commit, tuple(sorted(noms)))


def cloner(racine: Path, destination: Path) -> Path:
    """Un clone du dépôt de `racine`, et où s'y trouve le projet.

    Lève `subprocess.CalledProcessError` si git refuse.
    """
    haut = git(racine, "rev-parse", "--show-toplevel").strip()
    prefixe = git(racine, "rev-parse", "--show-prefix").strip()
    git(racine, "clone", "--quiet", "--shared", haut, str(destination))
    return destination / prefixe


def git(dossier: Path, *arguments: str) -> str:
    """Ce que git répond. Lève `OSError` sans git, `CalledProcessError` s'il refuse."""
    commande = ["git", "--no-optional-locks", "-C", str(dossier), *arguments]
    return subprocess.run(
        commande, capture_output=True, text=True, encoding="utf-8", check=True).stdout
