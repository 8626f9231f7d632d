"""Préparer une édition : ce qui se reprend de la précédente, ce qu'il reste à compléter.

Rien d'existant n'est remplacé : relancée, la préparation n'ajoute que ce qui manque.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from bilan.a_completer import FACULTATIVES, MARQUE
from bilan.erreurs import ErreurBilan
from bilan.fichiers import lire_texte
from bilan.parametres import Parametres, charger_yaml
from bilan.projet import CODE_EDITION, Edition, Projet
from bilan.tables import lire_paquet, lire_schemas
from bilan.tableur import en_csv
from bilan.textes import lire_textes

# Ces fichiers disent ce que sont le programme et le site : ils valent pour la suivante, à relire.
REPRIS = ("indicateurs.yml", "forces.yml", "logigramme.yml", "glossaire.yml", "noms.yml",
          "questionnaires.yml", "referentiels/site-rgaa.yml")
# Une table dont des lignes décrivent le programme ; les autres se remplissent à neuf.
TABLES_REPRISES = ("contexte",)
BLOC = re.compile(r"\{\.bloc (?P<facultatif>\.facultatif )?code=\"(?P<code>[^\"]*)\"")
DE_CONTEXTE = re.compile(r'code="contexte\.(\w+)"')
MENTION_DE_CONSTAT = re.compile(r"\[([^\[\]]*(?:\[\][^\[\]]*)*)\]\{\.constat[^}]*\}")

# Une note commente la source d'une édition : elle ne passe pas à la suivante.
NOTE = re.compile(r"^\[\^[\w-]+\]:.*?(?:\n\n|\Z)|\[\^[\w-]+\]", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Preparation:
    """Ce que la préparation a écrit, et ce qu'elle a trouvé déjà là."""

    edition: Edition
    ecrits: list[Path]
    gardes: list[Path]


def preparer_edition(
    projet: Projet, code: str, depuis: str | None = None, *, simulee: bool = False
) -> Preparation:
    """Écrit `params/<code>` et `data/<code>` d'après une édition du projet.

    `simulee` : ses lignes seront inventées pour un exemple, et dites telles partout.
    Lève `ErreurBilan` si le code n'est pas celui d'une édition, ou si `depuis` n'existe pas.
    """
    if not CODE_EDITION.fullmatch(code):
        raise ErreurBilan(
            f"« {code} » n'est pas un code d'édition. Écrire une année ou deux, comme 2025-2027."
        )
    anciennes = [e for e in projet.editions() if e != code]
    source = projet.edition(depuis or (anciennes[-1] if anciennes else None))
    if source.code == code:
        raise ErreurBilan(f"L'édition {code} ne peut pas partir d'elle-même. Corriger --depuis.")
    neuve = Edition(projet.racine, code)
    ecrits, gardes = [], []
    for chemin, contenu in _fichiers(source, neuve, simulee).items():
        if chemin.exists():
            gardes.append(chemin)
            continue
        chemin.parent.mkdir(parents=True, exist_ok=True)
        chemin.write_text(contenu(), "utf-8")
        ecrits.append(chemin)
    return Preparation(neuve, ecrits, gardes)


def _fichiers(source: Edition, neuve: Edition, simulee: bool) -> dict[Path, Callable[[], str]]:
    """Chaque fichier de l'édition neuve, et de quoi l'écrire."""
    fichiers: dict[Path, Callable[[], str]] = {
        neuve.params / "edition.yml": lambda: _edition(source, neuve)
    }
    for nom in (n for n in REPRIS if (source.params / n).exists()):
        fichiers[neuve.params / nom] = lambda nom=nom: lire_texte(source.params / nom, nom)
    for nom, textes in _a_ecrire(source).items():
        fichiers[neuve.params / "textes" / f"{nom}.md"] = lambda t=textes: _textes(source, t)
    for nom in lire_schemas(source.racine):
        fichiers[neuve.donnees / f"{nom}.csv"] = lambda nom=nom: _table(source, nom)
    fichiers[neuve.donnees / "datapackage.json"] = lambda: _paquet(source, neuve, simulee)
    return fichiers


