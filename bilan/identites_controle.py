"""Le contrôle des identités : ce qui est impossible, et ce qu'il faudrait.

Un constat ne dit « impossible » que si aucune des trois règles d'arrondi de `bilan.auditer` ne
sauve les valeurs imprimées.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Literal

from bilan.auditer import REGLES, comptes_possibles, decimales_ecrites, exacte
from bilan.identites import Identite, codes_cites, lire
from bilan.nombres import nombre, quantite
from bilan.projet import Edition

if TYPE_CHECKING:
    from bilan.registre import Chiffre

Verdict = Literal["impossible", "sous condition", "possible"]


@dataclass(frozen=True)
class Derive:
    """Un nombre que le contrôle calcule et que sa phrase cite."""

    code: str
    libelle: str
    valeur: Decimal
    unite: str
    definition: str

    @property
    def texte(self) -> str:
        return quantite(self.valeur, self.unite)


@dataclass(frozen=True)
class Constat:
    """Ce que le contrôle d'une identité a trouvé."""

    identite: Identite
    verdict: Verdict
    phrase: str
    derives: list[Derive]

    @property
    def il_faudrait(self) -> str:
        """Ce qui rendrait les valeurs compatibles ; vide quand elles le sont déjà."""
        return "" if self.verdict == "possible" else self.identite.il_faudrait


def valeurs_du_registre(chiffres: Iterable[Chiffre]) -> dict[str, Decimal]:
    """Les nombres du registre, par code ; celui d'un résultat publié est le code d'indicateur."""
    return {
        chiffre.code.removeprefix("publie."): exacte(chiffre.valeur)
        for chiffre in chiffres
        if chiffre.valeur is not None
    }


def derives(edition: Edition, chiffres: Iterable[Chiffre]) -> list[Derive]:
    """Tous les nombres que calculent les contrôles de l'édition, pour le registre."""
    constats = controler(lire(edition).identites, valeurs_du_registre(chiffres))
    return [derive for constat in constats for derive in constat.derives]


def controler(
    identites: Iterable[Identite],
    valeurs: Mapping[str, Decimal],
    ecrire: Callable[[str, str], str] = lambda code, texte: texte,
) -> list[Constat]:
    """Un constat par identité dont toutes les valeurs sont connues.

    Parameters
    ----------
    valeurs : par code, les pourcentages avec leurs décimales imprimées, et les effectifs.
    ecrire : du code d'un nombre et de son texte, ce que la phrase en montre.
    """
    return [
        CONTROLES[identite.genre](_Redaction(identite, valeurs, ecrire))
        for identite in identites
        if all(code in valeurs for code in codes_cites(identite))
    ]


@dataclass
class _Redaction:
    """Une identité, ses valeurs, et de quoi écrire la phrase de son constat."""

    identite: Identite
    valeurs: Mapping[str, Decimal]
    ecrire: Callable[[str, str], str]
    derives: list[Derive] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parts = {code: self.valeurs[code] for code in self.identite.parts}
        self.tout = {code: self.valeurs[code] for code in self.identite.tout}

    def citer(self, codes: Iterable[str]) -> str:
        """« I5 (37 %) et I7 (68 %) » ; sans code quand ce n'est pas celui d'un indicateur."""
        textes = []
        for code in codes:
            texte = self.ecrire(code, quantite(self.valeurs[code], "%"))
            textes.append(texte if "." in code else f"{code} ({texte})")
        return " et ".join(filter(None, [", ".join(textes[:-1]), textes[-1]]))

    def deriver(self, nom: str, valeur: Decimal, unite: str, definition: str) -> str:
        """Le texte d'un nombre calculé ici, qui s'ajoute à ceux du constat."""
        code = f"audit.{self.identite.code}.{nom}"
        derive = Derive(code, self.identite.nom, valeur, unite, definition)
        self.derives.append(derive)
        return self.ecrire(derive.code, derive.texte)

    def citer_tout(self) -> str:
        """Le tout : sa valeur publiée, ou le produit de celles qui le font."""
        if len(self.tout) == 1:
            return self.citer(self.tout)
        produit = 100 * prod(v / 100 for v in self.tout.values())
        facteurs = " × ".join(self.tout)
        return f"{self.deriver('tout', _au_dixieme(produit), '%', facteurs)} ({facteurs})"

    def constat(self, verdict: Verdict, phrase: str) -> Constat:
        return Constat(self.identite, verdict, phrase, self.derives)


def _au_dixieme(valeur: Decimal, **arrondi: str) -> Decimal:
    return valeur.quantize(Decimal("0.1"), **arrondi)


def _intervalle(*valeurs: Decimal) -> tuple[Fraction, Fraction]:
    """Ce que le produit de ces pourcentages imprimés peut cacher, toutes règles réunies."""
    bas = haut = Fraction(100)
    for valeur in valeurs:
        pas = Fraction(1, 10 ** decimales_ecrites(valeur))
        bas *= max(Fraction(valeur) - pas / 2, Fraction(0)) / 100
        haut *= min(Fraction(valeur) + pas, Fraction(100)) / 100
    return bas, haut


