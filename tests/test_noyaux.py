"""Les noyaux dédoublés : les sorties d'un papermill ordinaire, et rien qui reste après eux."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import nbformat
import pytest

from bilan import noyaux
from bilan.executer import Ordre, executer, executer_simplement
from bilan.executeur_local import executer_ici
from bilan.mise_au_propre import mettre_au_propre
from bilan.plan import dresser
from bilan.projet import Edition, Projet
from tests.conftest import EDITION, RACINE

CARNETS = ["accompagnement", "cooperation", "realisations", "perennisation", "fiche-cabbalr",
           "fiche-douaisis", "fiche-dunkerque", "fiche-sud-artois", "fiche-thierache",
           "fiche-sambre-avesnois"]


@pytest.mark.long
@pytest.mark.xdist_group("construit")
@pytest.mark.parametrize("nom", CARNETS)
def test_les_memes_sorties_qu_un_papermill_ordinaire(execute, tmp_path, nom):
    """Cellule par cellule, un noyau neuf qui calcule tout donne ce qu'a donné la chaîne."""
    [tache] = [t for t in dresser(Projet(execute).edition(EDITION)) if t.nom == nom]
    brut = tmp_path / "brut.ipynb"
    executer_simplement(tache.carnet, brut, tache.parametres, 300)
    ordinaire, _ = mettre_au_propre(nbformat.read(brut, as_version=4), nom, tache.territoire)
    de_la_chaine = nbformat.read(tache.sortie, as_version=4)
    for attendue, cellule in zip(ordinaire.cells, de_la_chaine.cells, strict=True):
        assert cellule == attendue


def test_dresser_nomme_les_carnets_compares():
    """La comparaison ci-dessus porte sur tous les carnets de l'édition."""
    assert [t.nom for t in dresser(Projet(RACINE).edition(EDITION))] == CARNETS


def ordonner(tmp_path, *sources: str) -> Ordre:
    """Un carnet fait de ces cellules, et l'ordre de l'exécuter."""
    cellules = [nbformat.v4.new_code_cell(s) for s in sources]
    carnet = nbformat.v4.new_notebook(cells=cellules, metadata={
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    (tmp_path / "notebooks").mkdir(parents=True)
    nbformat.write(carnet, tmp_path / "notebooks" / "essai.ipynb")
    return Ordre("essai", "notebooks/essai.ipynb", {"edition": EDITION}, 60)


def executer_un_carnet(tmp_path, *sources: str):
    """Exécute, dans un noyau dédoublé, un carnet fait de ces cellules."""
    ordre = ordonner(tmp_path, *sources)
    with noyaux.equipe(1) as equipe:
        return equipe.submit(executer, ordre, str(tmp_path)).result()


@pytest.mark.skipif(not noyaux.possibles(), reason="ce système ne dédouble pas les processus")
class TestDedoubles:
    """Là où un processus se dédouble."""

    def test_une_figure_de_pyplot_n_est_pas_perdue(self, tmp_path):
        """Le noyau affiche une figure que personne n'a demandé d'afficher, comme un noyau neuf."""
        rendu = executer_un_carnet(
            tmp_path, "import matplotlib.pyplot as plt\nplt.plot([1, 2])")
        assert rendu.erreur is None
        assert b"image/png" in rendu.carnet

    def test_deux_noyaux_ne_tirent_pas_les_memes_nombres(self, tmp_path):
        """L'état du hasard n'est pas celui du père, que tous partageraient."""
        tirages = set()
        for nom in ("un", "deux"):
            (tmp_path / nom).mkdir()
            rendu = executer_un_carnet(
                tmp_path / nom, "import random, numpy\nprint(random.random(), numpy.random.rand())")
            tirages.add(rendu.carnet.split(b'"text": [')[1].split(b"]")[0])
        assert len(tirages) == 2

    def test_le_noyau_est_dans_le_dossier_des_carnets(self, tmp_path):
        """Un chemin écrit dans un carnet se lit d'à côté de lui."""
        rendu = executer_un_carnet(tmp_path, "from pathlib import Path\nprint(Path.cwd().name)")
        assert b"notebooks\\n" in rendu.carnet

    def test_un_noyau_qui_meurt_est_dit(self, tmp_path):
        """Un noyau tué en pleine cellule donne un échec, pas une attente sans fin."""
        rendu = executer_un_carnet(
            tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        assert rendu.erreur.startswith("DeadKernelError")

    def test_un_executant_tue_les_autres_carnets_s_executent(self, tmp_path):
        """Un exécutant tué (mémoire ?) donne un échec ; ce qui attendait s'exécute quand même."""
        tueur = ("import os, signal\n"
                 "double = open(f'/proc/{os.getppid()}/stat').read().rsplit(')', 1)[1].split()\n"
                 "os.kill(int(double[1]), signal.SIGKILL)\n"
                 "import time; time.sleep(60)")
        ordres = [ordonner(tmp_path / nom, source) for nom, source in
                  (("avant", "print(1)"), ("tueur", tueur), ("apres", "print(2)"))]
        ordres = [replace(o, carnet=f"{nom}/{o.carnet}", nom=nom)
                  for o, nom in zip(ordres, ("avant", "tueur", "apres"), strict=True)]
        edition = Edition(tmp_path, EDITION)
        rendus = list(executer_ici(1)(edition, ordres, lambda nom: None))
        assert [(r.nom, (r.erreur or "").split(" :")[0]) for r in rendus] == [
            ("avant", ""), ("tueur", "DeadKernelError"), ("apres", "")]

    def test_rien_ne_survit_au_programme_tue(self, tmp_path):
        """Le programme tué sans avertissement, ses exécutants et leurs noyaux s'arrêtent."""
        naissance = tmp_path / "naissance"
        ordre = ordonner(
            tmp_path, "import os, time, pathlib\n"
            f"pathlib.Path({str(naissance)!r}).write_text(f'{{os.getppid()}} {{os.getpid()}}')\n"
            "time.sleep(120)")
        (tmp_path / "programme.py").write_text(
            "from bilan import noyaux\n"
            "from bilan.executer import Ordre, executer\n"
            "if __name__ == '__main__':\n"
            "    with noyaux.equipe(1) as equipe:\n"
            f"        equipe.submit(executer, {ordre!r}, {str(tmp_path)!r}).result()\n", "utf-8")
        programme = subprocess.Popen([sys.executable, tmp_path / "programme.py"],
                                     env=os.environ | {"PYTHONPATH": str(RACINE)})
        while not (naissance.is_file() and naissance.read_text()):
            assert programme.poll() is None
            time.sleep(0.1)
        programme.kill()
        programme.wait()
        assert all(attendre_la_fin(int(pid)) for pid in naissance.read_text().split())


def attendre_la_fin(pid: int) -> bool:
    """Vrai si ce processus s'arrête dans la minute."""
    for _ in range(600):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    return False


def test_ailleurs_que_sous_linux_les_noyaux_sont_ordinaires(monkeypatch):
    """Windows et macOS ne dédoublent pas sans danger : ils prennent d'eux-mêmes l'ordinaire."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not noyaux.possibles()
    assert noyaux.contexte().get_start_method() == "spawn"
    assert multiprocessing.get_context("spawn") is noyaux.contexte()
