"""Un PDF, sous un second outil (`page`, les règles de PDF/UA-1) et dans sa structure (pikepdf).

La conformité PDF/UA-1 exigée de Typst à la composition est ainsi revue par deux lecteurs qui ne
l'ont pas écrit. Ni l'un ni l'autre ne juge le sens : un texte de remplacement vide d'utilité, ou un
ordre de lecture mal choisi, passent.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import page
import pikepdf

# Les opérateurs qui montrent quelque chose : textes, tracés, images, dégradés.
PEINTRES = {"Tj", "TJ", "'", '"', "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "Do", "sh", "EI"}
# PDF/UA-1 et PDF/A-2a, ce que Typst promet.
NORMES = ("ua1", "2a")
# `page` prend un flux qui finit par hasard sur un retour chariot pour un flux trop long : les
# longueurs sont relues par qpdf, qui ne s'y trompe pas.
LAISSEES_A_QPDF = {"PDFA2A-STREAM-LENGTH-001"}
TITRES = ("/H1", "/H2", "/H3", "/H4", "/H5", "/H6")


def fautes_pdf(fichier: Path) -> list[str]:
    """Toutes les fautes d'un PDF ; aucune, et rien ne dit encore qu'il se lit bien."""
    fautes = [f"{f.rule_id} : {f.message}" for norme in NORMES
              for f in page.validate_pdf(fichier, profile=norme).failures
              if f.rule_id not in LAISSEES_A_QPDF]
    with pikepdf.open(fichier) as pdf:
        fautes += pdf.check_pdf_syntax()
        fautes += _document(pdf)
        if "/StructTreeRoot" in pdf.Root:
            fautes += _structure(pdf, list(_elements(pdf.Root.StructTreeRoot)))
        for numero, feuille in enumerate(pdf.pages, start=1):
            fautes += [f"page {numero} : {f}" for f in _contenu(feuille)]
        fautes += _polices(pdf)
    return fautes


def _document(pdf: pikepdf.Pdf) -> list[str]:
    """Ce que le document dit de lui-même."""
    racine = pdf.Root
    with pdf.open_metadata() as metadonnees:
        titre = metadonnees.get("dc:title")
    exigences = {
        "le document n'est pas balisé": "/StructTreeRoot" in racine
        and bool(racine.get("/MarkInfo", {}).get("/Marked")),
        "la langue n'est pas le français": str(racine.get("/Lang", "")).startswith("fr"),
        "le document n'a pas de titre": bool(titre),
        "la fenêtre ne montre pas le titre":
            bool(racine.get("/ViewerPreferences", {}).get("/DisplayDocTitle")),
    }
    return [faute for faute, tenue in exigences.items() if not tenue]


def _elements(noeud: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    """Les éléments de structure, dans l'ordre de lecture."""
    if isinstance(noeud, pikepdf.Array):
        for enfant in noeud:
            yield from _elements(enfant)
    elif isinstance(noeud, pikepdf.Dictionary):
        if "/S" in noeud:
            yield noeud
        if "/K" in noeud:
            yield from _elements(noeud.K)


def _structure(pdf: pikepdf.Pdf, elements: list[pikepdf.Dictionary]) -> list[str]:
    titres = [e for e in elements if str(e.S) in TITRES]
    niveaux = [int(str(e.S)[2]) for e in titres]
    fautes = [f"un titre passe du niveau {a} au niveau {b}"
              for a, b in itertools.pairwise(niveaux) if b > a + 1]
    if niveaux[:1] != [1]:
        fautes.append("le premier titre n'est pas de niveau 1")
    fautes += [f"figure sans texte de remplacement (élément {n})"
               for n, e in enumerate(e for e in elements if str(e.S) == "/Figure")
               if not str(e.get("/Alt", "")).strip()]
    fautes += ["en-tête de tableau sans portée" for e in elements
               if str(e.S) == "/TH" and not _portee(e)]
    return fautes + _signets(pdf, [str(e.get("/T", "")) for e in titres if str(e.S) == "/H1"])


def _portee(en_tete: pikepdf.Dictionary) -> str:
    attributs = en_tete.get("/A", [])
    listes = attributs if isinstance(attributs, pikepdf.Array) else [attributs]
    return next((str(a.Scope) for a in listes if "/Scope" in a), "")


def _signets(pdf: pikepdf.Pdf, chapitres: list[str]) -> list[str]:
    """Chaque chapitre a son signet, à sa place ; le sommaire, qui les liste, n'en a pas."""
    with pdf.open_outline() as plan:
        signets = [s.title for s in plan.root]
    attendus = [c for c in chapitres if c != "Sommaire"]
    if len(signets) != len(attendus):
        return [f"{len(attendus)} chapitres, {len(signets)} signets"]
    return [f"le signet « {s} » n'est pas celui du chapitre « {c} »"
            for s, c in zip(signets, attendus, strict=True) if not s.endswith(c)]


def _contenu(feuille: pikepdf.Page) -> list[str]:
    """Rien n'est peint hors des balises ou du décor déclaré ; aucune balise n'est en l'air."""
    ouvertes: list[str] = []
    hors_balises = 0
    for operandes, operateur in pikepdf.parse_content_stream(feuille):
        nom = str(operateur)
        if nom in ("BDC", "BMC"):
            decor = str(operandes[0]) == "/Artifact"
            repere = nom == "BDC" and "/MCID" in operandes[1]
            ouvertes.append("décor" if decor else "repère" if repere else "")
        elif nom == "EMC":
            ouvertes.pop()
        elif nom in PEINTRES and not any(ouvertes):
            hors_balises += 1
    fautes = [f"{hors_balises} dessins hors des balises"] if hors_balises else []
    if str(feuille.obj.get("/Tabs", "")) != "/S" and "/Annots" in feuille.obj:
        fautes.append("la tabulation ne suit pas la structure")
    return fautes


def _polices(pdf: pikepdf.Pdf) -> list[str]:
    """Les polices dont le dessin n'est pas dans le fichier."""
    polices = [o for o in pdf.objects
               if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"]
    dessins = {"/FontFile", "/FontFile2", "/FontFile3"}
    fautes = [f"police non incorporée : {p.get('/FontName')}"
              for p in polices if not dessins & set(p.keys())]
    return fautes if polices else ["aucune police décrite"]
