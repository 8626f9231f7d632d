"""Le logigramme : ressources, actions, effets, finalités, et l'indicateur qui teste chaque lien."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Trace

from bilan.style import (
    CORPS,
    LARGEUR,
    PETIT,
    Graphique,
    ajouter_axe,
    avec_style,
    couleur,
    couper,
    enumerer,
    pied,
)

ECART = 0.55  # pouces entre deux colonnes : la place d'une flèche et d'une pastille
ETAGE, CASE = 0.84, 0.66  # pouces : pas vertical et hauteur d'une case
PASTILLE = (0.29, 0.19)


@avec_style
def logigramme(definition: dict) -> Graphique:
    """Dessine la définition lue dans `logigramme.yml` (clés `colonnes` et `liens`)."""
    colonnes, liens = definition["colonnes"], definition["liens"]
    etages = max(len(colonne["elements"]) for colonne in colonnes)
    hauteur = etages * ETAGE + 0.46
    figure = Figure(figsize=(LARGEUR, hauteur))
    axe = ajouter_axe(figure, 0, 0, LARGEUR, hauteur)
    axe.set(xlim=(0, LARGEUR), ylim=(0, hauteur))
    axe.set_axis_off()
    largeur = (LARGEUR - ECART * (len(colonnes) - 1)) / len(colonnes)
    places = _placer(colonnes, largeur, etages)
    for numero, colonne in enumerate(colonnes):
        _dessiner_colonne(axe, colonne, places, largeur, finale=numero == len(colonnes) - 1)
    for lien in liens:
        _dessiner_lien(axe, lien, places, largeur)
    note = "Pastille : indicateur qui met le lien à l’épreuve. Trait gris : non mesuré."
    pied(figure, None, note)
    titre = "Logigramme : des ressources aux finalités, et les indicateurs"
    return Graphique(figure, titre, _alternative(definition), _tableau(definition))


def _placer(colonnes: list, largeur: float, etages: int) -> dict[str, tuple[float, float]]:
    """Centre de chaque case, en pouces ; une colonne plus courte occupe la même hauteur."""
    places = {}
    for numero, colonne in enumerate(colonnes):
        pas = etages * ETAGE / len(colonne["elements"])
        for rang, element in enumerate(colonne["elements"]):
            x = numero * (largeur + ECART) + largeur / 2
            places[element["code"]] = (x, 0.18 + etages * ETAGE - (rang + 0.5) * pas)
    return places


def _dessiner_colonne(axe: Axes, colonne: dict, places: dict, largeur: float, finale: bool) -> None:
    """Le titre de la colonne et ses cases ; les finalités sont pleines."""
    fond, encre = ("primaire", "fond") if finale else ("primaire_clair", "encre")
    x = places[colonne["elements"][0]["code"]][0]
    haut = axe.get_ylim()[1] - 0.12
    titre = {"ha": "center", "va": "center", "weight": "semibold", "fontsize": 10}
    axe.text(x, haut, colonne["titre"], color=couleur("primaire"), **titre)
    for element in colonne["elements"]:
        x, y = places[element["code"]]
        forme = "round,pad=0,rounding_size=0.06"
        coin = (x - largeur / 2, y - CASE / 2)
        trait = {"edgecolor": couleur("primaire"), "facecolor": couleur(fond), "linewidth": 0.8}
        axe.add_patch(FancyBboxPatch(coin, largeur, CASE, boxstyle=forme, clip_on=False, **trait))
        texte = couper(element["libelle"], largeur - 0.12, CORPS - 0.2)
        style = {"ha": "center", "va": "center", "fontsize": CORPS - 0.2, "linespacing": 1.05}
        axe.text(x, y, texte, color=couleur(encre), **style)


def _dessiner_lien(axe: Axes, lien: dict, places: dict, largeur: float) -> None:
    """Une flèche en S dans l'intervalle entre deux colonnes, et ses pastilles au milieu."""
    (x0, y0), (x1, y1) = places[lien["de"]], places[lien["vers"]]
    x0, x1, milieu = x0 + largeur / 2, x1 - largeur / 2, (x0 + x1) / 2
    # Les liens qui montent ou descendent s'écartent de ceux qui vont droit.
    biais = 0.2 * (y1 - y0) / ETAGE
    y0, y1 = y0 + biais, y1 - biais
    sommets = [(x0, y0), (milieu, y0), (milieu, y1), (x1, y1)]
    teinte = couleur("encre" if lien["indicateurs"] else "gris")
    trait = {"color": teinte, "linewidth": 1.2 if lien["indicateurs"] else 0.9}
    courbe = Trace(sommets, [Trace.MOVETO, Trace.CURVE4, Trace.CURVE4, Trace.CURVE4])
    axe.add_patch(FancyArrowPatch(path=courbe, arrowstyle="-|>", mutation_scale=9, **trait))
    nombre = len(lien["indicateurs"])
    for rang, code in enumerate(lien["indicateurs"]):
        decalage = (rang - (nombre - 1) / 2) * (PASTILLE[1] + 0.03)
        _dessiner_pastille(axe, milieu - 0.03, (y0 + y1) / 2 - decalage, code)


def _dessiner_pastille(axe: Axes, x: float, y: float, code: str) -> None:
    largeur, hauteur = PASTILLE
    forme = f"round,pad=0,rounding_size={hauteur / 2}"
    fond = {"facecolor": couleur("accent"), "edgecolor": couleur("fond"), "zorder": 3}
    coin = (x - largeur / 2, y - hauteur / 2)
    axe.add_patch(FancyBboxPatch(coin, largeur, hauteur, boxstyle=forme, **fond))
    style = {"fontsize": PETIT, "weight": "semibold", "color": couleur("fond"), "zorder": 4}
    axe.text(x, y + 0.003, code, ha="center", va="center_baseline", **style)


def _libelles(definition: dict) -> dict[str, str]:
    return {e["code"]: e["libelle"] for c in definition["colonnes"] for e in c["elements"]}


def _alternative(definition: dict) -> str:
    """Les colonnes, leurs cases et les indicateurs ; les liens sont dans la version en texte."""
    parties = [
        f"{c['titre']} : {', '.join(e['libelle'] for e in c['elements'])}"
        for c in definition["colonnes"]
    ]
    return f"Schéma en {len(parties)} colonnes reliées par des flèches. {enumerer(parties)}"


def _tableau(definition: dict) -> pd.DataFrame:
    libelles = _libelles(definition)
    lignes = [
        (libelles[lien["de"]], libelles[lien["vers"]], ", ".join(lien["indicateurs"]) or "–")
        for lien in definition["liens"]
    ]
    return pd.DataFrame(lignes, columns=["De", "Vers", "Indicateurs"])


def logigramme_en_texte(definition: dict) -> str:
    """Le logigramme en Markdown : une liste par colonne, chaque case suivie de ses liens."""
    libelles = _libelles(definition)
    lignes: list[str] = []
    for colonne in definition["colonnes"]:
        lignes += [f"**{colonne['titre']}**", ""]
        for element in colonne["elements"]:
            lignes.append(f"- {element['libelle']}")
            for lien in definition["liens"]:
                if lien["de"] == element["code"]:
                    test = f" ({', '.join(lien['indicateurs'])})" if lien["indicateurs"] else ""
                    lignes.append(f"    - mène à : {libelles[lien['vers']]}{test}")
        lignes.append("")
    return "\n".join(lignes)
