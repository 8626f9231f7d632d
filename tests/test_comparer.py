"""Comparer deux éditions : une seule chose changée est nommée, et elle seule."""

import json
import re
import shutil

import pandas as pd
import pytest

from bilan.assembler import sommaire
from bilan.blocs import Blocs
from bilan.carnet import Bilan
from bilan.commandes import principal
from bilan.comparer import comparer
from bilan.comparer_chapitre import Comparaison
from bilan.lectures import poser
from bilan.projet import Projet
from bilan.provenance import provenance
from bilan.registre import Chiffre
from bilan.verifier import verifier
from tests.conftest import EDITION, RACINE, remplacer

SUIVANTE = "2025-2027"
CLES = {"code", "ancien", "nouveau", "causes", "effets", "comparabilite", "reserves", "lecture"}


@pytest.fixture
def deux(projet):
    """Un projet dont la seconde édition est la copie de la première."""
    for dossier in ("params", "data"):
        shutil.copytree(projet / dossier / EDITION, projet / dossier / SUIVANTE)
    # Ses constats sont à écrire : ceux de l'édition publiée nomment ses territoires.
    (projet / "params" / SUIVANTE / "constats.yml").unlink()
    remplacer(projet / f"params/{SUIVANTE}/edition.yml", f'code: "{EDITION}"',
              f'code: "{SUIVANTE}"\nprecedente: "{EDITION}"')
    return projet


def ouvrir(projet, edition=SUIVANTE) -> Bilan:
    return Bilan(edition, Projet(projet))


def ecarts(projet) -> dict:
    return {e.code: e for e in comparer(ouvrir(projet, EDITION), ouvrir(projet))}


def changes(projet) -> dict:
    return {code: e for code, e in ecarts(projet).items() if e.change}


def causes(ecarts_) -> set[str]:
    """Toutes les causes nommées, où que ce soit."""
    return {cause for e in ecarts_.values() for cause in e.causes}


def definir(projet, code: str, avant: str, apres: str) -> None:
    """Change la définition d'un indicateur dans la seconde édition."""
    chemin = projet / f"params/{SUIVANTE}/indicateurs.yml"
    tete, debut, suite = chemin.read_text("utf-8").partition(f"  - code: {code}\n")
    assert avant in suite.partition("\n\n")[0]
    chemin.write_text(tete + debut + suite.replace(avant, apres, 1), "utf-8")


def modifier(projet, table: str, fonction, edition=SUIVANTE) -> None:
    """Réécrit une table d'une édition."""
    chemin = projet / f"data/{edition}/{table}.csv"
    lignes = fonction(pd.read_csv(chemin, dtype=str, keep_default_na=False))
    lignes.to_csv(chemin, index=False)


def venir(combien: int):
    """Fait venir à leur session les premiers absents."""
    def present(presences):
        absents = presences.index[presences["present"] == "false"][:combien]
        presences.loc[absents, "present"] = "true"
        return presences
    return present


def retirer(projet, territoire: str, edition: str) -> None:
    """Ôte un territoire de toutes les tables d'une édition."""
    for chemin in (projet / f"data/{edition}").glob("*.csv"):
        table = pd.read_csv(chemin, dtype=str, keep_default_na=False)
        if "territoire" in table:
            table[table["territoire"] != territoire].to_csv(chemin, index=False)


def dans_la_base(territoires):
    territoires["base_reseau"] = "true"
    return territoires


def test_rien_n_a_change(deux):
    """Deux éditions identiques : aucun chiffre ne change, aucune cause n'est nommée."""
    tous = ecarts(deux)
    assert not any(e.change for e in tous.values())
    assert len(tous) > 300
    assert {e.lecture for e in tous.values() if "." not in e.code} == {"inchangé"}


def test_une_definition(deux):
    """I7 sans l'animation, 76 au lieu de 87 sur 128 : la définition, et elle seule."""
    definir(deux, "I7", "participe_action ou participe_animation", "participe_action")
    trouves = changes(deux)
    i7 = trouves["I7"]
    assert (i7.avant.rapport, i7.apres.rapport, i7.causes) == ("87/128", "76/128", ("definition",))
    assert i7.effets == {"definition": pytest.approx(100 * (76 - 87) / 128)}
    assert i7.lecture == "vient du calcul, non des lignes"
    assert causes(trouves) == {"definition"}
    assert {c.split(".")[0] for c in trouves} <= {"I7", "ensemble"}


