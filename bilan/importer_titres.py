"""Un titre de colonne → le champ qu'il nomme.

Un titre se reconnaît au nom de la colonne, à son titre ou à la question posée, sans égard aux
accents, aux majuscules ni au groupe qui le précède (`acteurs/famille`, `acteurs-famille`).
"""

from __future__ import annotations

import re
import unicodedata

from bilan.collecte import Feuille
from bilan.importer_lecture import Grille

# Ce que KoboToolbox et ODK ajoutent aux réponses ; s'y ajoute tout titre qui commence par « _ ».
TECHNIQUES = {
    "start", "end", "today", "username", "deviceid", "phonenumber", "simserial", "subscriberid",
    "audit", "background audio", "instanceid", "isvalidated", "formhub uuid", "accueil",
    "submissiondate", "key", "parent key", "submitterid", "submittername", "attachmentspresent",
    "attachmentsexpected", "status", "reviewstate", "edits", "formversion",
}


def aplatir(texte: str) -> str:
    """Le texte en minuscules sans accent ni ponctuation : « Tête de réseau » et tete_de_reseau."""
    texte = unicodedata.normalize("NFKD", texte.replace("œ", "oe").replace("Œ", "oe"))
    sans_accent = "".join(c for c in texte if not unicodedata.combining(c)).casefold()
    return re.sub(r"[^a-z0-9]+", " ", sans_accent).strip()


def champs_lus(grille: Grille, feuille: Feuille, noms: dict[str, str]) -> dict[int, str]:
    """Rang → nom de la colonne, pour les titres que la table connaît, éclatés compris."""
    trouves = {}
    for rang, cellule in enumerate(grille.titres):
        nom = champ_dit(cellule.texte, feuille, noms)
        eclatee = None if nom else reponse_eclatee(cellule.texte, feuille, noms)
        if nom or eclatee:
            trouves[rang] = nom or eclatee[0]
    return trouves


def champ_dit(titre: str, feuille: Feuille, noms: dict[str, str]) -> str | None:
    """Le nom de la colonne ainsi titrée, groupe compris : `acteurs/famille`, `acteurs-famille`."""
    if not titre or technique(titre):
        return None
    plat = aplatir(titre)
    for groupe in ("", feuille.table, feuille.titre):
        reste = re.sub(rf"^(.* )?{re.escape(aplatir(groupe))} ", "", plat) if groupe else plat
        if reste in noms:
            return noms[reste]
    return None


def reponse_eclatee(titre: str, feuille: Feuille, noms: dict[str, str]) -> tuple[str, str] | None:
    """(colonne, code) d'une question à choix dont chaque réponse a sa colonne."""
    question, barre, reponse = titre.rpartition("/")
    nom = champ_dit(question, feuille, noms) if barre else None
    champ = next((c for c in feuille.champs if c.nom == nom), None)
    for code, libelle in champ.modalites.items() if champ else ():
        if aplatir(reponse) in (aplatir(code), aplatir(libelle)):
            return champ.nom, code
    return None


def technique(titre: str) -> bool:
    """Un titre ajouté par KoboToolbox, ODK ou le formulaire, qui n'alimente aucune colonne."""
    plat = aplatir(titre)
    return titre.startswith("_") or plat in TECHNIQUES or plat.startswith(
        ("meta ", "avec ", "avez vous des lignes a remplir", "set of "))
