"""Les contrôles de contradiction : trouvent ce qui ne tient pas, et ne disent rien du reste."""

import shutil
from decimal import Decimal

import pytest

from bilan.carnet import Bilan
from bilan.contradictions import (
    CONTROLES,
    Rapprochement,
    controler,
    fautes_du_releve,
    relire_publie,
)
from bilan.contradictions_annexe import bloc_controles, bloc_releve
from bilan.document import Document, lire_publie
from bilan.identites import Identite
from bilan.parametres import Contradiction
from bilan.projet import Projet
from bilan.relecture import Relecture, Signalement
from bilan.verifier import verifier
from tests.conftest import EDITION, remplacer

TROIS = {"ensembles": [{"code": "e", "nom": "cas", "membres": ["A", "B", "C"]}]}


def temoins(critere: str = "x", **dits: str) -> list[dict]:
    return [
        {"membre": m, "critere": critere, "dit": d, "lieu": f"fiche {m}"} for m, d in dits.items()
    ]


def part(**champs) -> dict:
    return {"indicateur": "I1", "ensemble": "e", "lieu": "tableau"} | champs


def affirmation(quantificateur: str, **champs) -> dict:
    return {"code": "a", "quantificateur": quantificateur, "ensemble": "e", "critere": "x",
            "lieu": "texte"} | champs


def nom(*formes: str, retenue: str = "") -> dict:
    usages = [{"forme": f, "lieu": f"page {i}"} for i, f in enumerate(formes)]
    return {"code": "n", "objet": "Nom", "retenue": retenue, "usages": usages}


def these(*forces: str) -> dict:
    dires = [{"force": f, "lieu": f"page {i}"} for i, f in enumerate(forces)]
    return {"forces": ["semble", "montre"],
            "theses": [{"code": "t", "these": "Thèse", "dires": dires}]}


def appui(**champs) -> dict:
    return {"code": "a", "quoi": "chiffre", "lieu": "page"} | champs


def fait(*dits: str) -> dict:
    valeurs = [{"dit": d, "lieu": f"page {i}"} for i, d in enumerate(dits)]
    return {"faits": [{"code": "f", "objet": "Fait", "valeurs": valeurs}]}


def plan(annonce: str, corps: str) -> dict:
    return {"code": "p", "quoi": "Plan", "annonce": [*annonce], "corps": [*corps], "lieu": "s"}


def dates(lancement: int) -> dict:
    return {
        "reperes": [
            {"code": "l", "nom": "lancement", "annee": lancement, "lieu": "édito"},
            {"code": "f", "nom": "fin", "ans": 2, "apres": ["l"], "lieu": "partie"},
            {"code": "s", "nom": "suite", "ans": 2, "apres": ["l", "f"], "lieu": "fiche"},
            {"code": "r", "nom": "rédaction", "annee": 2025, "lieu": "ours"},
        ],
        "chronologie": [{"code": "c", "avant": "s", "ensuite": "r"}],
    }


def roles(evaluateur: str) -> dict:
    return {
        "roles": [{"qui": "État", "role": "financeur", "lieu": "p. 1"},
                  {"qui": evaluateur, "role": "évaluateur", "lieu": "p. 2"}],
        "incompatibles": [{"code": "i", "premier": "financeur", "second": "évaluateur"}],
    }


