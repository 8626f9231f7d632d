// « D'où vient ce chiffre ? » : un chiffre ouvre une petite carte, à la souris, au clavier, au doigt.
// Sans ce script, il reste un lien vers sa ligne de l'annexe.
(function () {
  'use strict';
  let cartes = null;
  let charge = null;

  // Les cartes de la page ne se chargent que lorsqu'on s'approche d'un chiffre.
  function charger() {
    charge ||= new Promise((fini) => {
      const script = document.createElement('script');
      const noter = () => { cartes = window.BILAN_CHIFFRES || {}; fini(); };
      script.src = `chiffres/${document.body.dataset.page}.js`;
      script.addEventListener('load', noter);
      script.addEventListener('error', noter);
      document.head.append(script);
    });
    return charge;
  }

  const carte = document.createElement('div');
  carte.className = 'carte-chiffre';
  carte.setAttribute('role', 'dialog');
  carte.setAttribute('aria-labelledby', 'carte-titre');
  carte.tabIndex = -1;
  carte.hidden = true;
  document.body.append(carte);
  let appelant = null;

  function element(nom, texte, classe) {
    const e = document.createElement(nom);
    if (texte) e.textContent = texte;
    if (classe) e.className = classe;
    return e;
  }

  function lien(texte, adresse) {
    const a = element('a', texte);
    a.href = adresse;
    return a;
  }

  function remplir(chiffre, annexe) {
    const titre = element('p', chiffre.libelle, 'carte-titre');
    titre.id = 'carte-titre';
    const valeur = element('p', chiffre.texte, 'carte-valeur');
    if (chiffre.rapport) valeur.append(' ', element('span', chiffre.rapport, 'carte-rapport'));
    const details = element('dl');
    [['Territoire', chiffre.territoire], ['Ce qu’il mesure', chiffre.definition],
      ['Calcul', chiffre.regle], ['Par territoire', chiffre.lignes],
      ['Nature', chiffre.nature], ['Publié', chiffre.publie]].forEach(([nom, texte]) => {
      if (texte) details.append(element('dt', nom), element('dd', texte));
    });
    const suites = element('p', null, 'carte-suites');
    suites.append(lien('Sa ligne dans l’annexe', annexe));
    if (chiffre.carnet) {
      const carnet = lien(chiffre.cellule, chiffre.carnet);
      carnet.download = ''; // un navigateur n'en montrerait que le code
      suites.append(' · ', carnet);
    }
    const fermer = element('button', 'Fermer', 'carte-fermer');
    fermer.type = 'button';
    fermer.addEventListener('click', () => refermer(true));
    carte.replaceChildren(titre, valeur, details, suites, fermer);
  }

  function placer(cible) {
    const r = cible.getBoundingClientRect();
    const marge = 8;
    const gauche = Math.min(r.left, document.documentElement.clientWidth - carte.offsetWidth - marge);
    carte.style.left = Math.max(marge, gauche) + window.scrollX + 'px';
    const dessous = r.bottom + carte.offsetHeight + marge < window.innerHeight
      || r.top < carte.offsetHeight + marge;
    const haut = dessous ? r.bottom + marge / 2 : r.top - carte.offsetHeight - marge / 2;
    carte.style.top = haut + window.scrollY + 'px';
  }

  function ouvrir(cible) {
    let chiffre = cartes[cible.dataset.code];
    if (chiffre && chiffre.voir) chiffre = cartes[chiffre.voir];
    if (!chiffre) return false;
    refermer(false);
    appelant = cible;
    cible.setAttribute('aria-expanded', 'true');
    remplir(chiffre, cible.href);
    carte.hidden = false;
    placer(cible);
    carte.focus({ preventScroll: true });
    return true;
  }

  function refermer(rendre) {
    if (carte.hidden) return;
    carte.hidden = true;
    appelant.removeAttribute('aria-expanded');
    if (rendre) appelant.focus({ preventScroll: true });
  }

  document.querySelectorAll('a.chiffre[data-code]').forEach((a) => a.setAttribute('aria-haspopup', 'dialog'));
  document.addEventListener('click', (e) => {
    const cible = e.target.closest('a.chiffre[data-code]');
    if (cible && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
      if (!cartes) {
        e.preventDefault();
        charger().then(() => cible.click());
      } else if (ouvrir(cible)) {
        e.preventDefault();
      }
    } else if (!carte.contains(e.target)) {
      refermer(false);
    }
  });
  ['pointerover', 'focusin'].forEach((approche) => document.addEventListener(approche, (e) => {
    if (e.target.closest('a.chiffre[data-code]')) charger();
  }));
  document.addEventListener('keydown', (e) => { if (e.key === 'Escape') refermer(true); });
  window.addEventListener('resize', () => { if (!carte.hidden) placer(appelant); });
  // La carte est à la fin de la page : en sortir par la tabulation ramène au chiffre, pas au pied.
  carte.addEventListener('keydown', (e) => {
    if (e.key !== 'Tab') return;
    const bords = e.shiftKey ? [carte, carte.querySelector('a')] : [carte.querySelector('button')];
    if (!bords.includes(document.activeElement)) return;
    e.preventDefault();
    refermer(true);
  });
}());
