"""Les comptes que montrent les graphiques et les textes : sessions, acteurs, critères, segments."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from bilan import nombres
from bilan.indicateurs import Mesure, Tables, marges_de
from bilan.masquage import Marges
from bilan.projet import Edition
from bilan.registre import Chiffre
from bilan.tables import libelles

ETAPES = {"recenses": "recensés", "rencontres": "rencontrés", "participants": "participants"}
SENS = {"frein": "freins", "levier": "leviers"}
SCORES = {0: "0", 0.5: "½", 1: "1"}


def nom_de_session(code: str) -> str:
    """« session 3 » pour « s3 », qui se prendrait pour un code d'indicateur."""
    return f"session {code[1:] if re.fullmatch(r's[0-9]+', code) else code}"


def comptes(edition: Edition, tables: Tables, natures: dict[str, str]) -> list[Chiffre]:
    """Tous les comptes de l'édition, table par table.

    Parameters
    ----------
    natures : nature (publiee, reconstituee) de chaque table.
    """
    compteur = _Compteur(edition, tables, natures)
    return [
        *compteur.ensemble(), *compteur.sessions(), *compteur.acteurs(), *compteur.criteres(),
        *compteur.entretiens(), *compteur.lignes(),
    ]


def participants(acteurs: pd.DataFrame) -> pd.Series:
    """Vrai pour l'acteur qui prend part à une action, à l'animation, ou aux deux."""
    action = acteurs["participe_action"].fillna(False)
    return action | acteurs["participe_animation"].fillna(False)


