"""Les chiffres transcrits : résultats publiés, contexte, chiffres clés des fiches."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from bilan import nombres
from bilan.indicateurs import Tables
from bilan.registre import Chiffre

FICHE = "fiche du territoire"


def chiffres_transcrits(edition: str, tables: Tables, natures: dict[str, str]) -> list[Chiffre]:
    """Tout ce qui est repris tel quel : d'un document publié, d'une source, d'une fiche."""
    chiffres = [
        *_publies(edition, tables), *_contexte(edition, tables), *_cles(edition, tables),
        *_faits(edition, tables),
    ]
    return [_de_nature(c, natures.get(c.tables[0], "")) for c in chiffres]


def _de_nature(chiffre: Chiffre, nature: str) -> Chiffre:
    """Le chiffre, de la nature de sa table ; une fiche ne vient d'un document que publiée."""
    definition = chiffre.definition
    if definition == FICHE and nature == "publiee":
        definition += ", document publié"
    return replace(chiffre, nature=nature, definition=definition)


def _publies(edition: str, tables: Tables) -> list[Chiffre]:
    """Les résultats et cibles imprimés dans le document publié."""
    chiffres = []
    for ligne in tables["publies"].itertuples():
        for suffixe, dit, valeur in (("", "résultat tel que publié", ligne.resultat),
                                     (".cible", "cible telle que publiée", ligne.cible)):
            if pd.notna(valeur):
                chiffres.append(
                    _transcrit(
                        edition,
                        f"publie.{ligne.code}{suffixe}",
                        f"{ligne.code}, {dit}",
                        float(valeur),
                        "%",
                        nombres.quantite(float(valeur), "%"),
                        str(ligne.source),
                        "publies",
                    )
                )
    return chiffres


def _contexte(edition: str, tables: Tables) -> list[Chiffre]:
    chiffres = []
    for ligne in tables["contexte"].itertuples():
        unite = "" if pd.isna(ligne.unite) else str(ligne.unite)
        texte = nombres.quantite(exact(ligne.valeur), unite)
        if pd.notna(ligne.precision):
            precision = str(ligne.precision)
            texte = f"{precision}{'' if precision in '+-−' else ' '}{texte}"
        source = "" if pd.isna(ligne.source) else str(ligne.source)
        chiffres.append(
            _transcrit(
                edition, f"contexte.{ligne.code}", str(ligne.libelle), float(ligne.valeur), unite,
                texte, source, "contexte",
            )
        )
    return chiffres


def _cles(edition: str, tables: Tables) -> list[Chiffre]:
    """Les chiffres clés des fiches, dans l'ordre de chaque fiche."""
    chiffres = []
    for ligne in tables["chiffres_cles"].sort_values(["territoire", "ordre"]).itertuples():
        unite = "" if pd.isna(ligne.unite) else str(ligne.unite)
        signe = "" if pd.isna(ligne.signe) else str(ligne.signe).replace("-", nombres.MOINS)
        chiffre = _transcrit(
            edition,
            f"fiche.{ligne.territoire}.{ligne.ordre}",
            str(ligne.libelle),
            exact(ligne.valeur),
            unite,
            signe + nombres.quantite(exact(ligne.valeur), unite),
            FICHE,
            "chiffres_cles",
        )
        chiffres.append(replace(chiffre, territoire=str(ligne.territoire)))
    return chiffres


def _faits(edition: str, tables: Tables) -> list[Chiffre]:
    """Les nombres écrits dans les phrases des fiches et sous leurs chiffres clés."""
    phrases = [
        (f"fait.{f.territoire}.{f.rubrique}.{f.ordre}", str(f.territoire), str(f.texte))
        for f in tables["fiches"].itertuples()
    ] + [
        (f"fait.{c.territoire}.chiffre_cle.{c.ordre}", str(c.territoire), str(c.libelle))
        for c in tables["chiffres_cles"].itertuples()
    ]
    return [
        replace(
            _transcrit(edition, f"{code}.{rang}", f"cité dans « {phrase} »",
                       nombres.lire(trouve[0]), "", trouve[0], FICHE, "fiches"),
            territoire=territoire,
        )
        for code, territoire, phrase in phrases
        for rang, trouve in enumerate(nombres.reperer(phrase), start=1)
    ]


def exact(valeur: float) -> float:
    return int(valeur) if float(valeur).is_integer() else float(valeur)


def _transcrit(
    edition: str, code: str, libelle: str, valeur: float, unite: str, texte: str,
    definition: str, table: str,
) -> Chiffre:
    return Chiffre(
        code, edition, libelle, valeur, unite, texte, "", definition, [table]
    )
