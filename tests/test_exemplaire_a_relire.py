"""L'exemplaire à relire : marqué PROJET, à lignes numérotées, le code des carnets sous les yeux."""

import re
import subprocess
from pathlib import Path

import nbformat
import pikepdf
import pytest
from bs4 import BeautifulSoup
from docx import Document
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from bilan import construire, pandoc
from bilan.carnet import Bilan
from bilan.construire import publier
from bilan.conversion import convertir
from bilan.deja_construit import entrees
from bilan.exports_docx import ecrire
from bilan.projet import Projet
from tests.conftest import EDITION, copier, lancer
from tests.controle_pdf import fautes_pdf
from tests.controle_site import fautes_des_pages
from tests.livres import petit_livre

MM = 72 / 25.4
CODE = 'if territoire == "douaisis":\n    a = "<b>" + "~~~~"\na'
LONG = "Une phrase qui se répète, pour que le paragraphe aille au bout de la ligne. " * 60


def carnet_execute(dossier: Path) -> Path:
    """Un carnet tel que l'exécution le range : paramètres, code, sorties, cellules numérotées."""
    def cellule(rang: int, source: str, sortie: str = "", **metadonnees):
        sorties = [new_output("display_data", {"text/markdown": sortie})] if sortie else []
        return new_code_cell(source, id=f"c{rang:02d}", outputs=sorties, metadata=metadonnees)

    chemin = dossier / "essai.ipynb"
    nbformat.write(new_notebook(cells=[
        new_markdown_cell("# Un carnet", id="c00"),
        cellule(1, 'territoire: str = ""', tags=["parameters"]),
        cellule(2, 'territoire = "douaisis"', tags=["injected-parameters"]),
        cellule(3, "#| label: fig-essai\n#| fig-cap: Essai\n" + CODE, LONG),
    ]), chemin)
    return chemin


@pytest.fixture(scope="module")
def exemplaire(tmp_path_factory):
    """Le site, le PDF et le Word d'un petit livre à relire, puis du même une fois publié."""
    dossiers = {}
    for nom, relecture in (("relu", True), ("publie", False)):
        dossier = tmp_path_factory.mktemp(nom)
        texte = convertir(carnet_execute(dossier), dossier / "figures", code=relecture)
        livre = petit_livre(dossier, {"un": texte, "deux": f"# Autre\n\n{LONG}\n"}, [],
                            relecture=relecture)
        pandoc.assembler_site(livre, dossier / "site")
        pandoc.assembler_pdf(livre, dossier / "bilan.pdf")
        ecrire(livre, dossier / "bilan.docx")
        dossiers[nom] = dossier
    return dossiers


def page(dossier: Path) -> BeautifulSoup:
    return BeautifulSoup((dossier / "site" / "un.html").read_text("utf-8"), "html.parser")


def mots(pdf: Path) -> list[list[tuple[float, float, str]]]:
    """Par page, chaque mot et ses bords gauche et droit, en points."""
    brut = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], capture_output=True, text=True,
                          check=True).stdout
    return [[(float(m["xmin"]), float(m["xmax"]), m.get_text()) for m in feuille.select("word")]
            for feuille in BeautifulSoup(brut, "html.parser").select("page")]


def test_le_code_de_chaque_cellule_se_deplie_dans_le_site(exemplaire):
    """Sans script, chaque cellule montre son code tel que tapé, et les paramètres reçus."""
    depliants = page(exemplaire["relu"]).select("details.code-carnet")
    assert [d.summary.get_text(strip=True) for d in depliants] == [
        "Paramètres par défaut, cellule 2", "Paramètres, cellule 3",
        "Code, cellule 4 (fig-essai)"]
    assert depliants[1].code.get_text() == 'territoire = "douaisis"'
    assert depliants[2].code.get_text() == CODE


def test_le_site_a_relire_se_dit_projet_et_reste_accessible(exemplaire):
    """Chaque page dit que c'est un projet, et axe-core n'y trouve rien, code déplié."""
    site = exemplaire["relu"] / "site"
    assert "Projet" in page(exemplaire["relu"]).select_one("aside.avertissement").get_text()
    assert fautes_des_pages([site / "un.html"]) == []


