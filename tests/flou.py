"""Des entrées abîmées au hasard, et ce que chaque lecteur doit en faire.

Un lecteur dit clairement la faute, ou rend un résultat juste : jamais une autre exception, jamais
une attente sans fin, jamais une ligne perdue. Chaque `Lecteur` de `LECTEURS` sait tirer une entrée
et l'essayer ; la graine suffit à retrouver l'entrée qui a montré un défaut.
"""

from __future__ import annotations

import csv
import datetime
import io
import random
import re
import signal
import tempfile
import unicodedata
from collections.abc import Callable
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from frictionless import Package

from bilan import charte, collecte, constats, expressions, identites, questionnaires, validations
from bilan.coherence_noms import NomsRetenus
from bilan.document import Document
from bilan.erreurs import ErreurBilan
from bilan.importer_conversion import Doute, convertir
from bilan.importer_csv import lire_csv
from bilan.importer_lecture import Cellule
from bilan.parametres import (
    Contradiction,
    Indicateurs,
    Limites,
    Logigramme,
    ParametresEdition,
    Sigle,
    _Liste,
    charger_yaml,
    valider,
)
from bilan.projet import Edition
from bilan.referentiels import Referentiel
from bilan.tables import lire_schemas
from bilan.tables_saines import saines
from tests.conftest import EDITION, RACINE
from tests.importer_fichiers import BONNES, texte_csv

ATTENTE_MAX = 60  # secondes pour une seule entrée : au-delà, le lecteur ne rend pas la main
# Ce qui se glisse dans un texte : bords des grammaires, chiffres d'ailleurs, blancs, contrôles.
GREFFES = [
    "", " ", "\u00a0", "\u202f", "\u200b", "\ufeff", "\0", "\x1b", "\n", "\r", "\r\n", "\t",
    '"', "'", '""', ";", ",", "=", "-", "−", "½", "²", "٣", "३", "１", "1e999", "1e5", "nan",
    "inf", "-0", "0.0", "1_000", "1.234", "99999999999999999999", "12/10/2023",
    "2023-02-30", "0000-00-00", "31/2/24", "45000", "oui", "VRAI", "=1+1", "@a", "#REF!",
    "«", "»", "é", "e\u0301", "ı", "İ", "ß", "ﬁ", "😀", "\u202e", "ou", "et", "non", "dans",
    "(", ")", "renseigne", "<=", "!=", "a.b", "a-b", "null", "~", "true", "[]", "{}", "- a",
    ": ", "# ", "&a", "*a", "!!python", "<<", "|", ">", "%", "\\", "’", "€", "\ud7ff",
    "\U0010ffff", "2", "1er mai 2023", "x" * 300, "9" * 400,
]


@dataclass(frozen=True)
class Lecteur:
    """Un lecteur à éprouver : `tirer` une entrée, puis `essayer` ce qu'il en fait."""

    nom: str
    combien: int
    tirer: Callable[[random.Random], Any]
    essayer: Callable[[Any], None]


@contextmanager
def sans_attente():
    """Arrête un lecteur qui ne rend pas la main."""

    def trop_long(*_):
        raise AssertionError(f"le lecteur n'a pas rendu la main en {ATTENTE_MAX} s")

    avant = signal.signal(signal.SIGALRM, trop_long)
    try:
        yield lambda: signal.alarm(ATTENTE_MAX)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, avant)


def eprouver(lecteur: Lecteur, combien: int, graine: str) -> int:
    """Essaie `combien` entrées toutes différentes ; rend le nombre d'essais menés à leur terme."""
    hasard, vues, essais = random.Random(graine), set(), 0
    with sans_attente() as relancer:
        while essais < combien:
            entree = lecteur.tirer(hasard)
            marque = hash(repr(entree))
            if marque in vues:
                continue
            vues.add(marque)
            relancer()
            try:
                lecteur.essayer(entree)
            except Exception as erreur:
                raise AssertionError(f"{lecteur.nom} ({graine}) : {entree!r}") from erreur
            essais += 1
    return essais


