"""Ce que l'édition attend d'un fichier reçu."""

from __future__ import annotations

from dataclasses import dataclass

from bilan import collecte
from bilan.collecte import Feuille
from bilan.importer_titres import aplatir
from bilan.projet import Edition
from bilan.questionnaires import Question, lire


@dataclass(frozen=True)
class Contexte:
    """Ce que l'édition attend : ses tables, leurs questions, les libellés de ses codes."""

    edition: Edition
    feuilles: dict[str, Feuille]
    choix: dict[str, dict[str, str]]
    questions: dict[str, list[Question]]

    @classmethod
    def lire(cls, edition: Edition) -> Contexte:
        """Lève `ErreurBilan` si une table ou les questionnaires de l'édition ne se lisent pas."""
        questions: dict[str, list[Question]] = {}
        for question in (q for f in lire(edition) for q in f.questions):
            questions.setdefault(question.table, []).append(question)
        return cls(edition, {f.table: f for f in collecte.feuilles(edition.racine)},
                   collecte.choix(edition), questions)

    def noms(self, feuille: Feuille) -> dict[str, str]:
        """Chaque façon d'appeler une colonne (aplatie) → le nom de la colonne."""
        noms = {aplatir(q.intitule): q.colonne for q in self.questions.get(feuille.table, [])}
        noms |= {aplatir(c.titre): c.nom for c in feuille.champs}
        return noms | {aplatir(c.nom): c.nom for c in feuille.champs}
