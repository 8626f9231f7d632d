"""La réserve : rien n'est refait pour rien, et rien n'est repris à tort."""

import json
import shutil
import time
from threading import Barrier

import pytest

from bilan import chapitres_lus, pandoc
from bilan.a_la_fois import a_la_fois
from bilan.reserve import Reserve, cle_de, des_fichiers
from tests.conftest import RACINE, remplacer
from tests.livres import chiffre, petit_livre

SVG = ('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
       '<rect width="9" height="9" fill="#5b1a7d"/></svg>')


class TestReserve:
    @pytest.fixture
    def gardes(self, tmp_path):
        return Reserve(tmp_path / "reserve")

    def test_ne_refait_pas(self, gardes):
        """Ce qui a été fait pour une empreinte est repris par qui ouvre la réserve ensuite."""
        gardes.octets("a", lambda: b"fait")
        assert Reserve(gardes.dossier).octets("a", lambda: pytest.fail("refait")) == b"fait"

    @pytest.mark.parametrize("abime", [b"", b"tronque", bytes(32) + b"autre chose"])
    def test_refait_une_entree_abimee(self, gardes, abime):
        """Une entrée vide, coupée ou changée ne sert pas : elle est refaite."""
        gardes.octets("a", lambda: b"premier")
        (gardes.dossier / "a").write_bytes(abime)
        assert gardes.octets("a", lambda: b"second") == b"second"

    def test_ne_garde_rien_d_un_echec(self, gardes):
        """Une étape qui échoue ne laisse rien : la suivante la refait."""
        with pytest.raises(ZeroDivisionError):
            gardes.octets("a", lambda: 1 / 0)
        assert gardes.octets("a", lambda: b"fait") == b"fait"

    def test_deux_fils_ne_la_font_qu_une_fois(self, gardes):
        """Demandée à la fois par le site et par Word, une image se dessine et s'écrit une fois."""
        appels, ensemble = [], Barrier(2)

        def faire():
            appels.append(1)
            time.sleep(0.2)
            return b"dessin"

        def demander():
            ensemble.wait()
            return gardes.octets("image", faire)

        assert a_la_fois([demander, demander], 2) == [b"dessin", b"dessin"]
        assert len(appels) == 1

    def test_balayer(self, gardes):
        """Ce qui n'a pas servi depuis l'ouverture s'en va, avec les écritures interrompues."""
        gardes.octets("ancien", lambda: b"")
        (gardes.dossier / "neuf.123").write_bytes(b"interrompu")
        seconde = Reserve(gardes.dossier)
        seconde.octets("neuf", lambda: b"")
        seconde.balayer()
        assert [f.name for f in gardes.dossier.iterdir()] == ["neuf"]

    @pytest.mark.parametrize("un, autre", [
        (["a", "b"], ["ab"]), (["a"], [b"a"]), ([["a"], "b"], [["a", "b"]]), ([1], ["1"]),
        ([{"a": 1}], [{"a": 2}]), ([None], [""]), ([{"a": b"1"}], [{"a": b"2"}]),
    ])
    def test_empreintes_distinctes(self, un, autre):
        """Deux valeurs différentes n'ont pas la même empreinte ; l'ordre des clés n'y fait rien."""
        assert cle_de(*un) != cle_de(*autre)
        assert cle_de({"a": 1, "b": 2}) == cle_de({"b": 2, "a": 1})


