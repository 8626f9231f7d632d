"""Les figures d'une édition : des chiffres du registre entrent, un graphique sort.

Chaque valeur dessinée reste liée à son chiffre : le tableau des données le porte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bilan import geographie, graphiques, graphiques_carte
from bilan.comptes import ETAPES, SCORES, SENS, nom_de_session
from bilan.graphiques import Graphique
from bilan.markdown import de_a, reference
from bilan.nombres import NON_RENSEIGNE
from bilan.parametres import Indicateur
from bilan.petits_effectifs import MASQUE
from bilan.registre import Chiffre, Registre, atteinte
from bilan.style import TERRITOIRES_NOMMES, etendue, lister, pourcentage

if TYPE_CHECKING:
    from bilan.carnet import Bilan


def cibles(bilan: Bilan, indicateurs: list[Indicateur], categorie: str | None = None) -> Graphique:
    """Résultat, cible, étendue et verdict, pour une catégorie ou pour toutes."""
    registre = bilan.registre
    graphique = graphiques.cibles_et_resultats(
        _cibles(bilan, indicateurs), categorie, nature=_nature(bilan, indicateurs)
    )
    codes = list(graphique.donnees["Code"])

    def chiffres(suite: str, sinon: str) -> list:
        return [registre.get(f"{code}.{suite}") or sinon for code in codes]

    bornes = zip(chiffres("etendue.bas", ""), chiffres("etendue.haut", ""), strict=True)
    return graphique.avec_chiffres(
        {
            "Cible": chiffres("cible", "aucune"),
            "Résultat": chiffres("resultat", NON_RENSEIGNE),
            "Étendue": [de_a(*b) if all(b) else NON_RENSEIGNE for b in bornes],
            "Verdict": chiffres("verdict", "–"),
        },
        None if categorie else _compter_d_abord(graphique.titre, registre),
    )


def _compter_d_abord(titre: str, registre: Registre) -> str:
    """Le nombre de cibles atteintes, avant de dire lesquelles."""
    compte = registre["ensemble.cibles_atteintes"].valeur
    if compte is None:
        return f"{titre.partition(' : ')[0]} : {NON_RENSEIGNE}"
    s = "s" if compte > 1 else ""
    combien, sur = (reference(f"ensemble.{c}") for c in ("cibles_atteintes", "indicateurs"))
    _, _, suite = titre.partition(" pour ")
    return f"{combien} cible{s} atteinte{s} sur {sur}" + (f" : {suite}" if suite else "")


def _cibles(bilan: Bilan, indicateurs: list[Indicateur]) -> pd.DataFrame:
    """Une ligne par indicateur : cible, résultat, étendue (en %), rapport, verdict."""
    noms = {c.code: c.nom for c in bilan.parametres.definitions.categories}
    lignes = []
    for indicateur in indicateurs:
        chiffre = bilan.registre[f"{indicateur.code}.resultat"]
        bas, haut, verdict = (
            bilan.registre.get(f"{indicateur.code}.{c}")
            for c in ("etendue.bas", "etendue.haut", "verdict")
        )
        lignes.append(
            {
                "code": indicateur.code,
                "nom": indicateur.nom,
                "categorie": indicateur.categorie,
                "nom_categorie": noms[indicateur.categorie],
                "cible": chiffre.cible,
                "resultat": chiffre.valeur,
                "rapport": chiffre.rapport,
                "bas": bas and bas.valeur,
                "haut": haut and haut.valeur,
                "sans_resultat": chiffre.texte,
                "sans_etendue": bas.texte if bas else NON_RENSEIGNE,
                "atteinte": bool(atteinte(chiffre)),
                "verdict": verdict.texte if verdict else "",
            }
        )
    valeurs = ("cible", "resultat", "bas", "haut")
    return pd.DataFrame(lignes).astype(dict.fromkeys(valeurs, "float64"))


def repartition(bilan: Bilan, indicateurs: list[Indicateur]) -> Graphique:
    """Le résultat de chaque territoire, un cadre par indicateur."""
    if not bilan.noms:
        return graphiques.sans_donnees("Résultat de chaque territoire")
    if len(bilan.noms) > TERRITOIRES_NOMMES:
        return _repartition_en_nombre(bilan, indicateurs)
    graphique = graphiques.repartition(
        _par_territoire(bilan, indicateurs, bilan.noms), nature=_nature(bilan, indicateurs)
    )
    donnees = graphique.donnees
    chiffres = [
        _local(bilan, code, territoire) or texte
        for code, territoire, texte in zip(
            donnees["Code"], donnees["Territoire"], donnees["Résultat"], strict=True
        )
    ]
    return graphique.avec_chiffres({"Résultat": chiffres})


def _repartition_en_nombre(bilan: Bilan, indicateurs: list[Indicateur]) -> Graphique:
    """Combien de territoires à chaque hauteur de résultat."""
    lignes = _par_territoire(bilan, indicateurs, bilan.noms)
    classes = pd.cut(lignes["resultat"], [-1, 24.5, 49.5, 74.5, 99.5, 100],
                     labels=["0 à 24\u00a0%", "25 à 49\u00a0%", "50 à 74\u00a0%", "75 à 99\u00a0%",
                             "100\u00a0%"])
    classes = classes.cat.add_categories("sans résultat").fillna("sans résultat")
    comptes = pd.crosstab(lignes["code"] + " " + lignes["nom"], classes, dropna=False)
    ordre = [f"{i.code} {i.nom}" for i in indicateurs]
    titre = f"Résultats des territoires pour {lister([i.code for i in indicateurs])}"
    return graphiques.nombres_de_territoires(
        comptes.loc[ordre, list(classes.cat.categories)], titre, "Indicateur",
        nature=_nature(bilan, indicateurs))


def place(bilan: Bilan, territoire: str) -> Graphique:
    """La place d'un territoire parmi les autres, indicateur par indicateur, sans classement."""
    principaux, registre = bilan.parametres.principaux, bilan.registre
    nom = bilan.noms[territoire]
    lignes = _par_territoire(bilan, principaux, {territoire: nom})
    siens = {i.code: registre.get(f"{i.code}.resultat.{territoire}") for i in principaux}
    resumes = bilan.places
    bornes = {code: resumes[code].bornes(registre, sien) for code, sien in siens.items()}
    sinon = {c: graphiques.sans_valeur(resumes[c].raisons(sien)) for c, sien in siens.items()}
    lignes["autres"] = [resumes[code].sans(sien) for code, sien in siens.items()]
    lignes["etendue"] = [
        etendue(*(pourcentage(c.valeur, c.rapport) for c in deux)) if deux else sinon[code]
        for code, deux in bornes.items()]
    graphique = graphiques.place_du_territoire(lignes, nom, nature=_nature(bilan, principaux))
    donnees = graphique.donnees
    return graphique.avec_chiffres({
        nom: [siens[code] or texte
              for code, texte in zip(donnees["Code"], donnees[nom], strict=True)],
        "Autres territoires": [de_a(*bornes[code]) if bornes[code] else sinon[code]
                               for code in donnees["Code"]],
    })


