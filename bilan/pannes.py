"""Ce que le système refuse, dit en une phrase : quoi, où, et que faire avant de relancer."""

from __future__ import annotations

import errno
from pathlib import Path

# Le refus d'un fichier qu'un autre programme tient ouvert (Windows).
OUVERT_AILLEURS = (32, 33)
PLEIN = (errno.ENOSPC, errno.EDQUOT)
DROITS = (errno.EACCES, errno.EPERM)
MEMOIRE = ("La mémoire manque. Fermer des programmes, ou relancer avec --jobs 1 : le bilan "
           "précédent est intact.")
RELANCER = "puis relancer la commande."


def dire(erreur: OSError) -> str:
    """Le message d'une erreur du système."""
    if erreur.errno in PLEIN:
        return f"Le disque est plein{_lieu(erreur)}. Libérer de la place, {RELANCER}"
    if erreur.errno == errno.EFBIG:
        return (f"Un fichier dépasse la taille que le système permet{_lieu(erreur)}. Relever cette "
                f"limite (ulimit -f), {RELANCER}")
    if erreur.errno == errno.EROFS:
        return (f"Le disque est en lecture seule{_lieu(erreur)}. Le rendre accessible en écriture, "
                f"ou copier le projet ailleurs, {RELANCER}")
    if getattr(erreur, "winerror", None) in OUVERT_AILLEURS or (
            erreur.errno in DROITS and _ouvert_dans_un_tableur(erreur)):
        return (f"Fichier ouvert dans un autre programme (Excel ?){_lieu(erreur)}. L'y fermer, "
                f"{RELANCER}")
    if erreur.errno in DROITS:
        return (f"Permission refusée{_lieu(erreur)}. Demander le droit d'y lire et d'y écrire, "
                f"{RELANCER}")
    if erreur.errno == errno.ENOENT:
        return f"Fichier ou dossier introuvable{_lieu(erreur)}. Le rétablir, ou corriger son nom."
    if erreur.errno == errno.ENOMEM:
        return MEMOIRE
    return f"Le système refuse : {erreur.strerror or erreur}{_lieu(erreur)}."


def _lieu(erreur: OSError) -> str:
    return f" ({erreur.filename})" if erreur.filename else ""


def _ouvert_dans_un_tableur(erreur: OSError) -> bool:
    """Vrai si Excel ou LibreOffice a posé sa marque à côté de l'un des fichiers en cause."""
    chemins = [Path(nom) for nom in (erreur.filename, erreur.filename2) if isinstance(nom, str)]
    return any(c.with_name(marque).exists() for c in chemins
               for marque in (f"~${c.name}", f".~lock.{c.name}#")) or any(
        any(c.rglob(marque)) for c in chemins for marque in ("~$*", ".~lock.*#"))
