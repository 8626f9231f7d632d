"""Les formulaires de collecte : tirés des schémas, contrôlés à la saisie, relisibles."""

import csv
import io
import json
import re
import shutil
import xml.etree.ElementTree as ET
import zipfile

import pytest
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from bilan import collecte, questionnaires
from bilan.classeur import LIGNES
from bilan.collecte import LIGNE_AIDES, LIGNE_DONNEES, LIGNE_EXEMPLE, LIGNE_TITRES, TERRITOIRE
from bilan.erreurs import ErreurBilan
from bilan.formulaires import classeur, ecrire
from bilan.projet import Projet
from bilan.tables import lire_schemas
from bilan.xlsform import en_xpath, xlsform
from tests.conftest import EDITION, RACINE, lancer, remplacer

DEPOT = Projet(RACINE).edition(EDITION)
SCHEMAS = lire_schemas(RACINE)
CLASSEUR = {t: s for t, s in SCHEMAS.items() if s["collecte"] == "classeur"}
COLONNES = [(t, c) for t, s in CLASSEUR.items() for c in s["fields"] if c["name"] != TERRITOIRE]
XLSFORMS = ("questionnaire-apres-session", "fiche-activite")
JAVA = shutil.which("java") is not None  # ODK Validate contrôle alors aussi l'XForm
XML = {"x": "http://www.w3.org/2002/xforms"}


@pytest.fixture(scope="module")
def livre():
    """Le classeur du Douaisis, relu."""
    return load_workbook(io.BytesIO(classeur(DEPOT, "douaisis")))


def colonne(page, titre):
    """Le numéro de la colonne qui porte ce titre."""
    titres = [c.value for c in page[LIGNE_TITRES]]
    assert titres.count(titre) == 1, (titre, titres)
    return titres.index(titre) + 1


def controle(page, rang):
    """Le contrôle de saisie des cellules à remplir d'une colonne."""
    cellule = page.cell(LIGNE_DONNEES, rang).coordinate
    trouves = [d for d in page.data_validations.dataValidation if cellule in d.sqref]
    assert len(trouves) == 1
    return trouves[0]


def liste(livre, regle):
    """Les libellés d'une liste déroulante."""
    feuille, plage = regle.formula1.split("!")
    return [ligne[0].value for ligne in livre[feuille][plage.replace("$", "")]]


def formulaire(edition, code):
    """Le questionnaire de ce code, et son XForm tel que pyxform le convertit."""
    questionnaire = {q.code: q for q in questionnaires.lire(edition)}[code]
    resultat = convert(xlsform(edition, questionnaire), validate=JAVA)
    assert resultat.warnings == []
    return questionnaire, ET.fromstring(resultat.xform)


def liens(xform):
    """Les contraintes de chaque question, par chemin sous la racine."""
    return {b.get("nodeset").removeprefix("/data/"): b for b in xform.iterfind(".//x:bind", XML)}


def textes(xform):
    """Les textes français, par identifiant."""
    (langue,) = xform.findall(".//x:translation", XML)
    assert langue.get("lang") == "français (fr)"
    return {t.get("id"): t.find("x:value", XML).text for t in langue}


def options(xform, nom):
    """Les codes d'une liste de réponses."""
    instance = xform.find(f".//x:instance[@id='{nom}']", XML)
    return [n.text for n in instance.iterfind(".//x:name", XML)]


def changer_schema(projet, table, nom, fonction):
    """Modifie une colonne d'un schéma."""
    chemin = projet / "data" / "schemas" / f"{table}.json"
    schema = json.loads(chemin.read_text("utf-8"))
    fonction(next(c for c in schema["fields"] if c["name"] == nom))
    chemin.write_text(json.dumps(schema), "utf-8")


def vider(projet, table):
    """Ne garde d'une table que son en-tête."""
    chemin = projet / "data" / EDITION / f"{table}.csv"
    chemin.write_text(chemin.read_text("utf-8").splitlines()[0] + "\n", "utf-8")


# Le contrat.


def test_chaque_table_dit_qui_la_remplit():
    """Chaque schéma dit qui remplit la table."""
    assert {s.get("collecte") for s in SCHEMAS.values()} == set(collecte.COLLECTES)


