"""Des lignes converties aux tables de l'édition : clés, renvois, doublons, écriture d'un bloc."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass, field
from decimal import Decimal
from graphlib import TopologicalSorter
from pathlib import Path

from bilan import collecte
from bilan.collecte import Champ, Feuille
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.importer_contexte import Contexte
from bilan.importer_lignes import DEJA, REFUSEE, REMPLACEE, Ligne, Lot
from bilan.publiable import TU
from bilan.tables import lire_paquet, lire_schemas, lire_table
from bilan.tableur import en_csv

CITER = 3  # valeurs montrées dans un message


@dataclass
class Table:
    """Une table de l'édition : ses octets lus, ses lignes par clé, dans l'ordre du fichier."""

    chemin: Path
    octets: bytes
    feuille: Feuille
    lignes: dict[tuple[str, ...], dict[str, str]]
    changee: bool = False

    @classmethod
    def lire(cls, contexte: Contexte, feuille: Feuille) -> Table:
        """Lève `ErreurBilan` si le fichier manque ou ne suit pas son schéma."""
        lire_table(contexte.edition, feuille.table)
        chemin = contexte.edition.donnees / f"{feuille.table}.csv"
        octets = chemin.read_bytes()
        lues = csv.DictReader(io.StringIO(octets.decode("utf-8"), newline=""))
        return cls(chemin, octets, feuille,
                   {tuple(li[c] for c in feuille.cles): li for li in lues})

    def rendre(self) -> bytes:
        """Le CSV, dans l'écriture des fichiers du dépôt."""
        noms = [c.nom for c in self.feuille.champs]
        lignes = ([li.get(nom, "") for nom in noms] for li in self.lignes.values())
        return en_csv([noms, *lignes]).encode("utf-8")


