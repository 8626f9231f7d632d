"""Deux constructions face à face : chiffres, phrases et graphiques changés, en une page."""

import json

import pytest
from bs4 import BeautifulSoup

from bilan.commandes import principal
from bilan.comparer_constructions import chiffres, comparer_paragraphes, graphiques, lire, phrases
from bilan.comparer_page import page_des_constructions
from bilan.erreurs import ErreurBilan
from bilan.registre import Chiffre, Registre
from tests.conftest import EDITION, RACINE

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h{}"/></svg>'
PAGE = """<html><body><nav><p>Sommaire</p></nav><main><ul><li>Sur cette page</li></ul>
<h1>Synthèse</h1><p>Les porteurs ont <b>rencontré</b> {} des acteurs.</p>{}
<table><tr><th>Code</th><td>{}</td></tr></table><img src="figures/a.svg" alt="Les cibles">
<nav><p>Page suivante</p></nav></main><script>var x = 1;</script></body></html>"""


def chiffre(code: str, valeur: float, texte: str, **suite) -> Chiffre:
    return Chiffre(code, EDITION, f"Libellé de {code}", valeur, "%", texte, "reconstituee", "", [],
                   **suite)


def construire(dossier, valeur: int, *suite: Chiffre, ajout: str = "", trait: int = 1):
    """Une construction réduite à un chiffre, une page et un graphique."""
    texte = f"{valeur}\u00a0%"
    (dossier / "site" / "figures").mkdir(parents=True)
    premier = chiffre("I4.resultat", valeur, texte, regle="acteurs : dont rencontre")
    Registre(EDITION, [premier, *suite]).ecrire(dossier / "registre.json")
    (dossier / "site" / "synthese.html").write_text(PAGE.format(texte, ajout, texte), "utf-8")
    (dossier / "site" / "figures" / "a.svg").write_text(SVG.format(trait), "utf-8")
    return dossier


@pytest.fixture
def paire(tmp_path):
    """Un chiffre a bougé, une phrase est venue, le graphique est redessiné."""
    avant = construire(tmp_path / "avant", 32, chiffre("I5.cible", 80, "80"))
    apres = construire(tmp_path / "apres", 40, chiffre("I6.cible", 60, "60"),
                       ajout="<p>Phrase &lt;script&gt;neuve&lt;/script&gt;.</p>", trait=5)
    return lire(avant), lire(apres)


def test_chiffres(paire):
    """Changé, abandonné, nouveau ; la cause d'une valeur qui bouge n'est pas inventée."""
    ecarts = {e.code: e for e in chiffres(*paire)}
    i4 = ecarts["I4.resultat"]
    assert (i4.ancien, i4.nouveau, i4.ecart, i4.causes) == (32, 40, 8, ())
    assert "ne garde pas les lignes" in i4.reserves[0]
    assert ecarts["I5.cible"].causes == ("abandonne",)
    assert ecarts["I6.cible"].causes == ("nouveau",)


@pytest.mark.parametrize(
    ("code", "avant", "apres", "cause"),
    [
        ("I1.resultat", {"regle": "a"}, {"regle": "b"}, "definition"),
        ("I1.resultat", {"cible": 90.0}, {"cible": 60.0}, "cible"),
    ],
)
def test_causes_que_les_registres_montrent(tmp_path, code, avant, apres, cause):
    """Une règle ou une cible qui n'est plus la même se lit dans les enregistrements."""
    deux = [lire(construire(tmp_path / nom, 32, chiffre(code, 50, "50", **champs)))
            for nom, champs in (("avant", avant), ("apres", apres))]
    ecart = next(e for e in chiffres(*deux) if e.code == code)
    assert (ecart.causes, ecart.change) == ((cause,), True)


def test_phrases(paire):
    """Page, rang et mots : la navigation et les scripts n'en sont pas."""
    trouvees = list(phrases(*paire))
    assert [(p.page, p.titre, p.rang) for p in trouvees] == [
        ("synthese.html", "Synthèse", rang) for rang in (2, 3, 4)]
    assert trouvees[0].morceaux == [("garde", "Les porteurs ont rencontré"), ("retire", "32"),
                                    ("ajoute", "40"), ("garde", "% des acteurs.")]
    assert trouvees[1].morceaux[-1] == ("ajoute", "Phrase <script>neuve</script>.")
    assert trouvees[2].morceaux[0] == ("garde", "Code |")


