"""Le rapport assemblé : site sans lien mort ni reste de balisage, PDF balisé et complet."""

import copy
import csv
import json
import re
import shutil
import subprocess
from urllib.parse import unquote

import pikepdf
import pypdf
import pytest
from bs4 import BeautifulSoup

from bilan.assembler import preparer, sommaire
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.par_quarto import trouver
from bilan.plan import dresser
from bilan.projet import Projet
from tests.conftest import EDITION, RACINE, copier, lancer

pytestmark = pytest.mark.xdist_group("construit")

# Le sommaire attendu ; il ne démarre aucun noyau.
SOMMAIRE = [
    "index", "synthese", "glossaire", "introduction", "politiques", "ami", "methode", "resultats",
    "accompagnement", "cooperation", "realisations", "perennisation", "externalites",
    "recommandations", "conclusion", "perspectives", "fiches", "fiche-cabbalr", "fiche-douaisis",
    "fiche-dunkerque", "fiche-sud-artois", "fiche-thierache", "fiche-sambre-avesnois", "matrice",
    "constats", "donnees", "audit", "contradictions", "referentiels", "accessibilite",
    "provenance", "questionnaires", "ours",
]
TERRITOIRES = ["cabbalr", "douaisis", "dunkerque", "sambre-avesnois", "sud-artois", "thierache"]


@pytest.fixture(scope="session")
def texte_pdf(sortie) -> str:
    resultat = subprocess.run(["pdftotext", "-layout", str(sortie / "bilan.pdf"), "-"],
                              capture_output=True, text=True, check=True)
    return resultat.stdout


def test_sommaire(construit):
    """Les chapitres, dans l'ordre du rapport."""
    edition = Projet(construit).edition(EDITION)
    assert [c.page for c in sommaire(edition, dresser(edition))] == SOMMAIRE


def test_une_image_se_cherche_a_cote_de_son_chapitre(construit):
    """Comme dans Quarto ; celles d'un carnet, dont la page est ailleurs, depuis la racine."""
    livre = json.loads((construit / "build/travail" / EDITION / "livre.json").read_text("utf-8"))
    bases = {c["page"]: c["image_de_base"] for c in livre["chapitres"]}
    assert bases["conclusion"] == str(construit / "report")
    assert bases["index"] == bases["cooperation"] == bases["fiche-cabbalr"] == str(construit)


def test_une_page_par_chapitre(pages):
    """Chaque chapitre a sa page, et aucune page n'est en trop."""
    assert {f"{nom}.html" for nom in SOMMAIRE} == set(pages)


def test_aucun_lien_mort(pages, sortie):
    """Chaque lien interne mène à une page et à une ancre qui existent."""
    ancres = {nom: {e["id"] for e in page.select("[id]")} for nom, page in pages.items()}
    for nom, page in pages.items():
        for lien in page.select("a[href]"):
            cible = unquote(lien["href"])
            if re.match(r"[a-z]+:", cible):
                continue
            fichier, _, ancre = cible.partition("#")
            fichier = fichier or nom
            assert (sortie / "site" / fichier).is_file(), f"{nom} : {cible}"
            if ancre:
                assert ancre in ancres[fichier], f"{nom} : {cible}"


def test_identifiants_uniques(pages):
    """Un identifiant ne sert qu'une fois par page."""
    for nom, page in pages.items():
        identifiants = [e["id"] for e in page.select("[id]")]
        doubles = {i for i in identifiants if identifiants.count(i) > 1}
        assert not doubles, nom


def test_aucun_reste_de_balisage(pages):
    """Ni code court, ni renvoi non résolu, ni Div ou span non lus."""
    for nom, page in pages.items():
        page = copy.copy(page)  # les pages sont partagées : un autre test les lira entières
        for element in page.select("code, pre, script, style"):
            element.extract()
        texte = page.get_text(" ")
        for reste in ("{{<", ":::", "{.chiffre", "{.bloc", "?@", "[]{", "{#", ".cite}", "\\("):
            assert reste not in texte, f"{nom} : {reste}"
        assert not re.search(r"@(fig|tbl|sec)-", texte), nom


def test_mots_anglais_absents(pages):
    """L'habillage du rapport est en français."""
    for nom, page in pages.items():
        texte = page.get_text(" ")
        for mot in ("Figure:", "Table of contents", "Chapter", "Previous", "Next",
                    "Note:", "Warning", "Appendix"):
            assert mot not in texte, f"{nom} : {mot}"
        assert not re.search(r"\bTable \d", texte), nom


