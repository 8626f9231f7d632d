"""Le contrôle des affirmations : preuves, conditions, plafonds, renvois, et leurs phrases."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bilan import constats, nombres
from bilan.constats import Affirmation, Conclusion, Fait, rang
from bilan.constats_lexique import Lexique
from bilan.constats_mentions import (
    Mention,
    lisible,
    marques_mal_ecrites,
    mentions,
    phrases_sans_marque,
)
from bilan.constats_preuves import Pesee
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.expressions import noms_cites, verifiee
from bilan.registre import Chiffre

if TYPE_CHECKING:
    from bilan.carnet import Bilan


def fautes(bilan: Bilan) -> list[Faute]:
    """Toutes les fautes des affirmations d'une édition ; aucune si elle n'en a pas.

    Lève `ErreurBilan` si constats.yml ou forces.yml ne se lit pas.
    """
    controle = Controle(bilan)
    if not controle.affirmations.codes:
        return []
    # Un renvoi cassé fausserait les contrôles qui suivent.
    return list(controle.des_renvois()) or [
        *controle.des_preuves(), *controle.des_suites(), *controle.des_phrases()
    ]


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
    def lexique(self) -> Lexique:
        return Lexique(self.regles)

    @cached_property
    def mentions(self) -> list[Mention]:
        return mentions(self.bilan.edition)

    def mentions_de(self, code: str) -> list[Mention]:
        return [m for m in self.mentions if m.code == code]

    def _faute(self, code: str, champ: str, trouve: str, remede: str = "") -> Faute:
        ligne = self.lignes.ligne(code, champ)
        return Faute(self.lignes.fichier, f"{code} : {trouve}", remede, ligne)

    def _lisible(self, phrase: str) -> str:
        def texte_de(code: str) -> str:
            chiffre = self.bilan.registre.get(code)
            return chiffre.texte if chiffre else code

        return lisible(" ".join(phrase.split()), texte_de)

    # Les renvois : tout code nommé existe.

    def des_renvois(self) -> Iterator[Faute]:
        """Codes en double, ou nommés sans exister."""
        codes = self.affirmations.codes
        for code in sorted({c for c in codes if codes.count(c) > 1}):
            yield self._faute(code, "code", "ce code est pris deux fois", "Renommer l'un des deux.")
        for affirmation in self.affirmations.affirmations:
            yield from self._renvois_d_une(affirmation)
        affirmables = [a.code for a in self.affirmations.affirmations]
        axes = [a.code for a in self.affirmations.axes]
        for r in self.affirmations.recommandations:
            yield from self._inconnus(r.code, "constats", "constat", r.constats, affirmables)
            yield from self._inconnus(r.code, "axe", "axe", [r.axe], axes)

    def _renvois_d_une(self, affirmation: Affirmation) -> Iterator[Faute]:
        code, parametres = affirmation.code, self.bilan.parametres
        connus = [c.code for c in self.bilan.registre]
        yield from self._inconnus(code, "chiffres", "chiffre", affirmation.chiffres, connus)
        yield from self._inconnus(code, "etabli", "texte", [affirmation.etabli], self.bilan.textes)
        if affirmation.question:
            questions = [c.code for c in parametres.definitions.categories]
            yield from self._inconnus(
                code, "question", "catégorie", [affirmation.question], questions
            )
        if isinstance(affirmation, Conclusion):
            departs = [k.code for k in self.affirmations.constats]
            yield from self._inconnus(code, "constats", "constat", affirmation.constats, departs)
        for fait in affirmation.faits:
            yield from self._fait_inconnu(code, fait)

    def _inconnus(self, code: str, champ: str, quoi: str, nommes, connus) -> Iterator[Faute]:
        for nom in nommes:
            if nom not in connus:
                trouve = f"{quoi} inconnu « {nom} »"
                yield self._faute(code, champ, trouve, proposer(nom, connus)[:200])

    def _fait_inconnu(self, code: str, fait: Fait) -> Iterator[Faute]:
        """Un fait doit être une ligne des tables, ou un écart relevé."""
        tables = self.bilan.tables
        if fait.fiche:
            fiches = tables["fiches"]
            connus = [f"{f.territoire}/{f.rubrique}/{f.ordre}" for f in fiches.itertuples()]
            yield from self._inconnus(code, "faits", "fait", [fait.fiche], connus)
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
                yield self._faute(affirmation.code, "code", "ce constat ne repose sur rien",
                                  "Nommer des chiffres ou des faits.")
                continue
            try:
                yield from self._condition(affirmation)
                yield from self._plafond(affirmation)
            except ErreurBilan as erreur:
                yield self._faute(affirmation.code, "condition", str(erreur))

    def _condition(self, affirmation: Affirmation) -> Iterator[Faute]:
        if affirmation.condition is None:
            return
        valeurs = {c.code: valeur(c) for c in self.bilan.registre}
        if verifiee(affirmation.condition, valeurs):
            return
        cites = noms_cites(affirmation.condition)
        vus = ", ".join(f"{c} vaut {self.bilan.registre[c].texte}" for c in cites)
        ou = " ; ".join(m.lieu for m in self.mentions_de(affirmation.code)) or "nulle part"
        yield self._faute(
            affirmation.code, "condition",
            f"« {self._lisible(affirmation.enonce)} » ne tient plus, car "
            f"« {affirmation.condition} » est faux ({vus})",
            f"Revoir le constat et ses phrases : {ou}.",
        )

    def _plafond(self, affirmation: Affirmation) -> Iterator[Faute]:
        plafond = self.pesee.plafond(affirmation)
        if rang(affirmation.force) > rang(plafond.force):
            yield self._faute(
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
                yield self._faute(element.code, "constats", "ne repose sur aucun constat",
                                  "Nommer ceux dont elle part.")
        for affirmation in self.affirmations.affirmations:
            suites = self.affirmations.recommandations_de(affirmation.code)
            if not suites and affirmation.sans_suite is None:
                yield self._faute(
                    affirmation.code, "code", "aucune recommandation n'en part",
                    "L'ajouter aux constats de l'une d'elles, ou dire pourquoi : « sans_suite: … ».",
                )
            elif suites and affirmation.sans_suite is not None:
                yield self._faute(affirmation.code, "sans_suite",
                                  f"{suites[0].code} en part, il a donc une suite",
                                  "Retirer « sans_suite ».")

    # Les phrases : chaque affirmation est dite là où elle est établie, jamais plus fort.

    def des_phrases(self) -> Iterator[Faute]:
        """Marques inconnues, phrases trop fortes, affirmations jamais dites, phrases sans marque."""
        yield from marques_mal_ecrites(self.bilan.edition)
        codes = self.affirmations.codes
        for mention in self.mentions:
            if mention.code not in codes:
                yield mention.faute(f"constat inconnu « {mention.code} »",
                                    proposer(mention.code, codes)[:200])
        for affirmation in self.affirmations.affirmations:
            yield from self._dite(affirmation)
            yield from self._forces(affirmation)
        trouvees = phrases_sans_marque(self.bilan.edition, self.regles.sections)
        for prose, ligne, phrase in trouvees:
            yield Faute(prose.fichier, f"phrase sans constat : « {self._lisible(phrase)[:80]}… »",
                        'La marquer [phrase]{.constat code="K1"}, ou [phrase]{.rappel} si elle '
                        "n'affirme rien.", ligne)

    def _dite(self, affirmation: Affirmation) -> Iterator[Faute]:
        sections = [m.section for m in self.mentions_de(affirmation.code)]
        if affirmation.etabli not in sections:
            yield self._faute(
                affirmation.code, "etabli", f"aucune phrase de « {affirmation.etabli} » ne le dit",
                f'Y marquer la phrase : [phrase]{{.constat code="{affirmation.code}"}}.',
            )

    def _forces(self, affirmation: Affirmation) -> Iterator[Faute]:
        """La force et la cause que disent les mots de l'énoncé et de chaque mention."""
        force, mot = self.lexique.force(affirmation.enonce)
        if rang(force) > rang(affirmation.force):
            yield self._faute(affirmation.code, "enonce", *self._trop_fort(
                affirmation.enonce, force, mot, affirmation.force))
        mentions_ = self.mentions_de(affirmation.code)
        permise, d_ou = self._permise(affirmation, mentions_)
        for mention in mentions_:
            force, mot = self.lexique.force(mention.phrase)
            if rang(force) > rang(permise):
                trouve, remede = self._trop_fort(mention.phrase, force, mot, permise)
                yield mention.faute(f"{affirmation.code} : {trouve} ({d_ou})", remede)
            cause = self.lexique.cause(mention.phrase)
            if cause and not affirmation.cause:
                yield mention.faute(
                    f"{affirmation.code} : « {cause} » dit une cause, que le constat n'établit pas",
                    "Le dire autrement, ou déclarer « cause: true » et en subir le plafond.",
                )

    def _permise(self, affirmation: Affirmation, mentions_: list[Mention]) -> tuple[str, str]:
        """La force qu'aucune mention ne dépasse : la déclarée, ou celle du lieu où c'est établi."""
        etablies = [m for m in mentions_ if m.section == affirmation.etabli]
        forces = [(self.lexique.force(m.phrase)[0], f"établi {m.lieu}") for m in etablies]
        etablie, ou = max(forces, key=lambda f: rang(f[0]), default=(affirmation.force, ""))
        if rang(etablie) < rang(affirmation.force):
            return etablie, ou
        ligne = self.lignes.ligne(affirmation.code, "force")
        return affirmation.force, f"force : {self.lignes.fichier}, ligne {ligne}"

    def _trop_fort(self, phrase: str, force: str, mot: str, permise: str) -> tuple[str, str]:
        dit = f"« {mot} »" if mot else "affirmer sans réserve"
        mots = next(e.mots for e in self.regles.forces if e.force == permise)
        return (
            f"« {self._lisible(phrase)} » : {dit} vaut « {force} », "
            f"plus que « {permise} »",
            "Écrire par exemple : " + ", ".join(m.replace("*", "…") for m in mots[:5]) + ".",
        )
