"""Les remarques des relecteurs : écrites dans Word, retrouvées au bon paragraphe du bilan."""

import csv
import io
import shutil
import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.text.run import Run

from bilan import exports_docx
from bilan.commandes import principal
from bilan.erreurs import ErreurBilan
from bilan.parametres import Limites
from bilan.projet import Edition
from bilan.remarques import CHANGE, DISPARU, INCHANGE, ecrire, lire_reponses, recueillir
from bilan.remarques_lecture import lire, sans_suivi
from tests.bureau import convertir
from tests.conftest import EDITION
from tests.livres import chiffre, petit_livre

TEXTE = """# La mise en œuvre

La part des présents est de []{.chiffre .seul code="A.resultat"} cette année.

Ce paragraphe dit que les réseaux se forment vite autour des porteurs de projet.

- une puce qui parle des épiceries
- une autre puce qui parle des producteurs

| Territoire | Valeur |
|------------|-------:|
| Nord       | 12     |

: Un tableau par territoire {#tbl-un}

Celui-ci finit le chapitre.
"""
SUITE = "# Un autre chapitre\n\nUn texte sans remarque.\n"
QUI, QUAND = "Jeanne Relectrice", "2026-03-02T10:11:00Z"
MARQUE = f'w:id="9000" w:author="{QUI}" w:date="{QUAND}"'


@pytest.fixture
def edition(tmp_path: Path) -> Edition:
    """Une édition dont le bilan, un petit livre, vient d'être exporté."""
    (tmp_path / "_quarto.yml").write_text("", "utf-8")
    (tmp_path / "params" / EDITION).mkdir(parents=True)
    edition = Edition(tmp_path, EDITION)
    construire(edition)
    return edition


def construire(edition: Edition, texte: str = TEXTE, valeur: str = "74\u00a0%") -> None:
    livre = petit_livre(edition.travail, {"un": texte, "deux": SUITE},
                        [chiffre("A.resultat", valeur)])
    exports_docx.ecrire(livre, edition.sortie / "exports" / "bilan.docx")


class Relecture:
    """Un exemplaire du bilan sur lequel on écrit comme Word le fait."""

    def __init__(self, edition: Edition, nom: str = "retour.docx"):
        self.chemin = edition.racine / nom
        self.document = Document(str(edition.sortie / "exports" / "bilan.docx"))

    def paragraphe(self, debut: str):
        trouves = [p for p in self.document.element.body.iter(qn("w:p"))
                   if "".join(t.text or "" for t in p.iter(qn("w:t"))).startswith(debut)]
        return trouves[-1]  # le premier est parfois dans le sommaire

    def morceaux(self, debut: str) -> list:
        return [r for r in self.paragraphe(debut).iter(qn("w:r")) if r.find(qn("w:t")) is not None]

    def commenter(self, debut: str, texte: str, qui: str = QUI) -> None:
        premier, *_, dernier = [Run(r, None) for r in self.morceaux(debut)] * 2
        self.document.add_comment([premier, dernier], text=texte, author=qui, initials="JR")

    def inserer(self, debut: str, texte: str) -> None:
        """Un ajout suivi, en deux morceaux, à la fin du paragraphe."""
        for partie in (texte[:4], texte[4:]):
            self.paragraphe(debut).append(parse_xml(
                f'<w:ins {nsdecls("w")} {MARQUE}><w:r><w:t xml:space="preserve">{partie}</w:t>'
                "</w:r></w:ins>"))

    def remplacer(self, debut: str, mot: str, par: str) -> None:
        """Un mot supprimé et un autre ajouté à sa place, tous deux suivis."""
        (morceau,) = [r for r in self.morceaux(debut) if r.find(qn("w:t")).text == mot]
        retrait = parse_xml(f'<w:del {nsdecls("w")} {MARQUE}/>')
        morceau.addprevious(retrait)
        retrait.append(morceau)
        morceau.find(qn("w:t")).tag = qn("w:delText")
        retrait.addnext(parse_xml(
            f'<w:ins {nsdecls("w")} {MARQUE}><w:r><w:t>{par}</w:t></w:r></w:ins>'))

    def deplacer(self, debut: str, mot: str) -> None:
        """Le morceau, déplacé à la fin de son paragraphe, avec suivi."""
        (morceau,) = [r for r in self.morceaux(debut) if r.find(qn("w:t")).text == mot]
        depart = parse_xml(f'<w:moveFrom {nsdecls("w")} {MARQUE}/>')
        morceau.addprevious(depart)
        depart.append(morceau)
        self.paragraphe(debut).append(parse_xml(
            f'<w:moveTo {nsdecls("w")} {MARQUE}><w:r><w:t>{mot}</w:t></w:r></w:moveTo>'))

    def mettre_en_gras(self, debut: str) -> None:
        """Une mise en forme suivie, sur tout le texte du paragraphe."""
        for morceau in self.morceaux(debut):
            morceau.insert(0, parse_xml(f'<w:rPr {nsdecls("w")}><w:b/><w:rPrChange {MARQUE}>'
                                        "<w:rPr/></w:rPrChange></w:rPr>"))

    def enregistrer(self) -> Path:
        self.document.save(str(self.chemin))
        return self.chemin


