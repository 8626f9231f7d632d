"""Reconstitue les lignes individuelles de l'édition 2022-2024, qui n'ont pas été publiées.

Ce ne sont pas des observations : aucune ligne ne correspond à une personne, à une structure ou à
un propos réels. Le script fabrique un jeu de lignes, parmi d'autres possibles, d'où les treize
indicateurs et la part des associations locales ressortent tels que publiés, sans que rien ne
démente les fiches des territoires.

L'hypothèse : les résultats exprimés en part de territoires portent sur cinq territoires notés
0, ½ ou 1, la Thiérache étant mise à part (colonne `base_reseau` de territoires.csv). Six
territoires ne peuvent donner ni 80, ni 90, ni 60 %.

Aucun tirage au sort : tout vient des constantes ci-dessous, et le script écrit toujours les mêmes
octets. Il s'arrête avant d'écrire si un seul résultat publié n'est pas retrouvé.

    python data/2022-2024/reconstituer.py               écrit les tables à côté de lui
    python data/2022-2024/reconstituer.py --verifier    compare sans écrire ; sort 1 s'ils diffèrent

Qui possède les vraies données remplace les tables et n'utilise plus ce script.
"""

import argparse
import csv
import io
import json
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

ICI = Path(__file__).resolve().parent
SANS_FAIT = "Aucun fait publié : score reconstitué."

# --- Sessions -----------------------------------------------------------------------------------
# Huit sessions, trois formes : c'est publié. Dates et thèmes ne le sont pas : les thèmes suivent
# les quatre buts de l'accompagnement, les dates s'étalent du lancement (2023) à la fin de 2024.
SESSIONS = [
    ("s1", "2023-03-21", "formation", "Lancement et attentes de l'appel"),
    ("s2", "2023-05-16", "formation", "Identifier les acteurs et leurs ressources"),
    ("s3", "2023-07-04", "formation", "Mettre en place la coopération"),
    ("s4", "2023-10-12", "echange_pratiques", "Associer les bénéficiaires"),
    ("s5", "2024-01-23", "formation", "Suivre et évaluer son projet"),
    ("s6", "2024-04-11", "echange_pratiques", "Approvisionnement de qualité et actions communes"),
    ("s7", "2024-07-02", "reflexivite", "Ce que l'on a appris, ce qui résiste"),
    ("s8", "2024-11-19", "reflexivite", "Préparer la suite du réseau"),
]

# Deux personnes attendues par territoire et par session. Par territoire : combien sont venues à
# chacune des huit sessions. Peu au début : des postes n'étaient pas encore pourvus (publié).
PRESENTS = {
    "cabbalr": (1, 1, 2, 2, 2, 2, 1, 2),
    "douaisis": (1, 1, 1, 2, 2, 2, 2, 2),
    "dunkerque": (2, 2, 1, 2, 2, 1, 2, 2),
    "sud-artois": (1, 1, 1, 1, 2, 2, 2, 2),
    "thierache": (0, 1, 1, 1, 1, 2, 1, 1),
    "sambre-avesnois": (1, 1, 2, 1, 1, 1, 2, 2),
}
ATTENDUS = 2

# Chaque présent répond. Réponses qui ne déclarent pas de connaissances nouvelles, par territoire.
SANS_ACQUIS = {"cabbalr": 3, "douaisis": 2, "dunkerque": 2, "sud-artois": 2, "thierache": 4,
               "sambre-avesnois": 2}

