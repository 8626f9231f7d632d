"""Le paquet de données tel qu'il se diffuse : sans les colonnes que les schémas réservent."""

from __future__ import annotations

import csv
import io
import json

from bilan.erreurs import ErreurBilan, Faute
from bilan.parametres import Parametres
from bilan.projet import Edition, est_un_nom
from bilan.publiable import reservees
from bilan.tables import lire_paquet
from bilan.tableur import en_csv


def donnees_diffusables(edition: Edition) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """Les fichiers de `data/`, par chemin, et les colonnes retirées, par table.

    Une table publiée ou reconstituée part entière ; d'une table observée, seules les colonnes que
    son schéma dit publiables. Si sa clé n'en est pas, aucune ligne : chacune est d'une personne, et
    leur nombre par session ou par territoire est un petit effectif.
    """
    paquet, retires = lire_paquet(edition), {}
    protegees = {"observee", *Parametres(edition).generaux.personnes.natures}
    dossier = f"data/{edition.code}"
    fichiers = {}
    for ressource in paquet["resources"]:
        if not est_un_nom(ressource["path"]):
            raise ErreurBilan(Faute(f"{dossier}/datapackage.json",
                                    f"« {ressource['path']} » n'est pas un fichier de ce dossier",
                                    "Écrire son nom seul."))
        octets = (edition.donnees / ressource["path"]).read_bytes()
        reserves = reservees(ressource["schema"]) if ressource["nature"] in protegees else []
        if reserves:
            retires[ressource["name"]] = reserves
            octets = _sans_colonnes(octets, reserves,
                                    lignes=not {*ressource["schema"]["primaryKey"]} & {*reserves})
            ressource["schema"] = _sans_champs(ressource["schema"], reserves)
        fichiers[f"{dossier}/{ressource['path']}"] = octets
    for ressource in paquet["resources"]:
        _sans_references(ressource["schema"], retires)
    texte = json.dumps(paquet, ensure_ascii=False, indent=2) + "\n"
    fichiers[f"{dossier}/datapackage.json"] = texte.encode()
    fichiers |= {f"data/schemas/{f.name}": f.read_bytes()
                 for f in sorted((edition.racine / "data" / "schemas").glob("*.json"))}
    return fichiers, retires


def _sans_colonnes(octets: bytes, reserves: list[str], *, lignes: bool) -> bytes:
    lues = csv.DictReader(io.StringIO(octets.decode("utf-8-sig"), newline=""))
    gardees = [c for c in lues.fieldnames or () if c not in reserves]
    return en_csv([gardees, *([li[c] for c in gardees] for li in lues if lignes)]).encode()


def _sans_champs(schema: dict, reserves: list[str]) -> dict:
    """Le schéma sans ces champs ; une clé qui en contenait un n'en est plus une."""
    reste = schema | {"fields": [c for c in schema["fields"] if c["name"] not in reserves]}
    if set(reste.get("primaryKey", ())) & set(reserves):
        del reste["primaryKey"]
    return reste


def _sans_references(schema: dict, retires: dict[str, list[str]]) -> None:
    """Oublie les liens qui partent d'une colonne retirée, ou qui y mènent."""
    noms = {c["name"] for c in schema["fields"]}
    if "foreignKeys" in schema:
        schema["foreignKeys"] = [
            cle for cle in schema["foreignKeys"]
            if set(cle["fields"]) <= noms and not set(cle["reference"]["fields"])
            & set(retires.get(cle["reference"]["resource"], ()))
        ]
