// La recherche dans tout le bilan, hors ligne : l'index et la bibliothèque ne se chargent que
// lorsqu'on vient au champ. Sans ce script, le champ n'est pas montré.
(function () {
  'use strict';
  const FICHIERS = ['tiers/minisearch.js', 'tiers/base-stemmer.js', 'tiers/french-stemmer.js', 'recherche-index.js'];
  const formulaire = document.querySelector('.recherche');
  const champ = formulaire.querySelector('input');
  const panneau = formulaire.querySelector('.resultats');
  const compte = panneau.querySelector('[role=status]');
  const liste = panneau.querySelector('ol');
  formulaire.hidden = false;

  // Sans majuscules ni accents, puis réduit à sa racine : « Réseaux » et « reseau » se retrouvent.
  const plier = (mot) => mot.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const OUTILS = new Set('des les une aux que qui par sur dans pour est son ses leur'.split(' '));
  const vide = (mot) => OUTILS.has(mot) || /^\p{L}{1,2}$/u.test(mot);
  const racines = new Map(); // un mot revient souvent : sa racine ne se cherche qu'une fois
  let francais = null;
  function reduire(mot) {
    francais ||= new window.FrenchStemmer();
    const plie = plier(mot);
    if (!racines.has(plie)) racines.set(plie, vide(plie) ? null : francais.stemWord(plie));
    return racines.get(plie);
  }

  let pret = null;
  function charger(adresse) {
    return new Promise((fini, rate) => {
      const script = document.createElement('script');
      script.src = adresse;
      script.addEventListener('load', fini);
      script.addEventListener('error', rate);
      document.head.append(script);
    });
  }
  function preparer() {
    pret ||= Promise.all(FICHIERS.map(charger)).then(() => {
      const index = new window.MiniSearch({
        fields: ['titre', 'section', 'texte'],
        storeFields: ['adresse', 'titre', 'section', 'texte', 'annexe'],
        // La racine, et le mot entier pour qui n'a pas fini de l'écrire.
        processTerm: (mot) => reduire(mot) && [...new Set([reduire(mot), plier(mot)])],
      });
      index.addAll(window.BILAN_INDEX.map((section, id) => ({ id, ...section })));
      return index;
    });
    return pret;
  }
  function chercher(index, demande) {
    const options = {
      processTerm: reduire, prefix: (mot) => mot.length > 2, fuzzy: (mot) => (mot.length > 5 ? 0.15 : false),
      boost: { titre: 3, section: 4 },
      // Une annexe redit les mots d'un chapitre, qui seul les explique.
      boostDocument: (id, mot, section) => (section.annexe ? 0.4 : 1),
    };
    const tous = index.search(demande, { ...options, combineWith: 'AND' });
    return tous.length ? tous : index.search(demande, options);
  }

  // Le passage autour du premier mot trouvé, les mots trouvés marqués.
  function extrait(texte, trouves) {
    const est_trouve = (mot) => trouves.some((t) => plier(mot).startsWith(t));
    const morceaux = texte.split(/([\p{L}\p{N}]+)/u);
    const premier = Math.max(0, morceaux.findIndex((m, i) => i % 2 && est_trouve(m)));
    const debut = Math.max(0, premier - 24);
    const p = document.createElement('p');
    if (debut) p.append('… ');
    morceaux.slice(debut, debut + 64).forEach((m, i) => {
      if ((debut + i) % 2 === 0 || !est_trouve(m)) return p.append(m);
      const marque = document.createElement('mark');
      marque.textContent = m;
      return p.append(marque);
    });
    if (morceaux.length > debut + 64) p.append(' …');
    return p;
  }
  function ligne(resultat) {
    const li = document.createElement('li');
    const a = document.createElement('a');
    a.href = resultat.adresse;
    a.textContent = [resultat.titre, resultat.section].filter(Boolean).join(' – ');
    li.append(a, extrait(resultat.texte, resultat.terms));
    return li;
  }
  function montrer(resultats) {
    const n = resultats.length;
    compte.textContent = n === 0 ? 'Rien de trouvé.' : n === 1 ? '1 passage trouvé'
      : `${n} passages trouvés${n > 20 ? ', les 20 premiers :' : ''}`;
    liste.replaceChildren(...resultats.slice(0, 20).map(ligne));
    panneau.hidden = false;
  }
  function fermer() { panneau.hidden = true; }
  function repondre() {
    const demande = champ.value.trim();
    if (demande.length < 2) return fermer();
    return preparer().then((index) => {
      if (demande === champ.value.trim()) montrer(chercher(index, demande));
    }, () => {
      compte.textContent = 'La recherche n’a pas pu se charger.';
      panneau.hidden = false;
    });
  }

  champ.addEventListener('focus', () => { preparer().catch(() => {}); });
  champ.addEventListener('input', repondre);
  formulaire.addEventListener('submit', (e) => {
    e.preventDefault();
    Promise.resolve(repondre()).then(() => { liste.querySelector('a')?.focus(); });
  });
  // Du champ aux résultats et de l'un à l'autre : flèches ; Échap referme et rend la main.
  formulaire.addEventListener('keydown', (e) => {
    if (e.key === 'Escape') {
      fermer();
      champ.focus();
    } else if (!panneau.hidden && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
      const arrets = [champ, ...liste.querySelectorAll('a')];
      const suivant = arrets.indexOf(document.activeElement) + (e.key === 'ArrowDown' ? 1 : -1);
      if (arrets[suivant]) arrets[suivant].focus();
      e.preventDefault();
    }
  });
  formulaire.addEventListener('focusout', (e) => {
    if (e.relatedTarget && !formulaire.contains(e.relatedTarget)) fermer();
  });
  document.addEventListener('click', (e) => { if (!formulaire.contains(e.target)) fermer(); });
}());
