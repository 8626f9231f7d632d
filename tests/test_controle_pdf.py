"""Le contrôle des PDF : chaque faute posée exprès dans une fiche est vue."""

import re

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from tests.controle_pdf import _elements, fautes_pdf

pytestmark = pytest.mark.xdist_group("construit")


def element(pdf, role: str):
    return next(e for e in _elements(pdf.Root.StructTreeRoot) if str(e.S) == role)


def peindre(pdf, code: bytes):
    pdf.pages[0].contents_add(pdf.make_stream(code))


def sans_remplacement(pdf):
    del element(pdf, "/Figure")["/Alt"]


def image_hors_balises(pdf):
    image = pdf.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1,
                            ColorSpace=Name.DeviceGray, BitsPerComponent=8)
    pdf.pages[0].add_resource(image, Name.XObject, Name.Nue)
    peindre(pdf, b"q 20 0 0 20 50 50 cm /Nue Do Q")


def titre_saute(pdf):
    element(pdf, "/H2").S = Name.H4


def portee_absente(pdf):
    element(pdf, "/P").S = Name.TH


def langue_absente(pdf):
    del pdf.Root.Lang


def langue_anglaise(pdf):
    pdf.Root.Lang = "en"


def titre_cache(pdf):
    pdf.Root.ViewerPreferences.DisplayDocTitle = False


def titre_absent(pdf):
    with pdf.open_metadata() as metadonnees:
        del metadonnees["dc:title"]


def non_balise(pdf):
    pdf.Root.MarkInfo.Marked = False


def sans_signets(pdf):
    with pdf.open_outline() as plan:
        plan.root.clear()


def signet_faux(pdf):
    with pdf.open_outline() as plan:
        plan.root[0].title = "Autre chose"


def police_absente(pdf):
    for objet in pdf.objects:
        if isinstance(objet, Dictionary) and objet.get("/Type") == "/FontDescriptor":
            for cle in {"/FontFile", "/FontFile2", "/FontFile3"} & set(objet.keys()):
                del objet[cle]


def tabulation(pdf):
    pdf.pages[0].obj.Annots = Array([])
    pdf.pages[0].obj.Tabs = Name.R


FAUTES = {
    sans_remplacement: "figure sans texte de remplacement",
    image_hors_balises: "1 dessins hors des balises",
    titre_saute: "un titre passe du niveau 1 au niveau 4",
    portee_absente: "en-tête de tableau sans portée",
    langue_absente: "la langue n'est pas le français",
    langue_anglaise: "la langue n'est pas le français",
    titre_cache: "la fenêtre ne montre pas le titre",
    titre_absent: "le document n'a pas de titre",
    non_balise: "le document n'est pas balisé",
    sans_signets: "1 chapitres, 0 signets",
    signet_faux: "le signet « Autre chose » n'est pas celui du chapitre « Dunkerque »",
    police_absente: "police non incorporée",
    tabulation: "la tabulation ne suit pas la structure",
}
# Ce que le second outil, de son côté, doit dire aussi.
AUSSI = {sans_remplacement: "PDFUA1-FIGURE", image_hors_balises: "PDFUA1-CONTENT-TAGGING",
         titre_saute: "PDFUA1-HEADING", titre_absent: "PDFUA1-METADATA-TITLE",
         police_absente: "PDFUA1-"}


@pytest.mark.parametrize("poser", FAUTES, ids=lambda f: f.__name__)
def test_faute_posee(sortie, tmp_path, poser):
    """La faute est vue dans la structure, et par le second outil quand sa règle la connaît."""
    copie = tmp_path / "fiche.pdf"
    with pikepdf.open(sortie / "fiches" / "dunkerque.pdf") as pdf:
        poser(pdf)
        pdf.save(copie)
    fautes = fautes_pdf(copie)
    assert any(FAUTES[poser] in f for f in fautes)
    assert any(f.startswith(AUSSI.get(poser, "")) for f in fautes)


def test_longueur_fausse(sortie, tmp_path):
    """Un flux dont la longueur déclarée est fausse est vu, dans les octets mêmes du fichier."""
    octets = (sortie / "fiches" / "dunkerque.pdf").read_bytes()
    fausse = re.sub(rb"/Length (\d)(\d{3})\b", rb"/Length \g<1>001", octets, count=1)
    assert fausse != octets
    copie = tmp_path / "fiche.pdf"
    copie.write_bytes(fausse)
    assert any("stream" in f for f in fautes_pdf(copie))
