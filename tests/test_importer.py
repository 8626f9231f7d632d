"""L'import : ce qui est bon est écrit une fois, ce qui est changé est dit, rien n'est perdu."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.comments import Comment

from bilan import classeur as classeur_
from bilan import collecte
from bilan.erreurs import ErreurBilan
from bilan.importer import SORTS, preparer
from bilan.importer_conversion import convertir
from bilan.importer_lecture import Cellule
from bilan.importer_lignes import DEJA, ECRITE, PREPAREE, REFUSEE, REMPLACEE, VIDE
from bilan.importer_marques import FOND
from bilan.verifier import fautes_des_donnees
from tests.conftest import EDITION, RACINE, lancer
from tests.importer_fichiers import (
    BONNES,
    TITRES,
    classeur,
    contenu,
    edition_vide,
    feuilles,
    octets,
    texte_csv,
)

ACTEUR = ["a-1", "Antenne d'une tête de réseau", "Croix-Rouge", "OUI", "oui", "non", None]
ACTEUR_ECRIT = "a-1,cabbalr,antenne,Croix-Rouge,true,true,false,"
TABLES = sorted(TITRES)


@pytest.fixture
def edition(tmp_path: Path):
    """Une édition prête à recevoir des réponses."""
    return edition_vide(tmp_path / "projet")


def importer(edition, *chemins: Path, **options):
    """L'import mené jusqu'à l'écriture ; rend l'import et le compte des lignes."""
    lu = preparer(edition, list(chemins), **options)
    lu.ecrire()
    total = sum((lu.comptes(lot) for lot in lu.lots), Counter())
    return lu, {s: total[s] for s in SORTS if total[s]}


def poser(dossier: Path, nom: str, octets_: bytes) -> Path:
    (dossier / nom).write_bytes(octets_)
    return dossier / nom


def donnees(edition) -> dict[str, bytes]:
    return {c.name: c.read_bytes() for c in sorted(edition.donnees.iterdir())}


# Le classeur.


def test_vrai_classeur(edition, tmp_path):
    """Le classeur de « bilan formulaires » s'importe ; ses lignes préparées sont à part."""
    livre = load_workbook(io.BytesIO(classeur_.classeur(edition, "cabbalr")))
    for rang, valeur in enumerate(ACTEUR, start=2):
        livre["Acteurs recensés"].cell(4, rang, valeur)
    livre["Critères de réseau"]["C4"], livre["Critères de réseau"]["D4"] = "½", "Compte rendu"
    livre["Présences aux sessions"]["D4"] = "non"
    presences = contenu(edition, "presences")
    lu, total = importer(edition, poser(tmp_path, "c.xlsx", octets(livre)), remplacer=True)
    assert lu.fautes == []
    assert total == {ECRITE: 2, REMPLACEE: 1}
    assert contenu(edition, "acteurs") == [ACTEUR_ECRIT]
    assert contenu(edition, "presences") == [presences[0].replace("true", "false"), presences[1]]
    assert contenu(edition, "criteres") == ["cabbalr,beneficiaires,0.5,Compte rendu"]
    assert fautes_des_donnees(edition) == []
    # Cinq autres critères et quatre éléments préparés : aucun n'est une réponse.
    assert sum(lu.comptes(lot)[PREPAREE] for lot in lu.lots) == 9


def test_deux_fois_le_meme_fichier(edition, tmp_path):
    """Un second import du même fichier ne change pas un octet."""
    fichier = poser(tmp_path, "c.xlsx", octets(classeur(acteurs=[ACTEUR])))
    importer(edition, fichier)
    avant = donnees(edition)
    lu, total = importer(edition, fichier)
    assert (lu.fautes, total) == ([], {DEJA: 1})
    assert donnees(edition) == avant


def test_feuille_renommee_colonnes_deplacees_lignes_masquees(edition, tmp_path):
    """Une feuille se reconnaît à ses titres ; l'ordre des colonnes est libre ; le masqué est lu."""
    livre = classeur(acteurs=[ACTEUR, ["a-2", *ACTEUR[1:]]])
    page = livre["Acteurs recensés"]
    page.title = "Feuil1"
    page.move_range("B1:B5", cols=8)
    page.row_dimensions[5].hidden = True
    page.column_dimensions["D"].hidden = True
    livre["Actions des réseaux"].sheet_state = "hidden"
    lu, total = importer(edition, poser(tmp_path, "c.xlsx", octets(livre)))
    assert (lu.fautes, total) == ([], {ECRITE: 2})
    assert contenu(edition, "acteurs")[0] == ACTEUR_ECRIT
    remarques = [r for lot in lu.lots for r in lot.reconnue.grille.remarques]
    assert set(remarques) == {"lignes masquées, lues : 5", "colonnes masquées, lues : D",
                              "feuille masquée, lue"}