W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
FILS = ('<w15:commentsEx xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml">'
        '<w15:commentEx w15:paraId="0"/><w15:commentEx w15:paraId="1" w15:paraIdParent="0"/>'
        '<w15:commentEx w15:paraId="2" w15:done="1"/></w15:commentsEx>')


def relier_les_commentaires(word: Relecture) -> Path:
    """Comme Word : le deuxième commentaire répond au premier, le troisième est résolu."""
    for rang, p in enumerate(word.document.part._comments_part.element.iter(qn("w:p"))):
        p.set(f"{W14}paraId", str(rang))
    retour = word.enregistrer()
    with zipfile.ZipFile(retour, "a") as archive:
        archive.writestr("word/commentsExtended.xml", FILS)
    return retour


def par_texte(edition: Edition, *retours: Path) -> dict:
    return {r.releve.texte: r for r in recueillir(edition, retours)}


def test_un_bilan_qui_n_est_pas_relu_ne_dit_rien(edition):
    """Le document tel qu'on l'envoie ne porte ni remarque, ni modification."""
    envoye = edition.sortie / "exports" / "bilan.docx"
    assert recueillir(edition, [envoye]) == []
    assert lire(envoye, Limites()).edition == EDITION


@pytest.mark.xdist_group("construit")
def test_le_vrai_bilan_non_plus(sortie):
    """Dans le bilan entier, chaque paragraphe relu redonne l'empreinte envoyée."""
    retour = lire(sortie / "exports" / "bilan.docx", Limites())
    assert len(retour.blocs) > 1500 and not retour.releves
    assert list(sans_suivi(retour)) == []
    assert all(b.chapitre for b in list(retour.blocs.values())[2:])


def test_commentaires_et_modifications(edition):
    """Qui, quand, où, ce qui est cité et ce qui est dit, pour un commentaire, un ajout, un
    remplacement et une cellule de tableau."""
    word = Relecture(edition)
    word.commenter("Ce paragraphe dit", "À préciser.")
    word.commenter("Nord", "Quelle source ?")
    word.inserer("une puce qui", " et des marchés")
    remarques = par_texte(edition, word.enregistrer())
    assert set(remarques) == {"À préciser.", "Quelle source ?", " et des marchés"}
    precise = remarques["À préciser."]
    assert (precise.releve.genre, precise.releve.qui) == ("commentaire", QUI)
    assert precise.releve.cite.startswith("Ce paragraphe dit") and precise.depuis == INCHANGE
    assert precise.chapitre == "1 La mise en œuvre"
    assert "Tableau 1 Un tableau par territoire" in remarques["Quelle source ?"].actuel.texte
    ajout = remarques[" et des marchés"]
    assert (ajout.releve.genre, ajout.releve.date) == ("ajout", "2026-03-02 10:11")
    assert ajout.actuel.texte == "une puce qui parle des épiceries"


def test_un_remplacement_est_une_seule_remarque(edition):
    """Un mot barré puis un mot ajouté par la même personne : un remplacement."""
    word = Relecture(edition)
    word.remplacer("La part des présents", "74\u00a0%", "75\u00a0%")
    (remarque,) = recueillir(edition, [word.enregistrer()])
    assert (remarque.releve.genre, remarque.releve.cite, remarque.releve.texte) == (
        "remplacement", "74\u00a0%", "75\u00a0%")


