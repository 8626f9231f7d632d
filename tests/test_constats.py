"""Les constats : chaque affirmation tient à ses preuves, et chaque faute dit où et pourquoi."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from bilan import constats, constats_phrases, constats_recommandations
from bilan.carnet import Bilan
from bilan.constats import FORCES, Constat, Croisement
from bilan.constats_controle import Controle, valeur
from bilan.constats_lexique import Lexique
from bilan.constats_mentions import en_html
from bilan.constats_preuves import Comparaison, comparer
from bilan.erreurs import ErreurBilan
from bilan.expressions import noms_cites, verifiee
from bilan.projet import Projet
from bilan.verifier import verifier
from tests.conftest import EDITION, lancer, remplacer

CONSTATS = f"params/{EDITION}/constats.yml"
TEXTES = f"params/{EDITION}/textes"


@pytest.fixture(scope="module")
def lexique(bilan) -> Lexique:
    return Lexique(constats.lire_regles(bilan.edition))


@pytest.fixture(scope="module")
def controle(bilan) -> Controle:
    return Controle(bilan)


def ligne_de(chemin, texte: str) -> int:
    """La ligne d'un fichier où ce texte est écrit."""
    lignes = chemin.read_text("utf-8").splitlines()
    return next(n for n, ligne in enumerate(lignes, start=1) if texte in ligne)


def fautes(projet) -> list[str]:
    bilan = Bilan(EDITION, Projet(projet))
    return [str(f) for f in constats_phrases.fautes(bilan)]


def retoucher(projet, code: str, avant: str, apres: str) -> int:
    """Change un champ de l'affirmation `code` ; rend la ligne changée."""
    chemin = projet / CONSTATS
    texte = chemin.read_text("utf-8")
    debut = texte.index(f"- code: {code}\n")
    place = texte.index(avant, debut)
    suivante = texte.find("- code: ", debut + 1)
    assert suivante == -1 or place < suivante, f"{code} ne contient pas {avant!r}"
    chemin.write_text(texte[:place] + apres + texte[place + len(avant):], "utf-8")
    return texte.count("\n", 0, place) + 1


# --- Les preuves -----------------------------------------------------------------------------


def test_l_edition_ne_porte_aucune_faute(bilan):
    """Tout ce que l'édition publiée affirme tient, et toute phrase à marquer l'est."""
    assert constats_phrases.fautes(bilan) == []


def test_trois_contre_trois_ne_peut_pas_montrer():
    """Trois territoires sur trois contre aucun sur trois : p = 2/20, calculé à la main."""
    partage = Comparaison(avec=3, groupe=3, avec_hors=0, hors_groupe=3)
    assert partage.p == pytest.approx(2 / 20)
    assert partage.p_minimal == pytest.approx(2 / 20)
    assert partage.favorable


def test_quatre_contre_deux_reste_au_dessus_du_seuil():
    """Quatre contre deux, partage parfait : p = 1/15, au-dessus de cinq pour cent."""
    partage = Comparaison(avec=3, groupe=4, avec_hors=1, hors_groupe=2)
    assert partage.p == pytest.approx(1)
    assert partage.p_minimal == pytest.approx(1 / 15)


def test_croisement_de_criteres_compte_les_scores(bilan):
    """Deux critères notés se croisent au seuil dit, sur les territoires dits."""
    croisement = Croisement(criteres=["formalisation", "perennisation"], seuil=0.5, parmi="base")
    assert comparer(croisement, bilan.tables) == Comparaison(3, 4, 1, 1)


def constat(**champs) -> Constat:
    defauts = {"code": "K99", "enonce": "Un énoncé.", "force": "montre", "etabli": "a.b"}
    if "condition" in champs:
        defauts["en_clair"] = "une condition"
    return Constat(**(defauts | champs))


