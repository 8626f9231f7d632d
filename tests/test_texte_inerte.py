"""Ce qui vient des données est du texte : montré tel que tapé, il n'agit dans aucune sortie."""

import csv
import datetime
import io
import re
import subprocess
import warnings

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from docx import Document
from lxml import etree
from openpyxl import load_workbook

from bilan import exports_csv, exports_docx, exports_ods, exports_xlsx, markdown, pandoc
from bilan.erreurs import ErreurBilan
from bilan.exports_recueil import Recueil
from bilan.exports_tables import tables
from bilan.graphiques_taux import grille_des_taux
from bilan.markdown import Colonne, Tableau, attribut, echapper, encadre
from bilan.registre import Registre
from bilan.tableur import DANGEREUX
from tests.bureau import convertir
from tests.corpus import DES_AUTRES, attendu, chaines, lu
from tests.livres import petit_livre
from tests.surveillance import page_surveillee

CHAINES = chaines(un_sur=8)
QUELQUES = [t for t in dict.fromkeys([*CHAINES[::6], *DES_AUTRES]) if attendu(t)]
IMAGE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'


def en_markdown(textes: list[str]) -> str:
    """Un chapitre où chaque texte est en paragraphe et dans un tableau."""
    colonnes = [Colonne("Rang"), Colonne("Texte")]
    lignes = [[str(rang), echapper(texte)] for rang, texte in enumerate(textes)]
    paragraphes = "\n\n".join(echapper(t) for t in textes)
    return (f"# Des textes\n\n{Tableau(colonnes, lignes, 'Tous', 'tbl-tous').markdown()}\n"
            f"## Des paragraphes\n\n{paragraphes}\n")


def lieux(texte: str, rang: int) -> str:
    """Le même texte là où un texte devient autre chose : titre, encadré, légende, attribut."""
    e = echapper(texte)
    return (f"## {e} {{#sec-{rang}}}\n\n{encadre('note', e, e)}\n"
            f"![{e}](i.svg){{#fig-{rang} {attribut('fig-alt', texte)}}}\n\n{e}\n:   {e}\n\n"
            f"- {e}\n\n[{e}]{{.cite}}\n\n**gras**{e}\n\n[lien](https://a.fr){e}\n")


