"""Refaire une construction : ses origines, et ce qui diffère quand on la refait."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import ClassVar

import pytest
import rocrate
from rocrate_validator import models, services
from rocrate_validator.utils import document_loader
from rocrate_validator.utils.http import HttpRequester

from bilan import depot, empreintes, origines, pandoc, reproduire
from bilan.archive import archiver
from bilan.erreurs import ErreurBilan
from bilan.plan import dresser
from bilan.projet import Projet
from bilan.reproduire_ecarts import des_entrees, des_fichiers
from bilan.reproduire_lecture import Construction, lire
from tests.conftest import EDITION, RACINE, copier, remplacer
from tests.livres import petit_livre

SORTIES = {"bilan.pdf": "p" * 64, "registre.json": "r" * 64}
ORIGINES = {
    "edition": EDITION,
    "date": "2025-06-30",
    "assemblage": {"par": "Pandoc 3.9 et Typst 0.15", "pandoc": "3.9"},
    "depot": {"commit": "a" * 40, "modifies": []},
    "programme": {"bilan": "0.1.0", "python": "3.11.7", "systeme": "Linux x86_64",
                  "bibliotheques": {"pandas": "3.0.0", "scipy": "1.17.0"}},
    "entrees": {"README.md": "1" * 64, "bilan/plan.py": "2" * 64, "data/acteurs.csv": "3" * 64},
    "carnets": {},
    "sorties": {nom: {"sha256": e, "taille": 1, "vient_de": "assemblage"}
                for nom, e in SORTIES.items()},
}
# Une entrée changée, où, et comment le verdict la nomme.
CHANGEMENTS = {
    "donnees": (("entrees", "data/acteurs.csv"), "0" * 64, "data/acteurs.csv"),
    "code": (("entrees", "bilan/plan.py"), "0" * 64, "bilan/plan.py"),
    "fichier nouveau": (("entrees", "params/notes.yml"), "0" * 64, "params/notes.yml (nouveau)"),
    "paquet": (("programme", "bilan"), "0.2.0", "bilan (0.1.0 alors, 0.2.0 ici)"),
    "python": (("programme", "python"), "3.12.1", "Python (3.11.7 alors, 3.12.1 ici)"),
    "bibliotheque": (("programme", "bibliotheques", "scipy"), "1.18.0",
                     "bibliothèque scipy (1.17.0 alors, 1.18.0 ici)"),
    "pandoc": (("assemblage", "pandoc"), "3.10", "Pandoc (3.9 alors, 3.10 ici)"),
    "voie": (("assemblage", "par"), "Quarto 1.9",
             "voie d'assemblage (Pandoc 3.9 et Typst 0.15 alors, Quarto 1.9 ici)"),
    "systeme": (("programme", "systeme"), "Darwin arm64",
                "système (Linux x86_64 alors, Darwin arm64 ici)"),
    "commit": (("depot", "commit"), "b" * 40, "commit (aaaaaaaaaaaa alors, bbbbbbbbbbbb ici)"),
}


def changer(chemin: tuple[str, ...], valeur: str) -> dict:
    """Les origines, une seule chose changée."""
    autres = copy.deepcopy(ORIGINES)
    ou = autres
    for cle in chemin[:-1]:
        ou = ou[cle]
    ou[chemin[-1]] = valeur
    return autres


def construction(dites: dict = ORIGINES, **fichiers: str) -> Construction:
    return Construction("build/x", dites, SORTIES | {f"{k}.pdf": v for k, v in fichiers.items()})


# ---- Ce qui diffère --------------------------------------------------------------------


@pytest.mark.parametrize("cas", CHANGEMENTS)
def test_chaque_sorte_d_entree_changee_est_nommee(cas):
    """Une donnée, un module, une bibliothèque, Python… : celle qui a changé, et elle seule."""
    chemin, valeur, dit = CHANGEMENTS[cas]
    ecarts = des_entrees(construction(), construction(changer(chemin, valeur)))
    assert [str(e) for e in ecarts] == [dit]


def test_la_premiere_entree_est_la_plus_proche_du_resultat():
    """Une donnée changée est dite avant le lisez-moi, une bibliothèque, le système, le commit."""
    autres = copy.deepcopy(ORIGINES)
    autres["entrees"] |= {"README.md": "0" * 64, "data/acteurs.csv": "0" * 64}
    autres["programme"]["bibliotheques"]["pandas"] = "3.1"
    autres["programme"]["systeme"] = "Darwin arm64"
    autres["depot"] = None
    noms = [e.nom for e in des_entrees(construction(), construction(autres))]
    assert noms == ["data/acteurs.csv", "README.md", "bibliothèque pandas", "système", "commit"]


def test_un_fichier_change_absent_ou_de_trop_est_nomme():
    """Chaque fichier qui n'est pas refait pareil est dit, et comment."""
    autres = copy.deepcopy(ORIGINES)
    autres["sorties"]["carte.pdf"] = {}
    refaite = Construction("", autres, {"bilan.pdf": "0" * 64, "carte.pdf": "c" * 64})
    assert [str(e) for e in des_fichiers(construction(), refaite)] == [
        "bilan.pdf", "carte.pdf (nouveau)", "registre.json (absent)"]


