"""Des classeurs et des documents dont les octets ne dépendent que de leur contenu."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl import Workbook

EPOQUE = (1980, 1, 1, 0, 0, 0)  # la plus ancienne date d'un zip
MODIFIE = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


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
