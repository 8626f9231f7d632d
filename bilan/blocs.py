"""Les blocs calculés que les chapitres appellent : `::: {.bloc code="tableau-1"}`."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from bilan import auditer, graphiques
from bilan.carnet import Bilan, donnees_du_graphique, tableau_indicateurs
from bilan.graphiques import Graphique
from bilan.markdown import Colonne, Tableau, echapper, span_chiffre, tableau_de
from bilan.parametres import charger_yaml
from bilan.plan import condense
from bilan.registre import Registre
from bilan.tables import lire_paquet, lire_schemas

NATURES = {
    "publiee": "publiée",
    "reconstituee": "reconstituée",
    "observee": "observée",
    "calculee": "calculée",
}
SOURCES = {
    "activite": "données d'activité",
    "questionnaire": "questionnaires",
    "entretien": "entretiens",
}


class Blocs:
    """Les blocs d'une édition. Les figures qu'ils montrent sont écrites dans `figures`."""

    def __init__(self, bilan: Bilan, registre: Registre, figures: Path, voie: str):
        self.bilan = bilan
        self.bilan.registre = registre
        self.figures = figures
        self.voie = voie

    def tous(self) -> dict[str, str]:
        """Tous les blocs, par code : textes de l'édition et blocs calculés."""
        return self.bilan.textes | {code: bloc() for code, bloc in self.calcules().items()}

    def calcules(self) -> dict[str, Callable[[], str]]:
        """Le code de chaque bloc calculé et ce qui l'écrit."""
        return {
            "tableau-1": self.tableau_1,
            "graphique-synthese": self.graphique_synthese,
            "logigramme": self.logigramme,
            "logigramme-texte": self.logigramme_texte,
            "glossaire": self.glossaire,
            "contexte": self.contexte,
            "territoires": self.territoires,
            "matrice": self.matrice,
            "donnees": self.donnees,
            "dictionnaire": self.dictionnaire,
            "audit": self.audit,
            "contradictions": self.contradictions,
            "provenance": self.provenance,
            "questionnaires": self.questionnaires,
            "ours": self.ours,
        }

    def _figure(self, graphique: Graphique, nom: str, *, donnees: bool = True) -> str:
        self.figures.mkdir(parents=True, exist_ok=True)
        chemin = self.figures / f"{nom}.svg"
        chemin.write_text(graphique.svg(), "utf-8")
        relatif = "/" + self.bilan.edition.relatif(chemin)
        alternative = graphique.alternative.replace('"', "'")
        image = f'![{echapper(graphique.titre)}]({relatif}){{#fig-{nom} fig-alt="{alternative}"}}\n'
        return image + ("\n" + donnees_du_graphique(graphique).markdown if donnees else "")

    def tableau_1(self) -> str:
        return tableau_indicateurs(
            self.bilan, self.bilan.parametres.principaux,
            "Les indicateurs, dans l'ordre de leur code : cible, résultat, n/N", "tbl-indicateurs",
        ).markdown()

    def graphique_synthese(self) -> str:
        donnees = self.bilan.cibles_et_resultats(self.bilan.parametres.principaux)
        return self._figure(
            graphiques.cibles_et_resultats(donnees, nature="reconstituee"), "synthese"
        )

    def logigramme(self) -> str:
        definition = self.bilan.parametres.logigramme.model_dump()
        return self._figure(graphiques.logigramme(definition), "logigramme", donnees=False)

    def logigramme_texte(self) -> str:
        return graphiques.logigramme_en_texte(self.bilan.parametres.logigramme.model_dump())

    def glossaire(self) -> str:
        sigles = sorted(self.bilan.parametres.glossaire, key=lambda s: s.sigle.casefold())
        return "\n".join(f"{echapper(s.sigle)}\n:   {echapper(s.developpe)}\n" for s in sigles)

    def contexte(self) -> str:
        lignes = [
            [echapper(ligne.libelle), span_chiffre(self.bilan.registre[f"contexte.{ligne.code}"]),
             echapper(ligne.millesime), echapper(ligne.source)]
            for ligne in self.bilan.tables["contexte"].itertuples()
        ]
        return Tableau(
            [Colonne("Fait", largeur=34), Colonne("Valeur", "droite", 16),
             Colonne("Millésime", largeur=14), Colonne("Source", largeur=30)],
            lignes, "Chiffres de contexte et du programme, tels que publiés", "tbl-contexte",
        ).markdown()

    def territoires(self) -> str:
        formes = self.bilan.libelles("territoires", "forme")
        lignes = [
            [echapper(t.nom), echapper(t.laureat), _pat(t), echapper(t.nom_reseau),
             echapper(formes.get(t.forme, t.forme)), "oui" if t.base_reseau else "non"]
            for t in self.bilan.tables["territoires"].sort_values("ordre").itertuples()
        ]
        return Tableau(
            [Colonne("Territoire", largeur=16), Colonne("Lauréat", largeur=20),
             Colonne("PAT", largeur=20), Colonne("Réseau", largeur=24),
             Colonne("Forme", largeur=16), Colonne("Dans la base (hypothèse)", largeur=12)],
            lignes, "Les territoires lauréats", "tbl-territoires",
        ).markdown()

    def matrice(self) -> str:
        noms = {c.code: c.nom for c in self.bilan.parametres.definitions.categories}
        lignes = [
            [i.code, echapper(i.question), f"**{echapper(i.nom)}**. {echapper(i.lecture)}",
             echapper(noms[i.categorie]), echapper(", ".join(SOURCES[s] for s in i.sources)),
             f"`{i.table}`"]
            for i in self.bilan.parametres.indicateurs
        ]
        return Tableau(
            [Colonne("Code", largeur=6), Colonne("Question", largeur=30),
             Colonne("Indicateur", largeur=40), Colonne("Catégorie", largeur=14),
             Colonne("Sources", largeur=16), Colonne("Table", largeur=16)],
            lignes, "De la question à l'indicateur et à sa source", "tbl-matrice",
        ).markdown()

    def donnees(self) -> str:
        lignes = [
            [echapper(r["title"]), f"`{Path(r['path']).name}`",
             f"**{NATURES[r['nature']]}**",
             str(len(self.bilan.tables[r["name"]])), echapper(r.get("description", ""))]
            for r in lire_paquet(self.bilan.edition)["resources"]
        ]
        return Tableau(
            [Colonne("Table", largeur=18), Colonne("Fichier", largeur=20),
             Colonne("Nature", largeur=14), Colonne("Lignes", "droite", 8),
             Colonne("Contenu", largeur=40)],
            lignes, "Les tables de l'édition et leur nature", "tbl-donnees",
        ).markdown()

    def dictionnaire(self) -> str:
        """Le dictionnaire des données, tiré des schémas."""
        morceaux = []
        for nom, schema in lire_schemas(self.bilan.edition.racine).items():
            lignes = [
                [f"`{c['name']}`", echapper(c.get("title", "")), echapper(_attendu(c)),
                 echapper(c.get("description", ""))]
                for c in schema["fields"]
            ]
            tableau = Tableau(
                [Colonne("Colonne", largeur=20), Colonne("Titre", largeur=20),
                 Colonne("Attendu", largeur=24), Colonne("Sens", largeur=36)],
                lignes, f"Colonnes de {echapper(nom)}", f"tbl-dico-{nom.replace('_', '-')}",
            )
            morceaux.append(f"### {echapper(schema.get('title', nom))}\n\n{tableau.markdown()}")
        return "\n".join(morceaux)

    def audit(self) -> str:
        """Les bases qui donnent chaque pourcentage publié."""
        territoires = int(self.bilan.registre["ensemble.territoires"].valeur)
        base = int(self.bilan.registre["ensemble.territoires_base"].valeur)
        resultats = auditer.auditer_territoires(
            self.bilan.tables["publies"], sorted({territoires, base}, reverse=True)
        )
        colonnes = [c for c in resultats.columns if c.endswith(("entiers", "demis"))]
        lignes = [
            [r.code, span_chiffre(self.bilan.registre[f"publie.{r.code}"]),
             *("oui" if r._asdict()[f"_{i}"] else "non" for i in range(3, 3 + len(colonnes))),
             ", ".join(map(str, r.plus_petites))]
            for r in resultats.itertuples()
        ]
        titres = [
            c.replace(" entiers", " territoires, scores entiers").replace(
                " demis", " territoires, demi-scores")
            for c in colonnes
        ]
        return Tableau(
            [Colonne("Code", largeur=6), Colonne("Publié", "droite", 8),
             *(Colonne(t, "centre", 14) for t in titres),
             Colonne("Plus petites bases, comptes entiers", largeur=20)],
            lignes, "Quelles bases donnent chaque pourcentage publié (arrondi usuel)", "tbl-audit",
        ).markdown()

    def contradictions(self) -> str:
        themes = {"chiffres": "Chiffres et logique", "structure": "Structure et renvois",
                  "noms": "Noms, dates et sources"}
        morceaux = []
        for theme, titre in themes.items():
            points = [c for c in self.bilan.parametres.contradictions if c.theme == theme]
            morceaux.append(f"## {titre} {{#contradictions-{theme}}}\n")
            morceaux += [
                f"**{c.code}. {c.titre}.** {c.constat.strip()}\n"
                f"*Lieu : {c.lieu.strip()}.* Ce que fait ce bilan : {c.traitement.strip()}\n"
                for c in points
            ]
        return "\n".join(morceaux)

    def provenance(self) -> str:
        """D'où vient chaque chiffre : une ligne par enregistrement du registre."""
        morceaux = []
        for titre, garder in (
            ("Indicateurs, pour l'ensemble", lambda c: c.carnet and not c.territoire),
            ("Indicateurs, par territoire",
             lambda c: c.carnet and c.territoire and ".resultat." in c.code),
            ("Édition", lambda c: c.code.startswith("ensemble.")),
            ("Contexte et programme", lambda c: c.code.startswith("contexte.")),
            ("Chiffres clés des fiches", lambda c: c.code.startswith("fiche.")),
            ("Résultats publiés", lambda c: c.code.startswith("publie.")),
        ):
            chiffres = [c for c in self.bilan.registre if garder(c)]
            lignes = [
                [f"`{c.code}`", span_chiffre(c), echapper(c.libelle), echapper(c.definition),
                 NATURES.get(c.nature, echapper(c.nature)),
                 echapper(f"{c.carnet}, {c.cellule}" if c.carnet else "paquet bilan")]
                for c in chiffres
            ]
            identifiant = "tbl-provenance-" + titre.split()[0].lower().strip(",").replace("é", "e")
            if "territoire" in titre:
                identifiant += "-territoires"
            tableau = Tableau(
                [Colonne("Code", largeur=24), Colonne("Valeur", "droite", 16),
                 Colonne("Libellé", largeur=24), Colonne("Règle", largeur=30),
                 Colonne("Nature", largeur=12), Colonne("Carnet, cellule", largeur=20)],
                lignes, titre, identifiant,
            )
            morceaux.append(f"## {titre}\n\n{tableau.markdown()}")
        return "\n".join(morceaux)

    def questionnaires(self) -> str:
        chemin = self.bilan.edition.params / "questionnaires.yml"
        morceaux = []
        for formulaire in charger_yaml(chemin, self.bilan.edition.relatif(chemin)):
            lignes = [
                [str(rang), echapper(q["intitule"]),
                 echapper(", ".join(map(str, q.get("modalites", []))) or q.get("aide", "")),
                 f"`{q['table']}.{q['colonne']}`"]
                for rang, q in enumerate(formulaire["questions"], start=1)
            ]
            tableau = Tableau(
                [Colonne("N°", "droite", 4), Colonne("Question", largeur=36),
                 Colonne("Réponses", largeur=34), Colonne("Colonne alimentée", largeur=26)],
                lignes, echapper(formulaire["nom"]), f"tbl-formulaire-{formulaire['code']}",
            )
            morceaux.append(
                f"## {echapper(formulaire['nom'])}\n\n"
                f"Qui répond : {echapper(formulaire['repondant'])}. "
                f"Quand : {echapper(formulaire['moment'])}.\n\n{tableau.markdown()}"
            )
        return "\n".join(morceaux)

    def ours(self) -> str:
        """Comment ce document a été fait : voie, versions, données, commit."""
        outils = ("papermill", "pandas", "seaborn", "nbconvert", "pypandoc-binary", "typst")
        lignes = pd.DataFrame(
            [
                ("Assemblage", self.voie),
                ("Date du document", self.bilan.parametres.generaux.date_affichee),
                ("Empreinte des données et des paramètres", empreinte_donnees(self.bilan)[:16]),
                ("Version du code", commit(self.bilan.edition.racine)),
                ("Python", platform.python_version()),
                *((nom, version(nom)) for nom in outils),
            ],
            columns=["Quoi", "Valeur"],
        )
        return tableau_de(lignes, "Fabrication de ce document", "tbl-ours").markdown()