def test_le_verdict_dit_le_nombre_la_premiere_entree_et_le_commit():
    """Identique : combien de fichiers. Différent : lesquels, pourquoi, comment en repartir."""
    assert list(reproduire.dire(construction(), [], [])) == [
        "Identique : les 2 fichiers de build/x sont refaits à l'octet près."]
    refaite = construction(changer(("depot", "commit"), "b" * 40), bilan="0" * 64)
    lignes = list(reproduire.dire(construction(), des_fichiers(construction(), refaite),
                                  des_entrees(construction(), refaite)))
    assert lignes == [
        "Différent : 1 des 2 fichiers de build/x : bilan.pdf.",
        "Première entrée qui diffère : commit (aaaaaaaaaaaa alors, bbbbbbbbbbbb ici).",
        "Pour repartir du même code : « git checkout aaaaaaaaaaaa ».",
    ]


def test_un_fichier_retouche_apres_la_construction_est_designe():
    """Sans entrée changée, un fichier modifié à la main dans build/ est dit tel."""
    attendue = construction(bilan="0" * 64)
    lignes = list(reproduire.dire(attendue, des_fichiers(attendue, construction()), []))
    assert lignes[1:] == ["Aucune entrée ne diffère.",
                          "Modifié depuis la construction : bilan.pdf. "
                          "« bilan construire » le rétablit."]


# ---- Ce qu'une construction dit d'elle-même --------------------------------------------


@pytest.fixture
def faite(projet: Path, tmp_path_factory) -> tuple[Path, list]:
    """Une petite sortie et des carnets censés exécutés, dans un projet que git connaît."""
    edition = Projet(projet).edition(EDITION)
    taches = dresser(edition)
    for tache in taches:
        tache.fiche_technique.parent.mkdir(parents=True, exist_ok=True)
        tache.fiche_technique.write_text(json.dumps({
            "empreinte": {"bilan/plan.py": "0" * 64, "carnet": "1" * 64},
            "lectures": [[["table", "acteurs"], "2" * 64], [["chiffre", "I1.cible"], "3" * 64]],
        }), "utf-8")
    sortie = tmp_path_factory.mktemp("sortie")
    (sortie / "notebooks").mkdir()
    for tache in taches:
        (sortie / "notebooks" / tache.sortie.name).write_text("{}", "utf-8")
    (sortie / "bilan.pdf").write_bytes(b"%PDF")
    return sortie, taches


def initier(racine: Path) -> str:
    """Met le projet dans un dépôt neuf, et rend son commit."""
    identite = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    (racine / ".gitignore").write_text("/build/\n", "utf-8")
    depot.git(racine, "init", "-q")
    depot.git(racine, "add", "-A")
    depot.git(racine, *identite, "commit", "-qm", "x")
    return depot.git(racine, "rev-parse", "HEAD").strip()


def test_les_origines_disent_chaque_fichier_ses_entrees_et_les_versions(faite, projet):
    """Empreinte et taille de chaque fichier, étape, entrées, paramètres et lectures des carnets."""
    sortie, taches = faite
    commit = initier(projet)
    origines.noter(Projet(projet).edition(EDITION), sortie, taches, "Pandoc 3.9 et Typst 0.15")
    dites = json.loads((sortie / origines.FICHIER).read_text("utf-8"))
    assert dites["depot"] == {"commit": commit, "modifies": []}
    assert dites["sorties"]["bilan.pdf"] == {
        "sha256": empreintes.condense(b"%PDF"), "taille": 4, "vient_de": "assemblage"}
    assert dites["sorties"]["notebooks/fiche-douaisis.ipynb"]["vient_de"] == "fiche-douaisis"
    assert dites["carnets"]["fiche-douaisis"] == {
        "source": "notebooks/territoire.ipynb",
        "parametres": {"edition": EDITION, "territoire": "douaisis"}, "code": ["bilan/plan.py"],
        "lectures": ["chiffre I1.cible", "table acteurs"]}
    acteurs = f"data/{EDITION}/acteurs.csv"
    assert dites["entrees"][acteurs] == empreintes.condense((projet / acteurs).read_bytes())
    assert {"bilan/plan.py", f"params/{EDITION}/edition.yml"} <= dites["entrees"].keys()
    assert {"pandas", "typst", "nbconvert"} <= dites["programme"]["bibliotheques"].keys()
    assert not {"pytest", "bilan", "roc-validator"} & dites["programme"]["bibliotheques"].keys()


