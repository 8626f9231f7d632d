"""Du texte et des chiffres au Markdown : le seul endroit où une donnée devient du balisage.

Ce qui vient des données passe par `echapper` : il s'affiche tel que tapé, en HTML comme en PDF.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from bilan.registre import Chiffre

PONCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
BLANCS = re.compile(r"\s+")
# Hors imprimable (contrôles, sens d'écriture) : rien de tout cela n'a sa place dans un rapport.
CONTROLES = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def echapper(texte: object) -> str:
    """Le texte, rendu inerte : toute ponctuation ASCII est protégée, tout blanc est un espace."""
    if texte is None or texte is pd.NA:
        return ""
    lisible = CONTROLES.sub("", re.sub(r"[\t\n\r]", " ", str(texte)))
    # L'insécable survit : c'est de la typographie, pas un blanc de saisie.
    lisible = BLANCS.sub(lambda m: m[0] if m[0] in "\u00a0\u202f" else " ", lisible).strip(" ")
    return PONCTUATION.sub(r"\\\1", lisible)


def span_chiffre(chiffre: Chiffre, *, seul: bool = False, ancre: bool = False) -> str:
    """Un chiffre lié au registre, lisible aussi dans JupyterLab.

    `ancre` fait de cet endroit celui où mènent toutes les autres mentions du chiffre.
    """
    texte = chiffre.texte
    if chiffre.unite == "%" and chiffre.rapport and not seul:
        texte += f" ({chiffre.rapport})"
    classes = "chiffre seul" if seul else "chiffre"
    code = html.escape(chiffre.code, quote=True)
    identifiant = f' id="chiffre-{code.replace(".", "-")}"' if ancre else ""
    return f'<span{identifiant} class="{classes}" data-code="{code}">{echapper(texte)}</span>'


@dataclass(frozen=True)
class Sortie:
    """Ce qu'une cellule affiche : du Markdown, et les chiffres du registre qu'il porte."""

    markdown: str
    chiffres: Sequence[Chiffre] = ()

    def _repr_mimebundle_(self, include=None, exclude=None):
        donnees = {"text/markdown": self.markdown, "text/plain": self.markdown}
        return donnees, {"bilan": {"chiffres": [c.en_dict() for c in self.chiffres]}}


@dataclass(frozen=True)
class Colonne:
    """Une colonne de tableau : titre, alignement (gauche, droite, centre), largeur relative."""

    titre: str
    alignement: str = "gauche"
    largeur: int = 10


@dataclass(frozen=True)
class Tableau:
    """Un tableau en Markdown. Les cellules sont déjà du Markdown (donc déjà échappées)."""

    colonnes: Sequence[Colonne]
    lignes: Sequence[Sequence[str]]
    legende: str
    identifiant: str
    chiffres: Sequence[Chiffre] = field(default=())

    def markdown(self) -> str:
        tirets = {
            "gauche": lambda n: "-" * n,
            "droite": lambda n: "-" * (n - 1) + ":",
            "centre": lambda n: ":" + "-" * (n - 2) + ":",
        }
        lignes = [
            _ligne(c.titre for c in self.colonnes),
            "|" + "|".join(tirets[c.alignement](max(3, c.largeur)) for c in self.colonnes) + "|",
            *(_ligne(ligne) for ligne in self.lignes),
        ]
        suite = f" {{#{self.identifiant}}}" if self.identifiant else ""
        legende = f"\n\n: {self.legende}{suite}" if self.legende else ""
        return "\n".join(lignes) + legende + "\n"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return Sortie(self.markdown(), self.chiffres)._repr_mimebundle_()


def _ligne(cellules: Iterable[str]) -> str:
    return "| " + " | ".join(c.replace("\n", " ") for c in cellules) + " |"


def tableau_de(donnees: pd.DataFrame, legende: str = "", identifiant: str = "") -> Tableau:
    """Un tableau brut : les nombres à droite, le reste à gauche."""
    numeriques = [pd.api.types.is_numeric_dtype(donnees[c]) for c in donnees.columns]
    largeurs = [
        max(6, min(40, donnees[c].astype(str).str.len().max() if len(donnees) else 6, 40))
        for c in donnees.columns
    ]
    colonnes = [
        Colonne(echapper(nom), "droite" if numerique else "gauche", int(largeur))
        for nom, numerique, largeur in zip(donnees.columns, numeriques, largeurs, strict=True)
    ]
    lignes = [[_cellule(v) for v in ligne] for ligne in donnees.itertuples(index=False)]
    return Tableau(colonnes, lignes, legende, identifiant)


def _cellule(valeur: object) -> str:
    if pd.isna(valeur):
        return "–"
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, float):
        return echapper(f"{valeur:g}".replace(".", ","))
    return echapper(valeur)


def encadre(genre: str, titre: str, contenu: str, *, replie: bool = False) -> str:
    """Un encadré (note, tip, warning, important, caution), replié ou non."""
    attributs = f' title="{titre}"' + (' collapse="true"' if replie else "")
    return f"::: {{.callout-{genre}{attributs}}}\n{contenu.strip()}\n:::\n"


def liste(elements: Iterable[str]) -> str:
    """Une liste à puces de textes déjà en Markdown."""
    return "\n".join(f"- {e}" for e in elements) + "\n"
