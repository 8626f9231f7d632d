"""Marquer des cellules d'un .xlsx sans rien y changer d'autre.

Relire puis réécrire le classeur perdrait ce qu'openpyxl ne connaît pas (listes déroulantes d'Excel
2010, images, graphiques, valeurs calculées). On ne touche donc, dans le zip, qu'au style des
cellules fautives et aux commentaires : toutes les autres pièces gardent leurs octets.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass

from openpyxl.comments.comment_sheet import CommentRecord, CommentSheet
from openpyxl.utils import column_index_from_string, coordinate_to_tuple
from openpyxl.xml.functions import fromstring, tostring

FOND = "FFFFD966"  # jaune : se voit à l'écran et à l'impression en gris
AUTEUR = "bilan importer"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPE_COMMENTAIRES = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
TYPE_VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"
MOTIF = (f'<{{p}}fill><{{p}}patternFill patternType="solid"><{{p}}fgColor rgb="{FOND}"/>'
         '<{p}bgColor indexed="64"/></{p}patternFill></{p}fill>')
# Ce qui, dans une feuille, vient après <legacyDrawing> : l'ordre est imposé.
SUITE = "legacyDrawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst"
VML = ('<xml xmlns:v="urn:schemas-microsoft-com:vml" '
       'xmlns:o="urn:schemas-microsoft-com:office:office" '
       'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
       '<o:idmap v:ext="edit" data="1"/></o:shapelayout><v:shapetype id="_x0000_t202" '
       'coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke '
       'joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>')
BULLE = ('<v:shape id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;'
         'margin-top:2pt;width:260pt;height:80pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" '
         'o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/>'
         '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div '
         'style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note">'
         '<x:MoveWithCells/><x:SizeWithCells/><x:AutoFill>False</x:AutoFill><x:Row>{ligne}</x:Row>'
         '<x:Column>{colonne}</x:Column></x:ClientData></v:shape>')


def marquer(octets: bytes, marques: dict[str, dict[str, str]]) -> bytes:
    """Le classeur, les cellules de `marques` (feuille, adresse, raison) en jaune et commentées."""
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        infos = archive.infolist()
        paquet = _Paquet({i.filename: archive.read(i) for i in infos})
    for feuille, raisons in marques.items():
        paquet.marquer(feuille, raisons)
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as archive:
        connus = {i.filename: i for i in infos}
        for nom, contenu in paquet.pieces.items():
            archive.writestr(connus.get(nom, nom), contenu, zipfile.ZIP_DEFLATED)
    return sortie.getvalue()


@dataclass
class _Paquet:
    """Les pièces du zip."""

    pieces: dict[str, bytes]

    def marquer(self, feuille: str, raisons: dict[str, str]) -> None:
        piece = self._piece(feuille)
        texte = self.pieces[piece].decode("utf-8")
        styles = _Styles(self.pieces[self._styles()].decode("utf-8"))
        for adresse in raisons:
            texte = _colorer(texte, adresse, styles)
        self.pieces[self._styles()] = styles.texte.encode("utf-8")
        liens = self._liens(piece)
        self._commenter(piece, liens, raisons)
        dessin = self._dessiner(piece, liens, raisons)
        if dessin:
            texte = _attacher(texte, dessin)
        self.pieces[piece] = texte.encode("utf-8")

    def _piece(self, feuille: str) -> str:
        """Le nom de la pièce d'une feuille."""
        feuilles = fromstring(self.pieces["xl/workbook.xml"]).findall(".//{*}sheet")
        lien = next(f.get(f"{{{REL}}}id") for f in feuilles if f.get("name") == feuille)
        return self._liens("xl/workbook.xml")[lien][1]

    def _styles(self) -> str:
        return next(cible for genre, cible in self._liens("xl/workbook.xml").values()
                    if genre.endswith("/styles"))

    def _liens(self, piece: str) -> dict[str, tuple[str, str]]:
        """Les liens d'une pièce : identifiant → (genre, pièce visée)."""
        nom = _nom_des_liens(piece)
        if nom not in self.pieces:
            return {}
        dossier = posixpath.dirname(piece)
        return {
            e.get("Id"): (e.get("Type"), posixpath.normpath(
                posixpath.join("/", dossier, e.get("Target"))).lstrip("/"))
            for e in fromstring(self.pieces[nom]).findall("{*}Relationship")
        }

    def _commenter(self, piece: str, liens: dict, raisons: dict[str, str]) -> None:
        """Ajoute les raisons aux commentaires de la feuille, en gardant les siens."""
        nom = next((c for g, c in liens.values() if g.endswith("/comments")), None)
        if nom:
            feuille = CommentSheet.from_tree(fromstring(self.pieces[nom]))
        else:
            nom = self._nouvelle("xl/comments_import{}.xml", TYPE_COMMENTAIRES)
            self._lier(piece, f"{REL}/comments", nom)
            feuille = CommentSheet.from_comments([])
        auteurs = list(feuille.authors.author)
        feuille.authors.author = [*auteurs, AUTEUR]
        commentaires = {c.ref: c for c in feuille.commentList}
        for adresse, raison in raisons.items():
            avant = commentaires.get(adresse)
            note = CommentRecord(ref=adresse, authorId=len(auteurs))
            note.text.t = f"{avant.content}\n{raison}" if avant else raison
            commentaires[adresse] = note
        feuille.commentList = list(commentaires.values())
        self.pieces[nom] = tostring(feuille.to_tree())

    def _dessiner(self, piece: str, liens: dict, raisons: dict[str, str]) -> str | None:
        """Les bulles des commentaires ; rend l'identifiant du lien à attacher s'il est nouveau."""
        nom = next((c for g, c in liens.values() if g.endswith("/vmlDrawing")), None)
        lien = None
        if not nom:
            nom = self._nouvelle("xl/drawings/import{}.vml", TYPE_VML)
            lien = self._lier(piece, f"{REL}/vmlDrawing", nom)
            self.pieces[nom] = VML.encode("utf-8")
        vml = self.pieces[nom].decode("utf-8")
        libre = 1 + max([1025, *map(int, re.findall(r"_x0000_s(\d+)", vml))])
        places = set(zip(re.findall(r"<x:Row>(\d+)</x:Row>", vml),
                         re.findall(r"<x:Column>(\d+)</x:Column>", vml), strict=False))
        bulles = ""
        for rang, adresse in enumerate(raisons):
            ligne, colonne = coordinate_to_tuple(adresse)
            if (str(ligne - 1), str(colonne - 1)) not in places:
                bulles += BULLE.format(id=libre + rang, ligne=ligne - 1, colonne=colonne - 1)
        avant, _, apres = vml.rpartition("</xml>")
        self.pieces[nom] = f"{avant}{bulles}</xml>{apres}".encode()
        return lien

    def _nouvelle(self, gabarit: str, genre: str) -> str:
        """Le nom d'une pièce à créer, déclarée dans les types du paquet."""
        rang = 1
        while gabarit.format(rang) in self.pieces:
            rang += 1
        nom = gabarit.format(rang)
        self.pieces[nom] = b""
        declaration = f'<Override PartName="/{nom}" ContentType="{genre}"/>'.encode()
        types = self.pieces["[Content_Types].xml"]
        self.pieces["[Content_Types].xml"] = types.replace(b"</Types>", declaration + b"</Types>")
        return nom

    def _lier(self, piece: str, genre: str, cible: str) -> str:
        """Ajoute un lien à la pièce ; rend son identifiant."""
        nom = _nom_des_liens(piece)
        vide = f'<Relationships xmlns="{RELS}"></Relationships>'.encode()
        liens = re.sub(rb"(<Relationships[^>]*)/>", rb"\1></Relationships>",
                       self.pieces.get(nom, vide))
        rang = 1
        while f'"rIdImport{rang}"'.encode() in liens:
            rang += 1
        lien = f'<Relationship Id="rIdImport{rang}" Type="{genre}" Target="/{cible}"/>'.encode()
        self.pieces[nom] = liens.replace(b"</Relationships>", lien + b"</Relationships>")
        return f"rIdImport{rang}"


