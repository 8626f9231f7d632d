"""Ce qui a été reçu de ce qui était attendu : taux de réponse et de remplissage.

Un taux de réponse compte des envois : une réponse par personne présente, une feuille par territoire
et par session, un score par territoire et par critère. Un taux de remplissage compte les cases
d'une question. Le taux d'un indicateur compte, dans sa population, les lignes dont on sait si elles
comptent. Un nombre attendu que l'on ne connaît pas n'est pas zéro : le taux n'est pas renseigné.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from bilan import questionnaires
from bilan.collecte import TERRITOIRE, Champ, feuilles
from bilan.comptes import nom_de_session
from bilan.expressions import evaluer, selectionner
from bilan.indicateurs import Mesure, Tables, jointes, marges_de
from bilan.nombres import arrondir
from bilan.parametres import Indicateur
from bilan.projet import Edition


@dataclass(frozen=True)
class Attendu:
    """Ce qu'une table doit recevoir, connu d'avance : une fois chaque combinaison de ces clés."""

    cles: tuple[str, ...]
    libelle: str
    unite: str


ATTENDUS = {
    "reponses": Attendu(("session", "participant"), "Réponses au questionnaire",
                        "une par personne présente, à chaque session"),
    "presences": Attendu((TERRITOIRE, "session"), "Feuilles de présence",
                         "une par territoire et par session"),
    "acteurs": Attendu((TERRITOIRE,), "Recensements d'acteurs", "un par territoire"),
    "mises_en_oeuvre": Attendu((TERRITOIRE, "element"), "Éléments notés",
                               "un score par territoire et par élément de l'accompagnement"),
    "criteres": Attendu((TERRITOIRE, "critere"), "Critères notés",
                        "un score par territoire et par critère de réseau"),
}


@dataclass(frozen=True)
class Taux:
    """Un taux, pour l'ensemble (clé None) et pour chaque territoire.

    `facultatif` : un vide y est une réponse, le taux ne se compare pas au seuil.
    """

    code: str
    table: str
    libelle: str
    definition: str
    mesures: Mapping[str | None, Mesure]
    facultatif: bool = False


def sous_seuil(valeur: float | None, seuil: int | None) -> bool:
    """Vrai si le taux, arrondi comme il est imprimé, est inférieur au seuil."""
    return seuil is not None and valeur is not None and arrondir(valeur) < seuil


class Releve:
    """Les taux d'une édition, tirés de ses tables, de ses schémas et de ses questionnaires."""

    def __init__(self, edition: Edition, tables: Tables):
        self.tables = jointes(tables)
        self.territoires = list(tables["territoires"][TERRITOIRE])
        self.feuilles = {f.table: f for f in feuilles(edition.racine)}
        self.questions = [q for lu in questionnaires.lire(edition) for q in lu.questions]

    def tous(self) -> Iterator[Taux]:
        """Table par table, session par session, question par question."""
        for table, attendu in ATTENDUS.items():
            definition = f"Reçus / attendus : {attendu.unite}."
            yield Taux(f"reponse.{table}", table, attendu.libelle, definition,
                       self._mesures(*self._recues(table)))
        yield from self._sessions()
        yield from self._questions()

    def _sessions(self) -> Iterator[Taux]:
        """Le questionnaire d'après-session, une session à la fois."""
        recues, attendues = self._recues("reponses")
        for session in self.tables["sessions"]["session"]:
            ici = attendues["session"] == session
            yield Taux(f"session.{session}", "reponses", f"Réponses, {nom_de_session(session)}",
                       "Réponses reçues / personnes présentes à cette session.",
                       self._mesures(recues[ici], attendues[ici]))

    def _questions(self) -> Iterator[Taux]:
        """Chaque question des questionnaires, une fois, sauf celles qui identifient la ligne."""
        posees = {(q.table, q.colonne): q.si for q in self.questions}
        for (table, colonne), si in posees.items():
            feuille = self.feuilles[table]
            champ = next(c for c in feuille.champs if c.nom == colonne)
            if champ.cle or colonne == TERRITOIRE:
                continue
            lignes = self._posee(self.lignes(table), champ, si)
            yield Taux(
                f"remplissage.{table}.{colonne}", table, f"{feuille.titre} : {champ.titre}",
                self._definition(champ, si), self._mesures(lignes[colonne].notna(), lignes),
                not champ.obligatoire,
            )

    def _posee(self, lignes: pd.DataFrame, champ: Champ, si: str | None) -> pd.DataFrame:
        """Les lignes où la question se pose ; aucune si l'on ne sait pas où un vide est un trou."""
        if si:
            return lignes[selectionner(si, lignes)]
        return lignes if champ.obligatoire else lignes.iloc[:0]

    def _definition(self, champ: Champ, si: str | None) -> str:
        if not (si or champ.obligatoire):
            return ("Question facultative : un vide y est une réponse, et l'on ne sait pas combien "
                    "de cases devraient être remplies.")
        ou = f"lignes où la question se pose ({si})" if si else "lignes reçues"
        if self._ligne_a_ligne(champ.table):
            ou = "lignes attendues, reçues ou non"
        suite = "" if champ.obligatoire else " Un vide y est une réponse."
        return f"Cases remplies / {ou}.{suite}"

    def de(self, definition: Indicateur) -> Taux:
        """Le taux dont dépend un indicateur ; si deux en décident, le plus bas, territoire par
        territoire.

        Les lignes attendues sont celles de sa population, et celles dont on ne sait pas si elles
        en sont. Une raison que l'indicateur compte lui-même, par `renseigne`, n'est pas un trou.
        """
        lignes = self.lignes(definition.table)
        vrai = pd.Series(True, index=lignes.index, dtype="boolean")
        parmi = evaluer(definition.parmi, lignes) if definition.parmi else vrai
        mesurable = (lignes[definition.moyenne] if definition.moyenne
                     else evaluer(definition.dont, lignes)).notna()
        population = parmi.fillna(True).astype(bool)
        sues = (parmi.fillna(False).astype(bool) & mesurable)[population]
        mesures = self._mesures(sues, lignes[population])
        attendues = "attendues" if self._ligne_a_ligne(definition.table) else "reçues"
        titre = self.feuilles[definition.table].titre
        phrase = f"{titre} : lignes dont on sait si elles comptent / lignes {attendues}."
        if definition.table in ATTENDUS and attendues == "reçues":
            envois = self._mesures(*self._recues(definition.table))
            if _plus_bas(envois[None], mesures[None]) is not mesures[None]:
                phrase = f"{ATTENDUS[definition.table].libelle} : reçus / attendus."
            mesures = {t: _plus_bas(envois[t], m) for t, m in mesures.items()}
        return Taux(definition.code, definition.table, definition.nom, phrase, mesures)

    def lignes(self, table: str) -> pd.DataFrame:
        """Les lignes attendues, reçues ou non, si on les connaît une à une ; sinon, les reçues."""
        recues = self.tables[table]
        if not self._ligne_a_ligne(table):
            return recues
        attendues, cles = self._attendues(table), list(ATTENDUS[table].cles)
        du_schema = [c.nom for c in self.feuilles[table].champs]
        autres = [c for c in recues if c in cles or (c in du_schema and c not in attendues)]
        lignes = attendues.merge(recues[autres], on=cles, how="left")
        return jointes({"territoires": self.tables["territoires"], table: lignes})[table]

    def _ligne_a_ligne(self, table: str) -> bool:
        """Vrai si chaque ligne de la table est connue d'avance."""
        return table in ATTENDUS and set(ATTENDUS[table].cles) == set(self.feuilles[table].cles)

    def _attendues(self, table: str) -> pd.DataFrame:
        """Les clés attendues, et leur territoire."""
        territoires = self.tables["territoires"][[TERRITOIRE]]
        if table == "reponses":
            presences = self.tables["presences"]
            venues = presences["present"].fillna(False).astype(bool)
            return presences.loc[venues, ["session", "participant", TERRITOIRE]]
        if table == "presences":
            return territoires.merge(self.tables["sessions"][["session"]], how="cross")
        croisees = [c for c in self.feuilles[table].champs
                    if c.nom in ATTENDUS[table].cles and c.modalites]
        for champ in croisees:
            modalites = pd.DataFrame({champ.nom: list(champ.modalites)}, dtype="string")
            territoires = territoires.merge(modalites, how="cross")
        return territoires

    def _recues(self, table: str) -> tuple[pd.Series, pd.DataFrame]:
        """Pour chaque clé attendue, si elle a été reçue ; et ces clés."""
        attendues, cles = self._attendues(table), list(ATTENDUS[table].cles)
        attendues = attendues.reset_index(drop=True)
        connues = self.tables[table][cles].drop_duplicates()
        jointure = attendues.merge(connues, on=cles, how="left", indicator="ou")
        return jointure["ou"] == "both", attendues

    def _mesures(self, faits: pd.Series, lignes: pd.DataFrame) -> dict[str | None, Mesure]:
        """Le compte de l'ensemble, puis de chaque territoire."""
        groupes = faits.groupby(lignes[TERRITOIRE])
        recus, attendus = groupes.sum().to_dict(), groupes.size().to_dict()
        rangs = lignes.groupby(TERRITOIRE).indices
        ensemble = Mesure(int(faits.sum()), len(faits), marges=marges_de(lignes, dont=faits))
        return {None: ensemble} | {
            t: Mesure(int(recus.get(t, 0)), attendus.get(t, 0),
                      marges=marges_de(lignes, rangs[t], faits) if t in rangs else ())
            for t in self.territoires}


def _plus_bas(envois: Mesure, lignes: Mesure) -> Mesure:
    """La mesure la plus basse ; à égalité, ou si les envois sont inconnus, celle des lignes."""
    if envois.valeur is None:
        return lignes
    return envois if lignes.valeur is None or envois.valeur < lignes.valeur else lignes