def claire(erreur: ErreurBilan) -> None:
    """Une faute dit quelque chose, et rien de Python."""
    assert erreur.fautes
    for faute in erreur.fautes:
        trouve = faute if isinstance(faute, str) else faute.trouve
        assert trouve.strip(" .:"), erreur.fautes
        assert "Traceback" not in str(faute)


def abimer(hasard: random.Random, texte: str) -> str:
    """Le texte où quelques morceaux sont ôtés, doublés, déplacés ou remplacés."""
    for _ in range(hasard.choice((1, 1, 2, 3, 5))):
        debut = hasard.randrange(len(texte) + 1)
        fin = min(len(texte), debut + hasard.choice((0, 0, 1, 2, 8)))
        match hasard.randrange(4):
            case 0:
                pose = hasard.choice(GREFFES)
            case 1:
                pose = chr(hasard.choice((hasard.randrange(128), hasard.randrange(0xD800))))
            case 2:
                pose = texte[debut:fin] * 2
            case _:
                pose = ""
        texte = texte[:debut] + pose + texte[fin:]
    return texte


def abimer_octets(hasard: random.Random, octets: bytes) -> bytes:
    """Les octets d'un texte abîmé, ou eux-mêmes abîmés."""
    if hasard.random() < 0.5:
        encodage = hasard.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"))
        return abimer(hasard, octets.decode("cp1252")).encode(encodage, "replace")
    abimes = bytearray(octets)
    for _ in range(hasard.choice((1, 1, 2, 4))):
        place = hasard.randrange(len(abimes) + 1)
        abimes[place:place + hasard.choice((0, 1, 1, 4))] = hasard.randbytes(hasard.randrange(3))
    return bytes(abimes)


# Les expressions.

VALEURS = {"a": 1.0, "b": 2.0, "c": "antenne", "v": True, "f": False, "I4.x": None}
MOTS = [*VALEURS, "ou", "et", "non", "(", ")", "=", "<", "<=", "!=", "dans", ",", '"antenne"', "1",
        "-2.5", "vrai", "faux", "renseigne", "inconnu"]


def tirer_expression(hasard: random.Random) -> str:
    mots = " ".join(hasard.choices(MOTS, k=hasard.randrange(1, 9)))
    return abimer(hasard, mots) if hasard.random() < 0.5 else mots


def essayer_expression(expression: str) -> None:
    """Refusée clairement, ou du même arbre entre parenthèses, et tous ses noms y sont écrits."""
    try:
        arbre = expressions.analyser(expression)
    except ErreurBilan as erreur:
        return claire(erreur)
    assert arbre == expressions.analyser(f"({expression})")
    assert all(nom in expression for nom in expressions.noms_cites(expression))


def tirer_condition(hasard: random.Random, profondeur: int = 3) -> tuple[str, bool | None]:
    """Une condition bien écrite, et ce qu'elle vaut sur `VALEURS` ; None : inconnu."""
    if profondeur == 0 or hasard.random() < 0.3:
        genre = hasard.randrange(4)
        if genre == 0:
            nom = hasard.choice(("v", "f"))
            return nom, VALEURS[nom]
        if genre == 1:
            nom = hasard.choice(tuple(VALEURS))
            return f"renseigne({nom})", VALEURS[nom] is not None
        if genre == 2:
            mot = hasard.choice(("antenne", "epicerie"))
            return f'c dans ("{mot}", "autre")', mot == "antenne"
        nom, nombre = hasard.choice("ab"), hasard.choice((0, 1, 1.5, 2))
        signe, vrai = hasard.choice((("=", VALEURS[nom] == nombre), ("!=", VALEURS[nom] != nombre),
                                     ("<", VALEURS[nom] < nombre), (">=", VALEURS[nom] >= nombre)))
        return f"{nom} {signe} {nombre}", vrai
    gauche, a = tirer_condition(hasard, profondeur - 1)
    if hasard.random() < 0.3:
        return f"non ({gauche})", not a
    droite, b = tirer_condition(hasard, profondeur - 1)
    mot = hasard.choice(("et", "ou"))
    return f"({gauche}) {mot} ({droite})", (a and b) if mot == "et" else (a or b)


