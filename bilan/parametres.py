"""Les paramètres d'une édition : YAML typé, contrôlé avant toute exécution.

Chaque faute dit le fichier, la ligne, ce qui a été trouvé et ce qu'il faut écrire.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from yaml import MarkedYAMLError, YAMLError

from bilan import limites
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.fichiers import lire_texte
from bilan.projet import Edition, Projet, est_un_nom
from bilan.yaml_inerte import CleDouble, Suite, Table, YamlRefuse, analyser

M = TypeVar("M", bound=BaseModel)


class Modele(BaseModel):
    """Base stricte : clé inconnue refusée, aucun type deviné."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _nom(texte: str) -> str:
    if not est_un_nom(texte):
        raise PydanticCustomError("nom", "pas un nom de fichier")
    return texte


# Un code qui nomme aussi un fichier.
Nom = Annotated[str, AfterValidator(_nom)]


class Categorie(Modele):
    """Une des familles d'indicateurs ; son code est aussi le nom de son carnet."""

    code: Nom
    nom: str
    question: str


class Variante(Modele):
    """Le même indicateur, compté autrement, montré à côté du résultat.

    Une `convention` répond à la même question : elle met le verdict à l'épreuve. Un `eclairage`
    ne regarde qu'une partie de la population, et n'y touche pas.
    """

    code: str
    nom: str
    genre: Literal["convention", "eclairage"]
    parmi: str | None = None
    dont: str | None = None
    moyenne: str | None = None


class Indicateur(Modele):
    """La définition d'un indicateur : ce qui est compté (`dont`) ou moyenné, parmi quoi."""

    code: str = Field(pattern=r"^[A-Z][A-Z0-9]{0,5}$")
    nom: str
    categorie: str
    question: str
    lecture: str
    calcul: str
    sources: list[Literal["activite", "questionnaire", "entretien"]]
    table: str
    parmi: str | None = None
    dont: str | None = None
    moyenne: str | None = None
    cible: int | float | None = None
    unite: Literal["%"]
    rang: Literal["principal", "secondaire"] = "principal"
    variantes: list[Variante] = []

    @model_validator(mode="after")
    def _une_seule_mesure(self) -> Indicateur:
        if (self.dont is None) == (self.moyenne is None):
            raise ValueError("Écrire « dont » (ce qui est compté) ou « moyenne », et un seul.")
        return self


class Indicateurs(Modele):
    """Le contenu d'indicateurs.yml."""

    categories: list[Categorie]
    indicateurs: list[Indicateur]


class RegleVerdict(Modele):
    """Ce qui doit rester du même côté de la cible que le résultat pour que le verdict soit ferme.

    `niveau` est celui des intervalles, en %. Sous `seuil_reponse`, un taux de réponse ou de
    remplissage (en %) ne permet aucun verdict ferme ; sans lui, les taux n'affaiblissent rien.
    """

    epreuves: list[Literal["retraits", "conventions"]]
    niveau: int = Field(ge=50, lt=100)
    seuil_reponse: int | None = Field(None, ge=1, le=100)


class Limites(Modele):
    """Ce qu'un fichier reçu ne dépasse pas ; au-delà, il est refusé sans être lu."""

    octets_recus: int = Field(20_000_000, gt=0)  # un classeur de collecte pèse cent fois moins
    octets_deplies: int = Field(200_000_000, gt=0)
    lignes_recues: int = Field(20_000, gt=0)


class ReglePersonnes(Modele):
    """Les effectifs de personnes que le bilan ne montre pas.

    Sous `seuil` personnes, un effectif est masqué, et ce qui le redonnerait aussi. La règle vaut
    pour les tables de ces `natures` : des lignes reconstituées ou simulées ne sont personne.
    """

    seuil: int = Field(5, ge=2, le=100)
    natures: list[Literal["publiee", "reconstituee", "simulee", "observee"]] = ["observee"]


class ParametresEdition(Modele):
    """Le contenu d'edition.yml."""

    code: str
    precedente: str | None = None
    titre: str
    sous_titre: str
    region: str
    mention: str
    auteurs: list[str]
    date: datetime.date
    date_affichee: str
    signataires: list[str]
    carnets: list[Nom]
    fiches: list[Nom]
    duree_max_cellule: int = Field(gt=0)
    # Ce qu'un carnet peut occuper de mémoire, et afficher, en mégaoctets.
    memoire_max_mo: int = Field(limites.MEMOIRE_MAX, ge=2048)
    sorties_max_mo: int = Field(limites.SORTIES_MAX, gt=0)
    verdict: RegleVerdict
    limites: Limites = Limites()
    # Sans cette clé, la règle par défaut vaut : le doute protège.
    personnes: ReglePersonnes = ReglePersonnes()
    # L'édition à laquelle celle-ci se compare.
    precedente: str | None = None
    # Les textes qui décrivent le programme : l'édition suivante les reprend, à relire.
    textes_du_programme: list[str] = []


