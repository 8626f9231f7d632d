"""Le projet sur le disque : où sont les paramètres, les données, les carnets, les sorties."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bilan.erreurs import ErreurBilan, Faute, proposer

# Tenus pendant la relecture du bilan : rien ne s'en calcule.
SUIVIS = ("remarques.yml",)
CODE_EDITION = re.compile(r"[0-9]{4}(-[0-9]{4})?")
# Un nom de fichier que tous les systèmes acceptent : ni chemin, ni sosie d'une lettre.
NOM = re.compile(r"[A-Za-z0-9]+([._-]+[A-Za-z0-9]+)*")
RESERVES = {"con", "prn", "aux", "nul",
            *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
# Ce qui se lit d'un projet : un lien qui en sort y ferait entrer autre chose.
LUS = ("params", "data", "notebooks", "report")


def est_un_nom(texte: str) -> bool:
    """Vrai si ce code peut nommer un fichier, sous Windows aussi, sans sortir de son dossier."""
    return bool(NOM.fullmatch(texte)) and texte.lower().split(".")[0] not in RESERVES


@dataclass(frozen=True)
class Edition:
    """Une édition de l'appel à projets et ses dossiers."""

    racine: Path
    code: str

    @property
    def params(self) -> Path:
        return self.racine / "params" / self.code

    @property
    def reglages(self) -> list[Path]:
        """Les fichiers YAML dont le bilan se calcule : tous, sauf ceux qui suivent sa relecture."""
        return sorted(f for f in self.params.rglob("*.yml") if f.name not in SUIVIS)

    @property
    def donnees(self) -> Path:
        return self.racine / "data" / self.code

    @property
    def travail(self) -> Path:
        """Dossier de travail : carnets exécutés, registre, intermédiaires. Jetable."""
        return self.racine / "build" / "travail" / self.code

    @property
    def sortie(self) -> Path:
        """Dossier publié : n'est remplacé que par une construction réussie."""
        return self.racine / "build" / self.code

    @property
    def relecture(self) -> Path:
        """Le dernier exemplaire à relire, marqué PROJET."""
        return self.sortie / "relecture"

    def relatif(self, chemin: Path) -> str:
        """Chemin tel qu'on le lit dans un message : depuis la racine du projet."""
        try:
            return chemin.relative_to(self.racine).as_posix()
        except ValueError:
            return str(chemin)


@dataclass(frozen=True)
class Projet:
    """Le dossier qui contient `_quarto.yml`."""

    racine: Path

    @classmethod
    def trouver(cls, depart: Path | str | None = None) -> Projet:
        """Le projet donné, sinon le premier au-dessus du dossier courant.

        Lève `ErreurBilan` si aucun dossier ne contient `_quarto.yml`.
        """
        if depart is not None:
            racine = Path(depart).resolve()
            if not (racine / "_quarto.yml").is_file():
                raise ErreurBilan(
                    f"{depart} n'est pas un projet de bilan : il n'y a pas de _quarto.yml. "
                    "Donner à --projet le dossier qui le contient."
                )
            return cls(racine)
        ici = Path.cwd().resolve()
        for dossier in (ici, *ici.parents):
            if (dossier / "_quarto.yml").is_file():
                return cls(dossier)
        raise ErreurBilan(
            f"Aucun projet de bilan ici ni au-dessus ({ici}). "
            "Se placer dans le dossier du projet, ou écrire --projet DOSSIER."
        )

    def editions(self) -> list[str]:
        """Les codes d'édition présents dans `params/`, du plus ancien au plus récent."""
        return sorted(
            d.name
            for d in (self.racine / "params").glob("*")
            if d.is_dir() and CODE_EDITION.fullmatch(d.name)
        )

    def edition(self, code: str | None = None) -> Edition:
        """L'édition demandée ; par défaut la seule, ou la plus récente."""
        possibles = self.editions()
        if not possibles:
            raise ErreurBilan("params/ ne contient aucune édition. Créer params/AAAA-AAAA/.")
        if code is None:
            code = possibles[-1]
        if code not in possibles:
            raise ErreurBilan(f"Édition inconnue : « {code} ». {proposer(code, possibles)}")
        edition = Edition(self.racine, code)
        _refuser_les_liens(edition)
        return edition


def _refuser_les_liens(edition: Edition) -> None:
    """Lève `ErreurBilan` si un lien symbolique de ce qu'on lit mène hors du projet."""
    racine, fautes = edition.racine.resolve(), []
    for nom in LUS:
        dossier = edition.racine / nom
        for chemin in (dossier, *dossier.rglob("*")):
            if chemin.is_symlink() and not chemin.resolve().is_relative_to(racine):
                fautes.append(Faute(edition.relatif(chemin), "ce lien symbolique sort du projet",
                                    "Mettre à sa place le fichier ou le dossier lui-même."))
    if fautes:
        raise ErreurBilan(fautes)
