"""Une cellule → la valeur du schéma, telle que le CSV l'écrit. Ce qui n'est pas certain est refusé.

`convertir` rend un texte (`""` si la cellule est vide) ou lève `Doute`. Ce que l'on accepte :

- oui, non, vrai, faux, true, false, 1, 0, o, n ; une croix est refusée, car une case sans croix
  ne dit pas « non » ;
- les nombres à la française, « 1 234,5 », espaces insécables compris ; ½, 1/2 dans un score ;
- les dates d'Excel, 12/10/2023, 12 octobre 2023, 2023-10-12 ; jamais une année à deux chiffres,
  ni un mois avant le jour, ni un numéro de jour sans format de date ;
- le code ou le libellé d'une liste, sans égard aux accents ni aux majuscules ; jamais deux.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from decimal import Decimal

from bilan.collecte import Champ
from bilan.erreurs import proposer
from bilan.importer_lecture import Cellule

OUI = {"oui", "vrai", "true", "1", "o"}
NON = {"non", "faux", "false", "0", "n"}
MOIS = ["janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre",
        "octobre", "novembre", "decembre"]
FRACTIONS = {"½": "0,5", "1/2": "0,5"}
NOMBRE = re.compile(r"[-−]?(\d+|\d{1,3}([ \u00a0\u202f]\d{3})+)([.,]\d+)?")
MILLIERS = re.compile(r"-?\d{1,3}\.\d{3}")  # 1.234 : mille deux cents, ou un et quelque chose ?
JOUR = re.compile(r"(\d{1,2})(?:er)?[/. -](\d{1,2}|[a-z]+)[/. -](\d+)")
ERREUR = re.compile(r"#(REF!|N/?A|DIV/0!|NOM\?|NAME\?|VALEUR!|VALUE!|NOMBRE!|NUM!|NUL!|NULL!|#+)")
BORNES_DATE = (datetime.date(2000, 1, 1), datetime.date(2100, 12, 31))
DOUTES = {"?", "x", "✓", "✔", "-", "/", "nc", "nr", "nsp", "n/a", "na", "ne sait pas", "oui/non"}


class Doute(Exception):
    """Une valeur dont on n'est pas sûr : ce qui a été trouvé, ce qu'il faut écrire."""

    def __init__(self, trouve: str, remede: str):
        super().__init__(trouve, remede)
        self.trouve, self.remede = trouve, remede


def convertir(cellule: Cellule, champ: Champ, choix: dict[str, str]) -> str:
    """La valeur à écrire dans la colonne `champ` ; `choix` : codes et libellés du renvoi.

    Lève `Doute` si la cellule ne se lit pas, ou pas d'une seule façon.
    """
    if cellule.refus:
        raise Doute(cellule.refus.trouve, cellule.refus.remede)
    texte = _texte(cellule)
    if not texte:  # vide, ou d'un blanc que `nettoyer` ne connaît pas
        if champ.obligatoire:
            raise Doute("la valeur manque", attendu(champ))
        return ""
    if champ.genre == "boolean":
        return _booleen(texte, champ)
    if champ.modalites:
        return _modalite(texte, champ)
    if champ.renvoi:
        return _renvoi(texte, choix)
    match champ.genre:
        case "date":
            return _date(cellule, texte, champ)
        case "integer" | "number":
            return _borne(_nombre(cellule, texte, champ), texte, champ)
    return _libre(cellule, texte, champ)


def attendu(champ: Champ) -> str:
    """Ce qu'il faut écrire : les réponses possibles si elles sont peu nombreuses."""
    if champ.genre == "boolean":
        return "Écrire oui ou non."
    if champ.modalites:
        return "Possibles : " + ", ".join(champ.modalites.values()) + "."
    return champ.attendu


def simplifier(texte: str) -> str:
    """Le texte en minuscules sans accent, apostrophes et blancs unifiés."""
    texte = unicodedata.normalize("NFKD", texte.replace("’", "'").replace("œ", "oe"))
    sans_accent = "".join(c for c in texte if not unicodedata.combining(c))
    return " ".join(sans_accent.replace("−", "-").casefold().split())


def _texte(cellule: Cellule) -> str:
    """Ce qu'on lit dans la cellule, sur une ligne ; refuse ce qui n'est pas une saisie."""
    texte = " ".join(cellule.texte.split("\n")).strip()
    if ERREUR.fullmatch(texte):
        raise Doute(f"« {texte} », une erreur de formule", "Écrire la valeur elle-même.")
    if texte.startswith("="):
        raise Doute(f"« {texte} », une formule", "Écrire la valeur elle-même.")
    if any(unicodedata.category(c) == "Cc" and c != "\t" for c in texte):
        raise Doute("un caractère invisible", "Effacer la cellule et la saisir à nouveau.")
    return " ".join(texte.split("\t"))


def _booleen(texte: str, champ: Champ) -> str:
    simple = simplifier(texte)
    if simple in OUI:
        return "true"
    if simple in NON:
        return "false"
    sinon = "" if champ.obligatoire else " Laisser vide si on ne le sait pas."
    raise Doute(f"« {texte} »", attendu(champ) + sinon)


