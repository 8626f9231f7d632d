"""Les tableaux du bilan en données : des nombres vrais, leur n et leur N dans leurs colonnes.

Ils viennent du texte lui-même, une fois composé (report/pandoc/tableaux.lua) : ce que les lecteurs
voient. Chaque chiffre y porte son code, et sa valeur vient du registre.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bilan import nombres
from bilan.registre import FABRIQUEES, NATURES, Chiffre, Registre

SEUL = re.compile(r"[+−-]?\d[\d\s\u202f]*(?:,\d+)?")
INTERVALLE = re.compile(r"(?:de )?#(?: à #)?")
LIBRE = -1
COLONNES_DU_REGISTRE = ("code", "libelle", "valeur", "unite", "numerateur", "denominateur", "cible",
                        "texte", "territoire", "nature", "definition", "regle", "tables")


@dataclass(frozen=True)
class Champ:
    """Une colonne ; `decimales` : None pour du texte, LIBRE si chaque nombre garde les siennes."""

    titre: str
    decimales: int | None = None


@dataclass(frozen=True)
class Table:
    """Un tableau à emporter. `nom` est unique et stable ; `notes` le précèdent."""

    nom: str
    titre: str
    notes: list[str]
    champs: list[Champ]
    lignes: list[list[str | float]]


@dataclass(frozen=True)
class _Cellule:
    """Une cellule telle qu'elle se lit, et les chiffres qu'elle montre."""

    texte: str
    chiffres: list[Chiffre]
    motif: str  # le texte, un # à la place de chaque chiffre

    @property
    def compte(self) -> bool:
        """Vrai si elle montre n/N."""
        return bool(self.chiffres) and (self.chiffres[0].rapport or "\0") in self.texte


def tables(tableaux: Iterable[dict], registre: Registre, noms: dict[str, str]) -> list[Table]:
    """Les tableaux du bilan, dans l'ordre du livre, puis le registre entier.

    `noms` : le titre de chaque table de données.
    """
    return [*(_table(t, registre, noms) for t in tableaux), _du_registre(registre)]


def _table(tableau: dict, registre: Registre, noms: dict[str, str]) -> Table:
    lignes = [[_cellule(c, registre) for c in ligne] for ligne in tableau["lignes"]]
    champs, extraits = [], []
    for rang, titre in enumerate(tableau["colonnes"]):
        cellules = [ligne[rang] for ligne in lignes]
        for champ, extraire in _decoupe(titre or f"Colonne {rang + 1}", cellules,
                                        tableau["a_droite"][rang]):
            champs.append(champ)
            extraits.append([extraire(c) for c in cellules])
    chiffres = [c for ligne in lignes for cellule in ligne for c in cellule.chiffres]
    return Table(
        tableau["nom"].removeprefix("tbl-"), _titre(tableau), _notes(tableau, chiffres, noms),
        _sans_doublon(champs),
        [["–" if v == "" else v for v in ligne] for ligne in zip(*extraits, strict=True)],
    )


def _cellule(brute: dict, registre: Registre) -> _Cellule:
    motif = brute["texte"]
    for chiffre in brute["chiffres"]:
        motif = motif.replace(chiffre["texte"], "#", 1)
    return _Cellule(brute["texte"], [registre[c["code"]] for c in brute["chiffres"]], motif)


def _decoupe(
    titre: str, cellules: list[_Cellule], a_droite: bool
) -> Iterator[tuple[Champ, Callable[[_Cellule], str | float]]]:
    """Les colonnes que donne une colonne affichée, et ce qu'on tire de chaque cellule."""
    chiffrees = [c for c in cellules if c.chiffres]
    motifs = {c.motif for c in chiffrees}
    if any(c.valeur is not None for cellule in chiffrees for c in cellule.chiffres):
        if motifs == {"#"}:
            yield from _colonnes_de_chiffre(titre, chiffrees)
            return
        if all(INTERVALLE.fullmatch(m) for m in motifs):
            for borne, rang in (("bas", 0), ("haut", -1)):
                champ = Champ(_avec_unite(f"{titre}, {borne}", chiffrees), _decimales(chiffrees))
                yield champ, _valeur(rang)
            return
    ecrits = [c.texte for c in cellules if c.texte not in ("", "–")]
    if a_droite and ecrits and all(SEUL.fullmatch(t) for t in ecrits):
        yield Champ(titre, max(map(_decimales_de, ecrits))), _nombre_ecrit
        return
    yield Champ(titre), lambda c: c.texte


