"""Comparer deux éditions : chaque chiffre, avant et après, et ce qui fait l'écart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bilan import nombres
from bilan.comparer_melange import DU_RESULTAT, FACTEURS, Melange
from bilan.parametres import Indicateur
from bilan.registre import NATURES, Chiffre, Registre
from bilan.style import lister

if TYPE_CHECKING:
    from bilan.carnet import Bilan

# Les chiffres dont le code désigne le même fait dans deux éditions. Les autres portent un rang
# (session, phrase d'une fiche) ou décrivent un document déjà publié.
FAMILLES = ("ensemble", "acteurs", "criteres", "entretiens", "lignes", "contexte")
D_INDICATEUR = ("resultat", "cible", "ecart", "verdict", "etendue")
NOMS = {
    "definition": "définition", "base": "base", "donnees": "données", "methode": "méthode",
    "cible": "cible", "nouveau": "nouveau", "abandonne": "abandonné", "reste": "reste",
}
INCHANGE = "inchangé"
DU_CALCUL = "vient du calcul, non des lignes"
PAS_ETABLI = "pas un changement établi"
AU_DELA = "au-delà des deux étendues"
COMPARABLE, SOUS_RESERVE, NON_COMPARABLE = "comparable", "sous réserve", "non comparable"


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


def _valeur(chiffre: Chiffre | None) -> float | str | None:
    """La valeur, ou le mot quand le chiffre n'est pas un nombre (un verdict)."""
    if chiffre is None or chiffre.texte == nombres.NON_RENSEIGNE:
        return None
    return chiffre.texte if chiffre.valeur is None else chiffre.valeur


def ecart(avant: Chiffre | None, apres: Chiffre | None) -> float | None:
    """L'écart entre deux chiffres de même unité, None s'il n'y en a pas."""
    valeurs = [c.valeur if c else None for c in (avant, apres)]
    if None in valeurs or avant.unite != apres.unite:
        return None
    if avant.unite == "%":
        valeurs = [nombres.arrondir(v) for v in valeurs]
    return float(valeurs[1] - valeurs[0])


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
        lire = _lu if avant and apres else bool
        return tuple(
            f for f in self.seuls
            if lire(self.seuls[f].get(code)) != lire(avant)
            or lire(self.sauf[f].get(code)) != lire(apres)
        )


def _lu(chiffre: Chiffre | None) -> tuple:
    """Ce qui fait un chiffre : sa valeur, son n/N, ses mots et sa règle de calcul."""
    c = chiffre
    return (c.valeur, c.numerateur, c.denominateur, c.texte, c.regle) if c else ()


def _d_un_chiffre(code: str, melange: Melange, registres: _Registres) -> Ecart:
    avant, apres = registres.avant.get(code), registres.apres.get(code)
    causes = registres.causes(code)
    comparabilite, reserves = _juger(avant, apres, causes, melange)
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
        yield replace(synthese, lecture=_lire(synthese, par_code, melange))


def effets(code: str, melange: Melange, causes: Iterable[str]) -> dict[str, float | None]:
    """Ce que chaque cause déplace le résultat, changée seule à partir de l'ancienne édition.

    En points. Ces effets ne dépendent d'aucun ordre ; leur somme n'est pas toujours l'écart, et
    `reste` est ce qui manque. Vide si l'indicateur n'a pas de résultat dans les deux éditions.
    """
    if code not in melange.avant or code not in melange.apres:
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


def _juger(
    avant: Chiffre | None, apres: Chiffre | None, causes: Iterable[str], melange: Melange
) -> tuple[str, tuple[str, ...]]:
    """Si un chiffre se compare d'une édition à l'autre, et ce qui s'y oppose."""
    if avant is None or apres is None:
        edition = (melange.nouveau if apres else melange.ancien).edition.code
        return NON_COMPARABLE, (f"n'existe que dans l'édition {edition}",)
    definitions = [d.get(apres.code.partition(".")[0]) for d in (melange.avant, melange.apres)]
    obstacles = tuple(_obstacles(avant, apres, definitions))
    if obstacles:
        return NON_COMPARABLE, obstacles
    prudences = tuple(_prudences(definitions, causes, melange))
    return (SOUS_RESERVE if prudences else COMPARABLE), prudences