def test_onglets_et_titres_sans_ambiguite():
    """L'import retrouve une table par son onglet, une colonne par son titre, un code par libellé.

    Aucun des trois n'est donc porté deux fois, et un onglet tient dans les limites d'Excel.
    """
    feuilles = collecte.feuilles(RACINE, "classeur")
    onglets = [f.onglet for f in feuilles] + [collecte.LISEZ_MOI, collecte.LISTES]
    assert len({o.casefold() for o in onglets}) == len(onglets)
    assert max(map(len, onglets)) <= 31
    for feuille in collecte.feuilles_de(DEPOT):
        titres = [c.titre for c in feuille.champs]
        assert len(set(titres)) == len(titres)
        assert collecte.TITRE_REPERE not in titres
        for champ in feuille.champs:
            libelles = list(champ.modalites.values())
            assert len({x.casefold() for x in libelles}) == len(libelles)


# Le classeur.


@pytest.mark.parametrize(("table", "champ"), COLONNES,
                         ids=[f"{t}.{c['name']}" for t, c in COLONNES])
def test_colonne_du_classeur(livre, table, champ):
    """Chaque colonne de schéma y est une fois : titre, aide, exemple, contrôle, cellule ouverte."""
    page = livre[SCHEMAS[table]["title"]]
    rang = colonne(page, champ["title"])
    contraintes = champ.get("constraints", {})
    sens = champ["description"].replace("Vrai", "Oui")
    assert sens in page.cell(LIGNE_AIDES, rang).value
    assert page.cell(LIGNE_AIDES, rang).value.startswith("Obligatoire. ") is bool(
        contraintes.get("required"))
    assert page.cell(LIGNE_EXEMPLE, rang).value not in (None, "")
    for ligne in (LIGNE_TITRES, LIGNE_AIDES, LIGNE_EXEMPLE):
        assert page.cell(ligne, rang).protection.locked
    assert not page.cell(LIGNE_DONNEES, rang).protection.locked
    assert not page.cell(LIGNE_DONNEES + LIGNES - 1, rang).protection.locked
    regle = controle(page, rang)
    assert regle.promptTitle == champ["title"]
    assert 0 < len(regle.prompt) <= 255
    assert not regle.type or (regle.error and regle.showErrorMessage)


@pytest.mark.parametrize(("table", "champ"),
                         [(t, c) for t, c in COLONNES if "enum" in c.get("constraints", {})],
                         ids=lambda v: v if isinstance(v, str) else v["name"])
def test_listes_deroulantes(livre, table, champ):
    """Une liste fermée se choisit parmi les libellés du schéma, dans son ordre."""
    page = livre[SCHEMAS[table]["title"]]
    regle = controle(page, colonne(page, champ["title"]))
    assert regle.type == "list"
    codes = map(str, champ["constraints"]["enum"])
    assert liste(livre, regle) == [champ["libelles"][c] for c in codes]


def test_booleens_sessions_bornes_et_codes(livre):
    """Oui ou non ; les sessions de l'édition ; les bornes du schéma ; un code sans doublon."""
    acteurs, actions = livre["Acteurs recensés"], livre["Actions des réseaux"]
    assert liste(livre, controle(acteurs, colonne(acteurs, "Rencontré"))) == ["oui", "non"]
    presences = livre["Présences aux sessions"]
    sessions = liste(livre, controle(presences, colonne(presences, "Session")))
    assert len(sessions) == 8
    assert sessions[3] == "s4 – 12/10/2023 – Associer les bénéficiaires"
    annee = controle(actions, colonne(actions, "Année"))
    assert (annee.type, annee.formula1, annee.formula2) == ("whole", "2000", "2100")
    assert annee.error == "Un nombre entier, au moins 2000, au plus 2100."
    code = controle(acteurs, colonne(acteurs, "Acteur"))
    assert code.type == "custom"
    assert "LOWER" in code.formula1
    assert "COUNTIF" in code.formula1
    assert "Minuscules sans accent" in code.error


def test_date_controlee(projet):
    """Une colonne de date n'accepte qu'une date, affichée jour/mois/année."""

    def dater(champ):
        champ.update(type="date", example="2023-10-12")

    changer_schema(projet, "chiffres_cles", "date", dater)
    livre = load_workbook(io.BytesIO(classeur(Projet(projet).edition(EDITION), "douaisis")))
    page = livre["Chiffres clés des fiches"]
    rang = colonne(page, "Date")
    assert controle(page, rang).type == "date"
    assert controle(page, rang).error == "Une date."
    assert page.cell(LIGNE_DONNEES, rang).number_format == "dd/mm/yyyy"
    assert page.cell(LIGNE_EXEMPLE, rang).is_date