def _edition(source: Edition, neuve: Edition) -> str:
    """Les réglages de la source ; ce qui dépend de l'édition porte la marque."""
    yaml = YAML(typ="rt")
    yaml.width = 200
    chemin = source.params / "edition.yml"
    lieu = source.relatif(chemin)
    charger_yaml(chemin, lieu)  # ce qu'il a de fautif ou d'hostile est dit avant qu'on le relise
    reglages = yaml.load(lire_texte(chemin, lieu))  # avec ses commentaires
    reglages["code"] = neuve.code
    reglages |= {
        "precedente": source.code,
        "mention": MARQUE.capitalize(),
        "auteurs": [MARQUE.capitalize()],
        "date_affichee": MARQUE,
        "signataires": [],
        "fiches": [],
    }
    for cle, consigne in (
        ("mention", "ce que sont les données de cette édition, imprimé sur la couverture"),
        ("auteurs", "qui établit ce bilan"),
        ("date", "la date du bilan"),
        ("date_affichee", "la même, en toutes lettres"),
        ("fiches", "le code de chaque territoire, dans l'ordre des fiches"),
    ):
        reglages.yaml_add_eol_comment(f"{MARQUE} : {consigne}", cle)
    sortie = io.StringIO()
    yaml.dump(reglages, sortie)
    return sortie.getvalue()


def _a_ecrire(source: Edition) -> dict[str, dict[str, str]]:
    """Les textes de la source, par fichier, sauf ceux que les chapitres disent facultatifs."""
    chapitres = [source.racine / "index.qmd", *(source.racine / "report").glob("*.qmd")]
    blocs = [b for c in chapitres for b in BLOC.finditer(lire_texte(c, c.name))]
    facultatifs = {b["code"] for b in blocs if b["facultatif"]}
    par_fichier: dict[str, dict[str, str]] = {}
    for code, texte in lire_textes(source).items():
        if code not in facultatifs:
            par_fichier.setdefault(code.partition(".")[0], {})[code] = texte
    return par_fichier


def _repris(source: Edition, code: str) -> bool:
    """Vrai pour un texte qui décrit le programme."""
    return bool({code, code.partition(".")[0]}
                & set(Parametres(source).generaux.textes_du_programme))


def _textes(source: Edition, textes: dict[str, str]) -> str:
    """Les sections du programme reprises, les autres à écrire."""
    sections = []
    for code, texte in textes.items():
        cle = code.partition(".")[2]
        if _repris(source, code):
            contenu = NOTE.sub("", MENTION_DE_CONSTAT.sub(r"\1", texte)).strip()
        else:
            contenu = f"[{MARQUE.capitalize()}.]{{.a-completer}}"
        sections.append(f"# {cle}\n\n{contenu}\n")
    return "\n".join(sections)


def _table(source: Edition, nom: str) -> str:
    """L'en-tête de la table ; du contexte, aussi les lignes que citent les textes repris."""
    colonnes = [c["name"] for c in lire_schemas(source.racine)[nom]["fields"]]
    lignes = [colonnes]
    if nom in TABLES_REPRISES:
        repris = "".join(t for c, t in lire_textes(source).items() if _repris(source, c))
        cites = set(DE_CONTEXTE.findall(repris))
        with (source.donnees / f"{nom}.csv").open(encoding="utf-8", newline="") as fichier:
            lignes += ([li[c] for c in colonnes]
                       for li in csv.DictReader(fichier) if li["code"] in cites)
    return en_csv(lignes)


def _paquet(source: Edition, neuve: Edition, simulee: bool) -> str:
    """Le descripteur : les mêmes tables, dont les lignes seront observées, ou simulées."""
    nature = "simulee" if simulee else "observee"
    ancien, schemas = lire_paquet(source), lire_schemas(source.racine)
    ressources = [
        r | {
            "nature": r["nature"] if r["name"] in (*TABLES_REPRISES, *FACULTATIVES) else nature,
            "description": schemas[r["name"]]["description"],
        }
        for r in ancien["resources"]
    ]
    paquet = ancien | {
        "name": ancien["name"].replace(source.code, neuve.code),
        "title": ancien["title"].replace(source.code, neuve.code),
        "description": "Tables simulées pour un exemple : rien n'y a été observé." if simulee
        else f"{MARQUE.capitalize()} : d'où viennent les tables de cette édition.",
        "sources": [],
        "contributors": [],
        "resources": ressources,
    }
    return json.dumps(paquet, ensure_ascii=False, indent=2) + "\n"
