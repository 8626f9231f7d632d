"""Une grille reconnue → ses lignes converties, chacune comptée une fois et une seule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain

import pandas as pd

from bilan import collecte
from bilan.collecte import Champ, Feuille
from bilan.erreurs import Faute
from bilan.expressions import selectionner
from bilan.importer_contexte import Contexte
from bilan.importer_conversion import Doute, convertir
from bilan.importer_lecture import Cellule, Grille, Refus
from bilan.importer_reconnaissance import ENVOI, ETAT, Reconnue
from bilan.importer_titres import aplatir
from bilan.publiable import taire
from bilan.tables import TYPES

# Ce qu'une ligne devient. Les trois dernières ne sont pas des réponses.
ECRITE, REMPLACEE, DEJA, REFUSEE = "écrites", "remplacées", "déjà là", "refusées"
EXEMPLE, VIDE, PREPAREE, ENVOIS = "exemple et aide", "vides", "préparées, non remplies", "envois"
REJETES = {"rejected", "validation_status_not_approved", "not approved", "non approuvé"}


@dataclass
class Ligne:
    """Une ligne qui porte une réponse : ses valeurs converties, d'où elles viennent, son sort."""

    grille: Grille
    feuille: Feuille
    numero: int
    valeurs: dict[str, str]
    cellules: dict[str, Cellule]
    envoi: str = ""
    sort: str = ECRITE

    @property
    def reserves(self) -> set[str]:
        """Ce que la ligne porte dans des colonnes réservées : aucun message ne le cite."""
        champs = [c.nom for c in self.feuille.champs if not c.publiable]
        lus = {" ".join(self.cellules[n].texte.split()) for n in champs if n in self.cellules}
        return lus | {self.valeurs.get(n, "") for n in champs}

    @property
    def cle(self) -> tuple[str, ...]:
        return tuple(self.valeurs[c] for c in self.feuille.cles)


@dataclass
class Lot:
    """Une grille, ses lignes et ses fautes."""

    reconnue: Reconnue
    lignes: list[Ligne] = field(default_factory=list)
    comptes: Counter = field(default_factory=Counter)  # les lignes qui ne sont pas dans `lignes`
    fautes: list[tuple[Faute, Cellule | None]] = field(default_factory=list)

    def refuser(self, ligne: Ligne, trouve: str, remede: str, champ: Champ | None = None) -> None:
        """Refuse une ligne lue, en montrant la cellule du champ."""
        ligne.sort = REFUSEE
        trouve, remede = (taire(dit, ligne.reserves) for dit in (trouve, remede))
        cellule = ligne.cellules.get(champ.nom) if champ else None
        cellule = cellule or next(iter(ligne.cellules.values()), None)
        self.fautes.append((Faute(self.reconnue.grille.lieu, trouve, remede, ligne.numero,
                                  champ.titre if champ else None), cellule))


def convertir_grille(reconnue: Reconnue, toutes: Iterable[Reconnue], contexte: Contexte) -> Lot:
    """Le lot d'une grille ; si ses titres sont fautifs, toutes ses lignes sont refusées."""
    lot = Lot(reconnue, fautes=list(reconnue.fautes))
    parents = _parents(reconnue, toutes, contexte)
    for cellules in reconnue.grille.lignes:
        apart = _apart(cellules, reconnue)
        if apart:
            lot.comptes[apart] += 1
        elif reconnue.fautes:
            lot.comptes[REFUSEE] += 1
        else:
            _convertir_ligne(lot, cellules, parents, contexte)
    return lot


def _apart(cellules: list[Cellule], reconnue: Reconnue) -> str | None:
    """Pourquoi une ligne n'est pas une réponse ; None si c'en est une."""
    if all(c.vide for c in cellules):
        return VIDE
    if reconnue.feuille is None:
        return REFUSEE if reconnue.fautes else ENVOIS
    if reconnue.genre != "classeur":
        return None
    repere = _repere(cellules, reconnue)
    if repere == collecte.REPERE_EXEMPLE or (
            repere and cellules[0].ligne == collecte.LIGNE_AIDES):
        return EXEMPLE
    cles = {reconnue.colonnes.get(c) for c in reconnue.feuille.cles}
    remplies = {rang for rang in reconnue.colonnes.values() if not cellules[rang].vide}
    hors_cle = len(reconnue.feuille.demandes) > len(cles - {None})
    ailleurs = any(not c.vide for rang, c in enumerate(cellules)
                   if rang not in reconnue.colonnes.values())
    return PREPAREE if hors_cle and remplies <= cles and not ailleurs else None


