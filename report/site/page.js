// La page qui aide à lire : où l'on en est, copier un lien, trier un tableau.
// Sans ce script, tout se lit : les liens restent des liens, les tableaux gardent leur ordre.
(function () {
  'use strict';

  const HAUT = 0.07; // la part de la fenêtre où un titre est « arrivé en haut »

  // Dans une liste plus longue que la fenêtre, la ligne où l'on est se voit.
  function reveler(liste, ligne) {
    if (liste && ligne) liste.scrollTop = ligne.offsetTop - liste.clientHeight / 2;
  }

  // Le titre que l'on lit se marque dans « Sur cette page ».
  function suivre() {
    const liens = new Map();
    document.querySelectorAll('.table-page a').forEach((a) => liens.set(decodeURIComponent(a.hash.slice(1)), a));
    const titres = [...liens.keys()].map((id) => document.getElementById(id)).filter(Boolean);
    if (!titres.length) return;
    const pied = document.querySelector('footer.pied');
    const liste = document.querySelector('.table-page');
    let marque = null;
    function marquer() {
      // Le dernier titre arrivé en haut ; en bas de page, les derniers n'y arrivent jamais.
      const bas = pied.getBoundingClientRect();
      const fini = window.scrollY > 0 && bas.top + bas.height / 2 <= window.innerHeight;
      const lus = fini ? titres : titres.filter((t) => t.getBoundingClientRect().top < HAUT * window.innerHeight);
      const ici = lus.length ? liens.get(lus[lus.length - 1].id) : null;
      if (ici === marque) return;
      marque?.removeAttribute('aria-current');
      ici?.setAttribute('aria-current', 'true');
      reveler(liste, ici);
      marque = ici;
    }
    let prevu = false;
    document.addEventListener('scroll', () => {
      if (!prevu) requestAnimationFrame(() => { prevu = false; marquer(); });
      prevu = true;
    }, { passive: true });
    marquer();
  }

  // Un lien « # » se suit, et son adresse est copiée.
  function copier(texte) {
    if (navigator.clipboard) return navigator.clipboard.writeText(texte);
    return Promise.reject(new Error('pas de presse-papiers'));
  }
  function preparer_copies() {
    const annonce = document.createElement('p');
    annonce.className = 'annonce';
    annonce.setAttribute('role', 'status');
    document.querySelector('main').append(annonce);
    document.addEventListener('click', (e) => {
      const ancre = e.target.closest('a.ancre');
      if (!ancre) return;
      const dire = (texte) => {
        annonce.textContent = texte;
        setTimeout(() => { annonce.textContent = ''; }, 4000);
      };
      copier(ancre.href).then(() => dire('Lien copié.'),
        () => dire('Le lien est dans la barre d’adresse.'));
    });
  }

  // « 74 % (71/96) », « 1 216 », « −26 points », « 71/96 », « 12/10/2023 » : ce qui se compare.
  // Une absence (« – », « hors base », « donnée non renseignée ») va toujours à la fin.
  const JOUR = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;
  const NOMBRE = /^([+−-]?\d[\d\s]*(?:,\d+)?)/;
  const RAPPORT = /^(\d+(?:,\d+)?)\/(\d+)$/;
  const ABSENT = /^(|–|hors base|aucune?|(donnée )?non renseignée?)$/i;
  const CODE = /^([A-Z]{1,3})(\d+)$/;
  const lire = (nombre) => Number(nombre.replace(/\s/g, '').replace('−', '-').replace(',', '.'));
  function cle(texte) {
    const t = texte.replace(/[\u00a0\u202f]/g, ' ').trim();
    if (ABSENT.test(t)) return null;
    const jour = t.match(JOUR);
    if (jour) return Date.UTC(jour[3], jour[2] - 1, jour[1]);
    const rapport = t.match(RAPPORT);
    if (rapport) return lire(rapport[1]) / lire(rapport[2]);
    const nombre = t.match(NOMBRE);
    if (nombre) return lire(nombre[1]);
    const code = t.match(CODE);
    return code ? code[1] + code[2].padStart(4, '0') : t;
  }
  const ordre = new Intl.Collator('fr', { numeric: true });
  function comparer(a, b) {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
    return ordre.compare(a, b);
  }
  function trier(table, rang, sens) {
    const corps = table.tBodies[0];
    const lignes = [...corps.rows].map((ligne) => ({ ligne, cle: cle(ligne.cells[rang].textContent) }));
    lignes.sort((x, y) => {
      if (x.cle === null || y.cle === null) return (x.cle === null) - (y.cle === null);
      return sens * comparer(x.cle, y.cle);
    });
    corps.append(...lignes.map((l) => l.ligne));
  }
  function preparer_tri(table) {
    if (!table.tHead || table.tHead.rows.length !== 1 || table.tBodies.length !== 1) return;
    if (table.tBodies[0].rows.length < 6 || table.querySelector('[colspan], [rowspan]')) return;
    const titres = [...table.tHead.rows[0].cells].filter((c) => c.localName === 'th');
    titres.forEach((th) => {
      const bouton = document.createElement('button');
      bouton.type = 'button';
      bouton.className = 'tri';
      bouton.append(...th.childNodes);
      th.append(bouton);
      bouton.addEventListener('click', () => {
        const sens = th.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
        titres.forEach((autre) => autre.removeAttribute('aria-sort'));
        th.setAttribute('aria-sort', sens > 0 ? 'ascending' : 'descending');
        trier(table, th.cellIndex, sens);
      });
    });
  }

  reveler(document.querySelector('.sommaire-fixe'), document.querySelector('.sommaire-fixe [aria-current]'));
  suivre();
  preparer_copies();
  document.querySelectorAll('main table').forEach(preparer_tri);
}());