@pytest.mark.parametrize(
    ("avant", "apres", "attendu"),
    [
        (["a", "b"], ["a", "b"], []),
        (["a", "b"], ["a"], [(2, [("retire", "b")])]),
        (["a"], ["z", "a"], [(1, [("ajoute", "z")])]),
        (["a x"], ["a y"], [(1, [("garde", "a"), ("retire", "x"), ("ajoute", "y")])]),
    ],
)
def test_paragraphes(avant, apres, attendu):
    """Gardé, retiré, ajouté, modifié : le rang est celui de la page où on le lit."""
    assert list(comparer_paragraphes(avant, apres)) == attendu


def test_graphiques(paire):
    """Le dessin changé est montré des deux côtés, sous le texte qui le décrit."""
    (image,) = graphiques(*paire)
    assert (image.nom, image.legende) == ("figures/a.svg", "Les cibles")
    assert b"h1" in image.avant and b"h5" in image.apres
    assert graphiques(paire[0], paire[0]) == []


def test_page(paire):
    """Une page complète et inerte : titres, tableau à en-têtes, images décrites, texte échappé."""
    html = page_des_constructions(*paire)
    page = BeautifulSoup(html, "html.parser")
    assert page.html["lang"] == "fr" and len(page.select("h1")) == 1
    assert [t.get_text() for t in page.select("h2")] == ["Chiffres", "Phrases", "Graphiques"]
    assert page.table.caption and all(th.get("scope") for th in page.select("th"))
    assert all(image["alt"] and image["src"].startswith("data:") for image in page.select("img"))
    assert not page.select("script, link, iframe")
    assert "Phrase <script>neuve</script>." in page.ins.find_parent("ul").get_text()
    lignes = [tr.get_text(" ") for tr in page.select("tbody tr")]
    assert any("I4.resultat" in li and "+8\u00a0points" in li for li in lignes)


def test_la_politique_de_la_page_admet_son_style_seul(paire, tmp_path, navigateur):
    """Dans un navigateur, la page a son style et ses images, et aucun script n'y tourne."""
    chemin = tmp_path / "page.html"
    chemin.write_text(page_des_constructions(*paire), "utf-8")
    page = navigateur.new_page()
    page.goto(chemin.as_uri())
    assert page.evaluate("getComputedStyle(document.querySelector('figure')).margin") == "0px"
    assert page.evaluate("[...document.images].every((i) => i.naturalWidth > 0)")
    page.evaluate("""document.body.insertAdjacentHTML('beforeend',
        '<img src="data:," onerror="window.touche = 1">')""")
    page.wait_for_function("document.images[document.images.length - 1].complete")
    assert page.evaluate("window.touche") is None


def test_page_sans_changement(paire):
    """Deux fois la même construction : la page le dit, rubrique par rubrique."""
    texte = BeautifulSoup(page_des_constructions(paire[0], paire[0]), "html.parser").get_text()
    for dit in ("Aucun chiffre n’a changé", "Aucune phrase", "Aucun graphique"):
        assert dit in texte


def test_commande(paire, capsys, tmp_path, monkeypatch):
    """La page est écrite dans build/, son chemin est dit ; --json ne dit que le JSON."""
    projet = tmp_path / "projet"
    (projet / "params" / EDITION).mkdir(parents=True)
    (projet / "_quarto.yml").touch()
    dossiers = [str(c.dossier) for c in paire]
    assert principal(["comparer", *dossiers, "--projet", str(projet)]) == 0
    assert str(projet / "build" / "comparaison.html") in capsys.readouterr().out
    assert (projet / "build" / "comparaison.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert principal(["comparer", *dossiers, "--json", "--projet", str(projet)]) == 0
    objets = {o["code"]: o for o in json.loads(capsys.readouterr().out)}
    assert (objets["I4.resultat"]["ancien"], objets["I4.resultat"]["nouveau"]) == (32, 40)


def test_sans_site(tmp_path, paire):
    """Un dossier qui n'a que son registre se compare, et la page dit ce qui manque."""
    seul = tmp_path / "seul"
    Registre(EDITION, [chiffre("I4.resultat", 32, "32")]).ecrire(seul / "registre.json")
    assert "n&#39;a pas de site" in page_des_constructions(lire(seul), paire[1])


@pytest.mark.parametrize("contenu", ["", "[]", "{}", '{"chiffres": {"a": {"b": 1}}}'])
def test_registre_illisible(tmp_path, contenu):
    """Un registre abîmé est une faute dite, jamais une trace."""
    (tmp_path / "registre.json").write_text(contenu, "utf-8")
    with pytest.raises(ErreurBilan, match="ce n'est pas un registre lisible"):
        lire(tmp_path)


def test_dossier_sans_registre():
    """Le message dit quel dossier donner."""
    with pytest.raises(ErreurBilan, match="comme build/2022-2024"):
        lire(RACINE / "report")
