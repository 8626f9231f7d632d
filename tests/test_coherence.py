"""Le bilan passé aux contrôles de contradiction : rien aujourd'hui, une faute située demain."""

import nbformat
import pytest

from bilan.carnet import Bilan
from bilan.coherence import decrire, fautes_du_bilan
from bilan.coherence_noms import lire_noms
from bilan.coherence_sources import lire_sources
from bilan.parametres import Parametres
from bilan.projet import Projet
from bilan.verifier import verifier
from tests.conftest import EDITION, copier, remplacer

TEXTES = f"params/{EDITION}/textes"


def ajouter(projet, fichier: str, texte: str) -> int:
    """Ajoute un paragraphe et rend le numéro de sa ligne."""
    chemin = projet / fichier
    lignes = chemin.read_text("utf-8").splitlines()
    chemin.write_text("\n".join([*lignes, "", texte]) + "\n", "utf-8")
    return len(lignes) + 2


def relire(projet) -> list[str]:
    return [str(f) for f in fautes_du_bilan(Bilan(EDITION, Projet(projet)))]


def test_le_bilan_passe_ses_propres_controles(bilan):
    """Le document de ce dépôt ne contient aucune contradiction que les contrôles sachent voir."""
    assert fautes_du_bilan(bilan) == []


def test_le_modele_du_bilan_n_est_pas_vide(bilan):
    """Ce silence n'est pas celui d'un modèle vide : tout ce que l'on contrôle a été lu."""
    document = decrire(bilan)
    assert [len(document.suites[0].numeros), len(document.temoignages)] == [13, 36]
    assert {s.sigle for s in document.sigles} >= {s.sigle for s in bilan.parametres.glossaire}
    assert len(document.renvois) > 20
    assert {a.indicateur for a in document.affirmations} == {"I11"}
    assert document.appels and document.notes and document.decomptes[0].dits
    assert "fig-synthese" in document.elements and "tbl-contexte" in document.elements


MUTATIONS = [
    ("report/conclusion.qmd", "La FRSEA a aidé.", ["« FRSEA » employé", "L'ajouter au glossaire"]),
    (f"{TEXTES}/conclusion.md", "La Communauté de communes de Dunkerque pilote.",
     ["« Communauté de communes de Dunkerque »", "Écrire « Communauté urbaine de Dunkerque »"]),
    (f"{TEXTES}/conclusion.md", "L'association Les Sens du goût agit.",
     ["« Les Sens du goût »", "Écrire « Les Sens du Goût »"]),
    (f"{TEXTES}/conclusion.md", "Le Sud Artois continue.", ["Écrire « Sud-Artois »"]),
    ("report/methode.qmd", "Voir la partie @sec-objectif.", ["« sec-objectif »"]),
    (f"{TEXTES}/synthese.md", "Comme le dit la @fig-syntese.",
     ["« fig-syntese »", "Écrire « fig-synthese » ?"]),
    (f"{TEXTES}/synthese.md",
     'Tous les territoires ont une problématique, soit []{.chiffre code="I9.resultat"}.',
     ["« tous »", "I9 est à 90"]),
    (f"{TEXTES}/synthese.md", "Tous les territoires ont agi (I11).",
     ["Thiérache : non", "criteres.csv, ligne"]),
    (f"{TEXTES}/synthese.md", "Seuls les réseaux formalisés (I10) ont une suite (I13).",
     ["« seuls »", "Sud-Artois : partiel"]),
    (f"{TEXTES}/synthese.md", "Aucun territoire n'a de forme (I10).", ["« aucun »", "I10 est à"]),
    (f"{TEXTES}/synthese.md", "Un fait.[^sans-note]", ["note « sans-note »", "Écrire la note"]),
    (f"{TEXTES}/synthese.md", "[^seule]: Une note.", ["note « seule »", "Ôter la note"]),
]


@pytest.fixture(scope="module")
def mutations(tmp_path_factory) -> tuple[list[int], list[str]]:
    """La ligne de chaque mutation, et les fautes du projet qui les porte toutes."""
    racine = copier(tmp_path_factory.mktemp("mutations"))
    lignes = [ajouter(racine, fichier, texte) for fichier, texte, _ in MUTATIONS]
    return lignes, [str(f) for f in verifier(Projet(racine).edition(EDITION))]


