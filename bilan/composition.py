"""La composition en PDF par Typst, dans un processus à part : `python -m bilan.composition`.

Typst garde en mémoire tout ce qu'il a composé ; un processus qui s'arrête la rend. Celui-ci reçoit
sur son entrée une `Demande`, en JSON, et écrit un NOM.pdf à côté de chaque NOM.typ demandé. Une
faute de Typst va sur la sortie d'erreur, et le statut est 1.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import typst

# PDF accessible (UA-1) et d'archive (A-2a) : Typst refuse une figure sans texte de remplacement.
NORMES = ["ua-1", "a-2a"]
# Une dernière page remplie en deçà de cette part de sa hauteur est presque vide.
FIN_COURTE = 0.4
# Le fichier où le gabarit lit de combien resserrer chaque chapitre, et les signes sans dessin.
REGLAGES = "reglages.json"


@dataclass(frozen=True)
class Demande:
    """Des documents à composer, par leur nom, dans le dossier qui leur sert de racine.

    `date` : ISO, avec son fuseau ; `polices` : des dossiers ; `absents` : les signes qu'aucune ne
    dessine, en une expression régulière.
    """

    racine: str
    documents: list[str]
    date: str
    polices: list[str]
    absents: str

    def en_json(self) -> str:
        return json.dumps(asdict(self))


def composer(demande: Demande) -> None:
    """Écrit les PDF. Lève `RuntimeError`, de Typst, si l'un d'eux ne peut pas être composé."""
    fontes = typst.Fonts(include_system_fonts=False, font_paths=demande.polices)
    for nom in demande.documents:
        source = Path(demande.racine) / f"{nom}.typ"
        source.with_suffix(".pdf").write_bytes(_composer(source, demande, fontes))


def _composer(source: Path, demande: Demande, fontes: typst.Fonts) -> bytes:
    """Un seul compilateur, où seul change le fichier des réglages : un essai sert au suivant.

    Une seule entrée : Typst range les siennes au hasard, et deux ordres n'ont rien en commun.
    """
    compilateur = typst.Compiler(source, source.parent, font_paths=fontes,
                                 sys_inputs={"reglages": f"/{REGLAGES}"})
    _equilibrer(compilateur, source.parent / REGLAGES, demande.absents)
    return compilateur.compile(format="pdf", pdf_standards=NORMES,
                               timestamp=datetime.fromisoformat(demande.date))


def _equilibrer(compilateur: typst.Compiler, fichier: Path, absents: str) -> None:
    """Resserre cran par cran les chapitres qui finiraient sur une page presque vide."""

    def regler(crans: dict[str, int]) -> None:
        fichier.write_text(json.dumps({"crans": crans, "absents": absents}), "utf-8")

    crans: dict[str, int] = {}
    regler(crans)
    courts = _chapitres_a_fin_courte(compilateur)
    for cran in (1, 2, 3):
        if not courts:
            return
        crans |= dict.fromkeys(courts, cran)
        regler(crans)
        courts = _chapitres_a_fin_courte(compilateur)
    # Un chapitre que trois crans ne suffisent pas à resserrer garde le corps ordinaire.
    regler({n: c for n, c in crans.items() if n not in courts})


def _chapitres_a_fin_courte(compilateur: typst.Compiler) -> list[str]:
    # Une seule question : chacune recompose en partie le document.
    reperes = json.loads(compilateur.query("<bilan-repere>", field="value"))
    debuts = {r["nom"]: r["page"] for r in reperes if "part" not in r}
    return [
        r["nom"]
        for r in reperes
        if "part" in r and r["page"] > debuts[r["nom"]] and r["part"] < FIN_COURTE
    ]


def illisible(nom: str, faute: RuntimeError) -> str:
    """Ce que l'on dit d'une image que Typst ne sait pas lire."""
    return (f"L'image {nom} ne se dessine pas ({faute}). La réexporter, en SVG, en PNG ou en JPEG.")


def _dire(faute: RuntimeError, racine: Path) -> str:
    """La faute, avec le nom de l'image s'il y en a une en cause, que Typst ne donne pas."""
    for image in sorted((racine / "figures").glob("*")):
        try:
            typst.compile(f'#image("figures/{image.name}", alt: "")'.encode(), root=racine)
        except RuntimeError as de_l_image:
            return illisible(image.name, de_l_image)
    return f"Typst ne peut pas composer le PDF : {getattr(faute, 'diagnostic', faute)}"


if __name__ == "__main__":
    demande = Demande(**json.load(sys.stdin))
    try:
        composer(demande)
    except RuntimeError as faute:  # TypstError, ou celle d'une question mal posée
        sys.exit(_dire(faute, Path(demande.racine)))
