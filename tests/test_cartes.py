"""« D'où vient ce chiffre ? », dans un vrai navigateur : clavier, souris, doigt, sans script."""

import csv
import json

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("construit")


@pytest.fixture
def page(navigateur, sortie):
    """La page de la coopération, ouverte depuis le dossier, sans serveur."""
    page = navigateur.new_page()
    page.goto((sortie / "site" / "cooperation.html").as_uri())
    yield page
    page.close()


def resultat(page):
    return page.locator("main p a.chiffre[data-code='I4.resultat']").first


def test_au_clavier(page):
    """Entrée ouvre la carte et y porte le curseur ; Échap la referme et le rend au chiffre."""
    chiffre = resultat(page)
    chiffre.focus()
    page.keyboard.press("Enter")
    carte = page.get_by_role("dialog", name="Acteurs rencontrés")
    expect(carte).to_be_visible()
    expect(carte).to_be_focused()
    expect(chiffre).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(carte).to_be_hidden()
    expect(chiffre).to_be_focused()


def test_ce_que_dit_la_carte(page):
    """Valeur, n sur N, définition, calcul, part de chaque territoire, publié, carnet, annexe."""
    resultat(page).click()
    carte = page.get_by_role("dialog")
    expect(carte).to_contain_text("32 %")
    expect(carte).to_contain_text("128 sur 400")
    expect(carte).to_contain_text("acteurs : dont rencontre")
    expect(carte).to_contain_text("Dunkerque 36/95")
    expect(carte).to_contain_text("reconstituée")
    expect(carte.get_by_role("link", name="Sa ligne dans l’annexe")).to_be_visible()
    carnet = carte.get_by_role("link", name="carnet cooperation, cellule")
    assert carnet.get_attribute("href") == "../notebooks/cooperation.ipynb"


def test_un_compte_ouvre_la_carte_de_son_resultat(page):
    """Un dénominateur cité seul montre le résultat dont il est la base."""
    page.locator("main a.chiffre[data-code='I5.denominateur']").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("15 sur 41")


def test_se_referme(page):
    """Le bouton, ou un clic ailleurs, referme la carte ; une seule est ouverte à la fois."""
    resultat(page).click()
    page.get_by_role("button", name="Fermer").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    resultat(page).click()
    page.locator("main a.chiffre[data-code='I5.denominateur']").first.click()
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_contain_text("15 sur 41")
    page.locator("h1").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_au_doigt_sur_un_telephone(navigateur, sortie):
    """Au doigt aussi, et la carte tient dans un écran étroit."""
    contexte = navigateur.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = contexte.new_page()
    page.goto((sortie / "site" / "synthese.html").as_uri())
    page.locator("main li a.chiffre[data-code='I1.resultat']").first.tap()
    carte = page.get_by_role("dialog")
    expect(carte).to_be_visible()
    boite = carte.bounding_box()
    assert boite["x"] >= 0
    assert boite["x"] + boite["width"] <= 360
    contexte.close()


def test_sans_script(navigateur, sortie):
    """Sans JavaScript, le chiffre reste un lien vers sa ligne de l'annexe."""
    contexte = navigateur.new_context(java_script_enabled=False)
    page = contexte.new_page()
    page.goto((sortie / "site" / "synthese.html").as_uri())
    page.locator("main li a.chiffre[data-code='I1.resultat']").first.click()
    assert page.url.endswith("/provenance.html#chiffre-I1-resultat")
    expect(page.locator("#chiffre-I1-resultat")).to_be_visible()
    contexte.close()


def test_aucune_requete_ni_erreur(navigateur, sortie):
    """Les pages ne demandent rien à personne et n'écrivent aucune erreur."""
    page = navigateur.new_page()
    erreurs, requetes = [], []
    page.on("console", lambda m: erreurs.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: erreurs.append(str(e)))
    page.on("request", lambda r: requetes.append(r.url))
    for nom in ("index", "resultats", "provenance", "fiche-dunkerque"):
        page.goto((sortie / "site" / f"{nom}.html").as_uri())
    page.close()
    assert erreurs == []
    assert all(u.startswith("file://") for u in requetes)


def test_csv_et_registre_disent_la_meme_chose(sortie):
    """Le CSV porte tous les chiffres du registre, une ligne chacun.

    Une apostrophe y précède un signe plus : un tableur n'en fait pas une formule.
    """
    registre = json.loads((sortie / "registre.json").read_text("utf-8"))["chiffres"]
    with (sortie / "site" / "chiffres.csv").open(encoding="utf-8", newline="") as flux:
        lignes = {li["code"]: li["texte"].removeprefix("'") for li in csv.DictReader(flux)}
    assert lignes == {code: c["texte"] for code, c in registre.items()}


def test_chaque_chiffre_mene_a_sa_ligne(sortie):
    """Dans le PDF, les chiffres sont des liens internes vers l'annexe."""
    import pikepdf

    with pikepdf.open(sortie / "bilan.pdf") as pdf:
        liens = [
            a for page in pdf.pages for a in page.get("/Annots", [])
            if (a.get("/Subtype") == "/Link" and "/A" not in a)
            or a.get("/A", {}).get("/S") == "/GoTo"
        ]
    assert len(liens) > 200
