"""Des exports de formulaire abîmés dans leur structure : KoboToolbox (XLSX) et ODK (CSV).

Les lignes d'une répétition y renvoient à leur envoi ; ce sont ces liens, les titres et les feuilles
que l'on casse, en plus des cellules. Chaque ligne garde un sort et un seul, et une réponse écrite
l'est pour le territoire de son envoi, sans le moindre doute.
"""

from __future__ import annotations

import csv
import io
import random
import tempfile
from copy import deepcopy
from functools import cache
from pathlib import Path

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from bilan.erreurs import ErreurBilan
from bilan.importer import preparer
from bilan.importer_lignes import ECRITE
from bilan.projet import Edition
from tests.flou import GREFFES, Lecteur, abimer, claire
from tests.importer_fichiers import edition_vide, feuilles, octets

Grilles = dict[str, list[list]]
ACTEUR = ["acteur", "famille", "tete_de_reseau", "rencontre", "participe_action",
          "participe_animation", "raison_non_participation"]
ACTEURS = [["a-1", "antenne", "Croix-Rouge", "oui", "oui", "non", ""],
           ["a-2", "association_locale", "", "oui", "non", "non", "manque_moyens"],
           ["a-3", "ccas", "", "non", "non", "non", ""]]
CRITERES = [["Suite assurée", "En partie", "x"], ["Réseau formalisé", "Oui", "Charte"]]
TERRITOIRES = ["CABBALR", "Douaisis"]
LIEN = ["_index", "_parent_table_name", "_parent_index", "_submission__id"]
ENVOI = {"Kobo": ("_index", "_parent_index"), "ODK": ("KEY", "PARENT_KEY")}
PRINCIPALE = "fiche"


def sain(genre: str) -> Grilles:
    """Deux envois, leurs acteurs et leurs critères."""
    if genre == "Kobo":
        return {
            PRINCIPALE: [["Quel territoire coordonnez-vous ?", "avec_acteurs", "_id", "_index"],
                         *([t, "oui", 7 + n, n + 1] for n, t in enumerate(TERRITOIRES))],
            "acteurs": [[*ACTEUR, *LIEN],
                        *([*a, n + 1, PRINCIPALE, n % 2 + 1, 7 + n % 2]
                          for n, a in enumerate(ACTEURS))],
            "criteres": [["critere", "score", "preuve", *LIEN],
                         *([*c, n + 1, PRINCIPALE, n + 1, 7 + n] for n, c in enumerate(CRITERES))],
        }
    return {
        PRINCIPALE: [["SubmissionDate", "territoire", "avec_acteurs", "KEY"],
                     *(["2024-01-01T10:00:00Z", t, "true", f"uuid:{n + 1}"]
                       for n, t in enumerate(TERRITOIRES))],
        f"{PRINCIPALE}-acteurs": [
            [*ACTEUR, "PARENT_KEY", "KEY"],
            *([*a, f"uuid:{n % 2 + 1}", f"uuid:{n % 2 + 1}/acteurs[{n + 1}]"]
              for n, a in enumerate(ACTEURS))],
        f"{PRINCIPALE}-criteres": [
            ["critere", "score", "preuve", "PARENT_KEY", "KEY"],
            *([*c, f"uuid:{n + 1}", f"uuid:{n + 1}/criteres[1]"] for n, c in enumerate(CRITERES))],
    }


def tirer_export(hasard: random.Random) -> tuple[str, Grilles]:
    """Un export dont la structure ou les cellules ont changé, une à quatre fois."""
    genre = hasard.choice(list(ENVOI))
    grilles = deepcopy(sain(genre))
    for _ in range(hasard.choice((1, 1, 2, 4))):
        _changer(hasard, grilles)
    return genre, grilles