# (contrôle, ce qui ne tient pas, ce qui tient, valeurs)
CAS = [
    ("bases.I1", TROIS | {"parts": [part()]},
     {"parts": [part()], "ensembles": [{"code": "e", "nom": "cas", "membres": list("ABCDE")}]},
     {"I1": "80"}),
    ("quantificateurs.a", {"affirmations": [affirmation("tous", indicateur="I1")]},
     {"affirmations": [affirmation("tous", indicateur="I2")]}, {"I1": "90", "I2": "100"}),
    ("quantificateurs.a", {"affirmations": [affirmation("aucun", indicateur="I1")]},
     {"affirmations": [affirmation("aucun", indicateur="I2")]}, {"I1": "10", "I2": "0"}),
    ("quantificateurs.a",
     TROIS | {"affirmations": [affirmation("chaque")], "temoignages": temoins(A="oui", B="non")},
     TROIS | {"affirmations": [affirmation("chaque")],
              "temoignages": temoins(A="oui", B="partiel")},
     {}),
    ("quantificateurs.a",
     TROIS | {"affirmations": [affirmation("seuls", condition="y")],
              "temoignages": temoins(A="oui") + temoins("y", A="non")},
     TROIS | {"affirmations": [affirmation("seuls", condition="y")],
              "temoignages": temoins(A="oui", B="non") + temoins("y", A="oui", B="non")}, {}),
    ("fiches.I1", TROIS | {"parts": [part(critere="x")],
                           "temoignages": temoins(A="oui", B="oui", C="non")},
     TROIS | {"parts": [part(critere="x")], "temoignages": temoins(A="oui", B="oui", C="oui")},
     {"I1": "100"}),
    ("fiches.I1", TROIS | {"parts": [part(critere="x")], "temoignages": temoins(A="partiel")},
     TROIS | {"parts": [part(critere="x")], "temoignages": temoins(A="oui")}, {"I1": "33"}),
    ("temoignages.A.x", {"temoignages": temoins(A="oui") + temoins(A="non")},
     {"temoignages": temoins(A="oui") + temoins(A="partiel")}, {}),
    ("forces.t", these("montre", "semble"), these("semble", "semble"), {}),
    ("decomptes.d",
     {"decomptes": [{"code": "d", "quoi": "cibles", "indicateurs": ["I1", "I2"], "lieu": "page"}]},
     {"decomptes": [{"code": "d", "quoi": "cibles", "indicateurs": ["I1", "I2"], "lieu": "page",
                     "dits": [{"nombre": 1, "lieu": "p. 2"}]}]},
     {"I1": "80", "I1.cible": "80", "I2": "10", "I2.cible": "20"}),
    ("decomptes.d",
     {"decomptes": [{"code": "d", "quoi": "cibles", "indicateurs": ["I1"], "lieu": "page",
                     "dits": [{"nombre": 0, "lieu": "p. 2"}]}]},
     {"decomptes": [{"code": "d", "quoi": "cibles", "indicateurs": ["I1"], "lieu": "page",
                     "dits": [{"nombre": 1, "lieu": "p. 2"}]}]},
     {"I1": "80", "I1.cible": "80"}),
    ("appuis.a", {"appuis": [appui()]}, {"appuis": [appui(source="Insee")]}, {}),
    ("appuis.a", {"appuis": [appui(signe=True)]}, {"appuis": [appui(signe=True, depart="3")]}, {}),
    ("appuis.s",
     {"appuis": [appui(source="i", sujet="s", millesime=m) for m in ("2020", "2022")]},
     {"appuis": [appui(source="i", sujet="s", millesime=m) for m in ("2020", "2020")]}, {}),
    ("renvois.1.3", {"elements": ["1.1"], "renvois": [{"vers": "1.3", "lieu": "tableau"}]},
     {"elements": ["1.1"], "renvois": [{"vers": "1.1", "lieu": "tableau"}]}, {}),
    ("renvois.c", {"elements": ["a", "b", "c"],
                   "renvois": [{"vers": "c", "depuis": "a", "voisin": True, "lieu": "a"}]},
     {"elements": ["a", "b", "c"],
      "renvois": [{"vers": "c", "depuis": "b", "voisin": True, "lieu": "b"}]}, {}),
    ("numeros.s", {"suites": [{"code": "s", "quoi": "S", "numeros": [1, 3, 2], "lieu": "t"}]},
     {"suites": [{"code": "s", "quoi": "S", "numeros": [1, 2, 3], "lieu": "t"}]}, {}),
    ("plans.p",
     {"plans": [plan("ab", "ba")]}, {"plans": [plan("ab", "ab")]}, {}),
    ("plans.p",
     {"plans": [plan("ab", "a")]}, {"plans": [plan("a", "a")]}, {}),
    ("notes.p", {"appels": [{"signe": "*", "partie": "p", "lieu": "l"}],
                 "notes": []},
     {"appels": [{"signe": "*", "partie": "p", "lieu": "l"}],
      "notes": [{"signe": "*", "partie": "p", "lieu": "l"}]}, {}),
    ("notes.p", {"notes": [{"signe": "*", "partie": "p", "lieu": "l"}],
                 "appels": [{"signe": "*", "partie": "q", "lieu": "l"}]},
     {"appels": [], "notes": []}, {}),
    ("annonces.q",
     {"annonces": [{"code": "q", "quoi": "questions", "nombre": 13, "enumeres": 0, "lieu": "l"}]},
     {"annonces": [{"code": "q", "quoi": "questions", "nombre": 13, "enumeres": 13, "lieu": "l"}]},
     {}),
    ("series.s",
     {"series": [{"code": "s", "quoi": "S", "membres": {"A": ["x"], "B": []}, "lieu": "l"}]},
     {"series": [{"code": "s", "quoi": "S", "membres": {"A": ["x"], "B": ["x"]}, "lieu": "l"}]},
     {}),
    ("noms.n", {"noms": [nom("Les Sens du Goût", "Les Sens du goût")]},
     {"noms": [nom("Les Sens du Goût", "Les Sens du Goût")]}, {}),
    ("noms.n", {"noms": [nom("goût", retenue="Goût")]},
     {"noms": [nom("Goût", retenue="Goût")]}, {}),
    ("sigles.ACI", {"sigles": [{"sigle": "ACI", "lieu": "fiche"}]},
     {"sigles": [{"sigle": "ACI", "lieu": "fiche", "developpe": "Atelier chantier d'insertion"}]},
     {}),
    ("sigles.AB", {"glossaire": [{"sigle": "AB", "developpe": "Agriculture biologique"}]},
     {"glossaire": [{"sigle": "AB", "developpe": "Agriculture biologique"}],
      "sigles": [{"sigle": "AB", "lieu": "fiche"}]}, {}),
    ("initiales.CADI", {"sigles": [{"sigle": "CADI", "developpe": "Collectif alimentaire digne",
                                    "lieu": "l"}]},
     {"sigles": [{"sigle": "CAD", "developpe": "Collectif pour une Alimentation Digne",
                  "lieu": "l"}]}, {}),
    ("faits.f", fait("2023", "2024"), fait("2023", "2023"), {}),
    ("propres.p",
     {"propres": [{"code": "p", "objet": "Site", "valeurs": {"A": "u", "B": "u"}, "lieu": "ours"}]},
     {"propres": [{"code": "p", "objet": "Site", "valeurs": {"A": "u", "B": "v"}, "lieu": "ours"}]},
     {}),
    ("dates.c", dates(2023), dates(2021), {}),
    ("roles.i", roles("État"), roles("Cabinet"), {}),
]


