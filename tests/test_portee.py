"""La portée d'un résultat : cas calculables à la main, bornes publiées ailleurs, verdicts."""

import pandas as pd
import pytest

from bilan.indicateurs import Mesure
from bilan.parametres import Indicateur, RegleVerdict, Variante
from bilan.portee import evaluer, intervalle, moyenne_des_taux, verdict
from bilan.projet import Projet
from bilan.verifier import verifier
from tests.conftest import EDITION, RACINE, remplacer

REGLE = RegleVerdict(epreuves=["retraits", "conventions"], niveau=95)


def definir(**champs) -> Indicateur:
    base = {
        "code": "I1", "nom": "Part", "categorie": "c", "question": "?", "lecture": "", "calcul": "",
        "sources": ["activite"], "table": "lignes", "dont": "oui", "unite": "%", "cible": 50,
    }
    return Indicateur(**base | champs)


def tables(**territoires: list) -> dict[str, pd.DataFrame]:
    """Une table `lignes` (territoire, oui ou score) et les territoires qu'elle nomme."""
    lignes = [(t, v) for t, valeurs in territoires.items() for v in valeurs]
    colonne = "oui" if all(isinstance(v, bool) for _, v in lignes) else "score"
    noms = list(territoires)
    return {
        "lignes": pd.DataFrame(lignes, columns=["territoire", colonne]),
        "territoires": pd.DataFrame({"territoire": noms, "nom": [n.upper() for n in noms]}),
    }


@pytest.mark.parametrize(
    ("n", "d", "exact", "wilson"),
    [
        (3, 6, (11.8, 88.2), (18.8, 81.2)),
        (4, 6, (22.3, 95.7), (30.0, 90.3)),
        (5, 6, (35.9, 99.6), (43.6, 97.0)),
        (6, 6, (54.1, 100), (61.0, 100)),
        (3, 5, (14.7, 94.7), (23.1, 88.2)),
        (4, 5, (28.4, 99.5), (37.6, 96.4)),
        (5, 5, (47.8, 100), (56.6, 100)),
    ],
)
def test_intervalles_de_reference(n, d, exact, wilson):
    """Les bornes à 95 % des parts de cinq et six territoires sont celles des tables usuelles."""
    arrondis = [
        tuple(round(b, 1) for b in intervalle(Mesure(n, d), methode, 95))
        for methode in ("exact", "wilson")
    ]
    assert arrondis == [pytest.approx(exact), pytest.approx(wilson)]


def test_intervalle_exact_de_tous_les_cas_se_calcule_a_la_main():
    """À n sur n, la borne basse exacte est la racine n-ième de 2,5 %."""
    assert intervalle(Mesure(5, 5), "exact", 95)[0] == pytest.approx(100 * 0.025 ** (1 / 5))


def test_pas_d_intervalle_sur_des_demi_scores():
    """Un demi-score n'est pas un cas : ni intervalle exact ni intervalle de Wilson."""
    definition = definir(dont=None, moyenne="score")
    portee = evaluer(definition, tables(a=[1], b=[0.5], c=[1]), REGLE)
    assert (portee.resultat.cas, portee.exact, portee.wilson) == (False, None, None)
    entiers = evaluer(definition, tables(a=[1], b=[0], c=[1]), REGLE)
    assert entiers.exact[0] < 100 * 2 / 3 < entiers.exact[1]


def test_retrait_de_chaque_territoire():
    """Sans B, il reste 1 sur 2 ; sans A, 3 sur 3 : A pèse le plus."""
    portee = evaluer(definir(), tables(a=[True, False], b=[True, True, True]), REGLE)
    assert portee.retraits == {"a": Mesure(3, 3), "b": Mesure(1, 2)}
    assert portee.extremes == ("b", "a")
    # 4/5 = 80 % : −30 points sans B, +20 sans A.
    assert (portee.ecart("a"), portee.ecart("b")) == (20, -30)
    assert portee.pesent_le_plus == ["b"]


def test_personne_ne_pese_quand_rien_ne_bouge():
    """Quand chaque territoire est à 100 %, aucun retrait ne déplace le résultat."""
    portee = evaluer(definir(), tables(a=[True], b=[True], c=[True]), REGLE)
    assert portee.pesent_le_plus == []


def test_un_seul_territoire_ne_se_retire_pas():
    """Sans l'unique territoire, il n'y a plus rien à compter : pas de retrait, pas d'extrême."""
    portee = evaluer(definir(), tables(a=[True, False]), REGLE)
    assert (portee.retraits, portee.extremes) == ({}, None)


def test_rien_a_compter_n_a_pas_de_portee():
    """Une population vide ne reçoit ni intervalle ni verdict."""
    assert evaluer(definir(parmi="oui et non oui"), tables(a=[True]), REGLE) is None


def test_moyenne_des_taux():
    """1/1 et 1/3 : somme 2/4 = 50 %, moyenne des taux 67 % ; à poids égaux, pas de moyenne."""
    assert moyenne_des_taux({"a": Mesure(1, 1), "b": Mesure(1, 3)}) == pytest.approx(200 / 3)
    assert moyenne_des_taux({"a": Mesure(1, 2), "b": Mesure(0, 2)}) is None


