"""Deux constructions face à face : leurs chiffres, leurs phrases, leurs graphiques."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from bilan.comparer import Ecart, lu
from bilan.comparer_lecture import COMPARABLE, NON_COMPARABLE, SOUS_RESERVE
from bilan.erreurs import ErreurBilan
from bilan.registre import Chiffre, Registre

BLOCS = {"h1", "h2", "h3", "h4", "p", "li", "tr", "dt", "dd", "caption", "figcaption", "blockquote",
         "summary", "div", "section", "table"}
TUS = {"nav", "script", "style", "svg"}
# Deux paragraphes sont le même, modifié, s'ils ont la moitié de leurs mots en commun.
SEUIL, VOISINS = 0.5, 10
SANS_LIGNES = "cause non recalculable\u00a0: une construction ne garde pas les lignes de données"


@dataclass(frozen=True)
class Construction:
    """Ce qu'une construction a laissé : son registre, ses pages et ses graphiques."""

    dossier: Path
    registre: Registre
    pages: dict[str, Page]
    figures: dict[str, bytes]


@dataclass
class Page:
    """Le titre d'une page, ses paragraphes, et le texte de remplacement de ses images."""

    titre: str = ""
    paragraphes: list[str] = field(default_factory=list)
    images: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Phrase:
    """Un paragraphe changé. `rang` est sa place dans la page (la première est 1).

    `morceaux` : (« garde », « retire » ou « ajoute », texte), dans l'ordre de lecture.
    """

    page: str
    titre: str
    rang: int
    morceaux: list[tuple[str, str]]


@dataclass(frozen=True)
class Image:
    """Un graphique changé ; `avant` ou `apres` est None s'il n'existe que d'un côté."""

    nom: str
    legende: str
    avant: bytes | None
    apres: bytes | None


def lire(dossier: Path) -> Construction:
    """La construction de ce dossier ; `ErreurBilan` s'il n'en est pas une."""
    chemin = dossier / "registre.json"
    if not chemin.is_file():
        raise ErreurBilan(
            f"{dossier} : il n'y a pas de registre.json. Donner le dossier d'une construction, "
            "comme build/2022-2024."
        )
    try:
        contenu = json.loads(chemin.read_text("utf-8"))
        chiffres = [Chiffre.depuis_dict(c) for c in contenu["chiffres"].values()]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ErreurBilan(
            f"{chemin} : ce n'est pas un registre lisible. Refaire « bilan construire »."
        ) from None
    site = dossier / "site"
    return Construction(
        dossier, Registre(contenu.get("edition", ""), chiffres),
        {p.name: lire_page(p.read_text("utf-8")) for p in sorted(site.glob("*.html"))},
        {p.relative_to(site).as_posix(): p.read_bytes() for p in sorted(site.rglob("*.svg"))},
    )


def lire_page(html: str) -> Page:
    """Ce qu'une page du site donne à lire, hors navigation."""
    lecteur = _Lecteur()
    lecteur.feed(html)
    lecteur.finir()
    return lecteur.page


class _Lecteur(HTMLParser):
    """Coupe le contenu principal d'une page en paragraphes."""

    def __init__(self):
        super().__init__()
        self.page, self._dedans, self._tus, self._texte = Page(), 0, 0, []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._dedans += tag == "main"
        self._tus += tag in TUS
        if tag in BLOCS:
            self.finir()
        if tag in ("td", "th") and self._texte:
            self._texte.append(" | ")
        if tag == "img" and self._dedans:
            attributs = dict(attrs)
            self.page.images[attributs.get("src") or ""] = attributs.get("alt") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1" and self._dedans:
            self._commencer()
        if tag in BLOCS or tag == "main":
            self.finir()
        self._dedans -= tag == "main"
        self._tus -= tag in TUS

    def handle_data(self, data: str) -> None:
        if self._dedans and not self._tus:
            self._texte.append(data)

    def _commencer(self) -> None:
        """Le titre de la page : ce qui le précède n'est que navigation."""
        self.page.titre = self._lu()
        self.page.paragraphes.clear()

    def finir(self) -> None:
        """Clôt le paragraphe en cours."""
        if paragraphe := self._lu():
            self.page.paragraphes.append(paragraphe)
        self._texte = []

    def _lu(self) -> str:
        return " ".join("".join(self._texte).split())


def chiffres(ancienne: Construction, nouvelle: Construction) -> list[Ecart]:
    """Un écart par chiffre des deux registres, changé ou non."""
    avant, apres = ancienne.registre, nouvelle.registre
    codes = dict.fromkeys([c.code for c in (*avant, *apres)])
    return [_ecart(code, avant.get(code), apres.get(code)) for code in codes]


