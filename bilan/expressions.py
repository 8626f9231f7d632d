"""Le petit langage des définitions et des conditions : `rencontre et non participe_action`.

Une définition d'indicateur porte sur les colonnes d'une table ; la condition d'un constat, sur
les chiffres du registre, nommés par leur code : `I4.resultat < I4.cible`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

import pandas as pd
from lark import Lark, Token, Transformer, Tree, v_args
from lark.exceptions import UnexpectedInput, VisitError

from bilan.erreurs import ErreurBilan, proposer

GRAMMAIRE = r"""
?start: ou
?ou: et ("ou" et)*
?et: non ("et" non)*
?non: "non" non -> negation | comparaison
?comparaison: atome | atome OPERATEUR atome -> comparer
            | atome "dans" "(" constante ("," constante)* ")" -> dans
?atome: "(" ou ")" | "renseigne" "(" NOM ")" -> renseigne | NOM -> colonne | constante
?constante: TEXTE -> texte | NOMBRE -> nombre | "vrai" -> vrai | "faux" -> faux
OPERATEUR: "<=" | ">=" | "!=" | "=" | "<" | ">"
NOM: /(?!(et|ou|non|dans|vrai|faux|renseigne)\b)[A-Za-z_]\w*([.-][A-Za-z0-9]\w*)*/
TEXTE: /"[^"\n]*"/
NOMBRE: /-?[0-9]+(\.[0-9]+)?/
%import common.WS
%ignore WS
"""


@cache
def _analyseur() -> Lark:
    return Lark(GRAMMAIRE, parser="lalr", maybe_placeholders=False)


@v_args(inline=True)
class _Evaluation(Transformer):
    """Évalue une expression sur une table : rend une série de booléens (NA = inconnu)."""

    def __init__(self, table: pd.DataFrame, noms: Collection[str], quoi: str = "colonne inconnue"):
        super().__init__()
        self.table, self.noms, self.quoi = table, noms, quoi

    def _serie(self, valeur):
        return valeur if isinstance(valeur, pd.Series) else pd.Series(
            valeur, index=self.table.index
        )

    def colonne(self, nom):
        if nom not in self.table.columns:
            raise ErreurBilan(
                f"{self.quoi} « {nom} ». {proposer(nom, self.noms)[:200]}"
            )
        return self.table[str(nom)]

    def renseigne(self, nom):
        return self.colonne(nom).notna()

    def texte(self, jeton):
        return str(jeton)[1:-1]

    def nombre(self, jeton):
        return float(jeton)

    def vrai(self):
        return True

    def faux(self):
        return False

    def negation(self, serie):
        return ~self._booleen(serie)

    def dans(self, serie, *valeurs):
        return serie.isin(valeurs)

    def comparer(self, gauche, operateur, droite):
        gauche = self._serie(gauche)
        methode = {"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}[operateur]
        try:
            return getattr(gauche, methode)(droite)
        except TypeError:
            raise ErreurBilan("comparaison entre un texte et un nombre.") from None

    def ou(self, *series):
        total = self._booleen(series[0])
        for serie in series[1:]:
            total = total | self._booleen(serie)
        return total

    def et(self, *series):
        total = self._booleen(series[0])
        for serie in series[1:]:
            total = total & self._booleen(serie)
        return total

    def _booleen(self, valeur):
        serie = self._serie(valeur)
        if not pd.api.types.is_bool_dtype(serie.dtype):
            raise ErreurBilan(
                f"« {serie.name} » n'est pas une colonne vrai/faux. La comparer à une valeur."
            )
        return serie.astype("boolean")


def colonnes(expression: str) -> list[str]:
    """Les colonnes que nomme une expression bien écrite."""
    jetons = _analyseur().parse(expression).scan_values(lambda jeton: jeton.type == "NOM")
    return [str(jeton) for jeton in jetons]


def selectionner(expression: str, table: pd.DataFrame) -> pd.Series:
    """Le masque booléen des lignes retenues ; une valeur inconnue n'est pas retenue.

    Lève `ErreurBilan` si l'expression n'est pas comprise ou nomme une colonne absente.
    """
    return evaluer(expression, table).fillna(False).astype(bool)


def evaluer(expression: str, table: pd.DataFrame) -> pd.Series:
    """Ce que vaut l'expression sur chaque ligne : vrai, faux, ou NA si une valeur manque.

    Lève `ErreurBilan` si l'expression n'est pas comprise ou nomme une colonne absente.
    """
    return _evaluer(expression, _Evaluation(table, table.columns))


def verifiee(condition: str, valeurs: Mapping[str, object]) -> bool:
    """Vrai si la condition tient sur ces valeurs, nombres ou textes ; un vide n'y suffit pas.

    Lève `ErreurBilan` si la condition n'est pas comprise ou nomme une valeur absente.
    """
    cites = {nom: valeurs[nom] for nom in noms_cites(condition) if nom in valeurs}
    table = pd.DataFrame([cites]).convert_dtypes()
    evaluation = _Evaluation(table, valeurs, "chiffre inconnu")
    return bool(_evaluer(condition, evaluation).fillna(False).all())


def noms_cites(expression: str) -> list[str]:
    """Les noms (colonnes, chiffres) d'une expression, dans l'ordre, une fois chacun."""
    jetons = analyser(expression).scan_values(lambda j: isinstance(j, Token) and j.type == "NOM")
    return list(dict.fromkeys(str(j) for j in jetons))


def analyser(expression: str) -> Tree:
    """L'arbre de l'expression ; lève `ErreurBilan` si elle n'est pas comprise."""
    try:
        return _analyseur().parse(expression)
    except UnexpectedInput as erreur:
        fin = getattr(getattr(erreur, "token", None), "type", "") == "$END"
        reste = "" if fin else expression[erreur.pos_in_stream or 0 :].strip()
        endroit = f"à partir de « {reste} »" if reste else "à la fin"
        raise ErreurBilan(
            f"expression « {expression} » : pas comprise {endroit}. "
            'Exemple : rencontre et famille = "antenne".'
        ) from None


def _evaluer(expression: str, evaluation: _Evaluation) -> pd.Series:
    """La série de booléens d'une expression, NA là où une valeur manque."""
    arbre = analyser(expression)
    try:
        return evaluation._booleen(evaluation.transform(arbre))
    except VisitError as erreur:
        cause = erreur.orig_exc
        raise ErreurBilan(f"expression « {expression} » : {cause}") from None
    except ErreurBilan as erreur:
        raise ErreurBilan(f"expression « {expression} » : {erreur}") from None
