"""Le contrôle au clavier : une faute posée exprès est vue ; les commandes du site marchent."""

import pytest
from playwright.sync_api import expect

from tests.controle_clavier import fautes_clavier

pytestmark = pytest.mark.xdist_group("construit")
CADRE = ("<!DOCTYPE html><html lang=fr><title>T</title><style>{}</style>"
         "<a href='#a'>Premier</a>{}<a href='#b'>Dernier</a>")


@pytest.fixture
def page(navigateur):
    page = navigateur.new_page(reduced_motion="reduce")
    yield page
    page.close()


def test_page_sans_faute(page):
    """Deux liens et un bouton se parcourent dans les deux sens."""
    for touche in ("Tab", "Shift+Tab"):
        page.set_content(CADRE.format(":focus{outline:2px solid #000}", "<button>B</button>"))
        assert fautes_clavier(page, touche) == []


FAUTES = {
    "bouton hors d'atteinte": ("", "<button tabindex=-1>B</button>",
                               "hors d'atteinte : button « B »"),
    "faux bouton": ("", "<div role=button>B</div>", "hors d'atteinte : div « B »"),
    "clic sans clavier": ("", "<span onclick='1'>B</span>", "hors d'atteinte : span « B »"),
    "curseur invisible": ("button:focus{outline:none}", "<button>B</button>",
                          "le curseur ne se voit pas : button « B »"),
    "contour pâle": ("button:focus{outline:3px solid #eee}", "<button>B</button>",
                     "le contour se voit mal (1.2) : button « B »"),
    "piège": ("", "<button onkeydown='event.preventDefault()'>B</button>",
              "piège : button « B » retient le clavier"),
    "ordre forcé": ("", "<button tabindex=1>B</button>",
                    "le clavier ne suit pas l'ordre de la page"),
    "recouvert": ("div{position:fixed;inset:0;background:#fff}", "<button>B</button><div></div>",
                  "caché ou recouvert : button « B »"),
}


@pytest.mark.parametrize("faute", FAUTES)
def test_faute_posee(page, faute):
    """Une commande qu'on n'atteint pas, qu'on ne voit pas ou qu'on ne quitte pas est dite."""
    style, corps, attendue = FAUTES[faute]
    page.set_content(CADRE.format(f":focus{{outline:2px solid #000}} {style}", corps))
    assert attendue in fautes_clavier(page)


@pytest.mark.parametrize("nom", ["index", "cooperation", "fiche-dunkerque"])
def test_lien_d_evitement(page, sortie, nom):
    """Le premier arrêt mène au contenu ; l'arrêt suivant y est."""
    page.goto((sortie / "site" / f"{nom}.html").as_uri())
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Aller au contenu")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("largeur", [1280, 390])
def test_chaque_encart_s_ouvre_et_se_ferme(page, sortie, largeur):
    """Entrée déplie chaque encart visible, Espace le replie, menu du téléphone compris."""
    page.set_viewport_size({"width": largeur, "height": 900})
    page.goto((sortie / "site" / "cooperation.html").as_uri())
    titres = [t for t in page.locator("summary").all() if t.is_visible()]
    assert len(titres) >= 5
    for titre in titres:
        titre.focus()
        page.keyboard.press("Enter")
        assert titre.evaluate("e => e.parentElement.open")
        page.keyboard.press("Space")
        assert not titre.evaluate("e => e.parentElement.open")


@pytest.mark.parametrize("sortir", ["Tab", "Shift+Tab", "Escape"])
def test_la_carte_se_parcourt_et_rend_le_curseur(page, sortie, sortir):
    """Dans la carte, chaque lien et le bouton s'atteignent ; en sortir ramène au chiffre."""
    page.goto((sortie / "site" / "cooperation.html").as_uri())
    chiffre = page.locator("main p a.chiffre[data-code='I4.resultat']").first
    chiffre.focus()
    page.keyboard.press("Enter")
    carte = page.get_by_role("dialog")
    expect(carte).to_be_visible()
    commandes = carte.locator("a, button").all()
    assert len(commandes) == 3
    if sortir == "Tab":
        for commande in commandes:
            page.keyboard.press("Tab")
            expect(commande).to_be_focused()
    page.keyboard.press(sortir)
    expect(carte).to_be_hidden()
    expect(chiffre).to_be_focused()
