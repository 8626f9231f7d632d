"""La relecture des phrases : chaque constat est dit là où il est établi, et jamais plus fort."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bilan.constats import Affirmation, rang
from bilan.constats_controle import Controle
from bilan.constats_lexique import Lexique
from bilan.constats_mentions import Mention, marques_mal_ecrites, phrases_sans_marque
from bilan.erreurs import Faute, proposer

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
        *controle.des_preuves(), *controle.des_suites(), *Relecture(controle).fautes()
    ]


class Relecture:
    """Les phrases de la prose, relues avec le lexique des forces."""

    def __init__(self, controle: Controle):
        self.controle = controle
        self.lexique = Lexique(controle.regles)

    def fautes(self) -> Iterator[Faute]:
        """Marques inconnues, phrases trop fortes, affirmations jamais dites ou non marquées."""
        edition = self.controle.bilan.edition
        yield from marques_mal_ecrites(edition)
        codes = self.controle.affirmations.codes
        for mention in self.controle.mentions:
            if mention.code not in codes:
                yield mention.faute(f"constat inconnu « {mention.code} »",
                                    proposer(mention.code, codes)[:200])
        for affirmation in self.controle.affirmations.affirmations:
            yield from self._dite(affirmation)
            yield from self._enonce(affirmation)
            yield from self._mentions(affirmation)
        sections = self.controle.regles.sections
        for prose, ligne, phrase in phrases_sans_marque(edition, sections):
            debut = self.controle.lisible(phrase)[:80]
            yield Faute(prose.fichier, f"phrase sans constat : « {debut}… »",
                        'La marquer [phrase]{.constat code="K1"}, ou [phrase]{.rappel} si elle '
                        "n'affirme rien.", ligne)

    def _dite(self, affirmation: Affirmation) -> Iterator[Faute]:
        sections = [m.section for m in self.controle.mentions_de(affirmation.code)]
        if affirmation.etabli not in sections:
            yield self.controle.faute(
                affirmation.code, "etabli", f"aucune phrase de « {affirmation.etabli} » ne le dit",
                f'Y marquer la phrase : [phrase]{{.constat code="{affirmation.code}"}}.',
            )

    def _enonce(self, affirmation: Affirmation) -> Iterator[Faute]:
        force, mot = self.lexique.force(affirmation.enonce)
        if rang(force) > rang(affirmation.force):
            dit = self._trop_fort(affirmation.enonce, force, mot, affirmation.force)
            yield self.controle.faute(affirmation.code, "enonce", *dit)
        cause = self.lexique.cause(affirmation.enonce)
        if cause and not affirmation.cause:
            yield self.controle.faute(affirmation.code, "enonce", *_dit_une_cause(cause))

    def _mentions(self, affirmation: Affirmation) -> Iterator[Faute]:
        """La force et la cause que disent les mots de chaque mention."""
        mentions = self.controle.mentions_de(affirmation.code)
        permise, d_ou = self._permise(affirmation, mentions)
        for mention in mentions:
            force, mot = self.lexique.force(mention.phrase)
            if rang(force) > rang(permise):
                trouve, remede = self._trop_fort(mention.phrase, force, mot, permise)
                yield mention.faute(f"{affirmation.code} : {trouve} ({d_ou})", remede)
            cause = self.lexique.cause(mention.phrase)
            if cause and not affirmation.cause:
                trouve, remede = _dit_une_cause(cause)
                yield mention.faute(f"{affirmation.code} : {trouve}", remede)

    def _permise(self, affirmation: Affirmation, mentions: list[Mention]) -> tuple[str, str]:
        """La force qu'aucune mention ne dépasse : la déclarée, ou celle du lieu où c'est établi."""
        etablies = [m for m in mentions if m.section == affirmation.etabli]
        forces = [(self.lexique.force(m.phrase)[0], f"établi : {m.lieu}") for m in etablies]
        etablie, ou = max(forces, key=lambda f: rang(f[0]), default=(affirmation.force, ""))
        if rang(etablie) < rang(affirmation.force):
            return etablie, ou
        lignes = self.controle.lignes
        ligne = lignes.ligne(affirmation.code, "force")
        return affirmation.force, f"force : {lignes.fichier}, ligne {ligne}"

    def _trop_fort(self, phrase: str, force: str, mot: str, permise: str) -> tuple[str, str]:
        dit = f"« {mot} »" if mot else "affirmer sans réserve"
        mots = next(e.mots for e in self.controle.regles.forces if e.force == permise)
        lisible = self.controle.lisible(phrase)
        return (
            f"« {lisible} » : {dit} vaut « {force} », plus que « {permise} »",
            "Écrire par exemple : " + ", ".join(m.replace("*", "…") for m in mots[:5]) + ".",
        )


def _dit_une_cause(mot: str) -> tuple[str, str]:
    return (
        f"« {mot} » dit une cause, que le constat n'établit pas",
        "Le dire autrement, ou déclarer « cause: true » et en subir le plafond.",
    )
