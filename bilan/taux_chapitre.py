"""Ce que la méthode et le terminal montrent des taux : la grille, le taux de chaque indicateur."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from bilan import graphiques, graphiques_taux
from bilan.carnet import Bilan
from bilan.expressions import noms_cites
from bilan.graphiques import Graphique
from bilan.markdown import Colonne, Tableau, echapper, reference, span_chiffre
from bilan.parametres import Indicateur
from bilan.registre import Chiffre
from bilan.style import nommer
from bilan.taux import Releve, Taux, sous_seuil

ENSEMBLE = "Ensemble"
# Au-delà, une colonne par territoire ne se lit plus : la grille ne montre que l'ensemble.
TERRITOIRES_MONTRES = 20


def graphique(bilan: Bilan) -> Graphique:
    """La grille des taux : sessions, tables, puis questions dont dépend un indicateur."""
    retenus = list(_retenus(bilan))
    if all(m.valeur is None for _, t in retenus for m in t.mesures.values()):
        return graphiques.sans_donnees(graphiques_taux.TITRE)
    seuil = bilan.parametres.generaux.verdict.seuil_reponse
    colonnes = {None: ENSEMBLE} | (
        bilan.noms if len(bilan.noms) <= TERRITOIRES_MONTRES else {})
    lignes = [
        {
            "groupe": groupe,
            "ligne": taux.libelle + " (facultative)" * taux.facultatif,
            "colonne": colonnes[territoire],
            "taux": chiffre.valeur,
            "rapport": chiffre.rapport,
            "faible": not taux.facultatif and sous_seuil(chiffre.valeur, seuil),
        }
        for groupe, taux in retenus
        for territoire, chiffre in _chiffres(bilan, f"taux.{taux.code}").items()
        if territoire in colonnes
    ]
    tables = {t for _, taux in retenus for t in bilan.registre[f"taux.{taux.code}"].tables}
    dessin = graphiques_taux.grille_des_taux(
        pd.DataFrame(lignes).astype({"taux": "float64"}), seuil, nature=bilan.nature(*tables)
    )
    return dessin.avec_chiffres({
        nom: [_chiffres(bilan, f"taux.{t.code}")[code] for _, t in retenus]
        for code, nom in colonnes.items()
    })


def _retenus(bilan: Bilan) -> Iterator[tuple[str, Taux]]:
    """Les taux que la grille montre, et leur groupe ; les autres sont dans l'annexe."""
    lues = {c for i in bilan.parametres.indicateurs for c in _colonnes(i)}
    tous = list(Releve(bilan.edition, bilan.tables_entieres).tous())
    for groupe in ("session", "reponse", "remplissage"):
        for taux in (t for t in tous if t.code.startswith(f"{groupe}.")):
            inconnu = taux.facultatif and taux.mesures[None].valeur is None
            if groupe != "remplissage" or (taux.code in lues and not inconnu):
                yield groupe, taux


def _colonnes(indicateur: Indicateur) -> list[str]:
    """Le code du taux de chaque colonne qu'un indicateur lit."""
    expressions = [e for e in (indicateur.parmi, indicateur.dont, indicateur.moyenne) if e]
    return [f"remplissage.{indicateur.table}.{c}" for e in expressions for c in noms_cites(e)]


def _chiffres(bilan: Bilan, code: str) -> dict[str | None, Chiffre]:
    """Le taux de l'ensemble (clé None), puis celui de chaque territoire."""
    return {None: bilan.registre[code]} | {t: bilan.registre[f"{code}.{t}"] for t in bilan.noms}


def incomplets(bilan: Bilan) -> list[Chiffre]:
    """Les questions et les sessions où il manque quelque chose, de la moins remplie à la plus."""
    trouves = [
        bilan.registre[f"taux.{taux.code}"]
        for taux in Releve(bilan.edition, bilan.tables_entieres).tous()
        if not taux.facultatif and not taux.code.startswith("reponse.")
    ]
    manques = [c for c in trouves if c.valeur is not None and c.valeur < 100]
    return sorted(manques, key=lambda c: c.valeur)


def faibles(bilan: Bilan) -> list[Chiffre]:
    """Les taux d'indicateurs sous le seuil, pour l'ensemble et pour un territoire."""
    seuil = bilan.parametres.generaux.verdict.seuil_reponse
    return [
        chiffre
        for i in bilan.parametres.indicateurs
        for chiffre in _chiffres(bilan, f"{i.code}.taux").values()
        if sous_seuil(chiffre.valeur, seuil)
    ]


def bloc(bilan: Bilan) -> str:
    """La règle du seuil, puis le taux dont dépend chaque indicateur."""
    indicateurs = bilan.parametres.indicateurs
    mention = bilan.mention(*(i.table for i in indicateurs))
    tableau = Tableau(
        [Colonne("Code", largeur=6), Colonne("Indicateur", largeur=28),
         Colonne("Ce que compte son taux", largeur=34), Colonne("Taux", "droite", 16),
         Colonne("Territoire le plus bas", "droite", 24), Colonne("Lecture", largeur=14)],
        [_ligne(bilan, i.code, i.nom) for i in indicateurs],
        f"Le taux dont dépend chaque indicateur{mention}", "tbl-taux",
    )
    return f"{_regle(bilan)}\n\n{tableau.markdown()}"


def _regle(bilan: Bilan) -> str:
    if bilan.parametres.generaux.verdict.seuil_reponse is None:
        return "Les paramètres de l'édition ne fixent aucun seuil : ces taux n'affaiblissent rien."
    return (
        f"Le seuil de l'édition est de {reference('taux.seuil')}. Sous ce taux, le verdict de "
        "l'indicateur est « indéterminée », quel que soit son résultat, et ce qu'on affirme de lui "
        "ne peut que suggérer\u00a0: les lignes qui manquent pourraient dire autre chose. Un taux "
        "de territoire sous le seuil affaiblit de même ce qui est dit du territoire. Ce seuil est "
        "une convention\u00a0: aucune norme ne le donne, et il se fixe avant la collecte."
    )


def _ligne(bilan: Bilan, code: str, nom: str) -> list[str]:
    taux = _chiffres(bilan, f"{code}.taux")
    ensemble = taux.pop(None)
    return [
        code, echapper(nom), echapper(ensemble.definition), span_chiffre(ensemble),
        _plus_bas(bilan, taux), _lecture(bilan, ensemble),
    ]


def _plus_bas(bilan: Bilan, taux: dict[str, Chiffre]) -> str:
    """Le territoire du plus bas taux, ou les territoires à égalité ; un tiret si tous se valent."""
    connus = {t: c for t, c in taux.items() if c.valeur is not None}
    valeurs = {c.valeur for c in connus.values()}
    if len(valeurs) < 2:
        return "–"
    bas = [t for t, c in connus.items() if c.valeur == min(valeurs)]
    return f"{echapper(nommer([bilan.noms[t] for t in bas]))} {span_chiffre(connus[bas[0]])}"


def _lecture(bilan: Bilan, taux: Chiffre) -> str:
    seuil = bilan.parametres.generaux.verdict.seuil_reponse
    if taux.valeur is None or seuil is None:
        return "–"
    return "**sous le seuil**" if sous_seuil(taux.valeur, seuil) else "suffisant"
