"""La charte : les jetons de style du rapport, et ceux qu'un service y substitue pour une édition.

`report/style/jetons.yml` dit tout ; `params/<edition>/charte/jetons.yml`, s'il existe, change des
couleurs et des polices et pose un logo (docs/charte.md). Les polices et le logo sont à côté de lui.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typst
from matplotlib.colors import to_rgb
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bilan import polices
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.parametres import Modele, Nom, charger_yaml, ligne_de, lire_yaml
from bilan.projet import Edition
from bilan.reserve import cle_de

HEXADECIMAL = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")


def _couleur(texte: str) -> str:
    if not HEXADECIMAL.fullmatch(texte):
        raise PydanticCustomError("couleur", "pas une couleur")
    return texte


Couleur = Annotated[str, AfterValidator(_couleur)]
SEUILS = {"textes": 4.5, "marques": 3.0}
LOGOS = (".svg", ".png")


class Polices(Modele):
    """Les deux familles, par leur nom."""

    texte: str
    titres: str


class Corps(Modele):
    """Le corps du texte, dans l'unité de chaque support."""

    site: float
    papier: float
    graphique: float


class Grille(Modele):
    """Les largeurs de la page et la marge du papier."""

    page: float
    sommaire: float
    texte: float
    table: float
    marge: float


class Logo(Modele):
    """Un fichier du dossier `charte/`, et ce qu'il dit à qui ne le voit pas."""

    fichier: Nom
    alternative: str = Field(min_length=1)


class Jetons(Modele):
    """Tous les jetons de style."""

    couleurs: dict[str, Couleur]
    sombre: dict[str, Couleur]
    contrastes: dict[str, dict[str, list[str]]]
    categories: dict[str, str]
    polices: Polices
    corps: Corps
    echelle: dict[str, float]
    espaces: dict[str, float]
    grille: Grille
    logo: Logo | None = None


class PolicesDuService(Modele):
    """Les familles qu'un service remplace."""

    texte: str | None = None
    titres: str | None = None


class Substitution(Modele):
    """Ce qu'un service change : des couleurs, des polices, un logo."""

    couleurs: dict[str, Couleur] = Field(default_factory=dict)
    sombre: dict[str, Couleur] = Field(default_factory=dict)
    polices: PolicesDuService = PolicesDuService()
    logo: Logo | None = None


def dossier(edition: Edition) -> Path:
    """Où un service pose sa charte."""
    return edition.params / "charte"


def lire_base(racine: Path) -> Jetons:
    """Les jetons du rapport, sans ceux d'un service."""
    return lire_yaml(racine / "report/style/jetons.yml", Jetons, "report/style/jetons.yml")


def lire(edition: Edition) -> Jetons:
    """Les jetons de l'édition. Lève `ErreurBilan` avec les fautes de la charte du service."""
    base, chemin = lire_base(edition.racine), dossier(edition) / "jetons.yml"
    if not chemin.is_file():
        return base
    substitution = lire_yaml(chemin, Substitution, edition.relatif(chemin))
    jetons = base.model_copy(update={
        "couleurs": base.couleurs | substitution.couleurs,
        "sombre": base.sombre | substitution.sombre,
        "polices": base.polices.model_copy(
            update=substitution.polices.model_dump(exclude_none=True)),
        "logo": substitution.logo,
    })
    fautes = list(_fautes(edition, chemin, base, jetons))
    if fautes:
        raise ErreurBilan(fautes)
    return jetons


def fautes(edition: Edition) -> list[Faute]:
    """Les fautes de la charte que le service a posée pour l'édition."""
    try:
        lire(edition)
    except ErreurBilan as erreur:
        return erreur.fautes
    return []


def logo(edition: Edition, jetons: Jetons) -> Path | None:
    """Le fichier du logo, s'il y en a un."""
    return dossier(edition) / jetons.logo.fichier if jetons.logo else None


def fichiers_de_police(edition: Edition) -> list[Path]:
    """Les polices que le service a posées dans `charte/polices/`."""
    posees = (dossier(edition) / "polices").glob("*")
    return sorted(f for f in posees if f.suffix in polices.SUFFIXES)


def dossiers_de_police(edition: Edition) -> list[str]:
    """Où sont les polices des paquets et du service."""
    du_service = dossier(edition) / "polices"
    return [*map(str, polices.DOSSIERS), *([str(du_service)] if du_service.is_dir() else [])]


