"""Ce que le rapport dit d'un bilan en cours : son avertissement, et la liste de ce qui reste."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from bilan.a_completer import points
from bilan.erreurs import Faute
from bilan.markdown import Colonne, Tableau, echapper
from bilan.relire import ARelire

if TYPE_CHECKING:
    from bilan.carnet import Bilan


def avertissement(bilan: Bilan) -> str | None:
    """Ce que porte chaque page tant que le bilan n'est pas fini ; None quand il l'est."""
    restes = [
        f"{len(reste)}\u00a0{quoi}{'s' if len(reste) > 1 else ''} à {faire}"
        for reste, quoi, faire in (
            (points(bilan.edition), "point", "compléter"), (bilan.a_relire, "phrase", "relire"))
        if reste
    ]
    return f"Version de travail\u00a0: {' et '.join(restes)}" if restes else None


def bloc(bilan: Bilan) -> str:
    """Les points à compléter, puis les phrases à relire, fichier par fichier."""
    sections = [
        ("Points à compléter", [
            _a_completer(fichier, list(groupe))
            for fichier, groupe in groupby(points(bilan.edition), key=lambda f: f.fichier)]),
        ("Phrases à relire", [
            _a_relire(fichier, list(groupe))
            for fichier, groupe in groupby(bilan.a_relire, key=lambda a: a.phrase.fichier)]),
    ]
    return "\n".join(f"## {titre} {{.unnumbered}}\n\n" + "\n".join(tableaux)
                     for titre, tableaux in sections if tableaux)


def _a_completer(fichier: str, fautes: list[Faute]) -> str:
    lignes = [[str(f.ligne or "–"), echapper(f"{f.trouve}. {f.remede}".strip())] for f in fautes]
    return Tableau([Colonne("Ligne", largeur=8), Colonne("Ce qui manque", largeur=92)], lignes,
                   echapper(fichier), _identifiant("completer", fichier)).markdown()


def _a_relire(fichier: str, groupe: list[ARelire]) -> str:
    lignes = [
        [str(a.phrase.ligne), echapper(a.lisible),
         echapper(" ; ".join(str(raison) for raison in a.raisons))]
        for a in groupe
    ]
    return Tableau(
        [Colonne("Ligne", largeur=8), Colonne("Phrase", largeur=58),
         Colonne("Pourquoi la relire", largeur=34)],
        lignes, echapper(fichier), _identifiant("relire", fichier)).markdown()


def _identifiant(quoi: str, fichier: str) -> str:
    return f"tbl-{quoi}-{re.sub(r'[^a-z0-9]+', '-', fichier.lower())}"
