"""Rien n'a changé : le dire sans rien refaire ni rien importer de lourd.

Une construction réussie note l'empreinte de tout ce dont elle partait et de tout ce qu'elle a
écrit. Si ni l'un ni l'autre n'a bougé, la suivante n'a rien à faire.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from bilan import depot
from bilan.empreintes import condense, de_fichiers, du_paquet, du_projet, installees
from bilan.projet import Edition

# Les variables d'environnement qui changent un bilan ou la façon de l'assembler.
VARIABLES = ("SOURCE_DATE_EPOCH", "QUARTO_PATH")

# Ce qu'une construction lit à plusieurs moments : tout doit être du même état.
MONTRES = ("params/", "data/", "notebooks/", "report/", "index.qmd", "_quarto.yml",
           "code du paquet")


def entrees(edition: Edition, voie: str) -> dict[str, str]:
    """Tout ce dont un bilan dépend, par nom : fichiers du projet, code, bibliothèques, voie."""
    environnement = {nom: os.environ.get(nom, "") for nom in VARIABLES}
    return du_projet(edition.racine) | environnement | {
        "code du paquet": du_paquet(), "bibliothèques": installees(), "voie": voie,
        "quarto": shutil.which("quarto") or "", "commit": repr(depot.lire(edition.racine)),
    }


def changees(avant: dict[str, str], apres: dict[str, str]) -> list[str]:
    """Ce qui, parmi ce que le bilan montre, n'est plus ce que c'était."""
    return sorted(nom for nom in avant.keys() | apres.keys()
                  if avant.get(nom) != apres.get(nom) and nom.startswith(MONTRES))


def deja_construit(edition: Edition, voie: str, *, relecture: bool = False) -> bool:
    """Vrai si le bilan en place est celui que donneraient les fichiers d'aujourd'hui."""
    try:
        note = json.loads(_note(edition, relecture).read_text("utf-8"))
    except (FileNotFoundError, ValueError):  # jamais notée, ou à moitié
        return False
    return (note["sorties"] == _sorties(edition, relecture)
            and note["entrees"] == _resume(entrees(edition, voie)))


def noter(edition: Edition, depart: dict[str, str], *, relecture: bool = False) -> None:
    """Retient d'où part le bilan qui vient d'être mis en place, et ce qu'il est."""
    note = {"entrees": _resume(depart), "sorties": _sorties(edition, relecture)}
    _note(edition, relecture).write_text(json.dumps(note), "utf-8")


def oublier(edition: Edition, *, relecture: bool = False) -> None:
    """À faire avant de toucher au bilan en place."""
    _note(edition, relecture).unlink(missing_ok=True)


def _note(edition: Edition, relecture: bool) -> Path:
    return edition.travail / ("construit-relecture.json" if relecture else "construit.json")


def _resume(empreintes: dict[str, str]) -> str:
    return condense(json.dumps(empreintes, sort_keys=True).encode())


def _sorties(edition: Edition, relecture: bool) -> str:
    dossier = edition.relecture if relecture else edition.sortie
    fichiers = (f for f in dossier.rglob("*")
                if relecture or not f.is_relative_to(edition.relecture))
    return _resume(de_fichiers(dossier, fichiers))
