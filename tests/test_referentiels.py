"""Les référentiels : aucun item coché sur parole, chaque preuve cherchée, son absence située."""

import pytest

from bilan import referentiels_annexe
from bilan.blocs import Blocs
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.projet import Projet
from bilan.referentiels import (
    Etat,
    Item,
    Preuve,
    Question,
    etat,
    fautes_d_ecriture,
    lire_referentiels,
)
from bilan.referentiels_preuves import Chercheur, Introuvable, controler, fautes_des_preuves
from bilan.verifier import verifier
from tests.conftest import EDITION, remplacer

LISTES = ["evaluation-cad", "evaluation-sfe", "evaluation-uneg", "projet-rap", "site-rgaa"]


def ouvrir(projet, tmp_path) -> tuple[Bilan, Blocs]:
    bilan = Bilan(EDITION, Projet(projet))
    return bilan, Blocs(bilan, bilan.registre, tmp_path / "figures", "")


@pytest.fixture(scope="module")
def chercheur(bilan, tmp_path_factory) -> Chercheur:
    blocs = Blocs(bilan, bilan.registre, tmp_path_factory.mktemp("figures"), "")
    return Chercheur(bilan, blocs.bloc)


def liste(projet, contenu: str):
    """Le dossier des référentiels réduit à une liste d'essai."""
    dossier = projet / "params" / EDITION / "referentiels"
    for chemin in dossier.glob("*.yml"):
        chemin.unlink()
    (dossier / "essai.yml").write_text(
        "titre: Essai\nediteur: Nous\nversion: un\nadresse: https://exemple.fr\n"
        "source: Inventée pour ce test.\nportee: [rapport]\nitems:\n" + contenu, "utf-8")


TROUVEES = [
    ({"section": "sec-methode-limites"}, "@sec-methode-limites"),
    ({"section": "sec-cooperation"}, "@sec-cooperation"),
    ({"section": "sec-matrice"}, "@sec-matrice"),
    ({"bloc": "synthese.essentiel"}, "Synthèse (`synthese.essentiel`)"),
    ({"bloc": "cooperation.pesees"}, "La mise en coopération des acteurs (`cooperation.pesees`)"),
    ({"bloc": "matrice"}, "(`matrice`)"),
    ({"chiffre": "ensemble.indicateurs"}, 'data-code="ensemble.indicateurs"'),
    ({"fichier": f"params/{EDITION}/edition.yml"}, "edition.yml`"),
    ({"fichier": "index.qmd", "contient": "^# Avant"}, "`index.qmd`"),
    ({"programme": "pyproject.toml", "contient": r"^name = \"bilan\""}, "`pyproject.toml`"),
    ({"test": "tests/test_plan.py::TestAJour::test_rien_a_refaire"}, "rien n'est à exécuter"),
    ({"test": "tests/test_cartes.py::test_se_referme"}, "(`test_cartes.py`)"),
    ({"commande": "bilan indicateurs --json"}, "`bilan indicateurs --json`"),
]


@pytest.mark.parametrize(("preuve", "montre"), TROUVEES, ids=[str(c[0]) for c in TROUVEES])
def test_preuve_trouvee(chercheur, preuve, montre):
    """Chaque sorte de preuve se trouve, et se montre de façon lisible."""
    assert montre in chercheur.chercher(Preuve(**preuve)).replace("\\", "")


MANQUES = [
    ({"section": "sec-metode"}, "aucun chapitre n'a la section « sec-metode »", "« sec-methode »"),
    ({"bloc": "synthese.esentiel"}, "bloc inconnu", "« synthese.essentiel »"),
    ({"bloc": "referentiels"}, "est vide", "dire l'écart"),
    ({"chiffre": "I1.resulat"}, "chiffre inconnu « I1.resulat »", "« I1.resultat »"),
    ({"fichier": "report/metode.qmd"}, "« report/metode.qmd » n'existe pas",
     "« report/methode.qmd »"),
    ({"fichier": "pyproject.toml.absent"}, "n'existe pas", ""),
    ({"fichier": "../voisin.txt"}, "« ../voisin.txt » est hors du projet", "depuis sa racine"),
    ({"fichier": "/etc/passwd"}, "« /etc/passwd » est hors du projet", "depuis sa racine"),
    ({"fichier": "index.qmd", "contient": "^# Postface"}, "ne contient pas « ^# Postface »",
     "Corriger le fichier"),
    ({"fichier": "index.qmd", "contient": "("}, "n'est pas une expression régulière", "Protéger"),
    ({"programme": "bilan/indicateur.py"}, "n'existe pas", "« bilan/indicateurs.py »"),
    ({"test": "tests/test_plan.py::test_rien"}, "n'a pas de test « test_rien »", ""),
    ({"test": "tests/test_plan.py::TestAJour"}, "n'est pas un test", "tests/test_x.py::test_y"),
    ({"test": "tests/conftest.py::copier"}, "n'est pas un test qui affirme", ""),
    ({"commande": "bilan verifer"}, "« verifer » n'est pas possible", ""),
    ({"commande": "make bilan"}, "n'est pas une commande bilan", "Écrire bilan VERBE"),
]


