"""Le classeur de collecte d'un territoire : une feuille par table, tirée de son schéma.

La disposition (lignes, repère de l'exemple, cellules d'identité) est celle de `bilan.collecte`.
"""

from __future__ import annotations

import datetime
import math
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
from bilan.tableur import ecrire, octets

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

LIGNES = 300  # lignes vides prêtes à remplir dans chaque feuille
LARGEURS = {"string": 46, "boolean": 16, "integer": 14, "number": 14, "date": 14}
REPLI = Alignment(wrap_text=True, vertical="top")
LIBRE = Protection(locked=False)
FORMATS = {"date": "dd/mm/yyyy"}


@dataclass
class _Listes:
    """La feuille cachée des listes déroulantes : une colonne par liste."""

    feuille: Worksheet
    noms: list[str] = field(default_factory=list)

    def plage(self, champ: Champ) -> str:
        """L'adresse de la liste du champ, écrite au premier appel."""
        if champ.liste not in self.noms:
            self.noms.append(champ.liste)
            for rang, texte in enumerate([champ.liste, *champ.modalites.values()], start=1):
                ecrire(self.feuille.cell(rang, len(self.noms)), texte)
        lettre = get_column_letter(self.noms.index(champ.liste) + 1)
        return f"{collecte.LISTES}!${lettre}$2:${lettre}${len(champ.modalites) + 1}"


def classeur(edition: Edition, territoire: str) -> bytes:
    """Le classeur du territoire, à remplir : le même à l'octet près si rien n'a changé.

    Lève `ErreurBilan` si les paramètres ou les tables de l'édition ne se lisent pas.
    """
    feuilles = collecte.feuilles_de(edition, "classeur")
    nom = collecte.choix(edition)["territoires"][territoire]
    livre = Workbook()
    lisez_moi(livre.active, edition, territoire, nom, feuilles)
    listes = _Listes(livre.create_sheet(collecte.LISTES))
    for feuille in feuilles:
        page = livre.create_sheet(feuille.onglet, len(livre.sheetnames) - 1)
        preparees = _preparees(edition, feuille, territoire)
        fin = collecte.LIGNE_DONNEES + len(preparees) + LIGNES - 1
        _titrer(page, feuille, territoire)
        _controler(page, feuille, listes, fin)
        _ouvrir(page, feuille, preparees, fin)
        _mettre_en_page(page, feuille)
    listes.feuille.sheet_state = "hidden"
    listes.feuille.protection.enable()
    livre.security = WorkbookProtection(lockStructure=True)
    livre.properties.title = f"Collecte {edition.code}, {territoire}"
    livre.properties.creator = "bilan"
    return octets(livre, Parametres(edition).generaux.date)


def _titrer(page: Worksheet, feuille: Feuille, territoire: str) -> None:
    """Les trois lignes du haut, et les largeurs."""
    _entete(page, 1, collecte.TITRE_REPERE, feuille.aide, collecte.REPERE_EXEMPLE)
    page.column_dimensions["A"].width = 24
    for rang, champ in enumerate(feuille.demandes, start=2):
        aide = f"Obligatoire. {champ.consigne}" if champ.obligatoire else champ.consigne
        _entete(page, rang, champ.titre, aide, _exemple(champ, territoire))
        page.column_dimensions[get_column_letter(rang)].width = _largeur(champ)


def _controler(page: Worksheet, feuille: Feuille, listes: _Listes, fin: int) -> None:
    """Le contrôle de chaque colonne ; une cellule obligatoire oubliée se colore."""
    debut, derniere = collecte.LIGNE_DONNEES, get_column_letter(len(feuille.demandes) + 1)
    cles = [c for c in feuille.demandes if c.cle]
    fond = PatternFill("solid", bgColor=_teinte("accent_clair"))
    for rang, champ in enumerate(feuille.demandes, start=2):
        lettre = get_column_letter(rang)
        plage = listes.plage(champ) if champ.modalites else None
        controle = validation(champ, lettre, fin, plage, unique=cles == [champ])
        controle.add(f"{lettre}{debut}:{lettre}{fin}")
        page.add_data_validation(controle)
        if champ.obligatoire:
            manque = f"AND(COUNTA($B{debut}:${derniere}{debut})>0,ISBLANK({lettre}{debut}))"
            page.conditional_formatting.add(f"{lettre}{debut}:{lettre}{fin}",
                                            FormulaRule(formula=[manque], fill=fond))