def _base_commune_exclusive(r: _Redaction) -> Constat:
    """Des parts qui s'excluent, sur une même base, ne dépassent pas ensemble la totalité."""
    definition = " + ".join(r.parts)
    somme = r.deriver("somme", sum(r.parts.values(), Decimal(0)), "%", definition)
    sujet = f"{r.citer(r.parts)}, qui s'excluent"
    if sum(_intervalle(v)[0] for v in r.parts.values()) > 100:
        return r.constat(
            "impossible",
            f"{sujet}, ne peuvent pas être des parts des mêmes {r.identite.ensemble} : "
            f"leur somme, {somme}, dépasse la totalité.",
        )
    return r.constat(
        "possible", f"{sujet}, tiennent ensemble parmi les {r.identite.ensemble} : somme {somme}."
    )


def _part_du_tout(r: _Redaction) -> Constat:
    """Sur une même base, une part ne dépasse pas le tout qui la contient."""
    fautives = [code for code, valeur in r.parts.items() if _depasse(valeur, *r.tout.values())]
    debut = f"Sur une même base, les {r.identite.ensemble}"
    if fautives:
        phrase = f"{debut} : {r.citer(fautives)} ne tient pas dans un tout de {r.citer_tout()}."
        return r.constat("impossible", phrase)
    phrase = f"{debut} : {r.citer(r.parts)} tient dans un tout de {r.citer_tout()}."
    return r.constat("possible", phrase)


def _depasse(part: Decimal, *tout: Decimal) -> bool:
    """Vrai si aucun arrondi ne permet à la part de tenir dans le tout."""
    if len(tout) == 1 and decimales_ecrites(part) == decimales_ecrites(tout[0]):
        return part > tout[0]  # une même règle d'arrondi garde l'ordre
    return _intervalle(part)[0] > _intervalle(*tout)[1]


def _sous_groupes(r: _Redaction) -> Constat:
    """La part d'un ensemble est entre la plus basse et la plus haute de ses sous-groupes."""
    bas, haut = _intervalle(*r.tout.values())
    au_dessus = all(_intervalle(v)[0] > haut for v in r.parts.values())
    au_dessous = all(_intervalle(v)[1] < bas for v in r.parts.values())
    sujet, ensemble, tout = r.citer(r.parts), r.identite.ensemble, r.citer_tout()
    if not au_dessus and not au_dessous:
        return r.constat("possible", f"{sujet} encadrent ou égalent la part de l'ensemble, {tout}.")
    cote, autre = ("au-dessus", "au-dessous") if au_dessus else ("au-dessous", "au-dessus")
    debut = f"{sujet} sont {cote} de la part de l'ensemble, {tout}"
    if r.identite.exhaustif:
        return r.constat("impossible", f"{debut}, dont ce sont pourtant les seuls sous-groupes.")
    plafonds = [
        f"{code} ne peut pas porter sur plus de {_plafond(r, code, bas, haut, au_dessus)} "
        f"des {ensemble}"
        for code in r.parts
    ]
    suite = f"Il faut que d'autres {ensemble} soient {autre}"
    return r.constat("sous condition", f"{debut}. {suite} : {' ; '.join(plafonds)}.")


def _plafond(r: _Redaction, code: str, bas: Fraction, haut: Fraction, au_dessus: bool) -> str:
    """Le poids d'un sous-groupe au-delà duquel les autres ne peuvent plus compenser."""
    part_basse, part_haute = _intervalle(r.parts[code])
    poids = haut / part_basse if au_dessus else (100 - bas) / (100 - part_haute)
    exact = Decimal(100 * poids.numerator) / Decimal(poids.denominator)
    definition = f"poids maximal de {code}, quelle que soit la règle d'arrondi"
    return r.deriver(f"plafond.{code}", _au_dixieme(exact, rounding=ROUND_CEILING), "%", definition)


def _base_connue(r: _Redaction) -> Constat:
    """Une base que le document laisse calculer doit pouvoir donner la valeur, en compte entier."""
    base = prod(int(v) for v in r.tout.values())
    ou = f"{r.deriver('base', Decimal(base), '', ' × '.join(r.tout))} {r.identite.ensemble}"
    comptes = {code: _compte(valeur, base) for code, valeur in r.parts.items()}
    impossibles = [code for code, compte in comptes.items() if compte is None]
    if impossibles:
        phrase = f"{r.citer(impossibles)} : aucun compte entier ne convient parmi {ou}."
        return r.constat("impossible", phrase)
    exemples = ", ".join(comptes.values())
    return r.constat("possible", f"{r.citer(r.parts)}, soit {exemples} parmi {ou}.")


def _compte(valeur: Decimal, base: int) -> str | None:
    """Le plus petit compte entier qui donne la valeur sous l'une des règles, s'il y en a un."""
    decimales = decimales_ecrites(valeur)
    for regle in REGLES:
        comptes = comptes_possibles(valeur, decimales, base, regle=regle)
        if comptes:
            return nombre(int(comptes[0]))
    return None


CONTROLES: dict[str, Callable[[_Redaction], Constat]] = {
    "base_commune_exclusive": _base_commune_exclusive,
    "part_du_tout": _part_du_tout,
    "sous_groupes": _sous_groupes,
    "base_connue": _base_connue,
}
