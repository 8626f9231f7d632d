"""Les chiffres du registre qui comptent trop peu de personnes : masqués, là et nulle part ailleurs.

Tout ce qui s'imprime ou s'exporte lit ses chiffres au registre. Un chiffre masqué n'y a plus ni
valeur, ni n, ni N.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bilan.indicateurs import Tables
from bilan.markdown import reference
from bilan.masquage import a_masquer, est_de_personnes
from bilan.parametres import ReglePersonnes
from bilan.registre import NATURES, Chiffre, Registre
from bilan.style import lister

if TYPE_CHECKING:
    from bilan.carnet import Bilan

MASQUE = "masqué"
# Ce qui se déduit de tous les résultats d'un indicateur à la fois.
DEDUITS = ("moyenne", "poids", "etendue")


def masquer(
    registre: Registre, regle: ReglePersonnes, tables: Tables, natures: dict[str, str]
) -> Registre:
    """Le registre que l'on peut montrer : petits effectifs masqués, personnes oubliées."""
    protegees = _protegees(regle, tables, natures)
    comptes = {c.code: tuple(m() for m in c.marges)
               for c in registre if c.marges and protegees.intersection(c.tables)}
    caches = a_masquer(comptes, regle.seuil)
    touches = {code.split(".")[0] for code in caches if "resultat" in code or "retraits" in code}
    caches |= {c.code for c in registre if _deduit(c, touches)}
    # Un verdict sur un résultat masqué en dirait le côté.
    caches |= {f"{i}.verdict" for i in touches if f"{i}.resultat" in caches}
    tus = {f"{i}.verdict" for i in touches} - caches
    return registre.remplacer(
        _masque(c, regle) if c.code in caches
        else _tu(c) if c.code in tus
        else replace(c, marges=())
        for c in registre if c.marges or c.code in caches or c.code in tus)


def _protegees(regle: ReglePersonnes, tables: Tables, natures: dict[str, str]) -> set[str]:
    """Les tables dont les lignes sont celles de personnes, et d'une nature que la règle couvre."""
    return {t for t, lignes in tables.items()
            if est_de_personnes(lignes) and natures.get(t) in regle.natures}


def _deduit(chiffre: Chiffre, touches: set[str]) -> bool:
    indicateur, _, suite = chiffre.code.partition(".")
    return indicateur in touches and suite.split(".")[0] in DEDUITS


def _tu(verdict: Chiffre) -> Chiffre:
    """Le verdict d'un indicateur touché : le mot reste, le détail des essais est tu."""
    return replace(verdict, definition="Le détail des essais porte sur des effectifs masqués.")


def _masque(chiffre: Chiffre, regle: ReglePersonnes) -> Chiffre:
    return replace(
        chiffre, valeur=None, numerateur=None, denominateur=None, texte=MASQUE, marges=(),
        definition=f"Masqué : moins de {regle.seuil} personnes, ou un nombre qui les redonnerait.",
    )


def regle(bilan: Bilan) -> str:
    """La règle telle que les paramètres la fixent, et ce qu'elle masque dans cette édition."""
    natures = lister([f"{NATURES[n]}s" for n in bilan.parametres.generaux.personnes.natures])
    return (
        "Une présence, ou une réponse au questionnaire, est celle d'une personne. Un effectif de "
        f"moins de {reference('personnes.seuil')} n'est pas montré, ni le taux qui laisserait lire "
        "combien n'en sont pas\u00a0; zéro se montre. Un total ne le redonne pas\u00a0: tant que "
        "les nombres imprimés permettraient de retrouver un effectif masqué, ou de voir qu'il est "
        "sous le seuil, un nombre de plus est masqué, le plus petit d'abord. La règle vaut pour "
        f"les lignes {natures}. Les acteurs et les territoires, qui sont des structures, se "
        "comptent sans elle\u00a0; les propos d'entretiens aussi, dont ni la personne ni le lieu "
        f"ne sont montrés. {_effet(bilan)}\n"
    )


def _effet(bilan: Bilan) -> str:
    """Ce que la règle masque dans cette édition, ou pourquoi elle ne masque rien."""
    if any(masques(bilan.registre)):
        return f"Ce qu'elle masque s'écrit «\u00a0{MASQUE}\u00a0»."
    if _protegees(bilan.parametres.generaux.personnes, bilan.tables_entieres, bilan.natures):
        return "Dans cette édition, elle ne masque rien."
    return ("Dans cette édition, elle ne masque rien\u00a0: les lignes de présence et de réponse "
            "n'y sont celles de personne.")


def masques(registre: Registre, indicateur: str = "") -> Iterator[Chiffre]:
    """Les chiffres masqués, de tout le registre ou d'un indicateur."""
    return (c for c in registre.debut(f"{indicateur}." if indicateur else "") if c.texte == MASQUE)
