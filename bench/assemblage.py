"""Ce que le site, le PDF et les fiches ajoutent aux carnets exécutés : sans Word ni les classeurs.

    python -m bench.assemblage 5

Chaque mesure est d'un processus neuf, sans rien de gardé d'un assemblage précédent. Elle part de
l'édition vérifiée, ses carnets à jour, comme dans `bilan construire`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.mesures import resumer
from bilan import pandoc
from bilan.a_la_fois import a_la_fois
from bilan.assembler import etapes, pages_seules, preparer
from bilan.plan import dresser
from bilan.projet import Projet
from bilan.verifier import exiger

PARTS = ("pdf", "site", "pages")


def une_fois() -> float:
    """Secondes, du dernier carnet exécuté au dernier fichier écrit."""
    edition = Projet.trouver().edition()
    bilan, taches = exiger(edition), dresser(edition)
    for garde in ("reserve", "lectures"):
        shutil.rmtree(edition.travail / garde, ignore_errors=True)
    with tempfile.TemporaryDirectory() as dossier:
        debut, sortie = time.monotonic(), Path(dossier)
        livre = preparer(bilan, taches, pandoc.nom())
        seules = {page: sortie / pdf for page, pdf in pages_seules(taches).items()}
        toutes = etapes(edition, livre, sortie, seules, livres=True)
        a_la_fois(toutes[part] for part in PARTS)
        return time.monotonic() - debut


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(une_fois())
    else:
        mesures = [float(subprocess.check_output([sys.executable, "-m", "bench.assemblage"]))
                   for _ in range(int(sys.argv[1]))]
        print(f"Site, PDF et fiches, après les carnets : {resumer(mesures)}.")
