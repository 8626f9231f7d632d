"""Le site et les PDF, critère par critère : ce qu'une machine vérifie de leur accessibilité."""

import itertools
import json
import re

import pytest
from bs4 import BeautifulSoup

from tests.accessibilite import ecrire, resultats
from tests.conftest import EDITION, RACINE

pytestmark = pytest.mark.xdist_group("construit")

MEDIAS = ("video", "audio", "object", "embed", "canvas", "iframe", "frame")
SAISIE = ("input", "select", "textarea")


# Deux de ces mots dans un passage le disent anglais.
MOT_ANGLAIS = re.compile(r"\b(the|of|and|for|with|to|is|by|from|this)\b", re.IGNORECASE)


@pytest.mark.long
def test_axe(mesures):
    """axe-core ne trouve rien sur aucune page, large, étroite, claire ou sombre."""
    assert mesures["axe"]["fautes"] == []


@pytest.mark.long
def test_html(mesures):
    """Le vérificateur HTML ne trouve ni erreur ni avertissement."""
    assert mesures["html"]["fautes"] == []


@pytest.mark.long
def test_clavier(mesures):
    """Au clavier, tout s'atteint, se voit et se quitte, dans l'ordre de la page."""
    assert mesures["clavier"]["fautes"] == []


@pytest.mark.long
def test_pdf(mesures):
    """Le rapport et les fiches en PDF sont sans faute pour un second outil que Typst."""
    assert mesures["pdf"]["fautes"] == []


@pytest.mark.long
def test_resultats_declares(mesures):
    """La déclaration imprime ce que les contrôles trouvent : sinon, « make accessibilite »."""
    chemin = RACINE / "params" / EDITION / "accessibilite.json"
    assert json.loads(chemin.read_text("utf-8"))["controles"] == resultats(mesures)


def test_la_date_ne_change_qu_avec_les_resultats(tmp_path):
    """Repasser les contrôles pour trouver la même chose n'écrit rien."""
    fichier = tmp_path / "accessibilite.json"
    mesure = {"outil": "O", "version": "1", "sur": "2 pages", "fautes": []}
    ecrire({"axe": mesure}, fichier)
    ancien = fichier.read_text("utf-8").replace('"date": "', '"date": "1')
    fichier.write_text(ancien, "utf-8")
    ecrire({"axe": mesure}, fichier)
    assert fichier.read_text("utf-8") == ancien
    ecrire({"axe": mesure | {"fautes": ["une"]}}, fichier)
    assert json.loads(fichier.read_text("utf-8"))["controles"]["axe"]["fautes"] == 1


def compter(pages, *balises: str) -> dict[str, int]:
    """Les pages qui contiennent l'une de ces balises."""
    trouvees = {nom: len(page.select(", ".join(balises))) for nom, page in pages.items()}
    return {nom: n for nom, n in trouvees.items() if n}


def test_ni_cadre_ni_media(pages):
    """Le site n'a ni cadre, ni vidéo, ni son, ni objet embarqué."""
    assert compter(pages, *MEDIAS) == {}


def test_le_seul_champ_est_la_recherche(pages):
    """Le site ne demande rien à saisir, sinon ce qu'on y cherche : un champ, avec son étiquette."""
    for nom, page in pages.items():
        champs = page.select(", ".join(SAISIE))
        assert [c["type"] for c in champs] == ["search"], nom
        assert page.select_one(f"label[for={champs[0]['id']}]").get_text(strip=True), nom
        assert [f["role"] for f in page.select("form")] == ["search"], nom


def test_rien_ne_s_ouvre_ni_ne_se_recharge_seul(pages, sortie):
    """Aucun lien n'ouvre de fenêtre, aucune page ni aucun script ne recharge rien."""
    assert compter(pages, "[target]", "meta[http-equiv=refresh]", "marquee", "blink") == {}
    scripts = [s.read_text("utf-8") for s in (sortie / "site").glob("*.js")
               if s.name != "recherche-index.js"]
    assert len(scripts) == 4
    interdits = ("window.open", "location.", "setInterval")
    assert [m for m in interdits for s in scripts if m in s] == []


def test_type_de_document(sortie):
    """Chaque page commence par le type de document HTML."""
    chemins = sorted((sortie / "site").glob("*.html"))
    sans = [c.name for c in chemins if not c.read_text("utf-8").startswith("<!DOCTYPE html>")]
    assert chemins
    assert sans == []


