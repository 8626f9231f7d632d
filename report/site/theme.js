// Avant que la page ne se dessine : le choix clair ou sombre que le lecteur a fait la dernière fois.
(function () {
  'use strict';
  // Un navigateur peut refuser toute mémoire : le choix vaut alors pour la page.
  function lire() {
    try { return localStorage.getItem('bilan-theme'); } catch { return null; }
  }
  function retenir(theme) {
    try { localStorage.setItem('bilan-theme', theme); } catch { /* sans mémoire, rien à faire */ }
  }
  const racine = document.documentElement;
  const choisi = lire();
  if (choisi === 'clair' || choisi === 'sombre') racine.dataset.theme = choisi;

  document.addEventListener('DOMContentLoaded', () => {
    const bouton = document.querySelector('.theme');
    const prefere = window.matchMedia('(prefers-color-scheme: dark)');
    const sombre = () => (racine.dataset.theme ? racine.dataset.theme === 'sombre' : prefere.matches);
    const dire = () => bouton.setAttribute('aria-pressed', String(sombre()));
    bouton.closest('.barre').hidden = false;
    dire();
    prefere.addEventListener('change', dire);
    bouton.addEventListener('click', () => {
      racine.dataset.theme = sombre() ? 'clair' : 'sombre';
      retenir(racine.dataset.theme);
      dire();
    });
  });
}());
