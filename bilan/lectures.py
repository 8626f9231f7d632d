"""Ce qu'un carnet lit vraiment : chaque lecture, et l'empreinte de ce qu'elle a rendu.

Un carnet exécuté par la chaîne passe par un `BilanSuivi`, qui note ce qu'on lui demande : un
chiffre, les lignes d'un territoire, un texte. Poser plus tard les mêmes questions à l'édition
dit si le carnet donnerait autre chose. Un fichier du projet ouvert sans passer par là est noté
aussi : rien ne se lit sans laisser de trace.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import sys
from collections.abc import Callable, Iterator, KeysView
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from bilan.carnet import Bilan
from bilan.empreintes import condense
from bilan.erreurs import ErreurBilan
from bilan.fichiers import etat
from bilan.places import Resume, en_dict
from bilan.projet import Projet
from bilan.registre import Chiffre, Registre

Question = tuple[str, ...]

# Où le noyau écrit ce qu'il lit, et d'où il reprend une édition déjà ouverte.
JOURNAL, OUVERT = "BILAN_JOURNAL", "BILAN_OUVERT"
# Suivis autrement (le code), ou écrits par la chaîne.
NON_SUIVIS = ("bilan", "build", ".venv", ".git")
# Les événements du système qui sont des lectures, et la question que chacun pose.
OUVERTURES = {"open": "fichier", "os.listdir": "dossier", "os.scandir": "dossier"}


def _fichier(bilan: Bilan, chemin: str) -> str | None:
    fichier = bilan.edition.racine / chemin
    return condense(fichier.read_bytes()) if fichier.is_file() else None


def _dossier(bilan: Bilan, chemin: str) -> list[str]:
    dossier = bilan.edition.racine / chemin
    return sorted(f.name for f in dossier.iterdir()) if dossier.is_dir() else []


def _parametre(bilan: Bilan, nom: str, *arguments: str) -> Any:
    valeur = getattr(bilan.parametres, nom)
    return valeur(*arguments) if callable(valeur) else valeur


def _dictionnaire(bilan: Bilan, genre: str) -> dict:
    return {"table": bilan.tables, "texte": bilan.textes, "nature": bilan.natures}[genre]


# Ce qu'on peut demander à une édition ; ce qu'elle n'a pas rend None, ou une liste vide.
QUESTIONS: dict[str, Callable[..., Any]] = {
    "chiffre": lambda bilan, code: bilan.registre.get(code),
    "chiffres": lambda bilan, debut: bilan.registre.debut(debut),
    "clés": lambda bilan, genre: list(_dictionnaire(bilan, genre)),
    "table": lambda bilan, nom: bilan.tables.get(nom),
    "lignes": lambda bilan, nom, territoire: bilan.lignes(nom, territoire),
    "texte": lambda bilan, code: bilan.textes.get(code),
    "noms": lambda bilan: list(bilan.noms.items()),
    "base": lambda bilan: list(bilan.base.items()),
    "places": lambda bilan: en_dict(bilan.places),
    "nature": lambda bilan, table: bilan.natures.get(table),
    "réglage": lambda bilan, champ: getattr(bilan.parametres.generaux, champ),
    "paramètre": _parametre,
    "validation": lambda bilan, territoire: bilan.validation(territoire),
    "fichier": _fichier,
    "dossier": _dossier,
}


EN_MOTS = {
    "chiffre": "chiffre {}", "chiffres": "chiffres {}*", "clés": "liste ({}s)", "table": "table {}",
    "lignes": "table {}, lignes de {}", "texte": "texte {}", "noms": "noms des territoires",
    "base": "base des indicateurs de réseau", "places": "résultats des territoires",
    "nature": "nature de la table {}",
    "réglage": "{} (edition.yml)", "paramètre": "paramètre {}", "validation": "validation de {}",
    "fichier": "{}", "dossier": "{}/",
}


def en_mots(question: Question) -> str:
    """Ce que la question demande, pour dire ce qui a changé."""
    genre, *arguments = question
    return EN_MOTS[genre].format(*arguments)


def poser(bilan: Bilan, question: Question) -> str:
    """L'empreinte de la réponse de l'édition à une question."""
    genre, *arguments = question
    return condense(_octets(QUESTIONS[genre](bilan, *arguments)))


def _octets(valeur: Any) -> bytes:
    if isinstance(valeur, pd.DataFrame):
        types = [str(t) for t in valeur.dtypes]
        return json.dumps([types, valeur.to_csv(index=False)]).encode()
    return json.dumps(valeur, ensure_ascii=False, default=_simple).encode()


def _simple(valeur: Any) -> Any:
    if isinstance(valeur, Chiffre):
        return valeur.en_dict()
    if isinstance(valeur, BaseModel):
        return valeur.model_dump(mode="json")
    return str(valeur)


def ouvrir(edition: str) -> Bilan:
    """L'édition qu'un carnet lit : suivie quand la chaîne l'exécute, simple sinon."""
    ouvert, chemin = os.environ.get(OUVERT), os.environ.get(JOURNAL)
    bilan = rapporter(Path(ouvert), Projet.trouver()) if ouvert else Bilan(edition)
    if bilan.edition.code != edition:
        bilan = Bilan(edition)
    if not chemin:
        return bilan
    journal = Journal(bilan, Path(chemin))
    journal.ecouter()
    return BilanSuivi(bilan, journal)


