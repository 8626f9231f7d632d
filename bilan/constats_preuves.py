"""Ce que valent les preuves d'une affirmation : la force qu'elles ne permettent pas de dépasser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from bilan import constats, nombres
from bilan.constats import Affirmation, Conclusion, Constats, Croisement, Fait, Regles, rang
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.expressions import noms_cites
from bilan.projet import Edition
from bilan.taux import sous_seuil

if TYPE_CHECKING:
    from bilan.carnet import Bilan
    from bilan.registre import Chiffre

# Ce qui, d'un indicateur, vaut pour l'ensemble et se compare donc au résultat publié.
D_ENSEMBLE = ("resultat", "ecart")
DECLARATIVES = {"questionnaire", "entretien"}


@dataclass(frozen=True)
class Comparaison:
    """Deux groupes de territoires : combien y ont l'issue, et parmi combien."""

    avec: int
    groupe: int
    avec_hors: int
    hors_groupe: int

    @property
    def tableau(self) -> list[list[int]]:
        return [
            [self.avec, self.groupe - self.avec],
            [self.avec_hors, self.hors_groupe - self.avec_hors],
        ]

    @property
    def p(self) -> float:
        """Le p bilatéral du test exact de Fisher."""
        return _fisher(self.tableau)

    @property
    def p_minimal(self) -> float:
        """Le plus petit p que ces mêmes marges permettent, quel que soit le partage."""
        issues = self.avec + self.avec_hors
        partages = range(max(0, issues - self.hors_groupe), min(self.groupe, issues) + 1)
        return min(
            _fisher(Comparaison(a, self.groupe, issues - a, self.hors_groupe).tableau)
            for a in partages
        )

    @property
    def favorable(self) -> bool:
        """Vrai si l'issue est plus fréquente dans le groupe que hors de lui."""
        return self.avec * self.hors_groupe > self.avec_hors * self.groupe


def _fisher(tableau: list[list[int]]) -> float:
    from scipy.stats import fisher_exact

    return float(fisher_exact(tableau, alternative="two-sided").pvalue)


def comparer(croisement: Croisement, tables: Mapping[str, pd.DataFrame]) -> Comparaison:
    """Le tableau à deux lignes et deux colonnes d'un croisement.

    Lève `ErreurBilan` si un critère ou un territoire n'existe pas.
    """
    territoires = tables["territoires"]
    if croisement.parmi == "base":
        territoires = territoires[territoires["base_reseau"].fillna(False).astype(bool)]
    parmi = set(territoires["territoire"])
    if croisement.criteres:
        groupe, issue = (_remplissent(c, croisement.seuil, tables) for c in croisement.criteres)
    else:
        groupe, issue = set(croisement.groupe), set(croisement.issue)
        connus = set(tables["territoires"]["territoire"])
        inconnus = sorted((groupe | issue) - connus)
        if inconnus:
            remede = proposer(inconnus[0], sorted(connus))
            raise ErreurBilan(f"territoire inconnu « {inconnus[0]} ». {remede}")
    groupe, issue = groupe & parmi, issue & parmi
    hors = parmi - groupe
    return Comparaison(len(groupe & issue), len(groupe), len(hors & issue), len(hors))


def _remplissent(critere: str, seuil: float, tables: Mapping[str, pd.DataFrame]) -> set[str]:
    criteres = tables["criteres"]
    connus = criteres["critere"].unique()
    if critere not in connus:
        raise ErreurBilan(f"critère inconnu « {critere} ». {proposer(critere, connus)}")
    remplis = criteres[(criteres["critere"] == critere) & (criteres["score"] >= seuil)]
    return set(remplis["territoire"])


@dataclass(frozen=True)
class Derive:
    """Un nombre que donne une comparaison, pour le registre."""

    code: str
    libelle: str
    valeur: float
    texte: str
    definition: str


