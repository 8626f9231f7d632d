"""La mise en page du rapport en PDF, page par page : titres, lignes de tableau, blancs."""

import re
import subprocess
from collections.abc import Iterator

import numpy as np
import pikepdf
import pytest
from PIL import Image

from tests.test_exports import nu

pytestmark = pytest.mark.xdist_group("construit")

POINTS_PAR_POUCE = 36
HAUTEUR = 297
# Entre l'en-tête et le pied courants, en millimètres.
HAUT, BAS = 24, 273


@pytest.fixture(scope="module")
def encres(sortie, tmp_path_factory) -> list[np.ndarray | None]:
    """Par page, la hauteur de chaque rangée encrée (en millimètres) ; None si elle est teinte."""
    dossier = tmp_path_factory.mktemp("feuilles")
    subprocess.run(["pdftoppm", "-r", str(POINTS_PAR_POUCE), "-gray", str(sortie / "bilan.pdf"),
                    str(dossier / "p")], check=True, capture_output=True)
    return [_encre(np.asarray(Image.open(f))) for f in sorted(dossier.glob("*.pgm"))]


def _encre(feuille: np.ndarray) -> np.ndarray | None:
    if (feuille < 250).mean() > .5:
        return None
    hauteurs = np.nonzero((feuille < 200).any(axis=1))[0] * HAUTEUR / len(feuille)
    return hauteurs[(hauteurs > HAUT) & (hauteurs < BAS)]


def test_aucune_page_a_moitie_vide(encres):
    """Toute page de texte est remplie à plus de moitié, sauf la dernière du rapport."""
    vides = {numero: f"{(encre.max() - HAUT) / (BAS - HAUT):.0%}"
             for numero, encre in enumerate(encres[:-1], start=1)
             if encre is not None and encre.max() < (HAUT + BAS) / 2}
    assert vides == {}


def titres(sortie) -> Iterator[tuple[str, int, float]]:
    """Chaque titre du rapport : son texte, sa page (depuis 0), sa hauteur en millimètres."""
    with pikepdf.open(sortie / "bilan.pdf") as pdf, pdf.open_outline() as signets:
        pages = {p.objgen: rang for rang, p in enumerate(pdf.pages)}
        restants = list(signets.root)
        while restants:
            signet = restants.pop()
            restants += signet.children
            cible = signet.destination or signet.action.D
            haut = HAUTEUR - float(cible[3]) * 25.4 / 72
            yield str(signet.title), pages[cible[0].objgen], haut


def test_aucun_titre_orphelin(sortie, encres):
    """Sous chaque titre, sa page porte au moins deux lignes de texte."""
    trouves = [(titre, encres[page], haut) for titre, page, haut in titres(sortie)]
    assert len(trouves) > 100
    orphelins = [titre for titre, encre, haut in trouves
                 if encre is not None and (encre > haut + 14).sum() < 4]
    assert orphelins == []


def feuilles_de(noeud: pikepdf.Object) -> set[tuple[int, int]]:
    """Les pages où un élément de structure a du contenu."""
    enfants = noeud.get("/K", [])
    trouvees = {noeud.Pg.objgen} if "/Pg" in noeud else set()
    for enfant in enfants if isinstance(enfants, pikepdf.Array) else [enfants]:
        if isinstance(enfant, pikepdf.Dictionary):
            trouvees |= feuilles_de(enfant)
    return trouvees


def lignes_de_tableau(noeud: pikepdf.Object) -> Iterator[pikepdf.Object]:
    enfants = noeud.get("/K", [])
    for enfant in enfants if isinstance(enfants, pikepdf.Array) else [enfants]:
        if isinstance(enfant, pikepdf.Dictionary):
            if enfant.get("/S") == "/TR":
                yield enfant
            else:
                yield from lignes_de_tableau(enfant)


def test_aucune_ligne_de_tableau_coupee(sortie):
    """Une ligne de tableau est tout entière sur une page."""
    with pikepdf.open(sortie / "bilan.pdf") as pdf:
        lignes = [feuilles_de(ligne) for ligne in lignes_de_tableau(pdf.Root.StructTreeRoot)]
    assert len(lignes) > 500
    assert max(map(len, lignes)) == 1


def test_le_reseau_tient_sur_une_ligne_de_la_fiche(sortie, pages):
    """Dans chaque fiche, le réseau du territoire se lit d'un trait."""
    for fiche in sorted((sortie / "fiches").glob("*.pdf")):
        page = pages[f"fiche-{fiche.stem}.html"]
        reseau = dict(zip((nu(d.get_text()) for d in page.select(".fiche-entete dt")),
                          (nu(d.get_text()) for d in page.select(".fiche-entete dd")),
                          strict=True))["Réseau"]
        texte = subprocess.run(["pdftotext", "-layout", str(fiche), "-"], capture_output=True,
                               text=True, check=True).stdout
        colle = [re.sub(r"\s", "", ligne) for ligne in texte.splitlines()]
        assert any(re.sub(r"\s", "", reseau) in ligne for ligne in colle), fiche.stem
