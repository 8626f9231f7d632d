"""Le chapitre des recommandations : leur tableau et leurs énoncés, tirés de constats.yml."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from bilan import constats
from bilan.carnet import Bilan
from bilan.constats import Recommandation
from bilan.graphiques import Graphique
from bilan.graphiques_calendrier import calendrier
from bilan.markdown import Colonne, Tableau, echapper

AUCUNE = "Cette édition n'a pas encore de recommandation.\n"


def renvois(codes: Iterable[str]) -> str:
    """Des liens vers ces constats, conclusions ou recommandations."""
    return ", ".join(f'[{code}]{{.renvoi-constat code="{code}"}}' for code in codes) or "–"


def tableau(bilan: Bilan) -> str:
    """Destinataire, priorité et horizon de chaque recommandation."""
    toutes = constats.lire(bilan.edition).recommandations
    if not toutes:
        return AUCUNE
    lignes = [
        [renvois([r.code]), echapper(r.titre), echapper(r.destinataire), r.priorite,
         echapper(r.horizon)]
        for r in toutes
    ]
    return "Le @tbl-recommandations les rassemble ; leur énoncé suit, axe par axe.\n\n" + Tableau(
        [Colonne("N°", largeur=6), Colonne("Recommandation", largeur=29),
         Colonne("Destinataire", largeur=32), Colonne("Priorité", largeur=11),
         Colonne("Horizon", largeur=22)],
        lignes,
        "Les recommandations ; destinataires, priorités et horizons sont proposés par ce bilan",
        "tbl-recommandations",
    ).markdown()


def frise(bilan: Bilan) -> Graphique | None:
    """Les recommandations dans l'ordre de leurs horizons ; None si l'édition n'en a pas."""
    lues = constats.lire(bilan.edition)
    if not lues.recommandations:
        return None
    rangees = sorted(lues.recommandations, key=lambda r: lues.horizons.index(r.horizon))
    return calendrier(pd.DataFrame([r.model_dump() for r in rangees]))


def enonces(bilan: Bilan) -> str:
    """Les recommandations axe par axe, avec ce dont chacune part."""
    lues = constats.lire(bilan.edition)
    morceaux = []
    for axe in lues.axes:
        morceaux.append(f"## Axe {echapper(axe.code)}. {echapper(axe.titre)}\n")
        morceaux += [_enonce(bilan, lues, r) for r in lues.recommandations if r.axe == axe.code]
    return "\n".join(morceaux)


def _enonce(bilan: Bilan, lues: constats.Constats, recommandation: Recommandation) -> str:
    connus = [i.code for i in bilan.parametres.indicateurs]
    indicateurs = ", ".join(lues.indicateurs_de(recommandation, connus)) or "aucun"
    code = recommandation.code
    return (
        f"[**{code}. {echapper(recommandation.titre)}.**]{{#constat-{code} .ancre-constat}} "
        f"{recommandation.enonce.strip()} "
        f"*Part de\u00a0:* {renvois(recommandation.constats)}. "
        f"*Indicateurs\u00a0:* {indicateurs}.\n"
    )