# --- Mise en pratique de l'accompagnement ---------------------------------------------------------
# Total 16 sur 20 dans la base, pour rendre 80 %. Thiérache, hors base : un état des lieux a été
# fait, les besoins des bénéficiaires relevés, la coopération n'a pas pris.
ELEMENTS = ("associer_beneficiaires", "cooperation", "reperage_acteurs", "suivi_evaluation")
MISES_EN_OEUVRE = {
    "cabbalr": (1, 1, 1, 0.5),
    "douaisis": (1, 1, 1, 0.5),
    "dunkerque": (0, 1, 1, 1),
    "sud-artois": (1, 0.5, 1, 0.5),
    "thierache": (0.5, 0, 1, 0.5),
    "sambre-avesnois": (1, 0.5, 0.5, 1),
}
PREUVES_ELEMENTS = {
    ("cabbalr", "associer_beneficiaires"): "Un groupe d'ambassadeurs issu des bénéficiaires.",
    ("cabbalr", "cooperation"): "Un groupe d'acteurs constitué.",
    ("cabbalr", "reperage_acteurs"): "Des entretiens avec chaque acteur.",
    ("douaisis", "associer_beneficiaires"): "Un diagnostic sensible avec des habitants.",
    ("douaisis", "cooperation"): "Un groupement d'achats entre épiceries.",
    ("douaisis", "reperage_acteurs"): "Deux diagnostics de la précarité alimentaire.",
    ("dunkerque", "cooperation"): "Un consortium de l'aide alimentaire.",
    ("dunkerque", "reperage_acteurs"): "Une cartographie des structures.",
    ("sud-artois", "associer_beneficiaires"): "Des ambassadeurs qui animent des ateliers.",
    ("sud-artois", "cooperation"): "Des coopérations dans les communes, sans réseau d'ensemble.",
    ("sud-artois", "reperage_acteurs"): "Une assemblée des acteurs.",
    ("thierache", "associer_beneficiaires"): "Des besoins relevés, sans association au projet.",
    ("thierache", "cooperation"): "La fiche conclut à l'absence de coopération.",
    ("thierache", "reperage_acteurs"): "Un état des lieux et la rencontre des partenaires.",
    ("sambre-avesnois", "associer_beneficiaires"): "Des actions construites avec les habitants.",
    ("sambre-avesnois", "cooperation"): "Un groupe d'habitants plutôt qu'un réseau d'associations.",
}

# --- Acteurs ------------------------------------------------------------------------------------
# Par territoire et par famille : (recensés, rencontrés sans participer, participants).
# Totaux : 400 recensés, 128 rencontrés, 87 participants. Ce qui vient des fiches : 20 acteurs liés
# et 9 types de structures (CABBALR), dont 7 structures d'aide alimentaire et CCAS ; 8 épiceries et
# 6 producteurs (Douaisis) ; 2 maraîchers (Sud-Artois) ; une trentaine de membres (Dunkerque) ;
# aucune coopération (Thiérache). Les communes et les écoles du Sud-Artois sont les lieux des
# actions : elles ne sont pas comptées comme participants.
# `epicerie_andes` : épicerie affiliée à ANDES, qui compte avec les antennes.
ACTEURS = {
    "cabbalr": {
        "antenne": (18, 3, 2), "epicerie_andes": (4, 0, 3), "association_locale": (12, 1, 8),
        "ccas": (12, 2, 2), "producteur": (8, 0, 1), "centre_social": (4, 1, 1),
        "education_populaire": (2, 0, 0), "sante": (2, 0, 0), "collectivite": (4, 1, 1),
        "institution": (3, 0, 1), "insertion": (3, 0, 1), "epicerie": (1, 0, 0),
        "etablissement_scolaire": (2, 0, 0),
    },
    "douaisis": {
        "antenne": (17, 4, 2), "epicerie_andes": (9, 0, 8), "association_locale": (9, 1, 6),
        "ccas": (13, 3, 0), "producteur": (10, 0, 6), "centre_social": (5, 1, 0),
        "education_populaire": (3, 1, 0), "sante": (3, 0, 0), "collectivite": (2, 0, 0),
        "institution": (2, 0, 0), "insertion": (3, 0, 0), "epicerie": (1, 0, 0),
        "etablissement_scolaire": (3, 0, 0),
    },
    "dunkerque": {
        "antenne": (29, 3, 9), "epicerie_andes": (3, 0, 2), "association_locale": (19, 1, 14),
        "ccas": (11, 1, 0), "producteur": (6, 0, 1), "centre_social": (7, 0, 1),
        "education_populaire": (4, 0, 1), "sante": (4, 0, 1), "collectivite": (2, 0, 0),
        "institution": (3, 1, 0), "insertion": (4, 0, 1), "epicerie": (1, 0, 0),
        "etablissement_scolaire": (2, 0, 0),
    },
    "sud-artois": {
        "antenne": (13, 2, 2), "epicerie_andes": (1, 0, 0), "association_locale": (9, 1, 6),
        "ccas": (10, 2, 0), "producteur": (11, 0, 2), "centre_social": (3, 0, 0),
        "education_populaire": (2, 0, 0), "sante": (2, 0, 0), "collectivite": (2, 1, 0),
        "institution": (2, 0, 0), "insertion": (2, 0, 0), "epicerie": (1, 0, 0),
        "etablissement_scolaire": (2, 0, 0),
    },
    "thierache": {
        "antenne": (11, 4, 0), "epicerie_andes": (1, 0, 0), "association_locale": (4, 2, 0),
        "ccas": (7, 1, 0), "producteur": (6, 0, 0), "centre_social": (2, 1, 0),
        "education_populaire": (1, 0, 0), "sante": (2, 0, 0), "collectivite": (2, 0, 0),
        "institution": (1, 0, 0), "insertion": (1, 0, 0), "etablissement_scolaire": (2, 0, 0),
    },
    "sambre-avesnois": {
        "antenne": (12, 1, 1), "epicerie_andes": (2, 0, 1), "association_locale": (7, 0, 3),
        "ccas": (8, 1, 0), "producteur": (6, 0, 0), "centre_social": (5, 1, 0),
        "education_populaire": (2, 0, 0), "sante": (2, 0, 0), "collectivite": (1, 0, 0),
        "institution": (1, 0, 0), "insertion": (2, 0, 0), "etablissement_scolaire": (2, 0, 0),
    },
}
TETES = ("Banques alimentaires", "Secours populaire", "Croix-Rouge française", "Restos du Cœur")

