"""Ce qu'un carnet lit : tout y laisse une trace, et rien n'est repris à tort."""

import json
import random
import re
import shutil
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.executeur_local import executer_ici
from bilan.lectures import BilanSuivi, Journal, emporter, poser, rapporter, relire
from bilan.notebooks import executer_carnets
from bilan.plan import dresser, etats
from bilan.projet import Projet
from bilan.terminal import SuiviParLignes
from tests.conftest import EDITION, copier


@pytest.fixture
def suivi(projet, tmp_path_factory):
    """Une édition suivie, et le journal de ce qu'on lui demande."""
    chemin = tmp_path_factory.mktemp("journal") / "lectures.jsonl"
    bilan = Bilan(EDITION, Projet(projet))
    return BilanSuivi(bilan, Journal(bilan, chemin)), chemin


def questions(chemin) -> list[tuple[str, ...]]:
    return [question for question, _ in relire(chemin)]


class TestJournal:
    """Chaque lecture est notée une fois, avec l'empreinte de ce qu'elle a rendu."""

    @pytest.mark.parametrize(
        ("lire", "attendue"),
        [
            (lambda b: b.registre["I1.resultat"], ("chiffre", "I1.resultat")),
            (lambda b: b.registre.get("absent"), ("chiffre", "absent")),
            (lambda b: "I1.taux" in b.registre, ("chiffre", "I1.taux")),
            (lambda b: b.registre.debut("I2."), ("chiffres", "I2.")),
            (lambda b: list(b.registre), ("chiffres", "")),
            (lambda b: "I1.taux" in b.registre.codes, ("chiffres", "")),
            (lambda b: b.tables["acteurs"], ("table", "acteurs")),
            (lambda b: b.lignes("fiches", "douaisis"), ("lignes", "fiches", "douaisis")),
            (lambda b: b.textes["ami.intention"], ("texte", "ami.intention")),
            (lambda b: list(b.textes), ("clés", "texte")),
            (lambda b: b.noms, ("noms",)),
            (lambda b: b.base, ("base",)),
            (lambda b: b.nature("actions"), ("nature", "actions")),
            (lambda b: b.parametres.generaux.region, ("réglage", "region")),
            (lambda b: b.parametres.principaux, ("paramètre", "principaux")),
            (lambda b: b.parametres.de_categorie("cooperation"),
             ("paramètre", "de_categorie", "cooperation")),
            (lambda b: b.validation("douaisis"), ("validation", "douaisis")),
        ],
    )
    def test_une_lecture_une_question(self, suivi, lire, attendue):
        """La question notée est celle qui a été posée, et elle seule parmi celles de son genre."""
        bilan, chemin = suivi
        lire(bilan)
        lire(bilan)
        assert questions(chemin).count(attendue) == 1
        assert dict(relire(chemin))[attendue] == poser(bilan._bilan, attendue)

    def test_un_fichier_ouvert_sans_passer_par_l_edition(self, suivi, projet):
        """Un carnet qui ouvre lui-même un fichier, ou liste un dossier, en dépend."""
        bilan, chemin = suivi
        bilan._journal.ecouter()
        (projet / "report" / "index.txt").write_text("x", "utf-8")
        (projet / "report" / "index.txt").read_text("utf-8")
        list((projet / "report" / "site").iterdir())
        assert {("fichier", "report/index.txt"), ("dossier", "report/site")} <= set(
            questions(chemin))

    def test_ce_que_l_edition_lit_pour_repondre_n_est_pas_note(self, suivi):
        """Demander un chiffre n'est pas lire toutes les tables."""
        bilan, chemin = suivi
        bilan.registre["I1.resultat"]
        assert questions(chemin) == [("chiffre", "I1.resultat")]


def test_une_edition_emportee_repond_comme_l_originale(projet, tmp_path):
    """Le noyau qui reprend une édition déjà calculée y lit les mêmes réponses."""
    original = Bilan(EDITION, Projet(projet))
    (tmp_path / "ouvert.pickle").write_bytes(emporter(original))
    repris = rapporter(tmp_path / "ouvert.pickle", Projet(projet))
    for question in (("chiffres", ""), ("clés", "texte"), ("table", "acteurs"), ("noms",),
                     ("paramètre", "indicateurs")):
        assert poser(repris, question) == poser(original, question)


