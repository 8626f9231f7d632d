"""Les phrases à relire : aucune ne change de sens sans que la liste le dise."""

import builtins
import json

import pytest

from bilan.assembler import sommaire
from bilan.carnet import Bilan
from bilan.commandes import principal
from bilan.livre import ecrire_livre
from bilan.nouvelle_edition import preparer_edition
from bilan.phrases import phrases
from bilan.projet import Projet
from bilan.relire_chapitre import avertissement, bloc
from bilan.textes import Prose
from tests.conftest import EDITION, remplacer

NEUVE = "2025-2027"
SYNTHESE = f"params/{EDITION}/textes/synthese.md"


def restent(projet, edition=EDITION):
    return Bilan(edition, Projet(projet)).a_relire


def relire(projet, *options, edition=EDITION):
    return principal(["relire", "--edition", edition, "--projet", str(projet), *options])


def raisons(a):
    return [(r.genre, r.code, r.ancien, r.nouveau) for r in a.raisons]


def test_l_edition_publiee_est_relue(bilan):
    """Dans le dépôt, chaque phrase a été relue depuis son dernier changement : rien à signaler."""
    assert [str(a.phrase) for a in bilan.a_relire] == []
    assert avertissement(bilan) is None
    assert "relire" not in [c.page for c in sommaire(bilan.edition, [])]


@pytest.mark.parametrize(
    ("texte", "attendues"),
    [
        ("# cle\n\nUne. Deux ! Trois", ["Une.", "Deux !", "Trois"]),
        ("Un mot, p. 3 et n° 4. Fin.", ["Un mot, p. 3 et n° 4.", "Fin."]),
        ('[Une. Deux]{.constat code="K1"}.', ["[Une.", 'Deux]{.constat code="K1"}.']),
        ("Une.[^n] Deux.\n\n[^n]: La note. Elle suit.", ["Une.[^n]", "Deux.", "[^n]: La note.",
                                                         "Elle suit."]),
        ("- Un\n  suite\n- Deux", ["- Un\n  suite", "- Deux"]),
        ("| A | B |\n|---|---|\n| c | d |", ["| A | B |", "| c | d |"]),
        ('::: {.callout-note title="Un titre"}\nDedans.\n:::', ["Un titre", "Dedans."]),
        ("**Court.** Une phrase.", ["**Court.** Une phrase."]),
        ("::: {.bloc code=\"x\"}\n:::\n", []),
    ],
)
def test_decoupage(texte, attendues):
    """Une phrase par point, puce, ligne de tableau, note ou titre d'encadré."""
    from bilan.phrases import _de_la_prose

    prose = Prose("params/e/textes/f.md", texte)
    assert [p.source for p in _de_la_prose(prose)] == attendues


def test_phrases_situees(bilan):
    """Chaque phrase d'un fichier est à la ligne dite, avec ses chiffres et ses constats."""
    for phrase in phrases(bilan.edition):
        if phrase.fichier.endswith(".md"):
            lignes = (bilan.edition.racine / phrase.fichier).read_text("utf-8").splitlines()
            assert phrase.source.splitlines()[0] in lignes[phrase.ligne - 1], phrase
    essentielle = next(p for p in phrases(bilan.edition) if p.lieu == "synthese.essentiel")
    assert essentielle.chiffres[:2] == ("ensemble.cibles_atteintes", "ensemble.indicateurs")
    assert essentielle.constats == ("K1",)


