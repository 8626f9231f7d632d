// L'aperçu : recharge la page quand le bilan a été refait, montre les fautes quand il n'a pas pu
// l'être. Servi par « bilan apercu » seulement : il n'est dans aucun site publié.
'use strict';

(() => {
  let numero = null;

  const boite = document.createElement('div');
  boite.setAttribute('role', 'status');
  boite.style.cssText = 'position:fixed;left:0;right:0;bottom:0;max-height:60vh;overflow:auto;'
    + 'padding:0.7rem 1.2rem;z-index:99;border-top:4px solid var(--accent)';
  boite.hidden = true;

  // Une faute sur un fond qui tranche ; le reste dans les couleurs du bandeau.
  const montrer = (titre, lignes) => {
    boite.style.background = lignes.length ? 'var(--accent-clair)' : 'var(--aplat)';
    boite.style.color = lignes.length ? 'var(--encre)' : 'var(--sur-aplat)';
    boite.replaceChildren();
    const entete = document.createElement('strong');
    entete.textContent = titre;
    boite.append(entete);
    if (lignes.length) {
      const liste = document.createElement('ul');
      for (const ligne of lignes) {
        const element = document.createElement('li');
        element.textContent = ligne;
        liste.append(element);
      }
      boite.append(liste);
    }
    boite.hidden = false;
  };

  const suivre = (etat) => {
    if (numero === null) numero = etat.numero;
    if (etat.numero !== numero) {
      location.reload();
    } else if (etat.en_cours) {
      montrer('Mise à jour de l’aperçu…', []);
    } else if (etat.fautes.length) {
      montrer('À corriger (la page montre le dernier état qui a pu se faire) :', etat.fautes);
    } else {
      boite.hidden = true;
    }
  };

  addEventListener('DOMContentLoaded', () => {
    document.body.append(boite);
    const flux = new EventSource('/_apercu/suivi');
    flux.onmessage = (message) => suivre(JSON.parse(message.data));
    flux.onerror = () => montrer('L’aperçu est arrêté : relancer « bilan apercu ».', []);
  });
})();
