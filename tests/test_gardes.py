"""Les essais voient une garde retirée : chacun de ceux d'ici échoue sans elle.

La garde est remplacée dans un autre processus de pytest, et dans tous ceux qu'il lance.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.conftest import RACINE

SANS_GARDE = RACINE / "tests" / "sans_garde"


@dataclass(frozen=True)
class Garde:
    """Une garde, ce qui la remplace, et les essais qui doivent alors échouer."""

    module: str
    attribut: str
    remplacant: str
    essais: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.module}.{self.attribut}"


GARDES = [
    # Ce qu'un fichier reçu cache.
    Garde("yaml_inerte", "AliasEvent", "()", ("test_yaml_inerte.py::test_refus",)),
    Garde("zip_recu", "_refus", "lambda archive, limites: iter(())",
          ("test_zip_recu.py::test_refus", "test_zip_recu.py::test_lien_symbolique")),
    Garde("projet", "est_un_nom", "lambda texte: True",
          ("test_noms_de_fichier.py::test_un_code_impossible",
           "test_noms_de_fichier.py::test_un_territoire_nomme_comme_un_peripherique")),
    Garde("projet", "_refuser_les_liens", "lambda edition: None",
          ("test_noms_de_fichier.py::test_un_lien_qui_sort_du_projet",)),
    # Ce qui s'exécuterait dans un tableur ou un terminal.
    Garde("tableur", "DANGEREUX", "('rien',)",
          ("test_tableur.py::test_un_csv_pour_tableur_n_a_pas_de_formule",)),
    Garde("tableur", "ecrire",
          "lambda cellule, valeur: setattr(cellule, 'value', valeur) or cellule",
          ("test_tableur.py::test_une_cellule_de_texte_n_est_jamais_une_formule",
           "test_tableur.py::test_le_classeur_de_collecte_n_a_pas_de_formule")),
    Garde("terminal_inerte", "visible", "lambda texte: texte",
          ("test_terminal_inerte.py::test_chaque_chaine_se_montre",
           "test_terminal_inerte.py::test_un_message_d_erreur",
           "test_terminal_inerte.py::test_un_tableau")),
    # Ce qui touche à des personnes.
    Garde("publiable", "reservees", "lambda schema: []",
          ("test_publiable.py::test_les_tables_que_tout_lit_n_ont_aucune_colonne_reservee",)),
    Garde("publiable", "taire", "lambda message, secrets: message",
          ("test_publiable.py::test_un_message_tait_ce_que_la_ligne_reserve",)),
    Garde("publiable", "citer", "lambda valeur, champ: f'« {valeur} »'",
          ("test_canari.py::test_le_canari_n_atteint_aucun_message",)),
    Garde("textes_libres", "reperer", "lambda texte, publics=frozenset(): []",
          ("test_textes_libres.py::test_ce_qui_designe_une_personne_est_signale",
           "test_textes_libres.py::test_signale_a_sa_ligne_sans_le_recopier")),
    Garde("masquage", "_petit", "lambda marge, seuil: False",
          ("test_masquage.py::test_aucun_petit_effectif_de_personnes_au_registre",
           "test_masquage.py::test_masquage_verifiable_a_la_main")),
    Garde("masquage", "_trahit", "lambda petit, imprimes, seuil: None",
          ("test_masquage.py::test_aucune_cellule_masquee_n_est_recalculable",)),
    # Les pannes.
    Garde("pannes", "dire", "lambda erreur: 'Une erreur est survenue.'",
          ("test_pannes.py::test_fichier_tenu_par_excel",
           "test_pannes.py::TestDisque::test_dossier_en_lecture_seule",
           "test_pannes.py::TestDisque::test_permission_refusee")),
    Garde("limites", "limiter_la_memoire", "lambda: None",
          ("test_pannes.py::test_noyaux_sans_mesure",)),
    Garde("limites", "controler_les_sorties", "lambda carnet, sorties: None",
          ("test_pannes.py::test_noyaux_sans_mesure",)),
    Garde("flux", "sorties_permises", "lambda: 10**6",
          ("test_pannes.py::test_noyaux_sans_mesure",)),
    Garde("verrou", "FileLock.acquire", "lambda self, timeout: None",
          ("test_pannes.py::test_deux_a_la_fois",)),
    # Le flou.
    Garde("yaml_inerte", "analyser", "lambda texte: load(texte, Loader=_Situe)",
          ("test_flou.py::test_entrees_abimees[yaml-0]",)),
    Garde("importer_csv", "lire_csv", "lambda *a, **k: {}['rien']",
          ("test_flou.py::test_entrees_abimees[csv-0]",)),
]


@pytest.mark.long
@pytest.mark.parametrize("garde", GARDES, ids=str)
def test_les_essais_voient_la_garde_retiree(garde):
    """Chaque essai nommé échoue ; une garde renommée arrête tout, et se voit."""
    remplacement = [f"bilan.{garde.module}", garde.attribut, garde.remplacant]
    fini = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:xdist", "-o", "addopts=", "-q", "-rf", "--tb=no",
         *(f"tests/{essai}" for essai in garde.essais)],
        cwd=RACINE, capture_output=True, text=True, timeout=900,
        env=os.environ | {"PYTHONPATH": str(SANS_GARDE), "SANS_GARDE": json.dumps(remplacement)})
    echoues = [li.split()[1] for li in fini.stdout.splitlines() if li.startswith("FAILED")]
    assert fini.returncode == 1, fini.stdout + fini.stderr
    for essai in garde.essais:
        assert any(e.startswith(f"tests/{essai}") for e in echoues), f"{essai} passe sans la garde"