@pytest.mark.parametrize(("preuve", "trouve", "remede"), MANQUES, ids=[str(c[0]) for c in MANQUES])
def test_preuve_introuvable(chercheur, preuve, trouve, remede):
    """Une preuve qui n'existe pas est dite, avec ce qu'il faut écrire."""
    with pytest.raises(Introuvable) as absence:
        chercheur.chercher(Preuve(**preuve))
    assert trouve in absence.value.trouve
    assert remede in absence.value.remede


def test_bloc_que_personne_n_appelle(projet, tmp_path):
    """Un texte écrit mais absent du rapport ne prouve rien."""
    chemin = projet / "params" / EDITION / "textes" / "synthese.md"
    chemin.write_text(chemin.read_text("utf-8") + "\n# oubli\n\nUn texte jamais lu.\n", "utf-8")
    bilan, blocs = ouvrir(projet, tmp_path)
    with pytest.raises(Introuvable, match=r"aucun chapitre n'appelle le bloc « synthese\.oubli »"):
        Chercheur(bilan, blocs.bloc).chercher(Preuve(bloc="synthese.oubli"))


def test_section_vide(projet, tmp_path):
    """Une section réduite à son titre ne prouve rien."""
    chemin = projet / "report" / "externalites.qmd"
    chemin.write_text("# Externalités positives {#sec-externalites}\n\nÀ écrire.\n", "utf-8")
    bilan, blocs = ouvrir(projet, tmp_path)
    with pytest.raises(Introuvable, match="n'a que 1 mots"):
        Chercheur(bilan, blocs.bloc).chercher(Preuve(section="sec-externalites"))


def test_section_d_un_chapitre_hors_du_sommaire(projet, tmp_path):
    """Une section que le sommaire laisse de côté n'est pas dans le rapport."""
    remplacer(projet / "report" / "sommaire.yml", "    - report/perspectives.qmd\n", "")
    bilan, blocs = ouvrir(projet, tmp_path)
    with pytest.raises(Introuvable, match="aucun chapitre n'a la section « sec-perspectives »"):
        Chercheur(bilan, blocs.bloc).chercher(Preuve(section="sec-perspectives"))


def item(**champs) -> Item:
    return Item(code="A", intitule="Un item", **champs)


PREUVES = [Preuve(bloc="a"), Preuve(bloc="b")]
QUESTION = Question(question="Est-ce bon ?", ou="Ici.")


@pytest.mark.parametrize(
    ("champs", "trouvees", "attendu"),
    [
        ({"preuves": PREUVES}, 2, Etat.VERIFIE),
        ({"preuves": PREUVES}, 1, Etat.PARTIEL),
        ({"preuves": PREUVES}, 0, Etat.ECART),
        ({"preuves": PREUVES, "a_juger": QUESTION}, 2, Etat.RESTE),
        ({"preuves": PREUVES, "a_juger": QUESTION}, 1, Etat.PARTIEL),
        ({"preuves": PREUVES, "ecart": "Il manque."}, 2, Etat.PARTIEL),
        ({"ecart": "Il manque."}, 0, Etat.ECART),
        ({"a_juger": QUESTION}, 0, Etat.A_JUGER),
    ],
)
def test_etat_calcule(champs, trouvees, attendu):
    """L'état suit de ce qui a été trouvé, jamais d'un mot écrit dans le fichier."""
    assert attendu == etat(item(**champs), trouvees)


FAUTES = [
    ("  - code: A\n    intitule: Rien\n", 8, "serait coché par simple affirmation"),
    ("  - code: A\n    intitule: Rien\n    ecart: ''\n", 8, "simple affirmation"),
    ("  - code: A\n    intitule: Rien\n    etat: vérifié\n", 10, "clé inconnue « etat »"),
    ("  - code: A\n    intitule: X\n    preuves:\n      - section: sec-ami\n        bloc: b\n", 11,
     "Une preuve a une seule de ces clés"),
    ("  - code: A\n    intitule: X\n    preuves:\n      - bloc: matrice\n        contient: x\n", 11,
     "« contient » ne va qu'avec"),
    ("  - code: A\n    intitule: X\n    ecart: Manque.\n    a_juger:\n      question: Q ?\n"
     "      ou: Là.\n", 8, "un écart et une question"),
    ("  - code: A\n    intitule: X\n    ecart: M.\n  - code: A\n    intitule: Y\n    ecart: N.\n",
     None, "Le code A sert deux fois"),
    ("  - code: A\n    intitule: X\n    a_juger: plus tard\n", 10, "lignes « clé: valeur »"),
    ("  - code: A\n    intitule: X\n    preuves:\n      - section: sec-metode\n", 11,
     "A : aucun chapitre n'a la section « sec-metode ». Écrire « sec-methode » ?"),
    ("  - code: A\n    intitule: X\n    ecart: Voir @sec-metode.\n", 10,
     "A : renvoi vers « sec-metode », qui n'existe pas"),
]


