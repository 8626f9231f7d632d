"""Ce que disent les relecteurs, rattaché aux paragraphes du bilan d'aujourd'hui.

Commentaires et modifications viennent des documents Word revenus (`bilan.remarques_lecture`).

Les réponses sont dans `params/<edition>/remarques.yml` ; rien ne se calcule d'elles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from bilan.erreurs import ErreurBilan, proposer
from bilan.fichiers import remplacer
from bilan.parametres import Limites, Modele, Parametres, charger_yaml, lire_yaml
from bilan.projet import Edition
from bilan.remarques_lecture import (
    RETRAIT_SANS_SUIVI,
    SANS_SUIVI,
    Bloc,
    Releve,
    Retour,
    lire,
    sans_suivi,
)
from bilan.tableur import en_csv
from bilan.verrou import seul

INCHANGE, CHANGE = "inchangé", "le paragraphe a changé depuis"
DISPARU, HORS = "le paragraphe n'existe plus", "hors des chapitres"
PROCHE = 0.6  # deux paragraphes qui partagent cette part de leurs mots sont le même, récrit
COLONNES = ("code", "reponse", "qui", "date", "genre", "chapitre", "paragraphe", "cite", "remarque",
            "depuis", "texte_actuel", "fichiers")


class Reponse(Modele):
    """Ce qu'on a fait d'une remarque."""

    code: str
    reponse: str


class Reponses(Modele):
    """Le contenu de remarques.yml."""

    reponses: list[Reponse]


@dataclass
class Remarque:
    """Une remarque et le paragraphe d'aujourd'hui dont elle parle (aucun s'il n'existe plus)."""

    releve: Releve
    depuis: str
    actuel: Bloc | None
    fichiers: list[str]
    reponse: str = ""

    @property
    def code(self) -> str:
        """Le même à chaque lecture, quel que soit le fichier qui la rapporte."""
        r = self.releve
        dit = "\n".join((r.genre, r.qui, r.date, r.bloc.identite, r.cite, r.texte))
        return hashlib.sha256(dit.encode()).hexdigest()[:8]

    @property
    def chapitre(self) -> str:
        return (self.actuel or self.releve.bloc).chapitre


def recueillir(edition: Edition, fichiers: Iterable[Path]) -> list[Remarque]:
    """Les remarques de tous ces documents, dans l'ordre du bilan, une seule fois chacune.

    Lève `ErreurBilan` si un document n'est pas un retour de cette édition, ou si le bilan n'est pas
    construit.
    """
    construit = _construit(edition)
    actuels = construit.blocs
    reponses = {r.code: r.reponse for r in lire_reponses(edition).reponses}
    reunies: dict[str, Remarque] = {}
    limites = _limites(edition)
    for fichier in fichiers:
        retour = lire(fichier, limites)
        _controler(retour, edition, fichier)
        for releve in _releves(retour, construit):
            depuis, actuel = _situer(releve.bloc, retour, actuels)
            neuve = Remarque(releve, depuis, actuel, [])
            remarque = reunies.setdefault(neuve.code, neuve)
            if retour.fichier not in remarque.fichiers:
                remarque.fichiers.append(retour.fichier)
            remarque.reponse = reponses.get(remarque.code, "")
    rangs = {identite: rang for rang, identite in enumerate(actuels)}
    return sorted(reunies.values(), key=lambda r: (
        rangs.get(r.actuel.identite, -1) if r.actuel else len(rangs), r.releve.date))


def _limites(edition: Edition) -> Limites:
    """Celles d'edition.yml, ou les ordinaires s'il n'y en a pas."""
    reglages = edition.params / "edition.yml"
    return Parametres(edition).generaux.limites if reglages.is_file() else Limites()


def _construit(edition: Edition) -> Retour:
    """Le bilan construit, lu comme un retour où personne n'a rien écrit."""
    chemin = edition.sortie / "exports" / "bilan.docx"
    if not chemin.is_file():
        raise ErreurBilan(f"{edition.relatif(chemin)} manque. Lancer « bilan construire ».")
    return lire(chemin, _limites(edition))


def _controler(retour: Retour, edition: Edition, chemin: Path) -> None:
    if retour.edition not in (None, edition.code):
        raise ErreurBilan(
            f"{chemin} : c'est un retour de l'édition {retour.edition}, pas de {edition.code}. "
            f"Écrire --edition {retour.edition}."
        )


