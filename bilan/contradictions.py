"""Les contrôles de contradiction d'un document, et ce qu'ils établissent du relevé.

Aucun contrôle ne sait rien d'un document en particulier : tout ce qu'il compare est déclaré.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bilan import contradictions_chiffres as chiffres
from bilan import contradictions_noms as noms
from bilan import contradictions_structure as structure
from bilan import identites
from bilan.document import lire_publie
from bilan.erreurs import Faute, proposer
from bilan.identites_controle import Derive, valeurs_du_registre
from bilan.parametres import Contradiction, Parametres, charger_yaml
from bilan.projet import Edition
from bilan.relecture import Relecture, Signalement

if TYPE_CHECKING:
    from bilan.registre import Chiffre


@dataclass(frozen=True)
class Controle:
    """Un contrôle : son code, son nom, ce qu'il cherche, et la fonction qui le fait."""

    code: str
    nom: str
    cherche: str
    fonction: Callable[[Relecture], Iterator[Signalement]]


CONTROLES = [
    Controle("bases", "Bases", "un pourcentage que la base dite ne peut pas donner",
             chiffres.bases),
    Controle("identites", "Identités", "des pourcentages qui ne tiennent pas ensemble",
             chiffres.identites),
    Controle("quantificateurs", "Généralités",
             "un « tous », « chaque », « aucun » ou « seuls » qu'un résultat ou un cas dément",
             chiffres.quantificateurs),
    Controle("fiches", "Fiches et ensemble",
             "un résultat d'ensemble que les cas, un par un, ne donnent pas", chiffres.fiches),
    Controle("temoignages", "Fiche face à elle-même", "une chose et son contraire sur un même cas",
             chiffres.temoignages),
    Controle("forces", "Force des thèses", "une thèse plus ferme à un endroit qu'à un autre",
             chiffres.forces),
    Controle("decomptes", "Décompte des cibles", "un compte de cibles atteintes, tu ou faux",
             chiffres.decomptes),
    Controle("appuis", "Appui des chiffres",
             "un chiffre sans source, une évolution sans départ, des millésimes mêlés",
             chiffres.appuis),
    Controle("renvois", "Renvois", "un renvoi vers ce qui n'existe pas, ou qui est ailleurs",
             structure.renvois),
    Controle("numeros", "Numéros", "des éléments numérotés, imprimés dans un autre ordre",
             structure.numeros),
    Controle("plans", "Ordre annoncé", "un sommaire que le corps ne suit pas", structure.plans),
    Controle("notes", "Notes", "un appel sans note, une note sans appel", structure.notes),
    Controle("annonces", "Annonces", "un nombre annoncé que l'énumération ne retrouve pas",
             structure.annonces),
    Controle("series", "Séries", "des éléments que certains membres portent et d'autres non",
             structure.series),
    Controle("noms", "Noms", "un même nom sous deux formes", noms.noms),
    Controle("sigles", "Sigles", "un sigle hors du glossaire, ou qui n'y sert pas", noms.sigles),
    Controle("initiales", "Initiales", "un sigle dont les lettres ne sont pas celles du nom",
             noms.initiales),
    Controle("faits", "Faits", "un même fait dit de deux façons", noms.faits),
    Controle("propres", "Valeurs propres", "une même valeur pour deux objets distincts",
             noms.propres),
    Controle("dates", "Dates", "des dates dans un ordre impossible", noms.dates),
    Controle("roles", "Rôles", "deux rôles qui ne devraient pas avoir les mêmes titulaires",
             noms.roles),
]


def controler(relecture: Relecture) -> list[Signalement]:
    """Ce que tous les contrôles signalent, dans leur ordre."""
    return [s for controle in CONTROLES for s in controle.fonction(relecture)]


def relire_publie(edition: Edition, registre: Iterable[Chiffre]) -> list[Signalement] | None:
    """Les signalements du document publié ; None si l'édition ne l'a pas transcrit."""
    document = lire_publie(edition)
    if document is None:
        return None
    valeurs = valeurs_du_registre(registre)
    return controler(Relecture(document, valeurs, identites.lire(edition).identites))


@dataclass(frozen=True)
class Rapprochement:
    """Les points du relevé, et les signalements qui établissent chacun d'eux."""

    points: list[Contradiction]
    signalements: list[Signalement]

    def du_point(self, point: Contradiction) -> list[Signalement]:
        return [s for s in self.signalements if any(map(s.repond_a, point.controles))]

    def points_de(self, signalement: Signalement) -> list[str]:
        return [p.code for p in self.points if any(map(signalement.repond_a, p.controles))]

    def issue(self, point: Contradiction) -> str:
        """« trouve », « en_partie » ou « lecteur »."""
        if not self.du_point(point):
            return "lecteur"
        return "en_partie" if point.lecteur else "trouve"

    def compte(self, issue: str) -> int:
        return sum(self.issue(point) == issue for point in self.points)


def derives(parametres: Parametres, registre: Iterable[Chiffre]) -> list[Derive]:
    """Les comptes du relevé et de la relecture, pour le registre."""
    points = parametres.contradictions
    if not points:
        return []
    comptes = [("contradictions", len(points), "points relevés dans le document publié")]
    signalements = relire_publie(parametres.edition, registre)
    if signalements is not None:
        lien = Rapprochement(points, signalements)
        comptes += [
            ("controles", len(CONTROLES), "contrôles de contradiction"),
            ("signalements", len(signalements), "signalements des contrôles"),
            ("contradictions_trouvees", lien.compte("trouve"), "points trouvés par un contrôle"),
            ("contradictions_en_partie", lien.compte("en_partie"),
             "points trouvés en partie par un contrôle"),
            ("contradictions_lecteur", lien.compte("lecteur"), "points laissés au lecteur"),
        ]
    par_controle = [
        (f"controle.{c.code}", sum(s.controle == c.code for s in signalements or []), c.cherche)
        for c in CONTROLES
        if signalements is not None
    ]
    return [
        Derive(code, libelle, Decimal(compte), "", "Compté dans le relevé des écarts.")
        for code, compte, libelle in (
            *((f"ensemble.{code}", compte, libelle) for code, compte, libelle in comptes),
            *par_controle,
        )
    ]


def fautes_du_releve(parametres: Parametres, registre: Iterable[Chiffre]) -> list[Faute]:
    """Un point dont le contrôle ne trouve rien ; un signalement dont aucun point ne parle."""
    edition = parametres.edition
    signalements = relire_publie(edition, registre)
    if signalements is None:
        return []
    lien = Rapprochement(parametres.contradictions, signalements)
    chemin = edition.params / "contradictions.yml"
    lieu, brut = edition.relatif(chemin), charger_yaml(chemin, edition.relatif(chemin))
    codes = {s.code for s in signalements} | {c.code for c in CONTROLES}
    fautes = [
        Faute(
            lieu,
            f"{point.code} : le contrôle « {attendu} » ne trouve rien",
            f"Corriger la transcription, ou ôter ce code. {proposer(attendu, codes)[:200]}",
            brut.lignes[rang],
        )
        for rang, point in enumerate(parametres.contradictions)
        for attendu in point.controles
        if not any(s.repond_a(attendu) for s in signalements)
    ]
    return fautes + [
        Faute(
            lieu,
            f"aucun point ne parle du signalement « {s.code} » : {s.trouve}. {s.pourquoi}",
            f"L'ajouter aux « controles » d'un point : {s.code}.",
        )
        for s in signalements
        if not lien.points_de(s)
    ]
