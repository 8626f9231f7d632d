"""`bilan auditer` : une table donnée, ou les résultats publiés de l'édition."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from bilan.auditer import Audit, auditer, en_json, table_publiee
from bilan.auditer_lecture import lire_table
from bilan.carnet import Bilan
from bilan.identites import lire
from bilan.identites_controle import Constat, controler, valeurs_du_registre
from bilan.nombres import nombre, quantite
from bilan.projet import Edition, Projet
from bilan.terminal_inerte import Terminal

MONTREES, CITES = 3, 20
LECTURE = (
    "Une base absente est exclue, si le pourcentage est bien un compte rapporté à une base ; une "
    "base présente n'est qu'une possibilité. Demi-scores : 0, ½ ou 1. Au pair, tronqué : la plus "
    "petite base entière sous ces deux autres règles d'arrondi."
)
HASARD = (
    "Au hasard : combien la même base en expliquerait, en moyenne, de tirés au sort. Les "
    "publications aiment les nombres ronds : c'est un ordre de grandeur."
)


def commande(edition: Edition, options: argparse.Namespace) -> int:
    """Audite `options.table`, ou sans elle les résultats publiés de l'édition."""
    constats: list[Constat] = []
    if options.table:
        audit = auditer(lire_table(options.table), options.max)
    else:
        bilan = Bilan(edition.code, Projet(edition.racine))
        noms = {i.code: i.nom for i in bilan.parametres.indicateurs}
        audit = auditer(table_publiee(bilan.tables["publies"], noms), options.max)
        constats = controler(lire(edition).identites, valeurs_du_registre(bilan.registre))
    if options.json:
        objets = [json.dumps(objet, ensure_ascii=False) for objet in en_json(audit)]
        print("[", ",\n".join(objets), "]", sep="\n")
    else:
        afficher(audit, constats)
    return 0


def afficher(audit: Audit, constats: Iterable[Constat] = ()) -> None:
    """Les bases de chaque pourcentage, celles qui en expliquent le plus, les identités."""
    console = Terminal()
    console.print(_bases(audit), LECTURE, "", sep="\n")
    console.print(_partages(audit), HASARD, sep="\n")
    for constat in constats:
        nom = Text(constat.identite.nom, style="bold")
        console.print("", nom, Text(f"{constat.verdict.capitalize()}. {constat.phrase}"), sep="\n")
        if constat.il_faudrait:
            console.print(Text(constat.il_faudrait))


def _bases(audit: Audit) -> Table:
    titre = f"Plus petites bases de chaque pourcentage, jusqu'à {audit.maximum}"
    table = Table(title=titre, expand=True)
    table.add_column("Code", no_wrap=True)
    table.add_column("Libellé", no_wrap=True, ratio=1)
    for titre in ("Publié", "Entiers", "Demi-scores", "Au pair", "Tronqué"):
        table.add_column(titre, justify="right", no_wrap=True)
    for ligne in audit.lignes:
        table.add_row(
            Text(ligne.code),
            Text(ligne.libelle),
            quantite(ligne.valeur, "%", ligne.decimales),
            _premieres(ligne.bases["demi_haut"]),
            _premieres(ligne.bases_demi["demi_haut"]),
            *(str(*ligne.bases[regle][:1]) or "aucune" for regle in ("au_pair", "tronque")),
        )
    return table


def _premieres(bases: list[int]) -> str:
    suite = " …" if len(bases) > MONTREES else ""
    return ", ".join(map(str, bases[:MONTREES])) + suite or "aucune"


def _partages(audit: Audit) -> Table:
    table = Table(title="Bases qui en expliquent plus que toute base plus petite (arrondi usuel)")
    for titre in ("Base", "Comptes", "Expliqués", "Au hasard", "Lesquels"):
        table.add_column(titre, justify="left" if titre in ("Comptes", "Lesquels") else "right")
    for demi, comptes in ((False, "entiers"), (True, "demi-scores")):
        for palier in audit.paliers(demi=demi):
            table.add_row(
                str(palier.base),
                comptes,
                f"{len(palier.codes)} sur {len(audit.lignes)}",
                nombre(palier.au_hasard, 1),
                Text(_resumer(palier.codes)),
            )
        table.add_section()
    return table


def _resumer(codes: list[str]) -> str:
    suite = f" et {len(codes) - CITES} autres" if len(codes) > CITES else ""
    return ", ".join(codes[:CITES]) + suite
