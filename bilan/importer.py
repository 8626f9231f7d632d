"""`bilan importer` : classeurs, CSV et exports de formulaire vers les tables de l'édition.

Lire, reconnaître, convertir, fondre, montrer, écrire. Les bonnes lignes sont écrites, les autres
refusées avec ce qu'il faut écrire ; chaque ligne lue a un sort et un seul. Toutes les tables sont
remplacées, ou aucune.
"""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from bilan.erreurs import ErreurBilan, Faute
from bilan.importer_contexte import Contexte
from bilan.importer_fusion import Fusion, ecrire
from bilan.importer_identite import verifier_identite
from bilan.importer_lecture import Fichier, lire
from bilan.importer_lignes import (
    DEJA,
    ECRITE,
    REFUSEE,
    REMPLACEE,
    Ligne,
    Lot,
    convertir_grille,
)
from bilan.importer_reconnaissance import (
    Reconnue,
    exiger_les_repetitions,
    reconnaitre,
)
from bilan.importer_retour import rendre
from bilan.parametres import Parametres
from bilan.projet import Edition
from bilan.verrou import seul

SORTS = (ECRITE, REMPLACEE, DEJA, REFUSEE)


@dataclass
class Import:
    """Ce qu'un import a lu et ce qu'il en fait ; rien n'est écrit avant `ecrire`."""

    edition: Edition
    fichiers: list[Fichier]
    lots: list[Lot]
    fusion: Fusion
    fautes_de_fichier: list[Faute] = field(default_factory=list)
    tout_ou_rien: bool = False

    @property
    def fautes(self) -> list[Faute]:
        """Chaque faute une fois, fichier par fichier."""
        toutes = [*self.fautes_de_fichier,
                  *(faute for lot in self.lots for faute, _ in lot.fautes)]
        return list(dict.fromkeys(toutes))

    @property
    def renonce(self) -> bool:
        """Vrai si une faute suffit à ne rien écrire."""
        return self.tout_ou_rien and bool(self.fautes)

    def comptes(self, lot: Lot) -> Counter:
        """Le sort de chaque ligne de la grille."""
        sorts = Counter(lot.comptes)
        for ligne in lot.lignes:
            sorts[self.sort(ligne)] += 1
        return sorts

    def sort(self, ligne: Ligne) -> str:
        renonce = self.renonce and ligne.sort in (ECRITE, REMPLACEE)
        return REFUSEE if renonce else ligne.sort

    def ecrire(self) -> list[Path]:
        """Écrit les tables changées, toutes ou aucune ; rend leurs chemins."""
        if self.renonce:
            return []
        tables = [t for t in self.fusion.tables.values() if t.changee]
        ecrire(tables)
        return [t.chemin for t in tables]

    def rendre(self) -> list[Path]:
        """Écrit les classeurs à corriger ; rend leurs chemins."""
        retours: list[Path] = []
        for fichier in self.fichiers:
            lots = [lot for lot in self.lots
                    if any(lot.reconnue.grille is g for g in fichier.grilles)]
            retour = rendre(self.edition, fichier, lots, retours)
            retours += [retour] if retour else []
        return retours


def preparer(edition: Edition, chemins: list[Path], *, remplacer: bool = False,
             tout_ou_rien: bool = False) -> Import:
    """Lit les fichiers et décide du sort de chaque ligne, sans rien écrire.

    Lève `ErreurBilan` si les tables ou les questionnaires de l'édition ne se lisent pas.
    """
    contexte, limites = Contexte.lire(edition), Parametres(edition).generaux.limites
    fichiers, lots, fautes, reconnues = [], [], [], []
    for chemin in dict.fromkeys(chemins):
        try:
            fichier = lire(chemin, limites)
        except ErreurBilan as erreur:
            fautes += erreur.fautes
            continue
        fichiers.append(fichier)
        try:
            verifier_identite(fichier, contexte)
        except ErreurBilan as erreur:
            fautes += erreur.fautes
            lots += _refuser_tout(fichier, erreur)
        else:
            reconnues += reconnaitre(fichier, contexte)
    exiger_les_repetitions(reconnues)
    lots += [convertir_grille(r, reconnues, contexte) for r in reconnues]
    fusion = Fusion(contexte, remplacer)
    fusion.fondre(lots)
    return Import(edition, fichiers, lots, fusion, fautes, tout_ou_rien)


def commande(edition: Edition, chemins: list[Path], *, remplacer: bool, tout_ou_rien: bool,
             essai: bool) -> int:
    """`bilan importer` : montre ce qui est reconnu et changé, puis écrit ; 1 s'il y a un refus."""
    from bilan import importer_terminal as terminal

    with nullcontext() if essai else seul(edition, attendre=True):
        lu = preparer(edition, chemins, remplacer=remplacer, tout_ou_rien=tout_ou_rien)
        terminal.montrer(lu)
        ecrites = [] if essai else lu.ecrire()
        retours = [] if essai else lu.rendre()
    terminal.conclure(lu, ecrites, retours, essai=essai)
    return 1 if lu.fautes else 0


def _refuser_tout(fichier: Fichier, erreur: ErreurBilan) -> list[Lot]:
    """Un fichier refusé en entier : ses lignes remplies sont comptées refusées."""
    return [
        Lot(Reconnue(g, "refusé", None), comptes=Counter({REFUSEE: len(g.remplies)}))
        for g in fichier.grilles if g.lignes
    ]