def test_exemple_reconnaissable(livre):
    """La ligne d'exemple porte le repère, en italique et verrouillée ; les données, aucun."""
    for table in CLASSEUR.values():
        page = livre[table["title"]]
        assert page.cell(LIGNE_TITRES, 1).value == collecte.TITRE_REPERE
        marques = [c.row for c in page["A"] if c.value == collecte.REPERE_EXEMPLE]
        assert marques == [LIGNE_EXEMPLE]
        assert all(c.font.italic and c.protection.locked for c in page[LIGNE_EXEMPLE])
        assert {c.value for c in page["A"][LIGNE_DONNEES - 1:]} == {None}


def test_exemple_conforme(projet):
    """Chaque exemple du classeur, ramené à ses codes, passe la vérification du schéma."""
    from bilan.verifier import fautes_des_donnees

    edition = Projet(projet).edition(EDITION)
    livre = load_workbook(io.BytesIO(classeur(edition, "douaisis")))
    for feuille in collecte.feuilles_de(edition, "classeur"):
        page, ligne = livre[feuille.onglet], {TERRITOIRE: "douaisis"}
        for champ in feuille.demandes:
            valeur = page.cell(LIGNE_EXEMPLE, colonne(page, champ.titre)).value
            codes = {libelle: code for code, libelle in champ.modalites.items()}
            ligne[champ.nom] = codes[valeur] if codes else str(valeur)
        noms = [c.nom for c in feuille.champs]
        chemin = edition.donnees / f"{feuille.table}.csv"
        with chemin.open("w", newline="", encoding="utf-8") as fichier:
            csv.writer(fichier).writerows([noms, [ligne[nom] for nom in noms]])
    vider(projet, "reponses")  # elles renvoient aux présences remplacées
    assert fautes_des_donnees(edition) == []


def test_feuilles_protegees_sans_mot_de_passe(livre):
    """Feuilles verrouillées sans mot de passe ; impression en A4 paysage, titres répétés."""
    for page in livre:
        assert page.protection.sheet
        assert page.protection.password is None
    for table in CLASSEUR.values():
        page = livre[table["title"]]
        assert page.freeze_panes == "B2"
        assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
        assert page.print_title_rows == "$1:$1"
    assert livre[collecte.LISTES].sheet_state == "hidden"


def test_lisez_moi(livre):
    """Le classeur dit son édition, son territoire, son format, et de ne pas écrire de noms."""
    page = livre[collecte.LISEZ_MOI]
    lu = {cle: page[cellule].value for cle, cellule in collecte.CELLULES.items()}
    assert lu == {"edition": EDITION, "territoire": "douaisis", "format": collecte.FORMAT}
    texte = "\n".join(str(c.value) for ligne in page.iter_rows() for c in ligne)
    assert "Aucun nom de personne" in texte
    assert "coordination dans chaque territoire" in texte
    assert "Chaque semestre" in texte


def test_lignes_preparees(livre):
    """Les critères et les participants attendus sont écrits ; les réponses, non."""
    page = livre["Critères de réseau"]
    critere, score = colonne(page, "Critère"), colonne(page, "Score")
    ecrits = [page.cell(LIGNE_DONNEES + i, critere).value for i in range(7)]
    assert ecrits == [*SCHEMAS["criteres"]["fields"][1]["libelles"].values(), None]
    assert page.cell(LIGNE_DONNEES, score).value is None
    page = livre["Présences aux sessions"]
    lignes = list(page.iter_rows(min_row=LIGNE_DONNEES, min_col=2, values_only=True))
    preparees = [ligne for ligne in lignes if any(ligne)]
    with (DEPOT.donnees / "presences.csv").open(encoding="utf-8") as fichier:
        attendus = [li for li in csv.DictReader(fichier) if li["territoire"] == "douaisis"]
    assert [(s.split(" – ")[0], p) for s, p, _ in preparees] == [
        (li["session"], li["participant"]) for li in attendus]
    assert {present for _, _, present in preparees} == {None}
    assert len(lignes) == len(preparees) + LIGNES


