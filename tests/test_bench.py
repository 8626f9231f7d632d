"""Les mesures de `bench/` se font encore : elles ne disent rien d'une durée, elles vont au bout."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import RACINE, copier


def mesurer(*commande: str, ici=RACINE) -> str:
    """Ce qu'imprime une mesure, menée au bout."""
    fini = subprocess.run([sys.executable, "-m", *commande], capture_output=True, text=True,
                          cwd=ici, env=os.environ | {"PYTHONPATH": str(RACINE)})
    assert (fini.returncode, fini.stderr) == (0, "")
    return fini.stdout


def test_verifier():
    """Une durée et une mémoire, d'une édition simulée."""
    assert re.fullmatch(r"300 acteurs : médiane [\d.]+ s, de .* 1 mesure ; \d{3} Mio\.\n",
                        mesurer("bench.verifier", "300", "1"))


@pytest.mark.long
def test_croissance():
    """Pour chaque commande, une durée et une mémoire ; l'écart dès la seconde taille."""
    *_, premiere, seconde = mesurer("bench.croissance", "7", "8").splitlines()
    duree, memoire = r" \d+,\d \|", r" \d{3} \|"
    assert re.fullmatch(rf"\| 7 \|(?:{duree}  \|{memoire}){{3}}", premiere)
    assert re.fullmatch(rf"\| 8 \|(?:{duree} -?\d+ \|{memoire}){{3}}", seconde)


@pytest.mark.long
@pytest.mark.xdist_group("construit")
def test_assemblage(execute, tmp_path):
    """Une durée, d'un projet dont les carnets sont à jour."""
    racine = copier(tmp_path / "projet")
    shutil.copytree(execute / "build" / "travail", racine / "build" / "travail")
    assert re.search(r"médiane [\d.]+ s, .* 1 mesure",
                     mesurer("bench.assemblage", "1", ici=racine))