@pytest.mark.parametrize("rang", range(len(MUTATIONS)), ids=[m[1][:24] for m in MUTATIONS])
def test_mutation_d_un_texte(mutations, rang):
    """Chaque sorte de contradiction écrite dans un texte est une faute, à sa ligne."""
    (lignes, fautes), (fichier, _, dits) = mutations, MUTATIONS[rang]
    debut = f"{fichier}, ligne {lignes[rang]} : "
    siennes = [f for f in fautes if f.startswith(debut)]
    assert siennes, debut
    for dit in dits:
        assert any(dit in faute for faute in siennes)


def test_aucune_autre_faute(mutations):
    """Les mutations ne donnent de fautes qu'à leurs lignes."""
    lignes, fautes = mutations
    lieux = [f"{m[0]}, ligne {li} : " for m, li in zip(MUTATIONS, lignes, strict=True)]
    assert [f for f in fautes if not f.startswith(tuple(lieux))] == []


def test_ce_qui_n_est_pas_une_contradiction(projet):
    """Une citation marquée, une phrase sans indicateur, un code, un renvoi juste ne sont rien."""
    for texte in (
        "Le sommaire écrit [Communauté de communes de Dunkerque]{.cite} et [FRSEA]{.cite}.",
        "Chaque territoire a son histoire, et tous les territoires ont un lauréat.",
        'Tous les territoires de la base ont agi, soit []{.chiffre code="I11.resultat"}.',
        'Tous les acteurs comptent ; la rencontre est à []{.chiffre code="I4.resultat"}.',
        "Les projets alimentaires territoriaux, le Projet alimentaire territorial, un PAT.",
        "Un fichier `sud artois` et `@sec-absent`, partie II, les codes I1 et R11.",
        "Voir le @tbl-contexte, la @fig-synthese et la @sec-fiche-dunkerque.",
    ):
        ajouter(projet, f"{TEXTES}/synthese.md", texte)
    assert relire(projet) == []


def test_forme_coupee_par_une_fin_de_ligne(projet):
    """Une forme refusée est vue même à cheval sur deux lignes."""
    ligne = ajouter(projet, f"{TEXTES}/synthese.md", "La Communauté de communes\nde Dunkerque.")
    [faute] = relire(projet)
    assert faute.startswith(f"{TEXTES}/synthese.md, ligne {ligne} : Lauréat de Dunkerque")


def test_faute_dans_un_carnet(projet):
    """Dans un carnet, la faute dit aussi la cellule."""
    chemin = projet / "notebooks" / "cooperation.ipynb"
    carnet = nbformat.read(chemin, as_version=4)
    carnet.cells.append(nbformat.v4.new_markdown_cell("Un texte.\n\nLa FRSEA y prend part."))
    nbformat.write(carnet, chemin)
    [faute] = relire(projet)
    assert f"notebooks/cooperation.ipynb (cellule {len(carnet.cells)}), ligne 3 : " in faute


def test_forme_refusee_dans_une_table(projet):
    """Les tables des fiches sont tenues aux mêmes noms."""
    remplacer(projet / "data" / EDITION / "territoires.csv", "Communauté urbaine de Dunkerque,epci",
              "Communauté de communes de Dunkerque,epci")
    [faute] = relire(projet)
    assert faute.startswith(f"data/{EDITION}/territoires.csv, ligne 4 : ")


def test_sigle_du_glossaire_jamais_employe(projet):
    """Un sigle qui ne sert pas est une faute, à la ligne du glossaire."""
    chemin = projet / "params" / EDITION / "glossaire.yml"
    sigle = "- {sigle: SIQO, developpe: Signe d'identification de la qualité et de l'origine}\n"
    texte = chemin.read_text("utf-8") + sigle
    chemin.write_text(texte, "utf-8")
    [faute] = relire(projet)
    assert f"glossaire.yml, ligne {len(texte.splitlines())} : « SIQO » au glossaire" in faute


