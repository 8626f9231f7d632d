"""Ce qu'il faut relire : chaque phrase que personne n'a relue depuis que quelque chose y a changé.

`params/<edition>/relecture.csv` garde, pour chaque phrase relue, ce qu'elle disait alors : ses
chiffres imprimés, ce qui les définit, l'état de ses constats. Une phrase qui n'y est pas, ou pour
qui l'un de ces états diffère, est à relire.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bilan.constats_controle import Controle, valeur
from bilan.erreurs import ErreurBilan, Faute
from bilan.expressions import verifiee
from bilan.fichiers import remplacer
from bilan.petits_effectifs import MASQUE
from bilan.phrases import Phrase, phrases
from bilan.projet import Edition
from bilan.registre import Chiffre
from bilan.tableur import en_csv
from bilan.verrou import seul

if TYPE_CHECKING:
    from bilan.carnet import Bilan

COLONNES = ["phrase", "lieu", "debut", "chiffres", "definitions", "constats"]
INCONNU = "n'existe pas"
AVANT_MASQUE = "un nombre"
LISIBLES = 60


@dataclass(frozen=True)
class Etat:
    """Ce que dit une phrase : par code, le chiffre imprimé et l'état du constat."""

    chiffres: dict[str, str]
    definitions: str
    constats: dict[str, str]


@dataclass(frozen=True)
class Raison:
    """Pourquoi relire. `genre` : reprise, nouvelle, chiffre, definition ou constat."""

    genre: str
    code: str = ""
    ancien: str = ""
    nouveau: str = ""

    def __str__(self) -> str:
        match self.genre:
            case "reprise":
                return f"reprise de l'édition {self.ancien}, pas encore relue"
            case "nouvelle":
                return "écrite ou modifiée depuis la dernière relecture"
            case "definition":
                return "la définition ou la nature d'un chiffre cité a changé"
        quoi = "constat " if self.genre == "constat" else ""
        return f"{quoi}{self.code}\u00a0: {self.ancien} → {self.nouveau}"


@dataclass(frozen=True)
class ARelire:
    """Une phrase à relire. `lisible` : comme elle s'imprime aujourd'hui."""

    phrase: Phrase
    lisible: str
    raisons: list[Raison]

    def en_dict(self) -> dict:
        return {
            "fichier": self.phrase.fichier, "ligne": self.phrase.ligne,
            "cellule": self.phrase.cellule, "phrase": self.lisible,
            "raisons": [{"genre": r.genre, "code": r.code, "ancien": r.ancien,
                         "nouveau": r.nouveau} for r in self.raisons],
        }


