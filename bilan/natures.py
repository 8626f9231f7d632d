"""La nature des données d'une édition : ce que les annexes en disent."""

from __future__ import annotations

from bilan.carnet import Bilan
from bilan.registre import FABRIQUEES, NATURES, nature_de

SENS = {
    "publiee": "reprend un document public\u00a0: les nombres et les noms y sont transcrits, les "
               "phrases y sont réécrites",
    "reconstituee": "est faite de lignes produites par un script pour que la chaîne de calcul "
                    "tourne de bout en bout\u00a0; elle ne rapporte rien qui ait été observé",
    "simulee": "est faite de lignes inventées pour un exemple\u00a0; elle ne rapporte rien qui "
               "ait été observé",
    "observee": "rassemble ce que la collecte a recueilli, ligne à ligne",
}


def definitions(bilan: Bilan) -> str:
    """Ce que veut dire chacune des natures que les tables de l'édition déclarent."""
    presentes = set(bilan.natures.values())
    phrases = [f"Une table **{NATURES[n]}** {sens}." for n, sens in SENS.items() if n in presentes]
    if len(phrases) > 1:
        phrases.append("Des lignes de natures différentes ne sont jamais mêlées dans un même "
                       "fichier\u00a0; quand une table porte une colonne d'une autre origine, son "
                       "contenu le dit.")
    return f"Chaque table déclare sa nature. {' '.join(phrases)}\n"


def portee(bilan: Bilan) -> str:
    """Ce que valent l'étendue et le verdict ; vide si toutes les lignes comptées sont observées."""
    comptees = {bilan.natures[i.table] for i in bilan.parametres.indicateurs}
    nature = nature_de(comptees)
    if nature not in FABRIQUEES:
        return ""
    part = "" if len(comptees) == 1 else "en partie "
    return (f"L'étendue et le verdict sont calculés sur les lignes de données. Celles-ci étant "
            f"{part}{NATURES[nature]}s, ils montrent ce que de telles lignes permettraient de "
            "dire, et non ce qui a été observé.\n")
