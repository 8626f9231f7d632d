"""L'aperçu : on corrige un fichier, ce qui en dépend se refait, la page se recharge.

La page qu'on regarde se refait d'abord, le reste du site ensuite.
Rien n'est publié : le site vu est dans le dossier de travail, et « bilan construire » fait le
bilan. La vérification se fait à côté, dans son processus : la page n'attend pas, et dit les fautes.
"""

from __future__ import annotations

import inspect
import os
import shutil
import sys
import time
import webbrowser
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

from watchfiles import DefaultFilter, watch

from bilan import noyaux, pandoc
from bilan.apercu_serveur import Etat, Serveur
from bilan.assembler import preparer, preparer_une_page
from bilan.carnet import Bilan
from bilan.construire import executer_a_jour
from bilan.empreintes import PAQUET
from bilan.erreurs import Faute
from bilan.executer import CompteRendu
from bilan.executeur_local import executer_ici
from bilan.livre import en_markdown
from bilan.plan import Etat as EtatDuCarnet
from bilan.plan import dresser
from bilan.projet import Edition, Projet
from bilan.registre import Registre
from bilan.verifier import verifier
from bilan.verrou import seul

# Le script qui redit le texte du site entier : la page que l'on voit n'en change pas.
DU_TEXTE = {"recherche-index.js"}
SUIVIS = ("params", "data", "notebooks", "report", "index.qmd", "_quarto.yml")


class Apercu:
    """Le site d'une édition, refait à mesure."""

    def __init__(self, edition: Edition, port: int = 0):
        self.edition = edition
        self.dossier = edition.travail / "apercu"
        self.serveur = Serveur(self.dossier / "0", edition.racine / "report" / "apercu.js", port)
        # Un processus neuf à chaque vérification : il lit tout comme la première fois.
        self.verificateur = noyaux.equipe(1, "bilan.verifier", max_tasks_per_child=1)
        self.executeur = executer_ici()
        self.registre: Registre | None = None  # celui du dernier passage

    def servir(self) -> None:
        """Répond aux pages, en fond."""
        (self.dossier / "0").mkdir(parents=True, exist_ok=True)
        Thread(target=self.serveur.serve_forever, daemon=True).start()

    def refaire(self) -> list[str]:
        """Refait ce qui a changé, prévient la page ; rend les fautes, une par ligne."""
        numero, avant = self.serveur.etat.numero, self.serveur.dossier
        self.serveur.dire(Etat(numero, en_cours=True))
        oublier_le_disque()
        verification = self.verificateur.submit(_verifier_sans_hate, self.edition)
        try:
            with seul(self.edition, attendre=True):
                bilan = Bilan(self.edition.code, Projet(self.edition.racine))
                if self._refaire_la_page(bilan, self.serveur.vue):
                    numero += 1
                    # La page se recharge dès qu'elle est prête ; le reste la rejoint.
                    self.serveur.vues.clear()
                    self.serveur.dire(Etat(numero, en_cours=True))
                vu, self.serveur.dossier = self.serveur.dossier, self._faire_le_site(bilan, avant)
        except Exception as erreur:
            if self.serveur.dossier != avant:  # la page refaite venait de données fautives
                self.serveur.dossier, numero = avant, numero + 1
            # Ce qui n'a pas encore été vérifié peut casser n'importe où : la vérification dit quoi.
            fautes = verification.result() or getattr(erreur, "fautes", None)
            if not fautes:
                raise
            self.serveur.dire(Etat(numero, fautes=[str(f) for f in fautes]))
        else:
            if not numero or ont_change(vu, self.serveur.dossier, set(self.serveur.vues)):
                numero += 1
            self.serveur.dire(Etat(numero))
            if fautes := verification.result():
                self.serveur.dire(Etat(numero, fautes=[str(f) for f in fautes]))
        return self.serveur.etat.fautes

    def _refaire_la_page(self, bilan: Bilan, page: str) -> bool:
        """Refait cette page dans une copie du site que l'on voit ; faux si elle n'y est pas encore.

        N'exécute que son carnet, n'écrit que les blocs qu'elle demandait à sa dernière lecture.
        """
        livre = self.edition.travail / "livre.json"
        taches = {t.nom: t for t in dresser(self.edition)}
        if not (self.serveur.dossier / f"{page}.html").is_file() or not livre.is_file():
            return False
        try:
            self._executer(bilan, page)
            if page in taches:
                en_markdown(self.edition, taches[page].sortie)
            preparer_une_page(bilan, livre, page, list(taches.values()), pandoc.nom())
            copie = self.dossier / "page"
            shutil.rmtree(copie, ignore_errors=True)
            shutil.copytree(self.serveur.dossier, copie)
            pandoc.assembler_une_page(livre, page, copie)
        except Exception:  # le site entier, refait ensuite, dira ce qui ne va pas
            return False
        self.serveur.dossier = copie
        return True

    def _executer(self, bilan: Bilan, page: str) -> None:
        """Exécute le carnet de cette page pendant que les chiffres se calculent.

        Il lit ceux d'avant : le plus souvent, une correction ne change pas ceux qu'il montre. Si
        elle en change un, ses lectures le disent, et il s'exécute de nouveau.
        """
        if self.registre is not None:
            essai = Bilan(self.edition.code, Projet(self.edition.racine))
            essai.registre = self.registre
            with ThreadPoolExecutor(1) as fil:
                essaye = fil.submit(self._mettre_a_jour, essai, page)
                _ = bilan.registre
            essaye.result()
        self._mettre_a_jour(bilan, page)

    def _mettre_a_jour(self, bilan: Bilan, page: str | None = None) -> None:
        executer_a_jour(bilan, self.executeur, _Silence(), seulement=page)

    def _faire_le_site(self, bilan: Bilan, avant: Path) -> Path:
        """Exécute les carnets qui ne sont pas à jour, puis écrit le site à côté du précédent."""
        self._mettre_a_jour(bilan)
        self.registre = bilan.registre
        livre = preparer(bilan, dresser(self.edition), pandoc.nom())
        site = self.dossier / ("1" if avant.name == "0" else "0")
        shutil.rmtree(site, ignore_errors=True)
        pandoc.assembler_site(livre, site)
        return site


