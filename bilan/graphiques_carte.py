"""Les cartes : les territoires dans la région, et où est l'un d'eux. Lisibles sans couleur."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from scipy.spatial import KDTree

from bilan.geographie import Contour, Situation
from bilan.style import (
    CORPS,
    LARGEUR,
    PETIT,
    Graphique,
    ajouter_axe,
    avec_style,
    couleur,
    couper,
    eclaircir,
    enumerer,
    pied,
)

MARGE = 1.45  # pouces, de chaque côté de la carte : la place des noms
HAUTEUR_SITUATION = 0.8  # pouces
PAS_CARTE, PAS_SITUATION = 0.008, 0.03  # degrés : plus fin ne se verrait pas


@avec_style
def carte_des_territoires(
    departements: list[Contour], situations: list[Situation], region: str, source: str, *,
    nommes: bool = True,
) -> Graphique:
    """Les territoires lauréats dans la région, nommés de part et d'autre de la carte.

    `nommes` : faux s'ils sont trop nombreux pour l'être ; on les compte alors par département.
    """
    departements, situations = _a_l_echelle(departements, situations, PAS_CARTE)
    situees = [s for s in situations if s.contours]
    largeur = LARGEUR - 2 * MARGE
    hauteur = largeur / _format(departements)
    figure = Figure(figsize=(LARGEUR, hauteur + 0.5))
    axe = _fond(figure, departements, (MARGE, 0.45, largeur, hauteur))
    for situation in situees:
        _territoire(axe, situation.contours, plein=False)
    fils = _nommer_les_territoires(axe, situees) if nommes else []
    occupes = [a for s in situees for c in s.contours for a in c.anneaux]
    _nommer_les_departements(axe, departements, occupes + fils)
    absents = [s.nom for s in situations if not s.contours]
    lesquels = enumerer(absents if nommes else [f"{len(absents)} sur {len(situations)}"])
    note = f"Non situés, faute de limites renseignées : {lesquels} " if absents else ""
    note += f"Trait fin : limite d’intercommunalité. Contours généralisés : {source}."
    pied(figure, None, note)
    donnees = pd.DataFrame([_ligne(s, departements) for s in situations])
    if nommes:
        lecture = [f"{d['Territoire']} ({d['Département']}), {d['Dans la région']}"
                   for d in donnees.to_dict("records")]
    else:
        comptes = donnees["Département"].value_counts().sort_index()
        lecture = [f"{departement} : {nombre}" for departement, nombre in comptes.items()]
    alternative = f"Carte de la région {region} et de ses départements. {enumerer(lecture)}"
    return Graphique(figure, f"Les territoires lauréats dans la région {region}", alternative,
                     donnees)


@avec_style
def carte_de_situation(
    departements: list[Contour], situations: list[Situation], nom: str, region: str
) -> Graphique:
    """Où est un territoire : plein parmi les autres hachurés. Petite, sans titre."""
    departements, situations = _a_l_echelle(departements, situations, PAS_SITUATION)
    largeur = HAUTEUR_SITUATION * _format(departements)
    figure = Figure(figsize=(largeur, HAUTEUR_SITUATION), facecolor="none")
    axe = _fond(figure, departements, (0, 0, largeur, HAUTEUR_SITUATION), epaisseur=0.5)
    ici = next(s for s in situations if s.nom == nom)
    for situation in situations:
        if situation.contours and situation is not ici:
            _territoire(axe, situation.contours, plein=False, epaisseur=0.5)
    _territoire(axe, ici.contours, plein=True, epaisseur=0.8)
    alternative = f"Carte de situation : {nom} dans la région {region}, {_ou(ici, departements)}."
    return Graphique(figure, "", alternative, pd.DataFrame([_ligne(ici, departements)]))


def _fond(
    figure: Figure, departements: list[Contour], place: tuple, epaisseur: float = 0.9
) -> Axes:
    """L'axe à l'échelle de la région, et le trait de ses départements."""
    axe = ajouter_axe(figure, *place)
    axe.set_axis_off()
    (ouest, sud), (est, nord) = _bornes(departements)
    axe.set(xlim=(ouest, est), ylim=(sud, nord))
    for departement in departements:
        # Pas add_patch, qui mesure chaque courbe pour des bornes déjà fixées.
        axe.add_artist(PathPatch(_chemin([departement]), fc=couleur("fond"), ec=couleur("gris"),
                                 linewidth=epaisseur, joinstyle="round", clip_on=False))
    return axe


def _territoire(
    axe: Axes, contours: Iterable[Contour], plein: bool, epaisseur: float = 1.2
) -> None:
    """Un territoire : hachuré ou plein, cerné, ses limites intérieures en trait fin."""
    chemin, encre, teinte = _chemin(contours), couleur("encre"), couleur("primaire")
    fond = {"fc": teinte} if plein else {"fc": eclaircir(teinte, 0.75), "hatch": "/////"}
    # Le cerne est dessous, deux fois trop large : il n'en reste que le dehors.
    axe.add_artist(PathPatch(chemin, fc="none", ec=encre, linewidth=2 * epaisseur,
                             joinstyle="round", clip_on=False))
    axe.add_artist(PathPatch(chemin, ec=teinte, linewidth=0, **fond))
    trait = PathPatch(chemin, fc="none", ec=couleur("fond") if plein else teinte,
                      linewidth=epaisseur / 2)
    axe.add_artist(trait)
    trait.set_clip_path(chemin, axe.transData)


def _chemin(contours: Iterable[Contour]) -> Path:
    anneaux = [a for contour in contours for a in contour.anneaux]
    return Path.make_compound_path(*(Path(a, closed=True) for a in anneaux))


def _a_l_echelle(
    departements: list[Contour], situations: list[Situation], pas: float
) -> tuple[list[Contour], list[Situation]]:
    """Les mêmes, leurs points sur une grille de `pas` degrés."""
    return (list(_grossir(departements, pas)),
            [replace(s, contours=_grossir(s.contours, pas)) for s in situations])


def _grossir(contours: Iterable[Contour], pas: float) -> tuple[Contour, ...]:
    grossis = []
    for contour in contours:
        anneaux = (np.round(a / pas) * pas for a in contour.anneaux)
        nets = (a[np.r_[True, (np.diff(a, axis=0) != 0).any(axis=1)]] for a in anneaux)
        grossis.append(replace(contour, anneaux=tuple(a for a in nets if len(a) > 3)))
    return tuple(grossis)


def _bornes(contours: Iterable[Contour]) -> tuple[np.ndarray, np.ndarray]:
    points = np.vstack([a for contour in contours for a in contour.anneaux])
    return points.min(axis=0), points.max(axis=0)


def _format(departements: list[Contour]) -> float:
    """Largeur sur hauteur, un degré de longitude rapporté à la latitude moyenne."""
    (ouest, sud), (est, nord) = _bornes(departements)
    return (est - ouest) / (nord - sud) * np.cos(np.radians((sud + nord) / 2))


def _milieu(contours: Iterable[Contour]) -> np.ndarray:
    bas, haut = _bornes(contours)
    return (bas + haut) / 2


def _nommer_les_territoires(axe: Axes, situees: list[Situation]) -> list[np.ndarray]:
    """Les noms dans les marges, du nord au sud ; rend les fils qui les relient aux territoires."""
    par_longitude = sorted(situees, key=lambda s: _milieu(s.contours)[0])
    moitie = len(situees) // 2
    (ouest, est), (sud, nord) = axe.get_xlim(), axe.get_ylim()
    fils = []
    for cote, x, groupe in (("right", -0.03, par_longitude[:moitie]),
                            ("left", 1.03, par_longitude[moitie:])):
        hauteurs = _ecarter([(_milieu(s.contours)[1] - sud) / (nord - sud) for s in groupe])
        for situation, y in zip(groupe, hauteurs, strict=True):
            cible = _point_interieur(situation.contours)
            depart = np.array([ouest + x * (est - ouest), sud + y * (nord - sud)])
            fils.append(np.linspace(depart, cible, 30))
            axe.plot(*fils[-1].T, color=couleur("encre"), linewidth=0.7, clip_on=False)
            axe.plot(*cible, "o", markersize=3, color=couleur("encre"), zorder=5)
            nom = couper(situation.nom, MARGE - 0.15, graisse="semibold")
            porteur = couper(situation.laureat, MARGE - 0.15, PETIT)
            place = {"transform": axe.transAxes, "ha": cote}
            axe.text(x, y, nom, va="bottom", fontsize=CORPS, weight="semibold", **place)
            axe.text(x, y, porteur, va="top", fontsize=PETIT, color=couleur("encre_douce"), **place)
    return fils


def _ecarter(hauteurs: list[float], ecart: float = 0.2) -> list[float]:
    """Les mêmes hauteurs (de 0 à 1), deux voisines jamais plus proches que `ecart`."""
    ordre = np.argsort(hauteurs)[::-1]
    rangees = np.array(hauteurs)[ordre]
    ecart = min(ecart, 0.9 / max(len(rangees) - 1, 1))
    for i in range(1, len(rangees)):
        rangees[i] = min(rangees[i], rangees[i - 1] - ecart)
    for i in range(len(rangees) - 1, -1, -1):
        plancher = 0.05 if i == len(rangees) - 1 else rangees[i + 1] + ecart
        rangees[i] = max(rangees[i], plancher)
    places = np.empty_like(rangees)
    places[ordre] = rangees
    return list(places)


def _point_interieur(contours: Iterable[Contour], evites: Iterable[np.ndarray] = ()) -> np.ndarray:
    """Le point d'une grille, dans les contours, le plus loin de leurs bords et des `evites`."""
    bas, haut = _bornes(contours)
    grille = np.stack(np.meshgrid(*np.linspace(bas, haut, 40).T), axis=-1).reshape(-1, 2)
    dedans = np.zeros(len(grille), dtype=bool)
    for contour in contours:
        dedans |= _chemin([contour]).contains_points(grille)
    grille = grille[dedans]
    bords = np.vstack([*(a for c in contours for a in c.anneaux), *evites])
    # Un nom est plus large que haut : une gêne à côté compte plus qu'une gêne au-dessus.
    echelle = (0.45, 1) if evites else (0.64, 1)
    ecarts, _ = KDTree(bords * echelle).query(grille * echelle)
    return grille[ecarts.argmax()]


