"""Une édition entière de chaînes hostiles : construite, lue dans chaque sortie, dans un navigateur.

Les chaînes ont été posées dans chaque texte libre des tables et des paramètres. Celles qui ont un
chiffre n'y sont pas : un nombre d'une fiche devient un chiffre du registre, écrit à la française.
"""

import csv
import io
import re
import subprocess
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup
from docx import Document
from openpyxl import load_workbook

from tests.bureau import convertir
from tests.conftest import EDITION, RACINE, copier
from tests.corpus import DEBUTS_DE_FORMULE, attendu, chaines, lu
from tests.edition_hostile import remplir
from tests.surveillance import page_surveillee

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("hostile")]
# Ce que le bilan n'imprime pas : il en compte les lignes, ou le garde pour qui relit.
NON_IMPRIMES = {"acteurs.tete_de_reseau", "actions.intitule", "criteres.preuve",
                "entretiens.segment", "mises_en_oeuvre.preuve", "sessions.theme",
                "territoires.motif_hors_base", "logigramme.yml"}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Le dossier publié de cette édition, et les textes posés qui s'impriment."""
    projet = copier(tmp_path_factory.mktemp("hostile"))
    poses = remplir(projet, [c for c in chaines() if not re.search(r"\d", c)])
    fini = subprocess.run([sys.executable, "-m", "tests.edition_hostile", str(projet)],
                          capture_output=True, text=True, timeout=1200, cwd=RACINE)
    assert fini.returncode == 0, fini.stderr
    imprimes = [t for ou, textes in poses.items() if ou not in NON_IMPRIMES for t in textes]
    assert len(imprimes) > 300
    return projet / "build" / EDITION, imprimes


@pytest.fixture(scope="module")
def pages_hostiles(hostile):
    return {p.name: BeautifulSoup(p.read_text("utf-8"), "html.parser")
            for p in (hostile[0] / "site").glob("*.html")}


def serre(texte: str) -> str:
    return re.sub(r"\s+", "", lu(texte))


def test_chaque_texte_se_lit_dans_le_site(hostile, pages_hostiles):
    """Tel que tapé, dans une page au moins."""
    tout = serre(" ".join(p.get_text() for p in pages_hostiles.values()))
    assert [t for t in hostile[1] if serre(attendu(t)) not in tout] == []


def test_aucune_balise_n_en_nait(pages_hostiles):
    """Ni élément qui agit, ni gestionnaire, ni style, ni lien de script."""
    for nom, page in pages_hostiles.items():
        actifs = page.select("main :is(script, iframe, object, embed, form, style, video, svg)")
        assert actifs == [], nom
        attributs = [a for t in page.find_all(True) for a in t.attrs if a.startswith("on")]
        assert attributs == [] and page.select("[style], [href^='javascript:' i]") == [], nom


def test_rien_ne_tourne_dans_un_navigateur(hostile, pages_hostiles, navigateur):
    """Sur chaque page, recherche et carte d'un chiffre ouvertes : rien n'est posé ni demandé."""
    page, vus = page_surveillee(navigateur)
    for nom in pages_hostiles:
        page.goto((hostile[0] / "site" / nom).as_uri())
        page.get_by_role("searchbox").fill("script")
        page.locator(".resultats li").first.wait_for()
        if nom == "resultats.html":
            page.locator("main a.chiffre[data-code='I1.resultat']").first.click()
            page.locator(".carte-chiffre").wait_for()
        assert page.evaluate("window.touche") is None, nom
        assert page.locator("body > :is(.carte-chiffre, header) :is(script, img, iframe)"
                            ":not(.logo *)").count() == 0, nom
    assert vus == []


def test_le_papier_les_montre(hostile):
    """PDF du bilan, des fiches et de la synthèse composés ; Word s'ouvre et les a tous."""
    assert len(list(hostile[0].rglob("*.pdf"))) == 8
    document = Document(str(hostile[0] / "exports" / "bilan.docx"))
    tout = serre("".join(n.text or "" for n in document.element.body.iter("{*}t")))
    assert [t for t in hostile[1] if serre(attendu(t)) not in tout] == []


def test_les_classeurs_n_ont_que_du_texte(hostile, tmp_path):
    """Ni formule dans XLSX et ODS, ni début de formule dans un CSV à ouvrir."""
    exports = hostile[0] / "exports"
    ods = convertir(exports / "tableaux.ods", "xlsx", tmp_path)
    for chemin in (exports / "tableaux.xlsx", ods):
        genres = {c.data_type for page in load_workbook(chemin) for li in page.iter_rows()
                  for c in li}
        assert "f" not in genres, chemin
    tables = [*(exports / "csv").glob("*.csv"), *(hostile[0] / "site").rglob("*.csv")]
    assert len(tables) > 50
    for chemin in tables:
        texte = chemin.read_text("utf-8-sig")
        separateur = ";" if chemin.parent.name == "donnees" else ","
        for ligne in csv.reader(io.StringIO(texte, newline=""), delimiter=separateur):
            for case in ligne:
                nombre = re.fullmatch(r"[+-]?\d+([.,]\d+)?", case)
                assert nombre or not case.startswith(DEBUTS_DE_FORMULE), (chemin.name, case)


def test_les_carnets_publies_n_ont_rien_d_actif(hostile):
    """Leurs sorties sont du Markdown inerte, du texte et des dessins."""
    for chemin in (hostile[0] / "notebooks").glob("*.ipynb"):
        for cellule in nbformat.read(chemin, as_version=4).cells:
            for sortie in cellule.get("outputs", []):
                assert set(sortie.get("data", {})) <= {"text/markdown", "text/plain",
                                                       "image/svg+xml"}, chemin.name
                assert not re.search("(?<!\\\\)<script", sortie.get("data", {}).get(
                    "text/markdown", "")), chemin.name