@pytest.fixture
def livre(tmp_path):
    """Deux chapitres, un chiffre, un bloc qui cite l'autre chiffre, une image ; report/ à part."""
    chapitres = {
        "index": '# Un\n\n[]{.chiffre code="I1.resultat"} ; ![](/dessin.svg){fig-alt="Carré"}\n',
        "suite": '# Deux\n\n::: {.bloc code="bloc.cite"}\n:::\n',
    }
    chemin = petit_livre(tmp_path / "livre", chapitres,
                         [chiffre("I1.resultat", "74 %"), chiffre("I2.resultat", "12 %")])
    (chemin.parent / "blocs.json").write_text(
        json.dumps({"bloc.cite": 'Ici []{.chiffre code="I2.resultat"}.'}), "utf-8")
    shutil.copytree(RACINE / "report", tmp_path / "projet" / "report")
    (tmp_path / "projet" / "dessin.svg").write_text(SVG, "utf-8")
    remplacer(chemin, json.dumps(str(RACINE)), json.dumps(str(tmp_path / "projet")))
    return chemin


class TestChapitresLus:
    @pytest.mark.parametrize("fichier, avant, apres, relues", [
        ("livre/registre.json", "74 %", "75 %", ["index"]),
        ("livre/registre.json", "12 %", "13 %", ["suite"]),
        ("livre/blocs.json", "Ici", "Là", ["suite"]),
        ("livre/suite.md", "Deux", "Trois", ["suite"]),
        ("livre/livre.json", "Petit bilan", "Autre bilan", []),
        ("projet/dessin.svg", "#5b1a7d", "#7a0c4f", []),
        ("projet/report/filtres/typographie.lua", "'\\u{202f}'", "'\\u{a0}'", ["index", "suite"]),
    ])
    def test_une_modification(self, livre, tmp_path, fichier, avant, apres, relues):
        """Seul un chapitre qui en dépend est relu, et le site est celui qu'on ferait de rien."""
        pandoc.assembler_site(livre, tmp_path / "site")
        remplacer(tmp_path / fichier, avant, apres)
        demandees = []
        chapitres_lus.lire(livre, lambda pages, cible: (
            demandees.extend(pages), pandoc._pandoc(livre, "lecture", pages, cible)))
        assert sorted(demandees) == relues
        pandoc.assembler_site(livre, tmp_path / "repris")
        for garde in ("lectures", "reserve"):
            shutil.rmtree(livre.parent / garde)
        pandoc.assembler_site(livre, tmp_path / "refait")
        repris = des_fichiers(tmp_path / "repris")
        assert repris == des_fichiers(tmp_path / "refait")
        assert repris != des_fichiers(tmp_path / "site")

    def test_rien_de_change(self, livre, tmp_path, monkeypatch):
        """Sans rien de changé, ni Pandoc ni Typst ne sont lancés, et les octets sont les mêmes."""
        pandoc.assembler_pdf(livre, tmp_path / "premier.pdf")
        monkeypatch.setattr(pandoc, "_pandoc", lambda *_: pytest.fail("Pandoc est lancé"))
        monkeypatch.setattr(pandoc, "composer", lambda *_: pytest.fail("Typst est lancé"))
        pandoc.assembler_pdf(livre, tmp_path / "second.pdf")
        assert (tmp_path / "premier.pdf").read_bytes() == (tmp_path / "second.pdf").read_bytes()

    @pytest.mark.parametrize("fichier", ["index.json", "index.lus.json"])
    def test_une_lecture_abimee_est_refaite(self, livre, tmp_path, fichier):
        """Une lecture coupée, ou sans son état, se refait."""
        pandoc.lire(livre)
        lue = livre.parent / "lectures" / fichier
        entiere = lue.read_bytes()
        lue.write_bytes(entiere[:20])
        pandoc.lire(livre)
        assert lue.read_bytes() == entiere

    def test_les_jetons_changent_le_pdf(self, livre, tmp_path):
        """Une couleur de la charte changée refait le PDF."""
        pandoc.assembler_pdf(livre, tmp_path / "avant.pdf")
        jetons = tmp_path / "projet/report/style/jetons.yml"
        remplacer(jetons, "  primaire: ", "  primaire: \"#5b1a7d\" # ")
        pandoc.assembler_pdf(livre, tmp_path / "apres.pdf")
        assert (tmp_path / "avant.pdf").read_bytes() != (tmp_path / "apres.pdf").read_bytes()
