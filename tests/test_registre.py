"""Le registre : ce qui en est écrit se relit, et n'est relu que s'il le faut."""

import pytest

from bilan import registre
from bilan.registre import Registre
from tests.conftest import EDITION
from tests.livres import chiffre

PREMIER = Registre(EDITION, [chiffre("I1.resultat", "74 %", numerateur=71.0, denominateur=96.0)])
SECOND = Registre(EDITION, [chiffre("I1.resultat", "75 %", numerateur=72.0, denominateur=96.0)])


@pytest.fixture
def fichier(tmp_path):
    PREMIER.ecrire(tmp_path / "registre.json")
    return tmp_path / "registre.json"


def test_ce_qui_est_ecrit_se_relit(fichier):
    """Un chiffre relu est celui qu'on a écrit, tous champs compris."""
    assert Registre.lire(fichier)["I1.resultat"] == PREMIER["I1.resultat"]


def test_un_fichier_qui_n_a_pas_change_n_est_pas_relu(fichier, monkeypatch):
    """Le site et les exports le demandent tous deux ; cent mille chiffres se lisent une fois."""
    PREMIER.tenir(fichier)
    monkeypatch.setattr(registre, "avec_chiffres", lambda texte: pytest.fail("relu"))
    assert Registre.lire(fichier) is PREMIER


def test_un_fichier_change_est_relu(fichier):
    """Ce qu'une autre commande y a mis remplace ce qu'on tenait."""
    ailleurs = fichier.with_name("autre.json")
    SECOND.ecrire(ailleurs)
    PREMIER.tenir(fichier)
    ailleurs.replace(fichier)
    assert Registre.lire(fichier)["I1.resultat"].texte == "75 %"
