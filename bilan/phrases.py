"""Les phrases d'une édition : où chacune est écrite, les chiffres et les constats qu'elle porte."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bilan.constats_mentions import CHIFFRE, lisible, marques
from bilan.parametres import charger_yaml, ligne_de
from bilan.projet import Edition
from bilan.textes import SECTION, Prose, textes_de_prose

# Les champs de params/ qui s'impriment tels quels dans le rapport.
CHAMPS = {
    "indicateurs.yml": ("nom", "question", "lecture", "calcul"),
    "constats.yml": ("titre", "enonce", "en_clair", "sans_suite", "destinataire", "horizon"),
    "contradictions.yml": ("titre", "constat", "lieu", "traitement", "lecteur"),
    "logigramme.yml": ("titre", "libelle"),
    "questionnaires.yml": ("nom", "repondant", "moment", "intitule", "aide"),
    "glossaire.yml": ("developpe",),
    "forces.yml": ("sens", "regle"),
}
# Une phrase finit sur un point suivi d'un blanc et de ce qui ouvre une phrase ; la fermeture
# d'une marque et l'appel d'une note restent avec elle.
FIN = re.compile(r"[.!?…](?:\]\{[^}]*\}|\[\^[^\]]+\]|[)\]])*(?=\s+[A-ZÀ-ÖØ-Þ«\[(*])")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
APPEL = re.compile(r"\[\^[^\]]+\]:?")
# Ce qui reste à écrire n'est pas encore à relire.
A_ECRIRE = "{.a-completer}"
TITRE = re.compile(r'title="([^"]*)"')
PUCE = re.compile(r"^\s*(?:[-*] |\d+\. |\||:   ?|\[\^[^\]]+\]:)")
MUETTE = re.compile(r"^(?:# |:::|<!--|```|\s*\|[\s:|-]+\|\s*$|---)")


@dataclass(frozen=True)
class Phrase:
    """Une phrase comme elle est écrite.

    `lieu` la situe d'une édition à l'autre : son texte, son champ de params/ ou son chapitre.
    """

    fichier: str
    ligne: int
    lieu: str
    source: str
    constats: tuple[str, ...] = ()
    cellule: int | None = None

    @property
    def chiffres(self) -> tuple[str, ...]:
        """Les codes qu'elle cite, dans l'ordre, sans répétition."""
        return tuple(dict.fromkeys(c["code"] for c in CHIFFRE.finditer(CODE.sub("", self.source))))

    @property
    def nue(self) -> str:
        """La phrase sans balisage, un code à la place de chaque chiffre."""
        return self.lisible("<{}>".format)

    def lisible(self, texte_de: Callable[[str], str]) -> str:
        """La phrase sans balisage ni appel de note, ses chiffres écrits par `texte_de`."""
        return lisible(" ".join(APPEL.sub("", self.source).split()), texte_de).strip("|:#- ")

    @property
    def empreinte(self) -> str:
        """La même pour une phrase reprise au même lieu, mot pour mot, marques et notes à part."""
        return hashlib.sha256(f"{self.lieu}\n{self.nue}".encode()).hexdigest()[:12]


def phrases(edition: Edition) -> list[Phrase]:
    """Les phrases propres à l'édition, et celles des chapitres et carnets qui citent un chiffre.

    Le reste des chapitres et des carnets vaut pour toute édition. Les phrases qu'écrivent les
    territoires (data/) et celles que compose le calcul n'en sont pas.
    """
    return [
        *(p for prose in textes_de_prose(edition) for p in _de_la_prose(prose)
          if ("/textes/" in p.fichier or p.chiffres) and A_ECRIRE not in p.source),
        *(p for nom, champs in CHAMPS.items() for p in _des_parametres(edition, nom, champs)),
    ]


def _de_la_prose(prose: Prose) -> Iterator[Phrase]:
    marquees = [(debut, fin.end(), fin["code"]) for debut, fin in marques(prose.texte)]
    for debut, fin in _morceaux(prose.texte):
        constats = [c for a, b, c in marquees if c and a < fin and debut < b]
        yield Phrase(
            prose.fichier, prose.texte.count("\n", 0, debut) + 1, _section(prose, debut),
            prose.texte[debut:fin], tuple(dict.fromkeys(constats)), prose.cellule,
        )


def _section(prose: Prose, place: int) -> str:
    if "/textes/" not in prose.fichier:
        return prose.fichier
    cles = [s[1] for s in SECTION.finditer(prose.texte, 0, place)]
    return f"{prose.fichier.rsplit('/', 1)[-1].removesuffix('.md')}.{cles[-1] if cles else ''}"


def _morceaux(texte: str) -> Iterator[tuple[int, int]]:
    """Le début et la fin de chaque phrase du texte."""
    for debut, fin in _unites(texte):
        place = debut
        for coupe in [*(point.end() for point in FIN.finditer(texte, debut, fin)), fin]:
            if ecrit := re.compile(r"\S").search(texte, place, coupe):
                yield ecrit.start(), coupe
            place = coupe


def _unites(texte: str) -> Iterator[tuple[int, int]]:
    """Le début et la fin de chaque paragraphe, puce, ligne de tableau, note ou titre d'encadré."""
    debut, place = None, 0
    for ligne in [*texte.splitlines(keepends=True), "\n"]:
        muette = MUETTE.match(ligne)
        if debut is not None and (not ligne.strip() or muette or PUCE.match(ligne)):
            yield debut, len(texte[:place].rstrip())
            debut = None
        if muette and (titre := TITRE.search(ligne)):
            yield place + titre.start(1), place + titre.end(1)
        elif ligne.strip() and not muette and debut is None:
            debut = place
        place += len(ligne)


def _des_parametres(edition: Edition, nom: str, champs: tuple[str, ...]) -> Iterator[Phrase]:
    chemin = edition.params / nom
    if chemin.is_file():
        fichier = edition.relatif(chemin)
        brut = charger_yaml(chemin, fichier)
        for place, code, source in _champs(brut, champs):
            constats = (code,) if nom == "constats.yml" else ()
            yield Phrase(fichier, ligne_de(brut, place), f"{code} {place[-1]}".strip(), source,
                         constats)


def _champs(
    valeur: Any, champs: tuple[str, ...], place: tuple = (), code: str = ""
) -> Iterator[tuple[tuple, str, str]]:
    """(place, code de l'élément, texte) de chacun de ces champs, aussi profond soit-il."""
    if isinstance(valeur, dict):
        code = str(valeur.get("code", code))
        for cle, contenu in valeur.items():
            if cle in champs and isinstance(contenu, str):
                yield (*place, cle), code, contenu
            else:
                yield from _champs(contenu, champs, (*place, cle), code)
    elif isinstance(valeur, list):
        for rang, element in enumerate(valeur):
            yield from _champs(element, champs, (*place, rang), code)
