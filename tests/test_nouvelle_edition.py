"""Préparer une édition : rien de perdu, rien de faux repris, et des trous qui se voient."""

import json
import re
import shutil

import pytest
from bs4 import BeautifulSoup

from bilan.a_completer import points
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.nouvelle_edition import preparer_edition
from bilan.projet import Projet
from bilan.verifier import verifier
from tests.conftest import EDITION, lancer

NEUVE = "2025-2027"


@pytest.fixture
def neuve(projet):
    """Un projet dont l'édition suivante vient d'être préparée."""
    preparer_edition(Projet(projet), NEUVE)
    return projet


def test_deux_fois_ne_perd_rien(neuve):
    """Relancée, la préparation ne touche à rien de ce qui est écrit et rend ce qui manque."""
    edition = Projet(neuve).edition(NEUVE)
    texte = edition.params / "textes" / "synthese.md"
    texte.write_text("# essentiel\n\nÉcrit par une personne.\n", "utf-8")
    (edition.donnees / "sessions.csv").unlink()
    encore = preparer_edition(Projet(neuve), NEUVE)
    assert texte.read_text("utf-8") == "# essentiel\n\nÉcrit par une personne.\n"
    assert [c.name for c in encore.ecrits] == ["sessions.csv"]
    assert texte in encore.gardes


@pytest.mark.parametrize(
    ("code", "depuis", "dit"),
    [
        ("25-27", None, "« 25-27 » n'est pas un code d'édition. Écrire une année ou deux"),
        ("../2025", None, "n'est pas un code d'édition"),
        (NEUVE, "2020-2022", "Édition inconnue : « 2020-2022 »"),
        (EDITION, EDITION, "ne peut pas partir d'elle-même"),
    ],
)
def test_refus(projet, code, depuis, dit):
    """Un code mal formé, une source absente : un message, et rien d'écrit."""
    avant = sorted(projet.rglob("*"))
    with pytest.raises(ErreurBilan, match=re.escape(dit)):
        preparer_edition(Projet(projet), code, depuis)
    assert sorted(projet.rglob("*")) == avant


def test_rien_de_l_edition_precedente_n_est_dit_de_la_neuve(neuve):
    """Les textes de l'édition et ses tables ne se reprennent pas ; le programme, si."""
    edition = Projet(neuve).edition(NEUVE)
    for nom in ("synthese", "resultats", "conclusion", "cooperation", "fiches"):
        texte = (edition.params / "textes" / f"{nom}.md").read_text("utf-8")
        sections = re.split(r"^# .*$", texte, flags=re.MULTILINE)[1:]
        assert {s.strip() for s in sections} == {"[À compléter.]{.a-completer}"}, nom
    bilan = Bilan(NEUVE, Projet(neuve))
    assert {n for n, t in bilan.tables.items() if len(t)} == {"contexte"}
    assert bilan.textes["politiques.essentiel"] != "[À compléter.]{.a-completer}\n"
    repris = "".join(t for c, t in bilan.textes.items() if c.split(".")[0] != "contexte")
    for mot in ("document publié", "Thiérache", "[^", ".constat"):
        assert mot not in repris, mot
    assert not (edition.params / "constats.yml").exists()


def test_tables_a_recueillir_observees(neuve):
    """Ce qui sera recueilli sera observé ; d'une édition d'exemple, simulé, et dit tel."""
    publiees = {"contexte", "publies", "perimetres"}
    assert natures(neuve) == dict.fromkeys(publiees, "publiee")
    shutil.rmtree(neuve / "data" / NEUVE)
    preparer_edition(Projet(neuve), NEUVE, simulee=True)
    assert set(natures(neuve, "simulee")) == publiees


def natures(projet, recueillies="observee") -> dict[str, str]:
    """Les tables dont les lignes ne seront pas de la nature de celles qu'on recueille."""
    paquet = json.loads((projet / f"data/{NEUVE}/datapackage.json").read_text("utf-8"))
    return {r["name"]: r["nature"] for r in paquet["resources"] if r["nature"] != recueillies}


def test_ce_qui_reste_est_dit_dans_l_ordre(neuve):
    """Les réglages, puis territoires et sessions, puis les autres tables, puis les textes."""
    edition = Projet(neuve).edition(NEUVE)
    assert verifier(edition) == []
    lieux = [p.fichier for p in points(edition)]
    territoires = lieux.index(f"data/{NEUVE}/territoires.csv")
    assert set(lieux[:territoires]) == {f"params/{NEUVE}/edition.yml"}
    assert lieux[territoires + 1] == f"data/{NEUVE}/sessions.csv"
    assert lieux.index(f"data/{NEUVE}/acteurs.csv") < lieux.index(
        f"params/{NEUVE}/textes/synthese.md")
    [mention] = [p for p in points(edition) if "couverture" in p.remede]
    assert mention.ligne and mention.trouve == "à compléter"


def test_un_point_complete_n_est_plus_dit(neuve):
    """La marque ôtée, le point disparaît ; l'édition publiée n'en a aucun."""
    edition = Projet(neuve).edition(NEUVE)
    chemin = edition.params / "textes" / "ours.md"
    avant = len(points(edition))
    chemin.write_text("# mentions\n\nÉdité par nos soins.\n", "utf-8")
    assert len(points(edition)) == avant - 1
    assert points(Projet(neuve).edition(EDITION)) == []


@pytest.mark.long
def test_une_edition_vide_se_construit_et_montre_ses_trous(neuve):
    """Aucune donnée : chaque résultat est un trou, aucun n'est un zéro."""
    resultat = lancer("construire", "--voie", "pandoc", "--edition", NEUVE, projet=neuve)
    assert resultat.returncode == 0, resultat.stderr
    sortie = neuve / "build" / NEUVE
    chiffres = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    for code in ("I1.resultat", "ensemble.acteurs", "ensemble.cibles_atteintes"):
        assert (chiffres[code]["valeur"], chiffres[code]["texte"]) == (
            None, "donnée non renseignée"), code
    page = BeautifulSoup((sortie / "site/resultats.html").read_text("utf-8"), "html.parser")
    montres = {a.get_text() for a in page.select("[data-code$='.resultat']")}
    assert montres == {"donnée non renseignée"}
    assert (sortie / "bilan.pdf").stat().st_size > 50_000


def test_un_texte_facultatif_n_est_pas_a_ecrire(neuve):
    """Ce que les chapitres disent facultatif n'est ni repris, ni demandé, ni une faute."""
    edition = Projet(neuve).edition(NEUVE)
    ecrits = set(Bilan(NEUVE, Projet(neuve)).textes)
    anciens = set(Bilan(EDITION, Projet(neuve)).textes)
    assert {"audit.lecture", "donnees.hypothese", "resultats.suspens"} <= anciens - ecrits
    assert not any("audit.md" in p.fichier or "suspens" in str(p) for p in points(edition))


def test_du_contexte_seules_les_lignes_citees_sont_reprises(neuve):
    """Le contexte repris est celui des textes repris : rien du financement de l'édition passée."""
    codes = set(Bilan(NEUVE, Projet(neuve)).tables["contexte"]["code"])
    assert {"seuil_pauvrete", "pat_2025"} <= codes
    assert "ami_aide_annuelle" not in codes
    assert "ami_aide_annuelle" in set(Bilan(EDITION, Projet(neuve)).tables["contexte"]["code"])
