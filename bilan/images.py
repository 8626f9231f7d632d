"""Les graphiques en PNG, à côté de leurs SVG : Typst, qui fait déjà le PDF, les dessine."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import typst

from bilan import charte
from bilan.a_la_fois import a_la_fois
from bilan.projet import Edition
from bilan.reserve import Reserve, cle_de, du_programme

RESOLUTION = 220  # points par pouce : net à l'impression et sur une diapositive, léger à emporter


def dessiner_png(dossier: Path, edition: Edition, reserve: Reserve) -> None:
    """Écrit un PNG à côté de chaque SVG du dossier."""
    a_la_fois(partial(_dessiner_a_cote, dessin, edition, reserve)
              for dessin in sorted(dossier.glob("*.svg")))


def _dessiner_a_cote(dessin: Path, edition: Edition, reserve: Reserve) -> None:
    dessin.with_suffix(".png").write_bytes(en_png(dessin.read_bytes(), edition, reserve))


def en_png(svg: bytes, edition: Edition, reserve: Reserve) -> bytes:
    """Le dessin en PNG, à la taille que dit le SVG ; celui déjà fait, s'il l'a été."""
    cle = cle_de("png", svg, charte.empreinte_des_fontes(edition), du_programme("typst"))
    return reserve.octets(cle, partial(_dessiner, svg, charte.fontes(edition)))


def _dessiner(svg: bytes, fontes: typst.Fonts) -> bytes:
    with tempfile.TemporaryDirectory() as dossier:
        (Path(dossier) / "dessin.svg").write_bytes(svg)
        source = Path(dossier) / "dessin.typ"
        source.write_text(
            '#set page(width: auto, height: auto, margin: 0pt)\n#image("dessin.svg")\n', "utf-8")
        return typst.compile(source, format="png", ppi=RESOLUTION, font_paths=fontes)