def _modalite(texte: str, champ: Champ) -> str:
    """Le code de la réponse, donnée par son code ou son libellé."""
    if texte in champ.modalites:
        return texte
    cherche = simplifier(FRACTIONS.get(texte, texte))
    egaux = [code for code, libelle in champ.modalites.items()
             if cherche in (simplifier(code), simplifier(libelle))]
    if champ.genre in ("number", "integer") and NOMBRE.fullmatch(cherche):
        nombre = Decimal(cherche.replace(" ", "").replace(",", "."))
        egaux = [code for code in champ.modalites if Decimal(code) == nombre]
    if len(egaux) == 1:
        return egaux[0]
    mots = texte.split()
    if len(mots) > 1 and all(m in champ.modalites for m in mots):
        raise Doute(f"« {texte} » : plusieurs réponses", "N'en garder qu'une.")
    raise Doute(f"« {texte} »", proposer(texte, champ.modalites.values())
                if cherche not in DOUTES else attendu(champ))


def _renvoi(texte: str, choix: dict[str, str]) -> str:
    """Le code cité, par lui-même ou par son libellé ; inconnu, il est rendu tel quel.

    Les tables d'un même envoi se citent entre elles : l'existence du code se contrôle après.
    """
    cherche = simplifier(texte)
    egaux = [code for code, libelle in choix.items()
             if cherche in (simplifier(code), simplifier(libelle))]
    if not egaux and " – " in texte:  # « s1 – 12/10/2023 – thème », dont le thème a changé depuis
        egaux = [code for code in choix if code == texte.split(" – ")[0]]
    return egaux[0] if len(egaux) == 1 else texte


def _nombre(cellule: Cellule, texte: str, champ: Champ) -> Decimal:
    if isinstance(cellule.valeur, datetime.date):
        raise Doute(f"« {texte} », une date : Excel a transformé ce qui était écrit",
                    f"Mettre la cellule au format Nombre. {champ.attendu}")
    if isinstance(cellule.valeur, bool) or not NOMBRE.fullmatch(texte):
        raise Doute(f"« {texte} »", champ.attendu)
    if isinstance(cellule.valeur, str) and MILLIERS.fullmatch(texte):
        raise Doute(f"« {texte} » se lit de deux façons",
                    f"Écrire {texte.replace('.', '')} ou {texte.replace('.', ',')}.")
    nombre = Decimal(re.sub(r"[ \u00a0\u202f]", "", texte).replace(",", ".").replace("−", "-"))
    if champ.genre == "integer" and nombre != nombre.to_integral_value():
        raise Doute(f"« {texte} »", champ.attendu)
    return nombre


def _borne(nombre: Decimal, texte: str, champ: Champ) -> str:
    """Le nombre dans l'écriture du CSV, s'il est entre les bornes du schéma."""
    trop_bas = champ.minimum is not None and nombre < Decimal(str(champ.minimum))
    trop_haut = champ.maximum is not None and nombre > Decimal(str(champ.maximum))
    if trop_bas or trop_haut:
        raise Doute(f"« {texte} »", champ.attendu)
    ecrit = f"{nombre:f}"
    return ecrit.rstrip("0").rstrip(".") if "." in ecrit else ecrit


def _date(cellule: Cellule, texte: str, champ: Champ) -> str:
    if isinstance(cellule.valeur, datetime.datetime) and cellule.valeur.time() != datetime.time():
        raise Doute(f"« {texte} », une date avec une heure", "Écrire le jour seul.")
    if isinstance(cellule.valeur, datetime.date):
        valeur = cellule.valeur
        jour = valeur.date() if isinstance(valeur, datetime.datetime) else valeur
    else:
        jour = _jour(texte)
    if not BORNES_DATE[0] <= jour <= BORNES_DATE[1]:
        raise Doute(f"« {texte} », hors de la période possible", "Vérifier l'année.")
    return jour.isoformat()


def _jour(texte: str) -> datetime.date:
    """La date écrite à la française, ou à la façon des formulaires (2023-10-12)."""
    remede = "Écrire jour/mois/année, par exemple 12/10/2023."
    iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", texte)
    simple = re.sub(r"^(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) ", "",
                    simplifier(texte))
    lu = JOUR.fullmatch(simple)
    if re.fullmatch(r"\d{5}([.,]\d+)?", texte):
        raise Doute(f"« {texte} », un numéro de jour d'Excel",
                    "Mettre la cellule au format Date, ou écrire 12/10/2023.")
    if not iso and not lu:
        raise Doute(f"« {texte} » n'est pas une date", remede)
    annee, mois, jour = iso.groups() if iso else (lu[3], lu[2], lu[1])
    if len(annee) != 4:
        raise Doute(f"« {texte} » : l'année n'a pas quatre chiffres", remede)
    if mois.isalpha():
        if mois not in MOIS:
            raise Doute(f"« {texte} » : mois inconnu", remede)
        mois = MOIS.index(mois) + 1
    try:
        return datetime.date(int(annee), int(mois), int(jour))
    except ValueError:
        raise Doute(f"« {texte} » : ce jour n'existe pas", remede) from None


def _libre(cellule: Cellule, texte: str, champ: Champ) -> str:
    """Un texte ou un code ; ce qu'Excel a transformé est refusé."""
    if isinstance(cellule.valeur, datetime.date | bool):
        genre = "une date" if isinstance(cellule.valeur, datetime.date) else "un vrai/faux"
        raise Doute(f"« {texte} », {genre} : Excel a transformé ce qui était écrit",
                    "Mettre la cellule au format Texte et réécrire.")
    if not champ.motif:
        return texte
    code = texte.lower()  # une majuscule ne fait pas un autre code ; un espace ou un accent, si
    if not re.fullmatch(champ.motif, texte) and not re.fullmatch(champ.motif, code):
        raise Doute(f"« {texte} »", champ.attendu)
    return texte if re.fullmatch(champ.motif, texte) else code