class Element(Modele):
    """Une case du logigramme."""

    code: str
    libelle: str


class Colonne(Modele):
    """Une colonne du logigramme."""

    code: str
    titre: str
    elements: list[Element]


class Lien(Modele):
    """Un lien du logigramme et les indicateurs qui le mettent à l'épreuve."""

    de: str
    vers: str
    indicateurs: list[str] = []


class Logigramme(Modele):
    """Le contenu de logigramme.yml."""

    colonnes: list[Colonne]
    liens: list[Lien]


class Sigle(Modele):
    """Une entrée du glossaire ; `syllabes` : le sigle prend plus que des initiales."""

    sigle: str
    developpe: str
    syllabes: bool = False


class Contradiction(Modele):
    """Un point où le document publié se contredit ou laisse un vide.

    `controles` : les signalements de `bilan.contradictions` qui l'établissent, ou un contrôle
    entier. `lecteur` : ce qu'aucun contrôle ne trouve, quand une partie du point reste à lire.
    """

    code: str
    theme: Literal["chiffres", "structure", "noms"]
    titre: str
    constat: str
    lieu: str
    traitement: str
    controles: list[str] = []
    lecteur: str = ""


@dataclass(frozen=True)
class Parametres:
    """Tous les paramètres d'une édition, lus et contrôlés."""

    edition: Edition

    @cached_property
    def generaux(self) -> ParametresEdition:
        return self._lire("edition.yml", ParametresEdition)

    @cached_property
    def definitions(self) -> Indicateurs:
        return self._lire("indicateurs.yml", Indicateurs)

    @cached_property
    def logigramme(self) -> Logigramme:
        return self._lire("logigramme.yml", Logigramme)

    @cached_property
    def glossaire(self) -> list[Sigle]:
        return self._lire_liste("glossaire.yml", Sigle)

    @cached_property
    def contradictions(self) -> list[Contradiction]:
        """Vide pour une édition qui ne part d'aucun document publié."""
        if not (self.edition.params / "contradictions.yml").exists():
            return []
        return self._lire_liste("contradictions.yml", Contradiction)

    @property
    def indicateurs(self) -> list[Indicateur]:
        """Les indicateurs principaux puis secondaires, dans l'ordre du fichier."""
        return self.definitions.indicateurs

    @property
    def principaux(self) -> list[Indicateur]:
        return [i for i in self.indicateurs if i.rang == "principal"]

    def indicateur(self, code: str) -> Indicateur:
        """L'indicateur de ce code ; `ErreurBilan` avec le code le plus proche sinon."""
        for indicateur in self.indicateurs:
            if indicateur.code == code:
                return indicateur
        raise ErreurBilan(
            f"Indicateur inconnu : « {code} ». {proposer(code, [i.code for i in self.indicateurs])}"
        )

    def de_categorie(self, categorie: str) -> list[Indicateur]:
        """Les indicateurs d'une catégorie ; `ErreurBilan` si elle n'existe pas."""
        codes = [c.code for c in self.definitions.categories]
        if categorie not in codes:
            raise ErreurBilan(f"Catégorie inconnue : « {categorie} ». {proposer(categorie, codes)}")
        return [i for i in self.indicateurs if i.categorie == categorie]

    def fautes(self) -> list[Faute]:
        """Toutes les fautes des fichiers de paramètres, sans s'arrêter à la première."""
        fautes: list[Faute] = []
        for nom in ("generaux", "definitions", "logigramme", "glossaire", "contradictions"):
            try:
                getattr(self, nom)
            except ErreurBilan as erreur:
                fautes += erreur.fautes
        return fautes or self._fautes_de_renvoi()

    def _fautes_de_renvoi(self) -> list[Faute]:
        """Les codes qui renvoient d'un fichier à l'autre ou se répètent."""
        fautes = []
        nom = self._relatif("edition.yml")
        if self.generaux.code != self.edition.code:
            fautes.append(
                Faute(
                    nom,
                    f"code « {self.generaux.code} » dans le dossier de l'édition "
                    f"« {self.edition.code} »",
                    f'Écrire code: "{self.edition.code}".',
                )
            )
        precedente, autres = self.generaux.precedente, self._autres_editions()
        if precedente is not None and precedente not in autres:
            fautes.append(Faute(nom, f"édition précédente inconnue « {precedente} »",
                                proposer(precedente, autres) or "Retirer cette clé."))
        nom = self._relatif("indicateurs.yml")
        categories = [c.code for c in self.definitions.categories]
        vus: set[str] = set()
        for indicateur in self.indicateurs:
            if indicateur.categorie not in categories:
                fautes.append(
                    Faute(
                        nom,
                        f"{indicateur.code} : catégorie inconnue « {indicateur.categorie} »",
                        proposer(indicateur.categorie, categories),
                    )
                )
            if indicateur.code in vus:
                fautes.append(
                    Faute(nom, f"{indicateur.code} est défini deux fois", "Renommer l'un des deux.")
                )
            vus.add(indicateur.code)
        nom = self._relatif("logigramme.yml")
        cases = [e.code for c in self.logigramme.colonnes for e in c.elements]
        for lien in self.logigramme.liens:
            for bout in (lien.de, lien.vers):
                if bout not in cases:
                    fautes.append(Faute(nom, f"case inconnue « {bout} »", proposer(bout, cases)))
            for code in lien.indicateurs:
                if code not in vus:
                    fautes.append(Faute(nom, f"indicateur inconnu « {code} »", proposer(code, vus)))
        return fautes

    def _autres_editions(self) -> list[str]:
        return [e for e in Projet(self.edition.racine).editions() if e != self.edition.code]

    def _relatif(self, nom: str) -> str:
        return self.edition.relatif(self.edition.params / nom)

    def _lire(self, nom: str, modele: type[M]) -> M:
        return lire_yaml(self.edition.params / nom, modele, self._relatif(nom))

    def _lire_liste(self, nom: str, modele: type[M]) -> list[M]:
        return lire_liste(self.edition.params / nom, modele, self._relatif(nom))


