"""Les données commitées : conformes à leurs schémas, reconstituées de façon répétable."""

import json
import subprocess
import sys

import pytest

from bilan.tables import lire_schemas
from tests.conftest import EDITION, RACINE

DONNEES = RACINE / "data" / EDITION
PAQUET = json.loads((DONNEES / "datapackage.json").read_text("utf-8"))
NATURES = {r["name"]: r["nature"] for r in PAQUET["resources"]}


def test_frictionless_valide_depuis_ailleurs(tmp_path):
    """La commande frictionless valide le paquet tel quel, d'où qu'on la lance."""
    frictionless = f"{sys.prefix}/bin/frictionless"
    resultat = subprocess.run(
        [frictionless, "validate", str(DONNEES / "datapackage.json")],
        capture_output=True, text=True, cwd=tmp_path,
    )
    assert resultat.returncode == 0, resultat.stdout


def test_reconstitution_repetable(tmp_path):
    """Le script de reconstitution redonne les fichiers commités, à l'octet près."""
    resultat = subprocess.run(
        [sys.executable, str(DONNEES / "reconstituer.py"), "--verifier"],
        capture_output=True, text=True, cwd=tmp_path,
    )
    assert resultat.returncode == 0, resultat.stdout + resultat.stderr


def test_chaque_table_a_sa_nature():
    """Chaque table de l'édition a un schéma, un fichier et une nature déclarée."""
    assert set(lire_schemas(RACINE)) == set(NATURES)
    assert set(NATURES.values()) == {"publiee", "reconstituee"}


@pytest.mark.parametrize("table", ["presences", "reponses", "acteurs", "criteres", "entretiens",
                                   "mises_en_oeuvre"])
def test_lignes_individuelles_dites_reconstituees(table):
    """Aucune ligne individuelle n'est présentée comme publiée."""
    assert NATURES[table] == "reconstituee"


def test_chiffres_cles_publies(bilan):
    """Les vingt-deux chiffres clés des fiches, transcrits dans leur ordre."""
    cles = bilan.tables["chiffres_cles"]
    obtenus = {
        territoire: [bilan.registre[f"fiche.{territoire}.{i + 1}"].texte.replace("\u00a0", " ")
                     for i in range(len(lignes))]
        for territoire, lignes in cles.groupby("territoire", sort=False)
    }
    attendus = {
        "cabbalr": ["850", "+100 %", "9", "10"],
        "douaisis": ["+7", "8", "50", "90 %"],
        "dunkerque": ["15", "−1", "+6", "+3"],
        "sud-artois": ["16", "56", "135", "4"],
        "thierache": ["18", "11", "15"],
        "sambre-avesnois": ["+120", "20", "5"],
    }
    assert attendus == obtenus


@pytest.mark.parametrize(
    ("code", "texte"),
    [
        ("seuil_pauvrete", "1 216 €"), ("pauvrete_monoparentales", "34,5 %"),
        ("pauvrete_jeunes", "28,3 %"), ("relance_projets", "27"), ("appel_structures", "54"),
        ("relance_montant", "1,1 M€"), ("appel_montant", "6,6 M€"), ("pat_2019", "3"),
        ("pat_2025", "34"), ("ami_aide_annuelle", "40 000 €"),
    ],
)
def test_contexte_publie(bilan, code, texte):
    """Les chiffres de contexte se lisent comme ils ont été publiés."""
    lu = bilan.registre[f"contexte.{code}"].texte.replace("\u00a0", " ").replace("\u202f", " ")
    assert lu == texte


def test_rien_ne_contredit_les_fiches(bilan):
    """Les lignes reconstituées s'accordent avec ce que les fiches publient."""
    acteurs = bilan.tables["acteurs"]
    participe = acteurs[acteurs["participe_action"] | acteurs["participe_animation"]]
    par_territoire = participe.groupby("territoire").size()
    assert par_territoire["cabbalr"] == 20
    assert "thierache" not in par_territoire
    cabbalr = participe[participe["territoire"] == "cabbalr"]
    assert cabbalr["famille"].nunique() == 9
    douaisis = participe[participe["territoire"] == "douaisis"]["famille"].value_counts()
    assert (douaisis["epicerie"], douaisis["producteur"]) == (8, 6)
