"""Les exports : tout le bilan est dans le document Word, tous ses tableaux dans les classeurs."""

import csv
import hashlib
import io
import json
import re
import subprocess
import zipfile
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docx import Document
from docx.oxml.ns import qn
from frictionless import Package, system
from openpyxl import load_workbook

from bilan import exports_csv, exports_docx, exports_ods, exports_xlsx
from bilan.archive import archiver
from bilan.archive_donnees import donnees_diffusables
from bilan.exports_recueil import Recueil
from bilan.exports_tables import LIBRE, Champ, Table
from bilan.projet import Projet
from tests.bureau import convertir
from tests.conftest import EDITION, RACINE
from tests.livres import chiffre, petit_livre

pytestmark = pytest.mark.xdist_group("construit")


@pytest.fixture(scope="module")
def word(sortie) -> Document:
    return Document(str(sortie / "exports" / "bilan.docx"))


@pytest.fixture(scope="module")
def excel(sortie):
    return load_workbook(sortie / "exports" / "tableaux.xlsx")


def nu(texte: str) -> str:
    """Le texte, tous blancs confondus."""
    return " ".join(texte.split())


def lu(element) -> str:
    return nu("".join(t.text or "" for t in element.iter(qn("w:t"))))


def de_style(document: Document, *noms: str) -> list[str]:
    """Le texte des paragraphes d'un style, où qu'ils soient."""
    identifiants = {s.style_id for s in document.styles if s.name in noms}
    return [lu(p) for p in document.element.body.iter(qn("w:p")) if p.style in identifiants]


def legendes(page: BeautifulSoup) -> list[str]:
    papier = sans_preuves(page)
    return [nu(e.get_text()) for e in papier.select("main caption, main figcaption")]


def sans_preuves(page: BeautifulSoup) -> BeautifulSoup:
    """La page sans les données repliées sous les graphiques : le papier ne les a pas."""
    copie = BeautifulSoup(str(page), "html.parser")
    for replie in copie.select("details.encadre"):
        if replie.select_one("summary") and "Données du graphique" in replie.summary.get_text():
            replie.extract()
    return copie


# ---- Le document Word ----------------------------------------------------------------


def test_word_a_tous_les_titres(word, pages):
    """Chaque titre du site est dans le document Word, au même niveau et dans le même ordre."""
    for niveau in (1, 2, 3):
        ecrits = de_style(word, f"Heading {niveau}")
        for nom, page in pages.items():
            for titre in page.select(f"main h{niveau}:not(.hors-vue)"):
                assert nu(titre.get_text()) in ecrits, f"{nom} : {titre.get_text()}"


def test_word_a_tous_les_tableaux_et_toutes_les_figures(word, pages):
    """Chaque tableau et chaque figure du site y est, avec sa légende dans le style de Word."""
    ecrites = de_style(word, "Caption", "caption")
    tableaux = images = 0
    for nom, page in pages.items():
        for legende in legendes(page):
            assert legende in ecrites, f"{nom} : {legende}"
        papier = sans_preuves(page)
        tableaux += len(papier.select("main table"))
        images += len(papier.select("main img"))
    corps = word.element.body
    assert len(list(corps.iter(qn("w:tbl")))) == tableaux > 50
    assert len(list(corps.iter(qn("w:drawing")))) == images > 20


def test_word_decrit_chaque_image(word):
    """Chaque image a un texte de remplacement, et s'ouvre partout : c'est un PNG."""
    for dessin in word.element.body.iter(qn("w:drawing")):
        assert len(dessin.find(f".//{qn('wp:docPr')}").get("descr")) > 20
        rang = dessin.find(f".//{qn('a:blip')}").get(qn("r:embed"))
        partie = word.part.related_parts[rang]
        assert partie.content_type == "image/png" and partie.blob.startswith(b"\x89PNG")