def test_une_definition_sans_effet(deux):
    """Une règle écrite autrement qui ne déplace rien est une définition changée, sans effet."""
    definir(deux, "I1", 'dont: "present"', 'dont: "present = vrai"')
    i1 = ecarts(deux)["I1"]
    assert (i1.causes, i1.effets, i1.lecture) == (("definition",), {"definition": 0}, "inchangé")
    assert "définition (sans effet)" in Comparaison(ouvrir(deux)).texte()


def test_une_base(deux):
    """La Thiérache dans la base : 4/5 devient 4,5/6 pour I8, et I1 ne bouge pas."""
    modifier(deux, "territoires", dans_la_base)
    trouves = changes(deux)
    i8 = trouves["I8"]
    assert (i8.avant.rapport, i8.apres.rapport, i8.effets) == ("4/5", "4,5/6", {"base": -5})
    assert i8.reserves == (
        "les territoires comptés ont changé\u00a0: entre dans le calcul Thiérache",)
    assert causes(trouves) == {"base"}
    assert {c for c in trouves if "." not in c} == {"I3", *(f"I{n}" for n in range(8, 14))}


def test_une_base_changee_par_la_definition(deux):
    """Un `parmi` qui ne change que les territoires comptés est une base changée."""
    definir(deux, "I8", 'critere = "beneficiaires" et base_reseau', 'critere = "beneficiaires"')
    trouves = changes(deux)
    assert trouves["I8"].causes == ("base",)
    assert causes(trouves) == {"base"}


def test_un_territoire_sort(deux):
    """Sans Dunkerque, le résultat est celui des autres territoires, et la base en est la cause."""
    retirer(deux, "dunkerque", SUIVANTE)
    trouves = changes(deux)
    presences = pd.read_csv(RACINE / f"data/{EDITION}/presences.csv")
    autres = presences.loc[presences["territoire"] != "dunkerque", "present"]
    assert trouves["I1"].apres.rapport == f"{autres.sum()}/{len(autres)}"
    assert causes(trouves) == {"base"}
    assert "sort de l'édition Dunkerque" in trouves["ensemble.territoires"].reserves[0]


def test_un_territoire_entre(deux):
    """Un territoire qui n'était pas de l'ancienne édition agit par la base, jamais par les
    données."""
    retirer(deux, "cabbalr", EDITION)
    trouves = changes(deux)
    assert causes(trouves) == {"base"}
    assert trouves["I1.resultat.cabbalr"].avant is None
    assert "entre dans le calcul CABBALR" in trouves["I1"].reserves[0]


def test_meme_valeur_mais_d_autres_territoires(deux):
    """Un territoire remplacé par son double : rien ne bouge, mais ce n'est plus le même."""
    for chemin in (deux / f"data/{SUIVANTE}").glob("*.csv"):
        chemin.write_text(re.sub(r"\bcabbalr\b", "autre", chemin.read_text("utf-8")), "utf-8")
    i4 = ecarts(deux)["I4"]
    assert (i4.causes, i4.comparabilite) == ((), "sous réserve")
    assert "entre dans le calcul" in i4.reserves[0] and "sort du calcul" in i4.reserves[0]


def test_une_cible(deux):
    """La cible d'I4 change : I4 le dit, son résultat ne bouge pas."""
    definir(deux, "I4", "cible: 90", "cible: 30")
    trouves = changes(deux)
    assert trouves["I4"].causes == trouves["I4.cible"].causes == ("cible",)
    assert (trouves["I4.cible"].ancien, trouves["I4.cible"].nouveau) == (90, 30)
    assert "I4.resultat" not in trouves
    # 32 % dépasse 30 % : une cible atteinte de plus, et le compte dit pourquoi.
    assert trouves["ensemble.cibles_atteintes"].ecart == 1
    assert causes(trouves) == {"cible"}


def test_des_donnees(deux):
    """Dix absents deviennent présents : 71/96 devient 81/96, par les données seules."""
    modifier(deux, "presences", venir(10))
    trouves = changes(deux)
    i1 = trouves["I1"]
    assert (i1.avant.rapport, i1.apres.rapport, i1.ecart) == ("71/96", "81/96", 10)
    assert i1.effets == {"donnees": pytest.approx(1000 / 96)}
    assert i1.comparabilite == "comparable"
    assert causes(trouves) == {"donnees"}


def test_une_regle_de_verdict(deux):
    """Une règle sans épreuve change des verdicts, et c'est la méthode."""
    remplacer(deux / f"params/{SUIVANTE}/edition.yml", '["retraits", "conventions"]', "[]")
    trouves = changes(deux)
    assert trouves["I10.verdict"].ancien == "indéterminée"
    assert trouves["I10.verdict"].nouveau == "non atteinte"
    assert causes(trouves) == {"methode"}
    assert not [c for c in trouves if ".resultat" in c]