def signaler(document: dict, valeurs: dict | None = None, identites=()) -> list[Signalement]:
    valeurs = {code: Decimal(v) for code, v in (valeurs or {}).items()}
    return controler(Relecture(Document.model_validate(document), valeurs, list(identites)))


@pytest.mark.parametrize(("code", "faux", "juste", "valeurs"), CAS,
                         ids=[f"{c[0]}-{i}" for i, c in enumerate(CAS)])
def test_controle(code, faux, juste, valeurs):
    """Chaque contrôle signale ce qui ne tient pas, avec un lieu, et se tait devant ce qui tient."""
    trouves = {s.code: s for s in signaler(faux, valeurs)}
    assert code in trouves
    assert all(trouves[code].lieux)
    assert code not in {s.code for s in signaler(juste, valeurs)}


def test_controle_des_identites():
    """Deux parts qui s'excluent et dépassent la totalité sont signalées ; sinon, rien."""
    identite = Identite(code="i", nom="Parts", genre="base_commune_exclusive", parts=["I5", "I7"],
                        ensemble="acteurs", lieu="tableau")
    [signalement] = signaler({}, {"I5": "37", "I7": "68"}, [identite])
    assert signalement.code == "identites.i"
    assert signaler({}, {"I5": "30", "I7": "68"}, [identite]) == []


def test_tous_les_controles_sont_eprouves():
    """Aucun contrôle n'échappe aux cas de ce fichier."""
    assert {c[0].split(".")[0] for c in CAS} | {"identites"} == {c.code for c in CONTROLES}


def test_document_vide():
    """Un document dont rien n'est déclaré n'est accusé de rien."""
    assert signaler({}) == []


