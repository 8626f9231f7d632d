"""Le tableau des mesures, en Markdown : médiane, étendue, rapports d'une même exécution."""

import json
import sys
from pathlib import Path


def lignes(mesures: Path, reperes: int) -> list[str]:
    """Une ligne par commande d'un fichier d'hyperfine, durées en secondes.

    `reperes` : combien des premières commandes servent de repères ; les autres disent combien de
    fois elles sont plus rapides que chacune.
    """
    resultats = json.loads(mesures.read_text("utf-8"))["results"]
    medianes = [r["median"] for r in resultats[:reperes]]
    textes = []
    for rang, r in enumerate(resultats):
        rapports = [_s(m / r["median"]) for m in medianes] if rang >= reperes else []
        cases = [r["command"], _s(r["median"]), f"{_s(r['min'])} à {_s(r['max'])}",
                 str(len(r["times"])), *(rapports or ["", ""])]
        textes.append(f"| {' | '.join(cases)} |")
    return textes


def _s(nombre: float) -> str:
    return f"{nombre:.1f}".replace(".", ",")


if __name__ == "__main__":
    dossier = Path(sys.argv[1])
    print("| façon | médiane (s) | de … à … (s) | mesures | × la boucle | × xargs |")
    print("|---|--:|--:|--:|--:|--:|")
    print("\n".join([*lignes(dossier / "execution.json", 2),
                     *lignes(dossier / "construction.json", 0)]))
