"""Une ligne par exécution de carnet : son nom, le carnet, puis les options de papermill."""

from bilan.plan import dresser
from bilan.projet import Projet


def lignes() -> list[str]:
    """`cooperation notebooks/cooperation.ipynb -k python3 -p edition …`, pour papermill."""
    return [
        " ".join([tache.nom, f"notebooks/{tache.carnet.name}", "-k python3",
                  *(f"-p {nom} {valeur}" for nom, valeur in tache.parametres.items())])
        for tache in dresser(Projet.trouver().edition())
    ]


if __name__ == "__main__":
    print("\n".join(lignes()))
