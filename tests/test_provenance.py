"""L'annexe de provenance : ce que l'édition contient, en tableaux qui tiennent dans la page."""

import pytest

from bilan import annexes
from bilan.carnet import Bilan
from bilan.projet import Projet
from bilan.provenance import _groupes, provenance, sortes_de_chiffres
from tests.conftest import EDITION


def test_sortes_de_chiffres(projet):
    """Des chiffres publiés ne sont annoncés que si l'édition en a."""
    bilan = Bilan(EDITION, Projet(projet))
    assert "**publiés**" in sortes_de_chiffres(bilan)
    assert "édition précédente" not in sortes_de_chiffres(bilan)
    publies = projet / "data" / EDITION / "publies.csv"
    publies.write_text(publies.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    sans = Bilan(EDITION, Projet(projet))
    assert "**publiés**" not in sortes_de_chiffres(sans)
    assert "**calculés**" in sortes_de_chiffres(sans)
    assert "tbl-dico-publies" in annexes.dictionnaire(bilan)
    assert "publies" not in annexes.dictionnaire(sans) + annexes.donnees(sans)


@pytest.mark.parametrize(("nombre", "tailles"), [(0, []), (6, [6]), (9, [5, 4]), (13, [5, 5, 3])])
def test_six_colonnes_au_plus(nombre, tailles):
    """Chaque territoire a sa colonne, une fois ; aucun tableau n'en a plus de six."""
    noms = {f"t{n}": f"Nom {n}" for n in range(nombre)}
    groupes = list(_groupes(noms))
    assert [len(groupe) for groupe, _, _ in groupes] == tailles
    assert {t: n for groupe, _, _ in groupes for t, n in groupe.items()} == noms
    suites = [(suite, rang) for _, suite, rang in groupes]
    assert len(set(suites)) == len(suites)
    assert (suites == [("", "")]) is (len(tailles) == 1)


def test_un_seul_tableau_a_six_territoires(bilan):
    """Six territoires tiennent ensemble : les tableaux ne se coupent pas pour rien."""
    texte = provenance(bilan)
    assert "{#tbl-provenance-taux}" in texte and "tbl-provenance-taux-2" not in texte