def test_formule_calculee(edition, tmp_path):
    """La valeur qu'Excel a calculée est lue, et il est dit que c'était une formule."""
    brut = octets(classeur(acteurs=[ACTEUR, ['="a-"&2', *ACTEUR[1:]]]))
    sortie = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(brut)) as source, zipfile.ZipFile(sortie, "w") as cible:
        for nom in source.namelist():  # openpyxl n'écrit jamais la valeur d'une formule
            contenu_ = re.sub(rb'<c r="B5"><f>(.*?)</f><v ?(/>|></v>)',
                              rb'<c r="B5" t="str"><f>\1</f><v>a-2</v>', source.read(nom))
            cible.writestr(nom, contenu_)
    lu, total = importer(edition, poser(tmp_path, "c.xlsx", sortie.getvalue()))
    assert (lu.fautes, total) == ([], {ECRITE: 2})
    assert [r for lot in lu.lots for r in lot.reconnue.grille.remarques] == [
        "formules, lues par leur valeur : B5"]


# Le CSV d'Excel.


@pytest.mark.parametrize(("encodage", "separateur", "debut"), [
    ("cp1252", ";", ""), ("utf-8", ";", ""), ("utf-8-sig", ";", ""), ("utf-8-sig", ",", ""),
    ("utf-16", "\t", ""), ("cp1252", ";", "sep=;\r\n"),
])
def test_csv_d_excel(edition, tmp_path, encodage, separateur, debut):
    """Encodages et séparateurs d'Excel, lignes et colonnes vides, insécables, retour à la ligne."""
    lignes = [
        ["Territoire ", "ORDRE", "signe", "Valeur", "Unité", "Libellé", "Date", "", ""],
        ["CABBALR", "1", "plus (+)", "1\u202f216,50", "€", "\u00a0par mois\u00a0", "mars 2024"],
        ["", "", "", "", "", "", ""],
        ["sud-artois", "2", "", "3", "", "deux\nlignes ; et « l'accent »", ""],
        ["", "", "", "", "", "", ""],
    ]
    if encodage == "cp1252":
        lignes[1][3] = "1\u00a0216,50"  # l'espace fine n'y existe pas
    sortie = io.StringIO(newline="")
    csv.writer(sortie, delimiter=separateur).writerows(
        [(li + [""] * 9)[:9] for li in lignes])
    fichier = poser(tmp_path, "f.csv", (debut + sortie.getvalue()).encode(encodage))
    lu, total = importer(edition, fichier)
    assert (lu.fautes, total) == ([], {ECRITE: 2})
    assert lu.comptes(lu.lots[0])[VIDE] == 1
    assert contenu(edition, "chiffres_cles") == [
        "cabbalr,1,+,1216.5,€,par mois,mars 2024",
        "sud-artois,2,,3,,deux lignes ; et « l'accent »,",
    ]


@pytest.mark.parametrize(("ecrit", "lu_"), [
    ("12/10/2025", "2025-10-12"), ("2025-10-12", "2025-10-12"), ("12 octobre 2025", "2025-10-12"),
    ("1er mars 2025", "2025-03-01"), ("lundi 3 août 2026", "2026-08-03"),
    ("3.4.2025", "2025-04-03"),
])
def test_dates(edition, tmp_path, ecrit, lu_):
    """Une date écrite à la française est lue jour d'abord."""
    fichier = poser(tmp_path, "f.csv", texte_csv("sessions", f"s20;{ecrit};formation;T"))
    assert importer(edition, fichier)[1] == {ECRITE: 1}
    assert contenu(edition, "sessions")[-1] == f"s20,{lu_},formation,T"


@pytest.mark.parametrize("table", TABLES)
def test_tables_du_depot(edition, tmp_path, table):
    """Toute table du dépôt, importée dans une édition qui ne l'a pas, redonne ses octets."""
    source = RACINE / "data" / EDITION / f"{table}.csv"
    presences = edition.donnees / "presences.csv"  # les réponses y renvoient
    presences.write_bytes((source.parent / "presences.csv").read_bytes())
    cible = edition.donnees / f"{table}.csv"
    cible.write_text(TITRES[table].replace(";", ",") + "\n", "utf-8")
    lu, total = importer(edition, poser(tmp_path, f"{table}.csv", source.read_bytes()))
    assert lu.fautes == []
    assert total == {ECRITE: len(source.read_text("utf-8").splitlines()) - 1}
    assert cible.read_bytes() == source.read_bytes()


