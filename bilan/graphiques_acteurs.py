"""Les graphiques des acteurs, des sessions et des entretiens."""

from __future__ import annotations

import pandas as pd
from babel.dates import format_date

from bilan.comptes import ETAPES
from bilan.nombres import NON_RENSEIGNE, nombre
from bilan.style import (
    Graphique,
    avec_style,
    couleur,
    couleur_de_categorie,
    couper,
    eclaircir,
    ecrire,
    enumerer,
    pied,
    reperer,
    toile,
)


@avec_style
def acteurs_par_famille(df: pd.DataFrame, nature: str | None = None) -> Graphique:
    """Du recensement à la participation ; colonnes famille, recenses, rencontres, participants."""
    return _du_recensement(df, "famille", "par famille d’acteurs", nature)


@avec_style
def acteurs_par_territoire(df: pd.DataFrame, nature: str | None = None) -> Graphique:
    """Du recensement à la participation ; colonnes territoire, recenses, rencontres, …"""
    return _du_recensement(df, "territoire", "par territoire", nature)


def _du_recensement(df: pd.DataFrame, cle: str, ou: str, nature: str | None) -> Graphique:
    """Trois barres emboîtées : chaque étape est une partie de la précédente."""
    figure, axe = toile(0.27 * len(df) + 0.6, gauche=1.85, droite=2.5, bas=0.28)
    teinte = couleur("primaire")
    traits = [(0.74, eclaircir(teinte, 0.85)), (0.5, eclaircir(teinte, 0.5)), (0.26, teinte)]
    positions = dict(zip(ETAPES, (4.5, 5.35, 6.25), strict=True))
    bord = {"edgecolor": teinte, "linewidth": 0.6}
    for (etape, x), (epaisseur, fond) in zip(positions.items(), traits, strict=True):
        axe.barh(range(len(df)), df[etape], epaisseur, color=fond, **bord)
        marque = {"marker": "s", "markersize": 11 * epaisseur, "color": fond, "mec": teinte}
        reperer(axe, x - 0.7, -0.85, ETAPES[etape], mew=0.6, **marque)
        for rang, valeur in enumerate(df[etape]):
            ecrire(axe, x, rang, "–" if pd.isna(valeur) else nombre(valeur), ha="right")
    for rang, nom in enumerate(df[cle]):
        ecrire(axe, 0, rang, couper(str(nom), 1.75))
    axe.set(ylim=(len(df) - 0.5, -0.5), yticks=[], xticks=[], xlim=(0, None))
    axe.spines["bottom"].set_visible(False)
    pied(figure, nature)
    donnees = df[[cle, *ETAPES]].rename(columns={cle: cle.capitalize()} | ETAPES)
    lecture = [f"{nom} {_etapes(comptes)}" for nom, *comptes in donnees.to_numpy()]
    titre = f"Du recensement à la participation, {ou}"
    return Graphique(figure, titre, enumerer(lecture), donnees)


def _etapes(comptes: list[float]) -> str:
    """« 75, 28, 20 », ou le trou."""
    return NON_RENSEIGNE if pd.isna(comptes[0]) else ", ".join(map(nombre, comptes))


@avec_style
def presences_par_session(df: pd.DataFrame, nature: str | None = None) -> Graphique:
    """Présents et attendus à chaque session ; colonnes session, date, presents, attendus."""
    figure, axe = toile(2.3, gauche=0, droite=0, haut=0.2, bas=0.6)
    teinte, rangs = couleur_de_categorie("accompagnement"), range(len(df))
    axe.bar(rangs, df["attendus"], 0.6, color=eclaircir(teinte, 0.85), edgecolor=teinte)
    axe.bar(rangs, df["presents"], 0.6, color=teinte, edgecolor=teinte)
    donnees = df[["session"]].rename(columns={"session": "Session"})
    donnees["Date"] = [
        format_date(pd.Timestamp(date), "d MMM y", locale="fr") for date in df["date"]
    ]
    donnees["Présents sur attendus"] = [f"{s.presents}/{s.attendus}" for s in df.itertuples()]
    for rang, texte in enumerate(donnees["Présents sur attendus"]):
        haut = {"xytext": (0, 3), "textcoords": "offset points", "ha": "center"}
        axe.annotate(texte, (rang, df["attendus"].iloc[rang]), weight="semibold", **haut)
    axe.set_xticks(rangs, [f"{session}\n{date}" for session, date, _ in donnees.to_numpy()])
    axe.set(yticks=[], xlim=(-0.5, len(df) - 0.5))
    pied(figure, nature, "Barre claire : participants attendus ; barre pleine : présents.")
    lecture = [f"{session} ({date}) {texte}" for session, date, texte in donnees.to_numpy()]
    return Graphique(figure, _titre_des_presences(df), enumerer(lecture), donnees)


def _titre_des_presences(df: pd.DataFrame) -> str:
    """Les deux moitiés du cycle, comparées sans en tirer de cause."""
    milieu = (len(df) + 1) // 2
    sommes = [moitie[["presents", "attendus"]].sum() for moitie in (df[:milieu], df[milieu:])]
    debut, fin = (100 * s["presents"] / s["attendus"] if s["attendus"] else 0 for s in sommes)
    if len(df) < 2 or abs(fin - debut) < 5:
        return "Présences, session par session"
    part = "forte" if fin > debut else "faible"
    return f"Présences, session par session : une part plus {part} dans la seconde moitié du cycle"


@avec_style
def freins_et_leviers(df: pd.DataFrame, sujet: str, nature: str | None = None) -> Graphique:
    """Segments d'entretiens par thème ; colonnes theme, sens (frein, levier), nombre."""
    compte = df.pivot_table(
        index="theme", columns="sens", values="nombre", aggfunc="sum", fill_value=0, sort=False
    ).reindex(columns=["frein", "levier"], fill_value=0)
    figure, axe = toile(0.29 * len(compte) + 0.58, gauche=2.1, droite=0.2, bas=0.28)
    aspects = {"frein": (-1, "accent", "////", "right"), "levier": (1, "primaire", None, "left")}
    for sens, (signe, jeton, motif, cote) in aspects.items():
        teinte = couleur(jeton)
        fond = eclaircir(teinte, 0.75) if motif else teinte
        axe.barh(range(len(compte)), signe * compte[sens], 0.6, color=fond, ec=teinte, hatch=motif)
        for rang, valeur in enumerate(compte[sens]):
            decalage = {"xytext": (4 * signe, 0), "textcoords": "offset points", "va": "center"}
            axe.annotate(nombre(valeur), (signe * valeur, rang), ha=cote, **decalage)
        axe.annotate(f"{sens}s", (0, -0.8), ha=cote, weight="semibold", color=teinte,
                     annotation_clip=False, **decalage)
    for rang, theme in enumerate(compte.index):
        ecrire(axe, 0, rang, couper(str(theme), 2.0))
    axe.axvline(0, color=couleur("encre"), linewidth=1)
    axe.set(ylim=(len(compte) - 0.5, -0.5), yticks=[], xticks=[])
    axe.spines["bottom"].set_visible(False)
    axe.margins(x=0.12)
    pied(figure, nature)
    donnees = compte.reset_index()
    donnees.columns = ["Thème", "Freins", "Leviers"]
    lecture = [f"{t} {nombre(f)} et {nombre(v)}" for t, f, v in donnees.to_numpy()]
    titre = f"Freins et leviers relevés dans les entretiens ({sujet}), par thème"
    return Graphique(figure, titre, f"Freins puis leviers : {enumerer(lecture)}", donnees)
