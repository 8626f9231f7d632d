"""Les carnets sur une grappe de Dask : mêmes octets qu'ici, rien de perdu quand elle flanche."""

import os
import re
import shutil
import socket
import threading
import time

import pytest

from bilan import empreintes, executeur_dask
from bilan.carnet import Bilan
from bilan.colis import deballer, emballer
from bilan.erreurs import ErreurBilan
from bilan.executer import Ordre
from bilan.executeur_dask import executer_sur_dask
from bilan.executeur_local import executer_ici
from bilan.notebooks import executer_carnets
from bilan.plan import dresser, etats
from bilan.projet import Projet
from bilan.terminal import SuiviParLignes
from tests.conftest import EDITION, RACINE, copier, lancer
from tests.grappe import Grappe, attendre_la_fin

QUELQUES = ("perennisation", "fiche-cabbalr", "fiche-douaisis", "fiche-thierache")


class Compte(SuiviParLignes):
    """Retient ce qui a commencé et ce qui a fini."""

    def __init__(self):
        self.commences, self.finis = [], []

    def demarre(self, nom):
        self.commences.append(nom)

    def termine(self, compte_rendu):
        self.finis.append(compte_rendu.nom)


def prevus(racine):
    """Une édition ouverte, et l'état de quelques-uns de ses carnets."""
    bilan = Bilan(EDITION, Projet(racine))
    taches = [t for t in dresser(bilan.edition) if t.nom in QUELQUES]
    return bilan, etats(taches, bilan)


def executes(racine):
    """Tout ce que l'exécution a écrit, octet pour octet."""
    travail = Projet(racine).edition(EDITION).travail
    return {str(f.relative_to(travail)): f.read_bytes()
            for dossier in ("notebooks", "executions") for f in (travail / dossier).iterdir()}


@pytest.fixture
def grappe(tmp_path_factory):
    """Un planificateur sans travailleur."""
    lancee = Grappe(tmp_path_factory.mktemp("grappe"))
    yield lancee
    lancee.fermer()


class TestColis:
    """Ce qui part vers chaque travailleur."""

    def test_memes_fichiers_memes_octets(self, tmp_path):
        """Ni le lieu, ni l'heure, ni l'ordre des fichiers n'y entrent."""
        ici, ailleurs = copier(tmp_path / "a"), copier(tmp_path / "b" / "plus" / "loin")
        (ailleurs / "_quarto.yml").touch()
        assert emballer(Projet(ici).edition(EDITION)) == emballer(Projet(ailleurs).edition(EDITION))

    def test_une_edition_seulement(self, projet, tmp_path_factory):
        """Le colis porte l'édition demandée ; d'une autre, qu'elle ne nomme pas, rien ne sort."""
        for dossier in ("params", "data"):
            shutil.copytree(projet / dossier / EDITION, projet / dossier / "2030-2032")
        la_bas = tmp_path_factory.mktemp("la-bas")
        deballer(emballer(Projet(projet).edition(EDITION)), la_bas)
        assert Projet(la_bas).editions() == [EDITION]
        assert not (la_bas / "data" / "2030-2032").exists()
        assert empreintes.du_projet(la_bas).items() <= empreintes.du_projet(projet).items()


class TestFautes:
    """Chaque faute : un message, statut 1, avant que rien ne s'exécute."""

    def test_adresse_ou_personne_ne_repond(self, projet):
        with socket.socket() as libre:
            libre.bind(("127.0.0.1", 0))
            adresse = f"tcp://127.0.0.1:{libre.getsockname()[1]}"
            fini = lancer("notebooks", "--executeur", "dask", "--adresse", adresse, projet=projet)
        assert fini.returncode == 1
        message = fini.stderr.strip()
        assert message.startswith(f"--adresse {adresse} : aucun planificateur Dask n'y répond")
        assert len(message.splitlines()) == 1

    @pytest.mark.parametrize(("options", "message"), [
        (("--adresse", "tcp://10.0.0.5:8786"), "ajouter --executeur dask"),
        (("--executeur", "dask", "--adresse", "tcp://10.0.0.5:8786", "--jobs", "3"),
         "Enlever --jobs"),
    ])
    def test_options_qui_ne_vont_pas_ensemble(self, projet, options, message):
        fini = lancer("notebooks", *options, projet=projet)
        assert fini.returncode == 1
        assert message in fini.stderr
        assert "Traceback" not in fini.stderr

    @pytest.mark.parametrize(("adresse", "message"), [
        ("10.0.0.5", "comme tcp://10.0.0.5:8786"),
        ("tls://127.0.0.1:8786", "ne donne ici aucun certificat"),
    ])
    def test_adresse_inutilisable(self, bilan, adresse, message):
        """Le message reprend l'adresse et dit ce qu'il y faut."""
        ordre = Ordre("cooperation", "notebooks/cooperation.ipynb", {"edition": EDITION}, 300)
        with pytest.raises(ErreurBilan, match=f"--adresse {adresse} : .*{message}"):
            list(executer_sur_dask(adresse)(bilan.edition, [ordre], print))

    def test_travailleur_d_une_autre_version_refuse(self, projet, grappe, tmp_path_factory):
        """Le message nomme le travailleur, ce qu'il a et ce qu'on attend ; rien ne s'exécute."""
        autre = tmp_path_factory.mktemp("autre")
        for dossier in ("bilan", "report/style"):
            shutil.copytree(RACINE / dossier, autre / dossier)
        with (autre / "bilan" / "nombres.py").open("a") as module:
            module.write("# une autre version\n")
        ancien = grappe.ajouter("ancien", "--no-nanny", chemin=autre)
        bilan, a_faire = prevus(projet)
        suivi = Compte()
        with pytest.raises(ErreurBilan) as leve:
            executer_carnets(bilan, a_faire, executer_sur_dask(grappe.adresse), suivi)
        message = str(leve.value)
        attendu = empreintes.du_paquet()[:12]
        forme = rf"Travailleur {ancien} : bilan (\w{{12}}) \(attendu : {attendu}\)\."
        assert re.match(forme, message)[1] != attendu
        assert suivi.commences == []


