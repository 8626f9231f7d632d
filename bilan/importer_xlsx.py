"""Un classeur .xlsx → ses grilles : valeurs, formules, fusions, lignes et colonnes masquées."""

from __future__ import annotations

import datetime
import io
import re
import warnings
from typing import TYPE_CHECKING

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from bilan import collecte
from bilan.importer_lecture import (
    EN_XLSX,
    Cellule,
    Fichier,
    Grille,
    Refus,
    nettoyer,
    refuser,
)
from bilan.parametres import Limites

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet


def lire_xlsx(nom: str, octets: bytes, limites: Limites) -> Fichier:
    """Le classeur lu : une grille par feuille, l'identité de « Lisez-moi » si elle y est.

    Chaque feuille est lue deux fois : les valeurs qu'Excel a calculées, et les formules. Une
    formule sans valeur calculée est refusée. Lève `ErreurBilan` si le classeur est abîmé.
    """
    valeurs, formules = _ouvrir(nom, octets, True), _ouvrir(nom, octets, False)
    grilles, identite = [], None
    for page in valeurs.worksheets:
        if page.title == collecte.LISEZ_MOI:
            identite = {cle: nettoyer(str(page[adresse].value or ""))
                        for cle, adresse in collecte.CELLULES.items()}
        elif page.title != collecte.LISTES:
            grilles.append(_grille(nom, page, formules[page.title], limites))
    return Fichier(nom, octets, grilles, identite, classeur=True)


def _ouvrir(nom: str, octets: bytes, valeurs: bool):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl dit en anglais ce qu'il ne garde pas
            return load_workbook(io.BytesIO(octets), data_only=valeurs)
    except Exception:  # openpyxl lève de tout sur un classeur abîmé
        refuser(nom, "le classeur est abîmé : il ne s'ouvre pas", f"Le faire renvoyer. {EN_XLSX}")


def _grille(nom: str, page: Worksheet, formules: Worksheet, limites: Limites) -> Grille:
    if page.max_row > limites.lignes_recues or page.max_column > 500:
        refuser(f"{nom}, feuille « {page.title} »",
                f"la feuille va jusqu'à la ligne {page.max_row}, colonne {page.max_column}",
                "Supprimer les lignes et les colonnes vides, au bas et à droite.")
    fusions = _fusions(page)
    calculees: list[str] = []
    lignes = [[_cellule(c, formules, fusions, calculees) for c in ligne]
              for ligne in page.iter_rows()]
    largeur = max((c.colonne for li in lignes for c in li if not c.vide), default=0)
    lignes = [li[:largeur] for li in lignes]
    while lignes and all(c.vide for c in lignes[-1]):
        lignes.pop()
    remarques = _masquees(page, len(lignes), largeur)
    if calculees:
        remarques.append("formules, lues par leur valeur : " + ", ".join(calculees))
    return Grille(nom, page.title, lignes[0] if lignes else [], lignes[1:], remarques)


def _cellule(cellule: Cell, formules: Worksheet, fusions: dict[str, Refus],
             calculees: list[str]) -> Cellule:
    """La cellule lue ; une formule y ajoute son adresse à `calculees`."""
    valeur, adresse = cellule.value, cellule.coordinate
    formule = formules[adresse].data_type == "f"
    refus = fusions.get(adresse)
    if not refus and cellule.data_type == "e":
        refus = Refus(f"« {valeur} », une erreur de formule", "Écrire la valeur elle-même.")
    elif not refus and formule and valeur is None:
        refus = Refus("une formule dont la valeur n'est pas enregistrée",
                      "Écrire la valeur elle-même, ou rouvrir et enregistrer dans Excel.")
    elif not refus:
        refus = _transformee(cellule)
    if formule and not refus:
        calculees.append(adresse)
    if isinstance(valeur, str):
        valeur = nettoyer(valeur)
    return Cellule(cellule.row, cellule.column, None if refus and valeur is None else valeur, refus)


def _transformee(cellule: Cell) -> Refus | None:
    """Ce qu'Excel montre autrement qu'il ne l'enregistre : un pourcentage, une durée."""
    valeur = cellule.value
    if isinstance(valeur, datetime.time | datetime.timedelta):
        return Refus(f"« {valeur} », une heure", "Mettre la cellule au format Texte et réécrire.")
    nombre = isinstance(valeur, int | float) and not isinstance(valeur, bool)
    if nombre and "%" in re.sub(r'"[^"]*"|\\.', "", cellule.number_format):
        montre = Cellule(1, 1, round(valeur * 100, 9)).texte
        return Refus(f"« {montre} % », au format pourcentage",
                     f"Mettre la cellule au format Nombre et écrire {montre}.")
    return None


def _fusions(page: Worksheet) -> dict[str, Refus]:
    """Le refus de chaque cellule fusionnée : on ne sait pas à quelle ligne va sa valeur."""
    refus = {}
    for plage in page.merged_cells.ranges:
        faute = Refus(f"cellules fusionnées {plage.coord}",
                      "Annuler la fusion et remplir chaque cellule.", plage.min_row)
        refus |= {f"{get_column_letter(colonne)}{ligne}": faute
                  for ligne, colonne in plage.cells}
    return refus


def _masquees(page: Worksheet, lignes: int, colonnes: int) -> list[str]:
    """Ce qu'on lit sans que cela se voie à l'écran."""
    remarques = ["feuille masquée, lue"] if page.sheet_state != "visible" else []
    cachees = [str(n) for n in range(1, lignes + 1) if page.row_dimensions[n].hidden]
    if cachees:
        remarques.append("lignes masquées, lues : " + ", ".join(cachees))
    largeurs = [d for d in page.column_dimensions.values() if d.hidden and d.min]
    lettres = [get_column_letter(n) for n in range(1, colonnes + 1)
               if any(d.min <= n <= d.max for d in largeurs)]
    if lettres:
        remarques.append("colonnes masquées, lues : " + ", ".join(lettres))
    return remarques
