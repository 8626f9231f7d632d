"""L'exécution des carnets par papermill : plusieurs à la fois, un échec n'arrête pas les autres."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from bilan.carnet import Bilan
from bilan.empreintes import condense
from bilan.erreurs import ErreurBilan
from bilan.executer import OUVERT, CompteRendu, Ordre
from bilan.lectures import emporter
from bilan.plan import Etat, Tache
from bilan.projet import Edition

# Un carnet attend son noyau le tiers de sa durée : un second occupe le cœur.
CARNETS_PAR_COEUR = 2


class Suivi(Protocol):
    """Qui montre l'avancement."""

    def prevoit(self, etats: list[Etat]) -> None: ...

    def demarre(self, nom: str) -> None: ...

    def termine(self, compte_rendu: CompteRendu) -> None: ...

    def etape(self, texte: str) -> None: ...


Executeur = Callable[[Edition, list[Ordre], Callable[[str], None]], Iterable[CompteRendu]]


def executer_carnets(bilan: Bilan, prevus: list[Etat], executeur: Executeur, suivi: Suivi) -> None:
    """Exécute ce qui n'est pas à jour.

    `executeur` est la couture : il reçoit des ordres et rend des comptes rendus, où qu'il les
    fasse exécuter. Lève `ErreurBilan`, un message par carnet en échec, quand tous ont fini.
    """
    edition, generaux = bilan.edition, bilan.parametres.generaux
    a_faire = {e.tache.nom: e for e in prevus if not e.a_jour}
    if not a_faire:
        return
    ecrire(edition.travail / OUVERT, emporter(bilan))
    ordres = [Ordre(e.tache.nom, edition.relatif(e.tache.carnet), e.tache.parametres,
                    generaux.duree_max_cellule, generaux.memoire_max_mo, generaux.sorties_max_mo)
              for e in a_faire.values()]
    echecs = []
    for compte_rendu in executeur(edition, ordres, suivi.demarre):
        suivi.termine(compte_rendu)
        etat = a_faire[compte_rendu.nom]
        if compte_rendu.erreur is None:
            _ranger(etat, compte_rendu)
        else:
            echecs.append(_echec(edition, etat.tache, compte_rendu))
    if echecs:
        raise ErreurBilan("\n".join(sorted(echecs)))


def _ranger(etat: Etat, compte_rendu: CompteRendu) -> None:
    """Installe le carnet exécuté, puis sa fiche technique."""
    tache = etat.tache
    # L'empreinte s'écrit en dernier : une interruption laisse au pire un carnet à refaire.
    tache.fiche_technique.unlink(missing_ok=True)
    ecrire(tache.sortie, compte_rendu.carnet)
    fiche = {"empreinte": etat.empreinte, "sortie": condense(compte_rendu.carnet)}
    # Le relevé d'une catégorie de mille territoires pèse vingt mégaoctets : il se range tel quel.
    ecrire(tache.fiche_technique,
           json.dumps(fiche, ensure_ascii=False).encode()[:-1] + b", " + compte_rendu.releve[1:])
    tache.echec.unlink(missing_ok=True)


def ecrire(chemin: Path, octets: bytes) -> None:
    """Écrit d'un seul coup : jamais de fichier à moitié écrit."""
    chemin.parent.mkdir(parents=True, exist_ok=True)
    provisoire = chemin.with_name(chemin.name + ".partiel")
    provisoire.write_bytes(octets)
    provisoire.replace(chemin)


MEMOIRE = "la mémoire manque : corriger la cellule, ou relever memoire_max_mo dans edition.yml."
CAUSES = {
    "ModuleNotFoundError": "une bibliothèque manque : relancer « make bilan ».",
    "KeyError": "une colonne ou un code n'existe pas : lancer « bilan verifier ».",
    "NameError": "un nom n'est pas défini dans le carnet : relire cette cellule.",
    "SyntaxError": "une faute de frappe dans la cellule.",
    "FileNotFoundError": "un fichier manque : lancer « bilan verifier ».",
    "MemoryError": MEMOIRE,
    "_ArrayMemoryError": MEMOIRE,  # celle de NumPy
    "CellTimeoutError": "cellule trop longue : relever duree_max_cellule dans edition.yml.",
    "DeadKernelError": "le noyau s'est arrêté (mémoire ?) : relancer, avec --jobs 1 au besoin.",
}


def _echec(edition: Edition, tache: Tache, compte_rendu: CompteRendu) -> str:
    """Le message d'un carnet en échec : lequel, où, quoi, et la cause probable."""
    ou = edition.relatif(tache.carnet)
    if tache.territoire:
        ou += f", territoire « {tache.territoire} »"
    if compte_rendu.cellule:
        ou += f", cellule {compte_rendu.cellule}"
    message = f"{ou} : {compte_rendu.erreur}"
    genre = (compte_rendu.erreur or "").split(" :")[0]
    if genre in CAUSES:
        message += f" Cause probable : {CAUSES[genre]}"
    if compte_rendu.carnet is not None:
        ecrire(tache.echec, compte_rendu.carnet)
        message += f" Carnet partiel : {edition.relatif(tache.echec)}."
    return message
