"""Un bilan de beaucoup de territoires se compose, et ses pages ne grossissent pas avec lui."""

import json

import pytest
from bs4 import BeautifulSoup

from bilan import pandoc
from bilan.blocs import Blocs
from bilan.markdown import echapper
from tests.livres import petit_livre

FICHES = 150  # plus que Pandoc n'accepte d'arguments


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Le site d'un livre de 150 fiches."""
    dossier = tmp_path_factory.mktemp("grand")
    chapitres = {"index": "# Accueil", "fiches": "# Les fiches {#sec-fiches}"}
    chapitres |= {f"fiche-t{n}": f"# Territoire {n}" for n in range(FICHES)}
    livre = petit_livre(dossier, chapitres, [])
    contenu = json.loads(livre.read_text("utf-8"))
    for chapitre in contenu["chapitres"][2:]:
        chapitre["genre"] = "fiche"
    livre.write_text(json.dumps(contenu), "utf-8")
    pandoc.assembler_site(livre, dossier / "site")
    return dossier / "site"


def test_chaque_fiche_a_sa_page(site):
    """Le nombre de chapitres n'est pas limité par ce qu'une commande accepte d'arguments."""
    assert len(list(site.glob("fiche-*.html"))) == FICHES


def test_le_sommaire_ne_montre_que_la_fiche_qu_on_lit(site):
    """Au-delà de quarante fiches, chaque page mène à leur index, non à chacune."""
    page = BeautifulSoup((site / "fiche-t7.html").read_text("utf-8"), "lxml")
    liens = {a["href"] for a in page.select("nav.sommaire a")}
    assert {"fiches.html", "fiche-t7.html"} <= liens
    assert not any(a.startswith("fiche-t") for a in liens - {"fiche-t7.html"})


def test_l_index_range_les_fiches_par_departement(bilan, tmp_path):
    """Chaque territoire y est, sous ses départements, rangés dans l'ordre alphabétique."""
    index = Blocs(bilan, bilan.registre, tmp_path, "").fiches_index()
    departements = [ligne.split("**")[1] for ligne in index.splitlines() if ligne]
    assert departements == sorted(departements)
    for code, nom in bilan.noms.items():
        assert f"[{echapper(nom)}](#sec-fiche-{code})" in index