@pytest.mark.parametrize(
    ("champs", "plafond"),
    [
        ({"condition": "I4.resultat < I4.cible"}, "montre"),
        ({"condition": "ensemble.cibles_atteintes < 4"}, "montre"),
        ({"condition": "I2.ecart < 0"}, "suggère"),
        ({"condition": "I2.ecart < 0 et I4.ecart < 0"}, "montre"),
        ({"condition": "I4.resultat.douaisis < 50"}, "est compatible avec"),
        ({"condition": "I4.rapport > 0"}, "est compatible avec"),
        ({"condition": "fiche.cabbalr.1 > 100"}, "suggère"),
        ({"chiffres": ["I4.resultat"]}, "suggère"),
        ({"faits": [{"fiche": "douaisis/reussites/1"}]}, "suggère"),
        ({"faits": [{"entretiens": "calendrier"}]}, "est compatible avec"),
        ({"faits": [{"ecart": "C10"}]}, "suggère"),
        ({"faits": [{"ecart": "C10"}], "du_document": True}, "montre"),
        ({"condition": "I4.ecart < 0", "cause": True}, "ne permet pas de conclure"),
        ({"croisement": {"groupe": ["cabbalr", "douaisis", "dunkerque"],
                         "issue": ["cabbalr", "douaisis", "dunkerque"]}}, "est compatible avec"),
        ({"croisement": {"groupe": ["cabbalr"], "issue": ["douaisis"]}},
         "ne permet pas de conclure"),
    ],
)
def test_le_plafond_suit_la_preuve(controle, champs, plafond):
    """Publié, déclaré, raconté, reconstitué, comparé, causal : à chaque preuve son plafond."""
    assert controle.pesee.plafond(constat(**champs)).force == plafond


def test_les_p_des_comparaisons_sont_au_registre(bilan):
    """La prose et l'annexe citent les nombres d'une comparaison comme tout autre chiffre."""
    textes = {n: bilan.registre[f"constat.K42.{n}"].texte
              for n in ("p", "p_minimal", "groupe", "hors_groupe")}
    assert textes == {"p": "1,00", "p_minimal": "0,07", "groupe": "3/4", "hors_groupe": "1/2"}


def test_une_condition_porte_sur_des_nombres_et_des_textes():
    """Un code à points et tirets est un nom, un verdict un texte ; un vide ne suffit pas."""
    valeurs = {"I4.resultat": 32.0, "fiche.sud-artois.1": 16.0, "I4.verdict": "non atteinte",
               "I5.resultat": None}
    assert verifiee('I4.resultat < 50 et non I4.verdict = "atteinte"', valeurs)
    assert verifiee("fiche.sud-artois.1 >= 16 ou I4.resultat > 50", valeurs)
    assert not verifiee("I5.resultat > 0 ou I5.resultat <= 0", valeurs)
    assert noms_cites("I4.resultat < 3 et fiche.sud-artois.1 > 2") == [
        "I4.resultat", "fiche.sud-artois.1",
    ]
    with pytest.raises(ErreurBilan, match=r"chiffre inconnu « I4.resulta ».*« I4.resultat »"):
        verifiee("I4.resulta < 3", valeurs)


def test_une_donnee_absente_ne_se_compare_pas(bilan):
    """Un chiffre non renseigné n'est pas pris pour un texte."""
    from dataclasses import replace

    from bilan.nombres import NON_RENSEIGNE

    chiffre = bilan.registre["I4.resultat"]
    assert valeur(chiffre) == 32.0
    assert valeur(replace(chiffre, valeur=None, texte="atteinte")) == "atteinte"
    assert valeur(replace(chiffre, valeur=None, texte=NON_RENSEIGNE)) is None


# --- La vérification échoue ------------------------------------------------------------------


def test_force_au_dessus_de_son_plafond(projet):
    """`bilan verifier` échoue et dit le fichier, la ligne, la règle et ce qu'il faut écrire."""
    ligne = retoucher(projet, "K42", "force: est compatible avec", "force: montre")
    resultat = lancer("verifier", projet=projet)
    assert resultat.returncode == 1
    assert f"{CONSTATS}, ligne {ligne} : K42 : « montre » dépasse son plafond" in resultat.stderr
    assert "Fisher" in resultat.stderr
    assert "Écrire force: est compatible avec" in resultat.stderr


def test_une_ligne_de_donnees_renverse_une_condition(projet):
    """Une action de moins : la faute nomme la phrase, ses lieux et le chiffre du moment."""
    remplacer(projet / "data" / EDITION / "criteres.csv", "sud-artois,nouvelle_action,1",
              "sud-artois,nouvelle_action,0")
    trouvees = [str(f) for f in verifier(Projet(projet).edition(EDITION))]
    [faute] = [f for f in trouvees if " : K27 : " in f and "ne tient plus" in f]
    ligne = ligne_de(projet / CONSTATS, 'condition: "I11.resultat = 100"')
    assert faute.startswith(f"{CONSTATS}, ligne {ligne} : K27 : « Tous les territoires de la base")
    assert "I11.resultat vaut 80\u00a0%" in faute
    for fichier in ("realisations.md", "synthese.md", "resultats.md", "conclusion.md"):
        assert re.search(rf"{TEXTES}/{fichier}, ligne \d+", faute)