def test_titres_de_page_distincts(pages):
    """Deux pages n'ont jamais le même titre."""
    titres = [page.title.get_text(strip=True) for page in pages.values()]
    assert len(titres) == len(set(titres)) > 20


def test_aucun_niveau_de_titre_saute(pages):
    """Les titres descendent d'un niveau à la fois."""
    for nom, page in pages.items():
        niveaux = [int(t.name[1]) for t in page.select("main h1, main h2, main h3, main h4")]
        sauts = [(a, b) for a, b in itertools.pairwise(niveaux) if b > a + 1]
        assert niveaux[0] == 1, nom
        assert sauts == [], nom


def test_zones_de_la_page(pages):
    """Chaque page a un en-tête, une navigation nommée, un contenu principal et un pied."""
    for nom, page in pages.items():
        for zone in ("body > header", "nav[aria-label]", "main", "body > footer"):
            assert page.select(zone), (nom, zone)
        assert len(page.select("main")) == 1, nom


def test_lien_d_evitement(pages):
    """Le premier lien de chaque page mène au contenu principal."""
    for nom, page in pages.items():
        assert page.select_one("a")["href"] == f"#{page.select_one('main')['id']}", nom


def test_meme_sommaire_partout(pages):
    """Le sommaire est le même, dans le même ordre, sur chaque page."""
    listes = {
        tuple(a["href"] for a in page.select("nav.sommaire .sommaire-fixe a"))
        for page in pages.values()
    }
    assert len(listes) == 1
    assert len(listes.pop()) == len(pages)


def test_chaque_lien_a_un_intitule(pages):
    """Aucun lien n'est vide."""
    for nom, page in pages.items():
        vides = [a["href"] for a in page.select("a[href]") if not a.get_text(strip=True)]
        assert vides == [], nom


def test_tableaux_avec_en_tetes(pages):
    """Chaque tableau déclare ses en-têtes de colonnes et sa légende."""
    vus = 0
    for nom, page in pages.items():
        for tableau in page.select("table"):
            vus += 1
            assert tableau.select("thead th"), nom
            assert tableau.caption and tableau.caption.get_text(strip=True), nom
    assert vus > 20


def test_chaque_en_tete_dit_sa_portee(pages):
    """Un en-tête de tableau vaut pour sa colonne ou pour sa ligne, et n'est jamais vide."""
    en_tetes = [(nom, th) for nom, page in pages.items() for th in page.select("table th")]
    assert len(en_tetes) > 500
    for nom, th in en_tetes:
        attendu = "col" if th.find_parent("thead") else "row"
        assert (th.get("scope"), bool(th.get_text(strip=True))) == (attendu, True), (nom, th)


def test_figures_avec_legende(pages):
    """Chaque figure est reliée à sa légende."""
    figures = [(nom, f) for nom, page in pages.items() for f in page.select("figure")]
    assert len(figures) > 15
    assert [nom for nom, f in figures if f.figcaption is None] == []


def test_donnees_sous_chaque_graphique(pages):
    """Chaque graphique est suivi de ses données en tableau ; le schéma, de son texte en liste."""
    vus = 0
    for nom, page in pages.items():
        for figure in page.select("figure:has(img)"):
            suite = figure.find_next_sibling("p", class_="outils").find_next_sibling()
            if figure["id"] == "fig-logigramme":
                assert suite.find_next_sibling().name == "ul", nom
            else:
                vus += 1
                assert suite["class"] == ["donnees-graphique"], (nom, figure["id"])
                etiquette = figure.select_one("figcaption .etiquette").get_text()
                assert etiquette.lower() in suite.caption.get_text(), nom
    assert vus > 15


def anglais_tu(page: BeautifulSoup) -> list[str]:
    """Les passages qui se lisent comme de l'anglais et ne le disent pas."""
    return [t for t in page.find_all(string=MOT_ANGLAIS)
            if len(MOT_ANGLAIS.findall(t)) > 1
            and not t.find_parent(["code", "script", "style"]) and not t.find_parent(lang="en")]


def test_passages_en_anglais(pages):
    """Un passage en anglais dit sa langue."""
    assert {nom: anglais_tu(page) for nom, page in pages.items() if anglais_tu(page)} == {}


def test_passage_en_anglais_pose():
    """Un passage anglais sans marque est vu ; marqué, ou en code, il ne l'est pas."""
    html = "<p>{}the report of the year</{}>"
    assert [len(anglais_tu(BeautifulSoup(html.format(a, b), "html.parser")))
            for a, b in (("", "p"), ("<i lang=en>", "i"), ("<code>", "code"))] == [1, 0, 0]
