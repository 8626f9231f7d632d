"""Le tutoriel dit vrai : chaque commande s'exécute, dans l'ordre, et mène au second bilan."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from openpyxl import load_workbook

from bilan.carnet import Bilan
from bilan.nombres import NON_RENSEIGNE
from bilan.projet import Projet
from bilan.tables import lire_table
from tests.conftest import EDITION, RACINE, copier

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("tutoriel")]

TUTORIEL = (RACINE / "docs" / "tutoriel.md").read_text("utf-8")
EXEMPLE = RACINE / "exemples" / "edition-2025"
COMMANDES = re.findall(r"```sh(?: statut=(\d))?\n(.*?)\n```", TUTORIEL, re.DOTALL)
SUIVANTE = "2025-2027"
# Ce qui n'est vrai que de la première édition.
D_AVANT = ("Thiérache", "Sambre-Avesnois", "Sud-Artois", "Quadrant", "document publié",
           "six territoires", "expérimentation", "reconstitué")
# Les pages qui parlent des deux éditions, ou de toutes.
DES_DEUX = ("comparaison", "relire", "provenance")


@pytest.fixture(scope="module")
def suivi(tmp_path_factory):
    """Un clone où l'on a suivi le tutoriel, et ce que chaque commande a dit."""
    racine = copier(tmp_path_factory.mktemp("tutoriel"))
    shutil.copytree(RACINE / "exemples", racine / "exemples",
                    ignore=shutil.ignore_patterns("__pycache__"))
    chemin = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    dits = []
    for statut, commande in COMMANDES:
        fait = subprocess.run(["bash", "-c", commande], cwd=racine, capture_output=True, text=True,
                              env=os.environ | {"PATH": chemin})
        assert fait.returncode == int(statut or 0), f"{commande}\n{fait.stdout}\n{fait.stderr}"
        dits.append((shlex.split(commande), fait.stdout, fait.stderr))
    return racine, dits


def dit(suivi, verbe, rang=0):
    """La sortie et les fautes de la énième commande de ce verbe."""
    return [(sortie, fautes) for mots, sortie, fautes in suivi[1] if mots[:2] == ["bilan", verbe]
            ][rang]


def pages(racine) -> dict[str, BeautifulSoup]:
    site = racine / "build" / SUIVANTE / "site"
    return {p.stem: BeautifulSoup(p.read_text("utf-8"), "html.parser")
            for p in sorted(site.glob("*.html"))}


def test_les_exemples_de_messages_sont_ceux_de_l_import(suivi):
    """Chaque faute que le tutoriel cite est dite, mot pour mot."""
    cites = re.search(r"```text\n(.*?)\n```", TUTORIEL, re.DOTALL)[1].splitlines()
    fautes = dit(suivi, "importer", 1)[1]
    assert cites and all(cite in fautes for cite in cites)


def test_chaque_faute_plantee_est_dite(suivi):
    """Un message au moins par fichier fautif, et un classeur à renvoyer là où l'on peut marquer."""
    plantees = re.findall(r"^\| `([^`]+\.(?:xlsx|csv))` \|", (EXEMPLE / "README.md").read_text(
        "utf-8"), re.MULTILINE)
    fautes = dit(suivi, "importer", 1)[1].splitlines()
    assert len(plantees) == 10
    for fichier in plantees:
        assert any(f.startswith((f"{fichier},", f"{fichier} :")) for f in fautes), fichier
    retours = {p.name for p in (suivi[0] / "build/retours" / SUIVANTE).iterdir()}
    assert {"val-lorme-a-corriger.xlsx", "ostrelle-acteurs-a-corriger.xlsx"} <= retours


def test_importer_deux_fois_n_ajoute_rien(suivi):
    """Le premier import des corrections écrit, le second ne change aucune table."""
    premier, second = (dit(suivi, "importer", rang)[0] for rang in (2, 3))
    assert "Écrit : data/2025-2027/acteurs.csv" in premier
    assert "= 0 écrite + 0 remplacée" in second
    assert second.endswith("Aucune table n'a changé.\n")


def test_tout_est_arrive(suivi):
    """Une fois les corrections importées, les tables sont exactement ce que l'exemple contient."""
    sys.path.insert(0, str(EXEMPLE))
    try:
        import contenu
    finally:
        sys.path.remove(str(EXEMPLE))
    edition = Projet(suivi[0]).edition(SUIVANTE)
    for table, lignes in contenu.tables().items():
        ecrites = lire_table(edition, table)
        attendues = Counter(tuple(_mot(li.get(c)) for c in ecrites.columns) for li in lignes)
        recues = Counter(tuple(_mot(v) for v in li) for li in ecrites.itertuples(index=False))
        assert recues == attendues, table


