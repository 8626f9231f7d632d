"""Le plan du bilan : ce à quoi l'on renvoie, ce qui est numéroté, l'ordre, les notes."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bilan import constats
from bilan.blocs import FIGURES, Blocs
from bilan.carnet import Bilan
from bilan.coherence_sources import Source
from bilan.document_elements import Note, Plan, Renvoi, Suite
from bilan.erreurs import proposer
from bilan.fichiers import lire_carnet

IDENTIFIANT = re.compile(r"\{[^{}\n]*#([\w-]+)")
RENVOI = re.compile(r"(?<![\w.])@((?:sec|tbl|fig)-[\w-]*\w)", re.IGNORECASE)
EN_TETE = re.compile(r"^(\||\*\*|#+) ?([A-Z][a-z]*) ?(\d+)\b", re.MULTILINE)
APPEL = re.compile(r"\[\^([\w-]+)\](?!:)")
NOTE = re.compile(r"^\[\^([\w-]+)\]:", re.MULTILINE)


def elements(bilan: Bilan, sources: list[Source]) -> list[str]:
    """Tous les identifiants auxquels on peut renvoyer."""
    elements = [i for s in sources for i in IDENTIFIANT.findall(s.texte)]
    elements += [f"fig-{nom}" for nom in FIGURES.values()]
    elements += [f"sec-fiche-{code}" for code in bilan.noms]
    with tempfile.TemporaryDirectory() as dossier:
        calcules = Blocs(bilan, bilan.registre, Path(dossier), "").calcules()
        for code, bloc in calcules.items():
            if code not in FIGURES:
                elements += IDENTIFIANT.findall(bloc())
    for chemin in sorted((bilan.edition.racine / "notebooks").glob("*.ipynb")):
        for cellule in lire_carnet(chemin, bilan.edition.relatif(chemin)).cells:
            elements += re.findall(r"^#\| label: ([\w-]+)", cellule.source, re.MULTILINE)
    return list(dict.fromkeys(elements))


def renvois(sources: list[Source], elements: list[str]) -> Iterator[Renvoi]:
    for source in sources:
        for trouve in RENVOI.finditer(source.texte):
            vers = trouve[1][0].lower() + trouve[1][1:]
            remede = proposer(vers, elements) if vers not in elements else ""
            yield Renvoi(vers=vers, lieu=source.lieu(trouve.start()), remede=remede[:200])


def suite_des_indicateurs(bilan: Bilan) -> Suite:
    """Les indicateurs, dans l'ordre où le rapport les imprime."""
    chemin = bilan.edition.params / "indicateurs.yml"
    source = Source(bilan.edition.relatif(chemin), chemin.read_text("utf-8"))
    rangs = [(int(re.sub(r"\D", "", i.code) or 0), _position(source.texte, i.code))
             for i in bilan.parametres.principaux]
    return _suite(source, "indicateurs", "Indicateurs", rangs)


def _position(texte: str, code: str) -> int:
    """Où un code est défini, quelle que soit l'écriture du YAML ; le début s'il ne s'y voit pas."""
    trouve = re.search(rf"\bcode\W+{re.escape(code)}\b", texte)
    return trouve.start() if trouve else 0


def suite_des_recommandations(bilan: Bilan) -> Suite:
    """Les numéros des recommandations, dans l'ordre de constats.yml."""
    lignes = constats.Lignes(bilan.edition)
    codes = [r.code for r in constats.lire(bilan.edition).recommandations]
    numeros = [int(code[1:]) for code in codes]
    fautifs = [b for a, b in itertools.pairwise(codes) if int(a[1:]) >= int(b[1:])]
    premier = (fautifs or codes or [None])[0]
    lieu = f"{lignes.fichier}, ligne {lignes.ligne(premier)}" if premier else lignes.fichier
    return Suite(code="recommandations", quoi="Recommandations", numeros=numeros, lieu=lieu)


def suites(sources: list[Source]) -> Iterator[Suite]:
    """Les numéros en tête de ligne d'une même sorte (« | R1 », « **R1 », « ## Axe 1 »)."""
    for source in filter(lambda s: s.prose, sources):
        sortes: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for trouve in EN_TETE.finditer(source.texte):
            sortes.setdefault(trouve.group(1, 2), []).append((int(trouve[3]), trouve.start()))
        for (_, nom), rangs in sortes.items():
            yield _suite(source, nom, nom, rangs)


def _suite(source: Source, code: str, quoi: str, rangs: list[tuple[int, int]]) -> Suite:
    """Des numéros et leur position ; le lieu est celui du premier qui n'est pas à sa place."""
    fautifs = [b for a, b in itertools.pairwise(rangs) if a[0] >= b[0]]
    lieu = source.lieu((fautifs or rangs or [(0, 0)])[0][1])
    return Suite(code=code, quoi=quoi, numeros=[n for n, _ in rangs], lieu=lieu)


def plans(bilan: Bilan) -> list[Plan]:
    """L'ordre des fiches et des carnets d'edition.yml, et celui des tables et des catégories."""
    generaux = bilan.parametres.generaux
    chemin = bilan.edition.params / "edition.yml"
    lignes = chemin.read_text("utf-8").splitlines()

    def lieu(cle: str) -> str:
        ligne = next((i for i, texte in enumerate(lignes, start=1)
                      if re.match(rf"\W*{cle}\W*:", texte)), 1)
        return f"{bilan.edition.relatif(chemin)}, ligne {ligne}"

    categories = [c.code for c in bilan.parametres.definitions.categories]
    return [
        Plan(code="fiches", quoi="Ordre des fiches", annonce=generaux.fiches,
             corps=list(bilan.noms), lieu=lieu("fiches")),
        Plan(code="carnets", quoi="Ordre des catégories", annonce=generaux.carnets,
             corps=categories, lieu=lieu("carnets")),
    ]


def notes(sources: list[Source], motif: re.Pattern) -> Iterator[Note]:
    for source in sources:
        for trouve in motif.finditer(source.texte):
            position = trouve.start()
            yield Note(signe=trouve[1], partie=source.partie(position), lieu=source.lieu(position))
