"""Établir le registre : tous les chiffres de l'édition, d'où qu'ils viennent."""

from __future__ import annotations

from dataclasses import replace

from bilan import nombres, portee
from bilan.chiffres_indicateurs import chiffres_indicateurs
from bilan.chiffres_transcrits import chiffres_transcrits, exact
from bilan.comptes import comptes
from bilan.identites_controle import derives
from bilan.indicateurs import Tables, jointes
from bilan.parametres import Indicateur, Parametres
from bilan.registre import Chiffre, Registre, atteinte


def etablir(parametres: Parametres, tables: Tables, natures: dict[str, str]) -> Registre:
    """Tous les chiffres de l'édition.

    Parameters
    ----------
    natures : nature (publiee, reconstituee) de chaque table, tirée du paquet de données.
    """
    registre = calculer(parametres, tables, natures)
    return registre.remplacer(_audit(parametres, registre))


def calculer(parametres: Parametres, tables: Tables, natures: dict[str, str]) -> Registre:
    """Les chiffres que donnent ces paramètres sur ces tables, sans ceux que l'audit déduit."""
    edition, tables = parametres.edition.code, jointes(tables)
    chiffres = [
        *chiffres_indicateurs(parametres, tables, natures),
        *chiffres_transcrits(edition, tables),
        *comptes(parametres.edition, tables, natures),
    ]
    registre = Registre(edition, chiffres)
    return registre.remplacer(_ensemble(parametres, registre))


def _ensemble(parametres: Parametres, registre: Registre) -> list[Chiffre]:
    """Les comptes d'indicateurs, de cibles et de verdicts, et les subventions."""
    principaux = parametres.principaux
    atteintes = [atteinte(registre[f"{i.code}.resultat"]) for i in principaux]
    nombres_ = [
        ("indicateurs", len(principaux), "indicateurs"),
        ("cibles_atteintes", atteintes.count(True), "indicateurs dont la cible est atteinte"),
        ("cibles_non_atteintes", atteintes.count(False),
         "indicateurs dont la cible n'est pas atteinte"),
        *_verdicts(principaux, registre),
    ]
    chiffres = [
        Chiffre(
            f"ensemble.{code}", registre.edition, libelle, valeur, "", nombres.nombre(valeur),
            "calculee", f"nombre : {libelle}", [],
        )
        for code, valeur, libelle in nombres_
    ]
    return chiffres + _subventions(registre)


def _verdicts(principaux: list[Indicateur], registre: Registre) -> list[tuple]:
    """Combien d'indicateurs reçoivent chaque verdict."""
    rendus = [registre[c].texte for i in principaux if (c := f"{i.code}.verdict") in registre]
    return [
        (f"verdicts_{code}", rendus.count(texte), f"indicateurs de verdict « {texte} »")
        for code, texte in (("atteinte", portee.ATTEINTE), ("non_atteinte", portee.NON_ATTEINTE),
                            ("indeterminee", portee.INDETERMINEE))
    ]


def _subventions(registre: Registre) -> list[Chiffre]:
    """Ce que la source ne fait pas : l'aide d'un territoire et de tous, sur toute la durée."""
    if "contexte.ami_aide_annuelle" not in registre or "contexte.ami_duree" not in registre:
        return []
    aide, duree = registre["contexte.ami_aide_annuelle"], registre["contexte.ami_duree"]
    territoires = registre["ensemble.territoires"].valeur
    par_territoire_ = aide.valeur * duree.valeur
    return [
        replace(
            aide, code=f"ensemble.{code}", libelle=libelle, valeur=valeur, nature="calculee",
            texte=nombres.quantite(exact(valeur), aide.unite),
            definition="aide annuelle × durée" + suite,
        )
        for code, libelle, valeur, suite in (
            ("subvention_territoire", "aide par territoire", par_territoire_, ""),
            ("subvention_totale", "aide totale", par_territoire_ * territoires,
             " × nombre de territoires"),
        )
    ]


def _audit(parametres: Parametres, registre: Registre) -> list[Chiffre]:
    """Les nombres que l'audit déduit des pourcentages publiés."""
    return [
        Chiffre(
            d.code, registre.edition, d.libelle, float(d.valeur), d.unite, d.texte, "calculee",
            d.definition, ["publies"],
        )
        for d in derives(parametres.edition, registre)
    ]
