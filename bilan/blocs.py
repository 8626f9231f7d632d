"""Les blocs calculés que les chapitres appellent : `::: {.bloc code="tableau-1"}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bilan import (
    accessibilite,
    annexes,
    auditer_annexe,
    constats_annexe,
    constats_recommandations,
    contradictions_annexe,
    figures,
    graphiques,
    natures,
    petits_effectifs,
    referentiels_annexe,
    relire_chapitre,
    tableaux,
    taux_chapitre,
)
from bilan.carnet import Bilan
from bilan.comparer_chapitre import Comparaison
from bilan.graphiques import Graphique
from bilan.markdown import Colonne, Tableau, attribut, echapper, reference, span_chiffre
from bilan.provenance import provenance, sortes_de_chiffres
from bilan.registre import Registre
from bilan.style import TERRITOIRES_NOMMES

# Les blocs qui sont une figure, et le nom de celle-ci : `@fig-<nom>` y renvoie.
FIGURES = {
    "carte": "carte",
    "graphique-synthese": "synthese",
    "logigramme": "logigramme",
    "recommandations-calendrier": "recommandations",
    "audit-graphique": "audit",
    "comparaison-graphique": "comparaison",
    "comparaison-territoires": "comparaison-territoires",
    "taux-graphique": "taux",
}


class Blocs:
    """Les blocs d'une édition. Les figures qu'ils montrent sont écrites dans `figures`."""

    def __init__(self, bilan: Bilan, registre: Registre, figures: Path, voie: str):
        self.bilan = bilan
        self.bilan.registre = registre
        self.figures = figures
        self.voie = voie
        self.comparaison = Comparaison(bilan)

    def tous(self) -> dict[str, str]:
        """Tous les blocs, par code : textes de l'édition et blocs calculés."""
        return self.bilan.textes | {code: bloc() for code, bloc in self.calcules().items()}

    def calcules(self) -> dict[str, Callable[[], str]]:
        """Le code de chaque bloc calculé et ce qui l'écrit."""
        return {
            "tableau-1": self.tableau_1,
            "graphique-synthese": self.graphique_synthese,
            "regle-verdict": self.regle_verdict,
            "regle-personnes": lambda: petits_effectifs.regle(self.bilan),
            "taux": lambda: taux_chapitre.bloc(self.bilan),
            "taux-graphique": lambda: self._figure(
                taux_chapitre.graphique(self.bilan), FIGURES["taux-graphique"]),
            "logigramme": self.logigramme,
            "logigramme-texte": self.logigramme_texte,
            "glossaire": self.glossaire,
            "contexte": self.contexte,
            "territoires": self.territoires,
            "carte": self.carte,
            "fiches-index": self.fiches_index,
            "recommandations-tableau": lambda: constats_recommandations.tableau(self.bilan),
            "recommandations-enonces": lambda: constats_recommandations.enonces(self.bilan),
            "recommandations-calendrier": self.calendrier,
            "constats-matrice": lambda: constats_annexe.matrice(self.bilan),
            "constats-liste": lambda: constats_annexe.liste(self.bilan),
            "constats-regles": lambda: constats_annexe.regles(self.bilan),
            "matrice": lambda: annexes.matrice(self.bilan),
            "natures": lambda: natures.definitions(self.bilan),
            "portee-des-lignes": lambda: natures.portee(self.bilan),
            "donnees": lambda: annexes.donnees(self.bilan),
            "dictionnaire": lambda: annexes.dictionnaire(self.bilan),
            "audit": lambda: auditer_annexe.bloc_audit(self.bilan),
            "audit-graphique": lambda: self._s_il_y_en_a(
                auditer_annexe.graphique_audit(self.bilan), "audit-graphique"),
            "contradictions": lambda: contradictions_annexe.bloc_releve(self.bilan),
            "controles": lambda: contradictions_annexe.bloc_controles(self.bilan),
            "referentiels": lambda: referentiels_annexe.bloc_referentiels(self.bilan, self.bloc),
            "accessibilite-controles": lambda: accessibilite.bloc_controles(self.bilan),
            "accessibilite-ecarts": lambda: accessibilite.bloc_ecarts(self.bilan),
            "accessibilite-a-juger": lambda: accessibilite.bloc_a_juger(self.bilan),
            "comparaison": self.comparaison.texte,
            "comparaison-graphique": lambda: self._s_il_y_en_a(
                self.comparaison.pentes(), "comparaison-graphique"),
            "comparaison-territoires": lambda: self._s_il_y_en_a(
                self.comparaison.pentes_des_territoires(), "comparaison-territoires"),
            "a-relire": lambda: relire_chapitre.bloc(self.bilan),
            "sortes-de-chiffres": lambda: sortes_de_chiffres(self.bilan),
            "provenance": lambda: provenance(self.bilan),
            "instruments": lambda: annexes.instruments(self.bilan),
            "questionnaires": lambda: annexes.questionnaires(self.bilan),
            "ours": lambda: annexes.ours(self.bilan, self.voie),
        }

    def bloc(self, code: str) -> str | None:
        """Un bloc par son code ; None s'il n'existe pas."""
        if code in self.bilan.textes:
            return self.bilan.textes[code]
        calcules = self.calcules()
        return calcules[code]() if code in calcules else None

    def _figure(self, graphique: Graphique, nom: str, *, donnees: bool = True) -> str:
        self.figures.mkdir(parents=True, exist_ok=True)
        chemin = self.figures / f"{nom}.svg"
        chemin.write_text(graphique.svg(), "utf-8")
        relatif = "/" + self.bilan.edition.relatif(chemin)
        alternative = attribut("fig-alt", graphique.alternative)
        image = f"![{graphique.legende}]({relatif}){{#fig-{nom} {alternative}}}\n"
        return image + ("\n" + tableaux.donnees_du_graphique(graphique).markdown if donnees else "")

    def tableau_1(self) -> str:
        principaux = self.bilan.parametres.principaux
        mention = self.bilan.mention(*(i.table for i in principaux))
        return tableaux.indicateurs(
            self.bilan, principaux,
            f"Les indicateurs, dans l'ordre de leur code : cible, résultat, n/N{mention}",
            "tbl-indicateurs",
        ).markdown()

    def graphique_synthese(self) -> str:
        graphique = figures.cibles(self.bilan, self.bilan.parametres.principaux)
        return self._figure(graphique, FIGURES["graphique-synthese"])

    def regle_verdict(self) -> str:
        """La règle du verdict, telle que les paramètres la fixent."""
        regle = self.bilan.parametres.generaux.verdict
        epreuves = {"retraits": "on retire chacun des territoires, tour à tour",
                    "conventions": "on prend chacune des autres conventions déclarées"}
        essais = " ; ".join(epreuves[e] for e in regle.epreuves)
        suite = ("" if regle.seuil_reponse is None else
                 "\nQuoi que disent les épreuves, le verdict est « indéterminée » quand le taux de "
                 "réponse est sous le seuil (@sec-methode-taux).\n")
        return ((
            "Le verdict suit une règle écrite dans les paramètres de l'édition. Chaque résultat "
            f"passe ces épreuves\u00a0: {essais}.\n\n"
            "- **Atteinte** : le résultat et tous les essais valent au moins la cible.\n"
            "- **Non atteinte** : le résultat et tous les essais lui sont inférieurs.\n"
            "- **Indéterminée** : un essai au moins passe de l'autre côté de la cible.\n\n"
            "Toutes les valeurs se comparent arrondies, comme elles sont imprimées.\n"
        ) if regle.epreuves else (
            "Les paramètres de l'édition ne fixent aucune épreuve : le verdict compare le seul "
            "résultat à sa cible.\n"
        )) + suite

    def _s_il_y_en_a(self, graphique: Graphique | None, code: str) -> str:
        return self._figure(graphique, FIGURES[code]) if graphique else ""

    def calendrier(self) -> str:
        """La section du calendrier des recommandations ; rien si l'édition n'en a pas."""
        frise = constats_recommandations.frise(self.bilan)
        if frise is None:
            return ""
        figure = self._figure(frise, FIGURES["recommandations-calendrier"])
        return ("## Qui, et quand {#sec-recommandations-calendrier}\n\nLa @fig-recommandations "
                "range les recommandations dans l'ordre où elles se jouent, avec la priorité que "
                f"ce bilan propose.\n\n{figure}")

    def logigramme(self) -> str:
        definition = self.bilan.parametres.logigramme.model_dump()
        figure = graphiques.logigramme(definition)
        return self._figure(figure, FIGURES["logigramme"], donnees=False)

    def logigramme_texte(self) -> str:
        return graphiques.logigramme_en_texte(self.bilan.parametres.logigramme.model_dump())

    def glossaire(self) -> str:
        sigles = sorted(self.bilan.parametres.glossaire, key=lambda s: s.sigle.casefold())
        return "\n".join(f"{echapper(s.sigle)}\n:   {echapper(s.developpe)}\n" for s in sigles)

    def contexte(self) -> str:
        lignes = [
            [echapper(ligne.libelle), span_chiffre(self.bilan.registre[f"contexte.{ligne.code}"]),
             echapper(ligne.millesime), echapper(ligne.source)]
            for ligne in self.bilan.tables["contexte"].itertuples()
        ]
        return Tableau(
            [Colonne("Fait", largeur=34), Colonne("Valeur", "droite", 16),
             Colonne("Millésime", largeur=14), Colonne("Source", largeur=30)],
            lignes, "Chiffres de contexte et du programme, tels que publiés", "tbl-contexte",
        ).markdown()

    def carte(self) -> str:
        """La carte des territoires, ou la phrase qui dit qu'il n'y en a pas."""
        graphique = figures.carte(self.bilan)
        if graphique is None:
            return ("Les limites des territoires de cette édition ne sont pas renseignées : aucune "
                    "carte ne les situe.\n")
        return ("La @fig-carte les situe. Les limites dessinées viennent de la géographie "
                "administrative, et non du document publié : un projet n'en touche parfois qu'une "
                f"partie.\n\n{self._figure(graphique, FIGURES['carte'])}")

    def territoires(self) -> str:
        """Les lauréats, un par ligne ; où les trouver quand ils sont trop nombreux."""
        if len(self.bilan.noms) > TERRITOIRES_NOMMES:
            nombre = reference("ensemble.territoires")
            return (f"L'édition compte {nombre} territoires lauréats\u00a0: leur liste, par "
                    "département, est au @sec-fiches, et chaque fiche dit qui porte le projet, son "
                    "PAT, le réseau et sa forme.\n")
        formes = self.bilan.libelles("territoires", "forme")
        lignes = [
            [echapper(t.nom), echapper(t.laureat), _pat(t), echapper(t.nom_reseau),
             echapper(formes.get(t.forme, t.forme)), "oui" if t.base_reseau else "non"]
            for t in self.bilan.tables["territoires"].sort_values("ordre").itertuples()
        ]
        tableau = Tableau(
            [Colonne("Territoire", largeur=16), Colonne("Lauréat", largeur=20),
             Colonne("PAT", largeur=20), Colonne("Réseau", largeur=24),
             Colonne("Forme", largeur=16), Colonne("Dans la base", largeur=12)],
            lignes, "Les territoires lauréats" + self.bilan.mention("territoires"),
            "tbl-territoires",
        )
        return ("Le @tbl-territoires présente les territoires, leurs lauréats et la forme que la "
                f"coopération y a prise.\n\n{tableau.markdown()}")

    def fiches_index(self) -> str:
        """Les fiches par département ; un territoire qui en touche deux est sous chacun.

        Trop nombreuses pour une phrase, elles font une liste par département, dans l'alphabet.
        """
        fiches: dict[str, list[str]] = {}
        for t in self.bilan.tables["territoires"].sort_values("ordre").itertuples():
            lien = f"[{echapper(t.nom)}](#sec-fiche-{t.territoire})"
            for departement in re.split(r"\s*,\s*", t.departements):
                fiches.setdefault(departement, []).append(lien)
        if len(self.bilan.noms) <= TERRITOIRES_NOMMES:
            return "\n".join(f"- **{echapper(d)}**\u00a0: {', '.join(liens)}."
                             for d, liens in sorted(fiches.items())) + "\n"
        return "\n".join(
            f"### {echapper(d)} ({len(liens)}) {{.unnumbered}}\n\n::: {{.fiches-index}}\n"
            + "".join(f"- {lien}\n" for lien in sorted(liens, key=str.casefold)) + ":::\n"
            for d, liens in sorted(fiches.items()))


def _pat(territoire) -> str:
    if pd.isna(territoire.pat):
        return "–"
    niveau = f", niveau {territoire.niveau_pat}" if pd.notna(territoire.niveau_pat) else ""
    return echapper(f"{territoire.pat}{niveau}")
