"""Du YAML lu comme des données : ni étiquette, ni alias, ni profondeur ou taille démesurées.

Une étiquette demande un objet, un alias se déplie : des paramètres n'ont besoin ni de l'une ni de
l'autre, et une bombe tient en dix lignes. Les évènements sont contrôlés avant de rien construire.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml.resolver import implicit_resolvers
from yaml import CSafeLoader, MarkedYAMLError, YAMLError, load, parse
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

OCTETS_MAX = 5_000_000  # le plus gros fichier de paramètres en fait cent fois moins
PROFONDEUR_MAX = 40
ALIAS, ETIQUETTE = "un alias (« *nom »)", "une étiquette (« !nom »)"


class YamlRefuse(YAMLError):
    """Ce qui est refusé, et sa ligne (à partir de 1 ; None si ce n'est pas une ligne)."""

    def __init__(self, trouve: str, ligne: int | None = None):
        super().__init__(trouve)
        self.trouve, self.ligne = trouve, ligne


class CleDouble(MarkedYAMLError):
    """La même clé écrite deux fois ; sa marque est à la seconde."""


class Table(dict):
    """Des lignes « clé: valeur » ; `lignes` : celle du fichier, dès 1, où est chaque clé."""

    lignes: dict


class Suite(list):
    """Une liste ; `lignes` : celle du fichier, dès 1, où est chaque élément."""

    lignes: list[int]


class _Situe(CSafeLoader):
    """Construit les valeurs simples de YAML 1.2, et retient où chacune est écrite."""

    def table(self, noeud: Any) -> Iterator[Table]:
        table = Table()
        yield table
        table.lignes = {}
        for cle, valeur in noeud.value:
            nom = self.construct_object(cle, deep=True)
            if nom in table:
                raise CleDouble(problem_mark=cle.start_mark)
            table[nom] = self.construct_object(valeur, deep=True)
            table.lignes[nom] = cle.start_mark.line + 1

    def suite(self, noeud: Any) -> Iterator[Suite]:
        suite = Suite()
        yield suite
        suite.extend(self.construct_sequence(noeud, deep=True))
        suite.lignes = [element.start_mark.line + 1 for element in noeud.value]

    def entier(self, noeud: Any) -> int:
        ecrit = noeud.value.replace("_", "")
        return int(ecrit) if ecrit.lstrip("+-").isdigit() else int(ecrit, 0)


# PyYAML en est à YAML 1.1, où « no » et « on » sont faux et vrai, et 1:30 un nombre.
_Situe.yaml_implicit_resolvers = {}
for _versions, _etiquette, _motif, _initiales in implicit_resolvers:
    # Ni fusion (« << ») ni « = » : des textes comme les autres.
    if (1, 2) in _versions and not _etiquette.endswith((":merge", ":value", ":yaml")):
        _Situe.add_implicit_resolver(_etiquette, _motif, _initiales)
_Situe.add_constructor("tag:yaml.org,2002:map", _Situe.table)
_Situe.add_constructor("tag:yaml.org,2002:seq", _Situe.suite)
_Situe.add_constructor("tag:yaml.org,2002:int", _Situe.entier)


def analyser(texte: str) -> Any:
    """Le contenu, avec ses lignes. Lève `YamlRefuse`, ou une `YAMLError` s'il est mal formé."""
    if len(texte) > OCTETS_MAX:
        raise YamlRefuse(f"un fichier de plus de {OCTETS_MAX // 1_000_000} Mo")
    try:
        _controler(texte)
        return load(texte, Loader=_Situe)
    except (ValueError, AttributeError, TypeError, KeyError) as erreur:
        # Une date qui n'existe pas, un nombre mal formé : PyYAML en laisse sortir l'erreur.
        raise YamlRefuse(f"une valeur mal formée ({str(erreur)[:80]})") from None


def _controler(texte: str) -> None:
    """Lève `YamlRefuse` à la première chose qui n'est pas une simple valeur."""
    profondeur = 0
    for evenement in parse(texte, Loader=CSafeLoader):
        ligne = evenement.start_mark.line + 1
        if isinstance(evenement, AliasEvent):
            raise YamlRefuse(ALIAS, ligne)
        if getattr(evenement, "anchor", None) is not None:
            raise YamlRefuse("une ancre (« &nom »)", ligne)
        if getattr(evenement, "tag", None) is not None:
            raise YamlRefuse(ETIQUETTE, ligne)
        if isinstance(evenement, MappingStartEvent | SequenceStartEvent):
            profondeur += 1
        elif isinstance(evenement, MappingEndEvent | SequenceEndEvent):
            profondeur -= 1
        if profondeur > PROFONDEUR_MAX:
            raise YamlRefuse("des valeurs trop emboîtées", ligne)
