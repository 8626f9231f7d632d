"""Style commun des graphiques : jetons, police, mise en page en pouces, écriture des nombres."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Transform, blended_transform_factory

from bilan import charte, polices
from bilan.erreurs import ErreurBilan
from bilan.markdown import apostrophes, echapper_sauf_chiffres
from bilan.nombres import INSECABLE, NON_RENSEIGNE, quantite
from bilan.projet import Edition
from bilan.registre import FABRIQUEES, NATURES, Chiffre, mention

# Les jetons qui servent : ceux du rapport, jusqu'à ce qu'une édition soit adoptée.
try:
    _jetons = charte.lire_base(Path(__file__).parent.parent)
except ErreurBilan as erreur:  # lu dès l'import : aucune commande n'est là pour le dire
    raise SystemExit(str(erreur)) from None
# Pouces : celle du texte d'une page A4, pour que les corps soient ceux du papier.
LARGEUR = round((210 - 2 * _jetons.grille.marge) / 25.4, 1)
CORPS = float(_jetons.corps.graphique)  # points
PETIT = round(CORPS * _jetons.echelle["petit"], 1)
# Un signe qu'aucune police n'a se dessine en case vide ; le tableau sous le graphique le dit. Sans
# cela, l'avertissement irait dans le carnet publié.
warnings.filterwarnings("ignore", message=r"Glyph \d+ .*missing from font")
# Au-delà, on ne nomme plus chaque territoire : on dit combien ils sont.
TERRITOIRES_NOMMES = 40
MENTION = "Lignes {}s : voir l’annexe Données."


@dataclass(frozen=True, eq=False)
class Graphique:
    """Une figure et tout ce qui permet de la lire sans la voir.

    Une cellule de `donnees` peut être un chiffre du registre, ou en porter (`chiffres`). Le titre
    nomme ses chiffres, comme la prose (`markdown.reference`).
    """

    figure: Figure
    titre: str
    alternative: str
    donnees: pd.DataFrame
    nature: str | None = None

    @property
    def legende(self) -> str:
        """Le titre en Markdown, suivi de ce que sont les lignes."""
        return echapper_sauf_chiffres(self.titre + mention(self.nature))

    @property
    def chiffres(self) -> list[Chiffre]:
        """Les chiffres du registre que le dessin montre."""
        cellules = [c for nom in self.donnees for c in self.donnees[nom]]
        seuls = [[c] if isinstance(c, Chiffre) else getattr(c, "chiffres", ()) for c in cellules]
        return [chiffre for groupe in seuls for chiffre in groupe]

    def avec_chiffres(self, colonnes: dict[str, list], titre: str | None = None) -> Graphique:
        """Le même, dont ces colonnes de données, et ce titre, sont liés au registre."""
        return replace(
            self, donnees=self.donnees.assign(**colonnes), titre=titre or self.titre
        )

    def svg(self) -> str:
        """Le dessin en SVG, identique d'une exécution à l'autre."""
        sortie = io.StringIO()
        for texte in self.figure.findobj(Text):
            texte.set_text(apostrophes(texte.get_text()))
        with matplotlib.rc_context(reglages()):
            self.figure.savefig(
                sortie,
                format="svg",
                bbox_inches="tight",
                pad_inches=0.03,
                metadata={"Date": None, "Creator": None},
            )
        return _alleger(sortie.getvalue())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        contenu = {"image/svg+xml": self.svg(), "text/plain": self.alternative}
        return contenu, {
            "bilan": {
                "legende": self.legende,
                "alternative": self.alternative,
                "chiffres": [c.en_dict() for c in self.chiffres],
            }
        }


def _alleger(svg: str) -> str:
    """Le SVG sans ce qui l'alourdit sans rien dessiner : commentaires, retraits, noms de police."""
    police = _jetons.polices.texte.replace(" ", "")
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL).replace(f"{police}-", "")
    svg = re.sub(r"(translate\(\d+\.\d\d)\d+ 0\)", r"\1 0)", svg)
    svg = re.sub(r"([ML] -?\d+\.\d\d)\d* (-?\d+\.\d\d)\d*", r"\1 \2", svg)
    return re.sub(r"\n\s*", "\n", svg)


def adopter(edition: Edition) -> None:
    """Dessine désormais avec la charte de cette édition, et ses polices."""
    global _jetons
    _jetons = charte.lire(edition)
    polices.charger(charte.fichiers_de_police(edition))


