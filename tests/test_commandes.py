"""La ligne de commande : contrat des sorties, fautes de saisie dites en français."""

import json
import re
import subprocess
import sys

import pytest

from bilan.commandes import analyseur, principal
from tests.conftest import RACINE, lancer
from tests.test_indicateurs import CIBLES, PUBLIES


def test_indicateurs_en_json():
    """Les treize résultats publiés et S1, chacun tiré d'un numérateur et d'un dénominateur."""
    resultat = lancer("indicateurs", "--json", projet=RACINE)
    objets = json.loads(resultat.stdout)
    assert {o["code"]: round(o["valeur"] + 1e-9) for o in objets} == PUBLIES
    assert [o["cible"] for o in objets if o["code"] != "S1"] == CIBLES
    for objet in objets:
        assert objet["unite"] == "%"
        assert objet["valeur"] == 100 * objet["numerateur"] / objet["denominateur"]
        assert len(objet["territoires"]) >= 5


def test_indicateurs_en_tableau():
    """Le Tableau 1 dans le terminal : code, cible, résultat, n/N, verdict, et leur nature."""
    texte = lancer("indicateurs", projet=RACINE).stdout
    assert re.search(r"I9 .* 100\s% .* 90\s% .* 4,5/5 .* indéterminée", texte)
    assert re.search(r"I7 .* 60\s% .* 68\s% .* 87/128 .* atteinte", texte)
    assert "lignes reconstituées" in texte


def test_verifier_sans_faute():
    """Le dépôt passe `bilan verifier`, qui dit ensuite ce qui a été reçu de ce qu'on attendait."""
    resultat = lancer("verifier", projet=RACINE)
    premiere, *suite = resultat.stdout.splitlines()
    assert (resultat.returncode, premiere) == (0, "Édition 2022-2024 : aucune faute.")
    # Les lignes reconstituées sont complètes : ni question incomplète, ni point à compléter.
    assert suite[0].rstrip() == "Réponses et remplissage (lignes reconstituées)"
    assert sum(ligne.startswith("│") for ligne in suite) == 5
    assert suite[-2] == "Sous le seuil de 60\u00a0% : aucun indicateur."
    # Personne n'a validé les fiches de cette édition.
    assert suite[-1].startswith("Fiches (CABBALR, ") and "à signer" in suite[-1]


@pytest.mark.parametrize(
    ("arguments", "dit"),
    [
        (["veriffier"], "« veriffier » n'est pas possible. Possibles : verifier, indicateurs"),
        ([], "il manque : VERBE"),
        (["plan", "--edition", "2022-2042"],
         "Édition inconnue : « 2022-2042 ». Écrire « 2022-2024 » ?"),
        (["construire", "--jobs", "zéro"], "« zéro » : écrire un nombre entier, 1 ou plus"),
        (["construire", "--voie", "word"], "Possibles : auto, quarto, pandoc"),
        (["plan", "--edition"], "--edition : il manque sa valeur"),
        (["plan", "en-trop"], "argument inconnu : en-trop"),
        (["plan", "--projet", "/"], "n'est pas un projet de bilan"),
    ],
)
def test_faute_de_saisie(capsys, monkeypatch, arguments, dit):
    """Une ligne en français, statut 1, jamais de trace."""
    monkeypatch.chdir(RACINE)
    assert principal(arguments) == 1
    erreur = capsys.readouterr().err
    assert dit in erreur
    assert len(erreur.strip().splitlines()) == 1


def test_hors_d_un_projet(tmp_path):
    """Lancé ailleurs, la commande dit où se placer."""
    resultat = subprocess.run([sys.executable, "-m", "bilan", "plan"], cwd=tmp_path,
                              capture_output=True, text=True)
    assert resultat.returncode == 1
    assert "Aucun projet de bilan ici" in resultat.stderr


def test_aide_en_francais():
    """L'aide ne laisse passer aucun mot d'argparse en anglais."""
    aide = lancer("construire", "--help", projet=RACINE).stdout + analyseur().format_help()
    for anglais in ("usage:", "show this", "positional", "error", "optional"):
        assert anglais not in aide