def test_langue_titre_et_titre_principal(pages):
    """Chaque page dit sa langue, a un titre et un seul h1."""
    for nom, page in pages.items():
        assert page.html["lang"].startswith("fr"), nom
        assert page.title.get_text(strip=True), nom
        assert len(page.select("h1")) == 1, nom


def test_images_decrites(pages, sortie):
    """Chaque image existe et a un texte de remplacement."""
    vues = 0
    for nom, page in pages.items():
        for image in page.select("img"):
            vues += 1
            assert image.get("alt", "").strip(), nom
            assert (sortie / "site" / unquote(image["src"])).is_file(), image["src"]
    assert vues > 20


def test_aucune_requete_ailleurs(pages, sortie):
    """Le site ne charge rien d'un autre hôte, ni par ses pages ni par son style."""
    for nom, page in pages.items():
        for element in page.select("script[src], link[href], img[src], iframe"):
            adresse = element.get("src") or element.get("href") or ""
            assert not re.match(r"(https?:)?//", adresse), nom
    for style in (sortie / "site").rglob("*.css"):
        assert not re.search(r"(url\(|@import)[\s\"']*(https?:)?//", style.read_text("utf-8"))


def test_chaque_chiffre_d_indicateur_est_imprime(pages):
    """Le Tableau 1 montre, dans l'ordre, les treize résultats du registre."""
    lignes = pages["resultats.html"].select("table tbody tr")
    codes = [li.select_one("td, th").get_text(strip=True) for li in lignes]
    assert [f"I{n}" for n in range(1, 14)] == [c for c in codes if re.fullmatch(r"I\d+", c)][:13]


def test_n_sur_N_a_cote_des_pourcentages(pages, sortie):
    """Dans la prose, un pourcentage d'indicateur est toujours suivi de son rapport."""
    registre = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    vus = 0
    for nom, page in pages.items():
        for span in page.select("p a.chiffre:not(.seul)"):
            chiffre = registre[span["data-code"]]
            if chiffre["unite"] == "%" and chiffre["rapport"]:
                vus += 1
                suite = span.parent.get_text()
                assert f"({chiffre['rapport']})" in suite.replace("\u202f", ""), nom
    assert vus > 20


def test_prose_et_registre_disent_la_meme_chose(pages, sortie):
    """Tout chiffre affiché est celui du registre, mot pour mot."""
    registre = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    vus = 0
    for nom, page in pages.items():
        for span in page.select(".chiffre[data-code]"):
            vus += 1
            attendu = re.sub(r"\s", "", registre[span["data-code"]]["texte"])
            assert re.sub(r"\s", "", span.get_text()).startswith(attendu), (nom, span["data-code"])
    assert vus > 300


def test_registre_dit_d_ou_vient_chaque_indicateur(sortie):
    """Chaque chiffre d'indicateur dit son carnet et sa cellule, qui existent."""
    registre = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    resultats = [c for code, c in registre.items() if re.match(r"(I\d+|S1|fiche)\.", code)]
    assert len(resultats) > 100
    for chiffre in resultats:
        carnet = sortie / "notebooks" / f"{chiffre['carnet']}.ipynb"
        assert chiffre["cellule"] in carnet.read_text("utf-8")


