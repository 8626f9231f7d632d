"""La composition en PDF : ce qu'elle dit quand elle ne va pas au bout."""

import sys

import pytest

from bilan import pandoc
from bilan.erreurs import ErreurBilan
from bilan.programmes import lancer
from tests.livres import petit_livre


def avec_image(dossier, nom):
    """Un livre d'une page dont l'image est dans ce fichier."""
    return petit_livre(dossier, {"index": f'# Un\n\n![Dessin]({nom}){{fig-alt="Un dessin"}}\n'}, [])


class TestImageIllisible:
    """Un fichier qui n'est pas l'image que dit son nom."""

    @pytest.mark.parametrize("nom", ["faux.svg", "faux.png", "faux.jpg"])
    def test_le_pdf_la_nomme(self, tmp_path, nom):
        """Le message dit quelle image, et quoi faire ; le PDF d'avant reste."""
        livre = avec_image(tmp_path / "livre", nom)
        (tmp_path / "livre" / nom).write_text("<svg", "utf-8")
        (tmp_path / "bilan.pdf").write_text("celui d'avant", "utf-8")
        with pytest.raises(ErreurBilan, match=f"^L'image {nom} ne se dessine pas .* La réexporter"):
            pandoc.assembler_pdf(livre, tmp_path / "bilan.pdf")
        assert (tmp_path / "bilan.pdf").read_text("utf-8") == "celui d'avant"

    def test_le_site_la_nomme(self, tmp_path):
        """Le site, qui en fait un PNG, le dit de même."""
        livre = avec_image(tmp_path / "livre", "faux.svg")
        (tmp_path / "livre" / "faux.svg").write_text("<svg", "utf-8")
        with pytest.raises(ErreurBilan, match=r"L'image faux\.svg ne se dessine pas"):
            pandoc.assembler_site(livre, tmp_path / "site")


def test_un_programme_tue_par_le_systeme_manquait_de_memoire():
    """Tué comme le fait Linux quand la mémoire manque, il donne le message de la mémoire."""
    with pytest.raises(MemoryError):
        lancer([sys.executable, "-c", "import os, signal\n"
                        "os.kill(os.getpid(), signal.SIGKILL)"], "")
