"""Contrôles des chiffres : bases, identités, quantificateurs, fiches, forces, décomptes, appuis."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from bilan import identites_controle
from bilan.auditer import REGLES, comptes_possibles, decimales_ecrites
from bilan.document_elements import Affirmation, Part, Temoignage
from bilan.nombres import quantite
from bilan.relecture import Relecture, Signalement, enumerer

ATTENDU = {"tous": 100, "chaque": 100, "aucun": 0}


def bases(r: Relecture) -> Iterator[Signalement]:
    """Un pourcentage que la base dite ne peut pas donner, quel que soit l'arrondi."""
    for part in r.document.parts:
        membres = r.document.ensemble(part.ensemble)
        if part.indicateur in r.valeurs and not _comptes(r, part, len(membres)):
            valeur = quantite(r.valeurs[part.indicateur], "%")
            yield Signalement(
                "bases", part.indicateur, [part.lieu],
                f"{part.indicateur} : {valeur} de {len(membres)} {_nom(r, part)}",
                f"Aucun compte{', même de demis,' if part.demi else ''} sur {len(membres)} "
                f"ne donne {valeur}.",
            )


def identites(r: Relecture) -> Iterator[Signalement]:
    """Des pourcentages qui ne tiennent pas ensemble, ou seulement à une condition non dite."""
    for constat in identites_controle.controler(r.identites, r.valeurs):
        if constat.verdict != "possible":
            yield Signalement(
                "identites", constat.identite.code, [constat.identite.lieu],
                constat.identite.nom, constat.phrase,
            )


def quantificateurs(r: Relecture) -> Iterator[Signalement]:
    """« tous », « chaque », « aucun », « seuls », démentis par un résultat ou par un membre."""
    for a in r.document.affirmations:
        raisons = []
        if a.indicateur in r.valeurs and a.quantificateur in ATTENDU:
            valeur = r.valeurs[a.indicateur]
            if valeur != ATTENDU[a.quantificateur]:
                raisons.append(f"{a.indicateur} est à {quantite(valeur, '%')}")
        dementis = list(_dementis(r, a))
        raisons += [f"{t.membre} : {t.dit} ({t.lieu})" for t in dementis]
        if raisons:
            yield Signalement(
                "quantificateurs", a.code, [a.lieu],
                f"« {a.quantificateur} » ({_sujet(r, a)})",
                f"Or {enumerer(raisons)}.",
                "Écrire le nombre, ou corriger ce qu'il contredit.",
            )


def _sujet(r: Relecture, a: Affirmation) -> str:
    noms = {e.code: e.nom for e in r.document.ensembles}
    quoi = a.critere or a.indicateur
    return ", ".join(filter(None, [noms.get(a.ensemble, a.ensemble), a.condition, quoi]))


def _dementis(r: Relecture, a: Affirmation) -> Iterator[Temoignage]:
    """Les témoignages qui contredisent une affirmation sur chaque membre de l'ensemble."""
    for membre in r.document.ensemble(a.ensemble):
        for t in r.temoignages(membre, a.critere):
            if a.quantificateur in ("tous", "chaque"):
                dement = t.dit == "non"
            elif a.quantificateur == "aucun":
                dement = t.dit == "oui"
            else:
                condition = [c.dit for c in r.temoignages(membre, a.condition)]
                dement = t.dit != "non" and condition == ["non"]
            if dement:
                yield t


def fiches(r: Relecture) -> Iterator[Signalement]:
    """Un résultat d'ensemble que ce qui est dit des membres, un par un, ne permet pas."""
    for part in r.document.parts:
        membres = r.document.ensemble(part.ensemble)
        dits = [t for m in membres for t in r.temoignages(m, part.critere)]
        if part.indicateur not in r.valeurs or not part.critere:
            continue
        raisons = []
        if not _compatibles(r, part, membres):
            raisons.append(_incompatible(r, part, membres))
        if r.valeurs[part.indicateur] and not any(t.dit == "oui" for t in dits):
            raisons.append("Aucun n'en porte de trace nette.")
        if raisons:
            valeur = quantite(r.valeurs[part.indicateur], "%")
            yield Signalement(
                "fiches", part.indicateur, [part.lieu, *dict.fromkeys(t.lieu for t in dits)],
                f"{part.indicateur} : {valeur} de {len(membres)} {_nom(r, part)}",
                " ".join(raisons),
            )


def _incompatible(r: Relecture, part: Part, membres: list[str]) -> str:
    """Ce que disent les membres, et le membre dont le retrait suffirait, s'il y en a un."""
    bas, haut = _bornes(r, part, membres)
    seuls = [m for m in membres if _compatibles(r, part, [x for x in membres if x != m])]
    lequel = "l'un d'eux, quel qu'il soit" if seuls == membres else " ou sans ".join(seuls)
    suite = f" Le compte redevient possible sans {lequel}." if seuls else ""
    entre = f"{bas}" if bas == haut else f"de {bas} à {haut}"
    return f"Pris un par un, {entre} sur {len(membres)}, ce qui ne le donne pas.{suite}"