class TestPdf:
    """Le PDF du rapport et celui des fiches."""

    def test_nombre_de_pages(self, sortie):
        """Un rapport complet, sans démesure."""
        assert 60 <= len(pypdf.PdfReader(sortie / "bilan.pdf").pages) <= 140

    def test_signets(self, sortie):
        """Chaque chapitre a son signet."""
        with pikepdf.open(sortie / "bilan.pdf") as pdf, pdf.open_outline() as signets:
            titres = []

            def parcourir(elements):
                for element in elements:
                    titres.append(str(element.title))
                    parcourir(element.children)

            parcourir(signets.root)
        assert len(titres) >= len(SOMMAIRE) - 1
        for attendu in ("Synthèse", "Glossaire", "Recommandations", "Ours"):
            assert any(attendu in t for t in titres), attendu

    def test_balise_et_en_francais(self, sortie):
        """Le PDF est balisé, dit sa langue et son titre, comme PDF/UA le demande."""
        for chemin in (sortie / "bilan.pdf", *(sortie / "fiches").glob("*.pdf")):
            with pikepdf.open(chemin) as pdf:
                assert pdf.Root.MarkInfo.Marked
                assert str(pdf.Root.Lang).startswith("fr")
                assert pdf.Root.ViewerPreferences.DisplayDocTitle
                with pdf.open_metadata() as metadonnees:
                    assert metadonnees["dc:title"]
                    assert metadonnees["pdfuaid:part"] == "1"

    def test_texte(self, texte_pdf):
        """Le rapport nomme chaque territoire et chaque indicateur, sans reste de balisage."""
        for mot in ("RADIS", "Démocratie Alimentaire", "Thiérache", "Sud-Artois", "I13",
                    "reconstitu"):
            assert mot in texte_pdf
        for reste in ("{{<", ":::", "{.chiffre", "?@", "Chapter"):
            assert reste not in texte_pdf

    def test_six_fiches_d_une_page(self, sortie):
        """Une fiche A4 par territoire."""
        fiches = sorted((sortie / "fiches").glob("*.pdf"))
        assert [f.stem for f in fiches] == TERRITOIRES
        for fiche in fiches:
            pages = pypdf.PdfReader(fiche).pages
            assert len(pages) == 1, fiche.stem
            assert [round(float(c)) for c in pages[0].mediabox[2:]] == [595, 842]

    def test_memes_rubriques_dans_toutes_les_fiches(self, pages):
        """Les fiches ont toutes la même tête et les mêmes titres, dans le même ordre."""
        plans = {
            nom: ([d.get_text() for d in page.select(".fiche-entete dt")],
                  [t.get_text(strip=True).rstrip("#") for t in page.select("main h2")])
            for nom, page in pages.items() if nom.startswith("fiche-")
        }
        assert len(plans) == len(TERRITOIRES)
        [modele] = {str(plan) for plan in plans.values()}
        assert "Réseau" in modele and "Sa place parmi les autres" in modele

    def test_carte_de_situation_en_tete_de_fiche(self, pages):
        """Chaque fiche a sa carte dans l'en-tête, décrite, et dit si elle est à signer."""
        for nom, page in pages.items():
            if nom.startswith("fiche-"):
                [carte] = page.select(".fiche-entete img")
                assert carte["alt"].startswith("Carte de situation"), nom
                assert "À signer" in page.select_one(".fiche-signature").get_text(), nom

    def test_synthese_sur_deux_pages(self, sortie):
        """La synthèse prend deux pages exactement, seule comme dans le livre."""
        assert len(pypdf.PdfReader(sortie / "synthese.pdf").pages) == 2
        livre = pypdf.PdfReader(sortie / "bilan.pdf")
        debuts = {s.title: livre.get_destination_page_number(s)
                  for s in livre.outline if not isinstance(s, list)}
        assert debuts["Glossaire"] - debuts["Synthèse"] == 2


def test_le_titre_d_une_partie_se_lit_d_un_seul_tenant(texte_pdf):
    """Même long, il n'est coupé qu'entre deux mots."""
    page = next(p for p in texte_pdf.split("\f") if p.strip().startswith("PARTIE I\n"))
    assert "Des leviers pour l’action publique locale" in " ".join(page.split())


def test_une_adresse_du_pdf_se_copie(texte_pdf):
    """Elle peut passer à la ligne, mais rien d'invisible ne s'y glisse."""
    assert "https://draaf.hauts-de-france.agriculture.gouv.fr" in texte_pdf
    assert not set("\u200b\ufeff") & set(texte_pdf)


HOSTILES = '<script>window.x=1</script> `a`{=html} #import("x") {{< include y >}} $x$ *g* | z'


@pytest.mark.long
def test_texte_des_donnees_inerte(construit, tmp_path):
    """Un texte hostile dans une cellule s'affiche tel que tapé, dans le site et dans le PDF."""
    copier(tmp_path)
    shutil.copytree(construit / "build" / "travail", tmp_path / "build" / "travail")
    fiches = tmp_path / "data" / EDITION / "fiches.csv"
    with fiches.open("a", encoding="utf-8", newline="") as flux:
        csv.writer(flux, lineterminator="\n").writerow(["douaisis", "reussites", 99, HOSTILES])
    resultat = lancer("construire", "--voie", "pandoc", projet=tmp_path)
    assert resultat.returncode == 0, resultat.stderr
    sortie = tmp_path / "build" / EDITION
    page = BeautifulSoup((sortie / "site" / "fiche-douaisis.html").read_text("utf-8"),
                         "html.parser")
    assert HOSTILES in re.sub(r"[\s\u00a0\u202f]+", " ", page.get_text(" "))
    texte = subprocess.run(["pdftotext", str(sortie / "fiches" / "douaisis.pdf"), "-"],
                           capture_output=True, text=True, check=True).stdout
    assert re.sub(r"\s", "", HOSTILES) in re.sub(r"[\s\u00a0\u202f]", "", texte)


