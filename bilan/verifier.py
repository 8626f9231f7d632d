"""La vérification : paramètres, données, définitions, chiffres et constats de la prose."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from frictionless import FrictionlessException, Package

from bilan import (
    charte,
    constats_phrases,
    geographie,
    identites,
    questionnaires,
    textes_libres,
    validations,
)
from bilan.a_completer import points
from bilan.blocs import Blocs
from bilan.carnet import Bilan
from bilan.coherence import fautes_du_bilan
from bilan.coherence_noms import fautes_des_noms
from bilan.contradictions import fautes_du_releve
from bilan.document import fautes_de_lecture
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.indicateurs import controler, jointes
from bilan.paquet import avec_schemas
from bilan.plan import dresser
from bilan.projet import Edition, Projet
from bilan.prose import fautes_de_la_prose
from bilan.publiable import citer, fautes_des_marques
from bilan.referentiels import fautes_d_ecriture
from bilan.referentiels_preuves import fautes_des_preuves
from bilan.sommaire import lire_sommaire
from bilan.tables import lire_paquet, lire_schemas
from bilan.tables_saines import saines

ATTENDUS = {
    "boolean": "true ou false",
    "integer": "un nombre entier",
    "number": "un nombre, avec un point pour la virgule",
    "date": "une date, comme 2023-10-12",
    "string": "un texte",
}


def verifier(edition: Edition) -> list[Faute]:
    """Toutes les fautes de l'édition, dans l'ordre où les corriger ; liste vide si tout va bien."""
    return _verifier(Bilan(edition.code, Projet(edition.racine)))


def exiger(edition: Edition) -> Bilan:
    """L'édition ouverte, vérifiée. Lève `ErreurBilan` si `verifier` trouve quoi que ce soit."""
    bilan = Bilan(edition.code, Projet(edition.racine))
    if fautes := _verifier(bilan):
        raise ErreurBilan(fautes)
    return bilan


def _verifier(bilan: Bilan) -> list[Faute]:
    edition, parametres = bilan.edition, bilan.parametres
    fautes = [*fautes_des_marques(edition.racine), *parametres.fautes(),
              *questionnaires.fautes(edition), *charte.fautes(edition),
              *fautes_des_donnees(edition)]
    if not fautes:
        fautes = geographie.fautes(edition) + validations.fautes(edition)
        fautes += textes_libres.fautes(edition, bilan.tables_entieres)
        codes = [i.code for i in parametres.indicateurs]
        fautes += fautes_de_lecture(edition, codes) + fautes_des_noms(edition)
        fautes += fautes_d_ecriture(edition)
    if fautes:
        return fautes
    try:
        taches = dresser(edition)
        lire_sommaire(edition, [t.carnet for t in taches], [])
    except ErreurBilan as erreur:
        return erreur.fautes
    fautes = list(_fautes_des_definitions(bilan))
    if fautes:
        return fautes
    try:
        return _fautes_des_identites(bilan) or [
            *fautes_du_releve(parametres, bilan.registre),
            *fautes_de_la_prose(bilan),
            *constats_phrases.fautes(bilan),
            # Une édition en cours d'écriture n'est pas encore cohérente.
            *([] if points(edition) else fautes_du_bilan(bilan)),
            *_fautes_des_referentiels(bilan),
        ]
    except ErreurBilan as erreur:  # un fichier que le registre lit, et qui ne se lit pas
        return erreur.fautes


def fautes_des_donnees(edition: Edition) -> list[Faute]:
    """Les fautes des tables contre leurs schémas (frictionless), dites en français."""
    lieu = edition.relatif(edition.donnees / "datapackage.json")
    try:
        paquet = avec_schemas(edition)
        ressources = {r["name"] for r in paquet["resources"]}
    except ErreurBilan as erreur:
        return erreur.fautes
    except (KeyError, TypeError):
        return [Faute(lieu, "ce n'est pas un paquet de données lisible", "Le rétablir.")]
    schemas = lire_schemas(edition.racine)
    manquantes = sorted(t for t in schemas.keys() - ressources if not schemas[t].get("facultative"))
    fautes = [Faute(lieu, f"la table « {t} » n'est pas déclarée", "L'ajouter.") for t in manquantes]
    if paquet != lire_paquet(edition):
        fautes.append(Faute(lieu, "les schémas recopiés ne sont plus ceux de data/schemas",
                            "Lancer « make paquet »."))
    erreurs, taches = _controler(paquet, edition.donnees)
    for erreur in erreurs:
        fautes.append(Faute(lieu, f"descripteur non valide : {erreur.note}"))
    for tache in taches:
        chemin = edition.relatif((edition.donnees / Path(tache.place).name).resolve())
        fautes += [_faute(chemin, e, edition, tache.name) for e in _utiles(tache.errors)]
    return fautes


def _controler(paquet: dict, donnees: Path) -> tuple[list, list]:
    """Ce que frictionless trouve au descripteur, puis aux tables dont on peut douter."""
    try:
        lu = Package(paquet, basepath=str(donnees))
        lu.to_descriptor(validate=True)
    except FrictionlessException as exception:
        return exception.to_errors(), []
    sures = saines(paquet["resources"], donnees)
    rapports = [r.validate() for r in lu.resources if r.name not in sures]
    return ([e for r in rapports for e in r.errors], [t for r in rapports for t in r.tasks])