@pytest.mark.long
def test_un_travailleur_tue_rien_de_perdu_memes_octets(tmp_path, grappe):
    """Ses carnets passent à l'autre ; tout revient une fois, aux octets de l'exécution locale."""
    reste = grappe.ajouter("sous-nanny")
    condamne = grappe.ajouter("condamne", "--no-nanny")
    orphelins = set()

    def condamner():
        limite = time.monotonic() + 120
        while not grappe.client.processing()[condamne] and time.monotonic() < limite:
            time.sleep(0.05)
        time.sleep(1)  # que le carnet ait commencé
        orphelins.update(grappe.enfants_de("condamne"))
        grappe.tuer("condamne")

    ailleurs, a_faire = prevus(copier(tmp_path / "ailleurs"))
    suivi, bourreau = Compte(), threading.Thread(target=condamner)
    bourreau.start()
    executer_carnets(ailleurs, a_faire, executer_sur_dask(grappe.adresse), suivi)
    bourreau.join()
    ici, a_faire = prevus(copier(tmp_path / "ici"))
    executer_carnets(ici, a_faire, executer_ici(2), Compte())

    assert list(grappe.client.nthreads()) == [reste]
    assert sorted(suivi.finis) == sorted(QUELQUES)
    assert executes(tmp_path / "ailleurs") == executes(tmp_path / "ici")
    assert all(e.a_jour for e in prevus(tmp_path / "ailleurs")[1])
    assert orphelins
    assert attendre_la_fin(orphelins) == set()


@pytest.mark.long
def test_planificateur_perdu_les_carnets_finis_restent(projet, grappe):
    """Un message le dit ; les carnets rendus ne sont plus à faire, les autres le restent."""
    grappe.ajouter("seul")
    bilan, a_faire = prevus(projet)

    class Coupure(Compte):
        def termine(self, compte_rendu):
            super().termine(compte_rendu)
            if len(self.finis) == 1:
                orphelins.update(grappe.enfants_de("seul"))
                grappe.tuer("planificateur")

    suivi, orphelins = Coupure(), set()
    with pytest.raises(ErreurBilan, match=r"Le planificateur .* ne répond plus\."):
        executer_carnets(bilan, a_faire, executer_sur_dask(grappe.adresse), suivi)
    apres = {e.tache.nom: e.a_jour for e in prevus(projet)[1]}
    assert apres == {nom: nom in suivi.finis for nom in QUELQUES}
    assert 0 < len(suivi.finis) < len(QUELQUES)
    assert orphelins
    assert attendre_la_fin(orphelins) == set()


@pytest.mark.long
def test_sans_adresse_la_grappe_est_cette_machine(projet):
    """Des travailleurs lancés ici pour la commande, et qui s'arrêtent avec elle."""
    bilan, a_faire = prevus(projet)
    suivi = Compte()
    executer_carnets(bilan, a_faire[:1], executer_sur_dask(jobs=1), suivi)
    assert suivi.commences == suivi.finis == [a_faire[0].tache.nom]


@pytest.mark.long
@pytest.mark.parametrize(("jobs", "carnets"), [(None, 2 * (os.cpu_count() or 1)), (1, 1)])
def test_autant_de_carnets_a_la_fois_qu_avec_l_executeur_local(jobs, carnets):
    """Deux par cœur, ou ce que dit --jobs."""
    with executeur_dask._grappe(None, jobs) as client:
        assert sum(client.nthreads().values()) == carnets
