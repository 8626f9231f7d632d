"""La place d'un territoire parmi les autres : leur résumé, sans lui."""

import pytest

from bilan.places import resumer
from bilan.registre import Chiffre, Registre


def registre(*valeurs: float | None) -> Registre:
    """Le résultat de I1 pour les territoires t0, t1… ; None : masqué."""
    return Registre("x", [
        Chiffre(f"I1.resultat.t{n}", "x", "", v, "%", "masqué" if v is None else "vu", "", "", [])
        for n, v in enumerate(valeurs)])


@pytest.mark.parametrize(("valeurs", "lui", "comptes", "bornes"), [
    ((10.0, 20.0, 30.0), 0, {20: 1, 30: 1}, (1, 2)),
    ((10.0, 20.0, 30.0), 2, {10: 1, 20: 1}, (0, 1)),
    ((10.0, 20.0, 30.0, 40.0), 1, {10: 1, 30: 1, 40: 1}, (0, 3)),
    ((50.0, 50.0, 49.6, 50.4), 0, {50: 3}, (2, 3)),
    ((50.0, 70.0), 1, {50: 1}, (0, 0)),
    ((50.0,), 0, {}, None),
    ((None, 50.0, None), 0, {50: 1}, (1, 1)),
])
def test_les_autres_sans_lui(valeurs, lui, comptes, bornes):
    """Le résumé de tous, moins un territoire, est celui des autres."""
    tous = registre(*valeurs)
    resume, sien = resumer(tous, ["I1"])["I1"], tous[f"I1.resultat.t{lui}"]
    assert resume.sans(sien) == comptes
    attendues = bornes and tuple(tous[f"I1.resultat.t{n}"] for n in bornes)
    assert resume.bornes(tous, sien) == attendues


@pytest.mark.parametrize(("valeurs", "lui", "raisons"), [
    ((None, 50.0), 0, []), ((None, None), 0, ["masqué"]), ((10.0, 50.0), 0, []),
])
def test_ce_qui_se_lit_a_la_place_des_autres(valeurs, lui, raisons):
    """Une absence ne se dit que si c'est celle d'un autre."""
    tous = registre(*valeurs)
    assert resumer(tous, ["I1"])["I1"].raisons(tous[f"I1.resultat.t{lui}"]) == raisons


def test_un_territoire_hors_de_la_base_voit_tous_les_autres():
    """Sans résultat à lui, rien n'est ôté."""
    tous = registre(10.0, 20.0)
    resume = resumer(tous, ["I1"])["I1"]
    assert resume.sans(None) == {10: 1, 20: 1}
    assert [c.valeur for c in resume.bornes(tous, None)] == [10.0, 20.0]
