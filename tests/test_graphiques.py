"""Les graphiques tiennent quel que soit le nombre de territoires : rien ne se chevauche."""

from itertools import pairwise

import pandas as pd
import pytest

from bilan import figures
from bilan.graphiques import Graphique, place_du_territoire
from bilan.graphiques_taux import grille_des_taux

NOMS = ("Val-Lorme", "Douaisis", "Haut-Serquin", "Dunkerque", "Plaine d'Ostrelle",
        "Côte-des-Brisants", "Marlinois", "Boucle d'Ancelle", "Querlin")


def place(autres: dict[float, int], ici: float) -> Graphique:
    """La place d'un territoire sur un seul indicateur."""
    return place_du_territoire(pd.DataFrame(
        {"code": ["I1"], "nom": "Un", "resultat": ici, "rapport": "1/1", "base": True,
         "autres": [autres], "etendue": "de 0 % à 100 %"}), "Ici")


@pytest.mark.parametrize(("autres", "ici", "ronds", "nombres"), [
    ({20: 1, 60: 1, 80: 1}, 40.0, [20, 60, 80], []),
    ({20: 1, 100: 3}, 40.0, [20, 100], ["3"]),
    ({30: 2, 100: 2}, 100.0, [30, 100], ["2", "2"]),
    ({50: 1}, 50.0, [50], []),
    ({}, 50.0, [], []),
])
def test_les_territoires_de_meme_resultat_sont_comptes(autres, ici, ronds, nombres):
    """Un rond par résultat ; celui de plusieurs territoires, au point près, dit combien."""
    [axe] = place(autres, ici).figure.axes
    places = [ligne.get_xdata()[0] for ligne in axe.lines
              if ligne.get_marker() == "o" and ligne.get_ydata()[0] == 0]
    assert sorted(places) == ronds
    assert [t.get_text() for t in axe.texts if t.get_text().isdigit()] == nombres


def test_un_rond_ne_cache_pas_le_losange():
    """Au même résultat, le rond des autres entoure le losange sans l'emplir."""
    [axe] = place({50: 1}, 50.0).figure.axes
    rond, losange = (ligne for ligne in axe.lines if ligne.get_xdata()[0] == 50)
    assert (rond.get_marker(), losange.get_marker()) == ("o", "D")
    assert rond.get_markerfacecolor() == "none"
    assert rond.get_markersize() > 1.5 * losange.get_markersize()


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


@pytest.mark.parametrize("dessiner", [
    lambda b: figures.repartition(b, b.parametres.de_categorie("cooperation")),
    lambda b: figures.repartition(b, b.parametres.de_categorie("realisations")),
    lambda b: figures.acteurs(b, "territoire"), figures.matrice,
])
def test_trop_nombreux_pour_etre_nommes_les_territoires_sont_comptes(bilan, monkeypatch, dessiner):
    """Au-delà de quarante, chacun est dans un cas et un seul, et aucun n'est nommé."""
    monkeypatch.setattr(figures, "TERRITOIRES_NOMMES", 5)
    dessin = dessiner(bilan)
    sommes = dessin.donnees.iloc[:, 1:].sum(axis=1)
    assert len(sommes) >= 3 and set(sommes) == {len(bilan.noms)}
    assert not any(nom in dessin.alternative for nom in bilan.noms.values())


def test_les_familles_d_acteurs_restent_nommees(bilan, monkeypatch):
    """Ce qui compte les territoires ne compte pas les familles, si nombreuses soient-elles."""
    monkeypatch.setattr(figures, "TERRITOIRES_NOMMES", 5)
    assert "Producteur" in figures.acteurs(bilan, "famille").alternative
