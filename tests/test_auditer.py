"""L'audit des pourcentages : cas à la main, force brute, propriété, table lue, contrat JSON."""

import argparse
import json
from decimal import Decimal
from fractions import Fraction
from math import floor

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bilan import identites
from bilan.auditer import (
    REGLES,
    Audit,
    auditer,
    bases_possibles,
    comptes_possibles,
    en_json,
    table_publiee,
)
from bilan.auditer_annexe import SANS_RESULTAT, bloc_audit, graphique_audit
from bilan.auditer_lecture import lire_table
from bilan.auditer_terminal import commande
from bilan.erreurs import ErreurBilan
from bilan.identites import Identite
from bilan.identites_controle import controler, derives
from bilan.projet import Projet
from tests.conftest import EDITION, remplacer

TERRITOIRES = ["I2", "I3", "I8", "I9", "I10", "I11", "I12", "I13"]
# Écrits ici à part, en fractions : la force brute ne doit rien au code qu'elle vérifie.
ARRONDIS = {
    "demi_haut": lambda x: floor(x + Fraction(1, 2)),
    "au_pair": round,
    "tronque": floor,
}
# (valeur, demi-scores, règle) -> les plus petites bases, trouvées à la main.
A_LA_MAIN = [
    (74, False, "demi_haut", [19, 23, 27, 31]),
    (74, False, "tronque", [27]),
    (79, False, "demi_haut", [14, 19, 24, 28]),
    (79, False, "tronque", [24]),
    (32, False, "demi_haut", [19, 22, 25]),
    (37, False, "demi_haut", [19, 27, 30]),
    (37, False, "tronque", [8]),
    (25, False, "demi_haut", [4, 8, 12, 16]),
    (68, False, "demi_haut", [19, 22, 25]),
    (62, False, "demi_haut", [13, 21, 26]),
    (62, False, "au_pair", [8]),
    (62, False, "tronque", [8]),
    (80, False, "demi_haut", [5, 10, 15]),
    (90, False, "demi_haut", [10]),
    (90, True, "demi_haut", [5, 10]),
    (50, True, "demi_haut", [1, 2, 3, 4, 5, 6]),
    (0, False, "demi_haut", [1, 2, 3]),
    (100, False, "tronque", [1, 2, 3]),
]
# Ce que donnent six et cinq territoires, en entiers puis en demi-scores.
SIX, CINQ = (["I11", "I13"],) * 2, (["I3", "I8", "I10", "I11", "I12"], TERRITOIRES[1:])


def brute(valeur: str, decimales: int, maximum: int, demi: bool, regle: str) -> list[int]:
    """Les bases, en essayant tous les comptes de toutes les bases."""
    echelle, pas = 10**decimales, Fraction(1, 2) if demi else Fraction(1)
    vise = Fraction(valeur) * echelle
    return [
        n
        for n in range(1, maximum + 1)
        if any(
            ARRONDIS[regle](100 * k * pas / n * echelle) == vise for k in range(int(n / pas) + 1)
        )
    ]


def imprimer(n: int, k: int, decimales: int, regle: str, demi: bool) -> str:
    """Le pourcentage imprimé pour k parts sur n."""
    entier = ARRONDIS[regle](Fraction(100 * k * 10**decimales, n * (1 + demi)))
    return str(Decimal(entier).scaleb(-decimales))


@pytest.fixture(scope="session")
def publies(bilan) -> Audit:
    """L'audit du Tableau 1 publié."""
    return auditer(table_publiee(bilan.tables["publies"], {}))


@pytest.mark.parametrize(("valeur", "demi", "regle", "premieres"), A_LA_MAIN)
def test_bases_a_la_main(valeur, demi, regle, premieres):
    """Les plus petites bases sont celles qu'on trouve avec une calculette."""
    assert premieres == bases_possibles(valeur, demi=demi, regle=regle)[: len(premieres)]


@pytest.mark.parametrize("valeur", [74, 79])
def test_ni_six_ni_cinq(valeur):
    """74 et 79 ne viennent ni de six ni de cinq lauréats, même en demi-scores."""
    for demi in (False, True):
        assert {5, 6}.isdisjoint(bases_possibles(valeur, demi=demi))


