"""De petits livres, que l'assembleur embarqué compose en une seconde."""

from __future__ import annotations

import json
from pathlib import Path

from bilan.registre import Chiffre
from tests.conftest import EDITION, RACINE


def chiffre(code: str, texte: str, **champs) -> Chiffre:
    """Un chiffre du registre, dont seuls comptent le code et le texte."""
    reste = {"valeur": 1.0, "unite": "%", "nature": "reconstituee", "definition": "", "tables": []}
    return Chiffre(code, EDITION, code, texte=texte, **(reste | champs))


def petit_livre(dossier: Path, chapitres: dict[str, str], chiffres: list[Chiffre], *,
                relecture: bool = False) -> Path:
    """Écrit le manifeste d'un livre dont `chapitres` donne le Markdown, par page."""
    dossier.mkdir(parents=True, exist_ok=True)
    entrees = []
    for page, texte in chapitres.items():
        source = dossier / f"{page}.md"
        source.write_text(texte, "utf-8")
        entrees.append({"source": str(source), "page": page, "genre": "chapitre", "partie": None,
                        "image_de_base": str(dossier)})
    registre = {"edition": EDITION, "chiffres": {c.code: c.en_dict() for c in chiffres}}
    (dossier / "registre.json").write_text(json.dumps(registre), "utf-8")
    (dossier / "blocs.json").write_text("{}", "utf-8")
    livre = dossier / "livre.json"
    livre.write_text(json.dumps({
        "titre": "Petit bilan", "sous_titre": None, "mention": None, "avertissement": None,
        "relecture": relecture,
        "auteurs": ["Une équipe"], "date": "2025-06-30", "date_affichee": "juin 2025",
        "edition": EDITION, "region": "Ici", "racine": str(RACINE), "territoires": {},
        "natures": {}, "registre": str(dossier / "registre.json"),
        "blocs": str(dossier / "blocs.json"),
        "jetons": str(RACINE / "report" / "style" / "jetons.yml"), "chapitres": entrees,
    }), "utf-8")
    return livre
