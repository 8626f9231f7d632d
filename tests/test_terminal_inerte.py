"""Ce qui vient des données ne commande pas le terminal."""

import json

import pytest
from rich.table import Table
from rich.text import Text

from bilan.commandes import principal
from bilan.terminal_inerte import COMMANDES, Terminal, terminal_inerte, visible
from tests.conftest import EDITION, lancer, remplacer
from tests.corpus import chaines

PIEGE = "\x1b]0;pris\x07\x1b[2J\x9b31m\u202e"


def test_chaque_chaine_se_montre():
    """Rien de ce qui commande ne reste, et rien d'autre ne change."""
    for texte in chaines():
        assert not COMMANDES.search(visible(texte))
    assert visible("a\tb\nc é \u00a0€") == "a\tb\nc é \u00a0€"


def test_un_message_d_erreur(projet):
    """Une valeur fautive est citée, ses séquences écrites en clair."""
    remplacer(projet / f"data/{EDITION}/acteurs.csv", ",douaisis,", f",douaisis{PIEGE},")
    fini = lancer("verifier", projet=projet)
    assert fini.returncode == 1 and "acteurs.csv, ligne" in fini.stderr
    assert "\\u001b]0;pris\\u0007" in fini.stderr
    assert not COMMANDES.search(fini.stderr + fini.stdout)


def test_un_tableau(capsys):
    """Une console qui met en couleur n'émet que ses propres séquences."""
    table = Table()
    table.add_column(PIEGE)
    table.add_row(Text(PIEGE, style="red"))
    with terminal_inerte():
        Terminal(force_terminal=True, color_system="standard", width=200).print(table, PIEGE)
    sortie = capsys.readouterr().out
    assert "\x1b[31m" in sortie and "]0;pris" in sortie
    assert "\x1b]" not in sortie and "\x1b[2J" not in sortie and "\x9b" not in sortie


def test_le_json_reste_du_json(projet, capsys):
    """Une sortie pour les machines se lit toujours, nom piégé compris."""
    remplacer(projet / f"params/{EDITION}/indicateurs.yml", 'nom: Participation aux formations',
              r'nom: "\e[2J\N"')
    with pytest.MonkeyPatch.context() as lieu:
        lieu.chdir(projet)
        assert principal(["indicateurs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["nom"].startswith("\x1b[2J\x85")
