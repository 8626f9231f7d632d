"""Les commentaires d'un document Word revenu : qui, quand, ce qui est dit, et en réponse à qui.

Word range les fils de discussion à part (commentsExtended.xml) : une réponse y nomme le paragraphe
du commentaire auquel elle répond, et un fil clos y est dit « done ».
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"
RESOLU, REPONSE = "résolu", "réponse à {}"


@dataclass
class Commentaire:
    """Un commentaire. `etat` dit s'il est résolu, ou à qui il répond."""

    qui: str
    date: str
    texte: str
    etat: str = ""


def lire_commentaires(
    racine: etree._Element | None, fils: etree._Element | None
) -> dict[str, Commentaire]:
    """Les commentaires, par numéro ; `fils` : ce que Word sait des discussions, s'il le dit."""
    if racine is None:
        return {}
    lus = {c.get(f"{W}id"): Commentaire(*signature(c), _texte(c))
           for c in racine.iter(f"{W}comment")}
    # Un fil désigne un commentaire par son dernier paragraphe ; LibreOffice ne les nomme pas tous.
    par_paragraphe = {
        nom: lus[c.get(f"{W}id")]
        for c in racine.iter(f"{W}comment") for p in c.iter(f"{W}p")
        if (nom := p.get(f"{W14}paraId"))}
    for etat in () if fils is None else fils.iter(f"{W15}commentEx"):
        commentaire = par_paragraphe.get(etat.get(f"{W15}paraId"))
        parent = par_paragraphe.get(etat.get(f"{W15}paraIdParent"))
        if commentaire is None:
            continue
        if parent is not None:
            commentaire.etat = REPONSE.format(parent.qui)
        elif etat.get(f"{W15}done") in ("1", "true"):
            commentaire.etat = RESOLU
    return lus


def signature(element: etree._Element) -> tuple[str, str]:
    """Qui, et quand, à la minute."""
    date = element.get(f"{W}date", "")[:16].replace("T", " ")
    return element.get(f"{W}author", "") or "sans nom", date


def _texte(commentaire: etree._Element) -> str:
    paragraphes = ("".join(t.text or "" for t in p.iter(f"{W}t"))
                   for p in commentaire.iter(f"{W}p"))
    return "\n".join(paragraphes).strip()
