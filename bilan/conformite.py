"""Ce qui doit être le même sur chaque machine pour que les carnets y soient les mêmes.

Rien de lourd n'est importé ici : un travailleur de grappe le dit avant de charger le reste.
"""

from __future__ import annotations

import json
from importlib.metadata import version

from bilan import empreintes

# Lu par le paquet dès son import, à côté de lui et non dans le projet.
JETONS = "report/style/jetons.yml"
# Le code que ce processus a chargé : un travailleur lancé avant une mise à jour garde l'ancien.
CHARGE = empreintes.du_paquet()


def versions() -> dict[str, str]:
    """Le code du paquet, les jetons qui l'accompagnent, Python, les bibliothèques qui comptent.

    Lève `PackageNotFoundError` si le paquet est importable sans être installé : c'est son
    installation qui déclare les noyaux chauds.
    """
    version("bilan")
    racine = empreintes.PAQUET.parent
    jetons = empreintes.de_fichiers(racine, [racine / JETONS])
    return {"bilan": CHARGE[:12], **{nom: empreinte[:12] for nom, empreinte in jetons.items()},
            "distributed": version("distributed"), **json.loads(empreintes.bibliotheques())}


def ecart(la_bas: dict[str, str] | Exception, attendues: dict[str, str]) -> str:
    """Ce qu'une machine a d'autre ; vide si elle a tout ce qu'on attend."""
    if isinstance(la_bas, ImportError):
        return f"le paquet bilan n'y est pas, ou pas entier ({la_bas})"
    if isinstance(la_bas, Exception):
        return f"il ne dit pas ses versions ({type(la_bas).__name__} : {la_bas})"
    return ", ".join(f"{nom} {la_bas.get(nom, 'absent')} (attendu : {attendue})"
                     for nom, attendue in attendues.items() if la_bas.get(nom) != attendue)
