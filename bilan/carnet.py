"""Ce que les carnets appellent : tableaux, graphiques et textes d'une catégorie d'indicateurs."""

from __future__ import annotations

import re
from functools import cached_property

import pandas as pd

from bilan import graphiques, markdown
from bilan.constats_mentions import en_html
from bilan.graphiques import Graphique
from bilan.markdown import Colonne, Sortie, Tableau, echapper, span_chiffre
from bilan.parametres import Indicateur, Parametres
from bilan.projet import Projet
from bilan.registre import Chiffre, Registre, atteinte, etablir
from bilan.tables import libelles, lire_paquet, lire_tables
from bilan.textes import lire_textes, texte

ESPACE_CHIFFRE = re.compile(r"\[\]\{\.chiffre(?P<seul> \.seul)? code=\"(?P<code>[^\"]+)\"\}")


class Bilan:
    """Une édition ouverte : paramètres, tables, registre, textes."""

    def __init__(self, edition: str, projet: Projet | None = None):
        self.edition = (projet or Projet.trouver()).edition(edition)
        self.parametres = Parametres(self.edition)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        return lire_tables(self.edition)

    @cached_property
    def natures(self) -> dict[str, str]:
        """Nature (publiee, reconstituee) de chaque table."""
        return {r["name"]: r["nature"] for r in lire_paquet(self.edition)["resources"]}

    @cached_property
    def registre(self) -> Registre:
        return etablir(self.parametres, self.tables, self.natures)

    @cached_property
    def textes(self) -> dict[str, str]:
        return lire_textes(self.edition)

    @cached_property
    def noms(self) -> dict[str, str]:
        """Nom affiché de chaque territoire, dans l'ordre des fiches."""
        territoires = self.tables["territoires"].sort_values("ordre")
        return dict(zip(territoires["territoire"], territoires["nom"], strict=True))

    @cached_property
    def base(self) -> dict[str, bool]:
        """Vrai pour les territoires retenus dans la base des indicateurs de réseau."""
        territoires = self.tables["territoires"]
        return dict(zip(territoires["territoire"], territoires["base_reseau"], strict=True))

    def nature(self, *tables: str) -> str:
        """« reconstituee » dès qu'une de ces tables l'est, sinon celle de la première."""
        natures = [self.natures[t] for t in tables]
        return "reconstituee" if "reconstituee" in natures else natures[0]

    def mention(self, *tables: str) -> str:
        """La suite d'une légende, quand les lignes ne sont pas des observations."""
        return " (lignes reconstituées)" if self.nature(*tables) == "reconstituee" else ""

    def libelles(self, table: str, colonne: str) -> dict[str, str]:
        return libelles(self.edition.racine, table, colonne)

    def chiffre(self, code: str) -> str:
        """Le Markdown d'un chiffre du registre."""
        return span_chiffre(self.registre[code])

    def texte(self, code: str) -> Sortie:
        """Un texte de l'édition, ses chiffres et ses marques lisibles aussi dans le carnet."""
        cites: list[Chiffre] = []

        def ecrire(trouve: re.Match) -> str:
            chiffre = self.registre[trouve["code"]]
            cites.append(chiffre)
            return span_chiffre(chiffre, seul=bool(trouve["seul"]))

        marque = en_html(texte(self.textes, code))
        return Sortie(ESPACE_CHIFFRE.sub(ecrire, marque))

    def resultats_par_territoire(self, indicateurs: list[Indicateur]) -> pd.DataFrame:
        """Colonnes code, nom, territoire, resultat (%), rapport, base ; une ligne par couple."""
        lignes = []
        for indicateur in indicateurs:
            for slug, nom in self.noms.items():
                code = f"{indicateur.code}.resultat.{slug}"
                chiffre = self.registre.get(code)
                lignes.append(
                    {
                        "code": indicateur.code,
                        "nom": indicateur.nom,
                        "territoire": nom,
                        "resultat": chiffre.valeur if chiffre else None,
                        "rapport": chiffre.rapport if chiffre else None,
                        "base": bool(self.base[slug]),
                    }
                )
        return pd.DataFrame(lignes).astype({"resultat": "float64"})

    def cibles_et_resultats(self, indicateurs: list[Indicateur]) -> pd.DataFrame:
        """Une ligne par indicateur : cible et résultat en %, rapport, atteinte ou non."""
        noms = {c.code: c.nom for c in self.parametres.definitions.categories}
        lignes = []
        for indicateur in indicateurs:
            chiffre = self.registre[f"{indicateur.code}.resultat"]
            lignes.append(
                {
                    "code": indicateur.code,
                    "nom": indicateur.nom,
                    "categorie": indicateur.categorie,
                    "nom_categorie": noms[indicateur.categorie],
                    "atteinte": bool(atteinte(chiffre)),
                    "cible": chiffre.cible,
                    "resultat": chiffre.valeur,
                    "rapport": chiffre.rapport,
                }
            )
        return pd.DataFrame(lignes).astype({"cible": "float64", "resultat": "float64"})