# Qui fournit ou distribue prend part à une action ; l'animation s'y ajoute parfois.
FAMILLES_D_ACTION = ("antenne", "epicerie", "ccas", "producteur")

# Raisons connues, données aux premiers acteurs rencontrés qui ne participent pas. Le document
# publié cite ces trois raisons, sans les compter.
CONTRAINTES, DIVERGENCE, MOYENS = "contraintes_internes", "divergence_objectifs", "manque_moyens"
RAISONS = {
    "cabbalr": (CONTRAINTES, MOYENS, CONTRAINTES, MOYENS),
    "douaisis": (MOYENS, CONTRAINTES, DIVERGENCE, MOYENS),
    "dunkerque": (CONTRAINTES, DIVERGENCE, CONTRAINTES),
    "sud-artois": (MOYENS, CONTRAINTES),
    "thierache": (DIVERGENCE,),
    "sambre-avesnois": (MOYENS,),
}

# --- Critères de réseau -------------------------------------------------------------------------
# Scores choisis pour rendre les parts publiées sur cinq territoires ; la preuve dit quel fait de
# la fiche les appuie, quand il y en a un.
CRITERES = {
    "cabbalr": {
        "beneficiaires": (1, "Des bénéficiaires sont ambassadeurs de l'alimentation durable."),
        "problematique": (1, "Quatre problématiques du collectif sont énoncées."),
        "formalisation": (0.5, "Le collectif a un nom ; aucune charte n'est citée."),
        "nouvelle_action": (1, "Des chèques alimentaires durables sont expérimentés."),
        "sortie_aide": (0.5, SANS_FAIT),
        "perennisation": (0, "Seule une enveloppe d'achats est reconduite."),
    },
    "douaisis": {
        "beneficiaires": (1, "Des habitants ont nourri le diagnostic sensible."),
        "problematique": (1, "Quatre problématiques du réseau sont énoncées."),
        "formalisation": (1, "Le réseau a un nom, RADIS."),
        "nouvelle_action": (1, "Un groupement d'achats est lancé entre épiceries."),
        "sortie_aide": (0.5, SANS_FAIT),
        "perennisation": (0.5, "Une personne est recrutée par Douaisis Agglo ; demi-score retenu "
                               "pour retrouver la part publiée."),
    },
    "dunkerque": {
        "beneficiaires": (0, SANS_FAIT),
        "problematique": (1, "Trois problématiques du réseau sont énoncées."),
        "formalisation": (1, "Le réseau a un nom et un consortium de membres."),
        "nouvelle_action": (1, "Une plateforme logistique commune est construite."),
        "sortie_aide": (1, "Le réseau veut mieux orienter les personnes, avec le CCAS."),
        "perennisation": (1, "La Communauté urbaine pérennise l'animation."),
    },
    "sud-artois": {
        "beneficiaires": (1, "Des ambassadeurs animent des ateliers avec la collectivité."),
        "problematique": (0.5, "Des problématiques énoncées, mais sans réseau d'ensemble ; "
                               "demi-score retenu pour retrouver la part publiée."),
        "formalisation": (0, "La fiche dit que ce n'est pas un réseau."),
        "nouvelle_action": (1, "Des paniers solidaires sont distribués."),
        "sortie_aide": (0.5, SANS_FAIT),
        "perennisation": (0.5, "Le projet continue par d'autres subventions."),
    },
    "thierache": {
        "beneficiaires": (0.5, "Leurs besoins ont été relevés, sans plus."),
        "problematique": (0, "La fiche énonce les objectifs d'un projet révisé."),
        "formalisation": (0, "Aucun réseau n'est constitué."),
        "nouvelle_action": (0, "Aucune action commune n'est mise en place."),
        "sortie_aide": (0, SANS_FAIT),
        "perennisation": (0, "Il n'y a pas de coopération à poursuivre."),
    },
    "sambre-avesnois": {
        "beneficiaires": (1, "Les habitants ont construit les actions."),
        "problematique": (1, "Trois problématiques du collectif sont énoncées."),
        "formalisation": (0.5, "Le collectif a un nom ; son association est en cours de création."),
        "nouvelle_action": (1, "Glanage, jardin partagé, achats groupés."),
        "sortie_aide": (0.5, SANS_FAIT),
        "perennisation": (0.5, "Des bénévoles s'organisent en association autonome."),
    },
}

