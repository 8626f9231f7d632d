"""Un questionnaire en XLSForm (KoboToolbox, ODK) : sa formulation, les contraintes des schémas.

Noms des questions, groupes et listes : voir `bilan.collecte`. Avant chaque répétition, une question
`avec_<table>` demande si l'on a des lignes à y mettre : elle n'alimente aucune colonne.
"""

from __future__ import annotations

from dataclasses import dataclass

from lark import Transformer, v_args
from openpyxl import Workbook
from openpyxl.styles import Font

from bilan import collecte
from bilan.collecte import Champ, Feuille
from bilan.empreintes import condense
from bilan.expressions import analyser
from bilan.parametres import Parametres
from bilan.projet import Edition
from bilan.questionnaires import Question, Questionnaire
from bilan.tableur import ecrire, octets

LANGUE = "français (fr)"
LABEL, AIDE = f"label::{LANGUE}", f"hint::{LANGUE}"
REFUS, MANQUE = f"constraint_message::{LANGUE}", f"required_message::{LANGUE}"
SURVEY = ("type", "name", LABEL, AIDE, "required", MANQUE, "relevant", "constraint", REFUS)
TYPES = {"string": "text", "integer": "integer", "number": "decimal", "date": "date"}
RESERVE = "N'écrivez aucun nom de personne, aucune adresse, aucune donnée de santé."


@dataclass(frozen=True)
class _Formulaire:
    """Ce qu'il faut pour écrire les lignes d'un questionnaire."""

    questionnaire: Questionnaire
    feuilles: dict[str, Feuille]

    def lignes(self) -> list[dict[str, str]]:
        """Les lignes de la feuille survey."""
        q = self.questionnaire
        accueil = f"{q.nom}. {q.repondant}. {q.moment}. {RESERVE}"
        lignes = [{"type": "note", "name": "accueil", LABEL: accueil}]
        lignes += [self._question(x) for x in q.questions if x.colonne == collecte.TERRITOIRE]
        for table in q.tables:
            lignes += self._table(self.feuilles[table])
        return lignes

    def listes(self) -> dict[str, dict[str, str]]:
        """Les listes de la feuille choices : code et libellé."""
        champs = [self._champ(q) for q in self.questionnaire.questions]
        listes = {c.liste: c.modalites for c in champs if c.modalites}
        repetees = any(f.collecte != "questionnaire" for f in self._tables())
        return listes | ({collecte.LISTE_OUI_NON: collecte.OUI_NON} if repetees else {})

    def _tables(self) -> list[Feuille]:
        return [self.feuilles[t] for t in self.questionnaire.tables]

    def _table(self, feuille: Feuille) -> list[dict[str, str]]:
        """Le groupe d'une table : un envoi, une ligne ; sinon une répétition, si l'on en a."""
        questions = [self._question(q) for q in self.questionnaire.questions
                     if q.table == feuille.table and q.colonne != collecte.TERRITOIRE]
        genre, avant, condition = "group", [], ""
        if feuille.collecte != "questionnaire":
            genre, avec = "repeat", f"avec_{feuille.table}"
            condition = f"${{{avec}}} = 'true'"
            avant = [{"type": f"select_one {collecte.LISTE_OUI_NON}", "name": avec,
                      LABEL: f"Avez-vous des lignes à remplir : {feuille.titre} ?",
                      AIDE: feuille.aide, "required": "yes", MANQUE: "Répondez oui ou non."}]
        debut = {"type": f"begin_{genre}", "name": feuille.table, LABEL: feuille.titre,
                 "relevant": condition}
        return [*avant, debut, *questions, {"type": f"end_{genre}"}]

    def _question(self, question: Question) -> dict[str, str]:
        """La ligne d'une question : sa formulation, et ce que sa colonne exige."""
        champ = self._champ(question)
        regle = "" if champ.modalites else contrainte(champ)
        ligne = {
            "type": f"select_one {champ.liste}" if champ.modalites else TYPES[champ.genre],
            "name": champ.nom,
            LABEL: question.intitule,
            AIDE: f"{question.aide} {champ.attendu}" if regle else question.aide,
            "relevant": en_xpath(question.si) if question.si else "",
        }
        if champ.obligatoire:
            ligne |= {"required": "yes", MANQUE: "Cette réponse est attendue."}
        return ligne | ({"constraint": regle, REFUS: champ.attendu} if regle else {})

    def _champ(self, question: Question) -> Champ:
        champs = {c.nom: c for c in self.feuilles[question.table].champs}
        return champs[question.colonne]


