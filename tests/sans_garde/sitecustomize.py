"""Retire une garde du programme, dans tout processus Python qui a ce dossier dans PYTHONPATH.

La variable SANS_GARDE est une liste JSON : le module, l'attribut, et l'expression qui le remplace.
"""

import importlib.abc
import importlib.util
import json
import os
import sys

MODULE, ATTRIBUT, REMPLACANT = json.loads(os.environ["SANS_GARDE"])


class _Lecteur(importlib.abc.Loader):
    def __init__(self, vrai):
        self.vrai = vrai

    def create_module(self, spec):
        return self.vrai.create_module(spec)

    def exec_module(self, module):
        self.vrai.exec_module(module)
        *chemin, nom = ATTRIBUT.split(".")
        porteur = module
        for pas in chemin:
            porteur = getattr(porteur, pas)
        assert hasattr(porteur, nom), f"{MODULE} : {ATTRIBUT} n'y est plus"
        setattr(porteur, nom, eval(REMPLACANT, vars(module)))


class _Chercheur(importlib.abc.MetaPathFinder):
    def find_spec(self, nom, chemin, cible=None):
        if nom != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(nom)
        spec.loader = _Lecteur(spec.loader)
        return spec


sys.meta_path.insert(0, _Chercheur())
