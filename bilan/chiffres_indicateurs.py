"""Les chiffres des indicateurs : résultat, cible, écart, variantes, portée, par territoire."""

from __future__ import annotations

from dataclasses import replace

from bilan import nombres, portee
from bilan.chiffres_taux import des_mesures
from bilan.indicateurs import Mesure, Tables, mesurer, par_territoire
from bilan.masquage import Marges
from bilan.parametres import Indicateur, Parametres
from bilan.registre import Chiffre
from bilan.taux import Releve, Taux


def chiffres_indicateurs(
    parametres: Parametres, tables: Tables, natures: dict[str, str], releve: Releve
) -> list[Chiffre]:
    """Résultat, cible, écart, n/N, taux de réponse, variantes, portée de chaque indicateur."""
    chiffres: list[Chiffre] = []
    regle = parametres.generaux.verdict
    noms = dict(zip(tables["territoires"]["territoire"], tables["territoires"]["nom"], strict=True))
    for definition in parametres.indicateurs:
        base = _gabarit(parametres.edition.code, definition, natures)
        mesure = mesurer(definition, tables)
        chiffres += _mesure(base, definition, mesure, "")
        for territoire, locale in par_territoire(definition, tables).items():
            chiffres += _mesure(
                replace(base, territoire=territoire), definition, locale, f".{territoire}"
            )
        chiffres += _cible(base, definition, mesure)
        for variante in definition.variantes:
            autre = mesurer(definition, tables, variante=variante)
            chiffres.append(
                _resultat(base, f"{definition.code}.variante.{variante.code}", autre, variante.nom)
            )
        taux = releve.de(definition)
        chiffres += _taux(base, taux)
        if evaluee := portee.evaluer(definition, tables, regle, taux.mesures[None]):
            chiffres += portee.chiffres(base, definition, evaluee, regle.niveau, noms)
    return chiffres


def _gabarit(edition: str, definition: Indicateur, natures: dict[str, str]) -> Chiffre:
    tables = [definition.table]
    if definition.table != "territoires":
        tables.append("territoires")
    return Chiffre(
        code=definition.code,
        edition=edition,
        libelle=definition.nom,
        valeur=None,
        unite=definition.unite,
        texte=nombres.NON_RENSEIGNE,
        nature=natures.get(definition.table, ""),
        definition=definition.lecture.strip(),
        tables=tables,
        regle=_phrase(definition),
    )


def _phrase(definition: Indicateur) -> str:
    """La règle de calcul, telle qu'elle est écrite dans les paramètres."""
    compte = f"moyenne de {definition.moyenne}" if definition.moyenne else f"dont {definition.dont}"
    parmi = f", parmi {definition.parmi}" if definition.parmi else ""
    return f"{definition.table}{parmi} : {compte}"


def _resultat(base: Chiffre, code: str, mesure: Mesure, libelle: str | None = None) -> Chiffre:
    texte = nombres.NON_RENSEIGNE
    if mesure.valeur is not None:
        texte = nombres.quantite(mesure.valeur, base.unite, 0)
    return replace(
        base,
        code=code,
        libelle=libelle or base.libelle,
        valeur=mesure.valeur,
        texte=texte,
        numerateur=mesure.numerateur if mesure.denominateur else None,
        denominateur=mesure.denominateur or None,
        marges=mesure.marges,
    )


def _mesure(base: Chiffre, definition: Indicateur, mesure: Mesure, suffixe: str) -> list[Chiffre]:
    code = definition.code
    resultat = _resultat(base, f"{code}.resultat{suffixe}", mesure)
    cible = None if definition.cible is None else float(definition.cible)
    chiffres = [replace(resultat, cible=cible)]
    if mesure.denominateur:
        chiffres += [
            _compte(base, f"{code}.numerateur{suffixe}", mesure.numerateur, "numérateur",
                    mesure.marges[:1]),
            _compte(base, f"{code}.denominateur{suffixe}", mesure.denominateur, "dénominateur",
                    mesure.marges[1:]),
            replace(
                resultat,
                code=f"{code}.rapport{suffixe}",
                texte=resultat.rapport,
                unite="",
                libelle=f"{base.libelle} (n/N)",
            ),
        ]
    return chiffres


def _taux(base: Chiffre, taux: Taux) -> list[Chiffre]:
    """`<indicateur>.taux`, et celui de chaque territoire."""
    gabarit = replace(base, code=f"{base.code}.taux", libelle=f"{base.libelle} (taux de réponse)",
                      unite="%", definition=taux.definition)
    return list(des_mesures(gabarit, taux))


def _compte(
    base: Chiffre, code: str, valeur: float, role: str, marges: Marges
) -> Chiffre:
    return replace(
        base,
        code=code,
        libelle=f"{base.libelle} ({role})",
        valeur=valeur,
        unite="",
        texte=nombres.nombre(valeur),
        marges=marges,
    )


def _cible(base: Chiffre, definition: Indicateur, mesure: Mesure) -> list[Chiffre]:
    if definition.cible is None:
        return []
    cible = replace(
        base,
        code=f"{definition.code}.cible",
        libelle=f"{base.libelle} (cible)",
        valeur=float(definition.cible),
        texte=nombres.quantite(definition.cible, definition.unite),
        nature="publiee",
        definition="Cible fixée par les paramètres de l'édition.",
        regle="",
        tables=[],
    )
    if mesure.valeur is None:
        return [cible]
    difference = nombres.difference(mesure.valeur, definition.cible)
    return [
        cible,
        replace(
            base,
            code=f"{definition.code}.ecart",
            libelle=f"{base.libelle} (écart à la cible)",
            valeur=difference,
            unite="points",
            texte=nombres.ecart(difference),
            marges=mesure.marges,
        ),
    ]
