"""Un bilan de beaucoup de territoires se compose, et aucune de ses pages ne grossit avec lui."""

import json

import pypdf
import pytest
from bs4 import BeautifulSoup

from bench.edition_simulee import simuler
from bilan import figures, livre, pandoc, provenance
from bilan.assembler import voie_permise
from bilan.blocs import Blocs
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.exports_recueil import Recueil
from bilan.exports_tables import tables
from bilan.markdown import echapper
from bilan.plan import dresser
from bilan.projet import Projet
from bilan.registre import Registre
from bilan.reserve import des_fichiers
from bilan.style import TERRITOIRES_NOMMES
from tests.conftest import EDITION, lancer
from tests.livres import chiffre, petit_livre

FICHES = 95  # deux lots entiers, et un qui ne l'est pas
CODES = [f"t{n}" for n in range(FICHES)]
TROP = TERRITOIRES_NOMMES + 1
DESSIN = ("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'>"
          "<path d='M0 0h9v9z'/></svg>")


def fiche(code):
    return (f"# Territoire {code} {{#sec-fiche-{code} .unnumbered}}\n\n"
            f'Résultat : []{{.chiffre code="I1.resultat.{code}"}}, '
            f'sur []{{.chiffre code="I1.denominateur.{code}"}}.\n\n'
            f'![Sa place](dessin.svg){{#fig-place-{code} fig-alt="Un triangle."}}\n'
            + ("\nComme [ailleurs](#sec-fiche-t90), voir @sec-fiche-t90.\n" * (code == "t1")))


def grand_livre(dossier):
    """Le manifeste d'un livre de trop de fiches pour tenir en un volume."""
    (dossier / "dessin.svg").write_text(DESSIN)
    liens = "".join(f"- [Territoire {c}](#sec-fiche-{c})\n" for c in CODES)
    chapitres = {"index": "# Accueil", "fiches": f"# Les fiches {{#sec-fiches}}\n\n{liens}"}
    chapitres |= {f"fiche-{c}": fiche(c) for c in CODES}
    chapitres["provenance"] = ('# Provenance\n\n[ligne]{#chiffre-I1-resultat .ancre-chiffre}\n\n'
                               '![Une figure](dessin.svg){#fig-annexe fig-alt="Un triangle."}\n')
    chiffres = [chiffre(f"I1.{genre}.{c}", f"{rang} %", territoire=c)
                for rang, c in enumerate(CODES) for genre in ("resultat", "denominateur")]
    commun = json.loads(petit_livre(dossier, chapitres, chiffres).read_text("utf-8"))
    entrees = commun.pop("chapitres")
    for entree in entrees:
        if entree["page"].startswith("fiche-"):
            entree |= {"genre": "fiche", "partie": None}
    commun["territoires"] = {c: f"Territoire {c}" for c in CODES}
    return livre.repartir(dossier, commun, entrees, Registre(EDITION, chiffres))


@pytest.fixture(scope="module")
def grand(tmp_path_factory):
    return grand_livre(tmp_path_factory.mktemp("grand"))


@pytest.fixture(scope="module")
def site(grand):
    pandoc.assembler_site(grand, grand.parent / "site")
    return grand.parent / "site"


def lire(site, page):
    return BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "lxml")


