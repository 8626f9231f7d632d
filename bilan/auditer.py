"""L'audit d'un pourcentage publié : de quelles bases peut-il venir ?

Un pourcentage est un compte rapporté à une base, puis arrondi. Pour chaque base, on cherche si un
compte entier, ou un compte de demis, redonne exactement ce qui est imprimé. Tout se calcule en
entiers : aucune base n'est exclue par une erreur d'arrondi du calcul lui-même.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from bilan.nombres import rapport

MAXIMUM = 60
# Ce que chaque règle d'arrondi admet autour de la valeur imprimée m, en demi-unités de sa dernière
# décimale : borne basse, borne haute, et si chacune est comprise.
Marge = tuple[int, int, bool, bool]
REGLES: dict[str, Callable[[int], Marge]] = {
    "demi_haut": lambda m: (2 * m - 1, 2 * m + 1, True, False),
    "au_pair": lambda m: (2 * m - 1, 2 * m + 1, m % 2 == 0, m % 2 == 0),
    "tronque": lambda m: (2 * m, 2 * m + 2, True, False),
}


def decimales_ecrites(valeur: float | str | Decimal) -> int:
    """Le nombre de décimales imprimées ; un nombre flottant n'en porte pas d'inutiles."""
    return max(0, -exacte(valeur).as_tuple().exponent)


def exacte(valeur: float | str | Decimal) -> Decimal:
    """La valeur telle qu'elle est écrite, sans passer par le binaire."""
    ecrite = Decimal(str(valeur))
    return ecrite.normalize() if isinstance(valeur, float) else ecrite


def comptes_possibles(
    valeur: float | str | Decimal,
    decimales: int,
    base: int,
    *,
    demi: bool = False,
    regle: str = "demi_haut",
) -> list[Fraction]:
    """Les comptes de 0 à `base` qui donnent ce pourcentage sur cette base ; vide s'il n'y en a pas.

    Parameters
    ----------
    valeur : pourcentage publié, avec `decimales` chiffres après la virgule.
    demi : admet les demis (scores 0, ½, 1) au lieu des seuls entiers.
    regle : demi_haut, au_pair ou tronque.
    """
    marge = _marge(valeur, decimales, regle)
    return [Fraction(k, 1 + demi) for k in _comptes(marge, decimales, base, demi)]


def bases_possibles(
    valeur: float | str | Decimal,
    decimales: int = 0,
    *,
    maximum: int = MAXIMUM,
    demi: bool = False,
    regle: str = "demi_haut",
) -> list[int]:
    """Les bases de 1 à `maximum` pour lesquelles `comptes_possibles` n'est pas vide."""
    marge = _marge(valeur, decimales, regle)
    return [n for n in range(1, maximum + 1) if _comptes(marge, decimales, n, demi)]


def _marge(valeur: float | str | Decimal, decimales: int, regle: str) -> Marge | None:
    """Ce que l'arrondi admet ; rien si la valeur a plus de décimales que l'arrondi n'en garde."""
    publie = Fraction(exacte(valeur)) * 10**decimales
    return REGLES[regle](publie.numerator) if publie.denominator == 1 else None


