"""Le filtre des blocs : un bloc qui manque arrête, sauf s'il est facultatif."""

import json
import subprocess

import pypandoc

from tests.conftest import RACINE

CHAPITRE = "Avant.\n\n::: {{.bloc {classe}code=\"ami.reserves\"}}\n:::\n\nAprès.\n"


def rendre(dossier, chapitre: str, blocs: dict[str, str]) -> subprocess.CompletedProcess:
    """Le chapitre, passé par le filtre avec ces blocs."""
    chemin = dossier / "blocs.json"
    chemin.write_text(json.dumps(blocs), "utf-8")
    filtre = RACINE / "report" / "filtres" / "blocs.lua"
    return subprocess.run(
        [pypandoc.get_pandoc_path(), "-f", "markdown", "-t", "plain", "-L", str(filtre),
         "-M", f"bilan-blocs={chemin}"],
        input=chapitre, capture_output=True, text=True,
    )


def test_un_bloc_facultatif_absent_ne_montre_rien(tmp_path):
    """L'édition ne l'a pas écrit : ni texte, ni trace, ni faute."""
    rendu = rendre(tmp_path, CHAPITRE.format(classe=".facultatif "), {})
    assert (rendu.returncode, rendu.stdout.split()) == (0, ["Avant.", "Après."])


def test_un_bloc_facultatif_ecrit_se_montre(tmp_path):
    """Écrit, il se montre comme un autre."""
    rendu = rendre(tmp_path, CHAPITRE.format(classe=".facultatif "), {"ami.reserves": "Réserve."})
    assert rendu.stdout.split() == ["Avant.", "Réserve.", "Après."]


def test_un_bloc_attendu_absent_arrete(tmp_path):
    """Un bloc qui n'est pas facultatif ne disparaît pas en silence."""
    rendu = rendre(tmp_path, CHAPITRE.format(classe=""), {})
    assert rendu.returncode != 0
    assert "bloc inconnu : « ami.reserves »" in rendu.stderr
