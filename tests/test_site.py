"""Le site dans un vrai navigateur : recherche, mode sombre, tri, liens, poids, impression."""

import csv
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.xdist_group("construit")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
KILO = 1000
# Ce que la politique de sécurité de la page a empêché, dit à la console.
VIOLATIONS = """document.addEventListener('securitypolicyviolation',
  (e) => console.debug('VIOLATION', e.violatedDirective, e.blockedURI));"""


@pytest.fixture(scope="module")
def navigateur():
    with sync_playwright() as outils:
        chromium = outils.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def ouvrir(navigateur, sortie):
    """Ouvre une page du site depuis le dossier, sans serveur, et relève ce qu'elle demande.

    Rien de ce qu'une page fait n'est contraire à sa politique de sécurité.
    """
    contextes, pages = [], []

    def ouvrir(nom: str, **options):
        contexte = navigateur.new_context(**options)
        contextes.append(contexte)
        page = contexte.new_page()
        page.set_default_timeout(8000)
        page.demandes = []
        page.on("request", lambda r: page.demandes.append(r.url))
        pages.append(page)
        page.violations = []
        page.add_init_script(VIOLATIONS)
        page.on("console", lambda m: page.violations.append(m.text)
                if m.text.startswith("VIOLATION") else None)
        page.goto((sortie / "site" / f"{nom}.html").as_uri())
        return page

    yield ouvrir
    for contexte in contextes:
        contexte.close()
    assert [v for page in pages for v in page.violations] == []


def chercher(page, demande):
    champ, resultats = page.get_by_role("searchbox"), page.locator(".resultats")
    champ.fill("")
    expect(resultats).to_be_hidden()
    champ.fill(demande)
    expect(resultats).to_be_visible()
    expect(resultats.get_by_role("status")).not_to_be_empty()
    return resultats


class TestRecherche:
    def test_trouve_sans_accent_ni_pluriel(self, ouvrir):
        """« tete de reseaux » trouve les mêmes passages que « têtes de réseau », mots marqués."""
        page = ouvrir("index")
        sans = chercher(page, "tete de reseaux").get_by_role("link").all_inner_texts()
        avec = chercher(page, "têtes de réseau").get_by_role("link").all_inner_texts()
        assert sans == avec != []
        marques = page.locator(".resultats mark").all_inner_texts()
        assert {"têtes", "réseaux"} <= set(marques)
        assert "de" not in marques

    def test_au_clavier(self, ouvrir):
        """Entrée mène au premier résultat, les flèches de l'un à l'autre, Échap rend la main."""
        page = ouvrir("synthese")
        resultats = chercher(page, "bénéficiaires")
        page.keyboard.press("Enter")
        liens = resultats.get_by_role("link")
        expect(liens.first).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(liens.nth(1)).to_be_focused()
        page.keyboard.press("Escape")
        expect(resultats).to_be_hidden()
        expect(page.get_by_role("searchbox")).to_be_focused()

    def test_les_resultats_menent_quelque_part(self, ouvrir, pages):
        """Chaque section indexée existe : sa page, et son ancre."""
        page = ouvrir("index")
        chercher(page, "indicateur")
        adresses = page.evaluate("BILAN_INDEX.map((s) => s.adresse)")
        assert len(adresses) > 150
        for adresse in adresses:
            nom, _, ancre = adresse.partition("#")
            assert not ancre or pages[nom].find(id=ancre), adresse

    def test_les_chapitres_avant_les_annexes(self, ouvrir):
        """Un mot qu'un chapitre explique mène à lui avant l'annexe qui le redit."""
        adresses = chercher(ouvrir("index"), "formalisation").get_by_role("link").evaluate_all(
            "liens => liens.map((a) => a.getAttribute('href').split('.')[0])")
        annexes = {"constats", "matrice", "donnees", "audit", "contradictions", "provenance"}
        assert annexes & set(adresses)
        assert adresses[0] not in annexes and adresses[1] not in annexes

    def test_rien_de_trouve(self, ouvrir):
        """Un mot absent le dit."""
        expect(chercher(ouvrir("index"), "xylophone")).to_contain_text("Rien de trouvé.")


