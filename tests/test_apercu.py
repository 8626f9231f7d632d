"""L'aperçu : la page suit les fichiers, dit les fautes, et n'est servie qu'à cette machine."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from bilan.apercu import Apercu, ont_change, oublier_le_disque, retenues
from bilan.apercu_serveur import ADRESSE, SCRIPT, SUIVI, Etat, Serveur
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.plan import dresser, etats
from bilan.projet import Projet
from bilan.tables import lire_schemas
from tests.conftest import EDITION, RACINE, copier, remplacer


@pytest.fixture
def serveur(tmp_path):
    """Un serveur sur un site d'une page."""
    from threading import Thread

    (tmp_path / "index.html").write_text("<html><head></head><body>Bonjour</body></html>", "utf-8")
    (tmp_path / "donnees.csv").write_text("a\n", "utf-8")
    servi = Serveur(tmp_path, RACINE / "report" / "apercu.js")
    Thread(target=servi.serve_forever, daemon=True).start()
    yield servi
    servi.shutdown()
    servi.server_close()


def demander(serveur, chemin: str, **entetes: str):
    lien = http.client.HTTPConnection(ADRESSE, serveur.server_port, timeout=20)
    lien.request("GET", chemin, headers=entetes)
    return lien.getresponse()


class TestServeur:
    """Ce qu'il répond."""

    def test_la_page_recoit_le_script(self, serveur):
        """Une page HTML porte le script de l'aperçu ; un autre fichier est servi tel quel."""
        assert f'src="{SCRIPT}"' in demander(serveur, "/").read().decode()
        assert demander(serveur, "/donnees.csv").read() == b"a\n"
        assert b"EventSource" in demander(serveur, SCRIPT).read()

    def test_cette_machine_seulement(self, serveur):
        """Il n'écoute que l'adresse locale, et refuse un nom venu d'ailleurs."""
        assert serveur.server_address[0] == "127.0.0.1"
        assert demander(serveur, "/", Host="ailleurs.example").status == 403

    def test_rien_hors_du_site(self, serveur, tmp_path):
        """Un chemin qui remonte ne sort pas du site."""
        (tmp_path.parent / "secret.txt").write_text("secret", "utf-8")
        assert demander(serveur, "/../secret.txt").status == 404
        assert demander(serveur, "/%2e%2e/secret.txt").status == 404

    def test_le_flux_dit_chaque_changement(self, serveur):
        """Le flux donne l'état du moment, puis chaque nouvel état."""
        flux = demander(serveur, SUIVI)
        assert json.loads(flux.fp.readline()[6:])["numero"] == 0
        flux.fp.readline()
        serveur.dire(Etat(1, fautes=["acteurs.csv, ligne 3"]))
        assert json.loads(flux.fp.readline()[6:])["fautes"] == ["acteurs.csv, ligne 3"]

    def test_la_page_publiee_suit_l_apercu(self, serveur, tmp_path, navigateur):
        """La politique de sécurité des pages, qui ne joignent personne, laisse le suivi arriver."""
        gabarit = (RACINE / "report/pandoc/page.html").read_text("utf-8")
        politique = re.search("<meta http-equiv=.*>", gabarit)[0]
        (tmp_path / "index.html").write_text(
            f"<html><head>{politique}</head><body></body></html>", "utf-8")
        page = navigateur.new_page()
        page.goto(serveur.adresse)
        serveur.dire(Etat(0, fautes=["acteurs.csv, ligne 3"]))
        page.get_by_text("acteurs.csv, ligne 3").wait_for(timeout=10_000)

    def test_un_port_pris_est_dit(self, serveur, tmp_path):
        """Un port déjà pris donne un message et son remède."""
        with pytest.raises(ErreurBilan, match=r"--port 8001"):
            Serveur(tmp_path, tmp_path / "x.js", serveur.server_port)


def test_ce_qui_est_retenu_du_disque_s_oublie(projet):
    """Un schéma changé pendant l'aperçu se relit : rien de retenu selon un chemin ne reste."""
    avant = lire_schemas(projet)
    assert lire_schemas in list(retenues())
    remplacer(projet / "data/schemas/fiches.json", '"rubrique"', '"rubrique_"')
    assert lire_schemas(projet) is avant
    oublier_le_disque()
    assert lire_schemas(projet) != avant


