"""Les pannes, produites pour de vrai : un message, statut 1, rien de perdu, puis tout repart."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest

from bilan import construire, deja_construit, noyaux, pannes
from bilan.construire import publier
from bilan.deja_construit import entrees
from bilan.projet import Edition, Projet
from tests.conftest import EDITION, RACINE, copier, lancer

pytestmark = pytest.mark.xdist_group("construit")
SOUS_LINUX = pytest.mark.skipif(not noyaux.possibles(), reason="propre à Linux")


@pytest.fixture
def pret(execute, tmp_path) -> Path:
    """Un projet à soi dont les carnets sont à jour, et un bilan déjà publié."""
    racine = copier(tmp_path / "projet")
    shutil.copytree(execute / "build" / "travail", racine / "build" / "travail")
    publie = racine / "build" / EDITION
    publie.mkdir()
    (publie / "bilan.pdf").write_text("le dernier bon", "utf-8")
    return racine


def echoue(fini: subprocess.CompletedProcess, dit: str, racine: Path) -> None:
    """Un seul message, en français, statut 1 ; le dernier bilan n'a pas bougé."""
    assert fini.returncode == 1
    assert dit in fini.stderr
    assert len(fini.stderr.strip().splitlines()) == 1
    assert [f.name for f in (racine / "build" / EDITION).iterdir()] == ["bilan.pdf"]
    assert (racine / "build" / EDITION / "bilan.pdf").read_text("utf-8") == "le dernier bon"


def repart(racine: Path) -> None:
    """La cause disparue, la même commande va au bout."""
    fini = lancer("notebooks", projet=racine)
    assert (fini.returncode, fini.stderr) == (0, "")


def monter(*arguments: str | Path) -> None:
    """Monte, ou saute le test là où l'on n'en a pas le droit."""
    fini = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if fini.returncode:
        pytest.skip(f"monter un disque est impossible ici : {fini.stderr.strip()}")


@pytest.fixture
def petit_disque(tmp_path):
    """Un vrai disque d'un mégaoctet."""
    disque = tmp_path / "disque"
    disque.mkdir()
    monter("-t", "tmpfs", "-o", "size=1m", "tmpfs", disque)
    yield disque
    subprocess.run(["umount", disque], check=True)


def remplir(disque: Path) -> Path:
    """Un fichier qui prend toute la place qui reste."""
    lest = disque / "lest"
    with lest.open("wb", buffering=0) as flux:
        try:
            while True:
                flux.write(bytes(4096))
        except OSError:
            return lest


