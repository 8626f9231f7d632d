"""Codes et fichiers restent dans leur dossier : ni chemin, ni lien, ni nom réservé, ni sosie."""

import json

import pytest

from bilan.archive_donnees import donnees_diffusables
from bilan.erreurs import ErreurBilan
from bilan.formulaires import ecrire
from bilan.nouvelle_edition import preparer_edition
from bilan.parametres import Parametres
from bilan.projet import Projet, est_un_nom
from tests.conftest import EDITION, RACINE, remplacer

IMPOSSIBLES = ["../dehors", "..", "/etc/passwd", "a/b", "a\\b", "C:", "con", "NUL", "com1.csv",
               "aux.x", "sud‑artois", "ѕud",
               "２０２５", "a ", "a\n", "", ".cache", "a..", "-x", "a\0b"]


@pytest.mark.parametrize("nom", IMPOSSIBLES)
def test_un_code_impossible(projet, nom):
    """Refusé partout où un code devient un fichier : carnets, fiches, édition, données."""
    assert not est_un_nom(nom)
    reglages = projet / f"params/{EDITION}/edition.yml"
    justes = reglages.read_text("utf-8")
    remplacer(reglages, '"cabbalr"', json.dumps(nom))
    with pytest.raises(ErreurBilan, match="ni chemin"):
        _ = Parametres(Projet(projet).edition(EDITION)).generaux
    reglages.write_text(justes, "utf-8")
    with pytest.raises(ErreurBilan, match=r"n'est pas un code d'édition"):
        preparer_edition(Projet(projet), nom, EDITION)
    paquet = projet / f"data/{EDITION}/datapackage.json"
    remplacer(paquet, '"path": "territoires.csv"', f'"path": {json.dumps(nom)}')
    with pytest.raises(ErreurBilan, match="n'est pas un fichier de ce dossier"):
        donnees_diffusables(Projet(projet).edition(EDITION))


def test_les_noms_du_depot_sont_possibles():
    """Les codes de l'édition publiée nomment des fichiers."""
    generaux = Parametres(Projet(RACINE).edition(EDITION)).generaux
    assert all(map(est_un_nom, [*generaux.carnets, *generaux.fiches, EDITION]))


def test_un_territoire_nomme_comme_un_peripherique(projet):
    """« con » suit le motif des codes, mais Windows n'en ferait pas un fichier."""
    dossier = projet / f"data/{EDITION}"
    for chemin in dossier.glob("*.csv"):
        chemin.write_text(chemin.read_text("utf-8").replace("douaisis", "con"), "utf-8")
    with pytest.raises(ErreurBilan, match="« con » ne peut pas nommer un fichier"):
        ecrire(Projet(projet).edition(EDITION))


@pytest.mark.parametrize("chemin", ["data/2022-2024/acteurs.csv", "params/2022-2024/textes/x.md",
                                    "params/2022-2024/textes", "notebooks/x.ipynb"])
def test_un_lien_qui_sort_du_projet(projet, tmp_path_factory, chemin):
    """Un lien symbolique vers ailleurs est nommé ; un lien du projet vers lui-même passe."""
    dehors = tmp_path_factory.mktemp("dehors")
    lien = projet / chemin
    if lien.exists():
        lien.rename(dehors / "avant")
    lien.symlink_to(dehors)
    with pytest.raises(ErreurBilan, match=f"{chemin} : ce lien symbolique sort du projet"):
        Projet(projet).edition(EDITION)
    lien.unlink()
    lien.symlink_to(projet / "index.qmd")
    Projet(projet).edition(EDITION)
