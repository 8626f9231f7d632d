"""Le bilan relu par les contrôles qu'il applique au document publié.

`decrire` lit dans les sources ce que le bilan nomme, renvoie, numérote et affirme ; les mêmes
contrôles que ceux de l'annexe disent ensuite ce qui ne tient pas.
"""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import nbformat
from pydantic import Field

from bilan import nombres
from bilan.blocs import FIGURES, Blocs
from bilan.carnet import Bilan
from bilan.contradictions import controler
from bilan.document import Document
from bilan.document_elements import (
    Affirmation,
    Decompte,
    Dit,
    Ensemble,
    Nom,
    Note,
    Plan,
    Renvoi,
    SigleEmploye,
    Suite,
    Temoignage,
    Usage,
)
from bilan.erreurs import Faute, proposer
from bilan.parametres import Modele, lire_yaml
from bilan.projet import Edition
from bilan.relecture import Relecture
from bilan.relire_sources import Source, lire_sources

SIGLE = re.compile(r"(?<![\w/-])(?=\w*[A-ZÀ-Ý]\w*[A-ZÀ-Ý])(?![IVX]+\b)[A-ZÀ-Ý][^\W\d_]+(?![\w/])")
IDENTIFIANT = re.compile(r"\{[^{}\n]*#([\w-]+)")
RENVOI = re.compile(r"(?<![\w.])@((?:sec|tbl|fig)-[\w-]*\w)", re.IGNORECASE)
EN_TETE = re.compile(r"^(\||\*\*|#+) ?([A-Z][a-z]*) ?(\d+)\b", re.MULTILINE)
APPEL = re.compile(r"\[\^([\w-]+)\](?!:)")
NOTE = re.compile(r"^\[\^([\w-]+)\]:", re.MULTILINE)
UNITES = r"(?:territoire|lauréat|réseau|collectif)"
QUANTIFICATEURS = {
    "tous": re.compile(rf"\b(?:tous les|la totalité des|l'ensemble des) {UNITES}[sx]\b", re.I),
    "chaque": re.compile(rf"\bchaque {UNITES}\b", re.I),
    "aucun": re.compile(rf"\b(?:aucun|aucun des) {UNITES}[sx]?\b", re.I),
    "seuls": re.compile(rf"\bseuls les {UNITES}[sx]\b", re.I),
}
FIN = re.compile(r"[.;:!?](?=\s|$)")
CRITERE = re.compile(r'critere = "(\w+)"')


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


def fautes_du_bilan(bilan: Bilan) -> list[Faute]:
    """Ce que les contrôles signalent dans le bilan lui-même, chaque endroit à sa ligne."""
    fautes = []
    for s in controler(Relecture(decrire(bilan), _valeurs(bilan))):
        for lieu in dict.fromkeys(s.lieux):
            fichier, _, ligne = lieu.partition(", ligne ")
            trouve = f"{s.trouve} : {s.pourquoi[0].lower()}{s.pourquoi[1:]}"
            fautes.append(Faute(fichier, trouve, s.remede, int(ligne) if ligne else None))
    return fautes


def decrire(bilan: Bilan) -> Document:
    """Le modèle du bilan, lu dans ses sources."""
    edition = bilan.edition
    sources, retenus = lire_sources(edition), lire_noms(edition)
    elements = _elements(bilan, sources)
    membres = bilan.noms
    base = [nom for code, nom in membres.items() if bilan.base[code]]
    return Document(
        noms=[_nom(nom, sources) for nom in retenus.noms],
        glossaire=bilan.parametres.glossaire,
        sigles=list(_sigles(sources, retenus)),
        elements=elements,
        renvois=list(_renvois(sources, elements)),
        suites=[_suite_des_indicateurs(bilan), *_suites(sources)],
        plans=_plans(bilan),
        appels=list(_notes(sources, APPEL)),
        notes=list(_notes(sources, NOTE)),
        ensembles=[
            Ensemble(code="territoires", nom="territoires", membres=list(membres.values())),
            Ensemble(code="base", nom="territoires de la base", membres=base),
        ],
        affirmations=list(_affirmations(bilan, sources)),
        temoignages=list(_temoignages(bilan)),
        decomptes=[_decompte(bilan, sources)],
    )


def _valeurs(bilan: Bilan) -> dict[str, Decimal]:
    """Les résultats et les cibles, arrondis comme ils sont imprimés."""
    valeurs = {}
    for chiffre in bilan.registre:
        code, _, role = chiffre.code.partition(".")
        if role in ("resultat", "cible") and chiffre.valeur is not None:
            cle = code if role == "resultat" else f"{code}.cible"
            valeurs[cle] = Decimal(str(nombres.arrondir(chiffre.valeur)))
    return valeurs


def _nom(nom: NomRetenu, sources: list[Source]) -> Nom:
    """Les endroits où un nom s'écrit autrement que sous ses formes admises."""
    admises = {nom.retenue, *nom.admises}
    admises |= {f[0].upper() + f[1:] for f in admises}
    # À la casse et au trait d'union près, une forme admise est encore ce nom.
    formes = [*admises, *nom.refusees]
    motif = re.compile(
        "|".join(rf"(?<!\w){_souple(f)}(?!\w)" for f in sorted(formes, key=len, reverse=True)),
        re.IGNORECASE,
    )
    usages = []
    for source in sources:
        if Path(source.fichier).name in nom.cite_dans:
            continue
        for trouve in motif.finditer(source.sans_attributs):
            forme = re.sub(r"\s+", " ", trouve[0]).replace("’", "'")
            if forme not in admises:
                usages.append(Usage(forme=forme, lieu=source.lieu(trouve.start())))
    return Nom(code=nom.code, objet=nom.objet, retenue=nom.retenue, usages=usages)


