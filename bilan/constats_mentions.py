"""Les constats dans la prose : où chacun est dit, et avec quelle force.

    [La rencontre des acteurs reste loin de sa cible]{.constat code="K4"}
    [L'appel a financé six postes]{.rappel}   (dit exprès qu'il n'y a là rien à établir)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

from bilan.erreurs import Faute
from bilan.projet import Edition
from bilan.textes import SECTION, Prose, textes_de_prose

FERMETURE = re.compile(r'\]\{\.(?:constat code="(?P<code>[^"]*)"|rappel)\}')
MARQUE = re.compile(r"\{[^}]*\.(?:constat|rappel)\b[^}]*\}")
CHIFFRE = re.compile(r'\[\]\{\.chiffre[^}]*?code="(?P<code>[^"]*)"\}')
ATTRIBUTS = re.compile(r"\{[^}]*\}|[*`\[\]]")
PUCE = re.compile(r"^(?:- |\d+\. )")
HORS_TEXTE = re.compile(r"^(?:#|:::|\||: |\[\^[^\]]+\]:|<!--)")


@dataclass(frozen=True)
class Mention:
    """Une phrase marquée. `section` est le code du texte, None dans un chapitre ou un carnet."""

    code: str
    phrase: str
    fichier: str
    ligne: int
    cellule: int | None
    section: str | None

    @property
    def lieu(self) -> str:
        return f"{self.fichier}, ligne {self.ligne}"

    def faute(self, trouve: str, remede: str) -> Faute:
        ou = f" (cellule {self.cellule})" if self.cellule else ""
        return Faute(self.fichier + ou, trouve, remede, self.ligne)


def mentions(edition: Edition) -> list[Mention]:
    """Toutes les phrases marquées d'un code, dans l'ordre des fichiers."""
    return [m for prose in textes_de_prose(edition) for m in _mentions(prose)]


def _mentions(prose: Prose) -> Iterator[Mention]:
    for ouverture, fermeture in marques(prose.texte):
        if fermeture["code"] is None:
            continue
        yield Mention(
            fermeture["code"],
            " ".join(prose.texte[ouverture + 1 : fermeture.start()].split()),
            prose.fichier,
            prose.texte.count("\n", 0, ouverture) + 1,
            prose.cellule,
            _section(prose, ouverture),
        )


def marques(texte: str) -> Iterator[tuple[int, re.Match]]:
    """Le crochet qui ouvre chaque marque, et sa fermeture."""
    for fermeture in FERMETURE.finditer(texte):
        profondeur = 0
        for place in range(fermeture.start(), -1, -1):
            profondeur += {"]": 1, "[": -1}.get(texte[place], 0)
            if profondeur == 0:
                yield place, fermeture
                break


def _section(prose: Prose, place: int) -> str | None:
    if "/textes/" not in prose.fichier:
        return None
    cles = [s[1] for s in SECTION.finditer(prose.texte, 0, place)]
    return f"{_page(prose.fichier)}.{cles[-1]}" if cles else None


def _page(fichier: str) -> str:
    return fichier.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def en_html(markdown: str) -> str:
    """Le même Markdown, ses marques en HTML : un carnet ouvert dans JupyterLab les lit aussi."""
    remplacements = [
        morceau
        for ouverture, fermeture in marques(markdown)
        for morceau in (
            (ouverture, ouverture + 1, _ouvrante(fermeture["code"])),
            (fermeture.start(), fermeture.end(), "</span>"),
        )
    ]
    for debut, fin, balise in sorted(remplacements, reverse=True):
        markdown = markdown[:debut] + balise + markdown[fin:]
    return markdown


def _ouvrante(code: str | None) -> str:
    return f'<span class="constat" data-code="{code}">' if code else '<span class="rappel">'


def marques_mal_ecrites(edition: Edition) -> Iterator[Faute]:
    """Les attributs `.constat` ou `.rappel` que la lecture ne reconnaît pas."""
    for prose in textes_de_prose(edition):
        lues = {f.start() + 1 for _, f in marques(prose.texte)}
        for marque in MARQUE.finditer(prose.texte):
            if marque.start() not in lues and prose.texte[marque.start() - 1] != "`":
                ligne = prose.texte.count("\n", 0, marque.start()) + 1
                yield Faute(prose.fichier, f"marque mal écrite « {marque[0]} »",
                            'Écrire [phrase]{.constat code="K1"}, ou [phrase]{.rappel}.', ligne)


def lisible(phrase: str, texte_de: Callable[[str], str]) -> str:
    """La phrase sans balisage, ses chiffres écrits par `texte_de`."""
    return ATTRIBUTS.sub("", CHIFFRE.sub(lambda t: texte_de(t["code"]), phrase))


def phrases_sans_marque(edition: Edition, sections: list[str]) -> Iterator[tuple[Prose, int, str]]:
    """Les paragraphes et puces de ces sections qui ne portent ni constat ni rappel."""
    for prose in textes_de_prose(edition):
        if "/textes/" in prose.fichier:
            for ligne, section, texte in _unites(prose):
                annonce = texte.rstrip().endswith(":")
                attendue = any(fnmatch(section, motif) for motif in sections)
                if attendue and not annonce and not FERMETURE.search(texte):
                    yield prose, ligne, texte


def _unites(prose: Prose) -> Iterator[tuple[int, str, str]]:
    """(ligne, section, texte) de chaque paragraphe ou puce d'un fichier de textes."""
    section, debut, texte = "", 0, ""
    for numero, ligne in enumerate([*prose.texte.splitlines(), ""], start=1):
        hors = HORS_TEXTE.match(ligne)
        if texte and (not ligne.strip() or hors or PUCE.match(ligne)):
            yield debut, section, texte
            texte = ""
        if titre := SECTION.match(ligne):
            section = f"{_page(prose.fichier)}.{titre[1]}"
        elif ligne.strip() and not hors:
            debut = debut if texte else numero
            texte = f"{texte} {ligne}".strip()
