"""L'audit d'un pourcentage publié : de quelles bases peut-il venir ?"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pandas as pd


def demi_haut(valeur: Fraction) -> int:
    """L'arrondi usuel : la moitié va vers le haut."""
    return math.floor(valeur + Fraction(1, 2))


def demi_pair(valeur: Fraction) -> int:
    """L'arrondi des tableurs dits « bancaires » : la moitié va au pair."""
    return round(valeur)


def tronque(valeur: Fraction) -> int:
    """La troncature : on coupe."""
    return math.floor(valeur)


REGLES: dict[str, Callable[[Fraction], int]] = {
    "demi_haut": demi_haut,
    "demi_pair": demi_pair,
    "tronque": tronque,
}


def bases_possibles(
    valeur: float | str,
    decimales: int = 0,
    *,
    maximum: int = 60,
    pas: Fraction = Fraction(1),
    regle: str = "demi_haut",
) -> list[int]:
    """Les dénominateurs de 1 à `maximum` dont un compte donne ce pourcentage.

    Parameters
    ----------
    valeur : pourcentage publié, avec `decimales` chiffres après la virgule.
    pas : 1 pour des comptes entiers, 1/2 pour des demi-scores.
    regle : demi_haut, demi_pair ou tronque.
    """
    arrondi = REGLES[regle]
    publie = Fraction(str(valeur)) * 10**decimales
    retenues = []
    for base in range(1, maximum + 1):
        # Deux comptes au plus encadrent la valeur, quelle que soit la règle ; un de marge.
        milieu = math.floor(publie / 10**decimales / 100 * base / pas)
        comptes = range(max(0, milieu - 1), min(math.floor(base / pas), milieu + 2) + 1)
        if any(arrondi(100 * k * pas / base * 10**decimales) == publie for k in comptes):
            retenues.append(base)
    return retenues


def auditer_territoires(publies: pd.DataFrame, bases: list[int], maximum: int = 60) -> pd.DataFrame:
    """Pour chaque pourcentage publié, ce que donnent les bases en nombre de territoires.

    Rend une ligne par pourcentage : code, valeur, une colonne booléenne par base (entiers puis
    demi-scores) et les plus petites bases en comptes entiers.
    """
    lignes = []
    for publie in publies.itertuples():
        entiers = bases_possibles(float(publie.resultat), maximum=maximum)
        demis = bases_possibles(float(publie.resultat), maximum=maximum, pas=Fraction(1, 2))
        ligne = {"code": publie.code, "valeur": float(publie.resultat)}
        for base in bases:
            ligne[f"{base} entiers"] = base in entiers
            ligne[f"{base} demis"] = base in demis
        lignes.append(ligne | {"plus_petites": entiers[:4]})
    return pd.DataFrame(lignes)
