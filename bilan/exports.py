"""Les exports : le bilan en Word, ses tableaux en XLSX, en ODS et en CSV."""

from __future__ import annotations

import datetime
import json
from functools import partial
from pathlib import Path

from bilan import exports_csv, exports_docx, exports_ods, exports_tables, exports_xlsx
from bilan.exports_recueil import Recueil
from bilan.livre import volumes
from bilan.projet import Edition
from bilan.registre import Registre
from bilan.reserve import cle_de, du_programme, reserve
from bilan.tables import lire_paquet


def exporter(edition: Edition, livre: Path, sortie: Path) -> None:
    """Écrit dans `sortie` bilan.docx, tableaux.xlsx, tableaux.ods et csv/, d'après le livre."""
    tableaux = exports_docx.ecrire(livre, sortie / "bilan.docx")
    recueil = recueillir(edition, livre, tableaux)
    # Un tableur ne s'ouvre plus sur les chiffres de tant de territoires ; le CSV les a tous.
    affiche = recueil if len(volumes(livre)) == 1 else recueil.sans_territoires()
    for nom, classeur in (("xlsx", exports_xlsx.classeur), ("ods", exports_ods.classeur)):
        cle = cle_de(nom, affiche, du_programme("openpyxl", "lxml"))
        octets = reserve(livre.parent).octets(cle, partial(classeur, affiche))
        (sortie / f"tableaux.{nom}").write_bytes(octets)
    exports_csv.ecrire(recueil, sortie / "csv")


def recueillir(edition: Edition, livre: Path, tableaux: list[dict]) -> Recueil:
    """Les tableaux du livre, leurs nombres pris au registre."""
    contenu = json.loads(livre.read_text("utf-8"))
    paquet = lire_paquet(edition)
    noms = {r["name"]: r["title"] for r in paquet["resources"]}
    registre = Registre.lire(Path(contenu["registre"]))
    return Recueil(
        contenu["titre"], edition.code, ", ".join(contenu["auteurs"]), contenu["mention"] or "",
        datetime.date.fromisoformat(contenu["date"]), paquet.get("licenses", []),
        exports_tables.tables(tableaux, registre, noms),
    )
