"""La publication : le bilan publié est l'ancien ou le neuf, jamais un mélange ni rien."""

import os
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from bilan import construire
from bilan.construire import publier, retablir
from bilan.deja_construit import entrees
from bilan.projet import Edition
from tests.conftest import EDITION


class Muet:
    def etape(self, texte): ...


def diffuser(edition: Edition, **options) -> None:
    """Publie une édition que l'assemblage de ces tests n'a pas besoin d'ouvrir."""
    publier(SimpleNamespace(edition=edition), Muet(), depart=entrees(edition, "auto"), **options)


@pytest.fixture
def edition(tmp_path, monkeypatch):
    """Une édition publiée, dont l'assemblage ne fait qu'écrire deux fichiers."""
    edition = Edition(tmp_path, EDITION)
    essai = iter(("ancien", "neuf"))

    def assembler(bilan, sortie, voie, *, relecture):
        shutil.rmtree(sortie, ignore_errors=True)
        sortie.mkdir(parents=True)
        quoi = next(essai)
        for nom in ("bilan.pdf", "registre.json"):
            (sortie / nom).write_text(quoi, "utf-8")
        return "essai"

    monkeypatch.setattr(construire, "assembler", assembler)
    diffuser(edition)
    return edition


def tuer_au(coup: int, edition: Edition, monkeypatch) -> None:
    """Publie dans un autre processus, tué net (kill -9) juste avant son énième renommage."""
    fils = os.fork()
    if fils == 0:
        restent, renommer = iter(range(coup)), Path.rename

        def rename(self, cible):
            if next(restent, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return renommer(self, cible)

        monkeypatch.setattr(Path, "rename", rename)
        diffuser(edition)
        os._exit(0)
    os.waitpid(fils, 0)


@pytest.mark.parametrize("coup, attendu", [(0, "ancien"), (1, "ancien"), (2, "neuf")])
def test_tuee_pendant_l_echange(edition, monkeypatch, coup, attendu):
    """Tuée net avant, entre ou après les deux renommages : l'ancien entier, ou le neuf entier."""
    tuer_au(coup, edition, monkeypatch)
    retablir(edition)
    publies = {f.name: f.read_text("utf-8") for f in edition.sortie.iterdir()}
    assert publies == {"bilan.pdf": attendu, "registre.json": attendu}


def test_un_exemplaire_a_relire_ne_prend_pas_la_place_du_bilan(edition, monkeypatch):
    """Après une publication coupée net, un exemplaire à relire laisse revenir le bilan écarté."""
    tuer_au(1, edition, monkeypatch)
    assert not edition.sortie.exists()
    diffuser(edition, relecture=True)
    assert (edition.sortie / "bilan.pdf").read_text("utf-8") == "ancien"
    assert (edition.relecture / "bilan.pdf").read_text("utf-8") == "neuf"
