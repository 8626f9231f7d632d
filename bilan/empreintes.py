"""Les empreintes : de fichiers, du code qu'un carnet peut appeler, des bibliothèques installées.

Rien de lourd n'est importé ici : dire que rien n'a changé doit être immédiat.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from bilan.projet import SUIVIS, Edition

PAQUET = Path(__file__).parent
# Les bibliothèques dont la version peut changer ce qu'un carnet affiche.
BIBLIOTHEQUES = ("pandas", "numpy", "seaborn", "matplotlib", "scipy", "babel", "lark", "pydantic",
                 "ruamel.yaml", "pyyaml", "papermill", "ipykernel", "nbformat",
                 "font-source-sans-pro", "font-source-serif-pro")
BESOIN = re.compile(r"^Requires-Dist: *([\w.-]+)(.*)$", re.MULTILINE)
# Ce qui, sous le projet, n'entre dans aucun bilan.
ECARTES = ("build", "__pycache__", "node_modules")


def condense(octets: bytes) -> str:
    """Empreinte SHA-256 en hexadécimal."""
    return hashlib.sha256(octets).hexdigest()


def de_fichiers(racine: Path, fichiers: Iterable[Path]) -> dict[str, str]:
    """L'empreinte de chaque fichier qui existe, par son chemin depuis la racine."""
    return {f.relative_to(racine).as_posix(): du_fichier(f) for f in fichiers if f.is_file()}


def du_fichier(fichier: Path) -> str:
    """L'empreinte d'un fichier, lu à mesure : une archive peut peser plus que la mémoire."""
    with fichier.open("rb") as flux:
        return hashlib.file_digest(flux, "sha256").hexdigest()


def du_projet(racine: Path) -> dict[str, str]:
    """L'empreinte de tous les fichiers du projet : données, paramètres, textes, code."""
    return de_fichiers(racine, _fichiers(racine))


def entre_dans_le_bilan(chemin: str) -> bool:
    """Si un chemin, donné depuis la racine du projet, est de ceux que `du_projet` retient."""
    parties = PurePosixPath(chemin).parts
    return bool(parties) and not any(map(_ecarte, parties))


def _ecarte(nom: str) -> bool:
    return nom.startswith(".") or nom in (*ECARTES, *SUIVIS) or nom.endswith(".egg-info")


def _fichiers(dossier: Path) -> Iterator[Path]:
    for entree in sorted(os.scandir(dossier), key=lambda e: e.name):
        if _ecarte(entree.name):
            continue
        if entree.is_dir():
            yield from _fichiers(Path(entree))
        else:
            yield Path(entree)


def du_paquet() -> str:
    """L'empreinte de tout le code du paquet, installé ou non dans le projet."""
    return condense(json.dumps(des_modules()).encode())


def des_modules() -> dict[str, str]:
    """L'empreinte de chaque module du paquet, installé ou non dans le projet."""
    return de_fichiers(PAQUET.parent, sorted(PAQUET.glob("*.py")))


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
    noms = {dossier.name for dossier in _dossiers_des_bibliotheques()}
    return condense(json.dumps([sys.version, *sorted(noms)]).encode())


def requises() -> dict[str, str]:
    """La version de chaque bibliothèque dont le paquet a besoin, de proche en proche.

    Celles des tests n'en sont pas : les avoir ou non ne change pas le bilan.
    """
    # À l'envers : de deux dossiers de même nom, Python prend celui du premier chemin.
    dossiers = {_normal(d.name.partition("-")[0]): d
                for d in reversed(list(_dossiers_des_bibliotheques()))}
    trouvees: dict[str, str] = {}
    a_voir = ["bilan", *map(_normal, BIBLIOTHEQUES)]
    while a_voir:
        nom = a_voir.pop()
        if nom in dossiers and nom not in trouvees:
            trouvees[nom] = dossiers[nom].name.removesuffix(".dist-info").partition("-")[2]
            a_voir += _besoins(dossiers[nom])
    return {nom: trouvees[nom] for nom in sorted(trouvees.keys() - {"bilan"})}


def _dossiers_des_bibliotheques() -> Iterator[Path]:
    for dossier in map(Path, sys.path):
        if dossier.is_dir():
            yield from sorted(dossier.glob("*.dist-info"))


def _besoins(dossier: Path) -> list[str]:
    """Ce qu'une bibliothèque demande, hors options (« extra »)."""
    entete = (dossier / "METADATA").read_text("utf-8").partition("\n\n")[0]
    return [_normal(nom) for nom, suite in BESOIN.findall(entete) if "extra ==" not in suite]


def _normal(nom: str) -> str:
    return re.sub(r"[-_.]+", "-", nom).lower()


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
