"""Une page dont tout ce qui tournerait, ou partirait, laisse une trace."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

PIEGES = """
for (const nom of ['alert', 'prompt', 'confirm', 'print', 'eval', 'open'])
  window[nom] = () => { window.touche = nom; };
document.addEventListener('securitypolicyviolation',
  (e) => { window.touche = e.violatedDirective; });"""


def page_surveillee(navigateur: Browser) -> tuple[Page, list[str]]:
    """Une page neuve, et la liste où viennent ses dialogues et ses requêtes hors des fichiers.

    Un script qui tourne, ou que la politique arrête, pose `window.touche`.
    """
    page, vus = navigateur.new_page(), []
    page.on("dialog", lambda d: (vus.append(d.message), d.dismiss()))
    page.on("request", lambda r: vus.append(r.url) if not r.url.startswith("file:") else None)
    page.add_init_script(PIEGES)
    return page, vus
