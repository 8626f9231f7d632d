"""Jusqu'où porte un résultat : intervalles, retrait d'un territoire, moyenne des taux, verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from bilan import nombres
from bilan.indicateurs import Mesure, Tables, mesurer, par_territoire
from bilan.masquage import Marge
from bilan.parametres import Indicateur, RegleVerdict
from bilan.taux import sous_seuil

if TYPE_CHECKING:
    from bilan.registre import Chiffre

EGALITE_NOMMEE = 8  # territoires à égalité que l'on nomme encore un par un
ATTEINTE, NON_ATTEINTE, INDETERMINEE = "atteinte", "non atteinte", "indéterminée"


@dataclass(frozen=True)
class Portee:
    """Ce qui entoure un résultat d'ensemble. Toutes les valeurs sont en pourcentage.

    `retraits` : le résultat sans chacun des territoires, tour à tour. `essais` : ce qu'il devient
    aux épreuves de la règle du verdict, par nom d'essai. `exact` et `wilson` sont None quand les
    lignes ne sont pas des cas (des demi-scores) ; `moyenne` quand les territoires comptent autant.
    `faible` : le taux de réponse, s'il est sous le seuil ; le verdict ne peut alors être ferme.
    """

    resultat: Mesure
    retraits: Mapping[str, Mesure]
    essais: Mapping[str, Mesure]
    exact: tuple[float, float] | None
    wilson: tuple[float, float] | None
    moyenne: float | None
    verdict: str | None
    faible: Mesure | None = None

    @property
    def extremes(self) -> tuple[str, str] | None:
        """Les territoires dont le retrait donne le plus bas et le plus haut résultat."""
        if not self.retraits:
            return None
        ordre = sorted(self.retraits, key=lambda t: self.retraits[t].valeur)
        return ordre[0], ordre[-1]

    @property
    def etendue(self) -> dict[str, tuple[str, Mesure]]:
        """« bas » et « haut » : l'essai qui donne le plus bas et le plus haut résultat."""
        tous = sorted({"": self.resultat, **self.essais}.items(), key=lambda e: e[1].valeur)
        return {"bas": tous[0], "haut": tous[-1]}

    def renversent(self, cible: float) -> list[str]:
        """Les essais qui passent de l'autre côté de la cible que le résultat."""
        cote = _vaut(self.resultat, cible)
        return [nom for nom, mesure in self.essais.items() if _vaut(mesure, cible) != cote]

    @property
    def pesent_le_plus(self) -> list[str]:
        """Les territoires dont le retrait déplace le plus le résultat ; vide si aucun."""
        ecarts = {t: round(abs(m.valeur - self.resultat.valeur), 3)
                  for t, m in self.retraits.items()}
        plus_grand = max(ecarts.values(), default=0)
        return [t for t, e in ecarts.items() if plus_grand and e == plus_grand]

    def ecart(self, territoire: str) -> float:
        """Ce que le résultat gagne sans ce territoire, en points, entre les valeurs imprimées."""
        return nombres.difference(self.retraits[territoire].valeur, self.resultat.valeur)


def evaluer(
    definition: Indicateur, tables: Tables, regle: RegleVerdict, taux: Mesure | None = None
) -> Portee | None:
    """La portée du résultat d'ensemble d'un indicateur ; None si rien n'est à compter.

    `taux` est son taux de réponse ; sous le seuil de la règle, le verdict est « indéterminée ».
    """
    resultat = mesurer(definition, tables)
    if not resultat.denominateur:
        return None
    locales = par_territoire(definition, tables)
    personnes = [marge() for marge in resultat.marges]
    retraits = {t: _sans(resultat, locale, personnes) for t, locale in locales.items()}
    retraits = {t: m for t, m in retraits.items() if m.denominateur}
    essais = _essais(definition, tables, retraits, regle)
    rendu = verdict(resultat, essais.values(), definition.cible)
    faible = taux if taux and sous_seuil(taux.valeur, regle.seuil_reponse) else None
    return Portee(
        resultat, retraits, essais,
        intervalle(resultat, "exact", regle.niveau), intervalle(resultat, "wilson", regle.niveau),
        moyenne_des_taux(locales), INDETERMINEE if rendu and faible else rendu, faible,
    )