def test_un_deplacement_n_est_pas_un_ajout(edition):
    """Un texte déplacé est dit déplacé, là d'où il part et là où il arrive."""
    word = Relecture(edition)
    word.deplacer("La part des présents", "74\u00a0%")
    depart, arrivee = recueillir(edition, [word.enregistrer()])
    assert (depart.releve.genre, depart.releve.cite) == ("déplacé d’ici", "74\u00a0%")
    assert (arrivee.releve.genre, arrivee.releve.texte) == ("déplacé ici", "74\u00a0%")
    assert {depart.depuis, arrivee.depuis} == {INCHANGE}


def test_une_mise_en_forme_suivie(edition):
    """Un paragraphe mis en gras est une remarque, qui dit ce qui a changé d'allure."""
    word = Relecture(edition)
    word.mettre_en_gras("La part des présents")
    (remarque,) = recueillir(edition, [word.enregistrer()])
    assert remarque.releve.genre == "mise en forme"
    assert remarque.releve.cite == "La part des présents est de 74\u00a0% cette année."


def test_une_discussion(edition):
    """Une réponse dit à qui ; un fil résolu le dit, et garde le code qu'il avait ouvert."""
    word = Relecture(edition)
    for texte, qui in (("Vraiment ?", QUI), ("Oui.", "Paul"), ("Fait.", QUI)):
        word.commenter("Ce paragraphe dit", texte, qui)
    ouvertes = par_texte(edition, word.enregistrer())
    reliees = par_texte(edition, relier_les_commentaires(word))
    assert {t: r.releve.sorte for t, r in reliees.items()} == {
        "Vraiment ?": "commentaire", "Oui.": f"commentaire, réponse à {QUI}",
        "Fait.": "commentaire, résolu"}
    assert {r.code for r in reliees.values()} == {r.code for r in ouvertes.values()}


def test_une_note_de_bas_de_page(edition):
    """Ce qu'on change dans une note est rattaché au paragraphe qui l'appelle."""
    construire(edition, f"{TEXTE}\nUn appel de note.[^a]\n\n[^a]: Une note à revoir.\n")
    retour = Relecture(edition).enregistrer()
    ajout = f'</w:t></w:r><w:ins {MARQUE}><w:r><w:t>vite</w:t></w:r></w:ins><w:r><w:t>'
    relu = edition.racine / "relu.docx"
    with zipfile.ZipFile(retour) as source, zipfile.ZipFile(relu, "w") as cible:
        for nom in source.namelist():
            contenu = source.read(nom)
            if nom == "word/footnotes.xml":
                contenu = contenu.replace("à revoir.".encode(), f"à revoir{ajout}.".encode())
            cible.writestr(nom, contenu)
    (remarque,) = recueillir(edition, [relu])
    assert (remarque.releve.genre, remarque.releve.texte) == ("ajout", "vite")
    assert remarque.actuel.texte == "Un appel de note." and remarque.depuis == INCHANGE


def test_remarques_apres_une_reconstruction(edition):
    """Les voisins récrits, un paragraphe ajouté, un autre récrit, un autre ôté : chaque remarque
    mène encore à son paragraphe, et dit s'il a changé ou disparu."""
    word = Relecture(edition)
    word.commenter("Ce paragraphe dit", "A")
    word.commenter("La part des présents", "B")
    word.commenter("une autre puce", "C")
    word.commenter("Celui-ci finit", "D")
    word.commenter("Nord", "E")
    retour = word.enregistrer()
    neuf = (TEXTE
            .replace("# La mise en œuvre\n", "# La mise en œuvre\n\nUn paragraphe tout neuf.\n")
            .replace("une puce qui parle des épiceries", "une puce récrite")
            .replace("se forment vite autour", "se forment lentement autour")
            .replace("Celui-ci finit le chapitre.\n", ""))
    construire(edition, neuf, "80\u00a0%")
    remarques = par_texte(edition, retour)
    assert {t: r.depuis for t, r in remarques.items()} == {
        "A": CHANGE, "B": CHANGE, "C": INCHANGE, "D": DISPARU, "E": INCHANGE}
    assert "se forment lentement" in remarques["A"].actuel.texte
    assert remarques["B"].actuel.texte == "La part des présents est de 80 % cette année."
    assert remarques["C"].actuel.texte == "une autre puce qui parle des producteurs"
    assert remarques["D"].actuel is None and remarques["D"].chapitre == "1 La mise en œuvre"