def _releves(retour: Retour, construit: Retour) -> list[Releve]:
    """Ce que Word a noté, puis ce qu'il n'a pas noté.

    Un paragraphe absent n'a été retiré par le relecteur que si le bilan a toujours les mêmes.
    """
    muets = []
    for bloc in sans_suivi(retour):
        actuel = construit.blocs.get(bloc.identite)
        connu = actuel is not None and actuel.envoye == bloc.envoye
        muets.append(Releve(SANS_SUIVI, "non dit", "", bloc, actuel.texte if connu else "",
                            bloc.texte))
    if retour.ensemble and retour.ensemble == construit.ensemble:
        muets += [Releve(RETRAIT_SANS_SUIVI, "non dit", "", bloc, bloc.texte)
                  for identite, bloc in construit.blocs.items() if identite not in retour.blocs]
    return [*retour.releves, *muets]


def _situer(bloc: Bloc, retour: Retour, actuels: dict[str, Bloc]) -> tuple[str, Bloc | None]:
    """Ce qu'est devenu un paragraphe envoyé : le même, récrit, ou disparu."""
    if not bloc.identite:
        return HORS, None
    if actuel := actuels.get(bloc.identite):
        return (INCHANGE if actuel.envoye == bloc.envoye else CHANGE), actuel
    mots = bloc.texte.split()
    neufs = [a for i, a in actuels.items()
             if i not in retour.blocs and _nom(a.chapitre) == _nom(bloc.chapitre)]
    notes = [(SequenceMatcher(None, mots, a.texte.split(), autojunk=False).ratio(), a)
             for a in neufs]
    note, proche = max(notes, key=lambda n: n[0], default=(0, None))
    return (CHANGE, proche) if note >= PROCHE else (DISPARU, None)


def _nom(chapitre: str) -> str:
    """Le titre sans son numéro, qui change quand un chapitre s'ajoute."""
    numero, _, titre = chapitre.partition(" ")
    return titre if numero.isdigit() or len(numero) == 1 else chapitre


def ecrire(edition: Edition, remarques: list[Remarque]) -> Path:
    """Écrit `build/<edition>/remarques.csv` et rend son chemin."""
    lignes = [
        (r.code, r.reponse, r.releve.qui, r.releve.date, r.releve.sorte, r.chapitre,
         r.actuel.identite if r.actuel else r.releve.bloc.identite, r.releve.cite,
         r.releve.texte, r.depuis, r.actuel.texte if r.actuel else "", " ".join(r.fichiers))
        for r in remarques
    ]
    chemin = edition.sortie / "remarques.csv"
    chemin.write_text(en_csv([COLONNES, *lignes], pour_tableur=True), "utf-8", newline="")
    return chemin


def lire_reponses(edition: Edition) -> Reponses:
    """Les réponses déjà données ; aucune si le fichier n'existe pas."""
    chemin = _chemin(edition)
    if not chemin.is_file() or charger_yaml(chemin, edition.relatif(chemin)) is None:
        return Reponses(reponses=[])
    return lire_yaml(chemin, Reponses, edition.relatif(chemin))


def repondre(edition: Edition, remarques: list[Remarque], code: str, reponse: str) -> None:
    """Ajoute ou remplace la réponse à une remarque, dans remarques.yml.

    Lève `ErreurBilan` si aucune de ces remarques n'a ce code.
    """
    codes = {r.code: r for r in remarques}
    if code not in codes:
        raise ErreurBilan(f"Aucune remarque « {code} » dans ces fichiers. {proposer(code, codes)}")
    codes[code].reponse = reponse
    with seul(edition, attendre=True):
        gardees = {r.code: r.reponse for r in lire_reponses(edition).reponses} | {code: reponse}
        lignes = "".join(f"  - code: {_cite(c)}\n    reponse: {_cite(r)}\n"
                         for c, r in gardees.items())
        remplacer(
            _chemin(edition),
            "# Ce qu'on a répondu aux remarques des relecteurs, par code (« bilan remarques »).\n"
            f"reponses:\n{lignes}")


def _cite(texte: str) -> str:
    """Le texte entre guillemets, en YAML."""
    protege = " ".join(texte.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{protege}"'


def _chemin(edition: Edition) -> Path:
    return edition.params / "remarques.yml"