class Pointage:
    """Les phrases d'une édition, leur état d'aujourd'hui et celui de leur dernière relecture."""

    def __init__(self, bilan: Bilan):
        self.bilan = bilan
        self.controle = Controle(bilan)
        self.phrases = phrases(bilan.edition)

    def a_relire(self) -> list[ARelire]:
        """Les phrases à relire, dans l'ordre des fichiers ; `ErreurBilan` si les marques sont
        illisibles."""
        relues = lire(self.bilan.edition)
        restent = []
        for phrase in self.phrases:
            if raisons := list(self._raisons(phrase, relues.get(phrase.empreinte))):
                restent.append(ARelire(phrase, phrase.lisible(self._dit), raisons))
        return restent

    def marquer(self, relues: Iterable[Phrase]) -> None:
        """Écrit que ces phrases viennent d'être relues ; oublie celles qui n'existent plus."""
        edition = self.bilan.edition
        neuves = {p.empreinte: self.etat(p) for p in relues}
        lieux = {p.empreinte: [p.lieu, p.nue[:LISIBLES]] for p in self.phrases}
        with seul(edition, attendre=True):
            marques = lire(edition) | neuves
            lignes = [[e, *lieu, _ecrit(marques[e].chiffres), marques[e].definitions,
                       _ecrit(marques[e].constats)] for e, lieu in lieux.items() if e in marques]
            remplacer(_chemin(edition), en_csv([COLONNES, *lignes]))

    def etat(self, phrase: Phrase) -> Etat:
        """Ce que dit la phrase aujourd'hui."""
        codes = dict.fromkeys([*phrase.chiffres, *self._nommes(phrase)])
        chiffres = {c: self.bilan.registre.get(c) for c in codes}
        dits = "\n".join(f"{c.libelle}|{c.definition}|{c.regle}|{c.nature}"
                         for c in chiffres.values() if c)
        return Etat({code: _imprime(c) for code, c in chiffres.items()},
                    hashlib.sha256(dits.encode()).hexdigest()[:8] if dits else "",
                    {k: self._du_constat(k) for k in phrase.constats})

    def _dit(self, code: str) -> str:
        chiffre = self.bilan.registre.get(code)
        return chiffre.texte if chiffre else code

    def _nommes(self, phrase: Phrase) -> list[str]:
        """Le résultat de chaque indicateur que la phrase appelle par son code."""
        mots = set(re.findall(r"\w+", re.sub(r"<[^>]*>", " ", phrase.nue)))
        return [f"{i.code}.resultat" for i in self.bilan.parametres.indicateurs if i.code in mots]

    def _du_constat(self, code: str) -> str:
        return self._constats.get(code, INCONNU)

    @cached_property
    def _constats(self) -> dict[str, str]:
        """La force de chaque constat, son plafond, et si sa condition tient."""
        affirmations = self.controle.affirmations
        recommandations = {r.code: "recommandation" for r in affirmations.recommandations}
        valeurs = {c.code: valeur(c) for c in self.bilan.registre}
        etats = {a.code: f"{a.force}, plafond «\u00a0{self.controle.pesee.plafond(a).force}\u00a0»"
                 for a in affirmations.affirmations}
        for a in affirmations.affirmations:
            if a.condition is not None and not verifiee(a.condition, valeurs):
                etats[a.code] += ", condition fausse"
        return recommandations | etats

    def _raisons(self, phrase: Phrase, relue: Etat | None) -> Iterator[Raison]:
        etat = self.etat(phrase)
        if relue is None:
            reprise = phrase.empreinte in self._precedentes
            relue = self._relues_avant.get(phrase.empreinte) if reprise else None
            yield Raison("reprise", ancien=self._precedente) if reprise else Raison("nouvelle")
            # Un constat d'une autre édition porte d'autres codes : il ne se compare pas.
            relue = relue and Etat(relue.chiffres, etat.definitions, etat.constats)
        if relue is None:
            return
        chiffres = list(_ecarts("chiffre", relue.chiffres, etat.chiffres))
        yield from chiffres
        if relue.definitions != etat.definitions and not chiffres:
            yield Raison("definition")
        yield from _ecarts("constat", relue.constats, etat.constats)

    @property
    def _precedente(self) -> str:
        return self.bilan.parametres.generaux.precedente or ""

    @cached_property
    def _precedentes(self) -> set[str]:
        """Les phrases de l'édition précédente."""
        if not self._precedente:
            return set()
        return {p.empreinte for p in phrases(Edition(self.bilan.edition.racine, self._precedente))}

    @cached_property
    def _relues_avant(self) -> dict[str, Etat]:
        return lire(Edition(self.bilan.edition.racine, self._precedente))


def lire(edition: Edition) -> dict[str, Etat]:
    """L'état de chaque phrase relue, par empreinte ; lève `ErreurBilan` s'il ne se lit pas."""
    chemin = _chemin(edition)
    if not chemin.is_file():
        return {}
    try:
        lignes = list(csv.DictReader(io.StringIO(chemin.read_text("utf-8")), strict=True))
        return {li["phrase"]: Etat(_lu(li["chiffres"]), li["definitions"], _lu(li["constats"]))
                for li in lignes}
    except (KeyError, ValueError, AttributeError, csv.Error):
        raise ErreurBilan(Faute(
            edition.relatif(chemin), "les marques de relecture ne se lisent plus",
            "Rétablir le fichier, ou le supprimer et tout relire."
        )) from None


def _chemin(edition: Edition):
    return edition.params / "relecture.csv"


def _imprime(chiffre: Chiffre | None) -> str:
    if chiffre is None:
        return INCONNU
    return chiffre.texte + (f" ({chiffre.rapport})" if chiffre.rapport else "")


def _ecarts(genre: str, avant: dict[str, str], apres: dict[str, str]) -> Iterator[Raison]:
    for code in dict.fromkeys([*avant, *apres]):
        ancien, nouveau = avant.get(code, INCONNU), apres.get(code, INCONNU)
        if ancien != nouveau:
            # Ce qu'un effectif masqué valait avant qu'on le masque ne s'imprime pas non plus.
            yield Raison(genre, code, AVANT_MASQUE if nouveau == MASQUE else ancien, nouveau)


def _ecrit(etats: dict[str, str]) -> str:
    return "|".join(f"{code}={texte}" for code, texte in etats.items())


def _lu(cellule: str) -> dict[str, str]:
    """Lève `ValueError` si ce n'est pas ce que `_ecrit` écrit."""
    return dict(etat.split("=", 1) for etat in cellule.split("|") if etat)
