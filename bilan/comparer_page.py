"""La page de comparaison : un seul fichier HTML, sans script ni rien à aller chercher."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from bilan.comparer import Ecart
from bilan.comparer_chapitre import Comparaison
from bilan.comparer_constructions import Construction, chiffres, graphiques, phrases
from bilan.comparer_lecture import dire, dire_l_ecart, dire_les_causes
from bilan.style import jetons

GABARIT = Path(__file__).parent.parent / "report/style/comparaison.html"
STYLE = GABARIT.with_suffix(".css")


def page_des_constructions(ancienne: Construction, nouvelle: Construction) -> str:
    """Les chiffres, les phrases et les graphiques changés d'une construction à l'autre."""
    ecarts = [e for e in chiffres(ancienne, nouvelle) if e.change]
    changees = list(phrases(ancienne, nouvelle))
    images = graphiques(ancienne, nouvelle)
    resume = [
        *(f"{quoi} : {c.dossier}, édition {c.registre.edition}"
          for quoi, c in (("Ancienne construction", ancienne), ("Nouvelle", nouvelle))),
        f"Chiffres changés : {len(ecarts)}",
        f"Paragraphes changés : {len(changees)}",
        f"Graphiques changés : {len(images)}",
        *(f"{c.dossier} n'a pas de site : ni phrases ni graphiques à comparer"
          for c in (ancienne, nouvelle) if not c.pages),
    ]
    par_page = [(g[0].titre, page, g) for page, suite in groupby(changees, lambda p: p.page)
                for g in [list(suite)]]
    dessins = [
        {"nom": i.legende, "images": [
            (quand, dessin and _source(dessin), f"{quand}. {i.legende}")
            for quand, dessin in (("Ancien", i.avant), ("Nouveau", i.apres))]}
        for i in images
    ]
    return _rendre("Ce qui change entre deux constructions", resume, ecarts, par_page, dessins)


def page_des_editions(comparaison: Comparaison) -> str:
    """Les chiffres changés d'une édition à l'autre, leurs causes, et les deux jeux de pentes."""
    ancien, nouveau = comparaison.editions
    ecarts = [e for e in comparaison.tous if e.change]
    graphiques_ = [g for g in (comparaison.pentes(), comparaison.pentes_des_territoires()) if g]
    dessins = [{"nom": g.titre, "images": [("De gauche à droite", _source(g.svg().encode()),
                                            g.alternative)]} for g in graphiques_]
    resume = [*comparaison.differences(), f"Chiffres changés : {len(ecarts)}"]
    return _rendre(f"De l'édition {ancien} à l'édition {nouveau}", resume, ecarts, None, dessins)


def _rendre(
    titre: str, resume: list[str], ecarts: Iterable[Ecart], phrases_: list | None, dessins: list
) -> str:
    # Tout texte est échappé : il vient des données et des chapitres.
    gabarit = Environment(autoescape=True).from_string(GABARIT.read_text("utf-8"))
    style = Environment().from_string(STYLE.read_text("utf-8")).render(jetons=jetons())
    # La politique de la page n'admet que ce style-là : son empreinte y est écrite.
    empreinte = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return gabarit.render(
        titre=titre, resume=resume, ecarts=[_ligne(e) for e in ecarts], phrases=phrases_,
        graphiques=dessins, style=Markup(style), empreinte=empreinte,
    )


def _source(dessin: bytes) -> str:
    """Le dessin, dans la page elle-même."""
    return "data:image/svg+xml;base64," + base64.b64encode(dessin).decode()


def _ligne(e: Ecart) -> dict[str, str]:
    return {
        "code": e.code,
        "libelle": e.chiffre.libelle,
        "ancien": dire(e.avant),
        "nouveau": dire(e.apres),
        "ecart": dire_l_ecart(e.ecart, e.chiffre.unite),
        "causes": dire_les_causes(e.causes, e.effets or {}) or "non dite",
        "lecture": " ; ".join([e.lecture or e.comparabilite, *e.reserves]),
    }
