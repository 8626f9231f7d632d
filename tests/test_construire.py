"""La construction entière : sorties du contrat, corrections qui se propagent, pannes sans perte."""

import json
import re
import shutil

import pytest
from bs4 import BeautifulSoup

from tests.conftest import EDITION, copier, lancer

pytestmark = pytest.mark.xdist_group("construit")


def test_sorties_du_contrat(sortie):
    """Les cinq sorties promises sont là."""
    assert (sortie / "site" / "index.html").is_file()
    assert (sortie / "bilan.pdf").read_bytes().startswith(b"%PDF")
    assert len(list((sortie / "fiches").glob("*.pdf"))) == 6
    assert len(list((sortie / "notebooks").glob("*.ipynb"))) == 10
    assert json.loads((sortie / "registre.json").read_text("utf-8"))["edition"] == EDITION


def chiffres_du_site(sortie) -> dict[tuple[str, str], set[str]]:
    """Ce que chaque page montre de chaque chiffre."""
    montres: dict[tuple[str, str], set[str]] = {}
    for page in (sortie / "site").glob("*.html"):
        soupe = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        for span in soupe.select(".chiffre[data-code]"):
            montres.setdefault((page.name, span["data-code"]), set()).add(span.get_text())
    return montres


@pytest.mark.long
def test_retirer_un_acteur_change_ce_qui_en_depend_et_rien_d_autre(construit, sortie, tmp_path):
    """Un acteur de moins à Dunkerque : ses chiffres bougent partout, les autres nulle part."""
    copier(tmp_path)
    shutil.copytree(construit / "build" / "travail", tmp_path / "build" / "travail")
    chemin = tmp_path / "data" / EDITION / "acteurs.csv"
    lignes = chemin.read_text("utf-8").splitlines(keepends=True)
    # Un CCAS recensé et jamais rencontré : il compte dans I4, les recensés et les totaux.
    rang = next(i for i, li in enumerate(lignes)
                if ",dunkerque,ccas,,false,false,false," in li)
    chemin.write_text("".join(lignes[:rang] + lignes[rang + 1:]), "utf-8")

    assert lancer("construire", "--voie", "pandoc", projet=tmp_path).returncode == 0

    neuf = tmp_path / "build" / EDITION
    avant = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    apres = json.loads((neuf / "registre.json").read_text("utf-8"))["chiffres"]
    changes = {c for c in avant if avant[c]["valeur"] != apres[c]["valeur"]}
    touches = re.compile(
        r"I4\.(resultat|denominateur|rapport|ecart|variante)"
        r"(\.(?!douaisis|cabbalr|sud-artois|thierache|sambre-avesnois).*)?"
        # Ce qui entoure ce résultat bouge avec lui, sauf le résultat sans ce territoire.
        r"|I4\.(moyenne|exact|wilson|etendue|poids)(\..*)?|I4\.retraits\.(?!dunkerque).*"
        r"|I7\.variante\.tous-recenses"
        r"|ensemble\.acteurs|lignes\.acteurs"
        r"|acteurs\.(famille\.ccas|territoire\.dunkerque)\.recenses"
    )
    assert {"I4.denominateur", "I4.resultat.dunkerque", "ensemble.acteurs"} <= changes
    assert [c for c in changes if not touches.fullmatch(c)] == []

    montres, remontres = chiffres_du_site(sortie), chiffres_du_site(neuf)
    # Dans une fiche, l'étendue des autres territoires peut changer d'extrême, rien d'autre.
    ailleurs = {(p, c) for p, c in montres.keys() ^ remontres.keys()
                if not (p.startswith("fiche-") and ".resultat." in c)}
    assert ailleurs == set()
    changes_de_texte = {c for c in avant if avant[c]["texte"] != apres[c]["texte"]
                        or avant[c]["rapport"] != apres[c]["rapport"]}
    for (page, code), textes in montres.items():
        if code not in changes_de_texte and (page, code) in remontres:
            assert remontres[page, code] == textes, (page, code)
    for page, code in (("resultats.html", "I4.rapport"), ("synthese.html", "I4.resultat"),
                       ("cooperation.html", "I4.resultat")):
        assert remontres[page, code] != montres[page, code], page

    # Les graphiques : celui des acteurs change, celui des présences non.
    def figures(racine):
        return {f.name: f.read_bytes() for f in (racine / "site").rglob("*.svg")}

    figures_avant, figures_apres = figures(sortie), figures(neuf)
    changees = {nom for nom in figures_avant if figures_avant[nom] != figures_apres[nom]}
    assert any("cooperation" in nom for nom in changees)
    assert any("fiche-dunkerque" in nom for nom in changees)
    assert not any("accompagnement" in nom or "realisations" in nom for nom in changees)


def test_echec_d_assemblage_sans_perte(construit, tmp_path):
    """Un chapitre hors du dialecte : message clair, bilan précédent intact."""
    copier(tmp_path)
    shutil.copytree(construit / "build", tmp_path / "build")
    with (tmp_path / "report" / "conclusion.qmd").open("a", encoding="utf-8") as flux:
        flux.write("\nVoir @fig-inconnue.\n")
    avant = (tmp_path / "build" / EDITION / "bilan.pdf").read_bytes()
    resultat = lancer("construire", "--voie", "pandoc", projet=tmp_path)
    assert resultat.returncode == 1
    assert "Traceback" not in resultat.stderr
    assert "fig-inconnue" in resultat.stderr
    assert "conclusion" in resultat.stderr
    assert avant == (tmp_path / "build" / EDITION / "bilan.pdf").read_bytes()


def test_donnees_fautives_arretent_avant_tout(construit, tmp_path):
    """Une faute de données arrête avant d'exécuter, et ne touche pas au bilan précédent."""
    copier(tmp_path)
    shutil.copytree(construit / "build", tmp_path / "build")
    chemin = tmp_path / "data" / EDITION / "presences.csv"
    chemin.write_text(chemin.read_text("utf-8").replace("true", "vrai", 1), "utf-8")
    resultat = lancer("construire", projet=tmp_path)
    assert resultat.returncode == 1
    assert "presences.csv, ligne" in resultat.stderr
    assert "Écrire true ou false." in resultat.stderr
    assert (tmp_path / "build" / EDITION / "bilan.pdf").is_file()