def _local(bilan: Bilan, code: str, nom: str) -> Chiffre | None:
    """Le résultat d'un territoire, désigné par son nom affiché."""
    slug = next(s for s, n in bilan.noms.items() if n == nom)
    return bilan.registre.get(f"{code}.resultat.{slug}")


def _par_territoire(
    bilan: Bilan, indicateurs: list[Indicateur], noms: dict[str, str]
) -> pd.DataFrame:
    """Une ligne par couple : résultat du territoire, ou le texte du chiffre qui n'en a pas."""
    lignes = []
    for indicateur in indicateurs:
        for slug, nom in noms.items():
            chiffre = bilan.registre.get(f"{indicateur.code}.resultat.{slug}")
            lignes.append(
                {
                    "code": indicateur.code,
                    "nom": indicateur.nom,
                    "territoire": nom,
                    "resultat": chiffre.valeur if chiffre else None,
                    "rapport": chiffre.rapport if chiffre else None,
                    "sans_resultat": chiffre.texte if chiffre else NON_RENSEIGNE,
                    "base": chiffre is not None or bool(bilan.base[slug]),
                }
            )
    return pd.DataFrame(lignes).astype({"resultat": "float64"})


def carte(bilan: Bilan) -> Graphique | None:
    """Les territoires dans la région ; None si l'édition n'en situe aucun."""
    situees = geographie.situations(bilan)
    if not any(s.contours for s in situees):
        return None
    racine = bilan.edition.racine
    return graphiques_carte.carte_des_territoires(
        geographie.lire_contours(racine)["departement"], situees, bilan.parametres.generaux.region,
        geographie.source(racine), nommes=len(situees) <= TERRITOIRES_NOMMES,
    )


