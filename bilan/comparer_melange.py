"""Recalculer en ne changeant qu'une chose à la fois, d'une édition à l'autre."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from bilan.etablir import calculer
from bilan.expressions import colonnes
from bilan.indicateurs import Mesure, mesurer, population
from bilan.parametres import Indicateur, ParametresEdition
from bilan.projet import Edition
from bilan.registre import Registre

if TYPE_CHECKING:
    from bilan.carnet import Bilan

# Ce qui peut changer, et ce que chacun emporte des fichiers de l'édition.
FACTEURS = ("definition", "base", "donnees", "methode", "cible", "nouveau", "abandonne")
DU_RESULTAT = FACTEURS[:3]
CHAMPS = {
    "definition": ("table", "parmi", "dont", "moyenne"),
    "methode": ("unite", "rang", "variantes"),
    "cible": ("cible",),
}
DE_LA_BASE = ["base_reseau", "motif_hors_base"]


@dataclass(frozen=True)
class _Parametres:
    """Ce que le calcul lit des paramètres, pris dans l'une et l'autre édition."""

    edition: Edition
    generaux: ParametresEdition
    indicateurs: list[Indicateur]

    @property
    def principaux(self) -> list[Indicateur]:
        return [i for i in self.indicateurs if i.rang == "principal"]


class Melange:
    """Deux éditions, et celles qui prennent certains facteurs à la nouvelle, le reste à l'ancienne.

    La `base` est la liste des territoires et leur place dans la base des indicateurs de réseau ;
    les `donnees` sont les lignes des territoires présents dans les deux éditions, et celles qui ne
    sont d'aucun territoire. Un territoire qui entre ou sort le fait avec ses seules lignes. Une
    définition dont le `parmi` ne change que les territoires comptés change, elle aussi, la base.
    """

    def __init__(self, ancien: Bilan, nouveau: Bilan):
        self.ancien, self.nouveau = ancien, nouveau
        self.avant = {i.code: i for i in ancien.parametres.indicateurs}
        self.apres = {i.code: i for i in nouveau.parametres.indicateurs}
        self.communs = [t for t in nouveau.noms if t in ancien.noms]
        self.entrants = [t for t in nouveau.noms if t not in ancien.noms]
        self.sortants = [t for t in ancien.noms if t not in nouveau.noms]
        self._registres: dict[frozenset[str], Registre] = {}
        self._tables: dict[frozenset[str], dict[str, pd.DataFrame]] = {}

    @cached_property
    def differents(self) -> frozenset[str]:
        """Les facteurs qui ne sont pas les mêmes dans les deux éditions."""
        paires = [(i, self.apres[code]) for code, i in self.avant.items() if code in self.apres]
        differents = {
            facteur for a, b in paires for champ, facteur in self._facteurs(a, b).items()
            if getattr(a, champ) != getattr(b, champ)
        }
        regles = (e.parametres.generaux.verdict for e in (self.ancien, self.nouveau))
        autres = {
            "methode": len({r.model_dump_json() for r in regles}) > 1,
            "base": self.ancien.base != self.nouveau.base,
            "donnees": self._donnees_differentes(),
            "nouveau": bool(self.apres.keys() - self.avant.keys()),
            "abandonne": bool(self.avant.keys() - self.apres.keys()),
        }
        return frozenset(differents | {f for f, differe in autres.items() if differe})

    def _facteurs(self, ancien: Indicateur, nouveau: Indicateur) -> dict[str, str]:
        """Le facteur qui emporte chaque champ d'une définition."""
        facteurs = {champ: facteur for facteur, champs in CHAMPS.items() for champ in champs}
        if ancien.table != nouveau.table:
            # Une variante est écrite pour sa table : elle suit la définition.
            return facteurs | {"variantes": "definition"}
        if self._autres_territoires(ancien, nouveau):
            return facteurs | {"parmi": "base"}
        return facteurs

    def _autres_territoires(self, ancien: Indicateur, nouveau: Indicateur) -> bool:
        """Vrai si les deux `parmi` ne diffèrent que par les territoires qu'ils retiennent."""
        if ancien.parmi == nouveau.parmi:
            return False
        return all(
            _par_territoires_entiers(*(population(i, edition.tables_entieres)
                                       for i in (ancien, nouveau)))
            for edition in (self.ancien, self.nouveau)
        )

    def _donnees_differentes(self) -> bool:
        if self.ancien.natures != self.nouveau.natures:
            return True
        return any(
            not _sans_base(self._de_communs(table)).equals(
                _sans_base(self._de_communs(self.nouveau.tables_entieres[nom])))
            for nom, table in self.ancien.tables_entieres.items()
        )

    def _de_communs(self, table: pd.DataFrame) -> pd.DataFrame:
        return _de(table, self.communs, sans_territoire=True)

    def registre(self, facteurs: Iterable[str]) -> Registre:
        """Les chiffres quand ces facteurs sont ceux de la nouvelle édition."""
        pris = self.differents & set(facteurs)
        if pris not in self._registres:
            parametres, natures = self._parametres(pris), self._choisir(pris, "donnees").natures
            self._registres[pris] = calculer(parametres, self.tables(pris), natures)
        return self._registres[pris]

    def mesure(self, code: str, facteurs: Iterable[str]) -> Mesure | None:
        """Le résultat d'un indicateur commun ; None si rien ne permet de le calculer.

        Une définition ne se calcule pas sur des lignes d'une autre édition qui ne renseignent
        pas l'une de ses colonnes : elle y compterait zéro.
        """
        pris = self.differents & set(facteurs)
        definition = self._indicateur(code, pris)
        tables = self.tables(pris)
        if self.manquantes(code, pris):
            return None
        mesure = mesurer(definition, tables)
        return mesure if mesure.denominateur else None

    def manquantes(self, code: str, facteurs: Iterable[str]) -> list[str]:
        """Les colonnes qu'une définition nomme et que les lignes de l'autre édition ont vides."""
        pris = self.differents & set(facteurs)
        if not {"definition", "donnees"} & pris or {"definition", "donnees"} <= pris:
            return []
        definition, tables = self._indicateur(code, pris), self.tables(pris)
        table, territoires = tables[definition.table], tables["territoires"]
        return [
            nom for nom in _colonnes(definition)
            if (table if nom in table else territoires)[nom].isna().all()
        ]

    def tables(self, facteurs: Set[str]) -> dict[str, pd.DataFrame]:
        """Les tables dont la base, ou les lignes, sont celles de la nouvelle édition."""
        pris = frozenset(facteurs & {"base", "donnees"})
        if pris not in self._tables:
            noms = self.ancien.tables_entieres
            self._tables[pris] = {nom: self._table(nom, pris) for nom in noms}
        return self._tables[pris]

    def _table(self, nom: str, pris: Set[str]) -> pd.DataFrame:
        avant, apres = self.ancien.tables_entieres[nom], self.nouveau.tables_entieres[nom]
        if not (pris ^ (self.differents & {"base", "donnees"})):
            return apres
        donnees, base = "donnees" in pris, "base" in pris
        gardes = _de(avant, ([] if donnees else self.communs) + ([] if base else self.sortants),
                     sans_territoire=not donnees)
        neufs = _de(apres, (self.communs if donnees else []) + (self.entrants if base else []),
                    sans_territoire=donnees)
        table = pd.concat([t for t in (gardes, neufs) if len(t)] or [gardes], ignore_index=True)
        return self._dans_la_base(table, base) if nom == "territoires" else table

    def _dans_la_base(self, territoires: pd.DataFrame, nouvelle: bool) -> pd.DataFrame:
        """Les territoires, chacun dans la base de l'ancienne ou de la nouvelle édition."""
        bases = [self.nouveau.base, self.ancien.base]
        base = bases[0] | bases[1] if not nouvelle else bases[1] | bases[0]
        retenus = territoires["territoire"].map(base).astype("boolean")
        return territoires.assign(base_reseau=retenus)

    def _choisir(self, pris: Set[str], facteur: str) -> Bilan:
        return self.nouveau if facteur in pris else self.ancien

    def _parametres(self, pris: Set[str]) -> _Parametres:
        if pris in (frozenset(), self.differents):
            source = self.nouveau if pris else self.ancien
            return _Parametres(source.edition, source.parametres.generaux,
                               source.parametres.indicateurs)
        codes = [c for c in self.avant if c in self.apres or "abandonne" not in pris]
        codes += [c for c in self.apres if c not in self.avant and "nouveau" in pris]
        generaux = self._choisir(pris, "methode").parametres.generaux
        return _Parametres(self.nouveau.edition, generaux,
                           [self._indicateur(code, pris) for code in codes])

    def _indicateur(self, code: str, pris: Set[str]) -> Indicateur:
        """La définition d'un code, dont chaque part vient de l'une ou de l'autre édition."""
        if code not in self.avant or code not in self.apres:
            return self.apres.get(code) or self.avant[code]
        ancien, nouveau = self.avant[code], self.apres[code]
        facteurs = self._facteurs(ancien, nouveau)
        parts = {c: getattr(nouveau if f in pris else ancien, c) for c, f in facteurs.items()}
        return nouveau.model_copy(update=parts)


