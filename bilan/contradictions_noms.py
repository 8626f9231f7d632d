"""Contrôles des noms et des faits : formes, sigles, initiales, valeurs, dates, rôles."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator

from bilan.document_elements import Repere
from bilan.relecture import Relecture, Signalement, enumerer


def noms(r: Relecture) -> Iterator[Signalement]:
    """Un nom sous deux formes ; ou sous une autre que celle qui fait foi."""
    for nom in r.document.noms:
        autres = [u for u in nom.usages if u.forme != nom.retenue]
        formes = list(dict.fromkeys(u.forme for u in autres))
        if formes if nom.retenue else len(formes) > 1:
            remede = f"Écrire « {nom.retenue} »." if nom.retenue else ""
            yield Signalement(
                "noms", nom.code, [u.lieu for u in autres],
                f"{nom.objet} : {' ; '.join(f'« {f} »' for f in formes)}",
                f"{len(formes)} formes pour un seul nom." if len(formes) > 1
                else "Ce n'est pas la forme retenue.",
                remede,
            )


def sigles(r: Relecture) -> Iterator[Signalement]:
    """Un sigle employé que le glossaire n'explique pas ; un sigle du glossaire jamais employé."""
    connus = {s.sigle for s in r.document.glossaire}
    employes = {s.sigle for s in r.document.sigles}
    expliques = connus | {s.sigle for s in r.document.sigles if s.developpe}
    for sigle in sorted(employes - expliques):
        lieux = [s.lieu for s in r.document.sigles if s.sigle == sigle]
        yield Signalement(
            "sigles", sigle, lieux, f"« {sigle} » employé",
            "Ni le glossaire ni le texte ne l'expliquent.", "L'ajouter au glossaire.",
        )
    for sigle in sorted(connus - employes):
        yield Signalement(
            "sigles", sigle, ["Glossaire"], f"« {sigle} » au glossaire", "Il ne sert jamais.",
            "Le retirer du glossaire.",
        )


def initiales(r: Relecture) -> Iterator[Signalement]:
    """Un sigle dont les lettres ne sont pas, dans l'ordre, des initiales de ce qu'il abrège."""
    expliques = {s.sigle: s for s in (*r.document.glossaire, *r.document.sigles) if s.developpe}
    for sigle, explique in expliques.items():
        if not explique.syllabes and not _formes_d_initiales(sigle, explique.developpe):
            yield Signalement(
                "initiales", sigle, [getattr(explique, "lieu", "Glossaire")],
                f"« {sigle} » pour « {explique.developpe} »",
                "Ses lettres ne sont pas celles du nom.",
                "Corriger l'un ou l'autre, ou dire « syllabes: true ».",
            )


def _formes_d_initiales(sigle: str, developpe: str) -> bool:
    """Vrai si les lettres du sigle se lisent dans les initiales et les majuscules du nom."""
    propre = re.sub(r"\(.*?\)", "", developpe)
    lettres = iter(_majuscules("".join(re.findall(r"\b\w|[A-ZÀ-Ý]", propre))))
    return all(lettre in lettres for lettre in _majuscules(sigle))


def _majuscules(texte: str) -> str:
    decompose = unicodedata.normalize("NFKD", texte.upper())
    return "".join(c for c in decompose if c.isalnum())


def faits(r: Relecture) -> Iterator[Signalement]:
    """Un même fait dit de deux façons."""
    for fait in r.document.faits:
        if len({v.dit for v in fait.valeurs}) > 1:
            yield Signalement(
                "faits", fait.code, [v.lieu for v in fait.valeurs], fait.objet,
                enumerer([f"« {v.dit} » ({v.lieu})" for v in fait.valeurs]) + ".",
            )


def propres(r: Relecture) -> Iterator[Signalement]:
    """Une même valeur pour deux objets qu'elle devrait distinguer."""
    for propre in r.document.propres:
        porteurs: dict[str, list[str]] = {}
        for qui, valeur in propre.valeurs.items():
            porteurs.setdefault(valeur, []).append(qui)
        for valeur, qui in porteurs.items():
            if len(qui) > 1:
                yield Signalement(
                    "propres", propre.code, [propre.lieu], propre.objet,
                    f"« {valeur} » pour {enumerer(qui)}.",
                )


def dates(r: Relecture) -> Iterator[Signalement]:
    """Des dates dans un ordre impossible, sous une lecture au moins."""
    reperes = {repere.code: repere for repere in r.document.reperes}
    for regle in r.document.chronologie:
        avant, ensuite = reperes[regle.avant], reperes[regle.ensuite]
        lectures = itertools.product(_annees(avant, reperes), _annees(ensuite, reperes))
        impossibles = [
            f"{avant.nom} ({a}{dit_a}) viendrait après {ensuite.nom} ({b}{dit_b})"
            for (a, dit_a), (b, dit_b) in lectures
            if a > b
        ]
        if impossibles:
            yield Signalement(
                "dates", regle.code, [avant.lieu, ensuite.lieu],
                f"{avant.nom}, {ensuite.nom}", f"{' ; '.join(impossibles)}.",
            )


def _annees(repere: Repere, reperes: dict[str, Repere]) -> list[tuple[int, str]]:
    """Les années possibles d'un repère, et la lecture dont chacune vient."""
    if repere.annee is not None:
        return [(repere.annee, "")]
    return [
        (annee + repere.ans, f", compté depuis {reperes[origine].nom}")
        for origine in repere.apres
        for annee, _ in _annees(reperes[origine], reperes)
    ]


def roles(r: Relecture) -> Iterator[Signalement]:
    """Deux rôles tenus par les mêmes, et qui ne devraient pas l'être."""
    for regle in r.document.incompatibles:
        premier, second = regle.premier, regle.second
        tenants = {
            role: {x.qui: x.lieu for x in r.document.roles if x.role == role}
            for role in (premier, second)
        }
        communs = [q for q in tenants[premier] if q in tenants[second]]
        if communs:
            lieux = [tenants[role][q] for q in communs for role in (premier, second)]
            yield Signalement(
                "roles", regle.code, list(dict.fromkeys(lieux)),
                enumerer(communs), f"À la fois : {premier}, et {second}.",
            )