def emporter(bilan: Bilan) -> bytes:
    """L'édition ouverte et calculée, à donner à un noyau qui n'aura pas à la recalculer."""
    emportes = ("tables", "natures", "registre", "textes", "places")
    calcule = {nom: getattr(bilan, nom) for nom in emportes}
    calcule["parametres"] = {nom: getattr(bilan.parametres, nom) for nom in
                             ("generaux", "definitions")}
    return pickle.dumps({"edition": bilan.edition.code, **calcule})


# L'édition que ce processus tient pour ceux qui naîtront de lui, et l'état de son fichier.
_tenue: dict[str, Any] = {}


def tenir(fichier: str) -> None:
    """Lit d'avance l'édition qu'`emporter` a écrite : les noyaux à naître en héritent."""
    ici = etat(Path(fichier))
    if _tenue.get("etat") != ici:
        _tenue.update(etat=ici, calcule=pickle.loads(Path(fichier).read_bytes()))
        gc.freeze()


def rapporter(fichier: Path, projet: Projet) -> Bilan:
    """L'édition qu'`emporter` a donnée, ouverte dans ce projet."""
    tenue = _tenue.get("etat") == etat(fichier)
    calcule = dict(_tenue["calcule"]) if tenue else pickle.loads(fichier.read_bytes())
    bilan = Bilan(calcule.pop("edition"), projet)
    bilan.parametres.__dict__.update(calcule.pop("parametres"))
    bilan.__dict__.update(calcule)
    return bilan


class Journal:
    """Les lectures d'un carnet, chacune notée une fois, à mesure : une ligne JSON par question."""

    def __init__(self, bilan: Bilan, chemin: Path):
        self.bilan, self.chemin = bilan, chemin
        self._notees: set[Question] = set()
        self._en_question = False

    def ecouter(self) -> None:
        """Note aussi chaque fichier du projet que ce processus ouvre, jusqu'à sa fin."""
        racine = str(self.bilan.edition.racine) + os.sep
        sys.addaudithook(lambda evenement, arguments: evenement in OUVERTURES
                         and self._ouvert(racine, OUVERTURES[evenement], arguments))

    def noter(self, *question: str) -> None:
        """Retient la question et l'empreinte de sa réponse."""
        if question in self._notees or self._en_question:
            return
        self._notees.add(question)
        with self.a_part():
            ligne = json.dumps([question, poser(self.bilan, question)], ensure_ascii=False)
            with self.chemin.open("a", encoding="utf-8") as flux:
                flux.write(ligne + "\n")

    @contextmanager
    def a_part(self) -> Iterator[None]:
        """Ce que l'édition lit pour répondre n'est pas une lecture du carnet."""
        avant, self._en_question = self._en_question, True
        try:
            yield
        finally:
            self._en_question = avant

    def _ouvert(self, racine: str, genre: str, arguments: tuple) -> None:
        if self._en_question or not isinstance(arguments[0], str | os.PathLike):
            return
        chemin = os.path.normpath(Path.cwd() / os.fspath(arguments[0]))
        if chemin.startswith(racine):
            relatif = Path(chemin[len(racine):])
            if relatif.parts[0] not in NON_SUIVIS:
                self.noter(genre, relatif.as_posix())


def relire(chemin: Path) -> list[tuple[Question, str]]:
    """Les lectures d'un journal, dans l'ordre."""
    lignes = chemin.read_text("utf-8").splitlines() if chemin.is_file() else []
    return [(tuple(question), empreinte) for question, empreinte in map(json.loads, lignes)]


