"""Les mêmes tableaux en un classeur OpenDocument, disposé comme celui d'Excel.

Le format est un zip de quelques fichiers XML : ils s'écrivent ici sans autre outil que lxml, et les
tests les font relire par LibreOffice.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence

from lxml import etree
from lxml.builder import ElementMaker

from bilan.exports_recueil import (
    DES_NOTES,
    DU_SOMMAIRE,
    LARGEUR_MAX,
    NOTES,
    SOMMAIRE,
    VERS_NOTES,
    VERS_SOMMAIRE,
    Recueil,
    est_nombre,
    largeurs_de,
)
from bilan.exports_tables import LIBRE, Champ
from bilan.tableur import EPOQUE

TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
NS = {
    "office": f"{ODF}office:1.0", "table": f"{ODF}table:1.0", "text": f"{ODF}text:1.0",
    "style": f"{ODF}style:1.0", "number": f"{ODF}datastyle:1.0", "meta": f"{ODF}meta:1.0",
    "manifest": f"{ODF}manifest:1.0", "fo": f"{ODF}xsl-fo-compatible:1.0",
    "xlink": "http://www.w3.org/1999/xlink", "dc": "http://purl.org/dc/elements/1.1/",
}
E = {prefixe: ElementMaker(namespace=uri, nsmap=NS) for prefixe, uri in NS.items()}
DECIMALES = range(4)  # un format par nombre de décimales imprimées
SIGNE = 0.2  # la largeur d'un signe, en cm


def classeur(recueil: Recueil) -> bytes:
    """Le fichier .ods, le même à l'octet près pour le même recueil."""
    fichiers = {
        "content.xml": _racine("content", _styles(), _corps(recueil)),
        "styles.xml": _racine("styles", _langue(), *_page()),
        "meta.xml": _racine("meta", _meta(recueil)),
    }
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w") as archive:
        # Le type vient en premier et sans compression : c'est à lui qu'on reconnaît le format.
        archive.writestr(zipfile.ZipInfo("mimetype", EPOQUE), TYPE)
        fichiers["META-INF/manifest.xml"] = _manifeste(fichiers)
        for nom, racine in fichiers.items():
            entree = zipfile.ZipInfo(nom, EPOQUE)
            entree.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(
                entree, etree.tostring(racine, xml_declaration=True, encoding="UTF-8"))
    return sortie.getvalue()


def _a(**attributs: str) -> dict[str, str]:
    """Les attributs, `table_name` pour `table:name`."""
    noms = ((cle.partition("_"), valeur) for cle, valeur in attributs.items())
    return {f"{{{NS[espace]}}}{nom.replace('_', '-')}": v for (espace, _, nom), v in noms}


def _racine(genre: str, *parties: etree._Element) -> etree._Element:
    return E["office"](f"document-{genre}", _a(office_version="1.3"), *parties)


def _manifeste(fichiers: Iterable[str]) -> etree._Element:
    entrees = {"/": TYPE} | dict.fromkeys(fichiers, "text/xml")
    return E["manifest"]("manifest", _a(manifest_version="1.3"), *(
        E["manifest"]("file-entry", _a(manifest_full_path=nom, manifest_media_type=genre))
        for nom, genre in entrees.items()))


def _meta(recueil: Recueil) -> etree._Element:
    jour = f"{recueil.date.isoformat()}T00:00:00"
    return E["office"](
        "meta", E["meta"]("generator", "bilan"), E["dc"]("title", recueil.intitule),
        E["meta"]("initial-creator", recueil.auteurs), E["dc"]("creator", recueil.auteurs),
        E["meta"]("creation-date", jour), E["dc"]("date", jour), E["dc"]("language", "fr-FR"))


def _langue() -> etree._Element:
    return E["office"]("styles", E["style"](
        "default-style", _a(style_family="table-cell"),
        E["style"]("text-properties", _a(fo_language="fr", fo_country="FR", fo_font_size="10pt"))))


def _page() -> list[etree._Element]:
    """Une page A4 couchée, où chaque feuille tient en largeur."""
    s = E["style"]
    proprietes = _a(style_print_orientation="landscape", fo_page_width="29.7cm",
                    fo_page_height="21cm")
    proprietes |= {f"{{{NS['style']}}}scale-to-X": "1", f"{{{NS['style']}}}scale-to-Y": "0"}
    return [
        E["office"]("automatic-styles", s("page-layout", _a(style_name="a4"),
                                          s("page-layout-properties", proprietes))),
        E["office"]("master-styles", s("master-page", _a(
            style_name="page", style_page_layout_name="a4"))),
    ]