def _par_territoires_entiers(avant: pd.DataFrame, apres: pd.DataFrame) -> bool:
    """Vrai si les deux populations n'ont pas les mêmes territoires, et que rien d'autre n'y change.

    Un territoire retenu par les deux y a les mêmes lignes.
    """
    if "territoire" not in avant:
        return False
    comptes = [set(lignes["territoire"].dropna()) for lignes in (avant, apres)]
    communs = comptes[0] & comptes[1]
    gardees = [lignes.index[lignes["territoire"].isin(communs)] for lignes in (avant, apres)]
    return comptes[0] != comptes[1] and gardees[0].equals(gardees[1])


def _colonnes(definition: Indicateur) -> list[str]:
    """Les colonnes que nomme une définition."""
    nommees = [definition.moyenne] if definition.moyenne else []
    for expression in (definition.parmi, definition.dont):
        nommees += colonnes(expression) if expression else []
    return list(dict.fromkeys(nommees))


def _de(table: pd.DataFrame, territoires: list[str], *, sans_territoire: bool) -> pd.DataFrame:
    """Les lignes de ces territoires et, si on le demande, celles qui ne sont d'aucun."""
    if "territoire" not in table:
        return table if sans_territoire else table.iloc[:0]
    retenues = table["territoire"].isin(territoires)
    if sans_territoire:
        retenues |= table["territoire"].isna()
    return table[retenues.astype(bool)]


def _sans_base(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=DE_LA_BASE, errors="ignore").reset_index(drop=True)
