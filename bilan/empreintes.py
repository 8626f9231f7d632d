"""Les empreintes : de fichiers, du code qu'un carnet peut appeler, des bibliothèques installées.

Rien de lourd n'est importé ici : dire que rien n'a changé doit être immédiat.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from bilan.projet import Edition

PAQUET = Path(__file__).parent
# Les bibliothèques dont la version peut changer ce qu'un carnet affiche.
BIBLIOTHEQUES = ("pandas", "numpy", "seaborn", "matplotlib", "scipy", "babel", "lark", "pydantic",
                 "ruamel.yaml", "papermill", "ipykernel", "nbformat", "font-source-sans-pro",
                 "font-source-serif-pro")
# Ce qui, sous le projet, n'entre dans aucun bilan.
ECARTES = ("build", "__pycache__", "node_modules")


def condense(octets: bytes) -> str:
    """Empreinte SHA-256 en hexadécimal."""
    return hashlib.sha256(octets).hexdigest()


def de_fichiers(racine: Path, fichiers: Iterable[Path]) -> dict[str, str]:
    """L'empreinte de chaque fichier qui existe, par son chemin depuis la racine."""
    return {
        f.relative_to(racine).as_posix(): condense(f.read_bytes()) for f in fichiers if f.is_file()
    }


def du_projet(racine: Path) -> dict[str, str]:
    """L'empreinte de tous les fichiers du projet : données, paramètres, textes, code."""
    return de_fichiers(racine, _fichiers(racine))


def _fichiers(dossier: Path) -> Iterator[Path]:
    for entree in sorted(os.scandir(dossier), key=lambda e: e.name):
        if entree.name.startswith(".") or entree.name in ECARTES:
            continue
        if entree.is_dir():
            yield from _fichiers(Path(entree))
        else:
            yield Path(entree)


def du_paquet() -> str:
    """L'empreinte de tout le code du paquet, installé ou non dans le projet."""
    return condense(json.dumps(de_fichiers(PAQUET, sorted(PAQUET.glob("*.py")))).encode())


def communes(edition: Edition) -> dict[str, str]:
    """Ce dont tout carnet dépend sans le demander : style, polices, contours, schémas."""
    racine = edition.racine
    fichiers = [
        racine / "report" / "style" / "jetons.yml",
        *sorted((edition.params / "charte").rglob("*")),
        *sorted((racine / "data" / "schemas").glob("*.json")),
        *sorted((racine / "data" / "geographie").glob("*json")),
    ]
    return de_fichiers(racine, fichiers) | {"versions des bibliothèques": bibliotheques()}


@cache
def bibliotheques() -> str:
    """Les versions qui comptent, et celle de Python."""
    versions = {nom: version(nom) for nom in BIBLIOTHEQUES} | {"python": sys.version.split()[0]}
    return json.dumps(versions, sort_keys=True)


def installees() -> str:
    """Toutes les bibliothèques installées, sans les ouvrir : le nom du dossier dit la version."""
    noms = {
        entree.name
        for dossier in map(Path, sys.path) if dossier.is_dir()
        for entree in dossier.glob("*.dist-info")
    }
    return condense(json.dumps([sys.version, *sorted(noms)]).encode())


def du_code(sources: Iterable[str]) -> dict[str, str]:
    """Les modules du paquet que ce code importe, de proche en proche, et leur empreinte."""
    atteints: dict[str, str] = {}
    a_voir = [m for source in sources for m in _importes(source)]
    while a_voir:
        module = a_voir.pop()
        if module not in atteints:
            source = (PAQUET / f"{module}.py").read_text("utf-8")
            atteints[module] = condense(source.encode())
            a_voir += _importes(source)
    return {f"bilan/{module}.py": atteints[module] for module in sorted(atteints)}


@cache
def _importes(source: str) -> tuple[str, ...]:
    """Les modules du paquet qu'un code importe, même au fond d'une fonction."""
    try:
        arbre = ast.parse(source)
    except SyntaxError:
        return ()
    noms = {nom for noeud in _noeuds(arbre) for nom in _du_paquet(noeud)}
    return tuple(sorted(nom for nom in noms if (PAQUET / f"{nom}.py").is_file()))


def _noeuds(noeud: ast.AST) -> Iterator[ast.AST]:
    """Tous, sauf ce qui ne sert qu'aux annotations de types."""
    if isinstance(noeud, ast.If) and getattr(noeud.test, "id", "") == "TYPE_CHECKING":
        return
    yield noeud
    for enfant in ast.iter_child_nodes(noeud):
        yield from _noeuds(enfant)


def _du_paquet(noeud: ast.AST) -> Iterator[str]:
    if isinstance(noeud, ast.Import):
        yield from (a.name.removeprefix("bilan.") for a in noeud.names if "bilan." in a.name)
    elif isinstance(noeud, ast.ImportFrom) and noeud.module:
        tete, _, module = noeud.module.partition(".")
        if tete == "bilan":
            yield from [module] if module else [a.name for a in noeud.names]
