"""`bilan remarques` : les remarques des relecteurs au terminal, et ce qu'on y répond."""

from __future__ import annotations

import argparse

from rich.text import Text

from bilan.projet import Edition
from bilan.remarques import INCHANGE, Remarque, ecrire, recueillir, repondre
from bilan.terminal_inerte import Terminal

LISIBLES = 160


def commande(edition: Edition, options: argparse.Namespace) -> int:
    """Réunit les remarques, note une réponse s'il y en a une, écrit la table et montre le reste."""
    remarques = recueillir(edition, options.fichiers)
    if options.repondre:
        repondre(edition, remarques, *options.repondre)
    chemin = ecrire(edition, remarques)
    console = Terminal(highlight=False, soft_wrap=True)
    for remarque in remarques:
        _montrer(console, remarque)
    repondues = sum(bool(r.reponse) for r in remarques)
    print(f"Remarques : {len(remarques)}, dont {repondues} avec une réponse. "
          f"La table : {edition.relatif(chemin)}")
    return 0


def _montrer(console: Terminal, remarque: Remarque) -> None:
    """Quelques lignes par remarque ; une remarque qui a sa réponse ne montre qu'elle."""
    r = remarque.releve
    quand = f", {r.date}" if r.date else ""
    lieu = remarque.chapitre or "avant les chapitres"
    console.print(Text(f"{remarque.code}  {r.sorte} · {r.qui}{quand} · {lieu}", style="bold"))
    if remarque.reponse:
        console.print(Text(f"    répondu : {remarque.reponse}"))
        return
    if not r.cite.strip() or not r.bloc.texte.startswith(" ".join(r.cite.split())):
        console.print(Text(f"    dans « {_court(r.bloc.texte, LISIBLES // 2)} »"))
    if r.cite.strip():
        console.print(Text(f"    « {_court(r.cite)} »"))
    if r.texte:
        console.print(Text(f"    → {_court(r.texte)}"))
    if remarque.depuis != INCHANGE:
        suite = f" : « {_court(remarque.actuel.texte)} »" if remarque.actuel else ""
        console.print(Text(f"    {remarque.depuis}{suite}", style="italic"))


def _court(texte: str, signes: int = LISIBLES) -> str:
    """Le texte sur une ligne, coupé s'il est long."""
    ligne = " ".join(texte.split())
    return ligne if len(ligne) <= signes else f"{ligne[:signes].rstrip()}…"
