"""Une grille → la table qu'elle remplit, et quelle colonne porte quel champ.

Le nom de la feuille et ses titres doivent désigner la même table, et une seule : ce qui peut se
lire de deux façons est refusé.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bilan import collecte
from bilan.collecte import Feuille
from bilan.erreurs import ErreurBilan, Faute
from bilan.importer_contexte import Contexte
from bilan.importer_lecture import Cellule, Fichier, Grille
from bilan.importer_titres import aplatir, champ_dit, champs_lus, reponse_eclatee, technique

ENVOI = ("_submission_time", "SubmissionDate", "_submission__submission_time")
ETAT = ("_validation_status", "ReviewState", "_submission__validation_status")


@dataclass
class Reconnue:
    """Une grille dont on sait la table (`None` : des envois, dont les lignes sont ailleurs)."""

    grille: Grille
    genre: str  # classeur, Kobo, ODK, tableau
    feuille: Feuille | None
    colonnes: dict[str, int] = field(default_factory=dict)  # champ → rang dans la ligne
    eclatees: dict[str, dict[int, str]] = field(default_factory=dict)  # champ → rang → réponse
    ignorees: list[str] = field(default_factory=list)
    absentes: list[str] = field(default_factory=list)
    territoire: str | None = None  # celui du classeur
    fautes: list[tuple[Faute, Cellule | None]] = field(default_factory=list)

    @property
    def lien(self) -> int | None:
        """Pour une répétition, le rang de la colonne qui désigne son envoi."""
        return self.rang("_parent_index", "PARENT_KEY")

    @property
    def sues(self) -> set[str]:
        """Ce qui se sait sans colonne : le territoire, par le classeur ou par l'envoi."""
        return set() if self.territoire is None and self.lien is None else {collecte.TERRITOIRE}

    def rang(self, *titres: str) -> int | None:
        """Le rang de la première colonne qui porte exactement l'un de ces titres."""
        trouves = {c.texte: rang for rang, c in reversed(list(enumerate(self.grille.titres)))}
        return next((trouves[t] for t in titres if t in trouves), None)


def reconnaitre(fichier: Fichier, contexte: Contexte) -> list[Reconnue]:
    """Chaque grille du fichier, reconnue ou portant ses fautes ; les feuilles vides passées."""
    reconnues = []
    onglets = {aplatir(f.onglet): f for f in contexte.feuilles.values()
               if f.collecte == "classeur"} if fichier.identite else {}
    for grille in fichier.grilles:
        if not grille.titres:
            continue
        reconnue = _reconnaitre(grille, fichier, contexte, onglets.get(aplatir(grille.nom)))
        reconnues.append(reconnue)
    vues = {r.feuille.table for r in reconnues if r.feuille}
    for feuille in onglets.values():
        if feuille.table not in vues:
            absente = Reconnue(Grille(fichier.nom, feuille.onglet, [], []), "classeur", feuille)
            absente.fautes.append((Faute(
                fichier.nom, f"la feuille « {feuille.onglet} » manque",
                "Lui rendre son nom, ou la reprendre du classeur envoyé."), None))
            reconnues.append(absente)
    return reconnues


def exiger_les_repetitions(reconnues: list[Reconnue]) -> None:
    """Des envois sans leurs répétitions ne portent aucune ligne : c'est une faute."""
    for reconnue in reconnues:
        if reconnue.feuille or reconnue.fautes:
            continue
        if not any(r.lien is not None for r in reconnues):
            remede = ("Exporter en XLSX : le CSV de KoboToolbox n'a pas les répétitions."
                      if reconnue.genre == "Kobo" else "Donner ensemble tous les CSV de l'export.")
            reconnue.fautes.append((Faute(
                reconnue.grille.lieu, "les lignes de ces envois sont dans des répétitions, qui ne "
                "sont pas dans les fichiers donnés", remede), None))


