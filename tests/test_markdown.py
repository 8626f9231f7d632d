"""Du texte au Markdown : ce qui vient des données reste du texte."""

import json
import subprocess

import pandas as pd
import pypandoc
import pytest

from bilan.markdown import Colonne, Tableau, apostrophes, echapper, tableau_de

HOSTILES = [
    "<script>alert(1)</script>", '`raw`{=html}', '#import("x")', "{{< include secret.md >}}",
    "*gras* _souligné_ ~barré~", "[lien](javascript:alert(1))", "$x^2$", "a | b", "::: {.bloc}",
    "@fig-x", "# titre", "&lt;b&gt;", "\\", "```", "![i](x.png)", "^[note]", '"guillemets"',
    "a--b...",
    "<span class=\"chiffre\" data-code=\"x\">9</span>", ":smile:", "www.exemple.fr", "1. un",
]


def texte_rendu(markdown: str) -> str:
    """Le texte que Pandoc lit, et rien d'autre que du texte."""
    sortie = subprocess.run(
        [pypandoc.get_pandoc_path(), "-f", "markdown", "-t", "json"],
        input=markdown, capture_output=True, text=True, check=True,
    )
    blocs = json.loads(sortie.stdout)["blocks"]
    assert [b["t"] for b in blocs] == ["Para"]
    morceaux = []
    for element in blocs[0]["c"]:
        assert element["t"] in ("Str", "Space", "SoftBreak"), element
        morceaux.append(element.get("c", " "))
    return "".join(morceaux)


@pytest.mark.parametrize("texte", HOSTILES)
def test_texte_inerte(texte):
    """Échappé, le texte se relit tel que tapé, sans le moindre balisage."""
    assert texte_rendu(echapper(texte)) == texte


def test_saut_de_ligne_dans_une_cellule():
    """Un saut de ligne ne casse pas un tableau ; les caractères de contrôle disparaissent."""
    assert echapper("a\nb\x00\x1b[31m\u202e") == "a b\\[31m"


@pytest.mark.parametrize(("saisi", "lu"), [
    ("l'appel d'offres", "l’appel d’offres"), ("'cité'", "'cité'"), ("5' 'x", "5' 'x"),
])
def test_l_apostrophe_d_un_mot_est_courbe(saisi, lu):
    """Entre deux lettres, comme dans la prose ; ailleurs le signe reste tel que tapé."""
    assert apostrophes(saisi) == lu


def test_insecable_gardee():
    """Une espace insécable est de la typographie : elle reste."""
    assert echapper("74\u00a0%") == "74\u00a0\\%"


def test_tableau_de_donnees():
    """Nombres à droite, virgule décimale, manquants en tiret."""
    donnees = pd.DataFrame({"Nom": ["a|b", None], "Part": [0.5, 1.25]})
    lignes = tableau_de(donnees).markdown().splitlines()
    assert lignes[0] == "| Nom | Part |"
    assert lignes[1].endswith(":|")
    assert lignes[2] == "| a\\|b | 0\\,5 |"
    assert lignes[3] == "| – | 1\\,25 |"


def test_legende_et_identifiant():
    """La légende et l'étiquette suivent le tableau, comme Quarto et Pandoc les lisent."""
    tableau = Tableau([Colonne("A")], [["1"]], "Titre", "tbl-x")
    assert tableau.markdown().endswith(": Titre {#tbl-x}\n")
