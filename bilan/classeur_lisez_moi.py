"""La première feuille du classeur : pour quel territoire, qui remplit quoi, comment renvoyer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.styles import Alignment, Font

from bilan import collecte
from bilan.collecte import Feuille
from bilan.projet import Edition
from bilan.questionnaires import a_remplir
from bilan.style import couleur
from bilan.tableur import ecrire

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

REGLES = (
    ("Ce qu'il ne faut pas écrire",
     "Aucun nom de personne, aucune adresse, aucun téléphone, aucune donnée de santé. Une personne "
     "est désignée par son code de participant, une structure par le code que vous lui donnez."),
    ("Comment remplir",
     "Sous l'exemple en italique, qui n'est pas relu. Choisir dans les listes là où il y en a. Sur "
     "une ligne commencée, une cellule colorée reste à remplir. Une ligne préparée que vous ne "
     "complétez pas compte comme vide. Ne pas savoir n'est pas zéro : laisser vide."),
    ("Ce qui est verrouillé",
     "Titres, aides et exemples. Ils servent à relire le classeur : ne pas les modifier, ne pas "
     "renommer les feuilles, ne pas ajouter de colonne."),
    ("Comment le renvoyer",
     "L'enregistrer au format .xlsx et l'envoyer à l'équipe d'évaluation. Un nouvel envoi complète "
     "le précédent. S'il corrige une ligne déjà envoyée, le dire dans le message."),
)


def lisez_moi(page: Worksheet, edition: Edition, territoire: str, nom: str,
              feuilles: list[Feuille]) -> None:
    """Écrit la feuille, verrouillée ; l'import relit `collecte.CELLULES`."""
    page.title = collecte.LISEZ_MOI
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 28, 92
    ecrire(page["A1"], f"{nom} : classeur de collecte")
    page["A1"].font = Font(bold=True, size=16, color=couleur("primaire").removeprefix("#"))
    identite = {"edition": ("Édition", edition.code), "territoire": ("Territoire", territoire),
                "format": ("Format du classeur", collecte.FORMAT)}
    for cle, (titre, valeur) in identite.items():
        cellule = ecrire(page[collecte.CELLULES[cle]], valeur)
        cellule.number_format = "@"
        ecrire(page.cell(cellule.row, 1), titre).font = Font(bold=True)
    textes = [*_qui_et_quand(edition, feuilles), *REGLES,
              *((f"Feuille « {f.onglet} »", f.aide) for f in feuilles)]
    for ligne, (titre, texte) in enumerate(textes, start=7):
        ecrire(page.cell(ligne, 1), titre).font = Font(bold=True)
        ecrire(page.cell(ligne, 2), texte).alignment = Alignment(wrap_text=True, vertical="top")
        page.cell(ligne, 1).alignment = Alignment(wrap_text=True, vertical="top")
        page.row_dimensions[ligne].height = 16 * (1 + len(texte) // 95)
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.protection.enable()


def _qui_et_quand(edition: Edition, feuilles: list[Feuille]) -> list[tuple[str, str]]:
    """Qui remplit et quand : ce qu'en dit le questionnaire qui alimente les mêmes tables."""
    tables = {f.table for f in feuilles}
    for questionnaire in a_remplir(edition):
        if set(questionnaire.tables) <= tables:
            return [("Qui le remplit", f"{questionnaire.repondant}."),
                    ("Quand", f"{questionnaire.moment}.")]
    return []
