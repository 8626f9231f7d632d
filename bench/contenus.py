"""Les façons d'exécuter ont-elles donné les mêmes cellules ? Sinon, les durées ne disent rien."""

import sys
from pathlib import Path

import nbformat

from bilan.mise_au_propre import mettre_au_propre
from bilan.plan import Tache, dresser
from bilan.projet import Projet


def differents(dossier: Path, taches: list[Tache]) -> list[str]:
    """Les carnets dont une cellule diffère de celle de la chaîne, par façon de les exécuter."""
    return [f"{facon} : {tache.nom}" for facon in ("boucle", "xargs") for tache in taches
            if _propre(dossier / facon, tache) != nbformat.read(tache.sortie, as_version=4).cells]


def _propre(dossier: Path, tache: Tache) -> list:
    brut = nbformat.read(dossier / f"{tache.nom}.ipynb", as_version=4)
    return mettre_au_propre(brut, tache.nom, tache.territoire)[0].cells


if __name__ == "__main__":
    fautifs = differents(Path(sys.argv[1]), dresser(Projet.trouver().edition()))
    print("\n".join(fautifs) or "Mêmes cellules, quelle que soit la façon de les exécuter.")
    sys.exit(bool(fautifs))