def _reconnaitre(grille: Grille, fichier: Fichier, contexte: Contexte,
                 nommee: Feuille | None) -> Reconnue:
    genre, territoire = _genre(grille, fichier), None
    if fichier.identite:
        territoire = fichier.identite["territoire"]
    reconnue = Reconnue(grille, genre, nommee, territoire=territoire)
    try:
        if nommee is None:
            reconnue.feuille = _table(reconnue, contexte)
    except ErreurBilan as erreur:
        reconnue.fautes = [(f, None) for f in erreur.fautes]
        return reconnue
    if reconnue.feuille:
        _situer(reconnue, contexte)
        reconnue.fautes = _fautes_des_titres(reconnue, contexte)
    return reconnue


def _genre(grille: Grille, fichier: Fichier) -> str:
    titres = {c.texte for c in grille.titres}
    if fichier.identite:
        return "classeur"
    if titres & {"_id", "_uuid", "_index", "_parent_index", "_submission_time"}:
        return "Kobo"
    return "ODK" if titres & {"KEY", "PARENT_KEY", "SubmissionDate"} else "tableau"


def _table(reconnue: Reconnue, contexte: Contexte) -> Feuille | None:
    """La table d'une grille, d'après ses titres et son nom ; lève `ErreurBilan` dans le doute."""
    grille = reconnue.grille
    trouves = {f.table: set(champs_lus(grille, f, contexte.noms(f)).values())
               for f in contexte.feuilles.values()}
    entieres = [f for f in contexte.feuilles.values()
                if {c.nom for c in f.champs if c.obligatoire} - reconnue.sues <= trouves[f.table]]
    nommees = [f for f in contexte.feuilles.values() if _se_nomme(grille.nom, f)]
    if len(entieres) == 1 and nommees in ([], entieres):
        return entieres[0]
    if entieres:
        possibles = [f for f in entieres if f in nommees]
        if len(possibles) == 1:
            return possibles[0]
        noms = dict.fromkeys(f.titre for f in [*nommees, *entieres])
        raise ErreurBilan(Faute(grille.lieu, "on ne peut dire quelle table c'est : "
                                + " ou ".join(f"« {n} »" for n in noms),
                                "Une seule table par feuille, sous son nom."))
    if not nommees and reconnue.genre in ("Kobo", "ODK") and _annonce(grille):
        return None  # les envois d'un formulaire dont toutes les lignes sont des répétitions
    raise ErreurBilan(_faute_de_table(reconnue, contexte, nommees, trouves))


def _faute_de_table(reconnue: Reconnue, contexte: Contexte, nommees: list[Feuille],
                    trouves: dict[str, set[str]]) -> Faute:
    """Aucune table n'a toutes ses colonnes : dire laquelle manque à la plus proche."""
    grille, propres = reconnue.grille, {t: c - {collecte.TERRITOIRE} for t, c in trouves.items()}
    proche = nommees[0] if nommees else max(
        contexte.feuilles.values(), key=lambda f: len(propres[f.table]))
    manquent = [c.titre for c in proche.champs
                if c.obligatoire and c.nom not in trouves[proche.table] | reconnue.sues]
    if nommees or len(manquent) <= len(propres[proche.table]):
        return _colonne_manquante(grille, proche, manquent[0])
    remede = "La première ligne porte les titres du classeur ou du formulaire."
    if grille.feuille:
        remede += " Supprimer la feuille si elle n'est pas de la collecte."
    return Faute(grille.lieu, "aucune table ne se reconnaît à ces titres", remede,
                 grille.titres[0].ligne)


def _colonne_manquante(grille: Grille, feuille: Feuille, titre: str) -> Faute:
    lus = ", ".join(c.texte for c in grille.titres if c.texte)
    return Faute(grille.lieu, f"la colonne « {titre} » manque pour « {feuille.titre} »",
                 f"L'ajouter, ou corriger son titre. Titres lus : {lus}." if lus
                 else "Remettre la ligne de titres.",
                 grille.titres[0].ligne if grille.titres else 1)


def _annonce(grille: Grille) -> bool:
    return any(aplatir(c.texte).startswith(("avec ", "avez vous des lignes"))
               for c in grille.titres)