class _Liste(Modele, Generic[M]):
    """Un fichier qui est une liste : enveloppée pour la lire comme les autres."""

    racine: list[M]


@lru_cache(maxsize=256)
def _analyser(texte: str) -> Any:
    """Le contenu d'un texte YAML, analysé une fois par contenu ; personne ne le modifie."""
    return analyser(texte)


def charger_yaml(chemin: Path, nom: str) -> Any:
    """Le contenu YAML, avec ses positions ; `ErreurBilan` s'il manque ou est mal formé."""
    try:
        texte = lire_texte(chemin, nom)
    except FileNotFoundError:
        raise ErreurBilan(Faute(nom, "le fichier manque", "Le créer ou le rétablir.")) from None
    try:
        return _analyser(texte)
    except YamlRefuse as refus:
        raise ErreurBilan(
            Faute(nom, refus.trouve, "Écrire les valeurs elles-mêmes, en clair.", refus.ligne)
        ) from None
    except MarkedYAMLError as erreur:
        marque = erreur.problem_mark or erreur.context_mark
        probleme = "la même clé est écrite deux fois" if isinstance(erreur, CleDouble) else (
            "l'écriture YAML n'est pas comprise (guillemet, deux-points ou retrait de ligne)"
        )
        raise ErreurBilan(
            Faute(
                nom,
                probleme,
                "Vérifier cette ligne et la précédente.",
                ligne=marque.line + 1 if marque else None,
            )
        ) from None
    except YAMLError:
        raise ErreurBilan(
            Faute(nom, "un caractère qui n'a pas sa place dans du YAML", "L'effacer.")
        ) from None


def lire_yaml(chemin: Path, modele: type[M], nom: str) -> M:
    """Lit un fichier de paramètres et le contrôle ; lève `ErreurBilan` avec toutes ses fautes."""
    brut = charger_yaml(chemin, nom)
    return valider(brut, modele, lambda: chemin.read_text("utf-8").splitlines(), nom)


def valider(brut: Any, modele: type[M], lignes: Callable[[], list[str]], nom: str) -> M:
    """Contrôle le contenu analysé d'un fichier, dont `lignes` donne le texte s'il est fautif."""
    donnees = {"racine": brut} if issubclass(modele, _Liste) else brut
    try:
        return modele.model_validate(donnees)
    except ValidationError as erreur:
        texte = lignes()
        raise ErreurBilan(
            [_faute(e, donnees, texte, nom, modele) for e in erreur.errors()]
        ) from None


