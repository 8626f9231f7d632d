"""Le classeur de collecte d'un territoire : une feuille par table, tirée de son schéma.

La disposition (lignes, repère de l'exemple, cellules d'identité) est celle de `bilan.collecte`.
"""

from __future__ import annotations

import datetime
import math
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd
from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.workbook.protection import WorkbookProtection

from bilan import collecte
from bilan.classeur_lisez_moi import lisez_moi
from bilan.classeur_validation import validation
from bilan.collecte import Champ, Feuille
from bilan.parametres import Parametres
from bilan.projet import Edition
from bilan.style import couleur
from bilan.tables import lire_table
from bilan.tableur import octets

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

LIGNES = 300  # lignes prêtes à remplir dans chaque feuille
LARGEURS = {"string": 46, "boolean": 16, "integer": 14, "number": 14, "date": 14}
REPLI = Alignment(wrap_text=True, vertical="top")
LIBRE = Protection(locked=False)
FORMATS = {"date": "dd/mm/yyyy"}


@dataclass
class _Listes:
    """La feuille cachée des listes déroulantes : une colonne par liste."""

    feuille: Worksheet
    libelles: dict[str, list[str]] = field(default_factory=dict)

    def plage(self, nom: str, libelles: list[str]) -> str:
        """L'adresse de la liste, écrite au premier appel."""
        if nom not in self.libelles:
            self.libelles[nom] = libelles
            for rang, texte in enumerate([nom, *libelles], start=1):
                self.feuille.cell(rang, len(self.libelles), texte)
        lettre = get_column_letter(list(self.libelles).index(nom) + 1)
        return f"{collecte.LISTES}!${lettre}$2:${lettre}${len(libelles) + 1}"


def classeur(edition: Edition, territoire: str) -> bytes:
    """Le classeur du territoire, à remplir : le même à l'octet près si rien n'a changé.

    Lève `ErreurBilan` si les paramètres ou les tables de l'édition ne se lisent pas.
    """
    choix = collecte.choix(edition)
    feuilles = collecte.feuilles(edition.racine, "classeur")
    livre = Workbook()
    lisez_moi(livre.active, edition, territoire, choix["territoires"][territoire], feuilles)
    presences = lire_table(edition, "presences")
    attendus = presences[presences["territoire"] == territoire]
    listes = _Listes(livre.create_sheet(collecte.LISTES))
    for feuille in feuilles:
        page = livre.create_sheet(feuille.onglet, len(livre.sheetnames) - 1)
        _remplir(page, feuille, listes, choix, territoire)
        _preparer(page, feuille, choix, attendus)
    listes.feuille.sheet_state = "hidden"
    listes.feuille.protection.enable()
    livre.security = WorkbookProtection(lockStructure=True)
    livre.properties.title = f"Collecte {edition.code}, {territoire}"
    livre.properties.creator = "bilan"
    return octets(livre, Parametres(edition).generaux.date)


def _remplir(page: Worksheet, feuille: Feuille, listes: _Listes, choix: dict,
             territoire: str) -> None:
    """Titres, aides, exemple, cellules ouvertes et contrôlées."""
    _entete(page, 1, collecte.TITRE_REPERE, feuille.aide, collecte.REPERE_EXEMPLE)
    page.column_dimensions["A"].width = 24
    fin = collecte.LIGNE_DONNEES + LIGNES - 1
    for rang, champ in enumerate(feuille.demandes, start=2):
        libelles = _libelles(champ, choix)
        obligatoire = "Obligatoire. " if champ.obligatoire else ""
        exemple = _exemple(champ, libelles, territoire)
        _entete(page, rang, champ.titre, f"{obligatoire}{champ.aide} {champ.attendu}", exemple)
        lettre = get_column_letter(rang)
        page.column_dimensions[lettre].width = _largeur(champ, libelles)
        plage = listes.plage(champ.liste, libelles) if libelles else None
        unique = champ.cle and [c.nom for c in feuille.demandes if c.cle] == [champ.nom]
        controle = validation(champ, lettre, fin, plage, unique)
        controle.add(f"{lettre}{collecte.LIGNE_DONNEES}:{lettre}{fin}")
        page.add_data_validation(controle)
        for ligne in range(collecte.LIGNE_DONNEES, fin + 1):
            cellule = page.cell(ligne, rang)
            cellule.protection, cellule.alignment = LIBRE, REPLI
            cellule.number_format = FORMATS.get(champ.genre, "General")
    _signaler_les_manques(page, feuille, fin)
    _mettre_en_page(page, feuille)


