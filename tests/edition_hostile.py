"""Une édition dont chaque texte libre, des tables et des paramètres, est une chaîne hostile."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from ruamel.yaml import YAML

from bilan.carnet import Bilan
from bilan.construire import executer_a_jour, publier
from bilan.deja_construit import entrees
from bilan.executeur_local import executer_ici
from bilan.projet import Projet
from bilan.tableur import en_csv
from bilan.terminal import SuiviParLignes
from tests.conftest import EDITION

# Ce qui, des paramètres, s'imprime et se tape librement.
AFFICHES = {
    "edition.yml": ("titre", "sous_titre", "region", "mention", "date_affichee"),
    "glossaire.yml": ("sigle", "developpe"),
    "indicateurs.yml": ("nom", "question", "lecture", "calcul"),
    "logigramme.yml": ("titre", "libelle"),
}


def remplir(projet: Path, textes: list[str]) -> dict[str, list[str]]:
    """Remplace chaque texte libre de l'édition, à tour de rôle ; rend ce que chacun a reçu."""
    suite, poses = cycle(textes), {}
    for chemin in sorted((projet / "data" / EDITION).glob("*.csv")):
        poses |= _table(projet, chemin, suite)
    for nom, cles in AFFICHES.items():
        poses[nom] = _parametres(projet / "params" / EDITION / nom, cles, suite)
    return poses


def _table(projet: Path, chemin: Path, suite: Iterator[str]) -> dict[str, list[str]]:
    schema = json.loads((projet / f"data/schemas/{chemin.stem}.json").read_text("utf-8"))
    liees = {c for cle in schema.get("foreignKeys", []) for c in cle["fields"]}
    libres = [c["name"] for c in schema["fields"]
              if c["type"] == "string" and c["name"] not in liees
              and not {"enum", "pattern"} & set(c.get("constraints", {}))]
    with chemin.open(encoding="utf-8", newline="") as flux:
        lignes = list(csv.DictReader(flux))
    poses = {f"{chemin.stem}.{c}": [] for c in libres}
    for ligne in lignes:
        for colonne in libres:
            if ligne[colonne]:
                ligne[colonne] = next(suite)
                poses[f"{chemin.stem}.{colonne}"].append(ligne[colonne])
    noms = list(lignes[0])
    chemin.write_text(en_csv([noms, *([li[n] for n in noms] for li in lignes)]), "utf-8",
                      newline="")
    return poses


def _parametres(chemin: Path, cles: tuple[str, ...], suite: Iterator[str]) -> list[str]:
    yaml, poses = YAML(), []
    contenu = yaml.load(chemin.read_text("utf-8"))

    def parcourir(noeud) -> None:
        if isinstance(noeud, list):
            for element in noeud:
                parcourir(element)
        elif isinstance(noeud, dict):
            for cle, valeur in noeud.items():
                if cle in cles and isinstance(valeur, str):
                    noeud[cle] = next(suite)
                    poses.append(noeud[cle])
                parcourir(valeur)

    parcourir(contenu)
    with chemin.open("w", encoding="utf-8") as flux:
        yaml.dump(contenu, flux)
    return poses


def construire(racine: Path) -> None:
    """Exécute et publie sans vérifier : la cohérence de ces textes n'est pas en cause."""
    bilan = Bilan(EDITION, Projet(racine))
    depart = entrees(bilan.edition, "pandoc")
    executer_a_jour(bilan, executer_ici(), SuiviParLignes())
    publier(bilan, SuiviParLignes(), "pandoc", depart=depart)


if __name__ == "__main__":
    construire(Path(sys.argv[1]))