# --- Actions ------------------------------------------------------------------------------------
# Celles que les fiches nomment, et elles seules : (intitulé, objectif de l'appel, année). Objectif
# et année sont reconstitués. La Thiérache n'a pas d'action de réseau.
ACTIONS = {
    "cabbalr": [
        ("Achats groupés de produits locaux en circuit court", 1, 2023),
        ("Groupe des ambassadeurs de l'alimentation durable", 3, 2023),
        ("Chèques alimentaires durables", 1, 2024),
        ("Visites de fermes et ateliers de cuisine", 2, 2024),
    ],
    "douaisis": [
        ("Groupement d'achats des épiceries solidaires", 1, 2023),
        ("Formation d'acteurs relais", 2, 2023),
        ("Points de paniers bio à petit prix", 1, 2024),
        ("Temps d'interconnaissance et de fête", 3, 2024),
    ],
    "dunkerque": [
        ("Panier solidaire mutualisé", 1, 2023),
        ("Qualification des bénévoles", 2, 2023),
        ("Plateforme logistique en centre-ville", 1, 2024),
        ("Chèques alimentaires durables", 1, 2024),
    ],
    "sud-artois": [
        ("PANIERS solidaires", 1, 2023),
        ("Ateliers avec les ambassadeurs du Bien manger", 3, 2023),
        ("Sensibilisation dans les écoles", 2, 2024),
    ],
    "sambre-avesnois": [
        ("Ateliers de cuisine", 2, 2023),
        ("Glanage et redistribution solidaire", 1, 2023),
        ("Jardin partagé", 3, 2024),
        ("Achats groupés", 1, 2024),
        ("Mobilisation citoyenne étendue au PAT", 4, 2024),
    ],
}

