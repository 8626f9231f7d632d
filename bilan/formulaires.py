"""Les formulaires de collecte d'une édition, écrits à partir des schémas et des questionnaires."""

from __future__ import annotations

import shutil
from pathlib import Path

from bilan import collecte, questionnaires
from bilan.classeur import classeur
from bilan.erreurs import ErreurBilan, Faute
from bilan.projet import Edition, est_un_nom
from bilan.verifier import fautes_des_donnees
from bilan.xlsform import xlsform

# Les tables que l'on lit pour préremplir.
LUES = ("territoires", "sessions", "presences")


def ecrire(edition: Edition) -> list[Path]:
    """Écrit les formulaires dans `build/formulaires/<edition>/` et rend leurs chemins.

    Un classeur par territoire, puis un XLSForm par questionnaire qu'on remplit soi-même. Lève
    `ErreurBilan` si l'édition n'a pas encore de territoire, ou si ce qui les remplit est fautif.
    """
    _exiger(edition)
    territoires = collecte.choix(edition)["territoires"]
    if impossibles := [t for t in territoires if not est_un_nom(t)]:
        raise ErreurBilan([Faute(edition.relatif(edition.donnees / "territoires.csv"),
                                 f"le code « {t} » ne peut pas nommer un fichier",
                                 "En choisir un autre : Windows réserve con, nul, aux, com1…")
                           for t in impossibles])
    contenus = {t: classeur(edition, t) for t in territoires}
    contenus |= {q.code: xlsform(edition, q) for q in questionnaires.a_remplir(edition)}
    dossier = edition.racine / "build" / "formulaires" / edition.code
    if dossier.exists():
        shutil.rmtree(dossier)  # lève, si l'un d'eux est ouvert dans Excel
    dossier.mkdir(parents=True)
    chemins = []
    for nom, contenu in contenus.items():
        chemins.append(dossier / f"{nom}.xlsx")
        chemins[-1].write_bytes(contenu)
    return chemins


def commande(edition: Edition) -> int:
    """`bilan formulaires` : écrit, puis dit où et quoi en faire."""
    chemins = ecrire(edition)
    print(f"Formulaires de l'édition {edition.code} :")
    for chemin in chemins:
        print(f"  {edition.relatif(chemin)}")
    print("Envoyer à chaque territoire une copie de son classeur ; déposer les autres sur "
          "KoboToolbox ou ODK.")
    print("Au retour : bilan importer FICHIER. Ne rien remplir sous build/, qui est réécrit.")
    return 0


def _exiger(edition: Edition) -> None:
    """Ce qu'il faut avant d'écrire : des tables et des questionnaires sans faute, un territoire."""
    lues = {edition.relatif(edition.donnees / f"{table}.csv") for table in LUES}
    fautes = questionnaires.fautes(edition)
    fautes += [f for f in fautes_des_donnees(edition) if f.fichier in lues]
    if fautes:
        raise ErreurBilan(fautes)
    if not collecte.choix(edition)["territoires"]:
        raise ErreurBilan(Faute(
            edition.relatif(edition.donnees / "territoires.csv"),
            "aucun territoire : il n'y a pas encore de formulaire à écrire",
            "Y écrire une ligne par territoire lauréat, puis relancer « bilan formulaires ».",
        ))
