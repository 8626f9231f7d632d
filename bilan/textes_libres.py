"""Ce qui désigne une personne dans un texte libre : nom, téléphone, courriel, adresse postale.

`bilan verifier` le signale à sa ligne, sans le recopier. Un signalement se lève, avec son motif,
dans `params/<edition>/signalements.yml`. Les téléphones sont reconnus par `phonenumbers`, les
prénoms viennent des listes francophones de `faker` ; le reste est ci-dessous. Aucune reconnaissance
n'est sûre : un prénom rare sans civilité, ou écrit en minuscules, passe inaperçu.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Literal

import pandas as pd

from bilan.erreurs import Faute, proposer
from bilan.parametres import Modele, lire_liste
from bilan.projet import Edition
from bilan.tables import lire_paquet, lire_schemas

FICHIER = "signalements.yml"
Genre = Literal["nom", "telephone", "courriel", "adresse"]
EN_MOTS = {"nom": "le nom d'une personne", "telephone": "un numéro de téléphone",
           "courriel": "une adresse de courriel", "adresse": "une adresse postale"}
REMEDE = ("Le retirer, ou écrire à la place un pseudonyme ; si ce n'en est pas un, le dire dans "
          "params/{edition}/signalements.yml, avec un motif.")

MAJUSCULE = r"[A-ZÀ-ÖØ-Þ][\w'’-]*"
COURRIEL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# « M. Durand », « Mme A. Durand » ; « Mme la présidente » ne nomme personne.
CIVILITE = re.compile(
    r"\b(?:M\.|MM\.|Mr\.?|Mmes?\.?|Mlles?\.?|Dr\.?|Me|Monsieur|Madame|Mademoiselle|Docteur|Maître)"
    rf"[ \u00a0]+(?:[A-Z]\.[ \u00a0]*)?{MAJUSCULE}")
VOIES = ("rue|avenue|av\\.|boulevard|bd|chemin|impasse|all[ée]e|place|route|quai|square|cours"
         "|sentier|r[ée]sidence|lotissement|ruelle|faubourg|passage|cit[ée]|hameau|lieu-dit")
ADRESSE = re.compile(
    rf"\b\d{{1,4}} ?(?:bis|ter|quater)?,? (?:{VOIES})\b[^,;.]*(?:,? \d{{5}} {MAJUSCULE})?"
    rf"|\b(?:BP|CS) ?\d+|(?<!\d)\d{{5}} (?:cedex|{MAJUSCULE})", re.IGNORECASE)
CODE_POSTAL = re.compile(rf"(?<!\d)\d{{5}} {MAJUSCULE}")
# Un prénom y fait partie du nom d'un lieu, qui est public.
LIEUX = re.compile(
    rf"\b(?:{VOIES}|[ée]coles?|coll[èe]ge|lyc[ée]e|centre|espace|salle|parc|quartier|fondation"
    rf"|h[ôo]pital|maison|saint|sainte|st|ste)[ -](?:de |du |des |d['’])?"
    rf"{MAJUSCULE}(?:[ -]{MAJUSCULE})*", re.IGNORECASE)
MOTS = re.compile(MAJUSCULE)
# Les listes qui couvrent les prénoms portés en France ; ce qui y est d'abord autre chose.
LISTES = ("fr_FR", "fr_BE", "fr_CH", "fr_QC", "fr_DZ")
PAS_DES_PRENOMS = {"france", "el", "thi"}
CHIFFRES = re.compile(r"\d(?:\D{0,3}\d){8,}")


class Leve(Modele):
    """Un signalement levé : où, de quel genre, et pourquoi ce n'est pas une personne à protéger."""

    table: str
    colonne: str
    cle: list[str | int]
    genre: Genre
    motif: str


def reperer(texte: str, publics: frozenset[str] = frozenset()) -> list[tuple[Genre, int, int]]:
    """Ce qui désigne une personne dans un texte : genre, premier et dernier signe (dès 1).

    Les noms publics (territoires, lauréats, réseaux) sont passés, ainsi que ceux des lieux.
    """
    trouves: list[tuple[Genre, int, int]] = []
    for nom in sorted(publics, key=len, reverse=True):
        texte = texte.replace(nom, "_" * len(nom))

    def noter(genre: Genre, debut: int, fin: int) -> None:
        nonlocal texte
        trouves.append((genre, debut + 1, fin))
        texte = texte[:debut] + "_" * (fin - debut) + texte[fin:]

    for trouve in list(COURRIEL.finditer(texte)):
        noter("courriel", *trouve.span())
    for debut, fin in _telephones(texte):
        noter("telephone", debut, fin)
    for trouve in list(ADRESSE.finditer(texte)):
        if trouve[0][:5].isdigit() and not CODE_POSTAL.match(trouve[0]):
            continue  # un nombre de cinq chiffres devant un mot sans majuscule
        noter("adresse", *trouve.span())
    for trouve in list(CIVILITE.finditer(texte)):
        noter("nom", *trouve.span())
    texte = LIEUX.sub(lambda t: "_" * len(t[0]) if _est_lieu(t[0]) else t[0], texte)
    for debut, fin in _prenoms(texte):
        noter("nom", debut, fin)
    return sorted(trouves, key=lambda t: t[1])


