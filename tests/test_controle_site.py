"""Le contrôle par axe-core : une faute posée exprès dans une page du site est vue."""

import re
import shutil

import pytest

from tests.conftest import remplacer
from tests.controle_site import fautes_des_pages

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("construit")]

# Ce qu'on met à la place d'une partie de la page, et ce que l'outil doit en dire.
FAUTES = {
    "image sans texte": ('<main', '<img src="figures/synthese.svg"><main', "image-alt"),
    "contraste": ('<main', '<p style="color:#bbb;background:#fff">Pâle</p><main', "color-contrast"),
    "contraste au tableau": (
        '<table', '<style>td{color:#ddd!important;background:#fff!important}</style><table',
        "color-contrast"),
    "texte non mesurable": (
        '<main', '<p style="background:linear-gradient(red,blue)">Sur un dégradé</p><main',
        "non mesuré, color-contrast"),
    "titre sauté": ('<h2', '<h4>Trop bas</h4><h2', "heading-order"),
    "langue": ('<html lang="fr"', '<html', "html-has-lang"),
    "débordement": ('<main', '<p style="width:500px">Large</p><main', "déborde"),
    "requête": ('</head>', '<link rel="icon" href="https://exemple.invalid/i.png">'
                '<script src="https://exemple.invalid/s.js"></script></head>', "demande ailleurs"),
}
SOMBRE = ('<style>@media (prefers-color-scheme: dark) {'
          ' main { color: #444; background: #333 } }</style>')


@pytest.fixture(scope="module")
def fautes(sortie, tmp_path_factory) -> list[str]:
    """Une copie de la page par faute, toutes lues dans le même navigateur."""
    site = tmp_path_factory.mktemp("fautes") / "site"
    shutil.copytree(sortie / "site", site)
    # Sans la politique de sécurité, qui arrêterait les styles des fautes.
    page = re.sub("<meta http-equiv=.*>\n", "", (site / "fiche-dunkerque.html").read_text("utf-8"))
    for chemin in site.glob("*.html"):
        chemin.unlink()
    poses = {nom: paire[:2] for nom, paire in FAUTES.items()}
    for nom, (avant, apres) in (poses | {"sombre": ("</head>", SOMBRE + "</head>")}).items():
        chemin = site / f"{nom}.html"
        chemin.write_text(page, "utf-8")
        remplacer(chemin, avant, apres)
    return fautes_des_pages(sorted(site.glob("*.html")))


@pytest.mark.parametrize("nom", FAUTES)
def test_faute_posee(fautes, nom):
    """La faute est vue, sur sa page, dans les quatre vues."""
    siennes = [f for f in fautes if f.startswith(f"{nom}.html")]
    vues = {f.split(" : ")[0] for f in siennes if FAUTES[nom][2] in f}
    assert len(vues) == 4


def test_faute_du_seul_mode_sombre(fautes):
    """Un contraste trop faible dans le seul mode sombre n'est vu que là."""
    vues = {f.split(" : ")[0] for f in fautes if f.startswith("sombre.html")}
    assert vues == {"sombre.html (large, sombre)", "sombre.html (étroite, sombre)"}
