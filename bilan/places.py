"""La place d'un territoire parmi les autres : leurs résultats, comptés une fois pour tous.

Une fiche ne lit ainsi que ses propres résultats et un résumé, si nombreux que soient les autres.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from bilan import nombres
from bilan.registre import Chiffre, Registre


@dataclass(frozen=True)
class Resume:
    """Les résultats de tous les territoires pour un indicateur.

    `comptes` : combien ont chaque résultat, arrondi au point. `extremes` : les deux plus bas et les
    deux plus hauts, par code de chiffre, pour savoir qui reste sans l'un d'eux. `absences` : ce qui
    se lit à la place des résultats qui manquent, et combien de fois.
    """

    comptes: dict[float, int]
    extremes: tuple[str, ...]
    absences: dict[str, int]

    def sans(self, sien: Chiffre | None) -> dict[float, int]:
        """Les comptes des autres territoires."""
        autres = Counter(self.comptes)
        if sien is not None and sien.valeur is not None:
            autres[_arrondi(sien)] -= 1
        return {valeur: nombre for valeur, nombre in sorted(autres.items()) if nombre}

    def bornes(self, registre: Registre, sien: Chiffre | None) -> tuple[Chiffre, Chiffre] | None:
        """Le plus bas et le plus haut résultat des autres ; None si aucun n'en a."""
        autres = [code for code in self.extremes if sien is None or code != sien.code]
        return (registre[autres[0]], registre[autres[-1]]) if autres else None

    def raisons(self, sien: Chiffre | None) -> list[str]:
        """Ce qui se lit pour les autres qui n'ont pas de résultat, une fois chacun."""
        autres = Counter(self.absences)
        if sien is not None and sien.valeur is None:
            autres[sien.texte] -= 1
        return [texte for texte, nombre in autres.items() if nombre > 0]


def resumer(registre: Registre, indicateurs: Iterable[str]) -> dict[str, Resume]:
    """Le résumé de chaque indicateur, par code."""
    return {code: _resume(registre.debut(f"{code}.resultat.")) for code in indicateurs}


def en_dict(resumes: dict[str, Resume]) -> dict[str, dict]:
    """Les résumés en types simples."""
    return {code: asdict(resume) for code, resume in resumes.items()}


def _resume(locaux: list[Chiffre]) -> Resume:
    connus = sorted((c for c in locaux if c.valeur is not None), key=lambda c: c.valeur)
    return Resume(
        dict(Counter(map(_arrondi, connus))),
        tuple(c.code for c in [*connus[:2], *connus[2:][-2:]]),
        dict(Counter(c.texte for c in locaux if c.valeur is None)),
    )


def _arrondi(chiffre: Chiffre) -> float:
    return float(nombres.arrondir(chiffre.valeur))
