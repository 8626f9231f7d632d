"""Les taux de réponse et de remplissage : comptes à la main, trous, seuil et ce qu'il affaiblit."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from bilan import taux_chapitre
from bilan.carnet import Bilan
from bilan.constats import Constat
from bilan.constats_controle import Controle
from bilan.indicateurs import Mesure
from bilan.parametres import Indicateur
from bilan.projet import Projet
from bilan.provenance import provenance
from bilan.tableaux import indicateurs
from bilan.taux import Releve, sous_seuil
from bilan.taux_terminal import afficher_taux
from bilan.verifier import verifier
from tests.conftest import EDITION, remplacer

INCONNU = Mesure(0, 0)
# Deux territoires, deux sessions ; qui est venu, qui a répondu.
PRESENCES = [("s1", "a1", "a", True), ("s1", "b1", "b", True), ("s1", "b2", "b", False),
             ("s2", "a1", "a", True), ("s2", "a2", "a", True)]


def table(bilan, nom: str, lignes: list[tuple], *colonnes: str) -> pd.DataFrame:
    """Une table de l'édition, faite de ces seules lignes, du type que dit son schéma."""
    modele = bilan.tables_entieres[nom]
    brute = pd.DataFrame(lignes, columns=list(colonnes)).reindex(columns=modele.columns)
    return brute.astype(modele.dtypes.to_dict())


@pytest.fixture
def tables(bilan) -> dict[str, pd.DataFrame]:
    """Une petite édition dont seules les présences sont remplies."""
    vides = {nom: t.iloc[:0] for nom, t in bilan.tables_entieres.items()}
    return vides | {
        "territoires": table(bilan, "territoires", [("a", "A", True), ("b", "B", False)],
                             "territoire", "nom", "base_reseau"),
        "sessions": table(bilan, "sessions", [("s1",), ("s2",)], "session"),
        "presences": table(bilan, "presences", PRESENCES,
                           "session", "participant", "territoire", "present"),
    }


def mesures(bilan, tables: dict, code: str) -> dict:
    [taux] = [t for t in Releve(bilan.edition, tables).tous() if t.code == code]
    return taux.mesures


def definir(**champs) -> Indicateur:
    base = {"code": "I1", "nom": "Part", "categorie": "c", "question": "?", "lecture": "",
            "calcul": "", "sources": ["activite"], "unite": "%", "cible": 50}
    return Indicateur(**base | champs)


# --- Les comptes -----------------------------------------------------------------------------


def test_une_reponse_par_personne_presente(bilan, tables):
    """Quatre présents, trois réponses ; celle d'une personne absente ne compte pas."""
    tables["reponses"] = table(
        bilan, "reponses",
        [("s1", "a1", "a", True), ("s1", "b2", "b", True), ("s2", "a1", "a", True),
         ("s2", "a2", "a", False)],
        "session", "participant", "territoire", "connaissances_acquises")
    assert mesures(bilan, tables, "reponse.reponses") == {
        None: Mesure(3, 4), "a": Mesure(3, 3), "b": Mesure(0, 1)}
    assert mesures(bilan, tables, "session.s1") == {
        None: Mesure(1, 2), "a": Mesure(1, 1), "b": Mesure(0, 1)}


def test_un_trou_n_est_pas_zero(bilan, tables):
    """B n'était pas attendu à la session 2 : son taux est inconnu ; A s'y est tu : zéro."""
    session = mesures(bilan, tables, "session.s2")
    assert (session["a"], session["a"].valeur) == (Mesure(0, 2), 0)
    assert (session["b"], session["b"].valeur) == (INCONNU, None)
    tables["presences"] = tables["presences"].iloc[:0]
    assert set(mesures(bilan, tables, "reponse.reponses").values()) == {INCONNU}


def test_une_feuille_de_presence_par_territoire_et_par_session(bilan, tables):
    """B n'a rendu que la première des deux feuilles."""
    assert mesures(bilan, tables, "reponse.presences") == {
        None: Mesure(3, 4), "a": Mesure(2, 2), "b": Mesure(1, 2)}


def test_un_score_par_territoire_et_par_critere(bilan, tables):
    """Six critères pour deux territoires : douze scores attendus, qu'il y ait une ligne ou non."""
    tables["criteres"] = table(
        bilan, "criteres",
        [("a", "beneficiaires", 1, "p"), ("a", "formalisation", None, "p"),
         ("b", "beneficiaires", 0, None)],
        "territoire", "critere", "score", "preuve")
    assert mesures(bilan, tables, "reponse.criteres")[None] == Mesure(3, 12)
    assert mesures(bilan, tables, "remplissage.criteres.score") == {
        None: Mesure(2, 12), "a": Mesure(1, 6), "b": Mesure(1, 6)}
    assert mesures(bilan, tables, "remplissage.criteres.preuve")[None] == Mesure(2, 12)


