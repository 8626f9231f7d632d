"""Le plan : quels carnets seraient exécutés, avec quels paramètres, et pourquoi."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from papermill import inspect_notebook

from bilan import empreintes
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.fichiers import lire_carnet
from bilan.lectures import Question, en_mots, poser
from bilan.parametres import Parametres
from bilan.projet import Edition
from bilan.tables import lire_table


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
        """À côté du carnet exécuté : son empreinte, ce qu'il a lu, ses chiffres."""
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
    # Un même carnet sert à tous les territoires : il se lit une fois.
    differentes = {(t.carnet, *t.parametres): t for t in taches}
    fautes = [f for tache in differentes.values() for f in _fautes_de_carnet(edition, tache)]
    if fautes:
        raise ErreurBilan(fautes)
    return taches


def _controler_fiches(edition: Edition, fiches: list[str]) -> None:
    connus = dict.fromkeys(lire_table(edition, "territoires")["territoire"])
    prevues = set(fiches)
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
        if slug not in prevues
    ]
    if fautes:
        raise ErreurBilan(fautes)


def _fautes_de_carnet(edition: Edition, tache: Tache) -> list[Faute]:
    """Les paramètres que le carnet déclare doivent être ceux qu'on lui passe, et du texte."""
    lieu = edition.relatif(tache.carnet)
    if not tache.carnet.is_file():
        return [Faute(lieu, "le carnet manque", "Le rétablir, ou corriger edition.yml.")]
    try:
        lire_carnet(tache.carnet, lieu)
        declares = {
            nom: p["inferred_type_name"] for nom, p in inspect_notebook(str(tache.carnet)).items()
        }
    except ErreurBilan as erreur:
        return erreur.fautes
    except Exception:  # papermill lève de tout sur un carnet dont les paramètres sont abîmés
        return [Faute(lieu, "ce n'est pas un carnet Jupyter lisible", "Le rétablir.")]
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


def etats(taches: list[Tache], bilan: Bilan, *, forcer: bool = False) -> list[Etat]:
    """L'état de chaque tâche : à jour, ou à exécuter et pourquoi.

    Lève `ErreurBilan` si l'édition ne se lit pas.
    """
    commun = empreintes.communes(bilan.edition)
    carnets = {c: _empreinte_du_carnet(c) for c in dict.fromkeys(t.carnet for t in taches)}
    reponses: dict[Question, str] = {}

    def inchangee(question: Question, avant: str) -> bool:
        if question not in reponses:
            reponses[question] = poser(bilan, question)
        return reponses[question] == avant

    return [_etat(t, commun | _empreinte(t, carnets[t.carnet]), inchangee, forcer)
            for t in taches]


def _etat(
    tache: Tache, empreinte: dict[str, str], inchangee: Callable[[Question, str], bool],
    forcer: bool,
) -> Etat:
    if forcer:
        return Etat(tache, empreinte, ["demandé"])
    if not (tache.sortie.is_file() and tache.fiche_technique.is_file()):
        return Etat(tache, empreinte, ["jamais exécuté"])
    try:
        fiche = json.loads(tache.fiche_technique.read_text("utf-8"))
    except ValueError:  # écrite à moitié : une panne de courant
        return Etat(tache, empreinte, ["fiche technique"])
    if "lectures" not in fiche:
        return Etat(tache, empreinte, ["exécuté par une autre version"])
    if fiche["sortie"] != empreintes.condense(tache.sortie.read_bytes()):
        return Etat(tache, empreinte, ["carnet exécuté"])
    avant = fiche["empreinte"]
    raisons = [n for n in sorted(empreinte.keys() | avant.keys())
               if empreinte.get(n) != avant.get(n)]
    if not raisons:
        lectures = [(tuple(question), reponse) for question, reponse in fiche["lectures"]]
        raisons = [en_mots(question) for question, reponse in lectures
                   if not inchangee(question, reponse)]
    return Etat(tache, empreinte, raisons)


def _empreinte(tache: Tache, du_carnet: dict[str, str]) -> dict[str, str]:
    return du_carnet | {"paramètres du carnet": json.dumps(tache.parametres, sort_keys=True)}


def _empreinte_du_carnet(carnet: Path) -> dict[str, str]:
    """Ce que le carnet est : son texte, le code qu'il peut appeler."""
    octets = carnet.read_bytes()
    return {"carnet": empreintes.condense(octets), **empreintes.du_code(_code(octets))}


def _code(octets: bytes) -> tuple[str, ...]:
    cellules = json.loads(octets)["cells"]
    return tuple("".join(c["source"]) for c in cellules if c["cell_type"] == "code")