def _est_lieu(texte: str) -> bool:
    """Vrai si le mot qui suit porte bien une majuscule (le motif ignore la casse)."""
    return any(m[0][0].isupper() for m in re.finditer(r"(?<=[ -])\w+", texte))


def _telephones(texte: str) -> list[tuple[int, int]]:
    if not CHIFFRES.search(texte):
        return []
    from phonenumbers import PhoneNumberMatcher  # des tables de tous les pays, lues au besoin

    return [(t.start, t.end) for t in PhoneNumberMatcher(texte, "FR")]


def _prenoms(texte: str) -> Iterator[tuple[int, int]]:
    """Les prénoms connus, avec le nom qui suit ou précède s'il y en a un."""
    connus = _prenoms_connus()
    mots = list(MOTS.finditer(texte))
    for rang, mot in enumerate(mots):
        if not any(_simple(part) in connus for part in mot[0].split("-")):
            continue
        debut, fin = mot.span()
        if rang + 1 < len(mots) and texte[fin:mots[rang + 1].start()] in (" ", "\u00a0"):
            fin = mots[rang + 1].end()
        yield debut, fin


@cache
def _prenoms_connus() -> frozenset[str]:
    prenoms: set[str] = set()
    for liste in LISTES:  # lues au besoin
        fournisseur = import_module(f"faker.providers.person.{liste}").Provider
        prenoms |= {_simple(part) for p in fournisseur.first_names for part in p.split("-")}
    return frozenset(prenoms - PAS_DES_PRENOMS)


def _simple(mot: str) -> str:
    sans_accent = unicodedata.normalize("NFKD", mot)
    return "".join(c for c in sans_accent if not unicodedata.combining(c)).casefold()


def fautes(edition: Edition, tables: dict[str, pd.DataFrame]) -> list[Faute]:
    """Ce que les textes libres des tables disent d'une personne, et les levées qui ne lèvent rien.

    Suppose les tables, celles de `lire_tables`, conformes à leurs schémas.
    """
    leves = _leves(edition)
    servies: set[int] = set()
    trouvees = []
    for table, colonne, ligne, cle, genre, debut, fin in _signalements(edition, tables):
        ici = [n for n, le in enumerate(leves)
               if (le.table, le.colonne, le.genre) == (table, colonne, genre)
               and [str(c) for c in le.cle] == cle]
        servies.update(ici)
        if not ici:
            trouvees.append(Faute(
                edition.relatif(edition.donnees / f"{table}.csv"),
                f"le texte semble donner {EN_MOTS[genre]} (signes {debut} à {fin})",
                REMEDE.format(edition=edition.code), ligne, colonne))
    lieu = edition.relatif(edition.params / FICHIER)
    connues = lire_schemas(edition.racine)
    for numero, leve in enumerate(leves, start=1):
        if leve.table not in connues:
            trouvees.append(Faute(lieu, f"entrée {numero} : table inconnue « {leve.table} »",
                                  proposer(leve.table, connues)))
        elif numero - 1 not in servies:
            trouvees.append(Faute(lieu, f"entrée {numero} : rien n'est plus signalé à cet endroit",
                                  "La retirer."))
        if not leve.motif.strip():
            trouvees.append(Faute(lieu, f"entrée {numero} : le motif est vide", "L'écrire."))
    return trouvees


def _leves(edition: Edition) -> list[Leve]:
    chemin = edition.params / FICHIER
    return lire_liste(chemin, Leve, edition.relatif(chemin)) if chemin.is_file() else []


def _signalements(edition: Edition, tables: dict[str, pd.DataFrame]) -> Iterator[tuple]:
    """(table, colonne, ligne du fichier, clé, genre, premier signe, dernier signe)."""
    schemas, publics = lire_schemas(edition.racine), _publics(tables)
    for ressource in lire_paquet(edition)["resources"]:
        nom, chemin = ressource["name"], edition.donnees / ressource["path"]
        schema = schemas[nom]
        libres = [c["name"] for c in schema["fields"] if _libre(c)]
        if not libres or not chemin.is_file():
            continue
        # Chaque texte différent une fois ; les lignes ne se cherchent que s'il y a à signaler.
        textes = pd.unique(tables[nom][libres].to_numpy(dtype=object).ravel())
        reperes = {t: trouves for t in textes
                   if isinstance(t, str) and (trouves := reperer(t, publics))}
        if not reperes:
            continue
        with chemin.open(encoding="utf-8-sig", newline="") as flux:
            lignes = csv.DictReader(flux)
            for ligne in lignes:
                cle = [ligne[c] for c in schema["primaryKey"]]
                for colonne in libres:
                    for trouve in reperes.get(ligne[colonne], []):
                        yield nom, colonne, lignes.line_num, cle, *trouve


def _libre(champ: dict) -> bool:
    """Vrai pour une colonne de texte sans liste fermée ni motif."""
    contraintes = champ.get("constraints", {})
    return champ["type"] == "string" and not {"enum", "pattern"} & contraintes.keys()


def _publics(tables: dict[str, pd.DataFrame]) -> frozenset[str]:
    """Les noms publics par nature : territoires, lauréats, projets, têtes de réseau."""
    noms = set()
    for table, colonnes in (("territoires", ("nom", "laureat", "pat", "nom_reseau")),
                            ("acteurs", ("tete_de_reseau",))):
        for colonne in colonnes:
            noms |= set(tables[table][colonne].dropna())
    return frozenset(noms)
