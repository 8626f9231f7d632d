"""Le modèle Word du bilan : celui de Pandoc, dont les styles viennent des jetons.

Il est refait à chaque construction : aucun fichier binaire n'est gardé dans le projet.
"""

from __future__ import annotations

import io
import subprocess

import pypandoc
from docx import Document
from docx.document import Document as TDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import BaseStyle, ParagraphStyle

LARGEUR = 170  # du texte, en mm : une page A4 moins ses marges
# Là où une police du projet n'est pas installée, Word en prend une semblable.
RECHANGE = {"texte": "Calibri", "titres": "Cambria"}
# Nom anglais d'un style de Word : police, corps (pt), couleur, gras, avant, après (pt).
STYLES = {
    "Normal": ("texte", 10.5, "encre", False, 0, 6),
    "Body Text": ("texte", 10.5, "encre", False, 0, 6),
    "First Paragraph": ("texte", 10.5, "encre", False, 0, 6),
    "Compact": ("texte", 10.5, "encre", False, 0, 3),
    "Title": ("titres", 30, "primaire", True, 150, 12),
    "Subtitle": ("titres", 15, "encre_douce", False, 0, 24),
    "Author": ("texte", 12, "encre", True, 0, 4),
    "Date": ("texte", 12, "encre_douce", False, 0, 24),
    "TOC Heading": ("titres", 22, "primaire", True, 0, 12),
    "Heading 1": ("titres", 22, "primaire", True, 0, 12),
    "Heading 2": ("titres", 15, "primaire", True, 18, 6),
    "Heading 3": ("titres", 12, "encre", True, 14, 4),
    "Heading 4": ("titres", 10.5, "encre_douce", True, 12, 3),
    "Caption": ("texte", 9.5, "encre", False, 10, 4),
    "Table Caption": ("texte", 9.5, "encre", False, 10, 4),
    "Image Caption": ("texte", 9.5, "encre", False, 4, 12),
    "Captioned Figure": ("texte", 10.5, "encre", False, 10, 0),
    "Definition Term": ("texte", 10.5, "primaire", True, 6, 0),
    "Definition": ("texte", 10.5, "encre", False, 0, 4),
    "Footnote Text": ("texte", 8.5, "encre_douce", False, 0, 2),
    "Block Text": ("texte", 10.5, "encre_douce", False, 4, 8),
}
PROPRES = {  # les styles que Word n'a pas : fond, filet à gauche en plus
    "Partie": ("titres", 14, "accent", True, 0, 6, None, None),
    "Mention": ("texte", 9.5, "encre", False, 0, 12, None, "accent"),
    "Avertissement": ("texte", 12, "accent", True, 0, 12, None, "accent"),
    "Titre d’encadré": ("texte", 10.5, "bleu", True, 8, 0, "papier", "bleu"),
    "Encadré": ("texte", 10.5, "encre", False, 0, 6, "papier", "bleu"),
    "Titre d’essentiel": ("titres", 13, "primaire", True, 8, 0, "primaire_clair", "primaire"),
    "Essentiel": ("texte", 10.5, "encre", False, 0, 6, "primaire_clair", "primaire"),
    "Chiffre clé": ("texte", 10, "encre_douce", False, 4, 6, None, "accent"),
    "Texte de tableau": ("texte", 8.5, "encre", False, 1, 1, None, None),
    "toc 1": ("texte", 10.5, "primaire", True, 3, 0, None, None),
    "toc 2": ("texte", 9.5, "encre", False, 0, 0, None, None),
}
SUIVENT = ("Table Caption", "Captioned Figure", "Titre d’encadré", "Titre d’essentiel", "Partie",
           "Definition Term")
CARACTERES = {"Chiffre": None, "Grand chiffre": ("titres", 20, "accent")}
CODE = "Consolas"


