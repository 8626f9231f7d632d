"""Tous les contrôles d'accessibilité, sur un bilan construit.

`python -m tests.accessibilite [EDITION]` (« make accessibilite ») contrôle le dernier bilan
construit et range les résultats que cite la déclaration d'accessibilité du rapport. `--dossier D`
contrôle un autre dossier et n'écrit rien. Les fautes sortent en JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import sync_playwright

from bilan.projet import Projet
from tests.controle_clavier import fautes_clavier
from tests.controle_html import fautes_html, version_nu
from tests.controle_pdf import fautes_pdf
from tests.controle_site import ARGUMENTS, CHROMIUM, LARGEURS, fautes_des_pages, version_axe


def mesurer(sortie: Path) -> dict:
    """Le navigateur, et pour chaque contrôle : outil, version, étendue, fautes."""
    pages = sorted((sortie / "site").resolve().glob("*.html"))
    pdf = [*sorted(sortie.glob("*.pdf")), *sorted((sortie / "fiches").glob("*.pdf"))]
    controles: dict[str, Callable[[], dict]] = {
        "axe": lambda: _axe(pages), "html": lambda: _html(pages),
        "clavier": lambda: _clavier(_une_par_genre(pages)), "pdf": lambda: _pdf(pdf),
    }
    with ThreadPoolExecutor(len(controles)) as ensemble:
        lances = {code: ensemble.submit(controle) for code, controle in controles.items()}
    return {code: lance.result() for code, lance in lances.items()}


def _axe(pages: list[Path]) -> dict:
    return {"outil": "axe-core", "version": version_axe(),
            "sur": f"{len(pages)} pages, quatre vues", "fautes": fautes_des_pages(pages)}


def _html(pages: list[Path]) -> dict:
    return {"outil": "Nu Html Checker", "version": version_nu(), "sur": f"{len(pages)} pages",
            "fautes": fautes_html(pages)}


def _pdf(fichiers: list[Path]) -> dict:
    return {"outil": "page-validation",
            "version": f"{version('page-validation')}, et pikepdf {version('pikepdf')}",
            "sur": f"{len(fichiers)} fichiers",
            "fautes": [f"{f.name} : {faute}" for f in fichiers for faute in fautes_pdf(f)]}


def _une_par_genre(pages: list[Path]) -> list[Path]:
    """Une page de chaque genre : accueil, chapitre, annexe, fiche."""
    genres: dict[str, Path] = {}
    for chemin in pages:
        genre = re.search(r'<body class="([^"]*)"', chemin.read_text("utf-8"))[1]
        genres.setdefault(genre, chemin)
    return list(genres.values())


def _clavier(pages: list[Path]) -> dict:
    fautes = []
    with sync_playwright() as outils:
        navigateur = outils.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for largeur, nom in LARGEURS.items():
            contexte = navigateur.new_context(viewport={"width": largeur, "height": 900},
                                              reduced_motion="reduce")
            page = contexte.new_page()
            for chemin in pages:
                for touche in ("Tab", "Shift+Tab"):
                    page.goto(chemin.as_uri())
                    fautes += [f"{chemin.name} ({nom}, {touche}) : {f}"
                               for f in fautes_clavier(page, touche)]
        navigateur.close()
    return {"outil": "Chromium conduit par Playwright", "version": version("playwright"),
            "sur": f"{len(pages)} genres de pages, dans les deux sens, deux largeurs",
            "fautes": fautes}


def resultats(mesures: dict) -> dict:
    """Ce que la déclaration cite : les mêmes mesures, les fautes comptées."""
    return {code: m | {"fautes": len(m["fautes"])} for code, m in mesures.items()}


def ecrire(mesures: dict, fichier: Path) -> None:
    """Range les résultats ; leur date ne change que s'ils changent."""
    neufs = resultats(mesures)
    if fichier.exists() and json.loads(fichier.read_text("utf-8"))["controles"] == neufs:
        return
    contenu = {"date": date.today().isoformat(), "controles": neufs}
    fichier.write_text(json.dumps(contenu, ensure_ascii=False, indent=2) + "\n", "utf-8")


def principal() -> int:
    """Le point d'entrée : rend 1 s'il y a une faute."""
    analyseur = argparse.ArgumentParser(description="Contrôle l'accessibilité d'un bilan.")
    analyseur.add_argument("edition", nargs="?")
    analyseur.add_argument("--dossier", type=Path)
    options = analyseur.parse_args()
    if options.dossier:
        mesures = mesurer(options.dossier)
    else:
        edition = Projet.trouver().edition(options.edition)
        mesures = mesurer(edition.sortie)
        ecrire(mesures, edition.params / "accessibilite.json")
    print(json.dumps(mesures, ensure_ascii=False, indent=2))
    return int(any(m["fautes"] for m in mesures.values()))


if __name__ == "__main__":
    sys.exit(principal())
