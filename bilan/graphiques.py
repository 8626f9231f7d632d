"""Les graphiques du bilan : un tableau entre, un `Graphique` sort, rien d'autre ne bouge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from bilan.comptes import SCORES
from bilan.graphiques_acteurs import (
    acteurs_par_famille,
    acteurs_par_territoire,
    freins_et_leviers,
    presences_par_session,
)
from bilan.logigramme import logigramme, logigramme_en_texte
from bilan.nombres import NON_RENSEIGNE, arrondir
from bilan.portee import ATTEINTE, INDETERMINEE, NON_ATTEINTE
from bilan.style import (
    CORPS,
    LARGEUR,
    PETIT,
    Graphique,
    ajouter_axe,
    avec_style,
    axe_de_pourcentages,
    couleur,
    couleur_de_categorie,
    couper,
    eclaircir,
    ecrire,
    entetes,
    enumerer,
    etendue,
    lister,
    nommer_les_colonnes,
    pied,
    pourcentage,
    reperer,
    reperer_par_un_rond,
    toile,
)

__all__ = [
    "Graphique",
    "acteurs_par_famille",
    "acteurs_par_territoire",
    "cibles_et_resultats",
    "freins_et_leviers",
    "logigramme",
    "logigramme_en_texte",
    "matrice_criteres",
    "nombres_de_territoires",
    "place_du_territoire",
    "presences_par_session",
    "repartition",
    "sans_donnees",
]

LECTURE_DES_CIBLES = (
    "Barre : résultat, en gras s’il atteint sa cible. Trait épais : cible. Trait fin : étendue du "
    "résultat sans chacun des territoires et sous les autres conventions déclarées. "
    "« Indéterminée » : l’un de ces essais passe de l’autre côté de la cible."
)
ROND = {"marker": "o", "color": "none", "mew": 0.8}
INDICATEUR = {"code": "Code", "nom": "Indicateur", "territoire": "Territoire"}


@avec_style
def sans_donnees(titre: str, nature: str | None = None) -> Graphique:
    """La place d'un graphique dont aucune donnée n'est renseignée : un trou qui se voit."""
    figure, axe = toile(0.6, gauche=0, droite=0, haut=0.1, bas=0.25)
    axe.set(xticks=[], yticks=[], ylim=(1, 0))
    axe.spines["bottom"].set_visible(False)
    ecrire(axe, 0, 0.5, NON_RENSEIGNE.capitalize(), style="italic")
    pied(figure, None)
    donnees = pd.DataFrame({"Donnée": [NON_RENSEIGNE]})
    return Graphique(figure, titre, f"{titre} : {NON_RENSEIGNE}.", donnees)


@avec_style
def cibles_et_resultats(
    df: pd.DataFrame, categorie: str | None = None, nature: str | None = None
) -> Graphique:
    """Résultat de chaque indicateur face à sa cible, pour une catégorie ou pour toutes.

    Colonnes : code, nom, categorie, nom_categorie, cible, resultat, bas, haut (en %), rapport,
    atteinte, verdict ; une ligne par indicateur. `sans_resultat` et `sans_etendue`, facultatives,
    disent ce qui se lit à leur place : « masqué ».
    """
    lignes = par_code(df if categorie is None else df[df["categorie"] == categorie])
    groupes = list(lignes.groupby("categorie", sort=False))
    avec_entetes = categorie is None
    rangs = len(lignes) + avec_entetes * len(groupes)
    figure, axe = toile(0.27 * rangs + 0.86, gauche=2.45, droite=2.3, haut=0.24, bas=0.62)
    rang = 0
    for code, groupe in groupes:
        teinte = couleur_de_categorie(code)
        if avec_entetes:
            nom = groupe["nom_categorie"].iloc[0]
            ecrire(axe, 0, rang + 0.08, nom, weight="semibold", color=teinte)
            rang += 1
        for ligne in groupe.itertuples():
            _barre_et_cible(axe, rang, ligne, teinte)
            rang += 1
    axe_de_pourcentages(axe)
    axe.set_ylim(rangs - 0.4, -0.6)
    entetes(axe, -0.75, {4.12: "Résultat", 4.98: "Cible", 5.42: "Verdict"})
    pied(figure, nature, LECTURE_DES_CIBLES)
    donnees = lignes[["code", "nom"]].rename(columns=INDICATEUR)
    donnees["Cible"] = ["aucune" if pd.isna(c) else pourcentage(c) for c in lignes["cible"]]
    donnees["Résultat"] = textes(lignes)
    donnees["Étendue"] = [_etendue_des_epreuves(ligne) for ligne in lignes.itertuples()]
    donnees["Verdict"] = list(lignes["verdict"])
    lecture = [
        f"{d.Code} {d.Résultat}, {d.Cible}, {d.Étendue}, {d.Verdict}" for d in donnees.itertuples()
    ]
    alternative = f"Résultat, cible, étendue, verdict : {enumerer(lecture)}"
    return Graphique(figure, _titre_des_cibles(lignes, categorie), alternative, donnees)


def _barre_et_cible(axe: Axes, rang: int, ligne: Any, teinte: str) -> None:
    """Une ligne du graphique : nom, barre, étendue, trait de cible, valeurs en colonnes."""
    encre = couleur("encre")
    ecrire(axe, 0, rang, ligne.code, color=couleur("encre_douce"))
    ecrire(axe, 0.32, rang, ligne.nom)
    if pd.isna(ligne.resultat):
        ecrire(axe, 2.52, rang, _texte(ligne), fontsize=PETIT, style="italic")
    else:
        axe.barh(rang, ligne.resultat, 0.56, color=eclaircir(teinte, 0.6), edgecolor=teinte)
        axe.plot([ligne.bas, ligne.haut], [rang, rang], "|-", color=encre, linewidth=1,
                 markersize=5, clip_on=False)
        graisse = "semibold" if ligne.atteinte else "normal"
        ecrire(axe, 4.12, rang, pourcentage(ligne.resultat, ligne.rapport), weight=graisse)
    if pd.isna(ligne.cible):
        ecrire(axe, 4.98, rang, "aucune")
        return
    ecrire(axe, 4.98, rang, pourcentage(ligne.cible))
    trait = {"color": encre, "linewidth": 2.6, "clip_on": False}
    axe.vlines(ligne.cible, rang - 0.42, rang + 0.42, **trait)
    if ligne.verdict:
        _marquer_le_verdict(axe, rang, ligne.verdict)


def _marquer_le_verdict(axe: Axes, rang: int, verdict: str) -> None:
    """Un rond plein, vide ou à moitié plein, puis le mot."""
    rempli = {ATTEINTE: "full", NON_ATTEINTE: "none", INDETERMINEE: "left"}[verdict]
    reperer_par_un_rond(axe, 5.46, rang, verdict, rempli, gras=verdict == ATTEINTE, corps=CORPS)


def _etendue_des_epreuves(ligne: Any) -> str:
    """« de 71 % à 79 % »."""
    if pd.isna(ligne.bas):
        return getattr(ligne, "sans_etendue", NON_RENSEIGNE)
    return etendue(pourcentage(ligne.bas), pourcentage(ligne.haut))


def _titre_des_cibles(lignes: pd.DataFrame, categorie: str | None) -> str:
    """Les cibles atteintes, puis celles qui le restent à toutes les épreuves."""
    atteintes = list(lignes.loc[lignes["atteinte"], "code"])
    fermes = list(lignes.loc[lignes["verdict"] == ATTEINTE, "code"])
    ou = f" ({lignes['nom_categorie'].iloc[0].lower()})" if categorie else ""
    if not atteintes:
        return f"Cibles et résultats{ou} : aucune cible atteinte"
    reste = "" if fermes == atteintes else (
        f" ; à toutes les épreuves : {lister(fermes) or 'aucune'}"
    )
    return f"Cibles et résultats{ou} : cible atteinte pour {lister(atteintes)}{reste}"


@avec_style
def repartition(df: pd.DataFrame, nature: str | None = None) -> Graphique:
    """Résultat de chaque territoire, un cadre par indicateur, mêmes lignes partout.

    Colonnes : code, nom, territoire, resultat (en %), rapport, base (faux : l'indicateur ne compte
    pas ce territoire) ; `sans_resultat`, facultative : ce qui se lit à la place d'un résultat
    absent.
    """
    lignes = par_code(df)
    territoires, codes = list(df["territoire"].unique()), list(lignes["code"].unique())
    colonnes = 2 if len(codes) == 4 else min(len(codes), 3)
    etages = -(-len(codes) // colonnes)
    deux_lignes = any("\n" in couper(territoire, 1.3) for territoire in territoires)
    pas, cadre = (LARGEUR - 1.4) / colonnes, (0.29 if deux_lignes else 0.2) * len(territoires)
    figure, etage_plein = Figure(figsize=(LARGEUR, etages * (cadre + 0.7) + 0.25)), cadre + 0.7
    for numero, (_, groupe) in enumerate(lignes.groupby("code", sort=False)):
        etage, colonne = divmod(numero, colonnes)
        bas = 0.45 + (etages - 1 - etage) * etage_plein
        axe = ajouter_axe(figure, 1.4 + colonne * pas, bas, pas - 1.0, cadre)
        _points(axe, groupe, territoires, pas, noms=colonne == 0)
    pied(figure, nature)
    donnees = lignes[list(INDICATEUR)].rename(columns=INDICATEUR)
    donnees["Résultat"] = textes(lignes)
    donnees["Dans la base"] = np.where(lignes["base"], "oui", "non")
    lecture = [
        f"{code} : " + ", ".join(f"{d.Territoire} {d.Résultat}" for d in groupe.itertuples())
        for code, groupe in donnees.groupby("Code", sort=False)
    ]
    titre = f"Résultat de chaque territoire pour {lister(codes)}"
    return Graphique(figure, titre, enumerer(lecture), donnees)


def _points(axe: Axes, groupe: pd.DataFrame, territoires: list, pas: float, noms: bool) -> None:
    """Le cadre d'un indicateur : un point par territoire, sa valeur à droite."""
    axe_de_pourcentages(axe)
    axe.set_ylim(len(territoires) - 0.5, -0.5)
    premier = groupe.iloc[0]
    titre = couper(f"{premier['code']} {premier['nom']}", pas - 0.15, graisse="semibold")
    axe.set_title(titre, loc="left", weight="semibold", pad=5)
    teinte = couleur("primaire")
    for ligne in groupe.itertuples():
        rang = territoires.index(ligne.territoire)
        if noms:
            ecrire(axe, 0, rang, couper(ligne.territoire, 1.3))
        axe.axhline(rang, color=couleur("filet"), linewidth=0.6, zorder=0)
        axe.plot(ligne.resultat, rang, "o", markersize=7, color=teinte, clip_on=False)
        valeur = _texte(ligne)
        repere = {"xycoords": axe.get_yaxis_transform(), "textcoords": "offset points"}
        axe.annotate(valeur, (1, rang), (9, 0), va="center", fontsize=PETIT, **repere)