def test_lignes_reconstituees_deja_la(tmp_path):
    """Une table reconstituée ne refuse que ce qui n'y est pas déjà."""
    edition = edition_vide(tmp_path / "projet")
    source = RACINE / "data" / EDITION
    (edition.donnees / "datapackage.json").write_bytes((source / "datapackage.json").read_bytes())
    (edition.donnees / "acteurs.csv").write_bytes((source / "acteurs.csv").read_bytes())
    lu, total = importer(edition, source / "acteurs.csv")
    assert (lu.fautes, total) == ([], {DEJA: 400})
    autre = poser(tmp_path, "f.csv", texte_csv("acteurs", BONNES["acteurs"],
                                               "cabbalr-001;cabbalr;ccas;;non;non;non;"))
    lu, total = importer(edition, autre, remplacer=True)
    assert total == {REFUSEE: 2}
    assert [f.trouve.split(" : ")[0] for f in lu.fautes] == [
        "la table « acteurs » de l'édition 2022-2024 est reconstituée"]


@pytest.mark.parametrize("ecrire", [str, str.upper])
def test_chaque_reponse_des_listes_se_relit(ecrire):
    """Ce que les listes des formulaires proposent, l'import le comprend, virgules comprises."""
    lus = 0
    for champ in (c for f in collecte.feuilles(RACINE) for c in f.champs if c.modalites):
        for code, libelle in champ.modalites.items():
            cellule = Cellule(1, 1, ecrire(libelle))
            assert convertir(cellule, champ, {}) == code, (champ.table, champ.nom, libelle)
            lus += 1
    assert lus > 50


# Les exports de formulaire.

REPONSE = ["Douaisis", "s1 – 21/03/2023 – Lancement et attentes de l'appel", "p-2", "oui"]
NOMS = ["territoire", "reponses/session", "reponses/participant", "reponses/connaissances_acquises"]
QUESTIONS = [
    "Pour quel territoire participez-vous ?",
    "Réponses aux questionnaires/À quelle session avez-vous pris part ?",
    "Réponses aux questionnaires/Quel est votre code de participant ?",
    "Réponses aux questionnaires/Cette session vous a-t-elle appris quelque chose que vous ne "
    "saviez pas ?",
]
TECHNIQUES = ["_id", "_uuid", "_submission_time", "_validation_status", "_notes", "__version__",
              "_index"]


@pytest.mark.parametrize("titres", [NOMS, [n.split("/")[-1] for n in NOMS], QUESTIONS,
                                    [q.split("/")[-1] for q in QUESTIONS]])
@pytest.mark.parametrize("valeurs", [REPONSE, ["douaisis", "s1", "p-2", "true"]])
@pytest.mark.parametrize("support", ["csv", "xlsx"])
def test_kobo(edition, tmp_path, titres, valeurs, support):
    """Un export de KoboToolbox : noms ou libellés, avec ou sans groupe, CSV ou XLSX."""
    lignes = [["start", *titres, "avec_mises_en_oeuvre", *TECHNIQUES],
              ["2024-01-01T10:00", *valeurs, "false", 12, "u", "2024-01-01T10:05", "", "", "v1", 1]]
    if support == "xlsx":
        fichier = poser(tmp_path, "k.xlsx", octets(feuilles(**{"Questionnaire d'après": lignes})))
    else:
        sortie = io.StringIO(newline="")
        csv.writer(sortie, delimiter=";", quoting=csv.QUOTE_ALL).writerows(lignes)
        fichier = poser(tmp_path, "k.csv", sortie.getvalue().encode("utf-8"))
    lu, total = importer(edition, fichier)
    assert (lu.fautes, total) == ([], {ECRITE: 1})
    assert contenu(edition, "reponses") == ["s1,p-2,douaisis,true"]
    (lot,) = lu.lots
    assert (lot.reconnue.genre, lot.reconnue.ignorees) == (
        "Kobo", ["start", "avec_mises_en_oeuvre", *TECHNIQUES])


