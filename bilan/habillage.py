"""Ce que les pages du site demandent à côté d'elles : styles, polices, scripts, logo."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bilan import charte, polices
from bilan.charte import Jetons
from bilan.projet import Edition

FEUILLES = ("site.css", "style.css")
# Un graphique est dessiné sur du blanc, que la page absorbe. En mode sombre, ses clartés se
# renversent et ses teintes restent : ce qui avait 4,5 de contraste sur blanc en a plus de 5.
DESSINS = {
    "clair": ["--dessin: none", "--fusion: multiply"],
    "sombre": ["--dessin: invert(1) hue-rotate(180deg)", "--fusion: screen"],
}


def ecrire(edition: Edition, sortie: Path, reserve: Path) -> None:
    """Pose dans `sortie` la feuille de style, les polices, les scripts et le logo."""
    jetons, report = charte.lire(edition), edition.racine / "report"
    polices.charger(charte.fichiers_de_police(edition))
    polices.servir(jetons.polices.model_dump(), sortie / "polices", reserve)
    feuilles = [(report / "style" / f).read_text("utf-8") for f in FEUILLES]
    (sortie / "style.css").write_text(
        "\n".join([variables(jetons), polices.declarations(), *feuilles]), "utf-8"
    )
    shutil.copytree(report / "site", sortie, dirs_exist_ok=True)
    if fichier := charte.logo(edition, jetons):
        shutil.copyfile(fichier, sortie / fichier.name)


def variables(jetons: Jetons) -> str:
    """Les jetons en variables CSS ; la palette sombre à l'écran seulement, jamais sur le papier."""
    sombre = "; ".join(["color-scheme: dark", *DESSINS["sombre"], *_couleurs(jetons.sombre)])
    clair = "; ".join(["color-scheme: light", *DESSINS["clair"], *_communes(jetons)])
    return (
        f":root {{ {clair}; }}\n"
        "@media screen and (prefers-color-scheme: dark) "
        f'{{ :root:not([data-theme="clair"]) {{ {sombre}; }} }}\n'
        f'@media screen {{ :root[data-theme="sombre"] {{ {sombre}; }} }}\n'
    )


def _communes(jetons: Jetons) -> Iterator[str]:
    yield from _couleurs(jetons.couleurs)
    for nom, couleur in jetons.categories.items():
        yield f"--categorie-{nom}: var(--{_tirets(couleur)})"
    # À l'écran, une famille porte le nom de son rôle : c'est celui de sa déclaration.
    yield f'--police-texte: "texte", "{jetons.polices.texte}", sans-serif'
    yield f'--police-titres: "titres", "{jetons.polices.titres}", serif'
    yield f"--corps: {jetons.corps.site:g}rem"
    for nom, part in jetons.echelle.items():
        yield f"--corps-{_tirets(nom)}: {part * jetons.corps.site:.4g}rem"
    for nom, rem in jetons.espaces.items():
        yield f"--espace-{_tirets(nom)}: {rem:g}rem"
    for nom in ("page", "sommaire", "texte", "table"):
        yield f"--grille-{nom}: {getattr(jetons.grille, nom):g}rem"


def _couleurs(palette: dict[str, str]) -> Iterator[str]:
    for nom, code in palette.items():
        yield f"--{_tirets(nom)}: {code}"


def _tirets(nom: str) -> str:
    return nom.replace("_", "-")