def _entete(page: Worksheet, colonne: int, titre: str, aide: str, exemple) -> None:
    """Les trois lignes du haut d'une colonne ; elles restent verrouillées."""
    cellule = page.cell(collecte.LIGNE_TITRES, colonne, titre)
    cellule.font = Font(bold=True, color=_teinte("fond"))
    cellule.fill = PatternFill("solid", fgColor=_teinte("primaire"))
    cellule.alignment = REPLI
    cellule = page.cell(collecte.LIGNE_AIDES, colonne, aide)
    cellule.font = Font(size=9, color=_teinte("encre_douce"))
    cellule.fill = PatternFill("solid", fgColor=_teinte("papier"))
    cellule.alignment = REPLI
    cellule = page.cell(collecte.LIGNE_EXEMPLE, colonne, exemple)
    cellule.font = Font(italic=True, color=_teinte("gris"))
    cellule.alignment = REPLI
    if isinstance(exemple, datetime.date):
        cellule.number_format = FORMATS["date"]


def _libelles(champ: Champ, choix: dict) -> list[str]:
    """Les libellés de la liste déroulante ; aucun si la réponse est libre."""
    return list((champ.modalites or choix.get(champ.renvoi, {})).values())


def _exemple(champ: Champ, libelles: list[str], territoire: str):
    """La valeur d'exemple, telle qu'on la saisirait."""
    if libelles:
        return champ.exemple if champ.exemple in libelles else libelles[0]
    if champ.motif:
        return champ.exemple.replace("territoire", territoire)
    lecture = {"integer": int, "number": float, "date": datetime.date.fromisoformat}
    return lecture.get(champ.genre, str)(champ.exemple) if champ.exemple else None


def _largeur(champ: Champ, libelles: list[str]) -> int:
    if champ.motif and not libelles:
        return 26
    longueur = max(map(len, libelles), default=LARGEURS[champ.genre])
    return min(max(longueur + 4, 16), 46)


def _signaler_les_manques(page: Worksheet, feuille: Feuille, fin: int) -> None:
    """Une cellule obligatoire vide, sur une ligne commencée, se colore."""
    fond = PatternFill("solid", bgColor=_teinte("accent_clair"))
    debut, derniere = collecte.LIGNE_DONNEES, get_column_letter(len(feuille.demandes) + 1)
    for rang, champ in enumerate(feuille.demandes, start=2):
        if champ.obligatoire:
            lettre = get_column_letter(rang)
            regle = f"AND(COUNTA($B{debut}:${derniere}{debut})>0,ISBLANK({lettre}{debut}))"
            page.conditional_formatting.add(f"{lettre}{debut}:{lettre}{fin}",
                                            FormulaRule(formula=[regle], fill=fond))


def _preparer(page: Worksheet, feuille: Feuille, choix: dict, attendus: pd.DataFrame) -> None:
    """Les lignes dont on connaît déjà les clés : critères et éléments, participants attendus."""
    colonnes = {c.nom: rang for rang, c in enumerate(feuille.demandes, start=2)}
    cles = [c for c in feuille.demandes if c.cle]
    if len(cles) == 1 and cles[0].modalites:
        lignes = [{cles[0].nom: libelle} for libelle in cles[0].modalites.values()]
    elif feuille.table == "presences":
        sessions = choix["sessions"]
        lignes = [{"session": sessions.get(p.session, p.session), "participant": p.participant}
                  for p in attendus.itertuples()]
    else:
        lignes = []
    for numero, ligne in enumerate(lignes, start=collecte.LIGNE_DONNEES):
        for nom, valeur in ligne.items():
            page.cell(numero, colonnes[nom], valeur)


def _mettre_en_page(page: Worksheet, feuille: Feuille) -> None:
    """Titres toujours visibles, hauteurs lisibles, A4 en largeur, protection sans mot de passe."""
    page.freeze_panes = page.cell(collecte.LIGNE_TITRES + 1, 2)
    hauteurs = {collecte.LIGNE_TITRES: 18, collecte.LIGNE_AIDES: 12.5, collecte.LIGNE_EXEMPLE: 15}
    for ligne, hauteur in hauteurs.items():
        lignes = max(
            math.ceil(1.15 * len(str(c.value or "")) / page.column_dimensions[c.column_letter].width)
            for c in page[ligne]
        )
        page.row_dimensions[ligne].height = hauteur * max(lignes, 1) + 4
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{collecte.LIGNE_TITRES}:{collecte.LIGNE_TITRES}"
    page.oddFooter.center.text = f"{textwrap.shorten(feuille.titre, 60)}, page &P sur &N"
    page.protection.formatColumns = page.protection.formatRows = False  # permis
    page.protection.enable()


def _teinte(jeton: str) -> str:
    """La couleur d'un jeton, comme Excel l'écrit."""
    return couleur(jeton).removeprefix("#").upper()
