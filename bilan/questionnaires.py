"""Les questionnaires d'une édition (`params/<edition>/questionnaires.yml`), typés et contrôlés.

Une question n'a que sa formulation : les réponses possibles, les bornes et le caractère obligatoire
sont ceux de la colonne qu'elle alimente.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from bilan.collecte import TERRITOIRE, Feuille, feuilles
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.expressions import selectionner
from bilan.parametres import Modele, Nom, charger_yaml, lire_liste
from bilan.projet import Edition
from bilan.tables import TYPES


class Question(Modele):
    """Une question et la colonne qu'elle alimente ; `si`, la condition pour qu'elle se pose."""

    table: str
    colonne: str
    intitule: str
    aide: str
    si: str | None = None


class Theme(Modele):
    """Un thème d'entretien et ses relances."""

    categorie: str
    nom: str
    relances: list[str]


class Questionnaire(Modele):
    """Un formulaire : qui répond, quand, à quelles questions."""

    code: Nom
    nom: str
    repondant: str
    moment: str
    questions: list[Question] = Field(min_length=1)
    themes: list[Theme] = Field(default_factory=list)

    @property
    def tables(self) -> list[str]:
        """Les tables alimentées, dans l'ordre des questions."""
        return list(dict.fromkeys(q.table for q in self.questions))


def lire(edition: Edition) -> list[Questionnaire]:
    """Les questionnaires de l'édition ; lève `ErreurBilan` si le fichier ne se lit pas."""
    chemin = edition.params / "questionnaires.yml"
    return lire_liste(chemin, Questionnaire, edition.relatif(chemin))


def a_remplir(edition: Edition) -> list[Questionnaire]:
    """Ceux que les territoires et les participants remplissent eux-mêmes, sans enquêteur."""
    collectes = {f.table: f.collecte for f in feuilles(edition.racine)}
    return [
        q for q in lire(edition)
        if {collectes[t] for t in q.tables} <= {"classeur", "questionnaire"}
    ]


def fautes(edition: Edition) -> list[Faute]:
    """Les fautes du fichier : sa forme, puis ce qui ne s'accorde pas avec les schémas."""
    try:
        lus = lire(edition)
    except ErreurBilan as erreur:
        return erreur.fautes
    chemin = edition.params / "questionnaires.yml"
    lieu = edition.relatif(chemin)
    tables = {f.table: f for f in feuilles(edition.racine)}
    trouvees, codes = [], set()
    for lu, brut in zip(lus, charger_yaml(chemin, lieu), strict=True):
        for rang, question in enumerate(lu.questions):
            ligne = brut["questions"].lignes[rang]
            trouvees += [Faute(lieu, *f, ligne) for f in _fautes_de_question(question, tables)]
        if lu.code in codes:
            trouvees.append(Faute(lieu, f"{lu.code} est défini deux fois", "Renommer l'un d'eux."))
        codes.add(lu.code)
    return trouvees or [Faute(lieu, *f) for lu in lus for f in _fautes_d_ensemble(lu, tables)]


def _fautes_de_question(
    question: Question, tables: dict[str, Feuille]
) -> Iterator[tuple[str, str]]:
    """(ce qui a été trouvé, quoi écrire) : table, colonne et condition."""
    if question.table not in tables:
        yield f"table inconnue « {question.table} »", proposer(question.table, tables)
        return
    champs = {c.nom: c for c in tables[question.table].champs}
    if question.colonne not in champs:
        yield f"colonne inconnue « {question.colonne} »", proposer(question.colonne, champs)
    if question.si:
        vide = pd.DataFrame({n: pd.Series(dtype=TYPES.get(c.genre, "string"))
                             for n, c in champs.items()})
        try:
            selectionner(question.si, vide)
        except ErreurBilan as erreur:
            yield str(erreur), ""


def _fautes_d_ensemble(lu: Questionnaire, tables: dict[str, Feuille]) -> Iterator[tuple[str, str]]:
    """Ce qu'un questionnaire demande deux fois, ou oublie alors que sa table l'exige."""
    demandees = [(q.table, q.colonne) for q in lu.questions]
    territoires = [t for t, colonne in demandees if colonne == TERRITOIRE]
    if len(territoires) > 1:
        yield f"{lu.code} demande le territoire plusieurs fois", "N'en garder qu'une question."
    for table, colonne in dict.fromkeys(demandees):
        if demandees.count((table, colonne)) > 1 and colonne != TERRITOIRE:
            yield f"{lu.code} demande deux fois {table}.{colonne}", "N'en garder qu'une question."
    for table in lu.tables:
        if tables[table].collecte == "evaluation":
            continue  # l'enquêteur complète
        for champ in tables[table].champs:
            connu = champ.nom == TERRITOIRE and territoires
            if champ.obligatoire and not connu and (table, champ.nom) not in demandees:
                yield (f"{lu.code} ne demande pas {table}.{champ.nom}, qui est obligatoire",
                       "Ajouter la question.")
