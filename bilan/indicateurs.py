"""Le moteur : une définition et des tables donnent un numérateur et un dénominateur."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from bilan.erreurs import ErreurBilan, proposer
from bilan.expressions import selectionner
from bilan.masquage import CLES, Effectif, Marges, est_de_personnes
from bilan.parametres import Indicateur, Variante

Tables = Mapping[str, pd.DataFrame]
TOUTES = slice(None)  # les lignes d'une table


@dataclass(frozen=True)
class Mesure:
    """Un résultat : `valeur` est en pourcentage, None si rien n'est à compter.

    `cas` : chaque ligne compte pour zéro ou un ; faux dès qu'il y a un demi-score.
    `marges` : de quoi calculer les personnes comptées, puis toutes, si les lignes sont des
    personnes.
    """

    numerateur: float
    denominateur: int
    cas: bool = True
    marges: Marges = field(default=(), compare=False, repr=False)

    @property
    def valeur(self) -> float | None:
        if self.denominateur == 0:
            return None
        return 100 * self.numerateur / self.denominateur


def mesurer(
    definition: Indicateur, tables: Tables, *, variante: Variante | None = None
) -> Mesure:
    """Le résultat d'ensemble d'un indicateur.

    Parameters
    ----------
    definition : la table, la population (`parmi`) et ce qui est compté (`dont`) ou moyenné.
    tables : les tables de l'édition ; les colonnes de `territoires` sont jointes.
    variante : remplace tout ou partie de la définition.

    Raises
    ------
    ErreurBilan : table ou colonne inconnue, expression non comprise.
    """
    return _Compte(*_lire(definition, tables, variante)).mesure(TOUTES)


def par_territoire(definition: Indicateur, tables: Tables) -> dict[str, Mesure]:
    """Le résultat de chaque territoire qui a au moins une ligne dans la population."""
    compte = _Compte(*_lire(definition, tables))
    rangs = compte.lignes.groupby("territoire").indices
    mesures = {t: compte.mesure(rangs[t]) for t in tables["territoires"]["territoire"]
               if t in rangs}
    return {t: m for t, m in mesures.items() if m.denominateur}


def _lire(
    definition: Indicateur, tables: Tables, variante: Variante | None = None
) -> tuple[pd.DataFrame, pd.Series]:
    """De chaque ligne de la population, ce qui la désigne, et ce qu'elle vaut : vrai, faux, ou le
    score à moyenner.
    """
    lignes = _table(definition, tables)
    # Seules ces colonnes suivent : filtrer les autres coûterait plus que tout le calcul.
    cles = lignes[[c for c in ("territoire", *CLES) if c in lignes.columns]]
    dont, moyenne = _mesure(definition, variante)
    valeurs = (_colonne(lignes, moyenne, definition) if moyenne is not None
               else _selection(dont, lignes, definition))
    retenues = _retenues(lignes, definition, variante)
    return cles[retenues], valeurs[retenues]


class _Compte:
    """Le compte des lignes vraies, ou la somme des scores connus, en tout ou sur une part."""

    def __init__(self, lignes: pd.DataFrame, valeurs: pd.Series):
        self.lignes = lignes
        self.vraies = valeurs if valeurs.dtype == bool else None
        # Tout est lu une fois : une part par territoire en paierait mille le prix.
        self.nombres = valeurs.to_numpy("float64", na_value=float("nan"))

    def mesure(self, rangs: Sequence[int] | slice) -> Mesure:
        """Celle des lignes de ces rangs."""
        nombres, marges = self.nombres[rangs], marges_de(self.lignes, rangs, self.vraies)
        if self.vraies is not None:
            return Mesure(int(nombres.sum()), len(nombres), marges=marges)
        scores = nombres[nombres == nombres]  # NaN : un score inconnu
        cas = bool(((scores == 0) | (scores == 1)).all())
        return Mesure(_entier(float(scores.sum())), len(scores), cas, marges)


def marges_de(
    lignes: pd.DataFrame, rangs: Sequence[int] | slice = TOUTES, dont: pd.Series | None = None
) -> Marges:
    """De quoi calculer les personnes comptées, et toutes, des lignes de ces rangs.

    Rien si les lignes ne sont pas des personnes : une structure, un territoire ne se masque pas.
    """
    if not est_de_personnes(lignes) or lignes.empty:
        return ()
    toutes = Effectif(lignes, rangs)
    return (toutes,) if dont is None else (Effectif(lignes, rangs, dont), toutes)


def controler(definition: Indicateur, tables: Tables) -> None:
    """Lève `ErreurBilan` si la définition ou l'une de ses variantes ne se calcule pas."""
    mesurer(definition, tables)
    for variante in definition.variantes:
        mesurer(definition, tables, variante=variante)


def population(definition: Indicateur, tables: Tables) -> pd.DataFrame:
    """Les lignes parmi lesquelles on compte, avec les colonnes de leur territoire."""
    lignes = _table(definition, tables)
    return lignes[_retenues(lignes, definition)]


def _table(definition: Indicateur, tables: Tables) -> pd.DataFrame:
    """Les lignes dont parle la définition, avec les colonnes de leur territoire."""
    if definition.table not in tables:
        raise ErreurBilan(
            f"{definition.code} : table inconnue « {definition.table} ». "
            f"{proposer(definition.table, tables)}"
        )
    return _jointe(tables, definition.table)


def _retenues(
    lignes: pd.DataFrame, definition: Indicateur, variante: Variante | None = None
) -> pd.Series:
    """Vrai pour chaque ligne de la population."""
    parmi = definition.parmi
    if variante is not None and variante.parmi is not None:
        parmi = variante.parmi
    return _selection(parmi, lignes, definition) if parmi else pd.Series(True, lignes.index)


def jointes(tables: Tables) -> dict[str, pd.DataFrame]:
    """Toutes les tables, jointes une fois pour toutes à leur territoire."""
    return {nom: _jointe(tables, nom) for nom in tables}


def _jointe(tables: Tables, nom: str) -> pd.DataFrame:
    """La table avec, à droite, les colonnes de son territoire."""
    table, territoires = tables[nom], tables["territoires"]
    if nom == "territoires" or "territoire" not in table.columns:
        return table
    neuves = [c for c in territoires.columns if c not in table.columns]
    if not neuves:
        return table
    return table.merge(territoires[["territoire", *neuves]], on="territoire", how="left")


def _mesure(definition: Indicateur, variante: Variante | None) -> tuple[str | None, str | None]:
    """(`dont`, `moyenne`) : ceux de la variante si elle en donne, sinon ceux de la définition."""
    if variante is not None and (variante.dont or variante.moyenne):
        return variante.dont, variante.moyenne
    return definition.dont, definition.moyenne


def _colonne(lignes: pd.DataFrame, nom: str, definition: Indicateur) -> pd.Series:
    if nom not in lignes.columns:
        raise ErreurBilan(
            f"{definition.code} : colonne inconnue « {nom} ». {proposer(nom, lignes.columns)}"
        )
    return lignes[nom]


def _selection(expression: str, lignes: pd.DataFrame, definition: Indicateur) -> pd.Series:
    try:
        return selectionner(expression, lignes)
    except ErreurBilan as erreur:
        raise ErreurBilan(f"{definition.code} : {erreur}") from None


def _entier(valeur: float) -> float:
    """4.0 -> 4 : un compte entier se montre sans virgule."""
    return int(valeur) if valeur == int(valeur) else valeur
