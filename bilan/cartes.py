"""Derrière chaque chiffre du site : les cartes qui disent sa provenance, le registre en CSV."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path

from bilan.chapitres_lus import chiffres_montres
from bilan.markdown import apostrophes
from bilan.registre import Chiffre, Registre
from bilan.style import TERRITOIRES_NOMMES
from bilan.tableur import en_csv

COLONNES = ("code", "libelle", "texte", "valeur", "unite", "numerateur", "denominateur", "cible",
            "territoire", "nature", "definition", "regle", "tables", "carnet", "cellule")
# Un compte se lit sur la carte du résultat dont il est une part.
PARTS = ("numerateur", "denominateur", "rapport")


def ecrire(livre: Path, sortie: Path, pages: Collection[str] | None = None) -> None:
    """Écrit `chiffres.csv`, et par page, dans `chiffres/`, les cartes des chiffres qu'elle montre.

    Ce sont des scripts, que cartes.js lit même dans un dossier ouvert sans serveur. `pages` :
    celles-là seulement.
    """
    contenu = json.loads(livre.read_text("utf-8"))
    registre = Registre.lire(Path(contenu["registre"]))
    (sortie / "chiffres").mkdir(exist_ok=True)
    for page, codes in chiffres_montres(livre).items():
        if pages is None or page in pages:
            (sortie / "chiffres" / f"{page}.js").write_text(
                _script(_cartes(codes, registre, contenu)), "utf-8")
    lignes = (c.en_dict() | {"tables": " ".join(c.tables)} for c in registre)
    table = en_csv([COLONNES, *([li[c] for c in COLONNES] for li in lignes)], pour_tableur=True)
    (sortie / "chiffres.csv").write_text(table, "utf-8", newline="")


def _script(cartes: dict[str, dict]) -> str:
    texte = json.dumps(cartes, ensure_ascii=False, separators=(",", ":"))
    # « </ » ne doit pas pouvoir fermer une balise si ce texte est un jour placé dans une page.
    return f"window.BILAN_CHIFFRES={texte};\n".replace("</", "<\\/")


def _cartes(codes: Iterable[str], registre: Registre, livre: dict) -> dict[str, dict]:
    """La carte de chaque chiffre, et celle où mène un compte."""
    cartes = {code: _carte(registre[code], registre, livre) for code in codes}
    voisins = {carte["voir"] for carte in cartes.values() if "voir" in carte} - cartes.keys()
    return cartes | {code: _carte(registre[code], registre, livre)
                     for code in sorted(voisins) if code in registre}


def _carte(chiffre: Chiffre, registre: Registre, livre: dict) -> dict:
    """Les lignes d'une carte, déjà en mots ; les vides sont omises."""
    tete, _, suite = chiffre.code.partition(".")
    genre, _, territoire = suite.partition(".")
    if genre in PARTS:
        return {"voir": ".".join(filter(None, [tete, "resultat", territoire]))}
    publie = registre.get(f"publie.{tete}") if suite == "resultat" else None
    carnet = chiffre.carnet
    lignes = {
        "libelle": chiffre.libelle,
        "texte": chiffre.texte,
        "rapport": chiffre.rapport and _rapport(chiffre.rapport),
        "territoire": livre["territoires"].get(chiffre.territoire),
        "definition": chiffre.definition,
        "regle": chiffre.regle,
        "nature": livre["natures"].get(chiffre.nature, chiffre.nature),
        "lignes": _lignes_par_territoire(tete, registre, livre) if suite == "resultat" else None,
        "publie": publie and publie.texte,
        "carnet": carnet and f"../notebooks/{carnet}.ipynb",
        "cellule": carnet and f"carnet {carnet}, cellule {chiffre.cellule}",
    }
    return {cle: apostrophes(valeur) for cle, valeur in lignes.items() if valeur}


def _rapport(rapport: str) -> str:
    numerateur, denominateur = rapport.split("/")
    return f"{numerateur} sur {denominateur}"


def _lignes_par_territoire(indicateur: str, registre: Registre, livre: dict) -> str | None:
    """« CABBALR 28/75, Douaisis 32/80 » : ce que chaque territoire apporte au résultat.

    Rien quand ils sont trop nombreux pour se lire un par un : `chiffres.csv` les a tous.
    """
    if len(livre["territoires"]) > TERRITOIRES_NOMMES:
        return None
    rapports = [
        (nom, registre.get(f"{indicateur}.resultat.{slug}"))
        for slug, nom in livre["territoires"].items()
    ]
    return ", ".join(f"{nom} {chiffre.rapport}" for nom, chiffre in rapports if chiffre)
