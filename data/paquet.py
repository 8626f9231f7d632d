"""Compose `data/<edition>/datapackage.json` : le descripteur de l'édition, et les schémas.

Un schéma s'écrit une seule fois, dans `data/schemas/`, pour toutes les éditions. Le paquet de
données ne peut pas y renvoyer (`../schemas/…`) : frictionless refuse, par sûreté, tout chemin qui
sort du dossier du paquet. Chaque schéma est donc recopié ici dans le paquet, par ce script et
jamais à la main. Ce qui s'écrit à la main est `data/<edition>/descripteur.json`.

    python data/paquet.py               compose le paquet de chaque édition
    python data/paquet.py --verifier    compare sans écrire ; sort 1 s'ils diffèrent
"""

import argparse
import json
import sys
from pathlib import Path

ICI = Path(__file__).resolve().parent
# Ce qu'il faut savoir pour lire un CSV de ce projet, dit à chaque ressource.
LECTURE = {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}


def composer(descripteur: dict, schemas: Path) -> dict:
    """Le paquet : le descripteur, et dans chaque ressource son fichier et son schéma."""
    ressources = []
    for ressource in descripteur["resources"]:
        nom = ressource["name"]
        schema = json.loads((schemas / f"{nom}.json").read_text("utf-8"))
        ressources.append(ressource | {"path": f"{nom}.csv"} | LECTURE | {"schema": schema})
    return descripteur | {"resources": ressources}


def principal() -> int:
    """Écrit le paquet de chaque édition, ou le compare à celui qui est là."""
    analyseur = argparse.ArgumentParser(description="Compose les paquets de données.")
    analyseur.add_argument("--verifier", action="store_true", help="compare sans rien écrire")
    verifier = analyseur.parse_args().verifier
    differents = []
    for chemin in sorted(ICI.glob("*/descripteur.json")):
        paquet = composer(json.loads(chemin.read_text("utf-8")), ICI / "schemas")
        texte = json.dumps(paquet, ensure_ascii=False, indent=2) + "\n"
        cible = chemin.with_name("datapackage.json")
        if not verifier:
            cible.write_text(texte, "utf-8", newline="\n")
        elif not cible.is_file() or cible.read_text("utf-8") != texte:
            differents.append(f"data/{cible.parent.name}/{cible.name}")
    if differents:
        print("À recomposer (python data/paquet.py) : " + ", ".join(differents), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(principal())
