"""La déclaration d'accessibilité du site, tirée de la liste de critères et de ses preuves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from bilan.carnet import Bilan
from bilan.markdown import echapper, liste
from bilan.referentiels import Etat
from bilan.referentiels_preuves import Controle, controler

LISTE = "site-rgaa"
OUTILS = "tests/test_controles.py"


def declaration(bilan: Bilan, bloc: Callable[[str], str | None]) -> str:
    """L'état, ce que des outils contrôlent, les écarts connus, ce qu'une personne doit juger.

    Vide pour une édition qui ne tient pas la liste.
    """
    listes = controler(bilan, bloc)
    if LISTE not in listes:
        return ""
    referentiel, controles = listes[LISTE]
    return "\n".join([
        "## État de conformité\n",
        f"Le site est **non conforme** au {echapper(referentiel.titre)}, version "
        f"{echapper(referentiel.version)}, parce qu'aucun audit n'y a été mené : sans audit, "
        "aucun taux ne peut être déclaré. Ce qui suit dit ce que l'on sait.\n",
        "## Ce que contrôlent des outils\n",
        _etats(controles),
        "## Contenus non accessibles\n",
        _ecarts(controles),
        "## Ce qu'une personne doit encore juger\n",
        liste(f"**{echapper(c.item.code)}.** {c.item.a_juger.question.strip()} "
              f"{c.item.a_juger.ou.strip()}" for c in controles if c.item.a_juger),
    ])


def _etats(controles: list[Controle]) -> str:
    comptes = Counter(c.etat for c in controles)
    par_outil = [c.item.code for c in controles
                 if any((p.test or "").startswith(OUTILS) for p in c.item.preuves)]
    etats = ", ".join(f"{comptes[e]}\u00a0« {e.value[1]} »" for e in Etat if comptes[e])
    return (
        f"La liste tenue pour ce site compte {len(controles)}\u00a0lignes : {etats}. Le détail est "
        "en annexe (@sec-referentiels). Des outils écrits par d'autres contrôlent les lignes "
        f"{echapper(', '.join(par_outil))}.\n"
    )


def _ecarts(controles: list[Controle]) -> str:
    ecarts = [f"**{echapper(c.item.code)}.** {c.item.ecart.strip()}"
              for c in controles if c.item.ecart]
    return liste(ecarts) if ecarts else "Aucun écart n'est connu.\n"
