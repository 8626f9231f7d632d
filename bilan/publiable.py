"""Ce qui ne se publie pas : les colonnes que les schémas réservent, et ce qu'un message en tait.

Chaque colonne d'un schéma porte `personnel` (elle touche à une personne) et `publiable` (elle peut
sortir ligne à ligne). Tout ce qui s'imprime ou s'exporte lit les tables par `montrables` : une
colonne réservée n'y est pas. Seuls les calculs lisent les tables entières.

`publiable_si` nomme des colonnes de oui ou non : le propos d'un entretien se lit là où elles sont
toutes vraies (la personne y consent, il est pseudonymisé), et nulle part ailleurs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from bilan.erreurs import Faute

MARQUES = ("personnel", "publiable")
TU = "(valeur réservée)"
# Ce que l'on cite d'une cellule dans un message.
CITATION = re.compile(r"« [^«»]* »")


def reservees(schema: Mapping) -> list[str]:
    """Les colonnes d'un schéma qui ne se publient pas ligne à ligne ; sans marque, elles le sont.

    Une faute de marque arrête `bilan verifier` : en attendant, le doute réserve.
    """
    return [c["name"] for c in schema["fields"] if c.get("publiable") is not True]


def montrables(tables: Mapping[str, pd.DataFrame], schemas: Mapping[str, Mapping]
               ) -> dict[str, pd.DataFrame]:
    """Les tables sans leurs colonnes réservées : celles que lit tout ce qui s'imprime."""
    return {nom: _montrable(table, schemas[nom]) for nom, table in tables.items()}


def _montrable(table: pd.DataFrame, schema: Mapping) -> pd.DataFrame:
    conditions = {c["name"]: c["publiable_si"] for c in schema["fields"] if c.get("publiable_si")}
    visibles = table.drop(columns=[c for c in reservees(schema) if c not in conditions])
    for nom, si in conditions.items():
        permis = table[si].astype("boolean").fillna(False).all(axis=1)
        visibles[nom] = table[nom].where(permis)
    return visibles


def citer(valeur: object, champ: Mapping) -> str:
    """« valeur », ou le seul fait qu'il y en a une si la colonne est réservée."""
    return f"« {valeur} »" if champ.get("publiable") is True else TU


def taire(message: str, secrets: Iterable[str]) -> str:
    """Le message, chaque citation qui contient un de ces textes remplacée."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        mot = re.compile(rf"(?<!\w){re.escape(secret)}(?!\w)")
        message = CITATION.sub(lambda c, mot=mot: TU if mot.search(c[0]) else c[0], message)
    return message


def fautes_des_marques(racine: Path) -> list[Faute]:
    """Les colonnes des schémas dont une marque manque, ou n'est ni true ni false."""
    fautes = []
    for chemin in sorted((racine / "data" / "schemas").glob("*.json")):
        lieu = chemin.relative_to(racine).as_posix()
        for champ in json.loads(chemin.read_text("utf-8"))["fields"]:
            fautes += [
                Faute(lieu, f"colonne « {champ['name']} » : la marque « {marque} » manque",
                      f'Écrire "{marque}": true ou false.')
                for marque in MARQUES if not isinstance(champ.get(marque), bool)
            ]
    return fautes
