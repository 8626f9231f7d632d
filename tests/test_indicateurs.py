"""Le moteur d'indicateurs : cas vérifiables à la main, puis résultats publiés."""

from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from bilan import nombres
from bilan.erreurs import ErreurBilan
from bilan.expressions import selectionner
from bilan.indicateurs import mesurer, par_territoire
from bilan.parametres import Indicateur
from bilan.registre import atteinte

CAS = YAML(typ="safe").load(Path(__file__).with_name("cas") / "indicateurs.yml")
TERRITOIRES = pd.DataFrame(
    {"territoire": ["a", "b", "c"], "base_reseau": [True, True, False]}
).convert_dtypes()
PUBLIES = {
    "I1": 74, "I2": 79, "I3": 80, "I4": 32, "I5": 37, "I6": 25, "I7": 68, "I8": 80, "I9": 90,
    "I10": 60, "I11": 100, "I12": 60, "I13": 50, "S1": 62,
}
CIBLES = [100, 100, 80, 90, 80, 60, 60, 100, 100, 80, 100, 100, 100]


def definir(table: str, **champs) -> Indicateur:
    """Une définition réduite à sa mesure."""
    return Indicateur(
        code="X1", nom="x", categorie="x", question="x", lecture="x", calcul="x", sources=[],
        table=table, unite="%", **champs,
    )


@pytest.mark.parametrize("cas", CAS, ids=[c["nom"] for c in CAS])
def test_cas_a_la_main(cas):
    """Le numérateur, le dénominateur et la valeur sont ceux qu'on trouve en comptant."""
    tables = {"territoires": TERRITOIRES,
              cas["table"]: pd.DataFrame(cas["lignes"]).convert_dtypes()}
    mesure = {cle: cas[cle] for cle in ("parmi", "dont", "moyenne") if cle in cas}
    obtenu = mesurer(definir(cas["table"], **mesure), tables)
    attendu = (cas["numerateur"], cas["denominateur"], cas["valeur"])
    assert attendu == (obtenu.numerateur, obtenu.denominateur, obtenu.valeur)


@pytest.mark.parametrize("code", PUBLIES)
def test_resultat_publie(bilan, code):
    """Chaque indicateur, calculé sur les lignes, redonne le résultat publié une fois arrondi."""
    mesure = mesurer(bilan.parametres.indicateur(code), bilan.tables_entieres)
    assert PUBLIES[code] == nombres.arrondir(mesure.valeur)


def test_publies_transcrits(bilan):
    """La table des résultats publiés est celle du Tableau 1, cibles comprises."""
    publies = bilan.tables["publies"].set_index("code")
    assert publies["resultat"].astype(int).to_dict() == PUBLIES
    assert [int(publies.loc[f"I{n}", "cible"]) for n in range(1, 14)] == CIBLES


def test_cibles_des_parametres(bilan):
    """Les cibles des définitions sont les cibles publiées, et S1 n'en a pas."""
    assert [i.cible for i in bilan.parametres.principaux] == CIBLES
    assert bilan.parametres.indicateur("S1").cible is None


def test_trois_cibles_atteintes(bilan):
    """Trois indicateurs sur treize atteignent leur cible : I3, I7 et I11."""
    principaux = bilan.parametres.principaux
    assert [
        i.code for i in principaux if atteinte(bilan.registre[f"{i.code}.resultat"])
    ] == ["I3", "I7", "I11"]


def test_effectifs_des_parts_d_acteurs(bilan):
    """Les parts d'acteurs se répondent : les rencontrés sont les participants et les autres."""
    mesures = {c: mesurer(bilan.parametres.indicateur(c), bilan.tables_entieres)
               for c in ("I4", "I5", "I7")}
    assert mesures["I4"].numerateur == mesures["I7"].denominateur
    assert mesures["I7"].denominateur - mesures["I7"].numerateur == mesures["I5"].denominateur


@pytest.mark.parametrize("code", ["I1", "I2", "I4", "I5", "I6", "I7", "S1"])
def test_somme_des_territoires(bilan, code):
    """Les numérateurs et dénominateurs des territoires s'additionnent en ceux de l'ensemble."""
    definition = bilan.parametres.indicateur(code)
    ensemble = mesurer(definition, bilan.tables_entieres)
    locales = par_territoire(definition, bilan.tables_entieres).values()
    assert ensemble.numerateur == sum(m.numerateur for m in locales)
    assert ensemble.denominateur == sum(m.denominateur for m in locales)


def test_cinq_territoires_dans_la_base(bilan):
    """Les indicateurs de réseau se calculent sur cinq territoires, sans la Thiérache."""
    for code in ("I8", "I9", "I10", "I11", "I12", "I13"):
        locales = par_territoire(bilan.parametres.indicateur(code), bilan.tables_entieres)
        assert len(locales) == 5
        assert "thierache" not in locales


TABLE = pd.DataFrame({"rencontre": [True], "famille": ["ccas"]}).convert_dtypes()


@pytest.mark.parametrize(
    ("expression", "dit"),
    [
        ("rencontr", "Écrire « rencontre » ?"),
        ("rencontre et", "pas comprise à la fin"),
        ("famille", "n'est pas une colonne vrai/faux"),
        ("famille > 3", "comparaison entre un texte et un nombre"),
        ("rencontre; import os", "pas comprise à partir de « ; import os »"),
        ("rencontre.__class__", "pas comprise à partir de « .__class__ »"),
    ],
)
def test_expression_refusee(expression, dit):
    """Une expression fautive est refusée en disant où, et le nom le plus proche."""
    with pytest.raises(ErreurBilan) as erreur:
        selectionner(expression, TABLE)
    assert dit in str(erreur.value)
