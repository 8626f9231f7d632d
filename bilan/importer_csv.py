"""Un CSV, tel qu'Excel, KoboToolbox ou ODK l'écrivent : encodage, séparateur, lignes."""

from __future__ import annotations

import csv
import io
import re

from bilan.importer_lecture import Cellule, Grille, Refus, nettoyer, refuser
from bilan.parametres import Limites

SEPARATEURS = {";": "point-virgule", ",": "virgule", "\t": "tabulation"}
EN_UTF8 = "L'enregistrer au format « CSV UTF-8 »."
# De l'UTF-8 lu comme du Windows, ou un Mac ancien lu comme du Windows : les accents sont perdus.
ABIME = re.compile("[ÃÂ][\u0080-\u00bf\u0152-\u0192\u2013-\u2122]|â€|\ufffd")
ABIME_MAC = re.compile(r"(?<=[a-z])[Žˆ‰]|[Žˆ‰](?=[a-z])")


def lire_csv(nom: str, octets: bytes, limites: Limites) -> Grille:
    """La grille du fichier ; lève `ErreurBilan` si l'on ne peut être sûr de le découper."""
    texte = _texte(nom, octets)
    separateur, texte, saut = _separateur(nom, texte)
    lignes = _lignes(nom, texte, separateur)
    while lignes and not any(lignes[-1]):
        lignes.pop()
    if not lignes:
        refuser(nom, "le fichier est vide", "Le faire renvoyer.")
    if len(lignes) > limites.lignes_recues:
        refuser(nom, f"plus de {limites.lignes_recues} lignes",
                "Ce n'est pas une table de la collecte.")
    largeur = _largeur(lignes)
    titres = [Cellule(1 + saut, rang, t)
              for rang, t in enumerate(_completer(lignes[0], largeur), start=1)]
    corps = [_ligne(numero, valeurs, largeur)
             for numero, valeurs in enumerate(lignes[1:], start=2 + saut)]
    return Grille(nom, None, titres, corps)


def _texte(nom: str, octets: bytes) -> str:
    """Le texte, dans le premier encodage certain : UTF-16 ou UTF-8 signé, UTF-8, Windows."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodages = ("utf-16",)
    else:
        encodages = ("utf-8-sig", "cp1252")
    for encodage in encodages:
        try:
            texte = octets.decode(encodage)
        except UnicodeDecodeError:
            continue
        if "\0" in texte:
            refuser(nom, "le fichier contient des octets nuls : ce n'est pas un CSV lisible",
                    EN_UTF8)
        trouve = ABIME.search(texte) or (encodage == "cp1252" and ABIME_MAC.search(texte))
        if trouve:
            avant, apres = (re.split(r"[;,\t\r\n]", t) for t in (
                texte[:trouve.end()], texte[trouve.end():]))
            refuser(nom, f"des accents sont abîmés : « {avant[-1]}{apres[0]} »",
                    f"Repartir du fichier d'origine. {EN_UTF8}",
                    1 + texte[:trouve.start()].count("\n"))
        return texte
    refuser(nom, "l'encodage n'est ni UTF-8, ni celui de Windows", EN_UTF8)


def _separateur(nom: str, texte: str) -> tuple[str, str, int]:
    """Le séparateur, le texte à découper, et 1 si la ligne « sep= » d'Excel a été passée."""
    annonce = re.match(r"sep=([;,\t])\r?\n", texte)
    if annonce:
        return annonce[1], texte[annonce.end():], 1
    largeurs = {s: len(_premiere(texte, s)) for s in SEPARATEURS}
    meilleure = max(largeurs.values())
    possibles = [s for s, largeur in largeurs.items() if largeur == meilleure]
    if meilleure == 1:
        refuser(nom, "aucun séparateur reconnu dans la ligne de titres",
                "Enregistrer en CSV à point-virgules.", 1)
    if len(possibles) > 1:
        noms = " ou ".join(SEPARATEURS[s] for s in possibles)
        refuser(nom, f"séparateur incertain : {noms} ?",
                "Enregistrer en CSV à point-virgules, sans point-virgule ni virgule dans les "
                "titres.", 1)
    return possibles[0], texte, 0


def _premiere(texte: str, separateur: str) -> list[str]:
    return next(csv.reader(io.StringIO(texte, newline=""), delimiter=separateur), [])


def _lignes(nom: str, texte: str, separateur: str) -> list[list[str]]:
    lecteur = csv.reader(io.StringIO(texte, newline=""), delimiter=separateur, strict=True)
    lignes = []
    try:
        for ligne in lecteur:
            lignes.append([nettoyer(v) for v in ligne])
    except csv.Error:
        refuser(nom, "un guillemet n'est pas refermé, ou est mal placé",
                'Entourer la valeur de guillemets droits et doubler ceux qu\'elle contient ("").',
                len(lignes) + 1)
    return lignes


def _largeur(lignes: list[list[str]]) -> int:
    """Le nombre de colonnes : celles qui ont un titre, ou quelque chose à la même place partout."""
    titres = lignes[0]
    while titres and not titres[-1]:
        rang = len(titres) - 1
        if any(len(li) > rang and li[rang] for li in lignes[1:]):
            break
        titres = titres[:-1]
    return len(titres)


def _completer(valeurs: list[str], largeur: int) -> list[str]:
    return (valeurs + [""] * largeur)[:largeur]


def _ligne(numero: int, valeurs: list[str], largeur: int) -> list[Cellule]:
    """Les cellules d'une ligne ; une ligne trop courte ou trop longue est refusée."""
    cellules = [Cellule(numero, rang, v)
                for rang, v in enumerate(_completer(valeurs, largeur), start=1)]
    remplies = len(valeurs) if len(valeurs) < largeur else largeur + sum(
        map(bool, valeurs[largeur:]))
    if any(valeurs) and remplies != largeur:
        refus = Refus(f"{remplies} valeurs pour {largeur} titres",
                      "Vérifier les séparateurs et les guillemets de cette ligne.", numero)
        cellules[0] = Cellule(numero, 1, cellules[0].valeur, refus)
    return cellules