def _colonnes_de_chiffre(titre: str, chiffrees: list[_Cellule]) -> Iterator[tuple]:
    """La valeur, ce qui s'imprime si les unités diffèrent, puis n et N s'ils sont montrés."""
    premiers = [c.chiffres[0] for c in chiffrees]
    if all(c.texte == c.rapport for c in premiers):  # la colonne n/N d'un résultat
        yield from _rapport("", chiffrees)
        return
    yield Champ(_avec_unite(titre, chiffrees), _decimales(chiffrees)), _valeur(0)
    if len({c.unite for c in premiers}) > 1:
        yield Champ(f"{titre}, comme imprimé"), lambda c: c.texte
    if any(c.compte for c in chiffrees):
        yield from _rapport(f"{titre}, ", chiffrees)


def _rapport(debut: str, chiffrees: list[_Cellule]) -> Iterator[tuple]:
    for nom, attribut in (("n", "numerateur"), ("sur N", "denominateur")):
        def extraire(cellule: _Cellule, attribut: str = attribut) -> str | float:
            return getattr(cellule.chiffres[0], attribut) if cellule.compte else "–"
        yield Champ(f"{debut}{nom}", LIBRE), extraire


def _valeur(rang: int) -> Callable[[_Cellule], str | float]:
    def extraire(cellule: _Cellule) -> str | float:
        valeur = cellule.chiffres[rang].valeur if cellule.chiffres else None
        return cellule.texte if valeur is None else valeur
    return extraire


def _nombre_ecrit(cellule: _Cellule) -> str | float:
    return nombres.lire(cellule.texte) if SEUL.fullmatch(cellule.texte) else cellule.texte


def _avec_unite(titre: str, chiffrees: list[_Cellule]) -> str:
    unites = {c.unite for cellule in chiffrees for c in cellule.chiffres}
    return f"{titre} ({unites.pop()})" if len(unites) == 1 and "" not in unites else titre


def _decimales(chiffrees: list[_Cellule]) -> int:
    """Celles qui s'impriment ; un nombre sans unité (un score, un compte) garde les siennes."""
    chiffres = [c for cellule in chiffrees for c in cellule.chiffres if c.valeur is not None]
    if len({c.unite for c in chiffres}) > 1 or chiffres[0].unite == "":
        return LIBRE
    return max(_decimales_de(c.texte) for c in chiffres)


def _decimales_de(texte: str) -> int:
    """Les décimales que montre un nombre imprimé, sans son n/N."""
    trouve = re.search(r"\d,(\d+)", texte.partition("(")[0])
    return len(trouve[1]) if trouve else 0


def _sans_doublon(champs: list[Champ]) -> list[Champ]:
    """Deux colonnes d'un tableau n'ont pas le même titre, quelle que soit la casse."""
    vus: dict[str, int] = {}
    uniques = []
    for champ in champs:
        rang = vus[champ.titre.casefold()] = vus.get(champ.titre.casefold(), 0) + 1
        titre = champ.titre if rang == 1 else f"{champ.titre} [{rang}]"
        uniques.append(Champ(titre, champ.decimales))
    return uniques


def _titre(tableau: dict) -> str:
    titre = tableau.get("titre") or tableau["section"]
    return f"{tableau['numero']}. {titre}" if tableau.get("numero") else titre


def _notes(tableau: dict, chiffres: list[Chiffre], noms: dict[str, str]) -> list[str]:
    """D'où vient le tableau, et la nature de ses chiffres."""
    sources = sorted({noms.get(t, t) for c in chiffres for t in c.tables})
    lieu = dict.fromkeys([tableau["chapitre"], tableau.get("section") or tableau["chapitre"]])
    source = f"Source : {', '.join(lieu)}"
    if sources:
        source += f" ; tables : {', '.join(sources)}"
    natures = {c.nature for c in chiffres}
    dites = [mot for code, mot in NATURES.items() if code in natures]
    suite = "".join(f" Les lignes {NATURES[n]}s ne sont pas des observations."
                    for n in FABRIQUEES if n in natures)
    return [f"{source}.", *([f"Nature des chiffres : {', '.join(dites)}.{suite}"] if dites else [])]


def _du_registre(registre: Registre) -> Table:
    """Tous les chiffres du bilan, un par ligne."""
    nombreux = ("valeur", "numerateur", "denominateur", "cible")
    lignes = []
    for chiffre in registre:
        champs = chiffre.en_dict() | {"tables": " ".join(chiffre.tables),
                                      "nature": NATURES.get(chiffre.nature, chiffre.nature)}
        lignes.append(["–" if champs[c] in (None, "") else champs[c] for c in COLONNES_DU_REGISTRE])
    return Table(
        "registre", "Le registre : tous les chiffres du bilan",
        ["Une ligne par chiffre : sa valeur non arrondie, son n et son N, ce qui s'imprime, "
         "d'où il vient."],
        [Champ(c, LIBRE if c in nombreux else None) for c in COLONNES_DU_REGISTRE], lignes,
    )