class Categorie:
    """Le carnet d'une catégorie d'indicateurs."""

    def __init__(self, bilan: Bilan, code: str):
        self.bilan = bilan
        self.code = code
        self.indicateurs = bilan.parametres.de_categorie(code)
        tables = [i.table for i in self.indicateurs]
        self.nature, self.mention = bilan.nature(*tables), bilan.mention(*tables)

    def texte(self, cle: str) -> Sortie:
        """Le texte `<categorie>.<cle>` de l'édition."""
        return self.bilan.texte(f"{self.code}.{cle}")

    def essentiel(self) -> Sortie:
        """Ce que dit le chapitre, en quelques lignes."""
        sortie = self.texte("essentiel")
        return Sortie(f"::: {{.essentiel}}\n{sortie.markdown}:::\n", sortie.chiffres)

    def resultats(self) -> Tableau:
        """Le tableau des indicateurs de la catégorie ; il verse leurs chiffres au registre."""
        return tableau_indicateurs(
            self.bilan,
            self.indicateurs,
            legende=f"Cibles et résultats : {self.nom}{self.mention}",
            identifiant=f"tbl-{self.code}-resultats",
        )

    @property
    def nom(self) -> str:
        for categorie in self.bilan.parametres.definitions.categories:
            if categorie.code == self.code:
                return echapper(categorie.nom)
        raise KeyError(self.code)

    def cibles(self) -> Graphique:
        """Résultats et cibles de la catégorie."""
        principaux = [i for i in self.indicateurs if i.cible is not None]
        return graphiques.cibles_et_resultats(
            self.bilan.cibles_et_resultats(principaux), self.code, nature=self.nature
        )

    def repartition(self) -> Graphique:
        """Les résultats de chaque territoire."""
        return graphiques.repartition(
            self.bilan.resultats_par_territoire(self.indicateurs), nature=self.nature
        )

    def donnees(self, graphique: Graphique) -> Sortie:
        """Les données d'un graphique, dans un encadré replié."""
        return donnees_du_graphique(graphique)

    def variantes(self) -> Tableau:
        """Les autres bases et conventions déclarées, et ce qu'elles donnent."""
        lignes, chiffres = [], []
        for indicateur in self.indicateurs:
            resultat = self.bilan.registre[f"{indicateur.code}.resultat"]
            for variante in indicateur.variantes:
                autre = self.bilan.registre[f"{indicateur.code}.variante.{variante.code}"]
                chiffres.append(autre)
                lignes.append(
                    [indicateur.code, echapper(variante.nom), span_chiffre(autre),
                     span_chiffre(resultat)]
                )
        return Tableau(
            [Colonne("Indicateur", largeur=8), Colonne("Variante", largeur=40),
             Colonne("Résultat de la variante", "droite", 16),
             Colonne("Résultat retenu", "droite", 16)],
            lignes, f"Ce que donneraient d'autres bases ou conventions{self.mention}",
            f"tbl-{self.code}-variantes", chiffres,
        )

    def presences_par_session(self) -> Graphique:
        """Présents et attendus, session par session."""
        tables = self.bilan.tables
        comptes = tables["presences"].groupby("session", sort=False)["present"].agg(["sum", "size"])
        sessions = tables["sessions"].set_index("session")
        return graphiques.presences_par_session(
            pd.DataFrame(
                {
                    "session": [s.upper() for s in comptes.index],
                    "date": sessions.loc[comptes.index, "date"].to_numpy(),
                    "presents": comptes["sum"].to_numpy(dtype=int),
                    "attendus": comptes["size"].to_numpy(dtype=int),
                }
            ),
            nature=self.nature,
        )

    def _acteurs(self, par: str) -> pd.DataFrame:
        acteurs = self.bilan.tables["acteurs"]
        participe = acteurs["participe_action"] | acteurs["participe_animation"]
        comptes = acteurs.assign(participe=participe).groupby(par, sort=False)
        return comptes.agg(
            recenses=("acteur", "size"), rencontres=("rencontre", "sum"),
            participants=("participe", "sum"),
        ).astype(int)

    def acteurs_par_famille(self) -> Graphique:
        """Du recensement à la participation, par famille d'acteurs."""
        comptes = self._acteurs("famille").sort_values("recenses", ascending=False)
        noms = self.bilan.libelles("acteurs", "famille")
        comptes.insert(0, "famille", [noms.get(f, f) for f in comptes.index])
        return graphiques.acteurs_par_famille(comptes.reset_index(drop=True), nature=self.nature)

    def acteurs_par_territoire(self) -> Graphique:
        """Du recensement à la participation, par territoire."""
        comptes = self._acteurs("territoire").reindex(list(self.bilan.noms), fill_value=0)
        comptes.insert(0, "territoire", list(self.bilan.noms.values()))
        return graphiques.acteurs_par_territoire(comptes.reset_index(drop=True), nature=self.nature)

    def matrice_criteres(self) -> Graphique:
        """Le score de chaque territoire sur chaque critère de réseau."""
        criteres = self.bilan.tables["criteres"]
        noms = self.bilan.libelles("criteres", "critere")
        return graphiques.matrice_criteres(
            pd.DataFrame(
                {
                    "territoire": criteres["territoire"].map(self.bilan.noms),
                    "critere": criteres["critere"].map(noms),
                    "score": criteres["score"].astype(float),
                    "base": criteres["territoire"].map(self.bilan.base).astype(bool),
                }
            ),
            nature=self.nature,
        )

    def freins_et_leviers(self) -> Graphique:
        """Les thèmes des entretiens codés pour cette catégorie."""
        entretiens = self.bilan.tables["entretiens"]
        de_categorie = entretiens[entretiens["categorie"] == self.code]
        comptes = de_categorie.groupby(["theme", "sens"]).size().reset_index(name="nombre")
        noms = self.bilan.libelles("entretiens", "theme")
        comptes["theme"] = [
            noms.get(t, t.replace("_", " ").capitalize()) for t in comptes["theme"]
        ]
        return graphiques.freins_et_leviers(
            comptes, self.nom.lower(), nature=self.bilan.nature("entretiens")
        )


