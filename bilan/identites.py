"""Les identités arithmétiques que des pourcentages publiés devraient respecter : déclarations.

Elles sont dans `params/<edition>/identites.yml`, avec les groupes de pourcentages à auditer
ensemble ; `bilan.identites_controle` les contrôle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field, model_validator

from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.parametres import Modele, lire_yaml
from bilan.projet import Edition

Genre = Literal["base_commune_exclusive", "part_du_tout", "sous_groupes", "base_connue"]


class Groupe(Modele):
    """Des pourcentages que le document rapporte, ou pourrait rapporter, à une même base."""

    code: str
    nom: str
    codes: list[str]
    # Codes du registre qui donnent les bases à essayer.
    reperes: list[str] = Field(default_factory=list)


class Identite(Modele):
    """Ce que `parts` et `tout` devraient respecter ; `tout` est le produit des codes cités."""

    code: str
    nom: str
    genre: Genre
    parts: list[str]
    tout: list[str] = Field(default_factory=list)
    # Ce à quoi les parts se rapportent, au pluriel : « acteurs rencontrés ».
    ensemble: str
    # Pour des sous-groupes : vrai s'il n'y en a pas d'autre dans l'ensemble.
    exhaustif: bool = False
    lieu: str
    il_faudrait: str = ""

    @model_validator(mode="after")
    def _forme(self) -> Identite:
        seul = self.genre in ("part_du_tout", "base_connue")
        if len(self.parts) < (1 if seul else 2):
            raise ValueError("Compléter « parts » : une au moins, deux pour des parts à comparer.")
        if bool(self.tout) == (self.genre == "base_commune_exclusive"):
            raise ValueError("Écrire « tout », sauf pour le genre base_commune_exclusive.")
        return self


class Declarations(Modele):
    """Le contenu d'identites.yml."""

    groupes: list[Groupe] = Field(default_factory=list)
    identites: list[Identite] = Field(default_factory=list)


def lire(edition: Edition) -> Declarations:
    """Les déclarations de l'édition, vides si elle n'en a pas ; lève `ErreurBilan`."""
    chemin = edition.params / "identites.yml"
    if not chemin.exists():
        return Declarations()
    return lire_yaml(chemin, Declarations, edition.relatif(chemin))


def fautes(edition: Edition, connus: Callable[[], set[str]]) -> list[Faute]:
    """Les fautes du fichier : sa forme, puis les codes en double ou que rien ne définit.

    `connus` n'est appelé que si le fichier se lit : le registre, d'où viennent les codes, le lit.
    """
    try:
        declarations = lire(edition)
    except ErreurBilan as erreur:
        return erreur.fautes
    lieu = edition.relatif(edition.params / "identites.yml")
    possibles, vus, trouvees = connus(), set(), []
    for element in (*declarations.groupes, *declarations.identites):
        if element.code in vus:
            remede = "Renommer l'un des deux."
            trouvees.append(Faute(lieu, f"{element.code} est défini deux fois", remede))
        vus.add(element.code)
        for code in codes_cites(element):
            if code not in possibles:
                trouve = f"{element.code} : code inconnu « {code} »"
                trouvees.append(Faute(lieu, trouve, proposer(code, possibles)))
    return trouvees


def codes_cites(element: Groupe | Identite) -> list[str]:
    if isinstance(element, Groupe):
        return element.codes + element.reperes
    return element.parts + element.tout
