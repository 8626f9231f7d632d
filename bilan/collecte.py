"""Ce que les formulaires demandent et ce que l'import relit : un seul contrat, tiré des schémas.

Les formulaires (`bilan formulaires`) et leur lecture (`bilan importer`) ne connaissent une table
que par les `Feuille` de ce module. Rien n'y est écrit deux fois : titres, aides, listes et bornes
viennent de `data/schemas/`.

Deux supports :

- le classeur d'un territoire : la feuille « Lisez-moi » dit l'édition, le territoire et le format
  (`CELLULES`), puis une feuille par table. Ligne 1, les titres ; ligne 2, l'aide ; ligne 3,
  l'exemple ; les données ensuite. La colonne A porte `REPERE_EXEMPLE` devant l'exemple, et rien
  devant les données : une ligne ainsi marquée n'est jamais lue, où qu'elle soit. Une ligne dont
  seules les clés sont remplies n'est pas une réponse : `formulaires` en prépare. La colonne du
  territoire n'y est pas : c'est celui du classeur ;
- le formulaire XLSForm : chaque question porte le nom de sa colonne, dans un groupe (`reponses` :
  un envoi, une ligne) ou une répétition (une ligne par tour) du nom de sa table. Le territoire est
  demandé une fois, hors des groupes, sous le nom `territoire`. Les réponses sont des codes. Les
  questions `accueil` et `avec_<table>` (y a-t-il des lignes ?) n'alimentent aucune colonne.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from bilan.projet import Edition
from bilan.tables import lire_schemas, lire_table

# Qui remplit une table (clé « collecte » de son schéma).
COLLECTES = {
    "classeur": "le territoire, dans son classeur ou par la fiche d'activité",
    "questionnaire": "les participants, après chaque session",
    "evaluation": "l'équipe d'évaluation",
    "edition": "qui prépare l'édition",
}

# Le classeur.
FORMAT = "1"  # change quand un classeur d'avant ne se relit plus
LISEZ_MOI, LISTES = "Lisez-moi", "Listes"
CELLULES = {"edition": "B3", "territoire": "B4", "format": "B5"}
LIGNE_TITRES, LIGNE_AIDES, LIGNE_EXEMPLE, LIGNE_DONNEES = 1, 2, 3, 4
TITRE_REPERE, REPERE_EXEMPLE = "Repère", "Exemple"  # la colonne A
ONGLET_MAX = 31  # caractères, la limite d'Excel

# Les deux supports.
TERRITOIRE = "territoire"
OUI_NON = {"true": "oui", "false": "non"}
LISTE_OUI_NON = "oui_non"
# Un motif de schéma, dit en français.
CODE = "^[a-z0-9]+(-[a-z0-9]+)*$"
FORMES = {CODE: "Minuscules sans accent, chiffres et tirets, sans espace"}


@dataclass(frozen=True)
class Champ:
    """Une colonne d'une table, telle qu'on la demande.

    `modalites` va du code écrit dans le CSV au libellé montré, dans l'ordre du schéma ; vide si la
    réponse est libre. `renvoi` nomme la table dont la colonne reprend les codes : `feuilles` ne les
    connaît pas, `feuilles_de` les met dans `modalites`.
    """

    table: str
    nom: str
    titre: str
    aide: str
    genre: str  # string, boolean, integer, number, date
    obligatoire: bool
    modalites: dict[str, str]
    minimum: float | None
    maximum: float | None
    motif: str | None
    exemple: str
    cle: bool
    publiable: bool
    renvoi: str | None

    @property
    def liste(self) -> str | None:
        """Le nom de la liste où choisir, ou None si la réponse est libre."""
        if self.genre == "boolean":
            return LISTE_OUI_NON
        return (self.renvoi or f"{self.table}_{self.nom}") if self.modalites else None

    @property
    def attendu(self) -> str:
        """Ce qu'il faut écrire, en une phrase : la même à la saisie et à la lecture."""
        if self.modalites:
            return "Choisir dans la liste."
        if self.motif:
            return f"{FORMES.get(self.motif, 'Un code')}, par exemple {self.exemple}."
        genre = {"integer": "Un nombre entier", "number": "Un nombre",
                 "date": "Une date"}.get(self.genre, "Un texte")
        bornes = [f"{mot} {str(borne).replace('.', ',')}" for mot, borne in
                  (("au moins", self.minimum), ("au plus", self.maximum)) if borne is not None]
        return ", ".join([genre, *bornes]) + "."

    @property
    def consigne(self) -> str:
        """Ce que la colonne contient, et ce qu'il faut y écrire si ce n'est pas un texte libre."""
        libre = self.attendu == "Un texte."
        return f"{self.aide} {self.attendu}" if not libre else self.aide


