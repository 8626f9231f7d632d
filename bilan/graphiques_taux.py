"""Le graphique des taux : une grille, ce qui est demandé en lignes, les territoires en colonnes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from bilan.nombres import INSECABLE
from bilan.style import (
    LARGEUR,
    PETIT,
    Graphique,
    avec_style,
    couleur,
    couper,
    eclaircir,
    ecrire,
    enumerer,
    mesurer,
    nommer_les_colonnes,
    pied,
    toile,
)

GAUCHE = 2.3  # pouces laissés aux noms des lignes
TROU = "–"
TITRE = "Réponses et cases remplies, par session, par question et par territoire"


@avec_style
def grille_des_taux(
    df: pd.DataFrame, seuil: int | None = None, nature: str | None = None
) -> Graphique:
    """Chaque case dit n/N ; plus il manque, plus elle est teintée ; sous le seuil, un cadre.

    Colonnes : groupe, ligne, colonne, taux (en %, vide si inconnu), rapport, faible ; l'ensemble
    est la première colonne, les territoires suivent.
    """
    groupes = df.drop_duplicates("ligne").set_index("ligne")["groupe"]
    taux, rapports, faibles = (
        df.pivot(index="ligne", columns="colonne", values=v)
        .loc[groupes.index, df["colonne"].unique()]
        for v in ("taux", "rapport", "faible")
    )
    noms = [couper(str(ligne), GAUCHE - 0.1, PETIT) for ligne in taux.index]
    pas = 0.25 if any("\n" in nom for nom in noms) else 0.21
    titres, haut = _entetes(list(taux))
    figure, axe = toile(pas * len(taux) + haut + 0.45, gauche=GAUCHE, droite=0, haut=haut, bas=0.45)
    _cases(axe, taux.astype(float), rapports.fillna(TROU), titres)
    for rang, colonne in zip(*np.nonzero(faibles.to_numpy(dtype=bool)), strict=True):
        cadre = {"fill": False, "linewidth": 2, "edgecolor": couleur("encre"), "clip_on": False}
        axe.add_patch(Rectangle((colonne + 0.04, rang + 0.08), 0.92, 0.84, **cadre))
    encre, gauche = couleur("encre"), -GAUCHE / (LARGEUR - GAUCHE)
    axe.axvline(1, color=encre, linewidth=1)
    for rang, nom in enumerate(noms):
        ecrire(axe, 0, rang + 0.5, nom, fontsize=PETIT, linespacing=0.95)
        if rang and groupes.iloc[rang] != groupes.iloc[rang - 1]:
            axe.axhline(rang, xmin=gauche, color=encre, linewidth=1, clip_on=False)
    pied(figure, nature, _note(seuil if faibles.to_numpy(dtype=bool).any() else None))
    donnees = rapports.fillna(TROU).rename_axis(None, axis=1).reset_index(names="Demandé")
    return Graphique(figure, TITRE, _lecture(taux, rapports, faibles), donnees)


def _entetes(noms: list[str]) -> tuple[dict[str, Any], float]:
    """Les noms des colonnes, et leur hauteur : debout quand il y en a trop pour les coucher."""
    largeur = (LARGEUR - GAUCHE) / len(noms) - 0.04
    # Un nom composé se coupe après son trait d'union.
    coupes = [couper(nom.replace("-", "- "), largeur, PETIT).replace("- ", "-") for nom in noms]
    mots = [mot for nom in coupes for mot in nom.split("\n")]
    if max(mesurer(mot, PETIT) for mot in mots) <= largeur:
        return {"noms": coupes, "rotation": 0}, 0.4
    return {"noms": noms, "rotation": 90}, max(mesurer(nom, PETIT) for nom in noms) + 0.1


def _cases(
    axe: Axes, taux: pd.DataFrame, rapports: pd.DataFrame, titres: dict[str, Any]
) -> None:
    """La grille et ses n/N, les colonnes nommées au-dessus."""
    teintes = LinearSegmentedColormap.from_list(
        "manque", [eclaircir(couleur("accent"), 0.45), couleur("fond")]
    )
    axe.set_facecolor(couleur("papier"))
    sns.heatmap(taux, cmap=teintes, vmin=0, vmax=100, ax=axe, cbar=False, linewidths=0.6,
                linecolor=couleur("filet"))
    for rang, ligne in enumerate(rapports.to_numpy()):
        for colonne, texte in enumerate(ligne):
            axe.text(colonne + 0.5, rang + 0.5, texte, ha="center", va="center", fontsize=PETIT)
    nommer_les_colonnes(axe, **titres)


def _note(seuil: int | None) -> str:
    cadre = f" Cadre épais : sous le seuil de {seuil}{INSECABLE}%." if seuil is not None else ""
    return (f"Reçu ou rempli / attendu. Plus la case est teintée, plus il manque.{cadre} "
            f"{TROU} : nombre attendu inconnu ou nul.")


def _lecture(taux: pd.DataFrame, rapports: pd.DataFrame, faibles: pd.DataFrame) -> str:
    """Chaque ligne ; ses territoires seulement s'il y manque quelque chose."""
    lignes = []
    for nom, valeurs in taux.iterrows():
        textes = rapports.loc[nom].fillna("inconnu")
        complet = (valeurs.dropna() == 100).all() and valeurs.notna().any()
        cases = [f"{c} {t}{' (sous le seuil)' * bool(faibles.loc[nom, c])}"
                 for c, t in textes.items()]
        lignes.append(f"{nom} : complet, {textes.iloc[0]}" if complet
                      else f"{nom} : {', '.join(cases)}")
    return enumerer(lignes)
