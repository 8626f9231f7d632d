"""L'index de la recherche du site : les sections de tous les volumes, en un script."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def reunir(volumes: Iterable[str], site: Path) -> None:
    """Fait `recherche-index.js` de ce que Pandoc a relevé dans chaque volume.

    Un script plutôt que du JSON : il se lit aussi depuis un dossier.
    """
    releves = [site / f"recherche-{volume}.json" for volume in volumes]
    sections = (releve.read_text("utf-8").strip()[1:-1] for releve in releves)
    texte = ",".join(filter(None, sections))
    (site / "recherche-index.js").write_text(f"window.BILAN_INDEX=[{texte}];\n", "utf-8")
    for releve in releves:
        releve.unlink()
