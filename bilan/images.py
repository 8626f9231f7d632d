"""Les graphiques en PNG, à côté de leurs SVG : Typst, qui fait déjà le PDF, les dessine."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import typst

from bilan import charte
from bilan.a_la_fois import a_la_fois
from bilan.composition import illisible
from bilan.erreurs import ErreurBilan
from bilan.projet import Edition
from bilan.reserve import Reserve, cle_de, du_programme

RESOLUTION = 220  # points par pouce : net à l'impression et sur une diapositive, léger à emporter


def dessiner_png(dossier: Path, edition: Edition, reserve: Reserve) -> None:
    """Écrit un PNG à côté de chaque SVG du dossier."""
    a_la_fois(partial(_dessiner_a_cote, dessin, edition, reserve)
              for dessin in sorted(dossier.glob("*.svg")))


def _dessiner_a_cote(dessin: Path, edition: Edition, reserve: Reserve) -> None:
    png = en_png(dessin.name, dessin.read_bytes(), edition, reserve)
    dessin.with_suffix(".png").write_bytes(png)


def en_png(nom: str, svg: bytes, edition: Edition, reserve: Reserve) -> bytes:
    """Le dessin en PNG, à la taille que dit le SVG ; celui déjà fait, s'il l'a été.

    Lève `ErreurBilan`, qui le nomme, si ce n'est pas un dessin.
    """
    cle = cle_de("png", svg, charte.empreinte_des_fontes(edition), du_programme("typst"))
    try:
        return reserve.octets(cle, partial(_dessiner, svg, charte.fontes(edition)))
    except RuntimeError as faute:
        raise ErreurBilan(illisible(nom, faute)) from faute


def _dessiner(svg: bytes, fontes: typst.Fonts) -> bytes:
    with tempfile.TemporaryDirectory() as dossier:
        (Path(dossier) / "dessin.svg").write_bytes(svg)
        source = Path(dossier) / "dessin.typ"
        source.write_text(
            '#set page(width: auto, height: auto, margin: 0pt)\n#image("dessin.svg")\n', "utf-8")
        return typst.compile(source, format="png", ppi=RESOLUTION, font_paths=fontes)