def test_retrait_qui_suffirait():
    """Le signalement dit le cas dont le retrait rendrait le compte possible."""
    dits = temoins(A="oui", B="oui", C="non")
    document = TROIS | {"parts": [part(critere="x")], "temoignages": dits}
    [s] = [s for s in signaler(document, {"I1": "100"}) if s.controle == "fiches"]
    assert "sans C." in s.pourquoi


# --- Le document publié --------------------------------------------------------------------------

ATTENDUS = {
    "C01": {"bases.I3", "bases.I8", "bases.I9", "bases.I10", "bases.I12"},
    "C02": {"quantificateurs.problematique-de-tous"},
    "C03": {"quantificateurs.action-de-chacun", "fiches.I11"},
    "C04": {"identites.raisons-et-participation"},
    "C10": {"forces.formaliser-pour-durer", "quantificateurs.seuls-les-formalises"},
    "C15": {"decomptes.cibles-atteintes"},
    "C21": {"renvois.1.3"},
    "C22": {"numeros.indicateurs"},
    "C23": {"plans.fiches"},
    "C24": {"noms.dunkerque"},
    "C35": {"noms.ami"},
    "C42": {f"sigles.{s}" for s in (
        "AAP", "AB", "CA", "CC", "CIAS", "CLS", "CPIE", "CU", "DDM", "DLC", "DRAC", "ESMS",
        "FRSEA", "MASA", "RÉGAL", "SIQO", "ACI", "CABBALR", "CCSA", "DDETS", "EGalim", "HVDZ",
        "SOLAAL")},
}


@pytest.fixture(scope="module")
def rapprochement(bilan) -> Rapprochement:
    return Rapprochement(bilan.parametres.contradictions,
                         relire_publie(bilan.edition, bilan.registre))


@pytest.mark.parametrize("point", ATTENDUS)
def test_points_trouves_dans_le_document_publie(rapprochement, point):
    """Ces points du relevé sont retrouvés par les contrôles, et par ces signalements-là."""
    [contradiction] = [c for c in rapprochement.points if c.code == point]
    trouves = {s.code for s in rapprochement.du_point(contradiction)}
    assert ATTENDUS[point] <= trouves
    assert rapprochement.issue(contradiction) in ("trouve", "en_partie")


def test_sigles_du_document_publie(rapprochement):
    """Le contrôle des sigles ne trouve que ceux-là."""
    sigles = {s.code for s in rapprochement.signalements if s.controle == "sigles"}
    assert sigles == ATTENDUS["C42"]


def test_sommaire_et_fiches(rapprochement):
    """L'inversion de Dunkerque et du Sud-Artois est nommée ; le plan des parties ne l'est pas."""
    [plan] = [s for s in rapprochement.signalements if s.controle == "plans"]
    assert "Dunkerque annoncé, Sud-Artois trouvé" in plan.pourquoi


def test_ce_qui_tient_n_est_pas_signale(rapprochement):
    """Les éléments transcrits qui concordent (axes, sessions, DRAAF…) ne donnent rien."""
    codes = {s.code for s in rapprochement.signalements}
    assert codes.isdisjoint({"numeros.axes", "plans.parties", "noms.draaf", "noms.thierache",
                             "faits.nombre-de-sessions", "annonces.indicateurs", "bases.I11",
                             "bases.I13", "identites.perennes-et-formalises",
                             "dates.aide-puis-redaction", "notes.perspectives"})


def test_tout_signalement_a_son_point(bilan, rapprochement):
    """Chaque signalement est rattaché à un point, chaque contrôle déclaré trouve quelque chose."""
    assert fautes_du_releve(bilan.parametres, bilan.registre) == []
    assert all(rapprochement.points_de(s) for s in rapprochement.signalements)


def test_issues_et_comptes(bilan, rapprochement):
    """Trouvés, trouvés en partie et laissés au lecteur font le total ; le registre dit de même."""
    comptes = {i: rapprochement.compte(i) for i in ("trouve", "en_partie", "lecteur")}
    assert sum(comptes.values()) == len(rapprochement.points)
    assert comptes["trouve"] == bilan.registre["ensemble.contradictions_trouvees"].valeur
    assert comptes["lecteur"] == bilan.registre["ensemble.contradictions_lecteur"].valeur
    assert "C34" in [p.code for p in rapprochement.points if rapprochement.issue(p) == "lecteur"]