def test_word_repete_les_en_tetes(word):
    """Chaque tableau répète sa ligne de titres d'une page à l'autre, et porte un titre."""
    for tableau in word.element.body.iter(qn("w:tbl")):
        assert tableau.find(f"{qn('w:tr')}/{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert tableau.find(f"{qn('w:tblPr')}/{qn('w:tblCaption')}") is not None


def test_word_se_presente(word):
    """Le document dit son titre, son auteur, sa langue ; il est en A4 et numérote ses pages."""
    proprietes = word.core_properties
    assert proprietes.title.startswith("Bilan de l’appel") and proprietes.author
    assert proprietes.language == "fr-FR" and proprietes.created.date() == date(2026, 11, 29)
    assert word.styles.element.find(f".//{qn('w:lang')}").get(qn("w:val")) == "fr-FR"
    assert round(word.sections[0].page_width.mm) == 210
    pied = word.sections[0].footer._element
    assert pied.find(f".//{qn('w:fldSimple')}").get(qn("w:instr")) == "PAGE"


def test_word_a_un_sommaire_et_des_liens_qui_menent(word):
    """Le sommaire est un champ ; chaque lien interne mène à un signet qui existe."""
    corps = word.element.body
    assert any("TOC" in (i.text or "") for i in corps.iter(qn("w:instrText")))
    signets = {b.get(qn("w:name")) for b in corps.iter(qn("w:bookmarkStart"))}
    ancres = {h.get(qn("w:anchor")) for h in corps.iter(qn("w:hyperlink"))} - {None}
    assert len(ancres) > 500 and ancres <= signets


def test_word_ne_dit_rien_de_la_machine(sortie, construit):
    """Aucun chemin de la machine qui construit ne reste dans le document."""
    with zipfile.ZipFile(sortie / "exports" / "bilan.docx") as archive:
        for nom in archive.namelist():
            contenu = archive.read(nom)
            assert str(construit).encode() not in contenu and b"/tmp/" not in contenu, nom


def test_word_s_ouvre_dans_libreoffice(sortie, pages, tmp_path):
    """Converti en PDF par LibreOffice, il a tous les chapitres, tableaux et graphiques."""
    pdf = convertir(sortie / "exports" / "bilan.docx", "pdf", tmp_path)
    texte = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True).stdout
    # Une coupure de ligne ou de page peut tomber n'importe où dans une légende.
    colle = re.sub(r"\s", "", texte)
    for nom, page in pages.items():
        for titre in [nu(page.h1.get_text()), *legendes(page)]:
            assert re.sub(r"\s", "", titre) in colle, f"{nom} : {titre}"
    liste = subprocess.run(["pdfimages", "-list", str(pdf)], capture_output=True, text=True).stdout
    images = sum(len(sans_preuves(p).select("main img")) for p in pages.values())
    assert len(re.findall(r"^\s*\d+\s+\d+ image", liste, re.MULTILINE)) >= images


# ---- Les identités des paragraphes ----------------------------------------------------

PREMIER = "La part est de []{.chiffre .seul code=\"A.resultat\"}, voir @tbl-un."
TEXTE = f"""# Un chapitre

{PREMIER}

## Une section

Un voisin qui ne bouge pas.

- une puce
- une puce

| a | b |
|---|--:|
| x | 1 |

: Un tableau {{#tbl-un}}

Terme
:   Sa définition.
"""


def identites(document: Path) -> dict[str, str]:
    """Le texte de chaque paragraphe, tableau ou figure, par identité."""
    corps = Document(str(document)).element.body
    return {exports_docx.SIGNET.fullmatch(s.get(qn("w:name")))[1]: nu(texte)
            for s, texte in exports_docx.signets(corps)}


def ecrire_petit(dossier: Path, texte: str, valeur: str = "10\u00a0%") -> dict[str, str]:
    livre = petit_livre(dossier, {"un": texte}, [chiffre("A.resultat", valeur)])
    exports_docx.ecrire(livre, dossier / "bilan.docx")
    return identites(dossier / "bilan.docx")