def situation(bilan: Bilan, territoire: str) -> Graphique | None:
    """Où est un territoire dans la région ; None s'il n'est pas situé.

    Parmi les autres, sauf s'ils sont trop nombreux : chaque fiche les redessinerait tous.
    """
    nom, situees = bilan.noms[territoire], geographie.situations(bilan)
    if len(situees) > TERRITOIRES_NOMMES:
        situees = [s for s in situees if s.nom == nom]
    if not any(s.contours for s in situees if s.nom == nom):
        return None
    return graphiques_carte.carte_de_situation(
        geographie.lire_contours(bilan.edition.racine)["departement"], situees, nom,
        bilan.parametres.generaux.region,
    )


def presences(bilan: Bilan) -> Graphique:
    """Présents et attendus, session par session."""
    sessions = bilan.tables["sessions"].sort_values("date", kind="stable")
    dates = dict(zip(sessions["session"], sessions["date"], strict=True))
    chiffres = {s: c for s in dates if (c := bilan.registre[f"sessions.{s}"]).denominateur}
    masquees = [nom_de_session(s) for s in dates if bilan.registre[f"sessions.{s}"].texte == MASQUE]
    suite = f" (effectifs masqués : {lister(masquees)})" if masquees else ""
    if not chiffres:
        return graphiques.sans_donnees(f"Présences, session par session{suite}")
    graphique = graphiques.presences_par_session(
        pd.DataFrame(
            {
                "session": [nom_de_session(s).capitalize() for s in chiffres],
                "date": [dates[s] for s in chiffres],
                "presents": [c.numerateur for c in chiffres.values()],
                "attendus": [c.denominateur for c in chiffres.values()],
            }
        ),
        nature=bilan.nature("presences"),
    )
    return graphique.avec_chiffres({"Présents sur attendus": list(chiffres.values())},
                                   graphique.titre + suite if suite else None)


def acteurs(bilan: Bilan, par: str) -> Graphique:
    """Du recensement à la participation, par « famille » ou par « territoire »."""
    if bilan.tables["acteurs"].empty:
        return graphiques.sans_donnees(f"Du recensement à la participation, par {par}")
    noms = bilan.noms
    if par == "famille":
        effectifs = bilan.tables["acteurs"]["famille"].value_counts(sort=True)
        connus = bilan.libelles("acteurs", "famille")
        noms = {f: connus.get(f, f) for f in effectifs.index}
    chiffres = {
        etape: [bilan.registre[f"acteurs.{par}.{code}.{etape}"] for code in noms]
        for etape in ETAPES
    }
    if par == "territoire" and len(noms) > TERRITOIRES_NOMMES:
        return _acteurs_en_nombre(chiffres, bilan.nature("acteurs"))
    comptes = pd.DataFrame(
        {par: list(noms.values())}
        | {etape: [c.valeur for c in colonne] for etape, colonne in chiffres.items()}
    ).astype(dict.fromkeys(ETAPES, "float64"))
    dessiner = {"famille": graphiques.acteurs_par_famille,
                "territoire": graphiques.acteurs_par_territoire}[par]
    graphique = dessiner(comptes, nature=bilan.nature("acteurs"))
    totaux = zip(("acteurs", "acteurs_rencontres", "acteurs_participants"), ETAPES.values(),
                 strict=True)
    sommes = lister([f"{reference(f'ensemble.{code}')} {nom}" for code, nom in totaux])
    return graphique.avec_chiffres(
        {ETAPES[e]: colonne for e, colonne in chiffres.items()}, f"{graphique.titre} : {sommes}"
    )


