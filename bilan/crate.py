"""Les mêmes origines en RO-Crate, la forme que lisent les entrepôts et d'autres outils.

Profil « Process Run Crate » : chaque carnet exécuté est une action, l'assemblage en est une autre.
Les entrées n'accompagnent pas le rapport : elles y sont nommées, avec leur empreinte.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from bilan.parametres import Parametres
from bilan.projet import Edition
from bilan.tables import lire_paquet

PROFIL = "https://w3id.org/ro/wfrun/process/0.5"
MIT = "https://spdx.org/licenses/MIT"
# Des termes du profil que le vocabulaire de RO-Crate 1.1 n'a pas.
TERMES = {nom: f"https://w3id.org/ro/terms/workflow-run#{nom}" for nom in ("sha256", "environment")}
FORMATS = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".csv": "text/csv",
    ".svg": "image/svg+xml", ".png": "image/png", ".woff": "font/woff", ".txt": "text/plain",
    ".md": "text/markdown",
    ".json": "application/json", ".geojson": "application/geo+json", ".pdf": "application/pdf",
    ".ipynb": "application/x-ipynb+json", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENTREES, PROGRAMME = "#entrees", "#bilan"
# Ce qui entoure le programme quand il tourne, et l'identifiant de chacun.
ENVIRONNEMENT = {nom: f"#environnement-{nom}" for nom in ("python", "systeme", "pandoc")}


def ecrire(edition: Edition, origines: dict, sortie: Path) -> None:
    """Écrit `sortie/ro-crate-metadata.json` d'après les origines déjà établies."""
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms = TERMES
    _racine(crate, edition, origines)
    _programme(crate, origines)
    _entrees(crate, origines)
    for nom, dit in origines["sorties"].items():
        _fichier(crate, nom, dit["sha256"], dit["taille"])
    crate.add_file(dest_path="provenance.json", properties={
        "name": "provenance.json", "encodingFormat": FORMATS[".json"]})
    produits: dict[str, list[str]] = {}
    for nom, dit in origines["sorties"].items():
        produits.setdefault(dit["vient_de"], []).append(nom)
    actions = [*(_execution(crate, nom, dit, produits.get(nom, []))
                 for nom, dit in origines["carnets"].items()),
               _assemblage(crate, origines, produits)]
    crate.root_dataset["mentions"] = [*actions, crate.get(ENTREES)]
    crate.metadata.write(sortie)


def _ajouter(crate: ROCrate, identifiant: str, genre: str | list[str], **dits) -> ContextEntity:
    return crate.add(ContextEntity(crate, identifiant, {"@type": genre, **dits}))


def _racine(crate: ROCrate, edition: Edition, origines: dict) -> None:
    """Le rapport : son titre, ses auteurs, sa date, sa licence, le profil suivi."""
    generaux = Parametres(edition).generaux
    licences = lire_paquet(edition).get("licenses", [])
    racine = crate.root_dataset
    racine["name"] = f"{generaux.titre}, édition {edition.code}"
    racine["description"] = f"{generaux.sous_titre or generaux.titre}. {generaux.mention}"
    racine["inLanguage"] = "fr"
    racine["conformsTo"] = _ajouter(crate, PROFIL, "CreativeWork", name="Process Run Crate",
                                    version=PROFIL.rpartition("/")[2])
    racine["license"] = _un_ou_plusieurs([
        _ajouter(crate, li["path"], "CreativeWork", name=li["title"]) for li in licences])
    racine["author"] = _un_ou_plusieurs([
        _ajouter(crate, f"#auteur-{rang}", "Organization", name=nom)
        for rang, nom in enumerate(generaux.auteurs, start=1)])
    racine["datePublished"] = origines["date"]