class TestSite:
    def test_chaque_fiche_a_sa_page(self, site):
        """Une page par fiche, quel que soit leur nombre, et aucun lien mort entre les volumes."""
        assert {f.stem for f in site.glob("fiche-*.html")} == {f"fiche-{c}" for c in CODES}
        for page in ("fiches", "fiche-t0", "fiche-t1", "fiche-t94"):
            for lien in lire(site, page).select("a[href]"):
                nom, _, ancre = lien["href"].partition("#")
                if nom.endswith(".html") or not nom:
                    visee = lire(site, nom.removesuffix(".html") or page)
                    assert not ancre or visee.find(id=ancre), lien["href"]

    def test_le_sommaire_ne_montre_que_la_fiche_qu_on_lit(self, site):
        """Chaque page mène à l'index des fiches, non à chacune."""
        liens = {a["href"] for a in lire(site, "fiche-t7").select("nav.sommaire a")}
        assert liens == {"index.html", "fiches.html", "fiche-t7.html", "provenance.html"}

    def test_les_pages_voisines_d_un_lot(self, site):
        """D'une fiche à l'autre dans son lot ; à ses deux bouts, l'index."""
        def voisines(page):
            return [a["href"] for a in lire(site, page).select("nav.voisines a")]

        assert voisines("fiche-t1") == ["fiche-t0.html", "fiche-t2.html"]
        assert voisines("fiche-t39") == ["fiche-t38.html", "fiches.html"]
        assert voisines("fiche-t40") == ["fiches.html", "fiche-t41.html"]
        assert voisines("fiches") == ["index.html", "provenance.html"]

    def test_une_fiche_se_numerote_pour_elle_meme(self, site):
        """Sa figure est la première, dans tous les lots ; le livre ne les compte pas."""
        for page in ("fiche-t0", "fiche-t94", "provenance"):
            assert lire(site, page).select_one("figcaption .etiquette").text == "Figure\u00a01"

    def test_un_chiffre_mene_a_la_ligne_de_tous_les_territoires(self, site):
        """La valeur du lecteur est sur sa carte ; l'annexe a une ligne pour tous."""
        liens = {a["data-code"]: a["href"] for a in lire(site, "fiche-t7").select("a.chiffre")}
        assert liens == dict.fromkeys(("I1.resultat.t7", "I1.denominateur.t7"),
                                      "provenance.html#chiffre-I1-resultat")

    def test_une_page_ne_charge_que_ses_cartes(self, site):
        """Mille territoires ne s'envoient pas pour un chiffre ; un compte y a celle du résultat."""
        brut = (site / "chiffres" / "fiche-t7.js").read_text("utf-8")
        cartes = json.loads(brut.removeprefix("window.BILAN_CHIFFRES=").removesuffix(";\n"))
        assert cartes.keys() == {"I1.resultat.t7", "I1.denominateur.t7"}
        assert cartes["I1.resultat.t7"]["texte"] == "7 %"
        assert len((site / "chiffres.csv").read_text("utf-8").splitlines()) == 1 + 2 * FICHES

    def test_on_cherche_dans_toutes_les_fiches(self, site):
        """L'index de la recherche réunit les volumes : chaque page une fois."""
        brut = (site / "recherche-index.js").read_text("utf-8")
        index = json.loads(brut.removeprefix("window.BILAN_INDEX=").removesuffix(";\n"))
        assert sorted(s["adresse"] for s in index) == sorted(f.name for f in site.glob("*.html"))
        assert not list(site.glob("recherche-*.json"))


    def test_les_lots_faits_a_la_fois_donnent_les_memes_octets(self, site, tmp_path):
        """Ailleurs, de rien, dans quelque ordre que finissent les lots : le même site."""
        pandoc.assembler_site(grand_livre(tmp_path), tmp_path / "site")
        assert des_fichiers(tmp_path / "site") == des_fichiers(site)


class TestPapier:
    def test_le_livre_n_a_pas_les_fiches_et_chacune_a_la_sienne(self, grand, tmp_path):
        """Le PDF du livre en garde la liste, sans lien ; une fiche du dernier lot a son PDF."""
        pandoc.assembler_pdf(grand, tmp_path / "bilan.pdf")
        pandoc.assembler_pages(grand, {"fiche-t94": tmp_path / "t94.pdf"})
        texte = "".join(p.extract_text() for p in pypdf.PdfReader(tmp_path / "bilan.pdf").pages)
        assert "Territoire t94" in texte
        assert "Résultat" not in texte
        seule = pypdf.PdfReader(tmp_path / "t94.pdf").pages
        assert "94" in seule[0].extract_text()
        assert len(seule) == 1

    def test_pandoc_ne_lit_que_ce_qu_un_volume_cite(self, grand):
        """Le registre entier ne passe pas par Pandoc : chaque volume a le sien."""
        cites = [Registre.lire(livre.a_citer(json.loads(v.read_text("utf-8"))))
                 for v in livre.volumes(grand)]
        assert [len(registre) for registre in cites] == [0, 80, 80, 30]

    def test_un_lot_ne_tient_que_les_fiches_ou_il_renvoie(self, grand, site):
        """Une fiche mène à celle d'un autre lot ; aucun lot ne les tient toutes."""
        liens = [a["href"] for a in lire(site, "fiche-t1").select("main p a:not(.chiffre)")]
        assert liens.count("fiche-t90.html#sec-fiche-t90") == 2
        lots = [json.loads(v.read_text("utf-8")) for v in livre.volumes(grand)[1:]]
        assert [[f["ancre"] for f in lot["a_part"]] for lot in lots] == [["sec-fiche-t90"], [], []]