# --- Rien n'est repris à tort -------------------------------------------------------------------

ENTREES = ("data/2022-2024/*.csv", "data/2022-2024/datapackage.json", "params/2022-2024/*.yml",
           "params/2022-2024/textes/*.md", "data/schemas/*.json", "data/geographie/*json",
           "report/style/jetons.yml", "notebooks/*.ipynb")


def muter(projet, hasard: random.Random) -> str:
    """Change une chose dans un fichier dont un bilan dépend ; dit laquelle."""
    fichiers = sorted(f for motif in ENTREES for f in projet.glob(motif))
    fichier = hasard.choice(fichiers)
    lignes = fichier.read_text("utf-8").splitlines(keepends=True)
    rang = hasard.randrange(1, len(lignes)) if len(lignes) > 1 else 0
    geste = hasard.choice(("oter", "doubler", "chiffre", "mot"))
    if geste == "oter":
        lignes[rang] = ""
    elif geste == "doubler":
        lignes[rang] *= 2
    elif geste == "chiffre":
        lignes[rang] = re.sub(r"\d", lambda c: str((int(c[0]) + 1) % 10), lignes[rang], count=1)
    else:
        lignes[rang] = re.sub(r"[a-zà-ü]{4,}", lambda m: m[0][::-1], lignes[rang], count=1)
    fichier.write_text("".join(lignes), "utf-8")
    return f"{geste}, {fichier.relative_to(projet)}, ligne {rang + 1}"


def executes(bilan: Bilan, *, forcer: bool) -> tuple[set[str], dict[str, bytes | None]]:
    """Les carnets qui ont été refaits, et l'état de tous après l'exécution."""
    prevus = etats(dresser(bilan.edition), bilan, forcer=forcer)
    with suppress(ErreurBilan):  # un carnet en échec n'a pas de sortie : c'est un état aussi
        executer_carnets(bilan, prevus, executer_ici(2), SuiviParLignes())
    taches = [e.tache for e in prevus]
    return ({e.tache.nom for e in prevus if not e.a_jour},
            {t.nom: _resultat(t) for t in taches})


def _resultat(tache) -> bytes | None:
    if tache.echec.is_file() or not tache.fiche_technique.is_file():
        return None
    chiffres = json.loads(tache.fiche_technique.read_text("utf-8"))["chiffres"]
    return tache.sortie.read_bytes() + json.dumps(chiffres).encode()


def controler(execute, dossier, graine: int) -> None:
    """Après une mutation, une exécution reprise donne ce que donne une exécution neuve."""
    copier(dossier)
    shutil.copytree(execute / "build" / "travail", dossier / "build" / "travail")
    quoi = muter(dossier, random.Random(graine))
    try:
        bilan = Bilan(EDITION, Projet(dossier))
        _, repris = executes(bilan, forcer=False)
    except (ErreurBilan, ValueError, KeyError, StopIteration):
        return  # une édition illisible n'a rien à exécuter
    _, neufs = executes(Bilan(EDITION, Projet(dossier)), forcer=True)
    assert {n for n in neufs if neufs[n] != repris[n]} == set(), quoi


@pytest.mark.xdist_group("construit")
def test_une_mutation_vue(execute, tmp_path):
    """Une seule mutation, tirée d'avance : la reprise vaut l'exécution entière."""
    controler(execute, tmp_path / "projet", 7)


@pytest.mark.long
@pytest.mark.xdist_group("construit")
@settings(max_examples=10, deadline=None, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(graine=st.integers(0, 10**6))
def test_les_mutations_vues(execute, tmp_path_factory, graine):
    """N'importe quelle entrée, changée n'importe où : la reprise vaut l'exécution entière."""
    controler(execute, tmp_path_factory.mktemp("mutation") / "projet", graine)
