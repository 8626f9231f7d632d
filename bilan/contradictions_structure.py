"""Contrôles de la structure : renvois, numéros, ordre, notes, annonces, séries."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from bilan.relecture import Relecture, Signalement, enumerer


def renvois(r: Relecture) -> Iterator[Signalement]:
    """Un renvoi vers ce qui n'existe pas, ou vers un voisin qui est ailleurs."""
    places = {element: rang for rang, element in enumerate(r.document.elements)}
    for renvoi in r.document.renvois:
        if renvoi.vers not in places:
            yield Signalement(
                "renvois", renvoi.vers, [renvoi.lieu], f"renvoi vers « {renvoi.vers} »",
                "Rien de ce nom n'existe.", renvoi.remede,
            )
        elif renvoi.voisin and abs(places[renvoi.vers] - places[renvoi.depuis]) > 1:
            entre = sorted((places[renvoi.vers], places[renvoi.depuis]))
            yield Signalement(
                "renvois", renvoi.vers, [renvoi.lieu], f"« {renvoi.vers} » annoncé à côté",
                f"Entre les deux : {enumerer(r.document.elements[entre[0] + 1:entre[1]])}.",
            )


def numeros(r: Relecture) -> Iterator[Signalement]:
    """Des éléments numérotés imprimés dans un autre ordre que celui de leur numéro."""
    for suite in r.document.suites:
        paires = itertools.pairwise(suite.numeros)
        inversions = [f"{a} avant {b}" for a, b in paires if a >= b]
        if inversions:
            yield Signalement(
                "numeros", suite.code, [suite.lieu], f"{suite.quoi} : {enumerer(inversions)}",
                "L'ordre imprimé n'est pas celui des numéros.", "Les ranger par numéro.",
            )


def plans(r: Relecture) -> Iterator[Signalement]:
    """Un ordre annoncé, un autre suivi ; ou des éléments qui ne sont que d'un côté."""
    for plan in r.document.plans:
        ecarts = [f"« {e} » n'est qu'annoncé" for e in plan.annonce if e not in plan.corps]
        ecarts += [f"« {e} » n'est pas annoncé" for e in plan.corps if e not in plan.annonce]
        if not ecarts:
            ecarts = [
                f"place {rang} : {annonce} annoncé, {corps} trouvé"
                for rang, (annonce, corps) in enumerate(zip(plan.annonce, plan.corps, strict=True),
                                                        start=1)
                if annonce != corps
            ]
        if ecarts:
            yield Signalement(
                "plans", plan.code, [plan.lieu], plan.quoi, f"{' ; '.join(ecarts)}.",
                "Suivre un seul ordre.",
            )


def notes(r: Relecture) -> Iterator[Signalement]:
    """Un appel de note sans note, une note sans appel."""
    appels = {(a.signe, a.partie) for a in r.document.appels}
    corps = {(n.signe, n.partie) for n in r.document.notes}
    for cherches, autres, manque, remede in (
        (r.document.appels, corps, "Aucune note n'y répond.", "Écrire la note, ou ôter l'appel."),
        (r.document.notes, appels, "Rien ne l'appelle.", "Ôter la note, ou l'appeler."),
    ):
        for note in cherches:
            if (note.signe, note.partie) not in autres:
                yield Signalement(
                    "notes", note.partie, [note.lieu], f"note « {note.signe} »", manque, remede
                )


def annonces(r: Relecture) -> Iterator[Signalement]:
    """Un nombre annoncé que l'énumération ne retrouve pas."""
    for a in r.document.annonces:
        if a.nombre != a.enumeres:
            trouves = f"{a.enumeres} seulement" if a.enumeres else "aucun"
            yield Signalement(
                "annonces", a.code, [a.lieu], f"{a.nombre} {a.quoi}", f"Énumérés : {trouves}."
            )


def series(r: Relecture) -> Iterator[Signalement]:
    """Une série dont les membres ne portent pas les mêmes éléments, dans le même ordre."""
    for serie in r.document.series:
        groupes: dict[tuple[str, ...], list[str]] = {}
        for membre, elements in serie.membres.items():
            groupes.setdefault(tuple(elements), []).append(membre)
        if len(groupes) > 1:
            dits = [f"{enumerer(m)} : {', '.join(e) or 'rien'}" for e, m in groupes.items()]
            yield Signalement("series", serie.code, [serie.lieu], serie.quoi,
                              f"{' ; '.join(dits)}.")
