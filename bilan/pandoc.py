"""L'assembleur embarqué : Pandoc et Typst, en roues, là où Quarto n'est pas installé.

Le dialecte, la numérotation et les pages sont écrits en Lua (report/pandoc/), avec les
filtres que Quarto utilise aussi (report/filtres/). Ce module lance Pandoc une fois par
cible, compose le PDF et pose à côté des pages ce qu'elles demandent : styles et polices.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pypandoc

from bilan import cartes, chapitres_lus, charte, habillage, images, recherche
from bilan.a_la_fois import a_la_fois
from bilan.composition import Demande, composer
from bilan.erreurs import ErreurBilan
from bilan.livre import pages, volumes
from bilan.programmes import lancer
from bilan.projet import Edition
from bilan.reserve import cle_de, des_fichiers, du_programme, reserve


def nom() -> str:
    """Le nom de cette voie d'assemblage, pour l'ours."""
    commande()
    return f"Pandoc {pypandoc.get_pandoc_version()} et Typst {version('typst')}"


def commande() -> str:
    """Où est Pandoc. Lève `ErreurBilan` s'il n'est nulle part."""
    try:
        return pypandoc.get_pandoc_path()
    except OSError:
        raise ErreurBilan("Pandoc est introuvable. Relancer « make bilan », qui l'installe, ou "
                          "corriger la variable PYPANDOC_PANDOC.") from None


def assembler_site(livre: Path, sortie: Path) -> None:
    """Écrit les pages HTML du livre, leurs figures, leur style et leurs polices."""
    sortie.mkdir(parents=True, exist_ok=True)
    edition, tous = _lire(livre)[1], volumes(livre)
    lire(livre)
    a_la_fois(partial(_ecrire, volume, "site", sortie) for volume in tous)
    cartes.ecrire(livre, sortie)
    recherche.reunir([volume.stem for volume in tous], sortie)
    images.dessiner_png(sortie / "figures", edition, reserve(livre.parent))
    habillage.ecrire(edition, sortie, livre.parent / "polices")


def assembler_une_page(livre: Path, page: str, site: Path) -> None:
    """Refait, dans un site déjà écrit, une page, ses figures et ses tables à emporter.

    Les images PNG, l'index de la recherche et les autres pages restent d'avant.
    """
    volume = pages(livre)[page]
    chapitres_lus.lire(volume, partial(_pandoc, volume, "lecture"), [page])
    with tempfile.TemporaryDirectory() as dossier:
        _pandoc(volume, "site", [page], Path(dossier))
        shutil.copytree(dossier, site, dirs_exist_ok=True)
    cartes.ecrire(livre, site, [page])


def assembler_pdf(livre: Path, sortie: Path) -> None:
    """Écrit le PDF du livre entier."""
    lire(livre)
    _composer(livre, "pdf", {"document": sortie})


def assembler_pages(livre: Path, sorties: dict[str, Path]) -> None:
    """Écrit le PDF de pages qui se lisent seules : fiches, synthèse (page -> fichier)."""
    lire(livre)
    ou = pages(livre)
    par_volume = {volume: {page: sortie for page, sortie in sorties.items() if ou[page] == volume}
                  for volume in volumes(livre)}
    a_la_fois(partial(_composer, volume, "pages", siennes)
              for volume, siennes in par_volume.items() if siennes)


def assembler_docx(livre: Path, modele: Path, sortie: Path) -> None:
    """Écrit dans `sortie` le bilan entier (bilan.docx) et ses tableaux (tableaux.json)."""
    lire(livre)
    _ecrire(livre, "docx", sortie, [str(modele)])


def _lire(livre: Path) -> tuple[dict, Edition]:
    contenu = json.loads(livre.read_text("utf-8"))
    return contenu, Edition(Path(contenu["racine"]), contenu["edition"])


def lire(livre: Path) -> None:
    """Lit les chapitres qui ont changé, de tous les volumes : un lot numérote d'après le livre.

    Lève `ErreurBilan` à la première faute de l'un d'eux.
    """
    a_la_fois(partial(chapitres_lus.lire, volume, partial(_pandoc, volume, "lecture"))
              for volume in volumes(livre))


def _ecrire(livre: Path, cible: str, sortie: Path, pages: Iterable[str] = ()) -> None:
    """Écrit une cible dans `sortie` d'après les chapitres lus, ou la reprend si rien n'a changé.

    `pages` : celles que demande la cible ; pour Word, le fichier de son modèle.
    """
    demande = [Path(p).read_bytes() if cible == "docx" else p for p in pages]
    cle = cle_de(cible, demande, chapitres_lus.etat(livre))
    reserve(livre.parent).fichiers(cle, sortie, partial(_pandoc, livre, cible, list(pages)))


def _pandoc(livre: Path, cible: str, pages: Iterable[str], sortie: Path) -> None:
    """Un passage de Pandoc ; sa faute, déjà écrite pour l'utilisateur, devient une erreur."""
    principal = _lire(livre)[1].racine / "report" / "pandoc" / "principal.lua"
    fini = lancer([commande(), "lua", principal, livre.resolve(), cible, sortie.resolve()],
                  json.dumps(list(pages)))
    if fini.returncode:
        lignes = [li for li in fini.stderr.splitlines() if not li.startswith("[WARNING]")]
        raise ErreurBilan("\n".join(lignes) or f"Pandoc s'est arrêté ({fini.returncode}).")


def _composer(livre: Path, cible: str, sorties: dict[str, Path]) -> None:
    """Markdown -> Typst -> PDF, dans un dossier jetable qui sert de racine à Typst.

    Un PDF déjà fait du même document, de ses figures et de ses polices est repris.
    """
    contenu, edition = _lire(livre)
    date = datetime.fromisoformat(contenu["date"]).replace(tzinfo=UTC).isoformat()
    with tempfile.TemporaryDirectory() as dossier:
        racine = Path(dossier)
        _ecrire(livre, cible, racine, sorties)
        charte.poser(edition, racine / "build/travail/charte")
        cles = [_cle(racine / f"{nom}.typ", date, edition) for nom in sorties]
        noms = dict(zip(cles, sorties, strict=True))
        faits = reserve(livre.parent).plusieurs(cles, lambda manquent: composer(Demande(
            dossier, [noms[cle] for cle in manquent], charte.dossiers_de_police(edition),
            date, charte.signes_absents(edition))))
        for sortie, pdf in zip(sorties.values(), faits, strict=True):
            sortie.parent.mkdir(parents=True, exist_ok=True)
            sortie.write_bytes(pdf)


def _cle(source: Path, date: str, edition: Edition) -> str:
    """L'empreinte de tout ce dont un PDF est fait."""
    texte = source.read_text("utf-8")
    figures = {f.name: f.read_bytes() for f in (source.parent / "figures").glob("*")
               if f.name in texte}
    return cle_de("pdf", texte, figures, des_fichiers(source.parent / "build"), date,
                  charte.empreinte_des_fontes(edition), du_programme("typst"))
