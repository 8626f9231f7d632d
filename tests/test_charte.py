"""La charte : contrastes, source unique des couleurs et des polices, et celle d'un service."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import matplotlib
import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from bilan import charte, figures, pandoc, style
from bilan.habillage import FEUILLES, variables
from bilan.projet import Projet
from bilan.registre import Registre
from tests.conftest import EDITION, RACINE, remplacer

LOGO = ('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40">'
        '<rect width="90" height="40" fill="#7a0c4f"/></svg>')
JETONS = """couleurs:
  primaire: "#5b1a7d"
  aplat: "#5b1a7d"
logo:
  fichier: logo.svg
  alternative: Préfecture d'essai
"""


@pytest.fixture
def edition(projet):
    """Une édition dont le service a posé sa charte."""
    edition = Projet(projet).edition(EDITION)
    dossier = charte.dossier(edition)
    dossier.mkdir()
    (dossier / "jetons.yml").write_text(JETONS, "utf-8")
    (dossier / "logo.svg").write_text(LOGO, "utf-8")
    yield edition
    style.adopter(Projet(RACINE).edition(EDITION))


@pytest.fixture
def jetons():
    return charte.lire_base(RACINE)


class TestContrastes:
    def test_mesure(self):
        """Noir sur blanc vaut 21, une couleur sur elle-même 1 ; #767676 est le gris limite."""
        assert charte.contraste("#000000", "#ffffff") == pytest.approx(21)
        assert charte.contraste("#14594b", "#14594b") == 1
        assert charte.contraste("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)

    def test_chaque_couple_declare(self, jetons):
        """Dans les deux palettes, tout texte a 4,5 de contraste, toute marque 3."""
        assert list(charte.contrastes_faibles(jetons)) == []
        assert sum(len(n) for fonds in jetons.contrastes.values() for n in fonds.values()) > 25

    @pytest.mark.parametrize("palette", ["couleurs", "sombre"])
    def test_une_couleur_trop_pale_se_voit(self, jetons, palette):
        """Le contrôle dit la palette, le couple et son contraste."""
        teintes = getattr(jetons, palette) | {"encre": jetons.couleurs["gris"]}
        faibles = list(charte.contrastes_faibles(jetons.model_copy(update={palette: teintes})))
        assert (palette, "encre", "accent_clair") in [f[:3] for f in faibles]

    def test_les_couples_de_la_feuille_sont_declares(self, jetons):
        """Une règle qui pose une couleur sur un fond pose un couple contrôlé."""
        declares = {(dessus, dessous) for fonds in jetons.contrastes.values()
                    for dessous, noms in fonds.items() for dessus in noms}
        vus = set()
        for feuille in FEUILLES:
            texte = (RACINE / "report/style" / feuille).read_text("utf-8")
            for regle in re.findall(r"\{([^{}]*)\}", texte):
                dessus = re.search(r"(?<![-\w])color: var\(--([\w-]+)\)", regle)
                dessous = re.search(r"background: var\(--([\w-]+)\)", regle)
                if dessus and dessous:
                    vus.add((dessus[1].replace("-", "_"), dessous[1].replace("-", "_")))
        assert len(vus) > 5
        assert vus - declares == set()


class TestSourceUnique:
    # Le jaune des bulles est une convention d'Excel, pas une couleur du rapport.
    SAUF = ("importer_marques.py",)

    def test_aucune_couleur_ailleurs(self):
        """Hors de jetons.yml, ni code de couleur, ni nom de police."""
        fichiers = [f for motif in ("report/**/*", "bilan/*.py", "notebooks/*.ipynb")
                    for f in RACINE.glob(motif)
                    if f.suffix in (".css", ".html", ".lua", ".js", ".typ", ".py", ".ipynb")
                    and "tiers" not in f.parts and f.name not in self.SAUF]
        assert len(fichiers) > 100
        interdit = re.compile(r"[\"' :]#(?:[0-9a-fA-F]{3}){1,2}\b(?!\w)|\brgba?\(\s*\d|"
                              r"Source (?:Sans|Serif)|Segoe|Arial|fill: (?:white|black)")
        trouves = {(f.name, ligne) for f in fichiers for ligne in f.read_text("utf-8").splitlines()
                   if interdit.search(ligne) and not ligne.startswith("--")}
        assert trouves == set()

    def test_les_deux_palettes_ont_les_memes_noms(self, jetons):
        """Une couleur a toujours sa version sombre, et chaque variable employée existe."""
        assert set(jetons.couleurs) == set(jetons.sombre)
        feuilles = "".join((RACINE / "report/style" / f).read_text("utf-8") for f in FEUILLES)
        employees = set(re.findall(r"var\((--[\w-]+)\)", feuilles)) - {"--teinte"}
        assert employees - set(re.findall(r"(--[\w-]+):", variables(jetons))) == set()

    def test_bibliotheques_telles_que_distribuees(self):
        """Chaque bibliothèque du site a la somme que dit LICENCES.md."""
        tiers = RACINE / "report/site/tiers"
        dites = dict(re.findall(r"\| ([\w.-]+\.js) \|.*\| ([0-9a-f]{64}) \|",
                                (tiers / "LICENCES.md").read_text("utf-8")))
        lues = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in tiers.glob("*.js")}
        assert lues == dites != {}


