"""La construction : tout, dans l'ordre, et le bilan publié n'est remplacé qu'à la fin."""

from __future__ import annotations

import shutil
from pathlib import Path

from bilan.assembler import assembler
from bilan.carnet import Bilan
from bilan.deja_construit import changees, entrees, noter, oublier
from bilan.erreurs import ErreurBilan
from bilan.notebooks import Executeur, Suivi, executer_carnets
from bilan.plan import dresser, etats
from bilan.projet import Edition
from bilan.verifier import exiger


def construire(
    edition: Edition, executeur: Executeur, suivi: Suivi, *, voie: str = "auto",
    forcer: bool = False, relecture: bool = False,
) -> str:
    """Vérifie, exécute, assemble, publie. Rend le nom de la voie d'assemblage suivie.

    Lève `ErreurBilan` à la première étape qui échoue ; `build/<edition>` reste alors tel quel.
    """
    depart = entrees(edition, voie)
    bilan = executer(edition, executeur, suivi, forcer=forcer)
    return publier(bilan, suivi, voie, relecture=relecture, depart=depart)


def executer(
    edition: Edition, executeur: Executeur, suivi: Suivi, *, forcer: bool = False
) -> Bilan:
    """Vérifie, puis exécute les carnets qui ne sont pas à jour. Rend l'édition ouverte pour cela.

    Lève `ErreurBilan` avec toutes les fautes, ou avec un message par carnet en échec.
    """
    suivi.etape("Vérification")
    bilan = exiger(edition)
    executer_a_jour(bilan, executeur, suivi, forcer=forcer)
    return bilan


def executer_a_jour(
    bilan: Bilan, executeur: Executeur, suivi: Suivi, *, forcer: bool = False,
    seulement: str | None = None,
) -> None:
    """Exécute les carnets qui ne sont pas à jour, ou celui-là seulement, sans rien vérifier."""
    taches = [t for t in dresser(bilan.edition) if seulement in (None, t.nom)]
    prevus = etats(taches, bilan, forcer=forcer)
    suivi.prevoit(prevus)
    suivi.etape("Exécution des carnets")
    executer_carnets(bilan, prevus, executeur, suivi)


def publier(
    bilan: Bilan, suivi: Suivi, voie: str = "auto", *, depart: dict[str, str],
    relecture: bool = False,
) -> str:
    """Assemble à côté, puis met le résultat à la place du précédent.

    `depart` : les empreintes de ce dont on part, prises avant de rien lire. Lève `ErreurBilan` si
    l'une d'elles a changé entre-temps : le bilan mêlerait deux états.

    L'exemplaire à relire a sa place dans le bilan publié, dont rien d'autre ne bouge ; publier
    le bilan l'enlève : il montrerait un état passé.
    """
    edition = bilan.edition
    cible = edition.relecture if relecture else edition.sortie
    retablir(edition)
    neuf = edition.travail / "publication"
    suivi.etape("Assemblage du site, du PDF et des fiches"
                + (", pour la relecture" if relecture else ""))
    nom = assembler(bilan, neuf, voie, relecture=relecture)
    if touches := changees(depart, entrees(edition, voie)):
        raise ErreurBilan(f"Changé pendant la construction : {', '.join(touches[:5])}. Le bilan "
                          "précédent est intact ; relancer la commande.")
    oublier(edition, relecture=relecture)
    _remplacer(cible, neuf, _ecarte(edition, cible))
    noter(edition, depart, relecture=relecture)
    return nom


def retablir(edition: Edition) -> None:
    """Remet à sa place le bilan qu'une publication coupée net venait d'écarter."""
    for cible in (edition.sortie, edition.relecture):
        ecarte = _ecarte(edition, cible)
        if ecarte.exists() and not cible.exists():
            cible.parent.mkdir(parents=True, exist_ok=True)
            ecarte.rename(cible)


def _ecarte(edition: Edition, cible: Path) -> Path:
    """Où attend ce que `cible` contenait, le temps que le neuf prenne sa place."""
    return edition.travail / f"precedent-{cible.name}"


def _remplacer(sortie: Path, neuf: Path, ancien: Path) -> None:
    """`neuf` prend la place de `sortie` ; si le système refuse, `sortie` reste ce qu'elle était."""
    if ancien.exists():
        shutil.rmtree(ancien)
    sortie.parent.mkdir(parents=True, exist_ok=True)
    if sortie.exists():
        sortie.rename(ancien)
    try:
        neuf.rename(sortie)
    except OSError:
        if ancien.exists():
            ancien.rename(sortie)
        raise
    shutil.rmtree(ancien, ignore_errors=True)
