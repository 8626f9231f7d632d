"""Un classeur ou un document reçu qui cache quelque chose est refusé, avec la raison."""

import io
import stat
import zipfile

import openpyxl
import pytest

from bilan import importer_lecture, remarques_lecture, zip_recu
from bilan.erreurs import ErreurBilan
from bilan.parametres import Limites

ENTITES = ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
           '<!ENTITY b SYSTEM "file:///etc/passwd">]><x>&a;&b;</x>')


def classeur(**ajouts) -> bytes:
    """Un vrai classeur, auquel on ajoute des pièces : nom -> contenu."""
    sortie = io.BytesIO()
    livre = openpyxl.Workbook()
    livre.active.append(["acteur", "territoire"])
    livre.save(sortie)
    with zipfile.ZipFile(sortie, "a", zipfile.ZIP_DEFLATED) as archive:
        for nom, contenu in ajouts.items():
            archive.writestr(nom, contenu)
    return sortie.getvalue()


def lien() -> dict:
    info = zipfile.ZipInfo("xl/lien")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return {info: "/etc/passwd"}


CAS = {
    "entités": ({"xl/piege.xml": ENTITES}, "entités XML"),
    "entités en UTF-16": ({"xl/piege.xml": ENTITES.encode("utf-16")}, "entités XML"),
    "bombe": ({"xl/zeros.bin": b"\0" * 300_000_000}, "démesuré"),
    "mille pièces": ({f"xl/{n}.bin": b"" for n in range(6000)}, "démesuré"),
    "qui remonte": ({"../../dehors.txt": "x"}, "mène hors du fichier"),
    "qui remonte à la Windows": ({"..\\dehors.txt": "x"}, "mène hors du fichier"),
    "absolu": ({"/etc/dehors": "x"}, "mène hors du fichier"),
    "autre classeur": ({"xl/externalLinks/externalLink1.xml": "<x/>"}, "Rompre la liaison"),
}


@pytest.mark.parametrize("nom", CAS)
def test_refus(tmp_path, nom):
    """Ni le classeur importé ni le document relu n'est ouvert."""
    ajouts, message = CAS[nom]
    octets = classeur(**ajouts)
    with pytest.raises(ErreurBilan, match=message):
        zip_recu.controler("recu", octets, Limites())
    for suffixe, lire in (("xlsx", importer_lecture.lire), ("docx", remarques_lecture.lire)):
        (tmp_path / f"recu.{suffixe}").write_bytes(octets)
        with pytest.raises(ErreurBilan, match=message):
            lire(tmp_path / f"recu.{suffixe}", Limites())


def test_lien_symbolique():
    """Une pièce qui est un lien symbolique n'est pas suivie : elle est refusée."""
    sortie = io.BytesIO(classeur())
    with zipfile.ZipFile(sortie, "a") as archive:
        for piece, cible in lien().items():
            archive.writestr(piece, cible)
    with pytest.raises(ErreurBilan, match="mène hors du fichier"):
        zip_recu.controler("recu", sortie.getvalue(), Limites())


def test_un_classeur_ordinaire_passe(tmp_path):
    """Sans rien de caché, il se lit ; la limite est un paramètre."""
    (tmp_path / "recu.xlsx").write_bytes(classeur())
    assert importer_lecture.lire(tmp_path / "recu.xlsx", Limites()).grilles[0].titres
    with pytest.raises(ErreurBilan, match="démesuré"):
        importer_lecture.lire(tmp_path / "recu.xlsx", Limites(octets_deplies=100))