def _verifier_sans_hate(edition: Edition) -> list[Faute]:
    """La vérification, dans son processus : la page qu'on attend passe avant elle."""
    if hasattr(os, "nice"):  # pas sous Windows
        os.nice(5)
    return verifier(edition)


def ont_change(ancien: Path, neuf: Path, pages: Iterable[str]) -> bool:
    """Vrai si l'une de ces pages, la feuille de style ou un script n'est plus le même."""
    noms = {f"{page}.html" for page in pages}
    noms |= {f.name for f in neuf.iterdir() if f.suffix in (".css", ".js")} - DU_TEXTE
    return any(_octets(ancien / nom) != _octets(neuf / nom) for nom in noms)


def _octets(fichier: Path) -> bytes | None:
    return fichier.read_bytes() if fichier.is_file() else None


class _Silence:
    """Le suivi d'une exécution dont le terminal ne dit que la fin."""

    def prevoit(self, etats: list[EtatDuCarnet]) -> None: ...

    def demarre(self, nom: str) -> None: ...

    def termine(self, compte_rendu: CompteRendu) -> None: ...

    def etape(self, texte: str) -> None: ...


def oublier_le_disque() -> None:
    """Vide ce que le paquet a retenu de fichiers : toute fonction qui retient selon un chemin."""
    for cachee in retenues():
        cachee.cache_clear()


def retenues() -> Iterator:
    """Les fonctions du paquet dont le résultat, retenu, vient de fichiers du projet."""
    for nom, module in list(sys.modules.items()):
        if nom.startswith("bilan."):
            for objet in list(vars(module).values()):
                if hasattr(objet, "cache_clear") and _lit_le_disque(objet):
                    yield objet


def _lit_le_disque(fonction) -> bool:
    parametres = inspect.signature(fonction).parameters.values()
    return any(str(p.annotation) in ("Path", "Edition") for p in parametres)


def commande(edition: Edition, port: int, navigateur: bool) -> int:
    """`bilan apercu` : jusqu'à Ctrl-C. Statut 0."""
    apercu = Apercu(edition, port)
    apercu.servir()
    print(f"Aperçu : {apercu.serveur.adresse} (Ctrl-C pour arrêter)", flush=True)
    _refaire(apercu, "premier passage")
    if navigateur and not webbrowser.open(apercu.serveur.adresse):
        print("Aucun navigateur ne s'ouvre d'ici : y ouvrir cette adresse à la main.", flush=True)
    chemins = [edition.racine / nom for nom in SUIVIS]
    try:
        for lot in watch(*(c for c in (*chemins, PAQUET) if c.exists()),
                         watch_filter=DefaultFilter(ignore_dirs=("__pycache__", ".git")),
                         debounce=200, step=30, raise_interrupt=True):
            changes = sorted({Path(chemin) for _, chemin in lot})
            if any(c.suffix == ".py" and c.is_relative_to(PAQUET) for c in changes):
                _recommencer(apercu)
            _refaire(apercu, _nommer(edition, changes))
    except KeyboardInterrupt:
        print("Aperçu arrêté. « bilan construire » fait le bilan.")
    return 0


def _refaire(apercu: Apercu, pourquoi: str) -> None:
    debut = time.monotonic()
    fautes = apercu.refaire()
    duree = f"{time.monotonic() - debut:.1f}".replace(".", ",")
    print(f"{pourquoi} : {'à corriger' if fautes else 'à jour'} ({duree} s)", flush=True)
    for faute in fautes:
        print(f"  {faute}", flush=True)


def _nommer(edition: Edition, chemins: Iterable[Path]) -> str:
    noms = [edition.relatif(c) for c in chemins]
    suite = f" et {len(noms) - 3} autres" if len(noms) > 3 else ""
    return ", ".join(noms[:3]) + suite


def _recommencer(apercu: Apercu) -> None:
    """Le code du paquet a changé : un programme en marche ne le verrait pas, on le relance."""
    print("Le code du paquet a changé : l'aperçu redémarre.", flush=True)
    apercu.verificateur.shutdown(cancel_futures=True)
    port = apercu.serveur.server_port
    apercu.serveur.server_close()
    options = ["--edition", apercu.edition.code, "--projet", str(apercu.edition.racine)]
    os.execv(sys.executable, [sys.executable, "-m", "bilan", "apercu", *options,
                              "--port", str(port), "--sans-navigateur"])