def _styles() -> etree._Element:
    styles = [
        E["style"]("style", _a(style_name="feuille", style_family="table",
                               style_master_page_name="page")),
        *(E["style"]("style", _a(style_name=_colonne(n), style_family="table-column"), E["style"](
            "table-column-properties", _a(style_column_width=f"{n * SIGNE:.1f}cm")))
          for n in range(LARGEUR_MAX + 1)),
        _style_de_cellule("titre", E["style"](
            "text-properties", _a(fo_font_weight="bold", fo_font_size="14pt"))),
        _style_de_cellule("entete", E["style"](
            "table-cell-properties", _a(fo_wrap_option="wrap")),
            E["style"]("text-properties", _a(fo_font_weight="bold"))),
        _style_de_cellule("texte", E["style"](
            "table-cell-properties", _a(fo_wrap_option="wrap", style_vertical_align="top"))),
    ]
    for n in DECIMALES:
        styles.append(E["number"]("number-style", _a(style_name=f"N{n}"), E["number"](
            "number", _a(number_decimal_places=str(n), number_min_decimal_places=str(n),
                         number_min_integer_digits="1", number_grouping="true"))))
        style = _style_de_cellule(f"nombre{n}")
        style.attrib.update(_a(style_data_style_name=f"N{n}"))
        styles.append(style)
    return E["office"]("automatic-styles", *styles)


def _style_de_cellule(nom: str, *proprietes: etree._Element) -> etree._Element:
    return E["style"]("style", _a(style_name=nom, style_family="table-cell"), *proprietes)


def _colonne(signes: int) -> str:
    return f"colonne{signes}"


def _corps(recueil: Recueil) -> etree._Element:
    onglets = recueil.onglets
    sommaire = [(onglets[t.nom], t.titre) for t in recueil.tables]
    retour = (VERS_SOMMAIRE, SOMMAIRE)
    feuilles = [
        _feuille(SOMMAIRE, recueil.intitule, [], (VERS_NOTES, NOTES), DU_SOMMAIRE, sommaire),
        _feuille(NOTES, NOTES, [], retour, DES_NOTES, recueil.notes),
        *(_feuille(onglets[t.nom], t.titre, t.notes, retour, t.champs, t.lignes)
          for t in recueil.tables),
    ]
    plages = E["table"]("database-ranges", *(
        _plage(f"t_{rang}", onglets[t.nom], len(t.notes) + 3, len(t.champs), len(t.lignes))
        for rang, t in enumerate(recueil.tables, start=1)))
    return E["office"]("body", E["office"]("spreadsheet", *feuilles, plages))


def _feuille(
    nom: str, titre: str, notes: list[str], lien: tuple[str, str], champs: list[Champ],
    lignes: Sequence,
) -> etree._Element:
    """Le titre, les notes, un lien, la ligne de titres (répétée à l'impression), les autres."""
    t = E["table"]
    return t(
        "table", _a(table_name=nom, table_style_name="feuille"),
        *(t("table-column", _a(table_style_name=_colonne(n))) for n in largeurs_de(champs, lignes)),
        t("table-row", _cellule(titre, style="titre")),
        *(t("table-row", _cellule(note, style="")) for note in notes),
        t("table-row", _lien(*lien)),
        t("table-header-rows",
          t("table-row", *(_cellule(c.titre, style="entete") for c in champs))),
        *(t("table-row", *_cellules(ligne, champs, liens=nom == SOMMAIRE)) for ligne in lignes),
    )


def _cellules(
    ligne: Sequence, champs: list[Champ], *, liens: bool
) -> Iterator[etree._Element]:
    """Les cellules d'une ligne ; dans le sommaire, la première mène à sa feuille."""
    for rang, (valeur, champ) in enumerate(zip(ligne, champs, strict=True)):
        yield _lien(valeur, valeur, "texte") if liens and rang == 0 else _cellule(valeur, champ)


def _cellule(
    valeur: str | float, champ: Champ | None = None, style: str = "texte"
) -> etree._Element:
    """Un nombre garde sa valeur entière ; un texte, même « =1+1 », reste un texte."""
    if est_nombre(valeur):
        attributs = _a(office_value_type="float", office_value=repr(valeur))
        if champ and champ.decimales not in (None, LIBRE):
            attributs |= _a(table_style_name=f"nombre{champ.decimales}")
        return E["table"]("table-cell", attributs)
    attributs = _a(office_value_type="string") | (_a(table_style_name=style) if style else {})
    return E["table"]("table-cell", attributs, E["text"]("p", valeur))


def _lien(texte: str, onglet: str, style: str = "") -> etree._Element:
    attributs = _a(office_value_type="string") | (_a(table_style_name=style) if style else {})
    return E["table"]("table-cell", attributs, E["text"]("p", E["text"](
        "a", _a(xlink_href=f"#'{onglet}'.A1", xlink_type="simple"), texte)))


def _plage(nom: str, onglet: str, entete: int, colonnes: int, lignes: int) -> etree._Element:
    derniere = ""
    while colonnes:
        colonnes, rang = divmod(colonnes - 1, 26)
        derniere = chr(65 + rang) + derniere
    adresse = f"'{onglet}'.A{entete}:'{onglet}'.{derniere}{entete + lignes}"
    return E["table"]("database-range", _a(
        table_name=nom, table_target_range_address=adresse, table_contains_header="true"))