class _Compteur:
    """Les tables d'une édition, et de quoi en faire des chiffres."""

    def __init__(self, edition: Edition, tables: Tables, natures: dict[str, str]):
        self.edition, self.racine = edition.code, edition.racine
        self.tables, self.natures = tables, natures
        territoires = tables["territoires"].sort_values("ordre")
        self.noms = dict(zip(territoires["territoire"], territoires["nom"], strict=True))

    def _compte(
        self, code: str, libelle: str, valeur: float | None, table: str,
        territoire: str | None = None, marges: Marges = (),
    ) -> Chiffre:
        # D'une table sans ligne on ne sait rien : ce n'est pas zéro.
        if self.tables[table].empty:
            valeur = None
        texte = nombres.NON_RENSEIGNE if valeur is None else nombres.nombre(valeur)
        return Chiffre(
            code, self.edition, libelle, valeur, "", texte, self.natures.get(table, ""),
            f"Compté dans la table « {table} ».", [table], territoire=territoire, marges=marges,
        )

    def ensemble(self) -> Iterator[Chiffre]:
        """Ce que l'édition compte en tout."""
        tables = self.tables
        acteurs, territoires = tables["acteurs"], tables["territoires"]
        for code, valeur, libelle, table in (
            ("territoires", len(territoires), "territoires lauréats", "territoires"),
            ("territoires_base", int(territoires["base_reseau"].sum()),
             "territoires retenus dans la base des indicateurs de réseau", "territoires"),
            ("sessions", len(tables["sessions"]), "sessions collectives", "sessions"),
            ("presences_attendues", len(tables["presences"]), "présences attendues", "presences"),
            ("reponses", len(tables["reponses"]), "réponses aux questionnaires", "reponses"),
            ("acteurs", len(acteurs), "acteurs recensés", "acteurs"),
            ("acteurs_rencontres", int(acteurs["rencontre"].sum()), "acteurs rencontrés",
             "acteurs"),
            ("acteurs_participants", int(participants(acteurs).sum()), "acteurs participants",
             "acteurs"),
            ("actions", len(tables["actions"]), "actions des réseaux", "actions"),
            ("entretiens", tables["entretiens"]["entretien"].nunique(), "entretiens codés",
             "entretiens"),
            ("segments", len(tables["entretiens"]), "segments d'entretiens codés", "entretiens"),
        ):
            marges = marges_de(tables[table]) if valeur == len(tables[table]) else ()
            yield self._compte(f"ensemble.{code}", libelle, valeur, table, marges=marges)

    def sessions(self) -> Iterator[Chiffre]:
        """La présence à chaque session, puis sur chaque moitié du cycle."""
        presences = self.tables["presences"]
        codes = list(self.tables["sessions"]["session"])
        milieu = (len(codes) + 1) // 2
        groupes = {code: ([code], nom_de_session(code)) for code in codes} | {
            "premieres": (codes[:milieu], "premières sessions"),
            "dernieres": (codes[milieu:], "dernières sessions"),
        }
        for code, (dont, libelle) in groupes.items():
            ici = presences[presences["session"].isin(dont)]
            yield self._presence(code, libelle, Mesure(
                int(ici["present"].sum()), len(ici), marges=marges_de(ici, dont=ici["present"])))

    def _presence(self, code: str, libelle: str, mesure: Mesure) -> Chiffre:
        texte = nombres.NON_RENSEIGNE
        if mesure.valeur is not None:
            texte = nombres.quantite(mesure.valeur, "%", 0)
        return Chiffre(
            f"sessions.{code}", self.edition, f"présence, {libelle}", mesure.valeur, "%", texte,
            self.natures.get("presences", ""),
            f"Présences constatées / présences attendues : {libelle}.",
            ["presences", "sessions"], denominateur=mesure.denominateur or None,
            numerateur=mesure.numerateur if mesure.denominateur else None, marges=mesure.marges,
        )

    def acteurs(self) -> Iterator[Chiffre]:
        """Du recensement à la participation, par famille puis par territoire."""
        acteurs = self.tables["acteurs"]
        etapes = pd.DataFrame({
            "recenses": True, "rencontres": acteurs["rencontre"].fillna(False),
            "participants": participants(acteurs),
        }, index=acteurs.index)
        connues = libelles(self.racine, "acteurs", "famille")
        familles = {f: connues.get(f, f) for f in acteurs["famille"].unique()}
        for cle, noms in (("famille", familles), ("territoire", self.noms)):
            sommes = etapes.groupby(acteurs[cle]).sum().reindex(list(noms))
            for valeur, ligne in sommes.iterrows():
                for etape, nom in ETAPES.items():
                    yield self._compte(
                        f"acteurs.{cle}.{valeur}.{etape}", f"acteurs {nom} ({noms[valeur]})",
                        None if pd.isna(ligne[etape]) else int(ligne[etape]), "acteurs",
                        valeur if cle == "territoire" else None,
                    )

    def criteres(self) -> Iterator[Chiffre]:
        """Le score de chaque territoire sur chaque critère de réseau."""
        noms = libelles(self.racine, "criteres", "critere")
        for ligne in self.tables["criteres"].dropna(subset="score").itertuples():
            score = float(ligne.score)
            texte = SCORES.get(score, nombres.nombre(score))
            yield Chiffre(
                f"criteres.{ligne.critere}.{ligne.territoire}", self.edition,
                f"{noms.get(ligne.critere, ligne.critere)} ({self.noms[ligne.territoire]})",
                score, "", texte, self.natures.get("criteres", ""),
                "1 : critère rempli ; ½ : en partie ; 0 : non.", ["criteres"],
                territoire=ligne.territoire,
            )

    def entretiens(self) -> Iterator[Chiffre]:
        """Les segments codés comme freins ou leviers, par catégorie et par thème."""
        segments = self.tables["entretiens"]
        themes = segments[["categorie", "theme"]].drop_duplicates()
        noms = libelles(self.racine, "entretiens", "theme")
        for theme, nombre in segments["theme"].value_counts(sort=False).items():
            yield self._compte(f"segments.{theme}", f"segments codés : {noms.get(theme, theme)}",
                               int(nombre), "entretiens")
        comptes = segments.groupby(["categorie", "theme", "sens"]).size()
        for categorie, theme in themes.itertuples(index=False):
            for sens, nom in SENS.items():
                yield self._compte(
                    f"entretiens.{categorie}.{theme}.{sens}",
                    f"{nom}\u00a0: {noms.get(theme, theme)} ({categorie})",
                    int(comptes.get((categorie, theme, sens), 0)), "entretiens",
                )

    def lignes(self) -> Iterator[Chiffre]:
        """Le nombre de lignes de chaque table."""
        for nom, table in self.tables.items():
            yield self._compte(f"lignes.{nom}", f"lignes de la table {nom}", len(table), nom,
                               marges=marges_de(table))