def _pat(territoire) -> str:
    if pd.isna(territoire.pat):
        return "–"
    niveau = f" (niveau {territoire.niveau_pat})" if pd.notna(territoire.niveau_pat) else ""
    return echapper(f"{territoire.pat}{niveau}")


def _attendu(champ: dict) -> str:
    """Le type et les contraintes d'un champ, en français."""
    types = {"string": "texte", "integer": "nombre entier", "number": "nombre",
             "boolean": "true ou false", "date": "date (AAAA-MM-JJ)"}
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
    fichiers = sorted(
        f for d in (edition.params, edition.donnees) for f in d.rglob("*")
        if f.suffix in (".csv", ".json", ".yml", ".md")
    )
    detail = {edition.relatif(f): condense(f.read_bytes()) for f in fichiers}
    return condense(json.dumps(detail, sort_keys=True).encode())


def commit(racine: Path) -> str:
    """Le commit du projet, suivi de « modifié » si l'arbre de travail l'est."""
    try:
        court = _git(racine, "rev-parse", "--short=12", "HEAD")
        modifie = _git(racine, "status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        return "inconnue (hors dépôt git)"
    return f"{court}, modifié depuis" if modifie else court


def _git(racine: Path, *arguments: str) -> str:
    resultat = subprocess.run(
        ["git", "-C", str(racine), *arguments], capture_output=True, text=True, check=True
    )
    return resultat.stdout.strip()