def essayer_condition(entree: tuple[str, bool]) -> None:
    condition, attendu = entree
    assert expressions.verifiee(condition, VALEURS) == attendu


# Les cellules reçues.


@cache
def champs() -> list[collecte.Champ]:
    return [c for f in collecte.feuilles(RACINE) for c in f.champs]


def tirer_cellule(hasard: random.Random) -> tuple[int, object]:
    rang = hasard.randrange(len(champs()))
    champ, genre = champs()[rang], hasard.randrange(10)
    if genre == 0:
        return rang, hasard.choice((hasard.uniform(-1e4, 1e4), hasard.uniform(-1e300, 1e300),
                                    float("inf"), float("nan"), 0.1 + 0.2, 1e15, 5e-324))
    if genre == 1:
        return rang, hasard.choice((hasard.randrange(3000), -hasard.randrange(10 ** 30), True,
                                    False))
    if genre == 2:
        jour = datetime.datetime(1, 1, 1) + datetime.timedelta(
            days=hasard.randrange(3_652_058), hours=hasard.choice((0, 0, 5)))
        return rang, hasard.choice((jour, jour.date()))
    depart = hasard.choice([champ.exemple or "a-1", *champ.modalites, *champ.modalites.values(),
                            "12/10/2023", "12 octobre 2023", "1 234,5", "oui", "s1"])
    return rang, abimer(hasard, depart)


CHOIX = {"cabbalr": "CABBALR", "sud-artois": "Sud-Artois", "s1": "s1 – 12/10/2023 – Thème"}


def essayer_cellule(entree: tuple[int, object]) -> None:
    """Un doute dit, ou une valeur du schéma, qui se relit la même."""
    champ, cellule = champs()[entree[0]], Cellule(1, 1, entree[1])
    try:
        ecrit = convertir(cellule, champ, CHOIX)
    except Doute as doute:
        assert doute.trouve.strip()
        return
    if ecrit == "":
        # Vide, ou des blancs : rien n'en est perdu.
        assert not champ.obligatoire and not cellule.texte.strip()
        return
    assert "\n" not in ecrit
    assert convertir(Cellule(1, 1, ecrit), champ, CHOIX) == ecrit
    conforme(ecrit, champ)


def conforme(ecrit: str, champ: collecte.Champ) -> None:
    """La valeur écrite est de celles que le schéma admet."""
    if champ.genre == "boolean":
        assert ecrit in ("true", "false")
    elif champ.modalites:
        assert ecrit in champ.modalites
    elif champ.genre in ("integer", "number"):
        assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", ecrit)
        assert champ.genre == "number" or "." not in ecrit
        assert champ.minimum is None or float(ecrit) >= champ.minimum
        assert champ.maximum is None or float(ecrit) <= champ.maximum
    elif champ.genre == "date":
        assert datetime.date.fromisoformat(ecrit).isoformat() == ecrit
    elif champ.motif and not champ.renvoi:
        assert re.fullmatch(champ.motif, ecrit)


# Les CSV reçus.

CSV = [texte_csv(table, ligne, ligne.replace("a", "b")) for table, ligne in BONNES.items()]


def tirer_csv(hasard: random.Random) -> bytes:
    return abimer_octets(hasard, hasard.choice(CSV))


