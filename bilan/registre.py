"""Le registre : un enregistrement par chiffre montré, avec ce dont il vient."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from bilan import constats_preuves, nombres
from bilan.erreurs import ErreurBilan, proposer
from bilan.identites_controle import derives
from bilan.indicateurs import Mesure, Tables, mesurer, par_territoire
from bilan.parametres import Indicateur, Parametres


@dataclass(frozen=True)
class Chiffre:
    """Un chiffre du bilan. `valeur` est dans l'unité dite ; `texte` est ce qui s'imprime.

    `definition` est une phrase ; `regle`, pour un indicateur, l'expression qui le calcule.
    """

    code: str
    edition: str
    libelle: str
    valeur: float | None
    unite: str
    texte: str
    nature: str
    definition: str
    tables: list[str]
    regle: str = ""
    territoire: str | None = None
    numerateur: float | None = None
    denominateur: float | None = None
    cible: float | None = None
    carnet: str | None = None
    cellule: str | None = None

    @property
    def rapport(self) -> str | None:
        """« 71/96 » quand le chiffre est un rapport."""
        if self.numerateur is None or self.denominateur is None:
            return None
        return nombres.rapport(self.numerateur, self.denominateur)

    def en_dict(self) -> dict:
        return asdict(self) | {"rapport": self.rapport}

    @classmethod
    def depuis_dict(cls, champs: dict) -> Chiffre:
        return cls(**{k: v for k, v in champs.items() if k != "rapport"})


class Registre:
    """Les chiffres d'une édition, par code."""

    def __init__(self, edition: str, chiffres: Iterable[Chiffre] = ()):
        self.edition = edition
        self._chiffres = {c.code: c for c in chiffres}

    def __getitem__(self, code: str) -> Chiffre:
        try:
            return self._chiffres[code]
        except KeyError:
            raise ErreurBilan(
                f"Chiffre inconnu : « {code} ». {proposer(code, self._chiffres)[:200]}"
            ) from None

    def get(self, code: str) -> Chiffre | None:
        return self._chiffres.get(code)

    def __contains__(self, code: object) -> bool:
        return code in self._chiffres

    def __iter__(self) -> Iterator[Chiffre]:
        return iter(self._chiffres.values())

    def __len__(self) -> int:
        return len(self._chiffres)

    def remplacer(self, chiffres: Iterable[Chiffre]) -> Registre:
        """Un registre où ces chiffres prennent la place de ceux de même code."""
        neuf = Registre(self.edition)
        neuf._chiffres = self._chiffres | {c.code: c for c in chiffres}
        return neuf

    def ecrire(self, chemin: Path) -> None:
        contenu = {
            "edition": self.edition,
            "chiffres": {c.code: c.en_dict() for c in self},
        }
        chemin.parent.mkdir(parents=True, exist_ok=True)
        chemin.write_text(json.dumps(contenu, ensure_ascii=False, indent=1) + "\n", "utf-8")


def etablir(parametres: Parametres, tables: Tables, natures: dict[str, str]) -> Registre:
    """Tous les chiffres de l'édition.

    Parameters
    ----------
    natures : nature (publiee, reconstituee) de chaque table, tirée du paquet de données.
    """
    edition = parametres.edition.code
    chiffres = [
        *chiffres_indicateurs(parametres, tables, natures),
        *_publies(edition, tables),
        *_contexte(edition, tables),
        *_cles(edition, tables),
    ]
    registre = Registre(edition, chiffres)
    registre = registre.remplacer(_ensemble(parametres, tables, registre, natures))
    registre = registre.remplacer(_audit(parametres, registre))
    return registre.remplacer(_constats(parametres, tables))


def chiffres_indicateurs(
    parametres: Parametres, tables: Tables, natures: dict[str, str]
) -> list[Chiffre]:
    """Résultat, cible, écart, numérateur, dénominateur et variantes de chaque indicateur."""
    chiffres: list[Chiffre] = []
    for definition in parametres.indicateurs:
        base = _gabarit(parametres.edition.code, definition, natures)
        mesure = mesurer(definition, tables)
        chiffres += _mesure(base, definition, mesure, "")
        for territoire, locale in par_territoire(definition, tables).items():
            chiffres += _mesure(
                replace(base, territoire=territoire), definition, locale, f".{territoire}"
            )
        chiffres += _cible(base, definition, mesure)
        for variante in definition.variantes:
            autre = mesurer(definition, tables, variante=variante)
            chiffres.append(
                _resultat(base, f"{definition.code}.variante.{variante.code}", autre, variante.nom)
            )
    return chiffres


def _gabarit(edition: str, definition: Indicateur, natures: dict[str, str]) -> Chiffre:
    tables = [definition.table]
    if definition.table != "territoires":
        tables.append("territoires")
    return Chiffre(
        code=definition.code,
        edition=edition,
        libelle=definition.nom,
        valeur=None,
        unite=definition.unite,
        texte=nombres.NON_RENSEIGNE,
        nature=natures.get(definition.table, ""),
        definition=definition.lecture.strip(),
        tables=tables,
        regle=_phrase(definition),
    )


