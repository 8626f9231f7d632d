"""Les chiffres qu'une édition reprend de la précédente, et ceux qui disent ce qui les sépare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bilan import nombres
from bilan.comparer import effets
from bilan.comparer_lecture import NOMS, ecart
from bilan.comparer_melange import DU_RESULTAT, Melange
from bilan.registre import Chiffre, Registre, nature_de

if TYPE_CHECKING:
    from bilan.carnet import Bilan

REPRIS = ("resultat", "cible", "verdict", "etendue")


def chiffres_compares(ancien: Bilan, nouveau: Bilan, registre: Registre) -> list[Chiffre]:
    """`precedente.<code>` : un chiffre de l'édition précédente. `comparaison.<indicateur>.…` :
    l'écart d'un résultat, et ce que chaque cause en fait à elle seule.

    Parameters
    ----------
    registre : celui de la nouvelle édition.
    """
    melange = Melange(ancien, nouveau)
    return [*_repris(melange), *_separent(melange, registre)]


def _repris(melange: Melange) -> Iterator[Chiffre]:
    """Résultats, cibles et verdicts d'avant ; par territoire, ceux des territoires communs."""
    edition = melange.ancien.edition.code
    for chiffre in melange.registre(()):
        indicateur, _, suite = chiffre.code.partition(".")
        famille, _, territoire = suite.partition(".")
        if indicateur not in melange.avant or famille not in REPRIS:
            continue
        if famille == "resultat" and territoire and territoire not in melange.communs:
            continue
        yield replace(chiffre, code=f"precedente.{chiffre.code}",
                      libelle=f"{chiffre.libelle}, édition {edition}")


def _separent(melange: Melange, registre: Registre) -> Iterator[Chiffre]:
    """L'écart de chaque résultat commun, puis les effets de ce qui a changé."""
    editions = melange.ancien.edition.code, melange.nouveau.edition.code
    for code in melange.avant:
        if code not in melange.apres:
            continue
        avant, apres = melange.registre(())[f"{code}.resultat"], registre[f"{code}.resultat"]
        difference = ecart(avant, apres)
        if difference is None:
            continue
        gabarit = replace(apres, numerateur=None, denominateur=None, cible=None, unite="points",
                          nature=_nature(avant, apres))
        yield _points(gabarit, f"{code}.ecart", f"écart de {editions[0]} à {editions[1]}",
                      difference, "Nouveau résultat moins l'ancien, tels qu'ils s'impriment.")
        for facteur, effet in effets(code, melange, melange.differents & set(DU_RESULTAT)).items():
            if effet:
                yield _points(gabarit, f"{code}.{facteur}", f"effet : {NOMS[facteur]}", effet,
                              _dire(facteur))


def _nature(avant: Chiffre, apres: Chiffre) -> str:
    """Un écart n'est une observation que si ses deux bouts en sont."""
    return nature_de((apres.nature, avant.nature))


def _dire(facteur: str) -> str:
    if facteur == "reste":
        return "Ce que les causes déplacent ensemble, et non une à une."
    return f"Le résultat de l'ancienne édition, où seul change ceci : {NOMS[facteur]}."


def _points(gabarit: Chiffre, code: str, quoi: str, valeur: float, definition: str) -> Chiffre:
    return replace(
        gabarit, code=f"comparaison.{code}", libelle=f"{gabarit.libelle} ({quoi})", valeur=valeur,
        texte=nombres.ecart(valeur), definition=definition,
    )