def essayer_csv(octets: bytes) -> None:
    """Refusé clairement, ou une grille où chaque lettre du fichier se retrouve, à sa ligne."""
    try:
        grille = lire_csv("f.csv", octets, Limites())
    except ErreurBilan as erreur:
        return claire(erreur)
    texte = _decode(octets)
    assert texte is not None
    if annonce := re.match(r"sep=[;,\t]\r?\n", texte):
        texte = texte[annonce.end():]
    lignes = [grille.titres, *grille.lignes]
    if not any(c.refus for ligne in lignes for c in ligne):
        assert _lettres(texte) == _lettres(" ".join(c.texte for li in lignes for c in li))
    assert all(len(ligne) == len(grille.titres) for ligne in lignes)
    sortie = io.StringIO()
    csv.writer(sortie, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [c.valeur for c in ligne] for ligne in lignes)
    relue = lire_csv("f.csv", f"sep=;\n{sortie.getvalue()}".encode(), Limites())
    valeurs = [[c.valeur for c in ligne] for ligne in [relue.titres, *relue.lignes]]
    assert valeurs == [[c.valeur for c in ligne] for ligne in lignes]


def _decode(octets: bytes) -> str | None:
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16")
    for encodage in ("utf-8-sig", "cp1252"):
        try:
            return octets.decode(encodage)
        except UnicodeDecodeError:
            continue
    return None