ACTEURS = [("a-1", "a", True, False, False, None), ("a-2", "a", True, False, False, "autre"),
           ("a-3", "a", True, True, False, None), ("b-1", "b", False, False, False, None)]
COLONNES = ("acteur", "territoire", "rencontre", "participe_action", "participe_animation",
            "raison_non_participation")


def test_une_question_ne_compte_que_la_ou_elle_se_pose(bilan, tables):
    """La raison ne se demande qu'à l'acteur rencontré qui ne participe pas : deux, une notée."""
    tables["acteurs"] = table(bilan, "acteurs", ACTEURS, *COLONNES)
    assert mesures(bilan, tables, "remplissage.acteurs.raison_non_participation") == {
        None: Mesure(1, 2), "a": Mesure(1, 2), "b": INCONNU}
    assert mesures(bilan, tables, "remplissage.acteurs.rencontre")[None] == Mesure(4, 4)


def test_un_vide_qui_est_une_reponse_n_a_pas_de_taux(bilan, tables):
    """Sans tête de réseau n'est pas « non renseigné » : on ne sait pas combien en auraient une."""
    tables["acteurs"] = table(bilan, "acteurs", ACTEURS, *COLONNES)
    assert set(mesures(bilan, tables, "remplissage.acteurs.tete_de_reseau").values()) == {INCONNU}


# --- Le taux d'un indicateur -----------------------------------------------------------------


def test_le_taux_d_un_indicateur_porte_sur_sa_population(bilan, tables):
    """Dans la base, un seul territoire, et son score manque : 0/1, bien que B ait le sien."""
    tables["criteres"] = table(bilan, "criteres", [("b", "beneficiaires", 1, "p")],
                               "territoire", "critere", "score", "preuve")
    releve = Releve(bilan.edition, tables)
    definition = definir(table="criteres", parmi='critere = "beneficiaires" et base_reseau',
                         moyenne="score")
    assert releve.de(definition).mesures == {None: Mesure(0, 1), "a": Mesure(0, 1), "b": INCONNU}
    tous = definir(table="criteres", parmi='critere = "beneficiaires"', moyenne="score")
    assert releve.de(tous).mesures[None] == Mesure(1, 2)


def test_une_population_inconnue_est_un_trou(bilan, tables):
    """Un acteur dont on ignore s'il a été rencontré est peut-être de la population : il manque."""
    lignes = [*ACTEURS, ("b-2", "b", None, True, False, None)]
    tables["acteurs"] = table(bilan, "acteurs", lignes, *COLONNES)
    definition = definir(table="acteurs", parmi="rencontre", dont="participe_action")
    assert Releve(bilan.edition, tables).de(definition).mesures[None] == Mesure(3, 4)


def test_ce_qu_un_indicateur_compte_n_est_pas_un_trou(bilan, tables):
    """La part des raisons notées a toutes ses lignes, même quand une raison sur deux manque."""
    tables["acteurs"] = table(bilan, "acteurs", ACTEURS, *COLONNES)
    definition = definir(table="acteurs", parmi="rencontre et non participe_action",
                         dont="renseigne(raison_non_participation)")
    assert Releve(bilan.edition, tables).de(definition).mesures[None] == Mesure(2, 2)


def test_le_plus_bas_des_deux_taux(bilan, tables):
    """Toutes les lignes reçues sont pleines, mais une feuille de présence sur quatre manque."""
    taux = Releve(bilan.edition, tables).de(definir(table="presences", dont="present"))
    assert taux.mesures == {None: Mesure(3, 4), "a": Mesure(3, 3), "b": Mesure(1, 2)}
    assert taux.definition.startswith("Feuilles de présence")


@pytest.mark.parametrize(
    ("valeur", "seuil", "attendu"),
    [(59.4, 60, True), (59.5, 60, False), (60, 60, False), (0, 60, True), (None, 60, False),
     (0, None, False)],
)
def test_le_seuil_se_compare_au_taux_imprime(valeur, seuil, attendu):
    """59,5 % s'imprime 60 % ; un taux inconnu, ou sans seuil, n'est pas faible."""
    assert sous_seuil(valeur, seuil) is attendu


# --- Ce que le seuil affaiblit ---------------------------------------------------------------


