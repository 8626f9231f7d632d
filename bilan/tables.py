"""Les tables d'une édition, lues selon leur schéma (Table Schema)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pandas as pd

from bilan.erreurs import ErreurBilan, Faute
from bilan.projet import Edition
from bilan.publiable import citer

TYPES = {"integer": "Int64", "number": "Float64", "boolean": "boolean"}
BOOLEENS = {"true": True, "false": False}


@cache
def lire_schemas(racine: Path) -> dict[str, dict]:
    """Les schémas de `data/schemas/`, par nom de table."""
    return {
        chemin.stem: json.loads(chemin.read_text("utf-8"))
        for chemin in sorted((racine / "data" / "schemas").glob("*.json"))
    }


def lire_paquet(edition: Edition) -> dict:
    """Le descripteur `datapackage.json` de l'édition."""
    chemin = edition.donnees / "datapackage.json"
    try:
        return json.loads(chemin.read_text("utf-8"))
    except FileNotFoundError:
        raise ErreurBilan(Faute(edition.relatif(chemin), "le fichier manque")) from None
    except json.JSONDecodeError as erreur:
        raise ErreurBilan(
            Faute(edition.relatif(chemin), "ce n'est pas un paquet de données lisible",
                  "Le rétablir.", erreur.lineno)
        ) from None


def lire_tables(edition: Edition) -> dict[str, pd.DataFrame]:
    """Toutes les tables de l'édition, typées.

    Lève `ErreurBilan` si un fichier manque, si une colonne manque ou si une valeur n'est pas
    du type du schéma. Le contrôle complet est celui de `bilan verifier`.
    """
    return {nom: lire_table(edition, nom) for nom in lire_schemas(edition.racine)}


def lire_table(edition: Edition, nom: str, au_plus: int | None = None) -> pd.DataFrame:
    """Une table : une ligne par enregistrement, les colonnes du schéma, vides = NA.

    Une table facultative dont le fichier manque n'a pas de ligne. `au_plus` : s'arrêter à tant de
    lignes.
    """
    chemin = edition.donnees / f"{nom}.csv"
    lieu = edition.relatif(chemin)
    schema = lire_schemas(edition.racine)[nom]
    if schema.get("facultative") and not chemin.exists():
        return pd.DataFrame({c["name"]: pd.Series(dtype="string") for c in schema["fields"]})
    try:
        brut = pd.read_csv(chemin, dtype="string", keep_default_na=False, na_values=[""],
                           encoding="utf-8", nrows=au_plus)
    except FileNotFoundError:
        raise ErreurBilan(Faute(lieu, "le fichier manque")) from None
    except UnicodeDecodeError:
        raise ErreurBilan(
            Faute(lieu, "le fichier n'est pas en UTF-8", "L'enregistrer en CSV UTF-8.")
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        raise ErreurBilan(
            Faute(lieu, "le fichier n'est pas un CSV lisible", "Séparateur attendu : la virgule.")
        ) from None
    colonnes = {}
    for champ in schema["fields"]:
        if champ["name"] not in brut.columns:
            trouvees = ", ".join(brut.columns[:12])
            raise ErreurBilan(
                Faute(lieu, f"la colonne « {champ['name']} » manque", f"Trouvées : {trouvees}.", 1)
            )
        colonnes[champ["name"]] = _typer(brut[champ["name"]], champ, lieu)
    return pd.DataFrame(colonnes)


def _typer(serie: pd.Series, champ: dict, lieu: str) -> pd.Series:
    """La colonne de textes, vides = NA, dans le type de son champ."""
    genre = champ["type"]
    if genre == "boolean":
        typees = serie.map(BOOLEENS, na_action="ignore")
    elif genre in ("integer", "number"):
        typees = pd.to_numeric(serie, errors="coerce")
    else:
        return serie
    fautifs = serie.notna() & typees.isna()
    if fautifs.any():
        rang = int(fautifs.to_numpy().argmax())
        attendu = "true ou false" if genre == "boolean" else "un nombre (virgule = point)"
        raise ErreurBilan(
            Faute(lieu, citer(serie.iloc[rang], champ), f"Écrire {attendu}.", rang + 2,
                  champ["name"])
        )
    return typees.astype(TYPES[genre])


def libelles(racine: Path, table: str, colonne: str) -> dict[str, str]:
    """Les libellés français des valeurs d'une liste fermée, tirés du schéma."""
    for champ in lire_schemas(racine)[table]["fields"]:
        if champ["name"] == colonne:
            return champ.get("libelles", {})
    raise KeyError(f"{table}.{colonne}")
