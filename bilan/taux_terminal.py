"""Ce que `bilan verifier` dit des taux : les envois, ce qui manque le plus, ce qui est faible."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from bilan.carnet import Bilan
from bilan.nombres import NON_RENSEIGNE
from bilan.registre import Chiffre
from bilan.taux import ATTENDUS
from bilan.taux_chapitre import faibles, incomplets
from bilan.terminal_inerte import Terminal

AU_PLUS = 5  # incomplets montrés ; le chapitre de méthode les a tous


def afficher_taux(bilan: Bilan) -> None:
    """Les envois reçus, les questions et sessions les moins remplies, ce qui est sous le seuil."""
    envois = [bilan.registre[f"taux.reponse.{table}"] for table in ATTENDUS]
    manques = incomplets(bilan)
    mention = bilan.mention(*ATTENDUS)
    table = Table(title=f"Réponses et remplissage{mention}", title_justify="left")
    for titre, cote in (("Demandé", "left"), ("Reçu", "right"), ("n/N", "right"),
                        ("Le plus bas", "left")):
        table.add_column(titre, justify=cote)
    for chiffre in envois:
        table.add_row(*_ligne(bilan, chiffre))
    if manques:
        table.add_section()
    for chiffre in manques[:AU_PLUS]:
        table.add_row(*_ligne(bilan, chiffre))
    Terminal().print(table)
    if len(manques) > AU_PLUS:
        print(f"{len(manques) - AU_PLUS} autres questions ou sessions incomplètes : voir le "
              "chapitre de méthode.")
    _afficher_le_seuil(bilan)


def _ligne(bilan: Bilan, chiffre: Chiffre) -> list[Text]:
    texte = "–" if chiffre.texte == NON_RENSEIGNE else chiffre.texte
    cellules = (chiffre.libelle, texte, chiffre.rapport or "–", _plus_bas(bilan, chiffre))
    return [Text(c) for c in cellules]


def _plus_bas(bilan: Bilan, chiffre: Chiffre) -> str:
    """Le territoire le moins rempli et son n/N ; rien si tous se valent."""
    locaux = [bilan.registre[f"{chiffre.code}.{t}"] for t in bilan.noms]
    connus = [c for c in locaux if c.valeur is not None]
    if len({c.valeur for c in connus}) < 2:
        return "–"
    bas = min(connus, key=lambda c: c.valeur)
    egaux = sum(c.valeur == bas.valeur for c in connus) - 1
    suite = f" (et {egaux} autre{'s' * (egaux > 1)})" if egaux else ""
    return f"{bilan.noms[bas.territoire]} {bas.rapport}{suite}"


def _afficher_le_seuil(bilan: Bilan) -> None:
    """Les indicateurs sous le seuil, d'ensemble ou dans un territoire."""
    if "taux.seuil" not in bilan.registre:
        print("Aucun seuil n'est fixé (verdict, seuil_reponse) : ces taux n'affaiblissent rien.")
        return
    seuil, trouves = bilan.registre["taux.seuil"].texte, faibles(bilan)
    if not trouves:
        print(f"Sous le seuil de {seuil} : aucun indicateur.")
        return
    print(f"Sous le seuil de {seuil} (d'ensemble, aucun verdict ferme ; d'un territoire, "
          "ce qu'on en dit est affaibli) :")
    for chiffre in trouves:
        ou = f", {bilan.noms[chiffre.territoire]}" if chiffre.territoire else ""
        code = chiffre.code.partition(".")[0]
        print(f"  {code}{ou} : {chiffre.texte} ({chiffre.rapport})")
