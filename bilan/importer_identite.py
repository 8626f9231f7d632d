"""De quelle édition et de quel territoire est un fichier reçu."""

from __future__ import annotations

import re

from bilan import collecte
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.importer_contexte import Contexte
from bilan.importer_lecture import Fichier
from bilan.projet import CODE_EDITION

DEUX_ANNEES = re.compile(r"(?<!\d)(20\d\d)[-_](20\d\d)(?!\d)")


def verifier_identite(fichier: Fichier, contexte: Contexte) -> None:
    """Lève `ErreurBilan` si le fichier est d'une autre édition, d'un autre format ou territoire."""
    edition = contexte.edition.code
    for dit in DEUX_ANNEES.finditer(fichier.nom):
        code = f"{dit[1]}-{dit[2]}"
        if CODE_EDITION.fullmatch(code) and code != edition:
            raise ErreurBilan(Faute(
                fichier.nom, f"le nom du fichier dit l'édition {code}, l'import {edition}",
                f"Écrire --edition {code}, ou renommer le fichier."))
    if fichier.identite is None:
        if any(g.titres and g.titres[0].texte == collecte.TITRE_REPERE for g in fichier.grilles):
            raise ErreurBilan(Faute(
                fichier.nom, f"la feuille « {collecte.LISEZ_MOI} » manque : elle dit l'édition et "
                "le territoire", "Repartir du classeur envoyé, ou y remettre cette feuille."))
        return
    _verifier_lisez_moi(fichier, contexte)


def _verifier_lisez_moi(fichier: Fichier, contexte: Contexte) -> None:
    lieu = f"{fichier.nom}, feuille « {collecte.LISEZ_MOI} »"
    edition, territoires = contexte.edition.code, contexte.choix["territoires"]
    for cle, mot in (("edition", "l'édition"), ("territoire", "le territoire"),
                     ("format", "le format")):
        if not fichier.identite[cle]:
            raise ErreurBilan(Faute(lieu, f"{mot} manque en {collecte.CELLULES[cle]}",
                                    "Repartir du classeur envoyé."))
    dite, territoire = fichier.identite["edition"], fichier.identite["territoire"]
    if dite != edition:
        raise ErreurBilan(Faute(lieu, f"c'est un classeur de l'édition {dite}, l'import est pour "
                                f"{edition}", f"Écrire --edition {dite}, ou envoyer le classeur de "
                                f"l'édition {edition}."))
    if fichier.identite["format"] != collecte.FORMAT:
        format_ = fichier.identite["format"]
        raise ErreurBilan(Faute(lieu, f"format de classeur « {format_} » inconnu",
                                "Refaire le classeur par « bilan formulaires »."))
    if territoire not in territoires:
        raise ErreurBilan(Faute(lieu, f"territoire inconnu « {territoire} »",
                                proposer(territoire, territoires)))
