"""Le vérificateur HTML : une faute de syntaxe posée exprès est vue, à sa ligne."""

from tests.controle_html import fautes_html

PAGE = ("<!DOCTYPE html>\n<html lang=fr>\n<head><title>T</title></head>\n"
        "<body>\n{}\n</body>\n</html>\n")


def test_faute_posee(tmp_path):
    """Balise mal fermée, attribut inconnu, identifiant en double, section sans titre."""
    corps = {
        "saine": "<p>Bien.</p>",
        "balise": "<p><em>Non fermé</p>",
        "attribut": "<p toto=1>T</p>",
        "double": "<p id=a>A</p><p id=a>B</p>",
        "section": "<section><p>Seule</p></section>",
    }
    for nom, texte in corps.items():
        (tmp_path / f"{nom}.html").write_text(PAGE.format(texte), "utf-8")
    fautes = fautes_html(sorted(tmp_path.glob("*.html")))
    assert {f.split(" : ")[0] for f in fautes} >= {
        f"{nom}.html, ligne 5" for nom in corps if nom != "saine"}
    assert not any(f.startswith("saine.html") for f in fautes)
