"""La prose : un chiffre de l'évaluation tapé à la main est une faute ; le reste ne l'est pas."""

import json
import re

import nbformat
import pytest
from bs4 import BeautifulSoup

from bilan.projet import Projet
from bilan.prose import chiffres_tapes
from bilan.verifier import verifier
from tests.conftest import EDITION


@pytest.mark.parametrize(
    ("texte", "tapes"),
    [
        ("Soit 74 % des présences.", ["74 %"]),
        ("De 34,5 % à 28,3 %.", ["34,5 %", "28,3 %"]),
        ("Un écart de −26 points.", ["−26 points"]),
        ("Une subvention de 655 000 €.", ["655 000 €"]),
        ("Les 6 territoires et leurs 400 acteurs.", ["6", "400"]),
        ("+25 % en trois ans", ["+25 %"]),
        ("| I1 | 74 % |", ["74 %"]),
    ],
)
def test_chiffre_tape(texte, tapes):
    """Pourcentages, montants, écarts et comptes tapés sont vus."""
    assert chiffres_tapes(texte) == tapes


@pytest.mark.parametrize(
    "texte",
    [
        'Soit []{.chiffre code="I1.resultat"} des présences.',
        "Il est publié [62 %]{.cite}.",
        "De 2022 à 2024, le 30 juin 2025.",
        "Depuis la Covid-19, étude n° 159.",
        "Un PAT de niveau 1 ou 2, axe 3, partie 2.3, Tableau 1.",
        "Les indicateurs I5 et I7, R11, C01.",
        "Un score de 0, ½ ou 1.",
        "Voir @tbl-indicateurs, la note[^1] et `x = 12`.",
        "1. Premier point",
        "[lien](page-12.html) et <https://exemple.fr/42>",
        "|:----|---:|",
        "# axe-1",
        "Licence Ouverte 2.0, en UTF-8",
    ],
)
def test_ce_qui_n_en_est_pas_un(texte):
    """Dates, codes, numéros, scores, citations marquées, code et liens ne sont pas des fautes."""
    assert chiffres_tapes(texte) == []


def test_faute_situee_dans_un_chapitre(projet):
    """Le message dit fichier, ligne, et le code à écrire."""
    chemin = projet / "report" / "conclusion.qmd"
    lignes = chemin.read_text("utf-8").splitlines()
    chemin.write_text("\n".join([*lignes, "", "La participation est de 74 %."]) + "\n", "utf-8")
    [faute] = verifier(Projet(projet).edition(EDITION))
    assert str(faute).startswith(
        f"report/conclusion.qmd, ligne {len(lignes) + 2} : chiffre tapé à la main « 74 % ». "
        'Écrire []{.chiffre code="I1.resultat"} ou '
    )


def test_faute_situee_dans_un_carnet(projet):
    """Dans un carnet, le message dit aussi la cellule."""
    chemin = projet / "notebooks" / "cooperation.ipynb"
    carnet = nbformat.read(chemin, as_version=4)
    carnet.cells.append(nbformat.v4.new_markdown_cell("On compte 128 acteurs rencontrés."))
    nbformat.write(carnet, chemin)
    [faute] = verifier(Projet(projet).edition(EDITION))
    assert f"notebooks/cooperation.ipynb (cellule {len(carnet.cells)}), ligne 1" in str(faute)
    assert "ensemble.acteurs_rencontres" in str(faute)


# Ce que ces pages montrent n'est pas l'évaluation : bornes de schémas, versions, choix de réponse,
# bases possibles d'un pourcentage publié, items de listes, comptes de contrôles ; l'annexe de
# provenance recopie les libellés.
SANS_EVALUATION = ("accessibilite", "audit", "donnees", "ours", "questionnaires", "provenance",
                   "contradictions", "referentiels")
DATE = re.compile(r"\b\d{1,2} (janv|févr|mars|avr|mai|juin|juil|août|sept|oct|nov|déc)\S* \d{4}")
NUMERO = re.compile(r"^(Figure|Tableau)\s\d+|\b(section|chapitre|annexe)s?\s[\dA-Z.]+")


@pytest.mark.xdist_group("construit")
def test_tout_nombre_du_site_est_un_chiffre_du_registre(sortie):
    """Prose, tableaux, légendes, données de graphiques, fiches : nul nombre hors du registre."""
    libres = {}
    for page in sorted((sortie / "site").glob("*.html")):
        if page.stem in SANS_EVALUATION:
            continue
        corps = BeautifulSoup(page.read_text("utf-8"), "html.parser").find("main")
        for tenu in corps.select(".chiffre, .cite, code, nav, script, .numero, sup"):
            tenu.replace_with(" ")
        for element in corps.find_all(["p", "li", "td", "th", "caption", "figcaption", "dd"]):
            if element.find(["p", "li"]):
                continue
            texte = NUMERO.sub(" ", DATE.sub(" ", element.get_text(" ", strip=True)))
            if trouves := chiffres_tapes(texte):
                libres[f"{page.stem} : {texte[:80]}"] = trouves
    # Un niveau d'intervalle et une classe d'âge sont des conventions, pas des résultats.
    conventions = {"95 %", "30"}
    restent = {ou: t for ou, t in libres.items()
               if {re.sub(r"\s", " ", n) for n in t} - conventions}
    assert restent == {}


@pytest.mark.xdist_group("construit")
def test_chaque_chiffre_montre_est_dans_le_registre_et_dans_l_annexe(sortie):
    """Tout chiffre affiché a son enregistrement, et mène à une ancre qui existe."""
    connus = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    ancres = {
        e["id"]
        for page in (sortie / "site").glob("*.html")
        for e in BeautifulSoup(page.read_text("utf-8"), "html.parser").select("[id^=chiffre-]")
    }
    for page in (sortie / "site").glob("*.html"):
        for lien in BeautifulSoup(page.read_text("utf-8"), "html.parser").select("a.chiffre"):
            assert lien["data-code"] in connus, (page.name, lien["data-code"])
            assert lien["href"].partition("#")[2] in ancres, (page.name, lien["href"])
