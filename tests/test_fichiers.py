"""Les fichiers de l'utilisateur : rien ne se perd, et tout codage se lit ou se dit."""

import resource
import subprocess
import sys

import pytest

from bilan import validations
from bilan.erreurs import ErreurBilan
from bilan.fichiers import lire_carnet, lire_texte, remplacer
from bilan.projet import Projet
from bilan.verrou import seul
from tests.conftest import EDITION, lancer

TERRITOIRES = ("cabbalr", "douaisis")


def valider(projet, territoire: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "bilan", "valider", territoire, "--role", "Directrice",
         "--projet", projet], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_deux_validations_a_la_fois_sont_gardees(projet):
    """Chacune attend celle qui tient l'édition, le dit, puis s'ajoute à l'autre."""
    edition = Projet(projet).edition(EDITION)
    with seul(edition):
        commandes = [valider(projet, territoire) for territoire in TERRITOIRES]
        for commande in commandes:
            assert "Celle-ci attend qu'elle finisse." in commande.stderr.readline()
        assert validations.lire(edition) == {}
    for commande in commandes:
        commande.communicate(timeout=120)
        assert commande.returncode == 0
    assert set(validations.lire(edition)) == set(TERRITOIRES)


def test_une_ecriture_impossible_laisse_l_ancien_fichier(projet):
    """Le système refuse au milieu de l'écriture : un message, et le fichier d'avant, entier."""
    edition = Projet(projet).edition(EDITION)
    assert valider(projet, TERRITOIRES[0]).wait(120) == 0
    fichier = edition.params / validations.FICHIER
    avant = fichier.read_bytes()

    def peu_de_place() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(avant) + 50, len(avant) + 50))

    commande = valider(projet, TERRITOIRES[1], preexec_fn=peu_de_place)
    _, erreurs = commande.communicate(timeout=120)
    assert commande.returncode == 1
    assert erreurs.startswith("Un fichier dépasse la taille que le système permet")
    assert len(erreurs.strip().splitlines()) == 1
    assert fichier.read_bytes() == avant
    assert not list(edition.params.glob(".*"))


def test_un_texte_qui_ne_s_ecrit_pas_laisse_l_ancien_fichier(tmp_path):
    chemin = tmp_path / "a.csv"
    chemin.write_text("avant", "utf-8")
    with pytest.raises(UnicodeEncodeError):
        remplacer(chemin, "\ud800")
    assert [(f.name, f.read_text("utf-8")) for f in tmp_path.iterdir()] == [("a.csv", "avant")]


def test_un_texte_du_bloc_notes_se_lit(tmp_path):
    """Marque d'ordre des octets et fins de ligne de Windows ou de Mac ne changent rien."""
    chemin = tmp_path / "a.md"
    chemin.write_bytes("\ufeff# cle\r\n\r\nDéjà\rlu\n".encode())
    assert lire_texte(chemin, "a.md") == "# cle\n\nDéjà\nlu\n"


@pytest.mark.parametrize(("fichier", "commande"), [
    ("params/2022-2024/textes/introduction.md", "verifier"),
    ("report/introduction.qmd", "relire"),
    ("params/2022-2024/glossaire.yml", "verifier"),
])
def test_un_texte_d_un_autre_codage_est_dit_a_sa_ligne(projet, fichier, commande):
    """Enregistré en « ANSI » par un vieux logiciel : un message, jamais une trace."""
    chemin = projet / fichier
    lignes = chemin.read_text("utf-8").splitlines(keepends=True)
    octets = "".join([*lignes, "dernière\n"]).encode("utf-8").replace(b"\xc3\xa8re", b"\xe8re")
    rang = octets[:octets.index(b"\xe8re")].count(b"\n") + 1
    chemin.write_bytes(octets)
    fini = lancer(commande, projet=projet)
    assert fini.returncode == 1
    assert fini.stderr.strip() == (
        f"{fichier}, ligne {rang} : le fichier n'est pas en UTF-8. L'enregistrer en UTF-8.")


@pytest.mark.parametrize("contenu", [
    '{"cells": [', "[]", '{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    '{"cells": [{"cell_type": "markdown", "source": 3}], "nbformat": 4, "metadata": {}}'])
def test_un_carnet_abime_est_dit(tmp_path, contenu):
    """Pas du JSON, pas un carnet, des cellules qui n'en sont pas : un message, à son nom."""
    chemin = tmp_path / "x.ipynb"
    chemin.write_text(contenu, "utf-8")
    with pytest.raises(ErreurBilan, match="ce n'est pas un carnet"):
        lire_carnet(chemin, "notebooks/x.ipynb")


def test_un_carnet_demesure_n_est_pas_lu(tmp_path):
    """Au-delà de ce qu'un carnet peut afficher, il se refuse avant d'être ouvert."""
    chemin = tmp_path / "x.ipynb"
    with chemin.open("wb") as fichier:
        fichier.truncate(20_000_001)
    with pytest.raises(ErreurBilan, match="le carnet dépasse 20 Mo"):
        lire_carnet(chemin, "notebooks/x.ipynb")


def test_la_commande_qui_lit_les_carnets_le_dit(projet):
    """`bilan relire`, qui ne les exécute pas, dit aussi le carnet abîmé."""
    (projet / "notebooks" / "territoire.ipynb").write_text('{"cells": [', "utf-8")
    fini = lancer("relire", projet=projet)
    assert (fini.returncode, fini.stdout) == (1, "")
    assert fini.stderr == (
        "notebooks/territoire.ipynb : ce n'est pas un carnet Jupyter lisible. Le rétablir.\n")
