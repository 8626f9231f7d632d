"""Les textes libres : ce qui désigne une personne est signalé à sa ligne, et n'est pas recopié."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bilan.projet import Projet
from bilan.tables import lire_tables
from bilan.textes_libres import fautes, reperer
from tests.conftest import EDITION

SIGNALES = [
    ("Appeler Mme Durand lundi.", "nom", "Mme Durand"),
    ("Le Dr A. Martin l'a dit.", "nom", "Dr A. Martin"),
    ("Nadia Benali anime le groupe.", "nom", "Nadia Benali"),
    ("D'après Jean-Baptiste, tout va bien.", "nom", "Jean-Baptiste"),
    ("Joindre au 06 12 34 56 78.", "telephone", "06 12 34 56 78"),
    ("Joindre au +33 (0)3.27.00.11.22", "telephone", "+33 (0)3.27.00.11.22"),
    ("Écrire à a.durand@exemple.fr !", "courriel", "a.durand@exemple.fr"),
    ("Au 12 bis rue des Lilas, 59300 Valenciennes", "adresse",
     "12 bis rue des Lilas, 59300 Valenciennes"),
    ("Écrire à 59000 Lille.", "adresse", "59000 Lille"),
]
TUS = [
    "M. le maire et Mme la présidente", "Croix-Rouge française", "Hauts-de-France",
    "Collège Jean Moulin", "Les élus de Saint-Pierre-sur-Helpe", "La rue Pierre Mauroy",
    "1 216 € par mois pour 59300 habitants", "30 000 Repas en 2024", "10 places de stage",
    "le SIREN 200072460", "du 12/10/2023 au 13/10/2024",
]


@pytest.mark.parametrize(("texte", "genre", "vu"), SIGNALES)
def test_ce_qui_designe_une_personne_est_signale(texte, genre, vu):
    ((trouve, debut, fin),) = reperer(texte)
    assert (trouve, texte[debut - 1:fin]) == (genre, vu)


@pytest.mark.parametrize("texte", TUS)
def test_ce_qui_ne_designe_personne_n_est_pas_signale(texte):
    assert reperer(texte) == []


def test_un_nom_public_n_est_pas_signale():
    """Le nom d'un lauréat contient un prénom : il est public."""
    assert reperer("L'ASSOCIATION Louise Michel y est", frozenset({"Louise Michel"})) == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_un_numero_est_vu_ou_qu_il_soit(avant, apres):
    """Quel que soit le texte autour, séparé par un blanc, un numéro est signalé ; rien n'échoue."""
    autour = "".join(c for c in f"{avant}|{apres}" if not c.isdigit() and c not in "+@")
    debut, _, fin = autour.partition("|")
    texte = f"{debut} ; 06 12 34 56 78 ; {fin}"
    assert "telephone" in [genre for genre, *_ in reperer(texte)]


@pytest.fixture
def edition(projet):
    """Une édition dont le texte de la ligne 2 des fiches donne un nom."""
    edition = Projet(projet).edition(EDITION)
    ecrire(edition, "Mme Durand tient l'épicerie.")
    return edition


def ecrire(edition, texte: str) -> None:
    chemin = edition.donnees / "fiches.csv"
    lignes = list(csv.reader(chemin.read_text("utf-8").splitlines()))
    lignes[1][3] = texte
    with chemin.open("w", encoding="utf-8", newline="") as flux:
        csv.writer(flux, lineterminator="\n").writerows(lignes)


def lever(edition, **champs) -> None:
    entree = {"table": "fiches", "colonne": "texte", "genre": "nom", "motif": "Nom d'un lieu.",
              "cle": ["cabbalr", "presentation", 1]} | champs
    contenu = "\n".join(f"  {k}: {v!r}" for k, v in entree.items())
    (edition.params / "signalements.yml").write_text("-" + contenu[1:] + "\n", "utf-8")


def test_signale_a_sa_ligne_sans_le_recopier(edition):
    (faute,) = fautes(edition, lire_tables(edition))
    debut = (f"data/{EDITION}/fiches.csv, ligne 2, colonne « texte » : le texte semble donner "
             "le nom d'une personne (signes 1 à 10).")
    assert str(faute).startswith(debut)
    assert "Durand" not in str(faute)


def test_un_signalement_se_leve_avec_un_motif(edition):
    lever(edition)
    assert fautes(edition, lire_tables(edition)) == []
    lever(edition, motif=" ")
    assert "le motif est vide" in str(fautes(edition, lire_tables(edition))[0])


def test_une_levee_qui_ne_leve_plus_rien_est_dite(edition):
    lever(edition)
    ecrire(edition, "Une bénévole tient l'épicerie.")
    (faute,) = fautes(edition, lire_tables(edition))
    assert str(faute) == (f"params/{EDITION}/signalements.yml : entrée 1 : rien n'est plus signalé "
                          "à cet endroit. La retirer.")
