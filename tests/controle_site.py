"""axe-core sur chaque page du site : large et étroite, claire et sombre, encarts dépliés.

Une page qui demande quoi que ce soit à un autre hôte, ou qui déborde d'un écran étroit, est
aussi en faute. Ce qu'axe-core n'a pas pu mesurer en est une : sans mesure, rien n'est acquis.
"""

from __future__ import annotations

import asyncio
import json
from itertools import product
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LARGEURS = {1280: "large", 390: "étroite"}
MODES = {"light": "claire", "dark": "sombre"}
# Assez pour que le sommaire, fixe, ne défile pas : ce qui est rogné ne se mesure pas.
HAUTEUR = 2400
# La plus petite largeur où une page doit se lire sans défilement horizontal.
LARGEUR_MINIMALE = 320
ETIQUETTES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice", "RGAAv4"]
OPTIONS = {"runOnly": {"type": "tag", "values": ETIQUETTES},
           "resultTypes": ["violations", "incomplete"], "performanceTimer": False}
# L'ombre des tableaux, un dégradé, et le trait sous le titre empêchent de mesurer le texte, qui
# est sur le fond uni ; un texte d'un seul signe n'est pas mesuré non plus, sauf à le demander.
SANS_DECOR = """.tableau { background: var(--fond) !important }
  h1::after { content: none !important }"""
ADOPTER = """(style) => {
  const feuille = new CSSStyleSheet();
  feuille.replaceSync(style);
  document.adoptedStyleSheets = [feuille];
}"""
PREPARER = """() => {
  document.querySelectorAll('details').forEach((d) => { d.open = true; });
  const { options } = axe._audit.checks['color-contrast'];
  axe.configure({ checks: [
    { id: 'color-contrast', options: { ...options, ignoreLength: true } }] });
}"""
# La carte est mesurée à part du texte qu'elle recouvre.
OUVRIR_UNE_CARTE = """async () => {
  const chiffre = document.querySelector('main a.chiffre[data-code]');
  if (!chiffre) return 'sans objet';
  const carte = document.querySelector('.carte-chiffre');
  const ouverte = new Promise((fini) => {
    new MutationObserver(() => { if (!carte.hidden) fini('ouverte'); })
      .observe(carte, { attributes: true });
    setTimeout(() => fini('fermée'), 5000);
  });
  chiffre.click();
  const etat = await ouverte;
  carte.style.position = 'static';
  return etat;
}"""


def version_axe() -> str:
    """La version d'axe-core, dite par son script."""
    return AXE_SCRIPT.split("axe v", 1)[1].split()[0]


def fautes_des_pages(pages: list[Path]) -> list[str]:
    """Les fautes de chaque page, dans les quatre vues."""
    return asyncio.run(_parcourir(pages))


async def _parcourir(pages: list[Path]) -> list[str]:
    async with async_playwright() as outils:
        navigateur = await outils.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        vues = [_vue(navigateur, pages, *vue) for vue in product(LARGEURS, MODES)]
        fautes = [f for liste in await asyncio.gather(*vues) for f in liste]
        await navigateur.close()
    return fautes


async def _vue(navigateur: Browser, pages: list[Path], largeur: int, mode: str) -> list[str]:
    """Toutes les pages, à une largeur et dans un mode."""
    contexte = await navigateur.new_context(
        viewport={"width": largeur, "height": HAUTEUR}, color_scheme=mode,
        reduced_motion="reduce")
    page = await contexte.new_page()
    fautes: list[str] = []
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:"))
            else fautes.append(f"demande ailleurs : {r.url}"))
    for chemin in pages:
        deja = len(fautes)
        await page.goto(chemin.as_uri())
        fautes += await _controler(page)
        ou = f"{chemin.name} ({LARGEURS[largeur]}, {MODES[mode]})"
        fautes[deja:] = [f"{ou} : {f}" for f in fautes[deja:]]
    await contexte.close()
    return fautes


async def _controler(page: Page) -> list[str]:
    await page.evaluate(AXE_SCRIPT)
    await page.evaluate(PREPARER)
    # La politique du site refuse un style écrit dans la page ; une feuille construite y échappe.
    await page.evaluate(ADOPTER, SANS_DECOR)
    fautes = await _axe(page, "document")
    carte = await page.evaluate(OUVRIR_UNE_CARTE)
    if carte == "fermée":
        fautes.append("la carte d'un chiffre ne s'ouvre pas")
    elif carte == "ouverte":
        fautes += await _axe(page, "'.carte-chiffre'")
        await page.keyboard.press("Escape")
    ecran = page.viewport_size
    await page.set_viewport_size({**ecran, "width": LARGEUR_MINIMALE})
    prise = await page.evaluate("document.documentElement.scrollWidth")
    await page.set_viewport_size(ecran)
    if prise > LARGEUR_MINIMALE:
        fautes.append(f"déborde : {prise} pixels sur un écran de {LARGEUR_MINIMALE}")
    return fautes


async def _axe(page: Page, contexte: str) -> list[str]:
    resultat = await page.evaluate(f"axe.run({contexte}, {json.dumps(OPTIONS)})")
    return [
        f"{genre}{regle['id']} : {noeud['target'][0]} : {noeud['failureSummary'].splitlines()[-1]}"
        for genre, cle in (("", "violations"), ("non mesuré, ", "incomplete"))
        for regle in resultat[cle]
        for noeud in regle["nodes"]
    ]
