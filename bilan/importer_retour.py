"""Le classeur rendu au porteur de projet : le sien, les cellules fautives marquées."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from openpyxl import Workbook

from bilan.importer_lecture import Cellule, Fichier, Grille
from bilan.importer_lignes import Lot
from bilan.importer_marques import marquer
from bilan.parametres import Parametres
from bilan.projet import Edition
from bilan.tableur import ecrire, octets


def rendre(edition: Edition, fichier: Fichier, lots: Iterable[Lot],
           pris: Iterable[Path]) -> Path | None:
    """Écrit `build/retours/<edition>/<nom>-a-corriger.xlsx` ; rend son chemin, hors de `pris`.

    D'un .xlsx, une copie où seules changent les cellules fautives. D'un CSV, un .xlsx aux mêmes
    lignes, que l'on peut corriger et importer tel quel. Rend None si rien n'est à marquer.
    """
    marques: dict[str, dict[str, str]] = {}
    for lot in lots:
        nom = onglet(lot.reconnue.grille)
        for faute, cellule in lot.fautes:
            if cellule:
                raisons = marques.setdefault(nom, {})
                dite = raison(faute.trouve, faute.remede)
                if dite not in raisons.get(cellule.adresse, ""):
                    raisons[cellule.adresse] = "\n".join(
                        filter(None, [raisons.get(cellule.adresse), dite]))
    if not marques:
        return None
    contenu = fichier.octets if fichier.classeur else _en_classeur(edition, fichier.grilles[0])
    chemin = _chemin(edition, fichier, set(pris))
    chemin.parent.mkdir(parents=True, exist_ok=True)
    chemin.write_bytes(marquer(contenu, marques))
    return chemin


def _chemin(edition: Edition, fichier: Fichier, pris: set[Path]) -> Path:
    """Un nom par fichier reçu : deux territoires envoient parfois le même."""
    suffixe = Path(fichier.nom).suffix if fichier.classeur else ".xlsx"
    dossier, rang = edition.racine / "build" / "retours" / edition.code, ""
    while (chemin := dossier / f"{Path(fichier.nom).stem}-a-corriger{rang}{suffixe}") in pris:
        rang = f"-{int(rang[1:] or 1) + 1}"
    return chemin


def raison(trouve: str, remede: str) -> str:
    """La note d'une cellule : ce qui ne va pas, ce qu'il faut écrire."""
    return f"{trouve[:1].upper()}{trouve[1:].rstrip('. ')}. {remede}".strip()


def onglet(grille: Grille) -> str:
    """Le nom de la feuille : celui de la sienne, ou du fichier CSV."""
    return grille.feuille or re.sub(r"[\[\]:*?/\\]", " ", grille.nom)[:31]


def _en_classeur(edition: Edition, grille: Grille) -> bytes:
    """Les lignes d'un CSV en .xlsx, toutes en texte : Excel ne transforme rien."""
    livre = Workbook()
    page = livre.active
    page.title = onglet(grille)
    for ligne in [grille.titres, *grille.lignes]:
        for cellule in ligne:
            _poser(page, cellule)
    page.freeze_panes = "A2"
    return octets(livre, Parametres(edition).generaux.date)


def _poser(page, cellule: Cellule) -> None:
    case = page.cell(cellule.ligne, cellule.colonne)
    case.number_format = "@"
    if cellule.valeur not in (None, ""):
        ecrire(case, str(cellule.valeur))
