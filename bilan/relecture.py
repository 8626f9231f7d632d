"""Une relecture : un document, les nombres qu'il publie, et ce que les contrôles en signalent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from bilan.document import Document
from bilan.document_elements import Temoignage
from bilan.identites import Identite


@dataclass(frozen=True)
class Signalement:
    """Ce qu'un contrôle a trouvé, où, et pourquoi cela ne tient pas."""

    controle: str
    cle: str
    lieux: list[str]
    trouve: str
    pourquoi: str
    remede: str = ""

    @property
    def code(self) -> str:
        return f"{self.controle}.{self.cle}"

    def repond_a(self, attendu: str) -> bool:
        """Vrai si c'est le signalement attendu : son code, ou tout son contrôle."""
        return attendu in (self.code, self.controle)


@dataclass(frozen=True)
class Relecture:
    """Ce que les contrôles lisent.

    `valeurs` : par code d'indicateur, le résultat en % avec ses décimales imprimées ; `I1.cible`
    pour une cible.
    """

    document: Document
    valeurs: Mapping[str, Decimal] = field(default_factory=dict)
    identites: list[Identite] = field(default_factory=list)

    def temoignages(self, membre: str, critere: str) -> list[Temoignage]:
        """Ce qui est dit d'un membre sur un critère."""
        return self._temoignages.get((membre, critere), [])

    @cached_property
    def _temoignages(self) -> dict[tuple[str, str], list[Temoignage]]:
        """Rangés une fois : les contrôles demandent chaque membre, critère par critère."""
        ranges: dict[tuple[str, str], list[Temoignage]] = {}
        for t in self.document.temoignages:
            ranges.setdefault((t.membre, t.critere), []).append(t)
        return ranges


def enumerer(elements: list[str]) -> str:
    """« a, b et c »."""
    return " et ".join(filter(None, [", ".join(elements[:-1]), elements[-1]])) if elements else ""
