"""Écrit, dans une copie du projet, une édition simulée d'autant de territoires qu'on veut.

    python bench/edition_simulee.py DOSSIER --territoires 1000 --graine 1

Chaque territoire de plus reprend les lignes d'un de ceux de l'édition, avec ses propres codes : les
parts restent celles de l'édition, donc ses textes et ses constats restent vrais. `--acteurs` porte
de même la table des acteurs à ce nombre de lignes au moins. Pour mesurer la chaîne à grande
échelle, et à rien d'autre.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
from pathlib import Path

import pandas as pd

RACINE = Path(__file__).resolve().parent.parent
EDITION = "2022-2024"
PARTS = ("params", "data", "notebooks", "report", "_quarto.yml", "index.qmd")
# Ce qu'un territoire ne partage avec aucun autre.
CLES = ("acteur", "action", "participant", "entretien")
# Un périmètre ne se copie pas : deux territoires n'ont pas la même commune.
UNIQUES = ("perimetres",)


def simuler(dossier: Path, nombre: int, graine: int, acteurs: int = 0) -> None:
    """Copie le projet dans `dossier`, qui ne doit pas exister, et y porte l'édition à `nombre`.

    `acteurs` : le moins de lignes que doit avoir leur table ; chacun est copié autant de fois.
    Lève `SystemExit` s'il y a moins de territoires demandés que l'édition n'en a.
    """
    copier(dossier)
    donnees = dossier / "data" / EDITION
    noms = _lire(donnees / "territoires.csv")["territoire"].tolist()
    if nombre < len(noms):
        raise SystemExit(f"--territoires {nombre} : écrire {len(noms)}, ou plus.")
    modeles = _modeles(noms, nombre - len(noms), graine)
    for chemin in sorted(donnees.glob("*.csv")):
        table = _lire(chemin)
        if "territoire" in table and chemin.stem not in UNIQUES:
            table = _copier(table, modeles)
            if chemin.stem == "acteurs":
                table = _repeter(table, acteurs)
            table.to_csv(chemin, index=False, lineterminator="\n")
    _dire_simulees(donnees / "datapackage.json")
    if modeles:
        _adapter(dossier / "params" / EDITION, [*noms, *modeles])


def copier(dossier: Path) -> None:
    """Copie dans `dossier`, qui ne doit pas exister, ce que la chaîne lit du projet."""
    dossier.mkdir(parents=True)
    for nom in PARTS:
        source = RACINE / nom
        (shutil.copytree if source.is_dir() else shutil.copy)(source, dossier / nom)


def _modeles(noms: list[str], nombre: int, graine: int) -> dict[str, str]:
    """Le code de chaque territoire de plus, et celui dont il reprend les lignes.

    Chacun sert autant de fois que les autres, à un près ; la graine fixe l'ordre.
    """
    hasard, tires = random.Random(graine), []
    while len(tires) < nombre:
        tires += hasard.sample(noms, len(noms))
    return {f"{modele}-{rang:05}": modele for rang, modele in enumerate(tires[:nombre], 1)}


def _lire(chemin: Path) -> pd.DataFrame:
    return pd.read_csv(chemin, dtype=str, keep_default_na=False)


def _copier(table: pd.DataFrame, modeles: dict[str, str]) -> pd.DataFrame:
    par_territoire = dict(list(table.groupby("territoire", sort=False)))
    copies = [table]
    for rang, (code, modele) in enumerate(modeles.items(), 1):
        if modele not in par_territoire:
            continue
        copie = par_territoire[modele].copy()
        copie["territoire"] = code
        for cle in copie.columns.intersection(CLES):
            copie[cle] += f"-{rang:05}"
        if "laureat" in copie:
            copie["ordre"] = str(len(par_territoire) + rang)
            copie["nom"] += f" {rang}"
        copies.append(copie)
    return pd.concat(copies, ignore_index=True)


def _repeter(table: pd.DataFrame, nombre: int) -> pd.DataFrame:
    """Les mêmes lignes, sous d'autres codes, jusqu'à `nombre` au moins."""
    fois = max(1, -(-nombre // len(table)))
    return pd.concat([table, *(table.assign(acteur=table["acteur"] + f"-r{rang}")
                               for rang in range(1, fois))], ignore_index=True)


def _dire_simulees(chemin: Path) -> None:
    paquet = json.loads(chemin.read_text("utf-8"))
    for table in paquet["resources"]:
        if table["nature"] == "reconstituee":
            table["nature"] = "simulee"
    chemin.write_text(json.dumps(paquet, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _adapter(params: Path, codes: list[str]) -> None:
    """Inscrit les fiches, et désarme ce qui n'est vrai que de l'effectif d'origine."""
    liste = json.dumps(codes, ensure_ascii=False)
    _remplacer(params / "edition.yml", r"^fiches:.*$", f"fiches: {liste}")
    # Un carnet de catégorie porte tous les chiffres de ses territoires.
    _remplacer(params / "edition.yml", r"^sorties_max_mo:.*$",
               f"sorties_max_mo: {max(20, len(codes) // 10)}")
    _remplacer(params / "constats.yml", r"^    condition:.*(\n {6}.*)*$",
               '    condition: "ensemble.territoires_base >= 1"')
    _remplacer(params / "contradictions.yml", r"^  controles: \[identites\.presences.*$",
               "  controles: []")
    _remplacer(params / "identites.yml", r"^  - code: presences.*\n(?:(?!  - code:).*\n)*", "")


def _remplacer(chemin: Path, motif: str, par: str) -> None:
    texte, fois = re.subn(motif, lambda _: par, chemin.read_text("utf-8"), flags=re.MULTILINE)
    if not fois:
        raise SystemExit(f"{chemin} : rien n'y répond à « {motif} ». Adapter bench/.")
    chemin.write_text(texte, "utf-8")


def principal() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("dossier", type=Path)
    arguments.add_argument("--territoires", type=int, required=True)
    arguments.add_argument("--graine", type=int, default=1)
    arguments.add_argument("--acteurs", type=int, default=0)
    options = arguments.parse_args()
    simuler(options.dossier, options.territoires, options.graine, options.acteurs)


if __name__ == "__main__":
    principal()
