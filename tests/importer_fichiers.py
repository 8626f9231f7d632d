"""Les fichiers que les tests d'import fabriquent : classeurs, CSV, exports de formulaire."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

from openpyxl import Workbook

from bilan import collecte
from bilan.projet import Edition
from tests.conftest import EDITION, RACINE

# Tables qui restent remplies : celles auxquelles les réponses renvoient.
GARDEES = ("territoires", "sessions", "contexte", "publies")
TITRES = {
    "acteurs": "acteur;territoire;famille;tete_de_reseau;rencontre;participe_action;"
               "participe_animation;raison_non_participation",
    "actions": "action;territoire;intitule;objectif;annee",
    "chiffres_cles": "territoire;ordre;signe;valeur;unite;libelle;date",
    "criteres": "territoire;critere;score;preuve",
    "presences": "session;participant;territoire;present",
    "reponses": "session;participant;territoire;connaissances_acquises",
    "sessions": "session;date;type;theme",
    "territoires": "territoire;ordre;nom;laureat;type_porteur;departements;pat;niveau_pat;"
                   "nom_reseau;forme;base_reseau;motif_hors_base",
}
# Une bonne ligne de chaque table, comme on l'écrit en France.
BONNES = {
    "acteurs": "a-1;cabbalr;antenne;Croix-Rouge;oui;oui;non;",
    "actions": "act-1;cabbalr;Paniers;2;2025",
    "chiffres_cles": "cabbalr;1;+;1 216,5;€;par mois;mars 2024",
    "criteres": "cabbalr;Bénéficiaires associés;0,5;Compte rendu",
    "presences": "s1;p-9;cabbalr;oui",
    "reponses": "s1;p-1;cabbalr;oui",
    "sessions": "s20;12/10/2025;formation;Thème",
    "territoires": "ailleurs;20;Ailleurs;Lauréat;association;Nord;;;;reseau;oui;",
}


def edition_vide(destination: Path) -> Edition:
    """L'édition publiée, vidée de ses réponses et prête à en recevoir ; deux présences y sont."""
    for nom in ("params", "data"):
        shutil.copytree(RACINE / nom, destination / nom)
    shutil.copy(RACINE / "_quarto.yml", destination)
    edition = Edition(destination, EDITION)
    paquet = edition.donnees / "datapackage.json"
    contenu = json.loads(paquet.read_text("utf-8"))
    for ressource in contenu["resources"]:
        if ressource["nature"] == "reconstituee" or ressource["name"] not in GARDEES:
            ressource["nature"] = "observee"
        chemin = edition.donnees / ressource["path"]
        if ressource["name"] not in GARDEES:
            chemin.write_text(chemin.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    paquet.write_text(json.dumps(contenu, ensure_ascii=False, indent=2) + "\n", "utf-8")
    with (edition.donnees / "presences.csv").open("a", encoding="utf-8") as fichier:
        fichier.write("s1,p-1,cabbalr,true\ns1,p-2,douaisis,false\n")
    return edition


def contenu(edition: Edition, table: str) -> list[str]:
    """Les lignes d'une table, sans ses titres."""
    return (edition.donnees / f"{table}.csv").read_text("utf-8").splitlines()[1:]


def texte_csv(table: str, *lignes: str) -> bytes:
    """Un CSV d'Excel en français : point-virgule, Windows, fins de ligne CRLF."""
    return ("\r\n".join([TITRES[table], *lignes]) + "\r\n").encode("cp1252")


def classeur(edition: str = EDITION, territoire: str = "cabbalr", format_: str = collecte.FORMAT,
             **lignes: list[list]) -> Workbook:
    """Un classeur de territoire selon le contrat, avec ces lignes ; sans mise en forme."""
    livre = Workbook()
    lisez_moi = livre.active
    lisez_moi.title = collecte.LISEZ_MOI
    for cle, valeur in (("edition", edition), ("territoire", territoire), ("format", format_)):
        lisez_moi[collecte.CELLULES[cle]] = valeur
    for feuille in collecte.feuilles(RACINE, "classeur"):
        page = livre.create_sheet(feuille.onglet)
        page.append([collecte.TITRE_REPERE, *(c.titre for c in feuille.demandes)])
        page.append([feuille.aide, *(c.aide for c in feuille.demandes)])
        page.append([collecte.REPERE_EXEMPLE, *(c.exemple for c in feuille.demandes)])
        for ligne in lignes.get(feuille.table, []):
            page.append([None, *ligne])
    return livre


def octets(livre: Workbook) -> bytes:
    sortie = io.BytesIO()
    livre.save(sortie)
    return sortie.getvalue()


def feuilles(**tables: list[list]) -> Workbook:
    """Un classeur d'autres feuilles : celles d'un export de formulaire."""
    livre = Workbook()
    livre.remove(livre.active)
    for nom, lignes in tables.items():
        page = livre.create_sheet(nom)
        for ligne in lignes:
            page.append(ligne)
    return livre
