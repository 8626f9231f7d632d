"""Le descripteur `datapackage.json` : ses schémas sont recopiés de `data/schemas/`.

Un paquet Frictionless ne peut pas désigner un fichier hors de son dossier ; les schémas, communs à
toutes les éditions, y sont donc recopiés par ce module (`make paquet`), jamais à la main.
"""

from __future__ import annotations

import json

from bilan.projet import Edition, Projet
from bilan.tables import lire_paquet, lire_schemas


def avec_schemas(edition: Edition) -> dict:
    """Le descripteur, chaque ressource portant le schéma de sa table tel qu'il est aujourd'hui."""
    schemas = lire_schemas(edition.racine)
    paquet = lire_paquet(edition)
    for ressource in paquet["resources"]:
        if ressource["name"] in schemas:
            ressource["schema"] = schemas[ressource["name"]]
    return paquet


def recopier(edition: Edition) -> None:
    """Réécrit `datapackage.json` avec les schémas d'aujourd'hui."""
    texte = json.dumps(avec_schemas(edition), ensure_ascii=False, indent=2) + "\n"
    (edition.donnees / "datapackage.json").write_text(texte, "utf-8")


if __name__ == "__main__":
    projet = Projet.trouver()
    for code in projet.editions():
        recopier(projet.edition(code))
