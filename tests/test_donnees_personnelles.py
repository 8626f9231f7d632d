"""La page sur les données personnelles dit ce que les schémas disent."""

import re

from bilan.publiable import reservees
from bilan.tables import lire_schemas
from tests.conftest import RACINE

PAGE = (RACINE / "docs" / "donnees-personnelles.md").read_text("utf-8")


def test_la_page_cite_chaque_colonne_personnelle_et_elles_seules():
    """Une colonne marquée `personnel` qui s'ajoute ou s'en va s'écrit aussi dans la page."""
    personnelles = {f"{table}.{c['name']}" for table, schema in lire_schemas(RACINE).items()
                    for c in schema["fields"] if c["personnel"]}
    assert set(re.findall(r"^\| `(\w+\.\w+)` \|", PAGE, re.MULTILINE)) == personnelles


def test_la_page_cite_chaque_colonne_reservee():
    reserves = {f"{t}.{c}" for t, schema in lire_schemas(RACINE).items() for c in reservees(schema)}
    assert {c for c in reserves if f"`{c}`" not in PAGE} == set()


def test_la_page_a_chaque_rubrique_du_registre():
    """Celles de l'article 30 : qui, pourquoi, de qui, quoi, pour qui, combien de temps."""
    for rubrique in ("Responsable", "Délégué à la protection des données", "Finalité",
                     "Base légale", "Personnes concernées", "Données", "Destinataires",
                     "Transferts hors de l'Union européenne", "Durée", "Mesures", "Droits"):
        assert f"| {rubrique} |" in PAGE, rubrique
