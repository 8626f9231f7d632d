"""Les petits effectifs de personnes : masqués, et aucun total ne les redonne."""

import json
import re
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from bilan import figures
from bilan.carnet import Bilan
from bilan.masquage import Marge, a_masquer
from bilan.nombres import NON_RENSEIGNE
from bilan.parametres import ReglePersonnes
from bilan.petits_effectifs import MASQUE, masquer, masques
from bilan.projet import Projet
from tests.conftest import EDITION, RACINE, lancer, remplacer

SEUIL = 5


def groupe(nom: str, combien: int, session: str = "s1") -> Marge:
    """Autant de personnes, toutes différentes, d'un groupe."""
    return frozenset((session, f"{nom}-{n}") for n in range(combien))


def en_ligne(*effectifs: int) -> dict[str, tuple[Marge, ...]]:
    """Des groupes a, b, c… et leur total."""
    marges = {chr(97 + n): (groupe(chr(97 + n), e),) for n, e in enumerate(effectifs)}
    return marges | {"total": (frozenset().union(*(m for (m,) in marges.values())),)}


@pytest.mark.parametrize(("effectifs", "attendus"), [
    ((5, 6, 7), ""),       # rien n'est petit
    ((2, 8, 9), "ab"),     # 19 - 8 - 9 rendrait 2 : un de plus est masqué, le plus petit
    ((2, 3, 9), "ab"),     # 19 - 9 rendrait 5, où chacun peut valoir cinq
    ((1, 1, 9), "abc"),    # 11 - 9 montrerait deux effectifs sous le seuil
    ((0, 8, 9), ""),       # zéro n'est personne
    ((4, 0, 9), "ac"),     # un zéro imprimé n'abrite rien
])
def test_masquage_verifiable_a_la_main(effectifs, attendus):
    assert a_masquer(en_ligne(*effectifs), SEUIL) == set(attendus)


def test_un_total_seul_avec_un_petit_effectif_est_masque():
    """Un seul groupe : le total est le groupe."""
    assert a_masquer(en_ligne(3), SEUIL) == {"a", "total"}


def test_un_taux_ne_laisse_pas_lire_ceux_qu_il_ne_compte_pas():
    """18 sur 20 dirait que deux personnes n'en sont pas."""
    tous = groupe("p", 20)
    assert a_masquer({"taux": (groupe("p", 18), tous)}, SEUIL) == {"taux"}
    assert a_masquer({"taux": (groupe("p", 15), tous)}, SEUIL) == set()
    assert a_masquer({"taux": (tous, tous)}, SEUIL) == set()


def test_des_presences_se_comptent_en_personnes():
    """Seize présences de deux personnes sont un effectif de deux."""
    marge = frozenset().union(*(groupe("p", 2, f"s{n}") for n in range(8)))
    assert a_masquer({"presences": (marge,)}, SEUIL) == {"presences"}


tableaux = st.lists(st.lists(st.integers(0, 7), min_size=3, max_size=3), min_size=2, max_size=2)


@settings(max_examples=60, deadline=None)
@given(tableaux)
@example([[0, 3, 2], [0, 7, 3]])
@example([[0, 7, 3], [0, 3, 2]])  # une case masquée y vaut peut-être plus que toutes les vraies
def test_aucune_cellule_masquee_n_est_recalculable(tableau):
    """Par énumération, sans programme linéaire : d'après les cellules et les marges imprimées,
    chaque petit effectif peut valoir autre chose, et atteindre le seuil."""
    cases = list(product(range(2), range(3)))
    sommes = {f"{i}{j}": [(i, j)] for i, j in cases}
    sommes |= {f"ligne {i}": [(i, j) for j in range(3)] for i in range(2)}
    sommes |= {f"colonne {j}": [(i, j) for i in range(2)] for j in range(3)}
    sommes["total"] = cases
    personnes = {(i, j): groupe(f"{i}{j}", tableau[i][j]) for i, j in cases}
    caches = a_masquer({nom: (frozenset().union(*(personnes[c] for c in dont)),)
                        for nom, dont in sommes.items()}, SEUIL)
    vrais = {nom: sum(tableau[i][j] for i, j in dont) for nom, dont in sommes.items()}
    petits = [nom for nom, v in vrais.items() if 0 < v < SEUIL]
    assert caches.issuperset(petits)
    vues: dict[str, set[int]] = {nom: set() for nom in petits}
    for essai in _possibles(cases, sommes, vrais, caches):
        for nom in petits:
            vues[nom].add(sum(essai[c] for c in sommes[nom]))
        if all(len(v) > 1 and max(v) >= SEUIL for v in vues.values()):
            return
    assert not petits, vues


def _possibles(cases, sommes, vrais, caches):
    """Les tableaux que les nombres imprimés permettent."""
    connues = [(dont, vrais[nom]) for nom, dont in sommes.items() if nom not in caches]
    fixes = {dont[0]: v for dont, v in connues if len(dont) == 1}
    libres = [c for c in cases if c not in fixes]
    return _completer(fixes, libres, connues)


def _completer(essai, reste, connues):
    """Ajoute les cases une à une, en coupant dès qu'une somme est dépassée."""
    for dont, v in connues:
        if any(c not in essai for c in dont):
            if sum(essai.get(c, 0) for c in dont) > v:
                return
        elif sum(essai[c] for c in dont) != v:
            return
    if not reste:
        yield essai
        return
    case = reste[0]
    # La dernière case d'une somme imprimée vaut ce qu'il en reste, si grand soit-il.
    forcees = [v - sum(essai[c] for c in dont if c != case) for dont, v in connues
               if case in dont and all(c in essai or c == case for c in dont)]
    borne = min((v for dont, v in connues if case in dont), default=9)
    for valeur in forcees[:1] or range(borne + 1):
        yield from _completer(essai | {case: valeur}, reste[1:], connues)


