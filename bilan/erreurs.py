"""Les fautes dites à l'utilisateur : où, ce qui a été trouvé, ce qu'il faut écrire."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Faute:
    """Une faute, à un endroit. `ligne` est le numéro de ligne du fichier (en-tête = 1)."""

    fichier: str
    trouve: str
    remede: str = ""
    ligne: int | None = None
    colonne: str | None = None

    def __str__(self) -> str:
        lieu = self.fichier
        if self.ligne is not None:
            lieu += f", ligne {self.ligne}"
        if self.colonne:
            lieu += f", colonne « {self.colonne} »"
        trouve = self.trouve.rstrip(". ")
        message = f"{lieu} : {trouve}" + ("" if trouve.endswith("?") else ".")
        return f"{message} {self.remede}" if self.remede else message


class ErreurBilan(Exception):
    """Erreur d'usage : porte une ou plusieurs fautes, une ligne chacune."""

    def __init__(self, fautes: str | Faute | Iterable[Faute]):
        if isinstance(fautes, str | Faute):
            fautes = [fautes]
        self.fautes = list(fautes)
        super().__init__("\n".join(str(f) for f in self.fautes))


def proposer(mot: str, possibles: Iterable[str]) -> str:
    """Le remède d'un nom inconnu : le plus proche, sinon ce qui existe (les vingt premiers)."""
    possibles = [str(p) for p in possibles]
    proches = difflib.get_close_matches(str(mot), possibles, n=1, cutoff=0.6)
    if proches:
        return f"Écrire « {proches[0]} » ?"
    suite = ", …" if len(possibles) > 20 else "."
    return "Possibles : " + ", ".join(possibles[:20]) + suite if possibles else ""
