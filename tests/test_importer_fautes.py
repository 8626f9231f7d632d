"""Des fichiers fautifs : à chacun un message clair et un seul, et aucune ligne perdue."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import Workbook

from bilan import importer_lecture
from bilan.importer import SORTS, preparer
from bilan.importer_lignes import ECRITE, REFUSEE, VIDE
from bilan.importer_terminal import equation
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

EN_XLSX = importer_lecture.EN_XLSX
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
ACTEUR = ["a-1", "ccas", None, "oui", "non", "non", None]
F_ACTEURS = "c.xlsx, feuille « Acteurs recensés »"


@dataclass
class Cas:
    """Un fichier fautif, son message, et ce que deviennent ses lignes."""

    nom: str
    octets: bytes | None
    message: str
    ecrites: int = 0
    refusees: int = 0
    avant: Callable | None = None


def archive(*noms: str, mimetype: str = "") -> bytes:
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w") as zip_:
        if mimetype:
            zip_.writestr("mimetype", mimetype)
        for nom in noms:
            zip_.writestr(nom, "abc")
    return sortie.getvalue()


def une(table: str, faute: str, message: str, colonne: str | None = None, lieu: str = "f.csv") -> Cas:
    """Une bonne ligne, puis une fautive : la première est écrite, la seconde refusée."""
    place = f"{lieu}, ligne 3" + (f", colonne « {colonne} »" if colonne else "")
    return Cas("f.csv", texte_csv(table, BONNES[table], faute), f"{place} : {message}", 1, 1)


def livre(message: str, modifier: Callable[[Workbook], None] | None = None, ecrites: int = 0,
          refusees: int = 0, **lignes) -> Cas:
    """Un classeur de territoire abîmé après coup."""
    fichier = classeur(**lignes)
    if modifier:
        modifier(fichier)
    return Cas("c.xlsx", octets(fichier), message, ecrites, refusees)


def poser(feuille: str, adresse: str, valeur, format_: str | None = None):
    def modifier(fichier: Workbook) -> None:
        fichier[feuille][adresse] = valeur
        if format_:
            fichier[feuille][adresse].number_format = format_
    return modifier


def acteur(**valeurs) -> list:
    noms = ["acteur", "famille", "tete", "rencontre", "action", "animation", "raison"]
    return [valeurs.get(n, v) for n, v in zip(noms, ACTEUR, strict=True)]


def nature(valeur: str):
    """La table des acteurs change de nature."""
    def modifier(edition) -> None:
        chemin = edition.donnees / "datapackage.json"
        paquet = json.loads(chemin.read_text("utf-8"))
        for ressource in paquet["resources"]:
            if ressource["name"] == "acteurs":
                ressource["nature"] = valeur
        chemin.write_text(json.dumps(paquet), "utf-8")
    return modifier


def deja(table: str, ligne: str):
    def modifier(edition) -> None:
        with (edition.donnees / f"{table}.csv").open("a", encoding="utf-8") as fichier:
            fichier.write(ligne + "\n")
    return modifier


def kobo(*reponses: list, extra: tuple[str, ...] = ()) -> bytes:
    titres = ["territoire", "reponses/session", "reponses/participant",
              "reponses/connaissances_acquises", "_id", "_submission_time", "_index", *extra]
    return octets(feuilles(**{"Questionnaire": [titres, *reponses]}))


def repetition(parent, *acteurs: list) -> bytes:
    return octets(feuilles(
        Fiche=[["territoire", "avec_acteurs", "_id", "_index"], ["cabbalr", "true", 7, 1]],
        acteurs=[["acteurs/acteur", "acteurs/famille", "acteurs/tete_de_reseau",
                  "acteurs/rencontre", "acteurs/participe_action", "acteurs/participe_animation",
                  "acteurs/raison_non_participation", "_index", "_parent_table_name",
                  "_parent_index"],
                 *([*a, rang, "Fiche", parent] for rang, a in enumerate(acteurs, start=1))]))


FICHIERS = {
    "absent": Cas("f.csv", None, "{dossier}/f.csv : le fichier n'existe pas. Vérifier son nom et "
                  "son dossier."),
    "vide": Cas("f.csv", b"", "f.csv : le fichier est vide. Le faire renvoyer."),
    "blanc": Cas("f.csv", b" \r\n\r\n", "f.csv : le fichier est vide. Le faire renvoyer."),
    "que des separateurs": Cas("f.csv", b";;\r\n;;\r\n",
                               "f.csv : le fichier est vide. Le faire renvoyer."),
    "pdf": Cas("f.pdf", b"%PDF-1.7 abc", "f.pdf : un PDF ne se relit pas. Demander le classeur ou "
               "le CSV d'origine."),
    "json": Cas("f.json", b'{"results": []}',
                "f.json : c'est du JSON. Exporter le formulaire en XLSX ou en CSV."),
    "page web": Cas("f.xls", b"<html><table></table></html>",
                    f"f.xls : c'est une page web ou du XML, pas un classeur. {EN_XLSX}"),
    "ancien excel": Cas("f.xls", OLE, f"f.xls : c'est un ancien fichier Office (.xls). {EN_XLSX}"),
    "mot de passe": Cas("f.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"),
                        "f.xlsx : le classeur est protégé par un mot de passe à l'ouverture. "
                        "Retirer le mot de passe (Fichier, Informations), puis l'enregistrer."),
    "ods": Cas("f.ods", archive(mimetype="application/vnd.oasis.opendocument.spreadsheet"),
               f"f.ods : c'est un classeur LibreOffice (.ods). {EN_XLSX}"),
    "docx": Cas("f.docx", archive("word/document.xml"),
                f"f.docx : ce n'est pas un classeur. {EN_XLSX}"),
    "export odk zip": Cas("f.zip", archive("f.csv", "f-acteurs.csv"), "f.zip : c'est une archive. "
                          "La décompresser et donner ensemble tous ses CSV."),
    "xlsx tronque": Cas("c.xlsx", octets(classeur())[:900],
                        "c.xlsx : le fichier est abîmé : il en manque une partie. Le faire "
                        "renvoyer."),
    "xlsx abime": Cas("c.xlsx", archive("xl/workbook.xml"),
                      f"c.xlsx : le classeur est abîmé : il ne s'ouvre pas. Le faire renvoyer. "
                      f"{EN_XLSX}"),
    "octets nuls": Cas("f.csv", b"a;b\0\r\n", "f.csv : le fichier contient des octets nuls : ce n'est "
                       "pas un CSV lisible. L'enregistrer au format « CSV UTF-8 »."),
    "encodage inconnu": Cas("f.csv", b"a;b\r\n\x81;\x8f\r\n", "f.csv : l'encodage n'est ni UTF-8, ni "
                            "celui de Windows. L'enregistrer au format « CSV UTF-8 »."),
    "accents doubles": Cas("f.csv", "intitule;b\r\nÃ©picerie;1\r\n".encode(),
                           "f.csv, ligne 2 : des accents sont abîmés : « Ã©picerie ». Repartir du "
                           "fichier d'origine. L'enregistrer au format « CSV UTF-8 »."),
    "accents perdus": Cas("f.csv", "a;b\r\n\ufffdpicerie;1\r\n".encode(),
                          "f.csv, ligne 2 : des accents sont abîmés : « \ufffdpicerie ». Repartir du "
                          "fichier d'origine. L'enregistrer au format « CSV UTF-8 »."),
    "mac ancien": Cas("f.csv", "a;b\r\nsociété;1\r\n".encode("mac_roman"),
                      "f.csv, ligne 2 : des accents sont abîmés : « sociŽtŽ ». Repartir du fichier "
                      "d'origine. L'enregistrer au format « CSV UTF-8 »."),
    "une colonne": Cas("f.csv", b"acteur\r\na-1\r\n", "f.csv, ligne 1 : aucun séparateur reconnu dans "
                       "la ligne de titres. Enregistrer en CSV à point-virgules."),
    "deux separateurs": Cas("f.csv", b"a;b,c\r\n1;2,3\r\n", "f.csv, ligne 1 : séparateur incertain : "
                            "point-virgule ou virgule ? Enregistrer en CSV à point-virgules, sans "
                            "point-virgule ni virgule dans les titres."),
    "guillemet ouvert": Cas("f.csv", b'a;b\r\n1;2\r\n3;"4\r\n5;6\r\n', "f.csv, ligne 3 : un guillemet "
                            "n'est pas refermé, ou est mal placé. Entourer la valeur de guillemets "
                            'droits et doubler ceux qu\'elle contient ("").'),
    "guillemet au milieu": Cas("f.csv", b'a;b\r\n"1"2;3\r\n', "f.csv, ligne 2 : un guillemet n'est pas "
                               "refermé, ou est mal placé. Entourer la valeur de guillemets droits "
                               'et doubler ceux qu\'elle contient ("").'),
    "nom d'une autre edition": Cas(
        "acteurs_2019-2021.csv", texte_csv("acteurs", BONNES["acteurs"]),
        "acteurs_2019-2021.csv : le nom du fichier dit l'édition 2019-2021, l'import 2022-2024. "
        "Écrire --edition 2019-2021, ou renommer le fichier.", 0, 1),
}

TITRES_FAUTIFS = {
    "titres inconnus": Cas("f.csv", b"nom;prenom\r\nA;B\r\nC;D\r\n", "f.csv, ligne 1 : aucune table ne "
                           "se reconnaît à ces titres. La première ligne porte les titres du "
                           "classeur ou du formulaire.", 0, 2),
    "titre au-dessus": Cas("f.csv", b"Suivi 2024;\r\nacteur;territoire\r\na-1;cabbalr\r\n",
                           "f.csv, ligne 1 : aucune table ne se reconnaît à ces titres. La première "
                           "ligne porte les titres du classeur ou du formulaire.", 0, 2),
    "colonne manquante": Cas("f.csv", b"action;territoire;intitule;objectif\r\nx;cabbalr;y;1\r\n",
                             "f.csv, ligne 1 : la colonne « Année » manque pour « Actions des "
                             "réseaux ». L'ajouter, ou corriger son titre. Titres lus : action, "
                             "territoire, intitule, objectif.", 0, 1),
    "colonne en double": Cas("f.csv", b"Session;session;participant;territoire;present\r\n"
                             b"s1;s1;p;cabbalr;oui\r\n", "f.csv, ligne 1, colonne « session » : deux "
                             "colonnes pour « Session ». N'en garder qu'une.", 0, 1),
    "colonne sans titre": Cas("f.csv", b"session;participant;territoire;present;\r\n"
                              b"s1;p;cabbalr;oui;malade\r\n", "f.csv, ligne 1 : la colonne E est "
                              "remplie mais n'a pas de titre. Lui donner un titre, ou la vider.",
                              0, 1),
    "colonne mal nommee": Cas("f.csv", texte_csv("acteurs", BONNES["acteurs"]).replace(
        b"tete_de_reseau", b"federation"), "f.csv, ligne 1 : colonne « federation » inconnue, et « "
        "Tête de réseau » manque. Écrire « Tête de réseau » ?", 0, 1),
    "deux tables": Cas("f.csv", b"session;participant;territoire;present;connaissances_acquises\r\n"
                       b"s1;p-1;cabbalr;oui;oui\r\n", "f.csv : on ne peut dire quelle table c'est : "
                       "« Présences aux sessions » ou « Réponses aux questionnaires ». Une seule "
                       "table par feuille, sous son nom.", 0, 1),
    "nom d'une autre table": Cas("acteurs.csv", texte_csv("actions", BONNES["actions"]),
                                 "acteurs.csv : on ne peut dire quelle table c'est : « Acteurs "
                                 "recensés » ou « Actions des réseaux ». Une seule table par "
                                 "feuille, sous son nom.", 0, 1),
}

LIGNES = {
    "ligne courte": une("actions", "act-2;cabbalr;Paniers", "3 valeurs pour 5 titres. Vérifier les "
                        "séparateurs et les guillemets de cette ligne."),
    "ligne longue": une("actions", "act-2;cabbalr;Paniers;2;2025;encore", "6 valeurs pour 5 titres. "
                        "Vérifier les séparateurs et les guillemets de cette ligne."),
    "peut-etre": une("presences", "s1;p-8;cabbalr;peut-être", "(valeur réservée). Écrire oui ou non.",
                     "Présence"),
    "croix": une("presences", "s1;p-8;cabbalr;x", "(valeur réservée). Écrire oui ou non.", "Présence"),
    "deux au lieu d'oui": une("presences", "s1;p-8;cabbalr;2", "(valeur réservée). Écrire oui ou non.",
                              "Présence"),
    "valeur manquante": une("presences", "s1;p-8;cabbalr;", "la valeur manque. Écrire oui ou non.",
                            "Présence"),
    "cle manquante": une("presences", "s1;;cabbalr;oui", "la valeur manque. Minuscules sans accent, "
                         "chiffres et tirets, sans espace, par exemple territoire-p1.",
                         "Participant"),
    "hors liste": une("acteurs", "a-2;cabbalr;epicerrie;;oui;oui;non;", "« epicerrie ». Possibles : "
                      "Antenne d'une tête de réseau, Association locale, Épicerie sociale ou "
                      "solidaire, CCAS ou équivalent intercommunal, Producteur, Centre social, Éducation populaire, "
                      "Santé, Collectivité, Partenaire institutionnel, Insertion et transformation, "
                      "Établissement scolaire, Autre structure.", "Famille"),
    "deux reponses": une("acteurs", "a-2;cabbalr;antenne ccas;;oui;oui;non;",
                         "« antenne ccas » : plusieurs réponses. N'en garder qu'une.", "Famille"),
    "score hors liste": une("criteres", "douaisis;beneficiaires;0,7;x", "« 0,7 ». Possibles : Non, En "
                            "partie, Oui.", "Score"),
    "score inconnu": une("criteres", "douaisis;beneficiaires;?;x",
                         "« ? ». Possibles : Non, En partie, Oui.", "Score"),
    "code avec un nom": une("presences", "s1;Marie Dupont;cabbalr;oui", "(valeur réservée). Minuscules "
                            "sans accent, chiffres et tirets, sans espace, par exemple "
                            "territoire-p1.", "Participant"),
    "territoire inconnu": une("presences", "s1;p-8;dunkerqe;oui", "« dunkerqe » n'est pas dans "
                              "« Territoires lauréats ». Écrire « dunkerque » ?", "Territoire"),
    "session inconnue": une("presences", "s99;p-8;cabbalr;oui", "« s99 » n'est pas dans « Sessions "
                            "collectives ». Possibles : s1, s2, s3, s4, s5, s6, s7, s8.", "Session"),
    "reponse sans presence": une("reponses", "s1;p-7;cabbalr;oui", "(valeur réservée) n'est pas dans "
                                 "« Présences aux sessions ». Corriger le code, ou importer d'abord "
                                 "« Présences aux sessions ».", "Participant"),
    "erreur de formule": une("actions", "act-2;cabbalr;#REF!;2;2025", "« #REF! », une erreur de "
                             "formule. Écrire la valeur elle-même.", "Intitulé"),
    "erreur en francais": une("actions", "act-2;cabbalr;#VALEUR!;2;2025", "« #VALEUR! », une erreur de "
                              "formule. Écrire la valeur elle-même.", "Intitulé"),
    "colonne trop etroite": une("actions", "act-2;cabbalr;########;2;2025", "« ######## », une erreur "
                                "de formule. Écrire la valeur elle-même.", "Intitulé"),
    "formule en texte": une("actions", "act-2;cabbalr;=A1;2;2025", "« =A1 », une formule. Écrire la "
                            "valeur elle-même.", "Intitulé"),
    "caractere invisible": une("actions", "act-2;cabbalr;Pa\x07niers;2;2025", "un caractère invisible. "
                               "Effacer la cellule et la saisir à nouveau.", "Intitulé"),
    "raison sans objet": une("acteurs", "a-2;cabbalr;ccas;;oui;oui;non;autre", "(valeur réservée), qui n'a de "
                             "sens que si : « Rencontré » et non (« Prend part à une action » ou "
                             "« Prend part à l'animation »). Vider cette cellule, ou corriger les "
                             "autres.", "Raison de non-participation"),
    "annee trop vieille": une("actions", "act-2;cabbalr;P;2;1850", "« 1850 ». Un nombre entier, au "
                              "moins 2000, au plus 2100.", "Année"),
    "annee a deux chiffres": une("actions", "act-2;cabbalr;P;2;23", "« 23 ». Un nombre entier, au moins "
                                 "2000, au plus 2100.", "Année"),
    "annee en lettres": une("actions", "act-2;cabbalr;P;2;deux mille", "« deux mille ». Un nombre "
                            "entier, au moins 2000, au plus 2100.", "Année"),
    "annee a virgule": une("actions", "act-2;cabbalr;P;2;2023,5", "« 2023,5 ». Un nombre entier, au "
                           "moins 2000, au plus 2100.", "Année"),
    "objectif impossible": une("actions", "act-2;cabbalr;P;7;2025", "« 7 ». Possibles : "
                               "Approvisionnement durable et de proximité, Information et "
                               "savoir-faire, de la nutrition à la cuisine, Participation "
                               "volontaire, Précarité alimentaire dans le plan d'actions du PAT.",
                               "Objectif"),
    "compte negatif": une("chiffres_cles", "cabbalr;2;;-3;;x;", "« -3 ». Un nombre, au moins 0.",
                          "Valeur"),
    "unite dans le nombre": une("chiffres_cles", "cabbalr;2;;12 %;;x;", "« 12 % ». Un nombre, au moins "
                                "0.", "Valeur"),
    "milliers ou virgule": une("chiffres_cles", "cabbalr;2;;1.234;;x;", "« 1.234 » se lit de deux "
                               "façons. Écrire 1234 ou 1,234.", "Valeur"),
    "milliers mal groupes": une("chiffres_cles", "cabbalr;2;;1 21 6;;x;", "« 1 21 6 ». Un nombre, au "
                                "moins 0.", "Valeur"),
    "notation scientifique": une("chiffres_cles", "cabbalr;2;;1,2E+05;;x;", "« 1,2E+05 ». Un nombre, "
                                 "au moins 0.", "Valeur"),
    "rang zero": une("chiffres_cles", "cabbalr;0;;3;;x;", "« 0 ». Un nombre entier, au moins 1.",
                     "Ordre"),
    "jour impossible": une("sessions", "s21;31/02/2025;formation;T", "« 31/02/2025 » : ce jour n'existe "
                           "pas. Écrire jour/mois/année, par exemple 12/10/2023.", "Date"),
    "date americaine": une("sessions", "s21;10/25/2025;formation;T", "« 10/25/2025 » : ce jour n'existe "
                           "pas. Écrire jour/mois/année, par exemple 12/10/2023.", "Date"),
    "date a deux chiffres": une("sessions", "s21;03/04/25;formation;T", "« 03/04/25 » : l'année n'a pas "
                                "quatre chiffres. Écrire jour/mois/année, par exemple 12/10/2023.",
                                "Date"),
    "numero de jour": une("sessions", "s21;45211;formation;T", "« 45211 », un numéro de jour d'Excel. "
                          "Mettre la cellule au format Date, ou écrire 12/10/2023.", "Date"),
    "mois seul": une("sessions", "s21;mars 2025;formation;T", "« mars 2025 » n'est pas une date. Écrire "
                     "jour/mois/année, par exemple 12/10/2023.", "Date"),
    "mois mal ecrit": une("sessions", "s21;12 octobrre 2025;formation;T", "« 12 octobrre 2025 » : mois "
                          "inconnu. Écrire jour/mois/année, par exemple 12/10/2023.", "Date"),
    "date de 1904": une("sessions", "s21;01/01/1904;formation;T", "« 01/01/1904 », hors de la période "
                        "possible. Vérifier l'année.", "Date"),
    "rang deja pris": une("territoires", "loin;1;Loin;L;association;Nord;;;;reseau;oui;",
                          "« 1 » est déjà pris. En choisir un autre.", "Ordre"),
    "niveau impossible": une("territoires", "loin;21;Loin;L;association;Nord;;7;;reseau;oui;",
                             "« 7 ». Possibles : 1, 2.", "Niveau du PAT"),
    "cle en double": Cas("f.csv", texte_csv("presences", "s1;p-8;cabbalr;oui", "s1;p-9;cabbalr;oui",
                                            "s1;p-8;cabbalr;non"),
                         "f.csv, ligne 4, colonne « Participant » : même clé (valeur réservée) que ligne 2, "
                         "mais d'autres valeurs. Ne garder que la bonne ligne : aucune n'est "
                         "écrite.", 1, 2),
    "deja la autrement": Cas("f.csv", texte_csv("presences", "s1;p-1;cabbalr;non"),
                             "f.csv, ligne 2, colonne « Participant » : (valeur réservée) est déjà dans la "
                             "table avec d'autres valeurs (Présence : (valeur réservée) dans la "
                             "table, (valeur réservée) ici). Relancer avec --remplacer si cet envoi corrige le "
                             "précédent.", 0, 1),
    "cle d'un autre territoire": Cas("f.csv", texte_csv("presences", "s1;p-2;cabbalr;non"),
                                     "f.csv, ligne 2, colonne « Participant » : (valeur réservée) est déjà "
                                     "pris par le territoire « douaisis ». Choisir un autre code.",
                                     0, 1),
    "table reconstituee": Cas("f.csv", texte_csv("acteurs", BONNES["acteurs"]),
                              "f.csv : la table « acteurs » de l'édition 2022-2024 est reconstituée : "
                              "des réponses ne s'y mêlent pas (lignes refusées : 1). Vider "
                              "data/2022-2024/acteurs.csv sauf ses titres et passer sa nature à "
                              "« observee » dans datapackage.json, puis relancer.", 0, 1,
                              nature("reconstituee")),
    "table publiee": Cas("f.csv", texte_csv("acteurs", BONNES["acteurs"]),
                         "f.csv : la table « acteurs » de l'édition 2022-2024 est transcrite du "
                         "document publié : des réponses ne s'y mêlent pas (lignes refusées : 1). "
                         "Vider data/2022-2024/acteurs.csv sauf ses titres et passer sa nature à "
                         "« observee » dans datapackage.json, puis relancer.", 0, 1,
                         nature("publiee")),
}


def fusionner(plage: str):
    return lambda fichier: fichier["Acteurs recensés"].merge_cells(plage)


def cacher(fichier: Workbook) -> None:
    fichier["Acteurs recensés"].row_dimensions[5].hidden = True


def retirer(nom: str):
    return lambda fichier: fichier.remove(fichier[nom])


def brouillon(fichier: Workbook) -> None:
    page = fichier.create_sheet("Brouillon")
    page.append(["à voir", "avec Paul"])
    page.append(["rappeler", "lundi"])


def autre_territoire(fichier: Workbook) -> None:
    page = fichier["Acteurs recensés"]
    page["I1"], page["I4"] = "Territoire", "douaisis"


CLASSEURS = {
    "autre edition": livre("c.xlsx, feuille « Lisez-moi » : c'est un classeur de l'édition 2019-2021, "
                           "l'import est pour 2022-2024. Écrire --edition 2019-2021, ou envoyer le "
                           "classeur de l'édition 2022-2024.", edition="2019-2021",
                           refusees=15, acteurs=[ACTEUR]),
    "autre format": livre("c.xlsx, feuille « Lisez-moi » : format de classeur « 0 » inconnu. Refaire "
                          "le classeur par « bilan formulaires ».", format_="0", refusees=14),
    "territoire du classeur inconnu": livre(
        "c.xlsx, feuille « Lisez-moi » : territoire inconnu « cabalr ». Écrire « cabbalr » ?",
        territoire="cabalr", refusees=14),
    "edition effacee": livre("c.xlsx, feuille « Lisez-moi » : l'édition manque en B3. Repartir du "
                             "classeur envoyé.", poser("Lisez-moi", "B3", None), refusees=14),
    "sans lisez-moi": livre("c.xlsx : la feuille « Lisez-moi » manque : elle dit l'édition et le "
                            "territoire. Repartir du classeur envoyé, ou y remettre cette feuille.",
                            retirer("Lisez-moi"), refusees=14),
    "feuille manquante": livre("c.xlsx : la feuille « Actions des réseaux » manque. Lui rendre son "
                               "nom, ou la reprendre du classeur envoyé.",
                               retirer("Actions des réseaux"), 1, acteurs=[ACTEUR]),
    "feuille en trop": livre("c.xlsx, feuille « Brouillon », ligne 1 : aucune table ne se reconnaît à "
                             "ces titres. La première ligne porte les titres du classeur ou du "
                             "formulaire. Supprimer la feuille si elle n'est pas de la collecte.",
                             brouillon, 1, 1, acteurs=[ACTEUR]),
    "titre efface": livre(f"{F_ACTEURS}, ligne 1 : la colonne B est remplie mais n'a pas de titre. "
                          "Écrire « Acteur » ?", poser("Acteurs recensés", "B1", None), 0, 1,
                          acteurs=[ACTEUR]),
    "colonne supprimee": livre(f"{F_ACTEURS}, ligne 1 : la colonne « Rencontré » manque pour « Acteurs "
                               "recensés ». L'ajouter, ou corriger son titre. Titres lus : Repère, "
                               "Acteur, Famille, Tête de réseau, Prend part à une action, Prend part "
                               "à l'animation, Raison de non-participation.",
                               lambda f: f["Acteurs recensés"].delete_cols(5), 0, 1,
                               acteurs=[ACTEUR]),
    "titre en double": livre(f"{F_ACTEURS}, ligne 1, colonne « Rencontré » : deux colonnes pour "
                             "« Rencontré ». N'en garder qu'une.",
                             poser("Acteurs recensés", "I1", "Rencontré"), 0, 1, acteurs=[ACTEUR]),
    "note sans titre": livre(f"{F_ACTEURS}, ligne 1 : la colonne I est remplie mais n'a pas de titre. "
                             "Lui donner un titre, ou la vider.",
                             poser("Acteurs recensés", "I4", "à revoir"), 0, 1, acteurs=[ACTEUR]),
    "cellules fusionnees": livre(f"{F_ACTEURS}, ligne 4 : cellules fusionnées E4:E5. Annuler la fusion "
                                 "et remplir chaque cellule.", fusionner("E4:E5"), 1, 2,
                                 acteurs=[ACTEUR, acteur(acteur="a-2"), acteur(acteur="a-3")]),
    "titres fusionnes": livre(f"{F_ACTEURS}, ligne 1 : cellules fusionnées D1:E1. Annuler la fusion et "
                              "remplir chaque cellule.", fusionner("D1:E1"), 0, 1, acteurs=[ACTEUR]),
    "erreur d'excel": livre(f"{F_ACTEURS}, ligne 5, colonne « Tête de réseau » : « #REF! », une erreur "
                            "de formule. Écrire la valeur elle-même.",
                            poser("Acteurs recensés", "D5", "#REF!"), 1, 1,
                            acteurs=[ACTEUR, acteur(acteur="a-2")]),
    "formule sans valeur": livre(f"{F_ACTEURS}, ligne 5, colonne « Tête de réseau » : une formule dont "
                                 "la valeur n'est pas enregistrée. Écrire la valeur elle-même, ou "
                                 "rouvrir et enregistrer dans Excel.",
                                 poser("Acteurs recensés", "D5", "=D4"), 1, 1,
                                 acteurs=[ACTEUR, acteur(acteur="a-2")]),
    "vrai dans un texte": livre(f"{F_ACTEURS}, ligne 4, colonne « Tête de réseau » : « VRAI », un "
                                "vrai/faux : Excel a transformé ce qui était écrit. Mettre la cellule "
                                "au format Texte et réécrire.", None, 0, 1,
                                acteurs=[acteur(tete=True)]),
    "pourcentage": livre("c.xlsx, feuille « Chiffres clés des fiches », ligne 4, colonne « Valeur » : "
                         "« 12,5 % », au format pourcentage. Mettre la cellule au format Nombre et "
                         "écrire 12,5.", poser("Chiffres clés des fiches", "D4", 0.125, "0.0%"), 0, 1,
                         chiffres_cles=[[1, None, 0, "%", "x", None]]),
    "date pour un nombre": livre("c.xlsx, feuille « Chiffres clés des fiches », ligne 4, colonne "
                                 "« Valeur » : « 01/02/2024 », une date : Excel a transformé ce qui "
                                 "était écrit. Mettre la cellule au format Nombre. Un nombre, au "
                                 "moins 0.", None, 0, 1, chiffres_cles=[
                                     [1, None, datetime.date(2024, 2, 1), "%", "x", None]]),
    "date dans un texte": livre("c.xlsx, feuille « Chiffres clés des fiches », ligne 4, colonne "
                                "« Date » : « 01/03/2024 », une date : Excel a transformé ce qui "
                                "était écrit. Mettre la cellule au format Texte et réécrire.", None,
                                0, 1, chiffres_cles=[
                                    [1, None, 3, "%", "x", datetime.date(2024, 3, 1)]]),
    "heure": livre(f"{F_ACTEURS}, ligne 4, colonne « Tête de réseau » : « 08:30:00 », une heure. Mettre "
                   "la cellule au format Texte et réécrire.", None, 0, 1,
                   acteurs=[acteur(tete=datetime.time(8, 30))]),
    "ligne masquee": livre(f"{F_ACTEURS}, ligne 5, colonne « Rencontré » : « jamais ». Écrire oui ou "
                           "non.", cacher, 1, 1, acteurs=[ACTEUR, acteur(acteur="a-2",
                                                                        rencontre="jamais")]),
    "repere annote": livre(f"{F_ACTEURS}, ligne 4 : « à vérifier » dans la colonne Repère. Laisser "
                           "cette colonne vide.", poser("Acteurs recensés", "A4", "à vérifier"), 0, 1,
                           acteurs=[ACTEUR]),
    "ligne d'un autre territoire": livre(
        f"{F_ACTEURS}, ligne 4, colonne « Territoire » : « douaisis », alors que le classeur est celui "
        "de « cabbalr ». Laisser vide, ou corriger.", autre_territoire, 0, 1, acteurs=[ACTEUR]),
    "feuille demesuree": livre(f"{F_ACTEURS} : la feuille va jusqu'à la ligne 30000, colonne 8. "
                               "Supprimer les lignes et les colonnes vides, au bas et à droite.",
                               poser("Acteurs recensés", "A30000", "x")),
    "date avec une heure": Cas("c.xlsx", octets(feuilles(sessions=[
        TITRES["sessions"].split(";"),
        ["s20", datetime.datetime(2025, 1, 2, 9, 30), "formation", "T"]])),
        "c.xlsx, feuille « sessions », ligne 2, colonne « Date » : « 02/01/2025 09:30 », une date avec "
        "une heure. Écrire le jour seul.", 0, 1),
}

FORMULAIRES = {
    "deux envois differents": Cas("k.xlsx", kobo(
        ["cabbalr", "s1", "p-1", "true", 1, "2024-03-01T10:00:00", 1],
        ["cabbalr", "s1", "p-1", "false", 2, "2024-03-02T11:00:00", 2]),
        "k.xlsx, feuille « Questionnaire », ligne 3, colonne « Participant » : même clé (valeur réservée) que "
        "ligne 2, mais d'autres valeurs (envois : 2024-03-01T10:00:00, 2024-03-02T11:00:00). Ne garder "
        "que la bonne ligne : aucune n'est écrite.", 0, 2),
    "envoi rejete": Cas("k.xlsx", kobo(
        ["cabbalr", "s1", "p-1", "true", 1, "2024-03-01T10:00:00", 1,
         "validation_status_not_approved"], extra=("_validation_status",)),
        "k.xlsx, feuille « Questionnaire », ligne 2 : cet envoi a été rejeté sur le serveur du "
        "formulaire. L'accepter sur le serveur, ou le retirer de l'export.", 0, 1),
    "envoi parent absent": Cas("k.xlsx", repetition(9, ACTEUR),
                               "k.xlsx, feuille « acteurs », ligne 2 : l'envoi « 9 » n'est pas dans les "
                               "fichiers donnés. Donner aussi le fichier principal du même export.",
                               0, 1),
    "choix multiple": Cas("k.xlsx", repetition(1, ACTEUR, acteur(acteur="a-2", famille="ccas sante")),
                          "k.xlsx, feuille « acteurs », ligne 3, colonne « Famille » : « ccas sante » : "
                          "plusieurs réponses. N'en garder qu'une.", 1, 1),
    "choix eclates": Cas("k.csv", b"session;participant;territoire;connaissances_acquises/true;"
                         b"connaissances_acquises/false;_id\r\ns1;p-1;cabbalr;1;1;5\r\n",
                         "k.csv, ligne 2, colonne « Connaissances acquises » : « true false » : "
                         "plusieurs réponses. N'en garder qu'une.", 0, 1),
    "choix mal coche": Cas("k.csv", b"session;participant;territoire;connaissances_acquises/true;"
                           b"connaissances_acquises/false;_id\r\ns1;p-1;cabbalr;oui;0;5\r\n",
                           "k.csv, ligne 2, colonne « Connaissances acquises » : « oui » dans une colonne "
                           "de choix. Écrire 1 ou 0.", 0, 1),
    "repetition odk seule": Cas("fiche-acteurs.csv", b"acteur,famille,tete_de_reseau,rencontre,"
                                b"participe_action,participe_animation,raison_non_participation,"
                                b"PARENT_KEY,KEY\na-1,ccas,,true,true,false,,uuid:1,uuid:1/acteurs[1]\n",
                                "fiche-acteurs.csv, ligne 2 : l'envoi « uuid:1 » n'est pas dans les "
                                "fichiers donnés. Donner aussi le fichier principal du même export.",
                                0, 1),
    "envois kobo sans repetitions": Cas(
        "k.csv", b"territoire;avec_acteurs;_id;_index\r\ncabbalr;true;1;1\r\n",
        "k.csv : les lignes de ces envois sont dans des répétitions, qui ne sont pas dans les fichiers "
        "donnés. Exporter en XLSX : le CSV de KoboToolbox n'a pas les répétitions.", 0, 1),
    "envois odk sans repetitions": Cas(
        "f.csv", b"SubmissionDate,territoire,avec_acteurs,KEY\n2024,cabbalr,true,uuid:1\n",
        "f.csv : les lignes de ces envois sont dans des répétitions, qui ne sont pas dans les fichiers "
        "donnés. Donner ensemble tous les CSV de l'export.", 0, 1),
}
CAS = FICHIERS | TITRES_FAUTIFS | LIGNES | CLASSEURS | FORMULAIRES


@pytest.mark.parametrize("nom", CAS)
def test_un_message_et_aucune_ligne_perdue(nom: str, tmp_path: Path):
    """Un seul message, le bon ; lignes lues = écrites + refusées, et les écrites le sont."""
    cas = CAS[nom]
    edition = edition_vide(tmp_path / "projet")
    if cas.avant:
        cas.avant(edition)
    chemin = tmp_path / cas.nom
    if cas.octets is not None:
        chemin.write_bytes(cas.octets)
    avant = _lignes(edition)
    lu = preparer(edition, [chemin])
    assert [str(f) for f in lu.fautes] == [cas.message.format(dossier=tmp_path)]
    total = sum((lu.comptes(lot) for lot in lu.lots), Counter())
    assert {s: total[s] for s in SORTS if total[s]} == {
        s: n for s, n in ((ECRITE, cas.ecrites), (REFUSEE, cas.refusees)) if n}
    for lot in lu.lots:
        comptes = lu.comptes(lot)
        assert sum(comptes.values()) - comptes[VIDE] == len(lot.reconnue.grille.remplies)
    lu.ecrire()
    assert _lignes(edition) - avant == cas.ecrites
    assert equation(total).startswith(f"{cas.ecrites + cas.refusees} ligne")


def _lignes(edition) -> int:
    return sum(len(contenu(edition, chemin.stem)) for chemin in edition.donnees.glob("*.csv"))


def test_fichier_trop_gros(tmp_path: Path):
    """Un fichier plus gros que ne le dit edition.yml est refusé sans être lu."""
    (tmp_path / "f.csv").write_bytes(texte_csv("acteurs", BONNES["acteurs"]))
    edition = edition_vide(tmp_path / "projet")
    with (edition.params / "edition.yml").open("a", encoding="utf-8") as reglages:
        reglages.write("\nlimites:\n  octets_recus: 10\n")
    lu = preparer(edition, [tmp_path / "f.csv"])
    assert "le fichier dépasse" in str(lu.fautes[0])


def test_dossier_au_lieu_d_un_fichier(tmp_path: Path):
    """Un dossier n'est pas un fichier."""
    lu = preparer(edition_vide(tmp_path / "projet"), [tmp_path])
    assert str(lu.fautes[0]) == f"{tmp_path} : c'est un dossier. Donner un fichier."