def test_ni_48_ni_40_presences():
    """74 % ne vient pas d'une présence par session et par lauréat (8 × 6, 8 × 5)."""
    assert comptes_possibles(74, 0, 48) == comptes_possibles(74, 0, 40) == []


def test_comptes_possibles():
    """Une grande base a plusieurs comptes pour un même pourcentage ; 90 % de 5 en a un, 4,5."""
    assert comptes_possibles(90, 0, 5, demi=True) == [Fraction(9, 2)]
    assert comptes_possibles(74, 0, 200) == [147, 148]
    assert comptes_possibles(100, 0, 400) == [398, 399, 400]


@pytest.mark.parametrize("decimales", [0, 1])
@pytest.mark.parametrize("demi", [False, True])
@pytest.mark.parametrize("regle", REGLES)
def test_force_brute(regle, demi, decimales):
    """La forme close trouve les mêmes bases que l'essai de tous les comptes."""
    pas = 1 if decimales == 0 else 41
    for entier in range(0, 100 * 10**decimales + 1, pas):
        valeur = str(Decimal(entier).scaleb(-decimales))
        attendu = brute(valeur, decimales, 30, demi, regle)
        assert attendu == bases_possibles(
            valeur, decimales, maximum=30, demi=demi, regle=regle
        ), valeur


@st.composite
def tirages(dessiner):
    """Une base, un compte, une règle, des décimales."""
    n, demi = dessiner(st.integers(1, 60)), dessiner(st.booleans())
    k = dessiner(st.integers(0, n * (1 + demi)))
    return n, k, dessiner(st.integers(0, 3)), dessiner(st.sampled_from(sorted(REGLES))), demi


@pytest.mark.long
@settings(max_examples=10_000, deadline=None, database=None)
@given(st.lists(tirages(), min_size=1, max_size=3))
def test_aucune_exclusion_fausse(lignes):
    """Dix mille tables au hasard : la base dont vient un pourcentage est toujours retrouvée."""
    for n, k, decimales, regle, demi in lignes:
        valeur = imprimer(n, k, decimales, regle, demi)
        assert n in bases_possibles(valeur, decimales, demi=demi, regle=regle)
        assert n in bases_possibles(float(valeur), decimales, demi=demi, regle=regle)


@pytest.mark.long
@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(tirages(), min_size=1, max_size=8), st.integers(1, 60))
def test_table_au_hasard(lignes, maximum):
    """Sur une table entière, le JSON dit ce que dit la force brute, règle par règle."""
    table = pd.DataFrame(
        {
            "code": [f"P{rang}" for rang in range(len(lignes))],
            "libelle": "",
            "valeur": [imprimer(*ligne) for ligne in lignes],
            "decimales": [decimales for _, _, decimales, _, _ in lignes],
        }
    )
    for objet, valeur in zip(en_json(auditer(table, maximum)), table["valeur"], strict=True):
        d = objet["decimales"]
        assert brute(valeur, d, maximum, False, "demi_haut") == objet["bases"]
        assert brute(valeur, d, maximum, True, "demi_haut") == objet["bases_demi"]
        assert brute(valeur, d, maximum, False, "au_pair") == objet["bases_au_pair"]
        assert brute(valeur, d, maximum, True, "tronque") == objet["bases_demi_tronque"]


def test_plus_de_decimales_que_l_arrondi():
    """Une valeur plus précise que son arrondi ne vient de nulle part."""
    assert bases_possibles("37.55", 1) == []


@pytest.mark.parametrize(("base", "attendus"), [(6, SIX), (5, CINQ)])
def test_parts_de_territoires(publies, base, attendus):
    """Ce que l'annexe dit de cinq et de six territoires."""
    parts = publies.parmi(TERRITOIRES)
    for demi, codes in zip((False, True), attendus, strict=True):
        assert codes == parts.palier(base, demi=demi).codes


def test_base_commune(publies):
    """Dix-neuf est la plus petite base commune à I1, I2, I4, I5 et I7 ; les huit parts de
    territoires n'en ont pas jusqu'à soixante en comptes entiers."""
    assert publies.parmi(["I1", "I2", "I4", "I5", "I7"]).base_commune() == 19
    assert publies.parmi(TERRITOIRES).base_commune() is None