def _compatibles(r: Relecture, part: Part, membres: list[str]) -> bool:
    bas, haut = _bornes(r, part, membres)
    return any(bas <= compte <= haut for compte in _comptes(r, part, len(membres)))


def _bornes(r: Relecture, part: Part, membres: list[str]) -> tuple[int, int]:
    """Au moins, au plus : un oui compte un, un non zéro, tout le reste l'un ou l'autre."""
    dits = [{t.dit for t in r.temoignages(m, part.critere)} for m in membres]
    return sum(d == {"oui"} for d in dits), sum(d != {"non"} for d in dits)


def _comptes(r: Relecture, part: Part, base: int) -> list[Fraction]:
    """Les comptes qui donnent la part sur cette base, sous l'une des règles d'arrondi."""
    valeur: Decimal = r.valeurs[part.indicateur]
    decimales = decimales_ecrites(valeur)
    return [
        compte
        for regle in REGLES
        for compte in comptes_possibles(valeur, decimales, base, demi=part.demi, regle=regle)
    ]


def _nom(r: Relecture, part: Part) -> str:
    return next((e.nom for e in r.document.ensembles if e.code == part.ensemble), part.ensemble)


def temoignages(r: Relecture) -> Iterator[Signalement]:
    """Un membre dont il est dit une chose et son contraire."""
    for membre, critere in dict.fromkeys((t.membre, t.critere) for t in r.document.temoignages):
        dits = r.temoignages(membre, critere)
        reponses = {t.dit for t in dits}
        if "non" in reponses and len(reponses) > 1:
            yield Signalement(
                "temoignages", f"{membre}.{critere}", [t.lieu for t in dits],
                f"{membre}, {critere}", enumerer([f"{t.dit} ({t.lieu})" for t in dits]) + ".",
            )


def forces(r: Relecture) -> Iterator[Signalement]:
    """Une même thèse, plus ferme à un endroit qu'à un autre."""
    rang = r.document.forces.index
    for these in r.document.theses:
        dires = sorted(these.dires, key=lambda d: rang(d.force))
        if dires and dires[0].force != dires[-1].force:
            faible, forte = dires[0], dires[-1]
            yield Signalement(
                "forces", these.code, [d.lieu for d in these.dires], these.these,
                f"« {faible.force} » ({faible.lieu}) devient « {forte.force} » ({forte.lieu}).",
            )


def decomptes(r: Relecture) -> Iterator[Signalement]:
    """Le nombre de cibles atteintes, que le document ne dit pas ou dit mal."""
    for d in r.document.decomptes:
        connus = [i for i in d.indicateurs if i in r.valeurs and f"{i}.cible" in r.valeurs]
        atteintes = [i for i in connus if r.valeurs[i] >= r.valeurs[f"{i}.cible"]]
        compte = f"{len(atteintes)} sur {len(connus)} ({enumerer(atteintes)})"
        if connus and not d.dits:
            yield Signalement(
                "decomptes", d.code, [d.lieu], d.quoi, f"Jamais dit ; le compte est de {compte}.",
                "Le dire une fois au moins.",
            )
        for dit in d.dits:
            if connus and dit.nombre != len(atteintes):
                yield Signalement(
                    "decomptes", d.code, [dit.lieu], f"{d.quoi} : {dit.nombre}",
                    f"Le compte est de {compte}.", f"Écrire {len(atteintes)}.",
                )


def appuis(r: Relecture) -> Iterator[Signalement]:
    """Un chiffre sans source, une évolution sans départ, des millésimes mêlés."""
    for a in r.document.appuis:
        if a.signe and not a.depart:
            yield Signalement("appuis", a.code, [a.lieu], a.quoi, "Évolution sans point de départ.")
        elif not a.signe and not a.source:
            yield Signalement("appuis", a.code, [a.lieu], a.quoi, "Aucune source n'est donnée.")
    sujets = {a.sujet: [] for a in r.document.appuis if a.sujet}
    for a in r.document.appuis:
        if a.sujet and a.millesime:
            sujets[a.sujet].append(a)
    for sujet, groupe in sujets.items():
        if len({a.millesime for a in groupe}) > 1:
            yield Signalement(
                "appuis", sujet, list(dict.fromkeys(a.lieu for a in groupe)),
                "Millésimes mêlés",
                enumerer([f"{a.quoi} ({a.millesime})" for a in groupe]) + ".",
            )