def xlsform(edition: Edition, questionnaire: Questionnaire) -> bytes:
    """Le fichier .xlsx du questionnaire : le même à l'octet près si rien n'a changé."""
    feuilles = {f.table: f for f in collecte.feuilles_de(edition)}
    formulaire = _Formulaire(questionnaire, feuilles)
    lignes = formulaire.lignes()
    listes = [
        {"list_name": liste, "name": code, LABEL: libelle}
        for liste, modalites in formulaire.listes().items()
        for code, libelle in modalites.items()
    ]
    reglages = {
        "form_title": f"{questionnaire.nom} ({edition.code})",
        "form_id": collecte.identifiant(questionnaire.code, edition),
        # Les serveurs n'acceptent une correction que sous une autre version.
        "version": condense(repr((lignes, listes)).encode())[:12],
        "default_language": LANGUE,
    }
    livre = Workbook()
    livre.remove(livre.active)
    for nom, colonnes, contenu in (
        ("survey", SURVEY, lignes),
        ("choices", ("list_name", "name", LABEL), listes),
        ("settings", tuple(reglages), [reglages]),
    ):
        page = livre.create_sheet(nom)
        rangees = [colonnes, *([ligne.get(c) or None for c in colonnes] for ligne in contenu)]
        for numero, rangee in enumerate(rangees, start=1):
            for rang, valeur in enumerate(rangee, start=1):
                ecrire(page.cell(numero, rang), valeur)
        for cellule in page[1]:
            cellule.font = Font(bold=True)
            page.column_dimensions[cellule.column_letter].width = 24
        page.freeze_panes = "A2"
    return octets(livre, Parametres(edition).generaux.date)


def contrainte(champ: Champ) -> str:
    """La contrainte du schéma en XPath ; vide s'il n'y en a pas."""
    morceaux = [f"regex(., '{champ.motif}')"] if champ.motif else []
    morceaux += [f". >= {champ.minimum}"] if champ.minimum is not None else []
    morceaux += [f". <= {champ.maximum}"] if champ.maximum is not None else []
    return " and ".join(morceaux)


def en_xpath(expression: str) -> str:
    """La condition d'une question en XPath ; lève `ErreurBilan` si elle n'est pas comprise."""
    return str(_condition(_EnXpath().transform(analyser(expression))))


class _Nom(str):
    """Une colonne : seule, elle vaut « est vraie »."""


def _condition(valeur: str) -> str:
    return f"{valeur} = 'true'" if isinstance(valeur, _Nom) else valeur


@v_args(inline=True)
class _EnXpath(Transformer):
    """Traduit une expression (`bilan.expressions`) : un vrai/faux y est un choix true ou false."""

    def colonne(self, nom):
        return _Nom(f"${{{nom}}}")

    def renseigne(self, nom):
        return f"${{{nom}}} != ''"

    def texte(self, jeton):
        return f"'{str(jeton)[1:-1]}'"

    def nombre(self, jeton):
        return str(jeton)

    def vrai(self):
        return "'true'"

    def faux(self):
        return "'false'"

    def negation(self, valeur):
        return f"not({_condition(valeur)})"

    def dans(self, colonne, *valeurs):
        return "(" + " or ".join(f"{colonne} = {v}" for v in valeurs) + ")"

    def comparer(self, gauche, operateur, droite):
        return f"{gauche} {operateur} {droite}"

    def ou(self, *valeurs):
        return "(" + " or ".join(map(_condition, valeurs)) + ")"

    def et(self, *valeurs):
        return "(" + " and ".join(map(_condition, valeurs)) + ")"
