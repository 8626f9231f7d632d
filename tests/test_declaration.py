"""La déclaration d'accessibilité : elle dit ce que les contrôles trouvent, et rien de plus."""

import json

import pytest

from bilan import accessibilite
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.projet import Projet
from tests.conftest import EDITION


@pytest.fixture
def ouvert(projet) -> Bilan:
    return Bilan(EDITION, Projet(projet))


def resultats(projet, **mesures):
    chemin = projet / "params" / EDITION / "accessibilite.json"
    chemin.write_text(json.dumps({"date": "2025-07-01", "controles": mesures}), "utf-8")


def mesure(fautes: int) -> dict:
    return {"outil": "Outil", "version": "9.1", "sur": "3 pages", "fautes": fautes}


def ligne(markdown: str, intitule: str) -> list[str]:
    trouvee = next(li for li in markdown.replace("\\", "").splitlines()
                   if li.startswith(f"| {intitule}"))
    return [c.strip() for c in trouvee.strip("| ").split(" | ")]


def test_sans_resultats(projet, ouvert):
    """Tant qu'aucun contrôle n'est passé, la déclaration le dit et n'affirme rien."""
    (projet / "params" / EDITION / "accessibilite.json").unlink(missing_ok=True)
    markdown = accessibilite.bloc_controles(ouvert)
    assert "Aucun contrôle n'a été passé" in markdown
    assert "Fautes" not in markdown


def test_une_faute_est_imprimee(projet, ouvert):
    """Le nombre de fautes est celui des résultats ; un contrôle sans résultat n'est pas à zéro."""
    resultats(projet, axe=mesure(0), html=mesure(7))
    markdown = accessibilite.bloc_controles(ouvert)
    assert "1 juillet 2025" in markdown.replace("1er", "1")
    assert ligne(markdown, "Le code des pages")[1:3] == ["Outil 9.1", "3 pages"]
    assert ligne(markdown, "Le code des pages")[-1] == "7"
    assert ligne(markdown, "Le site, page par page")[-1] == "0"
    assert ligne(markdown, "Les PDF")[1:] == ["non passé", "–", "13.3", "–"]


def test_resultats_mal_ecrits(projet, ouvert):
    """Un fichier de résultats retouché à la main est refusé, à sa ligne."""
    resultats(projet, axe=mesure(-1))
    with pytest.raises(ErreurBilan, match=r"accessibilite\.json"):
        accessibilite.bloc_controles(ouvert)


def test_chaque_controle_sert_un_critere(bilan):
    """Chaque contrôle déclaré est la preuve d'un critère du RGAA au moins, et dit sa limite."""
    criteres = accessibilite._criteres(bilan)
    controles = accessibilite.lire_controles(bilan)
    assert [c.code for c in controles] == ["axe", "html", "clavier", "pdf"]
    for controle in controles:
        assert criteres[controle.test], controle.code
        assert controle.ne_montre_pas.strip(), controle.code


def test_ecarts_et_questions_viennent_du_releve(projet, ouvert):
    """Un écart ou une question n'est écrit qu'une fois, dans le relevé du RGAA."""
    dossier = projet / "params" / EDITION / "referentiels"
    (dossier / "site-rgaa.yml").write_text(
        "titre: E\nediteur: N\nversion: un\nadresse: https://exemple.fr\nsource: S.\n"
        "portee: [site]\nitems:\n  - {code: '1.1', intitule: Une image, ecart: Il manque tout.}\n"
        "  - code: '1.2'\n    intitule: Une autre\n"
        "    a_juger: {question: Est-ce bien ?, ou: Partout.}\n", "utf-8")
    assert accessibilite.bloc_ecarts(ouvert) == "- **1\\.1. Une image.** Il manque tout.\n"
    assert accessibilite.bloc_a_juger(ouvert) == "- **1\\.2. Une autre.** Est-ce bien ? Partout.\n"
    (dossier / "site-rgaa.yml").unlink()
    assert accessibilite.bloc_ecarts(ouvert) == accessibilite.SANS_LISTE
    assert accessibilite.bloc_a_juger(ouvert) == accessibilite.SANS_LISTE


@pytest.mark.xdist_group("construit")
def test_jamais_conforme_sur_la_foi_des_outils(pages):
    """La page dit « non conforme », ses résultats, ses questions ; chaque page y mène."""
    texte = pages["accessibilite.html"].main.get_text(" ", strip=True)
    assert "non conforme" in texte
    assert "axe-core" in texte
    assert "Autres. Tous les critères" in texte.replace("\u00a0", " ")
    for nom, page in pages.items():
        assert page.select_one("footer a[href='accessibilite.html']"), nom
