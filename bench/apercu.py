"""D'une correction à la page que l'on regarde : combien de temps `bilan apercu` met à la refaire.

    python -m bench.apercu 5

Corrige, dans une copie du projet, un mot d'une fiche puis le remet, autant de fois que demandé,
et suit le flux que suit la page. La vérification, qui ne la retarde pas, se fait en même temps.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.edition_simulee import copier
from bench.mesures import resumer

DEUX = ("Des réunions ont rassemblé les acteurs.", "Des réunions ont rassemblé tous les acteurs.")


def durees(projet: Path, fois: int) -> Iterator[float]:
    """Secondes entre l'écriture du fichier et l'annonce de la page refaite."""
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        port = libre.getsockname()[1]
    apercu = subprocess.Popen(
        [sys.executable, "-u", "-m", "bilan", "apercu", "--projet", str(projet),
         "--sans-navigateur", "--port", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        adresse = re.search(r"http://\S+/", apercu.stdout.readline())[0]
        apercu.stdout.readline()  # le premier passage
        etats = _etats(urllib.request.urlopen(f"{adresse}_apercu/suivi"))
        numero = next(etats)["numero"]
        table = next((projet / "data").glob("*/fiches.csv"))
        territoire = re.search(rf"^(\w[\w-]*),.*{re.escape(DEUX[0])}", table.read_text("utf-8"),
                               re.MULTILINE)[1]
        page = f"{adresse}fiche-{territoire}.html"
        _lire(page)
        for rang in range(fois):
            avant, apres = DEUX if rang % 2 == 0 else reversed(DEUX)
            texte = table.read_text("utf-8")
            assert avant in texte, f"{table} : « {avant} » n'y est plus. Adapter bench/apercu.py."
            debut = time.monotonic()
            table.write_text(texte.replace(avant, apres), "utf-8")
            numero = next(e["numero"] for e in etats if e["numero"] > numero)
            assert apres in _lire(page), "la page rechargée n'a pas la correction"
            yield time.monotonic() - debut
            numero = next(e["numero"] for e in etats if not e["en_cours"])
            time.sleep(20)  # la vérification de cette fois n'est pas dans la mesure suivante
    finally:
        apercu.send_signal(signal.SIGINT)
        apercu.wait()


def _lire(adresse: str) -> str:
    page = urllib.request.urlopen(adresse).read().decode()
    return re.sub(r"\s+", " ", page.replace("\u00a0", " "))


def _etats(flux) -> Iterator[dict]:
    for ligne in flux:
        if ligne.startswith(b"data:"):
            yield json.loads(ligne[5:])


if __name__ == "__main__":
    os.environ["PYTHONUNBUFFERED"] = "1"
    # Lancé en arrière-plan, il aurait hérité d'un Ctrl-C sans effet, et l'aperçu de lui.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as dossier:
        copie = Path(dossier) / "projet"
        copier(copie)
        mesures = list(durees(copie, int(sys.argv[1])))
    print(f"De la correction à la page : {resumer(mesures)}.")