@dataclass
class Fusion:
    """Les tables une fois les lots fondus ; rien n'est encore écrit."""

    contexte: Contexte
    remplacer: bool
    tables: dict[str, Table] = field(default_factory=dict)
    remplacements: list[tuple[Ligne, Champ, str, str]] = field(default_factory=list)

    def fondre(self, lots: list[Lot]) -> None:
        """Place chaque ligne ou la refuse dans son lot ; les tables citées passent d'abord."""
        natures = {r["name"]: r["nature"] for r in lire_paquet(self.contexte.edition)["resources"]}
        for table in self._ordre():
            concernes = [lot for lot in lots if lot.lignes
                         and lot.reconnue.feuille.table == table]
            self._refuser_les_contradictions(concernes)
            for lot in concernes:
                self._fondre_lot(lot, natures[table])

    def table(self, nom: str) -> Table:
        """La table, lue à la première demande."""
        if nom not in self.tables:
            self.tables[nom] = Table.lire(self.contexte, self.contexte.feuilles[nom])
        return self.tables[nom]

    def _ordre(self) -> list[str]:
        schemas = lire_schemas(self.contexte.edition.racine)
        return list(TopologicalSorter({
            nom: {lien["reference"]["resource"] for lien in schema.get("foreignKeys", [])} - {nom}
            for nom, schema in schemas.items()}).static_order())

    def _refuser_les_contradictions(self, lots: list[Lot]) -> None:
        """La même clé deux fois avec des valeurs différentes : aucune n'est sûre."""
        groupes: dict[tuple, list[tuple[Lot, Ligne]]] = {}
        for lot in lots:
            for ligne in (li for li in lot.lignes if li.sort != REFUSEE):
                groupes.setdefault(ligne.cle, []).append((lot, ligne))
        for groupe in groupes.values():
            *autres, (lot, derniere) = groupe
            if all(_memes(a.valeurs, derniere.valeurs, derniere.feuille) for _, a in autres):
                continue
            for _, autre in autres:
                autre.sort = REFUSEE
            lieux = ", ".join(_lieu(autre, derniere) for _, autre in autres)
            envois = [li.envoi for _, li in groupe if li.envoi]
            dates = f" (envois : {', '.join(envois)})" if envois else ""
            lot.refuser(derniere, f"même clé « {', '.join(derniere.cle)} » que {lieux}, mais "
                        f"d'autres valeurs{dates}",
                        "Ne garder que la bonne ligne : aucune n'est écrite.",
                        _champ(derniere.feuille, derniere.feuille.cles[-1]))

    def _fondre_lot(self, lot: Lot, nature: str) -> None:
        bloquees: list[Ligne] | None = [] if _reservee(lot.reconnue.feuille, nature) else None
        for ligne in lot.lignes:
            if ligne.sort != REFUSEE and self._admise(lot, ligne):
                self._placer(lot, ligne, bloquees)
        if bloquees:
            self._refuser_la_table(lot, len(bloquees), nature)

    def _admise(self, lot: Lot, ligne: Ligne) -> bool:
        """Vrai si ce que la ligne cite existe, et si ses colonnes uniques le restent."""
        schema = lire_schemas(self.contexte.edition.racine)[ligne.feuille.table]
        for lien in schema.get("foreignKeys", []):
            cles = tuple(ligne.valeurs[c] for c in lien["fields"])
            cible = lien["reference"]["resource"]
            connues = self.table(cible).lignes
            if all(cles) and cles not in connues:
                remede = (proposer(cles[0], [c[0] for c in connues]) if len(cles) == 1
                          else f"Corriger le code, ou importer d'abord « {self._titre(cible)} ».")
                lot.refuser(ligne, f"« {', '.join(cles)} » n'est pas dans « {self._titre(cible)} »",
                            remede, _champ(ligne.feuille, lien["fields"][-1]))
                return False
        uniques = [c["name"] for c in schema["fields"] if c.get("constraints", {}).get("unique")]
        for nom in uniques:
            prises = {li[nom] for cle, li in self.table(ligne.feuille.table).lignes.items()
                      if cle != ligne.cle}
            if ligne.valeurs[nom] in prises:
                lot.refuser(ligne, f"« {ligne.valeurs[nom]} » est déjà pris",
                            "En choisir un autre.", _champ(ligne.feuille, nom))
                return False
        return True

    def _titre(self, table: str) -> str:
        return self.contexte.feuilles[table].titre

    def _placer(self, lot: Lot, ligne: Ligne, bloquees: list[Ligne] | None) -> None:
        """Ajoute la ligne, ou la dit déjà là, à remplacer, contradictoire ou bloquée."""
        table = self.table(ligne.feuille.table)
        ancienne = table.lignes.get(ligne.cle)
        if ancienne:
            # Une colonne que le fichier n'a pas n'efface rien.
            ligne.valeurs |= {nom: ancienne[nom] for nom in lot.reconnue.absentes}
            ecarts = [(c, ancienne[c.nom], ligne.valeurs[c.nom])
                      for c in ligne.feuille.champs if not _egales(ancienne, ligne.valeurs, c)]
            if not ecarts:
                ligne.sort = DEJA
                return
        if bloquees is not None:
            ligne.sort = REFUSEE
            bloquees.append(ligne)
            return
        if ancienne and not self._remplacable(lot, ligne, ancienne, ecarts):
            return
        if ancienne:
            ligne.sort = REMPLACEE
            self.remplacements += [(ligne, *ecart) for ecart in ecarts]
        table.lignes[ligne.cle] = ligne.valeurs
        table.changee = True

    def _remplacable(self, lot: Lot, ligne: Ligne, ancienne: dict[str, str],
                     ecarts: list[tuple[Champ, str, str]]) -> bool:
        cle = _champ(ligne.feuille, ligne.feuille.cles[-1])
        nom = ", ".join(ligne.cle)
        if ancienne.get(collecte.TERRITOIRE) != ligne.valeurs.get(collecte.TERRITOIRE):
            lot.refuser(ligne, f"« {nom} » est déjà pris par le territoire "
                        f"« {ancienne[collecte.TERRITOIRE]} »", "Choisir un autre code.", cle)
        elif not self.remplacer:
            dits = "\u00a0; ".join(f"{champ.titre} : {_dit(champ, avant)} dans la table, "
                                   f"{_dit(champ, apres)} ici"
                                   for champ, avant, apres in ecarts[:CITER])
            lot.refuser(ligne, f"« {nom} » est déjà dans la table avec d'autres valeurs ({dits})",
                        "Relancer avec --remplacer si cet envoi corrige le précédent.", cle)
        return ligne.sort != REFUSEE

    def _refuser_la_table(self, lot: Lot, lignes: int, nature: str) -> None:
        """Des réponses ne se mêlent pas à des lignes qui n'en sont pas : une faute pour toutes."""
        edition, table = self.contexte.edition, lot.reconnue.feuille.table
        mot = "reconstituée" if nature == "reconstituee" else "transcrite du document publié"
        lot.fautes.append((Faute(
            lot.reconnue.grille.lieu, f"la table « {table} » de l'édition {edition.code} est "
            f"{mot} : des réponses ne s'y mêlent pas (lignes refusées : {lignes})",
            f"Vider {edition.relatif(edition.donnees)}/{table}.csv sauf ses titres et passer sa "
            "nature à « observee » dans datapackage.json, puis relancer."), None))