def _mot(valeur) -> str:
    if pd.isna(valeur):
        return ""
    texte = str(valeur).removesuffix(".0")
    return texte.lower() if texte in ("True", "False") else texte


def test_un_second_bilan_complet(suivi):
    """Site, PDF, neuf fiches, chapitre de comparaison ; plus rien à compléter ni à relire."""
    racine, _ = suivi
    sortie = racine / "build" / SUIVANTE
    assert (sortie / "bilan.pdf").read_bytes().startswith(b"%PDF")
    assert len(list((sortie / "fiches").glob("*.pdf"))) == 9
    lues = pages(racine)
    assert "comparaison" in lues and "relire" not in lues
    assert not any(p.select(".avertissement") for p in lues.values())
    assert Bilan(SUIVANTE, Projet(racine)).a_relire == []


def test_la_version_de_travail_le_disait(suivi):
    """La première construction avertissait ; relire, puis construire, n'exécute aucun carnet."""
    assert "phrases à relire" in dit(suivi, "relire", 0)[0].lower()
    assert "reprise de l'édition 2022-2024" in dit(suivi, "relire", 0)[0]
    assert "fait (" in "".join(dit(suivi, "construire", 0))
    assert "fait (" not in "".join(dit(suivi, "construire", 1))


def test_rien_de_la_premiere_edition(suivi):
    """Hors des pages qui comparent, rien de ce qui n'est vrai que de 2022-2024 n'est dit."""
    for nom, page in pages(suivi[0]).items():
        if nom not in DES_DEUX:
            texte = page.main.get_text(" ")
            assert [mot for mot in D_AVANT if mot in texte] == [], nom


def test_chaque_edition_dit_ses_lignes(suivi):
    """Toute légende de résultats, et celle des lauréats, dit des lignes simulées."""
    legendes = [c.get_text(" ") for nom, p in pages(suivi[0]).items() if nom not in DES_DEUX
                for c in p.select("caption, figcaption")
                if re.search("ésultat|territoires lauréats", c.get_text())]
    assert legendes
    assert all("simulées" in legende for legende in legendes), legendes


def test_les_causes_sont_nommees(suivi):
    """I6 redéfini, I9 abandonné, I14 nouveau, deux cibles ; partout, d'autres territoires."""
    fait = subprocess.run(
        [sys.executable, "-m", "bilan", "comparer", EDITION, SUIVANTE, "--json", "--projet",
         str(suivi[0])], capture_output=True, text=True)
    causes = {o["code"]: o["causes"] for o in json.loads(fait.stdout)}
    assert "definition" in causes["I6"]
    assert {c for c, liste in causes.items() if c.startswith("I") and "cible" in liste
            and "." not in c} == {"I4", "I13"}
    assert (causes["I9"], causes["I14"]) == (["abandonne"], ["nouveau"])
    assert all("base" in causes[f"I{n}"] for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13))


def test_les_fichiers_recus_sont_ceux_du_script(tmp_path):
    """Refaits, les fichiers de l'exemple disent la même chose, cellule par cellule."""
    sys.path.insert(0, str(EXEMPLE))
    try:
        from fabriquer import fabriquer
    finally:
        sys.path.remove(str(EXEMPLE))
    fabriquer(tmp_path)
    for nom in ("recus", "corriges"):
        refaits = {p.name: cellules(p) for p in (tmp_path / nom).iterdir()}
        assert refaits == {p.name: cellules(p) for p in (EXEMPLE / nom).iterdir()}


def cellules(chemin: Path) -> object:
    """Ce qu'un fichier contient : octets d'un CSV, cellules remplies d'un classeur."""
    if chemin.suffix == ".csv":
        return chemin.read_bytes()
    return {
        page.title: {c.coordinate: c.value for rang in page.iter_rows() for c in rang if c.value}
        for page in load_workbook(chemin)
    }


def test_une_donnee_absente_n_est_pas_un_zero(suivi):
    """Le territoire qui n'a rien noté n'a pas de score : la donnée manque."""
    registre = Bilan(SUIVANTE, Projet(suivi[0])).registre
    assert "I8.resultat.querlin" not in registre or (
        registre["I8.resultat.querlin"].texte == NON_RENSEIGNE)
    assert registre["I8.resultat"].denominateur == 8
