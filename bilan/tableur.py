"""Ce qui va dans un tableur : du texte et des nombres, jamais une formule qu'on n'a pas écrite.

Les classeurs et les documents ont des octets qui ne dépendent que de leur contenu.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bilan.markdown import CONTROLES

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell

# Un tableur prendrait ces débuts pour une formule ; ceux de pleine largeur aussi, en japonais.
DANGEREUX = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
EPOQUE = (1980, 1, 1, 0, 0, 0)  # la plus ancienne date d'un zip
MODIFIE = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def ecrire(cellule: Cell, valeur: object) -> Cell:
    """Pose une valeur : un nombre ou une date le reste, et un texte, même « =1+1 », aussi.

    Rend la cellule. Ce qui n'est pas un caractère n'est pas gardé : le XML le refuserait.
    """
    if not isinstance(valeur, str):
        cellule.value = valeur
        return cellule
    cellule.value = CONTROLES.sub("", valeur.replace("\r\n", "\n").replace("\r", "\n"))
    cellule.data_type = "s"
    cellule.quotePrefix = valeur.startswith(DANGEREUX)
    return cellule


def en_csv(lignes: Iterable[Iterable[object]], *, pour_tableur: bool = False) -> str:
    """Ces lignes en CSV. `pour_tableur` : un fichier à ouvrir, dont aucun texte ne s'exécute.

    Une cellule qui contient une fin de ligne, même seule d'un Mac, est entre guillemets.
    """
    sortie = io.StringIO(newline="")
    # Le module csv ne protège que les signes de sa propre fin de ligne : on lui donne les deux.
    table = csv.writer(sortie, lineterminator="\r\n")
    textes = []
    for ligne in lignes:
        table.writerow([inerte(v) for v in ligne] if pour_tableur else list(ligne))
        textes.append(sortie.getvalue().removesuffix("\r\n") + "\n")
        sortie.seek(0)
        sortie.truncate()
    return "".join(textes)


def inerte(valeur: object) -> object:
    """Un texte qu'un tableur exécuterait est précédé d'une apostrophe."""
    return f"'{valeur}" if isinstance(valeur, str) and valeur.startswith(DANGEREUX) else valeur


def octets(classeur: Workbook, date: datetime.date) -> bytes:
    """Le fichier .xlsx, daté de `date` : deux écritures du même classeur sont identiques.

    openpyxl écrit l'heure qu'il est dans les propriétés et dans le zip ; elle est remplacée.
    """
    jour = datetime.datetime.combine(date, datetime.time())
    classeur.properties.created = jour
    brut = io.BytesIO()
    classeur.save(brut)
    return figer(brut.getvalue(), jour)


def figer(brut: bytes, jour: datetime.datetime | None = None) -> bytes:
    """La même archive sans les heures d'écriture ; `jour` devient sa date de modification."""
    fixe = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(brut)) as source,
        zipfile.ZipFile(fixe, "w", zipfile.ZIP_DEFLATED) as cible,
    ):
        for origine in source.infolist():
            contenu = source.read(origine)
            if jour and origine.filename == "docProps/core.xml":
                contenu = MODIFIE.sub(rb"\g<1>" + f"{jour.isoformat()}Z".encode(), contenu)
            entree = zipfile.ZipInfo(origine.filename, EPOQUE)
            entree.compress_type = origine.compress_type
            cible.writestr(entree, contenu)
    return fixe.getvalue()