def test_identite_de_chaque_paragraphe(word):
    """Chaque paragraphe des chapitres, chaque tableau, chaque figure a une identité à lui."""
    corps = word.element.body
    noms = [b.get(qn("w:name")) for b in corps.iter(qn("w:bookmarkStart"))]
    identites = [n for n in noms if exports_docx.SIGNET.fullmatch(n)]
    assert len({n[:16] for n in identites}) == len(identites) > 1500
    paragraphes = list(corps.iterchildren(qn("w:p")))
    debut = next(i for i, p in enumerate(paragraphes) if p.style == "Heading1")
    for precedent, p in pairwise(paragraphes[debut - 1:]):
        porte = any(b.get(qn("w:name")) in identites for b in p.iter(qn("w:bookmarkStart")))
        legende = precedent.find(f".//{qn('w:drawing')}") is not None
        assert porte or legende or not lu(p), lu(p)


def test_identite_tient_quand_un_voisin_change(tmp_path):
    """Récrire un paragraphe, en ajouter un, changer un chiffre ne changent pas l'identité des
    autres."""
    avant = ecrire_petit(tmp_path / "a", TEXTE)
    assert sum(t == "une puce" for t in avant.values()) == 2, "deux puces semblables"
    change = TEXTE.replace("## Une section", "Un ajout.\n\n## Une autre section")
    apres = ecrire_petit(tmp_path / "b", change, "20\u00a0%")
    perdues = {t for i, t in avant.items() if i not in apres}
    assert perdues == {"1.1 Une section"}
    premier = next(i for i, t in avant.items() if t.startswith("La part"))
    assert avant[premier] == "La part est de 10 %, voir tableau 1."
    assert apres[premier] == "La part est de 20 %, voir tableau 1."


def test_identite_dit_le_texte_imprime(tmp_path):
    """L'empreinte qui suit l'identité change avec le texte imprimé, et seulement avec lui."""
    def empreintes(nom: str, valeur: str) -> dict[str, str]:
        ecrire_petit(tmp_path / nom, TEXTE, valeur)
        corps = Document(str(tmp_path / nom / "bilan.docx")).element.body
        return dict(s.get(qn("w:name")).rsplit("_", 1) for s, _ in exports_docx.signets(corps))
    avant, apres = empreintes("a", "10\u00a0%"), empreintes("b", "20\u00a0%")
    assert sum(avant[i] != apres[i] for i in avant) == 1


# ---- Les classeurs ---------------------------------------------------------------------


def tableaux_du_site(pages) -> dict[str, tuple]:
    """Les tableaux qui ont un nom, par nom de feuille."""
    return {t["id"].removeprefix("tbl-")[:31]: t
            for page in pages.values() for t in page.select("main table[id^=tbl-]")}


def lignes_de(feuille) -> list[list]:
    """Les lignes de données d'une feuille : celles que nomme sa plage."""
    (plage,) = feuille.tables.values()
    return [[c.value for c in ligne] for ligne in feuille[plage.ref][1:]]


def test_excel_a_tous_les_tableaux(excel, pages):
    """Chaque tableau et chaque graphique du site a sa feuille, que le sommaire nomme et atteint."""
    graphiques = {f["id"][:31] for page in pages.values() for f in page.select("figure[id^=fig-]")}
    attendues = tableaux_du_site(pages).keys() | (graphiques - {"fig-logigramme"}) | {"registre"}
    assert attendues <= set(excel.sheetnames)
    liens = {c.hyperlink.location or c.hyperlink.target
             for (c,) in excel["Sommaire"].iter_rows(min_row=4, max_col=1)}
    assert {f"#'{n}'!A1" for n in excel.sheetnames[2:]} == {li if li[0] == "#" else f"#{li}"
                                                          for li in liens}


