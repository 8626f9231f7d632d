"""Le plan : quels carnets seraient exécutés, avec quels paramètres, et pourquoi."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import nbformat
from papermill import inspect_notebook

from bilan import geographie
from bilan.charte import fichiers_de_police
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.parametres import Parametres
from bilan.projet import Edition
from bilan.tables import lire_tables

# Les bibliothèques dont la version peut changer ce qu'un carnet affiche.
BIBLIOTHEQUES = ("pandas", "numpy", "seaborn", "matplotlib", "babel", "lark", "papermill",
                 "ipykernel", "nbformat")


@dataclass(frozen=True)
class Tache:
    """Un carnet à exécuter avec ses paramètres."""

    nom: str
    carnet: Path
    parametres: dict[str, str]
    travail: Path

    @property
    def sortie(self) -> Path:
        return self.travail / "notebooks" / f"{self.nom}.ipynb"

    @property
    def fiche_technique(self) -> Path:
        """À côté du carnet exécuté : son empreinte, ses chiffres, sa durée."""
        return self.travail / "executions" / f"{self.nom}.json"

    @property
    def echec(self) -> Path:
        """Le carnet partiel d'une exécution qui a échoué."""
        return self.travail / "echecs" / f"{self.nom}.ipynb"

    @property
    def territoire(self) -> str | None:
        return self.parametres.get("territoire")


@dataclass(frozen=True)
class Etat:
    """Ce qui sera fait d'une tâche. `raisons` est vide si elle est à jour."""

    tache: Tache
    empreinte: dict[str, str]
    raisons: list[str]

    @property
    def a_jour(self) -> bool:
        return not self.raisons


def dresser(edition: Edition) -> list[Tache]:
    """Les exécutions de l'édition : un carnet par catégorie, puis un par territoire.

    Lève `ErreurBilan` si un carnet manque, si ses paramètres ne sont pas ceux attendus, ou si
    edition.yml nomme un territoire absent des données.
    """
    generaux = Parametres(edition).generaux
    _controler_fiches(edition, generaux.fiches)
    taches = [
        Tache(nom, edition.racine / "notebooks" / f"{nom}.ipynb", {"edition": edition.code},
              edition.travail)
        for nom in generaux.carnets
    ]
    taches += [
        Tache(f"fiche-{slug}", edition.racine / "notebooks" / "territoire.ipynb",
              {"edition": edition.code, "territoire": slug}, edition.travail)
        for slug in generaux.fiches
    ]
    fautes = [f for tache in taches for f in _fautes_de_carnet(edition, tache)]
    if fautes:
        raise ErreurBilan(dict.fromkeys(fautes))
    return taches


def _controler_fiches(edition: Edition, fiches: list[str]) -> None:
    connus = list(lire_tables(edition)["territoires"]["territoire"])
    lieu = edition.relatif(edition.params / "edition.yml")
    lignes = (edition.params / "edition.yml").read_text("utf-8").splitlines()
    ligne = next((i for i, t in enumerate(lignes, 1) if t.startswith("fiches")), None)
    fautes = [
        Faute(lieu, f"fiches : territoire inconnu « {slug} »", proposer(slug, connus), ligne)
        for slug in fiches
        if slug not in connus
    ]
    fautes += [
        Faute(lieu, f"fiches : « {slug} » n'a pas de fiche", "L'ajouter à la liste.", ligne)
        for slug in connus
        if slug not in fiches
    ]
    if fautes:
        raise ErreurBilan(fautes)


def _fautes_de_carnet(edition: Edition, tache: Tache) -> list[Faute]:
    """Les paramètres que le carnet déclare doivent être ceux qu'on lui passe, et du texte."""
    lieu = edition.relatif(tache.carnet)
    if not tache.carnet.is_file():
        return [Faute(lieu, "le carnet manque", "Le rétablir, ou corriger edition.yml.")]
    try:
        nbformat.read(tache.carnet, as_version=4)
    except (ValueError, nbformat.ValidationError):
        return [Faute(lieu, "ce n'est pas un carnet Jupyter lisible", "Le rétablir.")]
    declares = {
        nom: p["inferred_type_name"] for nom, p in inspect_notebook(str(tache.carnet)).items()
    }
    fautes = [
        Faute(lieu, f"paramètre « {nom} » inconnu", proposer(nom, tache.parametres))
        for nom in declares
        if nom not in tache.parametres
    ]
    fautes += [
        Faute(lieu, f"le paramètre « {nom} » manque",
              f'Écrire {nom}: str = "…" dans la cellule étiquetée « parameters ».')
        for nom in tache.parametres
        if nom not in declares
    ]
    fautes += [
        Faute(lieu, f"le paramètre « {nom} » est déclaré {genre}", f"Écrire {nom}: str.")
        for nom, genre in declares.items()
        if nom in tache.parametres and genre != "str"
    ]
    return fautes


def etats(taches: list[Tache], edition: Edition, *, forcer: bool = False) -> list[Etat]:
    """L'état de chaque tâche : à jour, ou à exécuter et pourquoi."""
    commun = _empreinte_commune(edition)
    return [_etat(tache, commun, forcer) for tache in taches]


def _etat(tache: Tache, commun: dict[str, str], forcer: bool) -> Etat:
    empreinte = commun | {
        "carnet": condense(tache.carnet.read_bytes()),
        "paramètres du carnet": json.dumps(tache.parametres, sort_keys=True),
    }
    if forcer:
        return Etat(tache, empreinte, ["demandé"])
    if not (tache.sortie.is_file() and tache.fiche_technique.is_file()):
        return Etat(tache, empreinte, ["jamais exécuté"])
    avant = json.loads(tache.fiche_technique.read_text("utf-8"))["empreinte"]
    noms = sorted(empreinte.keys() | avant.keys())
    return Etat(tache, empreinte, [n for n in noms if empreinte.get(n) != avant.get(n)])


def _empreinte_commune(edition: Edition) -> dict[str, str]:
    """Ce dont tout carnet dépend, morceau par morceau pour pouvoir dire lequel a changé."""
    racine = edition.racine
    precedente = Parametres(edition).generaux.precedente
    fichiers = [
        *edition.reglages,
        *sorted((edition.params / "textes").glob("*.md")),
        *sorted(edition.donnees.glob("*.csv")),
        edition.donnees / "datapackage.json",
        *(_lus_pour_comparer(Edition(racine, precedente)) if precedente else ()),
        *sorted((racine / "data" / "schemas").glob("*.json")),
        *sorted((racine / geographie.DOSSIER).glob("*json")),
        racine / "report" / "style" / "jetons.yml",
        *fichiers_de_police(edition),
    ]
    empreinte = {edition.relatif(f): condense(f.read_bytes()) for f in fichiers if f.is_file()}
    code = b"".join(f.read_bytes() for f in sorted(Path(__file__).parent.glob("*.py")))
    empreinte["code du paquet bilan"] = condense(code)
    versions = {nom: version(nom) for nom in BIBLIOTHEQUES} | {"python": sys.version.split()[0]}
    empreinte["versions des bibliothèques"] = json.dumps(versions, sort_keys=True)
    return empreinte


def _lus_pour_comparer(edition: Edition) -> list[Path]:
    """Ce que le registre d'une édition lit de la précédente."""
    return [edition.params / "edition.yml", edition.params / "indicateurs.yml",
            edition.donnees / "datapackage.json", *sorted(edition.donnees.glob("*.csv"))]


def condense(octets: bytes) -> str:
    """Empreinte SHA-256 en hexadécimal."""
    return hashlib.sha256(octets).hexdigest()
