"""Une construction à reproduire, d'où qu'elle vienne : dossier, archive ou provenance.json."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from bilan.archive import DIFFUSES
from bilan.empreintes import condense
from bilan.erreurs import ErreurBilan
from bilan.origines import FICHIER

PARTIES = ("edition", "assemblage", "depot", "programme", "entrees", "carnets", "sorties")


@dataclass(frozen=True)
class Construction:
    """Ce qu'une construction dit d'elle-même, et l'empreinte de chacun de ses fichiers.

    D'un provenance.json seul, les empreintes sont celles qu'il donne.
    """

    nom: str
    origines: dict
    fichiers: dict[str, str]

    @property
    def voie(self) -> str:
        """La voie d'assemblage à reprendre, comme l'option --voie la nomme."""
        return "quarto" if self.origines["assemblage"]["par"].startswith("Quarto") else "pandoc"

    @property
    def retouches(self) -> list[str]:
        """Les fichiers qui ne sont plus ceux que la construction avait écrits."""
        sorties = self.origines["sorties"]
        return [nom for nom, empreinte in self.fichiers.items()
                if nom in sorties and sorties[nom]["sha256"] != empreinte]


def lire(chemin: Path, nom: str) -> Construction:
    """La construction d'un dossier, d'une archive .zip ou d'un provenance.json.

    `nom` est le chemin tel que l'utilisateur le lit.

    Lève `ErreurBilan` si rien n'y est, ou si ce n'est pas une construction qui dit ses origines.
    """
    if chemin.is_dir():
        contenus = {f.relative_to(chemin).as_posix(): f.read_bytes()
                    for f in sorted(chemin.rglob("*")) if f.is_file()}
    elif not chemin.is_file():
        raise ErreurBilan(f"{nom} : introuvable. Lancer « bilan construire », ou donner le "
                          "dossier, l'archive ou le provenance.json d'une construction.")
    elif zipfile.is_zipfile(chemin):
        contenus = _de_l_archive(chemin)
    else:
        origines = _origines(nom, chemin.read_bytes())
        sorties = origines["sorties"]
        return Construction(nom, origines, {f: s["sha256"] for f, s in sorties.items()})
    if FICHIER not in contenus:
        raise ErreurBilan(f"{nom} : il n'y a pas de {FICHIER}, rien ne dit de quoi cette "
                          "construction est faite. La refaire avec « bilan construire ».")
    origines = _origines(f"{nom}/{FICHIER}", contenus[FICHIER])
    archive = f"bilan-{origines['edition']}.zip"
    return Construction(nom, origines, {
        fichier: condense(octets) for fichier, octets in contenus.items()
        if fichier == archive or fichier.partition("/")[0] in DIFFUSES})


def _de_l_archive(chemin: Path) -> dict[str, bytes]:
    """Les fichiers d'une archive, sans le dossier qui les contient tous."""
    with zipfile.ZipFile(chemin) as archive:
        return {nom.partition("/")[2]: archive.read(nom)
                for nom in archive.namelist() if not nom.endswith("/")}


def _origines(lieu: str, octets: bytes) -> dict:
    try:
        origines = json.loads(octets)
    except ValueError:
        origines = None
    if not isinstance(origines, dict) or not all(partie in origines for partie in PARTIES):
        raise ErreurBilan(f"{lieu} : ce n'est pas la provenance d'une construction. Donner un "
                          f"dossier de build/, son archive .zip ou son {FICHIER}.")
    return origines