def test_la_page_se_recharge_de_nouveau_si_elle_ou_son_style_a_change(tmp_path):
    """Ni pour une page que personne ne voit, ni pour l'index de la recherche."""
    ancien, neuf = tmp_path / "0", tmp_path / "1"
    for site in (ancien, neuf):
        site.mkdir()
        for nom in ("a.html", "b.html", "style.css", "tri.js", "recherche-index.js"):
            (site / nom).write_text("avant", "utf-8")
    for nom, voit in (("b.html", False), ("recherche-index.js", False), ("a.html", True),
                      ("style.css", True), ("tri.js", True)):
        (neuf / nom).write_text("après", "utf-8")
        assert ont_change(ancien, neuf, {"a"}) is voit
        (neuf / nom).write_text("avant", "utf-8")


@pytest.mark.xdist_group("construit")
def test_un_carnet_execute_sur_les_chiffres_d_avant_est_refait_s_il_en_lit_un(execute, tmp_path):
    """Texte et chiffre corrigés ensemble : le carnet, essayé trop tôt, finit avec les deux."""
    projet = copier(tmp_path / "projet")
    shutil.copytree(execute / "build" / "travail", projet / "build" / "travail")
    apercu = Apercu(Projet(projet).edition(EDITION))
    apercu.registre = Bilan(EDITION, Projet(projet)).registre
    assert apercu.registre["fiche.douaisis.3"].texte == "50"
    remplacer(projet / f"data/{EDITION}/chiffres_cles.csv", "douaisis,3,,50", "douaisis,3,,57")
    remplacer(projet / f"data/{EDITION}/fiches.csv", "douaisis,difficultes,1,",
              "douaisis,difficultes,1,Correction. ")
    essais = []
    apercu.executeur = compter(apercu.executeur, essais)
    bilan = Bilan(EDITION, Projet(projet))
    apercu._executer(bilan, "fiche-douaisis")
    (tache,) = (t for t in dresser(bilan.edition) if t.nom == "fiche-douaisis")
    assert essais == ["fiche-douaisis", "fiche-douaisis"]
    assert etats([tache], bilan)[0].a_jour
    carnet = tache.sortie.read_text("utf-8")
    assert "- Correction" in carnet
    assert re.findall(r'fiche\.douaisis\.3\\">(.*?)<', carnet) == ["57", "57"]


def compter(executeur, essais: list[str]):
    """Le même exécuteur, qui note chaque carnet demandé."""
    def noter(edition, ordres, demarre):
        essais.extend(o.nom for o in ordres)
        return executeur(edition, ordres, demarre)
    return noter


def attendre(processus, motif: str) -> str:
    """La première ligne du terminal qui convient."""
    for ligne in processus.stdout:
        if re.search(motif, ligne):
            return ligne
    raise AssertionError(f"l'aperçu s'est arrêté sans dire {motif}")


@pytest.mark.long
@pytest.mark.xdist_group("construit")
def test_une_correction_arrive_dans_la_page(execute, tmp_path, navigateur):
    """Une ligne corrigée recharge la page ; une faute s'y lit, avec son fichier et sa ligne."""
    projet = copier(tmp_path / "projet")
    shutil.copytree(execute / "build" / "travail", projet / "build" / "travail")
    apercu = subprocess.Popen(
        [sys.executable, "-m", "bilan", "apercu", "--port", "8765", "--sans-navigateur",
         "--projet", str(projet)], stdout=subprocess.PIPE, text=True, cwd=RACINE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        attendre(apercu, "premier passage")
        page = navigateur.new_page()
        page.goto("http://127.0.0.1:8765/fiche-douaisis.html")
        fiches = projet / f"data/{EDITION}/fiches.csv"
        ligne = next(li for li in fiches.read_text("utf-8").splitlines()
                     if li.startswith("douaisis,difficultes"))
        remplacer(fiches, ligne, ligne.rstrip('"') + " Phrase corrigée"
                  + ('"' if ligne.endswith('"') else ""))
        page.get_by_text("Phrase corrigée").wait_for(timeout=120_000)
        remplacer(fiches, "douaisis,difficultes", "douaisi,difficultes")
        page.get_by_text(re.compile(r"fiches\.csv, ligne \d+.*douaisi")).wait_for(timeout=120_000)
        assert page.get_by_text("Phrase corrigée").count()
    finally:
        apercu.send_signal(signal.SIGINT)
        apercu.wait(timeout=60)
    assert apercu.returncode == 0