class _Styles:
    """La feuille de styles : chaque style demandé y a un double au fond jaune."""

    def __init__(self, texte: str):
        self.texte = texte
        self.fond: int | None = None
        self.doubles: dict[int, int] = {}

    def jaune(self, style: int) -> int:
        """Le rang du double du style."""
        if self.fond is None:
            self.fond = self._ajouter("fills", "fill", lambda _: MOTIF)
        if style not in self.doubles:
            self.doubles[style] = self._ajouter("cellXfs", "xf", lambda tous: re.sub(
                r"^<((?:\w+:)?xf)\b", rf'<\1 fillId="{self.fond}" applyFill="1"',
                re.sub(r' (?:fillId|applyFill)="[^"]*"', "", tous[style])))
        return self.doubles[style]

    def _ajouter(self, bloc: str, element: str, faire) -> int:
        """Ajoute un élément à la fin du bloc ; rend son rang."""
        lu = re.search(rf"<((?:\w+:)?){bloc}\b[^>]*>(.*?)</\1{bloc}>", self.texte, re.DOTALL)
        prefixe = lu[1]
        tous = re.findall(rf"<{prefixe}{element}\b(?:[^>]*/>|.*?</{prefixe}{element}>)", lu[2],
                          re.DOTALL)
        nouveau = faire(tous).replace("{p}", prefixe)
        debut = re.sub(r'count="\d+"', f'count="{len(tous) + 1}"',
                       self.texte[lu.start():lu.start(2)])
        self.texte = (self.texte[:lu.start()] + debut + lu[2] + nouveau
                      + self.texte[lu.end(2):])
        return len(tous)


