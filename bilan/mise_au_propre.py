"""Le carnet exécuté, prêt à publier : sans durées ni chemins, ses étiquettes uniques.

Ce que les objets affichés disent d'eux-mêmes (titre, texte de remplacement, chiffres) passe des
métadonnées de sortie aux options de cellule que lisent Quarto et l'assembleur embarqué.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from bilan.erreurs import ErreurBilan
from bilan.markdown import lisible
from bilan.registre import Chiffre

OPTION = re.compile(r"^#\| *(?P<cle>[a-z-]+): *(?P<valeur>.*)$")


def mettre_au_propre(
    carnet: NotebookNode, nom: str, territoire: str | None
) -> tuple[NotebookNode, list[Chiffre]]:
    """Le carnet publiable et les chiffres que ses cellules versent au registre."""
    chiffres: list[Chiffre] = []
    cellules = []
    for rang, cellule in enumerate(carnet.cells):
        etiquettes = cellule.metadata.get("tags", [])
        cellule.metadata = NotebookNode({"tags": etiquettes})
        cellule.id = f"c{rang:02d}"
        if cellule.cell_type == "code":
            cellule = _cellule_de_code(cellule, nom, territoire, chiffres)
        # Un chapitre commence par son titre, même s'il a fallu du code pour l'écrire.
        cellules.insert(0 if "titre" in etiquettes else len(cellules), cellule)
    carnet.cells = cellules
    carnet.metadata = NotebookNode(
        {"kernelspec": carnet.metadata.get("kernelspec", {}),
         "language_info": {"name": "python"}}
    )
    return carnet, chiffres


def _cellule_de_code(
    cellule: NotebookNode, nom: str, territoire: str | None, chiffres: list[Chiffre]
) -> NotebookNode:
    options, code = lire_options(cellule.source)
    cellule.execution_count = None
    for sortie in cellule.outputs:
        if sortie.output_type == "error":
            raise ErreurBilan(f"{nom} : une cellule en erreur a passé l'exécution.")
        if "execution_count" in sortie:
            sortie.execution_count = None
        dit = sortie.get("metadata", {}).get("bilan", {})
        if "metadata" in sortie:
            sortie.metadata = NotebookNode()
        lieu = options.get("label") or cellule.id
        chiffres += [
            replace(Chiffre.depuis_dict(c), carnet=nom, cellule=lieu)
            for c in dit.get("chiffres", [])
        ]
        if "legende" in dit:
            options.setdefault("fig-cap", dit["legende"])
            options.setdefault("fig-alt", lisible(dit["alternative"]))
    if "titre" in cellule.metadata.tags:
        return new_markdown_cell(cellule.outputs[0]["data"]["text/markdown"], id=cellule.id)
    if territoire and "label" in options:
        # Le même carnet sert plusieurs fois : une étiquette ne vaut qu'une fois par livre.
        options["label"] += f"-{territoire}"
    cellule.source = ecrire_options(options) + code
    return cellule


def lire_options(source: str) -> tuple[dict[str, str], str]:
    """Les options `#| cle: valeur` en tête d'une cellule, et le code qui reste."""
    options = {}
    lignes = source.split("\n")
    while lignes and (trouve := OPTION.match(lignes[0])):
        valeur = trouve["valeur"].strip()
        options[trouve["cle"]] = json.loads(valeur) if valeur.startswith('"') else valeur
        lignes.pop(0)
    return options, "\n".join(lignes)


def ecrire_options(options: dict[str, str]) -> str:
    """L'inverse de `lire_options` ; une chaîne JSON est aussi du YAML."""
    textes = {
        cle: json.dumps(valeur, ensure_ascii=False) if cle.startswith("fig-") else valeur
        for cle, valeur in options.items()
    }
    return "".join(f"#| {cle}: {valeur}\n" for cle, valeur in textes.items())
