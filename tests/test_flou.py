"""Un million d'entrées abîmées : une faute claire ou un résultat juste (voir tests/flou.py)."""

from __future__ import annotations

import random
import zipfile
from collections import Counter

import pytest

from bilan.coherence_noms import NomsRetenus
from bilan.erreurs import ErreurBilan
from bilan.importer_conversion import Doute, convertir
from bilan.importer_csv import lire_csv
from bilan.importer_lecture import Cellule
from bilan.importer_lecture import lire as lire_recu
from bilan.parametres import Limites, valider
from bilan.plan import Tache, _fautes_de_carnet
from bilan.projet import Edition
from bilan.remarques_lecture import lire as lire_retour
from tests.conftest import EDITION, RACINE
from tests.flou import LECTEURS, Lecteur, champs, eprouver, juger, tirer_table
from tests.flou_exports import LECTEUR_D_EXPORTS, essayer_export, sain
from tests.flou_fichiers import CARNET, CORPS, LECTEURS_DE_FICHIERS, STYLES, archive

TOUS = [*LECTEURS, *LECTEURS_DE_FICHIERS, LECTEUR_D_EXPORTS]
PARTS = 4  # pour que les cœurs se les partagent


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("lecteur", TOUS, ids=lambda lecteur: lecteur.nom)
def test_entrees_abimees(lecteur: Lecteur, part: int):
    """Chaque entrée, toutes différentes, donne une faute claire ou un résultat juste."""
    combien = lecteur.combien // PARTS
    assert eprouver(lecteur, combien, f"{lecteur.nom} {part}") == combien


def test_un_million():
    """Le flou essaie au moins un million d'entrées ; l'essai ci-dessus compte chacune."""
    assert sum(lecteur.combien // PARTS * PARTS for lecteur in TOUS) >= 1_000_000


def test_une_table_surement_saine_est_saine_pour_frictionless():
    """Et l'inverse aussi, sur assez de tables pour que le raccourci serve à quelque chose."""
    hasard, verdicts = random.Random(7), Counter()
    for _ in range(80):
        saine, erreurs = juger(*tirer_table(hasard))
        assert not (saine and erreurs), erreurs
        verdicts[saine, bool(erreurs)] += 1
    assert verdicts[True, False] > 5
    assert verdicts[False, True] > 5


# Ce que le flou a trouvé, gardé.


@pytest.mark.parametrize("contenu", [0, "a", None, []])
def test_un_fichier_sans_cles_est_une_faute(contenu):
    """Un seul mot à la place d'un fichier de paramètres est dit, et non une erreur de Python."""
    with pytest.raises(ErreurBilan) as levee:
        valider(contenu, NomsRetenus, lambda: ["x"], "noms.yml")
    assert "Attendu : des lignes « clé: valeur »" in str(levee.value)


@pytest.mark.parametrize("genre", ["Kobo", "ODK"])
def test_un_export_sain_passe_l_essai(genre):
    """Ce que le flou abîme est d'abord un export sans faute."""
    essayer_export((genre, sain(genre)))


@pytest.mark.parametrize("blanc", ["\t", "\x1c", "\u3000"])
def test_un_blanc_inconnu_ne_remplit_pas_une_cellule_obligatoire(blanc):
    """Ce qui s'efface en entier à la lecture n'est pas une valeur."""
    for champ in (c for c in champs() if c.obligatoire):
        with pytest.raises(Doute):
            convertir(Cellule(1, 1, blanc), champ, {})


def test_un_octet_nul_se_voit_aussi_en_utf16():
    """Un caractère nul au milieu d'un texte UTF-16 est refusé comme ailleurs."""
    with pytest.raises(ErreurBilan, match="octets nuls"):
        lire_csv("f.csv", "session;theme\r\ns1;a\0b\r\n".encode("utf-16"), Limites())


@pytest.mark.parametrize(("avant", "apres"), [
    (b"kernelspec", b"kernel"), (b'"python"', b'"inconnu"'), (b"nbformat_minor", b"mineur"),
    (b'"source"', b'"suorce"'), (b"metadata", b"meta"),
])
def test_un_carnet_abime_est_dit_tel(tmp_path, avant, apres):
    """Ce que papermill ne sait pas lire d'un carnet est une faute du carnet."""
    carnet = tmp_path / "n.ipynb"
    carnet.write_bytes(CARNET.replace(avant, apres))
    tache = Tache("n", carnet, {"edition": "x"}, tmp_path)
    fautes = _fautes_de_carnet(Edition(RACINE, EDITION), tache)
    assert [f.trouve for f in fautes] == ["ce n'est pas un carnet Jupyter lisible"]


@pytest.mark.parametrize("styles", [STYLES.replace(b"w:name", b"w:nom"),
                                    STYLES.replace(b"w:val", b"w:valeur")])
def test_un_style_sans_nom_n_empeche_pas_de_lire_un_retour(tmp_path, styles):
    """Un style Word sans nom n'est pas celui des titres ; le reste du document se lit."""
    chemin = tmp_path / "r.docx"
    with zipfile.ZipFile(chemin, "w") as archive:
        archive.writestr("word/document.xml", CORPS)
        archive.writestr("word/styles.xml", styles)
    assert len(lire_retour(chemin, Limites()).blocs) == 2


@pytest.mark.parametrize("debut, apres", [
    (b"PK\x03\x04", 1), (b"PK\x03\x04", 300), (b"PK\x01\x02", 1), (b"PK\x05\x06", 1)])
def test_un_classeur_dont_des_octets_ont_change_est_dit_abime(tmp_path, debut, apres):
    """Entête, contenu comprimé, répertoire : mal téléchargé, il n'arrête plus l'import."""
    octets = bytearray(archive("xlsx"))
    octets[octets.index(debut) + apres] ^= 0xFF
    (tmp_path / "c.xlsx").write_bytes(octets)
    with pytest.raises(ErreurBilan, match=r"c\.xlsx : le (fichier|classeur) est abîmé"):
        lire_recu(tmp_path / "c.xlsx", Limites())
