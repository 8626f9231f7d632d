"""Les graphiques tiennent quel que soit le nombre de territoires : rien ne se chevauche."""

from itertools import pairwise

import pandas as pd
import pytest

from bilan.graphiques import _empiler
from bilan.graphiques_taux import grille_des_taux

NOMS = ("Val-Lorme", "Douaisis", "Haut-Serquin", "Dunkerque", "Plaine d'Ostrelle",
        "Côte-des-Brisants", "Marlinois", "Boucle d'Ancelle", "Querlin")


@pytest.mark.parametrize("nombre", [2, 6, 9, 15])
@pytest.mark.parametrize("ici", [[], [100.0]])
def test_des_points_de_meme_valeur_restent_dans_leur_bande(nombre, ici):
    """Empilés, les autres territoires ne débordent pas sur l'indicateur voisin."""
    x, y = _empiler(pd.Series([100.0] * nombre), 3, pd.Series(ici, dtype=float))
    assert x == [100.0] * nombre
    assert len(set(y)) == nombre
    assert max(abs(place - 3) for place in y) < 0.45


@pytest.mark.parametrize("nombre", [3, 6, 9])
def test_les_noms_des_colonnes_ne_se_chevauchent_pas(nombre):
    """Six territoires ou neuf, chaque colonne de la grille des taux se lit."""
    colonnes = ["Ensemble", *NOMS[:nombre]]
    df = pd.DataFrame([
        {"groupe": 1, "ligne": "Feuilles de présence", "colonne": c, "taux": 50.0,
         "rapport": "1/2", "faible": True} for c in colonnes
    ])
    figure = grille_des_taux(df, 60, "simulee").figure
    figure.canvas.draw()
    boites = [t.get_window_extent() for t in figure.axes[0].get_xticklabels()]
    assert len(boites) == nombre + 1
    for gauche, droite in pairwise(boites):
        assert gauche.x1 < droite.x0
    assert max(b.y1 for b in boites) <= figure.bbox.y1
