"""Les paramètres : chaque faute, une ligne qui dit fichier, ligne, trouvé, remède."""

import pytest

from bilan.parametres import Parametres
from bilan.projet import Projet
from tests.conftest import EDITION, remplacer


def fautes(projet) -> list[str]:
    return [str(f) for f in Parametres(Projet(projet).edition(EDITION)).fautes()]


def test_parametres_du_depot_sans_faute(projet):
    """Les paramètres commités se lisent sans faute."""
    assert fautes(projet) == []


CAS = [
    ("edition.yml", "region:", "regoin:", ["clé inconnue « regoin »", "Écrire « region » ?"]),
    ("edition.yml", "region:", "regoin:", ["la clé « region » manque"]),
    ("edition.yml", 'code: "2022-2024"', "code: 01001",
     ["edition.yml, ligne 2", "lu comme un nombre", 'entre guillemets : "01001"']),
    ("edition.yml", "date: 2026-11-29", 'date: "juin"', ["Attendu : une date"]),
    ("edition.yml", "duree_max_cellule: 300", "duree_max_cellule: -1", ["plus grand que zéro"]),
    ("edition.yml", 'code: "2022-2024"', 'code: "2022-2024"\ncode: "2023"',
     ["la même clé est écrite deux fois"]),
    ("edition.yml", 'titre: "', 'titre: "" "', ["l'écriture YAML n'est pas comprise"]),
    ("indicateurs.yml", "cible: 100", 'cible: "cent"', ["indicateurs.yml, ligne"]),
    ("indicateurs.yml", "categorie: accompagnement", "categorie: acompagnement",
     ["I1 : catégorie inconnue « acompagnement »", "Écrire « accompagnement » ?"]),
    ("indicateurs.yml", "- code: I2", "- code: I1", ["I1 est défini deux fois"]),
    ("indicateurs.yml", 'dont: "present"', 'moyenne: "x"\n    dont: "present"',
     ["« dont » (ce qui est compté) ou « moyenne »"]),
    ("indicateurs.yml", "sources: [activite]", "sources: [activité]",
     ["Valeurs admises : activite, questionnaire, entretien"]),
    ("logigramme.yml", 'indicateurs: ["I1"', 'indicateurs: ["I99"', ["indicateur inconnu « I99 »"]),
]


@pytest.mark.parametrize(("fichier", "avant", "apres", "dits"), CAS,
                         ids=[f"{c[0]}-{i}" for i, c in enumerate(CAS)])
def test_faute_dite(projet, fichier, avant, apres, dits):
    """La faute est dite en une ligne, avec son remède."""
    remplacer(projet / "params" / EDITION / fichier, avant, apres)
    trouvees = "\n".join(fautes(projet))
    for dit in dits:
        assert dit in trouvees
    assert f"params/{EDITION}/{fichier}" in trouvees
