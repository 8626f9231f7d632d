"""Le registre : un enregistrement par chiffre montré, avec ce dont il vient."""

from __future__ import annotations

import json
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, KeysView
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import ClassVar

from bilan import nombres
from bilan.erreurs import ErreurBilan, proposer
from bilan.fichiers import etat
from bilan.masquage import Marges

DERNIER_SIGNE = "\U0010ffff"  # après tout code qui commence comme lui
# La nature d'un chiffre, en mots.
NATURES = {
    "publiee": "publiée",
    "reconstituee": "reconstituée",
    "simulee": "simulée",
    "observee": "observée",
    "calculee": "calculée",
}
# Celles qui ne sont pas des observations : toute légende et tout résultat les disent.
FABRIQUEES = ("reconstituee", "simulee")


def nature_de(natures: Iterable[str]) -> str:
    """La nature de ce qui vient de plusieurs tables : fabriquée si l'une l'est."""
    rangees = list(natures)
    return next((n for n in FABRIQUEES if n in rangees), rangees[0])


def mention(nature: str | None) -> str:
    """La suite d'une légende, quand les lignes ne sont pas des observations."""
    return f" (lignes {NATURES[nature]}s)" if nature in FABRIQUEES else ""


@dataclass(frozen=True, slots=True)
class Chiffre:
    """Un chiffre du bilan. `valeur` est dans l'unité dite ; `texte` est ce qui s'imprime.

    `definition` est une phrase ; `regle`, pour un indicateur, l'expression qui le calcule.
    """

    code: str
    edition: str
    libelle: str
    valeur: float | None
    unite: str
    texte: str
    nature: str
    definition: str
    tables: list[str]
    regle: str = ""
    territoire: str | None = None
    numerateur: float | None = None
    denominateur: float | None = None
    cible: float | None = None
    carnet: str | None = None
    cellule: str | None = None
    # De quoi calculer les personnes comptées, le temps de masquer les petits effectifs ; jamais
    # écrit.
    marges: Marges = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        # D'un territoire à l'autre, les mêmes mots reviennent : une fois chacun en mémoire.
        for champ in ("libelle", "texte", "definition"):
            object.__setattr__(self, champ, sys.intern(getattr(self, champ)))

    @property
    def rapport(self) -> str | None:
        """« 71/96 » quand le chiffre est un rapport."""
        if self.numerateur is None or self.denominateur is None:
            return None
        return nombres.rapport(self.numerateur, self.denominateur)

    def en_dict(self) -> dict:
        return {champ: getattr(self, champ) for champ in ECRITS} | {"rapport": self.rapport}

    @classmethod
    def depuis_dict(cls, champs: dict) -> Chiffre:
        return cls(**{k: v for k, v in champs.items() if k != "rapport"})


# Ce qui s'écrit d'un chiffre : tout, sauf de quoi le masquer.
ECRITS = tuple(champ.name for champ in fields(Chiffre) if champ.name != "marges")


def avec_chiffres(texte: str) -> dict:
    """Le JSON d'un objet dont les chiffres deviennent des `Chiffre` à mesure qu'ils se lisent.

    Mille territoires en ont cent mille : en dictionnaires, ils pèseraient cinq fois plus.
    """
    return json.loads(texte, object_hook=lambda champs: (
        Chiffre.depuis_dict(champs) if "code" in champs else champs))


def _json(valeur: object) -> str:
    return json.dumps(valeur, ensure_ascii=False)


class Registre:
    """Les chiffres d'une édition, par code."""

    # Le dernier tenu ou lu, et l'état de son fichier : le site et les exports le demandent à la
    # fois, et mille territoires en font cinquante mégaoctets.
    _tenu: ClassVar[tuple[tuple, Registre] | None] = None
    _un_seul: ClassVar[Lock] = Lock()

    def __init__(self, edition: str, chiffres: Iterable[Chiffre] = ()):
        self.edition = edition
        self._chiffres = {c.code: c for c in chiffres}

    @classmethod
    def lire(cls, chemin: Path) -> Registre:
        """Le registre qu'`ecrire` a écrit ; celui qu'on tient, s'il est de ce fichier."""
        with cls._un_seul:
            ici = etat(chemin)
            if cls._tenu is None or cls._tenu[0] != ici:
                contenu = avec_chiffres(chemin.read_text("utf-8"))
                cls._tenu = ici, cls(contenu["edition"], contenu["chiffres"].values())
            return cls._tenu[1]

    def __getitem__(self, code: str) -> Chiffre:
        try:
            return self._chiffres[code]
        except KeyError:
            raise ErreurBilan(
                f"Chiffre inconnu : « {code} ». {proposer(code, self._chiffres)}"
            ) from None

    def get(self, code: str) -> Chiffre | None:
        return self._chiffres.get(code)

    def debut(self, prefixe: str) -> list[Chiffre]:
        """Les chiffres dont le code commence ainsi, dans l'ordre du registre."""
        tries, rangs = self._index
        ici = slice(bisect_left(tries, prefixe), bisect_left(tries, prefixe + DERNIER_SIGNE))
        return [self._chiffres[code]
                for _, code in sorted(zip(rangs[ici], tries[ici], strict=True))]

    @cached_property
    def _index(self) -> tuple[list[str], array]:
        """Les codes triés, où un préfixe se trouve sans tout parcourir, et leur rang."""
        codes = list(self._chiffres)
        rangs = array("L", sorted(range(len(codes)), key=codes.__getitem__))
        return [codes[rang] for rang in rangs], rangs

    @property
    def codes(self) -> KeysView[str]:
        """Tous les codes, dans l'ordre du registre."""
        return self._chiffres.keys()

    def __contains__(self, code: object) -> bool:
        return code in self._chiffres

    def __iter__(self) -> Iterator[Chiffre]:
        return iter(self._chiffres.values())

    def __len__(self) -> int:
        return len(self._chiffres)

    def remplacer(self, chiffres: Iterable[Chiffre]) -> Registre:
        """Un registre où ces chiffres prennent la place de ceux de même code."""
        neuf = Registre(self.edition)
        neuf._chiffres = self._chiffres | {c.code: c for c in chiffres}
        return neuf

    def ecrire(self, chemin: Path) -> None:
        """Écrit le registre en JSON, chiffre par chiffre : il ne tient pas deux fois en mémoire."""
        chemin.parent.mkdir(parents=True, exist_ok=True)
        with chemin.open("w", encoding="utf-8", newline="\n") as flux:
            flux.write(f'{{"edition": {_json(self.edition)}, "chiffres": {{')
            for rang, chiffre in enumerate(self):
                flux.write(f"{',' if rang else ''}\n{_json(chiffre.code)}: "
                           f"{_json(chiffre.en_dict())}")
            flux.write("\n}}\n")

    def tenir(self, chemin: Path) -> None:
        """À faire après l'avoir écrit là : `lire` le rendra tant que ce fichier ne change pas."""
        with self._un_seul:
            type(self)._tenu = etat(chemin), self


def atteinte(resultat: Chiffre) -> bool | None:
    """Vrai si le résultat, arrondi comme il est imprimé, vaut au moins la cible."""
    if resultat.cible is None or resultat.valeur is None:
        return None
    return nombres.arrondir(resultat.valeur) >= nombres.arrondir(resultat.cible)