def test_donnee_changee(projet):
    """Une ligne de données : les phrases qui citent le résultat, l'ancien et le nouveau."""
    table = projet / f"data/{EDITION}/presences.csv"
    remplacer(table, ",true", ",false")
    listees = restent(projet)
    attendue = ("chiffre", "I1.resultat", "74\u00a0% (71/96)", "73\u00a0% (70/96)")
    cites = {p.empreinte for p in phrases(Projet(projet).edition(EDITION))
             if "I1.resultat" in p.chiffres}
    assert cites
    assert cites <= {a.phrase.empreinte for a in listees if attendue in raisons(a)}
    # Une phrase qui appelle I1 par son code sans citer son résultat en dépend aussi.
    assert any(attendue in raisons(a) and "I1.resultat" not in a.phrase.chiffres for a in listees)
    assert not any("I9.resultat" in a.phrase.chiffres and "I1" not in a.phrase.nue
                   and a.raisons[0].genre == "chiffre" for a in listees)


def test_constat_affaibli_ou_renverse(projet):
    """Un plafond qui descend, une condition qui devient fausse : chaque phrase du constat."""
    table = projet / f"data/{EDITION}/presences.csv"
    table.write_text(table.read_text("utf-8").replace(",false", ",true"), "utf-8")
    dits = {r.nouveau for a in restent(projet) for r in a.raisons
            if (r.genre, r.code) == ("constat", "K9")}
    assert len(dits) == 1
    assert dits.pop().endswith(", condition fausse")


def test_phrase_modifiee_et_phrase_deplacee(projet):
    """Un mot changé : à relire ; des lignes ajoutées au-dessus : rien."""
    remplacer(projet / SYNTHESE, "# essentiel\n", "# essentiel\n\n\n")
    assert restent(projet) == []
    remplacer(projet / SYNTHESE, "L'État y a joint", "L'État y a ajouté")
    (seule,) = restent(projet)
    assert raisons(seule) == [("nouvelle", "", "", "")]
    assert "ajouté" in seule.lisible


def test_definition_changee_sans_changer_le_chiffre(projet):
    """La même valeur, autrement définie : la phrase qui la cite est à relire."""
    remplacer(projet / f"params/{EDITION}/indicateurs.yml",
              "toutes sessions réunies", "toutes sessions confondues")
    genres = {r.genre for a in restent(projet) if "I1.resultat" in a.phrase.chiffres
              for r in a.raisons}
    assert genres == {"definition"}


def test_texte_repris_d_une_edition(projet):
    """Repris, il est à relire, avec ce qu'il disait ; une fois pointé, il ne l'est plus."""
    preparer_edition(Projet(projet), NEUVE)
    remplacer(projet / f"data/{NEUVE}/contexte.csv", "hausse_prix,+,25,", "hausse_prix,+,12,")
    par_lieu = {a.phrase.lieu: a for a in restent(projet, NEUVE)
                if "contexte.hausse_prix" in a.phrase.chiffres}
    assert par_lieu
    for a in par_lieu.values():
        reprise, chiffre = raisons(a)
        assert reprise == ("reprise", "", EDITION, "")
        assert chiffre[:2] == ("chiffre", "contexte.hausse_prix")
        assert (chiffre[2], chiffre[3]) == ("+25\u00a0%", "+12\u00a0%")
    # Ce qui reste à écrire est à compléter, pas à relire.
    assert not any("À compléter" in a.lisible for a in restent(projet, NEUVE))
    assert relire(projet, "--tout", edition=NEUVE) == 0
    assert restent(projet, NEUVE) == []


def test_pointer_une_ligne_un_fichier_tout(projet, capsys):
    """Un lieu marque ses phrases et elles seules ; relire sans rien à relire le dit."""
    (projet / f"params/{EDITION}/relecture.csv").unlink()
    total = len(restent(projet))
    assert relire(projet, "--marquer", "textes/synthese.md:3") == 0
    assert total - len(restent(projet)) == 1
    assert relire(projet, "--marquer", SYNTHESE, "glossaire.yml") == 0
    fichiers = {a.phrase.fichier for a in restent(projet)}
    assert not fichiers & {SYNTHESE, f"params/{EDITION}/glossaire.yml"}
    assert f"params/{EDITION}/textes/ami.md" in fichiers
    assert relire(projet, "--tout") == 0
    capsys.readouterr()
    assert relire(projet) == 0
    assert capsys.readouterr().out == f"Édition {EDITION} : rien à relire.\n"


