"""L'annexe des contradictions : le relevé, ce que les contrôles en trouvent, les contrôles."""

from __future__ import annotations

from bilan.carnet import Bilan
from bilan.contradictions import CONTROLES, Rapprochement, relire_publie
from bilan.markdown import Colonne, Tableau, echapper, span_chiffre
from bilan.parametres import Contradiction

THEMES = {
    "chiffres": "Chiffres et logique",
    "structure": "Structure et renvois",
    "noms": "Noms, dates et sources",
}

PRESENTATION = """
Le document publié a été transcrit sous une forme qu'un programme sait comparer : ses noms, ses
sigles, son plan et ses renvois, ses parts et leur base, ses généralités, et ce que chaque fiche
dit de son territoire. Les contrôles ne savent rien de ce document ; ils confrontent ce que la
transcription déclare. Ils ne trouvent donc que dans ce qu'un lecteur a d'abord transcrit, et un
même point peut recevoir plusieurs signalements. Ce bilan passe par les mêmes contrôles, chaque
fois qu'il est vérifié.
"""


def bloc_releve(bilan: Bilan) -> str:
    """Les points du relevé, par thème, avec ce qui a permis de les trouver."""
    rapprochement = _rapprochement(bilan)
    morceaux = []
    for theme, titre in THEMES.items():
        points = [c for c in bilan.parametres.contradictions if c.theme == theme]
        if points:
            morceaux.append(f"### {titre} {{#contradictions-{theme}}}\n")
        morceaux += [
            f"{c.code}. {c.titre}\n:   {c.constat.strip()} *Dans le document publié : "
            f"{c.lieu.strip()}.*{_decouverte(c, rapprochement)}\n\n"
            f"    **Dans ce bilan :** {c.traitement.strip()}\n"
            for c in points
        ]
    return "\n".join(morceaux)


def bloc_controles(bilan: Bilan) -> str:
    """La section des contrôles ; vide si le document publié n'est pas transcrit."""
    rapprochement = _rapprochement(bilan)
    if rapprochement is None:
        return ""
    lignes = []
    for controle in CONTROLES:
        siens = [s for s in rapprochement.signalements if s.controle == controle.code]
        points = {p for s in siens for p in rapprochement.points_de(s)}
        lignes.append(
            [
                f"**{controle.nom}**",
                controle.cherche,
                span_chiffre(bilan.registre[f"controle.{controle.code}"]),
                ", ".join(sorted(points)) or "–",
            ]
        )
    tableau = Tableau(
        [
            Colonne("Contrôle", largeur=22),
            Colonne("Ce qu'il cherche", largeur=42),
            Colonne("Signalements", "droite", 12),
            Colonne("Points", largeur=24),
        ],
        lignes,
        "Les contrôles, et ce qu'ils signalent dans le document publié",
        "tbl-controles",
    )
    return f"## Contrôles {{#liste}}\n\n{PRESENTATION}\n{tableau.markdown()}"


def _rapprochement(bilan: Bilan) -> Rapprochement | None:
    signalements = relire_publie(bilan.edition, bilan.registre)
    if signalements is None:
        return None
    return Rapprochement(bilan.parametres.contradictions, signalements)


def _decouverte(point: Contradiction, rapprochement: Rapprochement | None) -> str:
    """« Trouvé par les contrôles Noms, Sigles », « Laissé au lecteur »."""
    if rapprochement is None:
        return ""
    trouves = {s.controle for s in rapprochement.du_point(point)}
    if not trouves:
        return " *Laissé au lecteur.*"
    noms = [c.nom for c in CONTROLES if c.code in trouves]
    par = f"par un contrôle\u00a0: {', '.join(noms)}"
    if point.lecteur:
        return f" *Trouvé en partie {par} ; laissé au lecteur\u00a0: {echapper(point.lecteur)}.*"
    return f" *Trouvé {par}.*"
