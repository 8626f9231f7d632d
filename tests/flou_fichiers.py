"""Les fichiers abîmés, plus lents à lire : YAML, textes, classeurs, documents revenus, carnets."""

from __future__ import annotations

import io
import json
import random
import tempfile
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from bilan.erreurs import ErreurBilan
from bilan.importer_lecture import Fichier
from bilan.importer_lecture import lire as lire_recu
from bilan.importer_xlsx import lire_xlsx
from bilan.parametres import Limites, charger_yaml
from bilan.plan import Tache, _fautes_de_carnet
from bilan.projet import Edition
from bilan.remarques_lecture import lire as lire_retour
from bilan.textes import lire_textes
from tests.conftest import EDITION, RACINE
from tests.flou import Lecteur, abimer_octets, claire
from tests.importer_fichiers import classeur, octets

YAMLS = [
    b'code: "a"\ndate: 2024-01-01\nliste: [a, "b", 3]\nautres:\n  - nom: x\n'
    b"    texte: >-\n      un\n",
    b"- sigle: CCAS\n  developpe: 'Centre communal'\n- sigle: AMI # rappel\n  syllabes: true\n",
    b"a: &x {b: 1}\nc: *x\nd: |\n  ligne\n\n  autre\n? cle\n: 0x1F\n",
    b"- 2023-02-30\n- 2024-02-29 23:59:60\n- [12:34:56, 0o17, 0b1, 1_0, -.inf, ~, 1e999]\n",
]
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CORPS = (f'<w:document xmlns:w="{W}"><w:body>' + "".join(
    f'<w:p><w:bookmarkStart w:id="{n}" w:name="bilan_abcdef012{n}_123abc"/><w:r><w:t>Un mot {n}'
    f'</w:t></w:r><w:ins w:author="A" w:date="2025-01-01T00:00:00Z"><w:r><w:t>ajout</w:t></w:r>'
    f'</w:ins><w:commentRangeStart w:id="{n}"/><w:r><w:t>cité</w:t></w:r><w:commentRangeEnd '
    f'w:id="{n}"/><w:r><w:commentReference w:id="{n}"/></w:r><w:bookmarkEnd w:id="{n}"/></w:p>'
    for n in range(2)) + "</w:body></w:document>").encode()
NOTES = (f'<w:comments xmlns:w="{W}"><w:comment w:id="0" w:author="A" w:date="2025"><w:p><w:r><w:t>'
         "dit</w:t></w:r></w:p></w:comment></w:comments>").encode()
STYLES = (f'<w:styles xmlns:w="{W}"><w:style w:styleId="T1"><w:name w:val="heading 1"/></w:style>'
          "</w:styles>").encode()
CARNET = json.dumps({
    "cells": [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": [], "id": "a",
               "source": 'edition: str = "x"', "execution_count": None}],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}},
    "nbformat": 4, "nbformat_minor": 5}).encode()


def tirer_yaml(hasard: random.Random) -> bytes:
    return abimer_octets(hasard, hasard.choice(YAMLS))


def essayer_yaml(contenu: bytes) -> None:
    """Mal formé, il est dit tel ; sinon il se lit deux fois pareil."""
    fichier = SimpleNamespace(read_bytes=lambda: contenu)
    try:
        lu = charger_yaml(fichier, "a.yml")
    except ErreurBilan as erreur:
        return claire(erreur)
    assert repr(charger_yaml(fichier, "a.yml")) == repr(lu)


@cache
def _parties(genre: str) -> dict[str, bytes]:
    if genre == "docx":
        return {"word/document.xml": CORPS, "word/comments.xml": NOTES, "word/styles.xml": STYLES}
    livre = classeur(acteurs=[["a-1", "antenne", "x", "oui", "non", "non", None]])
    with zipfile.ZipFile(io.BytesIO(octets(livre))) as archive:
        return {n: archive.read(n) for n in archive.namelist()}


def _zipper(parties: dict[str, bytes]) -> bytes:
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, partie in parties.items():
            archive.writestr(nom, partie)
    return sortie.getvalue()


def _tirer_zip(hasard: random.Random, genre: str) -> bytes:
    """Une archive dont une partie est abîmée ou ôtée, et que rien d'autre n'abîme."""
    parties = dict(_parties(genre))
    nom = hasard.choice(list(parties))
    if hasard.random() < 0.1:
        del parties[nom]
    else:
        parties[nom] = _abimer_xml(hasard, parties[nom])
    return _zipper(parties)


def _abimer_xml(hasard: random.Random, partie: bytes) -> bytes:
    """Des octets, ou un attribut, ou un élément entier."""
    if hasard.random() < 0.3:
        place = hasard.randrange(len(partie))
        return partie[:place] + hasard.randbytes(2) + partie[place + 1:]
    morceaux = partie.split(hasard.choice((b'"', b"<", b">")))
    separateur = partie[len(morceaux[0]):len(morceaux[0]) + 1] or b'"'
    rang = hasard.randrange(len(morceaux))
    match hasard.randrange(4):
        case 0:
            del morceaux[rang]
        case 1:
            morceaux.insert(rang, hasard.choice(morceaux))
        case 2:
            morceaux[rang] = hasard.choice((b"", b"-1", b"999999999", b"A0", b"nan", b"\xff", b"x"))
        case _:
            autre = hasard.randrange(len(morceaux))
            morceaux[rang], morceaux[autre] = morceaux[autre], morceaux[rang]
    return separateur.join(morceaux)


