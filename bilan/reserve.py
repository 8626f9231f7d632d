"""La réserve : ce qu'une étape longue a donné, rangé par l'empreinte de tout ce dont il dépend.

Une entrée est un fichier au nom de son empreinte, qui commence par celle de son contenu : écrite à
côté puis renommée, elle est entière ou n'est pas là, et une entrée abîmée se refait. Une
construction réussie enlève ce dont elle ne s'est pas servie.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

from bilan.empreintes import condense, des_modules

TAILLE = hashlib.sha256().digest_size


def cle_de(*morceaux: Any) -> str:
    """L'empreinte d'octets, de textes, de nombres, de listes et de dictionnaires de ceux-ci.

    Les clés des dictionnaires sont des textes. Un objet compte par ce que dit son `repr`.
    """
    return condense(json.dumps(morceaux, sort_keys=True, default=_figer).encode())


def _figer(morceau: Any) -> dict[str, str]:
    """Ce qui ne s'écrit pas en JSON : par sa valeur, jamais par l'identité d'un objet."""
    if isinstance(morceau, (bytes, bytearray)):
        return {"octets": condense(morceau)}
    return {"objet": repr(morceau)}


@cache
def du_programme(*bibliotheques: str) -> str:
    """L'empreinte du code du paquet et de la version de ces bibliothèques."""
    return cle_de(des_modules(), {nom: version(nom) for nom in bibliotheques})


def des_fichiers(dossier: Path) -> dict[str, bytes]:
    """Les octets de tous les fichiers d'un dossier, par leur chemin depuis lui."""
    return {f.relative_to(dossier).as_posix(): f.read_bytes()
            for f in sorted(dossier.rglob("*")) if f.is_file()}


class Reserve:
    """Ce qui est gardé dans un dossier de travail."""

    def __init__(self, dossier: Path):
        self.dossier = dossier
        self._servies: set[str] = set()
        self._en_cours: dict[str, Lock] = {}

    def octets(self, cle: str, faire: Callable[[], bytes]) -> bytes:
        """Ce que `faire` a donné pour cette empreinte ; elle n'est appelée que s'il le faut.

        """
        return self.plusieurs([cle], lambda _: [faire()])[0]

    def plusieurs(
        self, cles: list[str], faire: Callable[[list[str]], Iterable[bytes]]
    ) -> list[bytes]:
        """De même pour plusieurs empreintes ; `faire` reçoit celles qui manquent.

        De deux fils qui en demandent une à la fois, comme le site et Word une image, l'un attend.
        """
        self._servies.update(cles)
        with ExitStack() as pile:
            # Dans un seul ordre : deux fils ne s'attendent pas l'un l'autre.
            for cle in sorted(set(cles)):
                pile.enter_context(self._en_cours.setdefault(cle, Lock()))
            gardes = {cle: self._lire(cle) for cle in cles}
            manquent = [cle for cle, garde in gardes.items() if garde is None]
            if manquent:
                gardes |= zip(manquent, faire(manquent), strict=True)
            for cle in manquent:
                self._ecrire(cle, gardes[cle])
        return [gardes[cle] for cle in cles]

    def fichiers(self, cle: str, cible: Path, faire: Callable[[Path], None]) -> None:
        """Pose dans `cible` les fichiers que `faire` écrit dans le dossier qu'on lui donne."""
        def ecrits() -> bytes:
            with tempfile.TemporaryDirectory() as dossier:
                faire(Path(dossier))
                return pickle.dumps(des_fichiers(Path(dossier)), protocol=4)

        for nom, octets in pickle.loads(self.octets(cle, ecrits)).items():
            (cible / nom).parent.mkdir(parents=True, exist_ok=True)
            (cible / nom).write_bytes(octets)

    def balayer(self) -> None:
        """Enlève ce qui n'a pas servi depuis l'ouverture."""
        for entree in self.dossier.glob("*"):
            if entree.name not in self._servies:
                entree.unlink()

    def _lire(self, cle: str) -> bytes | None:
        try:
            brut = (self.dossier / cle).read_bytes()
        except FileNotFoundError:
            return None
        octets = brut[TAILLE:]
        return octets if hashlib.sha256(octets).digest() == brut[:TAILLE] else None

    def _ecrire(self, cle: str, octets: bytes) -> None:
        self.dossier.mkdir(parents=True, exist_ok=True)
        essai = self.dossier / f"{cle}.{os.getpid()}-{get_ident()}"
        essai.write_bytes(hashlib.sha256(octets).digest() + octets)
        essai.replace(self.dossier / cle)


@cache
def reserve(travail: Path) -> Reserve:
    """Celle d'un dossier de travail, la même pour tout le processus."""
    return Reserve(travail / "reserve")