def derives(edition: Edition, tables: Mapping[str, pd.DataFrame]) -> list[Derive]:
    """Les nombres des comparaisons entre territoires ; lève `ErreurBilan`, situé."""
    trouves: list[Derive] = []
    for affirmation in constats.lire(edition).affirmations:
        if affirmation.croisement:
            trouves += _nombres(affirmation, _comparer_ici(edition, affirmation, tables))
    return trouves


def _comparer_ici(
    edition: Edition, affirmation: Affirmation, tables: Mapping[str, pd.DataFrame]
) -> Comparaison:
    try:
        return comparer(affirmation.croisement, tables)
    except ErreurBilan as erreur:
        lignes = constats.Lignes(edition)
        ligne = lignes.ligne(affirmation.code, "croisement")
        trouve = f"{affirmation.code}, croisement : {erreur}"
        raise ErreurBilan(Faute(lignes.fichier, trouve, ligne=ligne)) from None


def _nombres(affirmation: Affirmation, comparaison: Comparaison) -> list[Derive]:
    code = f"constat.{affirmation.code}"
    test = "test exact de Fisher, bilatéral"
    derives = [
        Derive(f"{code}.{nom}", f"{affirmation.code} : {libelle}", valeur,
               nombres.nombre(valeur, 2), definition)
        for nom, libelle, valeur, definition in (
            ("p", "p de la comparaison", comparaison.p, test),
            ("p_minimal", "plus petit p possible", comparaison.p_minimal,
             f"{test}, partage le plus net que permettent les mêmes effectifs"),
        )
    ]
    for nom, libelle, avec, total in (
        ("groupe", "dans le groupe", comparaison.avec, comparaison.groupe),
        ("hors_groupe", "hors du groupe", comparaison.avec_hors, comparaison.hors_groupe),
    ):
        derives.append(
            Derive(f"{code}.{nom}", f"{affirmation.code} : {libelle}", float(avec),
                   nombres.rapport(avec, total), f"territoires {libelle} où l'issue est là")
        )
    return derives


@dataclass(frozen=True)
class Plafonnement:
    """La force qu'une affirmation ne peut dépasser, et les règles qui l'y tiennent."""

    force: str
    raisons: list[str]


