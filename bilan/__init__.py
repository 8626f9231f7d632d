"""Bilan reproductible d'un appel à projets : des données au rapport et à ses fiches."""

__version__ = "0.1.0"