def _souple(forme: str) -> str:
    """La forme, à l'apostrophe, au blanc et au trait d'union près."""
    return re.sub(r"(\\ |\\-|')", lambda m: "['’]" if m[0] == "'" else r"[\\s-]+",
                  re.escape(forme)).replace(r"\\s", r"\s")


def _sigles(sources: list[Source], retenus: NomsRetenus) -> Iterator[SigleEmploye]:
    """Les sigles employés hors du glossaire ; un nom refusé est l'affaire du contrôle des noms."""
    permis = {*retenus.sans_glossaire, *(f for n in retenus.noms for f in n.refusees)}
    for source in sources:
        if not source.fichier.endswith("glossaire.yml"):
            for trouve in SIGLE.finditer(source.sans_attributs):
                if trouve[0] not in permis:
                    yield SigleEmploye(sigle=trouve[0], lieu=source.lieu(trouve.start()))


def _elements(bilan: Bilan, sources: list[Source]) -> list[str]:
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
        for cellule in nbformat.read(chemin, as_version=4).cells:
            elements += re.findall(r"^#\| label: ([\w-]+)", cellule.source, re.MULTILINE)
    return list(dict.fromkeys(elements))


def _renvois(sources: list[Source], elements: list[str]) -> Iterator[Renvoi]:
    for source in sources:
        for trouve in RENVOI.finditer(source.texte):
            vers = trouve[1][0].lower() + trouve[1][1:]
            remede = proposer(vers, elements) if vers not in elements else ""
            yield Renvoi(vers=vers, lieu=source.lieu(trouve.start()), remede=remede[:200])


def _suite_des_indicateurs(bilan: Bilan) -> Suite:
    """Les indicateurs, dans l'ordre où le rapport les imprime."""
    chemin = bilan.edition.params / "indicateurs.yml"
    return Suite(
        code="indicateurs",
        quoi="Indicateurs",
        numeros=[int(re.sub(r"\D", "", i.code)) for i in bilan.parametres.principaux],
        lieu=bilan.edition.relatif(chemin),
    )


def _suites(sources: list[Source]) -> Iterator[Suite]:
    """Les numéros en tête de ligne d'une même sorte (« | R1 », « **R1 », « ## Axe 1 »)."""
    for source in filter(lambda s: s.prose, sources):
        sortes: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for trouve in EN_TETE.finditer(source.texte):
            sortes.setdefault(trouve.group(1, 2), []).append((int(trouve[3]), trouve.start()))
        for (_, nom), rangs in sortes.items():
            fautifs = [b for a, b in itertools.pairwise(rangs) if a[0] >= b[0]]
            ou = (fautifs or rangs)[0][1]
            yield Suite(code=nom, quoi=nom, numeros=[n for n, _ in rangs], lieu=source.lieu(ou))


def _plans(bilan: Bilan) -> list[Plan]:
    """L'ordre des fiches et des carnets d'edition.yml, et celui des tables et des catégories."""
    generaux = bilan.parametres.generaux
    chemin = bilan.edition.params / "edition.yml"
    lignes = chemin.read_text("utf-8").splitlines()

    def lieu(cle: str) -> str:
        ligne = next(i for i, texte in enumerate(lignes, start=1) if texte.startswith(f"{cle}:"))
        return f"{bilan.edition.relatif(chemin)}, ligne {ligne}"

    categories = [c.code for c in bilan.parametres.definitions.categories]
    return [
        Plan(code="fiches", quoi="Ordre des fiches", annonce=generaux.fiches,
             corps=list(bilan.noms), lieu=lieu("fiches")),
        Plan(code="carnets", quoi="Ordre des catégories", annonce=generaux.carnets,
             corps=categories, lieu=lieu("carnets")),
    ]


def _notes(sources: list[Source], motif: re.Pattern) -> Iterator[Note]:
    for source in sources:
        for trouve in motif.finditer(source.texte):
            lieu = source.lieu(trouve.start())
            yield Note(signe=trouve[1], partie=source.nom, lieu=lieu)


def _affirmations(bilan: Bilan, sources: list[Source]) -> Iterator[Affirmation]:
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


def _temoignages(bilan: Bilan) -> Iterator[Temoignage]:
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


def _decompte(bilan: Bilan, sources: list[Source]) -> Decompte:
    """Le nombre de cibles atteintes, là où la prose le cite."""
    code = "ensemble.cibles_atteintes"
    compte = int(bilan.registre[code].valeur)
    dits = [
        Dit(nombre=compte, lieu=source.lieu(trouve.start()))
        for source in sources
        for trouve in re.finditer(rf'code="{re.escape(code)}"', source.texte)
    ]
    principaux = [i.code for i in bilan.parametres.principaux]
    lieu = bilan.edition.relatif(bilan.edition.params / "textes")
    return Decompte(code="cibles", quoi="nombre de cibles atteintes", indicateurs=principaux,
                    dits=dits, lieu=lieu)
