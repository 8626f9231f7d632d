"""La table de pourcentages que l'on donne à auditer, lue comme un tableur l'écrit.

Colonnes `code,libelle,valeur,decimales` ; `libelle` et `decimales` sont facultatives. Virgule,
point-virgule ou tabulation ; « 37,5 », « 37.5 » ou « 37,5 % » ; UTF-8 ou codage de Windows.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import pandas as pd

from bilan.auditer import decimales_ecrites
from bilan.erreurs import ErreurBilan, Faute
from bilan.markdown import CONTROLES

COLONNES = ("code", "libelle", "valeur", "decimales")
OBLIGATOIRES = ("code", "valeur")
NOMBRE = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def lire_table(chemin: Path | str) -> pd.DataFrame:
    """La table : code et libelle (texte), valeur (Decimal, telle qu'écrite), decimales (entier).

    Lève `ErreurBilan` avec toutes les fautes : fichier, ligne, colonne, trouvé, remède.
    """
    lecteur = _Lecteur(str(chemin))
    lignes = lecteur.decouper(lecteur.texte(Path(chemin)))
    colonnes = lecteur.colonnes(*lignes[0])
    enregistrements = [
        lecteur.enregistrement(numero, colonnes, cellules) for numero, cellules in lignes[1:]
    ]
    if not enregistrements:
        lecteur.faute("la table n'a aucun pourcentage", "En écrire un par ligne.")
    lecteur.exiger()
    return pd.DataFrame(enregistrements, columns=list(COLONNES))


class _Lecteur:
    """Lit une table en retenant toutes ses fautes."""

    def __init__(self, nom: str):
        self.nom = nom
        self.fautes: list[Faute] = []
        self.codes: dict[str, int] = {}

    def faute(
        self, trouve: str, remede: str, ligne: int | None = None, colonne: str | None = None
    ) -> None:
        self.fautes.append(Faute(self.nom, trouve, remede, ligne, colonne))

    def exiger(self) -> None:
        if self.fautes:
            raise ErreurBilan(self.fautes)

    def texte(self, chemin: Path) -> str:
        """Le texte du fichier : UTF-8 (avec ou sans marque), sinon les codages de Windows."""
        try:
            octets = chemin.read_bytes()
        except OSError:
            self.faute("le fichier manque ou ne s'ouvre pas", "Vérifier son chemin.")
            octets = b""
        if octets.startswith(b"PK"):
            self.faute("c'est un classeur, non un CSV", "L'enregistrer sous « CSV UTF-8 ».")
        self.exiger()
        marque = octets.startswith((b"\xff\xfe", b"\xfe\xff"))
        for codage in ("utf-16",) if marque else ("utf-8-sig", "cp1252"):
            try:
                return octets.decode(codage)
            except UnicodeDecodeError:
                continue
        raise ErreurBilan(
            Faute(self.nom, "ce n'est pas du texte", "L'enregistrer sous « CSV UTF-8 ».")
        )

    def decouper(self, texte: str) -> list[tuple[int, list[str]]]:
        """Les lignes non vides, avec leur numéro dans le fichier ; l'en-tête d'abord."""
        premiere = next((ligne for ligne in texte.splitlines() if ligne.strip()), "")
        separateur = max(",;\t", key=premiere.count)
        lignes, fin = [], 0
        lecture = csv.reader(io.StringIO(texte, newline=""), delimiter=separateur, strict=True)
        try:
            for cellules in lecture:
                propres = [_propre(c) for c in cellules]
                if any(propres):
                    lignes.append((fin + 1, propres))
                fin = lecture.line_num
        except csv.Error:
            trouve = "des guillemets ne se ferment pas, ou pas au bon endroit"
            self.faute(trouve, "Vérifier cette ligne.", fin + 1)
        if not lignes:
            self.faute("le fichier est vide", f"Première ligne attendue : {','.join(COLONNES)}.")
        self.exiger()
        return lignes

    def colonnes(self, numero: int, titres: list[str]) -> list[str]:
        """La clé de chaque colonne ; un titre proche d'un titre attendu est une faute."""
        cles = [_cle(titre) for titre in titres]
        inconnues = {cle: t for cle, t in zip(cles, titres, strict=True) if cle not in COLONNES}
        for attendue in COLONNES:
            if cles.count(attendue) > 1:
                self.faute(f"la colonne « {attendue} » est là deux fois", "En garder une.", numero)
            proches = difflib.get_close_matches(attendue, inconnues, n=1, cutoff=0.75)
            if attendue not in cles and proches:
                titre = inconnues[proches[0]]
                self.faute(f"colonne inconnue « {titre} »", f"Écrire « {attendue} » ?", numero)
            elif attendue not in cles and attendue in OBLIGATOIRES:
                trouvees = ", ".join(filter(None, titres[:12]))
                self.faute(f"la colonne « {attendue} » manque", f"Trouvées : {trouvees}.", numero)
        self.exiger()
        return cles

    def enregistrement(self, numero: int, colonnes: list[str], cellules: list[str]) -> dict:
        """Une ligne de la table ; ce qui n'a pas pu être lu y est absent, avec une faute."""
        if any(cellules[len(colonnes) :]):
            remede = "Mettre « 37,5 » entre guillemets, ou séparer par des points-virgules."
            self.faute("il y a plus de valeurs que de colonnes", remede, numero)
            return {}
        brut = dict.fromkeys(COLONNES, "") | dict(zip(colonnes, cellules, strict=False))
        valeur = self.valeur(numero, brut["valeur"])
        return {
            "code": self.code(numero, brut["code"]),
            "libelle": brut["libelle"],
            "valeur": valeur,
            "decimales": self.decimales(numero, brut["decimales"], valeur),
        }

    def code(self, numero: int, texte: str) -> str:
        if not texte:
            self.faute("le code manque", "Donner à chaque ligne son code.", numero, "code")
        elif texte in self.codes:
            trouve = f"« {texte} » est déjà à la ligne {self.codes[texte]}"
            self.faute(trouve, "Donner à chaque ligne son code.", numero, "code")
        self.codes.setdefault(texte, numero)
        return texte

    def valeur(self, numero: int, texte: str) -> Decimal | None:
        """Le pourcentage, avec les décimales écrites."""
        nombre = texte.removesuffix("%").strip().replace("\N{MINUS SIGN}", "-")
        if not texte:
            self.faute("la valeur manque", "Écrire un pourcentage, comme 37,5.", numero, "valeur")
        elif not NOMBRE.fullmatch(nombre):
            remede = "Écrire un pourcentage en chiffres, comme 37,5."
            self.faute(f"« {texte} » n'est pas un nombre", remede, numero, "valeur")
        elif not 0 <= (valeur := Decimal(nombre.replace(",", "."))) <= 100:
            remede = "Un pourcentage à auditer va de 0 à 100."
            self.faute(f"« {texte} » est hors de 0 à 100", remede, numero, "valeur")
        else:
            return valeur
        return None

    def decimales(self, numero: int, texte: str, valeur: Decimal | None) -> int | None:
        """Le nombre de décimales de l'arrondi : celui qui est dit, sinon celui qui est écrit."""
        if valeur is None:
            return None
        if not texte:
            return decimales_ecrites(valeur)
        # Un zéro en tête trahit un « 37,05 » coupé en deux par la virgule qui sépare les colonnes.
        if not re.fullmatch("0|[1-9]|1[0-5]", texte):
            remede = "Écrire un nombre entier de 0 à 15, ou laisser vide."
            self.faute(f"« {texte} »", remede, numero, "decimales")
        elif decimales_ecrites(valeur.normalize()) > int(texte):
            trouve = f"« {texte} », mais la valeur écrite a plus de décimales"
            self.faute(trouve, "Corriger l'une ou l'autre.", numero, "decimales")
        else:
            return int(texte)
        return None


def _propre(cellule: str) -> str:
    """Sans caractère invisible, insécables devenus des espaces, bords coupés."""
    return " ".join(CONTROLES.sub("", re.sub(r"[\t\n\r]", " ", cellule)).split())


def _cle(titre: str) -> str:
    """« Décimales » -> « decimales »."""
    sans_accent = unicodedata.normalize("NFKD", titre.casefold())
    return "".join(c for c in sans_accent if not unicodedata.combining(c))
