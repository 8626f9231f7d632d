"""Ce qu'un écart permet de dire, ce qui s'y oppose, et comment il s'écrit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bilan import nombres
from bilan.comparer_melange import FACTEURS, Melange
from bilan.parametres import Indicateur
from bilan.registre import FABRIQUEES, NATURES, Chiffre, Registre
from bilan.style import nommer

NOMS = {
    "definition": "définition", "base": "base", "donnees": "données", "methode": "méthode",
    "cible": "cible", "nouveau": "nouveau", "abandonne": "abandonné", "reste": "reste",
}
COMPARABLE, SOUS_RESERVE, NON_COMPARABLE = "comparable", "sous réserve", "non comparable"
INCHANGE = "inchangé"
DU_CALCUL = "vient du calcul, non des lignes"
PAS_ETABLI = "pas un changement établi"
AU_DELA = "au-delà des deux étendues"


def juger(
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
    prudences = tuple(_prudences(avant, apres, definitions, causes, melange))
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
    if avant.nature != apres.nature and not {avant.nature, apres.nature} <= set(FABRIQUEES):
        yield f"natures différentes\u00a0: {_nature(avant)}, puis {_nature(apres)}"
    if all(definitions):
        comptes = [f"{'scores' if d.moyenne else 'lignes'} de {d.table}" for d in definitions]
        if comptes[0] != comptes[1]:
            yield f"dénominateurs de nature différente\u00a0: {comptes[0]}, puis {comptes[1]}"


def _nature(chiffre: Chiffre) -> str:
    return NATURES.get(chiffre.nature, chiffre.nature or "non dite")


def _prudences(
    avant: Chiffre, apres: Chiffre, definitions: list[Indicateur | None], causes: Iterable[str],
    melange: Melange,
) -> Iterator[str]:
    """Ce qui se compare, mais pas sans le dire."""
    if avant.nature != apres.nature:
        yield (f"lignes {_nature(avant)}s, puis {_nature(apres)}s\u00a0: ni les unes ni les autres "
               "ne sont des observations")
    if "definition" in causes:
        yield "la définition a changé"
    if all(definitions) and definitions[0].nom != definitions[1].nom:
        yield f"l'intitulé a changé\u00a0: « {definitions[0].nom} », puis « {definitions[1].nom} »"
    if all(definitions):
        # Même quand le hasard redonne la même valeur, ce ne sont pas les mêmes territoires.
        comptes = [] if apres.territoire else _du_calcul(definitions[0].code, melange)
        if comptes and not apres.code.endswith(".cible"):
            yield f"les territoires comptés ont changé\u00a0: {' ; '.join(comptes)}"
    elif "base" in causes:
        yield f"la base a changé\u00a0: {' ; '.join(mouvements(melange))}"


def _du_calcul(code: str, melange: Melange) -> list[str]:
    """Les territoires qui entrent dans le calcul d'un indicateur, et ceux qui en sortent."""
    debut = f"{code}.resultat."
    comptes = [
        [c.territoire for c in melange.registre(f) if c.code.startswith(debut)]
        for f in ((), FACTEURS)
    ]
    noms = melange.ancien.noms | melange.nouveau.noms
    return [
        f"{quoi} {nommer([noms[t] for t in ici if t not in ailleurs])}"
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
        f"{quoi} {nommer([noms[t] for t in territoires])}"
        for quoi, territoires, noms in (
            ("entre dans l'édition", melange.entrants, nouveau.noms),
            ("sort de l'édition", melange.sortants, ancien.noms),
            ("rejoint la base de réseau", suivis[True], nouveau.noms),
            ("quitte la base de réseau", suivis[False], nouveau.noms),
        )
        if territoires
    ]


def lire(
    code: str, ecart_: float | None, causes: Iterable[str], comparabilite: str, melange: Melange
) -> str:
    """Ce que l'écart du résultat d'un indicateur permet de dire, et rien de plus.

    Deux étendues qui se recouvrent n'établissent rien : un territoire de moins, ou une autre
    convention, suffit à passer d'un résultat à l'autre.
    """
    if comparabilite == NON_COMPARABLE:
        return NON_COMPARABLE
    if not ecart_:
        return INCHANGE
    if not {"donnees", "base"} & set(causes):
        return DU_CALCUL
    (bas, haut), (bas_apres, haut_apres) = (
        _etendue(melange.registre(f), code) for f in ((), FACTEURS)
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


def ecart(avant: Chiffre | None, apres: Chiffre | None) -> float | None:
    """Nouveau moins ancien, tels qu'ils s'impriment (un pourcentage, à l'unité)."""
    valeurs = [c.valeur if c else None for c in (avant, apres)]
    if None in valeurs or avant.unite != apres.unite:
        return None
    if avant.unite == "%":
        valeurs = [nombres.arrondir(v) for v in valeurs]
    return float(valeurs[1] - valeurs[0])


def dire_l_ecart(ecart_: float | None, unite: str) -> str:
    """« +8 points », « +3 », « – » s'il n'y a pas d'écart à calculer."""
    if ecart_ is None:
        return "–"
    if unite in ("%", "points"):
        return nombres.ecart(ecart_)
    return ("+" if ecart_ > 0 else "") + nombres.quantite(ecart_, unite)


def dire_l_effet(effet: float | None) -> str:
    """Ce qu'une cause déplace à elle seule."""
    if effet is None:
        return "non recalculable seule"
    return nombres.ecart(effet) if effet else "sans effet"


def dire_les_causes(causes: Iterable[str], effets: Mapping[str, float | None]) -> str:
    """« définition (−9 points), cible »."""
    return ", ".join(
        NOMS[c] + (f" ({dire_l_effet(effets[c])})" if c in effets else "") for c in causes
    )


def dire(chiffre: Chiffre | None) -> str:
    """« 74 % (71/96) », « – » s'il n'y a pas de chiffre."""
    if chiffre is None:
        return "–"
    suite = f" ({chiffre.rapport})" if chiffre.unite == "%" and chiffre.rapport else ""
    return chiffre.texte + suite
