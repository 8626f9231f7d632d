"""Les listes de qualité publiées par d'autres : lecture, et ce que chaque item avance.

Un item ne dit pas son état : il donne ses preuves, son écart, ou la question laissée à une
personne. L'état se calcule de ce que l'on trouve.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import Literal

from pydantic import Field, model_validator

from bilan.erreurs import ErreurBilan, Faute
from bilan.parametres import Modele, charger_yaml, ligne_de, lire_yaml
from bilan.projet import Edition

GENRES = ("section", "bloc", "chiffre", "fichier", "programme", "test", "commande")


class Preuve(Modele):
    """Une chose qui doit exister ; sa clé dit où la chercher."""

    section: str | None = None
    bloc: str | None = None
    chiffre: str | None = None
    # Dans le dossier du projet ; `programme`, lui, dans les sources du programme.
    fichier: str | None = None
    programme: str | None = None
    test: str | None = None
    commande: str | None = None
    # Une expression régulière que le fichier doit contenir.
    contient: str | None = None

    @model_validator(mode="after")
    def _une_seule_sorte(self) -> Preuve:
        sortes = [g for g in GENRES if getattr(self, g) is not None]
        if len(sortes) != 1:
            raise ValueError(f"Une preuve a une seule de ces clés : {', '.join(GENRES)}.")
        if self.contient is not None and sortes[0] not in ("fichier", "programme"):
            raise ValueError("« contient » ne va qu'avec « fichier » ou « programme ».")
        return self

    @property
    def genre(self) -> str:
        return next(g for g in GENRES if getattr(self, g) is not None)

    @property
    def cible(self) -> str:
        return getattr(self, self.genre)


class Question(Modele):
    """Ce qu'une personne doit juger, et où elle trouve de quoi le faire."""

    question: str
    ou: str


class Item(Modele):
    """Un item de la liste, dit avec nos mots, et ce que l'on avance pour lui."""

    code: str
    intitule: str
    preuves: list[Preuve] = Field(default_factory=list)
    ecart: str | None = None
    a_juger: Question | None = None

    @model_validator(mode="after")
    def _rien_par_simple_affirmation(self) -> Item:
        if not (self.preuves or self.ecart or self.a_juger):
            raise ValueError(
                f"L'item {self.code} serait coché par simple affirmation : donner « preuves », "
                "« ecart » ou « a_juger »."
            )
        if self.ecart and self.a_juger:
            raise ValueError(
                f"L'item {self.code} a un écart et une question : garder l'un des deux."
            )
        return self


class Referentiel(Modele):
    """Une liste publiée : d'où elle vient, ce qu'elle juge ici, ses items."""

    titre: str
    editeur: str
    version: str
    adresse: str
    # La copie lue, et ce qui en manque.
    source: str
    portee: list[Literal["rapport", "projet", "site"]] = Field(min_length=1)
    remarque: str | None = None
    items: list[Item] = Field(min_length=1)

    @model_validator(mode="after")
    def _codes_uniques(self) -> Referentiel:
        doubles = [c for c, n in Counter(i.code for i in self.items).items() if n > 1]
        if doubles:
            raise ValueError(f"Le code {doubles[0]} sert deux fois : en changer un.")
        return self


class Etat(Enum):
    """L'état d'un item : un mot, et un signe qui se lit sans couleur."""

    VERIFIE = ("✓", "vérifié")
    RESTE = ("✓ ?", "vérifié, reste à juger")
    PARTIEL = ("✓ ▲", "en partie")
    ECART = ("▲", "écart")
    A_JUGER = ("?", "à juger")

    def __str__(self) -> str:
        return " ".join(self.value)


def etat(item: Item, trouvees: int) -> Etat:
    """L'état d'un item, d'après le nombre de ses preuves que l'on a trouvées."""
    if trouvees < len(item.preuves):
        return Etat.PARTIEL if trouvees else Etat.ECART
    if item.ecart:
        return Etat.PARTIEL if trouvees else Etat.ECART
    if item.a_juger:
        return Etat.RESTE if trouvees else Etat.A_JUGER
    return Etat.VERIFIE


def lire_referentiels(edition: Edition) -> dict[str, Referentiel]:
    """Les listes de l'édition, par nom de fichier ; aucune si le dossier n'existe pas.

    Lève `ErreurBilan` avec toutes les fautes d'écriture.
    """
    listes, fautes = {}, []
    for chemin in sorted((edition.params / "referentiels").glob("*.yml")):
        try:
            listes[chemin.stem] = lire_yaml(chemin, Referentiel, edition.relatif(chemin))
        except ErreurBilan as erreur:
            fautes += erreur.fautes
    if fautes:
        raise ErreurBilan(fautes)
    return listes


def fautes_d_ecriture(edition: Edition) -> list[Faute]:
    """Les fautes des fichiers eux-mêmes, avant de chercher les preuves."""
    try:
        lire_referentiels(edition)
    except ErreurBilan as erreur:
        return erreur.fautes
    return []


class Lignes:
    """Où est écrit chaque élément d'une liste, pour dire une faute à sa ligne."""

    def __init__(self, edition: Edition, nom: str):
        chemin = edition.params / "referentiels" / f"{nom}.yml"
        self.fichier = edition.relatif(chemin)
        self._brut = charger_yaml(chemin, self.fichier)

    def faute(self, trouve: str, remede: str, *chemin: str | int) -> Faute:
        return Faute(self.fichier, trouve, remede, ligne_de(self._brut, chemin))
