"""L'archive d'une édition, prête pour un portail de données ouvertes : tout, et ses empreintes."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from bilan.archive_donnees import donnees_diffusables
from bilan.parametres import Parametres
from bilan.projet import Edition
from bilan.tables import lire_paquet

# Rien d'autre de ce dossier ne se diffuse : les remarques des relecteurs portent leurs noms.
DIFFUSES = (
    "site", "bilan.pdf", "synthese.pdf", "fiches", "exports", "notebooks", "registre.json",
    "provenance.json", "ro-crate-metadata.json")
EMPREINTES = "SHA256SUMS"
Fichiers = dict[str, bytes | Path]  # par nom dans l'archive : le contenu, ou où le lire
LISEZMOI = """{titre}, édition {edition}
{mention}

site/index.html   le bilan en pages HTML, à ouvrir dans un navigateur
bilan.pdf         le bilan en PDF
synthese.pdf      sa synthèse seule, en deux pages
fiches/           une fiche par territoire, en PDF
exports/          le bilan en Word, ses tableaux en XLSX, ODS et CSV (avec leur schéma)
notebooks/        les carnets qui ont calculé les chiffres
registre.json     chaque chiffre : sa valeur, son n et son N, d'où il vient
provenance.json   de quoi refaire ce bilan : ses entrées, ses versions, l'empreinte de ses fichiers
ro-crate-metadata.json   la même chose, dans la forme RO-Crate
data/             les tables dont le bilan se calcule, leur description et leurs schémas
{retires}
Licence des données et des textes : {licence}
Les lignes reconstituées ou simulées, que les descriptions signalent, ne sont pas des observations.
Pour contrôler les fichiers : sha256sum -c {empreintes}
Pour refaire le bilan et comparer : bilan reproduire (dans le projet, avec cette archive)
"""


def archiver(edition: Edition, sortie: Path) -> Path:
    """Écrit `sortie/bilan-<édition>.zip` et rend son chemin.

    Deux archives des mêmes fichiers sont identiques. Ce qu'un schéma dit non publiable d'une table
    observée n'y entre pas.
    """
    generaux = Parametres(edition).generaux
    licences = " ".join(li["title"] for li in lire_paquet(edition).get("licenses", []))
    fichiers: Fichiers = {nom: f for f in sortie.rglob("*") if f.is_file()
                          and (nom := f.relative_to(sortie).as_posix()).split("/")[0] in DIFFUSES}
    donnees, retires = donnees_diffusables(edition)
    fichiers |= donnees
    fichiers["LISEZMOI.txt"] = LISEZMOI.format(
        titre=generaux.titre, edition=edition.code, mention=generaux.mention, licence=licences,
        empreintes=EMPREINTES, retires=_dire(retires),
    ).encode()
    sommes = "".join(f"{hashlib.sha256(_octets(fichier)).hexdigest()}  {nom}\n"
                     for nom, fichier in sorted(fichiers.items()))
    chemin = sortie / f"bilan-{edition.code}.zip"
    _ecrire(chemin, fichiers | {EMPREINTES: sommes.encode()}, generaux.date.timetuple()[:6])
    return chemin


def _dire(retires: dict[str, list[str]]) -> str:
    """Les colonnes retirées, table par table."""
    if not retires:
        return ""
    detail = " ; ".join(f"{table} : {', '.join(noms)}" for table, noms in retires.items())
    return (f"\nColonnes non diffusées, que leur schéma réserve : {detail}.\n"
            "Une table dont la clé est réservée part sans ses lignes.\n")


def _octets(fichier: bytes | Path) -> bytes:
    """Lu quand il le faut : mille territoires ne tiennent pas d'un coup en mémoire."""
    return fichier.read_bytes() if isinstance(fichier, Path) else fichier


def _ecrire(chemin: Path, fichiers: Fichiers, date: tuple) -> None:
    """Un zip aux entrées triées et datées du bilan, dans un dossier à son nom."""
    with zipfile.ZipFile(chemin, "w") as archive:
        for nom, fichier in sorted(fichiers.items()):
            entree = zipfile.ZipInfo(f"{chemin.stem}/{nom}", date)
            entree.compress_type = zipfile.ZIP_DEFLATED
            entree.external_attr = 0o644 << 16
            archive.writestr(entree, _octets(fichier))
