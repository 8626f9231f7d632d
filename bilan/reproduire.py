"""`bilan reproduire` : refait une construction à part, et compare ce qui sort, octet par octet."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bilan import depot
from bilan.construire import construire
from bilan.empreintes import du_projet
from bilan.executeur_local import executer_ici
from bilan.notebooks import Executeur, Suivi
from bilan.origines import RESERVE
from bilan.projet import Edition, Projet
from bilan.reproduire_ecarts import Ecart, des_entrees, des_fichiers
from bilan.reproduire_lecture import Construction, lire
from bilan.terminal import suivi

MONTRES = 5


def commande(edition: Edition, options: argparse.Namespace) -> int:
    """Rend 0 si tout est identique, 1 sinon, après avoir dit ce qui diffère."""
    chemin = options.construction or edition.sortie
    attendue = lire(chemin, edition.relatif(chemin))
    if options.construction:
        edition = Projet(edition.racine).edition(attendue.origines["edition"])
    with tempfile.TemporaryDirectory(prefix="bilan-") as dossier:
        with suivi() as avancement:
            refaite = refaire(edition, attendue.voie, Path(dossier), executer_ici(options.jobs),
                              avancement)
        ecarts = des_fichiers(attendue, refaite)
    for ligne in dire(attendue, ecarts, des_entrees(attendue, refaite)):
        print(ligne)
    return 1 if ecarts else 0


def refaire(
    edition: Edition, voie: str, dossier: Path, executeur: Executeur, avancement: Suivi
) -> Construction:
    """Construit l'édition dans `dossier`, d'une copie de ses entrées : rien du présent n'y sert.

    Lève `ErreurBilan` si la construction échoue.
    """
    copie = Edition(copier(edition.racine, dossier / "projet"), edition.code)
    construire(copie, executeur, avancement, voie=voie)
    return lire(copie.sortie, copie.relatif(copie.sortie))


def copier(racine: Path, destination: Path) -> Path:
    """Une copie de ce qui entre dans un bilan, au même commit s'il y en a un. Rend sa racine."""
    projet = destination
    if depot.lire(racine):
        try:
            projet = depot.cloner(racine, destination)
        except subprocess.CalledProcessError:
            shutil.rmtree(destination, ignore_errors=True)
    fichiers = du_projet(racine)
    for nom in du_projet(projet) if projet.is_dir() else ():
        if nom not in fichiers:
            (projet / nom).unlink()
    for nom in fichiers:
        (projet / nom).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(racine / nom, projet / nom)
    return projet


def dire(
    attendue: Construction, ecarts: list[Ecart], entrees: list[Ecart]
) -> Iterable[str]:
    """Le verdict, en phrases."""
    if not ecarts:
        yield (f"Identique : les {len(attendue.fichiers)} fichiers de {attendue.nom} "
               "sont refaits à l'octet près.")
        if entrees:
            yield f"Des entrées ont changé, sans effet sur eux : {_liste(entrees)}."
        return
    yield (f"Différent : {len(ecarts)} des {len(attendue.fichiers)} fichiers de {attendue.nom} : "
           f"{_liste(ecarts)}.")
    if entrees:
        yield f"Première entrée qui diffère : {entrees[0]}."
        if entrees[1:]:
            yield f"Les autres : {_liste(entrees[1:])}."
    else:
        yield "Aucune entrée ne diffère" + _reserves(attendue) + "."
    if attendue.retouches:
        yield (f"Modifié depuis la construction : {_liste(attendue.retouches)}. "
               "« bilan construire » le rétablit.")
    if any(e.nom == "commit" and e.avant for e in entrees):
        yield ("Pour repartir du même code : "
               f"« git checkout {attendue.origines['depot']['commit'][:12]} ».")


def _reserves(construction: Construction) -> str:
    """Ce que les origines taisent, qui peut expliquer un écart."""
    tables = [n.removesuffix(RESERVE) for n in construction.origines["entrees"]
              if n.endswith(RESERVE)]
    return f", hors des colonnes réservées de {_liste(tables)}, qu'on ne compare pas" * bool(tables)


def _liste(choses: list) -> str:
    """Les premières, et combien d'autres."""
    reste = len(choses) - MONTRES
    suite = f" et {reste} de plus" if reste > 0 else ""
    return ", ".join(map(str, choses[:MONTRES])) + suite