def test_paliers(publies):
    """Chaque palier explique plus que le précédent ; le hasard compte les valeurs possibles."""
    paliers = publies.paliers(demi=True)
    comptes = [len(p.codes) for p in paliers]
    assert comptes == sorted(set(comptes))
    assert publies.parmi(["I3"]).palier(5).au_hasard == pytest.approx(6 / 101)
    assert publies.parmi(["I3"]).palier(300).au_hasard == 1


ECRITURES = [
    "code,libelle,valeur,decimales\nA,Part,37.5,1\n",
    'code,libelle,valeur\nA,Part,"37,5"\n',
    "code;libelle;valeur\r\nA;Part;37,5 %\r\n;;\r\n",
    "\ufeffCode;Libellé;Valeur;Décimales\nA;Part;37,5\u202f%;\n",
    "source\tcode\tvaleur\tlibelle\nici\t A \t37,5\u00a0%\tPart\n",
]


@pytest.mark.parametrize("texte", ECRITURES)
@pytest.mark.parametrize("codage", ["utf-8", "cp1252", "utf-16"])
def test_lire_table(tmp_path, texte, codage):
    """Les écritures d'un tableur donnent toutes la même table."""
    if codage != "utf-8":
        texte = texte.replace("\ufeff", "").replace("\u202f", "\u00a0")
    chemin = tmp_path / "table.csv"
    chemin.write_bytes(texte.encode(codage))
    lue = lire_table(chemin)
    assert ["A", "Part", Decimal("37.5"), 1] == lue.iloc[0].to_list()


def test_decimales_dites(tmp_path):
    """Les décimales dites l'emportent sur celles qui sont écrites ; 50,0 en a une."""
    chemin = tmp_path / "table.csv"
    chemin.write_text("code;valeur;decimales\nA;50;1\nB;50,0;\nC;50,0;0\n")
    assert lire_table(chemin)["decimales"].to_list() == [1, 1, 0]


FAUTES = [
    ("code,valeur\nA,150\n", ["ligne 2, colonne « valeur »", "« 150 » est hors de 0 à 100"]),
    ("code;valeur\nA;-1\n", ["« -1 » est hors de 0 à 100"]),
    ("code;valeur\nA;n.c.\n", ["« n.c. » n'est pas un nombre", "comme 37,5"]),
    ("code;valeur\nA;\n", ["la valeur manque"]),
    ("code;valeur\n;50\n", ["ligne 2, colonne « code »", "le code manque"]),
    ("code;valeur\nA;50\n\nA;60\n", ["ligne 4", "« A » est déjà à la ligne 2"]),
    ("code;libelle\nA;x\n", ["la colonne « valeur » manque", "Trouvées : code, libelle"]),
    ("code;valeur;decimale\nA;5;1\n", ["colonne inconnue « decimale »", "Écrire « decimales » ?"]),
    ("code;valeur;valeur\nA;5;1\n", ["« valeur » est là deux fois"]),
    ("code,valeur\nA,37,5\n", ["plus de valeurs que de colonnes", "entre guillemets"]),
    ("code;valeur;decimales\nA;5;deux\n", ["« deux »", "un nombre entier de 0 à 15"]),
    ("code,valeur,decimales\nA,37,05\n", ["« 05 »"]),
    ("code;valeur;decimales\nA;37,55;1\n", ["la valeur écrite a plus de décimales"]),
    ('code;valeur\nA;"5\n', ["guillemets"]),
    ("code;valeur\n", ["aucun pourcentage"]),
    ("", ["le fichier est vide", "code,libelle,valeur,decimales"]),
    ("PK\x03\x04", ["c'est un classeur", "CSV UTF-8"]),
]


@pytest.mark.parametrize(("texte", "attendus"), FAUTES)
def test_fautes_de_lecture(tmp_path, texte, attendus):
    """Chaque faute de table dit le fichier, la ligne, ce qui a été trouvé, le remède."""
    chemin = tmp_path / "table.csv"
    chemin.write_bytes(texte.encode())
    with pytest.raises(ErreurBilan) as erreur:
        lire_table(chemin)
    assert str(erreur.value).startswith(str(chemin))
    for attendu in attendus:
        assert attendu in str(erreur.value)


def test_toutes_les_fautes_d_un_coup(tmp_path):
    """Les fautes d'une table sont dites ensemble, une ligne chacune."""
    chemin = tmp_path / "table.csv"
    chemin.write_text("code;valeur\nA;150\nA;x\n;50\n")
    with pytest.raises(ErreurBilan) as erreur:
        lire_table(chemin)
    assert len(erreur.value.fautes) == 4