def test_issue_d_un_point():
    """Sans signalement, un point est laissé au lecteur ; avec `lecteur`, il l'est en partie."""
    champs = dict.fromkeys(("titre", "constat", "lieu", "traitement"), "t") | {"theme": "noms"}
    signalement = Signalement("noms", "a", ["l"], "t", "p")
    for controles, lecteur, issue in (([], "", "lecteur"), (["noms.b"], "", "lecteur"),
                                      (["noms.a"], "", "trouve"), (["noms"], "x", "en_partie")):
        point = Contradiction(code="C1", controles=controles, lecteur=lecteur, **champs)
        assert Rapprochement([point], [signalement]).issue(point) == issue


def test_mentions_de_l_annexe(bilan):
    """L'annexe dit de chaque point s'il est trouvé ou laissé au lecteur, et liste les contrôles."""
    releve = bloc_releve(bilan)
    assert releve.count("Trouvé") + releve.count("Laissé au lecteur") == len(
        bilan.parametres.contradictions)
    tableau = bloc_controles(bilan)
    assert all(f"**{c.nom}**" in tableau for c in CONTROLES)


# --- La vérification -----------------------------------------------------------------------------


def verifie(projet) -> list[str]:
    return [str(f) for f in verifier(Projet(projet).edition(EDITION))]


def test_controle_declare_qui_ne_trouve_rien(projet):
    """Un point dont le contrôle déclaré ne trouve plus rien est une faute, à sa ligne."""
    structure = projet / "params" / EDITION / "document-publie" / "structure.yml"
    remplacer(structure, "11, 13, 12]", "11, 12, 13]")
    [faute] = verifie(projet)
    assert faute.startswith(f"params/{EDITION}/contradictions.yml, ligne ")
    assert "C22 : le contrôle « numeros.indicateurs » ne trouve rien" in faute


def test_signalement_sans_point(projet):
    """Un signalement dont aucun point ne parle est une faute qui dit le code à ajouter."""
    noms = projet / "params" / EDITION / "document-publie" / "noms.yml"
    remplacer(noms, "lieu: Fiche Thiérache}", "lieu: Fiche Thiérache}\n"
              "      - {forme: Pays de Thiérache, lieu: Édito}")
    [faute] = verifie(projet)
    assert "aucun point ne parle du signalement « noms.thierache »" in faute


@pytest.mark.parametrize(
    ("fichier", "avant", "apres", "dit"),
    [
        ("chiffres.yml", "indicateur: I13, ensemble", "indicateur: I31, ensemble", "« I31 »"),
        ("chiffres.yml", "I2, ensemble: laureats", "I2, ensemble: laureat",
         "« laureat ». Écrire « laureats » ?"),
        ("affirmations.yml", "dit: depuis 2023", "dis: depuis 2023", "clé inconnue « dis »"),
        ("affirmations.yml", "{force: montre", "{force: prouve", "Ajouter à « forces » : prouve"),
        ("affirmations.yml", "ensuite: periode}", "ensuite: periodes}", "« periodes »"),
    ],
)
def test_transcription_mal_ecrite(projet, fichier, avant, apres, dit):
    """Une clé ou un code inconnus de la transcription sont dits, avec fichier et ligne."""
    remplacer(projet / "params" / EDITION / "document-publie" / fichier, avant, apres)
    fautes = "\n".join(verifie(projet))
    assert f"document-publie/{fichier}" in fautes
    assert dit in fautes


def test_edition_sans_transcription(projet):
    """Sans transcription, l'édition se vérifie, et l'annexe ne dit rien des contrôles."""
    shutil.rmtree(projet / "params" / EDITION / "document-publie")
    bilan = Bilan(EDITION, Projet(projet))
    assert lire_publie(bilan.edition) is None
    assert fautes_du_releve(bilan.parametres, bilan.registre) == []
    assert bloc_controles(bilan) == ""
    assert "Laissé au lecteur" not in bloc_releve(bilan)
    assert "ensemble.contradictions_trouvees" not in bilan.registre
