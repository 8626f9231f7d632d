"""Où sont les territoires : contours, périmètres, cartes."""

import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bilan import figures, geographie, graphiques_carte
from bilan.carnet import Bilan
from bilan.projet import Projet
from bilan.verifier import verifier
from tests.conftest import EDITION, RACINE, remplacer


@pytest.fixture
def contours():
    return geographie.lire_contours(RACINE)


def ouvrir(projet) -> Bilan:
    geographie.lire_contours.cache_clear()
    return Bilan(EDITION, Projet(projet))


def test_chaque_territoire_publie_est_situe(bilan):
    """Les six territoires ont un contour ; la Thiérache et la Sambre-Avesnois en ont quatre."""
    faits = {s.nom: len(s.contours) for s in geographie.situations(bilan)}
    assert faits == {"CABBALR": 1, "Douaisis": 1, "Dunkerque": 1, "Sud-Artois": 1,
                     "Thiérache": 4, "Sambre-Avesnois": 4}


def test_contours_dans_leur_departement(bilan, contours):
    """Chaque territoire est dessiné dans le département que la table des territoires lui donne."""
    departements = {d.nom: graphiques_carte._chemin([d]) for d in contours["departement"]}
    for situation in geographie.situations(bilan):
        milieu = graphiques_carte._point_interieur(situation.contours)
        dedans = [nom for nom, d in departements.items() if d.contains_point(milieu)]
        assert dedans == [situation.departements], situation.nom


def test_contours_voisins_sans_recouvrement(contours):
    """Le point intérieur d'une intercommunalité n'est dans aucune autre."""
    chemins = {e.code: graphiques_carte._chemin([e]) for e in contours["epci"]}
    assert len(chemins) > 90
    for epci in contours["epci"]:
        point = graphiques_carte._point_interieur([epci])
        assert [c for c, p in chemins.items() if p.contains_point(point)] == [epci.code], epci.nom


def test_source_des_contours_imprimee(bilan):
    """La carte dit d'où viennent ses contours et sous quelle licence, d'après leur paquet."""
    carte = figures.carte(bilan)
    pied = " ".join(t.get_text() for t in carte.figure.texts).replace("\n", " ")
    assert "IGN, ADMIN EXPRESS COG" in pied and "Licence Ouverte 2.0" in pied
    paquet = json.loads((RACINE / geographie.DOSSIER / "datapackage.json").read_text("utf-8"))
    assert paquet["licenses"][0]["name"] == "etalab-2.0"


def test_la_carte_se_lit_sans_la_voir(bilan):
    """Le texte de remplacement et les données nomment chaque territoire et disent où il est."""
    carte = figures.carte(bilan)
    for nom in bilan.noms.values():
        assert nom in carte.alternative
    ou = dict(zip(carte.donnees["Territoire"], carte.donnees["Dans la région"], strict=True))
    assert (ou["Dunkerque"], ou["Thiérache"]) == ("au nord-ouest", "à l’est")


def test_noms_directement_sur_la_carte(bilan):
    """Chaque territoire est nommé sur le dessin, et deux noms ne se recouvrent pas."""
    figure = figures.carte(bilan).figure
    [axe] = figure.axes
    rendu = FigureCanvasAgg(figure).get_renderer()
    cadres = {t.get_text().replace("\n", " "): t.get_window_extent(rendu) for t in axe.texts}
    assert set(bilan.noms.values()) <= set(cadres)
    noms = [*cadres]
    chevauchements = [(a, b) for i, a in enumerate(noms) for b in noms[i + 1:]
                      if cadres[a].overlaps(cadres[b].shrunk(0.95, 0.8))]
    assert chevauchements == []


def test_territoires_sans_limites_nommes(bilan, contours):
    """La carte montre ceux qui sont situés et nomme les autres, dessin et données."""
    situations = [s if s.nom in ("Douaisis", "Dunkerque") else replace(s, contours=(), limites="")
                  for s in geographie.situations(bilan)]
    carte = graphiques_carte.carte_des_territoires(
        contours["departement"], situations, "Hauts-de-France", "source")
    pied = " ".join(t.get_text() for t in carte.figure.texts).replace("\n", " ")
    assert "Non situés, faute de limites renseignées : CABBALR ; Sud-Artois" in pied
    assert list(carte.donnees["Dans la région"]).count("non situé") == 4


def test_edition_sans_perimetres(projet):
    """Sans table des périmètres, l'édition reste bonne : pas de carte, et c'est dit."""
    (projet / f"data/{EDITION}/perimetres.csv").unlink()
    chemin = projet / f"data/{EDITION}/datapackage.json"
    paquet = json.loads(chemin.read_text("utf-8"))
    paquet["resources"] = [r for r in paquet["resources"] if r["name"] != "perimetres"]
    chemin.write_text(json.dumps(paquet, ensure_ascii=False, indent=2) + "\n", "utf-8")
    edite = ouvrir(projet)
    assert verifier(edite.edition) == []
    assert figures.carte(edite) is None
    assert figures.situation(edite, "douaisis") is None


def test_siren_inconnu_refuse(projet):
    """Une intercommunalité sans contour est une faute, avec sa ligne et le remède."""
    remplacer(projet / f"data/{EDITION}/perimetres.csv", "200044618", "200000000")
    [faute] = verifier(ouvrir(projet).edition)
    assert (faute.ligne, faute.colonne) == (3, "epci")
    assert "200000000" in faute.trouve and "data/README.md" in faute.remede


def test_noms_ecartes():
    """Des hauteurs voisines s'écartent, dans le même ordre et sans sortir du cadre."""
    places = graphiques_carte._ecarter([0.5, 0.52, 0.9, 0.51])
    assert np.argsort(places).tolist() == np.argsort([0.5, 0.52, 0.9, 0.51]).tolist()
    assert np.diff(np.sort(places)).min() >= 0.2 - 1e-9 and min(places) >= 0.05
