"""Ce qui s'est passé dans l'édition simulée 2025-2027 : toutes les lignes de ses tables.

Rien n'est observé. Les territoires, sauf deux, les projets, les personnes et les propos sont
inventés ; ceux du Douaisis et de Dunkerque ne décrivent pas ce que ces territoires ont fait.

Aucun tirage au sort : une ligne est décidée par le condensé de ses clés (`part`). Deux exécutions
donnent les mêmes lignes, et changer un territoire ne change pas les autres.
"""

import zlib

Ligne = dict[str, object]

SIMULEE = "Simulé."
BONNE, MOYENNE, FAIBLE = 90, 70, 45

# code, nom, lauréat, porteur, département, PAT, niveau, réseau, forme, objet, élan en %.
# L'élan dit combien le projet a pris : il pèse sur les présences, les rencontres et les scores.
TERRITOIRES = [
    ("val-lorme", "Val-Lorme", "Association Tables ouvertes (simulée)", "association", "Somme",
     "PAT du Val-Lorme (simulé)", 1, "La Grande Tablée", "reseau",
     "une épicerie solidaire qui va de village en village", BONNE),
    ("douaisis", "Douaisis", "Communauté d'agglomération du Douaisis (Douaisis Agglo)", "epci",
     "Nord", None, None, "RADIS, Réseau pour une Alimentation Désirable, Inclusive et Solidaire",
     "reseau", "des commandes groupées entre épiceries", BONNE),
    ("haut-serquin", "Haut-Serquin", "Communauté de communes du Haut-Serquin (simulée)", "epci",
     "Pas-de-Calais", "PAT du Haut-Serquin (simulé)", 2, "Les Cuisines du Serquin", "reseau",
     "une légumerie que se partagent les cantines et les associations", MOYENNE),
    ("dunkerque", "Dunkerque", "Communauté urbaine de Dunkerque", "epci", "Nord",
     "PAT de la Communauté urbaine de Dunkerque", 2, "Démocratie Alimentaire", "reseau",
     "des repas de quartier préparés avec les habitants", BONNE),
    ("ostrelle", "Plaine d'Ostrelle", "PETR de la Plaine d'Ostrelle (simulé)", "petr", "Aisne",
     "PAT de la Plaine d'Ostrelle (simulé)", 1, "Ostrelle en partage", "cooperation_communale",
     "des jardins nourriciers tenus par les communes", MOYENNE),
    ("brisants", "Côte-des-Brisants",
     "Communauté d'agglomération de la Côte-des-Brisants (simulée)", "epci", "Somme",
     "PAT de la Côte-des-Brisants (simulé)", 1, "La Criée solidaire", "reseau",
     "du poisson de la criée dans les colis", MOYENNE),
    ("marlinois", "Marlinois", "Association Marlin entraide (simulée)", "association", "Oise",
     None, None, "Le Cercle des mangeurs", "groupe_habitants",
     "une cuisine ouverte aux habitants", MOYENNE),
    ("ancelle", "Boucle d'Ancelle", "Communauté de communes de la Boucle d'Ancelle (simulée)",
     "epci", "Aisne", "PAT de la Boucle d'Ancelle (simulé)", 1, "Ancelle à table", "reseau",
     "des paniers de légumes à prix choisi", FAIBLE),
    ("querlin", "Querlin", "Communauté de communes du Querlin (simulée)", "epci", "Oise", None,
     None, None, "aucune", "une plateforme de dons agricoles", FAIBLE),
]
OBJETS = {t[0]: t[9] for t in TERRITOIRES}
ELANS = {t[0]: t[10] for t in TERRITOIRES}
CODES = list(ELANS)
# Le projet s'est arrêté en cours d'édition : il n'a plus répondu.
ARRETE = "querlin"

SESSIONS = [
    ("s1", "2025-10-07", "formation", "Ce que l'appel attend, ce que chacun apporte"),
    ("s2", "2025-12-04", "formation", "Repérer les acteurs et leurs ressources"),
    ("s3", "2026-02-10", "formation", "Monter une première coopération"),
    ("s4", "2026-04-14", "echange_pratiques", "Faire place aux personnes concernées"),
    ("s5", "2026-06-09", "formation", "Suivre son projet avec peu d'outils"),
    ("s6", "2026-09-22", "echange_pratiques", "S'approvisionner près de chez soi"),
    ("s7", "2026-11-17", "reflexivite", "Ce qui bloque, et pour qui"),
    ("s8", "2027-01-26", "echange_pratiques", "Travailler avec les têtes de réseaux"),
    ("s9", "2027-03-23", "formation", "Passer de l'aide à l'autonomie"),
    ("s10", "2027-05-11", "reflexivite", "Préparer l'après"),
]

FAMILLES = ["antenne", "association_locale", "association_locale", "epicerie", "ccas",
            "producteur", "centre_social", "association_locale", "collectivite", "antenne",
            "sante", "etablissement_scolaire", "insertion", "producteur"]
