"""Du carnet exécuté au Markdown que lit l'assembleur embarqué (par nbconvert)."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pypandoc
from jinja2 import DictLoader
from nbconvert.exporters import MarkdownExporter
from traitlets.config import Config

from bilan.erreurs import ErreurBilan
from bilan.markdown import attribut
from bilan.mise_au_propre import lire_options

# Le Markdown que lisent les chapitres (report/pandoc/lecture.lua).
FORMAT_INERTE = "markdown-raw_html-raw_attribute-raw_tex-tex_math_dollars"
# Même ordre de préférence que Quarto : le Markdown, puis les images, puis le reste.
GABARIT = """
{%- for cell in nb.cells %}
{%- if cell.cell_type == "markdown" %}
{{ cell.source }}
{% elif cell.cell_type == "code" %}
{{ cell | code_du_carnet }}
{%- for sortie in cell.outputs %}
{{ sortie | en_markdown(cell) }}
{% endfor %}
{%- endif %}
{%- endfor %}
"""


# Les valeurs que le carnet déclare, puis celles de cette exécution, qui les remplacent.
PARAMETRES = {"parameters": "Paramètres par défaut", "injected-parameters": "Paramètres"}


def convertir(carnet: Path, figures: Path, *, code: bool = False) -> str:
    """Le Markdown d'un carnet exécuté ; ses images sont écrites dans `figures`.

    `code` : chaque sortie suit le code qui l'a faite, pour qui relit.

    Lève `ErreurBilan` si une image n'a pas de texte de remplacement.
    """
    nom = carnet.stem
    exportateur = MarkdownExporter(
        extra_loaders=[DictLoader({"bilan.md.j2": GABARIT})],
        template_file="bilan.md.j2",
        config=Config(
            TagRemovePreprocessor={"enabled": True, "remove_cell_tags": {"remove-cell"}},
            ExtractOutputPreprocessor={
                "output_filename_template": nom + "-{cell_index}-{index}{extension}"
            },
        ),
    )
    exportateur.register_filter("en_markdown", _en_markdown(nom, figures))
    exportateur.register_filter("code_du_carnet", _code if code else lambda cellule: "")
    texte, ressources = exportateur.from_notebook_node(nbformat.read(carnet, as_version=4))
    figures.mkdir(parents=True, exist_ok=True)
    for fichier, octets in ressources.get("outputs", {}).items():
        (figures / Path(fichier).name).write_bytes(octets)
    return texte


def _en_markdown(nom: str, figures: Path):
    """Le filtre qui écrit une sortie de cellule dans le dialecte commun."""

    def ecrire(sortie: nbformat.NotebookNode, cellule: nbformat.NotebookNode) -> str:
        if sortie.output_type == "stream":
            return _brut(sortie.text)
        donnees = sortie.get("data", {})
        if "text/markdown" in donnees:
            return donnees["text/markdown"]
        fichiers = sortie.get("metadata", {}).get("filenames", {})
        for genre in ("image/svg+xml", "image/png", "image/jpeg"):
            if genre in fichiers:
                return _image(nom, cellule, figures / Path(fichiers[genre]).name)
        if "text/html" in donnees:
            return pypandoc.convert_text(donnees["text/html"], FORMAT_INERTE, format="html",
                                         extra_args=["--sandbox"])
        return _brut(donnees.get("text/plain", ""))

    return ecrire


def _code(cellule: nbformat.NotebookNode) -> str:
    """Le code d'une cellule, à déplier ; une cellule se nomme comme dans l'annexe de provenance."""
    options, code = lire_options(cellule.source)
    rang = int(cellule.id.removeprefix("c")) + 1
    quoi = PARAMETRES.get(next(iter(cellule.metadata.get("tags", [])), ""), "Code")
    etiquette = f" ({options['label']})" if "label" in options else ""
    titre = attribut("titre", f"{quoi}, cellule {rang}{etiquette}")
    return f"::: {{.code-carnet {titre}}}\n{_brut(code)}:::\n"


def _image(nom: str, cellule: nbformat.NotebookNode, chemin: Path) -> str:
    options, _ = lire_options(cellule.source)
    alternative = options.get("fig-alt", "")
    if not alternative:
        raise ErreurBilan(
            f"{nom}.ipynb, cellule {options.get('label', cellule.id)} : une image n'a pas de texte "
            'de remplacement. Ajouter en tête de la cellule une ligne « #| fig-alt: "…" ».'
        )
    identifiant = f"#{options['label']} " if options.get("label", "").startswith("fig-") else ""
    legende = options.get("fig-cap", "")
    dit = attribut("fig-alt", alternative)
    return f"![{legende}]({chemin.as_posix()}){{{identifiant}{dit}}}\n"


def _brut(texte: str) -> str:
    """Un bloc de code que rien dans le texte ne peut refermer."""
    # Pandoc ne voit pas les retours de chariot : ce qu'ils séparent se touche.
    texte = texte.replace("\r\n", "\n").replace("\r", "\n")
    barriere = "~" * (max(map(len, re.findall("~+", texte)), default=0) + 3)
    return f"{barriere}\n{texte.rstrip()}\n{barriere}\n"
