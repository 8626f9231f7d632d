"""Masquer les petits effectifs de personnes, et ce qui les redonnerait.

Un effectif imprimé est un ensemble de lignes : une ligne par personne et par session. Il est masqué
s'il compte moins de personnes que le seuil. Puis, tant que ce qui reste imprimé, totaux compris,
permettrait de le retrouver ou de voir qu'il est sous le seuil, un effectif de plus l'est aussi : le
plus petit de ceux qui le trahissent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# Une ligne d'une table de personnes : (session, personne). Un effectif : les lignes qu'il compte.
Ligne = tuple[str, str]
Marge = frozenset[Ligne]
# De quoi calculer les effectifs d'un chiffre : seuls ceux qu'il faut examiner le sont.
Marges = tuple[Callable[[], Marge], ...]


# Ce qui désigne une ligne d'une table de personnes.
CLES = ("session", "participant")


def est_de_personnes(lignes: pd.DataFrame) -> bool:
    """Vrai si chaque ligne de la table est celle d'une personne."""
    return all(cle in lignes.columns for cle in CLES)


@dataclass(frozen=True, slots=True)
class Effectif:
    """Des lignes de personnes : celles de ces rangs, ou celles d'entre elles `dont` c'est vrai."""

    lignes: pd.DataFrame
    rangs: Sequence[int] | slice
    dont: pd.Series | None = None

    def __call__(self) -> Marge:
        """Leurs personnes, session par session."""
        lues = self.lignes[list(CLES)].iloc[self.rangs]
        if self.dont is not None:
            lues = lues[self.dont.iloc[self.rangs].fillna(False).astype(bool).to_numpy()]
        return frozenset(lues.itertuples(index=False, name=None))


def a_masquer(chiffres: Mapping[str, tuple[Marge, ...]], seuil: int) -> set[str]:
    """Les codes des chiffres à masquer.

    Parameters
    ----------
    chiffres : les effectifs que chaque chiffre donne à lire. Un taux donne les siens : ceux qu'il
        compte et ceux parmi lesquels il compte, donc aussi ceux qu'il ne compte pas.
    seuil : le plus petit nombre de personnes qu'un effectif peut montrer ; zéro se montre.
    """
    petits = {m for marges in chiffres.values() for m in _lus(marges) if _petit(m, seuil)}
    masques = {code for code, marges in chiffres.items() if petits.intersection(_lus(marges))}
    for petit in sorted(petits, key=lambda m: (len(m), sorted(m))):
        while coupable := _trahit(petit, _imprimes(chiffres, masques), seuil):
            masques |= {code for code, marges in chiffres.items() if coupable in marges}
    return masques


def _lus(marges: tuple[Marge, ...]) -> Iterable[Marge]:
    """Les effectifs d'un chiffre, et la différence des deux d'un taux."""
    return (*marges, marges[1] - marges[0]) if len(marges) == 2 else marges


def _petit(marge: Marge, seuil: int) -> bool:
    return 0 < len({personne for _, personne in marge}) < seuil


def _imprimes(chiffres: Mapping[str, tuple[Marge, ...]], masques: set[str]) -> set[Marge]:
    return {m for code, marges in chiffres.items() if code not in masques for m in marges}


def _trahit(petit: Marge, imprimes: set[Marge], seuil: int) -> Marge | None:
    """Le plus petit effectif imprimé qui aide à retrouver un effectif masqué ; None s'il est sûr.

    Il est sûr si, pour qui ne connaît que les nombres imprimés, il pourrait encore être plus grand
    qu'il n'est et atteindre le seuil : c'est le maximum d'un programme linéaire.
    """
    from scipy.optimize import linprog  # long à charger, et inutile si rien n'est petit

    ordre = sorted(imprimes, key=lambda m: (len(m), sorted(m)))
    # Les lignes que rien ne distingue ne font qu'une inconnue.
    groupes = sorted({tuple(ligne in m for m in (petit, *ordre))
                      for m in (petit, *ordre) for ligne in m})
    if not ordre:
        return None
    trouve = linprog(
        [-float(g[0]) for g in groupes],
        A_eq=[[float(g[rang]) for g in groupes] for rang in range(1, len(ordre) + 1)],
        b_eq=[len(m) for m in ordre], bounds=(0, None), method="highs",
    )
    if trouve.status == 3 or -trouve.fun > max(seuil, len(petit) + 1) - 1e-6:
        return None  # sans borne, ou au-delà de sa vraie valeur et du seuil
    return next(m for m, poids in zip(ordre, trouve.eqlin.marginals, strict=True)
                if abs(poids) > 1e-9 and m)
