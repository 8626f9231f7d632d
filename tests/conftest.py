"""Ce que les tests partagent : des copies du projet à abîmer, et un bilan construit une fois."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright

from bilan.carnet import Bilan
from bilan.projet import Projet
from tests.controle_site import ARGUMENTS, CHROMIUM

RACINE = Path(__file__).resolve().parent.parent
EDITION = "2022-2024"
# Ce qu'il faut d'un projet pour le vérifier et le construire ; le paquet reste l'installé.
PARTS = ("params", "data", "notebooks", "report", "_quarto.yml", "index.qmd")


def copier(destination: Path) -> Path:
    """Une copie du projet sans ce que git ignore."""
    for nom in PARTS:
        source = RACINE / nom
        if source.is_dir():
            shutil.copytree(source, destination / nom,
                            ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        else:
            shutil.copy(source, destination / nom)
    return destination


def lancer(*arguments: str, projet: Path, **options) -> subprocess.CompletedProcess:
    """`bilan …` dans un vrai processus."""
    return subprocess.run(
        [sys.executable, "-m", "bilan", *arguments, "--projet", str(projet)],
        capture_output=True, text=True, timeout=600, **options,
    )


@pytest.fixture
def projet(tmp_path: Path) -> Path:
    """Un projet à soi, que le test peut abîmer."""
    return copier(tmp_path)


@pytest.fixture(scope="session")
def bilan() -> Bilan:
    """L'édition publiée, ouverte sur les fichiers du dépôt (lecture seule)."""
    return Bilan(EDITION, Projet(RACINE))


@pytest.fixture(scope="session")
def execute(tmp_path_factory) -> Path:
    """Un projet dont les carnets viennent d'être exécutés (lecture seule)."""
    racine = copier(tmp_path_factory.mktemp("construit"))
    resultat = lancer("notebooks", projet=racine)
    assert resultat.returncode == 0, resultat.stderr
    return racine


@pytest.fixture(scope="session")
def construit(execute: Path) -> Path:
    """Le même, dont le bilan vient d'être construit par la voie embarquée (lecture seule)."""
    resultat = lancer("construire", "--voie", "pandoc", projet=execute)
    assert resultat.returncode == 0, resultat.stderr
    return execute


@pytest.fixture(scope="session")
def sortie(construit: Path) -> Path:
    """Le dossier publié de ce bilan."""
    return construit / "build" / EDITION


@pytest.fixture(scope="session")
def pages(sortie: Path) -> dict[str, BeautifulSoup]:
    """Les pages du site de ce bilan, par nom (lecture seule)."""
    return {
        p.name: BeautifulSoup(p.read_text("utf-8"), "html.parser")
        for p in sorted((sortie / "site").glob("*.html"))
    }


@pytest.fixture(scope="session")
def mesures(sortie: Path) -> dict:
    """Ce que trouvent les contrôles d'accessibilité sur ce bilan : « make accessibilite », en JSON.

    Dans un processus à part : le navigateur y a sa boucle d'événements à lui.
    """
    fini = subprocess.run([sys.executable, "-m", "tests.accessibilite", "--dossier", str(sortie)],
                          capture_output=True, text=True, timeout=900, cwd=RACINE)
    assert fini.stdout, fini.stderr
    return json.loads(fini.stdout)


@pytest.fixture(scope="module")
def navigateur():
    """Le Chromium de Debian, un par module."""
    with sync_playwright() as outils:
        chromium = outils.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


def remplacer(chemin: Path, avant: str, apres: str) -> None:
    """Une modification de texte, qui échoue si elle ne modifie rien."""
    texte = chemin.read_text("utf-8")
    assert avant in texte, f"{chemin} ne contient pas {avant!r}"
    chemin.write_text(texte.replace(avant, apres, 1), "utf-8")
