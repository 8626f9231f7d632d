"""Ce que les carnets appellent : tableaux, graphiques et textes d'une catégorie d'indicateurs."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from bilan import figures, style, tableaux, validations
from bilan.chiffres_compares import chiffres_compares
from bilan.constats_mentions import en_html
from bilan.etablir import etablir
from bilan.graphiques import Graphique
from bilan.markdown import REFERENCE, Sortie, Tableau, echapper, span_chiffre
from bilan.parametres import Parametres
from bilan.places import Resume, resumer
from bilan.projet import Projet
from bilan.publiable import montrables
from bilan.registre import Chiffre, Registre, mention, nature_de
from bilan.tables import libelles, lire_paquet, lire_schemas, lire_tables
from bilan.textes import lire_textes, texte
from bilan.validations import Validation

if TYPE_CHECKING:
    from bilan.relire import ARelire


class Bilan:
    """Une édition ouverte : paramètres, tables, registre, textes."""

    def __init__(self, edition: str, projet: Projet | None = None):
        self.edition = (projet or Projet.trouver()).edition(edition)
        self.parametres = Parametres(self.edition)

    @cached_property
    def tables_entieres(self) -> dict[str, pd.DataFrame]:
        """Les tables, colonnes réservées comprises : pour calculer, jamais pour montrer."""
        return lire_tables(self.edition)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Les tables telles que tout ce qui s'imprime les lit : sans les colonnes réservées."""
        return montrables(self.tables_entieres, lire_schemas(self.edition.racine))

    @cached_property
    def a_relire(self) -> list[ARelire]:
        """Les phrases que personne n'a relues depuis que quelque chose y a changé."""
        from bilan.relire import Pointage  # il a lui-même besoin d'un bilan

        return Pointage(self).a_relire()

    @cached_property
    def natures(self) -> dict[str, str]:
        """Nature (publiee, reconstituee, observee…) de chaque table."""
        return {r["name"]: r["nature"] for r in lire_paquet(self.edition)["resources"]}

    @cached_property
    def registre(self) -> Registre:
        registre = etablir(self.parametres, self.tables_entieres, self.natures)
        if self.precedente is None:
            return registre
        return registre.remplacer(chiffres_compares(self.precedente, self, registre))

    @cached_property
    def precedente(self) -> Bilan | None:
        """L'édition à laquelle celle-ci se compare, si `edition.yml` en nomme une."""
        code = self.parametres.generaux.precedente
        return Bilan(code, Projet(self.edition.racine)) if code else None

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

    @cached_property
    def places(self) -> dict[str, Resume]:
        """Ce que les résultats des territoires ont en commun, indicateur par indicateur."""
        return resumer(self.registre, [i.code for i in self.parametres.principaux])

    def lignes(self, table: str, territoire: str) -> pd.DataFrame:
        """Les lignes d'une table qui sont d'un territoire."""
        lignes = self.tables[table]
        return lignes[lignes["territoire"] == territoire].reset_index(drop=True)

    def validation(self, territoire: str) -> Validation | None:
        """La validation de la fiche d'un territoire, s'il l'a validée."""
        return validations.lire(self.edition).get(territoire)

    def nature(self, *tables: str) -> str:
        """« reconstituee » dès qu'une de ces tables l'est, sinon celle de la première."""
        return nature_de(self.natures[t] for t in tables)

    def mention(self, *tables: str) -> str:
        """La suite d'une légende, quand les lignes ne sont pas des observations."""
        return mention(self.nature(*tables))

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
        return Sortie(REFERENCE.sub(ecrire, marque))


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
        return tableaux.indicateurs(
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
        vises = [i for i in self.indicateurs if i.cible is not None]
        return figures.cibles(self.bilan, vises, self.code)

    def repartition(self) -> Graphique:
        """Les résultats de chaque territoire."""
        return figures.repartition(self.bilan, self.indicateurs)

    def presences_par_session(self) -> Graphique:
        """Présents et attendus, session par session."""
        return figures.presences(self.bilan)

    def acteurs_par_famille(self) -> Graphique:
        """Du recensement à la participation, par famille d'acteurs."""
        return figures.acteurs(self.bilan, "famille")

    def acteurs_par_territoire(self) -> Graphique:
        """Du recensement à la participation, par territoire."""
        return figures.acteurs(self.bilan, "territoire")

    def matrice_criteres(self) -> Graphique:
        """Le score de chaque territoire sur chaque critère de réseau."""
        return figures.matrice(self.bilan)

    def freins_et_leviers(self) -> Graphique:
        """Les thèmes des entretiens codés pour cette catégorie."""
        return figures.freins_et_leviers(self.bilan, self.code, self.nom.lower())

    def variantes(self) -> Tableau:
        """Les autres bases et conventions déclarées, et ce qu'elles donnent."""
        return tableaux.variantes(
            self.bilan, self.indicateurs,
            legende=f"Ce que donneraient d'autres bases ou conventions{self.mention}",
            identifiant=f"tbl-{self.code}-variantes",
        )

    def retraits(self) -> Tableau:
        """Ce que devient chaque résultat sans chacun des territoires, et lequel pèse le plus."""
        return tableaux.retraits(
            self.bilan, self.indicateurs,
            legende=f"Ce que devient chaque résultat sans l'un des territoires{self.mention}",
            identifiant=f"tbl-{self.code}-retraits",
        )

    def intervalles(self) -> Tableau:
        """Les intervalles exact et de Wilson des résultats dont les lignes sont des cas."""
        niveau = self.bilan.parametres.generaux.verdict.niveau
        return tableaux.intervalles(
            self.bilan, self.indicateurs,
            legende=f"Intervalles à {niveau}\u00a0%, là où les lignes sont des cas{self.mention}",
            identifiant=f"tbl-{self.code}-intervalles",
        )

    def donnees(self, graphique: Graphique) -> Sortie:
        """Les données d'un graphique, dans un encadré replié."""
        return tableaux.donnees_du_graphique(graphique)


def ouvrir(edition: str, categorie: str) -> Categorie:
    """Le carnet d'une catégorie. Clés seulement : les valeurs viennent de `data/` et `params/`."""
    from bilan.lectures import ouvrir as ouvrir_l_edition  # il suit lui-même un bilan

    bilan = ouvrir_l_edition(edition)
    style.adopter(bilan.edition)
    return Categorie(bilan, categorie)
