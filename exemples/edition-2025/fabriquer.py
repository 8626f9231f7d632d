"""Écrit les fichiers de l'exemple comme ils arriveraient : `recus/`, puis `corriges/`.

    python exemples/edition-2025/fabriquer.py

Les lignes viennent de `contenu.py`, les formulaires de `bilan formulaires` : un formulaire qui
change ne se corrige pas ici. Les fautes plantées sont dans `FAUTES`, dites dans le README.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import contenu
from contenu import Ligne
from openpyxl import Workbook, load_workbook

from bilan import collecte
from bilan.classeur import classeur
from bilan.collecte import Champ, Feuille
from bilan.nouvelle_edition import preparer_edition
from bilan.projet import Edition, Projet
from bilan.tableur import octets

ICI = Path(__file__).resolve().parent
RACINE = ICI.parent.parent
CODE = "2025-2027"
LE_JOUR = date(2027, 6, 1)
# Ce territoire tient ses tables à sa façon, dans des CSV d'Excel.
EN_CSV = "ostrelle"
# Celui-ci remplit la fiche d'activité sur KoboToolbox, et le reste dans son classeur.
EN_KOBO = "brisants"
DE_LA_FICHE = ("acteurs", "actions", "presences", "criteres")
# Les réponses aux deux dernières sessions arrivent après la clôture.
TARDIVES = ("s9", "s10")
TECHNIQUES = ("_id", "_uuid", "_submission_time", "_validation_status", "_index")

Tables = dict[str, list[Ligne]]


def fabriquer(dossier: Path) -> None:
    """Écrit `recus/` et `corriges/` dans ce dossier, à la place de ce qui y est."""
    with tempfile.TemporaryDirectory() as racine:
        edition = _preparer(Path(racine))
        for nom in ("recus", "corriges"):
            shutil.rmtree(dossier / nom, ignore_errors=True)
            (dossier / nom).mkdir(parents=True)
        justes = contenu.tables()
        for nom, (fichier, table) in PREPARATION.items():
            (dossier / "recus" / fichier).write_bytes(_csv(edition, table, justes[nom]))
        for chemin, contenu_ in _envois(edition, justes):
            (dossier / "corriges" / chemin).write_bytes(contenu_)
        for chemin, contenu_ in _envois(edition, justes, fautes=True):
            (dossier / "recus" / chemin).write_bytes(contenu_)
    _ne_garder_que_les_corriges(dossier)


PREPARATION = {"territoires": ("territoires.csv", "territoires"),
               "sessions": ("sessions.csv", "sessions")}


def _preparer(racine: Path) -> Edition:
    """Un projet jetable où l'édition a ses paramètres, ses territoires et ses sessions."""
    for nom in ("params", "data", "report", "index.qmd", "_quarto.yml"):
        source = RACINE / nom
        (shutil.copytree if source.is_dir() else shutil.copy)(source, racine / nom)
    shutil.rmtree(racine / "params" / CODE, ignore_errors=True)
    shutil.rmtree(racine / "data" / CODE, ignore_errors=True)
    edition = preparer_edition(Projet(racine), CODE, "2022-2024").edition
    shutil.copytree(ICI / "params", edition.params, dirs_exist_ok=True)
    for nom in PREPARATION:
        lignes = contenu.tables()[nom]
        chemin = edition.donnees / f"{nom}.csv"
        colonnes = chemin.read_text("utf-8").strip().split(",")
        with chemin.open("w", encoding="utf-8", newline="") as fichier:
            table = csv.DictWriter(fichier, colonnes, lineterminator="\n")
            table.writeheader()
            table.writerows({c: _simple(li.get(c)) for c in colonnes} for li in lignes)
    return edition


def _simple(valeur: object) -> object:
    return str(valeur).lower() if isinstance(valeur, bool) else valeur


