"""Du texte et des chiffres au Markdown : le seul endroit où une donnée devient du balisage.

Ce qui vient des données passe par `echapper` : il s'affiche tel que tapé, en HTML comme en PDF.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from bilan import nombres
from bilan.registre import Chiffre, Registre

PONCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
REFERENCE = re.compile(r"\[\]\{\.chiffre(?P<seul> \.seul)? code=\"(?P<code>[^\"]+)\"\}")
BALISE = re.compile(r"<[^>]*>")
DROITE = re.compile(r"(?<=\w)'(?=\w)")
BLANCS = re.compile(r"\s+")
# Ce qui ne se voit pas et dérangerait ce qui l'entoure : contrôles, sens d'écriture, espaces sans
# largeur, et ce qui n'est pas un caractère (le XML des classeurs et de Word le refuse). Les liants
# des émojis et de certaines écritures restent.
CONTROLES = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
    r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def echapper(texte: object) -> str:
    """Le texte, rendu inerte : toute ponctuation ASCII est protégée, tout blanc est un espace."""
    return "" if texte is None or texte is pd.NA else echapper_en_place(texte).strip(" ")


def echapper_en_place(texte: object) -> str:
    """Comme `echapper`, mais les espaces du bord restent : un morceau d'une phrase."""
    return PONCTUATION.sub(r"\\\1", lisible(texte))


def lisible(texte: object) -> str:
    """Le texte sur une ligne, sans rien de ce qui ne se voit pas ; il n'est pas échappé."""
    visible = CONTROLES.sub("", re.sub(r"[\t\n\r]", " ", str(texte)))
    # L'insécable survit : c'est de la typographie, pas un blanc de saisie.
    return BLANCS.sub(lambda m: m[0] if m[0] in "\u00a0\u202f" else " ", visible)


def apostrophes(texte: str) -> str:
    """L'apostrophe droite d'une saisie, courbe comme la met la prose."""
    return DROITE.sub("’", texte)


def attribut(nom: str, texte: object) -> str:
    """L'attribut `nom="texte"` d'un bloc ou d'une image, quoi que le texte contienne."""
    return f'{nom}="{echapper(texte)}"'


def reference(code: str) -> str:
    """Un chiffre nommé, à écrire plus tard par l'assemblage, sans son n/N."""
    return f'[]{{.chiffre .seul code="{code}"}}'


def echapper_sauf_chiffres(texte: str) -> str:
    """Le texte rendu inerte, mais où les chiffres nommés restent des chiffres."""
    morceaux = REFERENCE.split(texte)
    codes = [m["code"] for m in REFERENCE.finditer(texte)]
    inertes = [echapper_en_place(m) for m in morceaux[:: REFERENCE.groups + 1]]
    return inertes[0] + "".join(
        reference(code) + suite for code, suite in zip(codes, inertes[1:], strict=True)
    )


def ancre_de(code: str) -> str:
    """L'endroit de l'annexe où mène un chiffre."""
    return f"chiffre-{code.replace('.', '-')}"


def span_chiffre(chiffre: Chiffre, *, seul: bool = False, ancre: bool = False) -> str:
    """Un chiffre lié au registre, lisible aussi dans JupyterLab.

    `ancre` fait de cet endroit celui où mènent toutes les autres mentions du chiffre.
    """
    texte = chiffre.texte
    if chiffre.unite == "%" and chiffre.rapport and not seul:
        texte += f" ({chiffre.rapport})"
    classes = "chiffre seul" if seul else "chiffre"
    code = html.escape(chiffre.code, quote=True)
    identifiant = f' id="{ancre_de(code)}"' if ancre else ""
    return f'<span{identifiant} class="{classes}" data-code="{code}">{echapper(texte)}</span>'


def lier_les_faits(registre: Registre, phrase: str, prefixe: str) -> str:
    """La phrase, rendue inerte, chacun de ses nombres lié à son chiffre `<prefixe>.<rang>`."""
    morceaux, fin = [], 0
    for rang, trouve in enumerate(nombres.reperer(phrase), start=1):
        chiffre = registre[f"{prefixe}.{rang}"]
        morceaux += [echapper_en_place(phrase[fin : trouve.start()]), span_chiffre(chiffre)]
        fin = trouve.end()
    return "".join([*morceaux, echapper_en_place(phrase[fin:])]).strip(" ")


@dataclass(frozen=True)
class Sortie:
    """Ce qu'une cellule affiche : du Markdown, et les chiffres du registre qu'il porte."""

    markdown: str
    chiffres: Sequence[Chiffre] = ()

    def _repr_mimebundle_(self, include=None, exclude=None):
        donnees = {"text/markdown": self.markdown, "text/plain": self.markdown}
        return donnees, {"bilan": {"chiffres": [c.en_dict() for c in self.chiffres]}}


def de_a(bas: Chiffre, haut: Chiffre) -> Sortie:
    """« de 71 % à 79 % », ou la valeur seule si les deux bornes se lisent pareil."""
    if (bas.texte, bas.rapport) == (haut.texte, haut.rapport):
        return Sortie(span_chiffre(bas), [bas])
    return Sortie(f"de {span_chiffre(bas)} à {span_chiffre(haut)}", [bas, haut])


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
    colonnes = [_colonne(str(nom), donnees[nom]) for nom in donnees.columns]
    lignes = [[_cellule(v) for v in ligne] for ligne in donnees.itertuples(index=False)]
    return Tableau(colonnes, lignes, legende, identifiant)


def _colonne(nom: str, valeurs: pd.Series) -> Colonne:
    """Titre, alignement et largeur d'une colonne, d'après ce qui s'y lira."""
    chiffres = len(valeurs) > 0 and all(isinstance(v, Chiffre) and v.valeur is not None
                                        for v in valeurs)
    droite = chiffres or pd.api.types.is_numeric_dtype(valeurs)
    largeur = max([6, len(nom), *(min(40, len(_lu(v))) for v in valeurs)])
    return Colonne(echapper(nom), "droite" if droite else "gauche", largeur)


def _lu(valeur: object) -> str:
    """Ce qui se lit d'une cellule, balisage ôté."""
    return BALISE.sub("", _cellule(valeur)).replace("\\", "")


def _cellule(valeur: object) -> str:
    if isinstance(valeur, Sortie):
        return valeur.markdown
    if isinstance(valeur, Chiffre):
        return span_chiffre(valeur)
    if pd.isna(valeur):
        return "–"
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, float):
        return echapper(f"{valeur:g}".replace(".", ","))
    return echapper(valeur)


def encadre(genre: str, titre: str, contenu: str, *, replie: bool = False) -> str:
    """Un encadré (note, tip, warning, important, caution), replié ou non ; `titre` en Markdown."""
    attributs = attribut("title", titre) + (' collapse="true"' if replie else "")
    return f"::: {{.callout-{genre} {attributs}}}\n{contenu.strip()}\n:::\n"


def liste(elements: Iterable[str]) -> str:
    """Une liste à puces de textes déjà en Markdown."""
    return "\n".join(f"- {e}" for e in elements) + "\n"