def test_un_indicateur_abandonne_un_indicateur_nouveau(deux):
    """Renommer le code d'un indicateur, c'est en abandonner un et en ouvrir un autre."""
    remplacer(deux / f"params/{SUIVANTE}/indicateurs.yml", "code: I13\n", "code: I14\n")
    trouves = changes(deux)
    assert (trouves["I13"].causes, trouves["I13"].nouveau) == (("abandonne",), None)
    assert (trouves["I14"].causes, trouves["I14"].ancien) == (("nouveau",), None)
    assert trouves["I13"].lecture == trouves["I14"].lecture == "non comparable"
    assert trouves["I14"].reserves == ("n'existe que dans l'édition 2025-2027",)
    assert causes(trouves) == {"abandonne", "nouveau"}


def test_un_indicateur_abandonne_se_compte(deux):
    """Treize indicateurs, puis douze : l'abandon est la cause, et la seule."""
    chemin = deux / f"params/{SUIVANTE}/indicateurs.yml"
    texte = chemin.read_text("utf-8")
    chemin.write_text(re.sub(r"  - code: I12\n.*?\n\n", "", texte, flags=re.DOTALL), "utf-8")
    trouves = changes(deux)
    assert (trouves["ensemble.indicateurs"].ecart, causes(trouves)) == (-1, {"abandonne"})


def test_deux_causes_et_leur_reste(deux):
    """Chaque effet est recalculé seul, et le reste est ce qu'ils font ensemble."""
    definir(deux, "I4", 'dont: "rencontre"', 'dont: "rencontre et participe_action"')

    def rencontrer(acteurs):
        libres = acteurs.index[(acteurs["rencontre"] == "false")][:20]
        acteurs.loc[libres[:8], "participe_action"] = "true"
        acteurs.loc[libres, "rencontre"] = "true"
        return acteurs

    modifier(deux, "acteurs", rencontrer)
    i4 = ecarts(deux)["I4"]
    deux_fois = pd.read_csv(RACINE / f"data/{EDITION}/acteurs.csv")
    agissants = int((deux_fois["rencontre"] & deux_fois["participe_action"]).sum())
    assert i4.causes == ("definition", "donnees")
    assert i4.effets["definition"] == pytest.approx((agissants - 128) / 4)
    assert i4.effets["donnees"] == pytest.approx(20 / 4)
    # 20 rencontres de plus sous l'ancienne définition, 8 seulement sous la nouvelle.
    assert i4.effets["reste"] == pytest.approx((8 - 20) / 4)


def test_une_definition_ne_se_recalcule_pas_sur_une_colonne_vide(deux):
    """Une colonne que l'ancienne édition ne renseigne pas ne compte pas pour zéro."""
    def vider(acteurs):
        acteurs["participe_animation"] = ""
        return acteurs

    modifier(deux, "acteurs", vider, EDITION)
    definir(deux, "I7", "participe_action ou participe_animation", "participe_animation")
    i7 = ecarts(deux)["I7"]
    assert i7.effets["definition"] is None
    assert i7.reserves[-1].startswith("définition non recalculable seule")
    assert "participe_animation" in i7.reserves[-1]


def test_reconstituees_puis_observees(deux):
    """Des lignes reconstituées ne se comparent pas à des lignes observées, et c'est dit."""
    chemin = deux / f"data/{SUIVANTE}/datapackage.json"
    paquet = json.loads(chemin.read_text("utf-8"))
    for ressource in paquet["resources"]:
        if ressource["name"] == "presences":
            ressource["nature"] = "observee"
    chemin.write_text(json.dumps(paquet), "utf-8")
    i1 = ecarts(deux)["I1"]
    assert (i1.comparabilite, i1.lecture) == ("non comparable", "non comparable")
    assert i1.reserves == ("natures différentes\u00a0: reconstituée, puis observée",)


def test_denominateurs_de_nature_differente(deux):
    """Des présences, puis des réponses : le résultat n'est pas comparable, et dit pourquoi."""
    definir(deux, "I1", "table: presences", "table: reponses")
    definir(deux, "I1", 'dont: "present"', 'dont: "connaissances_acquises"')
    i1 = ecarts(deux)["I1"]
    assert i1.reserves[0] == (
        "dénominateurs de nature différente\u00a0: lignes de presences, puis lignes de reponses")
    assert (i1.causes, i1.lecture) == (("definition",), "non comparable")


@pytest.mark.parametrize(("combien", "lecture"), [(2, "pas un changement établi"),
                                                  (10, "au-delà des deux étendues")])