def test_kobo_repetitions(edition, tmp_path):
    """Chaque tour d'une répétition est une ligne, du territoire de son envoi."""
    lien = ["_index", "_parent_table_name", "_parent_index", "_submission__id"]
    livre = feuilles(**{
        "Fiche d'activité": [["Quel territoire coordonnez-vous ?", "avec_acteurs", "_id", "_index"],
                             ["CABBALR", "oui", 7, 1], ["Douaisis", "oui", 8, 2]],
        "acteurs": [["acteur", "famille", "tete_de_reseau", "rencontre", "participe_action",
                     "participe_animation", "raison_non_participation", *lien],
                    [*ACTEUR, 1, "Fiche d'activité", 1, 7],
                    ["a-2", *ACTEUR[1:], 2, "Fiche d'activité", 2, 8]],
        "criteres": [["critere", "score", "preuve", *lien],
                     ["Suite assurée", "En partie", "x", 1, "Fiche d'activité", 2, 8]],
    })
    lu, total = importer(edition, poser(tmp_path, "k.xlsx", octets(livre)))
    assert (lu.fautes, total) == ([], {ECRITE: 3})
    assert contenu(edition, "acteurs") == [ACTEUR_ECRIT,
                                          ACTEUR_ECRIT.replace("a-1,cabbalr", "a-2,douaisis")]
    assert contenu(edition, "criteres") == ["douaisis,perennisation,0.5,x"]


@pytest.mark.parametrize(("cles", "dit"), [
    ((1, 1), "deux envois ont la clé « 1 », pour des territoires différents"),
    (("", ""), "l'envoi « 1 » n'est pas dans les fichiers donnés"),
])
def test_kobo_envoi_ambigu(edition, tmp_path, cles, dit):
    """Une répétition dont on ne sait pas de quel territoire elle vient est refusée."""
    livre = feuilles(**{
        "Fiche d'activité": [["Quel territoire coordonnez-vous ?", "avec_acteurs", "_index"],
                             ["CABBALR", "oui", cles[0]], ["Douaisis", "oui", cles[1]]],
        "criteres": [["critere", "score", "preuve", "_index", "_parent_table_name",
                      "_parent_index", "_submission__id"],
                     ["Suite assurée", "En partie", "x", 1, "Fiche d'activité", 1, 7]],
    })
    lu, total = importer(edition, poser(tmp_path, "k.xlsx", octets(livre)))
    assert total == {REFUSEE: 1}
    assert [f.trouve for f in lu.fautes] == [dit]
    assert contenu(edition, "criteres") == []


def test_odk_repetitions(edition, tmp_path):
    """Les CSV d'un export ODK, donnés ensemble, se rejoignent par PARENT_KEY."""
    fin = "KEY,SubmitterID,SubmitterName,Status,ReviewState,DeviceID,Edits,FormVersion"
    principal = poser(tmp_path, "questionnaire.csv", (
        "SubmissionDate,territoire,reponses-session,reponses-participant,"
        f"reponses-connaissances_acquises,avec_mises_en_oeuvre,meta-instanceID,{fin}\n"
        "2024-01-01T10:00:00Z,cabbalr,s1,p-1,true,true,uuid:1,uuid:1,5,A,,approved,d,0,v\n"
    ).encode())
    tours = poser(tmp_path, "questionnaire-mises_en_oeuvre.csv", (
        b"element,score,preuve,PARENT_KEY,KEY\n"
        b"cooperation,1,Charte,uuid:1,uuid:1/mises_en_oeuvre[1]\n"))
    lu, total = importer(edition, tours, principal)
    assert (lu.fautes, total) == ([], {ECRITE: 2})
    assert {lot.reconnue.genre for lot in lu.lots} == {"ODK"}
    assert contenu(edition, "mises_en_oeuvre") == ["cabbalr,cooperation,1,Charte"]


@pytest.mark.parametrize(("coches", "ecrit"), [("1;0", "true"), ("FALSE;TRUE", "false")])
def test_choix_eclates(edition, tmp_path, coches, ecrit):
    """Une question à choix éclatée en colonnes redonne la seule réponse cochée."""
    fichier = poser(tmp_path, "k.csv", (
        "session;participant;territoire;reponses/connaissances_acquises/true;"
        f"reponses/connaissances_acquises/false;_id\ns1;p-1;cabbalr;{coches};5\n").encode())
    assert importer(edition, fichier)[1] == {ECRITE: 1}
    assert contenu(edition, "reponses") == [f"s1,p-1,cabbalr,{ecrit}"]


def test_choix_multiple_et_ses_colonnes(edition, tmp_path):
    """La réponse entière prime sur ses colonnes éclatées."""
    fichier = poser(tmp_path, "k.csv", (
        b"session;participant;territoire;connaissances_acquises;connaissances_acquises/true;"
        b"connaissances_acquises/false;_id\ns1;p-1;cabbalr;true;1;0;5\n"))
    assert importer(edition, fichier)[1] == {ECRITE: 1}


