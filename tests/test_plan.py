"""Le plan : ce qui serait exécuté, et pourquoi ; une exécution à jour ne se refait pas."""

import csv
import json
import shutil

import pytest

from bilan.carnet import Bilan
from bilan.empreintes import du_code
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


def corriger(projet, table, territoire, colonne, valeur, ou=lambda ligne: True) -> None:
    """Change une cellule de la première ligne d'un territoire qui convient."""
    chemin = projet / "data" / EDITION / f"{table}.csv"
    with chemin.open(encoding="utf-8", newline="") as flux:
        lignes = list(csv.DictReader(flux))
    ligne = next(li for li in lignes if li["territoire"] == territoire and ou(li))
    ligne[colonne] = valeur(ligne[colonne])
    with chemin.open("w", encoding="utf-8", newline="") as flux:
        ecrivain = csv.DictWriter(flux, lignes[0], lineterminator="\n")
        ecrivain.writeheader()
        ecrivain.writerows(lignes)


@pytest.fixture
def a_jour(execute, tmp_path):
    """Une copie d'un projet dont les carnets sont à jour."""
    copier(tmp_path)
    shutil.copytree(execute / "build" / "travail", tmp_path / "build" / "travail")
    return tmp_path


def raisons(projet) -> dict[str, list[str]]:
    """Pour chaque carnet à refaire, pourquoi."""
    bilan = Bilan(EDITION, Projet(projet))
    return {e.tache.nom: e.raisons for e in etats(dresser(bilan.edition), bilan) if e.raisons}


@pytest.mark.xdist_group("construit")
class TestAJour:
    """Après une construction : ne se refait que ce qui lit ce qui a changé."""

    def test_rien_a_refaire(self, a_jour):
        """Rien n'a changé : rien n'est à exécuter."""
        assert raisons(a_jour) == {}

    def test_une_ligne_de_fiche(self, a_jour):
        """Une phrase de la fiche d'un territoire ne fait refaire que cette fiche."""
        corriger(a_jour, "fiches", "douaisis", "texte", lambda texte: texte + " Corrigé.")
        assert raisons(a_jour) == {"fiche-douaisis": ["table fiches, lignes de douaisis"]}

    def test_un_texte(self, a_jour):
        """Un texte de catégorie ne fait refaire que le carnet qui le montre."""
        remplacer(a_jour / f"params/{EDITION}/textes/cooperation.md", "\n\n", "\n\nAjouté. ")
        [(nom, pourquoi)] = raisons(a_jour).items()
        assert nom == "cooperation"
        assert all(p.startswith("texte cooperation.") for p in pourquoi)

    def test_un_acteur_rencontre(self, a_jour):
        """Un acteur rencontré en plus : la catégorie, et les fiches, qui situent toutes ce
        territoire ; aucune autre catégorie."""
        corriger(a_jour, "acteurs", "douaisis", "rencontre", lambda _: "true",
                 ou=lambda ligne: ligne["rencontre"] == "false")
        refaits = raisons(a_jour)
        assert "chiffre I4.resultat.douaisis" in refaits["fiche-cabbalr"]
        assert {n for n in refaits if not n.startswith("fiche-")} == {"cooperation"}

    def test_une_validation(self, a_jour):
        """Une fiche validée se refait, pour le dire ; pas les autres."""
        (a_jour / "params" / EDITION / "validations.yml").write_text(
            "- territoire: douaisis\n  role: Élue\n  date: 2025-01-01\n  empreinte: abc\n", "utf-8")
        assert raisons(a_jour) == {"fiche-douaisis": ["validation de douaisis"]}

    def test_une_date_affichee(self, a_jour):
        """La date imprimée en couverture n'est dans aucun carnet : aucun ne se refait."""
        remplacer(a_jour / f"params/{EDITION}/edition.yml", "juin 2025", "juillet 2025")
        assert raisons(a_jour) == {}

    @pytest.mark.parametrize("fichier", ["data/schemas/acteurs.json", "report/style/jetons.yml"])
    def test_un_fichier_commun(self, a_jour, fichier):
        """Un schéma ou le style sert à tous : tout se refait, et la raison le nomme."""
        with (a_jour / fichier).open("a", encoding="utf-8") as flux:
            flux.write("\n")
        assert list(raisons(a_jour).values()) == [[fichier]] * 10

    def test_un_carnet_change(self, a_jour):
        """Un carnet modifié ne fait refaire que lui."""
        carnet = a_jour / "notebooks" / "cooperation.ipynb"
        remplacer(carnet, "pèse plus", "pèse davantage")
        assert raisons(a_jour) == {"cooperation": ["carnet"]}

    def test_une_bibliotheque_change(self, a_jour):
        """Une autre version d'une bibliothèque fait tout refaire, et le dit."""
        for fiche in (a_jour / "build/travail" / EDITION / "executions").glob("*.json"):
            contenu = json.loads(fiche.read_text("utf-8"))
            contenu["empreinte"]["versions des bibliothèques"] = "{}"
            fiche.write_text(json.dumps(contenu), "utf-8")
        assert list(raisons(a_jour).values()) == [["versions des bibliothèques"]] * 10

    def test_un_carnet_execute_abime(self, a_jour):
        """Un carnet exécuté que l'on a modifié à la main se refait."""
        chemin = a_jour / "build/travail" / EDITION / "notebooks" / "cooperation.ipynb"
        chemin.write_text(chemin.read_text("utf-8") + " ", "utf-8")
        assert raisons(a_jour) == {"cooperation": ["carnet exécuté"]}

    def test_assembler_refuse_des_carnets_en_retard(self, a_jour):
        """On n'assemble pas un rapport avec des carnets d'avant la correction."""
        chemin = a_jour / "data" / EDITION / "acteurs.csv"
        lignes = chemin.read_text("utf-8").splitlines(keepends=True)
        chemin.write_text("".join(lignes[:-1]), "utf-8")
        resultat = lancer("assembler", projet=a_jour)
        assert resultat.returncode == 1
        assert "Carnets à exécuter d'abord" in resultat.stderr
        assert not (a_jour / "build" / EDITION).exists()


def test_le_code_qu_un_carnet_peut_appeler():
    """Son empreinte suit les modules importés de proche en proche, et eux seuls."""
    modules = du_code(["from bilan import carnet"])
    assert {"bilan/carnet.py", "bilan/graphiques.py", "bilan/etablir.py"} <= modules.keys()
    assert not {"bilan/pandoc.py", "bilan/assembler.py", "bilan/commandes.py"} & modules.keys()
    assert du_code(["import pandas"]) == {}
