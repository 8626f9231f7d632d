"""La voie Quarto : le paquet `quarto` appelle la commande là où elle est installée."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import quarto

from bilan.erreurs import ErreurBilan
from bilan.projet import Edition


@dataclass(frozen=True)
class Quarto:
    """La commande quarto trouvée, et sa version."""

    version: str

    @property
    def nom(self) -> str:
        return f"Quarto {self.version} (fiches : Pandoc et Typst)"

    def assembler(self, edition: Edition, sortie: Path) -> None:
        """Le livre HTML et le PDF, par `quarto render` à la racine du projet.

        Lève `ErreurBilan` si Quarto échoue, ou s'il finit sans écrire le site ou le PDF.
        """
        produit = edition.racine / "build" / "quarto"
        if produit.exists():
            shutil.rmtree(produit)
        # `quarto.render` du paquet tait le code de sortie : on lance la commande qu'il trouve.
        fini = subprocess.run([quarto.quarto.find_quarto(), "render", "--no-execute"],
                              cwd=edition.racine)
        if fini.returncode:
            raise ErreurBilan(
                f"Quarto a échoué (code {fini.returncode}) : son message est au-dessus. "
                "Le corriger, ou écrire --voie pandoc."
            )
        pdfs = sorted(produit.glob("*.pdf"))
        if not (produit / "index.html").is_file() or not pdfs:
            manque = "le PDF" if (produit / "index.html").is_file() else "le site"
            raise ErreurBilan(
                f"Quarto {self.version} a fini sans écrire {manque}. Il faut Quarto 1.9 ou plus "
                "pour un livre en Typst ; sinon « bilan construire --voie pandoc »."
            )
        shutil.move(pdfs[0], sortie / "bilan.pdf")
        shutil.move(produit, sortie / "site")


def trouver(voie: str) -> Quarto | None:
    """Quarto s'il faut passer par lui, None pour la voie embarquée.

    `voie` vaut auto (Quarto s'il est là), quarto (exigé) ou pandoc.
    """
    chemin = None if voie == "pandoc" else quarto.quarto.path()
    if chemin is None:
        if voie == "quarto":
            raise ErreurBilan(
                "La commande quarto est introuvable. L'installer (environment.yml l'apporte), "
                "indiquer QUARTO_PATH, ou écrire --voie pandoc."
            )
        return None
    try:
        resultat = subprocess.run([chemin, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise ErreurBilan(
            f"La commande quarto ({chemin}) ne répond pas. Corriger QUARTO_PATH, "
            "ou écrire --voie pandoc."
        ) from None
    return Quarto(resultat.stdout.strip())
