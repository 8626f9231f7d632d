"""Le plan : ce qui serait exécuté, et pourquoi ; une exécution à jour ne se refait pas."""

import json
import shutil

import pytest

from bilan.plan import dresser, etats
from bilan.projet import Projet
from tests.conftest import EDITION, copier, lancer, remplacer


def test_tout_est_a_faire_au_depart(projet):
    """Sans exécution passée, les dix carnets sont à exécuter."""
    resultat = lancer("plan", projet=projet)
    lignes = resultat.stdout.splitlines()
    assert len(lignes) == 10
    assert all(li.endswith("à exécuter : jamais exécuté") for li in lignes)
    assert lignes[-1].startswith("fiche-sambre-avesnois (edition=2022-2024, territoire=sambre-")


@pytest.fixture
def execute(construit, tmp_path):
    """Une copie d'un projet dont les carnets sont à jour."""
    copier(tmp_path)
    shutil.copytree(construit / "build" / "travail", tmp_path / "build" / "travail")
    return tmp_path


def raisons(projet) -> dict[str, list[str]]:
    edition = Projet(projet).edition(EDITION)
    return {e.tache.nom: e.raisons for e in etats(dresser(edition), edition)}


@pytest.mark.xdist_group("construit")
class TestAJour:
    """Après une construction."""

    def test_rien_a_refaire(self, execute):
        """Rien n'a changé : rien n'est à exécuter."""
        assert set(map(tuple, raisons(execute).values())) == {()}

    @pytest.mark.parametrize(
        "fichier",
        [f"data/{EDITION}/acteurs.csv", f"params/{EDITION}/indicateurs.yml",
         f"params/{EDITION}/textes/cooperation.md", "data/schemas/acteurs.json",
         "report/style/jetons.yml"],
    )
    def test_un_fichier_change(self, execute, fichier):
        """La raison nomme le fichier qui a changé."""
        with (execute / fichier).open("a", encoding="utf-8") as flux:
            flux.write("\n")
        assert all(r == [fichier] for r in raisons(execute).values())

    def test_un_carnet_change(self, execute):
        """Un carnet modifié ne fait refaire que lui."""
        carnet = execute / "notebooks" / "cooperation.ipynb"
        remplacer(carnet, "pèse plus", "pèse davantage")
        a_faire = {nom: r for nom, r in raisons(execute).items() if r}
        assert a_faire == {"cooperation": ["carnet"]}

    def test_une_bibliotheque_change(self, execute):
        """Une autre version d'une bibliothèque fait tout refaire, et le dit."""
        for fiche in (execute / "build/travail" / EDITION / "executions").glob("*.json"):
            contenu = json.loads(fiche.read_text("utf-8"))
            contenu["empreinte"]["versions des bibliothèques"] = "{}"
            fiche.write_text(json.dumps(contenu), "utf-8")
        assert all(r == ["versions des bibliothèques"] for r in raisons(execute).values())

    def test_assembler_refuse_des_carnets_en_retard(self, execute):
        """On n'assemble pas un rapport avec des carnets d'avant la correction."""
        chemin = execute / "data" / EDITION / "acteurs.csv"
        lignes = chemin.read_text("utf-8").splitlines(keepends=True)
        chemin.write_text("".join(lignes[:-1]), "utf-8")
        resultat = lancer("assembler", projet=execute)
        assert resultat.returncode == 1
        assert "Carnets à exécuter d'abord" in resultat.stderr
        assert not (execute / "build" / EDITION).exists()