@pytest.fixture(scope="module")
def masque() -> Bilan:
    """L'édition publiée, comme si ses lignes reconstituées étaient celles de personnes."""
    bilan = Bilan(EDITION, Projet(RACINE))
    regle = ReglePersonnes(seuil=SEUIL, natures=["reconstituee"])
    bilan.parametres.__dict__["generaux"] = bilan.parametres.generaux.model_copy(
        update={"personnes": regle})
    return bilan


def test_aucun_petit_effectif_de_personnes_au_registre(masque):
    """Ni dans un taux, ni dans ceux qu'il ne compte pas, ni dans ce qui s'en déduit."""
    registre = masque.registre
    for chiffre in registre:
        if {"presences", "reponses"} & {*chiffre.tables} and chiffre.denominateur:
            n, sur = chiffre.numerateur, chiffre.denominateur
            feuilles = "reponse.presences" in chiffre.code  # des feuilles, non des personnes
            assert feuilles or n in (0, sur) or SEUIL <= n <= sur - SEUIL, chiffre.code
    for code in ("I1.resultat.cabbalr", "I1.numerateur.cabbalr", "I1.retraits.cabbalr",
                 "I1.poids.ecart", "I2.moyenne", "taux.session.s1.cabbalr", "sessions.s8"):
        assert (registre[code].texte, registre[code].valeur) == (MASQUE, None), code
    assert registre["I1.rapport"].texte == "71/96", "le résultat d'ensemble reste"


def test_les_personnes_ne_restent_pas_au_registre(masque, bilan):
    for ouvert in (masque, bilan):
        assert not any(c.marges for c in ouvert.registre)
        assert all("marges" not in c.en_dict() for c in ouvert.registre)


def test_structures_et_laureats_ne_sont_pas_masques(masque):
    """Un compte d'acteurs ou de territoires, public par nature, se montre si petit soit-il."""
    petits = [c for c in masque.registre
              if {*c.tables} <= {"acteurs", "territoires", "criteres"} and c.valeur in (1, 2, 3)]
    assert petits
    assert not any("acteurs" in c.tables for c in masques(masque.registre))


def test_rien_n_est_masque_dans_l_edition_publiee(bilan):
    """Ses lignes de présence et de réponse sont reconstituées : ce ne sont pas des personnes."""
    assert list(masques(bilan.registre)) == []


def test_un_graphique_dit_masque_et_non_un_trou(masque):
    """Le texte de remplacement ne prend pas un effectif masqué pour une donnée absente."""
    principaux = masque.parametres.principaux
    dessins = [figures.cibles(masque, principaux), figures.repartition(masque, principaux),
               *(figures.place(masque, territoire) for territoire in masque.noms)]
    for dessin in dessins:
        assert MASQUE in dessin.alternative
        assert NON_RENSEIGNE not in dessin.alternative
    assert "(autres : masqué)" in dessins[2].alternative


@pytest.mark.long
def test_une_edition_masquee_entiere(projet, masque, bilan):
    """Aucune page, aucun PDF, aucune table à emporter ne montre un rapport masqué."""
    remplacer(projet / f"params/{EDITION}/edition.yml", 'natures: ["observee"]',
              'natures: ["observee", "reconstituee"]')
    fini = lancer("construire", "--voie", "pandoc", projet=projet)
    assert fini.returncode == 0, fini.stderr
    montres = {c.rapport for c in masque.registre}
    caches = {bilan.registre[c.code].rapport for c in masques(masque.registre)} - montres - {""}
    # Un rapport sur peu de cas peut aussi être celui d'acteurs ou de critères, qui se montrent.
    caches = {rapport for rapport in caches if int(rapport.split("/")[1]) > 16}
    assert {"30/48", "47/60"} <= caches
    motif = re.compile(rf"(?<![\d,])(?:{'|'.join(map(re.escape, caches))})(?![\d,])")
    sortie = projet / "build" / EDITION
    lus = 0
    for fichier in sorted(sortie.rglob("*")):
        if fichier.suffix == ".pdf":
            texte = "\n".join(page.extract_text() for page in PdfReader(fichier).pages)
        elif fichier.suffix in (".html", ".js", ".svg", ".csv", ".json", ".ipynb"):
            texte = fichier.read_text("utf-8")
        else:
            continue
        lus += 1
        assert not motif.findall(texte), fichier
    assert lus > 50
    assert motif.findall(json.dumps([c.en_dict() for c in bilan.registre]))


def test_le_masquage_est_stable(masque):
    """Masquer ce qui est déjà masqué ne change rien."""
    regle = masque.parametres.generaux.personnes
    deux = masquer(masque.registre, regle, masque.tables_entieres, masque.natures)
    assert [c.texte for c in deux] == [c.texte for c in masque.registre]


@pytest.mark.parametrize(("avant", "apres", "dit"), [
    ("  seuil: 5", "  seuil: 1", "edition.yml, ligne"),
    ("  seuil: 5", "  seuil: cinq", "edition.yml, ligne"),
    ("  seuil: 5", "  sueil: 5", "sueil"),
    ('natures: ["observee"]', 'natures: ["observées"]', "edition.yml, ligne"),
])
def test_une_regle_mal_ecrite_est_refusee(projet, avant, apres, dit):
    edition = Projet(projet).edition(EDITION)
    remplacer(edition.params / "edition.yml", avant, apres)
    fautes = Bilan(EDITION, Projet(projet)).parametres.fautes()
    assert len(fautes) == 1 and dit in str(fautes[0])
