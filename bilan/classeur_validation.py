"""Le contrôle de saisie d'une colonne du classeur : liste, date, bornes, forme d'un code."""

from __future__ import annotations

import textwrap

from openpyxl.worksheet.datavalidation import DataValidation

from bilan.collecte import CODE, LIGNE_DONNEES, Champ

TITRE_MAX, TEXTE_MAX = 32, 255  # caractères, les limites d'Excel
GENRES = {"integer": "whole", "number": "decimal", "date": "date"}
EXTREMES = {"integer": ("-1000000000", "1000000000"), "number": ("-1000000000", "1000000000"),
            "date": ("DATE(2000,1,1)", "DATE(2100,12,31)")}


def validation(
    champ: Champ, lettre: str, fin: int, plage: str | None, unique: bool
) -> DataValidation:
    """Le contrôle de la colonne `lettre`, avec son aide et son refus en français.

    `plage` est l'adresse de la liste déroulante ; `unique` refuse un code déjà pris. Un texte
    libre n'a que l'aide : rien n'y est refusé.
    """
    controle = DataValidation(**_regle(champ, lettre, fin, plage, unique), allow_blank=True)
    controle.promptTitle = textwrap.shorten(champ.titre, TITRE_MAX, placeholder="…")
    controle.prompt = textwrap.shorten(champ.consigne, TEXTE_MAX, placeholder="…")
    controle.showInputMessage = True
    if controle.type:
        deja = " Chaque ligne a le sien." if unique and controle.type == "custom" else ""
        controle.errorStyle, controle.showErrorMessage = "stop", True
        controle.errorTitle = controle.promptTitle
        controle.error = champ.attendu + deja
    return controle


def _regle(champ: Champ, lettre: str, fin: int, plage: str | None, unique: bool) -> dict:
    """Le genre du contrôle et ses formules (Excel les écrit en anglais)."""
    if plage:
        return {"type": "list", "formula1": plage}
    if champ.genre in GENRES:
        bas, haut = EXTREMES[champ.genre]
        return {
            "type": GENRES[champ.genre],
            "operator": "between",
            "formula1": bas if champ.minimum is None else str(champ.minimum),
            "formula2": haut if champ.maximum is None else str(champ.maximum),
        }
    ici = f"{lettre}{LIGNE_DONNEES}"
    conditions = []
    if champ.motif == CODE:
        # Ni majuscule ni espace ; le reste du motif est contrôlé à l'import.
        conditions.append(f'EXACT({ici},SUBSTITUTE(LOWER({ici})," ",""))')
    if unique:
        conditions.append(f"COUNTIF(${lettre}${LIGNE_DONNEES}:${lettre}${fin},{ici})=1")
    return {"type": "custom", "formula1": f"AND({','.join(conditions)})"} if conditions else {}
