"""`bilan comparer A B` : deux éditions du projet, ou deux dossiers de construction."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from bilan.carnet import Bilan
from bilan.comparer import Ecart
from bilan.comparer_chapitre import Comparaison
from bilan.comparer_constructions import Construction, chiffres, lire
from bilan.comparer_lecture import dire, dire_l_ecart, dire_les_causes
from bilan.comparer_page import page_des_constructions, page_des_editions
from bilan.erreurs import ErreurBilan
from bilan.nombres import INSECABLE
from bilan.notebooks import ecrire
from bilan.projet import Edition, Projet
from bilan.terminal_inerte import Terminal


def commande(edition: Edition, options: argparse.Namespace) -> int:
    """Compare `options.ancien` et `options.nouveau`."""
    projet = Projet(edition.racine)
    ancien, nouveau = (_ouvrir(projet, nom) for nom in (options.ancien, options.nouveau))
    if isinstance(ancien, Bilan) and isinstance(nouveau, Bilan):
        _des_editions(ancien, nouveau, options)
    elif isinstance(ancien, Construction) and isinstance(nouveau, Construction):
        _des_constructions(ancien, nouveau, options, projet.racine)
    else:
        raise ErreurBilan(
            "Une édition ne se compare pas à une construction. Donner deux éditions "
            "(2022-2024 2025-2027) ou deux dossiers (build/2022-2024 autre/2022-2024)."
        )
    return 0


def _ouvrir(projet: Projet, nom: str) -> Bilan | Construction:
    """Une édition si le projet l'a, sinon un dossier de construction."""
    if nom in projet.editions():
        return Bilan(nom, projet)
    if Path(nom).is_dir():
        return lire(Path(nom))
    if "/" in nom or "\\" in nom:
        raise ErreurBilan(f"Dossier introuvable : « {nom} ». Donner le dossier d'une construction, "
                          "comme build/2022-2024.")
    return Bilan(nom, projet)


def _des_editions(ancien: Bilan, nouveau: Bilan, options: argparse.Namespace) -> None:
    comparaison = Comparaison(nouveau, ancien)
    if options.html:
        _ecrire(options.html, page_des_editions(comparaison), muet=options.json)
    if options.json:
        _en_json(comparaison.tous)
    else:
        _afficher(comparaison)


def _des_constructions(
    ancienne: Construction, nouvelle: Construction, options: argparse.Namespace, racine: Path
) -> None:
    if options.html or not options.json:
        chemin = options.html or racine / "build" / "comparaison.html"
        _ecrire(chemin, page_des_constructions(ancienne, nouvelle), muet=options.json)
    if options.json:
        _en_json(chiffres(ancienne, nouvelle))


def _ecrire(chemin: Path, page: str, *, muet: bool) -> None:
    ecrire(chemin, page.encode())
    if not muet:
        print(f"Page de comparaison : {chemin}")


def _en_json(ecarts: list[Ecart]) -> None:
    print(json.dumps([en_dict(e) for e in ecarts], ensure_ascii=False, indent=2))


def en_dict(e: Ecart) -> dict:
    """Un objet par chiffre ; `ancien` et `nouveau` sont des nombres, ou les mots d'un verdict."""
    return {
        "code": e.code,
        "libelle": e.chiffre.libelle,
        "unite": e.chiffre.unite,
        "territoire": e.chiffre.territoire,
        "ancien": e.ancien,
        "nouveau": e.nouveau,
        "ecart": e.ecart,
        "rapport_ancien": e.avant and e.avant.rapport,
        "rapport_nouveau": e.apres and e.apres.rapport,
        "cible_ancienne": e.avant and e.avant.cible,
        "cible_nouvelle": e.apres and e.apres.cible,
        "nature_ancienne": e.avant and e.avant.nature,
        "nature_nouvelle": e.apres and e.apres.nature,
        "causes": list(e.causes),
        "effets": e.effets or {},
        "comparabilite": e.comparabilite,
        "reserves": list(e.reserves),
        "lecture": e.lecture,
    }


def _afficher(comparaison: Comparaison) -> None:
    """Ce qui diffère, un indicateur par ligne, puis les réserves."""
    ancien, nouveau = comparaison.editions
    console = Terminal()
    table = Table(title=f"De l'édition {ancien} à l'édition {nouveau} (écarts en points)",
                  box=SIMPLE, padding=(0, 1, 0, 0))
    # En 80 colonnes, c'est le nom de l'indicateur qui se coupe.
    table.add_column("Code", min_width=4)
    table.add_column("Indicateur", no_wrap=True, max_width=max(12, console.width - 68))
    for titre, largeur in ((ancien, 9), (nouveau, 9), ("Écart", 5)):
        table.add_column(titre, justify="right", min_width=largeur, max_width=9)
    table.add_column("Causes", min_width=12)
    table.add_column("Lecture", min_width=14, max_width=28)
    for e in comparaison.ecarts:
        difference = _sans_unite(dire_l_ecart(e.ecart, e.chiffre.unite))
        table.add_row(e.code, Text(e.chiffre.libelle), dire(e.avant), dire(e.apres), difference,
                      _sans_unite(dire_les_causes(e.causes, e.effets or {})) or "aucune", e.lecture)
    console.print(*map(Text, comparaison.differences()), table, sep="\n")
    for codes, reserve in comparaison.reserves():
        console.print(Text(f"{codes} : {reserve}."))
    autres = sum(e.change for e in comparaison.tous if "." in e.code)
    console.print(f"Autres chiffres changés : {autres} (--json les donne tous).")


def _sans_unite(texte: str) -> str:
    """« +8 » : l'unité est au titre du tableau."""
    return re.sub(rf"{INSECABLE}points?\b", "", texte)
