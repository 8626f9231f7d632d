"""Ce que le bilan affirme : constats, conclusions, recommandations et la force de chacun.

Les affirmations sont dans `params/<edition>/constats.yml`, les règles (échelle des forces,
plafonds, sections à marquer) dans `forces.yml`. `constats_preuves` pèse les preuves,
`constats_controle` contrôle le fichier, `constats_phrases` relit la prose.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from bilan.parametres import Modele, charger_yaml, ligne_de, lire_yaml
from bilan.projet import Edition

# De la plus faible à la plus forte.
Force = Literal["ne permet pas de conclure", "est compatible avec", "suggère", "montre"]
FORCES: tuple[str, ...] = get_args(Force)

Regle = Literal[
    "publie", "releve", "declare", "fiche", "reconstitue", "sans-condition", "chaine", "cause",
    "comparaison", "sens-contraire", "reponse",
]


def rang(force: str) -> int:
    """La place d'une force sur l'échelle ; la plus forte a le rang le plus haut."""
    return FORCES.index(force)


class Fait(Modele):
    """Un fait à l'appui : une ligne de fiche, un thème d'entretien, un écart relevé, un lieu."""

    # territoire/rubrique/ordre, comme « sud-artois/deux_ans_apres/1 ».
    fiche: str | None = None
    # Le thème des segments codés, comme « calendrier ».
    entretiens: str | None = None
    # Le code d'un point de contradictions.yml.
    ecart: str | None = None
    # L'endroit du document publié où le fait est écrit.
    document: str | None = None

    @model_validator(mode="after")
    def _un_seul(self) -> Fait:
        if len(self.model_fields_set) != 1:
            raise ValueError("Un fait a une seule clé : fiche, entretiens, ecart ou document.")
        return self


class Croisement(Modele):
    """Deux groupes de territoires comparés : par deux critères notés, ou nommés un par un."""

    criteres: list[str] = Field(default_factory=list)
    # Le score à partir duquel un critère est rempli.
    seuil: float = 1.0
    groupe: list[str] = Field(default_factory=list)
    issue: list[str] = Field(default_factory=list)
    # Les territoires comparés : ceux de la base des indicateurs de réseau, ou tous.
    parmi: Literal["base", "tous"] = "tous"

    @model_validator(mode="after")
    def _une_seule_forme(self) -> Croisement:
        nommes = bool(self.groupe) and bool(self.issue)
        if (len(self.criteres) == 2) == nommes or (self.criteres and (self.groupe or self.issue)):
            raise ValueError("Écrire deux « criteres », ou bien « groupe » et « issue ».")
        return self


class Affirmation(Modele):
    """Ce qu'un constat et une conclusion ont en commun."""

    enonce: str
    force: Force
    # La section de texte où l'affirmation est établie, comme « cooperation.pesees ».
    etabli: str
    # La catégorie dont la question reçoit là une réponse ; absente si elle les traverse toutes.
    question: str | None = None
    chiffres: list[str] = Field(default_factory=list)
    faits: list[Fait] = Field(default_factory=list)
    condition: str | None = None
    en_clair: str | None = None
    # Vrai si la phrase dit qu'une chose en produit une autre.
    cause: bool = False
    # Vrai si elle porte sur le document publié lui-même, que chacun peut lire.
    du_document: bool = False
    croisement: Croisement | None = None
    sans_suite: str | None = None

    @model_validator(mode="after")
    def _condition_en_mots(self) -> Affirmation:
        if (self.condition is None) != (self.en_clair is None):
            raise ValueError("« condition » et « en_clair » vont ensemble.")
        return self


class Constat(Affirmation):
    """Une affirmation qui repose sur des chiffres et des faits."""

    code: str = Field(pattern=r"^K[0-9]+$")


class Conclusion(Affirmation):
    """Une affirmation tirée de plusieurs constats."""

    code: str = Field(pattern=r"^D[0-9]+$")
    constats: list[str]


class Axe(Modele):
    """Un groupe de recommandations."""

    code: str
    titre: str


class Recommandation(Modele):
    """Ce qu'il est proposé de faire, à qui, quand, et d'après quels constats."""

    code: str = Field(pattern=r"^R[0-9]+$")
    axe: str
    titre: str
    enonce: str
    destinataire: str
    priorite: Literal["haute", "moyenne", "basse"]
    horizon: str
    constats: list[str]