@pytest.mark.parametrize(
    ("essais", "attendu"),
    [
        ([(8, 10), (7, 10)], "atteinte"),
        ([(8, 10), (6, 10)], "indéterminée"),
        ([], "atteinte"),
        # 69,5 s'imprime 70 : ce qu'on lit atteint la cible.
        ([(139, 200)], "atteinte"),
        ([(138, 200)], "indéterminée"),
    ],
)
def test_verdict_au_dessus_de_la_cible(essais, attendu):
    """Un résultat de 75 % pour une cible de 70 % : le verdict suit les essais arrondis."""
    assert verdict(Mesure(3, 4), [Mesure(*e) for e in essais], 70) == attendu


def test_verdict_au_dessous_et_sans_cible():
    """Sous la cible à tous les essais : non atteinte ; sans cible : pas de verdict."""
    assert verdict(Mesure(1, 4), [Mesure(1, 3)], 70) == "non atteinte"
    assert verdict(Mesure(1, 4), [Mesure(4, 5)], 70) == "indéterminée"
    assert verdict(Mesure(1, 4), [], None) is None


def test_seules_les_conventions_eprouvent_le_verdict():
    """Une convention de l'autre côté de la cible rend indéterminé ; un éclairage, non."""
    lignes = tables(a=[True], b=[True], c=[True])
    for genre, attendu in (("convention", "indéterminée"), ("eclairage", "atteinte")):
        variante = Variante(code="v", nom="Autre", genre=genre, dont="non oui")
        portee = evaluer(definir(variantes=[variante]), lignes, REGLE)
        assert portee.verdict == attendu


def test_la_regle_choisit_les_epreuves():
    """Sans l'épreuve des retraits, un résultat que l'un d'eux renverse garde son verdict."""
    lignes = tables(a=[True, True], b=[False])
    verdicts = {
        tuple(epreuves): evaluer(
            definir(cible=60), lignes, RegleVerdict(epreuves=list(epreuves), niveau=95)
        ).verdict
        for epreuves in (("retraits",), ("conventions",), ())
    }
    assert verdicts == {("retraits",): "indéterminée", ("conventions",): "atteinte",
                        (): "atteinte"}


def test_etendue_va_du_plus_bas_au_plus_haut_essai(bilan):
    """I10, 3/5 : 40 % si les demi-scores ne comptent pas, 80 % s'ils comptent pour un."""
    bas, haut = (bilan.registre[f"I10.etendue.{c}"] for c in ("bas", "haut"))
    assert (bas.texte, bas.rapport, haut.texte, haut.rapport) == (
        "40\u00a0%", "2/5", "80\u00a0%", "4/5")
    assert "Demi-scores comptés zéro" in bas.definition


def test_le_verdict_dit_ce_qui_le_renverse(bilan):
    """I11, 5/5 : seule la base de six territoires fait manquer la cible, et le verdict le dit."""
    definition = bilan.registre["I11.verdict"].definition
    assert "Tous les territoires lauréats (83\u00a0%, 5/6)." in definition
    assert "Demi-scores" not in definition
    assert "du même côté" in bilan.registre["I7.verdict"].definition


def test_trois_cibles_atteintes_sur_treize(bilan):
    """Le document publié ne compte pas ses cibles atteintes : il y en a trois, I3, I7 et I11."""
    registre = bilan.registre
    atteintes = [
        i.code for i in bilan.parametres.principaux
        if registre[f"{i.code}.resultat"].valeur >= i.cible
    ]
    assert atteintes == ["I3", "I7", "I11"]
    assert registre["ensemble.cibles_atteintes"].texte == "3"
    verdicts = [registre[f"ensemble.verdicts_{v}"].valeur
                for v in ("atteinte", "non_atteinte", "indeterminee")]
    assert sum(verdicts) == registre["ensemble.indicateurs"].valeur == 13


@pytest.mark.xdist_group("construit")
def test_chaque_chiffre_de_portee_est_dans_les_carnets(sortie):
    """Verdict, étendue, retraits et intervalles du registre publié disent leur carnet."""
    import json

    chiffres = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    for code in ("I1.verdict", "I1.etendue.bas", "I1.retraits.haut", "I1.exact.bas",
                 "I1.wilson.haut", "I1.poids", "I2.moyenne", "I1.retraits.thierache"):
        assert chiffres[code]["carnet"] == "accompagnement", code


def test_une_epreuve_inconnue_est_refusee(projet):
    """Une faute de frappe dans la règle du verdict est située, avec les valeurs admises."""
    remplacer(projet / f"params/{EDITION}/edition.yml", '["retraits", "conventions"]',
              '["retrait", "conventions"]')
    fautes = verifier(Projet(projet).edition(EDITION))
    assert "retraits" in fautes[0].remede
    ligne = (RACINE / f"params/{EDITION}/edition.yml").read_text("utf-8").splitlines().index(
        '  epreuves: ["retraits", "conventions"]') + 1
    assert fautes[0].ligne == ligne
