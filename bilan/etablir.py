"""Établir le registre : tous les chiffres de l'édition, d'où qu'ils viennent."""

from __future__ import annotations

from dataclasses import replace

from bilan import constats_preuves, contradictions, nombres, portee
from bilan.chiffres_indicateurs import chiffres_indicateurs
from bilan.chiffres_taux import chiffres_taux
from bilan.chiffres_transcrits import chiffres_transcrits, exact
from bilan.comptes import comptes
from bilan.identites_controle import derives
from bilan.indicateurs import Tables, jointes
from bilan.parametres import Indicateur, Parametres
from bilan.petits_effectifs import masquer
from bilan.registre import FABRIQUEES, Chiffre, Registre, atteinte, nature_de
from bilan.taux import Releve


def etablir(parametres: Parametres, tables: Tables, natures: dict[str, str]) -> Registre:
    """Tous les chiffres de l'édition.

    Parameters
    ----------
    natures : nature (publiee, reconstituee) de chaque table, tirée du paquet de données.
    """
    registre = calculer(parametres, tables, natures)
    registre = registre.remplacer(_deduits(parametres, registre))
    return registre.remplacer(_constats(parametres, tables))


def calculer(parametres: Parametres, tables: Tables, natures: dict[str, str]) -> Registre:
    """Les chiffres que donnent ces paramètres sur ces tables, sans ceux que l'audit déduit."""
    edition, tables = parametres.edition.code, jointes(tables)
    releve = Releve(parametres.edition, tables)
    seuil = parametres.generaux.verdict.seuil_reponse
    chiffres = [
        *chiffres_indicateurs(parametres, tables, natures, releve),
        *chiffres_taux(edition, releve, natures, seuil),
        *chiffres_transcrits(edition, tables, natures),
        *comptes(parametres.edition, tables, natures),
    ]
    registre = Registre(edition, chiffres)
    seuil_personnes = parametres.generaux.personnes.seuil
    registre = registre.remplacer([*_ensemble(parametres, registre), Chiffre(
        "personnes.seuil", edition, "seuil des effectifs de personnes", float(seuil_personnes),
        "personnes", nombres.quantite(seuil_personnes, "personnes"), "calculee",
        "Seuil fixé par les paramètres de l'édition.", [])])
    return masquer(registre, parametres.generaux.personnes, tables, natures)


def _ensemble(parametres: Parametres, registre: Registre) -> list[Chiffre]:
    """Les comptes d'indicateurs, de cibles et de verdicts, et les subventions."""
    principaux = parametres.principaux
    atteintes = [atteinte(registre[f"{i.code}.resultat"]) for i in principaux]
    # Sans aucun résultat, un compte de cibles ou de verdicts ne vaut pas zéro.
    connus = any(a is not None for a in atteintes)
    nombres_ = [
        ("indicateurs", len(principaux), "indicateurs"),
        ("cibles_atteintes", atteintes.count(True), "indicateurs dont la cible est atteinte"),
        ("cibles_non_atteintes", atteintes.count(False),
         "indicateurs dont la cible n'est pas atteinte"),
        *_verdicts(principaux, registre),
    ]
    chiffres = [
        Chiffre(
            f"ensemble.{code}", registre.edition, libelle,
            valeur if connus or code == "indicateurs" else None, "",
            nombres.nombre(valeur) if connus or code == "indicateurs" else nombres.NON_RENSEIGNE,
            _nature(code, principaux, registre), "Compté parmi les indicateurs principaux.", [],
        )
        for code, valeur, libelle in nombres_
    ]
    return chiffres + _subventions(registre)


def _nature(code: str, principaux: list[Indicateur], registre: Registre) -> str:
    """Un verdict dépend du détail des lignes : il est de leur nature ; un compte est calculé."""
    nature = nature_de([*(registre[f"{i.code}.resultat"].nature for i in principaux), ""])
    return nature if code.startswith("verdicts") and nature in FABRIQUEES else "calculee"


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
    if territoires is None:
        return []
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


def _deduits(parametres: Parametres, registre: Registre) -> list[Chiffre]:
    """Les nombres que l'audit et la relecture déduisent du document publié."""
    return [
        Chiffre(
            d.code, registre.edition, d.libelle, float(d.valeur), d.unite, d.texte, "calculee",
            d.definition, ["publies"],
        )
        for d in (
            *derives(parametres.edition, registre),
            *contradictions.derives(parametres, registre),
        )
    ]


def _constats(parametres: Parametres, tables: Tables) -> list[Chiffre]:
    """Les nombres des comparaisons entre territoires sur lesquelles des constats reposent."""
    edition = parametres.edition
    return [
        Chiffre(
            d.code, edition.code, d.libelle, d.valeur, "", d.texte, "calculee", d.definition,
            ["territoires"],
        )
        for d in constats_preuves.derives(edition, tables)
    ]
