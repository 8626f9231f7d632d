"""Une construction tuée à n'importe quel moment : l'ancien bilan ou le neuf, et on reprend."""

import hashlib
import random
import shutil
import subprocess
import sys

import pytest

from bilan.deja_construit import changees
from tests.conftest import EDITION, copier, lancer, remplacer

TUEES = 50
# Secondes : de l'ouverture du programme au cours de l'assemblage.
AU_PLUS_TARD = 15.0


def etat(projet) -> str | None:
    """L'empreinte de tout le bilan en place ; None s'il attend d'être remis à sa place."""
    sortie = projet / "build" / EDITION
    if not sortie.is_dir():
        return None
    condense = hashlib.sha256()
    for fichier in sorted(f for f in sortie.rglob("*") if f.is_file()):
        condense.update(fichier.relative_to(sortie).as_posix().encode() + fichier.read_bytes())
    return condense.hexdigest()


def lancer_et_tuer(projet, apres: float) -> bool:
    """Lance une construction et la tue ; vrai si elle a eu le temps de finir."""
    processus = subprocess.Popen(
        [sys.executable, "-m", "bilan", "construire", "--voie", "pandoc", "--projet", projet],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _, erreurs = processus.communicate(timeout=apres)
    except subprocess.TimeoutExpired:
        processus.kill()
        processus.communicate()
        return False
    assert processus.returncode == 0, erreurs
    return True


@pytest.mark.long
@pytest.mark.xdist_group("construit")
def test_tuee_cinquante_fois(construit, tmp_path):
    """Tuée cinquante fois au hasard : jamais un mélange ; la dernière, laissée finir, est juste."""
    projet = copier(tmp_path / "projet")
    shutil.copytree(construit / "build", projet / "build")
    fiches = projet / "data" / EDITION / "fiches.csv"
    textes = [fiches.read_text("utf-8")]
    premier = next(li for li in textes[0].splitlines() if li.startswith("douaisis,reussites"))
    remplacer(fiches, premier, premier.rstrip('"') + " Mot ajouté"
              + ('"' if premier.endswith('"') else ""))
    textes.append(fiches.read_text("utf-8"))
    bons = [etat(projet)]
    assert lancer("construire", "--voie", "pandoc", projet=projet).returncode == 0
    bons.append(etat(projet))
    assert bons[0] != bons[1]

    hasard, vise = random.Random(20250630), 0
    for _ in range(TUEES):
        fiches.write_text(textes[vise], "utf-8")
        finie = lancer_et_tuer(projet, hasard.uniform(0.2, AU_PLUS_TARD))
        trouve = etat(projet)
        if trouve is None:
            assert (projet / f"build/travail/{EDITION}/precedent-{EDITION}").is_dir()
        else:
            assert trouve in bons
        if finie:
            assert trouve == bons[vise]
            vise = 1 - vise

    fiches.write_text(textes[vise], "utf-8")
    assert lancer("construire", "--voie", "pandoc", projet=projet).returncode == 0
    assert etat(projet) == bons[vise]


class TestChangePendant:
    """Ce qu'une construction lit à plusieurs moments doit rester du même état."""

    def test_une_table_changee_est_nommee(self):
        """Une donnée, un texte, le code : le bilan mêlerait deux états."""
        avant = {"data/2022-2024/acteurs.csv": "a", "README.md": "b", "code du paquet": "c"}
        apres = {"data/2022-2024/acteurs.csv": "z", "README.md": "y", "code du paquet": "c"}
        assert changees(avant, apres) == ["data/2022-2024/acteurs.csv"]

    def test_ce_que_le_bilan_ne_montre_pas_ne_compte_pas(self):
        """Un test ou le README changé pendant la construction ne l'arrête pas."""
        assert changees({"README.md": "b"}, {"README.md": "y", "tests/x.py": "n"}) == []


@pytest.mark.xdist_group("construit")
class TestDejaConstruit:
    """Une construction où rien n'a changé."""

    @pytest.fixture
    def projet(self, construit, tmp_path):
        """Une copie d'un projet dont le bilan est à jour."""
        racine = copier(tmp_path / "projet")
        shutil.copytree(construit / "build", racine / "build")
        return racine

    def test_rien_n_a_change(self, projet):
        """Elle le dit et ne touche à rien."""
        avant = {f: f.stat().st_mtime_ns for f in (projet / "build").rglob("*")}
        resultat = lancer("construire", "--voie", "pandoc", projet=projet)
        assert "Rien n'a changé" in resultat.stdout
        assert {f: f.stat().st_mtime_ns for f in (projet / "build").rglob("*")} == avant

    @pytest.mark.parametrize("gate", ["build/2022-2024/bilan.pdf", "build/2022-2024/registre.json"])
    def test_une_sortie_abimee_se_refait(self, projet, gate):
        """Un fichier du bilan modifié ou effacé à la main n'est pas « à jour »."""
        from bilan.deja_construit import deja_construit
        from bilan.projet import Projet

        edition = Projet(projet).edition(EDITION)
        assert deja_construit(edition, "pandoc")
        (projet / gate).unlink()
        assert not deja_construit(edition, "pandoc")