def test_une_modification_sans_suivi_se_voit(edition):
    """Un texte changé sans « Suivi des modifications » est signalé, avec l'avant et l'après."""
    word = Relecture(edition)
    word.morceaux("Ce paragraphe dit")[0].find(qn("w:t")).text = "Cette phrase"
    (remarque,) = recueillir(edition, [word.enregistrer()])
    assert remarque.releve.genre == "modification non suivie"
    assert remarque.releve.cite.startswith("Ce paragraphe dit")
    assert remarque.releve.texte.startswith("Cette phrase")


def test_un_paragraphe_retire_sans_suivi_se_voit(edition):
    """Un paragraphe effacé sans suivi est signalé ; pas un paragraphe ajouté depuis l'envoi."""
    word = Relecture(edition)
    efface = word.paragraphe("Ce paragraphe dit")
    efface.getparent().remove(efface)
    retour = word.enregistrer()
    (remarque,) = recueillir(edition, [retour])
    assert remarque.releve.genre == "suppression non suivie"
    assert remarque.releve.cite.startswith("Ce paragraphe dit") and remarque.depuis == INCHANGE
    construire(edition, valeur="80\u00a0%")
    assert len(recueillir(edition, [retour])) == 1, "un chiffre refait ne le cache pas"
    construire(edition, f"{TEXTE}\nUn paragraphe tout neuf.\n")
    assert recueillir(edition, [retour]) == []


def test_un_word_francais_renomme_les_styles(edition):
    """Le chapitre se lit même quand Word a renommé « Heading1 » en « Titre1 »."""
    word = Relecture(edition)
    word.commenter("Celui-ci finit", "A")
    retour = word.enregistrer()
    francais = edition.racine / "francais.docx"
    with zipfile.ZipFile(retour) as source, zipfile.ZipFile(francais, "w") as cible:
        for nom in source.namelist():
            cible.writestr(nom, source.read(nom).replace(b'"Heading1"', b'"Titre1"'))
    construire(edition, TEXTE.replace("Celui-ci finit le chapitre.\n", ""))
    (remarque,) = recueillir(edition, [francais])
    assert remarque.chapitre == "1 La mise en œuvre"


def test_libreoffice_garde_les_reperes(edition, tmp_path):
    """Enregistré par LibreOffice, le document rend les mêmes remarques aux mêmes places."""
    word = Relecture(edition)
    word.commenter("Ce paragraphe dit", "À préciser.")
    word.commenter("Nord", "Quelle source ?")
    word.inserer("une puce qui", " et des marchés")
    word.remplacer("La part des présents", "74\u00a0%", "75\u00a0%")
    avant = recueillir(edition, [word.enregistrer()])
    apres = recueillir(edition, [convertir(word.chemin, "docx", tmp_path / "relu")])
    assert len(avant) == 4
    assert [(r.releve.genre, r.releve.texte, r.actuel.identite, r.depuis) for r in apres] == [
        (r.releve.genre, r.releve.texte, r.actuel.identite, r.depuis) for r in avant]


def test_plusieurs_retours_en_une_table(edition):
    """Deux fichiers, une table dans l'ordre du bilan ; la même remarque n'y est qu'une fois."""
    un, deux = Relecture(edition, "un.docx"), Relecture(edition, "deux.docx")
    deux.commenter("La part des présents", "=1+1", "Paul")
    un.commenter("Celui-ci finit", "À la fin.")
    shutil.copy(un.enregistrer(), edition.racine / "copie.docx")
    retours = [un.chemin, deux.enregistrer(), edition.racine / "copie.docx"]
    chemin = ecrire(edition, recueillir(edition, retours))
    lignes = list(csv.DictReader(io.StringIO(chemin.read_text("utf-8"))))
    assert [li["remarque"] for li in lignes] == ["'=1+1", "À la fin."], "et rien d'exécutable"
    assert lignes[1]["fichiers"] == "un.docx copie.docx" and lignes[0]["qui"] == "Paul"
    assert all(li["chapitre"] == "1 La mise en œuvre" and li["paragraphe"] for li in lignes)