def _nommer_les_departements(
    axe: Axes, departements: list[Contour], occupes: list[np.ndarray]
) -> None:
    """Le nom de chaque département, là où il reste le plus de place."""
    for departement in departements:
        x, y = _point_interieur([departement], occupes)
        axe.text(x, y, departement.nom, ha="center",
                 va="center", fontsize=PETIT, style="italic", color=couleur("encre_douce"))


def _ligne(situation: Situation, departements: list[Contour]) -> dict[str, str]:
    """Une ligne des données : le territoire, où il est, de quoi il est fait."""
    return {
        "Territoire": situation.nom, "Lauréat": situation.laureat,
        "Département": situation.departements, "Dans la région": _ou(situation, departements),
        "Limites dessinées": situation.limites or "aucune",
        "Intercommunalités": " ; ".join(c.nom for c in situation.contours) or "non renseignées",
    }


def _ou(situation: Situation, departements: list[Contour]) -> str:
    """« au nord-ouest », « au centre », d'après le milieu de la région ; ou « non situé »."""
    if not situation.contours:
        return "non situé"
    bas, haut = _bornes(departements)
    est, nord = 2 * (_milieu(situation.contours) - (bas + haut) / 2) / (haut - bas)
    mots = [plus if ecart > 0 else moins
            for ecart, moins, plus in ((nord, "sud", "nord"), (est, "ouest", "est"))
            if abs(ecart) > 0.25]
    if not mots:
        return "au centre"
    return f"à l’{mots[0]}" if mots[0] in ("ouest", "est") else f"au {'-'.join(mots)}"