def test_envoi_renvoye_a_l_identique(edition, tmp_path):
    """Le même envoi deux fois n'est écrit qu'une fois."""
    ligne = "s1;p-1;cabbalr;oui"
    fichier = poser(tmp_path, "f.csv", texte_csv("reponses", ligne, ligne))
    assert importer(edition, fichier)[1] == {ECRITE: 1, DEJA: 1}


# Clés, remplacement, atomicité.


def test_remplacer(edition, tmp_path):
    """--remplacer dit l'ancienne et la nouvelle valeur ; une colonne absente n'efface rien."""
    importer(edition, poser(tmp_path, "f.csv", texte_csv("acteurs", BONNES["acteurs"])))
    corrige = poser(tmp_path, "g.csv", (
        b"acteur;territoire;famille;rencontre;participe_action;participe_animation\n"
        b"a-1;cabbalr;antenne;oui;non;non\n"))
    lu, total = importer(edition, corrige)
    assert total == {REFUSEE: 1}
    assert "Prend part à une action : « true » dans la table, « false » ici" in str(lu.fautes[0])
    lu, total = importer(edition, corrige, remplacer=True)
    assert (lu.fautes, total) == ([], {REMPLACEE: 1})
    assert [(c.titre, *r) for _, c, *r in lu.fusion.remplacements] == [
        ("Prend part à une action", "true", "false")]
    assert contenu(edition, "acteurs") == ["a-1,cabbalr,antenne,Croix-Rouge,true,false,false,"]


def test_renvois_entre_tables_d_un_meme_envoi(edition, tmp_path):
    """Une réponse peut citer une présence du même envoi ; refusée, elle n'est plus citée."""
    presences = poser(tmp_path, "presences.csv", texte_csv(
        "presences", "s1;p-8;cabbalr;oui", "s1;p-9;cabbalr;peut-être"))
    reponses = poser(tmp_path, "reponses.csv", texte_csv(
        "reponses", "s1;p-8;cabbalr;oui", "s1;p-9;cabbalr;oui"))
    lu, total = importer(edition, reponses, presences)
    assert total == {ECRITE: 2, REFUSEE: 2}
    assert len(lu.fautes) == 2
    assert contenu(edition, "reponses") == ["s1,p-8,cabbalr,true"]


def test_meme_cle_dans_deux_fichiers(edition, tmp_path):
    """Deux fichiers d'un même import qui se contredisent : aucune des deux lignes n'est écrite."""
    un = poser(tmp_path, "un.csv", texte_csv("presences", "s1;p-8;cabbalr;oui"))
    deux = poser(tmp_path, "deux.csv", texte_csv("presences", "s1;p-8;cabbalr;non"))
    lu, total = importer(edition, un, deux)
    assert total == {REFUSEE: 2}
    assert "que un.csv, ligne 2, mais d'autres valeurs" in str(lu.fautes[0])


def test_toutes_les_tables_ou_aucune(edition, tmp_path, monkeypatch):
    """Si le système refuse la seconde table, la première est rétablie et rien ne traîne."""
    fichier = poser(tmp_path, "c.xlsx", octets(classeur(
        acteurs=[ACTEUR], criteres=[["Suite assurée", "Oui", "x"]])))
    avant, vrai, appels = donnees(edition), Path.replace, []

    def refuser_le_second(chemin, cible):
        appels.append(cible)
        if len(appels) == 2:
            raise OSError(28, "plus de place")
        return vrai(chemin, cible)

    monkeypatch.setattr(Path, "replace", refuser_le_second)
    with pytest.raises(OSError, match="plus de place"):
        importer(edition, fichier)
    assert len(appels) == 2
    assert donnees(edition) == avant


def test_table_changee_pendant_l_import(edition, tmp_path):
    """Une table modifiée depuis sa lecture n'est pas écrasée."""
    lu = preparer(edition, [poser(tmp_path, "f.csv", texte_csv("acteurs", BONNES["acteurs"]))])
    with (edition.donnees / "acteurs.csv").open("a", encoding="utf-8") as fichier:
        fichier.write(ACTEUR_ECRIT.replace("a-1", "a-7") + "\n")
    avant = donnees(edition)
    with pytest.raises(ErreurBilan, match="la table a changé pendant l'import"):
        lu.ecrire()
    assert donnees(edition) == avant


# Le classeur rendu.


def cellules(octets_: bytes) -> dict:
    """Tout ce qu'une personne voit ou saisit : valeur, format, protection, contrôle, fond, note."""
    livre = load_workbook(io.BytesIO(octets_))
    return {
        (page.title, c.coordinate): (c.value, c.number_format, c.protection.locked, c.font.b,
                                     c.fill.fgColor.rgb, c.comment and c.comment.text)
        for page in livre for ligne in page.iter_rows() for c in ligne
    }