def test_un_ecart_dans_les_etendues_n_etablit_rien(deux, combien, lecture):
    """Deux présences de plus se perdent dans l'étendue ; dix la dépassent."""
    modifier(deux, "presences", venir(combien))
    bas, haut = (ouvrir(deux, EDITION).registre[f"I1.etendue.{c}"].valeur for c in ("bas", "haut"))
    i1 = ecarts(deux)["I1"]
    assert (bas <= i1.nouveau <= haut) == (combien == 2)
    assert i1.lecture == lecture


def test_json(deux, capsys):
    """Le contrat : une liste d'objets ; une cible changée seule est la seule cause."""
    definir(deux, "I4", "cible: 90", "cible: 60")
    assert principal(["comparer", EDITION, SUIVANTE, "--json", "--projet", str(deux)]) == 0
    objets = json.loads(capsys.readouterr().out)
    assert all(o.keys() >= CLES for o in objets)
    par_code = {o["code"]: o for o in objets}
    assert len(par_code) == len(objets)
    assert par_code["I4"]["causes"] == ["cible"]
    assert (par_code["I4"]["cible_ancienne"], par_code["I4"]["cible_nouvelle"]) == (90, 60)
    assert par_code["I4"]["ancien"] == par_code["I4"]["nouveau"] == 32
    assert {c for o in objets for c in o["causes"]} == {"cible"}


def test_terminal_et_page(deux, capsys, tmp_path):
    """Le terminal donne cause et lecture ; la page, les deux jeux de pentes."""
    modifier(deux, "presences", venir(10))
    page = tmp_path / "page.html"
    arguments = ["comparer", EDITION, SUIVANTE, "--html", str(page), "--projet", str(deux)]
    assert principal(arguments) == 0
    texte = capsys.readouterr().out
    assert "Ce qui diffère entre les deux éditions\u00a0: données" in texte
    assert re.search(r"I1 .*74\s% .*84\s% .*\+10 .*données \(\+10\)", texte)
    html = page.read_text("utf-8")
    assert html.count('<img src="data:image/svg+xml;base64,') == 2
    assert "<script" not in html
    assert not re.search("https?:", re.sub("base64,[^\"]+", "", html))


@pytest.mark.parametrize(
    ("noms", "dit"),
    [
        (["2022-2024", "2025-2028"], "Édition inconnue : « 2025-2028 »."),
        (["2022-2042", "2022-2024"], "Écrire « 2022-2024 » ?"),
        (["report", "2022-2024"], "report : il n'y a pas de registre.json. Donner le dossier"),
        (["build/rien", "2022-2024"], "Dossier introuvable : « build/rien »"),
        (["2022-2024", "."], "il n'y a pas de registre.json"),
        (["2022-2024"], "il manque : B"),
    ],
)
def test_fautes_de_saisie(capsys, monkeypatch, noms, dit):
    """Une édition ou un dossier qui n'existe pas : une ligne, en français, avec le remède."""
    monkeypatch.chdir(RACINE)
    assert principal(["comparer", *noms]) == 1
    erreur = capsys.readouterr().err
    assert dit in erreur
    assert len(erreur.strip().splitlines()) == 1


def test_une_edition_ne_se_compare_pas_a_une_construction(capsys, monkeypatch, tmp_path, bilan):
    """Le message dit les deux formes possibles."""
    monkeypatch.chdir(RACINE)
    bilan.registre.ecrire(tmp_path / "registre.json")
    assert principal(["comparer", EDITION, str(tmp_path)]) == 1
    assert "deux éditions" in capsys.readouterr().err


def test_la_premiere_edition_n_a_pas_de_comparaison(bilan, tmp_path):
    """Sans édition précédente : ni chapitre, ni bloc, ni chiffre de comparaison."""
    assert "comparaison" not in [c.page for c in sommaire(bilan.edition, [])]
    calcules = Blocs(bilan, bilan.registre, tmp_path, "").calcules()
    assert {calcules[f"comparaison{s}"]() for s in ("", "-graphique", "-territoires")} == {""}
    assert not [c for c in bilan.registre if c.code.startswith(("precedente.", "comparaison."))]


