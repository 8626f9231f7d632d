"""Un document Word revenu de relecture : ses paragraphes, ses commentaires, ses modifications.

Chaque paragraphe, tableau et figure porte un signet `bilan_<identité>_<empreinte>` que Word et
LibreOffice gardent : il dit de quel paragraphe du bilan on parle, et le texte qui a été envoyé.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from bilan import zip_recu
from bilan.erreurs import ErreurBilan
from bilan.exports_docx import SIGNET, SIGNET_EDITION, empreinte
from bilan.parametres import Limites
from bilan.remarques_commentaires import Commentaire, W, lire_commentaires, signature

PARTIES = tuple(f"word/{nom}.xml" for nom in (
    "document", "comments", "commentsExtended", "styles", "footnotes"))
COMMENTAIRE = "commentaire"
AJOUT, RETRAIT, REMPLACEMENT = "ajout", "suppression", "remplacement"
AJOUTS = {f"{W}ins": AJOUT, f"{W}moveTo": "déplacé ici"}
RETRAITS = {f"{W}del": RETRAIT, f"{W}moveFrom": "déplacé d’ici"}
MISE_EN_FORME, SANS_SUIVI = "mise en forme", "modification non suivie"
RETRAIT_SANS_SUIVI = "suppression non suivie"


@dataclass
class Bloc:
    """Un paragraphe, un tableau ou une figure. `envoye` : l'empreinte du texte envoyé."""

    identite: str
    envoye: str = ""
    titre: Bloc | None = None  # celui de son chapitre
    morceaux: list[str] = field(default_factory=list)  # sans aucune modification suivie

    @property
    def texte(self) -> str:
        """Le texte, toutes les modifications suivies refusées."""
        return " ".join("".join(self.morceaux).split())

    @property
    def chapitre(self) -> str:
        """Le titre de son chapitre ; vide avant le premier."""
        return self.titre.texte if self.titre else ""


@dataclass
class Releve:
    """Une remarque, à sa place. `cite` : ce dont elle parle ; `texte` : ce qu'elle dit.

    `etat` : où en est la discussion ; il peut changer sans que ce soit une autre remarque.
    """

    genre: str
    qui: str
    date: str
    bloc: Bloc
    cite: str = ""
    texte: str = ""
    etat: str = ""

    @property
    def sorte(self) -> str:
        """« commentaire, résolu », « ajout »."""
        return ", ".join(filter(None, (self.genre, self.etat)))


@dataclass
class Retour:
    """Ce qu'un document revenu contient. `ensemble` : l'empreinte des paragraphes envoyés."""

    fichier: str
    edition: str | None
    ensemble: str | None
    blocs: dict[str, Bloc]
    releves: list[Releve]


def lire(chemin: Path, limites: Limites) -> Retour:
    """Lit un document revenu.

    Lève `ErreurBilan` si ce n'est pas un .docx, ou s'il ne porte aucun des signets du bilan.
    """
    parties = _ouvrir(chemin, limites)
    corps, commentaires, fils, styles, notes = (parties.get(p) for p in PARTIES)
    lecteur = _Lecteur(lire_commentaires(commentaires, fils), _style_de_chapitre(styles),
                       _notes(notes))
    lecteur.parcourir(corps)
    if not lecteur.blocs:
        raise ErreurBilan(
            f"{chemin} : ce document ne porte aucun repère du bilan. Donner un fichier qui vient "
            "de exports/bilan.docx ; un texte recopié dans un autre document a perdu ses repères."
        )
    return Retour(chemin.name, lecteur.edition, lecteur.ensemble, lecteur.blocs,
                  lecteur.releves)


def _ouvrir(chemin: Path, limites: Limites) -> dict[str, etree._Element]:
    """Le corps du document, ses commentaires et ses styles s'il en a."""
    if not chemin.is_file():
        raise ErreurBilan(f"{chemin} : aucun fichier à cette adresse. Donner les .docx revenus.")
    analyseur = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        if chemin.stat().st_size > limites.octets_deplies:
            raise ErreurBilan(f"{chemin} : le document est trop gros pour être lu. S'il est sûr, "
                              "relever « limites » dans edition.yml.")
        zip_recu.controler(str(chemin), chemin.read_bytes(), limites)
        with zipfile.ZipFile(chemin) as archive:
            presentes = {PARTIES[0], *(p for p in PARTIES if p in archive.namelist())}
            return {p: etree.fromstring(archive.read(p), analyseur) for p in presentes}
    except (zipfile.BadZipFile, zlib.error, KeyError, etree.XMLSyntaxError, RuntimeError):
        raise ErreurBilan(
            f"{chemin} : ce n'est pas un document Word (.docx) lisible. L'ouvrir dans Word et "
            "l'enregistrer au format .docx, sans mot de passe."
        ) from None


def _style_de_chapitre(styles: etree._Element | None) -> str:
    """Le style des titres de chapitre : un Word français renomme « Heading1 » en « Titre1 »."""
    noms = {} if styles is None else {
        nom.get(f"{W}val", "").casefold(): s.get(f"{W}styleId")
        for s in styles.iter(f"{W}style") if (nom := s.find(f"{W}name")) is not None}
    return noms.get("heading 1", "Heading1")


def _notes(racine: etree._Element | None) -> dict[str, etree._Element]:
    """Les notes de bas de page, par numéro."""
    return {} if racine is None else {n.get(f"{W}id"): n for n in racine.iter(f"{W}footnote")}


