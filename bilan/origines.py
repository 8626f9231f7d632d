"""Les origines d'une construction, provenance.json : de quoi la refaire, et voir ce qui diffère.

Rien n'y dépend de la machine, de l'heure ou du dossier : deux constructions des mêmes entrées
l'écrivent pareil. Il décrit tous les fichiers publiés sauf lui-même et ce qui le contient.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pypandoc

from bilan import __version__, depot, empreintes
from bilan.archive_donnees import donnees_diffusables
from bilan.lectures import en_mots
from bilan.parametres import Parametres
from bilan.plan import Tache
from bilan.projet import Edition, Projet
from bilan.tables import lire_paquet

FICHIER = "provenance.json"
ASSEMBLAGE = "assemblage"
# Suit le nom d'une table dont l'empreinte ne porte que sur une part des colonnes.
RESERVE = " (colonnes publiables)"


def noter(edition: Edition, sortie: Path, taches: list[Tache], voie: str) -> Path:
    """Écrit `sortie/provenance.json` et la même chose en RO-Crate ; rend le premier chemin.

    `voie` est le nom de la voie d'assemblage suivie. S'appelle quand tout est écrit, archive
    exceptée : elle contient ces deux fichiers.
    """
    from bilan import crate  # rocrate se charge lentement : seulement s'il y a de quoi écrire

    origines = decrire(edition, sortie, taches, voie)
    chemin = sortie / FICHIER
    chemin.write_text(json.dumps(origines, ensure_ascii=False, indent=1) + "\n", "utf-8")
    crate.ecrire(edition, origines, sortie)
    return chemin


def decrire(edition: Edition, sortie: Path, taches: list[Tache], voie: str) -> dict:
    """Les entrées, le programme, les carnets et les sorties d'une construction."""
    etat = depot.lire(edition.racine)
    return {
        "edition": edition.code,
        "date": Parametres(edition).generaux.date.isoformat(),
        "assemblage": {"par": voie, "pandoc": pypandoc.get_pandoc_version()},
        "depot": etat and asdict(etat),
        "programme": {
            "bilan": __version__,
            "python": platform.python_version(),
            "systeme": f"{platform.system()} {platform.machine()}",
            "bibliotheques": empreintes.requises(),
        },
        "entrees": _entrees(edition.racine),
        "carnets": {t.nom: _carnet(edition, t) for t in taches},
        "sorties": _sorties(sortie, taches),
    }


def _entrees(racine: Path) -> dict[str, str]:
    """L'empreinte de chaque fichier du projet et de chaque module du paquet.

    D'une table aux colonnes réservées, celle des autres colonnes : de quelques réponses par oui ou
    non, l'empreinte publiée laisserait retrouver les réponses en les essayant toutes.
    """
    entrees = empreintes.du_projet(racine) | empreintes.des_modules()
    projet = Projet(racine)
    for edition in map(projet.edition, projet.editions()):
        if not (edition.donnees / "datapackage.json").is_file():
            continue
        fichiers, retires = donnees_diffusables(edition)
        chemins = {r["name"]: r["path"] for r in lire_paquet(edition)["resources"]}
        for table in retires:
            nom = f"data/{edition.code}/{chemins[table]}"
            del entrees[nom]
            entrees[nom + RESERVE] = empreintes.condense(fichiers[nom])
    return dict(sorted(entrees.items()))


def _carnet(edition: Edition, tache: Tache) -> dict:
    """Ce qui a été exécuté, avec quels paramètres, et ce que le carnet a lu."""
    fiche = json.loads(tache.fiche_technique.read_text("utf-8"))
    return {
        "source": edition.relatif(tache.carnet),
        "parametres": tache.parametres,
        "code": sorted(nom for nom in fiche["empreinte"] if nom.startswith("bilan/")),
        "lectures": sorted(en_mots(tuple(question)) for question, _ in fiche["lectures"]),
    }


def _sorties(sortie: Path, taches: Iterable[Tache]) -> dict[str, dict]:
    """Chaque fichier publié : son empreinte, sa taille en octets, l'étape qui l'a fait."""
    etapes = {f"notebooks/{t.sortie.name}": t.nom for t in taches}
    sorties = {}
    for fichier in sorted(f for f in sortie.rglob("*") if f.is_file()):
        nom, octets = fichier.relative_to(sortie).as_posix(), fichier.read_bytes()
        sorties[nom] = {"sha256": empreintes.condense(octets), "taille": len(octets),
                        "vient_de": etapes.get(nom, ASSEMBLAGE)}
    return dict(sorted(sorties.items()))
