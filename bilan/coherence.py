"""Le bilan relu par les contrôles qu'il applique au document publié.

`decrire` lit dans les sources ce que le bilan nomme, renvoie, numérote et affirme ; les mêmes
contrôles que ceux de l'annexe disent ensuite ce qui ne tient pas.
"""

from __future__ import annotations

import re
from decimal import Decimal

from bilan import coherence_noms, coherence_plan, coherence_prose, nombres
from bilan.carnet import Bilan
from bilan.coherence_sources import lire_sources
from bilan.contradictions import controler
from bilan.document import Document
from bilan.document_elements import Ensemble
from bilan.erreurs import Faute
from bilan.projet import Edition
from bilan.relecture import Relecture


def fautes_du_bilan(bilan: Bilan) -> list[Faute]:
    """Ce que les contrôles signalent dans le bilan lui-même, chaque endroit à sa ligne."""
    fautes = []
    for s in controler(Relecture(decrire(bilan), _valeurs(bilan))):
        for lieu in dict.fromkeys(s.lieux):
            if lieu == "Glossaire":
                lieu = _au_glossaire(bilan.edition, s.cle)
            fichier, _, ligne = lieu.partition(", ligne ")
            trouve = f"{s.trouve} : {s.pourquoi[0].lower()}{s.pourquoi[1:]}"
            fautes.append(Faute(fichier, trouve, s.remede, int(ligne) if ligne else None))
    return fautes


def _au_glossaire(edition: Edition, sigle: str) -> str:
    chemin = edition.params / "glossaire.yml"
    lignes = chemin.read_text("utf-8").splitlines()
    motif = re.compile(rf"sigle: \W?{re.escape(sigle)}\b")
    ligne = next((n for n, texte in enumerate(lignes, start=1) if motif.search(texte)), 1)
    return f"{edition.relatif(chemin)}, ligne {ligne}"


def decrire(bilan: Bilan) -> Document:
    """Le modèle du bilan, lu dans ses sources."""
    edition = bilan.edition
    sources, retenus = lire_sources(edition), coherence_noms.lire_noms(edition)
    elements = coherence_plan.elements(bilan, sources)
    membres = bilan.noms
    base = [nom for code, nom in membres.items() if bilan.base[code]]
    return Document(
        noms=[coherence_noms.usages_du_nom(nom, sources) for nom in retenus.noms],
        glossaire=bilan.parametres.glossaire,
        sigles=list(coherence_noms.sigles(sources, retenus)),
        elements=elements,
        renvois=list(coherence_plan.renvois(sources, elements)),
        suites=[coherence_plan.suite_des_indicateurs(bilan),
                coherence_plan.suite_des_recommandations(bilan),
                *coherence_plan.suites(sources)],
        plans=coherence_plan.plans(bilan),
        appels=list(coherence_plan.notes(sources, coherence_plan.APPEL)),
        notes=list(coherence_plan.notes(sources, coherence_plan.NOTE)),
        ensembles=[
            Ensemble(code="territoires", nom="territoires", membres=list(membres.values())),
            Ensemble(code="base", nom="territoires de la base", membres=base),
        ],
        affirmations=list(coherence_prose.affirmations(bilan, sources)),
        temoignages=list(coherence_prose.temoignages(bilan)),
        decomptes=coherence_prose.decomptes(bilan, sources),
    )


def _valeurs(bilan: Bilan) -> dict[str, Decimal]:
    """Les résultats et les cibles, arrondis comme ils sont imprimés."""
    valeurs = {}
    for chiffre in bilan.registre:
        code, _, role = chiffre.code.partition(".")
        if role in ("resultat", "cible") and chiffre.valeur is not None:
            cle = code if role == "resultat" else f"{code}.cible"
            valeurs[cle] = Decimal(str(nombres.arrondir(chiffre.valeur)))
    return valeurs