# --- Entretiens -----------------------------------------------------------------------------------
# Les entretiens n'ont pas été publiés. Chaque segment est le résumé codé d'un thème que le document
# publié aborde ; ce n'est jamais une citation. Colonnes : entretien, territoire, profil (l ou s),
# thème, sens (- frein, + levier), consentement et pseudonymisation (o ou n), résumé.
CATEGORIES = {
    "accompagnement": ("recrutement_tardif", "calendrier", "outils_pertinents", "appui_individuel",
                       "ajustement"),
    "cooperation": ("benevoles_peu_disponibles", "concurrence_reseaux", "structuration_centralisee",
                    "autonomie_epiceries", "mesentente", "interconnaissance"),
    "realisations": ("acces_financements", "place_beneficiaires", "logistique",
                     "mobilisation_partenaires"),
    "perennisation": ("portage_elus", "animation_perenne", "formalisation", "autonomie_collectif"),
}
ENTRETIENS = """
e01 cabbalr l recrutement_tardif - oo Poste de coordination pourvu après les premières sessions.
e01 cabbalr l outils_pertinents + oo Outils repris pour préparer les réunions du collectif.
e01 cabbalr l logistique - oo Stockage et transport des produits difficiles à organiser.
e01 cabbalr l place_beneficiaires + on Ambassadeurs moteurs de plusieurs événements.
e02 cabbalr l acces_financements - no Financement des achats à rechercher chaque année.
e03 douaisis l appui_individuel + oo Appui sur place plus utile que la session pour animer.
e03 douaisis l benevoles_peu_disponibles - oo Temps et personnel insuffisants dans les structures.
e03 douaisis l autonomie_epiceries + oo Épiceries libres de décider de leurs achats.
e03 douaisis l mesentente - nn Mésentente entre certains acteurs du réseau.
e04 douaisis l animation_perenne + oo Poste dédié à l'alimentation dans la collectivité.
e05 dunkerque l interconnaissance + oo Coordination antérieure sur laquelle bâtir.
e05 dunkerque l structuration_centralisee - oo Antennes dans l'attente de leur tête de réseau.
e05 dunkerque l acces_financements + oo Candidature commune qui a ouvert de nouveaux projets.
e06 dunkerque l concurrence_reseaux - no Tensions entre acteurs antérieures au projet.
e06 dunkerque l animation_perenne + oo Animation reprise par la collectivité.
e07 sud-artois l calendrier - oo Sessions en avance sur le diagnostic local.
e07 sud-artois l place_beneficiaires + oo Ambassadeurs à l'aise dans l'animation d'ateliers.
e07 sud-artois l mobilisation_partenaires - oo Disponibilité réduite de certains acteurs.
e07 sud-artois l formalisation - on Gouvernance restée autour de l'intercommunalité.
e08 thierache l recrutement_tardif - oo Projet réorienté au bout d'un an.
e08 thierache l mesentente - no Désaccords entre représentants de structures.
e08 thierache l portage_elus - oo Soutien des élus insuffisant pour engager la suite.
e09 sambre-avesnois l appui_individuel + oo Séances adaptées au travail avec des habitants.
e09 sambre-avesnois l mobilisation_partenaires - oo Partenaires sans financement peu impliqués.
e09 sambre-avesnois l autonomie_collectif + oo Habitants prêts à porter leur association.
e10 - s calendrier - oo Cycle lancé plus vite que les recrutements.
e10 - s outils_pertinents - oo Outils inégalement repris selon les équipes.
e10 - s structuration_centralisee - oo Antennes sans mandat pour s'engager localement.
e11 - s ajustement + oo Programme revu d'après les retours du terrain.
e11 - s benevoles_peu_disponibles - on Bénévoles mal à l'aise dans un projet partenarial.
e11 - s formalisation + no Suite plus facile à imaginer pour les réseaux formalisés.
e12 - s portage_elus + oo Élus plus sensibles à la justice sociale.
"""

# --- Ce que les lignes doivent retrouver ----------------------------------------------------------
PUBLIES = {"I1": 74, "I2": 79, "I3": 80, "I4": 32, "I5": 37, "I6": 25, "I7": 68, "I8": 80, "I9": 90,
           "I10": 60, "I11": 100, "I12": 60, "I13": 50, "S1": 62}
BASE = [t for t in PRESENTS if t != "thierache"]


