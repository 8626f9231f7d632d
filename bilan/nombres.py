"""Les nombres comme on les lit en français : virgule, espaces insécables, arrondis usuels."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.numbers import format_decimal

INSECABLE = "\u00a0"
MOINS = "\u2212"
# Un trou se montre comme un trou, jamais comme un zéro.
NON_RENSEIGNE = "donnée non renseignée"
UNITES_ACCOLEES = {"": "", "%": INSECABLE + "%", "€": INSECABLE + "€"}


MOIS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
# Des nombres qui ne sont pas des chiffres de l'évaluation.
PERMIS = re.compile(
    rf"\b\d{{1,2}}(er)?\s(?={MOIS})"  # un jour
    r"|\b(19|20)\d\d\b"  # une année
    r"|\b[A-Z]{1,3}\d{1,2}\b"  # un code : I5, R11, C01
    r"|\b(niveaux?|mesure|[Aa]xes?|[Pp]arties?|[Pp]aragraphe|[Tt]ableau|chapitre|annexe|figure|[Ss]ession)"
    r"\s\d+(\.\d+)*((,| et| ou)\s\d+(\.\d+)*)*"  # un numéro dans un texte
    r"|\bn°\s?\d+|[Cc]ovid[ -]19|UTF-8|PDF/UA-1|Licence Ouverte 2\.0|(?i:cedex) \d+"
    r"|(?<![\d,.])[01](?!\d|[.,]\d|\s?%)"  # un score : 0, ½, 1
)
NOMBRE = re.compile(r"[+−-]?\d+(?:[\s\u202f]\d{3})*(?:[.,]\d+)?(?:\s?(?:%|M?€|points?\b))?")


def arrondir(valeur: float | Decimal, decimales: int = 0) -> Decimal:
    """Arrondi usuel (la moitié va vers le haut), celui que suit le document publié."""
    pas = Decimal(1).scaleb(-decimales)
    return Decimal(repr(valeur) if isinstance(valeur, float) else valeur).quantize(
        pas, rounding=ROUND_HALF_UP
    )


def difference(valeur: float, reference: float) -> float:
    """De l'une à l'autre, en points, entre les valeurs imprimées."""
    return float(arrondir(valeur) - arrondir(reference))


@cache
def nombre(valeur: float | Decimal | int, decimales: int | None = None) -> str:
    """« 1 216 », « 34,5 », « 4,5 » ; sans zéro inutile si `decimales` est omis."""
    if decimales is None:
        precis, motif = Decimal(str(valeur)), "#,##0.######"
    else:
        precis = arrondir(valeur, decimales)
        motif = "#,##0" + ("." + "0" * decimales if decimales else "")
    return format_decimal(precis, format=motif, locale="fr_FR").replace("-", MOINS)


def quantite(valeur: float | Decimal | int, unite: str = "", decimales: int | None = None) -> str:
    """Le nombre et son unité : « 74 % », « 40 000 € », « 27 »."""
    suffixe = UNITES_ACCOLEES.get(unite, INSECABLE + unite)
    return nombre(valeur, decimales) + suffixe


def rapport(numerateur: float, denominateur: float) -> str:
    """« 71/96 », « 4,5/5 »."""
    return f"{nombre(numerateur)}/{nombre(denominateur)}"


def ecart(valeur: float | Decimal) -> str:
    """Un écart en points, signé : « −26 points », « +8 points », « 0 point »."""
    arrondi = arrondir(valeur) + 0  # un écart nul n'a pas de signe
    signe = "+" if arrondi > 0 else ""
    pluriel = "s" if abs(arrondi) > 1 else ""
    return f"{signe}{nombre(arrondi)}{INSECABLE}point{pluriel}"


def reperer(texte: str) -> list[re.Match[str]]:
    """Les nombres écrits en chiffres dans un texte, avec leur unité, là où ils se trouvent.

    Ce qui n'est pas un chiffre de l'évaluation (date, année, code, numéro de partie) est passé.
    """
    return list(NOMBRE.finditer(PERMIS.sub(lambda m: "_" * len(m[0]), texte)))


def lire(texte: str) -> float:
    """La valeur d'un nombre écrit à la française : « 655 000 € » donne 655000."""
    return float(re.sub(r"[^0-9,.-]", "", texte.replace(MOINS, "-")).replace(",", "."))
