"""Les pentes d'une édition à la suivante : un cadre par indicateur, une case par territoire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bilan.comparer_lecture import COMPARABLE, NON_COMPARABLE
from bilan.graphiques import par_code
from bilan.nombres import arrondir
from bilan.style import (
    LARGEUR,
    PETIT,
    Graphique,
    ajouter_axe,
    avec_style,
    couleur,
    couleur_de_categorie,
    couper,
    ecrire,
    enumerer,
    pied,
    pourcentage,
    toile,
)

CADRES, HAUTEUR, TITRE, MARGE = 4, 0.95, 0.62, 0.46  # par étage ; pouces
TERRITOIRES, NOM = 6, 1.75  # par bande ; pouces laissés aux noms d'indicateurs
LECTURE = (
    "Cercle : édition {}. Point : édition {}. Trait épais : cible. Trait vertical : étendue. "
    "Pente tiretée : comparable sous réserve ; sans pente : non comparable."
)


@avec_style
def pentes(
    df: pd.DataFrame, ancien: str, nouveau: str, dites: Sequence[str]
) -> Graphique:
    """Le résultat de chaque indicateur dans deux éditions, sa cible et son étendue.

    Colonnes : code, nom, categorie, comparabilite, lecture, et en % avant, apres, cible_avant,
    cible_apres, bas_avant, haut_avant, bas_apres, haut_apres ; une ligne par indicateur commun.
    `dites` : les éditions du titre, avec ce que sont leurs lignes.
    """
    lignes = par_code(df)
    etages = -(-len(lignes) // CADRES)
    pas, plein = LARGEUR / CADRES, HAUTEUR + TITRE
    figure = Figure(figsize=(LARGEUR, etages * plein + 0.62))
    for numero, ligne in enumerate(lignes.itertuples()):
        etage, colonne = divmod(numero, CADRES)
        bas = 0.72 + (etages - 1 - etage) * plein
        axe = ajouter_axe(figure, colonne * pas + MARGE, bas, pas - 2 * MARGE, HAUTEUR)
        _cadre(axe, ligne, [ancien, nouveau], pas)
    pied(figure, None, LECTURE.format(ancien, nouveau))
    donnees = lignes[["code", "nom"]].set_axis(["Code", "Indicateur"], axis=1)
    donnees[ancien] = [pourcentage(v) for v in lignes["avant"]]
    donnees[nouveau] = [pourcentage(v) for v in lignes["apres"]]
    donnees["Lecture"] = list(lignes["lecture"])
    lecture = [f"{code}, de {avant} à {apres} ({dit})"
               for code, _, avant, apres, dit in donnees.itertuples(index=False, name=None)]
    titre = "Résultats des éditions {} et {}, indicateur par indicateur".format(*dites)
    return Graphique(figure, titre, enumerer(lecture), donnees)


def _cadre(axe: Axes, ligne: Any, editions: list[str], pas: float) -> None:
    """Un indicateur : deux points, leur pente, leurs cibles, leurs étendues, leurs valeurs."""
    axe.set(xlim=(0, 1), ylim=(-6, 106), yticks=[])
    axe.set_xticks([0, 1], editions)
    axe.tick_params(axis="x", pad=1)
    titre = couper(f"{ligne.code} {ligne.nom}", pas - 0.15, PETIT, "semibold")
    axe.set_title(titre, loc="left", x=-MARGE / (pas - 2 * MARGE), weight="semibold", pad=6,
                  fontsize=PETIT)
    teinte, encre = couleur_de_categorie(ligne.categorie), couleur("encre")
    if ligne.comparabilite != NON_COMPARABLE:
        tirets = "-" if ligne.comparabilite == COMPARABLE else (0, (3, 2))
        axe.plot([0, 1], [ligne.avant, ligne.apres], color=teinte, linewidth=1.6,
                 linestyle=tirets, clip_on=False, zorder=2)
    bouts = ((0, ligne.avant, ligne.cible_avant, ligne.bas_avant, ligne.haut_avant, "fond"),
             (1, ligne.apres, ligne.cible_apres, ligne.bas_apres, ligne.haut_apres, None))
    for x, valeur, cible, bas, haut, fond in bouts:
        axe.vlines(x, bas, haut, color=encre, linewidth=0.8, clip_on=False)
        axe.hlines(cible, x - 0.16, x + 0.16, color=encre, linewidth=2.6, clip_on=False)
        axe.plot(x, valeur, "o", color=teinte, markersize=6, clip_on=False, zorder=3,
                 mfc=couleur(fond) if fond else teinte)
        axe.annotate(pourcentage(valeur), (x, valeur), (10 * (2 * x - 1), 0), fontsize=PETIT,
                     textcoords="offset points", va="center", ha="left" if x else "right",
                     annotation_clip=False)


@avec_style
def pentes_des_territoires(
    df: pd.DataFrame, ancien: str, nouveau: str, dites: Sequence[str]
) -> Graphique:
    """Le résultat de chaque territoire commun dans deux éditions, une case par indicateur.

    Colonnes : code, nom, territoire (nom affiché), avant, apres (en %, NA hors du calcul).
    `dites` : les éditions du titre, avec ce que sont leurs lignes.
    """
    lignes = par_code(df)
    noms, indicateurs = list(df["territoire"].unique()), lignes[["code", "nom"]].drop_duplicates()
    bandes = [noms[i : i + TERRITOIRES] for i in range(0, len(noms), TERRITOIRES)]
    rangs = (len(indicateurs) + 1.4) * len(bandes)
    figure, axe = toile(0.29 * rangs + 0.5, gauche=NOM, droite=0, haut=0.02, bas=0.48)
    axe.set(xlim=(0, len(bandes[0])), ylim=(rangs, 0), xticks=[], yticks=[])
    axe.spines["bottom"].set_visible(False)
    for numero, bande in enumerate(bandes):
        haut = numero * (len(indicateurs) + 1.4) + 1.2
        _bande(axe, haut, lignes[lignes["territoire"].isin(bande)], bande)
    pied(figure, None, f"Dans chaque case, en % : édition {ancien}, pente, édition {nouveau}. "
         "Tiret : hors du calcul, ou non renseigné.")
    donnees = indicateurs.set_axis(["Code", "Indicateur"], axis=1)
    for nom in noms:
        siens = lignes[lignes["territoire"] == nom].set_index("code")
        donnees[nom] = [_puis(siens.loc[code]) for code in donnees["Code"]]
    lecture = [f"{code} : " + ", ".join(f"{n} {v}" for n, v in zip(noms, valeurs, strict=True))
               for code, _, *valeurs in donnees.itertuples(index=False, name=None)]
    titre = "Territoires présents dans les éditions {} et {}".format(*dites)
    return Graphique(figure, titre, enumerer(lecture), donnees)


def _bande(axe: Axes, haut: float, lignes: pd.DataFrame, noms: list[str]) -> None:
    """Une rangée de territoires : leurs noms, puis une ligne de cases par indicateur."""
    largeur = (LARGEUR - NOM) / axe.get_xlim()[1]
    for colonne, nom in enumerate(noms):
        axe.text(colonne + 0.5, haut - 0.15, couper(nom, largeur - 0.06, PETIT, "semibold"),
                 ha="center", va="bottom", fontsize=PETIT, weight="semibold")
    for rang, ((code, nom), groupe) in enumerate(lignes.groupby(["code", "nom"], sort=False)):
        y = haut + rang
        axe.axhline(y, xmin=-NOM / (LARGEUR - NOM), color=couleur("filet"), linewidth=0.6,
                    clip_on=False)
        ecrire(axe, 0, y + 0.5, code, fontsize=PETIT, color=couleur("encre_douce"))
        ecrire(axe, 0.28, y + 0.5, couper(nom, NOM - 0.35, PETIT), fontsize=PETIT,
               linespacing=0.95)
        for ligne in groupe.itertuples():
            _case(axe, noms.index(ligne.territoire), y, ligne)


def _case(axe: Axes, x: float, y: float, ligne: Any) -> None:
    """La valeur d'avant, la pente, la valeur d'après ; 0 en bas de la case, 100 en haut."""
    teinte = couleur("primaire")
    for place, valeur, cote in ((0.34, ligne.avant, "right"), (0.66, ligne.apres, "left")):
        texte = "–" if pd.isna(valeur) else str(arrondir(float(valeur)))
        decalage = -0.06 if cote == "right" else 0.06
        axe.text(x + place + decalage, y + 0.5, texte, ha=cote, va="center", fontsize=PETIT)
    hauteurs = [y + 0.84 - 0.68 * v / 100 for v in (ligne.avant, ligne.apres)]
    axe.plot([x + 0.34, x + 0.66], hauteurs, color=teinte, linewidth=1.4, clip_on=False)
    axe.plot(x + 0.34, hauteurs[0], "o", color=teinte, mfc=couleur("fond"), markersize=3)
    axe.plot(x + 0.66, hauteurs[1], "o", color=teinte, markersize=3)


def _puis(ligne: pd.Series) -> str:
    """« 43 %, puis 80 % »."""
    return ", puis ".join(pourcentage(ligne[c]) for c in ("avant", "apres"))