def test_sigle_qui_ne_correspond_pas_a_son_nom(projet):
    """Un sigle du glossaire dont les lettres ne sont pas celles du nom est une faute."""
    remplacer(projet / "params" / EDITION / "glossaire.yml", "Agence régionale de santé",
              "Agence de santé publique")
    [faute] = relire(projet)
    assert "glossaire.yml, ligne" in faute
    assert "« ARS » pour « Agence de santé publique »" in faute


def test_indicateurs_dans_le_desordre(projet):
    """Un indicateur défini avant celui qui le précède est une faute, à sa ligne."""
    chemin = projet / "params" / EDITION / "indicateurs.yml"
    texte = chemin.read_text("utf-8")
    i12, i13 = (texte.index(f"  - code: {c}\n") for c in ("I12", "I13"))
    fin = texte.index("  # Le bilan publié de 2022-2024 ne donne")
    chemin.write_text(texte[:i12] + texte[i13:fin] + texte[i12:i13] + texte[fin:], "utf-8")
    [faute] = [f for f in relire(projet) if "Indicateurs" in f]
    ligne = texte[:i12].count("\n") + texte[i13:fin].count("\n") + 1
    assert faute.startswith(f"params/{EDITION}/indicateurs.yml, ligne {ligne} : ")
    assert "13 avant 12" in faute


def test_recommandations_dans_le_desordre(projet):
    """Les recommandations sont numérotées dans l'ordre où elles sont écrites."""
    chemin = projet / "params" / EDITION / "constats.yml"
    texte = chemin.read_text("utf-8")
    r2, r3, r4 = (texte.index(f"  - code: {c}\n") for c in ("R2", "R3", "R4"))
    chemin.write_text(texte[:r2] + texte[r3:r4] + texte[r2:r3] + texte[r4:], "utf-8")
    [faute] = [f for f in relire(projet) if "Recommandations" in f]
    ligne = texte[:r2].count("\n") + texte[r3:r4].count("\n") + 1
    assert faute.startswith(f"params/{EDITION}/constats.yml, ligne {ligne} : ")
    assert "3 avant 2" in faute


def test_fiches_dans_un_autre_ordre(projet):
    """L'ordre des fiches d'edition.yml est celui de la table des territoires."""
    remplacer(projet / "params" / EDITION / "edition.yml", '"dunkerque", "sud-artois"',
              '"sud-artois", "dunkerque"')
    [faute] = relire(projet)
    assert "edition.yml, ligne" in faute
    assert "place 3 : sud-artois annoncé, dunkerque trouvé" in faute


def test_compte_des_cibles_jamais_dit(projet):
    """Un bilan qui ne dit nulle part le nombre de cibles atteintes est en faute."""
    for chemin in (projet / TEXTES).glob("*.md"):
        texte = chemin.read_text("utf-8").replace("ensemble.cibles_atteintes", "I3.resultat")
        chemin.write_text(texte, "utf-8")
    [faute] = relire(projet)
    assert "nombre de cibles atteintes : jamais dit" in faute
    assert ", ligne " in faute.split(" : ")[0]


def test_nom_mal_declare(projet):
    """Une faute de noms.yml est dite avec sa ligne, avant toute relecture."""
    remplacer(projet / "params" / EDITION / "noms.yml", "refusees: [CAADDI]", "refusés: [CAADDI]")
    [faute] = [str(f) for f in verifier(Projet(projet).edition(EDITION))]
    assert "noms.yml, ligne" in faute
    assert "clé inconnue « refusés ». Écrire « refusees » ?" in faute


def test_edition_sans_registre_de_noms(projet):
    """Le registre des noms est facultatif ; les sigles restent contrôlés."""
    (projet / "params" / EDITION / "noms.yml").unlink()
    edition = Projet(projet).edition(EDITION)
    assert lire_noms(edition).noms == []
    assert any("« MIT » employé" in f for f in relire(projet))


def test_effacement_garde_les_lignes(bilan):
    """Citations et commentaires effacés laissent chaque ligne à sa place."""
    for source in lire_sources(bilan.edition):
        if source.fichier.endswith(".yml"):
            texte = (bilan.edition.racine / source.fichier).read_text("utf-8")
            assert len(source.texte) == len(texte)
            assert source.texte.count("\n") == texte.count("\n")
    assert Parametres(bilan.edition).fautes() == []
