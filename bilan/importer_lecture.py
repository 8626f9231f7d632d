"""Un fichier reçu → des grilles : des titres, des lignes, chaque cellule avec sa place.

Rien n'est interprété ici. Un fichier qu'on ne sait pas lire est refusé avec ce qu'il faut faire.
"""

from __future__ import annotations

import datetime
import io
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl.utils import get_column_letter

from bilan import zip_recu
from bilan.erreurs import ErreurBilan, Faute
from bilan.parametres import Limites

EN_XLSX = "L'ouvrir, l'enregistrer au format « Classeur Excel (.xlsx) », et importer ce fichier."
# (début du fichier, ce que c'est, quoi faire)
SIGNATURES = (
    (b"%PDF", "un PDF ne se relit pas", "Demander le classeur ou le CSV d'origine."),
    (b"{", "c'est du JSON", "Exporter le formulaire en XLSX ou en CSV."),
    (b"<", "c'est une page web ou du XML, pas un classeur", EN_XLSX),
)


@dataclass(frozen=True)
class Refus:
    """Ce qui a été trouvé, ce qu'il faut écrire ; `ligne` si la faute est à une autre ligne."""

    trouve: str
    remede: str
    ligne: int | None = None


@dataclass(frozen=True)
class Cellule:
    """Une cellule et sa place (à partir de 1) ; `refus` si son contenu ne se lit pas."""

    ligne: int
    colonne: int
    valeur: str | int | float | bool | datetime.date | None
    refus: Refus | None = None

    @property
    def adresse(self) -> str:
        return f"{get_column_letter(self.colonne)}{self.ligne}"

    @property
    def vide(self) -> bool:
        return self.valeur in (None, "") and self.refus is None

    @property
    def texte(self) -> str:
        """Ce qu'on y lit à l'écran, dans Excel en français."""
        match self.valeur:
            case None:
                return ""
            case bool():
                return "VRAI" if self.valeur else "FAUX"
            case float():
                entier = self.valeur.is_integer() and abs(self.valeur) < 1e15
                return str(int(self.valeur)) if entier else _decimales(self.valeur)
            case datetime.datetime() if self.valeur.time() != datetime.time():
                return self.valeur.strftime("%d/%m/%Y %H:%M")
            case datetime.date():
                return self.valeur.strftime("%d/%m/%Y")
        return str(self.valeur)


@dataclass
class Grille:
    """Une feuille d'un classeur, ou un CSV : une ligne de titres, puis des lignes."""

    fichier: str
    feuille: str | None
    titres: list[Cellule]
    lignes: list[list[Cellule]]
    remarques: list[str] = field(default_factory=list)

    @property
    def lieu(self) -> str:
        """Le début de chaque message."""
        return f"{self.fichier}, feuille « {self.feuille} »" if self.feuille else self.fichier

    @property
    def nom(self) -> str:
        """Ce qui peut dire la table : le nom de la feuille, ou celui du fichier."""
        return self.feuille or Path(self.fichier).stem

    @property
    def remplies(self) -> list[list[Cellule]]:
        """Les lignes où quelque chose est écrit."""
        return [ligne for ligne in self.lignes if not all(c.vide for c in ligne)]


@dataclass
class Fichier:
    """Un fichier lu : ses octets, ses grilles, et l'identité du classeur s'il en porte une."""

    nom: str
    octets: bytes
    grilles: list[Grille]
    identite: dict[str, str] | None = None
    classeur: bool = False  # un .xlsx ; sinon un CSV


def lire(chemin: Path, limites: Limites) -> Fichier:
    """Le fichier, lu ; lève `ErreurBilan` s'il manque ou si l'on ne sait pas le lire."""
    from bilan.importer_csv import lire_csv
    from bilan.importer_xlsx import lire_xlsx

    nom = chemin.name
    octets = _octets(chemin, limites)
    if zipfile.is_zipfile(io.BytesIO(octets)):
        try:
            zip_recu.controler(nom, octets, limites)
            _refuser_autre_zip(nom, octets)
        except zipfile.BadZipFile:
            refuser(nom, "le fichier est abîmé", "Le faire renvoyer.")
        return lire_xlsx(nom, octets, limites)
    if octets.startswith(b"PK"):
        refuser(nom, "le fichier est abîmé : il en manque une partie", "Le faire renvoyer.")
    if octets.startswith(b"\xd0\xcf\x11\xe0"):
        _refuser_ancien(nom, octets)
    debut = octets.removeprefix(b"\xef\xbb\xbf").lstrip()[:10]
    for signature, trouve, remede in SIGNATURES:
        if debut.startswith(signature):
            refuser(nom, trouve, remede)
    return Fichier(nom, octets, [lire_csv(nom, octets, limites)])


def refuser(lieu: str, trouve: str, remede: str = "", ligne: int | None = None) -> None:
    """Lève la faute d'un fichier entier."""
    raise ErreurBilan(Faute(lieu, trouve, remede, ligne))


def nettoyer(texte: str) -> str:
    """Sans blanc au bord, insécables compris, accents recomposés (les Mac les décomposent)."""
    return unicodedata.normalize("NFC", texte).strip(" \t\r\n\u00a0\u202f\u2007\u200b\ufeff")


def _decimales(nombre: float) -> str:
    """Le nombre comme Excel le montre : quinze chiffres, 0,1 + 0,2 donne 0,3."""
    return repr(float(f"{nombre:.15g}")).replace(".", ",")


def _octets(chemin: Path, limites: Limites) -> bytes:
    if chemin.is_dir():
        refuser(str(chemin), "c'est un dossier", "Donner un fichier.")
    if not chemin.is_file():
        refuser(str(chemin), "le fichier n'existe pas", "Vérifier son nom et son dossier.")
    if chemin.stat().st_size > limites.octets_recus:
        refuser(chemin.name, f"le fichier dépasse {limites.octets_recus // 1_000_000} Mo",
                "En retirer les images et les feuilles sans rapport avec la collecte, ou relever "
                "« limites » dans edition.yml.")
    octets = chemin.read_bytes()
    if not octets.strip():
        refuser(chemin.name, "le fichier est vide", "Le faire renvoyer.")
    return octets


def _refuser_autre_zip(nom: str, octets: bytes) -> None:
    """Un .xlsx est un zip ; un .ods, un .docx ou un export ODK compressé aussi."""
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        noms = set(archive.namelist())
        genre = archive.read("mimetype") if "mimetype" in noms else b""
    if "xl/workbook.xml" in noms:
        return
    if b"opendocument.spreadsheet" in genre:
        refuser(nom, "c'est un classeur LibreOffice (.ods)", EN_XLSX)
    if any(n.endswith(".csv") for n in noms):
        refuser(nom, "c'est une archive", "La décompresser et donner ensemble tous ses CSV.")
    refuser(nom, "ce n'est pas un classeur", EN_XLSX)


def _refuser_ancien(nom: str, octets: bytes) -> None:
    """Le même conteneur sert aux .xls et aux .xlsx chiffrés par un mot de passe."""
    if "EncryptedPackage".encode("utf-16-le") in octets:
        refuser(nom, "le classeur est protégé par un mot de passe à l'ouverture",
                "Retirer le mot de passe (Fichier, Informations), puis l'enregistrer.")
    refuser(nom, "c'est un ancien fichier Office (.xls)", EN_XLSX)
