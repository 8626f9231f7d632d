"""Les éléments d'un document à relire. `lieu` est l'endroit, tel qu'on le montre au lecteur."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bilan.parametres import Modele

Quantificateur = Literal["tous", "chaque", "aucun", "seuls"]
Reponse = Literal["oui", "partiel", "non"]


class Usage(Modele):
    """Une forme employée quelque part."""

    forme: str
    lieu: str


class Nom(Modele):
    """Une chose et les formes sous lesquelles le document la nomme ; `retenue` : celle qui vaut."""

    code: str
    objet: str
    retenue: str = ""
    usages: list[Usage]


class SigleEmploye(Modele):
    """Un sigle rencontré dans le texte ; `developpe` s'il y est expliqué sur place."""

    sigle: str
    lieu: str
    developpe: str = ""
    syllabes: bool = False


class Valeur(Modele):
    """Ce que le document dit d'un objet, à un endroit."""

    dit: str
    lieu: str


class Fait(Modele):
    """Ce qui est dit en plusieurs endroits, et devrait l'être d'une seule façon."""

    code: str
    objet: str
    valeurs: list[Valeur]


class Propre(Modele):
    """Ce qui devrait distinguer plusieurs objets : une adresse, un numéro."""

    code: str
    objet: str
    valeurs: dict[str, str]
    lieu: str


class Renvoi(Modele):
    """Un renvoi vers une partie ou un élément. `voisin` : annoncé à côté (« ci-contre »)."""

    vers: str
    lieu: str
    depuis: str = ""
    voisin: bool = False
    remede: str = ""


class Suite(Modele):
    """Des éléments numérotés, dans l'ordre où ils sont imprimés."""

    code: str
    quoi: str
    numeros: list[int]
    lieu: str


class Plan(Modele):
    """Le même ensemble dans deux ordres : celui qui est annoncé, celui du corps."""

    code: str
    quoi: str
    annonce: list[str]
    corps: list[str]
    lieu: str


class Note(Modele):
    """Un appel de note, ou une note : son signe et la partie où ils se répondent."""

    signe: str
    partie: str
    lieu: str


class Annonce(Modele):
    """Des choses annoncées en nombre, et combien le document en énumère ou en nomme."""

    code: str
    quoi: str
    nombre: int
    enumeres: int
    lieu: str


class Serie(Modele):
    """Ce que porte chaque membre d'une série, dans l'ordre, alors qu'il devrait se répéter."""

    code: str
    quoi: str
    membres: dict[str, list[str]]
    lieu: str


class Ensemble(Modele):
    """Ce à quoi des parts se rapportent : ses membres, par leur code."""

    code: str
    nom: str
    membres: list[str]


class Part(Modele):
    """Un pourcentage publié comme part d'un ensemble, et le critère qu'il résume."""

    indicateur: str
    ensemble: str
    critere: str = ""
    demi: bool = True
    lieu: str


class Affirmation(Modele):
    """« tous », « chaque », « aucun », « seuls » : d'un ensemble, sur un critère.

    `seuls` : aucun membre n'a le critère sans avoir la `condition`. `indicateur` : le résultat
    qui devrait alors valoir la totalité, ou rien.
    """

    code: str
    quantificateur: Quantificateur
    ensemble: str = ""
    critere: str = ""
    condition: str = ""
    indicateur: str = ""
    lieu: str


class Temoignage(Modele):
    """Ce qu'une fiche, ou une ligne de données, dit d'un territoire sur un critère."""

    membre: str
    critere: str
    dit: Reponse
    lieu: str


class Dire(Modele):
    """Une thèse, à un endroit, avec la force du verbe qui la porte."""

    force: str
    lieu: str


class These(Modele):
    """La même thèse, partout où le document la soutient."""

    code: str
    these: str
    dires: list[Dire]


class Dit(Modele):
    """Un nombre donné à un endroit."""

    nombre: int
    lieu: str


class Decompte(Modele):
    """Le compte des cibles atteintes, là où le document le donne ; `dits` vide s'il se tait."""

    code: str
    quoi: str
    indicateurs: list[str]
    dits: list[Dit] = Field(default_factory=list)
    lieu: str


class Appui(Modele):
    """Un chiffre et ce qui l'appuie : sa source, son millésime, le point de départ s'il évolue.

    Les chiffres d'un même `sujet` se lisent ensemble : ils devraient être d'un même millésime.
    """

    code: str
    quoi: str
    sujet: str = ""
    source: str = ""
    millesime: str = ""
    signe: bool = False
    depart: str = ""
    lieu: str


class Repere(Modele):
    """Une date : une année, ou un nombre d'ans après d'autres (chacun est une lecture possible)."""

    code: str
    nom: str
    annee: int | None = None
    ans: int = 0
    apres: list[str] = Field(default_factory=list)
    lieu: str


class Chronologie(Modele):
    """`avant` ne peut pas venir après `ensuite`."""

    code: str
    avant: str
    ensuite: str


class Role(Modele):
    """Ce que fait une personne ou un organisme."""

    qui: str
    role: str
    lieu: str


class Incompatibilite(Modele):
    """Deux rôles que les mêmes ne devraient pas tenir."""

    code: str
    premier: str
    second: str
