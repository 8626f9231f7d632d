"""Ce qui entre dans un tableur y reste du texte, et se relit tel quel."""

import csv
import io

import openpyxl
import pytest

from bilan.classeur import classeur
from bilan.projet import Projet
from bilan.tableur import ecrire, en_csv
from tests.conftest import EDITION, remplacer
from tests.corpus import DEBUTS_DE_FORMULE, chaines

CHAINES = chaines(un_sur=20)


def test_un_csv_se_relit_tel_quel():
    """Chaque chaîne, fins de ligne de Mac comprises, revient dans sa cellule et sur sa ligne."""
    lignes = [[texte, "fin"] for texte in [*CHAINES, "a\rb", "\r", "a\r\nb", '"\r"']]
    assert list(csv.reader(io.StringIO(en_csv(lignes), newline=""))) == lignes


def test_un_csv_pour_tableur_n_a_pas_de_formule():
    """Une apostrophe précède ce qui en serait une ; un nombre reste un nombre."""
    ecrites = en_csv([[d + "1+1", -1.5] for d in DEBUTS_DE_FORMULE], pour_tableur=True)
    lues = csv.reader(io.StringIO(ecrites, newline=""))
    assert [tuple(li) for li in lues] == [(f"'{d}1+1", "-1.5") for d in DEBUTS_DE_FORMULE]


def test_une_cellule_de_texte_n_est_jamais_une_formule():
    """Le classeur écrit, quelle que soit la chaîne, ne porte que du texte."""
    livre = openpyxl.Workbook()
    for rang, texte in enumerate(CHAINES, start=1):
        ecrire(livre.active.cell(rang, 1), texte)
    sortie = io.BytesIO()
    livre.save(sortie)
    relues = [c[0] for c in openpyxl.load_workbook(sortie).active.iter_rows()]
    assert len(relues) == len(CHAINES)
    assert {c.data_type for c in relues} <= {"s", "inlineStr"}


@pytest.mark.parametrize("nom", ["=1+1", "+SOMME(A1)", "@x"])
def test_le_classeur_de_collecte_n_a_pas_de_formule(projet, nom):
    """Un territoire dont le nom serait une formule n'en met aucune dans le classeur envoyé."""
    remplacer(projet / f"data/{EDITION}/territoires.csv", ",Douaisis,", f",{nom},")
    livre = openpyxl.load_workbook(io.BytesIO(
        classeur(Projet(projet).edition(EDITION), "douaisis")))
    cellules = [c for page in livre for ligne in page.iter_rows() for c in ligne]
    assert [c.coordinate for c in cellules if c.data_type == "f"] == []
    assert any(str(c.value).startswith(nom) for c in cellules)
