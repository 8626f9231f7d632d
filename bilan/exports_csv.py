"""Les tableaux du bilan en CSV, avec leur schéma (Table Schema) dans un datapackage.json."""

from __future__ import annotations

import json
from pathlib import Path

from bilan import tableur
from bilan.exports_recueil import Recueil, est_nombre
from bilan.exports_tables import Table
from bilan.tableur import inerte


def ecrire(recueil: Recueil, dossier: Path) -> None:
    """Écrit un .csv par tableau, et leur description."""
    dossier.mkdir(parents=True, exist_ok=True)
    for table in recueil.tables:
        (dossier / f"{table.nom}.csv").write_text(en_csv(table), "utf-8", newline="")
    paquet = {
        "name": f"tableaux-{recueil.edition}",
        "title": recueil.intitule,
        "description": "Les tableaux du rapport. Une apostrophe précède un texte qu'un tableur "
                       "prendrait pour une formule.",
        "created": f"{recueil.date.isoformat()}T00:00:00Z",
        **({"licenses": recueil.licences} if recueil.licences else {}),
        "resources": [_ressource(t) for t in recueil.tables],
    }
    texte = json.dumps(paquet, ensure_ascii=False, indent=1) + "\n"
    (dossier / "datapackage.json").write_text(texte, "utf-8")


def en_csv(table: Table) -> str:
    """Le tableau en CSV : point décimal, nombres non arrondis."""
    titres = [c.titre for c in table.champs]
    lignes = ([_sans_zero_inutile(v) for v in ligne] for ligne in table.lignes)
    return tableur.en_csv([titres, *lignes], pour_tableur=True)


def _sans_zero_inutile(valeur: str | float) -> str | float:
    return int(valeur) if est_nombre(valeur) and valeur == int(valeur) else valeur


def _ressource(table: Table) -> dict:
    return {
        "name": table.nom.casefold(),
        "type": "table",
        "path": f"{table.nom}.csv",
        "title": table.titre,
        "description": " ".join(table.notes),
        "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
        "schema": {
            "fields": [{"name": inerte(c.titre),
                        "type": "string" if c.decimales is None else "number"}
                       for c in table.champs],
            "missingValues": ["", *_absences(table)],
        },
    }


def _absences(table: Table) -> list[str]:
    """Ce que portent les colonnes de nombres là où il n'y a pas de nombre."""
    return sorted({
        inerte(ligne[rang])
        for rang, champ in enumerate(table.champs) if champ.decimales is not None
        for ligne in table.lignes if not est_nombre(ligne[rang])
    })