def jetons() -> charte.Jetons:
    """Les jetons avec lesquels on dessine."""
    return _jetons


def couleur(jeton: str) -> str:
    """La couleur d'un jeton."""
    return _jetons.couleurs[jeton]


def eclaircir(teinte: str, part: float) -> str:
    """La teinte mêlée de blanc ; `part` = 1 donne du blanc."""
    return to_hex([canal + (1 - canal) * part for canal in to_rgb(teinte)])


def couleur_de_categorie(code: str) -> str:
    """La couleur d'une catégorie ; celle de l'encre si les jetons ne lui en donnent pas."""
    return couleur(_jetons.categories.get(code, "encre"))


def reglages() -> dict[str, Any]:
    """Le style seaborn du bilan."""
    polices.charger_celles_des_paquets()
    encre, filet = couleur("encre"), couleur("filet")
    return {
        **sns.axes_style("white"),
        **sns.plotting_context("paper"),
        # Un signe que la police du bilan n'a pas prend celle de repli ; « $ » est un signe.
        "font.family": [_jetons.polices.texte, "DejaVu Sans"],
        "text.parse_math": False,
        "font.size": CORPS,
        "axes.titlesize": CORPS,
        "axes.labelsize": PETIT,
        "xtick.labelsize": PETIT,
        "ytick.labelsize": CORPS,
        "text.color": encre,
        "axes.labelcolor": encre,
        "xtick.color": couleur("encre_douce"),
        "ytick.color": encre,
        "axes.edgecolor": filet,
        "grid.color": filet,
        "hatch.linewidth": 0.7,
        "axes.spines.left": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.hashsalt": "bilan",
        "svg.fonttype": "path",
    }


def avec_style(fonction: Callable[..., Graphique]) -> Callable[..., Graphique]:
    """Dessine sous le style du bilan, et retient la nature des lignes pour la légende."""

    @wraps(fonction)
    def dessiner(*arguments: Any, **options: Any) -> Graphique:
        with matplotlib.rc_context(reglages()):
            graphique = fonction(*arguments, **options)
        return replace(graphique, nature=options.get("nature"))

    return dessiner


def toile(
    hauteur: float, gauche: float, droite: float, haut: float = 0.3, bas: float = 0.46
) -> tuple[Figure, Axes]:
    """Une figure à la largeur du texte et un axe ; marges en pouces."""
    figure = Figure(figsize=(LARGEUR, hauteur))
    return figure, ajouter_axe(figure, gauche, bas, LARGEUR - gauche - droite, hauteur - haut - bas)


def ajouter_axe(figure: Figure, x: float, y: float, largeur: float, hauteur: float) -> Axes:
    """Un axe placé en pouces depuis le coin bas gauche."""
    total_x, total_y = figure.get_size_inches()
    axe = figure.add_axes([x / total_x, y / total_y, largeur / total_x, hauteur / total_y])
    axe.tick_params(length=0)
    return axe


def ecrire(axe: Axes, x: float, y: float, texte: str, **options: Any) -> None:
    """Écrit à `x` pouces du bord gauche de la figure, à la hauteur `y` des données."""
    options = {"va": "center", "fontsize": CORPS, "clip_on": False} | options
    axe.text(x / LARGEUR, y, texte, transform=_repere(axe), **options)


def entetes(axe: Axes, y: float, colonnes: dict[float, str], **options: Any) -> None:
    """Les titres des colonnes de texte, à leur place en pouces."""
    for x, titre in colonnes.items():
        ecrire(axe, x, y, titre, fontsize=PETIT, va="baseline", **options)


def reperer(
    axe: Axes, x: float, y: float, texte: str, corps: float = PETIT, gras: bool = False,
    **marque: Any,
) -> None:
    """Dit ce que vaut une marque, là où on la lit : la marque puis son nom."""
    axe.plot([x / LARGEUR], [y], transform=_repere(axe), clip_on=False, **marque)
    ecrire(axe, x + 0.09, y, texte, fontsize=corps, weight="semibold" if gras else "normal")


