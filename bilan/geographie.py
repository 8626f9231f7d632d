"""Où sont les territoires : leurs limites, faites de contours d'intercommunalités.

Les contours (`data/geographie/`) sont communs aux éditions ; la table `perimetres` d'une édition
dit desquels chaque territoire est fait. Un territoire sans ligne n'est pas situé.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bilan.erreurs import ErreurBilan, Faute
from bilan.projet import Edition
from bilan.tables import lire_table

if TYPE_CHECKING:
    from bilan.carnet import Bilan

DOSSIER = Path("data") / "geographie"
FICHIER = "contours.geojson"


@dataclass(frozen=True)
class Contour:
    """Un département ou une intercommunalité ; un anneau : un tableau (longitude, latitude)."""

    genre: str
    code: str
    nom: str
    anneaux: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Situation:
    """Un territoire et ce dont il est fait ; sans contour, il n'est pas situé."""

    nom: str
    laureat: str
    departements: str
    limites: str
    contours: tuple[Contour, ...]


@cache
def lire_contours(racine: Path) -> dict[str, list[Contour]]:
    """Les contours du projet, par genre (departement, epci) ; vide s'il n'en a pas."""
    chemin = racine / DOSSIER / FICHIER
    contours: dict[str, list[Contour]] = {"departement": [], "epci": []}
    if not chemin.is_file():
        return contours
    for trait in json.loads(chemin.read_text("utf-8"))["features"]:
        contour = Contour(**trait["properties"], anneaux=tuple(_anneaux(trait["geometry"])))
        contours[contour.genre].append(contour)
    return contours


def _anneaux(geometrie: dict) -> Iterator[np.ndarray]:
    polygones = geometrie["coordinates"]
    for polygone in [polygones] if geometrie["type"] == "Polygon" else polygones:
        yield from map(np.array, polygone)


@cache
def source(racine: Path) -> str:
    """D'où viennent les contours, et sous quelle licence."""
    paquet = json.loads((racine / DOSSIER / "datapackage.json").read_text("utf-8"))
    return f"{paquet['sources'][0]['title']} ({paquet['licenses'][0]['title']})"


def situations(bilan: Bilan) -> list[Situation]:
    """Chaque territoire de l'édition, dans l'ordre des fiches."""
    contours = {c.code: c for c in lire_contours(bilan.edition.racine)["epci"]}
    perimetres: dict[str, list] = {}
    for ligne in bilan.tables["perimetres"].itertuples():
        perimetres.setdefault(ligne.territoire, []).append(ligne)
    libelles = bilan.libelles("perimetres", "limites")
    situees = []
    territoires = bilan.tables["territoires"].sort_values("ordre")
    dits = territoires[["territoire", "nom", "laureat", "departements"]]
    for territoire, *dit in dits.itertuples(index=False):
        lignes = perimetres.get(territoire, [])
        situees.append(Situation(
            *dit,
            " ; ".join(libelles[x] for x in dict.fromkeys(li.limites for li in lignes)),
            tuple(contours[li.epci] for li in lignes),
        ))
    return situees


def fautes(edition: Edition) -> list[Faute]:
    """Les intercommunalités que la table `perimetres` nomme et dont on n'a pas le contour."""
    connus = {c.code for c in lire_contours(edition.racine)["epci"]}
    lieu = edition.relatif(edition.donnees / "perimetres.csv")
    try:
        codes = lire_table(edition, "perimetres")["epci"]
    except ErreurBilan as erreur:
        return erreur.fautes
    return [
        Faute(lieu, f"« {code} » n'est pas dans {(DOSSIER / FICHIER).as_posix()}",
              "Corriger le numéro SIREN, ou refaire l'extrait des contours (data/README.md).",
              ligne, "epci")
        for ligne, code in enumerate(codes, start=2) if code not in connus
    ]