def _changer(hasard: random.Random, grilles: Grilles) -> None:
    nom = hasard.choice(list(grilles))
    grille = grilles[nom]
    rang = hasard.randrange(len(grille)) if grille else 0
    match hasard.randrange(10):
        case 0 if len(grille) > 1:
            del grille[rang]
        case 1 if grille:
            grille.insert(hasard.randrange(len(grille) + 1), list(grille[rang]))
        case 2 if len(grille) > 1:
            hasard.shuffle(grille)
        case 3 if grille and len(grille[0]) > 1:
            colonne = hasard.randrange(len(grille[0]))
            for ligne in grille:
                del ligne[colonne:colonne + 1]
        case 4 if grille and grille[0]:
            colonne = hasard.randrange(len(grille[0]))
            for ligne in grille:
                ligne.insert(colonne, ligne[colonne] if colonne < len(ligne) else "")
        case 5 if len(grilles) > 1:
            del grilles[nom]
        case 6:
            grilles[abimer(hasard, nom)[:20] or "x"] = grilles.pop(nom)
        case _ if grille and grille[rang]:
            ligne = grille[rang]
            autre = hasard.choice([v for g in grilles.values() for li in g for v in li] or [""])
            ligne[hasard.randrange(len(ligne))] = hasard.choice(
                [autre, autre, hasard.choice(GREFFES), abimer(hasard, str(autre)), None, 3, 2.5])


def poser(genre: str, grilles: Grilles, dossier: Path) -> list[Path]:
    """Le classeur de KoboToolbox, ou les CSV d'ODK."""
    if genre == "Kobo":
        noms = [ILLEGAL_CHARACTERS_RE.sub("", _nom(n)) or "x" for n in grilles]
        lisibles = {f"{n}{r}" if n in noms[:r] else n: [[_cellule(v) for v in li] for li in g]
                    for r, (n, g) in enumerate(zip(noms, grilles.values(), strict=True))}
        (dossier / "export.xlsx").write_bytes(octets(feuilles(**lisibles)))
        return [dossier / "export.xlsx"]
    chemins = []
    for rang, (nom, grille) in enumerate(grilles.items()):
        sortie = io.StringIO(newline="")
        csv.writer(sortie, quoting=csv.QUOTE_ALL).writerows(grille)
        chemin = dossier / str(rang) / f"{_nom(nom)}.csv"
        chemin.parent.mkdir()
        chemin.write_bytes(sortie.getvalue().encode("utf-8", "replace"))
        chemins.append(chemin)
    return chemins


def _nom(texte: str) -> str:
    """Ce qu'un nom de fichier ou d'onglet admet."""
    return "".join(c for c in texte if c not in "\0/\\?*[]:'" and not 0xD800 <= ord(c) < 0xE000)


def _cellule(valeur: object) -> object:
    """Ce qu'un classeur peut contenir."""
    if not isinstance(valeur, str):
        return valeur
    return ILLEGAL_CHARACTERS_RE.sub("", valeur.encode("utf-8", "replace").decode())


@cache
def edition() -> Edition:
    """Une édition vide, où rien n'est jamais écrit."""
    return edition_vide(Path(tempfile.mkdtemp(prefix="flou-")) / "projet")


def essayer_export(entree: tuple[str, Grilles]) -> None:
    """Chaque ligne a un sort et un seul ; celle qui s'écrit est du territoire de son envoi."""
    genre, grilles = entree
    with tempfile.TemporaryDirectory() as dossier:
        lu = preparer(edition(), poser(genre, grilles, Path(dossier)))
    if lu.fautes:
        claire(ErreurBilan(lu.fautes))
    for lot in lu.lots:
        assert sum(lu.comptes(lot).values()) == len(lot.reconnue.grille.lignes)
    cle, parent = ENVOI[genre]
    for lot in lu.lots:
        for ligne in lot.lignes:
            if lu.sort(ligne) == ECRITE and lot.reconnue.lien is not None:
                renvoi = _sous(lot.reconnue.grille, parent, ligne.numero)
                territoires = {
                    _sous(autre.reconnue.grille, titre, li[0].ligne)
                    for autre in lu.lots for li in autre.reconnue.grille.lignes
                    for titre in ("Quel territoire coordonnez-vous ?", "territoire")
                    if autre is not lot and _sous(autre.reconnue.grille, cle, li[0].ligne) == renvoi
                } - {None}
                connus = {t.strip().casefold() for t in territoires if t.strip()}
                assert connus == {ligne.valeurs["territoire"]}, (renvoi, territoires)


def _sous(grille, titre: str, numero: int) -> str | None:
    """Le texte d'une ligne sous un titre ; None s'il n'y est pas."""
    rang = next((r for r, c in enumerate(grille.titres) if c.texte == titre), None)
    ligne = next((li for li in grille.lignes if li and li[0].ligne == numero), None)
    return None if rang is None or ligne is None else ligne[rang].texte


LECTEUR_D_EXPORTS = Lecteur("export", 4_000, tirer_export, essayer_export)
