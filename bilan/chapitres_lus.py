"""Les chapitres lus par Pandoc, gardés d'un assemblage à l'autre.

La lecture vaut pour le site, le PDF et Word. Un chapitre n'est relu que si son texte, un bloc ou un
chiffre qu'il demande, ou le programme qui le lit, a changé.
"""

from __future__ import annotations

import heapq
import json
import os
import tempfile
from collections.abc import Callable, Collection
from functools import cache, partial
from pathlib import Path
from threading import Lock
from urllib.parse import unquote

import pypandoc

from bilan.a_la_fois import a_la_fois
from bilan.erreurs import ErreurBilan
from bilan.livre import CITE, a_citer, pages, siennes
from bilan.reserve import cle_de, des_fichiers

DOSSIER = "lectures"


def lire(
    livre: Path, pandoc: Callable[[list[str], Path], None], pages: Collection[str] | None = None
) -> None:
    """Tient `lectures/` à jour à côté du livre ; `pandoc` écrit des pages lues dans un dossier.

    `pages` : celles-là seulement ; les autres lectures restent comme elles sont.
    """
    with _un_seul(livre):
        manifeste = _Manifeste(livre)
        manquent = [page for page in manifeste.pages
                    if (pages is None or page in pages) and not manifeste.a_jour(page)]
        if not manquent:
            return
        manifeste.dossier.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=manifeste.dossier) as cible:
            a_la_fois(partial(pandoc, part, Path(cible)) for part in manifeste.parts(manquent))
            for page in manquent:
                manifeste.garder(page, Path(cible))


@cache
def _un_seul(livre: Path) -> Lock:
    """Les étapes qui demandent le même livre ne le lisent pas deux fois."""
    return Lock()


def blocs_demandes(livre: Path, page: str) -> list[str]:
    """Les blocs que la page demandait quand elle a été lue ; aucun si elle ne l'a pas été."""
    return _lus(livre, page).get("blocs", [])


def chiffres_montres(livre: Path) -> dict[str, list[str]]:
    """Les codes des chiffres que chaque page du livre demandait quand elle a été lue."""
    return {page: _lus(volume, page).get("chiffres", []) for page, volume in pages(livre).items()}


def _lus(volume: Path, page: str) -> dict[str, list[str]]:
    try:
        return json.loads((volume.parent / DOSSIER / f"{page}.lus.json").read_text("utf-8"))["lus"]
    except FileNotFoundError:
        return {}


def etat(livre: Path) -> str:
    """L'empreinte de tout ce dont Pandoc écrit le livre : chapitres lus, images, gabarits."""
    contenu = json.loads(livre.read_text("utf-8"))
    dossier = livre.parent / DOSSIER
    lues = {c["page"]: (dossier / f"{c['page']}{_suite(c)}").read_bytes()
            for c in contenu["chapitres"]}
    return cle_de(
        livre.read_bytes(), lues, _images(contenu, dossier), programme(Path(contenu["racine"])))


def _suite(chapitre: dict) -> str:
    """D'un chapitre écrit dans un autre volume, seule compte l'ossature."""
    return ".ossature.json" if chapitre.get("ailleurs") else ".json"


def _images(contenu: dict, dossier: Path) -> dict[str, bytes | None]:
    """Les images des chapitres, à chacun des endroits où Pandoc les cherche (figures.lua).

    Lève `ErreurBilan` pour une image hors du projet, liens symboliques suivis.
    """
    trouvees = {}
    for chapitre in siennes(contenu):
        lus = json.loads((dossier / f"{chapitre['page']}.lus.json").read_text("utf-8"))
        permis = [contenu["racine"], chapitre.get("image_de_base") or contenu["racine"]]
        for image in lus["images"]:
            for essai in (f"{base}/{unquote(image)}" for base in ("/", *permis)):
                existe, vrai = Path(essai).is_file(), Path(essai).resolve()
                if existe and not any(vrai.is_relative_to(Path(p).resolve())
                                      for p in (*permis, dossier.parent)):
                    raise ErreurBilan(f"{chapitre['source']} : l'image « {image} » est hors du "
                                      "projet. La copier dans le projet.")
                trouvees[essai] = Path(essai).read_bytes() if existe else None
    return trouvees


class _Manifeste:
    """Un livre, ce que ses chapitres peuvent demander, et leurs lectures gardées."""

    def __init__(self, livre: Path):
        contenu = json.loads(livre.read_text("utf-8"))
        self.dossier = livre.parent / DOSSIER
        self.pages = {c["page"]: Path(c["source"]) for c in siennes(contenu)}
        self.reponses = {
            "chiffres": json.loads(a_citer(contenu).read_text("utf-8"))["chiffres"],
            "blocs": json.loads(Path(contenu["blocs"]).read_text("utf-8")),
        }
        self.programme = programme(Path(contenu["racine"]))

    def parts(self, pages: list[str]) -> list[list[str]]:
        """Ces pages, en autant de parts que de cœurs, à peu près d'égale longueur."""
        parts: list[list[str]] = [[] for _ in range(min(len(pages), os.cpu_count() or 1))]
        lourdes = [(0, rang) for rang in range(len(parts))]
        # Les plus longues d'abord, chacune à la part la plus légère.
        for longueur, page in sorted(((self._longueur(p), p) for p in pages), reverse=True):
            poids, rang = heapq.heappop(lourdes)
            parts[rang].append(page)
            heapq.heappush(lourdes, (poids + longueur, rang))
        return parts

    def _longueur(self, page: str) -> int:
        texte = self.pages[page].read_text("utf-8") if self.pages[page].is_file() else ""
        return len(texte) + sum(len(self.reponses["blocs"].get(code, ""))
                                for code in CITE.findall(texte))

    def a_jour(self, page: str) -> bool:
        """Vrai si la lecture gardée est celle qu'on referait."""
        try:
            etat = json.loads((self.dossier / f"{page}.lus.json").read_text("utf-8"))
            lue = (self.dossier / f"{page}.json").read_bytes()
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        return etat == etat | self._etat(page, etat["lus"], lue)

    def garder(self, page: str, origine: Path) -> None:
        """Prend la place de l'ancienne lecture ; l'état, écrit après elle, dit si elle vaut."""
        lus = json.loads((origine / f"{page}.lus.json").read_text("utf-8"))
        images, lue = sorted(lus.pop("images")), (origine / f"{page}.json").read_bytes()
        etat = {"lus": lus, "images": images} | self._etat(page, lus, lue)
        (origine / f"{page}.lus.json").write_text(json.dumps(etat), "utf-8")
        for nom in (f"{page}.json", f"{page}.ossature.json", f"{page}.lus.json"):
            (origine / nom).replace(self.dossier / nom)

    def _etat(self, page: str, lus: dict[str, list[str]], lue: bytes) -> dict[str, str]:
        source = self.pages[page]
        demande = {genre: {code: self.reponses[genre].get(code) for code in lus[genre]}
                   for genre in self.reponses}
        return {
            "lecture": cle_de(lue), "programme": self.programme, "demande": cle_de(demande),
            "texte": cle_de(source.read_bytes() if source.is_file() else None),
        }


def programme(racine: Path) -> str:
    """L'empreinte de ce qui lit et écrit les chapitres : filtres, gabarits, version de Pandoc."""
    lus = {nom: des_fichiers(racine / "report" / nom) for nom in ("filtres", "pandoc", "style")}
    return cle_de(lus, pypandoc.get_pandoc_version())