def test_fichier_absent(tmp_path):
    """Un fichier absent est une faute, dite en français."""
    with pytest.raises(ErreurBilan, match="manque ou ne s'ouvre pas"):
        lire_table(tmp_path / "rien.csv")


def lancer_commande(projet, capsys, **options) -> str:
    options = {"table": None, "json": False, "max": 60} | options
    assert commande(Projet(projet).edition(EDITION), argparse.Namespace(**options)) == 0
    return capsys.readouterr().out


def test_json_du_contrat(projet, tmp_path, capsys):
    """`bilan auditer TABLE.csv --json --max 20` : code, bases, bases_demi, et les autres règles."""
    chemin = tmp_path / "table.csv"
    chemin.write_text("code,libelle,valeur,decimales\nA,x,74,0\nB,y,62.5,1\nC,z,66,0\n")
    objets = json.loads(lancer_commande(projet, capsys, table=chemin, json=True, max=20))
    assert [o["code"] for o in objets] == ["A", "B", "C"]
    assert [o["bases"] for o in objets] == [[19], [8, 16], []]
    assert [o["bases_demi"] for o in objets] == [[17, 19], [4, 8, 12, 16, 20], [16, 19]]
    assert objets[2]["bases_tronque"] == [3, 6, 9, 12, 15, 18]
    assert {"bases_au_pair", "bases_demi_au_pair", "bases_demi_tronque"} <= set(objets[0])


def test_terminal(projet, tmp_path, capsys):
    """Sans table, les résultats publiés et leurs identités ; avec une table, elle seule."""
    sortie = lancer_commande(projet, capsys)
    assert "I13" in sortie and "Impossible. I5 (37\u00a0%) et I7 (68\u00a0%)" in sortie
    chemin = tmp_path / "table.csv"
    chemin.write_text("code;valeur\nX;79\n")
    sortie = lancer_commande(projet, capsys, table=chemin)
    assert "14, 19, 24" in sortie and "Impossible" not in sortie


def identite(genre: str, parts: list[str], tout: list[str] = (), **champs) -> Identite:
    return Identite(code="x", nom="x", genre=genre, parts=parts, tout=list(tout),
                    ensemble="unités", lieu="x", il_faudrait="Autre chose.", **champs)


IDENTITES = [
    ("base_commune_exclusive", {"a": "37", "b": "68"}, [], {}, "impossible"),
    ("base_commune_exclusive", {"a": "33", "b": "68"}, [], {}, "possible"),  # 32,5 + 67,5
    ("base_commune_exclusive", {"a": "33.0", "b": "68.0"}, [], {}, "impossible"),
    ("part_du_tout", {"a": "61"}, ["60"], {}, "impossible"),
    ("part_du_tout", {"a": "60"}, ["60"], {}, "possible"),
    ("part_du_tout", {"a": "60.4"}, ["60"], {}, "possible"),  # 60 peut cacher 60,4
    ("part_du_tout", {"a": "30"}, ["50", "50"], {}, "impossible"),
    ("sous_groupes", {"a": "62", "b": "25"}, ["32", "68"], {}, "sous condition"),
    ("sous_groupes", {"a": "62", "b": "25"}, ["32", "68"], {"exhaustif": True}, "impossible"),
    ("sous_groupes", {"a": "62", "b": "15"}, ["32", "68"], {"exhaustif": True}, "possible"),
    ("sous_groupes", {"a": "10", "b": "15"}, ["50"], {}, "sous condition"),
    ("base_connue", {"a": "74"}, ["8", "6"], {}, "impossible"),
    ("base_connue", {"a": "90"}, ["50"], {}, "possible"),
    ("base_connue", {"a": "37"}, ["8"], {}, "possible"),  # 3/8, tronqué
]


@pytest.mark.parametrize(("genre", "parts", "tout", "champs", "verdict"), IDENTITES)
def test_identites(genre, parts, tout, champs, verdict):
    """Chaque genre d'identité, vérifié à la calculette ; l'arrondi profite toujours au doute."""
    facteurs = {f"t{rang}": valeur for rang, valeur in enumerate(tout)}
    valeurs = {code: Decimal(valeur) for code, valeur in (parts | facteurs).items()}
    [constat] = controler([identite(genre, list(parts), facteurs, **champs)], valeurs)
    assert verdict == constat.verdict
    assert bool(constat.il_faudrait) == (verdict != "possible")