def _utiles(erreurs: list) -> list:
    """Une ligne mal découpée n'a qu'une faute : son découpage."""
    casses = {e.row_number for e in erreurs if e.type in ("missing-cell", "extra-cell")}
    vues, utiles = set(), []
    for erreur in erreurs:
        ligne = getattr(erreur, "row_number", None)
        if ligne in casses and (erreur.type not in ("missing-cell", "extra-cell") or ligne in vues):
            continue
        vues.add(ligne)
        utiles.append(erreur)
    return utiles


def _faute(chemin: str, erreur, edition: Edition, table: str) -> Faute:
    """Une erreur de frictionless, avec la ligne du fichier et le remède tiré du schéma."""
    ligne = getattr(erreur, "row_number", None)
    colonne = getattr(erreur, "field_name", None) or getattr(erreur, "label", None)
    cellule = getattr(erreur, "cell", "")
    champs = {c["name"]: c for c in lire_schemas(edition.racine).get(table, {}).get("fields", [])}
    champ = champs.get(colonne, {})
    match erreur.type:
        case "type-error":
            return Faute(chemin, citer(cellule, champ), f"Écrire {ATTENDUS[champ['type']]}.",
                         ligne, colonne)
        case "constraint-error":
            return Faute(chemin, *_contrainte(erreur, cellule, champ), ligne, colonne)
        case "foreign-key":
            cles = ", ".join(erreur.field_names)
            valeurs = ", ".join(str(c) for c in erreur.field_cells)
            cite = citer(valeurs, {"publiable": all(champs[n].get("publiable") is True
                                                    for n in erreur.field_names)})
            ou = getattr(erreur, "reference_name", "") or table
            return Faute(chemin, f"{cite} n'existe pas dans la table {ou}",
                         f"Corriger, ou ajouter la ligne à {ou}.csv.", ligne, cles)
        case "primary-key" | "unique-error":
            return Faute(chemin, "cette clé est déjà prise par une ligne précédente",
                         "Changer la clé, ou supprimer la ligne en double.", ligne, colonne)
        case "missing-label":
            return Faute(chemin, f"la colonne « {colonne} » manque", "L'ajouter.", 1)
        case "extra-label" | "incorrect-label" | "duplicate-label":
            return Faute(chemin, f"colonne « {erreur.label} » inattendue",
                         proposer(erreur.label, champs), 1)
        case "blank-row":
            return Faute(chemin, "ligne vide", "La supprimer.", ligne)
        case "missing-cell" | "extra-cell":
            return Faute(chemin, "le nombre de valeurs n'est pas celui de l'en-tête",
                         "Vérifier les virgules et les guillemets de cette ligne.", ligne)
        case "scheme-error" | "source-error" | "file-error":
            return Faute(chemin, "le fichier manque ou ne se lit pas", "Le rétablir.")
        case "encoding-error":
            return Faute(chemin, "le fichier n'est pas en UTF-8", "L'enregistrer en CSV UTF-8.")
    # Le message de la bibliothèque recopie parfois la ligne : on n'en dit que le genre.
    return Faute(chemin, f"ligne ou colonne refusée ({erreur.title})", "", ligne, colonne)


def _contrainte(erreur, cellule: str, champ: dict) -> tuple[str, str]:
    """(ce qui a été trouvé, ce qu'il faut écrire) pour une contrainte du schéma."""
    contraintes = champ.get("constraints", {})
    if "required" in erreur.note and not cellule:
        return "la valeur manque", f"Écrire {ATTENDUS.get(champ.get('type'), 'une valeur')}."
    if "enum" in erreur.note:
        # Le plus proche d'une valeur réservée la trahirait : toutes les réponses sont dites.
        mot = cellule if champ.get("publiable") is True else ""
        return citer(cellule, champ), proposer(mot, contraintes["enum"])
    if "unique" in erreur.note:
        return f"{citer(cellule, champ)} est déjà pris", "Choisir un autre code."
    bornes = [f"au moins {contraintes['minimum']}" if "minimum" in contraintes else "",
              f"au plus {contraintes['maximum']}" if "maximum" in contraintes else ""]
    if "minimum" in erreur.note or "maximum" in erreur.note:
        return citer(cellule, champ), f"Attendu : {' et '.join(b for b in bornes if b)}."
    if "pattern" in erreur.note:
        return citer(cellule, champ), (
            (champ.get("example") and f"Forme attendue, par exemple : {champ['example']}.")
            or "Attendu : des minuscules sans accent, des chiffres et des tirets."
        )
    return citer(cellule, champ), champ.get("description", "")


def _fautes_des_definitions(bilan: Bilan) -> Iterator[Faute]:
    """Les définitions d'indicateurs qui ne se calculent pas, et les natures non dites."""
    lieu = bilan.edition.relatif(bilan.edition.params / "indicateurs.yml")
    tables = jointes(bilan.tables_entieres)
    for definition in bilan.parametres.indicateurs:
        try:
            controler(definition, tables)
        except ErreurBilan as erreur:
            yield Faute(lieu, str(erreur))


def _fautes_des_identites(bilan: Bilan) -> list[Faute]:
    """Les codes des identités arithmétiques que rien ne définit."""

    def codes_connus() -> set[str]:
        return bilan.registre.codes | {i.code for i in bilan.parametres.indicateurs}

    return identites.fautes(bilan.edition, codes_connus)


def _fautes_des_referentiels(bilan: Bilan) -> list[Faute]:
    """Les preuves que les référentiels avancent et que l'on ne trouve pas."""
    with tempfile.TemporaryDirectory() as dossier:
        return fautes_des_preuves(bilan, Blocs(bilan, bilan.registre, Path(dossier), "").bloc)
