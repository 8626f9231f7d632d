"""La validation des fiches par leurs territoires : qui, quand, et de quel contenu.

`params/<edition>/validations.yml` garde, pour chaque fiche validée, la fonction de qui l'a validée
(jamais un nom), la date, et l'empreinte de ce que la fiche disait : ses textes, ses chiffres, les
résultats de sa dernière section, ses limites sur la carte. Une fiche qui dit autre chose depuis est
à signer de nouveau.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import re
from typing import TYPE_CHECKING

from babel.dates import format_date
from ruamel.yaml import YAML

from bilan.erreurs import ErreurBilan, Faute, proposer
from bilan.fichiers import remplacer
from bilan.markdown import BALISE
from bilan.parametres import Modele, lire_liste
from bilan.projet import Edition
from bilan.tables import lire_table
from bilan.verrou import seul

if TYPE_CHECKING:
    from bilan.carnet import Bilan
    from bilan.fiche import Fiche

FICHIER = "validations.yml"
ENTETE = """# Les fiches que leurs territoires ont validées. Écrit par « bilan valider ».
# L'empreinte est celle du contenu validé : elle ne se corrige pas à la main.
"""


class Validation(Modele):
    """Une fiche validée."""

    territoire: str
    role: str
    date: datetime.date
    empreinte: str


def lire(edition: Edition) -> dict[str, Validation]:
    """La validation de chaque territoire qui a validé sa fiche ; vide sans fichier."""
    chemin = edition.params / FICHIER
    if not chemin.is_file():
        return {}
    return {v.territoire: v for v in lire_liste(chemin, Validation, edition.relatif(chemin))}


def empreinte(fiche: Fiche) -> str:
    """Ce que la fiche dit, condensé : un mot ou un chiffre changé donne une autre empreinte."""
    bilan = fiche.bilan
    textes = [sortie.markdown for sortie in (fiche.titre(), fiche.entete(), fiche.presentation(),
                                             fiche.chiffres_cles(), fiche.rubriques())]
    resultats = [
        f"{code} = {chiffre.texte} {chiffre.rapport}"
        for indicateur in bilan.parametres.principaux for territoire in bilan.noms
        if (chiffre := bilan.registre.get(code := f"{indicateur.code}.resultat.{territoire}"))
    ]
    limites = bilan.lignes("perimetres", fiche.territoire)["epci"].sort_values()
    lisible = BALISE.sub("", "\n".join([*textes, *resultats, *limites]))
    return hashlib.sha256(re.sub(r"\s+", " ", lisible).encode()).hexdigest()


def valider(fiche: Fiche, role: str, date: datetime.date) -> Validation:
    """Enregistre la validation de la fiche telle qu'elle est aujourd'hui.

    Lève `ErreurBilan` si la fonction est vide ou si la date est à venir.
    """
    if not role.strip():
        raise ErreurBilan('La fonction de qui valide manque. Écrire : --role "Directrice du CCAS".')
    if date > datetime.date.today():
        raise ErreurBilan(f"{date} est une date à venir. Écrire celle de la validation.")
    validation = Validation(territoire=fiche.territoire, role=role.strip(), date=date,
                            empreinte=empreinte(fiche))
    edition = fiche.bilan.edition
    with seul(edition, attendre=True):
        toutes = lire(edition) | {fiche.territoire: validation}
        ordonnees = [toutes[t] for t in fiche.bilan.noms if t in toutes]
        sortie = io.StringIO()
        YAML().dump([v.model_dump() for v in ordonnees], sortie)
        remplacer(edition.params / FICHIER, ENTETE + sortie.getvalue())
    return validation


def mention(fiche: Fiche) -> str:
    """« Validée le … par … », « À signer », ou « À signer de nouveau » si le contenu a changé."""
    validation = fiche.bilan.validation(fiche.territoire)
    if validation is None:
        return "À signer par le territoire, qui n'a pas encore validé cette fiche."
    date = format_date(validation.date, "d MMMM y", locale="fr")
    if validation.empreinte == empreinte(fiche):
        return f"Validée le {date} par le territoire ({validation.role})."
    return (f"À signer de nouveau : la fiche a changé depuis sa validation du {date} "
            f"({validation.role}).")


def a_signer(bilan: Bilan) -> dict[str, list[str]]:
    """Les mentions des fiches qui restent à signer, et les noms des territoires de chacune."""
    from bilan.fiche import Fiche  # elle porte elle-même sa mention

    groupes: dict[str, list[str]] = {}
    for code, nom in bilan.noms.items():
        if (dite := mention(Fiche(bilan, code))).startswith("À signer"):
            groupes.setdefault(dite, []).append(nom)
    return groupes


def fautes(edition: Edition) -> list[Faute]:
    """Les validations d'un territoire que l'édition n'a pas, ou qui ne se lisent pas."""
    lieu = edition.relatif(edition.params / FICHIER)
    try:
        connus = list(lire_table(edition, "territoires")["territoire"])
        return [Faute(lieu, f"territoire inconnu « {t} »", proposer(t, connus))
                for t in lire(edition) if t not in connus]
    except ErreurBilan as erreur:
        return erreur.fautes
