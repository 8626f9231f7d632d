"""Le manifeste du livre : ce que lit l'assembleur embarqué, en un volume ou en plusieurs.

Au-delà de quarante fiches, un seul livre ne se composerait ni ne se lirait plus : les fiches vont
par lots, chacun dans un manifeste à côté de celui du livre, et se composent à la fois. Un lot
connaît les autres chapitres du livre, pour y renvoyer ; le livre, l'adresse de chaque fiche.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from bilan import charte
from bilan.carnet import Bilan
from bilan.conversion import convertir
from bilan.projet import Edition
from bilan.registre import NATURES, Registre
from bilan.relire_chapitre import avertissement
from bilan.sommaire import Chapitre
from bilan.style import TERRITOIRES_NOMMES

# Assez de fiches pour que Pandoc ne relise pas le livre à chacune, assez peu pour qu'il les tienne.
FICHES_PAR_LOT = 40
CITE = re.compile(r'code="?([^"\s}]+)')  # un chiffre, ou un bloc
FICHE = re.compile(r"sec-fiche-[\w-]*\w", re.IGNORECASE)


def ecrire_json(chemin: Path, contenu: object) -> Path:
    chemin.parent.mkdir(parents=True, exist_ok=True)
    chemin.write_text(json.dumps(contenu, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return chemin


def en_lots(fiches: list) -> list[list]:
    """Les fiches par lots ; aucun si elles tiennent toutes dans le livre."""
    if len(fiches) <= TERRITOIRES_NOMMES:
        return []
    return [fiches[debut:debut + FICHES_PAR_LOT]
            for debut in range(0, len(fiches), FICHES_PAR_LOT)]


def ecrire_livre(
    edition: Edition, bilan: Bilan, chapitres: list[Chapitre], pdf: dict[str, str], *,
    relecture: bool = False,
) -> Path:
    """Le manifeste du livre, et ceux de ses lots ; les carnets y sont convertis en Markdown.

    `pdf` : les pages qui ont leur PDF, et l'adresse de celui-ci dans le dossier publié.
    """
    entrees = [_entree(edition, c, pdf.get(c.page), relecture) for c in chapitres]
    commun = _commun(edition, bilan, relecture)
    return repartir(edition.travail, commun, entrees, bilan.registre)


def repartir(travail: Path, commun: dict, entrees: list[dict], registre: Registre) -> Path:
    """Écrit dans `travail` le manifeste du livre, et ceux de ses lots. Rend le premier.

    `commun` : ce que disent tous les volumes. `entrees` : tous les chapitres, dans l'ordre.
    """
    livre = travail / "livre.json"
    lots = en_lots([e["page"] for e in entrees if e["genre"] == "fiche"])
    if not lots:
        return ecrire_json(livre, commun | {"chapitres": entrees})
    commun = commun | {"a_part": [
        {"page": f"fiche-{code}", "ancre": f"sec-fiche-{code}", "titre": nom}
        for code, nom in commun["territoires"].items()]}
    par_lot = {f"livre-fiches-{rang:04}.json": set(lot) for rang, lot in enumerate(lots, start=1)}
    hors_lots = [e for e in entrees if e["genre"] != "fiche"]
    contenu = commun | {"lots": list(par_lot), "chapitres": hors_lots}
    _volume(livre, contenu, _textes(contenu), registre)
    for nom, lot in par_lot.items():
        siens = [e if e["page"] in lot else e | {"ailleurs": True} for e in entrees
                 if e["genre"] != "fiche" or e["page"] in lot]
        contenu = commun | {"chapitres": siens}
        textes = _textes(contenu)
        _volume(travail / nom, _du_lot(contenu, textes), textes, registre)
    return livre


def _du_lot(contenu: dict, textes: list[str]) -> dict:
    """Ce qu'un lot a à savoir : des autres fiches, celles où ses textes renvoient.

    Si chaque lot les tenait toutes, leur poids croîtrait comme le carré de leur nombre.
    """
    citees = {ancre.lower() for texte in textes for ancre in FICHE.findall(texte)}
    ici = {c["page"] for c in contenu["chapitres"]}
    return contenu | {"territoires": {}, "a_part": [
        fiche for fiche in contenu["a_part"]
        if fiche["ancre"].lower() in citees and fiche["page"] not in ici]}


def _volume(chemin: Path, contenu: dict, textes: list[str], registre: Registre) -> None:
    extrait = chemin.with_name(f"registre-{chemin.name}")
    ecrire_json(chemin, contenu | {"extrait": str(extrait)})
    _extraire(extrait, textes, registre)


def _textes(contenu: dict) -> list[str]:
    """Les chapitres qu'un volume écrit, et les blocs qu'ils appellent, de proche en proche."""
    blocs = json.loads(Path(contenu["blocs"]).read_text("utf-8"))
    textes = [Path(c["source"]).read_text("utf-8") for c in siennes(contenu)]
    appeles: set[str] = set()
    for texte in textes:  # s'allonge des blocs appelés
        neufs = dict.fromkeys(c for c in CITE.findall(texte) if c in blocs and c not in appeles)
        appeles |= neufs.keys()
        textes += [blocs[code] for code in neufs]
    return textes


def volumes(livre: Path) -> list[Path]:
    """Les manifestes d'un livre : le sien, puis ceux de ses lots de fiches."""
    lots = json.loads(livre.read_text("utf-8")).get("lots", [])
    return [livre, *(livre.with_name(nom) for nom in lots)]