def test_un_resultat_qui_n_est_plus_le_publie_perd_sa_force(projet):
    """Des lignes reconstituées qui ne redonnent pas le publié ne montrent plus rien."""
    remplacer(projet / "data" / EDITION / "criteres.csv", "sambre-avesnois,formalisation,0.5",
              "sambre-avesnois,formalisation,0")
    [faute] = [f for f in fautes(projet) if " : K29 : " in f]
    assert "dépasse son plafond, « est compatible avec »" in faute


def test_une_phrase_plus_forte_que_son_constat(projet):
    """Là où le constat est « compatible », écrire « montrent » est une faute située."""
    chemin = projet / TEXTES / "synthese.md"
    remplacer(chemin, "Les données sont compatibles avec un lien ; elles n'en sont pas la preuve",
              "Les données montrent un lien")
    [faute] = fautes(projet)
    ligne = ligne_de(chemin, "Les données montrent un lien")
    assert faute.startswith(f"{TEXTES}/synthese.md, ligne {ligne} : K42 : « Les données montrent")
    assert "« montrent » vaut « montre », plus que « est compatible avec »" in faute
    assert "Écrire par exemple : compatible" in faute


def test_une_phrase_plus_forte_que_la_ou_le_constat_est_etabli(projet):
    """La section qui établit un constat en fixe aussi la force : ailleurs, jamais plus."""
    remplacer(projet / TEXTES / "perennisation.md", "La continuité semble tenir",
              "La continuité pourrait tenir")
    [faute] = fautes(projet)
    assert f"{TEXTES}/perennisation.md, ligne 23 : K44" in faute
    assert f"(établi : {TEXTES}/perennisation.md, ligne 15)" in faute


def test_un_enonce_plus_fort_que_sa_force(projet):
    """L'énoncé lui-même est relu : une affirmation sans réserve vaut « montre »."""
    ligne = retoucher(projet, "K44", "La continuité semble tenir", "La continuité tient")
    [faute] = fautes(projet)
    assert faute.startswith(f"{CONSTATS}, ligne {ligne} : K44")
    assert "affirmer sans réserve vaut « montre »" in faute


def test_une_cause_que_rien_n_etablit(projet):
    """Un mot de cause dans la phrase d'un constat qui n'est pas causal est une faute."""
    chemin = projet / TEXTES / "synthese.md"
    remplacer(chemin, "Le mécanisme est simple, et reconnu",
              "C'est reconnu, le calendrier a nui aux sessions, comme le disent")
    lignes = chemin.read_text("utf-8").splitlines()
    ligne = next(n for n, texte in enumerate(lignes, start=1) if "a nui" in texte)
    assert any("« a nui » dit une cause" in f and f"synthese.md, ligne {ligne}" in f
               for f in fautes(projet))


def test_une_conclusion_ne_depasse_pas_son_plus_faible_constat(projet):
    """Une chaîne de constats n'est pas plus solide que son maillon faible."""
    ligne = retoucher(projet, "D4", "force: suggère", "force: montre")
    [faute] = fautes(projet)
    assert faute.startswith(f"{CONSTATS}, ligne {ligne} : D4")
    assert "plus faible de ses constats" in faute


@pytest.mark.parametrize(
    ("code", "champ", "avant", "apres", "dit"),
    [
        ("K9", "chiffres", "[I1.resultat]", "[I1.resulta]",
         "chiffre inconnu « I1.resulta ». Écrire « I1.resultat » ?"),
        ("K10", "faits", "entretiens: calendrier", "entretiens: calendriers",
         "thème inconnu « calendriers ». Écrire « calendrier » ?"),
        ("K43", "faits", "fiche: sud-artois/presentation/2", "fiche: sud-artois/presentation/9",
         "fait inconnu « sud-artois/presentation/9 »."),
        ("K43", "faits", "ecart: C10", "ecart: C99", "écart inconnu « C99 »."),
        ("K9", "etabli", "accompagnement.essentiel", "accompagnement.essentiels",
         "texte inconnu « accompagnement.essentiels »."),
        ("K9", "question", "question: accompagnement", "question: accompagnements",
         "code de catégorie inconnu « accompagnements »."),
        ("R11", "constats", "[K40, K41]", "[K40, K410]",
         "constat inconnu « K410 ». Écrire « K41 » ?"),
        ("D4", "constats", "[K21, K32, K35]", "[]", "ne repose sur aucun constat"),
        ("R3", "constats", "[K9, K10]", "[]", "ne repose sur aucun constat"),
        ("R11", "axe", '"4"', '"7"', "axe inconnu « 7 »."),
        ("R11", "horizon", "horizon: deuxième", "horizon: seconde",
         "horizon inconnu « seconde année du projet »."),
        ("K9", "condition", "I1.resultat < I1.cible", "I1.resultat < I1.cibl",
         "chiffre inconnu « I1.cibl ». Écrire « I1.cible » ?"),
        ("K9", "condition", "I1.resultat < I1.cible", "I1.resultat <", "pas comprise à la fin"),
        ("K15", "code", "sans_suite: Une pratique à garder, que le document publié ne traduit pas "
                        "en recommandation.", "chiffres: []", "aucune recommandation n'en part"),
        ("K9", "sans_suite", "force: montre", "force: montre\n    sans_suite: Rien.",
         "il a donc une suite"),
    ],
)
def test_un_renvoi_ou_une_preuve_qui_manque(projet, code, champ, avant, apres, dit):
    """Chaque code cité existe, rien ne part de rien, rien ne mène nulle part sans le dire."""
    retoucher(projet, code, avant, apres)
    lignes = (projet / CONSTATS).read_text("utf-8").splitlines()
    debut = lignes.index(f"  - code: {code}")
    ligne = next(n for n, t in enumerate(lignes, 1) if n > debut and f"{champ}:" in t)
    assert any(f.startswith(f"{CONSTATS}, ligne {ligne} : {code} : ") and dit in f
               for f in fautes(projet))


