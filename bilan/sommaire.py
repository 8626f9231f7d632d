"""Le sommaire : les chapitres du livre, dans l'ordre, tirés de `report/sommaire.yml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bilan.erreurs import ErreurBilan, Faute
from bilan.parametres import Parametres, charger_yaml
from bilan.projet import Edition
from bilan.tables import lire_table


@dataclass(frozen=True)
class Chapitre:
    """Un chapitre du livre. `source` est un .qmd du projet ou un carnet."""

    source: Path
    genre: str
    partie: str | None = None

    @property
    def page(self) -> str:
        return self.source.stem


def sans_objet(edition: Edition) -> set[str]:
    """Les chapitres sans objet ici : rien à comparer, rien de publié à relire, aucune liste."""
    parametres = Parametres(edition)
    absents = {
        "report/comparaison.qmd": parametres.generaux.precedente is None,
        "report/contradictions.qmd": not parametres.contradictions,
        "report/audit.qmd": lire_table(edition, "publies").empty,
        "report/referentiels.qmd": not (edition.params / "referentiels").is_dir(),
    }
    return {chapitre for chapitre, absent in absents.items() if absent}


def lire_sommaire(
    edition: Edition, carnets: Sequence[Path], fiches: Sequence[Path], *, fini: bool = True
) -> list[Chapitre]:
    """Les chapitres ; `carnets` et `fiches` prennent la place de ces deux mots.

    `fini` : il ne reste rien à compléter ni à relire, et le chapitre qui le dirait est sans objet.

    Lève `ErreurBilan` si le fichier d'un chapitre manque.
    """
    chemin = edition.racine / "report" / "sommaire.yml"
    absents = sans_objet(edition) | ({"report/relire.qmd"} if fini else set())

    def etendre(noms: list[str], genre: str) -> list[tuple[Path, str]]:
        sources: list[tuple[Path, str]] = []
        for nom in noms:
            if nom == "carnets":
                sources += [(c, "chapitre") for c in carnets]
            elif nom == "fiches":
                sources += [(f, "fiche") for f in fiches]
            elif nom not in absents:
                sources.append((edition.racine / nom, genre))
        return sources

    chapitres = []
    for entree in charger_yaml(chemin, edition.relatif(chemin)):
        if isinstance(entree, str):
            chapitres += [Chapitre(*s) for s in etendre([entree], "chapitre")]
        elif "partie" in entree:
            partie = entree["partie"]
            for source in etendre(entree["chapitres"], "chapitre"):
                chapitres.append(Chapitre(*source, partie))
                partie = None
        else:
            chapitres += [Chapitre(*s) for s in etendre(entree["annexes"], "annexe")]
    perdus = [c.source for c in chapitres if not c.source.is_file()]
    if perdus:
        raise ErreurBilan(
            [Faute(edition.relatif(p), "ce chapitre du sommaire manque") for p in perdus]
        )
    return chapitres