def reperer_par_un_rond(
    axe: Axes, x: float, y: float, texte: str, rempli: str, gras: bool, corps: float = PETIT
) -> None:
    """Un rond plein (« full »), à moitié (« left ») ou vide (« none »), puis son nom."""
    encre = couleur("encre")
    reperer(axe, x, y, texte, corps, gras, marker="o", markersize=6.5, color=encre, mec=encre,
            fillstyle=rempli, markerfacecoloralt=couleur("fond"))


def nommer_les_colonnes(axe: Axes, noms: list[str], rotation: float = 0) -> None:
    """Les noms des colonnes d'une grille, au-dessus d'elle ; rien sur ses autres côtés."""
    axe.xaxis.tick_top()
    axe.set_xticks(axe.get_xticks(), noms, rotation=rotation)
    axe.set(xlabel="", ylabel="", yticks=[])
    axe.tick_params(length=0, pad=2, labelcolor=couleur("encre"))


def _repere(axe: Axes) -> Transform:
    """Largeur de la figure en x (des pouces absolus bougeraient au rognage), données en y."""
    return blended_transform_factory(axe.figure.transFigure, axe.transData)


def pied(figure: Figure, nature: str | None, note: str = "") -> None:
    """Un filet, la note de lecture et, s'il le faut, que les lignes ne sont pas observées.

    Le filet garde à tous les graphiques la même largeur une fois rognés.
    """
    hauteur = figure.get_size_inches()[1]
    suite = MENTION.format(NATURES[nature]) if nature in FABRIQUEES else ""
    style = {"fontsize": PETIT, "style": "italic", "color": couleur("encre_douce")}
    texte = couper(f"{note} {suite}".strip(), LARGEUR, PETIT)
    filet = 0.2 + 0.15 * texte.count("\n")
    figure.text(0, 0.03 / hauteur, texte, **style)
    figure.add_artist(Line2D([0, 1], [filet / hauteur] * 2, color=couleur("filet"), linewidth=0.6))


def axe_de_pourcentages(axe: Axes) -> None:
    """L'échelle 0 à 100 %, avec un filet léger."""
    axe.set_xlim(0, 100)
    axe.set_xticks([0, 50, 100], ["0", "50", "100\N{NO-BREAK SPACE}%"])
    axe.set_yticks([])
    axe.grid(axis="x", linewidth=0.6)
    axe.set_axisbelow(True)


def couper(texte: str, largeur: float, corps: float = CORPS, graisse: str = "normal") -> str:
    """Va à la ligne entre deux mots pour tenir dans `largeur` pouces ; garde les insécables."""
    lignes: list[str] = []
    for mot in filter(None, texte.split(" ")):
        essai = f"{lignes[-1]} {mot}" if lignes else mot
        if lignes and mesurer(essai, corps, graisse) <= largeur:
            lignes[-1] = essai
        else:
            lignes.append(mot)
    return "\n".join(lignes)


def mesurer(texte: str, corps: float = CORPS, graisse: str = "normal") -> float:
    """La largeur d'une ligne, en pouces."""
    police = FontProperties(family=_jetons.polices.texte, weight=graisse, size=corps)
    return text_to_path.get_text_width_height_descent(texte, police, ismath=False)[0] / 72


def pourcentage(valeur: float, rapport: Any = None, absent: str = NON_RENSEIGNE) -> str:
    """« 74 % (71/96) », ou `absent` s'il n'y a pas de valeur."""
    if pd.isna(valeur):
        return absent
    texte = quantite(float(valeur), "%", 0)
    if rapport is None or pd.isna(rapport) or not str(rapport):
        return texte
    return f"{texte}{INSECABLE}({rapport})"


def etendue(bas: str, haut: str) -> str:
    """« de 71 % à 79 % », ou la valeur seule si les deux se lisent pareil."""
    return bas if bas == haut else f"de {bas} à {haut}"


def lister(elements: list[str]) -> str:
    """« I3, I7 et I11 »."""
    if len(elements) < 2:
        return "".join(elements)
    return f"{', '.join(elements[:-1])} et {elements[-1]}"


def nommer(territoires: list[str]) -> str:
    """Leurs noms, ou combien ils sont quand les nommer un par un ne se lirait plus."""
    nombreux = len(territoires) > TERRITOIRES_NOMMES
    return f"{len(territoires)} territoires" if nombreux else lister(territoires)


def enumerer(elements: list[str]) -> str:
    """« I1 74 % ; I2 79 %. »."""
    return f"{' ; '.join(elements)}."