def _repere(cellules: list[Cellule], reconnue: Reconnue) -> str:
    rang = reconnue.rang(collecte.TITRE_REPERE)
    return "" if rang is None else cellules[rang].texte


def _convertir_ligne(lot: Lot, cellules: list[Cellule], parents: dict[str, Cellule],
                     contexte: Contexte) -> None:
    reconnue, grille = lot.reconnue, lot.reconnue.grille
    ligne = Ligne(grille, reconnue.feuille, cellules[0].ligne, {}, {},
                  _texte_de(cellules, reconnue, ENVOI))
    lot.lignes.append(ligne)
    structure = _faute_de_structure(cellules, reconnue, parents)
    if structure:
        ligne.sort = REFUSEE
        cellule, refus = structure
        lot.fautes.append((Faute(grille.lieu, refus.trouve, refus.remede,
                                 refus.ligne or ligne.numero), cellule))
        return
    for champ in reconnue.feuille.champs:
        try:
            cellule = _cellule(champ, cellules, reconnue, parents)
            ligne.cellules[champ.nom] = cellule
            ligne.valeurs[champ.nom] = convertir(cellule, champ,
                                                 contexte.choix.get(champ.renvoi, {}))
            if champ.nom == collecte.TERRITOIRE and reconnue.territoire not in (
                    None, ligne.valeurs[champ.nom]):
                raise Doute(f"« {cellule.texte} », alors que le classeur est celui de "
                            f"« {reconnue.territoire} »", "Laisser vide, ou corriger.")
        except Doute as doute:
            lot.refuser(ligne, doute.trouve, doute.remede, champ)
    if ligne.sort != REFUSEE:
        _controler_conditions(lot, ligne, contexte)


def _faute_de_structure(cellules: list[Cellule], reconnue: Reconnue,
                        parents: dict[str, Cellule]) -> tuple[Cellule, Refus] | None:
    """Ce qui empêche de lire la ligne entière : fusion, découpage, rejet, envoi absent."""
    for cellule in cellules:
        if cellule.refus and cellule.refus.ligne:
            return cellule, cellule.refus
    repere = _repere(cellules, reconnue) if reconnue.genre == "classeur" else ""
    if repere:
        return cellules[0], Refus(f"« {repere} » dans la colonne {collecte.TITRE_REPERE}",
                                  "Laisser cette colonne vide.")
    if _texte_de(cellules, reconnue, ETAT).casefold() in REJETES:
        return cellules[0], Refus("cet envoi a été rejeté sur le serveur du formulaire",
                                  "L'accepter sur le serveur, ou le retirer de l'export.")
    if reconnue.lien is not None and collecte.TERRITOIRE not in reconnue.colonnes:
        envoi = cellules[reconnue.lien]
        if envoi.texte not in parents:
            return envoi, Refus(f"l'envoi « {envoi.texte} » n'est pas dans les fichiers donnés",
                                "Donner aussi le fichier principal du même export.")
        if refus := parents[envoi.texte].refus:
            return envoi, refus
    return None


def _cellule(champ: Champ, cellules: list[Cellule], reconnue: Reconnue,
             parents: dict[str, Cellule]) -> Cellule:
    """La cellule du champ : dans sa colonne, ses colonnes éclatées, le classeur ou l'envoi."""
    if champ.nom in reconnue.colonnes:
        cellule = cellules[reconnue.colonnes[champ.nom]]
        if not cellule.vide or champ.nom != collecte.TERRITOIRE or not reconnue.territoire:
            return cellule
    if champ.nom in reconnue.eclatees:
        return _reunir(cellules, reconnue.eclatees[champ.nom])
    numero = cellules[0].ligne
    if champ.nom == collecte.TERRITOIRE and reconnue.territoire:
        return Cellule(numero, 1, reconnue.territoire)
    if champ.nom == collecte.TERRITOIRE and parents:
        lien = cellules[reconnue.lien]
        return Cellule(numero, lien.colonne, parents[lien.texte].valeur)
    return Cellule(numero, 1, None)