@SOUS_LINUX
class TestDisque:
    """Plein, en lecture seule, interdit."""

    @pytest.mark.long
    def test_disque_plein(self, pret, petit_disque):
        """Le dossier des intermédiaires est sur un disque plein."""
        figures = pret / "build" / "travail" / EDITION / "figures"
        shutil.rmtree(figures, ignore_errors=True)
        figures.symlink_to(petit_disque)
        lest = remplir(petit_disque)
        echoue(lancer("assembler", projet=pret), "Le disque est plein", pret)
        lest.unlink()
        figures.unlink()
        repart(pret)

    def test_disque_plein_pendant_la_publication(self, petit_disque, monkeypatch):
        """Le bilan publié est l'ancien entier ; la place revenue, le neuf."""
        edition = Edition(petit_disque, EDITION)
        textes = iter((b"ancien", bytes(2_000_000), b"neuf"))

        def assembler(bilan, sortie, voie, *, relecture):
            shutil.rmtree(sortie, ignore_errors=True)
            sortie.mkdir(parents=True)
            (sortie / "bilan.pdf").write_bytes(next(textes))
            return "essai"

        def diffuser():
            publier(SimpleNamespace(edition=edition), SimpleNamespace(etape=lambda texte: None),
                    depart=entrees(edition, "auto"))

        monkeypatch.setattr(construire, "assembler", assembler)
        diffuser()
        with pytest.raises(OSError) as leve:
            diffuser()
        assert pannes.dire(leve.value).startswith("Le disque est plein.")
        assert (edition.sortie / "bilan.pdf").read_bytes() == b"ancien"
        diffuser()
        assert (edition.sortie / "bilan.pdf").read_bytes() == b"neuf"

    @pytest.mark.long
    def test_dossier_en_lecture_seule(self, pret):
        """Un projet sur un disque monté en lecture seule."""
        monter("--bind", pret, pret)
        try:
            monter("-o", "remount,bind,ro", pret)
            echoue(lancer("notebooks", projet=pret), "Le disque est en lecture seule (", pret)
        finally:
            subprocess.run(["umount", pret], check=True)
        repart(pret)

    @pytest.mark.long
    def test_permission_refusee(self, pret):
        """Le dossier de travail n'est pas à nous."""
        travail = pret / "build" / "travail" / EDITION
        (travail / "verrou").unlink()
        travail.chmod(0o555)
        fini = sans_privilege("notebooks", projet=pret)
        travail.chmod(0o755)
        echoue(fini, f"Permission refusée ({travail}/verrou). Demander le droit", pret)
        repart(pret)

    def test_donnee_illisible(self, pret):
        """Le message nomme le fichier."""
        acteurs = pret / "data" / EDITION / "acteurs.csv"
        acteurs.chmod(0)
        fini = sans_privilege("notebooks", projet=pret)
        acteurs.chmod(0o644)
        echoue(fini, "acteurs.csv", pret)


def sans_privilege(*arguments: str, projet: Path) -> subprocess.CompletedProcess:
    """`bilan …` à qui les permissions s'appliquent, même lancé par root."""
    droits = "-dac_override,-dac_read_search"
    prefixe = ["setpriv", f"--bounding-set={droits}", f"--inh-caps={droits}"]
    return subprocess.run(
        [*(prefixe if os.geteuid() == 0 else ()), sys.executable, "-m", "bilan", *arguments,
         "--projet", projet], capture_output=True, text=True, timeout=600)


def test_fichier_tenu_par_excel(tmp_path):
    """Le numéro d'erreur de Windows, ou la marque d'Excel à côté, changent le conseil.

    Windows seul refuse vraiment d'écrire un fichier ouvert : ici, ses deux refus sont imités.
    """
    refus = PermissionError(13, "refusé", str(tmp_path / "bilan.xlsx"))
    assert pannes.dire(refus).startswith("Permission refusée (")
    refus.winerror = 32
    assert pannes.dire(refus).startswith("Fichier ouvert dans un autre programme (Excel ?) (")
    renommer = PermissionError(13, "refusé", str(tmp_path))
    assert pannes.dire(renommer).startswith("Permission refusée (")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "~$bilan.xlsx").touch()
    assert pannes.dire(renommer).startswith("Fichier ouvert dans un autre programme (Excel ?) (")


class TestAMoitieEcrit:
    """Un fichier coupé par une panne de courant."""

    def test_une_donnee_coupee_est_dite(self, pret):
        """Une table coupée au milieu d'une cellule est une faute, avec sa ligne."""
        acteurs = pret / "data" / EDITION / "acteurs.csv"
        octets = acteurs.read_bytes()
        acteurs.write_bytes(octets[: octets.rindex(b",")])
        fini = lancer("notebooks", projet=pret)
        echoue(fini, f"data/{EDITION}/acteurs.csv, ligne", pret)

    def test_une_fiche_technique_coupee_se_refait(self, pret):
        """Son carnet est à exécuter, et lui seul."""
        fiche = pret / "build" / "travail" / EDITION / "executions" / "perennisation.json"
        fiche.write_bytes(fiche.read_bytes()[:1000])
        plan = lancer("plan", projet=pret).stdout
        assert [li.split()[0] for li in plan.splitlines() if "à exécuter" in li] == [
            "perennisation"]

    def test_une_note_coupee_fait_reconstruire(self, pret):
        """Ce que la dernière construction a noté, illisible, ne vaut pas « à jour »."""
        edition = Projet(pret).edition(EDITION)
        deja_construit.noter(edition, entrees(edition, "pandoc"))
        note = edition.travail / "construit.json"
        assert deja_construit.deja_construit(edition, "pandoc")
        note.write_text(note.read_text("utf-8")[:20], "utf-8")
        assert not deja_construit.deja_construit(edition, "pandoc")