def test_excel_porte_les_nombres_du_registre(excel, pages, sortie):
    """Chaque chiffre qui fait à lui seul une cellule du site est un nombre, celui du registre ; son
    n et son N, s'ils se lisent, sont des nombres de la même ligne."""
    registre = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    vus = 0
    for nom, tableau in tableaux_du_site(pages).items():
        ecrites = lignes_de(excel[nom])
        lues = tableau.select("tbody tr")
        assert len(ecrites) == len(lues), nom
        for ecrite, lue in zip(ecrites, lues, strict=True):
            for cellule in lue.select("td, th"):
                liens = cellule.select("[data-code]")
                if len(liens) != 1 or nu(liens[0].get_text()) != nu(cellule.get_text()):
                    continue
                un = registre[liens[0]["data-code"]]
                rapport = un["rapport"] and f"({un['rapport']})" in cellule.get_text()
                attendus = [un["valeur"]] if un["rapport"] != un["texte"] else []
                attendus += [un["numerateur"], un["denominateur"]] if rapport else []
                for valeur in attendus:
                    if valeur is not None:
                        assert any(v == pytest.approx(valeur) for v in ecrite
                                   if isinstance(v, int | float)), f"{nom} : {un['code']}"
                        vus += 1
    assert vus > 1000


def test_excel_se_lit_sans_obstacle(excel):
    """Rien de fusionné ni de vide dans un tableau, des titres tous différents."""
    proprietes = excel.properties
    assert proprietes.title and proprietes.creator and proprietes.language == "fr-FR"
    for feuille in excel.worksheets:
        assert not feuille.merged_cells.ranges, feuille.title
        (plage,) = feuille.tables.values()
        titres, *lignes = [[c.value for c in ligne] for ligne in feuille[plage.ref]]
        assert len({t.casefold() for t in titres}) == len(titres), feuille.title
        assert all(v is not None for ligne in lignes for v in ligne), feuille.title
        assert feuille["A1"].value and feuille.freeze_panes


def test_ods_est_le_meme_classeur(sortie, excel, tmp_path):
    """LibreOffice lit l'ODS : mêmes feuilles, mêmes cellules que l'Excel."""
    relu = load_workbook(convertir(sortie / "exports" / "tableaux.ods", "xlsx", tmp_path))
    assert relu.sheetnames == excel.sheetnames
    for feuille in excel.worksheets[2:]:
        for ecrite, lue in zip(feuille.iter_rows(), relu[feuille.title].iter_rows(), strict=True):
            for a, b in zip(ecrite, lue, strict=True):
                memes = a.value == b.value or b.value == pytest.approx(a.value, rel=1e-12)
                assert memes, f"{feuille.title} {a.coordinate}"


def test_csv_valides(sortie, excel):
    """Les CSV sont ceux que leur schéma décrit, un par feuille."""
    dossier = sortie / "exports" / "csv"
    with system.use_context(trusted=True):
        rapport = Package(str(dossier / "datapackage.json")).validate()
    assert rapport.valid, rapport.to_summary()
    assert len(list(dossier.glob("*.csv"))) == len(excel.sheetnames) - 2


DANGEREUX = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SOMME(A1)"]


@pytest.fixture
def piege() -> Recueil:
    """Un recueil dont les textes se feraient passer pour des formules."""
    table = Table("piege", "=HYPERLINK(0)", ["@note"], [Champ("=titre"), Champ("b", LIBRE)],
                  [[texte, 1.5] for texte in DANGEREUX])
    return Recueil("Bilan", EDITION, "Une équipe", "", date(2026, 11, 29), [], [table])


def test_un_texte_ne_devient_jamais_une_formule(piege, tmp_path):
    """Ce qui commence par = + - @ reste du texte, en XLSX, en ODS et en CSV."""
    feuille = load_workbook(io.BytesIO(exports_xlsx.classeur(piege)))["piege"]
    textes = [c for ligne in feuille.iter_rows() for c in ligne if c.value != 1.5]
    assert {c.data_type for c in textes if c.value is not None} == {"s"}
    (tmp_path / "piege.ods").write_bytes(exports_ods.classeur(piege))
    converti = load_workbook(convertir(tmp_path / "piege.ods", "xlsx", tmp_path))["piege"]
    assert [c.data_type for c in converti["A"]] == ["s"] * 8
    assert [c.value for c in converti["A"]][4:] == DANGEREUX
    lues = list(csv.reader(io.StringIO(exports_csv.en_csv(piege.tables[0]))))
    assert [li[0] for li in lues] == ["'=titre", *(f"'{t}" for t in DANGEREUX)]


