"""La ligne de commande : `bilan VERBE`. Un verbe, une étape."""

from __future__ import annotations

import argparse
import atexit
import datetime
import gc
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bilan import __version__
from bilan.erreurs import ErreurBilan
from bilan.pannes import MEMOIRE, dire
from bilan.projet import Edition, Projet

if TYPE_CHECKING:
    from bilan.notebooks import Executeur

# argparse parle anglais ; ce sont les seules phrases de lui que l'on voit.
FRANCAIS = {
    "usage: ": "usage : ",
    "options": "options",
    "positional arguments": "arguments",
    "show this help message and exit": "affiche cette aide",
    "show program's version number and exit": "affiche la version",
    "the following arguments are required: %s": "il manque : %s",
    "unrecognized arguments: %s": "argument inconnu : %s",
    "expected one argument": "il manque sa valeur",
    "expected at least one argument": "il manque au moins une valeur",
    "invalid %(type)s value: %(value)r": "valeur non comprise : %(value)s",
    "invalid choice: %(value)r (choose from %(choices)s)":
        "« %(value)s » n'est pas possible. Possibles : %(choices)s",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s : %(message)s",
    "%(prog)s: error: %(message)s\n": "%(message)s\n",
}
argparse._ = lambda message: FRANCAIS.get(message, message)


class Analyseur(argparse.ArgumentParser):
    """Un analyseur dont une faute est une erreur du bilan comme une autre."""

    def error(self, message: str):
        # argparse met des apostrophes anglaises autour de chaque valeur possible.
        message = re.sub(r"'([a-z-]+)'", r"\1", message)
        raise ErreurBilan(f"{message}. Voir « {self.prog} --help ».")


def principal(arguments: Sequence[str] | None = None) -> int:
    """Le point d'entrée : rend 0, ou 1 après un message clair."""
    from bilan.terminal_inerte import terminal_inerte

    # Des centaines de milliers d'objets vivent jusqu'à la fin de la commande : aux seuils
    # ordinaires, le ramasse-miettes passe un cinquième du temps à les reparcourir.
    gc.set_threshold(100_000, 50, 1000)
    atexit.register(gc.freeze)  # ni en partant, où rien n'est plus à libérer
    with terminal_inerte():
        return _repondre(arguments)