def _programme(crate: ROCrate, origines: dict) -> None:
    """Le paquet, et ce qui l'entoure quand il tourne."""
    depot, programme = origines["depot"], origines["programme"]
    licence = _ajouter(crate, MIT, "CreativeWork", name="MIT")
    requises = [_ajouter(crate, f"#bibliotheque-{nom}", "SoftwareApplication", name=nom,
                         version=valeur) for nom, valeur in programme["bibliotheques"].items()]
    _ajouter(crate, PROGRAMME, ["SoftwareApplication", "SoftwareSourceCode"], name="bilan",
             version=programme["bilan"], license={"@id": licence.id}, programmingLanguage="Python",
             softwareRequirements=_references(r.id for r in requises),
             **({"identifier": depot["commit"]} if depot else {}))
    machine = {"python": programme["python"], "systeme": programme["systeme"],
               "pandoc": origines["assemblage"]["pandoc"]}
    for nom, identifiant in ENVIRONNEMENT.items():
        _ajouter(crate, identifiant, "PropertyValue", name=nom, value=machine[nom])


def _entrees(crate: ROCrate, origines: dict) -> None:
    """Les fichiers du projet et du paquet : nommés, sans en être joints."""
    carnets = {dit["source"] for dit in origines["carnets"].values()}
    for nom, empreinte in origines["entrees"].items():
        genre = {"@type": "SoftwareSourceCode", "version": empreinte[:12]} if nom in carnets else {
            "@type": "CreativeWork"}
        crate.add(ContextEntity(crate, f"#{nom}", {**genre, "name": nom, "sha256": empreinte}))
    _ajouter(crate, ENTREES, "Collection", name="Entrées de la construction",
             mainEntity={"@id": f"#params/{origines['edition']}/edition.yml"},
             hasPart=[{"@id": f"#{nom}"} for nom in origines["entrees"]])


def _fichier(crate: ROCrate, nom: str, empreinte: str, taille: int) -> None:
    format_ = FORMATS.get(PurePosixPath(nom).suffix)
    crate.add_file(dest_path=nom, properties={
        "name": nom, "sha256": empreinte, "contentSize": str(taille),
        **({"encodingFormat": format_} if format_ else {})})


def _execution(crate: ROCrate, nom: str, dit: dict, produits: list[str]) -> ContextEntity:
    """L'exécution d'un carnet : ses paramètres et les entrées, vers le carnet exécuté."""
    parametres = [
        _ajouter(crate, f"#{nom}-{cle}", "PropertyValue", name=cle, value=valeur)
        for cle, valeur in dit["parametres"].items()]
    return _action(crate, f"#execution-{nom}", f"Exécution du carnet {nom}",
                   "papermill exécute le carnet avec ses paramètres.", f"#{dit['source']}",
                   [ENTREES, *(p.id for p in parametres)], produits)


def _assemblage(
    crate: ROCrate, origines: dict, produits: dict[str, list[str]]
) -> ContextEntity:
    """Les carnets exécutés et les chapitres, vers tout ce qui est publié."""
    executes = [produit for nom in origines["carnets"] for produit in produits.get(nom, [])]
    return _action(crate, "#assemblage", "Assemblage du rapport",
                   f"Assemblé par {origines['assemblage']['par']}.", PROGRAMME,
                   [ENTREES, *executes], produits["assemblage"])


def _action(
    crate: ROCrate, identifiant: str, nom: str, description: str, instrument: str,
    objets: Iterable[str], produits: Iterable[str],
) -> ContextEntity:
    return _ajouter(
        crate, identifiant, "CreateAction", name=nom, description=description,
        instrument={"@id": instrument}, agent={"@id": "#auteur-1"},
        object=_references(objets), result=_references(crate.dereference(p).id for p in produits),
        environment=_references(ENVIRONNEMENT.values()),
        actionStatus="http://schema.org/CompletedActionStatus")


def _references(identifiants: Iterable[str]) -> list[dict] | dict:
    return _un_ou_plusieurs([{"@id": identifiant} for identifiant in identifiants])


def _un_ou_plusieurs(valeurs: list) -> Any:
    """Une valeur seule s'écrit sans liste : c'est la forme que recommande RO-Crate 1.1."""
    return valeurs[0] if len(valeurs) == 1 else valeurs