def test_une_reponse_reste(edition, capsys):
    """`--repondre` note la réponse dans params/ ; elle est reprise à la lecture suivante."""
    word = Relecture(edition)
    word.commenter("Ce paragraphe dit", "À préciser.")
    retour = str(word.enregistrer())
    (remarque,) = recueillir(edition, [Path(retour)])
    commun = ["remarques", retour, "--projet", str(edition.racine)]
    assert principal([*commun, "--repondre", remarque.code, 'Précisé : "voir l\'annexe".']) == 0
    assert "1, dont 1 avec une réponse" in capsys.readouterr().out
    assert lire_reponses(edition).reponses[0].reponse == 'Précisé : "voir l\'annexe".'
    assert principal(commun) == 0
    assert "répondu : Précisé" in capsys.readouterr().out
    assert principal([*commun, "--repondre", "inconnu", "Oui."]) == 1
    assert "Aucune remarque « inconnu »" in capsys.readouterr().err


def test_repondre_ne_reexecute_aucun_carnet(edition):
    """remarques.yml n'est pas de ce dont le bilan se calcule."""
    (edition.params / "remarques.yml").write_text("reponses: []\n", "utf-8")
    (edition.params / "edition.yml").write_text("code: x\n", "utf-8")
    assert [f.name for f in edition.reglages] == ["edition.yml"]


def _pas_un_zip(chemin: Path) -> None:
    chemin.write_text("bonjour", "utf-8")


def _pas_un_docx(chemin: Path) -> None:
    with zipfile.ZipFile(chemin, "w") as archive:
        archive.writestr("autre.txt", "x")


def _xml_abime(chemin: Path) -> None:
    with zipfile.ZipFile(chemin, "w") as archive:
        archive.writestr("word/document.xml", "<w:document")


def _autre_document(chemin: Path) -> None:
    document = Document()
    document.add_paragraph("Rien du bilan.")
    document.save(str(chemin))


def _octets_abimes(chemin: Path) -> None:
    with zipfile.ZipFile(chemin, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<w:document>" * 500)
    octets = bytearray(chemin.read_bytes())
    octets[50:60] = b"\xaa" * 10
    chemin.write_bytes(octets)


@pytest.mark.parametrize(("fabriquer", "dit"), [
    (lambda _: None, "aucun fichier à cette adresse"),
    (_octets_abimes, "ce n'est pas un document Word (.docx) lisible"),
    (_pas_un_zip, "ce n'est pas un document Word (.docx) lisible"),
    (_pas_un_docx, "ce n'est pas un document Word (.docx) lisible"),
    (_xml_abime, "ce n'est pas un document Word (.docx) lisible"),
    (_autre_document, "ce document ne porte aucun repère du bilan"),
])
def test_un_fichier_qui_n_est_pas_un_retour(edition, fabriquer, dit, capsys):
    """Un fichier illisible ou étranger : un message, statut 1."""
    fabriquer(edition.racine / "retour.docx")
    commande = ["remarques", str(edition.racine / "retour.docx"), "--projet", str(edition.racine)]
    assert principal(commande) == 1
    erreur = capsys.readouterr().err
    assert dit in erreur and erreur.count("\n") == 1


def test_un_retour_d_une_autre_edition(edition):
    """Le retour d'une autre édition est refusé, et le message dit laquelle."""
    retour = Relecture(edition).enregistrer()
    autre = Edition(edition.racine, "2025-2027")
    shutil.copytree(edition.sortie, autre.sortie)
    autre.params.mkdir()
    with pytest.raises(ErreurBilan, match=r"l'édition 2022-2024, pas de 2025-2027"):
        recueillir(autre, [retour])


def test_sans_bilan_construit(edition):
    """Sans bilan construit, rien à quoi rattacher : le message dit de construire."""
    retour = Relecture(edition).enregistrer()
    shutil.rmtree(edition.sortie)
    with pytest.raises(ErreurBilan, match="bilan construire"):
        recueillir(edition, [retour])