def espacer(total: int, retenus: int) -> list[bool]:
    """`retenus` vrais parmi `total`, régulièrement espacés."""
    return [(rang + 1) * retenus // total > rang * retenus // total for rang in range(total)]


def sessions() -> list[dict]:
    """Les huit sessions."""
    return [dict(zip(("session", "date", "type", "theme"), s, strict=True)) for s in SESSIONS]


def presences() -> list[dict]:
    """Deux personnes attendues par territoire ; quand une seule vient, c'est à tour de rôle."""
    lignes = []
    for rang, (session, *_) in enumerate(SESSIONS):
        for ordre, (territoire, venus) in enumerate(PRESENTS.items()):
            for numero in range(ATTENDUS):
                son_tour = (rang + ordre) % ATTENDUS == numero
                lignes.append({
                    "session": session, "participant": f"{territoire}-p{numero + 1}",
                    "territoire": territoire,
                    "present": venus[rang] == ATTENDUS or (venus[rang] == 1 and son_tour),
                })
    return lignes


def reponses(presences: list[dict]) -> list[dict]:
    """Une réponse par présence ; les réponses sans acquis sont espacées dans le temps."""
    lignes = []
    for ligne in presences:
        if ligne["present"]:
            lignes.append({c: ligne[c] for c in ("session", "participant", "territoire")})
    for territoire, sans in SANS_ACQUIS.items():
        siennes = [ligne for ligne in lignes if ligne["territoire"] == territoire]
        for ligne, sans_acquis in zip(siennes, espacer(len(siennes), sans), strict=True):
            ligne["connaissances_acquises"] = not sans_acquis
    return lignes


def mises_en_oeuvre() -> list[dict]:
    """Un score par territoire et par élément."""
    return [
        {"territoire": territoire, "element": element, "score": score,
         "preuve": PREUVES_ELEMENTS.get((territoire, element), SANS_FAIT)}
        for territoire, scores in MISES_EN_OEUVRE.items()
        for element, score in zip(ELEMENTS, scores, strict=True)
    ]


def acteurs() -> list[dict]:
    """Les acteurs d'un territoire à la suite, famille par famille."""
    lignes = []
    for territoire, familles in ACTEURS.items():
        siens = [
            acteur for famille, effectifs in familles.items()
            for acteur in acteurs_d_une_famille(territoire, famille, *effectifs)
        ]
        donner_raisons(siens, RAISONS[territoire])
        for numero, acteur in enumerate(siens, start=1):
            lignes.append({"acteur": f"{territoire}-{numero:03d}"} | acteur)
    return lignes


def acteurs_d_une_famille(
    territoire: str, famille: str, recenses: int, non_participants: int, participants: int
) -> list[dict]:
    """Les participants d'abord, puis les rencontrés sans suite, puis les autres."""
    lignes = []
    for rang in range(recenses):
        tete = ""
        if famille == "epicerie_andes":
            tete = "ANDES"
        elif famille == "antenne":
            tete = TETES[rang % len(TETES)]
        vraie_famille = famille.removesuffix("_andes")
        action, animation = participation(vraie_famille, rang) if rang < participants else (
            False, False)
        lignes.append({
            "territoire": territoire, "famille": vraie_famille, "tete_de_reseau": tete,
            "rencontre": rang < participants + non_participants,
            "participe_action": action, "participe_animation": animation,
            "raison_non_participation": "",
        })
    return lignes


def participation(famille: str, rang: int) -> tuple[bool, bool]:
    """(action, animation) d'un participant : un mélange régulier, selon la famille."""
    if famille in FAMILLES_D_ACTION:
        return True, rang % 3 == 2
    return ((True, True), (True, False), (False, True))[rang % 3]


def donner_raisons(acteurs: list[dict], raisons: tuple[str, ...]) -> None:
    """Une raison connue à chacun des premiers rencontrés qui ne participent pas."""
    sans_suite = [a for a in acteurs if a["rencontre"] and not participe(a)]
    for acteur, raison in zip(sans_suite, raisons, strict=False):
        acteur["raison_non_participation"] = raison


def participe(acteur: dict) -> bool:
    return acteur["participe_action"] or acteur["participe_animation"]


def criteres() -> list[dict]:
    """Un score et sa preuve par territoire et par critère."""
    return [
        {"territoire": territoire, "critere": critere, "score": score, "preuve": preuve}
        for territoire, scores in CRITERES.items()
        for critere, (score, preuve) in scores.items()
    ]


def actions() -> list[dict]:
    """Les actions nommées par les fiches."""
    return [
        {"action": f"{territoire}-a{numero}", "territoire": territoire, "intitule": intitule,
         "objectif": objectif, "annee": annee}
        for territoire, siennes in ACTIONS.items()
        for numero, (intitule, objectif, annee) in enumerate(siennes, start=1)
    ]


def entretiens() -> list[dict]:
    """Un segment par ligne du tableau ENTRETIENS, numéroté dans son entretien."""
    lignes = []
    for brut in ENTRETIENS.strip().splitlines():
        entretien, territoire, profil, theme, sens, accords, segment = brut.split(" ", 6)
        lignes.append({
            "entretien": entretien,
            "segment_numero": 1 + sum(ligne["entretien"] == entretien for ligne in lignes),
            "territoire": "" if territoire == "-" else territoire,
            "profil": {"l": "laureat", "s": "structure_accompagnatrice"}[profil],
            "categorie": next(c for c, themes in CATEGORIES.items() if theme in themes),
            "theme": theme, "sens": {"-": "frein", "+": "levier"}[sens], "segment": segment,
            "consentement": accords[0] == "o", "pseudonymise": accords[1] == "o",
        })
    return lignes


def reconstituer() -> dict[str, list[dict]]:
    """Toutes les tables reconstituées, par nom."""
    presents = presences()
    return {
        "sessions": sessions(), "presences": presents, "reponses": reponses(presents),
        "mises_en_oeuvre": mises_en_oeuvre(), "acteurs": acteurs(), "criteres": criteres(),
        "actions": actions(), "entretiens": entretiens(),
    }


def part(lignes: list[dict], condition) -> Decimal:
    """La part, en pour cent, des lignes qui remplissent la condition."""
    return Decimal(100 * sum(bool(condition(ligne)) for ligne in lignes)) / len(lignes)


def score_moyen(lignes: list[dict]) -> Decimal:
    """Le score moyen des territoires de la base, en pour cent."""
    scores = [Decimal(str(x["score"])) for x in lignes if x["territoire"] in BASE]
    return 100 * sum(scores) / len(scores)


def resultats(tables: dict[str, list[dict]]) -> dict[str, Decimal]:
    """Les quatorze résultats que donnent les tables, en pour cent."""
    recenses = tables["acteurs"]
    rencontres = [a for a in recenses if a["rencontre"]]
    par_critere = {
        code: score_moyen([x for x in tables["criteres"] if x["critere"] == critere])
        for code, critere in (
            ("I8", "beneficiaires"), ("I9", "problematique"), ("I10", "formalisation"),
            ("I11", "nouvelle_action"), ("I12", "sortie_aide"), ("I13", "perennisation"),
        )
    }
    return par_critere | {
        "I1": part(tables["presences"], lambda x: x["present"]),
        "I2": part(tables["reponses"], lambda x: x["connaissances_acquises"]),
        "I3": score_moyen(tables["mises_en_oeuvre"]),
        "I4": part(recenses, lambda a: a["rencontre"]),
        "I5": part([a for a in rencontres if not participe(a)],
                   lambda a: a["raison_non_participation"]),
        "I6": part([a for a in recenses if a["tete_de_reseau"]], participe),
        "I7": part(rencontres, participe),
        "S1": part([a for a in recenses if a["famille"] == "association_locale"], participe),
    }


def controler(tables: dict[str, list[dict]]) -> None:
    """Arrête si un résultat publié n'est pas retrouvé à l'arrondi usuel."""
    obtenus = {
        code: int(valeur.quantize(Decimal(1), ROUND_HALF_UP))
        for code, valeur in resultats(tables).items()
    }
    ecarts = [f"{code} : publié {publie} %, obtenu {obtenus[code]} %"
              for code, publie in PUBLIES.items() if obtenus[code] != publie]
    if ecarts:
        sys.exit("Résultats publiés non retrouvés, rien n'est écrit.\n" + "\n".join(ecarts))


def en_csv(lignes: list[dict]) -> bytes:
    """La table en CSV : UTF-8, virgule, fin de ligne Unix, true et false."""
    tampon = io.StringIO()
    ecrivain = csv.DictWriter(tampon, list(lignes[0]), lineterminator="\n")
    ecrivain.writeheader()
    for ligne in lignes:
        ecrivain.writerow(
            {c: str(v).lower() if isinstance(v, bool) else v for c, v in ligne.items()}
        )
    return tampon.getvalue().encode("utf-8")


def encore_reconstituee(nom: str) -> bool:
    """Faux si le paquet dit que la table porte désormais de vraies données."""
    paquet = json.loads((ICI / "datapackage.json").read_text("utf-8"))
    natures = {r["name"]: r["nature"] for r in paquet["resources"]}
    return natures.get(nom) == "reconstituee"


def principal() -> int:
    """Écrit les tables, ou les compare à celles qui sont là."""
    analyseur = argparse.ArgumentParser(description="Reconstitue les lignes individuelles.")
    analyseur.add_argument("--verifier", action="store_true", help="compare sans rien écrire")
    verifier = analyseur.parse_args().verifier
    tables = reconstituer()
    controler(tables)
    differents = []
    for nom, lignes in tables.items():
        if verifier and not encore_reconstituee(nom):
            continue
        chemin = ICI / f"{nom}.csv"
        contenu = en_csv(lignes)
        if not verifier:
            chemin.write_bytes(contenu)
        elif not chemin.is_file() or chemin.read_bytes() != contenu:
            differents.append(chemin.name)
    if differents:
        print("Différents de la reconstitution : " + ", ".join(differents), file=sys.stderr)
        return 1
    etat = "identiques" if verifier else "écrites"
    print(f"{len(tables)} tables {etat} ; les {len(PUBLIES)} résultats publiés sont retrouvés.")
    return 0


if __name__ == "__main__":
    sys.exit(principal())