def test_le_bilan_publie_ne_montre_ni_code_ni_projet(exemplaire):
    """Sans --relecture, ni code, ni marque, ni numéros de ligne."""
    publie = page(exemplaire["publie"])
    assert not publie.select(".code-carnet, aside.avertissement")
    for feuille in mots(exemplaire["publie"] / "bilan.pdf"):
        assert "PROJET" not in {texte for _, _, texte in feuille}


def test_le_papier_n_a_pas_le_code(exemplaire):
    """Le code n'est que dans le site : ni dans le PDF, ni dans le document Word."""
    pdf = mots(exemplaire["relu"] / "bilan.pdf")
    textes = " ".join(mot for feuille in pdf for _, _, mot in feuille)
    word = subprocess.run([pandoc.pypandoc.get_pandoc_path(), "-t", "plain",
                           str(exemplaire["relu"] / "bilan.docx")], capture_output=True, text=True)
    for texte in (textes, word.stdout):
        assert "phrase qui se répète" in texte and "territoire =" not in texte


def test_chaque_page_du_pdf_porte_la_marque(exemplaire):
    """PROJET est écrit sur chaque page, couverture comprise, dans la marge, hors de la lecture."""
    pdf = exemplaire["relu"] / "bilan.pdf"
    for feuille in mots(pdf):
        assert [gauche > 160 * MM for gauche, _, texte in feuille if texte == "PROJET"] == [True]
    assert fautes_pdf(pdf) == []
    with pikepdf.open(pdf) as lu:
        assert all("/Artifact" in str(pikepdf.unparse_content_stream(
            pikepdf.parse_content_stream(p))) for p in lu.pages)


def test_le_document_word_se_dit_projet(exemplaire):
    """L'exemplaire Word à relire le dit à sa première page et au pied des autres."""
    relu, publie = (Document(str(exemplaire[nom] / "bilan.docx")) for nom in ("relu", "publie"))
    assert "Projet, à relire" in [p.text for p in relu.paragraphs]
    assert "PROJET" in relu.sections[0].footer.paragraphs[0].text
    assert "PROJET" not in publie.sections[0].footer.paragraphs[0].text


def test_lignes_numerotees_et_marge_ou_ecrire(exemplaire):
    """Chaque page de texte numérote ses lignes depuis 1, et laisse 5 cm où écrire."""
    feuilles = [f for f in mots(exemplaire["relu"] / "bilan.pdf")
                if any(texte == "répète," for _, _, texte in f)]
    assert len(feuilles) >= 2
    for feuille in feuilles:
        numeros = [int(texte) for _, droite, texte in feuille
                   if droite < 21 * MM and re.fullmatch(r"\d+", texte)]
        assert sorted(numeros) == list(range(1, len(numeros) + 1)) and len(numeros) > 10
        assert all(droite < (210 - 50) * MM for _, droite, texte in feuille if texte != "PROJET")


def test_la_relecture_laisse_le_bilan_publie_et_publier_l_enleve(tmp_path, monkeypatch):
    """L'exemplaire à relire se range dans le bilan publié sans y toucher ; publier l'enlève."""
    bilan = Bilan(EDITION, Projet(copier(tmp_path)))
    edition, depart = bilan.edition, entrees(bilan.edition, "auto")

    def assembler(bilan, sortie, voie, *, relecture):
        sortie.mkdir(parents=True)
        (sortie / "bilan.pdf").write_text("à relire" if relecture else "publié", "utf-8")
        return "essai"

    class Muet:
        def etape(self, texte): ...

    monkeypatch.setattr(construire, "assembler", assembler)
    publier(bilan, Muet(), depart=depart, relecture=True)
    assert [f.name for f in edition.sortie.iterdir()] == ["relecture"]
    publier(bilan, Muet(), depart=depart)
    assert [f.name for f in edition.sortie.iterdir()] == ["bilan.pdf"]
    publier(bilan, Muet(), depart=depart, relecture=True)
    assert (edition.sortie / "bilan.pdf").read_text("utf-8") == "publié"
    assert (edition.relecture / "bilan.pdf").read_text("utf-8") == "à relire"


def test_quarto_et_relecture_ne_vont_pas_ensemble(projet):
    """--relecture --voie quarto : refus en une ligne, qui dit quoi retirer."""
    refus = lancer("construire", "--relecture", "--voie", "quarto", projet=projet)
    assert refus.returncode == 1 and "retirer --voie quarto" in refus.stderr
    assert len(refus.stderr.splitlines()) == 1
