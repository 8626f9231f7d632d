"""LibreOffice, pour voir nos fichiers comme les gens les ouvrent."""

from __future__ import annotations

import subprocess
from pathlib import Path


def convertir(fichier: Path, genre: str, dossier: Path) -> Path:
    """Le fichier, ouvert par LibreOffice et enregistré dans `dossier`, sous un profil à soi."""
    fini = subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={(dossier / 'profil').as_uri()}",
         "--convert-to", genre, "--outdir", str(dossier), str(fichier)],
        capture_output=True, text=True, timeout=300)
    converti = dossier / f"{fichier.stem}.{genre}"
    assert converti.is_file(), fini.stderr
    return converti
