"""La vérification : chaque faute d'un consultant, dite avec sa ligne et son remède."""

import json

import pytest

from bilan.projet import Projet
from bilan.verifier import verifier
from tests.conftest import EDITION, remplacer


def fautes(projet) -> str:
    return "\n".join(str(f) for f in verifier(Projet(projet).edition(EDITION)))


def modifier_ligne(chemin, numero: int, fonction) -> None:
    lignes = chemin.read_text("utf-8").splitlines()
    lignes[numero - 1] = fonction(lignes[numero - 1])
    chemin.write_text("\n".join(lignes) + "\n", "utf-8")


def test_depot_sans_faute(projet):
    """Ce qui est commité passe la vérification."""
    assert fautes(projet) == ""


CAS = [
    ("booléen en toutes lettres", "presences", 2, lambda li: li.rsplit(",", 1)[0] + ",OUI",
     ["presences.csv, ligne 2, colonne « present »", "Écrire true ou false"]),
    ("valeur hors liste", "acteurs", 3, lambda li: li.replace(li.split(",")[2], "antene", 1),
     ["acteurs.csv, ligne 3, colonne « famille »", "« antene »", "Écrire « antenne » ?"]),
    ("territoire inconnu", "acteurs", 2, lambda li: li.replace("cabbalr", "cabalr"),
     ["acteurs.csv, ligne 2, colonne « territoire »", "« cabalr » n'existe pas"]),
    ("clé en double", "sessions", 3, lambda li: "s1," + li.split(",", 1)[1],
     ["sessions.csv, ligne 3", "déjà prise"]),
    ("score hors bornes", "criteres", 2,
     lambda li: ",".join([*li.split(",")[:2], "2", *li.split(",")[3:]]),
     ["criteres.csv, ligne 2, colonne « score »", "« 2 »"]),
    ("ligne trop longue", "sessions", 2, lambda li: li + ",de trop",
     ["sessions.csv, ligne 2", "nombre de valeurs"]),
    ("colonne mal nommée", "sessions", 1, lambda li: li.replace("date", "dates"),
     ["sessions.csv, ligne 1"]),
    ("date à la française", "sessions", 2,
     lambda li: ",".join([li.split(",")[0], "12/10/2023", *li.split(",")[2:]]),
     ["sessions.csv, ligne 2, colonne « date »", "« 12/10/2023 »", "comme 2023-10-12"]),
    ("valeur obligatoire absente", "sessions", 2,
     lambda li: ",".join([li.split(",")[0], "", *li.split(",")[2:]]),
     ["sessions.csv, ligne 2, colonne « date »", "la valeur manque"]),
]


@pytest.mark.parametrize(("table", "ligne", "fonction", "dits"), [c[1:] for c in CAS],
                         ids=[c[0] for c in CAS])
def test_faute_de_donnees(projet, table, ligne, fonction, dits):
    """Fichier, ligne, colonne, ce qui a été trouvé, ce qu'il faut écrire."""
    modifier_ligne(projet / "data" / EDITION / f"{table}.csv", ligne, fonction)
    trouvees = fautes(projet)
    for dit in dits:
        assert dit in trouvees


def test_table_absente(projet):
    """Une table qui manque est nommée."""
    (projet / "data" / EDITION / "acteurs.csv").unlink()
    assert "acteurs.csv : le fichier manque" in fautes(projet)


def test_fichier_windows(projet):
    """Un CSV enregistré en cp1252 est refusé, avec quoi faire."""
    chemin = projet / "data" / EDITION / "fiches.csv"
    chemin.write_bytes(chemin.read_text("utf-8").encode("cp1252", "replace"))
    assert "fiches.csv : le fichier n'est pas en UTF-8. L'enregistrer en CSV UTF-8." in fautes(
        projet)


def test_definition_qui_nomme_une_colonne_inconnue(projet):
    """La colonne la plus proche est proposée."""
    remplacer(projet / "params" / EDITION / "indicateurs.yml", 'dont: "rencontre"',
              'dont: "rencontré_"'.replace("é_", "r"))
    trouvees = fautes(projet)
    assert "I4" in trouvees
    assert "Écrire « rencontre » ?" in trouvees


def test_fiche_d_un_territoire_inconnu(projet):
    """Un territoire d'edition.yml doit exister dans les données."""
    remplacer(projet / "params" / EDITION / "edition.yml", '"douaisis"', '"douaisi"')
    trouvees = fautes(projet)
    assert "edition.yml, ligne" in trouvees
    assert "territoire inconnu « douaisi »" in trouvees
    assert "Écrire « douaisis » ?" in trouvees


def test_chiffre_inconnu_dans_un_chapitre(projet):
    """Un chiffre mal nommé est situé dans son chapitre."""
    (projet / "report" / "conclusion.qmd").open("a", encoding="utf-8").write(
        '\nSoit []{.chiffre code="I1.resulta"}.\n'
    )
    assert "conclusion.qmd, ligne" in fautes(projet)
    assert "chiffre inconnu « I1.resulta ». Écrire « I1.resultat » ?" in fautes(projet)


def test_bloc_inconnu_dans_un_chapitre(projet):
    """Un bloc mal nommé aussi."""
    (projet / "report" / "conclusion.qmd").open("a", encoding="utf-8").write(
        '\n::: {.bloc code="tableau-2"}\n:::\n'
    )
    assert "bloc inconnu « tableau-2 ». Écrire « tableau-1 » ?" in fautes(projet)


def test_parametre_de_carnet_mal_type(projet):
    """Un paramètre de carnet qui n'est pas du texte est refusé avant toute exécution."""
    remplacer(projet / "notebooks" / "territoire.ipynb", 'territoire: str = \\"douaisis\\"',
              "territoire: int = 1")
    trouvees = fautes(projet)
    assert "notebooks/territoire.ipynb" in trouvees
    assert "Écrire territoire: str" in trouvees


def test_parametre_de_carnet_inconnu(projet):
    """Un paramètre de carnet que rien ne renseigne est refusé : papermill ne ferait qu'avertir."""
    remplacer(projet / "notebooks" / "territoire.ipynb", "territoire: str", "teritoire: str")
    trouvees = fautes(projet)
    assert "paramètre « teritoire » inconnu. Écrire « territoire » ?" in trouvees
    assert "le paramètre « territoire » manque" in trouvees


def test_paquet_illisible(projet):
    """Un datapackage.json abîmé est dit, sans trace technique."""
    (projet / "data" / EDITION / "datapackage.json").write_text("{", "utf-8")
    assert "datapackage.json, ligne 1 : ce n'est pas un paquet de données lisible" in fautes(projet)


def test_table_non_declaree(projet):
    """Une table qui n'est plus au descripteur est nommée."""
    chemin = projet / "data" / EDITION / "datapackage.json"
    paquet = json.loads(chemin.read_text("utf-8"))
    paquet["resources"] = [r for r in paquet["resources"] if r["name"] != "entretiens"]
    chemin.write_text(json.dumps(paquet), "utf-8")
    assert "la table « entretiens » n'est pas déclarée" in fautes(projet)
