"""Le README dit vrai : l'arborescence, les commandes et les sorties qu'il montre existent."""

import re
import subprocess

from bilan.commandes import analyseur
from tests.conftest import RACINE

README = (RACINE / "README.md").read_text("utf-8")


def verbes() -> set[str]:
    for action in analyseur()._actions:
        if action.choices and "construire" in action.choices:
            return set(action.choices)
    raise AssertionError("aucun verbe")


def test_arborescence():
    """Ce que l'arborescence montre existe, et aucun dossier commité n'y manque."""
    bloc = re.search(r"```text\n(.*?)```", README, re.DOTALL)[1]
    montres = {ligne.split()[0].rstrip("/") for ligne in bloc.splitlines()}
    for nom in montres:
        assert (RACINE / nom).exists(), nom
    suivis = subprocess.run(["git", "ls-files"], cwd=RACINE, capture_output=True, text=True)
    dossiers = {li.split("/")[0] for li in suivis.stdout.splitlines() if "/" in li}
    assert {d for d in dossiers if not d.startswith(".")} <= montres


def test_commandes_documentees():
    """Chaque verbe est au README, et chaque verbe du README existe."""
    cites = set(re.findall(r"`bilan ([a-z-]+)`", README))
    assert cites == verbes()


def test_deux_commandes():
    """Du clone au rapport, deux commandes, qui sont des cibles du Makefile."""
    bloc = re.search(r"```sh\n(.*?)```", README, re.DOTALL)[1]
    assert bloc.splitlines() == ["make bilan", "make test"]
    makefile = (RACINE / "Makefile").read_text("utf-8")
    for cible in re.findall(r"`?make ([a-z]+)", README):
        assert re.search(rf"^{cible}:", makefile, re.MULTILINE), cible


def test_image_presente():
    """L'image du README existe."""
    for chemin in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (RACINE / chemin).is_file(), chemin