def _envois(
    edition: Edition, justes: Tables, *, fautes: bool = False
) -> Iterable[tuple[str, bytes]]:
    """Chaque fichier et son contenu ; avec ses fautes, ou comme il aurait dû être."""
    feuilles = {f.table: f for f in collecte.feuilles_de(edition)}
    for territoire in contenu.CODES:
        tables = {t: [li for li in lignes if li.get("territoire") == territoire]
                  for t, lignes in justes.items()}
        if territoire == EN_CSV:
            for table, lignes in tables.items():
                if feuilles[table].collecte == "classeur":
                    fautives = _fauter(f"{EN_CSV}-{table}", lignes) if fautes else lignes
                    yield f"{EN_CSV}-{table}.csv", _csv(edition, table, fautives)
            continue
        if territoire == EN_KOBO:
            yield f"{EN_KOBO}-fiche-activite.xlsx", _kobo_a_tours(feuilles, tables)
            tables = {t: li for t, li in tables.items() if t not in DE_LA_FICHE}
        livre = _classeur(edition, territoire, tables, fautes)
        yield f"{territoire}.xlsx", octets(livre, LE_JOUR)
    reponses = [r for r in justes["reponses"] if not (fautes and r["session"] in TARDIVES)]
    yield "questionnaire-apres-session.csv", _kobo_csv(
        _fauter("questionnaire", reponses) if fautes else reponses)
    yield "entretiens.csv", _csv(edition, "entretiens", justes["entretiens"])


# Les fichiers d'Excel et de KoboToolbox.


def _classeur(edition: Edition, territoire: str, tables: Tables, fautes: bool) -> Workbook:
    """Le classeur du territoire, rempli sous les exemples."""
    livre = load_workbook(io.BytesIO(classeur(edition, territoire)))
    for feuille in collecte.feuilles_de(edition, "classeur"):
        page = livre[feuille.onglet]
        for rang, ligne in enumerate(tables.get(feuille.table, []), collecte.LIGNE_DONNEES):
            for colonne, champ in enumerate(feuille.demandes, start=2):
                page.cell(rang, colonne).value = _dit(champ, ligne.get(champ.nom))
    if fautes and territoire in FAUTES:
        FAUTES[territoire](livre)
    return livre


def _csv(edition: Edition, table: str, lignes: list[Ligne]) -> bytes:
    """Comme Excel l'enregistre en France : point-virgule, Windows, virgule décimale, jj/mm/aaaa."""
    champs = next(f for f in collecte.feuilles_de(edition) if f.table == table).champs
    sortie = io.StringIO()
    ecriture = csv.writer(sortie, delimiter=";", lineterminator="\r\n")
    ecriture.writerow([c.titre for c in champs])
    for ligne in lignes:
        ecriture.writerow([_en_texte(_dit(c, ligne.get(c.nom))) for c in champs])
    return sortie.getvalue().encode("cp1252")


def _kobo_csv(reponses: list[Ligne]) -> bytes:
    """L'export du questionnaire, noms des questions, codes des réponses."""
    colonnes = ("session", "participant", "connaissances_acquises")
    sortie = io.StringIO()
    ecriture = csv.writer(sortie, delimiter=";", lineterminator="\n")
    ecriture.writerow(["start", "territoire", *(f"reponses/{c}" for c in colonnes),
                       "avec_mises_en_oeuvre", *TECHNIQUES])
    for rang, ligne in enumerate(reponses, start=1):
        ecriture.writerow(["2027-06-01T09:00:00", ligne["territoire"],
                           *(_simple(ligne[c]) for c in colonnes), "false", *_technique(rang)])
    return sortie.getvalue().encode("utf-8-sig")


