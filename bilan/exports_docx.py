"""Le bilan entier en Word : ce que Pandoc écrit, puis ce qu'il ne sait pas dire.

Pandoc compose le document avec les filtres du site et du PDF (report/pandoc/docx.lua). Ce module
y met les images en PNG, les styles de légende et de tableau, les propriétés, et complète chaque
signet d'identité par l'empreinte du texte imprimé : `bilan_<identité>_<empreinte>`.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import pypandoc
from docx import Document
from docx.document import Document as TDocument
from docx.opc.packuri import PackURI
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from lxml.etree import _Element as Element

from bilan import charte, pandoc
from bilan.exports_modele import modele
from bilan.images import en_png
from bilan.projet import Edition
from bilan.reserve import Reserve, cle_de, du_programme, reserve
from bilan.tableur import figer

SIGNET = re.compile(r"bilan_([0-9a-f]{10})(?:_([0-9a-f]{6}))?")
SIGNET_EDITION = re.compile(r"bilan_edition_(\d{4})(?:_(\d{4}))?(?:_([0-9a-f]{6}))?")
CORPS = (None, "BodyText", "FirstParagraph", "Compact")
LEGENDES = {"TableCaption": True, "ImageCaption": False}  # vrai : reste avec ce qui suit


def ecrire(livre: Path, sortie: Path) -> list[dict]:
    """Écrit `sortie` (.docx) et rend tous les tableaux du bilan, comme les lecteurs les voient."""
    contenu = json.loads(livre.read_text("utf-8"))
    edition = Edition(Path(contenu["racine"]), contenu["edition"])
    gardes = reserve(livre.parent)
    with tempfile.TemporaryDirectory() as dossier:
        racine = Path(dossier)
        (racine / "modele.docx").write_bytes(_modele(contenu, edition, gardes))
        pandoc.assembler_docx(livre, racine / "modele.docx", racine)
        brut = (racine / "bilan.docx").read_bytes()
        tableaux = json.loads((racine / "tableaux.json").read_text("utf-8"))
    cle = cle_de("docx", brut, contenu, charte.empreinte_des_fontes(edition), _programme())
    sortie.parent.mkdir(parents=True, exist_ok=True)
    sortie.write_bytes(gardes.octets(cle, lambda: _achever(brut, contenu, edition, gardes)))
    return tableaux


def _programme() -> str:
    return du_programme("python-docx", "lxml", "typst")


def _modele(livre: dict, edition: Edition, gardes: Reserve) -> bytes:
    jetons = charte.lire(edition).model_dump()
    cle = cle_de("modele", livre, jetons, pypandoc.get_pandoc_version(), _programme())
    return gardes.octets(cle, lambda: figer(modele(livre, jetons)))


def _achever(brut: bytes, livre: dict, edition: Edition, gardes: Reserve) -> bytes:
    document = Document(io.BytesIO(brut))
    _proprietes(document, livre)
    _images(document, edition, gardes)
    for tableau in document.element.body.iter(qn("w:tbl")):
        _regler_tableau(tableau, document)
    for paragraphe in document.element.body.iter(qn("w:p")):
        _regler_paragraphe(paragraphe)
    _rentrer_les_signets(document.element.body)
    _dater_les_signets(document.element.body)
    acheve = io.BytesIO()
    document.save(acheve)
    return figer(acheve.getvalue())


def _proprietes(document: TDocument, livre: dict) -> None:
    jour = datetime.combine(date.fromisoformat(livre["date"]), time())
    proprietes = document.core_properties
    proprietes.title = livre["titre"]
    proprietes.subject = livre["sous_titre"] or ""
    proprietes.author = ", ".join(livre["auteurs"])
    proprietes.last_modified_by = "bilan"
    proprietes.category = f"Édition {livre['edition']}"
    proprietes.language = "fr-FR"
    proprietes.created = proprietes.modified = jour
    langue = document.settings.element.find(qn("w:themeFontLang"))
    if langue is not None:
        langue.set(qn("w:val"), "fr-FR")


def _images(document: TDocument, edition: Edition, gardes: Reserve) -> None:
    """Chaque SVG devient un PNG : toutes les versions de Word et de LibreOffice le montrent."""
    parties = {r.rId: r.target_part for r in document.part.rels.values()
               if not r.is_external and r.target_part.content_type == "image/svg+xml"}
    svg = {Path(p.partname).name: p for p in parties.values()}
    faits = en_png({nom: partie.blob for nom, partie in svg.items()}, edition, gardes)
    for nom, partie in svg.items():
        partie._blob = faits[nom]
        partie._content_type = "image/png"
        partie.partname = PackURI(str(partie.partname).removesuffix(".svg") + ".png")
    for rang, dessin in enumerate(document.element.body.iter(qn("w:drawing")), start=1):
        for element in dessin.iter(qn("wp:docPr"), qn("pic:cNvPr")):
            element.set("id", str(rang))
            element.set("name", f"Image {rang}")
        # Pandoc y laisse le chemin du fichier, qui n'est qu'à cette machine.
        dessin.find(f".//{qn('pic:cNvPr')}").attrib.pop("descr", None)
        lien = dessin.find(f".//{qn('a:blip')}")
        for vectoriel in lien.iterfind(".//{*}svgBlip"):
            lien.set(qn("r:embed"), vectoriel.get(qn("r:embed")))
        for extension in list(lien):
            lien.remove(extension)


def _regler_tableau(tableau: Element, document: TDocument) -> None:
    """Un style pour le texte, de l'air au-dessous ; une ligne ne se coupe pas entre deux pages."""
    texte = document.styles["Texte de tableau"].style_id
    for style in tableau.iter(qn("w:pStyle")):
        if style.get(qn("w:val")) == "Compact":
            style.set(qn("w:val"), texte)
    for ligne in tableau.iter(qn("w:tr")):
        entiere = OxmlElement("w:cantSplit")
        ligne.get_or_add_trPr().insert(0, entiere)
    suivant = next(tableau.itersiblings(qn("w:p"), qn("w:tbl")), None)
    if suivant is not None and suivant.tag == qn("w:p") and suivant.style in CORPS:
        suivant.get_or_add_pPr().spacing_before = Pt(9)


