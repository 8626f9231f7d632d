"""Le modèle d'un document à relire : ce qu'il nomme, annonce, affirme, et à quel endroit.

Le même modèle sert au document publié, transcrit dans `params/<edition>/document-publie/*.yml`, et
au bilan lui-même, lu dans ses sources. Une clé absente veut dire : rien à contrôler. `lieu` est
l'endroit tel qu'on le montre au lecteur.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import Field, model_validator

from bilan.document_elements import (
    Affirmation,
    Annonce,
    Appui,
    Chronologie,
    Decompte,
    Ensemble,
    Fait,
    Incompatibilite,
    Nom,
    Note,
    Part,
    Plan,
    Propre,
    Renvoi,
    Repere,
    Role,
    Serie,
    SigleEmploye,
    Suite,
    Temoignage,
    These,
)
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.parametres import Modele, Sigle, lire_yaml
from bilan.projet import Edition


class Document(Modele):
    """Tout ce que les contrôles de `bilan.contradictions` savent relire."""

    noms: list[Nom] = Field(default_factory=list)
    glossaire: list[Sigle] = Field(default_factory=list)
    sigles: list[SigleEmploye] = Field(default_factory=list)
    faits: list[Fait] = Field(default_factory=list)
    propres: list[Propre] = Field(default_factory=list)
    # Tout ce à quoi l'on peut renvoyer, dans l'ordre imprimé.
    elements: list[str] = Field(default_factory=list)
    renvois: list[Renvoi] = Field(default_factory=list)
    suites: list[Suite] = Field(default_factory=list)
    plans: list[Plan] = Field(default_factory=list)
    appels: list[Note] = Field(default_factory=list)
    notes: list[Note] = Field(default_factory=list)
    annonces: list[Annonce] = Field(default_factory=list)
    series: list[Serie] = Field(default_factory=list)
    ensembles: list[Ensemble] = Field(default_factory=list)
    parts: list[Part] = Field(default_factory=list)
    affirmations: list[Affirmation] = Field(default_factory=list)
    temoignages: list[Temoignage] = Field(default_factory=list)
    # De la plus prudente à la plus ferme.
    forces: list[str] = Field(default_factory=list)
    theses: list[These] = Field(default_factory=list)
    decomptes: list[Decompte] = Field(default_factory=list)
    appuis: list[Appui] = Field(default_factory=list)
    reperes: list[Repere] = Field(default_factory=list)
    chronologie: list[Chronologie] = Field(default_factory=list)
    roles: list[Role] = Field(default_factory=list)
    incompatibles: list[Incompatibilite] = Field(default_factory=list)

    @model_validator(mode="after")
    def _forces_connues(self) -> Document:
        inconnues = {d.force for t in self.theses for d in t.dires} - set(self.forces)
        if inconnues:
            raise ValueError(f"Ajouter à « forces » : {', '.join(sorted(inconnues))}.")
        return self

    def ensemble(self, code: str) -> list[str]:
        """Les membres d'un ensemble ; vide s'il n'est pas déclaré."""
        return next((e.membres for e in self.ensembles if e.code == code), [])


def lire_publie(edition: Edition) -> Document | None:
    """Le document publié, tous ses fichiers réunis ; None si l'édition n'en a pas transcrit.

    Lève `ErreurBilan` avec les fautes de tous les fichiers, chacune à sa ligne.
    """
    chemins = _fichiers(edition)
    reunis: dict[str, list] = {}
    fautes: list[Faute] = []
    for chemin in chemins:
        try:
            partie = lire_yaml(chemin, Document, edition.relatif(chemin))
        except ErreurBilan as erreur:
            fautes += erreur.fautes
            continue
        for cle in partie.model_fields_set:
            reunis.setdefault(cle, []).extend(getattr(partie, cle))
    if fautes:
        raise ErreurBilan(fautes)
    return Document(**reunis) if chemins else None


def fautes_de_lecture(edition: Edition, indicateurs: Iterable[str]) -> list[Faute]:
    """Les fautes de la transcription : sa forme, puis les codes que rien ne définit."""
    try:
        document = lire_publie(edition)
    except ErreurBilan as erreur:
        return erreur.fautes
    if document is None:
        return []
    return [
        _code_inconnu(edition, code, possibles)
        for code, possibles in _codes(document, list(indicateurs))
        if code and code not in possibles
    ]


def _codes(document: Document, indicateurs: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Chaque code cité, et ceux qui conviendraient."""
    ensembles = [e.code for e in document.ensembles]
    reperes = [r.code for r in document.reperes]
    for part in document.parts:
        yield from ((part.ensemble, ensembles), (part.indicateur, indicateurs))
    for affirmation in document.affirmations:
        yield from ((affirmation.ensemble, ensembles), (affirmation.indicateur, indicateurs))
    for decompte in document.decomptes:
        yield from ((code, indicateurs) for code in decompte.indicateurs)
    for renvoi in document.renvois:
        yield renvoi.depuis, document.elements
    for regle in document.chronologie:
        yield from ((regle.avant, reperes), (regle.ensuite, reperes))
    for repere in document.reperes:
        yield from ((code, reperes) for code in repere.apres)


def _code_inconnu(edition: Edition, code: str, possibles: list[str]) -> Faute:
    """La faute, à la première ligne où le code est écrit."""
    motif = re.compile(rf"(?<![\w-]){re.escape(code)}(?![\w-])")
    ou = next(
        (edition.relatif(chemin), numero)
        for chemin in _fichiers(edition)
        for numero, ligne in enumerate(chemin.read_text("utf-8").splitlines(), start=1)
        if motif.search(ligne)
    )
    return Faute(ou[0], f"code inconnu « {code} »", proposer(code, possibles)[:200], ou[1])


def _fichiers(edition: Edition) -> list[Path]:
    return sorted((edition.params / "document-publie").glob("*.yml"))
