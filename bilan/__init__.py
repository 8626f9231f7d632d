"""Bilan reproductible d'un appel à projets : des données au rapport et à ses fiches."""

import sys

__version__ = "0.1.0"

# Lu par nbformat, jsonschema charge, pour des adresses que rien ici ne contrôle, une grammaire qui
# prend des secondes à bâtir : il s'en passe quand elle manque.
sys.modules.setdefault("rfc3987_syntax", None)