def test_classeur_rendu(edition, tmp_path):
    """Leur fichier : seules changent les cellules fautives, jaunes, avec la raison et le remède."""
    livre = load_workbook(io.BytesIO(classeur_.classeur(edition, "cabbalr")))
    page = livre["Acteurs recensés"]
    for rang, valeur in enumerate(ACTEUR, start=2):
        page.cell(4, rang, valeur)
        page.cell(5, rang, valeur)
    page["B5"], page["E5"], page["F5"] = "a-2", "peut-être", None
    page["E5"].comment = Comment("à voir avec Paul", "porteur")
    page["C4"].comment = Comment("sûr", "porteur")
    envoye = octets(livre)
    lu, total = importer(edition, poser(tmp_path, "c.xlsx", envoye))
    assert total == {ECRITE: 1, REFUSEE: 1}
    (retour,) = lu.rendre()
    assert retour == edition.racine / "build" / "retours" / EDITION / "c-a-corriger.xlsx"
    avant, apres = cellules(envoye), cellules(retour.read_bytes())
    change = {ou for ou in avant | apres if avant.get(ou) != apres.get(ou)}
    assert change == {("Acteurs recensés", "E5"), ("Acteurs recensés", "F5")}
    assert apres["Acteurs recensés", "E5"][4:] == (
        FOND, "à voir avec Paul\n« peut-être ». Écrire oui ou non.")
    assert apres["Acteurs recensés", "F5"][4:] == (FOND, "La valeur manque. Écrire oui ou non.")
    assert apres["Acteurs recensés", "E5"][:4] == avant["Acteurs recensés", "E5"][:4]


def test_classeur_rendu_piece_par_piece(edition, tmp_path):
    """Du fichier rendu, toute pièce est intacte, sauf la feuille, les styles et les notes."""
    livre = classeur(acteurs=[["a-1", "ccas", None, None, "non", "non", None]])
    envoye = octets(livre)
    lu, _ = importer(edition, poser(tmp_path, "c.xlsx", envoye))
    (retour,) = lu.rendre()
    with zipfile.ZipFile(io.BytesIO(envoye)) as a, zipfile.ZipFile(retour) as b:
        assert b.testzip() is None
        avant = {n: a.read(n) for n in a.namelist()}
        apres = {n: b.read(n) for n in b.namelist()}
    assert {n for n in apres if apres[n] != avant.get(n)} == {
        "[Content_Types].xml", "xl/styles.xml", "xl/worksheets/sheet2.xml",
        "xl/worksheets/_rels/sheet2.xml.rels", "xl/comments_import1.xml",
        "xl/drawings/import1.vml"}
    assert set(avant) <= set(apres)


def test_classeur_rendu_garde_ce_qu_openpyxl_ignore(edition, tmp_path):
    """Les listes déroulantes qu'Excel range dans une extension, et la mise en page, restent."""
    extension = (b'<extLst><ext uri="{CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF}"><x14:dataValidations '
                 b'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"/>'
                 b"</ext></extLst>")
    sortie = io.BytesIO()
    source = octets(classeur(acteurs=[["a-1", "ccas", None, None, "non", "non", None]]))
    with zipfile.ZipFile(io.BytesIO(source)) as a, zipfile.ZipFile(sortie, "w") as b:
        for nom in a.namelist():
            b.writestr(nom, a.read(nom).replace(b"</worksheet>", extension + b"</worksheet>"))
    lu, _ = importer(edition, poser(tmp_path, "c.xlsx", sortie.getvalue()))
    (retour,) = lu.rendre()
    with zipfile.ZipFile(retour) as archive:
        feuille = archive.read("xl/worksheets/sheet2.xml")
    ordre = [feuille.index(b) for b in (b"<pageMargins", b"<legacyDrawing", extension)]
    assert ordre == sorted(ordre)
    assert b'<c r="E4" s="' in feuille


def test_classeur_rendu_puis_corrige(edition, tmp_path):
    """Le fichier rendu, corrigé, s'importe : les lignes déjà écrites n'y sont pas deux fois."""
    livre = classeur(acteurs=[ACTEUR, ["a-2", "ccas", None, "oui ?", "non", "non", None]])
    lu, _ = importer(edition, poser(tmp_path, "c.xlsx", octets(livre)))
    (retour,) = lu.rendre()
    corrige = load_workbook(retour)
    corrige["Acteurs recensés"]["E5"] = "oui"
    lu, total = importer(edition, poser(tmp_path, "d.xlsx", octets(corrige)))
    assert (lu.fautes, total) == ([], {ECRITE: 1, DEJA: 1})