@avec_style
def matrice_criteres(df: pd.DataFrame, nature: str | None = None) -> Graphique:
    """Territoires × critères de réseau : 0, ½ ou 1 ; territoires hors base sous un filet.

    Colonnes : territoire, critere (libellé), score, base.
    """
    bases = df.groupby("territoire", sort=False)["base"].first()
    bases = bases.sort_values(ascending=False, kind="stable")
    grille = df.pivot(index="territoire", columns="critere", values="score")
    grille = grille.loc[bases.index, df["critere"].unique()].astype(float)
    signes = grille.map(lambda score: SCORES.get(score, "–"))
    figure, axe = toile(0.34 * len(grille) + 0.7, gauche=1.6, droite=0, haut=0.4, bas=0.3)
    teintes = ListedColormap([eclaircir(couleur("primaire"), part) for part in (0.92, 0.6, 0)])
    cadre = {"linewidths": 1.5, "cbar": False, "annot_kws": {"size": 10, "weight": "semibold"}}
    axe.set_facecolor(couleur("papier"))
    sns.heatmap(grille, annot=signes, fmt="", cmap=teintes, vmin=0, vmax=1, ax=axe, **cadre)
    largeur = (LARGEUR - 1.6) / grille.shape[1] - 0.08
    nommer_les_colonnes(axe, [couper(c, largeur, PETIT) for c in grille])
    for rang, (territoire, base) in enumerate(bases.items()):
        nom = territoire if base else f"{territoire} (hors base)"
        ecrire(axe, 0, rang + 0.5, couper(nom, 1.5))
    for rang, colonne in zip(*np.nonzero(grille.isna().to_numpy()), strict=True):
        axe.text(colonne + 0.5, rang + 0.5, "–", ha="center", va="center", fontsize=10)
    if 0 < bases.sum() < len(bases):
        axe.axhline(bases.sum(), xmin=-1.6 / (LARGEUR - 1.6), color=couleur("encre"), clip_on=False)
    pied(figure, nature, "1 : critère rempli ; ½ : en partie ; 0 : non ; – : non renseigné.")
    lecture = [f"{nom} : {', '.join(ligne)}" for nom, *ligne in signes.itertuples(name=None)]
    titre = "Critères de réseau remplis, en partie ou non, par territoire"
    alternative = f"Dans l’ordre {lister(list(grille))}. {enumerer(lecture)}"
    return Graphique(figure, titre, alternative, signes.reset_index(names="Territoire"))


