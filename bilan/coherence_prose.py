"""Ce que la prose du bilan affirme : généralités et décompte, face à la table des critères."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bilan.carnet import Bilan
from bilan.coherence_sources import Source
from bilan.document_elements import Affirmation, Decompte, Dit, Temoignage

UNITES = r"(?:territoire|lauréat|réseau|collectif)"
QUANTIFICATEURS = {
    "tous": re.compile(rf"\b(?:tous les|la totalité des|l'ensemble des) {UNITES}[sx]\b", re.I),
    "chaque": re.compile(rf"\bchaque {UNITES}\b", re.I),
    "aucun": re.compile(rf"\b(?:aucun|aucun des) {UNITES}[sx]?\b", re.I),
    "seuls": re.compile(rf"\bseuls les {UNITES}[sx]\b", re.I),
}
FIN = re.compile(r"[.;:!?](?=\s|$)")
CRITERE = re.compile(r'critere = "(\w+)"')


def affirmations(bilan: Bilan, sources: list[Source]) -> Iterator[Affirmation]:
    """« tous », « chaque », « aucun », « seuls », quand la proposition cite un indicateur."""
    codes = "|".join(i.code for i in bilan.parametres.indicateurs)
    cite = re.compile(rf'code="({codes})\.(?:resultat|rapport)"|[(](?:[^()]*\W)?({codes})\b')
    for source in filter(lambda s: s.prose, sources):
        for debut, paragraphe in source.paragraphes:
            plat = paragraphe.replace("\n", " ")
            for quantificateur, motif in QUANTIFICATEURS.items():
                for trouve in motif.finditer(plat):
                    fin = FIN.search(plat, trouve.end())
                    suite = plat[trouve.end(): fin.start() if fin else None]
                    cites = [m[1] or m[2] for m in cite.finditer(suite)]
                    if cites:
                        lieu = source.lieu(debut + trouve.start())
                        yield _affirmation(bilan, quantificateur, suite, cites, lieu)


def _affirmation(
    bilan: Bilan, quantificateur: str, suite: str, cites: list[str], lieu: str
) -> Affirmation:
    """Le premier indicateur cité est celui dont on parle ; pour « seuls », c'est la condition."""
    criteres = [_critere(bilan, code) for code in cites]
    seuls = quantificateur == "seuls" and len(cites) > 1
    return Affirmation(
        code=cites[0],
        quantificateur=quantificateur,
        ensemble="base" if "de la base" in suite else "territoires",
        critere=criteres[1] if seuls else criteres[0],
        condition=criteres[0] if seuls else "",
        indicateur="" if quantificateur == "seuls" else cites[0],
        lieu=lieu,
    )


def _critere(bilan: Bilan, code: str) -> str:
    """Le critère de réseau qu'un indicateur résume, s'il en résume un."""
    trouve = CRITERE.search(bilan.parametres.indicateur(code).parmi or "")
    return bilan.libelles("criteres", "critere").get(trouve[1], trouve[1]) if trouve else ""


def temoignages(bilan: Bilan) -> Iterator[Temoignage]:
    """Les scores de la table des critères : un, oui ; zéro, non ; entre les deux, partiel."""
    lieu = bilan.edition.relatif(bilan.edition.donnees / "criteres.csv")
    noms = bilan.libelles("criteres", "critere")
    for ligne, c in enumerate(bilan.tables["criteres"].itertuples(), start=2):
        yield Temoignage(
            membre=bilan.noms[c.territoire],
            critere=noms.get(c.critere, c.critere),
            dit={0: "non", 1: "oui"}.get(c.score, "partiel"),
            lieu=f"{lieu}, ligne {ligne}",
        )


def decomptes(bilan: Bilan, sources: list[Source]) -> list[Decompte]:
    """Le nombre de cibles atteintes, là où la prose le cite ; aucun tant qu'il n'est pas connu."""
    code = "ensemble.cibles_atteintes"
    if bilan.registre[code].valeur is None:
        return []
    compte = int(bilan.registre[code].valeur)
    dits = [
        Dit(nombre=compte, lieu=source.lieu(trouve.start()))
        for source in sources
        for trouve in re.finditer(rf'code="{re.escape(code)}"', source.texte)
    ]
    principaux = [i.code for i in bilan.parametres.principaux]
    # S'il n'est dit nulle part, l'endroit où le dire : le premier résultat cité.
    lieu = next(
        (s.lieu(t.start()) for s in sources
         if (t := re.search(rf'code="({"|".join(principaux)})\.resultat"', s.texte))),
        "report",
    )
    return [Decompte(code="cibles", quoi="nombre de cibles atteintes", indicateurs=principaux,
                     dits=dits, lieu=lieu)]