class TestFautes:
    @pytest.mark.parametrize("avant, apres, message", [
        ('primaire: "#5b1a7d"', 'primaire: "violet"', "jetons.yml, ligne 2 : « primaire: "
         '"violet" ». Attendu : une couleur entre guillemets : # puis six'),
        ("primaire:", "primaires:", "jetons.yml, ligne 2 : couleur inconnue « primaires ». "
         "Écrire « primaire » ?"),
        ("#5b1a7d", "#c9b0d8", "« primaire » sur « fond » a un contraste de 1,97. Il en faut 4,50"),
        ("fichier: logo.svg", "fichier: absent.svg", "ligne 5 : logo absent : "),
        ("alternative: Préfecture d'essai", 'alternative: ""', "ligne 6"),
        ("logo:", "polices:\n  texte: Marianne\nlogo:",
         "ligne 5 : police introuvable : « Marianne »"),
        ("logo:", "tailles: 3\nlogo:", "clé inconnue « tailles »"),
    ])
    def test_dites_en_clair(self, edition, avant, apres, message):
        """Une charte fautive se dit : fichier, ligne, ce qu'il faut écrire."""
        remplacer(charte.dossier(edition) / "jetons.yml", avant, apres)
        assert any(message in str(f) for f in charte.fautes(edition)), charte.fautes(edition)

    def test_une_charte_juste(self, edition):
        """La charte d'essai n'a pas de faute."""
        assert charte.fautes(edition) == []


@pytest.fixture
def livre(edition, tmp_path) -> Path:
    """Un livre d'un seul chapitre, pour l'assembler vite."""
    chapitre = tmp_path / "index.md"
    chapitre.write_text("# Essai\n\nUn paragraphe.\n", "utf-8")
    Registre(edition.code).ecrire(tmp_path / "registre.json")
    (tmp_path / "blocs.json").write_text("{}", "utf-8")
    chemin = tmp_path / "livre.json"
    chemin.write_text(json.dumps({
        "titre": "Essai", "auteurs": [], "date": "2025-06-30", "edition": edition.code,
        "racine": str(edition.racine), "territoires": {}, "natures": {},
        "registre": str(tmp_path / "registre.json"), "blocs": str(tmp_path / "blocs.json"),
        "logo": charte.lire(edition).logo.model_dump(),
        "chapitres": [{"source": str(chapitre), "page": "index", "genre": "chapitre"}],
    }), "utf-8")
    return chemin


class TestChezUnService:
    def test_dans_le_site(self, livre, tmp_path):
        """Le logo, son texte de remplacement et la couleur sont dans le site."""
        pandoc.assembler_site(livre, tmp_path / "site")
        page = (tmp_path / "site/index.html").read_text("utf-8")
        assert '<img src="logo.svg" alt="Préfecture d’essai">' in page.replace("'", "’")
        assert (tmp_path / "site/logo.svg").read_text("utf-8") == LOGO
        assert "--primaire: #5b1a7d" in (tmp_path / "site/style.css").read_text("utf-8")

    def test_dans_le_pdf(self, livre, tmp_path):
        """Le logo et la couleur sont sur la couverture, avec le texte de remplacement."""
        pandoc.assembler_pdf(livre, tmp_path / "bilan.pdf")
        lecteur = PdfReader(tmp_path / "bilan.pdf")
        dessin = lecteur.pages[0].get_contents().get_data().decode("latin-1")
        peints = {tuple(round(255 * float(c)) for c in t)
                  for t in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) scn", dessin)}
        assert {(0x5B, 0x1A, 0x7D), (0x7A, 0x0C, 0x4F)} <= peints
        objets = (lecteur.get_object(i) for i in range(1, len(lecteur.xref[0]) + 1))
        assert "Préfecture d'essai" in {o.get("/Alt") for o in objets if isinstance(o, dict)}

    def test_sa_police(self, edition, livre, tmp_path):
        """Une police posée à côté des jetons est celle du texte, dans le site et dans le PDF."""
        dossier = charte.dossier(edition) / "polices"
        dossier.mkdir()
        for nom in ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique"):
            shutil.copy(Path(matplotlib.get_data_path()) / "fonts/ttf" / f"{nom}.ttf", dossier)
        jetons = charte.dossier(edition) / "jetons.yml"
        jetons.write_text(JETONS + "polices:\n  texte: DejaVu Sans\n", "utf-8")
        assert charte.fautes(edition) == []
        pandoc.assembler_site(livre, tmp_path / "site")
        servie = TTFont(tmp_path / "site/polices/texte.woff")["name"]
        assert servie.getDebugName(1) == "DejaVu Sans"
        pandoc.assembler_pdf(livre, tmp_path / "bilan.pdf")
        assert b"+DejaVuSans" in (tmp_path / "bilan.pdf").read_bytes()

    def test_dans_les_graphiques(self, edition, bilan):
        """Un graphique de l'édition se dessine avec la couleur du service."""
        assert "#5b1a7d" not in figures.matrice(bilan).svg()
        style.adopter(edition)
        assert "#5b1a7d" in figures.matrice(bilan).svg()