RESEAUX = ["Banques alimentaires", "Secours populaire", "Croix-Rouge", "Restos du Cœur"]
RAISONS = ["contraintes_internes", "manque_moyens", "divergence_objectifs", "autre"]
ELEMENTS = ["associer_beneficiaires", "cooperation", "reperage_acteurs", "suivi_evaluation"]
CRITERES = ["beneficiaires", "problematique", "formalisation", "nouvelle_action", "sortie_aide",
            "perennisation"]
# Ce que chaque critère a d'aisé : il s'ajoute à l'élan du territoire.
FACILITES = dict(zip(CRITERES, (0, 10, -10, 20, -35, -15), strict=True))
# Le début du cycle a été moins suivi, la dernière session aussi.
ASSIDUITES = (-15, -10, 0, 5, 5, 0, 5, 5, 0, -10)

THEMES = {
    "accompagnement": [("appui_individuel", "levier", "L'appui sur place a servi à préparer la "
                        "première réunion."),
                       ("calendrier", "frein", "Deux sessions sont tombées en pleine saison.")],
    "cooperation": [("interconnaissance", "levier", "Des structures voisines se sont découvertes."),
                    ("benevoles_peu_disponibles", "frein", "Les bénévoles ont peu de soirées "
                     "libres.")],
    "realisations": [("place_beneficiaires", "levier", "Des habitants ont choisi les menus."),
                     ("logistique", "frein", "Le camion frigorifique a longtemps manqué.")],
    "perennisation": [("portage_elus", "levier", "Une élue porte le sujet au conseil."),
                      ("animation_perenne", "frein", "Personne ne sait qui paiera le poste.")],
}


def part(pour_cent: int, *cles: object) -> bool:
    """Vrai pour `pour_cent` % des clés, toujours les mêmes."""
    return zlib.crc32("/".join(map(str, cles)).encode()) % 100 < pour_cent


def choix(valeurs: list, *cles: object):
    """Une valeur de la liste, toujours la même pour ces clés."""
    return valeurs[zlib.crc32("/".join(map(str, cles)).encode()) % len(valeurs)]


def territoires() -> list[Ligne]:
    """Une ligne par territoire ; un seul est hors de la base."""
    noms = ("territoire", "nom", "laureat", "type_porteur", "departements", "pat", "niveau_pat",
            "nom_reseau", "forme")
    return [
        dict(zip(noms, t[:9], strict=True)) | {
            "ordre": rang, "base_reseau": t[0] != ARRETE,
            "motif_hors_base": "Projet arrêté en 2026, à la demande du lauréat."
            if t[0] == ARRETE else None,
        }
        for rang, t in enumerate(TERRITOIRES, start=1)
    ]


def sessions() -> list[Ligne]:
    return [dict(zip(("session", "date", "type", "theme"), s, strict=True)) for s in SESSIONS]


def presences() -> list[Ligne]:
    """Deux ou trois personnes attendues par territoire ; le projet arrêté n'en attend plus."""
    return [
        {"session": session[0], "participant": f"{t}-p{p}", "territoire": t,
         "present": part(ELANS[t] + ASSIDUITES[rang], "presence", session[0], t, p)}
        for rang, session in enumerate(SESSIONS)
        for t in CODES if not (t == ARRETE and rang > 4)
        for p in range(1, 4 if t in ("dunkerque", "val-lorme") else 3)
    ]


def reponses() -> list[Ligne]:
    """Les réponses arrivées : trois présents sur quatre, la plupart ont appris quelque chose."""
    return [
        {"session": p["session"], "participant": p["participant"], "territoire": p["territoire"],
         "connaissances_acquises": part(88, "acquis", p["session"], p["participant"])}
        for p in presences()
        if p["present"] and part(76, "reponse", p["session"], p["participant"])
    ]


def acteurs() -> list[Ligne]:
    return [_acteur(t, rang) for t in CODES
            for rang in range(1, 15 + zlib.crc32(t.encode()) % 14)]


def _acteur(territoire: str, rang: int) -> Ligne:
    """Qui est recensé, rencontré, participant ; une raison n'est sue que d'un absent rencontré."""
    famille = FAMILLES[(rang - 1) % len(FAMILLES)]
    affilie = famille == "antenne" or (famille == "epicerie" and part(60, "andes", territoire))
    cles = (territoire, rang)
    rencontre = part(ELANS[territoire] - 22, "rencontre", *cles)
    action = rencontre and part(58 if famille != "antenne" else 40, "action", *cles)
    animation = rencontre and part(34, "animation", *cles)
    explique = rencontre and not (action or animation) and part(55, "raison", *cles)
    reseau = "ANDES" if famille == "epicerie" else choix(RESEAUX, "reseau", *cles)
    return {
        "acteur": f"{territoire}-{rang:03d}", "territoire": territoire, "famille": famille,
        "tete_de_reseau": reseau if affilie else None, "rencontre": rencontre,
        "participe_action": action, "participe_animation": animation,
        "raison_non_participation": choix(RAISONS, "raison", *cles) if explique else None,
    }