@avec_style
def nombres_de_territoires(
    df: pd.DataFrame, titre: str, sujet: str, nature: str | None = None
) -> Graphique:
    """Combien de territoires sont dans chaque cas ; pour une édition qui en a trop pour les nommer.

    Une ligne par `sujet` (l'index), une colonne par cas, des nombres de territoires.
    """
    figure, axe = toile(0.3 * len(df) + 0.75, gauche=2.3, droite=0, haut=0.35, bas=0.4)
    # Assez claires pour que l'encre s'y lise partout.
    bornes = [eclaircir(couleur("primaire"), part) for part in (0.95, 0.45)]
    sns.heatmap(df, annot=True, fmt="d", cmap=LinearSegmentedColormap.from_list("nombres", bornes),
                ax=axe, cbar=False, linewidths=1.5,
                annot_kws={"size": CORPS, "color": couleur("encre")})
    nommer_les_colonnes(axe, list(df))
    for rang, nom in enumerate(df.index):
        ecrire(axe, 0, rang + 0.5, couper(str(nom), 2.2))
    pied(figure, nature, "Nombre de territoires dans chaque cas.")
    lecture = [f"{nom} : " + ", ".join(f"{cas} {n}" for cas, n in ligne.items())
               for nom, ligne in df.iterrows()]
    return Graphique(figure, titre, enumerer(lecture), df.rename_axis(sujet).reset_index())


