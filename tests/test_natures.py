"""Ce que valent les lignes : dit partout où cela compte, et nulle part ailleurs."""

import json

import pytest

from bilan import constats_annexe, natures
from bilan.carnet import Bilan
from bilan.projet import Projet
from bilan.registre import mention, nature_de
from tests.conftest import EDITION

COMPTEES = ("presences", "reponses", "mises_en_oeuvre", "acteurs", "criteres")


def declarer(racine, nature: str, tables=None) -> Bilan:
    """L'édition, dont ces tables (toutes, par défaut) déclarent cette nature."""
    chemin = racine / "data" / EDITION / "datapackage.json"
    paquet = json.loads(chemin.read_text("utf-8"))
    for ressource in paquet["resources"]:
        if tables is None or ressource["name"] in tables:
            ressource["nature"] = nature
    chemin.write_text(json.dumps(paquet), "utf-8")
    return Bilan(EDITION, Projet(racine))


@pytest.mark.parametrize(("natures_", "nature", "dit"), [
    (["observee", "simulee"], "simulee", " (lignes simulées)"),
    (["publiee", "reconstituee"], "reconstituee", " (lignes reconstituées)"),
    (["observee", "publiee"], "observee", ""),
])
def test_une_seule_table_fabriquee_suffit(natures_, nature, dit):
    """Ce qui vient d'une table fabriquée est fabriqué, et sa légende le dit."""
    assert nature_de(natures_) == nature
    assert mention(nature) == dit


def test_seules_les_natures_presentes_sont_definies(projet):
    """L'annexe n'explique que les natures que l'édition déclare."""
    phrases = natures.definitions(declarer(projet, "simulee"))
    assert "Une table **simulée**" in phrases
    assert not any(f"**{n}**" in phrases for n in ("publiée", "reconstituée", "observée"))
    assert "natures différentes" not in phrases
    phrases = natures.definitions(declarer(projet, "observee", COMPTEES))
    assert "**simulée**" in phrases and "**observée**" in phrases
    assert "natures différentes" in phrases


def test_portee_des_lignes(projet):
    """Toutes fabriquées, en partie, ou aucune : la phrase suit ; le contexte n'y change rien."""
    assert "étant reconstituées" in natures.portee(Bilan(EDITION, Projet(projet)))
    assert "étant simulées" in natures.portee(declarer(projet, "simulee", COMPTEES))
    assert "étant en partie simulées" in natures.portee(declarer(projet, "observee", ["acteurs"]))
    assert natures.portee(declarer(projet, "observee", COMPTEES)) == ""


def test_les_regles_disent_que_des_lignes_sont_simulees(projet):
    """Des lignes simulées peuvent « montrer » ; l'annexe qui donne la règle le dit, et pourquoi."""
    assert "simulées" not in constats_annexe.regles(Bilan(EDITION, Projet(projet)))
    assert "Les lignes simulées sont lues" in constats_annexe.regles(declarer(projet, "simulee"))
