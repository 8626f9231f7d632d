"""La prose : un chiffre de l'évaluation tapé à la main est une faute ; le reste ne l'est pas."""

import nbformat
import pytest

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