@pytest.fixture
def peu_de_reponses(projet) -> Bilan:
    """L'édition publiée, observée, dont il ne reste que les réponses de deux sessions : 21/71."""
    chemin = projet / "data" / EDITION / "reponses.csv"
    lignes = chemin.read_text("utf-8").splitlines()
    gardees = [li for li in lignes if re.match(r"session|s[78],", li)]
    chemin.write_text("\n".join(gardees) + "\n", "utf-8")
    # Sans cela, « reconstitue » plafonnerait déjà plus bas que « reponse ».
    paquet = projet / "data" / EDITION / "datapackage.json"
    texte = paquet.read_text("utf-8")
    paquet.write_text(texte.replace('"reconstituee"', '"observee"'), "utf-8")
    # Deux personnes par territoire : leurs taux seraient masqués.
    remplacer(projet / "params" / EDITION / "edition.yml", 'natures: ["observee"]',
              'natures: ["publiee"]')
    return Bilan(EDITION, Projet(projet))


def test_rien_ne_change_quand_tout_est_la(bilan):
    """Les lignes reconstituées sont complètes : chaque taux d'indicateur vaut 100 %."""
    assert {bilan.registre[f"{i.code}.taux"].valeur for i in bilan.parametres.indicateurs} == {100}
    assert taux_chapitre.faibles(bilan) == taux_chapitre.incomplets(bilan) == []


def test_un_taux_faible_interdit_un_verdict_ferme(bilan, peu_de_reponses):
    """I2 était « non atteinte » ; à 21 réponses sur 71, il est indéterminé et dit pourquoi."""
    assert bilan.registre["I2.verdict"].texte == "non atteinte"
    taux, verdict = (peu_de_reponses.registre[f"I2.{c}"] for c in ("taux", "verdict"))
    assert (taux.rapport, taux.texte, verdict.texte) == ("21/71", "30\u00a0%", "indéterminée")
    assert "Taux de réponse sous le seuil (30\u00a0%, 21/71)" in verdict.definition
    assert peu_de_reponses.registre["I1.verdict"].texte == "non atteinte"


def test_le_tableau_le_dit_a_cote_du_verdict(peu_de_reponses):
    """Seule la ligne de I2 porte la mention."""
    definitions = peu_de_reponses.parametres.principaux
    lignes = indicateurs(peu_de_reponses, definitions, "", "").lignes
    assert [li[0] for li in lignes if "taux de réponse faible" in li[-1]] == ["I2"]


def test_sans_seuil_les_taux_n_affaiblissent_rien(peu_de_reponses):
    """Le seuil est un choix de l'édition : sans lui, le verdict de I2 redevient ferme."""
    chemin = peu_de_reponses.edition.params / "edition.yml"
    remplacer(chemin, "  seuil_reponse: 60\n", "")
    sans = Bilan(EDITION, Projet(peu_de_reponses.edition.racine))
    assert sans.registre["I2.verdict"].texte == "non atteinte"
    assert "aucun seuil" in taux_chapitre.bloc(sans)


def plafond(bilan: Bilan, **champs):
    if "condition" in champs:
        champs["en_clair"] = "une condition"
    constat = Constat(code="K99", enonce="Un énoncé.", force="montre", etabli="a.b", **champs)
    return Controle(bilan).pesee.plafond(constat)


@pytest.mark.parametrize(
    ("champs", "force"),
    [
        # Même avec I4, complet : une condition ne vaut que son chiffre le plus faible.
        ({"condition": "I2.ecart < 0 et I4.ecart < 0"}, "suggère"),
        ({"condition": "I4.ecart < 0"}, "montre"),
        # Une cible, un résultat publié, le taux lui-même ne tiennent pas aux absents.
        ({"condition": "I2.cible > 90 et I4.ecart < 0"}, "montre"),
        ({"condition": "publie.I2 < 100 et I4.ecart < 0"}, "montre"),
        ({"condition": "I2.taux < 60 et I4.ecart < 0"}, "montre"),
    ],
)
def test_un_taux_faible_plafonne_ce_qui_cite_l_indicateur(peu_de_reponses, champs, force):
    """Ce qui repose sur le résultat de I2 ne peut plus que suggérer, et la règle le dit."""
    rendu = plafond(peu_de_reponses, **champs)
    assert rendu.force == force
    assert ("taux de réponse" in rendu.raisons[0]) is (force == "suggère")


def test_verifier_refuse_ce_que_les_absents_pourraient_dementir(peu_de_reponses):
    """K16 compare I4 à tous les autres, I2 compris, et « montre » : il faut l'adoucir."""
    [faute] = [str(f) for f in verifier(peu_de_reponses.edition) if " : K16 : " in str(f)]
    assert "« montre » dépasse son plafond, « suggère »" in faute
    assert "taux de réponse est sous le seuil" in faute


