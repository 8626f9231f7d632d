"""L'assemblage : carnets exécutés, registre et chapitres deviennent site, PDF, fiches et exports.

Deux voies, les mêmes sources : Quarto s'il est installé, sinon Pandoc et Typst (embarqués).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path

from ruamel.yaml import YAML

from bilan import chapitres_lus, charte, pandoc, par_quarto, polices, style
from bilan.a_la_fois import a_la_fois
from bilan.archive import archiver
from bilan.blocs import Blocs
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.exports import exporter
from bilan.livre import ecrire_json, ecrire_livre, en_lots, extraire, pages
from bilan.origines import noter
from bilan.plan import Tache, dresser, etats
from bilan.projet import Edition
from bilan.registre import Registre, avec_chiffres
from bilan.relire_chapitre import avertissement
from bilan.reserve import reserve
from bilan.sommaire import Chapitre, lire_sommaire
from bilan.style import TERRITOIRES_NOMMES

VOIES = ("auto", "quarto", "pandoc")
SYNTHESE = "synthese"


def sommaire(edition: Edition, taches: list[Tache], *, fini: bool = True) -> list[Chapitre]:
    """Les chapitres dans l'ordre du livre ; les carnets sont ceux qu'on a exécutés."""
    return lire_sommaire(
        edition,
        [t.sortie for t in taches if not t.territoire],
        [t.sortie for t in taches if t.territoire],
        fini=fini,
    )


def recolter(bilan: Bilan, taches: list[Tache]) -> Registre:
    """Le registre du bilan : les chiffres que les carnets exécutés y versent, et les transcrits.

    Un chiffre d'indicateur ou de fiche vient du carnet qui l'a calculé, jamais d'ailleurs.
    """
    verses = [
        chiffre
        for tache in taches
        for chiffre in avec_chiffres(tache.fiche_technique.read_text("utf-8"))["chiffres"]
    ]
    premiers = {c.code: c for c in reversed(verses)}
    des_carnets = {i.code for i in bilan.parametres.indicateurs} | {"fiche"}
    chiffres = (
        premiers.get(c.code) or (None if c.code.split(".")[0] in des_carnets else c)
        for c in bilan.registre
    )
    return Registre(bilan.edition.code, [c for c in chiffres if c])


def assembler(
    bilan: Bilan, sortie: Path, voie: str = "auto", *, relecture: bool = False
) -> str:
    """Écrit dans `sortie` le site, le PDF, les fiches, les carnets, le registre, les exports,
    les origines et l'archive.

    `relecture` : l'exemplaire à relire, marqué PROJET, toujours par la voie embarquée et sans
    archive, parce qu'il ne se diffuse pas. Rend le nom de la voie suivie. Lève `ErreurBilan` si
    un carnet n'est pas à jour, si un chapitre nomme un chiffre ou un bloc inconnu, ou si une étape
    échoue.
    """
    edition = bilan.edition
    taches = dresser(edition)
    en_retard = [e.tache.nom for e in etats(taches, bilan) if not e.a_jour]
    if en_retard:
        raise ErreurBilan(
            f"Carnets à exécuter d'abord : {', '.join(en_retard)}. Lancer « bilan notebooks »."
        )
    quarto = None if relecture else par_quarto.trouver(voie_permise(voie, taches))
    nom = quarto.nom if quarto else pandoc.nom()
    livre = preparer(bilan, taches, nom, relecture=relecture)
    if sortie.exists():
        shutil.rmtree(sortie)
    sortie.mkdir(parents=True)
    seules = {page: sortie / pdf for page, pdf in pages_seules(taches).items()}
    if quarto:
        quarto.assembler(edition, sortie)
    a_la_fois(etapes(edition, livre, sortie, seules, livres=not quarto).values())
    shutil.copytree(edition.travail / "notebooks", sortie / "notebooks")
    shutil.copy(edition.travail / "registre.json", sortie / "registre.json")
    if not relecture:
        noter(edition, sortie, taches, nom)
        archiver(edition, sortie)
        reserve(edition.travail).balayer()
    return nom


def voie_permise(voie: str, taches: list[Tache]) -> str:
    """Quarto ne compose qu'un livre d'un seul volume. Lève `ErreurBilan` s'il était exigé."""
    if not en_lots([t for t in taches if t.territoire]):
        return voie
    if voie == "quarto":
        raise ErreurBilan(f"Plus de {TERRITOIRES_NOMMES} fiches ne tiennent pas dans un livre de "
                          "Quarto. Écrire --voie pandoc, qui les compose à part.")
    return "pandoc"


