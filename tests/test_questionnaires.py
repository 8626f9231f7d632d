"""Les questionnaires : chaque question alimente une colonne qui existe, sous ses contraintes."""

import pytest

from bilan import annexes, questionnaires
from bilan.projet import Projet
from bilan.verifier import verifier
from tests.conftest import EDITION, remplacer

FICHIER = f"params/{EDITION}/questionnaires.yml"
CAS = [
    ("table inconnue", "table: reponses\n      colonne: session",
     "table: reponse\n      colonne: session",
     ["ligne 12", "table inconnue « reponse »", "Écrire « reponses » ?"]),
    ("colonne inconnue", "colonne: famille", "colonne: famile",
     ["colonne inconnue « famile »", "Écrire « famille » ?"]),
    ("liste tenue deux fois", "colonne: famille", "colonne: famille\n      modalites: [antenne]",
     ["clé inconnue « modalites »"]),
    ("condition fautive", "rencontre et non (", "rencontre et et non (", ["pas comprise"]),
    ("condition sur rien", "rencontre et non (", "rencontres et non (",
     ["colonne inconnue « rencontres ». Écrire « rencontre » ?"]),
    ("question en double", "colonne: participe_animation", "colonne: participe_action",
     ["fiche-activite demande deux fois acteurs.participe_action"]),
    ("question oubliée", "colonne: participe_animation", "colonne: participe_action",
     ["fiche-activite ne demande pas acteurs.participe_animation, qui est obligatoire"]),
    ("territoire oublié", "table: reponses\n      colonne: territoire",
     "table: reponses\n      colonne: participant",
     ["questionnaire-apres-session ne demande pas reponses.territoire"]),
    ("deux territoires", "table: actions\n      colonne: annee",
     "table: actions\n      colonne: territoire",
     ["fiche-activite demande le territoire plusieurs fois"]),
    ("code en double", "code: fiche-activite", "code: entretien",
     ["entretien est défini deux fois"]),
    ("aide oubliée", "      aide: Quatre chiffres.\n", "", ["la clé « aide » manque"]),
]


@pytest.mark.parametrize(("avant", "apres", "dits"), [c[1:] for c in CAS],
                         ids=[c[0] for c in CAS])
def test_faute_dite(projet, avant, apres, dits):
    """`bilan verifier` dit la faute, le fichier, la ligne quand il y en a une, et le remède."""
    remplacer(projet / FICHIER, avant, apres)
    trouvees = "\n".join(map(str, verifier(Projet(projet).edition(EDITION))))
    assert FICHIER in trouvees
    for dit in dits:
        assert dit in trouvees


def test_questionnaires_du_depot_sans_faute(projet):
    """Ceux du dépôt s'accordent avec les schémas."""
    assert questionnaires.fautes(Projet(projet).edition(EDITION)) == []


def test_reponses_possibles_de_l_annexe(bilan):
    """L'annexe montre les réponses possibles du schéma, et chaque formulaire."""
    annexe = annexes.questionnaires(bilan).replace("\\", "")
    assert "*Contraintes internes ; Objectifs divergents ; Manque de moyens ; Autre" in annexe
    assert annexe.count("{#tbl-formulaire-") == 3
    assert "Thèmes et relances" in annexe