@avec_style
def place_du_territoire(
    df: pd.DataFrame, territoire: str, nature: str | None = None
) -> Graphique:
    """La place d'un territoire parmi les autres, une bande de points par indicateur.

    Colonnes : code, nom, resultat (en %), rapport, base, sans_resultat (ce qui se lit à la place
    d'un résultat absent), autres (combien d'autres territoires à chaque résultat arrondi), etendue
    (celle des autres, telle qu'on la lit) ; une ligne par indicateur.
    """
    lignes = par_code(df)
    figure, axe = toile(0.155 * len(lignes) + 0.78, gauche=2.45, droite=1.65, haut=0.23, bas=0.55)
    axe_de_pourcentages(axe)
    axe.set_ylim(len(lignes) - 0.5, -0.5)
    celui_ci = {"marker": "D", "markersize": 5, "color": couleur("accent"), "zorder": 4}
    reperer(axe, 0.05, -1.05, "un autre territoire", markersize=3.6, **ROND, mec=couleur("gris"))
    reperer(axe, 4.89, -1.05, couper(territoire, 1.3), **celui_ci)
    for rang, ligne in enumerate(lignes.itertuples()):
        if rang % 2:
            axe.axhspan(rang - 0.5, rang + 0.5, color=couleur("papier"), zorder=0)
        ecrire(axe, 0, rang, ligne.code, fontsize=PETIT, color=couleur("encre_douce"))
        ecrire(axe, 0.3, rang, ligne.nom, fontsize=PETIT)
        connu = pd.notna(ligne.resultat)
        _ronds(axe, rang, ligne.autres, arrondir(ligne.resultat) if connu else None)
        if connu:
            axe.plot([ligne.resultat], [rang], clip_on=False, **celui_ci)
        ecrire(axe, 4.82, rang, _texte(ligne), fontsize=PETIT,
               weight="semibold" if connu else "normal")
    pied(figure, nature, "Dans un rond, un nombre : autant d’autres territoires au même résultat. "
         "Rond autour du losange : un autre territoire, ou le nombre écrit à côté.")
    donnees = lignes[["code", "nom"]].rename(columns=INDICATEUR).reset_index(drop=True)
    donnees[territoire] = textes(lignes)
    donnees["Autres territoires"] = list(lignes["etendue"])
    lecture = [f"{code} {ici} (autres : {autres})" for code, _, ici, autres in donnees.to_numpy()]
    titre = f"{territoire} parmi les territoires de l’édition, indicateur par indicateur"
    return Graphique(figure, titre, enumerer(lecture), donnees)