def tableau_indicateurs(
    bilan: Bilan, indicateurs: list[Indicateur], legende: str, identifiant: str
) -> Tableau:
    """Cible, résultat, n/N et « atteinte ou non » de chaque indicateur."""
    lignes, chiffres = [], []
    for indicateur in indicateurs:
        resultat = bilan.registre[f"{indicateur.code}.resultat"]
        chiffres += [c for c in bilan.registre if c.code.split(".")[0] == indicateur.code]
        cible = f"{indicateur.code}.cible"
        rapport = f"{indicateur.code}.rapport"
        lignes.append(
            [
                indicateur.code,
                f"**{echapper(indicateur.nom)}**. {echapper(indicateur.calcul)}",
                span_chiffre(bilan.registre[cible]) if cible in bilan.registre else "–",
                span_chiffre(resultat, seul=True),
                span_chiffre(bilan.registre[rapport]) if rapport in bilan.registre else "–",
                {True: "atteinte", False: "non atteinte", None: "sans cible"}[atteinte(resultat)],
            ]
        )
    return Tableau(
        [Colonne("Code", largeur=6), Colonne("Indicateur", largeur=44),
         Colonne("Cible", "droite", 9), Colonne("Résultat", "droite", 10),
         Colonne("n/N", "droite", 10), Colonne("Cible atteinte ?", largeur=13)],
        lignes, legende, identifiant, chiffres,
    )


def donnees_du_graphique(graphique: Graphique) -> Sortie:
    """Le tableau des données d'un graphique, replié sous lui."""
    tableau = markdown.tableau_de(graphique.donnees).markdown()
    encadre = markdown.encadre("note", "Données du graphique", tableau, replie=True)
    return Sortie(f":::: {{.donnees-graphique}}\n{encadre}::::\n")


def ouvrir(edition: str, categorie: str) -> Categorie:
    """Le carnet d'une catégorie. Clés seulement : les valeurs viennent de `data/` et `params/`."""
    return Categorie(Bilan(edition), categorie)


