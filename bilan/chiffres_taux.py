"""Les chiffres des taux de réponse et de remplissage : ensemble, territoires, seuil."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bilan import nombres
from bilan.indicateurs import Mesure
from bilan.registre import Chiffre, nature_de
from bilan.taux import Releve, Taux

# Les tables qui disent ce que l'on attend d'une autre.
ATTENDU_DANS = {"reponses": ["presences"], "presences": ["sessions"]}


def chiffres_taux(
    edition: str, releve: Releve, natures: dict[str, str], seuil: int | None
) -> Iterator[Chiffre]:
    """Le seuil, puis `taux.<code>` et `taux.<code>.<territoire>` pour chaque taux de l'édition."""
    if seuil is not None:
        yield Chiffre("taux.seuil", edition, "seuil des taux de réponse", float(seuil), "%",
                      nombres.quantite(seuil, "%"), "calculee",
                      "Seuil fixé par les paramètres de l'édition.", [])
    for taux in releve.tous():
        tables = [taux.table, *ATTENDU_DANS.get(taux.table, [])]
        nature = nature_de(natures.get(t, "") for t in tables)
        base = Chiffre(f"taux.{taux.code}", edition, taux.libelle, None, "%", "", nature,
                       taux.definition, tables)
        yield from des_mesures(base, taux)


def des_mesures(base: Chiffre, taux: Taux) -> Iterator[Chiffre]:
    """Le chiffre de l'ensemble, puis celui de chaque territoire, d'après ce gabarit."""
    for territoire, mesure in taux.mesures.items():
        suite = f".{territoire}" if territoire else ""
        yield _taux(replace(base, code=base.code + suite, territoire=territoire), mesure)


def _taux(base: Chiffre, mesure: Mesure) -> Chiffre:
    if mesure.valeur is None:
        return replace(base, texte=nombres.NON_RENSEIGNE)
    return replace(
        base, valeur=mesure.valeur, texte=nombres.quantite(mesure.valeur, base.unite, 0),
        numerateur=mesure.numerateur, denominateur=mesure.denominateur, marges=mesure.marges,
    )
