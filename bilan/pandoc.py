"""L'assembleur embarqué : Pandoc et Typst, en roues, là où Quarto n'est pas installé.

Le dialecte, la numérotation et les pages sont écrits en Lua (report/pandoc/), avec les
filtres que Quarto utilise aussi (report/filtres/). Ce module lance Pandoc une fois par
cible, compose le PDF et pose à côté des pages ce qu'elles demandent : styles et polices.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pypandoc
import typst

from bilan import cartes, chapitres_lus, charte, habillage, images, recherche
from bilan.a_la_fois import a_la_fois
from bilan.erreurs import ErreurBilan
from bilan.livre import pages, volumes
from bilan.projet import Edition
from bilan.reserve import cle_de, des_fichiers, du_programme, reserve

# PDF accessible (UA-1) et d'archive (A-2a) : Typst refuse une figure sans texte de remplacement.
NORMES = ["ua-1", "a-2a"]
# Sous une langue du système sans accents (LC_ALL=C), Pandoc perd un dossier dont le nom en a.
LANGUE = {"LC_ALL": "C.UTF-8"} if sys.platform == "linux" else {}
# Une dernière page remplie en deçà de cette part de sa hauteur est presque vide.
FIN_COURTE = 0.4
# Ce que dit un programme appelé quand le disque est plein.
PLEIN = os.strerror(errno.ENOSPC)
# Le fichier où le gabarit lit de combien resserrer chaque chapitre, et les signes sans dessin.
REGLAGES = "reglages.json"


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
    fini = subprocess.run(
        [commande(), "lua", principal, livre.resolve(), cible, sortie.resolve()],
        input=json.dumps(list(pages)),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | LANGUE,
    )
    if fini.returncode:
        if PLEIN in fini.stderr:
            raise OSError(errno.ENOSPC, PLEIN)
        lignes = [li for li in fini.stderr.splitlines() if not li.startswith("[WARNING]")]
        raise ErreurBilan("\n".join(lignes) or f"Pandoc s'est arrêté ({fini.returncode}).")


def _composer(livre: Path, cible: str, sorties: dict[str, Path]) -> None:
    """Markdown -> Typst -> PDF, dans un dossier jetable qui sert de racine à Typst."""
    contenu, edition = _lire(livre)
    date = datetime.fromisoformat(contenu["date"]).replace(tzinfo=UTC)
    with tempfile.TemporaryDirectory() as dossier:
        racine = Path(dossier)
        _ecrire(livre, cible, racine, sorties)
        charte.poser(edition, racine / "build/travail/charte")
        for nom, sortie in sorties.items():
            sortie.parent.mkdir(parents=True, exist_ok=True)
            sortie.write_bytes(_compiler(racine / f"{nom}.typ", date, edition, livre.parent))


def _compiler(source: Path, date: datetime, edition: Edition, travail: Path) -> bytes:
    """Le PDF d'un document, ou celui déjà fait du même document, de ses figures et polices."""
    texte = source.read_text("utf-8")
    figures = {f.name: f.read_bytes() for f in (source.parent / "figures").glob("*")
               if f.name in texte}
    cle = cle_de("pdf", texte, figures, des_fichiers(source.parent / "build"), date.isoformat(),
                    charte.empreinte_des_fontes(edition), du_programme("typst"))
    return reserve(travail).octets(cle, partial(_faire_pdf, source, date, edition))


def _faire_pdf(source: Path, date: datetime, edition: Edition) -> bytes:
    """Un seul compilateur, où seul change le fichier des réglages : un essai sert au suivant.

    Une seule entrée : Typst range les siennes au hasard, et deux ordres n'ont rien en commun.
    """
    compilateur = typst.Compiler(source, source.parent, font_paths=charte.fontes(edition),
                                 sys_inputs={"reglages": f"/{REGLAGES}"})
    try:
        _equilibrer(compilateur, source.parent / REGLAGES, charte.signes_absents(edition))
        return compilateur.compile(format="pdf", pdf_standards=NORMES, timestamp=date)
    except RuntimeError as faute:  # TypstError, ou celle d'une question mal posée
        dit = getattr(faute, "diagnostic", faute)
        raise ErreurBilan(f"Typst ne peut pas composer le PDF : {dit}") from faute


def _equilibrer(compilateur: typst.Compiler, fichier: Path, absents: str) -> None:
    """Resserre cran par cran les chapitres qui finiraient sur une page presque vide."""

    def regler(crans: dict[str, int]) -> None:
        fichier.write_text(json.dumps({"crans": crans, "absents": absents}), "utf-8")

    crans: dict[str, int] = {}
    regler(crans)
    courts = _chapitres_a_fin_courte(compilateur)
    for cran in (1, 2, 3):
        if not courts:
            return
        crans |= dict.fromkeys(courts, cran)
        regler(crans)
        courts = _chapitres_a_fin_courte(compilateur)
    # Un chapitre que trois crans ne suffisent pas à resserrer garde le corps ordinaire.
    regler({n: c for n, c in crans.items() if n not in courts})


def _chapitres_a_fin_courte(compilateur: typst.Compiler) -> list[str]:
    # Une seule question : chacune recompose en partie le document.
    reperes = json.loads(compilateur.query("<bilan-repere>", field="value"))
    debuts = {r["nom"]: r["page"] for r in reperes if "part" not in r}
    return [
        r["nom"]
        for r in reperes
        if "part" in r and r["page"] > debuts[r["nom"]] and r["part"] < FIN_COURTE
    ]