def test_les_origines_ne_disent_rien_de_la_machine(faite, projet, tmp_path_factory):
    """Ailleurs, avec les mêmes entrées, les deux fichiers sont les mêmes à l'octet près."""
    sortie, _ = faite
    ailleurs = tmp_path_factory.mktemp("ailleurs") / "autre nom"
    shutil.copytree(projet, ailleurs)
    ecrits = []
    for racine in (projet, ailleurs):
        edition = Projet(racine).edition(EDITION)
        publiee = tmp_path_factory.mktemp("publiee") / "p"
        shutil.copytree(sortie, publiee)
        origines.noter(edition, publiee, dresser(edition), "Pandoc")
        ecrits.append([(publiee / nom).read_bytes() for nom in
                       (origines.FICHIER, "ro-crate-metadata.json")])
    assert ecrits[0] == ecrits[1]
    for octets in ecrits[0]:
        assert str(projet).encode() not in octets and str(RACINE).encode() not in octets


def test_l_empreinte_d_une_table_tait_ses_colonnes_reservees(faite, projet):
    """D'une table observée, changer une réponse réservée ne change pas les origines publiées."""
    sortie, taches = faite
    edition = Projet(projet).edition(EDITION)
    paquet = edition.donnees / "datapackage.json"
    paquet.write_text(paquet.read_text("utf-8").replace('"reconstituee"', '"observee"'), "utf-8")
    avant = origines.decrire(edition, sortie, taches, "Pandoc")["entrees"]
    remplacer(edition.donnees / "reponses.csv", "true", "false")
    apres = origines.decrire(edition, sortie, taches, "Pandoc")["entrees"]
    assert avant == apres
    nom = f"data/{EDITION}/reponses.csv"
    assert nom not in avant and nom + origines.RESERVE in avant
    dites = copy.deepcopy(ORIGINES) | {"entrees": avant}
    attendue = construction(dites, bilan="0" * 64)
    lignes = list(reproduire.dire(attendue, des_fichiers(attendue, construction(dites)), []))
    assert lignes[1].startswith("Aucune entrée ne diffère, hors des colonnes réservées de "
                                f"data/{EDITION}/")


def test_le_depot_dit_ce_qui_est_modifie(projet):
    """Modifié, nouveau ou disparu se voit ; un fichier caché ou de suivi n'entre pas en compte."""
    assert depot.lire(projet) is None
    commit = initier(projet)
    assert depot.lire(projet) == depot.Depot(commit, ())
    (projet / "index.qmd").unlink()
    (projet / "report" / "nouveau.qmd").write_text("x", "utf-8")
    (projet / ".editeur").write_text("x", "utf-8")
    (projet / "params" / EDITION / "remarques.yml").write_text("x", "utf-8")
    etat = depot.lire(projet)
    assert etat.modifies == ("index.qmd", "report/nouveau.qmd")
    assert str(etat) == f"{commit[:12]}, modifié depuis"


@pytest.mark.parametrize("sous_git", [True, False])
def test_la_copie_a_les_memes_entrees_et_le_meme_etat(projet, tmp_path_factory, sous_git):
    """On refait d'une copie fidèle, modifications comprises, sans build/ ni rien de caché."""
    if sous_git:
        initier(projet)
    (projet / "index.qmd").unlink()
    (projet / "report" / "nouveau.qmd").write_text("x", "utf-8")
    (projet / "build").mkdir()
    copie = reproduire.copier(projet, tmp_path_factory.mktemp("ailleurs") / "projet")
    assert empreintes.du_projet(copie) == empreintes.du_projet(projet)
    assert depot.lire(copie) == depot.lire(projet)
    assert not (copie / "build").exists()


# ---- La forme RO-Crate -----------------------------------------------------------------