def test_csv_rendu_puis_corrige(edition, tmp_path):
    """D'un CSV, un classeur aux mêmes lignes, que l'on corrige et que l'on importe."""
    fichier = poser(tmp_path, "acteurs.csv", texte_csv(
        "acteurs", BONNES["acteurs"], "a-2;cabbalr;ccas;;x;non;non;"))
    lu, _ = importer(edition, fichier)
    (retour,) = lu.rendre()
    page = load_workbook(retour)["acteurs"]
    assert [[c.value for c in ligne] for ligne in page] == [
        [v or None for v in ligne.split(";")]
        for ligne in [TITRES["acteurs"], BONNES["acteurs"], "a-2;cabbalr;ccas;;x;non;non;"]]
    marquees = {c.coordinate: c.comment.text for ligne in page for c in ligne if c.comment}
    assert marquees == {"E3": "« x ». Écrire oui ou non."}
    page["E3"] = "non"
    lu, total = importer(edition, poser(tmp_path, "retour.xlsx", octets(page.parent)))
    assert (lu.fautes, total) == ([], {ECRITE: 1, DEJA: 1})


def test_deux_fichiers_du_meme_nom(edition, tmp_path):
    """Deux fichiers de même nom donnent deux retours."""
    chemins = []
    for nom in ("un", "deux"):
        (tmp_path / nom).mkdir()
        chemins.append(poser(tmp_path / nom, "f.csv", texte_csv("presences",
                                                                f"s1;{nom};cabbalr;x")))
    retours = importer(edition, *chemins)[0].rendre()
    assert [r.name for r in retours] == ["f-a-corriger.xlsx", "f-a-corriger-2.xlsx"]
    assert [load_workbook(r).active["B2"].value for r in retours] == ["un", "deux"]


def test_nombre_au_format_avec_unite(edition, tmp_path):
    """Un « % » écrit dans le format n'est pas un pourcentage ; un calcul garde quinze chiffres."""
    livre = classeur(chiffres_cles=[[1, None, 12, "%", "x", None], [2, None, 0.1 + 0.2, "%", "x",
                                                                   None]])
    livre["Chiffres clés des fiches"]["D4"].number_format = '0" %"'
    assert importer(edition, poser(tmp_path, "c.xlsx", octets(livre)))[1] == {ECRITE: 2}
    assert contenu(edition, "chiffres_cles") == ["cabbalr,1,,12,%,x,", "cabbalr,2,,0.3,%,x,"]


def test_sans_cellule_fautive_rien_a_rendre(edition, tmp_path):
    """Un bon fichier ne produit pas de retour."""
    lu, _ = importer(edition, poser(tmp_path, "c.xlsx", octets(classeur(acteurs=[ACTEUR]))))
    assert lu.rendre() == []


# La commande.


def test_commande(edition, tmp_path):
    """Reconnu, changé, compté, écrit, rendu ; la faute sur la sortie d'erreur, statut 1."""
    fichier = poser(tmp_path, "c.xlsx", octets(classeur(acteurs=[
        ACTEUR, ["a-2", "ccas", None, "bof", "non", "non", None]])))
    resultat = lancer("importer", str(fichier), "--edition", EDITION, projet=edition.racine)
    assert resultat.returncode == 1
    assert resultat.stderr == ("c.xlsx, feuille « Acteurs recensés », ligne 5, colonne "
                               "« Rencontré » : « bof ». Écrire oui ou non.\n")
    suite = [
        "c.xlsx, feuille « Acteurs recensés » : classeur, table « acteurs », 7 colonnes "
        "reconnues",
        "c.xlsx, feuille « Acteurs recensés », Rencontré : « OUI » → true (ligne 4)",
        "c.xlsx, feuille « Acteurs recensés » : 3 choix de listes, écrits sous leur code",
        "2 lignes lues = 1 écrite + 0 remplacée + 0 déjà là + 1 refusée. "
        "À part : 14 (exemple et aide).",
        "Écrit : data/2022-2024/acteurs.csv.",
        "À renvoyer, cellules à corriger en jaune : build/retours/2022-2024/c-a-corriger.xlsx",
    ]
    places = [resultat.stdout.index(phrase) for phrase in suite]
    assert places == sorted(places)