def _ecart(code: str, avant: Chiffre | None, apres: Chiffre | None) -> Ecart:
    """Les causes sont celles que les enregistrements montrent ; il n'y a rien à recalculer."""
    if avant is None or apres is None:
        return Ecart(code, avant, apres, ("nouveau" if apres else "abandonne",),
                     comparabilite=NON_COMPARABLE)
    change = lu(avant) != lu(apres)
    vus = {"definition": avant.regle != apres.regle,
           "cible": avant.cible != apres.cible or (change and code.endswith(".cible"))}
    causes = tuple(cause for cause, vu in vus.items() if vu)
    muet = change and not causes
    return Ecart(code, avant, apres, causes, reserves=(SANS_LIGNES,) if muet else (),
                 comparabilite=SOUS_RESERVE if causes or muet else COMPARABLE)


def phrases(ancienne: Construction, nouvelle: Construction) -> Iterator[Phrase]:
    """Les paragraphes changés, ajoutés ou retirés, page par page."""
    for nom in dict.fromkeys([*nouvelle.pages, *ancienne.pages]):
        avant, apres = (c.pages.get(nom, Page()) for c in (ancienne, nouvelle))
        titre = apres.titre or avant.titre
        for rang, morceaux in comparer_paragraphes(avant.paragraphes, apres.paragraphes):
            yield Phrase(nom, titre, rang, morceaux)


def comparer_paragraphes(
    avant: list[str], apres: list[str]
) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Le rang et les morceaux de chaque paragraphe qui n'est pas le même."""
    suite = difflib.SequenceMatcher(None, avant, apres, autojunk=False)
    for genre, i1, i2, j1, j2 in suite.get_opcodes():
        if genre == "equal":
            continue
        for i, j in _apparier(avant, apres, range(i1, i2), range(j1, j2)):
            if i is None:
                yield j + 1, [("ajoute", apres[j])]
            elif j is None:
                yield i + 1, [("retire", avant[i])]
            else:
                yield j + 1, list(_mots(avant[i], apres[j]))


def _apparier(
    avant: list[str], apres: list[str], anciens: range, nouveaux: range
) -> Iterator[tuple[int | None, int | None]]:
    """Chaque ancien paragraphe et celui qui le remplace, dans l'ordre ; None s'il n'y en a pas."""
    suivant = nouveaux.start
    for i in anciens:
        proches = {j: _ressemblance(avant[i], apres[j])
                   for j in range(suivant, min(nouveaux.stop, suivant + VOISINS))}
        meilleur = max(proches, key=proches.get, default=None)
        if meilleur is None or proches[meilleur] < SEUIL:
            yield i, None
            continue
        yield from ((None, j) for j in range(suivant, meilleur))
        yield i, meilleur
        suivant = meilleur + 1
    yield from ((None, j) for j in range(suivant, nouveaux.stop))


def _ressemblance(avant: str, apres: str) -> float:
    """La part de mots communs, de 0 à 1."""
    return difflib.SequenceMatcher(None, avant.split(" "), apres.split(" "), autojunk=False).ratio()


def _mots(avant: str, apres: str) -> Iterator[tuple[str, str]]:
    """Deux versions d'un paragraphe, mot à mot."""
    mots = avant.split(" "), apres.split(" ")
    for genre, i1, i2, j1, j2 in difflib.SequenceMatcher(None, *mots, autojunk=False).get_opcodes():
        retire, ajoute = " ".join(mots[0][i1:i2]), " ".join(mots[1][j1:j2])
        if genre == "equal":
            yield "garde", retire
            continue
        yield from ((quoi, texte) for quoi, texte in (("retire", retire), ("ajoute", ajoute))
                    if texte)


def graphiques(ancienne: Construction, nouvelle: Construction) -> list[Image]:
    """Les graphiques dont le dessin n'est pas le même."""
    legendes = _legendes([ancienne, nouvelle])
    return [
        Image(nom, legendes.get(nom, nom), avant, apres)
        for nom in sorted(ancienne.figures.keys() | nouvelle.figures.keys())
        for avant, apres in [(ancienne.figures.get(nom), nouvelle.figures.get(nom))]
        if avant != apres
    ]


def _legendes(constructions: Iterable[Construction]) -> dict[str, str]:
    return {
        source: texte for c in constructions for page in c.pages.values()
        for source, texte in page.images.items() if texte
    }