def test_octets_identiques():
    """Deux écritures donnent les mêmes octets, quelle que soit l'heure."""
    questionnaire = questionnaires.a_remplir(DEPOT)[0]
    assert classeur(DEPOT, "douaisis") == classeur(DEPOT, "douaisis")
    assert xlsform(DEPOT, questionnaire) == xlsform(DEPOT, questionnaire)
    octets = io.BytesIO(classeur(DEPOT, "douaisis"))
    assert {e.date_time for e in zipfile.ZipFile(octets).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    proprietes = load_workbook(octets).properties
    assert f"{proprietes.created:%F %T}" == f"{proprietes.modified:%F %T}" == "2026-11-29 00:00:00"


# Les XLSForm.


@pytest.mark.parametrize("code", XLSFORMS)
def test_xlsform_converti(code):
    """pyxform le convertit sans avertissement ; chaque question y est, à sa place, en français."""
    questionnaire, xform = formulaire(DEPOT, code)
    binds, dits = liens(xform), textes(xform)
    for question in questionnaire.questions:
        seul = question.colonne == TERRITOIRE
        chemin = TERRITOIRE if seul else f"{question.table}/{question.colonne}"
        champ = next(c for c in SCHEMAS[question.table]["fields"]
                     if c["name"] == question.colonne)
        contraintes = champ.get("constraints", {})
        assert dits[f"/data/{chemin}:label"] == question.intitule
        assert dits[f"/data/{chemin}:hint"].startswith(question.aide)
        assert (binds[chemin].get("required") == "true()") is contraintes.get("required", False)
    donnees = xform.find(".//x:instance/x:data", XML)
    assert donnees.get("id") == f"{code}_{EDITION}".replace("-", "_")
    repetees = [r.get("nodeset") for r in xform.iterfind(".//x:repeat", XML)]
    assert repetees == [f"/data/{t}" for t in questionnaire.tables if t != "reponses"]


def test_contraintes_du_schema():
    """Bornes, motifs et types du schéma ; chaque contrainte a son message."""
    _, xform = formulaire(DEPOT, "fiche-activite")
    binds, dits = liens(xform), textes(xform)
    annee = binds["actions/annee"]
    assert (annee.get("type"), annee.get("constraint")) == ("int", ". >= 2000 and . <= 2100")
    motif = SCHEMAS["acteurs"]["fields"][0]["constraints"]["pattern"]
    assert binds["acteurs/acteur"].get("constraint") == f"regex(., '{motif}')"
    contraints = [chemin for chemin, bind in binds.items() if bind.get("constraint")]
    assert sorted(contraints) == ["acteurs/acteur", "actions/action", "actions/annee",
                                  "presences/participant"]
    for chemin in contraints:
        assert dits[f"/data/{chemin}:jr:constraintMsg"].endswith(".")


def test_reponses_en_codes():
    """Les réponses sont les codes des tables : listes fermées, territoires, sessions, vrai/faux."""
    _, xform = formulaire(DEPOT, "questionnaire-apres-session")
    assert options(xform, "oui_non") == ["true", "false"]
    assert options(xform, "mises_en_oeuvre_score") == ["0", "0.5", "1"]
    assert options(xform, "sessions") == [f"s{i}" for i in range(1, 9)]
    assert "thierache" in options(xform, "territoires")
    assert "Thiérache" in textes(xform).values()


def test_question_posee_sous_condition():
    """La raison n'est demandée que pour un acteur rencontré qui ne participe pas."""
    _, xform = formulaire(DEPOT, "fiche-activite")
    condition = liens(xform)["acteurs/raison_non_participation"].get("relevant")
    assert re.sub(r"\s+", " ", condition) == (
        "( ../rencontre = 'true' and not(( ../participe_action = 'true' "
        "or ../participe_animation = 'true')))")
    assert liens(xform)["acteurs"].get("relevant").split() == ["/data/avec_acteurs", "=", "'true'"]


@pytest.mark.parametrize(
    ("expression", "xpath"),
    [
        ('famille = "antenne"', "${famille} = 'antenne'"),
        ("score >= 0.5 et rencontre", "(${score} >= 0.5 and ${rencontre} = 'true')"),
        ("non rencontre", "not(${rencontre} = 'true')"),
        ("rencontre = faux", "${rencontre} = 'false'"),
        ("renseigne(preuve)", "${preuve} != ''"),
        ('famille dans ("ccas", "sante")', "(${famille} = 'ccas' or ${famille} = 'sante')"),
    ],
)
def test_condition_en_xpath(expression, xpath):
    """Une condition s'écrit comme une définition d'indicateur, et se lit dans l'XForm."""
    assert en_xpath(expression) == xpath


def test_entretien_sans_formulaire():
    """La grille d'entretien reste à l'enquêteur : elle n'est pas distribuée."""
    assert [q.code for q in questionnaires.a_remplir(DEPOT)] == list(XLSFORMS)


# Jamais tenus deux fois.


def test_une_modalite_ajoutee_partout(projet):
    """Une valeur ajoutée au schéma est dans les deux formulaires ; la version change."""

    def ajouter(champ):
        champ["constraints"]["enum"].append("tiers_lieu")
        champ["libelles"]["tiers_lieu"] = "Tiers-lieu"

    changer_schema(projet, "acteurs", "famille", ajouter)
    edition = Projet(projet).edition(EDITION)
    livre = load_workbook(io.BytesIO(classeur(edition, "douaisis")))
    page = livre["Acteurs recensés"]
    assert liste(livre, controle(page, colonne(page, "Famille")))[-1] == "Tiers-lieu"
    _, avant = formulaire(DEPOT, "fiche-activite")
    _, apres = formulaire(edition, "fiche-activite")
    assert options(apres, "acteurs_famille")[-1] == "tiers_lieu"
    assert textes(apres)["acteurs_famille-13"] == "Tiers-lieu"
    version = [x.find(".//x:instance/x:data", XML).get("version") for x in (avant, apres)]
    assert version[0] != version[1]


def test_une_borne_changee_partout(projet):
    """Une borne du schéma est celle des deux formulaires."""
    changer_schema(projet, "actions", "annee", lambda c: c["constraints"].update(minimum=2022))
    edition = Projet(projet).edition(EDITION)
    page = load_workbook(io.BytesIO(classeur(edition, "douaisis")))["Actions des réseaux"]
    assert controle(page, colonne(page, "Année")).formula1 == "2022"
    _, xform = formulaire(edition, "fiche-activite")
    assert liens(xform)["actions/annee"].get("constraint") == ". >= 2022 and . <= 2100"


# La commande.


def test_commande(projet):
    """`bilan formulaires` écrit un classeur par territoire et les XLSForm, et dit la suite."""
    resultat = lancer("formulaires", projet=projet)
    assert resultat.returncode == 0, resultat.stderr
    ecrits = {f.name for f in (projet / "build" / "formulaires" / EDITION).iterdir()}
    territoires = collecte.choix(DEPOT)["territoires"]
    assert ecrits == {f"{n}.xlsx" for n in (*territoires, *XLSFORMS)}
    assert all(f"build/formulaires/{EDITION}/{nom}" in resultat.stdout for nom in ecrits)
    assert "bilan importer" in resultat.stdout


def test_edition_sans_territoire(projet):
    """Sans territoire, la commande dit où les écrire et n'écrit rien."""
    for table in lire_schemas(projet):
        vider(projet, table)
    with pytest.raises(ErreurBilan) as erreur:
        ecrire(Projet(projet).edition(EDITION))
    assert "territoires.csv : aucun territoire" in str(erreur.value)
    assert not (projet / "build").exists()


def test_edition_sans_session(projet):
    """Tant que les sessions ne sont pas connues, leur code s'écrit, sous la forme du schéma."""
    for table in ("sessions", "presences", "reponses"):
        vider(projet, table)
    edition = Projet(projet).edition(EDITION)
    assert len(ecrire(edition)) == 8
    page = load_workbook(io.BytesIO(classeur(edition, "douaisis")))["Présences aux sessions"]
    assert controle(page, colonne(page, "Session")).type == "custom"
    _, xform = formulaire(edition, "questionnaire-apres-session")
    assert liens(xform)["reponses/session"].get("constraint").startswith("regex")


def test_donnees_fautives(projet):
    """Une session mal datée est dite avant d'écrire un formulaire qui la montrerait."""
    remplacer(projet / "data" / EDITION / "sessions.csv", "2023-03-21", "21 mars")
    with pytest.raises(ErreurBilan) as erreur:
        ecrire(Projet(projet).edition(EDITION))
    assert "sessions.csv, ligne 2, colonne « date »" in str(erreur.value)