def _acteurs_en_nombre(chiffres: dict[str, list[Chiffre]], nature: str) -> Graphique:
    """Combien de territoires ont tant d'acteurs, à chaque étape."""
    cas = {"aucun": (-1, 0), "1 à 9": (0, 9), "10 à 49": (9, 49), "50 à 99": (49, 99),
           "100 ou plus": (99, float("inf"))}
    comptes = pd.DataFrame(
        [[*(sum(c.valeur is not None and bas < c.valeur <= haut for c in colonne)
            for bas, haut in cas.values()), sum(c.valeur is None for c in colonne)]
         for colonne in chiffres.values()],
        index=[f"Acteurs {ETAPES[etape]}" for etape in chiffres], columns=[*cas, "–"])
    return graphiques.nombres_de_territoires(
        comptes, "Du recensement à la participation, par territoire", "Étape", nature=nature)


def matrice(bilan: Bilan) -> Graphique:
    """Le score de chaque territoire sur chaque critère de réseau."""
    criteres = bilan.tables["criteres"]
    if criteres.empty:
        return graphiques.sans_donnees("Critères de réseau, par territoire")
    noms = bilan.libelles("criteres", "critere")
    if len(bilan.noms) > TERRITOIRES_NOMMES:
        lus = criteres["score"].astype(float).map(SCORES).fillna("–")
        comptes = pd.crosstab(criteres["critere"].map(noms), lus)
        comptes = comptes.reindex(index=[noms[c] for c in criteres["critere"].unique()],
                                  columns=[*SCORES.values(), "–"], fill_value=0)
        return graphiques.nombres_de_territoires(
            comptes, "Critères de réseau remplis, en partie ou non", "Critère",
            nature=bilan.nature("criteres"))
    graphique = graphiques.matrice_criteres(
        pd.DataFrame(
            {
                "territoire": criteres["territoire"].map(bilan.noms),
                "critere": criteres["critere"].map(noms),
                "score": criteres["score"].astype(float),
                "base": criteres["territoire"].map(bilan.base).astype(bool),
            }
        ),
        nature=bilan.nature("criteres"),
    )
    codes = {nom: code for code, nom in bilan.noms.items()}
    lignes = [codes[t] for t in graphique.donnees["Territoire"]]
    return graphique.avec_chiffres(
        {
            noms[critere]: [
                bilan.registre.get(f"criteres.{critere}.{territoire}") or "–"
                for territoire in lignes
            ]
            for critere in criteres["critere"].unique()
        }
    )


def freins_et_leviers(bilan: Bilan, categorie: str, sujet: str) -> Graphique:
    """Les thèmes des entretiens codés pour une catégorie."""
    entretiens = bilan.tables["entretiens"]
    themes = entretiens.loc[entretiens["categorie"] == categorie, "theme"].drop_duplicates()
    themes = sorted(themes)
    if not themes:
        return graphiques.sans_donnees(f"Freins et leviers relevés dans les entretiens ({sujet})")
    connus = bilan.libelles("entretiens", "theme")
    noms = {t: connus.get(t, t.replace("_", " ").capitalize()) for t in themes}
    chiffres = {
        sens: [bilan.registre[f"entretiens.{categorie}.{theme}.{sens}"] for theme in themes]
        for sens in SENS
    }
    comptes = pd.DataFrame(
        [
            {"theme": noms[theme], "sens": sens, "nombre": chiffre.valeur}
            for sens, colonne in chiffres.items()
            for theme, chiffre in zip(themes, colonne, strict=True)
        ]
    )
    graphique = graphiques.freins_et_leviers(comptes, sujet, nature=bilan.nature("entretiens"))
    return graphique.avec_chiffres(
        {SENS[sens].capitalize(): colonne for sens, colonne in chiffres.items()}
    )


def _nature(bilan: Bilan, indicateurs: list[Indicateur]) -> str:
    return bilan.nature(*(i.table for i in indicateurs))
