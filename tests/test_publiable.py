"""Les colonnes réservées : marquées dans chaque schéma, absentes de tout ce qui se montre."""

import json

import pandas as pd
import pytest

from bilan import lectures
from bilan.carnet import Bilan
from bilan.erreurs import ErreurBilan
from bilan.projet import Projet
from bilan.publiable import fautes_des_marques, montrables, reservees, taire
from bilan.tables import lire_schemas
from bilan.verifier import verifier
from tests.conftest import EDITION, RACINE, remplacer

# Ce qui touche à une personne ou à ce qu'une structure n'a pas dit publiquement.
ATTENDUES = {
    "acteurs": ["raison_non_participation"],
    "entretiens": ["entretien", "territoire", "segment", "consentement", "pseudonymise"],
    "presences": ["participant", "present"],
    "reponses": ["participant", "connaissances_acquises"],
}


def test_les_colonnes_reservees_sont_celles_ci():
    """En réserver moins, ou oublier d'en réserver une, se décide : ce test le montre."""
    schemas = lire_schemas(RACINE)
    assert {t: r for t, s in schemas.items() if (r := reservees(s))} == ATTENDUES


def test_une_colonne_personnelle_est_reservee_ou_n_est_qu_une_place():
    """`profil`, assez large pour ne désigner personne, est la seule qui se publie."""
    publiees = [(t, c["name"]) for t, s in lire_schemas(RACINE).items() for c in s["fields"]
                if c["personnel"] and c["publiable"]]
    assert publiees == [("entretiens", "profil")]


def test_les_tables_que_tout_lit_n_ont_aucune_colonne_reservee(bilan):
    for table, reserves in ATTENDUES.items():
        visibles = set(bilan.tables[table]) & set(reserves)
        assert visibles == ({"segment"} if table == "entretiens" else set())
        assert set(reserves) <= set(bilan.tables_entieres[table])


@pytest.mark.parametrize(("consentement", "pseudonymise", "lu"), [
    (True, True, True), (True, False, False), (False, True, False), (pd.NA, True, False)])
def test_un_propos_ne_se_lit_que_consenti_et_pseudonymise(consentement, pseudonymise, lu):
    schemas = lire_schemas(RACINE)
    noms = [c["name"] for c in schemas["entretiens"]["fields"]]
    ligne = dict.fromkeys(noms, "x") | {"segment": "Un propos.", "consentement": consentement,
                                       "pseudonymise": pseudonymise}
    tables = montrables({"entretiens": pd.DataFrame([ligne])}, schemas)
    assert tables["entretiens"]["segment"].notna().tolist() == [lu]
    assert {"entretien", "territoire", "consentement"}.isdisjoint(tables["entretiens"])


def test_un_carnet_execute_n_a_pas_les_tables_entieres(bilan, tmp_path):
    """Ni par son bilan, ni dans ce que la chaîne lui donne d'ouvert."""
    suivi = lectures.BilanSuivi(bilan, lectures.Journal(bilan, tmp_path / "journal"))
    with pytest.raises(ErreurBilan, match="colonnes publiables"):
        _ = suivi.tables_entieres
    (tmp_path / "ouvert").write_bytes(lectures.emporter(bilan))
    rapporte = lectures.rapporter(tmp_path / "ouvert", Projet(RACINE))
    assert "tables_entieres" not in rapporte.__dict__
    assert "participant" not in rapporte.tables["presences"]
    # Un pseudonyme n'est nulle part dans ces octets.
    assert b"cabbalr-p1" not in (tmp_path / "ouvert").read_bytes()


@pytest.mark.parametrize("marque", ["personnel", "publiable"])
def test_un_schema_sans_marque_est_refuse(projet, marque):
    schema = projet / "data" / "schemas" / "sessions.json"
    remplacer(schema, f'"{marque}": {"false" if marque == "personnel" else "true"}', '"note": 1')
    (faute,) = fautes_des_marques(projet)
    assert str(faute) == (f"data/schemas/sessions.json : colonne « session » : la marque "
                          f'« {marque} » manque. Écrire "{marque}": true ou false.')
    assert faute in verifier(Projet(projet).edition(EDITION))
    assert reservees(json.loads(schema.read_text("utf-8"))) == (
        [] if marque == "personnel" else ["session"]), "sans marque, le doute réserve"


def test_un_message_tait_ce_que_la_ligne_reserve():
    dit = "« s1, p-7 » n'est pas dans « Présences aux sessions »"
    assert taire(dit, {"p-7", ""}) == "(valeur réservée) n'est pas dans « Présences aux sessions »"
    assert taire("« x » n'est pas dans « Présences aux sessions »", {"x"}).endswith("sessions »")


def test_le_bilan_ouvert_ne_change_pas_les_chiffres(bilan):
    """Les calculs lisent les tables entières : I1 et I2 sont ceux du document publié."""
    assert isinstance(bilan, Bilan)
    publies = bilan.tables["publies"].set_index("code")["resultat"]
    for code in ("I1", "I2"):
        assert round(bilan.registre[f"{code}.resultat"].valeur) == publies[code]