class TestTheme:
    def test_suit_la_preference_puis_le_choix(self, ouvrir):
        """La page suit le réglage de l'appareil ; le bouton le renverse, et le choix est retenu."""
        page = ouvrir("index", color_scheme="dark")
        fond = "getComputedStyle(document.body).backgroundColor"
        sombre = page.evaluate(fond)
        bouton = page.get_by_role("button", name="Mode sombre")
        expect(bouton).to_have_attribute("aria-pressed", "true")
        bouton.click()
        assert page.evaluate(fond) == "rgb(255, 255, 255)" != sombre
        page.reload()
        expect(bouton).to_have_attribute("aria-pressed", "false")
        assert page.evaluate(fond) == "rgb(255, 255, 255)"

    def test_les_graphiques_suivent_le_mode(self, ouvrir):
        """En mode sombre, le fond d'un graphique est celui de la page ; sur papier, il est nu."""
        page = ouvrir("cooperation", color_scheme="dark")
        graphique = page.locator("main figure img").first
        with Image.open(io.BytesIO(graphique.screenshot())) as vu:
            coin = "rgb({}, {}, {})".format(*vu.getpixel((2, 2))[:3])
        assert coin == page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.emulate_media(media="print")
        assert graphique.evaluate("i => getComputedStyle(i).filter") == "none"

    def test_le_papier_reste_clair(self, ouvrir):
        """À l'impression : fond clair, ni barre, ni sommaire, ni outils, même en mode sombre."""
        page = ouvrir("cooperation", color_scheme="dark")
        page.get_by_role("button", name="Mode sombre").click()
        page.get_by_role("button", name="Mode sombre").click()
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        for classe in (".barre", ".sommaire", ".outils", ".table-page", ".voisines"):
            assert not page.locator(classe).first.is_visible(), classe


def test_sans_script(ouvrir):
    """Sans JavaScript : ni champ ni bouton ; texte, tableaux et téléchargements restent."""
    page = ouvrir("cooperation", java_script_enabled=False)
    assert page.locator("input:visible, button:visible").count() == 0
    assert page.locator("main table").first.is_visible()
    assert page.get_by_role("link", name="PNG de la figure").first.is_visible()


def test_le_sommaire_de_la_page_suit_la_lecture(ouvrir):
    """Le titre que l'on lit est marqué, un seul à la fois."""
    page = ouvrir("cooperation", viewport={"width": 1400, "height": 800})
    page.locator("main h2", has_text="Enseignements").evaluate("t => t.scrollIntoView()")
    courant = page.locator(".table-page a[aria-current]")
    expect(courant).to_have_text(re.compile("Enseignements"))
    page.keyboard.press("End")
    expect(courant).to_have_text(re.compile("Réserves"))


def test_le_sommaire_montre_la_page_ouverte(ouvrir):
    """Même à la fin d'un long sommaire, la ligne de la page ouverte est sous les yeux."""
    page = ouvrir("ours", viewport={"width": 1400, "height": 700})
    expect(page.locator(".sommaire-fixe a[aria-current]")).to_be_in_viewport(ratio=1)


def test_les_legendes_tiennent_sur_un_telephone(ouvrir):
    """Un tableau peut défiler de côté ; sa légende se lit sans le faire."""
    page = ouvrir("provenance", viewport={"width": 390, "height": 844})
    bords = page.evaluate("""[...document.querySelectorAll('main caption')]
        .filter((c) => c.checkVisibility()).map((c) => c.getBoundingClientRect().right)""")
    assert len(bords) > 5
    assert max(bords) <= 390