def modele(livre: dict, jetons: dict) -> bytes:
    """Le modèle : styles, page A4, pied de page au nom du bilan (`livre`), langue française."""
    document = Document(io.BytesIO(_de_pandoc()))
    for nom, forme in STYLES.items():
        _habiller(_style(document, nom), jetons, *forme)
    for nom, (*forme, fond, filet) in PROPRES.items():
        style = _style(document, nom)
        style.base_style = document.styles["Normal"]
        _habiller(style, jetons, *forme)
        _encadrer(style, jetons, fond, filet)
    _styles_de_caracteres(document, jetons)
    _enchainer(document)
    _style_de_tableau(document, jetons)
    _mettre_en_page(document, livre, jetons)
    _polices_de_rechange(document, jetons)
    sortie = io.BytesIO()
    document.save(sortie)
    return sortie.getvalue()


def _de_pandoc() -> bytes:
    commande = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    return subprocess.run(commande, capture_output=True, check=True).stdout


def _style(document: TDocument, nom: str) -> ParagraphStyle:
    presents = {s.name.casefold(): s for s in document.styles}
    present = presents.get(nom.casefold())
    return present or document.styles.add_style(nom, WD_STYLE_TYPE.PARAGRAPH)


def _habiller(
    style: BaseStyle, jetons: dict, police: str, corps: float, couleur: str, gras: bool,
    avant: float, apres: float,
) -> None:
    """Police, corps, couleur et blancs ; ce que disait le modèle de Pandoc est oublié."""
    for genre in ("w:pPr", "w:rPr"):
        for ancien in style.element.findall(qn(genre)):
            for element in list(ancien):
                if element.tag not in (qn("w:outlineLvl"), qn("w:numPr")):
                    ancien.remove(element)
    _police(style, jetons, police, corps, couleur)
    style.font.bold = gras
    forme = style.paragraph_format
    forme.space_before, forme.space_after = Pt(avant), Pt(apres)
    forme.line_spacing = 1.15 if police == "texte" else 1.05
    forme.widow_control = True


def _police(style: BaseStyle, jetons: dict, police: str, corps: float, couleur: str) -> None:
    nom = jetons["polices"][police]
    style.font.name, style.font.size = nom, Pt(corps)
    style.font.color.rgb = RGBColor.from_string(jetons["couleurs"][couleur][1:].upper())
    polices = style.element.rPr.rFonts
    for genre in ("w:hAnsi", "w:cs", "w:eastAsia"):
        polices.set(qn(genre), nom)


