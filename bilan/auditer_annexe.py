"""L'annexe d'audit : ce que les pourcentages publiés de l'édition disent de leur base."""

from __future__ import annotations

import re

from bilan.auditer import Audit, auditer, table_publiee
from bilan.auditer_graphique import graphique_bases
from bilan.carnet import Bilan
from bilan.identites import Groupe, lire
from bilan.identites_controle import Constat, controler, valeurs_du_registre
from bilan.markdown import Colonne, Tableau, echapper, liste, span_chiffre
from bilan.nombres import nombre
from bilan.style import Graphique

SANS_RESULTAT = "Cette édition n'a pas encore de résultat publié à auditer.\n"
MONTREES = 4


def bloc_audit(bilan: Bilan) -> str:
    """Les tableaux des bases, les bases communes et les identités."""
    audit = _audit(bilan)
    if not audit.lignes:
        return SANS_RESULTAT
    groupes = [g for g in lire(bilan.edition).groupes if audit.parmi(g.codes).lignes]
    return "\n".join(
        [
            *(_tableau_du_groupe(bilan, audit, g).markdown() for g in groupes if g.reperes),
            _tableau_des_bases(bilan, audit).markdown(),
            "## Bases communes {#communes}\n",
            liste(
                [
                    *(_base_commune(audit.parmi(g.codes), g.nom) for g in groupes),
                    _base_commune(audit, "Tous les pourcentages publiés"),
                ]
            ),
            _identites(bilan),
        ]
    )


def graphique_audit(bilan: Bilan) -> Graphique | None:
    """Les bases de chaque pourcentage publié ; en tête, le premier groupe qui a des repères."""
    audit = _audit(bilan)
    groupes = [g for g in lire(bilan.edition).groupes if g.reperes and audit.parmi(g.codes).lignes]
    if not groupes:
        return None
    groupe = groupes[0]
    graphique = graphique_bases(audit, groupe.nom, groupe.codes, sorted(_reperes(bilan, groupe)))
    publies = [bilan.registre[f"publie.{code}"] for code in graphique.donnees["Code"]]
    return graphique.avec_chiffres({"Publié": publies})


def _audit(bilan: Bilan) -> Audit:
    noms = {i.code: i.nom for i in bilan.parametres.indicateurs}
    return auditer(table_publiee(bilan.tables["publies"], noms))


def _reperes(bilan: Bilan, groupe: Groupe) -> list[int]:
    return [int(bilan.registre[code].valeur) for code in groupe.reperes]


def _publie(bilan: Bilan, code: str) -> str:
    return span_chiffre(bilan.registre[f"publie.{code}"])


def _tableau_du_groupe(bilan: Bilan, audit: Audit, groupe: Groupe) -> Tableau:
    """Une ligne par pourcentage du groupe, deux colonnes par base à essayer."""
    audit = audit.parmi(groupe.codes)
    essais = [(base, demi) for base in _reperes(bilan, groupe) for demi in (False, True)]
    lignes = [
        [
            ligne.code,
            echapper(ligne.libelle),
            _publie(bilan, ligne.code),
            *(echapper(ligne.rapports(demi=demi).get(base, "non")) for base, demi in essais),
        ]
        for ligne in audit.lignes
    ]
    paliers = [audit.palier(base, demi=demi) for base, demi in essais]
    total = len(audit.lignes)
    lignes.append(["", "**Expliqués**", "", *(f"**{len(p.codes)} sur {total}**" for p in paliers)])
    lignes.append(["", "Au hasard", "", *(nombre(p.au_hasard, 1) for p in paliers)])
    titres = [f"Base {base}, {'demi-scores' if demi else 'entiers'}" for base, demi in essais]
    return Tableau(
        [
            Colonne("Code", largeur=7),
            Colonne("Indicateur", largeur=32),
            Colonne("Publié", "droite", 10),
            *(Colonne(titre, "centre", 13) for titre in titres),
        ],
        lignes,
        f"{echapper(groupe.nom)} : un compte qui donne chaque pourcentage, s'il existe",
        f"tbl-audit-{groupe.code}",
    )


def _tableau_des_bases(bilan: Bilan, audit: Audit) -> Tableau:
    """Les plus petites bases de chaque pourcentage, sous les trois règles d'arrondi."""
    sortes = (
        {"combien": MONTREES},
        {"demi": True, "combien": 1},
        {"regle": "au_pair", "combien": 1},
        {"regle": "tronque", "combien": 1},
    )
    lignes = [
        [
            ligne.code,
            _publie(bilan, ligne.code),
            *(echapper(", ".join(ligne.rapports(**s).values()) or "aucune") for s in sortes),
        ]
        for ligne in audit.lignes
    ]
    return Tableau(
        [
            Colonne("Code", largeur=7),
            Colonne("Publié", "droite", 10),
            Colonne("Comptes entiers, arrondi usuel", largeur=34),
            Colonne("Demi-scores", largeur=14),
            Colonne("Arrondi au pair", largeur=14),
            Colonne("Tronqué", largeur=14),
        ],
        lignes,
        f"Les plus petites bases qui donnent chaque pourcentage, jusqu'à {audit.maximum}",
        "tbl-audit",
    )


def _base_commune(audit: Audit, nom: str) -> str:
    """Ce qu'une même base explique dans un groupe, sans et avec demi-scores."""
    entiers, demis = (_au_mieux(audit, demi) for demi in (False, True))
    return f"**{echapper(nom)}.** En comptes entiers, {entiers} ; avec des demi-scores, {demis}."


def _au_mieux(audit: Audit, demi: bool) -> str:
    paliers = audit.paliers(demi=demi)
    if not paliers:
        return f"aucune base jusqu'à {audit.maximum} n'en donne un seul"
    meilleur, total = paliers[-1], len(audit.lignes)
    hasard = f"au hasard : {nombre(meilleur.au_hasard, 1)}"
    if len(meilleur.codes) == total:
        return f"la plus petite base qui les donne tous les {total} est {meilleur.base} ({hasard})"
    return (
        f"aucune base jusqu'à {audit.maximum} ne les donne tous ; la base {meilleur.base} est la "
        f"première à en donner {len(meilleur.codes)} sur {total} ({hasard})"
    )


def _identites(bilan: Bilan) -> str:
    """Une définition par identité contrôlée : verdict, phrase, ce qu'il faudrait, lieu."""
    spans: list[str] = []

    def ecrire(code: str, texte: str) -> str:
        """Retient le chiffre et laisse à sa place une marque que `echapper` ne touche pas."""
        chiffre = bilan.registre.get(f"publie.{code}") or bilan.registre.get(code)
        spans.append(span_chiffre(chiffre) if chiffre else echapper(texte))
        return f"\ue000{len(spans) - 1}\ue001"

    constats = controler(lire(bilan.edition).identites, valeurs_du_registre(bilan.registre), ecrire)
    if not constats:
        return ""
    definitions = [
        re.sub("\ue000([0-9]+)\ue001", lambda m: spans[int(m[1])], _definition(constat))
        for constat in constats
    ]
    return "\n".join(["## Identités arithmétiques {#identites}\n", *definitions])


def _definition(constat: Constat) -> str:
    identite = constat.identite
    suite = f" {echapper(constat.il_faudrait)}" if constat.il_faudrait else ""
    return (
        f"{echapper(identite.nom)}\n:   **{constat.verdict.capitalize()}.** "
        f"{echapper(constat.phrase)}{suite} *Dans le document publié : "
        f"{echapper(identite.lieu)}.*\n"
    )
