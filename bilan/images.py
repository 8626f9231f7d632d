"""Les graphiques en PNG, à côté de leurs SVG : Typst, qui fait déjà le PDF, les dessine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typst

RESOLUTION = 200  # points par pouce : net sur une diapositive, léger à emporter


def dessiner_png(dossier: Path) -> list[Path]:
    """Écrit un PNG pour chaque SVG du dossier, tous en un passage de Typst."""
    dessins = sorted(dossier.glob("*.svg"))
    if not dessins:
        return []
    pages = "\n#pagebreak()\n".join(f'#image("{dessin.name}")' for dessin in dessins)
    source = dossier / "planche.typ"
    source.write_text(f"#set page(width: auto, height: auto, margin: 0pt)\n{pages}\n", "utf-8")
    try:
        rendus = typst.compile(source, format="png", ppi=RESOLUTION,
                               timestamp=datetime.fromtimestamp(0, UTC))
    finally:
        source.unlink()
    fichiers = [dessin.with_suffix(".png") for dessin in dessins]
    # Une seule page rend ses octets ; plusieurs, une liste.
    for fichier, octets in zip(fichiers, rendus if isinstance(rendus, list) else [rendus],
                               strict=True):
        fichier.write_bytes(octets)
    return fichiers
