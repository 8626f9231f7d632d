"""Les tables dont il est sûr, colonne par colonne, que frictionless n'y trouverait rien.

Frictionless lit ligne à ligne et dit chaque faute ; une table de cent mille lignes lui prend une
minute. Ce module ne dit aucune faute : il reconnaît vite ce qui est sain, et laisse à frictionless
tout ce dont il doute. Il peut douter à tort ; il ne doit jamais se fier à tort.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

ENTIER, NOMBRE = re.compile(r"-?[0-9]{1,18}"), re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
JOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Ce que ce module sait lire d'une ressource, d'un schéma et d'un champ ; au-delà, il doute.
RESSOURCE = {"name", "title", "nature", "description", "path", "format", "mediatype", "encoding",
             "schema"}
SCHEMA = {"title", "description", "collecte", "facultative", "fields", "missingValues",
          "primaryKey", "foreignKeys"}
CHAMP = {"name", "title", "description", "type", "example", "constraints", "libelles", "personnel",
         "publiable", "trueValues", "falseValues"}
CONTRAINTES = {"required", "enum", "unique", "minimum", "maximum", "pattern"}

# Fait douter, où que ce soit : nul, retour chariot, marque d'ordre des octets.
DOUTEUX = (b"\0", b"\r", "\ufeff".encode())

Colonnes = dict[str, tuple]


def saines(ressources: Iterable[dict], dossier: Path) -> set[str]:
    """Les noms des tables sans aucune faute, renvois compris."""
    ressources = list(ressources)
    lues = {r["name"]: colonnes for r in ressources
            if (colonnes := _lire(r, dossier)) is not None}
    return {r["name"] for r in ressources
            if r["name"] in lues and all(_renvoi_sain(r["name"], cle, lues)
                                         for cle in r["schema"].get("foreignKeys", []))}


def _lire(ressource: dict, dossier: Path) -> Colonnes | None:
    """Les valeurs de chaque colonne, converties ; None au moindre doute."""
    schema = ressource.get("schema")
    if not (ressource.keys() <= RESSOURCE and isinstance(schema, dict) and schema.keys() <= SCHEMA
            and schema.get("missingValues") == [""]
            and ressource.get("encoding") == "utf-8" and ressource.get("format") == "csv"
            and ressource.get("path") == f"{ressource['name']}.csv"):
        return None
    brutes = _decouper(dossier / ressource["path"], [c["name"] for c in schema["fields"]])
    if brutes is None:
        return None
    colonnes = {c["name"]: _convertir(valeurs, c)
                for c, valeurs in zip(schema["fields"], brutes, strict=True)}
    cle = schema.get("primaryKey", [])
    if None in colonnes.values() or (cle and not _unique(colonnes, cle)):
        return None
    return colonnes


def _decouper(chemin: Path, noms: list[str]) -> list[list[str]] | None:
    """Les cellules de chaque colonne, telles qu'elles sont écrites ; None au moindre doute."""
    vues: dict[str, str] = {}  # chaque valeur une fois en mémoire, si souvent qu'elle revienne
    colonnes: list[list[str]] = [[] for _ in noms]
    try:
        octets = chemin.read_bytes()
        lecteur = csv.reader(io.TextIOWrapper(io.BytesIO(octets), "utf-8", newline=""), strict=True)
        if any(signe in octets for signe in DOUTEUX) or next(lecteur, None) != noms:
            return None
        for ligne in lecteur:
            if len(ligne) != len(noms) or not any(ligne):
                return None
            for colonne, valeur in zip(colonnes, ligne, strict=True):
                colonne.append(vues.setdefault(valeur, valeur))
    except (OSError, ValueError, csv.Error):
        return None
    return colonnes


def _convertir(valeurs: list[str], champ: dict) -> tuple | None:
    """Les valeurs de la colonne, None où elle est vide ; None si l'une pourrait être fautive."""
    contraintes = champ.get("constraints", {})
    if not (champ.keys() <= CHAMP and contraintes.keys() <= CONTRAINTES):
        return None
    differentes = set(valeurs)
    if contraintes.get("required") and "" in differentes:
        return None
    if champ["type"] == "string" and "pattern" not in contraintes:
        converties = {v: v or None for v in differentes}
    else:
        converties = {v: _valeur(v, champ) if v else None for v in differentes}
    if any(converties[v] is None for v in differentes if v):
        return None
    remplies = [v for v in converties.values() if v is not None]
    if not _permises(remplies, champ["type"], contraintes):
        return None
    if contraintes.get("unique") and not (
            "" not in differentes and len(differentes) == len(valeurs)
            and len(set(remplies)) == len(remplies)):
        return None
    return tuple(map(converties.__getitem__, valeurs))


def _valeur(valeur: str, champ: dict) -> object:
    """La valeur dans le type de son champ, si son écriture est la plus ordinaire ; sinon None."""
    match champ["type"]:
        case "string":
            return valeur if re.fullmatch(champ["constraints"]["pattern"], valeur) else None
        case "integer" if ENTIER.fullmatch(valeur):
            return int(valeur)
        case "number" if NOMBRE.fullmatch(valeur):
            return Decimal(valeur)
        case "boolean" if champ.get("trueValues") == ["true"] and (
                champ.get("falseValues") == ["false"]):
            return {"true": True, "false": False}.get(valeur)
        case "date" if JOUR.fullmatch(valeur):
            try:
                return datetime.date.fromisoformat(valeur)
            except ValueError:
                return None
    return None


def _permises(valeurs: list, genre: str, contraintes: dict) -> bool:
    """Vrai si toutes sont de la liste et entre les bornes."""
    if not valeurs:
        return True
    if "enum" in contraintes:
        admises = contraintes["enum"]
        if genre in ("integer", "number"):
            admises = [Decimal(str(v)) for v in admises]
        if not set(valeurs) <= set(admises):
            return False
    bas, haut = contraintes.get("minimum"), contraintes.get("maximum")
    if bas is None and haut is None:
        return True
    return (genre in ("integer", "number")
            and (bas is None or min(valeurs) >= Decimal(str(bas)))
            and (haut is None or max(valeurs) <= Decimal(str(haut))))


def _unique(colonnes: Colonnes, cle: list[str]) -> bool:
    """Vrai si la clé est remplie partout, et chaque fois une autre."""
    if not all(c in colonnes and None not in colonnes[c] for c in cle):
        return False
    cles = list(zip(*(colonnes[c] for c in cle), strict=True))
    return len(set(cles)) == len(cles)


def _renvoi_sain(table: str, cle: dict, lues: Mapping[str, Colonnes]) -> bool:
    """Vrai si chaque clé étrangère, vide en entier ou remplie, existe dans la table citée, lue."""
    citee = lues.get(cle["reference"]["resource"] or table)
    if citee is None or not all(c in citee for c in cle["reference"]["fields"]):
        return False
    connues = set(zip(*(citee[c] for c in cle["reference"]["fields"]), strict=True))
    cles = set(zip(*(lues[table][c] for c in cle["fields"]), strict=True))
    remplies = {c for c in cles if set(c) != {None}}
    return remplies <= connues and not any(None in c for c in remplies)