def _essais(
    definition: Indicateur, tables: Tables, retraits: Mapping[str, Mesure], regle: RegleVerdict
) -> dict[str, Mesure]:
    """Ce que devient le résultat à chaque épreuve de la règle."""
    essais: dict[str, Mesure] = {}
    if "retraits" in regle.epreuves:
        noms = dict(zip(tables["territoires"]["territoire"], tables["territoires"]["nom"],
                        strict=True))
        essais |= {f"sans {noms[t]}": mesure for t, mesure in retraits.items()}
    if "conventions" in regle.epreuves:
        essais |= {
            v.nom: mesurer(definition, tables, variante=v)
            for v in definition.variantes
            if v.genre == "convention"
        }
    return {nom: mesure for nom, mesure in essais.items() if mesure.denominateur}


def _sans(ensemble: Mesure, part: Mesure, personnes: list[Marge]) -> Mesure:
    """L'ensemble, dont ce sont les `personnes`, moins les lignes d'un territoire."""
    return Mesure(
        ensemble.numerateur - part.numerateur, ensemble.denominateur - part.denominateur,
        ensemble.cas,
        tuple(partial(_difference, e, p) for e, p in zip(personnes, part.marges, strict=True)),
    )


def _difference(personnes: Marge, part: Callable[[], Marge]) -> Marge:
    return personnes - part()


def intervalle(mesure: Mesure, methode: str, niveau: int) -> tuple[float, float] | None:
    """Les bornes, en %, de l'intervalle « exact » (Clopper-Pearson) ou « wilson ».

    None si les lignes comptées ne sont pas des cas valant zéro ou un.
    """
    # Importé ici : les carnets qui n'en calculent aucun n'attendent pas scipy.
    from scipy.stats import binomtest

    if not (mesure.cas and mesure.denominateur):
        return None
    essai = binomtest(int(mesure.numerateur), mesure.denominateur)
    bornes = essai.proportion_ci(niveau / 100, method=methode)
    return 100 * float(bornes.low), 100 * float(bornes.high)


def moyenne_des_taux(locales: Mapping[str, Mesure]) -> float | None:
    """La moyenne des taux des territoires ; None si elle ne peut différer du rapport des sommes."""
    if len({m.denominateur for m in locales.values()}) < 2:
        return None
    return sum(m.valeur for m in locales.values()) / len(locales)


def verdict(resultat: Mesure, essais: Iterable[Mesure], cible: float | None) -> str | None:
    """« atteinte » ou « non atteinte » si tous les essais sont du même côté de la cible que le
    résultat, « indéterminée » sinon ; None sans cible.

    Les valeurs se comparent arrondies, comme elles sont imprimées.
    """
    if cible is None or resultat.valeur is None:
        return None
    cotes = {_vaut(m, cible) for m in (resultat, *essais) if m.valeur is not None}
    if len(cotes) > 1:
        return INDETERMINEE
    return ATTEINTE if cotes.pop() else NON_ATTEINTE


def _vaut(mesure: Mesure, cible: float) -> bool:
    """Vrai si la mesure vaut au moins la cible, l'une et l'autre arrondies."""
    return nombres.arrondir(mesure.valeur) >= nombres.arrondir(cible)


def chiffres(
    base: Chiffre, definition: Indicateur, portee: Portee, niveau: int, noms: Mapping[str, str]
) -> Iterator[Chiffre]:
    """Ce que la portée d'un indicateur verse au registre.

    Parameters
    ----------
    base : le gabarit des chiffres de l'indicateur.
    niveau : celui des intervalles, en %.
    noms : le nom affiché de chaque territoire.
    """
    yield from _retraits(base, portee, noms)
    yield from _etendue(base, portee)
    methodes = {"exact": ("exact (Clopper-Pearson)", portee.exact),
                "wilson": ("de Wilson", portee.wilson)}
    for code, (methode, bornes) in methodes.items():
        for cote, borne in zip(("bas", "haut"), bornes or (), strict=False):
            yield _taux(
                replace(base, marges=portee.resultat.marges), f"{code}.{cote}",
                f"intervalle {code}, borne du {cote}", borne,
                f"Borne du {cote} de l'intervalle {methode} à {niveau}\u00a0% autour de "
                f"{nombres.rapport(portee.resultat.numerateur, portee.resultat.denominateur)}.",
            )
    if portee.moyenne is not None:
        yield _taux(base, "moyenne", "moyenne des taux des territoires", portee.moyenne,
                    "Moyenne simple des taux des territoires : chacun y pèse autant.")
    if portee.verdict:
        yield _mot(base, "verdict", "verdict", portee.verdict, _attendus(definition, portee))