class _Lecteur:
    """Parcourt le corps une fois, dans l'ordre de lecture."""

    def __init__(self, commentaires: dict[str, Commentaire], style_de_chapitre: str,
                 notes: dict[str, etree._Element]):
        self.commentaires, self.style_de_chapitre = commentaires, style_de_chapitre
        self.notes, self.en_note = notes, False
        self.edition: str | None = None
        self.ensemble: str | None = None
        self.blocs: dict[str, Bloc] = {}
        self.releves: list[Releve] = []
        self.chapitre = Bloc("")  # le titre du chapitre où l'on est
        self.ici = Bloc("")  # le bloc où l'on est
        self.plages: dict[str, Releve] = {}  # les commentaires dont la plage est ouverte
        self.vus: set[str] = set()  # les commentaires déjà placés
        self.suite: Releve | None = None  # la modification que rien n'a encore interrompue

    def parcourir(self, corps: etree._Element) -> None:
        gestes = {
            f"{W}p": self._paragraphe, f"{W}bookmarkStart": self._signet,
            f"{W}commentRangeStart": self._ouvrir_plage, f"{W}commentRangeEnd": self._fermer_plage,
            f"{W}commentReference": self._reference, f"{W}t": self._texte,
            f"{W}delText": self._texte, f"{W}footnoteReference": self._note,
        }
        for element in corps.iter(*gestes):
            gestes[element.tag](element)

    def _paragraphe(self, paragraphe: etree._Element) -> None:
        """Ce qui précède le signet d'un paragraphe est déjà de ce paragraphe."""
        self.suite = None
        premier = next((s for s in paragraphe.iter(f"{W}bookmarkStart")
                        if SIGNET.fullmatch(s.get(f"{W}name", ""))), None)
        if premier is not None:
            self._signet(premier)
        style = paragraphe.find(f"{W}pPr/{W}pStyle")
        if style is not None and style.get(f"{W}val") == self.style_de_chapitre:
            self.chapitre = self.ici
        self.ici.morceaux.append(" ")
        if (marque := paragraphe.find(f"{W}pPr/{W}pPrChange")) is not None:
            texte = "".join(t.text or "" for t in paragraphe.iter(f"{W}t"))
            self.releves.append(Releve(MISE_EN_FORME, *signature(marque), self.ici, texte))

    def _note(self, appel: etree._Element) -> None:
        """Une note est du paragraphe qui l'appelle, sans être de son texte."""
        if (note := self.notes.get(appel.get(f"{W}id"))) is not None:
            self.suite, self.en_note = None, True
            self.parcourir(note)
            self.suite, self.en_note = None, False

    def _signet(self, element: etree._Element) -> None:
        nom = element.get(f"{W}name", "")
        if edition := SIGNET_EDITION.fullmatch(nom):
            *annees, self.ensemble = edition.groups()
            self.edition = "-".join(filter(None, annees))
        if (signet := SIGNET.fullmatch(nom)) and signet[1] not in self.blocs:
            self.ici = Bloc(signet[1], signet[2] or "", self.chapitre)
            self.blocs[signet[1]] = self.ici

    def _ouvrir_plage(self, element: etree._Element) -> None:
        numero = element.get(f"{W}id")
        if numero in self.commentaires:
            self.vus.add(numero)
            dit = self.commentaires[numero]
            self.plages[numero] = Releve(COMMENTAIRE, dit.qui, dit.date, self.ici, "",
                                         dit.texte, dit.etat)
            self.releves.append(self.plages[numero])

    def _fermer_plage(self, element: etree._Element) -> None:
        self.plages.pop(element.get(f"{W}id"), None)

    def _reference(self, element: etree._Element) -> None:
        """Un commentaire posé sans plage : il parle du paragraphe."""
        if element.get(f"{W}id") not in self.vus:
            self._ouvrir_plage(element)
            self._fermer_plage(element)

    def _texte(self, element: etree._Element) -> None:
        """Un morceau de texte : envoyé, ajouté ou supprimé, ou d'une autre mise en forme."""
        texte = element.text or ""
        ajout = next(element.iterancestors(*AJOUTS), None)
        retrait = next(element.iterancestors(*RETRAITS), None)
        forme = element.getparent().find(f"{W}rPr/{W}rPrChange")
        if ajout is None and not self.en_note:
            self.ici.morceaux.append(texte)
        for commentaire in self.plages.values():
            commentaire.cite += texte
        if ajout is not None and retrait is not None:
            return  # ajouté puis retiré : rien n'en reste
        if ajout is not None:
            self._modifier(AJOUTS[ajout.tag], ajout).texte += texte
        elif retrait is not None:
            self._modifier(RETRAITS[retrait.tag], retrait).cite += texte
        elif forme is not None:
            self._modifier(MISE_EN_FORME, forme).cite += texte
        elif texte.strip():
            self.suite = None

    def _modifier(self, genre: str, marque: etree._Element) -> Releve:
        """La modification en cours, si celle-ci la prolonge ; sinon une nouvelle.

        Word coupe une modification en morceaux ; une suppression que suit un ajout remplace.
        """
        qui, date = signature(marque)
        suite = self.suite
        meme = suite is not None and suite.qui == qui and suite.bloc is self.ici
        if meme and suite.genre != genre and {suite.genre, genre} <= {AJOUT, RETRAIT, REMPLACEMENT}:
            suite.genre = REMPLACEMENT
        elif not meme or suite.genre != genre:
            suite = self.suite = Releve(genre, qui, date, self.ici)
            self.releves.append(suite)
        return suite


def sans_suivi(retour: Retour) -> Iterator[Bloc]:
    """Les paragraphes récrits sans que Word l'ait noté : ils ne disent plus ce qu'on a envoyé."""
    return (b for b in retour.blocs.values() if b.envoye and empreinte(b.texte) != b.envoye)