def ajouter(racine: Path, nom: str, code: str) -> None:
    """Une cellule de plus à la fin d'un carnet."""
    chemin = racine / "notebooks" / f"{nom}.ipynb"
    carnet = nbformat.read(chemin, as_version=4)
    carnet.cells.append(nbformat.v4.new_code_cell(code))
    nbformat.write(carnet, chemin)


@pytest.mark.long
@SOUS_LINUX
def test_noyaux_sans_mesure(pret):
    """Un noyau qui prend la mémoire, un qui imprime 100 Mo, un qui rend un objet de 30 Mo, un qui
    meurt : chacun est dit, et celui qui imprime est arrêté avant la fin.

    Les carnets rendus à eux-mêmes, ce qui avait été exécuté est à jour.
    """
    alle_au_bout = pret / "au bout"
    fautifs = {
        # Plus que la limite, moins que la machine : sans la limite, elle serait accordée.
        "accompagnement": ("reserve = bytearray(6_000_000_000)",
                           "MemoryError : Cause probable : la mémoire manque"),
        "cooperation": ("from IPython.display import HTML\nHTML('x' * 30_000_000)",
                        "le carnet affiche plus de 20 Mo."),
        "realisations": ("import pathlib\nfor _ in range(100):\n    print('x' * 1_000_000)\n"
                         f"pathlib.Path({str(alle_au_bout)!r}).touch()",
                         "le carnet affiche plus de 20 Mo."),
        "perennisation": ("import os\nos.abort()", "le noyau s'est arrêté"),
    }
    for nom, (code, _) in fautifs.items():
        ajouter(pret, nom, code)
    fini = lancer("notebooks", projet=pret)
    assert fini.returncode == 1
    assert "Traceback" not in fini.stderr
    messages = fini.stderr.strip().splitlines()
    assert len(messages) == len(fautifs)
    for message, (nom, (_, dit)) in zip(messages, sorted(fautifs.items()), strict=True):
        assert message.startswith(f"notebooks/{nom}.ipynb")
        assert dit in message
    assert not alle_au_bout.exists()
    for nom in fautifs:
        shutil.copy(RACINE / "notebooks" / f"{nom}.ipynb", pret / "notebooks")
    assert "à exécuter" not in lancer("plan", projet=pret).stdout


@pytest.mark.long
@SOUS_LINUX
def test_horloge_qui_recule(pret):
    """L'horloge a reculé d'un an : ce qui était à jour le reste, ce qui ne l'est pas se refait."""
    (pret / "build" / "travail" / EDITION / "executions" / "perennisation.json").unlink()
    fini = subprocess.run(
        ["faketime", "-f", "-365d", sys.executable, "-m", "bilan", "notebooks", "--projet", pret],
        capture_output=True, text=True, timeout=600)
    assert (fini.returncode, fini.stderr) == (0, "")
    faits = [li.split(" :")[0] for li in fini.stdout.splitlines() if " : fait" in li]
    assert faits == ["perennisation"]


