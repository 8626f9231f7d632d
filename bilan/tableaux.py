"""Les tableaux d'indicateurs : résultats, variantes, retraits d'un territoire, intervalles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bilan import markdown
from bilan.graphiques import Graphique
from bilan.markdown import Colonne, Sortie, Tableau, de_a, echapper, span_chiffre
from bilan.parametres import Indicateur
from bilan.registre import Chiffre
from bilan.taux import sous_seuil

if TYPE_CHECKING:
    from bilan.carnet import Bilan

# Les familles de chiffres que verse au registre le tableau des résultats.
DU_RESULTAT = ("resultat", "numerateur", "denominateur", "rapport", "cible", "ecart", "etendue",
               "verdict", "taux")
GENRES = {"convention": "convention", "eclairage": "éclairage"}


def indicateurs(
    bilan: Bilan, definitions: list[Indicateur], legende: str, identifiant: str
) -> Tableau:
    """Cible, résultat, n/N, écart et verdict de chaque indicateur."""
    lignes = []
    for definition in definitions:
        codes = [
            f"{definition.code}.{c}" for c in ("cible", "resultat", "rapport", "ecart")
        ]
        lignes.append(
            [
                definition.code,
                f"**{echapper(definition.nom)}**. {echapper(definition.calcul)}",
                *(span_chiffre(bilan.registre[c], seul=True) if c in bilan.registre else "–"
                  for c in codes),
                _verdict(bilan, definition.code),
            ]
        )
    return Tableau(
        [Colonne("Code", largeur=6), Colonne("Indicateur", largeur=38),
         Colonne("Cible", "droite", 9), Colonne("Résultat", "droite", 10),
         Colonne("n/N", "droite", 10), Colonne("Écart", "droite", 10),
         Colonne("Verdict", largeur=14)],
        lignes, legende, identifiant, _familles(bilan, definitions, *DU_RESULTAT),
    )


def _verdict(bilan: Bilan, code: str) -> str:
    """Le verdict, ou un tiret ; puis le taux de réponse s'il est faible."""
    verdict, taux = bilan.registre.get(f"{code}.verdict"), bilan.registre[f"{code}.taux"]
    mot = span_chiffre(verdict, seul=True) if verdict else "–"
    if not sous_seuil(taux.valeur, bilan.parametres.generaux.verdict.seuil_reponse):
        return mot
    return f"{mot} (taux de réponse faible : {span_chiffre(taux)})"


def variantes(
    bilan: Bilan, definitions: list[Indicateur], legende: str, identifiant: str
) -> Tableau:
    """Les autres bases et conventions déclarées, et ce qu'elles donnent."""
    lignes = [
        [
            definition.code, echapper(variante.nom), GENRES[variante.genre],
            span_chiffre(bilan.registre[f"{definition.code}.variante.{variante.code}"]),
            span_chiffre(bilan.registre[f"{definition.code}.resultat"]),
        ]
        for definition in definitions
        for variante in definition.variantes
    ]
    return Tableau(
        [Colonne("Code", largeur=6), Colonne("Variante", largeur=36), Colonne("Genre", largeur=14),
         Colonne("Résultat de la variante", "droite", 16),
         Colonne("Résultat retenu", "droite", 16)],
        lignes, legende, identifiant, _familles(bilan, definitions, "variante"),
    )


def retraits(
    bilan: Bilan, definitions: list[Indicateur], legende: str, identifiant: str
) -> Tableau:
    """Ce que devient chaque résultat sans chacun des territoires, et lequel pèse le plus."""
    codes = [d.code for d in definitions if f"{d.code}.retraits.bas" in bilan.registre]
    return Tableau(
        [Colonne("Code", largeur=6), Colonne("Résultat", "droite", 19),
         Colonne("Au plus bas, sans un territoire", "droite", 19),
         Colonne("Au plus haut, sans un territoire", "droite", 19),
         Colonne("Territoire qui pèse le plus", largeur=24),
         Colonne("Moyenne des taux", "droite", 13)],
        [_ligne_de_retraits(bilan, code) for code in codes], legende, identifiant,
        _familles(bilan, definitions, "retraits", "poids", "moyenne"),
    )


def _ligne_de_retraits(bilan: Bilan, code: str) -> list[str]:
    registre = bilan.registre
    poids = span_chiffre(registre[f"{code}.poids"])
    if registre[f"{code}.poids.ecart"].valeur:
        poids += f" ({span_chiffre(registre[f'{code}.poids.ecart'])})"
    moyenne = registre.get(f"{code}.moyenne")
    return [
        code,
        *(span_chiffre(registre[f"{code}.{c}"])
          for c in ("resultat", "retraits.bas", "retraits.haut")),
        poids,
        span_chiffre(moyenne) if moyenne else "la même",
    ]


def intervalles(
    bilan: Bilan, definitions: list[Indicateur], legende: str, identifiant: str
) -> Tableau:
    """Les intervalles exact et de Wilson des résultats dont les lignes sont des cas."""
    return Tableau(
        [Colonne("Code", largeur=6), Colonne("Résultat", "droite", 20),
         Colonne("Intervalle exact (Clopper-Pearson)", largeur=30),
         Colonne("Intervalle de Wilson", largeur=30)],
        [[d.code, span_chiffre(bilan.registre[f"{d.code}.resultat"]),
          *(_bornes(bilan, f"{d.code}.{methode}") for methode in ("exact", "wilson"))]
         for d in definitions],
        legende, identifiant, _familles(bilan, definitions, "exact", "wilson"),
    )


def _bornes(bilan: Bilan, code: str) -> str:
    if f"{code}.bas" not in bilan.registre:
        return "sans objet (demi-scores)"
    return de_a(bilan.registre[f"{code}.bas"], bilan.registre[f"{code}.haut"]).markdown


def _familles(bilan: Bilan, definitions: list[Indicateur], *familles: str) -> list[Chiffre]:
    """Les chiffres de ces familles, pour ces indicateurs."""
    siens = (c for d in definitions for c in bilan.registre.debut(f"{d.code}."))
    return [c for c in siens if c.code.split(".")[1] in familles]


def donnees_du_graphique(graphique: Graphique) -> Sortie:
    """Le tableau des données d'un graphique, replié sous lui."""
    tableau = markdown.tableau_de(graphique.donnees).markdown()
    encadre = markdown.encadre("note", "Données du graphique", tableau, replie=True)
    return Sortie(f":::: {{.donnees-graphique}}\n{encadre}::::\n")
