"""Le graphique de l'audit : pour chaque pourcentage publié, les bases qui le donnent."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from bilan.auditer import Audit, Pourcentage
from bilan.nombres import quantite
from bilan.style import (
    PETIT,
    Graphique,
    avec_style,
    couleur,
    couper,
    ecrire,
    entetes,
    enumerer,
    lister,
    pied,
    toile,
)

GAUCHE, PUBLIE = 3.0, 2.86  # pouces : début de la grille, bord droit des pourcentages
NOTE = "Point plein : un compte entier donne le pourcentage. Cercle : il faut des demi-scores."


@avec_style
def graphique_bases(
    audit: Audit, nom: str, codes: Collection[str], reperes: Sequence[int], maximum: int = 20
) -> Graphique:
    """Une ligne par pourcentage, une colonne par base ; plein : compte entier, cercle : demis.

    Parameters
    ----------
    nom, codes : le groupe de pourcentages montré d'abord, pour lequel on essaie les `reperes`.
    """
    groupe = audit.parmi(codes)
    autres = audit.parmi(ligne.code for ligne in audit.lignes if ligne.code not in codes)
    rangs = len(audit.lignes) + 1 + bool(autres.lignes)
    figure, axe = toile(0.215 * rangs + 1.0, gauche=GAUCHE, droite=0.05, haut=0.44, bas=0.32)
    axe.set(xlim=(0.3, maximum + 0.7), ylim=(rangs - 0.4, -0.6))
    for repere in reperes:
        cadre = {"color": couleur("accent_clair"), "zorder": 0, "linewidth": 0}
        axe.fill_between([repere - 0.46, repere + 0.46], -0.5, len(groupe.lignes) + 0.5, **cadre)
    _dessiner(axe, groupe, nom, 0, maximum)
    if autres.lignes:
        _dessiner(axe, autres, "Autres pourcentages", len(groupe.lignes) + 1, maximum)
    _graduer(axe, reperes, maximum)
    entetes(axe, -0.85, {PUBLIE: "Publié"}, ha="right")
    pied(figure, None, NOTE)
    lignes = [_bases(ligne, maximum) for ligne in (*groupe.lignes, *autres.lignes)]
    alternative = f"Bases de 1 à {maximum} possibles. {enumerer([_lire(li) for li in lignes])}"
    return Graphique(figure, _titre(groupe, nom, reperes), alternative, pd.DataFrame(lignes))


def _dessiner(axe: Axes, audit: Audit, nom: str, debut: int, maximum: int) -> None:
    """Un groupe : son nom, puis ses pourcentages et leurs points."""
    ecrire(axe, 0, debut + 0.08, nom, weight="semibold", color=couleur("primaire"))
    for rang, ligne in enumerate(audit.lignes, start=debut + 1):
        axe.axhline(rang, color=couleur("filet"), linewidth=0.5, zorder=1)
        ecrire(axe, 0, rang, ligne.code, fontsize=PETIT, color=couleur("encre_douce"))
        nom, *suite = couper(ligne.libelle, PUBLIE - 0.85, PETIT).split("\n")
        ecrire(axe, 0.32, rang, nom + " …" * bool(suite), fontsize=PETIT)
        ecrire(axe, PUBLIE, rang, _publie(ligne), ha="right", weight="semibold")
    _pointer(axe, audit, debut, maximum)


def _publie(ligne: Pourcentage) -> str:
    return quantite(ligne.valeur, "%", ligne.decimales)


def _pointer(axe: Axes, audit: Audit, debut: int, maximum: int) -> None:
    """Les points d'un groupe, entiers puis demi-scores."""
    points = pd.DataFrame(
        [
            {"base": base, "rang": rang, "entier": base in ligne.bases["demi_haut"]}
            for rang, ligne in enumerate(audit.lignes, start=debut + 1)
            for base in ligne.bases_demi["demi_haut"]
            if base <= maximum
        ],
        columns=["base", "rang", "entier"],
    )
    teinte = couleur("primaire")
    commun = {"x": "base", "y": "rang", "ax": axe, "legend": False, "s": 30, "linewidth": 1.1}
    for entier, fond in ((True, teinte), (False, couleur("fond"))):
        choisis = points[points["entier"] == entier]
        sns.scatterplot(choisis, color=fond, edgecolor=teinte, zorder=3, **commun)


def _graduer(axe: Axes, reperes: Sequence[int], maximum: int) -> None:
    """Le numéro de chaque base, au-dessus de sa colonne."""
    axe.set(xlabel="", ylabel="", yticks=[], xticks=[])
    axe.spines["bottom"].set_visible(False)
    milieu = (maximum + 1) / 2
    style = {"ha": "center", "va": "baseline", "fontsize": PETIT}
    axe.text(milieu, -1.6, "Base (nombre d’unités comptées)", **style)
    for base in range(1, maximum + 1):
        graisse = "semibold" if base in reperes else "normal"
        teinte = couleur("accent" if base in reperes else "encre_douce")
        axe.text(base, -0.85, str(base), weight=graisse, color=teinte, **style)


def _bases(ligne: Pourcentage, maximum: int) -> dict[str, str]:
    """Une ligne des données du graphique."""
    entiers = [b for b in ligne.bases["demi_haut"] if b <= maximum]
    demis = [b for b in ligne.bases_demi["demi_haut"] if b <= maximum and b not in entiers]
    return {
        "Code": ligne.code,
        "Publié": _publie(ligne),
        "Comptes entiers": _suite(entiers),
        "Demi-scores": _suite(demis),
    }


def _suite(bases: list[int]) -> str:
    """« 5, 10, 15 », « 1 à 20 », « aucune »."""
    if len(bases) > 2 and bases == list(range(bases[0], bases[-1] + 1)):
        return f"{bases[0]} à {bases[-1]}"
    return ", ".join(map(str, bases)) or "aucune"


def _lire(ligne: dict[str, str]) -> str:
    demis = ligne["Demi-scores"]
    suite = "" if demis == "aucune" else f" (demi-scores : {demis})"
    return f"{ligne['Code']} {ligne['Publié']} : {ligne['Comptes entiers']}{suite}"


def _titre(groupe: Audit, nom: str, reperes: Sequence[int]) -> str:
    """Ce que montre l'image : combien de pourcentages du groupe chaque repère explique."""
    comptes = [
        f"la base {repere} en donne {len(groupe.palier(repere, demi=True).codes)}"
        for repere in reperes
    ]
    fin = f" ; demi-scores admis, {lister(comptes)}" if comptes else ""
    return f"{nom}, {len(groupe.lignes)} pourcentages{fin}"