def test_lieu_inconnu(projet, capsys):
    """Un fichier mal écrit n'efface ni ne marque rien, et le message propose le bon."""
    avant = (projet / f"params/{EDITION}/relecture.csv").read_bytes()
    assert relire(projet, "--marquer", "textes/sinthese.md") == 1
    assert "aucune phrase là" in (dit := capsys.readouterr().err)
    assert "synthese.md" in dit
    assert (projet / f"params/{EDITION}/relecture.csv").read_bytes() == avant


def test_pas_a_pas(projet, monkeypatch):
    """Chaque oui est gardé aussitôt, un non ne marque rien, q arrête."""
    for avant, apres in (("L'État y a joint", "L'État y a ajouté"),
                         ("met chaque résultat", "place chaque résultat"),
                         ("Six cas, six contextes", "Six cas et six contextes")):
        remplacer(projet / SYNTHESE, avant, apres)
    reponses = iter(["o", "peut-être", "n", "q"])
    monkeypatch.setattr(builtins, "input", lambda question: next(reponses))
    assert len(restent(projet)) == 3
    assert relire(projet, "--pas-a-pas") == 0
    assert ["ajouté" in a.lisible for a in restent(projet)] == [False, False]
    assert next(reponses, None) is None


def test_json(projet, capsys):
    """Un objet par phrase : fichier, ligne, phrase, raisons avec l'ancien et le nouveau."""
    remplacer(projet / f"data/{EDITION}/presences.csv", ",true", ",false")
    assert relire(projet, "--json") == 0
    objets = json.loads(capsys.readouterr().out)
    assert {"fichier", "ligne", "cellule", "phrase", "raisons"} == set(objets[0])
    assert {"genre": "chiffre", "code": "I1.resultat", "ancien": "74\u00a0% (71/96)",
            "nouveau": "73\u00a0% (70/96)"} in [r for o in objets for r in o["raisons"]]


@pytest.mark.parametrize("contenu", ["n'importe quoi\n1\n", "phrase,lieu\na,b\n",
                                     "phrase,lieu,debut,chiffres,definitions,constats\na,b,c,d,e,f\n"])
def test_marques_illisibles(projet, capsys, contenu):
    """Un fichier de marques abîmé est dit ; il n'est ni ignoré ni écrasé."""
    chemin = projet / f"params/{EDITION}/relecture.csv"
    chemin.write_text(contenu, "utf-8")
    assert relire(projet, "--tout") == 1
    assert "les marques de relecture ne se lisent plus" in capsys.readouterr().err
    assert chemin.read_text("utf-8") == contenu


def test_verifier_le_dit(projet, capsys):
    """`bilan verifier` compte les phrases à relire sans en faire une faute."""
    remplacer(projet / SYNTHESE, "L'État y a joint", "L'État y a ajouté")
    assert principal(["verifier", "--projet", str(projet)]) == 0
    assert "Phrases à relire : 1." in capsys.readouterr().out


def test_le_rapport_porte_l_avertissement(projet):
    """Tant qu'il reste une phrase, chaque page est prévenue et un chapitre la donne."""
    remplacer(projet / SYNTHESE, "L'État y a joint", "L'État y a ajouté")
    bilan = Bilan(EDITION, Projet(projet))
    assert avertissement(bilan) == "Version de travail\u00a0: 1\u00a0phrase à relire"
    chapitres = sommaire(bilan.edition, [], fini=False)
    assert chapitres[-1].page == "relire"
    assert "y a ajouté" in bloc(bilan)
    assert SYNTHESE in bloc(bilan).replace("\\", "")
    livre = json.loads(ecrire_livre(bilan.edition, bilan, [], {}).read_text("utf-8"))
    assert livre["avertissement"] == avertissement(bilan)