def test_le_chapitre_de_la_suivante(deux):
    """Avec une édition précédente, le chapitre suit les résultats, et les blocs sont remplis."""
    modifier(deux, "presences", venir(10))
    bilan = ouvrir(deux)
    pages = [c.page for c in sommaire(bilan.edition, [])]
    assert pages.index("resultats") < pages.index("comparaison") < pages.index("conclusion")
    calcules = Blocs(bilan, bilan.registre, deux / "build", "").calcules()
    texte = calcules["comparaison"]()
    assert 'data-code="precedente.I1.resultat">74' in texte
    assert 'données (<span class="chiffre" data-code="comparaison.I1.donnees">' in texte
    assert "**Au-delà des deux étendues**\u00a0: I1." in texte
    for code in ("comparaison-graphique", "comparaison-territoires"):
        assert f"fig-{code.replace('-graphique', '')}" in calcules[code]()
    codes = {c for texte in (texte, calcules["comparaison-territoires"]())
             for c in re.findall(r'data-code="([^"]+)"', texte)}
    assert codes and all(c in bilan.registre for c in codes)


def test_les_pentes_montrent_le_registre(deux):
    """Chaque valeur dessinée est un chiffre du registre, d'une édition ou de l'autre."""
    modifier(deux, "presences", venir(10))
    comparaison = Comparaison(ouvrir(deux))
    graphique = comparaison.pentes()
    premiere = graphique.donnees.iloc[0]
    assert [premiere[e].code for e in (EDITION, SUIVANTE)] == [
        "precedente.I1.resultat", "I1.resultat"]
    assert all(isinstance(c, Chiffre) for e in (EDITION, SUIVANTE) for c in graphique.donnees[e])
    assert "I1, de 74\u00a0% à 84\u00a0%" in graphique.alternative
    territoires = comparaison.pentes_des_territoires()
    assert {c.code for c in territoires.donnees["Dunkerque"].iloc[0].chiffres} == {
        "precedente.I1.resultat.dunkerque", "I1.resultat.dunkerque"}


def test_les_territoires_absents_de_l_une_ne_sont_pas_dans_les_pentes(deux):
    """Seuls les territoires présents dans les deux éditions ont une pente."""
    retirer(deux, "dunkerque", SUIVANTE)
    graphique = Comparaison(ouvrir(deux)).pentes_des_territoires()
    assert "Dunkerque" not in graphique.donnees and "CABBALR" in graphique.donnees


def test_chiffres_de_la_precedente(deux):
    """L'ancien résultat garde son édition et sa nature, et a sa ligne d'annexe."""
    modifier(deux, "presences", venir(10))
    bilan = ouvrir(deux)
    avant = bilan.registre["precedente.I1.resultat"]
    assert (avant.rapport, avant.edition, avant.nature) == ("71/96", EDITION, "reconstituee")
    assert bilan.registre["comparaison.I1.ecart"].texte == "+10\u00a0points"
    for code in ("I1.resultat", "I4.cible"):
        assert f'id="chiffre-precedente-{code.replace(".", "-")}"' in provenance(bilan)


def test_precedente_inconnue(deux):
    """Une édition précédente qui n'existe pas est une faute, avec son remède."""
    remplacer(deux / f"params/{SUIVANTE}/edition.yml", f'precedente: "{EDITION}"',
              'precedente: "2022-2023"')
    fautes = verifier(Projet(deux).edition(SUIVANTE))
    assert "précédente inconnue « 2022-2023 »" in fautes[0].trouve
    assert "2022-2024" in fautes[0].remede


def test_un_carnet_qui_cite_la_precedente_en_depend(deux):
    """Une donnée changée dans l'édition précédente change ce qu'en lit un carnet de la suivante."""
    question = ("chiffre", "precedente.I1.resultat")
    avant = poser(Bilan(SUIVANTE, Projet(deux)), question)
    modifier(deux, "presences", venir(1), EDITION)
    assert poser(Bilan(SUIVANTE, Projet(deux)), question) != avant


def test_deux_natures_fabriquees_se_comparent_sous_reserve(deux):
    """Reconstituées, puis simulées : sous réserve, et chaque édition dit ce que sont ses lignes."""
    chemin = deux / f"data/{SUIVANTE}/datapackage.json"
    remplacees = chemin.read_text("utf-8").replace('"reconstituee"', '"simulee"')
    chemin.write_text(remplacees, "utf-8")
    i1 = ecarts(deux)["I1"]
    assert i1.comparabilite == "sous réserve"
    assert i1.reserves[0].startswith("lignes reconstituées, puis simulées")
    bilan = ouvrir(deux)
    [(codes, _)] = Blocs(bilan, bilan.registre, deux / "build", "").comparaison.reserves()
    assert codes.startswith("I1, I2,") and codes.endswith("I13 et S1")  # dite une seule fois
    calcules = Blocs(bilan, bilan.registre, deux / "build", "").calcules()
    for code in ("comparaison", "comparaison-graphique"):
        dit = calcules[code]().replace("\\", "")
        assert f"{EDITION} (lignes reconstituées)" in dit
        assert f"{SUIVANTE} (lignes simulées)" in dit
