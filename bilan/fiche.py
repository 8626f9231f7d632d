"""La fiche d'un territoire : ce que le carnet `territoire` affiche."""

from __future__ import annotations

import pandas as pd

from bilan import figures, lectures, style, validations
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan, proposer
from bilan.graphiques import Graphique
from bilan.markdown import Sortie, echapper, lier_les_faits, liste, span_chiffre
from bilan.registre import Chiffre
from bilan.tableaux import donnees_du_graphique

# Les mêmes rubriques, dans le même ordre, pour tous les territoires.
COLONNES = (("fabrique", "deux_ans_apres", "problematiques"), ("reussites", "difficultes"))


class Fiche:
    """La fiche d'un territoire d'une édition."""

    def __init__(self, bilan: Bilan, territoire: str):
        territoires = bilan.tables["territoires"].set_index("territoire")
        if territoire not in territoires.index:
            raise ErreurBilan(
                f"Territoire inconnu : « {territoire} ». {proposer(territoire, territoires.index)}"
            )
        self.bilan = bilan
        self.territoire = territoire
        self.identite = territoires.loc[territoire]

    def titre(self) -> Sortie:
        """Le titre du chapitre, qui porte le nom du territoire."""
        nom = echapper(self.identite["nom"])
        return Sortie(f"# {nom} {{#sec-fiche-{self.territoire} .unnumbered}}\n")

    def situation(self) -> Graphique | Sortie:
        """La petite carte de l'en-tête ; rien si le territoire n'est pas situé."""
        return figures.situation(self.bilan, self.territoire) or Sortie("")

    def entete(self) -> Sortie:
        """Qui porte le projet, quel PAT, quel réseau : les mêmes lignes pour tous."""
        niveau = self.identite["niveau_pat"]
        pat = self.identite["pat"]
        if pd.notna(pat):
            inconnu = "publié" if self.bilan.nature("territoires") == "publiee" else "renseigné"
            precision = f", niveau {niveau}" if pd.notna(niveau) else f" (niveau non {inconnu})"
            pat = f"{pat}{precision}"
        reseau, forme = self.identite["nom_reseau"], self._libelle("forme")
        lignes = [
            ("Lauréat", self.identite["laureat"]),
            ("Porteur", self._libelle("type_porteur")),
            ("Département", self.identite["departements"]),
            ("Projet alimentaire territorial", pat),
            ("Réseau", forme if pd.isna(reseau) else f"{reseau} ({forme[:1].lower()}{forme[1:]})"),
        ]
        definitions = "\n\n".join(
            f"{libelle}\n:   {echapper('non renseigné' if pd.isna(valeur) else valeur)}"
            for libelle, valeur in lignes
        )
        return Sortie(f"::: {{.fiche-entete}}\n{definitions}\n:::\n")

    def _libelle(self, colonne: str) -> str:
        valeur = self.identite[colonne]
        return self.bilan.libelles("territoires", colonne).get(valeur, valeur)

    def presentation(self) -> Sortie:
        """Le réseau en une ou deux phrases."""
        return Sortie("\n\n".join(self._textes("presentation")) + "\n", self._faits("presentation"))

    def chiffres_cles(self) -> Sortie:
        """Les chiffres clés, en grand."""
        chiffres = self.bilan.registre.debut(f"fiche.{self.territoire}.")
        dates = self.bilan.lignes("chiffres_cles", self.territoire).set_index("ordre")["date"]
        blocs = []
        for rang, chiffre in enumerate(chiffres, start=1):
            libelle = self._lier(chiffre.libelle, f"chiffre_cle.{rang}")
            date = dates.get(rang)
            suite = f" ({echapper(date)})" if pd.notna(date) else ""
            blocs.append(
                "::: {.chiffre-cle}\n"
                f"{span_chiffre(chiffre, seul=True)}\n\n{libelle}{suite}\n:::\n"
            )
        return Sortie(
            "::::: {.chiffres-cles}\n" + "\n".join(blocs) + ":::::\n",
            [*chiffres, *self._faits("chiffre_cle")],
        )

    def rubriques(self) -> Sortie:
        """La fabrique, deux ans après, les problématiques, les réussites, les difficultés.

        Deux colonnes, sauf quand l'une serait vide.
        """
        titres = self.bilan.libelles("fiches", "rubrique")
        colonnes = []
        for colonne in COLONNES:
            contenu = "\n".join(
                f"## {titres[r]} {{#{r.replace('_', '-')}-{self.territoire} .unnumbered}}\n\n"
                + liste(textes)
                for r in colonne
                if (textes := self._textes(r))
            )
            colonnes += [contenu] if contenu else []
        chiffres = [c for colonne in COLONNES for r in colonne for c in self._faits(r)]
        if len(colonnes) < 2:
            return Sortie("".join(colonnes), chiffres)
        cotes = "\n".join(f":::: {{.colonne}}\n{c}\n::::\n" for c in colonnes)
        return Sortie(f"::::: {{.deux-colonnes}}\n{cotes}:::::\n", chiffres)

    def titre_place(self) -> Sortie:
        """Le titre de la dernière section, dont l'identifiant est propre au territoire."""
        return Sortie(f"## Sa place parmi les autres {{#place-{self.territoire} .unnumbered}}\n")

    def place(self) -> Graphique:
        """La place du territoire parmi les autres, indicateur par indicateur, sans classement."""
        return figures.place(self.bilan, self.territoire)

    def signature(self) -> Sortie:
        """Si le territoire a validé sa fiche, et quand."""
        return Sortie(f"::: {{.fiche-signature}}\n{echapper(validations.mention(self))}\n:::\n")

    def donnees(self, graphique: Graphique) -> Sortie:
        """Les données d'un graphique, dans un encadré replié."""
        return donnees_du_graphique(graphique)

    def _textes(self, rubrique: str) -> list[str]:
        fiches = self.bilan.lignes("fiches", self.territoire)
        lignes = fiches[fiches["rubrique"] == rubrique].sort_values("ordre")
        return [
            self._lier(ligne.texte, f"{rubrique}.{ligne.ordre}") for ligne in lignes.itertuples()
        ]

    def _lier(self, phrase: str, lieu: str) -> str:
        return lier_les_faits(self.bilan.registre, phrase, f"fait.{self.territoire}.{lieu}")

    def _faits(self, rubrique: str) -> list[Chiffre]:
        return self.bilan.registre.debut(f"fait.{self.territoire}.{rubrique}.")


def ouvrir(edition: str, territoire: str) -> Fiche:
    """La fiche d'un territoire. Clés seulement : les valeurs viennent de `data/`."""
    bilan = lectures.ouvrir(edition)
    style.adopter(bilan.edition)
    return Fiche(bilan, territoire)