def _repondre(arguments: Sequence[str] | None) -> int:
    try:
        options = analyseur().parse_args(arguments)
        edition = Projet.trouver(options.projet).edition(options.edition)
        return options.fonction(edition, options) or 0
    except ErreurBilan as erreur:
        for faute in erreur.fautes:
            print(faute, file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrompu. Le bilan précédent est intact.", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as erreur:
        print(dire(erreur), file=sys.stderr)
    except MemoryError:
        print(MEMOIRE, file=sys.stderr)
    except ModuleNotFoundError as erreur:
        print(f"La bibliothèque « {erreur.name} » manque. Relancer « make bilan », qui l'installe.",
              file=sys.stderr)
    return 1


def analyseur() -> Analyseur:
    """Tous les verbes et leurs options."""
    commun = argparse.ArgumentParser(add_help=False)
    commun.add_argument("--edition", metavar="E", help="l'édition (par défaut, la plus récente)")
    commun.add_argument("--projet", metavar="DIR", type=Path,
                        help="le dossier qui contient _quarto.yml (par défaut, on le cherche)")
    principal_ = Analyseur(prog="bilan", description="Le bilan, des données au rapport.")
    principal_.add_argument("--version", action="version", version=f"bilan {__version__}")
    verbes = principal_.add_subparsers(title="verbes", metavar="VERBE", required=True)

    def verbe(nom: str, fonction, aide: str) -> argparse.ArgumentParser:
        sous = verbes.add_parser(nom, help=aide, description=aide, parents=[commun])
        sous.set_defaults(fonction=fonction)
        return sous

    verbe("verifier", _verifier, "contrôle les données, les paramètres et les chiffres nommés")
    sous = verbe("indicateurs", _indicateurs, "calcule et affiche les indicateurs")
    sous.add_argument("--json", action="store_true", help="en JSON, un objet par indicateur")
    sous = verbe("plan", _plan, "dit ce qui serait exécuté et pourquoi, sans rien exécuter")
    sous.add_argument("--forcer", action="store_true", help="comme si rien n'était à jour")
    sous = verbe("notebooks", _notebooks, "exécute les carnets qui ne sont pas à jour")
    _options_execution(sous)
    sous = verbe("assembler", _assembler, "compose le site, le PDF et les fiches")
    _options_assemblage(sous)
    sous = verbe("apercu", _apercu, "montre le site dans un navigateur et le refait à chaque "
                 "fichier corrigé, sans rien publier")
    sous.add_argument("--port", type=_positif, default=8000, metavar="N",
                      help="le port local (par défaut, 8000)")
    sous.add_argument("--sans-navigateur", action="store_true", help="n'ouvre pas le navigateur")
    sous = verbe("construire", _construire, "vérifie, exécute et assemble : le bilan complet")
    _options_execution(sous)
    _options_assemblage(sous)
    sous = verbe("reproduire", _reproduire, "refait une construction à part, dit si les fichiers "
                 "sont identiques et, sinon, la première entrée qui diffère (statut 1)")
    sous.add_argument("construction", nargs="?", metavar="CONSTRUCTION", type=Path,
                      help="son dossier, son archive .zip ou son provenance.json (par défaut, "
                           "celle de l'édition)")
    _option_jobs(sous)
    sous = verbe("nouvelle-edition", _nouvelle_edition, "prépare les dossiers d'une édition")
    sous.add_argument("code", metavar="E", help="le code de l'édition, comme 2025-2027")
    sous.add_argument("--depuis", metavar="E",
                      help="l'édition d'où partir (par défaut, la plus récente)")
    sous.add_argument("--simulee", action="store_true",
                      help="pour un exemple : ses lignes seront dites simulées partout")
    verbe("formulaires", _formulaires, "écrit les classeurs et questionnaires de collecte")
    sous = verbe("importer", _importer,
                 "apporte classeurs, CSV et exports de formulaire dans data/<édition> : les bonnes "
                 "lignes sont écrites, les autres refusées (statut 1) et marquées dans un classeur "
                 "à renvoyer")
    sous.add_argument("fichiers", nargs="+", metavar="FICHIER", type=Path,
                      help=".xlsx ou .csv ; les fichiers d'un même export ODK se donnent ensemble")
    sous.add_argument("--remplacer", action="store_true",
                      help="une ligne déjà là avec d'autres valeurs est remplacée, et c'est dit")
    sous.add_argument("--tout-ou-rien", action="store_true",
                      help="n'écrit rien si une seule ligne est refusée")
    sous.add_argument("--essai", action="store_true", help="montre tout, n'écrit rien")
    sous = verbe("relire", _relire, "liste les phrases à relire : reprises, nouvelles, ou dont un "
                 "chiffre ou un constat a changé ; marque celles qu'on a relues")
    sous.add_argument("--marquer", nargs="+", metavar="LIEU",
                      help="relues : celles d'un fichier, ou d'une de ses lignes "
                           "(textes/introduction.md:12)")
    sous.add_argument("--tout", action="store_true", help="relues : toutes")
    sous.add_argument("--pas-a-pas", action="store_true", help="les montre une à une et demande")
    sous.add_argument("--json", action="store_true", help="en JSON, un objet par phrase")
    sous = verbe("valider", _valider, "enregistre qu'un territoire a validé sa fiche")
    sous.add_argument("territoire", metavar="TERRITOIRE", help="son code, comme sud-artois")
    sous.add_argument("--role", required=True, metavar="FONCTION",
                      help="la fonction de qui a validé, jamais son nom")
    sous.add_argument("--date", type=_date, metavar="AAAA-MM-JJ",
                      help="le jour de la validation (par défaut, aujourd'hui)")
    sous = verbe("remarques", _remarques, "réunit les commentaires et les modifications suivies de "
                 "documents Word revenus de relecture, chacun à son paragraphe")
    sous.add_argument("fichiers", nargs="+", metavar="RETOUR.docx", type=Path,
                      help="des exemplaires de exports/bilan.docx, relus")
    sous.add_argument("--repondre", nargs=2, metavar=("CODE", "RÉPONSE"),
                      help="note la réponse à une remarque, dans remarques.yml")
    sous = verbe("auditer", _auditer, "dit de quelles bases des pourcentages publiés peuvent venir")
    sous.add_argument("table", nargs="?", metavar="TABLE.csv",
                      help="colonnes code, libelle, valeur, decimales (par défaut, les publiés)")
    sous.add_argument("--json", action="store_true", help="en JSON, un objet par pourcentage")
    sous.add_argument("--max", type=_positif, default=60, metavar="N",
                      help="plus grande base essayée (par défaut, 60)")
    sous = verbe("comparer", _comparer, "dit ce qui change entre deux éditions, et pourquoi, ou "
                 "entre deux constructions")
    sous.add_argument("ancien", metavar="A", help="une édition, ou le dossier d'une construction")
    sous.add_argument("nouveau", metavar="B", help="une autre, ou un autre dossier")
    sous.add_argument("--json", action="store_true", help="en JSON, un objet par chiffre")
    sous.add_argument("--html", metavar="FICHIER", type=Path,
                      help="écrit la page (par défaut, pour deux constructions, "
                           "build/comparaison.html)")
    return principal_


def _option_jobs(sous: argparse.ArgumentParser) -> None:
    sous.add_argument("--jobs", type=_positif, metavar="N",
                      help="carnets exécutés à la fois (par défaut, deux par cœur)")


def _options_execution(sous: argparse.ArgumentParser) -> None:
    _option_jobs(sous)
    sous.add_argument("--forcer", action="store_true", help="exécute même ce qui est à jour")
    sous.add_argument("--executeur", choices=("local", "dask"), default="local",
                      help="qui exécute : cette machine (local), ou une grappe (dask)")
    sous.add_argument("--adresse", metavar="ADRESSE",
                      help="avec --executeur dask, le planificateur de la grappe, comme "
                           "tcp://10.0.0.5:8786 (par défaut, une grappe lancée ici)")


def _options_assemblage(sous: argparse.ArgumentParser) -> None:
    sous.add_argument("--voie", choices=("auto", "quarto", "pandoc"), default="auto",
                      help="qui assemble : quarto, pandoc (embarqué), auto (quarto s'il est là)")
    sous.add_argument("--relecture", action="store_true",
                      help="l'exemplaire à relire, dans relecture/ : PDF marqué PROJET, à lignes "
                           "numérotées et grande marge, code des carnets dans le site")


def _positif(texte: str) -> int:
    if not texte.isdigit() or int(texte) < 1:
        raise argparse.ArgumentTypeError(f"« {texte} » : écrire un nombre entier, 1 ou plus")
    return int(texte)


def _date(texte: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(texte)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"« {texte} » : écrire une date comme 2025-06-12") from None


# Chaque verbe importe ce qu'il lui faut : l'aide et les erreurs de saisie sont immédiates.


def _verifier(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.a_completer import points
    from bilan.taux_terminal import afficher_taux
    from bilan.validations import a_signer
    from bilan.verifier import exiger

    bilan = exiger(edition)
    print(f"Édition {edition.code} : aucune faute.")
    afficher_taux(bilan)
    if bilan.a_relire:
        print(f"Phrases à relire : {len(bilan.a_relire)}. Les voir : "
              f"« bilan relire --edition {edition.code} ».")
    for dite, noms in a_signer(bilan).items():
        print(f"Fiches ({', '.join(noms)}) : {dite[:1].lower()}{dite[1:]}")
    if restent := points(edition):
        print(f"À compléter, dans l'ordre ({len(restent)}) :")
        for point in restent:
            print(f"  {point}")
    return 0


def _indicateurs(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.carnet import Bilan
    from bilan.terminal import afficher_indicateurs, indicateurs_en_json

    bilan = Bilan(edition.code, Projet(edition.racine))
    if options.json:
        print(json.dumps(indicateurs_en_json(bilan), ensure_ascii=False, indent=2))
    else:
        afficher_indicateurs(bilan)
    return 0


def _plan(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.carnet import Bilan
    from bilan.plan import dresser, etats
    from bilan.terminal import afficher_plan

    bilan = Bilan(edition.code, Projet(edition.racine))
    afficher_plan(etats(dresser(edition), bilan, forcer=options.forcer))
    return 0


def _notebooks(edition: Edition, options: argparse.Namespace) -> int:
    executeur = _executeur(options)
    from bilan import par_quarto
    from bilan.assembler import preparer
    from bilan.construire import executer
    from bilan.plan import dresser
    from bilan.terminal import suivi
    from bilan.verrou import seul

    with seul(edition):
        with suivi() as avancement:
            bilan = executer(edition, executeur, avancement, forcer=options.forcer)
        if quarto := par_quarto.trouver("auto"):
            # De quoi lancer « quarto render » sans autre commande.
            preparer(bilan, dresser(edition), quarto.nom)
    print(f"Carnets exécutés : {edition.relatif(edition.travail / 'notebooks')}/")
    return 0


def _assembler(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.construire import publier
    from bilan.deja_construit import entrees
    from bilan.terminal import SuiviParLignes
    from bilan.verifier import exiger
    from bilan.verrou import seul

    _exiger_voie(options)
    with seul(edition):
        depart = entrees(edition, options.voie)
        voie = publier(exiger(edition), SuiviParLignes(), options.voie, depart=depart,
                       relecture=options.relecture)
    _annoncer(edition, voie, relecture=options.relecture)
    return 0


def _apercu(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.apercu import commande

    return commande(edition, options.port, not options.sans_navigateur)


def _construire(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.deja_construit import deja_construit

    if not options.forcer and deja_construit(edition, options.voie, relecture=options.relecture):
        print("Rien n'a changé depuis la dernière construction : le bilan est à jour.")
        return 0
    executeur = _executeur(options)
    from bilan.construire import construire
    from bilan.terminal import suivi
    from bilan.verrou import seul

    _exiger_voie(options)
    with seul(edition), suivi() as avancement:
        voie = construire(edition, executeur, avancement, voie=options.voie,
                          forcer=options.forcer, relecture=options.relecture)
    _annoncer(edition, voie, relecture=options.relecture)
    return 0


def _executeur(options: argparse.Namespace) -> Executeur:
    """Qui exécute les carnets, d'après --executeur, --adresse et --jobs."""
    if options.executeur == "local":
        if options.adresse:
            raise ErreurBilan("--adresse est celle d'une grappe : ajouter --executeur dask.")
        from bilan import noyaux

        noyaux.prechauffer()  # avant les imports d'ici : il faut les mêmes aux carnets
        from bilan.executeur_local import executer_ici

        return executer_ici(options.jobs)
    if options.adresse and options.jobs:
        raise ErreurBilan("--jobs ne règle que cette machine : avec --adresse, la grappe exécute "
                          "autant de carnets que ses travailleurs ont de fils. Enlever --jobs.")
    from bilan.executeur_dask import executer_sur_dask

    return executer_sur_dask(options.adresse, options.jobs)


def _reproduire(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.reproduire import commande

    return commande(edition, options)


def _nouvelle_edition(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.nouvelle_edition import preparer_edition
    from bilan.terminal import afficher_preparation

    afficher_preparation(
        preparer_edition(Projet(edition.racine), options.code, options.depuis,
                         simulee=options.simulee)
    )
    return 0


def _formulaires(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.formulaires import commande

    return commande(edition)


def _importer(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.importer import commande

    return commande(edition, options.fichiers, remplacer=options.remplacer,
                    tout_ou_rien=options.tout_ou_rien, essai=options.essai)


def _relire(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.relire_terminal import commande

    return commande(edition, options)


def _valider(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.carnet import Bilan
    from bilan.fiche import Fiche
    from bilan.validations import FICHIER, mention, valider

    fiche = Fiche(Bilan(edition.code, Projet(edition.racine)), options.territoire)
    valider(fiche, options.role, options.date or datetime.date.today())
    print(f"{fiche.bilan.noms[options.territoire]} : {mention(fiche)}")
    print(f"Enregistré dans {edition.relatif(edition.params / FICHIER)}.")
    return 0


def _remarques(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.remarques_terminal import commande

    return commande(edition, options)


def _auditer(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.auditer_terminal import commande

    return commande(edition, options)


def _comparer(edition: Edition, options: argparse.Namespace) -> int:
    from bilan.comparer_terminal import commande

    return commande(edition, options)


def _exiger_voie(options: argparse.Namespace) -> None:
    if options.relecture and options.voie == "quarto":
        raise ErreurBilan("--relecture s'assemble par Pandoc et Typst, embarqués : "
                          "retirer --voie quarto.")


def _annoncer(edition: Edition, voie: str, *, relecture: bool) -> None:
    sortie = edition.relatif(edition.relecture if relecture else edition.sortie)
    quoi = "Exemplaire à relire du bilan" if relecture else "Bilan"
    print(f"{quoi} {edition.code} assemblé par {voie} :")
    for chemin in ("site/index.html", "bilan.pdf", "synthese.pdf", "fiches/", "exports/",
                   "notebooks/", "registre.json",
                   *(() if relecture else ("provenance.json", f"bilan-{edition.code}.zip"))):
        print(f"  {sortie}/{chemin}")