def test_identites_de_l_edition(bilan):
    """I5 et I7 ne partagent pas de base ; 32 % × 68 % = 21,8 % ; ni 48 ni 40 ne donnent I1."""
    nombres = {d.code: d.texte for d in derives(bilan.edition, bilan.registre)}
    assert nombres["audit.raisons-et-participation.somme"] == "105\u00a0%"
    assert nombres["audit.participation-des-sous-groupes.tout"] == "21,8\u00a0%"
    assert nombres["audit.presences-de-tous.base"] == "48"
    assert nombres["audit.presences-de-la-base.base"] == "40"


def test_valeur_absente():
    """Une identité dont une valeur manque n'est pas contrôlée."""
    assert controler([identite("part_du_tout", ["a"], ["b"])], {"a": Decimal(1)}) == []


FAUTES_DES_IDENTITES = [
    ("    genre: part_du_tout", "    genre: part_de_tout",
     ["« genre: part_de_tout »", "part_du_tout"]),
    ("    parts: [I5, I7]", "    parts: [I5]", ["deux pour des parts à comparer"]),
    ("    tout: [I10]", "    tout: []", ["Écrire « tout »"]),
    ("    parts: [I13]", "    parts: [I133]", ["code inconnu « I133 »", "Écrire « I13 » ?"]),
    ("code: effectifs", "code: territoires", ["territoires est défini deux fois"]),
    ("_exclusive\n    parts", "_exclusive\n    couleur: rouge\n    parts",
     ["clé inconnue « couleur »"]),
]


@pytest.mark.parametrize(("avant", "apres", "attendus"), FAUTES_DES_IDENTITES)
def test_fautes_des_identites(projet, bilan, avant, apres, attendus):
    """Chaque faute d'identites.yml dit le fichier, ce qui a été trouvé, le remède."""
    edition = Projet(projet).edition(EDITION)
    remplacer(edition.params / "identites.yml", avant, apres)
    codes = {c.code.removeprefix("publie.") for c in bilan.registre}
    fautes = identites.fautes(edition, lambda: codes)
    texte = "\n".join(map(str, fautes))
    for attendu in ["params/2022-2024/identites.yml", *attendus]:
        assert attendu in texte


def test_identites_du_depot_sans_faute(bilan):
    """Le fichier commité ne cite que des codes qui existent."""
    codes = {c.code.removeprefix("publie.") for c in bilan.registre}
    assert identites.fautes(bilan.edition, lambda: codes) == []


def test_edition_sans_identites(projet):
    """Une édition qui n'en déclare pas n'est pas en faute."""
    edition = Projet(projet).edition(EDITION)
    (edition.params / "identites.yml").unlink()
    assert identites.fautes(edition, set) == []
    assert identites.lire(edition).identites == []


def test_bloc_de_l_annexe(bilan):
    """L'annexe montre les deux tableaux, les bases communes et les identités, chiffres nommés."""
    bloc = bloc_audit(bilan)
    for attendu in ("{#tbl-audit-territoires}", "{#tbl-audit}", "4\\,5\\/5", "**7 sur 8**",
                    "tous les 5 est 19", "{#identites}", 'data-code="publie.I5"'):
        assert attendu in bloc


def test_graphique(bilan):
    """L'image compte juste ce que donnent cinq et six territoires, et le dit sans elle."""
    graphique = graphique_audit(bilan)
    assert "la base 5 en donne 7 et la base 6 en donne 2" in graphique.titre
    assert "I1 74\u00a0% : 19 (demi-scores : 17)" in graphique.alternative
    assert len(graphique.donnees) == 14
    assert graphique.svg() == graphique_audit(bilan).svg()


def test_edition_sans_resultat_publie(bilan, monkeypatch):
    """Une édition en cours n'a rien à auditer, et le dit."""
    vide = bilan.tables["publies"].assign(resultat=pd.NA)
    monkeypatch.setitem(bilan.tables, "publies", vide)
    assert bloc_audit(bilan) == SANS_RESULTAT
    assert graphique_audit(bilan) is None