class Pesee:
    """De quoi peser les preuves des affirmations d'une édition."""

    def __init__(self, bilan: Bilan, affirmations: Constats, regles: Regles):
        self.bilan = bilan
        self.affirmations = affirmations
        self.regles = regles

    def plafond(self, affirmation: Affirmation) -> Plafonnement:
        """Le plus bas des plafonds qui s'appliquent, et pourquoi."""
        codes = self._regles_de(affirmation)
        plafonds = {self.regles.plafond(c) for c in codes}
        forces = [(p.plafond, p.regle) for p in sorted(plafonds, key=lambda p: p.code)]
        if isinstance(affirmation, Conclusion):
            regle = self.regles.plafond("chaine").regle
            forces += [(self.affirmations[c].force, regle) for c in affirmation.constats]
        bas = min((f for f, _ in forces), key=rang, default=constats.FORCES[0])
        return Plafonnement(bas, list(dict.fromkeys(regle for f, regle in forces if f == bas)))

    def _regles_de(self, affirmation: Affirmation) -> list[str]:
        """Les codes des plafonds qui s'appliquent à une affirmation."""
        codes = self._des_preuves(affirmation)
        if affirmation.croisement:
            codes += self._de_la_comparaison(affirmation.croisement)
        elif affirmation.cause:
            codes.append("cause")
        return codes

    def _des_preuves(self, affirmation: Affirmation) -> list[str]:
        """Une condition vaut son chiffre le plus faible ; sans elle, la meilleure preuve compte."""
        if affirmation.condition:
            cites = [c for c in noms_cites(affirmation.condition) if not c.endswith(".cible")]
            codes = [self.de_chiffre(c) for c in self._chiffres(cites)] or ["publie"]
            # Le déclaratif ne plafonne que ce qui ne repose que sur lui.
            return [c for c in codes if c != "declare"] or ["declare"]
        preuves = [self.de_chiffre(c) for c in self._chiffres(affirmation.chiffres)]
        preuves += [self.de_fait(f, affirmation) for f in affirmation.faits]
        if not preuves:
            return []
        if "releve" in preuves:
            return ["releve"]
        return [max(preuves, key=lambda c: rang(self.regles.plafond(c).plafond)), "sans-condition"]

    def _chiffres(self, codes: Iterable[str]) -> list[Chiffre]:
        return [c for c in map(self.bilan.registre.get, codes) if c]

    def _de_la_comparaison(self, croisement: Croisement) -> list[str]:
        comparaison = comparer(croisement, self.bilan.tables)
        codes = [self._de_table("criteres") if croisement.criteres else "fiche"]
        if comparaison.p > self.regles.seuil_p:
            codes.append("comparaison")
        if not comparaison.favorable:
            codes.append("sens-contraire")
        return codes

    def de_fait(self, fait: Fait, affirmation: Affirmation) -> str:
        """La règle qui plafonne un fait ; un écart ne montre rien que sur le document même."""
        if fait.ecart and affirmation.du_document:
            return "releve"
        if fait.entretiens:
            return "reconstitue" if self._de_table("entretiens") == "reconstitue" else "declare"
        return "fiche"

    def de_chiffre(self, chiffre: Chiffre) -> str:
        """La règle qui plafonne un chiffre du registre : la plus basse de celles qui valent."""
        # « reponse » d'abord : à égalité, c'est elle qui le dit.
        codes = [*(["reponse"] if self.peu_de_reponses(chiffre) else []), self._d_origine(chiffre)]
        return min(codes, key=lambda c: rang(self.regles.plafond(c).plafond))

    def peu_de_reponses(self, chiffre: Chiffre) -> bool:
        """Vrai si l'indicateur, là où on le cite, a un taux de réponse sous le seuil."""
        indicateur, _, suite = chiffre.code.partition(".")
        # Un résultat « sans » un territoire est celui de tous les autres.
        local = chiffre.territoire and not suite.startswith("retraits")
        ou = f".{chiffre.territoire}" if local else ""
        taux = self.bilan.registre.get(f"{indicateur}.taux{ou}")
        seuil = self.bilan.parametres.generaux.verdict.seuil_reponse
        fixe = suite.startswith(("cible", "taux"))
        return not fixe and taux is not None and sous_seuil(taux.valeur, seuil)

    def _d_origine(self, chiffre: Chiffre) -> str:
        """La règle que vaut à un chiffre ce dont il est tiré."""
        parties = chiffre.code.removeprefix("publie.").split(".")
        indicateurs = {i.code: i for i in self.bilan.parametres.indicateurs}
        if parties[0] == "fiche":
            return "fiche"
        if chiffre.nature == "reconstituee" and not self._publie(parties):
            return "reconstitue"
        indicateur = indicateurs.get(parties[0])
        if indicateur and parties[1:] != ["cible"] and DECLARATIVES.issuperset(indicateur.sources):
            return "declare"
        return "publie"

    def _publie(self, parties: list[str]) -> bool:
        """Vrai si le chiffre est d'ensemble, et le résultat celui que le document imprime."""
        registre = self.bilan.registre
        if len(parties) != 2 or parties[1] not in D_ENSEMBLE:
            return False
        resultat, publie = (
            registre.get(c) for c in (f"{parties[0]}.resultat", f"publie.{parties[0]}")
        )
        if not publie or not resultat or resultat.valeur is None:
            return False
        return nombres.arrondir(resultat.valeur) == nombres.arrondir(publie.valeur)

    def _de_table(self, table: str) -> str:
        return "reconstitue" if self.bilan.natures.get(table) == "reconstituee" else "publie"
