"""Les carnets : leur forme dans git, et leur exécution, échecs compris."""

import json

import nbformat
import papermill
import pytest

from tests.conftest import EDITION, RACINE, lancer

CARNETS = sorted((RACINE / "notebooks").glob("*.ipynb"))
ATTENDUS = {"accompagnement", "cooperation", "realisations", "perennisation", "territoire"}


def lire(chemin):
    return nbformat.read(chemin, as_version=4)


def test_cinq_carnets():
    """Un carnet par catégorie d'indicateurs, et celui des territoires."""
    assert {c.stem for c in CARNETS} == ATTENDUS


@pytest.mark.parametrize("chemin", CARNETS, ids=lambda c: c.stem)
class TestForme:
    """Des carnets minces, sans sortie, qui ne reçoivent que des clés."""

    def test_sans_sortie(self, chemin):
        """Aucune sortie ni compteur d'exécution n'est commité."""
        for cellule in lire(chemin).cells:
            if cellule.cell_type == "code":
                assert not cellule.outputs
                assert cellule.execution_count is None

    def test_une_cellule_de_parametres(self, chemin):
        """Une seule cellule « parameters », faite de textes annotés."""
        cellules = [c for c in lire(chemin).cells if "parameters" in c.metadata.get("tags", [])]
        assert len(cellules) == 1
        for ligne in cellules[0].source.splitlines():
            nom, reste = ligne.split(":", 1)
            assert nom in ("edition", "territoire")
            assert reste.startswith(' str = "')

    def test_parametres_vus_par_papermill(self, chemin):
        """papermill lit ces paramètres, et leur type."""
        parametres = papermill.inspect_notebook(str(chemin))
        assert parametres
        assert all(p["inferred_type_name"] == "str" for p in parametres.values())

    def test_mince(self, chemin):
        """Ni fonction ni classe, 10 lignes par cellule, 80 par carnet, autant de prose."""
        cellules = lire(chemin).cells
        code = [c.source.splitlines() for c in cellules if c.cell_type == "code"]
        prose = "".join(c.source for c in cellules if c.cell_type == "markdown")
        assert not any(li.startswith(("def ", "class ")) for c in code for li in c)
        assert max(len(c) for c in code) <= 10
        assert sum(len(c) for c in code) <= 80
        if chemin.stem != "territoire":
            assert len(prose) >= sum(len(li) for c in code for li in c)

    def test_noyau_declare(self, chemin):
        """Le noyau est nommé : sans lui, ni papermill ni Quarto n'exécutent le carnet."""
        assert lire(chemin).metadata.kernelspec.name == "python3"


def test_papermill_seul(projet, monkeypatch):
    """Un carnet s'exécute par la commande papermill ordinaire, avec une autre clé."""
    monkeypatch.chdir(projet / "notebooks")
    papermill.execute_notebook(
        "territoire.ipynb", "../sortie.ipynb", progress_bar=False,
        parameters={"edition": EDITION, "territoire": "dunkerque"},
    )
    texte = (projet / "sortie.ipynb").read_text("utf-8")
    assert "Démocratie Alimentaire" in texte
    assert "image/svg+xml" in texte


def test_territoire_inconnu_dit_par_le_carnet(projet, monkeypatch):
    """Une clé fautive donne le message du bilan, avec le territoire le plus proche."""
    monkeypatch.chdir(projet / "notebooks")
    with pytest.raises(papermill.PapermillExecutionError, match="Écrire « douaisis »"):
        papermill.execute_notebook(
            "territoire.ipynb", "../sortie.ipynb", progress_bar=False,
            parameters={"edition": EDITION, "territoire": "douaisi"},
        )


@pytest.mark.xdist_group("echec")
def test_un_carnet_en_echec_n_arrete_pas_les_autres(projet):
    """Les autres finissent ; le message dit carnet, territoire, cellule, erreur, cause probable."""
    chemin = projet / "notebooks" / "cooperation.ipynb"
    carnet = lire(chemin)
    carnet.cells.append(nbformat.v4.new_code_cell("c.tables_inconnues['acteurs']"))
    carnet.cells.append(nbformat.v4.new_code_cell("{}['absente']"))
    carnet.cells[-2].source = "{}['absente']"
    nbformat.write(carnet, chemin)
    precedent = projet / "build" / EDITION / "bilan.pdf"
    precedent.parent.mkdir(parents=True)
    precedent.write_text("le dernier bon", "utf-8")

    resultat = lancer("construire", projet=projet)

    assert resultat.returncode == 1
    assert "Traceback" not in resultat.stderr
    assert "notebooks/cooperation.ipynb, cellule" in resultat.stderr
    assert "KeyError : 'absente'" in resultat.stderr
    assert "Cause probable" in resultat.stderr
    travail = projet / "build" / "travail" / EDITION
    assert (travail / "echecs" / "cooperation.ipynb").is_file()
    executes = {c.stem for c in (travail / "notebooks").glob("*.ipynb")}
    assert len(executes) == 9
    assert "cooperation" not in executes
    assert precedent.read_text("utf-8") == "le dernier bon"


@pytest.mark.xdist_group("construit")
class TestExecutes:
    """Les dix carnets exécutés de la construction."""

    def test_dix_carnets(self, sortie):
        """Quatre catégories et six fiches."""
        assert len(list((sortie / "notebooks").glob("*.ipynb"))) == 10

    def test_sans_trace_de_la_machine(self, sortie, construit):
        """Ni durée, ni date, ni chemin ne restent dans un carnet publié."""
        for chemin in (sortie / "notebooks").glob("*.ipynb"):
            texte = chemin.read_text("utf-8")
            assert str(construit) not in texte
            assert "papermill" not in json.dumps(lire(chemin).metadata)
            for cellule in lire(chemin).cells:
                assert "execution" not in cellule.metadata

    def test_figures_presentes_et_decrites(self, sortie):
        """Chaque cellule de figure porte une image, une légende et un texte de remplacement."""
        for chemin in (sortie / "notebooks").glob("*.ipynb"):
            figures = [c for c in lire(chemin).cells if "#| label: fig-" in c.source]
            assert figures
            for cellule in figures:
                assert any("image/svg+xml" in o.get("data", {}) for o in cellule.outputs)
                assert "#| fig-cap: " in cellule.source
                assert "#| fig-alt: " in cellule.source

    def test_etiquettes_uniques_dans_le_livre(self, sortie):
        """Le carnet exécuté six fois ne répète aucune étiquette."""
        etiquettes = [
            ligne
            for chemin in (sortie / "notebooks").glob("*.ipynb")
            for cellule in lire(chemin).cells
            for ligne in cellule.source.splitlines()
            if ligne.startswith("#| label: ")
        ]
        assert len(etiquettes) == len(set(etiquettes)) > 20