class BilanSuivi(Bilan):
    """Une édition qui note ce qu'on lui demande."""

    def __init__(self, bilan: Bilan, journal: Journal):
        self.edition, self._bilan, self._journal = bilan.edition, bilan, journal
        self.parametres = _Suivi(bilan.parametres, self._noter_parametre)

    @property
    def registre(self) -> Registre:
        with self._journal.a_part():
            return RegistreSuivi(self._bilan.registre, self._journal)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        return _DictSuivi(self._bilan, "table", self._journal)

    @property
    def tables_entieres(self) -> dict[str, pd.DataFrame]:
        raise ErreurBilan("Un carnet ne lit que les colonnes publiables. Écrire bilan.tables.")

    @property
    def textes(self) -> dict[str, str]:
        return _DictSuivi(self._bilan, "texte", self._journal)

    @property
    def natures(self) -> dict[str, str]:
        return _DictSuivi(self._bilan, "nature", self._journal)

    @property
    def noms(self) -> dict[str, str]:
        return self._demander("noms", lambda: self._bilan.noms)

    @property
    def base(self) -> dict[str, bool]:
        return self._demander("base", lambda: self._bilan.base)

    @property
    def places(self) -> dict[str, Resume]:
        return self._demander("places", lambda: self._bilan.places)

    def lignes(self, table: str, territoire: str) -> pd.DataFrame:
        return self._demander("lignes", self._bilan.lignes, table, territoire)

    def validation(self, territoire: str) -> Any:
        return self._demander("validation", self._bilan.validation, territoire)

    def _demander(self, genre: str, repondre: Callable[..., Any], *arguments: str) -> Any:
        self._journal.noter(genre, *arguments)
        with self._journal.a_part():
            return repondre(*arguments)

    def _noter_parametre(self, nom: str, valeur: Any) -> Any:
        if nom == "edition":
            return valeur()
        with self._journal.a_part():
            lu = valeur()
        if nom == "generaux":
            return _Suivi(lu, self._reglage)
        if callable(lu):
            return lambda *arguments: self._demander(
                "paramètre", lambda nom, *a: lu(*a), nom, *arguments)
        self._journal.noter("paramètre", nom)
        return lu

    def _reglage(self, champ: str, lire: Callable[[], Any]) -> Any:
        self._journal.noter("réglage", champ)
        return lire()


class _Suivi:
    """Un objet dont chaque attribut lu passe par `noter(nom, lire)`."""

    def __init__(self, objet: Any, noter: Callable[[str, Callable[[], Any]], Any]):
        self._objet, self._noter = objet, noter

    def __getattr__(self, nom: str) -> Any:
        return self._noter(nom, lambda: getattr(self._objet, nom))


class _DictSuivi(dict):
    """Un dictionnaire en lecture seule, dont chaque clé lue est notée."""

    def __init__(self, bilan: Bilan, genre: str, journal: Journal):
        with journal.a_part():
            super().__init__(_dictionnaire(bilan, genre))
        self._genre, self._journal = genre, journal

    def __getitem__(self, cle: str) -> Any:
        self._journal.noter(self._genre, cle)
        return super().__getitem__(cle)

    def get(self, cle: str, sinon: Any = None) -> Any:
        self._journal.noter(self._genre, cle)
        return super().get(cle, sinon)

    def __contains__(self, cle: object) -> bool:
        self._journal.noter(self._genre, str(cle))
        return super().__contains__(cle)

    def _tout(self) -> None:
        self._journal.noter("clés", self._genre)
        for cle in super().__iter__():
            self._journal.noter(self._genre, cle)

    def __iter__(self) -> Iterator[str]:
        self._tout()
        return super().__iter__()

    def keys(self) -> Any:
        self._tout()
        return super().keys()

    def values(self) -> Any:
        self._tout()
        return super().values()

    def items(self) -> Any:
        self._tout()
        return super().items()


class RegistreSuivi(Registre):
    """Un registre qui note les chiffres qu'on lui demande."""

    def __init__(self, registre: Registre, journal: Journal):
        self.edition, self._chiffres, self._journal = registre.edition, registre._chiffres, journal
        self._registre = registre

    def __getitem__(self, code: str) -> Chiffre:
        self._journal.noter("chiffre", code)
        return super().__getitem__(code)

    def get(self, code: str) -> Chiffre | None:
        self._journal.noter("chiffre", code)
        return super().get(code)

    def __contains__(self, code: object) -> bool:
        self._journal.noter("chiffre", str(code))
        return super().__contains__(code)

    @property
    def codes(self) -> KeysView[str]:
        self._journal.noter("chiffres", "")
        return super().codes

    def debut(self, prefixe: str) -> list[Chiffre]:
        self._journal.noter("chiffres", prefixe)
        return self._registre.debut(prefixe)

    def __iter__(self) -> Iterator[Chiffre]:
        self._journal.noter("chiffres", "")
        return super().__iter__()

    def __len__(self) -> int:
        self._journal.noter("chiffres", "")
        return super().__len__()
