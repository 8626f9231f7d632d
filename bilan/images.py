"""Les graphiques en PNG, à côté de leurs SVG : Typst, qui fait déjà le PDF, les dessine."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bilan import charte
from bilan.a_la_fois import a_la_fois
from bilan.composition import Demande, composer
from bilan.projet import Edition
from bilan.reserve import Reserve, cle_de, du_programme

LOT = 40  # dessins par processus, au plus : ce que Typst retient d'eux ne grandit pas sans fin


def dessiner_png(dossier: Path, edition: Edition, reserve: Reserve) -> None:
    """Écrit un PNG à côté de chaque SVG du dossier."""
    a_la_fois(partial(_a_cote, lot, edition, reserve)
              for lot in _lots(sorted(dossier.glob("*.svg"))))


def _lots(dessins: list[Path]) -> Iterator[list[Path]]:
    """Un lot par cœur au moins."""
    taille = min(LOT, -(-len(dessins) // (os.cpu_count() or 1)))
    return (dessins[rang:rang + taille] for rang in range(0, len(dessins), taille or 1))


def _a_cote(dessins: list[Path], edition: Edition, reserve: Reserve) -> None:
    faits = en_png({d.name: d.read_bytes() for d in dessins}, edition, reserve)
    for dessin in dessins:
        dessin.with_suffix(".png").write_bytes(faits[dessin.name])


def en_png(svg: dict[str, bytes], edition: Edition, reserve: Reserve) -> dict[str, bytes]:
    """Ces dessins, par leur nom, en PNG, à la taille que dit le SVG ; ceux déjà faits, repris.

    Lève `ErreurBilan`, qui le nomme, si l'un d'eux n'est pas un dessin.
    """
    cles = {nom: cle_de("png", dessin, charte.empreinte_des_fontes(edition), du_programme("typst"))
            for nom, dessin in svg.items()}
    noms = {cle: nom for nom, cle in cles.items()}

    def dessiner(manquent: list[str]) -> list[bytes]:
        with tempfile.TemporaryDirectory() as dossier:
            (Path(dossier) / "figures").mkdir()
            for cle in manquent:
                nom = noms[cle]
                (Path(dossier) / "figures" / nom).write_bytes(svg[nom])
                (Path(dossier) / f"{cle}.typ").write_text(
                    "#set page(width: auto, height: auto, margin: 0pt)\n"
                    f"#image({json.dumps(f'figures/{nom}', ensure_ascii=False)})\n", "utf-8")
            return composer(Demande(dossier, manquent, charte.dossiers_de_police(edition)))

    return dict(zip(cles, reserve.plusieurs(list(cles.values()), dessiner), strict=True))
