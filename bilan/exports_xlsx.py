"""Les tableaux du bilan en un classeur Excel accessible : un sommaire, des notes, une feuille par
tableau, une seule ligne de titres, rien de fusionné, des nombres qui sont des nombres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table as Plage
from openpyxl.worksheet.table import TableStyleInfo

from bilan.exports_recueil import (
    DES_NOTES,
    DU_SOMMAIRE,
    NOTES,
    SOMMAIRE,
    VERS_NOTES,
    VERS_SOMMAIRE,
    Recueil,
    est_nombre,
    largeurs_de,
)
from bilan.exports_tables import LIBRE, Champ, Table
from bilan.tableur import ecrire, octets

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

REPLI = Alignment(wrap_text=True, vertical="top")
POLICE = "Calibri"
TITRE, GRAS = Font(name=POLICE, bold=True, size=14), Font(name=POLICE, bold=True)
LIEN = Font(name=POLICE, underline="single", color="275A8C")
HAUTEUR = 15  # d'une ligne de texte, en points


def classeur(recueil: Recueil) -> bytes:
    """Le fichier .xlsx, le même à l'octet près pour le même recueil."""
    livre = Workbook()
    _sommaire(livre.active, recueil)
    _notes(livre.create_sheet(NOTES), recueil)
    for rang, table in enumerate(recueil.tables, start=1):
        _feuille(livre.create_sheet(recueil.onglets[table.nom]), table, rang)
    proprietes = livre.properties
    proprietes.title = recueil.intitule
    proprietes.creator, proprietes.lastModifiedBy = recueil.auteurs, "bilan"
    proprietes.language, proprietes.category = "fr-FR", f"Édition {recueil.edition}"
    return octets(livre, recueil.date)


def _sommaire(feuille: Worksheet, recueil: Recueil) -> None:
    feuille.title = SOMMAIRE
    ecrire(feuille.cell(1, 1), recueil.intitule).font = TITRE
    _lier(ecrire(feuille.cell(2, 1), VERS_NOTES), NOTES)
    lignes = [[onglet, table.titre] for onglet, table in zip(
        recueil.onglets.values(), recueil.tables, strict=True)]
    _poser(feuille, 3, DU_SOMMAIRE, lignes, "t_sommaire")
    for ligne, onglet in enumerate(recueil.onglets.values(), start=4):
        _lier(feuille.cell(ligne, 1), onglet)


def _notes(feuille: Worksheet, recueil: Recueil) -> None:
    ecrire(feuille.cell(1, 1), NOTES).font = TITRE
    _retour(feuille.cell(2, 1))
    _poser(feuille, 3, DES_NOTES, recueil.notes, "t_notes")


def _feuille(feuille: Worksheet, table: Table, rang: int) -> None:
    """Titre, notes, retour, puis la ligne de titres et les lignes."""
    ecrire(feuille.cell(1, 1), table.titre).font = TITRE
    for ligne, note in enumerate(table.notes, start=2):
        ecrire(feuille.cell(ligne, 1), note)
    entete = len(table.notes) + 3
    _retour(feuille.cell(entete - 1, 1))
    _poser(feuille, entete, table.champs, table.lignes, f"t_{rang}")


def _poser(
    feuille: Worksheet, entete: int, champs: list[Champ], lignes: Sequence, nom: str
) -> None:
    """La plage d'un tableau, nommée ; chaque ligne est assez haute pour ce qu'elle porte."""
    largeurs = largeurs_de(champs, lignes)
    for rang, largeur in enumerate(largeurs, start=1):
        feuille.column_dimensions[get_column_letter(rang)].width = largeur
    for rang, ligne in enumerate([[c.titre for c in champs], *lignes], start=entete):
        for colonne, (valeur, champ) in enumerate(zip(ligne, champs, strict=True), start=1):
            cellule = ecrire(feuille.cell(rang, colonne), valeur)
            if est_nombre(valeur):
                cellule.number_format = _format(champ.decimales)
            else:
                cellule.alignment = REPLI
            if rang == entete:
                cellule.font = GRAS
        feuille.row_dimensions[rang].height = HAUTEUR * _lignes_de_texte(ligne, largeurs)
    if lignes:
        derniere = get_column_letter(len(champs))
        plage = Plage(displayName=nom, ref=f"A{entete}:{derniere}{entete + len(lignes)}")
        plage.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
        feuille.add_table(plage)
    _mettre_en_page(feuille, entete)


def _lignes_de_texte(ligne: Sequence, largeurs: list[int]) -> int:
    """Sur combien de lignes se replie le plus long texte."""
    textes = zip(ligne, largeurs, strict=True)
    return max([1, *(math.ceil(len(v) * 1.1 / la) for v, la in textes if not est_nombre(v))])


def _mettre_en_page(feuille: Worksheet, entete: int) -> None:
    """Les titres figés à l'écran et répétés à l'impression ; une page A4 de large."""
    feuille.freeze_panes = feuille.cell(entete + 1, 1)
    feuille.print_title_rows = f"{entete}:{entete}"
    feuille.page_setup.orientation, feuille.page_setup.paperSize = "landscape", 9
    feuille.page_setup.fitToHeight = 0
    feuille.sheet_properties.pageSetUpPr.fitToPage = True


def _format(decimales: int | None) -> str:
    """Le format d'affichage d'un nombre."""
    if decimales in (None, LIBRE):
        return "General"
    return "#,##0" + ("." + "0" * decimales if decimales else "")


def _lier(cellule: Cell, onglet: str) -> None:
    cellule.hyperlink = f"#'{onglet}'!A1"
    cellule.font = LIEN


def _retour(cellule: Cell) -> None:
    _lier(ecrire(cellule, VERS_SOMMAIRE), SOMMAIRE)
