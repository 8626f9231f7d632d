"""La composition par Typst, en PDF ou en PNG, dans un processus à part.

Typst garde en mémoire tout ce qu'il a composé ; un processus qui s'arrête la rend. `composer` lance
`python -m bilan.composition`, qui reçoit une `Demande` sur son entrée, écrit chaque NOM.pdf ou
NOM.png à côté de son NOM.typ, et dit sa faute sur la sortie d'erreur, avec le statut 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import typst

from bilan.empreintes import PAQUET
from bilan.erreurs import ErreurBilan
from bilan.programmes import lancer

# PDF accessible (UA-1) et d'archive (A-2a) : Typst refuse une figure sans texte de remplacement.
NORMES = ["ua-1", "a-2a"]
RESOLUTION = 220  # points par pouce : net à l'impression et sur une diapositive, léger à emporter
# Une dernière page remplie en deçà de cette part de sa hauteur est presque vide.
FIN_COURTE = 0.4
# Le fichier où le gabarit lit de combien resserrer chaque chapitre, et les signes sans dessin.
REGLAGES = "reglages.json"


@dataclass(frozen=True)
class Demande:
    """Des documents à composer, par leur nom, dans le dossier qui leur sert de racine.

    `polices` : des dossiers. Pour un PDF, `date` est en ISO, avec son fuseau, et `absents`, en une
    expression régulière, dit les signes qu'aucune police ne dessine ; sans `date`, c'est un PNG.
    """

    racine: str
    documents: list[str]
    polices: list[str]
    date: str = ""
    absents: str = ""

    def fichiers(self) -> Iterator[tuple[Path, Path]]:
        """Chaque source, et le fichier à en faire."""
        for nom in self.documents:
            source = Path(self.racine) / f"{nom}.typ"
            yield source, source.with_suffix(".pdf" if self.date else ".png")


def composer(demande: Demande) -> list[bytes]:
    """Les fichiers demandés, dans l'ordre. Lève `ErreurBilan` si l'un d'eux ne se compose pas."""
    # Depuis le paquet : un fichier du dossier courant n'y prend pas la place d'une bibliothèque.
    fini = lancer([sys.executable, "-m", "bilan.composition"], json.dumps(asdict(demande)),
                  PAQUET.parent)
    if fini.returncode:
        raise ErreurBilan(fini.stderr.strip())
    sys.stderr.write(fini.stderr)  # il prévient, par exemple, d'une police qu'il n'a pas
    return [fait.read_bytes() for _, fait in demande.fichiers()]


def _ecrire(demande: Demande) -> None:
    fontes = typst.Fonts(include_system_fonts=False, font_paths=demande.polices)
    for source, cible in demande.fichiers():
        faire = _pdf if demande.date else _png
        cible.write_bytes(faire(source, demande, fontes))


def _png(source: Path, demande: Demande, fontes: typst.Fonts) -> bytes:
    return typst.compile(source, format="png", ppi=RESOLUTION, font_paths=fontes)


def _pdf(source: Path, demande: Demande, fontes: typst.Fonts) -> bytes:
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


def _dire(faute: RuntimeError, racine: Path) -> str:
    """La faute, avec le nom de l'image s'il y en a une en cause, que Typst ne donne pas."""
    for image in sorted((racine / "figures").glob("*")):
        try:
            typst.compile(f'#image({json.dumps(f"figures/{image.name}")}, alt: "")'.encode(),
                          root=racine)
        except RuntimeError as de_l_image:
            return (f"L'image {image.name} ne se dessine pas ({de_l_image}). La réexporter, en "
                    "SVG, en PNG ou en JPEG.")
    return f"Typst ne peut pas composer le PDF : {getattr(faute, 'diagnostic', faute)}"


if __name__ == "__main__":
    demande = Demande(**json.load(sys.stdin))
    try:
        _ecrire(demande)
    except RuntimeError as faute:  # TypstError, ou celle d'une question mal posée
        sys.exit(_dire(faute, Path(demande.racine)))
