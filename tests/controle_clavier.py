"""Une page, parcourue à la touche de tabulation comme le ferait une personne sans souris."""

from __future__ import annotations

from playwright.sync_api import Page

# Tout ce qui se commande : y compris ce qui n'en a que l'air, que le clavier n'atteindrait pas.
COMMANDES = ", ".join([
    "a[href]", "button", "summary", "input:not([type=hidden])", "select", "textarea", "[onclick]",
    "[contenteditable]", "[tabindex='0']",
    *(f"[role={role}]" for role in ("button", "link", "tab", "switch", "checkbox", "menuitem")),
])
RELEVER = """(commandes) => {
  window.commandes = [...document.querySelectorAll(commandes)].filter((e) =>
    !e.disabled && e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length);
  const nom = (e) => (e.getAttribute('aria-label') || e.textContent).trim().slice(0, 40);
  return window.commandes.map((e) => `${e.tagName.toLowerCase()} « ${nom(e)} »`);
}"""
# L'arrêt en cours : son rang, et ce qui empêche de voir où l'on est.
ARRET = """() => {
  const e = document.activeElement;
  const fond = (n) => {
    for (; n; n = n.parentElement) {
      const c = rgba(getComputedStyle(n).backgroundColor);
      if (c[3] > 0.5) return c;
    }
    return [255, 255, 255, 1];
  };
  const rgba = (texte) => {
    const toile = new OffscreenCanvas(1, 1).getContext('2d');
    toile.fillStyle = texte;
    toile.fillRect(0, 0, 1, 1);
    const [r, v, b, a] = toile.getImageData(0, 0, 1, 1).data;
    return [r, v, b, a / 255];
  };
  const clarte = (c) => c.slice(0, 3)
    .map((x) => x / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4))
    .reduce((somme, x, i) => somme + x * [0.2126, 0.7152, 0.0722][i], 0);
  const contraste = (a, b) => {
    const [haut, bas] = [clarte(a), clarte(b)].sort((x, y) => y - x);
    return (haut + 0.05) / (bas + 0.05);
  };
  const style = getComputedStyle(e);
  const boite = e.getClientRects()[0] || e.getBoundingClientRect();
  const x = (Math.max(boite.left, 0) + Math.min(boite.right, innerWidth)) / 2;
  const y = (Math.max(boite.top, 0) + Math.min(boite.bottom, innerHeight)) / 2;
  const dessus = document.elementFromPoint(x, y);
  const cerne = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return {
    rang: window.commandes.indexOf(e),
    corps: e === document.body || e === document.documentElement,
    nom: e.tagName.toLowerCase() + (e.className ? '.' + e.className : ''),
    cerne,
    contraste: cerne ? contraste(rgba(style.outlineColor), fond(e.parentElement)) : 0,
    visible: Boolean(dessus) && (e.contains(dessus) || dessus.contains(e)),
  };
}"""


def fautes_clavier(page: Page, touche: str = "Tab") -> list[str]:
    """Parcourt la page de bout en bout ; dit ce qu'on n'atteint pas, ne voit pas ou ne quitte pas.

    Les commandes doivent venir dans l'ordre du document (à rebours pour « Shift+Tab »).
    """
    noms = page.evaluate(RELEVER, COMMANDES)
    fautes: list[str] = []
    rangs: list[int] = []
    # Un tour, et de quoi voir qu'il ne finit pas.
    for _ in range(len(noms) + 3):
        page.keyboard.press(touche)
        arret = page.evaluate(ARRET)
        if arret["corps"] or (rangs and arret["rang"] == rangs[0]):
            break
        if arret["rang"] in rangs:
            return [*fautes, f"piège : {noms[arret['rang']]} retient le clavier"]
        rangs.append(arret["rang"])
        fautes += _juger(arret, noms)
    else:
        fautes.append("le parcours ne finit pas")
    attendus = list(range(len(noms)))
    fautes += [f"hors d'atteinte : {noms[r]}" for r in sorted(set(attendus) - set(rangs))]
    vus = [r for r in rangs if r >= 0]
    if vus != sorted(vus, reverse=touche != "Tab"):
        fautes.append("le clavier ne suit pas l'ordre de la page")
    return fautes


def _juger(arret: dict, noms: list[str]) -> list[str]:
    if arret["rang"] < 0:
        return [f"arrêt sur ce qui ne se commande pas : {arret['nom']}"]
    nom, fautes = noms[arret["rang"]], []
    if not arret["cerne"]:
        fautes.append(f"le curseur ne se voit pas : {nom}")
    elif arret["contraste"] < 3:
        fautes.append(f"le contour se voit mal ({arret['contraste']:.1f}) : {nom}")
    if not arret["visible"]:
        fautes.append(f"caché ou recouvert : {nom}")
    return fautes
