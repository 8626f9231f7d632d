"""Comparer deux éditions : chaque chiffre, avant et après, et ce qui fait l'écart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bilan import nombres
from bilan.comparer_lecture import COMPARABLE, NOMS, ecart, juger, lire
from bilan.comparer_melange import DU_RESULTAT, FACTEURS, Melange
from bilan.petits_effectifs import masques
from bilan.registre import Chiffre, Registre
from bilan.style import lister

if TYPE_CHECKING:
    from bilan.carnet import Bilan

# Les chiffres dont le code désigne le même fait dans deux éditions. Les autres portent un rang
# (session, phrase d'une fiche) ou décrivent un document déjà publié.
FAMILLES = ("ensemble", "acteurs", "criteres", "entretiens", "lignes", "contexte")
D_INDICATEUR = ("resultat", "cible", "ecart", "verdict", "etendue")


@dataclass(frozen=True)
class Ecart:
    """Un chiffre dans deux éditions, et ce qui a changé.

    `causes` : ce qui, changé seul à partir de l'ancienne édition ou rétabli seul à partir de la
    nouvelle, change le chiffre. `effets` : ce que chaque cause déplace à elle seule, en points ;
    None si cela ne se recalcule pas ; `reste` est ce que les causes font ensemble et non une à
    une. `reserves` : ce qui empêche de comparer, ou oblige à le faire avec prudence.
    """

    code: str
    avant: Chiffre | None
    apres: Chiffre | None
    causes: tuple[str, ...] = ()
    effets: Mapping[str, float | None] | None = None
    comparabilite: str = COMPARABLE
    reserves: tuple[str, ...] = ()
    lecture: str = ""

    @property
    def chiffre(self) -> Chiffre:
        return self.apres or self.avant

    @property
    def ancien(self) -> float | str | None:
        return _valeur(self.avant)

    @property
    def nouveau(self) -> float | str | None:
        return _valeur(self.apres)

    @property
    def ecart(self) -> float | None:
        """Nouveau moins ancien, tels qu'ils s'impriment (un pourcentage, à l'unité)."""
        return ecart(self.avant, self.apres)

    @property
    def change(self) -> bool:
        """Vrai si le chiffre n'est plus le même, ou si deux causes s'y compensent."""
        return bool(self.causes) or lu(self.avant) != lu(self.apres)


def _valeur(chiffre: Chiffre | None) -> float | str | None:
    """La valeur, ou le mot quand le chiffre n'est pas un nombre (un verdict)."""
    if chiffre is None or chiffre.texte == nombres.NON_RENSEIGNE:
        return None
    return chiffre.texte if chiffre.valeur is None else chiffre.valeur


def comparer(ancien: Bilan, nouveau: Bilan) -> list[Ecart]:
    """Les écarts entre deux éditions : d'abord un par indicateur, puis un par chiffre.

    Le code d'un indicateur (`I4`) y désigne son résultat d'ensemble, et ses causes sont celles de
    son résultat, de sa cible et de son verdict.
    """
    melange = Melange(ancien, nouveau)
    registres = _Registres(melange)
    codes = [c for c in dict.fromkeys(_codes(registres.avant, registres.apres))
             if _comparable_par_code(c, melange)]
    ecarts = [_d_un_chiffre(code, melange, registres) for code in codes]
    return [*_des_indicateurs(ecarts, melange), *ecarts]


def _codes(*registres: Registre) -> Iterator[str]:
    for registre in registres:
        yield from (chiffre.code for chiffre in registre)


def _comparable_par_code(code: str, melange: Melange) -> bool:
    famille, _, suite = code.partition(".")
    if famille in melange.avant or famille in melange.apres:
        return suite.split(".")[0] in D_INDICATEUR
    return famille in FAMILLES


class _Registres:
    """Les registres à comparer : les deux vrais, et ceux où une seule chose diffère de l'un."""

    def __init__(self, melange: Melange):
        self.avant, self.apres = melange.registre(()), melange.registre(FACTEURS)
        self.seuls = {f: melange.registre([f]) for f in FACTEURS if f in melange.differents}
        self.sauf = {f: melange.registre(melange.differents - {f}) for f in self.seuls}

    def causes(self, code: str) -> tuple[str, ...]:
        """Ce qui, changé seul dans un sens ou dans l'autre, change ce chiffre.

        Deux causes qui se compensent restent des causes. D'un chiffre qui n'existe que d'un côté,
        on cherche ce qui le fait apparaître ou disparaître.
        """
        avant, apres = self.avant.get(code), self.apres.get(code)
        lire = lu if avant and apres else bool
        return tuple(
            f for f in self.seuls
            if lire(self.seuls[f].get(code)) != lire(avant)
            or lire(self.sauf[f].get(code)) != lire(apres)
        )


def lu(chiffre: Chiffre | None) -> tuple:
    """Ce qui fait un chiffre : sa valeur, son n/N, ses mots et sa règle de calcul."""
    c = chiffre
    return (c.valeur, c.numerateur, c.denominateur, c.texte, c.regle) if c else ()


def _d_un_chiffre(code: str, melange: Melange, registres: _Registres) -> Ecart:
    avant, apres = registres.avant.get(code), registres.apres.get(code)
    causes = registres.causes(code)
    comparabilite, reserves = juger(avant, apres, causes, melange)
    return Ecart(code, avant, apres, causes, None, comparabilite, reserves)


def _des_indicateurs(ecarts: list[Ecart], melange: Melange) -> Iterator[Ecart]:
    """Un écart par indicateur : son résultat, et les causes de tout ce qu'on en lit."""
    par_code = {e.code: e for e in ecarts}
    for code in dict.fromkeys([*melange.apres, *melange.avant]):
        parts = [par_code[f"{code}.{p}"] for p in ("resultat", "cible", "verdict")
                 if f"{code}.{p}" in par_code]
        causes = tuple(f for f in FACTEURS if any(f in p.causes for p in parts))
        if {"nouveau", "abandonne"} & set(causes):
            causes = tuple(c for c in causes if c in ("nouveau", "abandonne"))
        resultat = parts[0]
        mesures = effets(code, melange, resultat.causes)
        synthese = replace(
            resultat, code=code, causes=causes, effets=mesures,
            reserves=(*resultat.reserves, *_non_recalculables(code, melange, mesures)),
        )
        yield replace(synthese, lecture=lire(code, synthese.ecart, causes, synthese.comparabilite,
                                             melange))


def effets(code: str, melange: Melange, causes: Iterable[str]) -> dict[str, float | None]:
    """Ce que chaque cause déplace le résultat, changée seule à partir de l'ancienne édition.

    En points. Ces effets ne dépendent d'aucun ordre ; leur somme n'est pas toujours l'écart, et
    `reste` est ce qui manque. Vide si l'indicateur n'a pas de résultat dans les deux éditions.
    """
    if code not in melange.avant or code not in melange.apres:
        return {}
    # L'effet d'une cause est celui de quelques territoires : il redonnerait un effectif masqué.
    if any(any(masques(melange.registre(f), code)) for f in ((), FACTEURS)):
        return {}
    depart, arrivee = melange.mesure(code, ()), melange.mesure(code, FACTEURS)
    if depart is None or arrivee is None:
        return {}
    mesures = {f: melange.mesure(code, [f]) for f in DU_RESULTAT if f in causes}
    points = {f: m and m.valeur - depart.valeur for f, m in mesures.items()}
    if len(points) > 1:
        connus = [e for e in points.values() if e is not None]
        points["reste"] = arrivee.valeur - depart.valeur - sum(connus)
    # Le zéro ajouté ôte son signe à un reste nul.
    return {f: None if e is None else round(e, 6) + 0.0 for f, e in points.items()}


def _non_recalculables(
    code: str, melange: Melange, mesures: Mapping[str, float | None]
) -> Iterator[str]:
    """Pourquoi une cause ne se mesure pas à elle seule."""
    for facteur, effet in mesures.items():
        if effet is None:
            vides = melange.manquantes(code, [facteur])
            motif = (f"colonne vide dans l'une des éditions ({lister(vides)})" if vides
                     else "rien à compter")
            yield f"{NOMS[facteur]} non recalculable seule\u00a0: {motif}"