@pytest.mark.long
@SOUS_LINUX
def test_horloge_qui_recule_pendant_une_execution(pret, tmp_path):
    """Reculée d'un an au milieu d'un carnet : il finit, les autres aussi, et tout est à jour."""
    horloge, reculee = tmp_path / "horloge.so", tmp_path / "reculée"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", horloge, RACINE / "tests" / "horloge.c"],
                   check=True)
    ajouter(pret, "perennisation", f"import pathlib, time\navant = time.time()\n"
                                   f"pathlib.Path({str(reculee)!r}).touch()\n"
                                   "assert avant - time.time() > 300 * 86400\ntime.sleep(1)")
    fini = subprocess.run(
        [sys.executable, "-m", "bilan", "notebooks", "--forcer", "--projet", pret],
        capture_output=True, text=True, timeout=600,
        env=os.environ | {"LD_PRELOAD": str(horloge), "HORLOGE_RECULEE": str(reculee)})
    assert (fini.returncode, fini.stderr) == (0, "")
    assert reculee.exists()
    assert "à exécuter" not in lancer("plan", projet=pret).stdout


@pytest.fixture
def en_cours(pret):
    """Une commande arrêtée au milieu d'un carnet, et tous les processus qu'elle a fait naître."""
    ici = pret / "ici"
    ajouter(pret, "perennisation", f"import pathlib, time\npathlib.Path({str(ici)!r}).touch()\n"
                                   "time.sleep(250)")
    programme = subprocess.Popen(
        [sys.executable, "-m", "bilan", "notebooks", "--projet", pret], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    while not ici.exists():
        assert programme.poll() is None
        time.sleep(0.1)
    nes = psutil.Process(programme.pid).children(recursive=True)
    assert len(nes) > 2
    yield programme, nes
    if programme.poll() is None:
        programme.kill()
        programme.communicate()
    shutil.copy(RACINE / "notebooks" / "perennisation.ipynb", pret / "notebooks")


@pytest.mark.long
@SOUS_LINUX
def test_interrompue(pret, en_cours):
    """Ctrl-C, tel qu'un terminal l'envoie : un message, et plus aucun processus."""
    programme, nes = en_cours
    os.killpg(programme.pid, signal.SIGINT)
    sorties, erreurs = programme.communicate(timeout=60)
    echoue(subprocess.CompletedProcess([], programme.returncode, sorties, erreurs),
           "Interrompu. Le bilan précédent est intact.", pret)
    assert psutil.wait_procs(nes, timeout=60)[1] == []
    shutil.copy(RACINE / "notebooks" / "perennisation.ipynb", pret / "notebooks")
    repart(pret)


@pytest.mark.long
@SOUS_LINUX
def test_deux_a_la_fois(pret, en_cours):
    """La seconde dit qu'une autre travaille ; la première tuée net, la suivante passe."""
    programme, nes = en_cours
    for verbe in ("notebooks", "assembler", "construire"):
        echoue(lancer(verbe, projet=pret), "Une autre commande travaille déjà sur l'édition", pret)
    programme.kill()
    programme.communicate()
    assert psutil.wait_procs(nes, timeout=60)[1] == []
    shutil.copy(RACINE / "notebooks" / "perennisation.ipynb", pret / "notebooks")
    repart(pret)


class TestAbsents:
    """Un convertisseur qui n'est pas là."""

    def test_pandoc_absent(self, pret):
        """Demandé et absent : dit, avant de rien écrire du bilan. (Quarto : test_assembler.)"""
        fini = lancer("assembler", "--voie", "pandoc", projet=pret,
                      env=os.environ | {"PYPANDOC_PANDOC": "/nulle/part/pandoc"})
        echoue(fini, "Pandoc est introuvable.", pret)

    def test_une_bibliotheque_absente(self, pret):
        """Typst désinstallé : la bibliothèque est nommée, et comment l'installer."""
        fini = subprocess.run(
            [sys.executable, "-c", "import sys; sys.modules['typst'] = None\n"
             "from bilan.commandes import principal; sys.exit(principal(sys.argv[1:]))",
             "assembler", "--voie", "pandoc", "--projet", pret], capture_output=True, text=True)
        echoue(fini, "La bibliothèque « typst » manque. Relancer « make bilan »", pret)
