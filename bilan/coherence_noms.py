"""Les noms et les sigles du bilan : le registre de l'édition, et les formes employées."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from bilan.coherence_sources import Source
from bilan.document_elements import Nom, SigleEmploye, Usage
from bilan.erreurs import ErreurBilan, Faute
from bilan.parametres import Modele, lire_yaml
from bilan.projet import Edition

SIGLE = re.compile(r"(?<![\w/-])(?=\w*[A-ZÀ-Ý]\w*[A-ZÀ-Ý])(?![IVX]+\b)[A-ZÀ-Ý][^\W\d_]+(?![\w/])")
CODE = re.compile(r"[a-z0-9-]+")


class NomRetenu(Modele):
    """Un nom : la forme qui fait foi, celles qu'on admet, celles qu'on refuse.

    `cite_dans` : les fichiers de données ou de paramètres où une forme refusée est citée exprès.
    """

    code: str
    objet: str
    retenue: str
    admises: list[str] = Field(default_factory=list)
    refusees: list[str] = Field(default_factory=list)
    cite_dans: list[str] = Field(default_factory=list)


class NomsRetenus(Modele):
    """Le contenu de noms.yml."""

    noms: list[NomRetenu] = Field(default_factory=list)
    # Des suites de capitales qui n'ont pas à figurer au glossaire.
    sans_glossaire: list[str] = Field(default_factory=list)


def lire_noms(edition: Edition) -> NomsRetenus:
    """Le registre des noms de l'édition, vide si elle n'en a pas ; lève `ErreurBilan`."""
    chemin = edition.params / "noms.yml"
    if not chemin.exists():
        return NomsRetenus()
    return lire_yaml(chemin, NomsRetenus, edition.relatif(chemin))


def fautes_des_noms(edition: Edition) -> list[Faute]:
    """Les fautes de forme de noms.yml."""
    try:
        lire_noms(edition)
    except ErreurBilan as erreur:
        return erreur.fautes
    return []


def usages_du_nom(nom: NomRetenu, sources: list[Source]) -> Nom:
    """Les endroits où un nom s'écrit autrement que sous ses formes admises."""
    admises = {nom.retenue, *nom.admises}
    admises |= {f[0].upper() + f[1:] for f in admises}
    # À la casse et au trait d'union près, une forme admise est encore ce nom.
    formes = [*admises, *nom.refusees]
    motif = re.compile(
        "|".join(rf"(?<![\w.]){_souple(f)}(?!\w)" for f in sorted(formes, key=len, reverse=True)),
        re.IGNORECASE,
    )
    usages = []
    for source in sources:
        if Path(source.fichier).name in nom.cite_dans:
            continue
        for trouve in motif.finditer(source.sans_attributs):
            forme = re.sub(r"\s+", " ", trouve[0]).replace("’", "'")
            # « sud-artois » dans une table ou un paramètre est un code, non un nom.
            if forme not in admises and not (CODE.fullmatch(forme) and not source.prose):
                usages += [Usage(forme=forme, lieu=lieu) for lieu in source.lieux(trouve.start())]
    return Nom(code=nom.code, objet=nom.objet, retenue=nom.retenue, usages=usages)


def _souple(forme: str) -> str:
    """La forme, à l'apostrophe, au blanc et au trait d'union près."""
    return re.sub(r"(\\ |\\-|')", lambda m: "['’]" if m[0] == "'" else r"[\\s-]+",
                  re.escape(forme)).replace(r"\\s", r"\s")


def sigles(sources: list[Source], retenus: NomsRetenus) -> Iterator[SigleEmploye]:
    """Les sigles employés hors du glossaire ; un nom refusé est l'affaire du contrôle des noms."""
    permis = {*retenus.sans_glossaire, *(f for n in retenus.noms for f in n.refusees)}
    for source in sources:
        if not source.fichier.endswith("glossaire.yml"):
            for trouve in SIGLE.finditer(source.sans_attributs):
                if trouve[0] not in permis:
                    for lieu in source.lieux(trouve.start()):
                        yield SigleEmploye(sigle=trouve[0], lieu=lieu)