def _regler_paragraphe(paragraphe: Element) -> None:
    """Les légendes dans le style de Word ; un titre de partie précède son chapitre sur la page."""
    style = paragraphe.style
    if style in LEGENDES:
        paragraphe.style = "Caption"
        paragraphe.pPr.get_or_add_keepNext().val = LEGENDES[style]
    if style == "Heading1":
        precedent = next(paragraphe.itersiblings(qn("w:p"), preceding=True), None)
        if precedent is not None and precedent.style == "Partie":
            paragraphe.pPr.get_or_add_pageBreakBefore().val = False


def _dater_les_signets(corps: Element) -> None:
    """Complète chaque signet par l'empreinte du texte qu'on envoie.

    Celui de l'édition l'est par celle de leur ensemble : elle dira si un paragraphe a disparu.
    """
    envoyes = list(signets(corps))
    ensemble = empreinte(" ".join(s.get(qn("w:name")) for s, _ in envoyes))
    for signet, lu in envoyes:
        signet.set(qn("w:name"), f"{signet.get(qn('w:name'))}_{empreinte(lu)}")
    for signet in corps.iter(qn("w:bookmarkStart")):
        if SIGNET_EDITION.fullmatch(signet.get(qn("w:name"))):
            signet.set(qn("w:name"), f"{signet.get(qn('w:name'))}_{ensemble}")


def _rentrer_les_signets(corps: Element) -> None:
    """Le signet d'un tableau, d'une figure, se met dans leur premier paragraphe.

    Entre deux paragraphes, LibreOffice le perdrait.
    """
    fins = {f.get(qn("w:id")): f for f in corps.iter(qn("w:bookmarkEnd"))}
    for signet in list(corps.iter(qn("w:bookmarkStart"))):
        if signet.getparent().tag == qn("w:p") or not SIGNET.fullmatch(signet.get(qn("w:name"))):
            continue
        premier = next(p for s in signet.itersiblings() for p in s.iter(qn("w:p")))
        premier.insert(0 if premier.pPr is None else 1, signet)
        premier.append(fins[signet.get(qn("w:id"))])


def signets(corps: Element) -> Iterator[tuple[Element, str]]:
    """Chaque signet d'identité et son texte : jusqu'au suivant, dans l'ordre du document."""
    suite: list[tuple[Element, list[str]]] = []
    for element in corps.iter(qn("w:bookmarkStart"), qn("w:t"), qn("w:p")):
        if element.tag == qn("w:bookmarkStart"):
            if SIGNET.fullmatch(element.get(qn("w:name"), "")):
                suite.append((element, []))
        elif suite:
            suite[-1][1].append(" " if element.tag == qn("w:p") else element.text or "")
    return ((signet, "".join(morceaux)) for signet, morceaux in suite)


def empreinte(texte: str) -> str:
    """L'empreinte d'un texte imprimé, où tous les blancs se valent."""
    return hashlib.sha256(" ".join(texte.split()).encode()).hexdigest()[:6]