def _encadrer(style: ParagraphStyle, jetons: dict, fond: str | None, filet: str | None) -> None:
    """Le fond et le filet de gauche d'un paragraphe, dans l'ordre que veut le format."""
    proprietes = style.element.get_or_add_pPr()
    if filet:
        style.paragraph_format.left_indent = Mm(4)
        style.paragraph_format.right_indent = Mm(2)
        teinte = jetons["couleurs"][filet][1:]
        proprietes.insert_element_before(parse_xml(
            f'<w:pBdr {nsdecls("w")}><w:left w:val="single" w:sz="18" w:space="8" '
            f'w:color="{teinte}"/></w:pBdr>'), "w:shd", "w:spacing", "w:ind")
    if fond:
        teinte = jetons["couleurs"][fond][1:]
        proprietes.insert_element_before(parse_xml(
            f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{teinte}"/>'),
            "w:spacing", "w:ind")


def _styles_de_caracteres(document: TDocument, jetons: dict) -> None:
    for nom, forme in CARACTERES.items():
        style = document.styles.add_style(nom, WD_STYLE_TYPE.CHARACTER)
        if forme:
            _police(style, jetons, *forme)
            style.font.bold = True
    code = document.styles["Verbatim Char"]
    code.font.name, code.font.size = CODE, Pt(8)
    lien = document.styles["Hyperlink"]
    lien.font.color.rgb = RGBColor.from_string(jetons["couleurs"]["bleu"][1:].upper())
    lien.font.underline = True


def _enchainer(document: TDocument) -> None:
    """Ce qui commence une page, ce qui reste avec la suite, ce qui rentre dans la marge."""
    for nom in (*SUIVENT, *(f"Heading {n}" for n in range(1, 5))):
        _style(document, nom).paragraph_format.keep_with_next = True
    for nom in ("Heading 1", "Partie", "TOC Heading"):
        _style(document, nom).paragraph_format.page_break_before = True
    for nom, retrait in (("Definition", 6), ("toc 2", 6), ("Block Text", 6)):
        _style(document, nom).paragraph_format.left_indent = Mm(retrait)
    for nom in ("Table Caption", "Image Caption"):
        _style(document, nom).base_style = _style(document, "Caption")


def _style_de_tableau(document: TDocument, jetons: dict) -> None:
    """Peu de filets : un sous chaque ligne, l'en-tête sur un fond clair."""
    couleurs = {nom: code[1:] for nom, code in jetons["couleurs"].items()}
    element = document.styles["Table"].element
    for ancien in [*element.findall(qn("w:tblPr")), *element.findall(qn("w:tblStylePr"))]:
        element.remove(ancien)
    filet = '<w:{} w:val="single" w:sz="{}" w:space="0" w:color="{}"/>'.format
    primaire, fin = couleurs["primaire"], couleurs["filet"]
    element.append(parse_xml(
        f'<w:tblPr {nsdecls("w")}><w:tblBorders>{filet("top", 8, primaire)}'
        f'{filet("bottom", 6, primaire)}{filet("insideH", 4, fin)}</w:tblBorders>'
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        "</w:tblCellMar></w:tblPr>"))
    element.append(parse_xml(
        f'<w:tblStylePr {nsdecls("w")} w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>'
        f'{filet("bottom", 6, primaire)}</w:tcBorders><w:shd w:val="clear" w:color="auto" '
        f'w:fill="{couleurs["primaire_clair"]}"/></w:tcPr></w:tblStylePr>'))


def _mettre_en_page(document: TDocument, livre: dict, jetons: dict) -> None:
    """A4, et un pied : le bilan, l'édition, le numéro de la page (sauf sur la première)."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm((210 - LARGEUR) / 2)
    section.top_margin, section.bottom_margin = Mm(22), Mm(22)
    section.footer_distance = Mm(11)
    section.different_first_page_header_footer = True
    section.footer.is_linked_to_previous = False
    section.first_page_footer.is_linked_to_previous = False
    pied = section.footer.paragraphs[0]
    style = _style(document, "Footer")
    _habiller(style, jetons, "texte", 8.5, "encre_douce", False, 0, 0)
    pied.style = style
    pied.paragraph_format.tab_stops.add_tab_stop(Mm(LARGEUR), WD_TAB_ALIGNMENT.RIGHT)
    suite = "".join(f" · {dit}" for dit in
                    (livre["avertissement"], "PROJET" if livre.get("relecture") else None) if dit)
    pied.add_run(f"{livre['titre']}, édition {livre['edition']}{suite}\tPage\u00a0")
    champ = OxmlElement("w:fldSimple")
    champ.set(qn("w:instr"), "PAGE")
    champ.append(parse_xml(f'<w:r {nsdecls("w")}><w:t>1</w:t></w:r>'))
    pied._p.append(champ)


def _polices_de_rechange(document: TDocument, jetons: dict) -> None:
    """Dit à Word par quoi remplacer une police absente (fontTable.xml)."""
    partie = next(p for p in document.part.package.iter_parts()
                  if str(p.partname) == "/word/fontTable.xml")
    entrees = "".join(
        f'<w:font w:name="{jetons["polices"][genre]}"><w:altName w:val="{autre}"/></w:font>'
        for genre, autre in RECHANGE.items())
    partie._blob = partie.blob.replace(b"</w:fonts>", entrees.encode() + b"</w:fonts>")