# ---- L'archive -------------------------------------------------------------------------


def test_archive_complete_et_ses_empreintes(sortie):
    """L'archive contient tout ; chaque empreinte est celle de son fichier."""
    with zipfile.ZipFile(sortie / f"bilan-{EDITION}.zip") as archive:
        racine = f"bilan-{EDITION}/"
        contenu = {n.removeprefix(racine): archive.read(n) for n in archive.namelist()}
        assert {i.date_time for i in archive.infolist()} == {(2026, 11, 29, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
    sommes = contenu.pop("SHA256SUMS").decode().splitlines()
    assert dict(reversed(s.split("  ")) for s in sommes) == {
        n: hashlib.sha256(o).hexdigest() for n, o in contenu.items()}
    attendus = {"bilan.pdf", "site/index.html", "fiches/cabbalr.pdf", "exports/bilan.docx",
                "exports/tableaux.ods", "registre.json", "LISEZMOI.txt", "provenance.json",
                "ro-crate-metadata.json",
                f"data/{EDITION}/datapackage.json", "data/schemas/acteurs.json"}
    assert attendus <= contenu.keys()


def test_les_memes_octets_deux_fois(piege, projet, tmp_path):
    """Exporter deux fois la même chose donne les mêmes fichiers, à l'octet près."""
    image = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>'
    edition, sorties = Projet(projet).edition(EDITION), [tmp_path / "a", tmp_path / "b"]
    illustre = f'{TEXTE}\n![Une figure](i.svg){{fig-alt="i"}}\n'
    for sortie in sorties:
        livre = petit_livre(sortie / "livre", {"un": illustre},
                            [chiffre("A.resultat", "10\u00a0%")])
        (sortie / "livre" / "i.svg").write_text(image, "utf-8")
        exports_docx.ecrire(livre, sortie / "exports" / "bilan.docx")
        (sortie / "exports" / "t.xlsx").write_bytes(exports_xlsx.classeur(piege))
        (sortie / "exports" / "t.ods").write_bytes(exports_ods.classeur(piege))
        exports_csv.ecrire(piege, sortie / "exports" / "csv")
        archiver(edition, sortie)
        (sortie / "remarques.csv").write_text("Jeanne", "utf-8")
    premiere, seconde = (archiver(edition, s).read_bytes() for s in sorties)
    assert premiere == seconde
    with zipfile.ZipFile(io.BytesIO(premiere)) as archive:
        noms = [n.partition("/")[2] for n in archive.namelist()]
    assert "exports/bilan.docx" in noms and "remarques.csv" not in noms


def test_colonnes_reservees_hors_de_l_archive(projet, tmp_path):
    """D'une table observée, l'archive ne garde que les colonnes publiables, et reste valide."""
    edition = Projet(projet).edition(EDITION)
    assert donnees_diffusables(edition)[1] == {}, "une table reconstituée part entière"
    chemin = edition.donnees / "datapackage.json"
    chemin.write_text(chemin.read_text("utf-8").replace('"reconstituee"', '"observee"'), "utf-8")
    fichiers, retires = donnees_diffusables(edition)
    assert retires["presences"] == ["participant", "present"]
    entete = fichiers[f"data/{EDITION}/presences.csv"].decode().splitlines()[0]
    assert "participant" not in entete
    for nom, octets in fichiers.items():
        (tmp_path / nom).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / nom).write_bytes(octets)
    with system.use_context(trusted=True):
        assert Package(str(tmp_path / "data" / EDITION / "datapackage.json")).validate().valid


def test_archive_du_depot_sans_colonne_retiree():
    """Rien n'est retiré de l'édition publiée : ses tables sont publiées ou reconstituées."""
    assert donnees_diffusables(Projet(RACINE).edition(EDITION))[1] == {}
