"""`bilan relire` : la liste des phrases à relire, et ce qu'on y pointe."""

from __future__ import annotations

import argparse
import json
from itertools import groupby

from rich.text import Text

from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan, proposer
from bilan.phrases import Phrase
from bilan.projet import Edition, Projet
from bilan.relire import ARelire, Pointage
from bilan.terminal_inerte import Terminal

OUI, NON, FIN = "o", "n", "q"


def commande(edition: Edition, options: argparse.Namespace) -> int:
    """Montre ce qu'il y a à relire, ou marque comme relu ce que les options désignent."""
    pointage = Pointage(Bilan(edition.code, Projet(edition.racine)))
    restent = pointage.a_relire()
    if options.json:
        print(json.dumps([a.en_dict() for a in restent], ensure_ascii=False, indent=1))
    elif options.tout or options.marquer:
        choisies = _choisies(restent, pointage.phrases, options.marquer)
        pointage.marquer(choisies)
        print(f"Marquées comme relues : {len(choisies)}.")
        _resumer(edition, pointage.a_relire())
    elif options.pas_a_pas:
        _pas_a_pas(pointage, restent)
        _resumer(edition, pointage.a_relire())
    else:
        _lister(restent)
        _resumer(edition, restent)
    return 0


def _choisies(
    restent: list[ARelire], toutes: list[Phrase], lieux: list[str] | None
) -> list[Phrase]:
    """Les phrases à relire de ces lieux, `fichier` ou `fichier:ligne` ; toutes s'il n'y en a pas.

    Lève `ErreurBilan` si un lieu ne désigne aucune phrase de l'édition.
    """
    for lieu in lieux or []:
        if not any(_est_la(p, lieu) for p in toutes):
            fichiers = sorted({p.fichier for p in toutes})
            raise ErreurBilan(
                f"« {lieu} » : aucune phrase là. {proposer(lieu.partition(':')[0], fichiers)} "
                "Écrire un fichier, ou un fichier et une ligne : textes/introduction.md:12."
            )
    return [a.phrase for a in restent
            if not lieux or any(_est_la(a.phrase, lieu) for lieu in lieux)]


def _est_la(phrase: Phrase, lieu: str) -> bool:
    fichier, _, ligne = lieu.replace("\\", "/").partition(":")
    return f"/{phrase.fichier}".endswith(f"/{fichier.removeprefix('./')}") and (
        not ligne or ligne == str(phrase.ligne))


def _lister(restent: list[ARelire]) -> None:
    console = Terminal()
    for fichier, groupe in groupby(restent, key=lambda a: a.phrase.fichier):
        console.print(Text(f"\n{fichier}", style="bold"))
        for a in groupe:
            console.print(_dite(a), soft_wrap=True)


def _dite(a: ARelire) -> Text:
    cellule = f", cellule {a.phrase.cellule}" if a.phrase.cellule else ""
    texte = Text(f"  [ ] ligne {a.phrase.ligne}{cellule} : {a.lisible}")
    for raison in a.raisons:
        texte.append(f"\n        {raison}", style="italic")
    return texte


def _pas_a_pas(pointage: Pointage, restent: list[ARelire]) -> None:
    """Une phrase, une question ; chaque oui est gardé aussitôt."""
    console = Terminal()
    for rang, a in enumerate(restent, start=1):
        console.print(Text(f"\n{rang}/{len(restent)}  {a.phrase.fichier}", style="bold"))
        console.print(_dite(a), soft_wrap=True)
        reponse = ""
        while reponse not in (OUI, NON, FIN):
            try:
                reponse = input(f"  Relue ? ({OUI} oui, {NON} non, {FIN} arrêter) ").strip().lower()
            except EOFError:
                reponse = FIN
        if reponse == FIN:
            return
        if reponse == OUI:
            pointage.marquer([a.phrase])


def _resumer(edition: Edition, restent: list[ARelire]) -> None:
    if not restent:
        print(f"Édition {edition.code} : rien à relire.")
        return
    fichier = restent[0].phrase.fichier.removeprefix(f"params/{edition.code}/")
    print(f"\nPhrases à relire : {len(restent)}. Une fois un fichier relu, le pointer : "
          f"bilan relire --edition {edition.code} --marquer {fichier} (ou {fichier}:"
          f"{restent[0].phrase.ligne} pour une ligne, --pas-a-pas pour répondre phrase à phrase, "
          "--tout pour tout).")