@pytest.fixture(scope="module")
def livre(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("inerte")
    (dossier / "i.svg").write_text(IMAGE, "utf-8")
    quelques = "\n".join(lieux(t, r) for r, t in enumerate(QUELQUES))
    return petit_livre(dossier, {"textes": en_markdown(CHAINES),
                                 "lieux": f"# Des lieux\n\n{quelques}"}, [])


@pytest.fixture(scope="module")
def site(livre):
    pandoc.assembler_site(livre, livre.parent / "site")
    return livre.parent / "site"


def ecarts(page: str) -> list[str]:
    """Les textes du tableau qui ne se lisent pas comme tapés, ou qui portent une balise."""
    lignes = BeautifulSoup(page, "html.parser").select("#tbl-tous tbody tr")
    assert len(lignes) == len(CHAINES)
    cellules = [ligne.select("th, td")[1] for ligne in lignes]
    return [t for t, c in zip(CHAINES, cellules, strict=True)
            if lu(c.get_text()) != attendu(t) or c.find(True)]


class TestSite:
    """Le HTML, l'index de la recherche, les CSV à emporter."""

    def test_chaque_texte_se_lit_tel_que_tape(self, site):
        """Aucune balise n'en naît, et rien n'y manque."""
        assert ecarts((site / "textes.html").read_text("utf-8")) == []

    def test_le_controle_voit_un_texte_qui_agit(self, tmp_path, monkeypatch):
        """Si l'échappement oubliait le « < » et l'astérisque, le test d'au-dessus échouerait."""
        monkeypatch.setattr(markdown, "PONCTUATION", re.compile(r"([!-/:;=?@\[-`{-~])(?<!\*)"))
        fautif = petit_livre(tmp_path, {"textes": en_markdown(CHAINES)}, [])
        try:
            pandoc.assembler_site(fautif, tmp_path / "site")
        except ErreurBilan:
            return
        assert ecarts((tmp_path / "site/textes.html").read_text("utf-8"))

    def test_dans_un_navigateur_rien_ne_tourne(self, site, navigateur):
        """Ni script, ni dialogue, ni requête ; la recherche aussi les montre comme du texte."""
        page, vus = page_surveillee(navigateur)
        for nom in ("textes", "lieux"):
            page.goto((site / f"{nom}.html").as_uri())
            page.get_by_role("searchbox").fill("script alert")
            page.locator(".resultats li").first.wait_for()
            assert page.evaluate("window.touche") is None
            assert page.locator(".resultats :is(script, img, svg, iframe)").count() == 0
        assert vus == []

    def test_aucune_balise_etrangere(self, site):
        """Titres, encadrés, légendes et textes de remplacement n'ont que les balises du gabarit."""
        page = BeautifulSoup((site / "lieux.html").read_text("utf-8"), "html.parser")
        etranges = page.select("main :is(script, iframe, object, embed, form, style, video, math)")
        assert etranges == [] and page.select("main img:not([src^='figures/'])") == []
        assert [a for t in page.find_all(True) for a in t.attrs if a.startswith("on")] == []
        alternatives = [lu(i["alt"]) for i in page.select("main figure img")]
        assert alternatives == [attendu(t) for t in QUELQUES]

    def test_le_csv_a_emporter(self, site):
        """Chaque texte y est ; celui qu'un tableur exécuterait suit une apostrophe."""
        brut = (site / "donnees/tbl-tous.csv").read_text("utf-8-sig")
        lignes = list(csv.reader(io.StringIO(brut, newline=""), delimiter=";"))[1:]
        assert len(lignes) == len(CHAINES)
        for texte, ligne in zip(CHAINES, lignes, strict=True):
            assert attendu(texte) in (lu(ligne[1]), lu(ligne[1]).removeprefix("'")), texte
            nombre = re.fullmatch(r"[+-]?\d+(,\d+)?", ligne[1])
            assert nombre or not ligne[1].startswith(DANGEREUX), ligne


class TestPapier:
    """Le PDF par Typst, le document Word."""

    def test_typst_compose_et_montre_chaque_texte(self, livre, tmp_path):
        """Le PDF d'archive se compose ; un signe sans dessin s'y lit par son numéro."""
        pandoc.assembler_pdf(livre, tmp_path / "b.pdf")
        texte = subprocess.run(["pdftotext", "-raw", tmp_path / "b.pdf", "-"], check=True,
                               capture_output=True, text=True).stdout
        serre = re.sub(r"[\s\u00ad\u200b\u2010-]", "", lu(texte))
        simples = [t for t in CHAINES if t.isascii() and t.isprintable()]
        assert len(simples) > 300
        absents = [t for t in simples if re.sub(r"[\s-]", "", attendu(t)) not in serre]
        assert absents == []
        assert "‹U+7530›" in serre

    def test_word(self, livre, tmp_path):
        """Le document s'ouvre et ses cellules disent chaque texte."""
        exports_docx.ecrire(livre, tmp_path / "bilan.docx")
        tableau = next(t for t in Document(str(tmp_path / "bilan.docx")).tables
                       if len(t.rows) > len(CHAINES))
        lus = [lu("".join(n.text or "" for n in c.iter("{*}t")))
               for c in (ligne.cells[1]._tc for ligne in tableau.rows[1:])]
        assert lus == [attendu(t) for t in CHAINES]


class TestClasseurs:
    """CSV, XLSX et ODS : du texte, jamais une formule."""

    @pytest.fixture
    def recueil(self, livre, tmp_path):
        tableaux = exports_docx.ecrire(livre, tmp_path / "bilan.docx")
        return Recueil("Titre", "2022-2024", "=A1", "", datetime.date(2025, 6, 30), [],
                       tables(tableaux, Registre("2022-2024", []), {}))

    def test_xlsx(self, recueil):
        """Aucune cellule n'est une formule, et chaque texte y est entier."""
        livre = load_workbook(io.BytesIO(exports_xlsx.classeur(recueil)))
        cellules = [c for page in livre for ligne in page.iter_rows() for c in ligne]
        assert {c.data_type for c in cellules} <= {"s", "n"}
        assert {attendu(t) for t in CHAINES} <= {lu(str(c.value)) for c in cellules}

    def test_ods_ouvert_par_libreoffice(self, recueil, tmp_path):
        """LibreOffice l'ouvre, n'y calcule rien, et en rend chaque texte."""
        (tmp_path / "t.ods").write_bytes(exports_ods.classeur(recueil))
        relu = load_workbook(convertir(tmp_path / "t.ods", "xlsx", tmp_path / "relu"))
        cellules = [c for page in relu for ligne in page.iter_rows() for c in ligne]
        assert "f" not in {c.data_type for c in cellules}
        lus = {lu(str(c.value)) for c in cellules}
        assert [t for t in CHAINES if attendu(t) not in lus] == []

    def test_csv(self, recueil):
        """Ce qu'un tableur exécuterait suit une apostrophe ; tout le reste est tel que tapé."""
        for ligne in csv.reader(io.StringIO(exports_csv.en_csv(recueil.tables[0]))):
            assert not ligne[1].startswith(DANGEREUX), ligne


@pytest.mark.parametrize("debut", range(0, 180, 12))
def test_un_graphique_dessine_n_importe_quel_nom(debut):
    """Ni formule de matplotlib, ni avertissement, ni rien d'actif dans le SVG."""
    noms = CHAINES[debut:debut + 12]
    lignes = pd.DataFrame([
        {"groupe": 1, "ligne": "Feuilles de présence", "colonne": nom, "taux": 50.0,
         "rapport": "1/2", "faible": True} for nom in noms])
    with warnings.catch_warnings(action="error"):
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        dessin = grille_des_taux(lignes, 60, "simulee").svg()
    balises = {etree.QName(e).localname for e in etree.fromstring(dessin.encode()).iter("*")}
    assert balises <= {"svg", "defs", "g", "path", "use", "style", "clipPath", "rect", "metadata",
                       "RDF", "Work", "type", "format", "title", "pattern"}


class TestProse:
    """Ce qu'écrit un consultant : du Markdown, rien qui agisse, rien pris hors du projet."""

    @pytest.mark.parametrize("markdown_, message", [
        ("[x](javascript:alert(1))", "seules les adresses http"),
        ("[x](jav&#9;ascript:alert(1))", "seules les adresses http"),
        ("[x][a]\n\n[a]: data:text/html,x", "seules les adresses http"),
        ('[x]{onclick="alert(1)"}', "attribut « onclick »"),
        ('<div style="position:fixed">x</div>', "attribut « style »"),
        ("## Titre {srcdoc=x}", "attribut « srcdoc »"),
        ("`<b>`{=html}", "ligne 3 : passage brut"),
        ("~~~ {=typst}\n#read(\"/etc/passwd\")\n~~~", "ligne 3 : bloc brut"),
    ])
    def test_ce_qui_agirait_est_refuse(self, tmp_path, markdown_, message):
        """Adresse de script, gestionnaire, style, passage brut : refusés avec la raison."""
        livre = petit_livre(tmp_path, {"essai": f"# Titre\n\n{markdown_}\n"}, [])
        with pytest.raises(ErreurBilan, match=message):
            pandoc.lire(livre)

    def test_le_html_tape_est_du_texte(self, tmp_path):
        """Un titre d'encadré, une note, un paragraphe en HTML se lisent tels que tapés."""
        balise = "<img src=x onerror=alert(1)>"
        texte = (f'# Titre\n\n{balise}[^1]\n\n[^1]: {balise}\n\n'
                 f'::: {{.callout-note title="{balise}"}}\nx\n:::\n')
        pandoc.assembler_site(petit_livre(tmp_path, {"essai": texte}, []), tmp_path / "site")
        page = BeautifulSoup((tmp_path / "site/essai.html").read_text("utf-8"), "html.parser")
        assert page.select("main img") == []
        assert page.main.get_text().count(balise) == 3

    @pytest.mark.parametrize("adresse", ["/etc/hostname", "../dehors.svg", "lien.svg"])
    def test_une_image_hors_du_projet_est_refusee(self, tmp_path, adresse):
        """Chemin absolu, qui remonte, ou lien symbolique : rien d'ailleurs n'entre dans le site."""
        (tmp_path / "dehors.svg").write_text(IMAGE, "utf-8")
        livre = petit_livre(tmp_path / "livre", {
            "essai": f'# Titre\n\n![Une image]({adresse}){{fig-alt="Une image"}}\n'}, [])
        (livre.parent / "lien.svg").symlink_to(tmp_path / "dehors.svg")
        with pytest.raises(ErreurBilan, match="est hors du projet"):
            pandoc.assembler_site(livre, tmp_path / "site")
        assert not list((tmp_path / "site").rglob("*.svg"))