def _se_nomme(nom: str, feuille: Feuille) -> bool:
    """La grille porte le nom de la table ; un CSV d'ODK, celui du formulaire puis de la table."""
    noms = {aplatir(n) for n in (feuille.table, feuille.titre, feuille.onglet)}
    return aplatir(nom) in noms or nom.endswith((f"-{feuille.table}", f"_{feuille.table}"))


def _situer(reconnue: Reconnue, contexte: Contexte) -> None:
    """Remplit `colonnes`, `eclatees`, `ignorees` et `absentes`."""
    feuille, noms = reconnue.feuille, contexte.noms(reconnue.feuille)
    for rang, cellule in enumerate(reconnue.grille.titres):
        titre = cellule.texte
        nom, eclatee = champ_dit(titre, feuille, noms), reponse_eclatee(titre, feuille, noms)
        if nom:
            reconnue.colonnes.setdefault(nom, rang)
        elif eclatee:
            reconnue.eclatees.setdefault(eclatee[0], {})[rang] = eclatee[1]
        elif titre and aplatir(titre) != aplatir(collecte.TITRE_REPERE):
            reconnue.ignorees.append(titre)
    for nom in reconnue.colonnes:
        reconnue.eclatees.pop(nom, None)  # la réponse entière suffit
    connues = {*reconnue.colonnes, *reconnue.eclatees} | reconnue.sues
    reconnue.absentes = [c.nom for c in feuille.champs if c.nom not in connues]


def _fautes_des_titres(reconnue: Reconnue,
                       contexte: Contexte) -> list[tuple[Faute, Cellule | None]]:
    """Titres fusionnés, en double ou vides ; à défaut, les colonnes qui manquent."""
    return (list(_titres_fautifs(reconnue, contexte))
            or list(_colonnes_manquantes(reconnue)))


def _titres_fautifs(reconnue: Reconnue,
                    contexte: Contexte) -> Iterator[tuple[Faute, Cellule | None]]:
    grille, feuille = reconnue.grille, reconnue.feuille
    titres = {c.nom: c.titre for c in feuille.champs}
    noms, vus = contexte.noms(feuille), set()
    for rang, cellule in enumerate(grille.titres):
        nom = champ_dit(cellule.texte, feuille, noms)
        if cellule.refus:
            yield Faute(grille.lieu, cellule.refus.trouve, cellule.refus.remede,
                        cellule.refus.ligne or cellule.ligne), cellule
        elif nom in vus:
            yield Faute(grille.lieu, f"deux colonnes pour « {titres[nom]} »",
                        "N'en garder qu'une.", cellule.ligne, cellule.texte), cellule
        elif not cellule.texte and any(not li[rang].vide for li in grille.lignes):
            lettre = cellule.adresse.rstrip("0123456789")
            absents = " ou ".join(f"« {titres[n]} »" for n in reconnue.absentes)
            yield Faute(grille.lieu, f"la colonne {lettre} est remplie mais n'a pas de titre",
                        f"Écrire {absents} ?" if absents else "Lui donner un titre, ou la vider.",
                        cellule.ligne), cellule
        vus |= {nom} - {None}


def _colonnes_manquantes(reconnue: Reconnue) -> Iterator[tuple[Faute, Cellule | None]]:
    """Une colonne absente est refusée si elle est obligatoire, ou mal nommée peut-être."""
    grille = reconnue.grille
    champs = {c.nom: c for c in reconnue.feuille.champs}
    inconnues = [c for c in grille.titres
                 if c.texte in reconnue.ignorees and not technique(c.texte)]
    for nom in reconnue.absentes:
        champ = champs[nom]
        if champ.obligatoire:
            yield _colonne_manquante(grille, reconnue.feuille, champ.titre), None
        elif inconnues:
            yield Faute(grille.lieu, f"colonne « {inconnues[0].texte} » inconnue, et « "
                        f"{champ.titre} » manque", f"Écrire « {champ.titre} » ?",
                        inconnues[0].ligne), inconnues[0]