def _attendus(definition: Indicateur, portee: Portee) -> str:
    """Ce qui fonde le verdict : le taux de réponse, la cible, les essais qui la franchissent."""
    cible = nombres.quantite(definition.cible, definition.unite)
    renversent = portee.renversent(definition.cible)
    faible = f"{_taux_faible(portee.faible)} " if portee.faible else ""
    if not renversent:
        return f"{faible}Le résultat et tous les essais sont du même côté de la cible de {cible}."
    essais = " ; ".join(
        f"{nom} ({nombres.quantite(m.valeur, '%', 0)}, "
        f"{nombres.rapport(m.numerateur, m.denominateur)})"
        for nom in renversent
        for m in [portee.essais[nom]]
    )
    return f"{faible}Passent de l'autre côté de la cible de {cible} : {essais}."


def _taux_faible(taux: Mesure) -> str:
    return (f"Taux de réponse sous le seuil ({nombres.quantite(taux.valeur, '%', 0)}, "
            f"{nombres.rapport(taux.numerateur, taux.denominateur)}) : aucun verdict ferme.")


def _retraits(base: Chiffre, portee: Portee, noms: Mapping[str, str]) -> Iterator[Chiffre]:
    """Le résultat sans chaque territoire, ses extrêmes, le territoire qui pèse le plus."""
    for territoire, mesure in portee.retraits.items():
        yield _retrait(base, f"retraits.{territoire}", mesure, noms[territoire], territoire)
    if portee.extremes is None:
        return
    for cote, territoire in zip(("bas", "haut"), portee.extremes, strict=True):
        yield _retrait(base, f"retraits.{cote}", portee.retraits[territoire], noms[territoire],
                       territoire)
    lourds = portee.pesent_le_plus
    yield _mot(base, "poids", "territoire qui pèse le plus",
               _nommer([noms[t] for t in lourds]),
               "Le territoire, ou les territoires à égalité, dont le retrait déplace le plus "
               "le résultat.")
    ecarts = sorted({portee.ecart(t) for t in lourds} or {0.0})
    yield replace(
        base, code=f"{base.code}.poids.ecart", unite="points", valeur=ecarts[-1],
        texte=_deplacement(ecarts),
        libelle=f"{base.libelle} (plus grand déplacement par le retrait d'un territoire)",
        definition="Résultat sans ce territoire, moins le résultat d'ensemble, arrondis.",
    )


def _nommer(territoires: list[str]) -> str:
    """Les territoires qui pèsent le plus, ou combien ils sont s'ils sont trop pour être nommés."""
    if len(territoires) > EGALITE_NOMMEE:
        return f"{nombres.nombre(len(territoires))} territoires à égalité"
    return ", ".join(territoires) or "aucun"


def _deplacement(ecarts: list[float]) -> str:
    """« −12 ou +13 points », « ±9 points », « +5 points », du plus petit au plus grand."""
    textes = [nombres.ecart(e) for e in ecarts]
    if len(ecarts) < 2:
        return textes[0]
    if ecarts[0] == -ecarts[-1]:
        return textes[-1].replace("+", "±")
    return f"{textes[0].split(nombres.INSECABLE)[0]} ou {textes[-1]}"


def _etendue(base: Chiffre, portee: Portee) -> Iterator[Chiffre]:
    """Le plus bas et le plus haut résultat des épreuves, et l'essai qui le donne."""
    for cote, (essai, mesure) in portee.etendue.items():
        chiffre = _taux(base, f"etendue.{cote}", f"étendue, {cote}", mesure.valeur,
                        f"Le plus {cote} résultat aux épreuves du verdict : "
                        f"{essai or 'le résultat retenu'}.")
        yield replace(chiffre, numerateur=mesure.numerateur, denominateur=mesure.denominateur,
                      marges=mesure.marges)


def _retrait(base: Chiffre, code: str, mesure: Mesure, nom: str, territoire: str) -> Chiffre:
    chiffre = _taux(base, code, f"sans {nom}", mesure.valeur,
                    f"Le même calcul, sans les lignes de : {nom}.")
    return replace(chiffre, numerateur=mesure.numerateur, denominateur=mesure.denominateur,
                   territoire=territoire, marges=mesure.marges)


def _taux(base: Chiffre, code: str, quoi: str, valeur: float, definition: str) -> Chiffre:
    return replace(
        base, code=f"{base.code}.{code}", libelle=f"{base.libelle} ({quoi})", valeur=valeur,
        texte=nombres.quantite(valeur, base.unite, 0), definition=definition,
    )


def _mot(base: Chiffre, code: str, quoi: str, texte: str, definition: str) -> Chiffre:
    return replace(
        base, code=f"{base.code}.{code}", libelle=f"{base.libelle} ({quoi})", unite="",
        texte=texte, definition=definition,
    )
