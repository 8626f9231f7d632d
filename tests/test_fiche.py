"""La fiche d'un territoire : ce qu'il n'a pas dit ne laisse pas de place vide."""

from bilan.carnet import Bilan
from bilan.fiche import Fiche
from bilan.projet import Projet
from tests.conftest import EDITION


def test_une_seule_colonne_quand_l_autre_serait_vide(projet):
    """Deux colonnes pour une fiche complète ; une seule quand il ne reste que des difficultés."""
    assert Fiche(Bilan(EDITION, Projet(projet)), "douaisis").rubriques().markdown.count(
        "{.colonne}") == 2
    chemin = projet / "data" / EDITION / "fiches.csv"
    lignes = chemin.read_text("utf-8").splitlines(keepends=True)
    gardees = [li for li in lignes if not li.startswith("douaisis,") or ",difficultes," in li]
    chemin.write_text("".join(gardees), "utf-8")
    rubriques = Fiche(Bilan(EDITION, Projet(projet)), "douaisis").rubriques().markdown
    assert "colonne" not in rubriques
    assert "## Difficultés" in rubriques