def _comptes(marge: Marge | None, decimales: int, base: int, demi: bool) -> range:
    """Les comptes possibles, en unités ou en demis.

    k parts sur n font 100 k / n % : chaque borne de la marge, ramenée à n parts, en est une pour k.
    """
    if marge is None:
        return range(0)
    basse, haute, basse_comprise, haute_comprise = marge
    parts, cent = base * (1 + demi), 200 * 10**decimales
    premier = -(-basse * parts // cent) if basse_comprise else basse * parts // cent + 1
    dernier = haute * parts // cent if haute_comprise else -(-haute * parts // cent) - 1
    return range(max(premier, 0), min(dernier, parts) + 1)


@dataclass(frozen=True)
class Pourcentage:
    """Un pourcentage publié et les bases dont il peut venir, par règle d'arrondi."""

    code: str
    libelle: str
    valeur: Decimal
    decimales: int
    bases: dict[str, list[int]]
    bases_demi: dict[str, list[int]]

    def rapports(
        self, *, demi: bool = False, regle: str = "demi_haut", combien: int | None = None
    ) -> dict[int, str]:
        """« 14/19 » pour la base 19 : le plus petit compte de chacune des premières bases."""
        trouves = {}
        for base in (self.bases_demi if demi else self.bases)[regle][:combien]:
            comptes = comptes_possibles(self.valeur, self.decimales, base, demi=demi, regle=regle)
            trouves[base] = rapport(float(comptes[0]), base)
        return trouves


@dataclass(frozen=True)
class Palier:
    """Une base, ce qu'elle explique, et ce qu'elle expliquerait de valeurs prises au hasard."""

    base: int
    codes: list[str]
    au_hasard: float


@dataclass(frozen=True)
class Audit:
    """Des pourcentages audités ensemble."""

    lignes: list[Pourcentage]
    maximum: int

    def parmi(self, codes: Iterable[str]) -> Audit:
        """Le même audit, réduit à ces codes."""
        codes = set(codes)
        return Audit([ligne for ligne in self.lignes if ligne.code in codes], self.maximum)

    def palier(self, base: int, *, demi: bool = False) -> Palier:
        """Ce qu'explique une base, à l'arrondi usuel : les codes qui pourraient la partager."""
        codes = [
            ligne.code
            for ligne in self.lignes
            if base in (ligne.bases_demi if demi else ligne.bases)["demi_haut"]
        ]
        hasard = sum(_part_atteinte(base, ligne.decimales, demi) for ligne in self.lignes)
        return Palier(base, codes, float(hasard))

    def paliers(self, *, demi: bool = False) -> list[Palier]:
        """Les bases qui expliquent plus de pourcentages que toute base plus petite."""
        retenus: list[Palier] = []
        for base in range(1, self.maximum + 1):
            palier = self.palier(base, demi=demi)
            if len(palier.codes) > (len(retenus[-1].codes) if retenus else 0):
                retenus.append(palier)
        return retenus

    def base_commune(self, *, demi: bool = False) -> int | None:
        """La plus petite base qui explique toutes les lignes, s'il y en a une jusqu'au maximum."""
        dernier = self.paliers(demi=demi)[-1:]
        communes = [p.base for p in dernier if len(p.codes) == len(self.lignes)]
        return communes[0] if communes else None


def _part_atteinte(base: int, decimales: int, demi: bool) -> Fraction:
    """Part des pourcentages de 0 à 100 qu'une base peut donner : de 0 à base, un par compte."""
    possibles = 100 * 10**decimales + 1
    return Fraction(min(base * (1 + demi) + 1, possibles), possibles)


def auditer(table: pd.DataFrame, maximum: int = MAXIMUM) -> Audit:
    """L'audit d'une table de pourcentages.

    Parameters
    ----------
    table : colonnes code, libelle, valeur (en %) et, au besoin, decimales (sinon, celles écrites).
    maximum : la plus grande base essayée.
    """
    lignes = []
    for ligne in table.itertuples():
        decimales = getattr(ligne, "decimales", None)
        if pd.isna(decimales):
            decimales = decimales_ecrites(ligne.valeur)
        bases, bases_demi = (
            {
                regle: bases_possibles(
                    ligne.valeur, int(decimales), maximum=maximum, demi=demi, regle=regle
                )
                for regle in REGLES
            }
            for demi in (False, True)
        )
        valeur = exacte(ligne.valeur)
        lignes.append(
            Pourcentage(ligne.code, ligne.libelle, valeur, int(decimales), bases, bases_demi)
        )
    return Audit(lignes, maximum)


def table_publiee(publies: pd.DataFrame, noms: Mapping[str, str]) -> pd.DataFrame:
    """Les résultats publiés d'une édition, prêts pour `auditer` ; `noms` par code d'indicateur."""
    connus = publies[publies["resultat"].notna()]
    return pd.DataFrame(
        {
            "code": connus["code"],
            "libelle": [noms.get(code, code) for code in connus["code"]],
            "valeur": connus["resultat"].astype(float),
        }
    )


def en_json(audit: Audit) -> list[dict]:
    """Un objet par pourcentage ; `bases` et `bases_demi` suivent l'arrondi usuel."""
    return [
        {
            "code": ligne.code,
            "libelle": ligne.libelle,
            "valeur": float(ligne.valeur),
            "decimales": ligne.decimales,
            "bases": ligne.bases["demi_haut"],
            "bases_demi": ligne.bases_demi["demi_haut"],
            "bases_au_pair": ligne.bases["au_pair"],
            "bases_demi_au_pair": ligne.bases_demi["au_pair"],
            "bases_tronque": ligne.bases["tronque"],
            "bases_demi_tronque": ligne.bases_demi["tronque"],
        }
        for ligne in audit.lignes
    ]