def tirer_xlsx(hasard: random.Random) -> bytes:
    return _tirer_zip(hasard, "xlsx")


def rectangulaires(lu: Fichier) -> None:
    """Chaque ligne d'une grille a autant de cellules que de titres."""
    for grille in lu.grilles:
        assert all(len(ligne) == len(grille.titres) for ligne in grille.lignes)


def essayer_xlsx(contenu: bytes) -> None:
    """Un classeur abîmé est dit tel, ou ses grilles sont rectangulaires."""
    try:
        lu = lire_xlsx("c.xlsx", contenu, Limites())
    except ErreurBilan as erreur:
        return claire(erreur)
    rectangulaires(lu)


def tirer_docx(hasard: random.Random) -> bytes:
    return _tirer_zip(hasard, "docx")


def _dans_un_fichier(contenu: bytes, nom: str, essai) -> None:
    with tempfile.TemporaryDirectory() as dossier:
        chemin = Path(dossier) / nom
        chemin.write_bytes(contenu)
        essai(chemin)


def essayer_docx(contenu: bytes) -> None:
    """Un document abîmé est dit tel, ou chaque relevé a un genre et un bloc."""

    def essai(chemin: Path) -> None:
        try:
            retour = lire_retour(chemin, Limites())
        except ErreurBilan as erreur:
            return claire(erreur)
        assert retour.blocs and all(r.genre and r.bloc is not None for r in retour.releves)

    _dans_un_fichier(contenu, "r.docx", essai)


def tirer_carnet(hasard: random.Random) -> bytes:
    return abimer_octets(hasard, CARNET)


def essayer_carnet(contenu: bytes) -> None:
    """Un carnet abîmé est dit tel, ou ses paramètres sont ceux qu'on attend."""

    def essai(chemin: Path) -> None:
        tache = Tache("n", chemin, {"edition": "x"}, chemin.parent)
        for faute in _fautes_de_carnet(Edition(RACINE, EDITION), tache):
            assert faute.trouve.strip()

    _dans_un_fichier(contenu, "n.ipynb", essai)


def tirer_archive(hasard: random.Random) -> tuple[str, bytes]:
    """Un classeur ou un document dont les octets sont abîmés : coupés, changés, répétés."""
    genre = hasard.choice(("xlsx", "docx"))
    abimes = bytearray(archive(genre))
    for _ in range(hasard.choice((1, 1, 2, 8))):
        place = hasard.randrange(len(abimes) + 1)
        match hasard.randrange(4):
            case 0:
                del abimes[place:]
            case 1:
                del abimes[place:place + hasard.randrange(1, 200)]
            case 2:
                abimes[place:place] = abimes[:hasard.randrange(200)]
            case _:
                abimes[place:place + 2] = hasard.randbytes(2)
    return genre, bytes(abimes)


@cache
def archive(genre: str) -> bytes:
    """Les octets d'un classeur ou d'un document sain."""
    return _zipper(_parties(genre))


def essayer_archive(entree: tuple[str, bytes]) -> None:
    """Une archive abîmée est dite telle, ou ce qui s'y lit est entier."""
    genre, contenu = entree
    if genre == "docx":
        return essayer_docx(contenu)

    def essai(chemin: Path) -> None:
        try:
            lu = lire_recu(chemin, Limites())
        except ErreurBilan as erreur:
            return claire(erreur)
        rectangulaires(lu)

    return _dans_un_fichier(contenu, "c.xlsx", essai)


TEXTE = ("# essentiel\n\nUn **mot** : []{.chiffre code=\"I1.resultat\"}.\n\n<!-- note -->\n"
         "# suite-2\n\n- été\n- œuvre\n").encode()


def tirer_texte(hasard: random.Random) -> bytes:
    return abimer_octets(hasard, TEXTE)


def essayer_texte(contenu: bytes) -> None:
    """Un fichier de textes abîmé est dit tel, ou tous ses mots sont dans ses sections."""
    with tempfile.TemporaryDirectory() as dossier:
        edition = Edition(Path(dossier), EDITION)
        chemin = edition.params / "textes" / "a.md"
        chemin.parent.mkdir(parents=True)
        chemin.write_bytes(contenu)
        try:
            textes = lire_textes(edition)
        except ErreurBilan as erreur:
            return claire(erreur)
    perdus = Counter(contenu.decode("utf-8-sig").split())
    for code, texte in textes.items():
        perdus -= Counter(["#", code.removeprefix("a."), *texte.split()])
    # Seul un commentaire peut précéder la première section.
    assert not perdus or contenu.decode("utf-8-sig").lstrip().startswith("<!--")


LECTEURS_DE_FICHIERS = [
    Lecteur("yaml", 12_000, tirer_yaml, essayer_yaml),
    Lecteur("xlsx", 2_000, tirer_xlsx, essayer_xlsx),
    Lecteur("docx", 8_000, tirer_docx, essayer_docx),
    Lecteur("carnet", 4_000, tirer_carnet, essayer_carnet),
    Lecteur("archive", 4_000, tirer_archive, essayer_archive),
    Lecteur("texte", 12_000, tirer_texte, essayer_texte),
]