def _ronds(axe: Axes, rang: int, autres: dict[float, int], ici: float | None) -> None:
    """Un rond par résultat des autres ; un nombre s'ils sont plusieurs à l'avoir."""
    gris = couleur("gris")
    for x, nombre in autres.items():
        cerne, seul = x == ici, nombre == 1
        taille = 9.5 if cerne else 3.6 if seul else 8.5
        axe.plot([x], [rang], markersize=taille, clip_on=False, **ROND, mec=gris,
                 mfc="none" if seul or cerne else couleur("fond"), zorder=3)
        if seul:
            continue
        # À côté du losange, le nombre reste dans le cadre.
        cote = (-1 if x > 50 else 1) * cerne
        axe.annotate(str(nombre), (x, rang), (7 * cote, 0), textcoords="offset points", zorder=5,
                     va="center_baseline", ha={-1: "right", 0: "center", 1: "left"}[cote],
                     fontsize=PETIT - 1.2, annotation_clip=False)


def sans_valeur(absences: Iterable[str]) -> str:
    """Ce qui se lit quand aucun des autres n'a de valeur : la raison, si c'est la même."""
    raisons = set(absences) - {NON_RENSEIGNE}
    return raisons.pop() if len(raisons) == 1 else "sans valeur"


def par_code(df: pd.DataFrame) -> pd.DataFrame:
    """Dans l'ordre I1, I2, … I13."""
    return df.sort_values(
        "code", key=lambda codes: codes.str[0] + codes.str[1:].str.zfill(3), kind="stable"
    )


def textes(lignes: pd.DataFrame) -> list[str]:
    """Les résultats tels qu'on les lit : « 74 % (71/96) », « hors base »."""
    return [_texte(ligne) for ligne in lignes.itertuples()]


def _texte(ligne: Any) -> str:
    """Un territoire hors base sans résultat n'est pas un trou dans les données."""
    if pd.isna(ligne.resultat) and not getattr(ligne, "base", True):
        return "hors base"
    return pourcentage(
        ligne.resultat, ligne.rapport, getattr(ligne, "sans_resultat", NON_RENSEIGNE))
