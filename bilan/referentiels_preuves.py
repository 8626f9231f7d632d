"""Chercher les preuves des référentiels : chacune existe, ou son absence est une faute.

Une preuve trouvée montre qu'une chose est là, pas qu'elle est bonne.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bilan.carnet import Bilan
from bilan.commandes import analyseur
from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.markdown import echapper, span_chiffre
from bilan.referentiels import Etat, Item, Lignes, Preuve, Referentiel, etat, lire_referentiels
from bilan.referentiels_livre import MOT, Livre

# En dessous, une section n'est qu'un titre : elle ne prouve rien.
MOTS_MINIMUM = 40
# Les sources du programme : c'est là que sont ses tests, où que soit le projet.
SOURCES = Path(__file__).resolve().parent.parent
RENVOI = re.compile(r"@(sec-[\w-]*\w)")


class Introuvable(Exception):
    """Une preuve qui manque : ce qui a été constaté, ce qu'il faut écrire."""

    def __init__(self, trouve: str, remede: str):
        super().__init__(trouve)
        self.trouve, self.remede = trouve, remede


@dataclass(frozen=True)
class Controle:
    """Un item contrôlé : ses preuves trouvées, dites au lecteur ; celles qui manquent."""

    item: Item
    trouvees: list[str]
    fautes: list[Faute]

    @property
    def etat(self) -> Etat:
        return etat(self.item, len(self.trouvees))


class Chercheur:
    """Cherche les preuves dans le livre, le registre, le projet et les sources du programme."""

    def __init__(self, bilan: Bilan, bloc: Callable[[str], str | None]):
        self.bilan = bilan
        # L'annexe des référentiels ne peut pas se servir de preuve à elle-même.
        self.bloc = lambda code: "" if code == "referentiels" else bloc(code)
        self.livre = Livre(bilan, self.bloc)

    def chercher(self, preuve: Preuve) -> str:
        """Ce que l'on montre d'une preuve trouvée, en Markdown. Lève `Introuvable` sinon."""
        if preuve.genre in ("fichier", "programme"):
            racine = self.bilan.edition.racine if preuve.fichier else SOURCES
            return _fichier(racine, preuve.cible, preuve.contient)
        return getattr(self, f"_{preuve.genre}")(preuve.cible)

    def _section(self, ancre: str) -> str:
        if ancre not in self.livre.ancres:
            raise Introuvable(f"aucun chapitre n'a la section « {ancre} »",
                              proposer(ancre, self.livre.ancres)[:200])
        mots = self.livre.mots(self.livre.section(ancre), MOTS_MINIMUM)
        if mots < MOTS_MINIMUM:
            raise Introuvable(f"la section « {ancre} » n'a que {mots} mots",
                              f"Il en faut {MOTS_MINIMUM} pour qu'elle vaille preuve.")
        return f"@{ancre}"

    def _bloc(self, code: str) -> str:
        contenu = self.bloc(code)
        if contenu is None:
            raise Introuvable(f"bloc inconnu « {code} »", proposer(code, self.livre.blocs)[:200])
        if not MOT.search(contenu):
            raise Introuvable(f"le bloc « {code} » est vide", "L'écrire, ou dire l'écart.")
        chapitre = self.livre.chapitre_du_bloc(code)
        if chapitre is None:
            raise Introuvable(f"aucun chapitre n'appelle le bloc « {code} »",
                              "L'appeler, ou dire l'écart.")
        return f"{echapper(chapitre.titre)} (`{code}`)"

    def _chiffre(self, code: str) -> str:
        chiffre = self.bilan.registre.get(code)
        if chiffre is None:
            codes = [c.code for c in self.bilan.registre]
            raise Introuvable(f"chiffre inconnu « {code} »", proposer(code, codes)[:200])
        if chiffre.valeur is None:
            raise Introuvable(f"le chiffre « {code} » n'a pas de valeur",
                              "Renseigner ses données, ou dire l'écart.")
        return f"{echapper(chiffre.libelle)}\u00a0: {span_chiffre(chiffre)}"

    def _test(self, nom: str) -> str:
        chemin, *noms = nom.split("::")
        texte = _lire(SOURCES, chemin)
        noeud: ast.AST | None = _arbre(texte)
        for cherche in noms:
            noeud = next((n for n in _definitions(noeud) if n.name == cherche), None)
            if noeud is None:
                raise Introuvable(f"{chemin} n'a pas de test « {cherche} »",
                                  proposer(cherche, _noms_de_tests(texte))[:200])
        if not isinstance(noeud, ast.FunctionDef) or not _affirme(noeud):
            raise Introuvable(f"« {nom} » n'est pas un test qui affirme quelque chose",
                              "Nommer un test, sous la forme tests/test_x.py::test_y.")
        fait = (ast.get_docstring(noeud) or noeud.name).splitlines()[0]
        return f"*{echapper(fait.rstrip('.'))}* (`{Path(chemin).name}`)"

    def _commande(self, ligne: str) -> str:
        programme, *arguments = shlex.split(ligne)
        if programme != "bilan":
            raise Introuvable(f"« {ligne} » n'est pas une commande bilan", "Écrire bilan VERBE.")
        try:
            analyseur().parse_args(arguments)
        except ErreurBilan as erreur:
            raise Introuvable(f"« {ligne} » n'est pas une commande : {erreur}", "") from None
        return f"`{ligne}`"


