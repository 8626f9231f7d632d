"""Du YAML hostile : un message clair, jamais une trace, un objet ou une mémoire remplie."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bilan.erreurs import ErreurBilan
from bilan.parametres import ParametresEdition, charger_yaml, lire_yaml
from tests.conftest import EDITION, RACINE, lancer
from tests.corpus import chaines

BOMBE = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12))


@pytest.mark.parametrize("texte, message", [
    (BOMBE, "ligne 1 : une ancre"),
    ("a: 1\nb: *a\n", "ligne 2 : un alias"),
    ("a: !!python/object/apply:os.system ['id']\n", "ligne 1 : une étiquette"),
    ("- 1\n- !x 2\n", "ligne 2 : une étiquette"),
    ("a: !!str 1\n", "ligne 1 : une étiquette"),
    ("[" * 60 + "]" * 60, "trop emboîtées"),
    ("[" * 20_000, "trop emboîtées"),
    ("a: 2025-13-45\n", "mal formée"),
    ("a: \x00\n", "un caractère"),
    ("#" * 5_000_001, "plus de 5 Mo"),
], ids=lambda v: v[:12])
def test_refus(tmp_path, texte, message):
    """Ancre, alias, étiquette, profondeur, taille, date impossible : refusés, à leur ligne."""
    chemin = tmp_path / "p.yml"
    chemin.write_text(texte, "utf-8")
    with pytest.raises(ErreurBilan, match=message):
        charger_yaml(chemin, "p.yml")


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.sampled_from(chaines()), st.text(alphabet="-:[]{}&*!|>%@`'\"#?, \n\tab01")))
def test_n_importe_quel_texte(tmp_path_factory, texte):
    """Tout texte se lit, ou se refuse par un message."""
    chemin = tmp_path_factory.getbasetemp() / "fuzz.yml"
    chemin.write_text(texte, "utf-8", errors="replace", newline="")
    try:
        charger_yaml(chemin, "fuzz.yml")
        lire_yaml(chemin, ParametresEdition, "fuzz.yml")
    except ErreurBilan as erreur:
        assert str(erreur).startswith("fuzz.yml")


@pytest.mark.parametrize("ecrit, lu", [
    ("no", "no"), ("on", "on"), ("oui", "oui"), ("true", True), ("1:30", "1:30"), ("012", 12),
    ("1_000", 1000), ("-3", -3), ("1,5", "1,5"), ("1.5", 1.5), ("~", None), ("=", "="),
    ("2025-06-30", datetime.date(2025, 6, 30)), ("{q: Est-ce bien ?, ou: x}",
                                                 {"q": "Est-ce bien ?", "ou": "x"}),
    ("[Oui ?, Non]", ["Oui ?", "Non"]),
])
def test_chaque_valeur_se_lit_selon_yaml_1_2(tmp_path, ecrit, lu):
    """« no » est un texte, une heure aussi, et une question ne se met pas entre guillemets."""
    chemin = tmp_path / "p.yml"
    chemin.write_text(f"a: {ecrit}\n", "utf-8")
    assert charger_yaml(chemin, "p.yml") == {"a": lu}


def test_la_meme_cle_deux_fois(tmp_path):
    """La seconde ne remplace pas la première en silence : la faute est à sa ligne."""
    chemin = tmp_path / "p.yml"
    chemin.write_text("a: 1\nb: 2\na: 3\n", "utf-8")
    with pytest.raises(ErreurBilan, match="ligne 3 : la même clé est écrite deux fois"):
        charger_yaml(chemin, "p.yml")


def test_les_parametres_du_depot_s_en_passent():
    """Aucun fichier de l'édition publiée n'emploie ce qui est refusé."""
    for chemin in sorted((RACINE / "params").rglob("*.yml")):
        charger_yaml(chemin, chemin.name)


def test_la_commande_le_dit(projet):
    """Une bombe dans edition.yml : un message, le statut 1, aucune trace."""
    (projet / f"params/{EDITION}/edition.yml").write_text(BOMBE, "utf-8")
    fini = lancer("verifier", projet=projet)
    assert (fini.returncode, fini.stdout) == (1, "")
    assert fini.stderr.startswith(f"params/{EDITION}/edition.yml, ligne 1 : une ancre")
