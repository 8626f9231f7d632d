"""La prose et ses chiffres : un code inconnu ou un chiffre tapé à la main est une faute située."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bilan import constats, nombres
from bilan.blocs import Blocs
from bilan.carnet import Bilan
from bilan.erreurs import Faute, proposer
from bilan.projet import Edition
from bilan.registre import Chiffre, Registre
from bilan.textes import textes_de_prose

CHIFFRE = re.compile(r"\[[^\]]*\]\{\.chiffre[^}]*?code=\"(?P<code>[^\"]*)\"")
# Un bloc facultatif n'est montré que si l'édition l'a écrit.
BLOC = re.compile(r"\{\.bloc(?! \.facultatif)[^}]*?code=\"(?P<code>[^\"]*)\"")
# Ce qui n'est pas de la prose : code, chiffre cité, attributs, cibles de lien, renvois, notes.
HORS_PROSE = re.compile(
    r"`[^`]*`|\[[^\[\]]*\]\{\.cite\}|\{[^}]*\}|\]\([^)]*\)|<[^>]*>|@[\w-]+|\[\^[^\]]*\]"
    r"|https?://\S+|^\s*\d+\.\s|^\s*\|[\s:|-]+\|\s*$|^# [a-z0-9-]+$"
)


@dataclass(frozen=True)
class Ligne:
    """Une ligne de prose et l'endroit où on la retrouve."""

    fichier: str
    numero: int
    texte: str
    cellule: int | None = None

    def faute(self, trouve: str, remede: str) -> Faute:
        ou = f" (cellule {self.cellule})" if self.cellule else ""
        return Faute(self.fichier + ou, trouve, remede, self.numero)


def fautes_de_la_prose(bilan: Bilan) -> Iterator[Faute]:
    """Les codes que rien ne définit et les chiffres tapés, fichier par fichier."""
    blocs = set(bilan.textes) | set(Blocs(bilan, bilan.registre, Path(), "").calcules())
    codes = bilan.registre.codes
    par_texte = cache(lambda: _codes_par_texte(bilan.registre))  # ne sert qu'à dire une faute
    for ligne in (*lignes_de_prose(bilan.edition), *_lignes_des_constats(bilan.edition)):
        for motif, connus, quoi in ((CHIFFRE, codes, "chiffre"), (BLOC, blocs, "bloc")):
            for trouve in motif.finditer(ligne.texte):
                code = trouve["code"]
                if code not in connus:
                    yield ligne.faute(f"{quoi} inconnu « {code} »", proposer(code, connus))
        for tape in chiffres_tapes(ligne.texte):
            yield ligne.faute(f"chiffre tapé à la main « {tape} »", _remede(tape, par_texte()))


def chiffres_tapes(texte: str) -> list[str]:
    """Les nombres d'une ligne de prose qui devraient venir du registre."""
    # Un blanc garde les mots séparés là où l'on retire.
    return [t[0].strip() for t in nombres.reperer(HORS_PROSE.sub(" ", texte))]


def lignes_de_prose(edition: Edition) -> Iterator[Ligne]:
    """Chapitres, textes de l'édition et cellules Markdown des carnets, ligne par ligne."""
    for prose in textes_de_prose(edition):
        for numero, texte in enumerate(prose.texte.splitlines(), start=1):
            yield Ligne(prose.fichier, numero, texte, prose.cellule)


def _lignes_des_constats(edition: Edition) -> Iterator[Ligne]:
    """Les phrases de constats.yml, chacune à la ligne où elle commence."""
    lignes = constats.Lignes(edition)
    for numero, texte in lignes.textes():
        yield Ligne(lignes.fichier, numero, texte)


def _nu(texte: str) -> str:
    return re.sub(r"\s", "", texte)


def _codes_par_texte(registre: Registre) -> dict[str, list[str]]:
    """Les codes qui s'impriment de la même façon ; les résultats d'ensemble d'abord."""
    par_texte: dict[str, list[str]] = {}
    def rang(chiffre: Chiffre) -> tuple[int, int]:
        familles = (".resultat", "ensemble.", "contexte.", "publie.")
        premiers = [i for i, f in enumerate(familles) if f in chiffre.code]
        return (premiers or [len(familles)])[0], chiffre.code.count(".")

    for chiffre in sorted(registre, key=rang):
        par_texte.setdefault(_nu(chiffre.texte), []).append(chiffre.code)
    return par_texte


def _remede(tape: str, par_texte: dict[str, list[str]]) -> str:
    codes = par_texte.get(_nu(tape), [])[:3]
    if not codes:
        return f"Le nommer, ou, s'il est cité d'un document, écrire [{tape}]{{.cite}}."
    return "Écrire " + " ou ".join(f'[]{{.chiffre code="{c}"}}' for c in codes) + "."