class TestQuarto:
    """La voie Quarto, tenue vraie à côté de l'autre."""

    def test_memes_chapitres(self, construit):
        """La configuration écrite pour Quarto liste les mêmes chapitres, dans le même ordre."""
        from ruamel.yaml import YAML

        contenu = YAML(typ="safe").load(construit / "build" / "travail" / "quarto.yml")
        chapitres = []
        for entree in contenu["book"]["chapters"]:
            chapitres += entree["chapters"] if isinstance(entree, dict) else [entree]
        chapitres += contenu["book"]["appendices"]
        assert [c.rsplit("/", 1)[-1].rsplit(".", 1)[0] for c in chapitres] == SOMMAIRE
        assert all((construit / c).is_file() for c in chapitres)

    def test_memes_chiffres(self, construit):
        """Les deux voies lisent le même registre et les mêmes blocs, par les mêmes filtres."""
        from ruamel.yaml import YAML

        contenu = YAML(typ="safe").load(construit / "build" / "travail" / "quarto.yml")
        livre = json.loads(
            (construit / "build" / "travail" / EDITION / "livre.json").read_text("utf-8"))
        assert str(construit / contenu["bilan-registre"]) == livre["registre"]
        assert str(construit / contenu["bilan-blocs"]) == livre["blocs"]
        projet = YAML(typ="safe").load(RACINE / "_quarto.yml")
        for filtre in projet["filters"]:
            chemin = filtre["path"] if isinstance(filtre, dict) else filtre
            assert (RACINE / chemin).is_file()
        for partiel in projet["format"]["typst"]["template-partials"]:
            assert (RACINE / partiel).is_file()

    def test_quarto_qui_n_ecrit_pas_de_pdf(self, construit, tmp_path, monkeypatch):
        """Un Quarto qui finit sans PDF est une erreur, et le bilan précédent reste."""
        copier(tmp_path)
        shutil.copytree(construit / "build", tmp_path / "build")
        faux = tmp_path / "quarto"
        faux.write_text(
            '#!/bin/sh\n[ "$1" = --version ] && { echo 1.7.34; exit 0; }\n'
            "mkdir -p build/quarto; echo '<html></html>' > build/quarto/index.html\n"
        )
        faux.chmod(0o755)
        monkeypatch.setenv("QUARTO_PATH", str(faux))
        avant = (tmp_path / "build" / EDITION / "bilan.pdf").read_bytes()
        resultat = lancer("assembler", projet=tmp_path)
        assert resultat.returncode == 1
        assert "Quarto 1.7.34 a fini sans écrire le PDF" in resultat.stderr
        assert avant == (tmp_path / "build" / EDITION / "bilan.pdf").read_bytes()

    def test_quarto_exige_mais_absent(self, monkeypatch):
        """--voie quarto sans Quarto dit quoi faire."""
        monkeypatch.delenv("QUARTO_PATH", raising=False)
        monkeypatch.setenv("PATH", "")
        with pytest.raises(ErreurBilan, match="La commande quarto est introuvable"):
            trouver("quarto")
        assert trouver("auto") is None


@pytest.mark.long
def test_memes_octets(construit, tmp_path):
    """Assembler deux fois les mêmes carnets, sans rien reprendre, donne les mêmes octets."""
    copier(tmp_path)
    shutil.copytree(construit / "build" / "travail", tmp_path / "build" / "travail",
                    ignore=shutil.ignore_patterns("reserve", "lectures"))
    assert lancer("assembler", "--voie", "pandoc", projet=tmp_path).returncode == 0
    premier, second = construit / "build" / EDITION, tmp_path / "build" / EDITION
    fichiers = sorted(p.relative_to(premier) for p in premier.rglob("*") if p.is_file())
    assert fichiers == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    differents = [f for f in fichiers if (premier / f).read_bytes() != (second / f).read_bytes()]
    assert not differents


def test_les_figures_ont_une_description_dans_le_livre(construit):
    """Préparer le livre refuse une image sans texte de remplacement, en nommant la cellule."""
    edition = Projet(construit).edition(EDITION)
    bilan = Bilan(EDITION, Projet(construit))
    assert bilan.registre
    livre = json.loads(preparer(bilan, dresser(edition), "essai").read_text("utf-8"))
    assert len(livre["chapitres"]) == len(SOMMAIRE)
