"""L'assembleur embarqué : Pandoc et Typst, en roues, là où Quarto n'est pas installé.

Le dialecte, la numérotation et les pages sont écrits en Lua (report/pandoc/), avec les
filtres que Quarto utilise aussi (report/filtres/). Ce module lance Pandoc une fois par
cible, compose le PDF et pose à côté des pages ce qu'elles demandent : styles et polices.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

import font_source_sans_pro
import font_source_serif_pro
import pypandoc
import typst
from fontTools import subset
from ruamel.yaml import YAML

from bilan import cartes
from bilan.erreurs import ErreurBilan

# PDF accessible (UA-1) et d'archive (A-2a) : Typst refuse une figure sans texte de remplacement.
NORMES = ["ua-1", "a-2a"]
# Une dernière page remplie en deçà de cette part de sa hauteur est presque vide.
FIN_COURTE = 0.3
# Latin, ponctuation française, flèches et signes des tableaux : le reste n'est pas servi.
SIGNES = [*range(0x20, 0x180), *range(0x2000, 0x2070), 0x20AC, *range(0x2190, 0x219A)]
SIGNES += [0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x2713, 0x2717]
SANS, SERIF = font_source_sans_pro.font_files_ttf, font_source_serif_pro.font_files_ttf
POLICES = [  # nom du fichier servi, police, famille, graisse, style
    ("texte", SANS["SourceSansPro"], "texte", 400, "normal"),
    ("texte-italique", SANS["SourceSansProIt"], "texte", 400, "italic"),
    ("texte-demi-gras", SANS["SourceSansProSemibold"], "texte", 600, "normal"),
    ("titres", SERIF["SourceSerifPro"], "titres", 400, "normal"),
    ("titres-demi-gras", SERIF["SourceSerifProSemibold"], "titres", 600, "normal"),
]


def nom() -> str:
    """Le nom de cette voie d'assemblage, pour l'ours."""
    return f"Pandoc {pypandoc.get_pandoc_version()} et Typst {version('typst')}"


def assembler_site(livre: Path, sortie: Path) -> None:
    """Écrit les pages HTML du livre, leurs figures, leur style et leurs polices."""
    sortie.mkdir(parents=True, exist_ok=True)
    contenu = _lire(livre)
    jetons = YAML(typ="safe").load(contenu["jetons"].read_text("utf-8"))
    _pandoc(livre, "site", sortie)
    cartes.ecrire(contenu, sortie)
    shutil.copyfile(contenu["report"] / "pandoc" / "site.js", sortie / "site.js")
    _servir_polices(sortie / "polices", livre.parent / "polices")
    style = contenu["report"] / "style"
    feuilles = [(style / f).read_text("utf-8") for f in ("site.css", "style.css")]
    (sortie / "style.css").write_text(
        _variables(jetons) + _declarations() + "\n".join(feuilles), "utf-8"
    )


def assembler_pdf(livre: Path, sortie: Path) -> None:
    """Écrit le PDF du livre entier."""
    _composer(livre, "pdf", {"document": sortie})


def assembler_pages(livre: Path, sorties: dict[str, Path]) -> None:
    """Écrit le PDF de pages qui se lisent seules : fiches, synthèse (page -> fichier)."""
    _composer(livre, "pages", sorties)


def _lire(livre: Path) -> dict:
    contenu = json.loads(livre.read_text("utf-8"))
    contenu["report"] = Path(contenu["racine"]) / "report"
    contenu["jetons"] = Path(contenu["racine"]) / contenu["jetons"]
    return contenu


def _pandoc(livre: Path, cible: str, sortie: Path, pages: Iterable[str] = ()) -> None:
    """Un passage de Pandoc ; sa faute, déjà écrite pour l'utilisateur, devient une erreur."""
    principal = _lire(livre)["report"] / "pandoc" / "principal.lua"
    commande = [pypandoc.get_pandoc_path(), "lua", principal]
    fini = subprocess.run(
        [*commande, livre.resolve(), cible, sortie.resolve(), *pages],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if fini.returncode:
        lignes = [li for li in fini.stderr.splitlines() if not li.startswith("[WARNING]")]
        raise ErreurBilan("\n".join(lignes) or f"Pandoc s'est arrêté ({fini.returncode}).")


def _composer(livre: Path, cible: str, sorties: dict[str, Path]) -> None:
    """Markdown -> Typst -> PDF, dans un dossier jetable qui sert de racine à Typst."""
    contenu = _lire(livre)
    date = datetime.fromisoformat(contenu["date"]).replace(tzinfo=UTC)
    with tempfile.TemporaryDirectory() as dossier:
        racine = Path(dossier)
        (racine / "report/style").mkdir(parents=True)
        shutil.copyfile(contenu["jetons"], racine / "report/style/jetons.yml")
        _pandoc(livre, cible, racine, sorties)
        for nom, sortie in sorties.items():
            sortie.parent.mkdir(parents=True, exist_ok=True)
            sortie.write_bytes(_compiler(racine / f"{nom}.typ", date))


def _compiler(source: Path, date: datetime) -> bytes:
    try:
        compilateur = _equilibrer(source)
        return compilateur.compile(format="pdf", pdf_standards=NORMES, timestamp=date)
    except typst.TypstError as faute:
        raise ErreurBilan(f"Typst ne peut pas composer le PDF : {faute.diagnostic}") from faute


def _equilibrer(source: Path) -> typst.Compiler:
    """Resserre cran par cran les chapitres qui finiraient sur une page presque vide."""
    crans: dict[str, str] = {}
    for cran in ("1", "2", "3"):
        compilateur = _compilateur(source, crans)
        courts = _chapitres_a_fin_courte(compilateur)
        if not courts:
            return compilateur
        crans = crans | dict.fromkeys(courts, cran)
    # Un chapitre que trois crans ne suffisent pas à resserrer garde le corps ordinaire.
    vains = _chapitres_a_fin_courte(_compilateur(source, crans))
    return _compilateur(source, {nom: c for nom, c in crans.items() if nom not in vains})


def _compilateur(source: Path, crans: dict[str, str]) -> typst.Compiler:
    return typst.Compiler(source, source.parent, font_paths=_fontes(), sys_inputs=crans)


def _chapitres_a_fin_courte(compilateur: typst.Compiler) -> list[str]:
    debuts = {d["nom"]: d["page"] for d in _reperes(compilateur, "<bilan-debut>")}
    return [
        f["nom"]
        for f in _reperes(compilateur, "<bilan-fin>")
        if f["page"] > debuts[f["nom"]] and f["part"] < FIN_COURTE
    ]


def _reperes(compilateur: typst.Compiler, etiquette: str) -> list[dict]:
    return json.loads(compilateur.query(etiquette, field="value"))


def copier_polices(dossier: Path) -> None:
    """Copie les polices entières dans `dossier` : Quarto les donne de là à Typst."""
    dossier.mkdir(parents=True, exist_ok=True)
    for police in [*SANS.values(), *SERIF.values()]:
        shutil.copy(police, dossier)


@cache
def _fontes() -> typst.Fonts:
    dossiers = [font_source_sans_pro.font_directory, font_source_serif_pro.font_directory]
    return typst.Fonts(include_system_fonts=False, font_paths=dossiers)


def _variables(jetons: dict) -> str:
    """Les jetons en variables CSS : `--primaire`, `--categorie-cooperation`…"""
    lignes = [f"  --{nom.replace('_', '-')}: {code};" for nom, code in jetons["couleurs"].items()]
    lignes += [
        f"  --categorie-{nom}: var(--{couleur.replace('_', '-')});"
        for nom, couleur in jetons["categories"].items()
    ]
    return "\n".join([":root {", *lignes, "}\n"])


def _declarations() -> str:
    """Les polices servies par le site lui-même."""
    return "".join(
        f'@font-face {{ font-family: "{famille}"; font-weight: {graisse}; font-style: {style}; '
        f'font-display: swap; src: url("polices/{nom}.woff") format("woff"); }}\n'
        for nom, _, famille, graisse, style in POLICES
    )


def _servir_polices(sortie: Path, reserve: Path) -> None:
    """Copie les sous-ensembles WOFF, faits une fois et gardés dans `reserve`."""
    sortie.mkdir(parents=True, exist_ok=True)
    reserve.mkdir(parents=True, exist_ok=True)
    for nom, police, *_ in POLICES:
        octets = Path(police).read_bytes()
        empreinte = hashlib.sha256(octets + repr(SIGNES).encode()).hexdigest()[:12]
        garde = reserve / f"{nom}-{empreinte}.woff"
        if not garde.exists():
            garde.write_bytes(_sous_ensemble(octets))
        shutil.copyfile(garde, sortie / f"{nom}.woff")


def _sous_ensemble(octets: bytes) -> bytes:
    """La police réduite aux signes du français, en WOFF."""
    options = subset.Options(flavor="woff", layout_features=["kern", "liga", "tnum", "lnum"])
    police = subset.load_font(io.BytesIO(octets), options)
    reducteur = subset.Subsetter(options)
    reducteur.populate(unicodes=SIGNES)
    reducteur.subset(police)
    sortie = io.BytesIO()
    subset.save_font(police, sortie, options)
    return sortie.getvalue()