def etapes(
    edition: Edition, livre: Path, sortie: Path, seules: dict[str, Path], *, livres: bool
) -> dict[str, Callable[[], None]]:
    """De quoi faire, par son nom, chaque part du bilan qui ne se lit que du livre.

    `livres` : le site et le PDF aussi ; les exports et les pages seules sont de Pandoc et de Typst
    dans les deux voies. Les plus longues d'abord : ce qui commence en dernier finit seul.
    """
    parts = {"pdf": partial(pandoc.assembler_pdf, livre, sortie / "bilan.pdf"),
             "exports": partial(exporter, edition, livre, sortie / "exports"),
             "site": partial(pandoc.assembler_site, livre, sortie / "site"),
             "pages": partial(pandoc.assembler_pages, livre, seules)}
    return parts if livres else {part: parts[part] for part in ("exports", "pages")}


def preparer(
    bilan: Bilan, taches: list[Tache], voie: str, *, relecture: bool = False
) -> Path:
    """Écrit dans le travail le registre, les blocs, le livre et la configuration de Quarto.

    Le registre de `bilan` devient celui des carnets.
    """
    edition, travail = bilan.edition, bilan.edition.travail
    style.adopter(edition)
    registre = recolter(bilan, taches)
    registre.ecrire(travail / "registre.json")
    registre.tenir(travail / "registre.json")
    blocs = Blocs(bilan, registre, travail / "figures", voie).tous()
    ecrire_json(travail / "blocs.json", blocs)
    chapitres = sommaire(edition, taches, fini=avertissement(bilan) is None)
    ecrire_quarto(edition, bilan, chapitres)
    return ecrire_livre(edition, bilan, chapitres, pages_seules(taches), relecture=relecture)


def preparer_une_page(
    bilan: Bilan, livre: Path, page: str, taches: list[Tache], voie: str
) -> None:
    """Met à jour, pour cette page d'un livre déjà préparé, le registre et les blocs qu'il nomme.

    Un chiffre dont le carnet n'a pas encore été exécuté de nouveau y a sa valeur d'aujourd'hui.
    """
    travail = bilan.edition.travail
    style.adopter(bilan.edition)
    verses = {c.code: c for c in recolter(bilan, taches)}
    registre = Registre(bilan.edition.code, [
        replace(c, carnet=verses[c.code].carnet, cellule=verses[c.code].cellule)
        for c in bilan.registre if c.code in verses])
    registre.ecrire(travail / "registre.json")
    volume = pages(livre)[page]
    extraire(volume, registre)
    # Une copie : le registre entier est encore celui des carnets à exécuter.
    calcules = Blocs(copy(bilan), registre, travail / "figures", voie).calcules()
    neufs = {code: calcules[code]() for code in chapitres_lus.blocs_demandes(volume, page)
             if code in calcules}
    gardes = json.loads((travail / "blocs.json").read_text("utf-8"))
    ecrire_json(travail / "blocs.json", gardes | bilan.textes | neufs)


def pages_seules(taches: list[Tache]) -> dict[str, str]:
    """Les pages qui ont aussi leur PDF, et son adresse dans le dossier publié."""
    fiches = {t.nom: f"fiches/{t.territoire}.pdf" for t in taches if t.territoire}
    return fiches | {SYNTHESE: f"{SYNTHESE}.pdf"}


def ecrire_quarto(edition: Edition, bilan: Bilan, chapitres: list[Chapitre]) -> None:
    """La part de `_quarto.yml` qui dépend de l'édition : titre, chapitres, registre, blocs."""
    generaux = bilan.parametres.generaux
    livre: dict = {
        "title": generaux.titre,
        "subtitle": generaux.sous_titre,
        "author": list(generaux.auteurs),
        "date": generaux.date.isoformat(),
        "chapters": [],
        "appendices": [],
    }
    partie: dict | None = None
    for chapitre in chapitres:
        chemin = edition.relatif(chapitre.source)
        if chapitre.genre == "annexe":
            livre["appendices"].append(chemin)
            continue
        if chapitre.partie:
            partie = {"part": chapitre.partie, "chapters": []}
            livre["chapters"].append(partie)
        (partie["chapters"] if partie else livre["chapters"]).append(chemin)
    # Typst, sous Quarto, ne lit que des polices du projet : celles des paquets y sont copiées.
    dossier = edition.racine / "build" / "travail" / "polices"
    polices.copier(dossier, charte.fichiers_de_police(edition))
    charte.poser(edition, edition.racine / "build" / "travail" / "charte")
    contenu = {
        "book": livre,
        "edition": edition.code,
        "mention": generaux.mention,
        "format": {"typst": {"font-paths": [edition.relatif(dossier)]}},
        "bilan-registre": edition.relatif(edition.travail / "registre.json"),
        "bilan-blocs": edition.relatif(edition.travail / "blocs.json"),
    }
    if texte := avertissement(bilan):
        contenu["avertissement"] = texte
        contenu["format"]["html"] = {"include-before-body": {
            "text": f'<aside class="avertissement">{escape(texte)}</aside>\n'}}
    chemin = edition.racine / "build" / "travail" / "quarto.yml"
    chemin.parent.mkdir(parents=True, exist_ok=True)
    with chemin.open("w", encoding="utf-8") as sortie:
        YAML().dump(contenu, sortie)