class Constats(Modele):
    """Le contenu de constats.yml."""

    constats: list[Constat] = Field(default_factory=list)
    conclusions: list[Conclusion] = Field(default_factory=list)
    axes: list[Axe] = Field(default_factory=list)
    # Les horizons des recommandations, du premier au dernier.
    horizons: list[str] = Field(default_factory=list)
    recommandations: list[Recommandation] = Field(default_factory=list)

    @property
    def affirmations(self) -> list[Constat | Conclusion]:
        return [*self.constats, *self.conclusions]

    @property
    def codes(self) -> list[str]:
        return [e.code for e in (*self.affirmations, *self.recommandations)]

    def __getitem__(self, code: str) -> Constat | Conclusion | Recommandation:
        for element in (*self.affirmations, *self.recommandations):
            if element.code == code:
                return element
        raise KeyError(code)

    def indicateurs_de(self, recommandation: Recommandation, connus: list[str]) -> list[str]:
        """Les indicateurs sur lesquels reposent les constats d'une recommandation."""
        cites = {
            chiffre.split(".")[0]
            for code in recommandation.constats
            for constat in (code, *getattr(self[code], "constats", []))
            for chiffre in self[constat].chiffres
        }
        return [code for code in connus if code in cites]

    def conclusions_de(self, code: str) -> list[Conclusion]:
        """Les conclusions tirées d'un constat."""
        return [d for d in self.conclusions if code in d.constats]

    def recommandations_de(self, code: str) -> list[Recommandation]:
        """Celles qui partent d'une affirmation, de ce qu'on en conclut ou de ce qui la fonde."""
        depart = {code, *(d.code for d in self.conclusions_de(code))}
        depart.update(c for d in self.conclusions if d.code == code for c in d.constats)
        return [r for r in self.recommandations if depart.intersection(r.constats)]


class Echelon(Modele):
    """Une force, ce qu'elle veut dire et les mots qui la disent."""

    force: Force
    sens: str
    # L'astérisque tient lieu de la fin d'un mot.
    mots: list[str]


class Plafond(Modele):
    """Une règle : la force qu'une sorte de preuve ne permet pas de dépasser."""

    code: Regle
    plafond: Force
    regle: str


class Regles(Modele):
    """Le contenu de forces.yml."""

    forces: list[Echelon]
    causes: list[str]
    seuil_p: float
    plafonds: list[Plafond]
    # Les sections de texte dont chaque phrase est un constat ; l'astérisque vaut pour tout nom.
    sections: list[str]

    @model_validator(mode="after")
    def _toutes(self) -> Regles:
        if {e.force for e in self.forces} != set(FORCES):
            raise ValueError("« forces » : une entrée par force, et les quatre.")
        manquants = set(get_args(Regle)) - {p.code for p in self.plafonds}
        if manquants:
            raise ValueError(f"« plafonds » : il manque {', '.join(sorted(manquants))}.")
        return self

    def plafond(self, code: str) -> Plafond:
        return next(p for p in self.plafonds if p.code == code)


def lire(edition: Edition) -> Constats:
    """Les affirmations de l'édition, vides si elle n'en a pas ; lève `ErreurBilan`."""
    chemin = edition.params / "constats.yml"
    if not chemin.exists():
        return Constats()
    return lire_yaml(chemin, Constats, edition.relatif(chemin))


def lire_regles(edition: Edition) -> Regles:
    """L'échelle des forces et les plafonds de l'édition ; lève `ErreurBilan`."""
    chemin = edition.params / "forces.yml"
    return lire_yaml(chemin, Regles, edition.relatif(chemin))


class Lignes:
    """Où chaque affirmation est écrite dans constats.yml."""

    def __init__(self, edition: Edition):
        chemin = edition.params / "constats.yml"
        self.fichier = edition.relatif(chemin)
        self._brut = charger_yaml(chemin, self.fichier) if chemin.exists() else {}
        self._places = {element["code"]: place for place, element in self._elements()}

    def _elements(self) -> Iterator[tuple[tuple, Any]]:
        for cle in ("constats", "conclusions", "recommandations"):
            for numero, element in enumerate(self._brut.get(cle) or []):
                yield (cle, numero), element

    def ligne(self, code: str, champ: str = "code") -> int | None:
        """La ligne d'un champ, ou de l'affirmation si le champ n'est pas écrit."""
        return ligne_de(self._brut, (*self._places[code], champ))

    def textes(self) -> Iterator[tuple[int, str]]:
        """Les phrases du fichier et la ligne où chacune commence."""
        champs = ("titre", "enonce", "en_clair", "sans_suite", "destinataire", "horizon")
        for place, element in self._elements():
            for champ in champs:
                if element.get(champ):
                    yield ligne_de(self._brut, (*place, champ)), str(element[champ])
