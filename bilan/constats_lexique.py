"""Les mots de la prose qui disent une force ou une cause."""

from __future__ import annotations

import re

from bilan.constats import FORCES, Regles, rang
from bilan.constats_mentions import lisible

CITATION = re.compile(r"«[^»]*»")
# Un mot fort que la phrase nie : « n'en sont pas la preuve », « sans établir ».
NEGATION = r"(?P<neg>(?:\bne |\bn'|\bsans )(?:[\w']+ ){0,4}?(?:[dls]')?)?"


class Lexique:
    """Les mots qui disent une force, et ceux qui disent une cause."""

    def __init__(self, regles: Regles):
        self.mots = {e.force: _motif(e.mots) for e in regles.forces}
        self.causes = _motif(regles.causes)

    def force(self, phrase: str) -> tuple[str, str]:
        """La force que disent les mots d'une phrase, et le mot qui la dit.

        Le mot le plus fort l'emporte. Une phrase sans mot de force affirme : elle montre.
        """
        phrase, trouvees = _neutre(phrase), {}
        # Les mots forts d'abord, avec leur négation ; puis du plus faible au plus fort, car
        # « ne peut pas dire » contient « peut ».
        for force in (FORCES[-1], *FORCES[:-1]):
            for trouve in self.mots[force].finditer(phrase):
                niee = force == FORCES[-1] and trouve["neg"]
                trouvees.setdefault(FORCES[0] if niee else force, trouve["mot"])
            phrase = self.mots[force].sub(" ; ", phrase)
        plus_forte = max(trouvees, key=rang, default=FORCES[-1])
        return plus_forte, trouvees.get(plus_forte, "")

    def cause(self, phrase: str) -> str | None:
        """Le mot qui, dans la phrase, dit une cause sans la nier."""
        affirmees = (t["mot"] for t in self.causes.finditer(_neutre(phrase)) if not t["neg"])
        return next(affirmees, None)


def _motif(mots: list[str]) -> re.Pattern:
    """Un de ces mots ; le plus long d'abord, l'astérisque pour la fin d'un mot."""
    formes = "|".join(
        re.escape(mot.replace("’", "'").casefold()).replace(r"\*", r"\w*")
        for mot in sorted(mots, key=len, reverse=True)
    )
    return re.compile(rf"{NEGATION}(?P<mot>(?<!\w)(?:{formes})(?!\w))")


def _neutre(phrase: str) -> str:
    """En minuscules, sans citation ni balisage, un seul blanc entre les mots."""
    phrase = lisible(CITATION.sub(" ", phrase), lambda code: " ")
    return " ".join(phrase.replace("’", "'").casefold().split())
