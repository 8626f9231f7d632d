"""Le contrôle des affirmations : renvois, preuves, conditions, plafonds et suites."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bilan import constats, nombres
from bilan.constats import Affirmation, Conclusion, Fait, rang
from bilan.constats_mentions import Mention, lisible, mentions
from bilan.constats_preuves import Pesee
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.expressions import noms_cites, verifiee
from bilan.registre import Chiffre

if TYPE_CHECKING:
    from bilan.carnet import Bilan


def valeur(chiffre: Chiffre) -> float | str | None:
    """Ce qu'une condition compare : un nombre, sinon le texte ; rien si la donnée manque."""
    if chiffre.valeur is not None:
        return float(chiffre.valeur)
    return None if chiffre.texte == nombres.NON_RENSEIGNE else chiffre.texte


class Controle:
    """Les affirmations d'une édition, leurs mentions dans la prose et leurs règles."""

    def __init__(self, bilan: Bilan):
        self.bilan = bilan
        self.affirmations = constats.lire(bilan.edition)
        self.lignes = constats.Lignes(bilan.edition)

    @cached_property
    def regles(self) -> constats.Regles:
        return constats.lire_regles(self.bilan.edition)

    @cached_property
    def pesee(self) -> Pesee:
        return Pesee(self.bilan, self.affirmations, self.regles)

    @cached_property
    def mentions(self) -> list[Mention]:
        return mentions(self.bilan.edition)

    @cached_property
    def valeurs(self) -> dict[str, float | str | None]:
        """Ce que vaut chaque chiffre du registre, par code."""
        return {c.code: valeur(c) for c in self.bilan.registre}

    @cached_property
    def lignes_des_fiches(self) -> dict[str, None]:
        """Comment un constat nomme chaque ligne des fiches."""
        return dict.fromkeys(f"{f.territoire}/{f.rubrique}/{f.ordre}"
                             for f in self.bilan.tables["fiches"].itertuples())

    def mentions_de(self, code: str) -> list[Mention]:
        return [m for m in self.mentions if m.code == code]

    def faute(self, code: str, champ: str, trouve: str, remede: str = "") -> Faute:
        """Une faute à la ligne de constats.yml où ce champ est écrit."""
        ligne = self.lignes.ligne(code, champ)
        return Faute(self.lignes.fichier, f"{code} : {trouve}", remede, ligne)

    def lisible(self, phrase: str) -> str:
        """La phrase comme on la lit, ses chiffres écrits."""

        def texte_de(code: str) -> str:
            chiffre = self.bilan.registre.get(code)
            return chiffre.texte if chiffre else code

        return lisible(" ".join(phrase.split()), texte_de)

    # Les renvois : tout code nommé existe.

    def des_renvois(self) -> Iterator[Faute]:
        """Codes en double, ou nommés sans exister."""
        codes = self.affirmations.codes
        for code in sorted({c for c in codes if codes.count(c) > 1}):
            yield self.faute(code, "code", "ce code est pris deux fois", "Renommer l'un des deux.")
        for affirmation in self.affirmations.affirmations:
            yield from self._renvois_d_une(affirmation)
        affirmables = [a.code for a in self.affirmations.affirmations]
        axes = [a.code for a in self.affirmations.axes]
        for r in self.affirmations.recommandations:
            yield from self._inconnus(r.code, "constats", "constat", r.constats, affirmables)
            yield from self._inconnus(r.code, "axe", "axe", [r.axe], axes)
            horizons = self.affirmations.horizons
            yield from self._inconnus(r.code, "horizon", "horizon", [r.horizon], horizons)

    def _renvois_d_une(self, affirmation: Affirmation) -> Iterator[Faute]:
        bilan = self.bilan
        questions = [c.code for c in bilan.parametres.definitions.categories]
        departs = [k.code for k in self.affirmations.constats]
        for champ, quoi, nommes, connus in (
            ("chiffres", "chiffre", affirmation.chiffres, self.valeurs),
            ("etabli", "texte", [affirmation.etabli], list(bilan.textes)),
            ("question", "code de catégorie", filter(None, [affirmation.question]), questions),
            ("constats", "constat", getattr(affirmation, "constats", []), departs),
        ):
            yield from self._inconnus(affirmation.code, champ, quoi, nommes, connus)
        for fait in affirmation.faits:
            yield from self._fait_inconnu(affirmation.code, fait)

    def _inconnus(
        self, code: str, champ: str, quoi: str, nommes: Iterable[str], connus: Collection[str]
    ) -> Iterator[Faute]:
        for nom in nommes:
            if nom not in connus:
                trouve = f"{quoi} inconnu « {nom} »"
                yield self.faute(code, champ, trouve, proposer(nom, connus)[:200])

    def _fait_inconnu(self, code: str, fait: Fait) -> Iterator[Faute]:
        """Un fait doit être une ligne des tables, ou un écart relevé."""
        tables = self.bilan.tables
        if fait.fiche:
            yield from self._inconnus(code, "faits", "fait", [fait.fiche], self.lignes_des_fiches)
        elif fait.entretiens:
            themes = sorted(tables["entretiens"]["theme"].dropna().unique())
            yield from self._inconnus(code, "faits", "thème", [fait.entretiens], themes)
        elif fait.ecart:
            ecarts = [c.code for c in self.bilan.parametres.contradictions]
            yield from self._inconnus(code, "faits", "écart", [fait.ecart], ecarts)

    # Les preuves : condition et plafond.

    def des_preuves(self) -> Iterator[Faute]:
        """Conditions fausses, forces au-dessus de leur plafond, affirmations sans preuve."""
        for affirmation in self.affirmations.affirmations:
            fondement = affirmation.chiffres or affirmation.faits or affirmation.croisement
            if not (fondement or affirmation.condition or isinstance(affirmation, Conclusion)):
                yield self.faute(affirmation.code, "code", "ce constat ne repose sur rien",
                                  "Nommer des chiffres ou des faits.")
                continue
            try:
                yield from self._condition(affirmation)
                yield from self._plafond(affirmation)
            except ErreurBilan as erreur:
                yield self.faute(affirmation.code, "condition", str(erreur))

    def _condition(self, affirmation: Affirmation) -> Iterator[Faute]:
        if affirmation.condition is None:
            return
        if verifiee(affirmation.condition, self.valeurs):
            return
        cites = noms_cites(affirmation.condition)
        vus = ", ".join(f"{c} vaut {self.bilan.registre[c].texte}" for c in cites)
        ou = " ; ".join(m.lieu for m in self.mentions_de(affirmation.code)) or "nulle part"
        yield self.faute(
            affirmation.code, "condition",
            f"« {self.lisible(affirmation.enonce)} » ne tient plus, car "
            f"« {affirmation.condition} » est faux ({vus})",
            f"Revoir le constat et ses phrases : {ou}.",
        )

    def _plafond(self, affirmation: Affirmation) -> Iterator[Faute]:
        plafond = self.pesee.plafond(affirmation)
        if rang(affirmation.force) > rang(plafond.force):
            yield self.faute(
                affirmation.code, "force",
                f"« {affirmation.force} » dépasse son plafond, « {plafond.force} » : "
                + " ".join(plafond.raisons),
                f"Écrire force: {plafond.force}, et adoucir ses phrases ; ou apporter une preuve.",
            )

    # Les suites : rien ne part de rien, rien ne mène nulle part sans le dire.

    def des_suites(self) -> Iterator[Faute]:
        """Recommandations sans constat, conclusions sans constat, constats sans suite."""
        for element in (*self.affirmations.conclusions, *self.affirmations.recommandations):
            if not element.constats:
                yield self.faute(element.code, "constats", "ne repose sur aucun constat",
                                  "Nommer ceux dont elle part.")
        for affirmation in self.affirmations.affirmations:
            suites = self.affirmations.recommandations_de(affirmation.code)
            if not suites and affirmation.sans_suite is None:
                yield self.faute(
                    affirmation.code, "code", "aucune recommandation n'en part",
                    "La faire partir de lui, ou dire pourquoi : « sans_suite: … ».",
                )
            elif suites and affirmation.sans_suite is not None:
                yield self.faute(affirmation.code, "sans_suite",
                                  f"{suites[0].code} en part, il a donc une suite",
                                  "Retirer « sans_suite ».")