@pytest.fixture(scope="module")
def projet(tmp_path_factory):
    """Une vraie édition, ses territoires copiés jusqu'à ce qu'il y en ait un de trop."""
    racine = tmp_path_factory.mktemp("simulee") / "projet"
    simuler(racine, TROP, graine=1)
    return racine


@pytest.fixture(scope="module")
def simule(projet):
    return Bilan(EDITION, Projet(projet))


class TestEdition:
    def test_quarto_n_en_fait_pas_un_livre(self, simule):
        """Exigé, il est refusé avec ce qu'il faut écrire ; sinon, la voie embarquée va de soi."""
        taches = dresser(simule.edition)
        assert voie_permise("auto", taches) == "pandoc"
        with pytest.raises(ErreurBilan, match="Écrire --voie pandoc"):
            voie_permise("quarto", taches)
        assert voie_permise("quarto", taches[:-1]) == "quarto"

    def test_l_annexe_dit_les_familles(self, simule):
        """Une ligne vaut pour le même chiffre de tous, et dit combien ils sont."""
        annexe = provenance.provenance(simule)
        codes = ("[`acteurs.territoire.….recenses`]"
                 "{#chiffre-acteurs-territoire-recenses .ancre-chiffre}")
        suites = [ligne.partition(codes)[2] for ligne in annexe.splitlines() if codes in ligne]
        assert [suite.split()[1] for suite in suites] == [str(TROP)]
        assert "resultat.douaisis" not in annexe

    def test_les_pages_ne_nomment_pas_chacun(self, simule, tmp_path):
        """La liste est à l'index, par département ; ni le tableau, ni la carte ne la redisent."""
        blocs = Blocs(simule, simule.registre, tmp_path, "")
        index = blocs.fiches_index()
        assert all(f"[{echapper(n)}](#sec-fiche-{c})" in index for c, n in simule.noms.items())
        assert "### Nord (21)" in index
        assert "Douaisis" not in blocs.territoires()
        carte = figures.carte(simule)
        assert "Nord : 21" in carte.alternative
        assert "Douaisis" not in carte.alternative

    def test_un_classeur_n_a_que_les_chiffres_de_l_ensemble(self, simule):
        """Le CSV a tout ; le tableur s'ouvre encore."""
        recueil = Recueil("", EDITION, "", "", None, [], tables([], simule.registre, {}))
        registre = recueil.sans_territoires().tables[-1]
        assert len(registre.lignes) == sum(c.territoire is None for c in simule.registre)
        assert "csv/registre.csv" in registre.notes[-1]

    @pytest.mark.long
    def test_de_bout_en_bout(self, projet):
        """L'édition entière : le bilan, une page et un PDF par fiche, chaque chiffre a sa carte."""
        resultat = lancer("construire", "--voie", "pandoc", projet=projet)
        assert resultat.returncode == 0, resultat.stderr
        sortie = projet / "build" / EDITION
        assert len(list((sortie / "fiches").glob("*.pdf"))) == TROP
        pages = [f.stem for f in (sortie / "site").glob("fiche-*.html")]
        assert len(pages) == TROP
        for page in pages:
            cartes = (sortie / "site" / "chiffres" / f"{page}.js").read_text("utf-8")
            liens = lire(sortie / "site", page).select(".chiffre[data-code]")
            assert liens
            assert all(lien.name == "a" and f'"{lien["data-code"]}"' in cartes for lien in liens)


def test_l_index_range_les_fiches_par_departement(bilan, tmp_path):
    """Chaque territoire y est, sous ses départements, rangés dans l'ordre alphabétique."""
    index = Blocs(bilan, bilan.registre, tmp_path, "").fiches_index()
    departements = [ligne.split("**")[1] for ligne in index.splitlines() if ligne]
    assert departements == sorted(departements)
    for code, nom in bilan.noms.items():
        assert f"[{echapper(nom)}](#sec-fiche-{code})" in index