def ecrire(tables: list[Table]) -> None:
    """Remplace toutes les tables changées, ou aucune.

    Lève `ErreurBilan` si l'une d'elles a changé depuis qu'on l'a lue.
    """
    changees = [t for t in tables if t.changee]
    provisoires = {t.chemin: t.chemin.with_name(f".{t.chemin.name}.import") for t in changees}
    faites: list[Table] = []
    try:
        for table in changees:
            with provisoires[table.chemin].open("wb") as fichier:
                fichier.write(table.rendre())
                fichier.flush()
                os.fsync(fichier.fileno())
        for table in changees:
            if table.chemin.read_bytes() != table.octets:
                raise ErreurBilan(Faute(table.chemin.name, "la table a changé pendant l'import",
                                        "Rien n'est écrit. Relancer."))
        for table in changees:
            faites.append(table)
            provisoires[table.chemin].replace(table.chemin)
    except BaseException:
        for table in faites:
            table.chemin.write_bytes(table.octets)
        raise
    finally:
        for chemin in provisoires.values():
            chemin.unlink(missing_ok=True)


def _reservee(feuille: Feuille, nature: str) -> bool:
    """Une table dont les lignes ne sont pas des réponses n'en reçoit pas.

    Les tables de qui prépare l'édition (territoires, sessions…) peuvent être publiées.
    """
    return nature == "reconstituee" or (nature == "publiee" and feuille.collecte != "edition")


def _champ(feuille: Feuille, nom: str) -> Champ:
    return next(c for c in feuille.champs if c.nom == nom)


def _dit(champ: Champ, valeur: str) -> str:
    if not valeur:
        return "vide"
    return f"« {valeur} »" if champ.publiable else TU


def _lieu(ligne: Ligne, depuis: Ligne) -> str:
    """Où est l'autre ligne, dit depuis celle-ci."""
    ailleurs = "" if ligne.grille is depuis.grille else f"{ligne.grille.lieu}, "
    return f"{ailleurs}ligne {ligne.numero}"


def _memes(a: dict[str, str], b: dict[str, str], feuille: Feuille) -> bool:
    return all(_egales(a, b, c) for c in feuille.champs)


def _egales(a: dict[str, str], b: dict[str, str], champ: Champ) -> bool:
    """La même valeur ; 0.5 et 0.50 sont le même nombre."""
    avant, apres = a[champ.nom], b[champ.nom]
    if avant and apres and champ.genre in ("integer", "number"):
        return Decimal(avant) == Decimal(apres)
    return avant == apres