def test_un_constat_qui_ne_repose_sur_rien(projet):
    """Ni chiffre, ni fait, ni comparaison : la faute le dit."""
    retoucher(projet, "K22", "    faits:\n      - document: Partie 2.3, coopération\n", "")
    [faute] = fautes(projet)
    assert "K22 : ce constat ne repose sur rien" in faute


def test_un_croisement_qui_nomme_un_territoire_inconnu(projet):
    """La faute vient avant tout calcul, avec la ligne du croisement."""
    ligne = retoucher(projet, "K42", "groupe: [cabbalr,", "groupe: [cabalr,") - 1
    [faute] = verifier(Projet(projet).edition(EDITION))
    assert str(faute).startswith(f"{CONSTATS}, ligne {ligne} : K42, croisement")
    assert "territoire inconnu « cabalr ». Écrire « cabbalr » ?" in str(faute)


def test_un_fichier_mal_forme(projet):
    """Une force qui n'existe pas, une règle absente : fichier, ligne, valeurs admises."""
    ligne = retoucher(projet, "K9", "force: montre", "force: prouve")
    [faute] = verifier(Projet(projet).edition(EDITION))
    assert str(faute).startswith(f"{CONSTATS}, ligne {ligne} : « force: prouve »")
    assert all(force in str(faute) for force in FORCES)
    retoucher(projet, "K9", "force: prouve", "force: montre")
    remplacer(projet / "params" / EDITION / "forces.yml", "  - code: cause\n    plafond: ne permet "
              "pas de conclure\n    regle: Une cause ne s'affirme pas sans comparaison ni point de "
              "départ mesuré.\n", "")
    [faute] = verifier(Projet(projet).edition(EDITION))
    assert "il manque cause" in str(faute)


# --- Les phrases -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "force"),
    [
        ("Les données montrent un lien", "montre"),
        ("Les acteurs viennent", "montre"),
        ("Le lien semble tenir", "suggère"),
        ("Des connaissances sont déclarées dans []{.chiffre code=\"I2.resultat\"} des réponses",
         "suggère"),
        ("Les données sont **compatibles** avec un lien", "est compatible avec"),
        ("Compatibles avec un lien ; elles n'en sont pas la preuve", "est compatible avec"),
        ("Le nombre de cas ne permet pas de l'établir", "ne permet pas de conclure"),
        ("On ne peut pas le dire", "ne permet pas de conclure"),
        ("Les données suggèrent, et même prouvent, un lien", "montre"),
        ("L'analyse qui le « montre » semble fragile", "suggère"),
        ("Dix établissements scolaires semblent touchés", "suggère"),
    ],
)
def test_la_force_se_lit_dans_les_mots(lexique, phrase, force):
    """Le mot le plus fort l'emporte ; nié il ne compte plus ; cité il n'est pas lu."""
    assert lexique.force(phrase)[0] == force


@pytest.mark.parametrize(
    ("phrase", "mot"),
    [
        ("L'appel a permis de relier deux univers", "a permis"),
        ("C'est grâce à l'appui", "grâce à"),
        ("Rien n'est dû à l'appel", None),
        ("Les antennes participent moins", None),
    ],
)
def test_les_mots_de_cause(lexique, phrase, mot):
    """Une cause affirmée se voit, une cause niée n'en est pas une."""
    assert lexique.cause(phrase) == mot