def _phrase(definition: Indicateur) -> str:
    """La règle de calcul, telle qu'elle est écrite dans les paramètres."""
    compte = f"moyenne de {definition.moyenne}" if definition.moyenne else f"dont {definition.dont}"
    parmi = f", parmi {definition.parmi}" if definition.parmi else ""
    return f"{definition.table}{parmi} : {compte}"


def _resultat(base: Chiffre, code: str, mesure: Mesure, libelle: str | None = None) -> Chiffre:
    texte = nombres.NON_RENSEIGNE
    if mesure.valeur is not None:
        texte = nombres.quantite(mesure.valeur, base.unite, 0)
    return replace(
        base,
        code=code,
        libelle=libelle or base.libelle,
        valeur=mesure.valeur,
        texte=texte,
        numerateur=mesure.numerateur if mesure.denominateur else None,
        denominateur=mesure.denominateur or None,
    )


def _mesure(base: Chiffre, definition: Indicateur, mesure: Mesure, suffixe: str) -> list[Chiffre]:
    code = definition.code
    resultat = _resultat(base, f"{code}.resultat{suffixe}", mesure)
    cible = None if definition.cible is None else float(definition.cible)
    chiffres = [replace(resultat, cible=cible)]
    if mesure.denominateur:
        chiffres += [
            _compte(base, f"{code}.numerateur{suffixe}", mesure.numerateur, "numérateur"),
            _compte(base, f"{code}.denominateur{suffixe}", mesure.denominateur, "dénominateur"),
            replace(
                resultat,
                code=f"{code}.rapport{suffixe}",
                texte=resultat.rapport,
                unite="",
                libelle=f"{base.libelle} (n/N)",
            ),
        ]
    return chiffres


def _compte(base: Chiffre, code: str, valeur: float, role: str) -> Chiffre:
    return replace(
        base,
        code=code,
        libelle=f"{base.libelle} ({role})",
        valeur=valeur,
        unite="",
        texte=nombres.nombre(valeur),
    )


def _cible(base: Chiffre, definition: Indicateur, mesure: Mesure) -> list[Chiffre]:
    if definition.cible is None:
        return []
    cible = replace(
        base,
        code=f"{definition.code}.cible",
        libelle=f"{base.libelle} (cible)",
        valeur=float(definition.cible),
        texte=nombres.quantite(definition.cible, definition.unite),
        nature="publiee",
        definition="Cible fixée par les paramètres de l'édition.",
        regle="",
        tables=[],
    )
    if mesure.valeur is None:
        return [cible]
    difference = float(nombres.arrondir(mesure.valeur) - nombres.arrondir(definition.cible))
    return [
        cible,
        replace(
            base,
            code=f"{definition.code}.ecart",
            libelle=f"{base.libelle} (écart à la cible)",
            valeur=difference,
            unite="points",
            texte=nombres.ecart(difference),
        ),
    ]


def _publies(edition: str, tables: Tables) -> list[Chiffre]:
    """Les résultats et cibles imprimés dans le document publié."""
    chiffres = []
    for ligne in tables["publies"].itertuples():
        for suffixe, valeur in (("", ligne.resultat), (".cible", ligne.cible)):
            if pd.notna(valeur):
                chiffres.append(
                    _transcrit(
                        edition,
                        f"publie.{ligne.code}{suffixe}",
                        f"{ligne.code} tel que publié",
                        float(valeur),
                        "%",
                        nombres.quantite(float(valeur), "%"),
                        str(ligne.source),
                        "publies",
                    )
                )
    return chiffres


def _contexte(edition: str, tables: Tables) -> list[Chiffre]:
    chiffres = []
    for ligne in tables["contexte"].itertuples():
        unite = "" if pd.isna(ligne.unite) else str(ligne.unite)
        texte = nombres.quantite(_exact(ligne.valeur), unite)
        if pd.notna(ligne.precision):
            precision = str(ligne.precision)
            texte = f"{precision}{'' if precision in '+-−' else ' '}{texte}"
        source = "" if pd.isna(ligne.source) else str(ligne.source)
        chiffres.append(
            _transcrit(
                edition, f"contexte.{ligne.code}", str(ligne.libelle), float(ligne.valeur), unite,
                texte, source, "contexte",
            )
        )
    return chiffres


def _cles(edition: str, tables: Tables) -> list[Chiffre]:
    """Les chiffres clés des fiches, dans l'ordre de chaque fiche."""
    chiffres = []
    for ligne in tables["chiffres_cles"].itertuples():
        unite = "" if pd.isna(ligne.unite) else str(ligne.unite)
        signe = "" if pd.isna(ligne.signe) else str(ligne.signe).replace("-", nombres.MOINS)
        chiffre = _transcrit(
            edition,
            f"fiche.{ligne.territoire}.{ligne.ordre}",
            str(ligne.libelle),
            _exact(ligne.valeur),
            unite,
            signe + nombres.quantite(_exact(ligne.valeur), unite),
            "fiche du territoire, document publié",
            "chiffres_cles",
        )
        chiffres.append(replace(chiffre, territoire=str(ligne.territoire)))
    return chiffres