def test_aucune_page_ne_deborde_d_un_telephone(ouvrir, pages, sortie):
    """À 390 pixels, rien ne défile de côté, hors tableaux et dessins dans leur cadre."""
    page = ouvrir("index", viewport={"width": 390, "height": 844})
    for nom in pages:
        page.goto((sortie / "site" / nom).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 390, nom


def test_un_tableau_large_se_lit_en_blocs_sur_un_telephone(ouvrir):
    """Sans défiler de côté, chaque case est à l'écran et dit le titre de sa colonne."""
    page = ouvrir("resultats", viewport={"width": 390, "height": 844})
    verdict = page.locator("#tbl-indicateurs tbody tr").first.locator("td").last
    expect(verdict).to_have_attribute("data-colonne", "Verdict")
    boite = verdict.bounding_box()
    assert boite["x"] >= 0 and boite["x"] + boite["width"] <= 390
    dit = verdict.evaluate("c => getComputedStyle(c, '::before').content")
    assert dit == '"Verdict"'
    cadres = page.locator(".tableau-large").all()
    assert cadres and all(c.evaluate("c => c.scrollWidth <= c.clientWidth") for c in cadres)


class TestTri:
    @pytest.mark.parametrize("colonne, attendu", [
        ("Résultat", ["25 %", "32 %"]),
        ("Code", ["I1", "I2"]),
    ])
    def test_trie(self, ouvrir, colonne, attendu):
        """Une colonne se trie comme elle se lit ; un second appui renverse l'ordre."""
        page = ouvrir("resultats")
        table = page.locator("table#tbl-indicateurs")
        assert table.count() == 1
        titre = table.get_by_role("columnheader", name=colonne)
        rang = titre.evaluate("t => t.cellIndex")

        def lire():
            cases = table.locator(f"tbody tr > :nth-child({rang + 1})").all_inner_texts()
            return [c.replace("\u00a0", " ").split(" (")[0].strip() for c in cases]

        titre.get_by_role("button").click()
        expect(titre).to_have_attribute("aria-sort", "ascending")
        croissant = lire()
        assert croissant[:2] == attendu
        titre.get_by_role("button").click()
        expect(titre).to_have_attribute("aria-sort", "descending")
        assert lire()[0] == croissant[-1]

    @pytest.mark.parametrize("valeurs, attendu", [
        (["−26 points", "+8 points", "0 point", "–"], ["−26 points", "0 point", "+8 points", "–"]),
        (["1 216", "34,5", "9", "n", "hors base"], ["9", "34,5", "1 216", "n", "hors base"]),
        (["4/5", "71/96", "4,5/5", "128/400"], ["128/400", "71/96", "4/5", "4,5/5"]),
        (["12/10/2023", "01/02/2024", "30/09/2023"], ["30/09/2023", "12/10/2023", "01/02/2024"]),
        (["élan", "Zone", "eau"], ["eau", "élan", "Zone"]),
    ])
    def test_ordre_francais(self, ouvrir, sortie, valeurs, attendu):
        """Nombres, dates et mots à la française ; les absences à la fin, dans les deux sens."""
        page = ouvrir("index")
        lignes = "".join(f"<tr><td>{v}</td></tr>" for v in [*valeurs, *["–"] * 6])
        titres = "<thead><tr><th>x</th></tr></thead>"
        page.set_content(f"<main><table>{titres}<tbody>{lignes}</tbody></table></main>")
        page.add_script_tag(url=(sortie / "site" / "page.js").as_uri())
        page.get_by_role("button", name="x").click()
        assert page.locator("td").all_inner_texts()[:len(attendu)] == attendu


def test_copier_un_lien(ouvrir):
    """Le lien d'une figure copie son adresse, et le dit."""
    page = ouvrir("synthese", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Lien vers la figure 1", exact=False).click()
    expect(page.get_by_role("status").filter(has_text="Lien copié.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith("synthese.html#fig-synthese")


class TestEmporter:
    def test_chaque_lien_mene_a_un_fichier(self, pages, sortie):
        """Tout fichier proposé existe ; chaque figure et chaque tableau a le sien."""
        liens = [a["href"] for page in pages.values() for a in page.select("p.outils a[download]")]
        absents = [a for a in liens if not (sortie / "site" / a).is_file()]
        assert len(liens) > 100
        assert absents == []
        for nom, page in pages.items():
            for figure in page.select("main figure"):
                suite = figure.find_next_sibling("p")
                assert [a.get_text()[:3] for a in suite.select("a")][:2] == ["SVG", "PNG"], nom
            sans = [t.get("id") for t in page.select("main table")
                    if not t.find_parent(class_="donnees-graphique") and not t.get("id")]
            assert sans == [], nom

    def test_chaque_fiche_mene_a_son_pdf(self, pages, sortie):
        """Les fiches et la synthèse, qui ont leur PDF, y mènent."""
        liens = {nom: a["href"] for nom, page in pages.items() for a in page.select("p.pdf a")}
        attendues = {nom for nom in pages if nom.startswith("fiche-")} | {"synthese.html"}
        assert liens.keys() == attendues and len(set(liens.values())) == len(liens)
        assert [a for a in liens.values() if not (sortie / "site" / a).is_file()] == []

    def test_le_csv_dit_ce_que_dit_le_tableau(self, pages, sortie):
        """Les mêmes lignes et les mêmes cases, séparées comme un tableur français l'attend."""
        texte = (sortie / "site" / "donnees" / "fig-synthese.csv").read_bytes()
        assert texte.startswith(b"\xef\xbb\xbf")
        lus = list(csv.reader(io.StringIO(texte.decode("utf-8-sig")), delimiter=";"))
        table = pages["synthese.html"].select_one(".donnees-graphique table")
        affiches = [[re.sub(r"\s+", " ", c.get_text()).strip() for c in li.select("th, td")]
                    for li in table.select("tr")]
        assert lus == affiches

    def test_les_png_sont_des_images(self, sortie):
        """Chaque SVG a son PNG, aux mêmes proportions."""
        dessins = sorted((sortie / "site" / "figures").glob("*.svg"))
        assert len(dessins) > 15
        for dessin in dessins:
            largeur, hauteur = map(float, re.findall(
                r'(?:width|height)="([\d.]+)pt"', dessin.read_text("utf-8")[:900])[:2])
            with Image.open(dessin.with_suffix(".png")) as image:
                assert image.width / image.height == pytest.approx(largeur / hauteur, rel=0.01)

    def test_ancres_stables(self, pages):
        """Figures, tableaux et constats ont une ancre faite de leur nom, jamais de leur rang."""
        ancres = [a["href"] for page in pages.values() for a in page.select("a.ancre")]
        assert len([a for a in ancres if a.startswith("#constat-")]) > 10
        assert [a for a in ancres if re.fullmatch(r"#(fig|tbl)-(sans-nom-)?\d+", a)] == []
        for page in pages.values():
            assert all(page.find(id=a["href"][1:]) for a in page.select("a.ancre"))


class TestPoids:
    def poids(self, sortie, demandes):
        fichiers = {d.split("#")[0].removeprefix("file://") for d in demandes}
        assert all(f.startswith(str(sortie / "site")) for f in fichiers), fichiers
        return sum((sortie / "site" / f).stat().st_size for f in fichiers)

    def test_premiere_page(self, ouvrir, sortie):
        """La première page et tout ce qu'elle charge : moins de 300 ko, sans compression."""
        page = ouvrir("index")
        page.wait_for_load_state("networkidle")
        assert 50 * KILO < self.poids(sortie, page.demandes) < 300 * KILO

    def test_chaque_page(self, ouvrir, sortie, pages):
        """Aucune page ne dépasse 1,5 Mo, recherche, cartes et toutes ses images comprises."""
        page = ouvrir("synthese")
        chercher(page, "réseau")
        page.locator("a.chiffre").first.hover()
        page.wait_for_load_state("networkidle")
        commun = {d for d in page.demandes if not d.endswith(".html")}
        assert any(d.endswith("/chiffres/synthese.js") for d in commun)
        for nom, contenu in pages.items():
            siens = {(sortie / "site" / i["src"]).as_uri() for i in contenu.select("img")}
            siens.add((sortie / "site" / nom).as_uri())
            assert self.poids(sortie, commun | siens) < 1500 * KILO, nom


def test_la_politique_arrete_ce_qui_serait_ecrit_dans_une_page(ouvrir):
    """Un script, un gestionnaire ou une image d'ailleurs, glissés dans une page, ne font rien."""
    page = ouvrir("index")
    page.evaluate("""document.body.insertAdjacentHTML('beforeend',
        '<img src="https://ailleurs.example/x.png" onerror="window.touche = 1">'
        + '<p style="color: red" onclick="window.touche = 1">x</p>')""")
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.touche = 1';
        document.body.append(script);
        document.querySelector('p[onclick]').click();
        return new Promise((fini) => setTimeout(fini, 0));
    }""")
    assert page.evaluate("window.touche") is None
    assert {v.split()[1] for v in page.violations} == {
        "img-src", "script-src-attr", "script-src-elem", "style-src-attr"}
    page.violations.clear()


def test_ni_script_ni_style_dans_les_pages(pages):
    """Ni script, ni style, ni gestionnaire d'événement écrits dans une page."""
    for nom, page in pages.items():
        assert [s for s in page.select("script") if not s.get("src")] == [], nom
        gestionnaires = [a for t in page.find_all(True) for a in t.attrs if a.startswith("on")]
        assert gestionnaires == [], nom
        assert page.select("style, [style]") == [], nom
