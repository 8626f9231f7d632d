"""Le canari : un marqueur dans chaque colonne réservée n'atteint aucun octet d'aucune sortie."""

import csv
import json
import re

import pytest

from bilan import archive_donnees
from bilan.archive import archiver
from bilan.paquet import recopier
from bilan.projet import Edition, Projet
from bilan.publiable import reservees
from bilan.tables import lire_paquet
from tests.conftest import EDITION, lancer
from tests.contenants import fichiers_qui_portent, porte

CANARI = "zqcanari"


def planter(edition: Edition) -> set[tuple[str, str]]:
    """Marque chaque colonne de texte réservée, et rend les (table, colonne) marquées.

    Leurs tables deviennent observées, et leurs contraintes (liste, motif, renvoi) tombent : le
    marqueur y est admis. Il suit la valeur : une même personne reste la même partout. Les oui et
    les non ne peuvent porter de marqueur.
    """
    marquees = set()
    for chemin in (edition.racine / "data" / "schemas").glob("*.json"):
        schema = json.loads(chemin.read_text("utf-8"))
        textes = [c for c in schema["fields"]
                  if c["name"] in reservees(schema) and c["type"] == "string"]
        noms = {c["name"] for c in textes}
        for champ in textes:
            for contrainte in ("enum", "pattern"):
                champ.get("constraints", {}).pop(contrainte, None)
        schema["foreignKeys"] = [c for c in schema.get("foreignKeys", [])
                                 if not noms & {*c["fields"]} or len(c["fields"]) > 1]
        chemin.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", "utf-8")
        if noms:
            _marquer(edition.donnees / f"{chemin.stem}.csv", noms)
            marquees |= {(chemin.stem, nom) for nom in noms}
    _declarer_observees(edition, {table for table, _ in marquees})
    recopier(edition)
    return marquees


def _marquer(chemin, noms: set[str]) -> None:
    with chemin.open(encoding="utf-8", newline="") as flux:
        lignes = list(csv.DictReader(flux))
    for ligne in lignes:
        ligne |= {n: f"{CANARI}-{n}-{ligne[n]}" for n in noms if ligne[n]}
    with chemin.open("w", encoding="utf-8", newline="") as flux:
        ecrites = csv.DictWriter(flux, lignes[0], lineterminator="\n")
        ecrites.writeheader()
        ecrites.writerows(lignes)


def _declarer_observees(edition: Edition, tables: set[str]) -> None:
    paquet = lire_paquet(edition)
    for ressource in paquet["resources"]:
        if ressource["name"] in tables:
            ressource["nature"] = "observee"
    chemin = edition.donnees / "datapackage.json"
    chemin.write_text(json.dumps(paquet, ensure_ascii=False, indent=2) + "\n", "utf-8")
    # Les mêmes chiffres qu'avant : la prose, écrite pour eux, reste vraie.
    reglages = edition.params / "edition.yml"
    texte = reglages.read_text("utf-8")
    assert 'natures: ["observee"]' in texte
    reglages.write_text(texte.replace('natures: ["observee"]', 'natures: ["simulee"]'), "utf-8")


@pytest.mark.long
def test_le_canari_n_atteint_aucune_sortie(projet, monkeypatch):
    """Une construction entière : ses fichiers, leurs métadonnées, et ce que la commande imprime.

    Le test du test : une archive qui ne réserverait aucune colonne serait prise.
    """
    edition = Projet(projet).edition(EDITION)
    marquees = planter(edition)
    assert {t for t, _ in marquees} == {"acteurs", "entretiens", "presences", "reponses"}
    fini = lancer("construire", "--voie", "pandoc", projet=projet)
    assert fini.returncode == 0, fini.stderr
    assert CANARI not in (fini.stdout + fini.stderr).lower()
    assert (edition.sortie / f"bilan-{EDITION}.zip").is_file()
    assert fichiers_qui_portent(edition.sortie, CANARI) == []
    monkeypatch.setattr(archive_donnees, "reservees", lambda schema: [])
    chemin = archiver(edition, edition.sortie)
    assert porte(chemin.read_bytes(), CANARI)


@pytest.mark.parametrize("commande", [["indicateurs"], ["verifier"]])
def test_le_canari_n_atteint_pas_le_terminal(projet, commande):
    """Une commande qui lit toutes les tables n'imprime rien d'une colonne réservée."""
    planter(Projet(projet).edition(EDITION))
    fini = lancer(*commande, projet=projet)
    assert CANARI not in (fini.stdout + fini.stderr).lower()


def test_le_canari_n_atteint_aucun_message(projet):
    """Une faute sur une cellule réservée dit la ligne et la colonne, jamais la valeur."""
    edition = Projet(projet).edition(EDITION)
    marquees = planter(edition)
    # Les contraintes d'origine reviennent : chaque marqueur est une faute.
    for table in {t for t, _ in marquees}:
        chemin = edition.racine / "data" / "schemas" / f"{table}.json"
        schema = json.loads(chemin.read_text("utf-8"))
        for champ in schema["fields"]:
            if (table, champ["name"]) in marquees:
                champ["constraints"] = {"pattern": "^jamais$"}
            elif champ["name"] in reservees(schema):
                champ["type"] = "integer"  # ses true et false sont fautifs
        chemin.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", "utf-8")
    recopier(edition)
    fini = lancer("verifier", projet=projet)
    assert fini.returncode == 1
    assert CANARI not in (fini.stdout + fini.stderr).lower()
    dites = set(re.findall(r"(\w+)\.csv, ligne \d+, colonne « (\w+) » : \(valeur réservée\)",
                           fini.stderr))
    assert marquees <= dites
    assert ("presences", "present") in dites