def _kobo_a_tours(feuilles: dict[str, Feuille], tables: Tables) -> bytes:
    """L'export de la fiche d'activité : un envoi, et une feuille par répétition, en libellés."""
    livre = Workbook()
    page = livre.active
    page.title = "Fiche d'activité"
    page.append(["territoire", *(f"avec_{t}" for t in DE_LA_FICHE), *TECHNIQUES])
    page.append([EN_KOBO, *("oui" for _ in DE_LA_FICHE), *_technique(1)])
    for table in DE_LA_FICHE:
        champs = feuilles[table].demandes
        page = livre.create_sheet(table)
        page.append([*(f"{table}/{c.nom}" for c in champs), "_index", "_parent_table_name",
                     "_parent_index", "_submission__id"])
        for rang, ligne in enumerate(tables[table], start=1):
            page.append([*(_dit(c, ligne.get(c.nom)) for c in champs), rang, "Fiche d'activité", 1,
                         1001])
    return octets(livre, LE_JOUR)


def _technique(rang: int) -> list[object]:
    return [1000 + rang, f"uuid-simule-{rang:04d}", "2027-06-01T09:05:00", "", rang]


def _dit(champ: Champ, valeur: object) -> object:
    """La valeur comme on la saisit : le libellé d'une liste, une vraie date."""
    if valeur is None:
        return None
    if champ.modalites:
        code = f"{valeur:g}" if isinstance(valeur, float) else str(_simple(valeur))
        return champ.modalites.get(code, code)
    return date.fromisoformat(str(valeur)) if champ.genre == "date" else valeur


def _en_texte(valeur: object) -> str:
    if isinstance(valeur, date):
        return f"{valeur:%d/%m/%Y}"
    return str(valeur).replace(".", ",") if isinstance(valeur, float) else str(valeur or "")


# Les fautes plantées.


def _feuille(livre: Workbook, table: str):
    return livre[next(f.onglet for f in collecte.feuilles(RACINE) if f.table == table)]


def _colonne(table: str, nom: str) -> int:
    feuille = next(f for f in collecte.feuilles(RACINE) if f.table == table)
    return 2 + [c.nom for c in feuille.demandes].index(nom)


def _ecrire(table: str, rang: int, nom: str, valeur: object) -> Callable[[Workbook], None]:
    """Une cellule de la énième ligne remplie, écrite de travers."""
    def fausser(livre: Workbook) -> None:
        page = _feuille(livre, table)
        page.cell(collecte.LIGNE_DONNEES + rang - 1, _colonne(table, nom)).value = valeur
    return fausser


def _edition_d_avant(livre: Workbook) -> None:
    livre[collecte.LISEZ_MOI][collecte.CELLULES["edition"]] = "2022-2024"


def _sans_lisez_moi(livre: Workbook) -> None:
    livre.remove(livre[collecte.LISEZ_MOI])


FAUTES: dict[str, Callable[[Workbook], None]] = {
    "val-lorme": _ecrire("acteurs", 3, "rencontre", "peut-être"),
    "douaisis": _ecrire("criteres", 2, "score", "presque"),
    "haut-serquin": _ecrire("presences", 4, "session", "s12"),
    "dunkerque": _ecrire("acteurs", 2, "acteur", "dunkerque-001"),
    "brisants": _ecrire("chiffres_cles", 1, "valeur", "une trentaine"),
    "marlinois": _sans_lisez_moi,
    "ancelle": _edition_d_avant,
}


def _fauter(fichier: str, lignes: list[Ligne]) -> list[Ligne]:
    """Les lignes d'un CSV, l'une écrite de travers."""
    if fichier == f"{EN_CSV}-acteurs":
        return [lignes[0] | {"territoire": "ostrele"}, *lignes[1:]]
    if fichier == f"{EN_CSV}-actions":
        return [lignes[0] | {"annee": 20206}, *lignes[1:]]
    if fichier == "questionnaire":
        return [*lignes, lignes[0] | {"connaissances_acquises":
                                      not lignes[0]["connaissances_acquises"]}]
    return lignes


def _ne_garder_que_les_corriges(dossier: Path) -> None:
    """Un envoi qui n'avait rien à corriger n'est pas renvoyé."""
    for chemin in sorted((dossier / "corriges").iterdir()):
        recu = dossier / "recus" / chemin.name
        if recu.read_bytes() == chemin.read_bytes():
            chemin.unlink()


if __name__ == "__main__":
    fabriquer(ICI)