class Reponse:
    """Ce que répondrait le réseau, dont les tests se passent : le vocabulaire de RO-Crate.

    `rocrate` embarque celui d'une version suivante, qui contient les termes de la 1.1.
    """

    status_code = 200
    headers: ClassVar = {"Content-Type": "application/ld+json"}

    @staticmethod
    def json() -> dict:
        vocabulaire = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"
        return {"@context": json.loads(vocabulaire.read_text("utf-8"))["@context"]}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")
def test_le_ro_crate_suit_son_profil(faite, projet, monkeypatch, tmp_path):
    """Le contrôleur ne trouve aucune faute au profil « Process Run Crate »."""
    sortie, taches = faite
    origines.noter(Projet(projet).edition(EDITION), sortie, taches, "Pandoc 3.9 et Typst 0.15")
    demandes = []
    monkeypatch.setattr(HttpRequester, "get", raising=False,
                        value=lambda _, url, **__: demandes.append(url) or Reponse())
    monkeypatch.setattr(document_loader, "_fetch_json_ld",
                        lambda url: demandes.append(url) or Reponse.json())
    resultat = services.validate(services.ValidationSettings(
        rocrate_uri=str(sortie), profile_identifier="process-run-crate", offline=True,
        requirement_severity=models.Severity.REQUIRED, cache_path=tmp_path / "reserve"))
    assert [i.message for i in resultat.get_issues()] == []
    assert set(demandes) == {"https://w3id.org/ro/crate/1.1/context"}
    crate = {e["@id"]: e for e in json.loads(
        (sortie / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]}
    execution = crate["#execution-fiche-douaisis"]
    assert execution["instrument"] == {"@id": "#notebooks/territoire.ipynb"}
    assert execution["result"] == {"@id": "notebooks/fiche-douaisis.ipynb"}
    assert crate["./"]["license"]["@id"].startswith("https://www.etalab.gouv.fr/")
    assert crate["#bilan"]["license"] == {"@id": "https://spdx.org/licenses/MIT"}


# ---- D'où vient la construction à reproduire -------------------------------------------


def test_un_dossier_son_archive_et_ses_origines_disent_la_meme_construction(faite, projet):
    """On reproduit ce qu'on a reçu, sous l'une ou l'autre forme."""
    sortie, taches = faite
    edition = Projet(projet).edition(EDITION)
    origines.noter(edition, sortie, taches, "Pandoc 3.9 et Typst 0.15")
    archive = archiver(edition, sortie)
    (sortie / "remarques.csv").write_text("à part", "utf-8")
    du_dossier, du_zip, du_json = (
        lire(chemin, "x") for chemin in (sortie, archive, sortie / origines.FICHIER))
    assert du_dossier.origines == du_zip.origines == du_json.origines
    assert du_dossier.voie == "pandoc"
    publies = set(du_json.fichiers)
    assert set(du_zip.fichiers) == publies | {"provenance.json", "ro-crate-metadata.json"}
    assert set(du_dossier.fichiers) == set(du_zip.fichiers) | {f"bilan-{EDITION}.zip"}
    assert not du_dossier.retouches


@pytest.mark.parametrize(("contenu", "dit"), [
    (None, "introuvable. Lancer « bilan construire »"),
    ({}, "ce n'est pas la provenance d'une construction"),
    ("pas du JSON", "ce n'est pas la provenance d'une construction"),
    ("dossier", "rien ne dit de quoi cette construction est faite"),
    ("zip", "rien ne dit de quoi cette construction est faite"),
])
def test_ce_qui_n_est_pas_une_construction_se_refuse(projet, contenu, dit):
    """Un message dit ce qui manque, statut 1, sans rien construire."""
    chemin = projet / "recu"
    if contenu == "dossier":
        chemin.mkdir()
    elif contenu == "zip":
        with zipfile.ZipFile(chemin, "w") as archive:
            archive.writestr("a/b.txt", "x")
    elif contenu is not None:
        chemin.write_text(contenu if isinstance(contenu, str) else json.dumps(contenu), "utf-8")
    with pytest.raises(ErreurBilan, match=dit):
        lire(chemin, "recu")


def test_un_dossier_accentue_sous_une_langue_sans_accents(projet, monkeypatch, tmp_path_factory):
    """Pandoc trouve le projet et ses chapitres quel que soit leur dossier, même sous LC_ALL=C."""
    racine = tmp_path_factory.mktemp("m") / "à côté"
    shutil.copytree(projet, racine)
    livre = petit_livre(racine / "build", {"un": "# Été {#sec-un}\n\nDéjà là."}, [])
    contenu = json.loads(livre.read_text("utf-8")) | {"racine": str(racine)}
    livre.write_text(json.dumps(contenu), "utf-8")
    monkeypatch.setenv("LC_ALL", "C")
    pandoc.assembler_site(livre, racine / "sortie")
    assert "Déjà là." in (racine / "sortie" / "un.html").read_text("utf-8")


# ---- Pour de vrai ----------------------------------------------------------------------

# Deux machines qui n'ont en commun que les versions.
ICI = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C", "PYTHONHASHSEED": "1"}
AILLEURS = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "LANG": "fr_FR.UTF-8",
            "PYTHONHASHSEED": "77", "SOURCE_DATE_EPOCH": "1"}