def _score(pour_cent: int, *cles: object) -> float:
    if part(pour_cent, "plein", *cles):
        return 1
    return 0.5 if part(60, "moitie", *cles) else 0


def mises_en_oeuvre() -> list[Ligne]:
    """Le projet arrêté n'a rien renvoyé."""
    return [
        {"territoire": t, "element": e, "score": _score(ELANS[t] - 15, t, e),
         "preuve": f"{SIMULEE} Compte rendu du comité de suivi."}
        for t in CODES if t != ARRETE for e in ELEMENTS
    ]


def criteres() -> list[Ligne]:
    return [
        {"territoire": t, "critere": c, "score": _score(ELANS[t] + FACILITES[c], t, c),
         "preuve": f"{SIMULEE} Fiche d'activité du projet."}
        for t in CODES if t != ARRETE for c in CRITERES
    ]


def actions() -> list[Ligne]:
    titres = ("Lancer {}", "Apprendre à cuisiner ensemble", "Faire choisir les habitants",
              "Inscrire le projet dans le PAT")
    return [
        {"action": f"{t}-a{rang}", "territoire": t, "intitule": titre.format(OBJETS[t]),
         "objectif": rang, "annee": 2026 if rang < 3 else 2027}
        for t in CODES if t != ARRETE
        for rang, titre in enumerate(titres, start=1)
        if rang == 1 or part(ELANS[t] - 25, "action", t, rang)
    ]


def chiffres_cles() -> list[Ligne]:
    libelles = ("personnes qui ont pris part au projet", "structures associées",
                "rendez-vous tenus")
    return [
        {"territoire": t, "ordre": rang, "signe": None,
         "valeur": 10 * (9 - 3 * rang) + zlib.crc32(f"{t}{rang}".encode()) % 20, "unite": None,
         "libelle": libelle, "date": "avril 2027"}
        for t in CODES if t != ARRETE
        for rang, libelle in enumerate(libelles, start=1)
    ]


def fiches() -> list[Ligne]:
    """Une ou deux phrases par rubrique ; la première de chaque fiche la dit simulée."""
    lignes = []
    for t in CODES:
        for rubrique, textes in _rubriques(t).items():
            lignes += [{"territoire": t, "rubrique": rubrique, "ordre": rang, "texte": texte}
                       for rang, texte in enumerate(textes, start=1)]
    return lignes


def _rubriques(t: str) -> dict[str, list[str]]:
    annonce = "Fiche simulée : aucun de ces faits n'est réel."
    if t == ARRETE:
        return {"presentation": [annonce, f"Le projet voulait {OBJETS[t]}."],
                "difficultes": ["Le poste n'a pas été pourvu, et le projet s'est arrêté."]}
    return {
        "presentation": [annonce, f"Le projet réunit des structures du territoire autour d'un "
                         f"objet : {OBJETS[t]}."],
        "fabrique": ["Des visites ont fait le tour des structures.",
                     "Un premier atelier a choisi par où commencer."],
        "deux_ans_apres": ["Le groupe se réunit encore." if ELANS[t] > FAIBLE
                           else "Les réunions se sont espacées."],
        "problematiques": ["Manger des produits frais malgré un petit budget.",
                           choix(["Aller vers les personnes isolées.",
                                  "Stocker et transporter les dons."], "probleme", t)],
        "reussites": [choix(["Des habitants décident avec les structures.",
                             "Des producteurs livrent chaque semaine.",
                             "Une commune prête sa cuisine."], "reussite", t)],
        "difficultes": [choix(["Les bénévoles manquent de temps.",
                               "Le transport coûte cher.",
                               "Une antenne attend l'accord de son réseau."], "difficulte", t)],
    }


def entretiens() -> list[Ligne]:
    """Un entretien par territoire actif, un segment par catégorie ; un seul sans consentement."""
    lignes = []
    for rang, t in enumerate((t for t in CODES if t != ARRETE), start=1):
        for numero, (categorie, themes) in enumerate(THEMES.items(), start=1):
            theme, sens, segment = themes[(rang + numero) % 2]
            lignes.append({
                "entretien": f"e{rang:02d}", "segment_numero": numero, "territoire": t,
                "profil": "laureat", "categorie": categorie, "theme": theme, "sens": sens,
                "segment": f"{SIMULEE} {segment}", "consentement": (rang, numero) != (3, 2),
                "pseudonymise": True,
            })
    return lignes


def tables() -> dict[str, list[Ligne]]:
    """Toutes les tables que l'édition remplit, sauf le contexte."""
    return {f.__name__: f() for f in (
        territoires, sessions, presences, reponses, acteurs, mises_en_oeuvre, criteres, actions,
        chiffres_cles, fiches, entretiens)}