def _colorer(texte: str, adresse: str, styles: _Styles) -> str:
    """La feuille, la cellule à `adresse` en jaune ; elle est créée si elle n'existe pas.

    Un logiciel peut omettre les adresses : la note seule marque alors la cellule.
    """
    balise = re.search(rf'<(?:\w+:)?c\b[^>]*\br="{adresse}"[^>]*>', texte)
    if not balise:
        return _inserer(texte, adresse, styles.jaune(0))
    style = re.search(r'\bs="(\d+)"', balise[0])
    jaune = f's="{styles.jaune(int(style[1]) if style else 0)}"'
    nouvelle = (balise[0].replace(style[0], jaune) if style
                else balise[0].replace(f'r="{adresse}"', f'r="{adresse}" {jaune}'))
    return texte[:balise.start()] + nouvelle + texte[balise.end():]


def _inserer(texte: str, adresse: str, style: int) -> str:
    """Ajoute une cellule vide à sa place dans sa ligne."""
    numero, colonne = coordinate_to_tuple(adresse)
    ligne = re.search(rf'<((?:\w+:)?)row\b[^>]*\br="{numero}"[^>]*?(/>|>)', texte)
    if not ligne:
        return texte
    cellule = f'<{ligne[1]}c r="{adresse}" s="{style}"/>'
    if ligne[2] == "/>":
        ouverte = f"{ligne[0][:-2]}>{cellule}</{ligne[1]}row>"
        return texte[:ligne.start()] + ouverte + texte[ligne.end():]
    fin = texte.index(f"</{ligne[1]}row>", ligne.end())
    place = next((ligne.end() + c.start() for c in re.finditer(
        rf'<{ligne[1]}c\b[^>]*\br="([A-Z]+)\d+"', texte[ligne.end():fin])
        if column_index_from_string(c[1]) > colonne), fin)
    return texte[:place] + cellule + texte[place:]


def _attacher(texte: str, lien: str) -> str:
    """Déclare dans la feuille le dessin des commentaires, à la place que l'ordre impose."""
    prefixe = re.search(r"<((?:\w+:)?)worksheet\b", texte)[1]
    debut = texte.index(f"</{prefixe}sheetData>")
    suite = re.compile(rf"<{prefixe}(?:{SUITE})\b|</{prefixe}worksheet>").search(texte, debut)
    dessin = f'<{prefixe}legacyDrawing xmlns:r="{REL}" r:id="{lien}"/>'
    return texte[:suite.start()] + dessin + texte[suite.start():]


def _nom_des_liens(piece: str) -> str:
    dossier, nom = posixpath.split(piece)
    return f"{dossier}/_rels/{nom}.rels"