def _reunir(cellules: list[Cellule], reponses: dict[int, str]) -> Cellule:
    """La réponse d'une question éclatée en une colonne par choix, cochée 1 ou TRUE."""
    premiere = cellules[next(iter(reponses))]
    cochees = []
    for rang, code in reponses.items():
        texte = cellules[rang].texte.casefold()
        if texte in ("1", "true", "vrai"):
            cochees.append(code)
        elif texte not in ("", "0", "false", "faux"):
            raise Doute(f"« {texte} » dans une colonne de choix", "Écrire 1 ou 0.")
    if len(cochees) > 1:
        raise Doute(f"« {' '.join(cochees)} » : plusieurs réponses", "N'en garder qu'une.")
    return Cellule(premiere.ligne, premiere.colonne, "".join(cochees))


def _texte_de(cellules: list[Cellule], reconnue: Reconnue, titres: tuple[str, ...]) -> str:
    rang = reconnue.rang(*titres)
    return "" if rang is None else cellules[rang].texte


def _parents(reconnue: Reconnue, toutes: Iterable[Reconnue],
             contexte: Contexte) -> dict[str, Cellule]:
    """Pour une répétition : la clé de chaque envoi → la cellule de son territoire.

    Refusée si deux envois ont la même clé et pas le même territoire.
    """
    if reconnue.lien is None:
        return {}
    kobo = reconnue.rang("_parent_index") is not None
    envois: dict[str, Cellule] = {}
    for autre in toutes:
        cle = autre.rang("_index" if kobo else "KEY")
        meme = not kobo or autre.grille.fichier == reconnue.grille.fichier
        rang = _rang_du_territoire(autre, contexte)
        if autre is not reconnue and meme and cle is not None and rang is not None:
            for ligne in autre.grille.lignes:
                _noter_l_envoi(envois, ligne[cle].texte, ligne[rang])
    return envois


def _noter_l_envoi(envois: dict[str, Cellule], cle: str, territoire: Cellule) -> None:
    """Un envoi sans clé n'est celui de personne."""
    deja = envois.setdefault(cle, territoire) if cle else territoire
    if deja.texte != territoire.texte:
        refus = Refus(f"deux envois ont la clé « {cle} », pour des territoires différents",
                      "N'en garder qu'un, ou refaire l'export.")
        envois[cle] = replace(deja, refus=refus)


def _rang_du_territoire(reconnue: Reconnue, contexte: Contexte) -> int | None:
    """La colonne du territoire d'une feuille d'envois, sous l'un de ses noms."""
    noms = set(chain.from_iterable(
        (nom for nom, colonne in contexte.noms(f).items() if colonne == collecte.TERRITOIRE)
        for f in contexte.feuilles.values()))
    return next((rang for rang, c in enumerate(reconnue.grille.titres)
                 if aplatir(c.texte) in noms), None)


def _controler_conditions(lot: Lot, ligne: Ligne, contexte: Contexte) -> None:
    """Une réponse à une question que le questionnaire ne pose pas dans ce cas est refusée."""
    champs = {c.nom: c for c in ligne.feuille.champs}
    for question in contexte.questions.get(ligne.feuille.table, []):
        if not question.si or not ligne.valeurs[question.colonne]:
            continue
        typees = {n: _serie(ligne.valeurs[n], c) for n, c in champs.items()}
        if not selectionner(question.si, pd.DataFrame(typees)).iloc[0]:
            champ = champs[question.colonne]
            condition = re.sub(r"[a-z_]+", lambda m: f"« {champs[m[0]].titre} »"
                               if m[0] in champs else m[0], question.si)
            lot.refuser(ligne, f"« {ligne.cellules[champ.nom].texte} », qui n'a de sens que si : "
                        f"{condition}", "Vider cette cellule, ou corriger les autres.", champ)


def _serie(valeur: str, champ: Champ) -> pd.Series:
    lue = {"true": True, "false": False}.get(valeur) if champ.genre == "boolean" else valeur
    if champ.genre in ("integer", "number"):
        lue = pd.to_numeric(valeur) if valeur else pd.NA
    return pd.Series([pd.NA if lue in ("", None) else lue],
                     dtype=TYPES.get(champ.genre, "string"))
