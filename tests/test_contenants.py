"""Le test du test du canari : un marqueur posé dans un contenant y est trouvé."""

import base64
import gzip
import io
import json
import zipfile
import zlib

import docx
import openpyxl
import pikepdf
import pytest
import typst

from tests.contenants import PNG, fichiers_qui_portent, porte

MARQUEUR = "zqcanari"


def en_zip(**parties: bytes) -> bytes:
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, octets in parties.items():
            archive.writestr(nom, octets)
    return sortie.getvalue()


def en_png(genre: bytes, donnees: bytes) -> bytes:
    corps = genre + donnees
    return (PNG + len(donnees).to_bytes(4, "big") + corps + zlib.crc32(corps).to_bytes(4, "big"))


def en_docx(mot: str) -> bytes:
    document, sortie = docx.Document(), io.BytesIO()
    document.core_properties.comments = mot
    document.save(sortie)
    return sortie.getvalue()


def en_xlsx(mot: str) -> bytes:
    livre, sortie = openpyxl.Workbook(), io.BytesIO()
    livre.active["A1"] = mot
    livre.save(sortie)
    return sortie.getvalue()


def en_pdf(source: str) -> bytes:
    return typst.compile(source.encode())


def pdf_modifie(modifier) -> bytes:
    sortie = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        modifier(pdf)
        pdf.save(sortie, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return sortie.getvalue()


def joindre(pdf: pikepdf.Pdf, mot: str) -> None:
    pdf.attachments["piece.txt"] = pikepdf.AttachedFileSpec(pdf, mot.encode())


def titrer(pdf: pikepdf.Pdf, mot: str) -> None:
    pdf.docinfo["/Subject"] = mot


def noter(pdf: pikepdf.Pdf, mot: str) -> None:
    """Un texte de remplacement, dans l'arbre des balises."""
    pdf.Root.Note = pdf.make_indirect(pikepdf.Dictionary(Alt=pikepdf.String(f"é {mot}")))


CONTENANTS = {
    "texte": lambda m: f"un {m} ici".encode(),
    "casse": lambda m: m.upper().encode(),
    "utf-16": lambda m: f"é {m}".encode("utf-16"),
    "entités HTML": lambda m: "".join(f"&#{ord(c)};" for c in m).encode(),
    "adresse": lambda m: "".join(f"%{ord(c):02x}" for c in m).encode(),
    "échappements JSON": lambda m: "".join(f"\\u{ord(c):04x}" for c in m).encode(),
    "carnet": lambda m: json.dumps({"outputs": [{"text": [f"é {m}"]}]}).encode(),
    "base64": lambda m: b"src='data:x;base64," + base64.b64encode(f"autour {m}".encode()) + b"'",
    "PNG en base64": lambda m: b'"image/png": "' + base64.b64encode(
        en_png(b"tEXt", f"Comment\0{m}".encode())) + b'"',
    "gzip": lambda m: gzip.compress(m.encode()),
    "zip": lambda m: en_zip(a=b"", b=m.encode()),
    "nom dans un zip": lambda m: en_zip(**{f"{m}.txt": b""}),
    "zip dans un zip": lambda m: en_zip(a=en_zip(b=m.encode())),
    "propriétés de Word": en_docx,
    "cellule d'Excel": en_xlsx,
    "tEXt": lambda m: en_png(b"tEXt", f"Titre\0{m}".encode()),
    "zTXt": lambda m: en_png(b"zTXt", b"Titre\0\0" + zlib.compress(m.encode())),
    "iTXt": lambda m: en_png(b"iTXt", b"Titre\0\x01\0fr\0\0" + zlib.compress(m.encode())),
    "texte d'un PDF": lambda m: en_pdf(f"Un mot : {m}."),
    "mot coupé d'un PDF": lambda m: en_pdf(f"#box(width: 1cm)[{m[:4]}-?{m[4:]}]"),
    "titre d'un PDF": lambda m: en_pdf(f'#set document(title: "{m}")\nRien.'),
    "sujet d'un PDF": lambda m: pdf_modifie(lambda pdf: titrer(pdf, m)),
    "pièce jointe d'un PDF": lambda m: pdf_modifie(lambda pdf: joindre(pdf, m)),
    "balise d'un PDF": lambda m: pdf_modifie(lambda pdf: noter(pdf, m)),
    "PDF dans un zip": lambda m: en_zip(a=en_pdf(f"Un mot : {m}.")),
}


@pytest.mark.parametrize("faire", CONTENANTS.values(), ids=CONTENANTS.keys())
def test_un_marqueur_pose_est_trouve(faire):
    """Et un contenant où il n'est pas n'est pas accusé."""
    assert porte(faire(MARQUEUR), MARQUEUR)
    assert not porte(faire("zqpinson"), MARQUEUR)


def test_un_marqueur_dans_un_nom_de_fichier_est_trouve(tmp_path):
    (tmp_path / f"{MARQUEUR}.csv").write_bytes(b"")
    (tmp_path / "sain.csv").write_bytes(b"rien")
    assert fichiers_qui_portent(tmp_path, MARQUEUR) == [f"{MARQUEUR}.csv"]