def lancer_la(
    projet: Path, *arguments: str, machine: dict, umask: int, horloge: str = "+0"
) -> tuple[int, str]:
    """`bilan …` tel qu'il tournerait sur une autre machine : son statut, ce qu'il dit.

    `horloge` : l'écart de la sienne, tel que faketime l'écrit.
    """
    decalee = ["faketime", "-f", horloge] if horloge != "+0" else []
    fini = subprocess.run(
        [*decalee, sys.executable, "-m", "bilan", *arguments, "--projet", str(projet)], cwd=RACINE,
        capture_output=True, text=True, encoding="utf-8", timeout=1800, umask=umask,
        env=os.environ | machine | {"PYTHONIOENCODING": "utf-8"})
    return fini.returncode, fini.stdout + fini.stderr


@pytest.fixture(scope="module")
def clones(tmp_path_factory) -> tuple[Path, Path]:
    """Deux clones du même commit, à des endroits différents ; le premier est construit."""
    ici = copier(tmp_path_factory.mktemp("ici"))
    initier(ici)
    ailleurs = tmp_path_factory.mktemp("ailleurs") / "un dossier accentué, à côté"
    depot.git(ici, "clone", "-q", str(ici), str(ailleurs))
    statut, dit = lancer_la(ici, "construire", "--voie", "pandoc", "--jobs", "1", machine=ICI,
                            umask=0o022, horloge="-400d")
    assert statut == 0, dit
    return ici, ailleurs


@pytest.mark.long
@pytest.mark.xdist_group("clones")
class TestPourDeVrai:
    def test_deux_machines_ecrivent_les_memes_octets(self, clones):
        """Autre dossier, fuseau, langue, graine, umask, horloge en retard de plus d'un an, et par
        Dask à deux : rien ne bouge.
        """
        _, ailleurs = clones
        statut, dit = lancer_la(ailleurs, "construire", "--voie", "pandoc", "--executeur", "dask",
                                "--jobs", "2", machine=AILLEURS, umask=0o077)
        assert statut == 0, dit
        ecrits = [
            {f.relative_to(sortie).as_posix(): empreintes.condense(f.read_bytes())
             for f in sortie.rglob("*") if f.is_file()}
            for sortie in (racine / "build" / EDITION for racine in clones)]
        assert ecrits[0].keys() == ecrits[1].keys()
        assert {n: e for n, e in ecrits[0].items() if ecrits[1][n] != e} == {}
        assert {"provenance.json", "bilan.pdf", f"bilan-{EDITION}.zip"} <= ecrits[0].keys()

    def test_une_archive_recue_se_refait_a_l_identique(self, clones):
        """D'un clone du même commit et d'une archive reçue : identique, sans toucher à build/."""
        ici, ailleurs = clones
        archive = ici / "build" / EDITION / f"bilan-{EDITION}.zip"
        avant = sorted((ailleurs / "build").glob("*"))
        statut, dit = lancer_la(ailleurs, "reproduire", str(archive), machine=AILLEURS, umask=0o077)
        assert statut == 0, dit
        assert "Identique : les " in dit
        assert sorted((ailleurs / "build").glob("*")) == avant

    def test_une_ligne_changee_est_nommee(self, clones):
        """Un intitulé corrigé depuis : différent, statut 1, et la table est désignée."""
        ici, _ = clones
        remplacer(ici / "data" / EDITION / "actions.csv", "Chèques alimentaires durables",
                  "Chèques pour une alimentation durable")
        statut, dit = lancer_la(ici, "reproduire", machine=ICI, umask=0o022)
        assert statut == 1, dit
        assert f"Première entrée qui diffère : data/{EDITION}/actions.csv.\n" in dit
        assert "bilan.pdf" in dit and "Traceback" not in dit
