"""Importé en dernier par le père des noyaux : ce qu'il a importé vit aussi longtemps que lui.

Ni lui en s'arrêtant, ni l'exécutant, ni les noyaux n'ont à le reparcourir.
"""

import gc

gc.freeze()