def test_une_puce_sans_marque(projet):
    """Dans une section de constats, une phrase nouvelle doit dire d'où elle vient."""
    chemin = projet / TEXTES / "cooperation.md"
    remplacer(chemin, "# reserves", "- Les élus se sont mobilisés.\n\n# reserves")
    [faute] = fautes(projet)
    ligne = ligne_de(chemin, "Les élus se sont mobilisés")
    assert faute.startswith(f"{TEXTES}/cooperation.md, ligne {ligne} : phrase sans constat")


def test_un_rappel_ou_une_annonce_n_est_pas_un_constat(projet):
    """Ce qui n'affirme rien se dit par `.rappel` ; une annonce finit par deux points."""
    remplacer(projet / TEXTES / "cooperation.md", "# reserves",
              "- [L'appel date de 2023.]{.rappel}\n\nOn en retient :\n\n# reserves")
    assert fautes(projet) == []


@pytest.mark.parametrize(
    ("marque", "dit"),
    [
        ('{.constat code="K161"}', "constat inconnu « K161 »"),
        ("{.constat K16}", "marque mal écrite « {.constat K16} »"),
    ],
)
def test_une_marque_fausse(projet, marque, dit):
    """Une marque nomme un constat qui existe, et s'écrit d'une seule façon."""
    chemin = projet / TEXTES / "introduction.md"
    remplacer(chemin, "Une distance demeurait.", f"[Une distance demeurait]{marque}.")
    [faute] = fautes(projet)
    ligne = ligne_de(chemin, "Une distance demeurait")
    assert faute.startswith(f"{TEXTES}/introduction.md, ligne {ligne} : {dit}")


def test_un_constat_que_rien_ne_dit(projet):
    """Un constat déclaré mais absent de la section qui l'établit est une faute."""
    chemin = projet / TEXTES / "accompagnement.md"
    texte = chemin.read_text("utf-8")
    chemin.write_text(texte.replace('{.constat code="K14"}', "{.rappel}"), "utf-8")
    [faute] = fautes(projet)
    assert "K14 : aucune phrase de « accompagnement.operationnel » ne le dit" in faute


def test_un_chiffre_ne_se_tape_pas_dans_un_constat(projet):
    """La règle de la prose vaut pour les énoncés de constats.yml."""
    ligne = retoucher(projet, "K9", "La présence aux sessions", "La présence, 74 %, aux sessions")
    trouvees = [str(f) for f in verifier(Projet(projet).edition(EDITION))]
    assert any(f.startswith(f"{CONSTATS}, ligne {ligne} : chiffre tapé à la main « 74 % »")
               for f in trouvees)


def test_les_marques_se_lisent_dans_un_carnet():
    """Dans JupyterLab, une marque est une balise : aucun crochet n'y traîne."""
    texte = 'a [**b** []{.chiffre code="I1.resultat"}]{.constat code="K1"} et [c]{.rappel}.'
    assert en_html(texte) == (
        'a <span class="constat" data-code="K1">**b** []{.chiffre code="I1.resultat"}</span>'
        ' et <span class="rappel">c</span>.'
    )


# --- Le document -----------------------------------------------------------------------------


@pytest.mark.xdist_group("construit")
def test_chaque_marque_mene_a_ce_qui_la_fonde(sortie, bilan):
    """Sur le site, chaque affirmation est marquée, et sa marque mène à son entrée d'annexe."""
    pages = {p.name: BeautifulSoup(p.read_text("utf-8"), "html.parser")
             for p in (sortie / "site").glob("*.html")}
    ancres = {nom: {e["id"] for e in page.select("[id]")} for nom, page in pages.items()}
    marques = [m for page in pages.values() for m in page.select("sup a.marque-constat")]
    for marque in marques:
        page, ancre = marque["href"].split("#")
        assert ancre == f"constat-{marque.text}" and ancre in ancres[page]
        assert marque["aria-label"].endswith(f" : {marque.text}")
    lues = constats.lire(bilan.edition)
    assert {a.code for a in lues.affirmations} <= {m.text for m in marques}
    matrice = pages["constats.html"].select_one("#tbl-constats")
    assert {a.code for a in lues.affirmations} <= {a.text for a in matrice.select("a")}
    tableau = pages["recommandations.html"].select_one("#tbl-recommandations")
    assert len(tableau.select("tbody tr")) == len(lues.recommandations)


def test_le_calendrier_suit_les_horizons_declares(bilan):
    """Chaque recommandation y est une fois, du premier horizon déclaré au dernier."""
    lues = constats.lire(bilan.edition)
    donnees = constats_recommandations.frise(bilan).donnees
    assert list(dict.fromkeys(donnees["Horizon"])) == lues.horizons
    assert sorted(donnees["Code"]) == sorted(r.code for r in lues.recommandations)