@dataclass(frozen=True)
class Feuille:
    """Une table et ce qu'on en demande."""

    table: str
    titre: str
    aide: str
    collecte: str
    champs: tuple[Champ, ...]
    cles: tuple[str, ...]

    @property
    def onglet(self) -> str:
        """Le nom de sa feuille dans le classeur : le titre, dans les limites d'Excel."""
        return re.sub(r"[\[\]:*?/\\]", " ", self.titre)[:ONGLET_MAX]

    @property
    def demandes(self) -> tuple[Champ, ...]:
        """Les champs que le classeur demande, dans l'ordre de ses colonnes à partir de B."""
        return tuple(c for c in self.champs if c.nom != TERRITOIRE)


def feuilles(racine: Path, collecte: str | None = None) -> list[Feuille]:
    """Les tables, toutes ou celles d'une collecte, dans l'ordre de leurs noms."""
    toutes = [_feuille(nom, schema) for nom, schema in lire_schemas(racine).items()]
    return [f for f in toutes if collecte in (None, f.collecte)]


def feuilles_de(edition: Edition, collecte: str | None = None) -> list[Feuille]:
    """Les mêmes, chaque renvoi devenu une liste : celle des territoires, des sessions.

    Un renvoi reste une réponse libre tant que l'édition ne connaît rien à y choisir.
    """
    connus = choix(edition)
    return [
        replace(f, champs=tuple(
            replace(c, modalites=c.modalites or connus.get(c.renvoi, {})) for c in f.champs
        ))
        for f in feuilles(edition.racine, collecte)
    ]


def choix(edition: Edition) -> dict[str, dict[str, str]]:
    """Les codes et libellés des tables auxquelles d'autres renvoient : territoires, sessions.

    Vides tant que l'édition n'en a pas.
    """
    territoires = lire_table(edition, "territoires").sort_values("ordre")
    sessions = lire_table(edition, "sessions")
    return {
        "territoires": dict(zip(territoires["territoire"], territoires["nom"], strict=True)),
        "sessions": {
            s.session: f"{s.session} – {'/'.join(reversed(s.date.split('-')))} – {s.theme}"
            for s in sessions.itertuples()
        },
    }


def identifiant(formulaire: str, edition: Edition) -> str:
    """Le `form_id` d'un XLSForm : son code et l'édition, sans tiret."""
    return f"{formulaire}_{edition.code}".replace("-", "_")


def _feuille(nom: str, schema: dict) -> Feuille:
    cles = tuple(schema["primaryKey"])
    renvois = {
        lien["fields"][0]: lien["reference"]["resource"]
        for lien in schema.get("foreignKeys", [])
        if len(lien["fields"]) == 1
    }
    champs = tuple(_champ(nom, c, c["name"] in cles, renvois.get(c["name"]))
                   for c in schema["fields"])
    return Feuille(nom, schema["title"], schema["description"], schema["collecte"], champs, cles)


def _champ(table: str, champ: dict, cle: bool, renvoi: str | None) -> Champ:
    contraintes = champ.get("constraints", {})
    modalites = _modalites(champ)
    aide = champ["description"]
    if champ["type"] == "boolean":
        aide = re.sub(r"\bFaux\b", "Non", re.sub(r"\bVrai\b", "Oui", aide))
    return Champ(
        table=table, nom=champ["name"], titre=champ["title"], aide=aide, genre=champ["type"],
        obligatoire=contraintes.get("required", False), modalites=modalites,
        minimum=contraintes.get("minimum"), maximum=contraintes.get("maximum"),
        motif=contraintes.get("pattern"), exemple=str(champ.get("example", "")),
        cle=cle, renvoi=renvoi, publiable=champ.get("publiable") is True,
    )


def _modalites(champ: dict) -> dict[str, str]:
    if champ["type"] == "boolean":
        return OUI_NON
    libelles = champ.get("libelles", {})
    return {str(code): libelles.get(str(code), str(code))
            for code in champ.get("constraints", {}).get("enum", [])}
