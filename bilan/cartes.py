"""Derrière chaque chiffre du site : les cartes qui disent sa provenance, le registre en CSV."""

from __future__ import annotations

import json
from pathlib import Path

from bilan.markdown import apostrophes
from bilan.tableur import en_csv

COLONNES = ("code", "libelle", "texte", "valeur", "unite", "numerateur", "denominateur", "cible",
            "territoire", "nature", "definition", "regle", "tables", "carnet", "cellule")
# Un compte se lit sur la carte du résultat dont il est une part.
PARTS = ("numerateur", "denominateur", "rapport")


def ecrire(livre: dict, sortie: Path) -> None:
    """Écrit `chiffres.js` (lu par cartes.js, même ouvert depuis un dossier) et `chiffres.csv`."""
    chiffres = json.loads(Path(livre["registre"]).read_text("utf-8"))["chiffres"]
    cartes = {code: _carte(chiffre, chiffres, livre) for code, chiffre in chiffres.items()}
    # « </ » ne doit pas pouvoir fermer une balise si ce texte est un jour placé dans une page.
    texte = json.dumps(cartes, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    (sortie / "chiffres.js").write_text(f"window.BILAN_CHIFFRES={texte};\n", "utf-8")
    lignes = (chiffre | {"tables": " ".join(chiffre["tables"])} for chiffre in chiffres.values())
    table = en_csv([COLONNES, *([li[c] for c in COLONNES] for li in lignes)], pour_tableur=True)
    (sortie / "chiffres.csv").write_text(table, "utf-8", newline="")


def _carte(chiffre: dict, chiffres: dict, livre: dict) -> dict:
    """Les lignes d'une carte, déjà en mots ; les vides sont omises."""
    tete, _, suite = chiffre["code"].partition(".")
    genre, _, territoire = suite.partition(".")
    if genre in PARTS:
        return {"voir": ".".join(filter(None, [tete, "resultat", territoire]))}
    publie = chiffres.get(f"publie.{tete}") if suite == "resultat" else None
    carnet = chiffre["carnet"]
    lignes = {
        "libelle": chiffre["libelle"],
        "texte": chiffre["texte"],
        "rapport": chiffre["rapport"] and _rapport(chiffre),
        "territoire": livre["territoires"].get(chiffre["territoire"]),
        "definition": chiffre["definition"],
        "regle": chiffre["regle"],
        "nature": livre["natures"].get(chiffre["nature"], chiffre["nature"]),
        "lignes": _lignes_par_territoire(tete, chiffres, livre) if suite == "resultat" else None,
        "publie": publie and publie["texte"],
        "carnet": carnet and f"../notebooks/{carnet}.ipynb",
        "cellule": carnet and f"carnet {carnet}, cellule {chiffre['cellule']}",
    }
    return {cle: apostrophes(valeur) for cle, valeur in lignes.items() if valeur}


def _rapport(chiffre: dict) -> str:
    numerateur, denominateur = chiffre["rapport"].split("/")
    return f"{numerateur} sur {denominateur}"


def _lignes_par_territoire(indicateur: str, chiffres: dict, livre: dict) -> str:
    """« CABBALR 28/75, Douaisis 32/80 » : ce que chaque territoire apporte au résultat."""
    rapports = [
        (nom, chiffres.get(f"{indicateur}.resultat.{slug}"))
        for slug, nom in livre["territoires"].items()
    ]
    return ", ".join(f"{nom} {chiffre['rapport']}" for nom, chiffre in rapports if chiffre)
