"""Les annexes calculées : matrice, données, dictionnaire, questionnaires, ours."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from bilan.a_completer import FACULTATIVES
from bilan.carnet import Bilan
from bilan.collecte import Champ, feuilles
from bilan.depot import lire as lire_depot
from bilan.empreintes import condense
from bilan.markdown import Colonne, Tableau, echapper, span_chiffre, tableau_de
from bilan.questionnaires import Question, Questionnaire
from bilan.questionnaires import lire as lire_questionnaires
from bilan.registre import NATURES
from bilan.tables import lire_paquet, lire_schemas

SOURCES = {
    "activite": "données d'activité",
    "questionnaire": "questionnaires",
    "entretien": "entretiens",
}


def matrice(bilan: Bilan) -> str:
    noms = {c.code: c.nom for c in bilan.parametres.definitions.categories}
    lignes = [
        [
            i.code,
            echapper(i.question),
            f"**{echapper(i.nom)}**. {echapper(i.lecture)}",
            echapper(noms[i.categorie]),
            echapper(", ".join(SOURCES[s] for s in i.sources)),
            f"`{i.table}`",
        ]
        for i in bilan.parametres.indicateurs
    ]
    return Tableau(
        [
            Colonne("Code", largeur=8),
            Colonne("Question", largeur=30),
            Colonne("Indicateur", largeur=40),
            Colonne("Catégorie", largeur=16),
            Colonne("Sources", largeur=18),
            Colonne("Table", largeur=20),
        ],
        lignes,
        "De la question à l'indicateur et à sa source",
        "tbl-matrice",
    ).markdown()


def donnees(bilan: Bilan) -> str:
    lignes = [
        [
            echapper(r["title"]),
            f"`{Path(r['path']).name}`",
            f"**{NATURES[r['nature']]}**",
            span_chiffre(bilan.registre[f"lignes.{r['name']}"], ancre=True),
            echapper(r.get("description", "")),
        ]
        for r in lire_paquet(bilan.edition)["resources"]
        if _a_un_objet(bilan, r["name"])
    ]
    return Tableau(
        [
            Colonne("Table", largeur=18),
            Colonne("Fichier", largeur=20),
            Colonne("Nature", largeur=14),
            Colonne("Lignes", "droite", 8),
            Colonne("Contenu", largeur=40),
        ],
        lignes,
        "Les tables de l'édition et leur nature",
        "tbl-donnees",
    ).markdown()


def _a_un_objet(bilan: Bilan, table: str) -> bool:
    """Faux pour une table facultative que l'édition laisse vide."""
    return table not in FACULTATIVES or not bilan.tables[table].empty


def dictionnaire(bilan: Bilan) -> str:
    """Le dictionnaire des données, tiré des schémas."""
    morceaux = []
    for nom, schema in lire_schemas(bilan.edition.racine).items():
        if not _a_un_objet(bilan, nom):
            continue
        lignes = [
            [
                f"`{c['name']}`",
                echapper(c.get("title", "")),
                echapper(_attendu(c)),
                echapper(c.get("description", "")),
            ]
            for c in schema["fields"]
        ]
        tableau = Tableau(
            [
                Colonne("Colonne", largeur=30),
                Colonne("Titre", largeur=22),
                Colonne("Attendu", largeur=24),
                Colonne("Sens", largeur=36),
            ],
            lignes,
            f"Colonnes de la table «\u00a0{echapper(nom)}\u00a0»",
            f"tbl-dico-{nom.replace('_', '-')}",
        )
        morceaux.append(f"### {echapper(schema.get('title', nom))}\n\n{tableau.markdown()}")
    return "\n".join(morceaux)


def instruments(bilan: Bilan) -> str:
    """La liste des formulaires que l'édition emploie."""
    noms = [q.nom for q in lire_questionnaires(bilan.edition)]
    lignes = " ;\n".join(f"- {echapper(nom[:1].lower() + nom[1:])}" for nom in noms)
    return f"Les indicateurs sont alimentés par\u00a0:\n\n{lignes}.\n"


