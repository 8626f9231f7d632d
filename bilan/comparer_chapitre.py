"""Le chapitre de comparaison : ce qui sépare une édition de la précédente, et pourquoi."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from bilan.carnet import Bilan
from bilan.chiffres_compares import chiffres_compares
from bilan.comparer import Ecart, comparer
from bilan.comparer_graphiques import pentes, pentes_des_territoires
from bilan.comparer_lecture import NOMS, NON_COMPARABLE, dire_l_effet, mouvements
from bilan.comparer_melange import FACTEURS, Melange
from bilan.graphiques import Graphique
from bilan.markdown import Colonne, Sortie, Tableau, de_a, echapper, liste, span_chiffre
from bilan.registre import Registre, mention, nature_de
from bilan.style import TERRITOIRES_NOMMES, lister, nommer


class Comparaison:
    """Une édition face à la précédente. Vide de tout si elle n'en a pas."""

    def __init__(self, bilan: Bilan, ancien: Bilan | None = None):
        self.bilan, self.ancien = bilan, ancien or bilan.precedente

    @cached_property
    def tous(self) -> list[Ecart]:
        """Un écart par indicateur, puis un par chiffre."""
        return comparer(self.ancien, self.bilan)

    @property
    def ecarts(self) -> list[Ecart]:
        """Un écart par indicateur."""
        return [e for e in self.tous if "." not in e.code]

    @cached_property
    def registre(self) -> Registre:
        """Celui de l'édition, où l'édition précédente est celle à laquelle on la compare."""
        registre = self.bilan.registre
        if self.ancien is self.bilan.precedente:
            return registre
        return registre.remplacer(chiffres_compares(self.ancien, self.bilan, registre))

    @property
    def editions(self) -> tuple[str, str]:
        return self.ancien.edition.code, self.bilan.edition.code

    def texte(self) -> str:
        """Ce qui diffère, le tableau des résultats, ce que les écarts permettent de dire."""
        if self.ancien is None:
            return ""
        differences = liste(map(echapper, self.differences()))
        return "\n".join([differences, self._tableau().markdown(), self._lectures(),
                          self._reserves()])

    def differences(self) -> list[str]:
        """Ce qui n'est pas pareil dans les deux éditions, en quelques lignes."""
        melange = Melange(self.ancien, self.bilan)
        facteurs = lister([NOMS[f] for f in FACTEURS if f in melange.differents])
        communs = nommer([self.bilan.noms[t] for t in melange.communs])
        bouges = " ; ".join(mouvements(melange)) or "aucun territoire n'entre, ne sort ni ne change"
        return [
            f"Ce qui diffère entre les deux éditions\u00a0: {facteurs or 'rien'}",
            f"Territoires présents dans les deux\u00a0: {communs or 'aucun'}",
            f"Base\u00a0: {bouges}",
        ]

    def _tableau(self) -> Tableau:
        ancien, nouveau = self.editions
        return Tableau(
            [Colonne("Code", largeur=6), Colonne("Indicateur", largeur=24),
             Colonne(ancien, "droite", 14), Colonne(nouveau, "droite", 14),
             Colonne("Écart et causes", largeur=24), Colonne("Lecture", largeur=20)],
            [self._ligne(e) for e in self.ecarts],
            "Les indicateurs, de l'édition {} à l'édition {}".format(*self._dites),
            "tbl-comparaison",
        )

    @property
    def _dites(self) -> list[str]:
        """Chaque édition, suivie de ce que sont ses lignes si ce ne sont pas des observations."""
        return [
            code + mention(nature_de([*(c.nature for c in cote if c), ""]))
            for code, cote in zip(self.editions, (
                [e.avant for e in self.ecarts], [e.apres for e in self.ecarts]), strict=True)
        ]

    def _ligne(self, e: Ecart) -> list[str]:
        resultats = (f"precedente.{e.code}.resultat", f"{e.code}.resultat")
        causes = ", ".join(filter(None, (self._cause(e, c) for c in (*e.causes, "reste"))))
        dits = [f"**{self._chiffre(f'comparaison.{e.code}.ecart')}**", causes]
        return [e.code, echapper(e.chiffre.libelle), *map(self._chiffre, resultats),
                "\u00a0: ".join(filter(None, dits)), e.lecture]

    def _chiffre(self, code: str) -> str:
        chiffre = self.registre.get(code)
        return span_chiffre(chiffre) if chiffre else "–"

    def _cause(self, e: Ecart, cause: str) -> str:
        """Une cause, et ce qu'elle déplace à elle seule."""
        effets = e.effets or {}
        if cause not in effets:
            return "" if cause == "reste" else NOMS[cause]
        if cause == "reste" and not effets[cause]:
            return ""
        chiffre = self.registre.get(f"comparaison.{e.code}.{cause}")
        effet = span_chiffre(chiffre) if chiffre else dire_l_effet(effets[cause])
        return f"{NOMS[cause]} ({effet})"

    def _lectures(self) -> str:
        lectures: dict[str, list[str]] = {}
        for e in self.ecarts:
            lectures.setdefault(e.lecture, []).append(e.code)
        return liste(f"**{dit.capitalize()}**\u00a0: {lister(codes)}."
                     for dit, codes in lectures.items())

    def reserves(self) -> list[tuple[str, str]]:
        """Chaque réserve une fois : les indicateurs qu'elle touche, puis ce qu'elle dit."""
        reserves: dict[str, list[str]] = {}
        for e in self.ecarts:
            for reserve in e.reserves:
                reserves.setdefault(reserve, []).append(e.code)
        return [(lister(codes), dit) for dit, codes in reserves.items()]

    def _reserves(self) -> str:
        lignes = [f"{codes}\u00a0: {echapper(dit)}." for codes, dit in self.reserves()]
        return "**Réserves, indicateur par indicateur**\n\n" + liste(lignes) if lignes else ""

    def pentes(self) -> Graphique | None:
        """Les résultats communs aux deux éditions ; None s'il n'y en a pas."""
        if self.ancien is None:
            return None
        ecarts = [e for e in self.ecarts if e.ancien is not None and e.nouveau is not None]
        if not ecarts:
            return None
        bouts = pd.DataFrame([self._bouts(e) for e in ecarts])
        graphique = pentes(bouts, *self.editions, self._dites)
        codes, editions = list(graphique.donnees["Code"]), self.editions
        prefixes = ("precedente.", "")
        return graphique.avec_chiffres(
            {ed: [self.registre.get(f"{p}{c}.resultat") for c in codes]
             for p, ed in zip(prefixes, editions, strict=True)}
            | {f"Étendue {ed}": [self._etendue(p + c) for c in codes]
               for p, ed in zip(prefixes, editions, strict=True)}
            | {"Cible": [self._puis(f"precedente.{c}.cible", f"{c}.cible") for c in codes]}
        )

    def _bouts(self, e: Ecart) -> dict:
        """Ce que dessine le cadre d'un indicateur."""
        definition = self.bilan.parametres.indicateur(e.code)
        ligne = {"code": e.code, "nom": definition.nom, "categorie": definition.categorie,
                 "comparabilite": e.comparabilite, "lecture": e.lecture}
        for bout, prefixe in (("avant", "precedente."), ("apres", "")):
            chiffres = {
                champ: self.registre.get(f"{prefixe}{e.code}.{suite}")
                for champ, suite in (("", "resultat"), ("cible_", "cible"),
                                     ("bas_", "etendue.bas"), ("haut_", "etendue.haut"))
            }
            ligne |= {f"{champ}{bout}": c.valeur if c else float("nan")
                      for champ, c in chiffres.items()}
        return ligne

    def _etendue(self, code: str) -> Sortie | str:
        bornes = [self.registre.get(f"{code}.etendue.{cote}") for cote in ("bas", "haut")]
        return de_a(*bornes) if all(bornes) else "–"

    def _puis(self, avant: str, apres: str) -> Sortie | str:
        """« 90 %, puis 60 % », chacun lié à son chiffre."""
        chiffres = [self.registre.get(code) for code in (avant, apres)]
        dits = [span_chiffre(c) if c else "–" for c in chiffres]
        return Sortie(", puis ".join(dits), [c for c in chiffres if c])

    def pentes_des_territoires(self) -> Graphique | None:
        """Les résultats des territoires communs ; None s'il n'y en a pas, ou s'ils sont trop."""
        if self.ancien is None:
            return None
        communs = {t: nom for t, nom in self.bilan.noms.items() if t in self.ancien.noms}
        lignes = [
            {"code": e.code, "nom": e.apres.libelle, "territoire": nom,
             "avant": self._local("precedente.", e, t), "apres": self._local("", e, t)}
            for e in self.ecarts if e.comparabilite != NON_COMPARABLE
            for t, nom in communs.items()
        ]
        if not lignes or len(communs) > TERRITOIRES_NOMMES:
            return None
        graphique = pentes_des_territoires(pd.DataFrame(lignes), *self.editions, self._dites)
        return graphique.avec_chiffres({
            nom: [self._puis(f"precedente.{c}.resultat.{t}", f"{c}.resultat.{t}")
                  for c in graphique.donnees["Code"]]
            for t, nom in communs.items()
        })

    def _local(self, prefixe: str, e: Ecart, territoire: str) -> float:
        chiffre = self.registre.get(f"{prefixe}{e.code}.resultat.{territoire}")
        return chiffre.valeur if chiffre else float("nan")