def _exact(valeur: float) -> float:
    return int(valeur) if float(valeur).is_integer() else float(valeur)


def _transcrit(
    edition: str, code: str, libelle: str, valeur: float, unite: str, texte: str,
    definition: str, table: str,
) -> Chiffre:
    return Chiffre(
        code, edition, libelle, valeur, unite, texte, "publiee", definition, [table]
    )


def _ensemble(
    parametres: Parametres, tables: Tables, registre: Registre, natures: dict[str, str]
) -> list[Chiffre]:
    """Les comptes qui décrivent l'édition entière."""
    principaux = parametres.principaux
    atteintes = [i for i in principaux if atteinte(registre[f"{i.code}.resultat"])]
    non_atteintes = [i for i in principaux if atteinte(registre[f"{i.code}.resultat"]) is False]
    acteurs, territoires = tables["acteurs"], tables["territoires"]
    participe = acteurs["participe_action"].fillna(False) | acteurs["participe_animation"].fillna(
        False
    )
    comptes = [
        ("territoires", len(territoires), "territoires lauréats", ["territoires"]),
        ("territoires_base", int(territoires["base_reseau"].sum()),
         "territoires retenus dans la base des indicateurs de réseau", ["territoires"]),
        ("indicateurs", len(principaux), "indicateurs", []),
        ("cibles_atteintes", len(atteintes), "indicateurs dont la cible est atteinte", []),
        ("cibles_non_atteintes", len(non_atteintes), "indicateurs dont la cible n'est pas atteinte",
         []),
        ("sessions", len(tables["sessions"]), "sessions collectives", ["sessions"]),
        ("presences_attendues", len(tables["presences"]), "présences attendues", ["presences"]),
        ("reponses", len(tables["reponses"]), "réponses aux questionnaires", ["reponses"]),
        ("acteurs", len(acteurs), "acteurs recensés", ["acteurs"]),
        ("acteurs_rencontres", int(acteurs["rencontre"].sum()), "acteurs rencontrés", ["acteurs"]),
        ("acteurs_participants", int(participe.sum()), "acteurs participants", ["acteurs"]),
        ("actions", len(tables["actions"]), "actions des réseaux", ["actions"]),
        ("entretiens", tables["entretiens"]["entretien"].nunique(), "entretiens codés",
         ["entretiens"]),
        ("segments", len(tables["entretiens"]), "segments d'entretiens codés", ["entretiens"]),
    ]
    chiffres = [
        Chiffre(
            f"ensemble.{code}", registre.edition, libelle, valeur, "", nombres.nombre(valeur),
            natures.get(sources[0], "") if sources else "calculee", f"nombre : {libelle}", sources,
        )
        for code, valeur, libelle, sources in comptes
    ]
    return chiffres + _subventions(registre, len(territoires))


def _subventions(registre: Registre, territoires: int) -> list[Chiffre]:
    """Ce que la source ne fait pas : l'aide d'un territoire et de tous, sur toute la durée."""
    if "contexte.ami_aide_annuelle" not in registre or "contexte.ami_duree" not in registre:
        return []
    aide, duree = registre["contexte.ami_aide_annuelle"], registre["contexte.ami_duree"]
    par_territoire_ = aide.valeur * duree.valeur
    return [
        replace(
            aide, code=f"ensemble.{code}", libelle=libelle, valeur=valeur, nature="calculee",
            texte=nombres.quantite(_exact(valeur), aide.unite),
            definition="aide annuelle × durée" + suite,
        )
        for code, libelle, valeur, suite in (
            ("subvention_territoire", "aide par territoire", par_territoire_, ""),
            ("subvention_totale", "aide totale", par_territoire_ * territoires,
             " × nombre de territoires"),
        )
    ]


def _audit(parametres: Parametres, registre: Registre) -> list[Chiffre]:
    """Les nombres que l'audit déduit des pourcentages publiés."""
    return [
        Chiffre(
            d.code, registre.edition, d.libelle, float(d.valeur), d.unite, d.texte, "calculee",
            d.definition, ["publies"],
        )
        for d in derives(parametres.edition, registre)
    ]


def _constats(parametres: Parametres, tables: Tables) -> list[Chiffre]:
    """Les nombres des comparaisons entre territoires sur lesquelles des constats reposent."""
    edition = parametres.edition
    return [
        Chiffre(
            d.code, edition.code, d.libelle, d.valeur, "", d.texte, "calculee", d.definition,
            ["territoires"],
        )
        for d in constats_preuves.derives(edition, tables)
    ]


def atteinte(resultat: Chiffre) -> bool | None:
    """Vrai si le résultat, arrondi comme il est imprimé, vaut au moins la cible."""
    if resultat.cible is None or resultat.valeur is None:
        return None
    return nombres.arrondir(resultat.valeur) >= nombres.arrondir(resultat.cible)
