"""Le calendrier des recommandations : quand chacune se joue, de l'écriture de l'appel à sa fin."""

from __future__ import annotations

import pandas as pd

from bilan.style import (
    LARGEUR,
    Graphique,
    avec_style,
    couleur,
    couper,
    ecrire,
    enumerer,
    pied,
    reperer_par_un_rond,
    toile,
)

TITRE = "Les recommandations, dans l’ordre où elles se jouent"
REMPLIS = {"haute": "full", "moyenne": "left", "basse": "none"}
FRISE, TEXTE = 2.35, 2.75  # pouces, depuis le bord gauche


@avec_style
def calendrier(df: pd.DataFrame, nature: str | None = None) -> Graphique:
    """Une frise : un moment par étage, ses recommandations à droite, leur priorité dans un rond.

    Colonnes : horizon, code, titre, priorite (haute, moyenne, basse) ; les moments dans leur ordre.
    """
    moments = [(horizon, groupe) for horizon, groupe in df.groupby("horizon", sort=False)]
    hauteur = len(df) + 0.45 * len(moments)
    figure, axe = toile(0.2 * hauteur + 0.75, gauche=0, droite=0, haut=0.05, bas=0.5)
    axe.set(xlim=(0, 1), ylim=(hauteur, 0), xticks=[], yticks=[])
    axe.spines["bottom"].set_visible(False)
    milieux, haut = [], 0.0
    for horizon, groupe in moments:
        etage = len(groupe) + 0.45
        milieux.append(haut + etage / 2)
        ecrire(axe, 0, milieux[-1], couper(horizon, FRISE - 0.2), color=couleur("primaire"))
        for rang, r in enumerate(groupe.itertuples()):
            y = haut + 0.225 + rang + 0.5
            reperer_par_un_rond(axe, TEXTE, y, r.code, REMPLIS[r.priorite], r.priorite == "haute")
            ecrire(axe, TEXTE + 0.45, y, r.titre)
        haut += etage
    places = [FRISE / LARGEUR] * len(milieux)
    axe.plot(places, milieux, "-", color=couleur("gris"), linewidth=1.2, zorder=1)
    axe.plot(places, milieux, "o", color=couleur("primaire"), markersize=5, zorder=2)
    pied(figure, nature, "Rond plein : priorité haute. À moitié plein : moyenne. Vide : basse.")
    donnees = df[["horizon", "code", "titre", "priorite"]]
    donnees.columns = ["Horizon", "Code", "Recommandation", "Priorité"]
    lecture = [
        f"{horizon} : " + ", ".join(f"{r.code} {r.titre} ({r.priorite})" for r in g.itertuples())
        for horizon, g in moments
    ]
    return Graphique(figure, TITRE, enumerer(lecture), donnees.reset_index(drop=True))