def lire_liste(chemin: Path, modele: type[M], nom: str) -> list[M]:
    """Lit un fichier de paramètres qui est une liste, comme `lire_yaml`."""
    return lire_yaml(chemin, _Liste[modele], nom).racine


def ligne_de(donnees: Any, chemin: tuple) -> int | None:
    """Numéro de ligne (à partir de 1) de l'endroit désigné, ou du plus proche qui existe."""
    ligne, ici = None, donnees
    for cle in chemin:
        try:
            if isinstance(ici, Table | Suite):
                ligne = ici.lignes[cle]
            ici = ici[cle]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return ligne


ATTENDUS = {
    "string_type": "un texte entre guillemets",
    "int_type": "un nombre entier",
    "float_type": "un nombre",
    "list_type": "une liste (une ligne par élément, commençant par un tiret)",
    "bool_type": "true ou false",
    "date_type": "une date, comme 2025-06-30",
    "model_type": "des lignes « clé: valeur »",
    "dict_type": "des lignes « clé: valeur »",
    "greater_than": "un nombre plus grand que zéro",
    "greater_than_equal": "au moins {ge}",
    "less_than": "moins de {lt}",
    "less_than_equal": "au plus {le}",
    "nom": "des lettres sans accent, des chiffres et des tirets, comme sud-artois (ni chemin, ni "
           "nom que Windows réserve, comme con ou nul)",
    "couleur": "une couleur entre guillemets : # puis six chiffres ou lettres de a à f",
    "string_too_short": "un texte",
    "string_pattern_mismatch": "une majuscule suivie de chiffres, comme I1",
}


def _faute(erreur: dict, donnees: Any, lignes: list[str], nom: str, modele: type) -> Faute:
    """Une erreur de pydantic, dite en français et située."""
    chemin = erreur["loc"]
    chemin = tuple(c for c in chemin if c not in ("int", "float"))
    cle = next((str(c) for c in reversed(chemin) if isinstance(c, str)), nom)
    ligne = ligne_de(donnees, chemin)
    genre = erreur["type"]
    if genre == "missing":
        ligne = ligne_de(donnees, chemin[:-1]) or 1
        return Faute(nom, f"la clé « {cle} » manque", f"Ajouter « {cle}: … ».", ligne)
    if genre == "extra_forbidden":
        return Faute(nom, f"clé inconnue « {cle} »", proposer(cle, _cles(modele, chemin)), ligne)
    if genre == "value_error":
        return Faute(nom, "définition incomplète", str(erreur["ctx"]["error"]), ligne)
    ecrit = _ecrit(lignes, ligne, chemin) or str(erreur["input"])
    if genre == "literal_error":
        admis = erreur["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return Faute(nom, f"« {ecrit} »", f"Valeurs admises : {admis}.", ligne)
    if genre == "string_type" and isinstance(erreur["input"], int | float):
        brut = ecrit.split(":", 1)[-1].strip(" -")
        return Faute(
            nom,
            f"« {ecrit} » est lu comme un nombre, alors que c'est un code",
            f'Le mettre entre guillemets : "{brut}".',
            ligne,
        )
    attendu = ATTENDUS.get(genre, "autre chose").format(**erreur.get("ctx", {}))
    return Faute(nom, f"« {ecrit} »", f"Attendu : {attendu}.", ligne)


def _ecrit(lignes: list[str], ligne: int | None, chemin: tuple) -> str:
    """Ce qui est écrit dans le fichier à cet endroit ; l'élément seul dans une liste [a, b]."""
    texte = lignes[ligne - 1].strip() if ligne else ""
    if chemin and isinstance(chemin[-1], int) and "[" in texte:
        elements = texte[texte.index("[") + 1 :].rstrip("] ").split(",")
        return elements[min(chemin[-1], len(elements) - 1)].strip()
    return texte


def _cles(modele: type, chemin: tuple) -> list[str]:
    """Les clés admises à l'endroit où une clé inconnue a été trouvée."""
    ici: Any = modele
    for cle in chemin[:-1]:
        if isinstance(cle, str):
            ici = ici.model_fields[cle].annotation
        while not hasattr(ici, "model_fields"):
            ici = ici.__args__[0]
    return list(ici.model_fields)
