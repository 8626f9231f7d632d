"""Du YAML lu comme des données : ni étiquette, ni alias, ni profondeur ou taille démesurées.

Une étiquette demande un objet, un alias se déplie : des paramètres n'ont besoin ni de l'une ni de
l'autre, et une bombe tient en dix lignes.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent

OCTETS_MAX = 5_000_000  # le plus gros fichier de paramètres en fait cent fois moins
PROFONDEUR_MAX = 40
ALIAS, ETIQUETTE = "un alias (« *nom »)", "une étiquette (« !nom »)"


class YamlRefuse(YAMLError):
    """Ce qui est refusé, et sa ligne (à partir de 1 ; None si ce n'est pas une ligne)."""

    def __init__(self, trouve: str, ligne: int | None = None):
        super().__init__(trouve)
        self.trouve, self.ligne = trouve, ligne


class _SansRenvoi(Composer):
    """Refuse, avant de rien construire, ce qui n'est pas une simple valeur."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        evenement = self.parser.peek_event()
        ligne = evenement.start_mark.line + 1
        if isinstance(evenement, AliasEvent):
            raise YamlRefuse(ALIAS, ligne)
        if str(getattr(evenement, "ctag", None) or "") or evenement.anchor is not None:
            raise YamlRefuse(ETIQUETTE if evenement.anchor is None else "une ancre (« &nom »)",
                             ligne)
        return super().compose_node(parent, index)


def analyser(texte: str) -> Any:
    """Le contenu, avec ses positions. Lève `YamlRefuse`, ou une `YAMLError` s'il est mal formé."""
    if len(texte) > OCTETS_MAX:
        raise YamlRefuse(f"un fichier de plus de {OCTETS_MAX // 1_000_000} Mo")
    lecteur = YAML(typ="rt")
    lecteur.Composer, lecteur.max_depth = _SansRenvoi, PROFONDEUR_MAX
    try:
        return lecteur.load(texte)
    except (MaxDepthExceededError, RecursionError):
        raise YamlRefuse("des valeurs trop emboîtées") from None
    except (ValueError, AttributeError, TypeError, KeyError) as erreur:
        # Une date qui n'existe pas, un nombre mal formé : ruamel en laisse sortir l'erreur.
        raise YamlRefuse(f"une valeur mal formée ({str(erreur)[:80]})") from None