@pytest.mark.parametrize(("option", "dit"), [
    ("--essai", "Essai : rien n'est écrit."),
    ("--tout-ou-rien", "Tout ou rien : une faute au moins, donc rien n'est écrit."),
])
def test_rien_n_est_ecrit(edition, tmp_path, option, dit):
    """Un essai, ou une faute sous --tout-ou-rien, laisse les données à l'octet près."""
    fichier = poser(tmp_path, "f.csv", texte_csv("presences", "s1;p-8;cabbalr;oui",
                                                 "s1;p-9;cabbalr;x"))
    avant = donnees(edition)
    resultat = lancer("importer", str(fichier), option, projet=edition.racine)
    assert (resultat.returncode, dit in resultat.stdout) == (1, True)
    assert donnees(edition) == avant
    ecrites = "1 écrite" if option == "--essai" else "0 écrite"
    assert f"2 lignes lues = {ecrites}" in resultat.stdout


def test_bon_fichier_statut_zero(edition, tmp_path):
    """Sans faute, statut 0 et rien sur la sortie d'erreur."""
    fichier = poser(tmp_path, "f.csv", texte_csv("actions", BONNES["actions"]))
    resultat = lancer("importer", str(fichier), projet=edition.racine)
    assert (resultat.returncode, resultat.stderr) == (0, "")


# Par propriétés.

CODES = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
TEXTES = st.text("abcéèêœ’'\"«»;,\n 0123456789%€+-/()", min_size=1, max_size=30).map(
    lambda t: "t" + t)  # un texte qui ne commence pas par un signe de formule


@st.composite
def actions(tirer):
    """Des actions comme une personne les écrit, et ce que la table doit contenir."""
    codes = tirer(st.lists(CODES, unique=True, min_size=1, max_size=6))
    lignes = []
    for code in codes:
        intitule, objectif = tirer(TEXTES), tirer(st.integers(1, 4))
        annee = tirer(st.integers(2000, 2100))
        lignes.append((
            [tirer(st.sampled_from([code, f" {code}\u00a0", code.upper()])),
             tirer(st.sampled_from(["cabbalr", "CABBALR", "Cabbalr"])), intitule,
             str(objectif), tirer(st.sampled_from([str(annee), f"{annee},0", f" {annee} "]))],
            [code, "cabbalr", " ".join(intitule.split("\n")).strip(), str(objectif), str(annee)]))
    return lignes


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lignes=actions(), encodage=st.sampled_from(["utf-8-sig", "cp1252"]))
def test_aller_retour(tmp_path_factory, lignes, encodage):
    """Toute ligne écrite à la française est relue de la table telle qu'on l'a voulue."""
    dossier = tmp_path_factory.mktemp("a")
    edition = edition_vide(dossier / "projet")
    sortie = io.StringIO(newline="")
    csv.writer(sortie, delimiter=";").writerows(
        [TITRES["actions"].split(";"), *(saisie for saisie, _ in lignes)])
    lu, total = importer(edition, poser(dossier, "f.csv", sortie.getvalue().encode(encodage)))
    assert (lu.fautes, total) == ([], {ECRITE: len(lignes)})
    with (edition.donnees / "actions.csv").open(encoding="utf-8", newline="") as fichier:
        assert list(csv.reader(fichier))[1:] == [attendu for _, attendu in lignes]
    assert fautes_des_donnees(edition) == []


SAISIES = st.one_of(st.sampled_from(["", "oui", "non", "x", "cabbalr", "a-1", "antenne", "autre",
                                     "CCAS ou équivalent intercommunal", "=1", "#N/A",
                                     "Manque de moyens"]),
                    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
                            max_size=6))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lignes=st.lists(st.lists(SAISIES, min_size=8, max_size=8), max_size=8))
def test_rien_ne_se_perd(tmp_path_factory, lignes):
    """Quoi qu'on y écrive, chaque ligne remplie a un sort et un seul, et la table reste valide."""
    dossier = tmp_path_factory.mktemp("r")
    edition = edition_vide(dossier / "projet")
    sortie = io.StringIO(newline="")
    csv.writer(sortie, delimiter=";").writerows([TITRES["acteurs"].split(";"), *lignes])
    lu, total = importer(edition, poser(dossier, "f.csv", sortie.getvalue().encode("utf-8-sig")))
    if lu.lots:  # un fichier aux accents abîmés est refusé en entier
        assert sum(total.values()) == len(lu.lots[0].reconnue.grille.remplies)
        assert len(contenu(edition, "acteurs")) == total.get(ECRITE, 0)
        assert bool(lu.fautes) == bool(total.get(REFUSEE))
    else:
        assert lu.fautes
    assert fautes_des_donnees(edition) == []