def _lettres(texte: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", texte)))


# Les paramètres, une fois leur YAML analysé.

MODELES = {
    "edition.yml": ParametresEdition,
    "indicateurs.yml": Indicateurs,
    "logigramme.yml": Logigramme,
    "glossaire.yml": _Liste[Sigle],
    "contradictions.yml": _Liste[Contradiction],
    "noms.yml": NomsRetenus,
    "constats.yml": constats.Constats,
    "forces.yml": constats.Regles,
    "identites.yml": identites.Declarations,
    "questionnaires.yml": _Liste[questionnaires.Questionnaire],
    "document-publie/": Document,
    "referentiels/": Referentiel,
    "validations.yml": _Liste[validations.Validation],
    "jetons.yml": charte.Jetons,
}
FEUILLES = [None, True, False, 0, -1, 3.5, float("nan"), float("inf"), 10 ** 30, "", "a", [], {},
            [[]], {"a": {}}, {1: 2}, {None: None}, datetime.date(2024, 1, 1),
            datetime.datetime(2024, 1, 1), b"", set(), "{ge}", "I1"]
VALIDATION = [{"territoire": "cabbalr", "par": "A", "le": datetime.date(2024, 1, 1)}]


@cache
def arbres() -> dict[str, Any]:
    """Le contenu de chaque fichier de paramètres, ses listes réduites à deux éléments."""
    params, lus = Edition(RACINE, EDITION).params, {"validations.yml": VALIDATION}
    for nom in MODELES:
        fichiers = sorted((params / nom).glob("*.yml")) if nom.endswith("/") else [params / nom]
        if nom == "jetons.yml":
            fichiers = [RACINE / "report/style/jetons.yml"]
        for fichier in filter(lambda f: f.is_file(), fichiers):
            lus[f"{nom}{fichier.name}" if nom.endswith("/") else nom] = _reduire(
                charger_yaml(fichier, fichier.name))
    return lus


def _reduire(valeur: Any) -> Any:
    if isinstance(valeur, dict):
        return {c: _reduire(v) for c, v in list(valeur.items())[:12]}
    return [_reduire(v) for v in valeur[:2]] if isinstance(valeur, list) else valeur


def _modele(nom: str) -> type:
    return MODELES[nom if nom in MODELES else nom.partition("/")[0] + "/"]


def tirer_parametres(hasard: random.Random) -> tuple[str, Any]:
    """Un fichier dont quelques nœuds sont ôtés, remplacés, renommés, répétés."""
    nom = hasard.choice(tuple(arbres()))
    arbre = deepcopy(arbres()[nom])
    for _ in range(hasard.choice((1, 1, 2, 3))):
        arbre = _abimer_noeud(hasard, arbre)
    return nom, arbre


def _abimer_noeud(hasard: random.Random, noeud: Any) -> Any:
    if not isinstance(noeud, dict | list) or not noeud or hasard.random() < 0.1:
        if isinstance(noeud, str) and hasard.random() < 0.5:
            return abimer(hasard, noeud)
        return deepcopy(hasard.choice(FEUILLES))
    cle = hasard.choice(list(noeud) if isinstance(noeud, dict) else range(len(noeud)))
    match hasard.randrange(8):
        case 0:
            del noeud[cle]
        case 1 if isinstance(noeud, dict):
            noeud[hasard.choice((abimer(hasard, str(cle)), 3, None, True))] = noeud.pop(cle)
        case 1:
            noeud.append(noeud[cle])
        case _:
            noeud[cle] = _abimer_noeud(hasard, noeud[cle])
    return noeud


def essayer_parametres(entree: tuple[str, Any]) -> None:
    """Refusés clairement, ou un modèle qui se relit le même."""
    nom, arbre = entree
    modele = _modele(nom)
    try:
        lu = valider(arbre, modele, list, nom)
    except ErreurBilan as erreur:
        return claire(erreur)
    assert repr(modele.model_validate(lu.model_dump(by_alias=True, exclude_unset=True))) == repr(lu)


# Les tables de l'édition, face à frictionless.

TABLES = ("sessions", "presences", "criteres", "entretiens", "territoires", "chiffres_cles")


@cache
def textes_des_tables() -> dict[str, str]:
    """Les titres et les premières lignes de quelques tables."""
    donnees = Edition(RACINE, EDITION).donnees
    return {t: "".join((donnees / f"{t}.csv").read_text("utf-8").splitlines(True)[:4])
            if t not in ("sessions", "territoires") else (donnees / f"{t}.csv").read_text("utf-8")
            for t in TABLES}


def tirer_table(hasard: random.Random) -> tuple[str, bytes]:
    table = hasard.choice(TABLES)
    texte = textes_des_tables()[table]
    if hasard.random() < 0.5:  # une seule valeur change : la table reste souvent saine
        lignes = [ligne.split(",") for ligne in texte.splitlines()]
        ligne = hasard.choice(lignes)
        ligne[hasard.randrange(len(ligne))] = hasard.choice([*GREFFES, *hasard.choice(lignes)])
        return table, ("\n".join(map(",".join, lignes)) + "\n").encode("utf-8", "replace")
    return table, abimer_octets(hasard, texte.encode("cp1252"))


def juger(table: str, octets: bytes) -> tuple[bool, list]:
    """Si la table est dite sûrement saine, et ce que frictionless y trouve."""
    schemas = lire_schemas(RACINE)
    with tempfile.TemporaryDirectory() as dossier:
        for nom, texte in textes_des_tables().items():
            (Path(dossier) / f"{nom}.csv").write_text(texte, "utf-8", newline="")
        (Path(dossier) / f"{table}.csv").write_bytes(octets)
        paquet = {"name": "p", "resources": [
            {"name": t, "path": f"{t}.csv", "format": "csv", "encoding": "utf-8",
             "schema": schemas[t]} for t in TABLES]}
        erreurs = Package(paquet, basepath=dossier).get_resource(table).validate().flatten(
            ["type", "note"])
        return table in saines(paquet["resources"], Path(dossier)), erreurs


def essayer_table(entree: tuple[str, bytes]) -> None:
    """Une table sûrement saine n'a aucune faute pour frictionless."""
    saine, erreurs = juger(*entree)
    assert not (saine and erreurs), erreurs


LECTEURS = [
    Lecteur("table", 2_000, tirer_table, essayer_table),
    Lecteur("cellule", 560_000, tirer_cellule, essayer_cellule),
    Lecteur("csv", 200_000, tirer_csv, essayer_csv),
    Lecteur("expression", 120_000, tirer_expression, essayer_expression),
    Lecteur("condition", 5_000, tirer_condition, essayer_condition),
    Lecteur("parametres", 120_000, tirer_parametres, essayer_parametres),
]