def _obstacles(
    avant: Chiffre, apres: Chiffre, definitions: list[Indicateur | None]
) -> Iterator[str]:
    """Ce qui interdit de comparer."""
    for chiffre in (avant, apres):
        if chiffre.texte == nombres.NON_RENSEIGNE:
            yield f"rien à compter dans l'édition {chiffre.edition}"
    if avant.unite != apres.unite:
        yield f"unités différentes\u00a0: « {avant.unite} », puis « {apres.unite} »"
    if avant.nature != apres.nature:
        yield f"natures différentes\u00a0: {_nature(avant)}, puis {_nature(apres)}"
    if all(definitions):
        comptes = [f"{'scores' if d.moyenne else 'lignes'} de {d.table}" for d in definitions]
        if comptes[0] != comptes[1]:
            yield f"dénominateurs de nature différente\u00a0: {comptes[0]}, puis {comptes[1]}"


def _nature(chiffre: Chiffre) -> str:
    return NATURES.get(chiffre.nature, chiffre.nature or "non dite")


def _prudences(
    definitions: list[Indicateur | None], causes: Iterable[str], melange: Melange
) -> Iterator[str]:
    """Ce qui se compare, mais pas sans le dire."""
    if "definition" in causes:
        yield "la définition a changé"
    if all(definitions) and definitions[0].nom != definitions[1].nom:
        yield f"l'intitulé a changé\u00a0: « {definitions[0].nom} », puis « {definitions[1].nom} »"
    if "base" in causes:
        dits = _du_calcul(definitions[0].code, melange) if all(definitions) else []
        yield f"la base a changé\u00a0: {' ; '.join(dits or mouvements(melange))}"


def _du_calcul(code: str, melange: Melange) -> list[str]:
    """Les territoires qui entrent dans le calcul d'un indicateur, et ceux qui en sortent."""
    debut = f"{code}.resultat."
    comptes = [
        [c.territoire for c in melange.registre(f) if c.code.startswith(debut)]
        for f in ((), FACTEURS)
    ]
    noms = melange.ancien.noms | melange.nouveau.noms
    return [
        f"{quoi} {lister([noms[t] for t in ici if t not in ailleurs])}"
        for quoi, ici, ailleurs in (("entre dans le calcul", *comptes[::-1]),
                                    ("sort du calcul", *comptes))
        if set(ici) - set(ailleurs)
    ]


def mouvements(melange: Melange) -> list[str]:
    """Les territoires qui entrent, sortent, rejoignent ou quittent la base de réseau."""
    ancien, nouveau = melange.ancien, melange.nouveau
    suivis = {base: [t for t in melange.communs if nouveau.base[t] != ancien.base[t]
                     and nouveau.base[t] == base] for base in (True, False)}
    return [
        f"{quoi} {lister([noms[t] for t in territoires])}"
        for quoi, territoires, noms in (
            ("entre dans l'édition", melange.entrants, nouveau.noms),
            ("sort de l'édition", melange.sortants, ancien.noms),
            ("rejoint la base de réseau", suivis[True], nouveau.noms),
            ("quitte la base de réseau", suivis[False], nouveau.noms),
        )
        if territoires
    ]


def _lire(indicateur: Ecart, ecarts: Mapping[str, Ecart], melange: Melange) -> str:
    """Ce que l'écart d'un résultat permet de dire, et rien de plus.

    Deux étendues qui se recouvrent n'établissent rien : un territoire de moins, ou une autre
    convention, suffit à passer d'un résultat à l'autre.
    """
    if indicateur.comparabilite == NON_COMPARABLE:
        return NON_COMPARABLE
    if not indicateur.ecart:
        return INCHANGE
    if not {"donnees", "base"} & set(indicateur.causes):
        return DU_CALCUL
    (bas, haut), (bas_apres, haut_apres) = (
        _etendue(melange.registre(f), indicateur.code) for f in ((), FACTEURS)
    )
    return PAS_ETABLI if bas <= haut_apres and bas_apres <= haut else AU_DELA


def _etendue(registre: Registre, code: str) -> tuple[float, float]:
    """Du plus bas au plus haut résultat : épreuves du verdict et retrait de chaque territoire.

    Sans retrait possible (un seul territoire), rien ne borne le résultat.
    """
    if f"{code}.retraits.bas" not in registre:
        return 0, 100
    essais = [registre[f"{code}.{famille}.{cote}"].valeur
              for famille in ("etendue", "retraits") for cote in ("bas", "haut")]
    return min(essais), max(essais)