def test_un_territoire_muet_n_affaiblit_que_ce_qu_on_dit_de_lui(projet):
    """Sans les réponses du Douaisis, I2 garde 58/71 ; seul ce qui est du Douaisis est plafonné."""
    chemin = projet / "data" / EDITION / "reponses.csv"
    avant, *apres = chemin.read_text("utf-8").splitlines()
    gardees, douaisis = [], []
    for ligne in apres:
        (douaisis if ",douaisis," in ligne else gardees).append(ligne)
    chemin.write_text("\n".join([avant, *gardees, douaisis[0]]) + "\n", "utf-8")
    bilan = Bilan(EDITION, Projet(projet))
    assert (bilan.registre["I2.taux"].rapport, len(douaisis)) == ("59/71", 13)
    assert [c.code for c in taux_chapitre.faibles(bilan)] == ["I2.taux.douaisis"]
    pesee = Controle(bilan).pesee
    faibles = [c for c in ("I2.resultat", "I2.resultat.douaisis", "I2.resultat.dunkerque",
                           "I2.retraits.douaisis")
               if pesee.peu_de_reponses(bilan.registre[c])]
    assert faibles == ["I2.resultat.douaisis"]


def test_le_terminal_dit_ce_qui_manque_et_ce_qui_est_faible(peu_de_reponses, capsys):
    """Les envois, les cinq sessions ou questions les moins remplies, l'indicateur sous le seuil."""
    afficher_taux(peu_de_reponses)
    lignes = capsys.readouterr().out.splitlines()
    [questionnaire] = [li for li in lignes if "Réponses au questionnaire" in li]
    assert "30\u00a0%" in questionnaire
    assert "21/71" in questionnaire
    assert sum("0\u00a0%" in li and "session " in li for li in lignes) == 5
    assert "2 autres questions ou sessions incomplètes : voir le chapitre de méthode." in lignes
    assert "  I2 : 30\u00a0% (21/71)" in lignes


# --- Ce qui se montre ------------------------------------------------------------------------


def test_chaque_valeur_de_la_grille_est_un_chiffre_du_registre(bilan):
    """La grille ne montre rien que le registre, et l'annexe de provenance, ne portent."""
    montres = taux_chapitre.graphique(bilan).chiffres
    assert len(montres) == 22 * 7
    annexe = provenance(bilan)
    for chiffre in montres:
        assert bilan.registre[chiffre.code] == chiffre
        assert f'id="chiffre-{chiffre.code.replace(".", "-")}"' in annexe


def test_la_grille_encadre_ce_qui_est_sous_le_seuil(peu_de_reponses):
    """Le texte de remplacement nomme les cases faibles ; une question facultative n'en est pas."""
    alternative = taux_chapitre.graphique(peu_de_reponses).alternative
    assert "Réponses, session 8 : complet, 11/11" in alternative
    assert "Réponses, session 4 : Ensemble 0/9 (sous le seuil)" in alternative
    [raison] = [li for li in alternative.split(" ; ") if "(facultative)" in li]
    assert "15/41" in raison
    assert "sous le seuil" not in raison


def test_une_edition_sans_rien_montre_un_trou(projet):
    """Sans territoire ni ligne, la grille est une place vide et le bloc n'écrit aucun zéro."""
    for chemin in (projet / "data" / EDITION).glob("*.csv"):
        chemin.write_text(chemin.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    (projet / "params" / EDITION / "constats.yml").unlink()
    bilan = Bilan(EDITION, Projet(projet))
    assert "non renseignée" in taux_chapitre.graphique(bilan).alternative
    assert not re.search(r"\b0\b", taux_chapitre.bloc(bilan).partition("\n\n")[2])


@pytest.mark.xdist_group("construit")
def test_les_taux_sont_dans_le_chapitre_de_methode(sortie):
    """La page montre la figure, ses données et le tableau, et le registre publié les porte."""
    page = BeautifulSoup((sortie / "site" / "methode.html").read_text("utf-8"), "html.parser")
    assert page.select_one("#fig-taux img")["alt"].startswith("Réponses, session 1 : complet")
    assert len(page.select("#tbl-taux tbody tr")) == 14
    chiffres = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    assert chiffres["taux.reponse.reponses"]["rapport"] == "71/71"
    assert chiffres["I2.taux"]["carnet"] == "accompagnement"


def test_un_seuil_hors_de_portee_est_refuse(projet):
    """Un taux de plus de cent n'existe pas : la faute est située et dit la borne."""
    remplacer(projet / "params" / EDITION / "edition.yml", "seuil_reponse: 60",
              "seuil_reponse: 160")
    [faute] = verifier(Projet(projet).edition(EDITION))
    assert "edition.yml, ligne" in str(faute)
    assert "Attendu : au plus 100." in str(faute)