@pytest.mark.parametrize(("contenu", "ligne", "dit"), FAUTES, ids=[c[2][:40] for c in FAUTES])
def test_faute_situee(projet, tmp_path, contenu, ligne, dit):
    """Une liste mal écrite, ou une preuve absente, est dite à sa ligne."""
    liste(projet, contenu)
    bilan, blocs = ouvrir(projet, tmp_path)
    fautes = fautes_d_ecriture(bilan.edition) or fautes_des_preuves(bilan, blocs.bloc)
    assert [(f.fichier, f.ligne) for f in fautes] == [
        (f"params/{EDITION}/referentiels/essai.yml", ligne)
    ]
    assert dit in str(fautes[0])


def test_ancre_renommee(projet):
    """Renommer une section que des preuves citent est une faute de chacune de ces preuves."""
    remplacer(projet / "report" / "methode.qmd", "{#sec-methode-independance}", "{#sec-autre}")
    trouvees = [str(f) for f in verifier(Projet(projet).edition(EDITION))]
    assert len(trouvees) == 1
    assert "evaluation-sfe.yml, ligne" in trouvees[0]
    assert "2 : aucun chapitre n'a la section « sec-methode-independance »" in trouvees[0]


def test_fichier_retire(projet, tmp_path):
    """Un fichier retiré du projet est une faute de la preuve qui le nomme, à sa ligne."""
    chemin = projet / "report" / "style" / "site.css"
    chemin.unlink()
    bilan, blocs = ouvrir(projet, tmp_path)
    faute, = fautes_des_preuves(bilan, blocs.bloc)
    lignes = (projet / faute.fichier).read_text("utf-8").splitlines()
    assert faute.fichier.endswith("site-rgaa.yml")
    assert "report/style/site.css" in lignes[faute.ligne - 1]


def test_listes_du_depot(bilan, chercheur):
    """Les cinq listes passent ; chacune a sa source, et dit au moins un écart ou une question."""
    listes = controler(bilan, chercheur.bloc)
    assert list(listes) == LISTES
    for nom, (referentiel, items) in listes.items():
        assert referentiel.adresse.startswith("http"), nom
        assert [f for c in items for f in c.fautes] == [], nom
        assert {c.etat for c in items} & {Etat.ECART, Etat.A_JUGER}, nom
    assert len(listes["projet-rap"][1]) == 18


def test_annexe(bilan, chercheur):
    """Les comptes sont ceux des tableaux, et la somme des états est le total."""
    markdown = referentiels_annexe.bloc_referentiels(bilan, chercheur.bloc)
    comptes = [li for li in markdown.splitlines() if li.startswith("| ")][1 : len(LISTES) + 1]
    for ligne, nom in zip(comptes, LISTES, strict=True):
        *parts, total = [int(c) for c in ligne.strip("| ").split(" | ")[1:]]
        assert sum(parts) == total
        tableau = markdown.split(f"{{#{nom}}}")[1].split(f"{{#tbl-referentiel-{nom}}}")[0]
        assert total == sum(li.startswith("| **") for li in tableau.splitlines())


def test_edition_sans_referentiel(projet, tmp_path):
    """Une édition qui n'a pas ce dossier se vérifie, et l'annexe le dit."""
    for chemin in (projet / "params" / EDITION / "referentiels").glob("*"):
        chemin.unlink()
    (projet / "params" / EDITION / "referentiels").rmdir()
    assert verifier(Projet(projet).edition(EDITION)) == []
    _, blocs = ouvrir(projet, tmp_path)
    assert blocs.bloc("referentiels") == referentiels_annexe.SANS_LISTE


def test_toutes_les_fautes_d_ecriture_d_un_coup(projet):
    """Deux listes mal écrites donnent les fautes des deux, et la vérification s'arrête là."""
    liste(projet, "  - code: A\n    intitule: Rien\n")
    dossier = projet / "params" / EDITION / "referentiels"
    (dossier / "vide.yml").write_text("titre: Vide\n", "utf-8")
    edition = Projet(projet).edition(EDITION)
    with pytest.raises(ErreurBilan) as erreur:
        lire_referentiels(edition)
    assert {f.fichier.rsplit("/", 1)[-1] for f in erreur.value.fautes} == {"essai.yml", "vide.yml"}
    assert erreur.value.fautes == verifier(edition)