def questionnaires(bilan: Bilan) -> str:
    """Chaque formulaire : ses questions, leurs réponses, la colonne alimentée ; puis ses thèmes."""
    racine = bilan.edition.racine
    champs = {(c.table, c.nom): c for f in feuilles(racine) for c in f.champs}
    return "\n".join(_formulaire(q, champs) for q in lire_questionnaires(bilan.edition))


def _formulaire(formulaire: Questionnaire, champs: dict[tuple[str, str], Champ]) -> str:
    lignes = [
        [
            str(rang),
            echapper(q.intitule),
            _reponses(q, champs[q.table, q.colonne]),
            f"`{q.table}.{q.colonne}`",
        ]
        for rang, q in enumerate(formulaire.questions, start=1)
    ]
    tableau = Tableau(
        [
            Colonne("N°", "droite", 4),
            Colonne("Question", largeur=36),
            Colonne("Réponses et aide", largeur=34),
            Colonne("Colonne alimentée", largeur=26),
        ],
        lignes,
        echapper(formulaire.nom),
        f"tbl-formulaire-{formulaire.code}",
    )
    themes = "\n".join(
        f"{echapper(t.nom)}\n:   {' '.join(echapper(r) for r in t.relances)}\n"
        for t in formulaire.themes
    )
    return (
        f"## {echapper(formulaire.nom)}\n\n"
        f"Qui répond : {echapper(formulaire.repondant)}. "
        f"Quand : {echapper(formulaire.moment)}.\n\n{tableau.markdown()}"
        + (f"\nThèmes et relances\u00a0:\n\n{themes}" if themes else "")
    )


def _reponses(question: Question, champ: Champ) -> str:
    """Les réponses possibles en italique, puis l'aide."""
    modalites = " ; ".join(champ.modalites.values())
    return (f"*{echapper(modalites)}*. " if modalites else "") + echapper(question.aide)


def ours(bilan: Bilan, voie: str) -> str:
    """Comment ce document a été fait : voie, versions, données, commit."""
    depot = lire_depot(bilan.edition.racine)
    outils = ("papermill", "pandas", "seaborn", "nbconvert", "pypandoc-binary", "typst")
    lignes = pd.DataFrame(
        [
            ("Assemblage", voie),
            ("Date du document", bilan.parametres.generaux.date_affichee),
            ("Empreinte des données et des paramètres", empreinte_donnees(bilan)[:16]),
            ("Version du code", str(depot or "inconnue (hors dépôt git)")),
            ("Python", platform.python_version()),
            *((nom, version(nom)) for nom in outils),
        ],
        columns=["Quoi", "Valeur"],
    )
    return tableau_de(lignes, "Fabrication de ce document", "tbl-ours").markdown()


def _attendu(champ: dict) -> str:
    """Le type et les contraintes d'un champ, en français."""
    types = {
        "string": "texte",
        "integer": "nombre entier",
        "number": "nombre",
        "boolean": "true ou false",
        "date": "date (AAAA-MM-JJ)",
    }
    contraintes = champ.get("constraints", {})
    morceaux = [types.get(champ["type"], champ["type"])]
    if "enum" in contraintes:
        morceaux = ["parmi : " + ", ".join(map(str, contraintes["enum"]))]
    if "minimum" in contraintes:
        morceaux.append(f"au moins {contraintes['minimum']}")
    if "maximum" in contraintes:
        morceaux.append(f"au plus {contraintes['maximum']}")
    if contraintes.get("required"):
        morceaux.append("obligatoire")
    return " ; ".join(morceaux)


def empreinte_donnees(bilan: Bilan) -> str:
    """Condensé de tous les fichiers de données et de paramètres de l'édition."""
    edition = bilan.edition
    fichiers = sorted([*edition.reglages, *(
        f
        for d in (edition.params, edition.donnees)
        for f in d.rglob("*")
        if f.suffix in (".csv", ".json", ".md")
    )])
    detail = {edition.relatif(f): condense(f.read_bytes()) for f in fichiers}
    return condense(json.dumps(detail, sort_keys=True).encode())