def _lire(racine: Path, chemin: str) -> str:
    fichier = racine / chemin
    if not fichier.resolve().is_relative_to(racine.resolve()):
        raise Introuvable(f"le fichier « {chemin} » est hors du projet",
                          "Nommer un fichier du projet, depuis sa racine.")
    if not fichier.is_file():
        voisins = [f"{fichier.parent.relative_to(racine).as_posix()}/{f.name}".removeprefix("./")
                   for f in sorted(fichier.parent.glob("*"))]
        raise Introuvable(f"le fichier « {chemin} » n'existe pas", proposer(chemin, voisins)[:200])
    return fichier.read_text("utf-8")


def _fichier(racine: Path, chemin: str, contient: str | None) -> str:
    texte = _lire(racine, chemin)
    try:
        present = contient is None or re.search(contient, texte, re.MULTILINE)
    except re.error:
        raise Introuvable(f"« contient: {contient} » n'est pas une expression régulière",
                          "Protéger les signes spéciaux par \\.") from None
    if not present:
        raise Introuvable(f"« {chemin} » ne contient pas « {contient} »",
                          "Corriger le fichier, ou dire l'écart.")
    return f"`{chemin}`"


@cache
def _arbre(texte: str) -> ast.Module:
    """Un fichier de tests en prouve plusieurs, et chaque construction les cherche deux fois."""
    return ast.parse(texte)


def _definitions(noeud: ast.AST) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    return (n for n in noeud.body if isinstance(n, ast.FunctionDef | ast.ClassDef))


def _noms_de_tests(texte: str) -> list[str]:
    return re.findall(r"^\s*def (test_\w+)", texte, re.MULTILINE)


def _affirme(fonction: ast.FunctionDef) -> bool:
    """Vrai si le test peut échouer : un assert, ou une attente (`expect`, `pytest.raises`)."""
    return any(
        isinstance(n, ast.Assert)
        or (isinstance(n, ast.Call) and ast.unparse(n.func) in ("expect", "pytest.raises"))
        for n in ast.walk(fonction)
    )


def controler(
    bilan: Bilan, bloc: Callable[[str], str | None]
) -> dict[str, tuple[Referentiel, list[Controle]]]:
    """Chaque liste et ses items contrôlés, par nom de fichier."""
    chercheur = Chercheur(bilan, bloc)
    controles = {}
    for nom, liste in lire_referentiels(bilan.edition).items():
        lignes = Lignes(bilan.edition, nom)
        controles[nom] = liste, [
            _controler(chercheur, lignes, rang, item) for rang, item in enumerate(liste.items)
        ]
    return controles


def _controler(chercheur: Chercheur, lignes: Lignes, rang: int, item: Item) -> Controle:
    trouvees, fautes = [], list(_renvois_morts(chercheur, lignes, rang, item))
    for numero, preuve in enumerate(item.preuves):
        try:
            trouvees.append(chercheur.chercher(preuve))
        except Introuvable as absence:
            fautes.append(lignes.faute(f"{item.code} : {absence.trouve}", absence.remede,
                                       "items", rang, "preuves", numero))
    return Controle(item, trouvees, fautes)


def _renvois_morts(
    chercheur: Chercheur, lignes: Lignes, rang: int, item: Item
) -> Iterator[Faute]:
    """Les renvois de l'écart ou de la question vers une section qui n'existe pas."""
    textes = {"ecart": item.ecart or ""}
    if item.a_juger:
        textes["a_juger"] = f"{item.a_juger.question} {item.a_juger.ou}"
    for cle, texte in textes.items():
        for ancre in RENVOI.findall(texte):
            if ancre not in chercheur.livre.ancres:
                yield lignes.faute(f"{item.code} : renvoi vers « {ancre} », qui n'existe pas",
                                   proposer(ancre, chercheur.livre.ancres)[:200],
                                   "items", rang, cle)


def fautes_des_preuves(bilan: Bilan, bloc: Callable[[str], str | None]) -> list[Faute]:
    """Les preuves avancées que l'on ne trouve pas.

    Lève `ErreurBilan` si une liste ne se lit pas.
    """
    return [f for _, items in controler(bilan, bloc).values() for c in items for f in c.fautes]