def pages(livre: Path) -> dict[str, Path]:
    """Le volume de chaque page du livre."""
    return {c["page"]: volume for volume in volumes(livre)
            for c in siennes(json.loads(volume.read_text("utf-8")))}


def extraire(volume: Path, registre: Registre) -> None:
    """Écrit la part du registre que cite un volume, quand Pandoc n'a pas à le lire en entier."""
    contenu = json.loads(volume.read_text("utf-8"))
    if "extrait" in contenu:
        _extraire(Path(contenu["extrait"]), _textes(contenu), registre)


def _extraire(extrait: Path, textes: list[str], registre: Registre) -> None:
    cites = {code for texte in textes for code in CITE.findall(texte)}
    Registre(registre.edition, (registre[code] for code in sorted(cites) if code in registre)
             ).ecrire(extrait)


def siennes(contenu: dict) -> list[dict]:
    """Les chapitres qu'un volume écrit ; des autres, il ne sait que ce à quoi l'on renvoie."""
    return [c for c in contenu["chapitres"] if not c.get("ailleurs")]


def a_citer(contenu: dict) -> Path:
    """Le registre que lit Pandoc : celui du bilan, ou la part qu'en cite le volume."""
    return Path(contenu.get("extrait", contenu["registre"]))


def _commun(edition: Edition, bilan: Bilan, relecture: bool) -> dict:
    """Ce que disent tous les volumes."""
    travail, generaux, jetons = edition.travail, bilan.parametres.generaux, charte.lire(edition)
    return {
        "titre": generaux.titre,
        "sous_titre": generaux.sous_titre,
        "mention": generaux.mention,
        "avertissement": avertissement(bilan),
        "relecture": relecture,
        "auteurs": generaux.auteurs,
        "date": generaux.date.isoformat(),
        "date_affichee": generaux.date_affichee,
        "edition": edition.code,
        "region": generaux.region,
        "racine": str(edition.racine),
        "territoires": bilan.noms,
        "natures": NATURES,
        "registre": str(travail / "registre.json"),
        "blocs": str(travail / "blocs.json"),
        "logo": jetons.logo and jetons.logo.model_dump(),
    }


def _entree(
    edition: Edition, chapitre: Chapitre, pdf: str | None, relecture: bool
) -> dict[str, str | None]:
    """Un chapitre du manifeste ; un carnet y est en Markdown, avec son code pour qui relit."""
    source, images = chapitre.source, chapitre.source.parent
    if source.suffix == ".ipynb":
        source, images = en_markdown(edition, source, code=relecture), edition.racine
    return {
        "source": str(source),
        "page": chapitre.page,
        "genre": chapitre.genre,
        "partie": chapitre.partie,
        "image_de_base": str(images),
        "pdf": pdf,
    }


def en_markdown(edition: Edition, carnet: Path, *, code: bool = False) -> Path:
    """Le fichier où un carnet exécuté est converti, pour Pandoc."""
    texte = convertir(carnet, edition.travail / "figures", code=code)
    source = edition.travail / "md" / f"{carnet.stem}.md"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(texte, "utf-8")
    return source
