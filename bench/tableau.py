"""Le tableau des mesures, en Markdown : médiane, étendue, rapport à la première ligne."""

import json
import sys
from pathlib import Path


def lignes(mesures: Path) -> list[str]:
    """Une ligne par commande d'un fichier d'hyperfine, durées en secondes."""
    resultats = json.loads(mesures.read_text("utf-8"))["results"]
    reference = resultats[0]["median"]
    return [
        f"| {r['command']} | {_s(r['median'])} | {_s(r['min'])} à {_s(r['max'])} | "
        f"{len(r['times'])} | {_s(reference / r['median'])} |"
        for r in resultats
    ]


def _s(nombre: float) -> str:
    return f"{nombre:.1f}".replace(".", ",")


if __name__ == "__main__":
    print("| façon | médiane (s) | de … à … (s) | mesures | fois plus vite |")
    print("|---|--:|--:|--:|--:|")
    for nom in ("execution", "assemblage"):
        print("\n".join(lignes(Path(sys.argv[1]) / f"{nom}.json")))
