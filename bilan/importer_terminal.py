"""Ce que l'import montre : le reconnu, le changé, le refusé, puis le compte des lignes."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from rich.table import Table
from rich.text import Text

from bilan.importer import SORTS, Import
from bilan.importer_lignes import DEJA, ECRITE, REFUSEE, REMPLACEE, Lot
from bilan.publiable import TU
from bilan.terminal_inerte import Terminal

ACCORDS = {ECRITE: "écrite", REMPLACEE: "remplacée", DEJA: "déjà là", REFUSEE: "refusée"}


def montrer(lu: Import) -> None:
    """Avant d'écrire : chaque grille et sa table, chaque changement, chaque faute."""
    for lot in lu.lots:
        _montrer_grille(lot)
    for lot in lu.lots:
        _montrer_changements(lu, lot)
    for ligne, champ, avant, apres in lu.fusion.remplacements:
        quoi = f", « {avant} » → « {apres} »" if champ.publiable else f", {TU}"
        print(f"{ligne.grille.lieu}, ligne {ligne.numero} : remplace {champ.titre}{quoi}")
    sys.stdout.flush()
    for faute in lu.fautes:
        print(faute, file=sys.stderr, flush=True)


def conclure(lu: Import, ecrites: list[Path], retours: list[Path], *, essai: bool) -> None:
    """Après : le compte des lignes, les tables écrites, les classeurs à renvoyer."""
    total: Counter = Counter()
    table = Table(box=None, pad_edge=False)
    for titre in ("D'où", "lues", *SORTS, "à part"):
        table.add_column(titre, justify="left" if titre == "D'où" else "right", overflow="fold")
    for lot in lu.lots:
        comptes = lu.comptes(lot)
        total += comptes
        table.add_row(Text(lot.reconnue.grille.lieu),
                      *map(str, [_lues(comptes), *(comptes[s] for s in SORTS), _apart(comptes)]))
    if lu.lots:
        Terminal(soft_wrap=True).print(table)
    print(equation(total))
    if lu.renonce:
        print("Tout ou rien : une faute au moins, donc rien n'est écrit.")
    elif essai:
        print("Essai : rien n'est écrit.")
    else:
        tables = ", ".join(lu.edition.relatif(c) for c in ecrites)
        print(f"Écrit : {tables}." if tables else "Aucune table n'a changé.")
    for chemin in retours:
        print(f"À renvoyer, cellules à corriger en jaune : {lu.edition.relatif(chemin)}")


def equation(comptes: Counter) -> str:
    """Lignes lues = leur sort, plus ce qui est à part et n'est pas une réponse."""
    termes = " + ".join(
        f"{comptes[s]} {ACCORDS[s]}{'s' if comptes[s] > 1 and s != DEJA else ''}" for s in SORTS)
    lues = _lues(comptes)
    apart = ", ".join(f"{n} ({quoi})" for quoi, n in comptes.items() if quoi not in SORTS)
    suite = f" À part : {apart}." if apart else ""
    return f"{lues} ligne{'s' if lues > 1 else ''} lue{'s' if lues > 1 else ''} = {termes}.{suite}"


def _lues(comptes: Counter) -> int:
    return sum(comptes[s] for s in SORTS)


def _apart(comptes: Counter) -> int:
    return sum(comptes.values()) - _lues(comptes)


def _montrer_grille(lot: Lot) -> None:
    reconnue = lot.reconnue
    if reconnue.feuille and not reconnue.fautes:
        quoi = (f"{reconnue.genre}, table « {reconnue.feuille.table} », "
                f"{len(reconnue.colonnes) + len(reconnue.eclatees)} colonnes reconnues")
    elif reconnue.genre in ("Kobo", "ODK") and not reconnue.fautes:
        quoi = f"{reconnue.genre}, envois dont les lignes sont dans les répétitions"
    else:
        quoi = "refusé"
    print(f"{reconnue.grille.lieu} : {quoi}")
    absentes = [c for c in reconnue.absentes if not reconnue.fautes]
    for mot, noms in (("colonnes non reprises", reconnue.ignorees),
                      ("colonnes absentes, laissées vides", absentes)):
        if noms:
            print(f"  {mot} : {', '.join(noms)}")
    for remarque in reconnue.grille.remarques:
        print(f"  {remarque}")


def _montrer_changements(lu: Import, lot: Lot) -> None:
    """Ce qui n'est pas écrit comme on l'a lu : une ligne par valeur, avec les lignes concernées.

    Un libellé de nos listes, écrit sous son code, est attendu : il est seulement compté.
    """
    changements: dict[tuple[str, str, str], list[int]] = {}
    reserves: dict[str, list[int]] = {}
    attendus = 0
    for ligne in lot.lignes:
        if lu.sort(ligne) not in (ECRITE, REMPLACEE):
            continue
        for champ in ligne.feuille.champs:
            lu_, ecrit = ligne.cellules[champ.nom].texte, ligne.valeurs[champ.nom]
            if lu_ in ("", ecrit):
                continue
            if champ.modalites.get(ecrit) == lu_:
                attendus += 1
            elif not champ.publiable:
                reserves.setdefault(champ.titre, []).append(ligne.numero)
            else:
                changements.setdefault((champ.titre, lu_, ecrit), []).append(ligne.numero)
    for (titre, avant, apres), numeros in changements.items():
        print(f"{lot.reconnue.grille.lieu}, {titre} : « {avant} » → {apres} ({_plages(numeros)})")
    for titre, numeros in reserves.items():
        print(f"{lot.reconnue.grille.lieu}, {titre} : {TU}, écrite autrement ({_plages(numeros)})")
    if attendus:
        print(f"{lot.reconnue.grille.lieu} : {attendus} choix de listes, écrits sous leur code")


def _plages(numeros: list[int]) -> str:
    """[4, 5, 6, 9] → « lignes 4-6, 9 »."""
    plages: list[list[int]] = []
    for numero in numeros:
        if plages and numero == plages[-1][1] + 1:
            plages[-1][1] = numero
        else:
            plages.append([numero, numero])
    dites = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in plages)
    return f"ligne{'s' if len(numeros) > 1 else ''} {dites}"