@cache
def fontes(edition: Edition) -> typst.Fonts:
    """Les polices que Typst connaît : celles des paquets et du service, aucune du système."""
    return typst.Fonts(include_system_fonts=False, font_paths=dossiers_de_police(edition))


@cache
def signes_absents(edition: Edition) -> str:
    """Ce qu'aucune police du PDF ne dessine : une expression régulière, comme Typst les lit."""
    return polices.absents([Path(f.path) for f in fontes(edition).fonts() if f.path])


@cache
def empreinte_des_fontes(edition: Edition) -> str:
    """L'empreinte de leurs fichiers ; les autres viennent avec Typst."""
    return cle_de(
        {f.path: Path(f.path).read_bytes() for f in fontes(edition).fonts() if f.path})


def poser(edition: Edition, cible: Path) -> None:
    """Écrit dans `cible` ce que le gabarit du PDF lit : `jetons.yml`, et le logo s'il y en a un."""
    jetons = lire(edition)
    cible.mkdir(parents=True, exist_ok=True)
    # Du JSON : c'est aussi du YAML.
    (cible / "jetons.yml").write_text(jetons.model_dump_json(indent=1) + "\n", "utf-8")
    if fichier := logo(edition, jetons):
        shutil.copyfile(fichier, cible / fichier.name)


def contraste(une: str, autre: str) -> float:
    """Le rapport de contraste de deux couleurs, de 1 à 21 (WCAG 2.1)."""
    clair, fonce = sorted((_luminance(une), _luminance(autre)), reverse=True)
    return (clair + 0.05) / (fonce + 0.05)


def _luminance(couleur: str) -> float:
    canaux = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(couleur)]
    return sum(part * canal for part, canal in zip((0.2126, 0.7152, 0.0722), canaux, strict=True))


def contrastes_faibles(jetons: Jetons) -> Iterator[tuple[str, str, str, float, float]]:
    """Les couples sous leur seuil : palette, dessus, dessous, contraste, seuil."""
    for palette in ("couleurs", "sombre"):
        teintes = getattr(jetons, palette)
        for genre, fonds in jetons.contrastes.items():
            for dessous, dessus in ((d, n) for d, noms in fonds.items() for n in noms):
                mesure = contraste(teintes[dessus], teintes[dessous])
                if mesure < SEUILS[genre]:
                    yield palette, dessus, dessous, mesure, SEUILS[genre]


def _fautes(edition: Edition, chemin: Path, base: Jetons, jetons: Jetons) -> Iterator[Faute]:
    """Couleur inconnue, contraste faible, logo ou police absents, chacun à sa ligne."""
    lieu = edition.relatif(chemin)
    brut = charger_yaml(chemin, lieu)

    def faute(ou: tuple[str, ...], trouve: str, remede: str) -> Faute:
        return Faute(lieu, trouve, remede, ligne_de(brut, ou))

    for palette in ("couleurs", "sombre"):
        for nom in set(getattr(jetons, palette)) - set(base.couleurs):
            yield faute((palette, nom), f"couleur inconnue « {nom} »",
                        proposer(nom, base.couleurs))
    for palette, dessus, dessous, mesure, seuil in contrastes_faibles(jetons):
        ecrit = dessus if dessus in brut.get(palette, {}) else dessous
        yield faute((palette, ecrit), f"« {dessus} » sur « {dessous} » a un contraste de "
                    f"{_decimal(mesure)}", f"Il en faut {_decimal(seuil)} : foncer l'une ou "
                    "éclaircir l'autre.")
    yield from _fautes_des_fichiers(edition, jetons, faute)


def _fautes_des_fichiers(edition: Edition, jetons: Jetons, faute: Any) -> Iterator[Faute]:
    fichier = logo(edition, jetons)
    if fichier and not (fichier.is_file() and fichier.suffix in LOGOS):
        yield faute(("logo", "fichier"), f"logo absent : {edition.relatif(fichier)}",
                    "Poser là un fichier .svg ou .png.")
    polices.charger(fichiers_de_police(edition))
    for role in ("texte", "titres"):
        famille = getattr(jetons.polices, role)
        if polices.trouver(famille) is None:
            yield faute(("polices", role), f"police introuvable : « {famille} »",
                        "Poser ses fichiers .ttf ou .otf dans charte/polices/.")


def _decimal(nombre: float) -> str:
    return f"{nombre:.2f}".replace(".", ",")