def _ouvrir(page: Worksheet, feuille: Feuille, preparees: list[dict], fin: int) -> None:
    """Les cellules à remplir, déverrouillées, précédées des lignes dont on connaît les clés."""
    for rang, champ in enumerate(feuille.demandes, start=2):
        for ligne in range(collecte.LIGNE_DONNEES, fin + 1):
            cellule = page.cell(ligne, rang)
            cellule.protection, cellule.alignment = LIBRE, REPLI
            cellule.number_format = FORMATS.get(champ.genre, "General")
        for ligne, valeurs in enumerate(preparees, start=collecte.LIGNE_DONNEES):
            ecrire(page.cell(ligne, rang), valeurs.get(champ.nom))


def _entete(page: Worksheet, colonne: int, titre: str, aide: str, exemple) -> None:
    """Les trois lignes du haut d'une colonne ; elles restent verrouillées."""
    cellule = ecrire(page.cell(collecte.LIGNE_TITRES, colonne), titre)
    cellule.font = Font(bold=True, color=_teinte("fond"))
    cellule.fill = PatternFill("solid", fgColor=_teinte("primaire"))
    cellule.alignment = REPLI
    cellule = ecrire(page.cell(collecte.LIGNE_AIDES, colonne), aide)
    cellule.font = Font(size=9, color=_teinte("encre_douce"))
    cellule.fill = PatternFill("solid", fgColor=_teinte("papier"))
    cellule.alignment = REPLI
    cellule = ecrire(page.cell(collecte.LIGNE_EXEMPLE, colonne), exemple)
    cellule.font = Font(italic=True, color=_teinte("gris"))
    cellule.alignment = REPLI
    if isinstance(exemple, datetime.date):
        cellule.number_format = FORMATS["date"]


def _exemple(champ: Champ, territoire: str):
    """La valeur d'exemple, telle qu'on la saisirait."""
    if champ.modalites:
        return next(iter(champ.modalites.values()))
    if champ.motif:
        return champ.exemple.replace("territoire", territoire)
    lecture = {"integer": int, "number": float, "date": datetime.date.fromisoformat}
    return lecture.get(champ.genre, str)(champ.exemple) if champ.exemple else None


def _largeur(champ: Champ) -> int:
    if champ.motif and not champ.modalites:
        return 26
    longueur = max(map(len, champ.modalites.values()), default=LARGEURS[champ.genre])
    return min(max(longueur + 4, 16), 46)


def _preparees(edition: Edition, feuille: Feuille, territoire: str) -> list[dict[str, str]]:
    """Les lignes dont on connaît déjà les clés : éléments d'une liste, participants attendus."""
    cles = [c for c in feuille.demandes if c.cle]
    if len(cles) == 1 and cles[0].modalites:
        return [{cles[0].nom: libelle} for libelle in cles[0].modalites.values()]
    if feuille.table != "presences":
        return []
    presences = lire_table(edition, "presences")
    attendus = presences[presences["territoire"] == territoire]
    return [
        {c.nom: c.modalites.get(ligne[c.nom], ligne[c.nom]) for c in cles}
        for ligne in attendus.to_dict("records")
    ]


def _mettre_en_page(page: Worksheet, feuille: Feuille) -> None:
    """Titres toujours visibles, hauteurs lisibles, A4 en largeur, protection sans mot de passe."""
    page.freeze_panes = page.cell(collecte.LIGNE_TITRES + 1, 2)
    largeurs = page.column_dimensions
    hauteurs = {collecte.LIGNE_TITRES: 18, collecte.LIGNE_AIDES: 12.5, collecte.LIGNE_EXEMPLE: 15}
    for ligne, hauteur in hauteurs.items():
        lignes = max(
            math.ceil(1.15 * len(str(c.value or "")) / largeurs[c.column_letter].width)
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
