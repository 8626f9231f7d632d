"""Des durées mesurées, en une phrase."""

from __future__ import annotations

import statistics


def resumer(durees: list[float]) -> str:
    """« médiane 1.8 s, de 1.7 à 1.9 s, 5 mesures » ; `durees` en secondes."""
    return (f"médiane {statistics.median(durees):.1f} s, de {min(durees):.1f} à "
            f"{max(durees):.1f} s, {len(durees)} mesure{'s' if len(durees) > 1 else ''}")
