"""La validation d'une fiche par son territoire."""

import datetime

import pytest

from bilan import validations
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.fiche import Fiche
from bilan.projet import Projet
from bilan.verifier import verifier
from tests.conftest import EDITION, lancer, remplacer

JOUR = datetime.date(2025, 6, 12)


def fiche(projet, territoire: str = "douaisis") -> Fiche:
    return Fiche(Bilan(EDITION, Projet(projet)), territoire)


def test_sans_validation_a_signer(bilan):
    """Une fiche que personne n'a validée est à signer, et le dit."""
    assert "À signer" in Fiche(bilan, "douaisis").signature().markdown


def test_validee_puis_affichee(projet):
    """La fiche validée dit le jour et la fonction ; les autres restent à signer."""
    validations.valider(fiche(projet), "Directrice", JOUR)
    assert validations.mention(fiche(projet)) == (
        "Validée le 12 juin 2025 par le territoire (Directrice).")
    [noms] = validations.a_signer(fiche(projet).bilan).values()
    assert len(noms) == 5 and "Douaisis" not in noms


@pytest.mark.parametrize(("table", "avant", "apres"), [
    ("fiches", "Relier les acteurs qui luttent", "Relier tous les acteurs qui luttent"),
    ("territoires", "Douaisis Agglo", "Agglo du Douaisis"),
    ("chiffres_cles", "douaisis,4,,90,", "douaisis,4,,91,"),
    ("mises_en_oeuvre", "douaisis,cooperation,1,", "douaisis,cooperation,0.5,"),
    ("perimetres", "douaisis,200044618", "douaisis,245901160"),
])
def test_contenu_change_a_signer_de_nouveau(projet, table, avant, apres):
    """Un mot, un chiffre clé, un résultat ou une limite changés : à signer de nouveau."""
    validations.valider(fiche(projet), "Directrice", JOUR)
    remplacer(projet / f"data/{EDITION}/{table}.csv", avant, apres)
    assert "À signer de nouveau" in validations.mention(fiche(projet))


def test_ce_que_la_fiche_ne_montre_pas_ne_compte_pas(projet):
    """Le texte d'un autre territoire ne change pas l'empreinte d'une fiche."""
    avant = validations.empreinte(fiche(projet))
    remplacer(projet / f"data/{EDITION}/fiches.csv", "cabbalr,fabrique,3,Un groupe s'est formé.",
              "cabbalr,fabrique,3,Un groupe est né.")
    assert validations.empreinte(fiche(projet)) == avant


def test_une_seconde_validation_remplace_la_premiere(projet):
    """Une fiche signée de nouveau n'a qu'une validation, la dernière."""
    validations.valider(fiche(projet), "Directrice", JOUR)
    validations.valider(fiche(projet), "Présidente", JOUR + datetime.timedelta(days=3))
    [seule] = validations.lire(fiche(projet).bilan.edition).values()
    assert (seule.role, seule.date.day) == ("Présidente", 15)


@pytest.mark.parametrize(("role", "jour", "dit"), [
    (" ", JOUR, "--role"),
    ("Directrice", datetime.date(2999, 1, 1), "à venir"),
])
def test_validation_refusee(projet, role, jour, dit):
    """Sans fonction, ou à une date à venir, rien n'est enregistré."""
    with pytest.raises(ErreurBilan, match=dit):
        validations.valider(fiche(projet), role, jour)
    assert not (projet / f"params/{EDITION}/validations.yml").exists()


def test_territoire_inconnu_refuse(projet):
    """Une validation d'un territoire que l'édition n'a pas est une faute."""
    validations.valider(fiche(projet), "Directrice", JOUR)
    remplacer(projet / f"params/{EDITION}/validations.yml", "douaisis", "douaisi")
    [faute] = verifier(Projet(projet).edition(EDITION))
    assert "douaisi" in faute.trouve and "douaisis" in faute.remede


def test_en_ligne_de_commande(projet):
    """`bilan valider` enregistre, `bilan verifier` dit ce qui reste à signer."""
    fait = lancer("valider", "douaisis", "--role", "Directrice", "--date", "2025-06-12",
                  projet=projet)
    assert "Validée le 12 juin 2025" in fait.stdout, fait.stderr
    dit = lancer("verifier", projet=projet).stdout
    assert ("Fiches (CABBALR, Dunkerque, Sud-Artois, Thiérache, Sambre-Avesnois) : à signer par le "
            "territoire, qui n'a pas encore validé cette fiche.") in dit
    refus = lancer("valider", "douaisis", "--role", "x", "--date", "12/06/2025", projet=projet)
    assert refus.returncode == 1 and "2025-06-12" in refus.stderr
