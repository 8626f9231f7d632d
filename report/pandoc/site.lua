-- Écrit une page HTML par chapitre : barre latérale, table de la page, pages voisines.

local emporter = require 'emporter'
local fichiers = require 'fichiers'
local recherche = require 'recherche'
local site = {}

-- Le titre en HTML, sans notes ni liens : il sert dans des liens.
local function en_html(inlines)
  local nu = pandoc.Inlines(inlines):walk {
    Note = function() return {} end,
    Link = function(lien) return lien.content end,
    Span = function(span) return span.content end,
  }
  return (pandoc.write(pandoc.Pandoc { pandoc.Plain(nu) }, 'html5', { wrap_text = 'none' }))
end

local function etiquette(numero, titre)
  return (numero and '<span class="numero">' .. numero .. '</span> ' or '') .. titre
end

local function fiches_de(chapitres)
  local fiches = pandoc.List {}
  for _, chapitre in ipairs(chapitres) do
    if chapitre.genre == 'fiche' then fiches:insert(chapitre) end
  end
  return fiches
end

-- Trop nombreuses pour tenir dans le livre, les fiches ne se listent pas sur chaque page : leur index y mène.
local function au_sommaire(livre, chapitres, courant)
  if not livre.a_part then return chapitres end
  return pandoc.List(chapitres):filter(function(chapitre)
    return chapitre.genre ~= 'fiche' or chapitre == courant
  end)
end

-- Barre latérale : les chapitres, groupés par partie, la page courante marquée.
local function sommaire(livre, chapitres, courant)
  local lignes = pandoc.List { '<ul>' }
  for i, chapitre in ipairs(au_sommaire(livre, chapitres, courant)) do
    if chapitre.partie then
      lignes:insert((i > 1 and '</ul>' or '') .. '<p class="partie">' .. fichiers.echapper(chapitre.partie)
        .. '</p><ul>')
    end
    lignes:insert(('<li><a href="%s.html"%s>%s</a></li>'):format(chapitre.page,
      chapitre == courant and ' aria-current="page"' or '', etiquette(chapitre.numero, chapitre.titre)))
  end
  lignes:insert('</ul>')
  return (table.concat(lignes, '\n'):gsub('<ul>\n?</ul>', ''):gsub('^<ul>\n</ul>', ''))
end

local function table_de_la_page(chapitre)
  local lignes = pandoc.List {}
  for _, titre in ipairs(chapitre.titres) do
    if titre.niveau == 2 or titre.niveau == 3 then
      lignes:insert(('<li class="niveau-%d"><a href="#%s">%s</a></li>'):format(
        titre.niveau, titre.id, etiquette(titre.numero, en_html(titre.contenu))))
    end
  end
  return #lignes > 1 and table.concat(lignes, '\n') or nil
end

-- Chaque en-tête de tableau dit s'il vaut pour sa colonne ou pour sa ligne ; vide, ce n'en est pas un.
local function porter_en_tetes(page)
  local function dire(portee)
    return function(partie)
      return (partie:gsub('<th([^>]*)></th>', '<td%1></td>')
        :gsub('<th([ >])', '<th scope="' .. portee .. '"%1'))
    end
  end
  return (page:gsub('<thead>.-</thead>', dire('col')):gsub('<tbody>.-</tbody>', dire('row'))
    -- Aucun style dans la page : l'alignement est une classe.
    :gsub(' style="text%-align: (%a+);"', ' class="au-%1"'))
end

local function large(tableau) return #tableau.colspecs > 3 end

-- Un tableau défile dans son cadre, que le clavier peut atteindre.
local function encadrer(tableau)
  local legende = pandoc.utils.stringify(tableau.caption.long)
  local classes = { 'tableau', large(tableau) and 'tableau-large' or nil }
  return pandoc.Div(tableau, pandoc.Attr('', classes, {
    { 'role', 'region' }, { 'tabindex', '0' },
    { 'aria-label', legende ~= '' and legende or 'Tableau' } }))
end

-- Sur un petit écran, un tableau large se lit ligne par ligne : chaque case dit sa colonne.
local function nommer_les_cases(tableau, titres)
  for _, corps in ipairs(tableau.bodies) do
    for _, ligne in ipairs(corps.body) do
      for rang, cellule in ipairs(ligne.cells) do
        if titres[rang] ~= '' then cellule.attributes['data-colonne'] = titres[rang] end
      end
    end
  end
end

-- La première colonne nomme la ligne, si elle a elle-même un en-tête ; les largeurs, que
-- Pandoc tire du nombre de tirets, reviennent au navigateur.
local function adapter_tableau(tableau)
  local entete = tableau.head.rows[1]
  if entete then
    local titres = entete.cells:map(function(c) return pandoc.utils.stringify(c.contents) end)
    if large(tableau) then nommer_les_cases(tableau, titres) end
    if titres[1] ~= '' then
      for _, corps in ipairs(tableau.bodies) do corps.row_head_columns = 1 end
    end
  end
  for rang, colonne in ipairs(tableau.colspecs) do tableau.colspecs[rang] = { colonne[1] } end
  return tableau
end

-- Les notes sont une section de la page : elle a son titre, que l'écran n'a pas à montrer.
local function titrer_notes(page)
  return (page:gsub('<section id="footnotes"[^>]*>', '%0\n<h2 class="hors-vue">Notes</h2>'))
end

-- Avant la première fiche d'un lot, et après la dernière, on revient à leur index.
local function voisin(livre, chapitres, rang, pas)
  local ici, autre = chapitres[rang], chapitres[rang + pas]
  if not (livre.a_part and ici.genre == 'fiche') or autre and autre.genre == 'fiche' then return autre end
  return pandoc.List(chapitres):find_if(function(chapitre) return chapitre.page == 'fiches' end)
end

local function lien_voisin(chapitre)
  return chapitre and { url = chapitre.page .. '.html', titre = etiquette(chapitre.numero, chapitre.titre) }
end

local function liens_des_fiches(livre, chapitres)
  if livre.a_part then return { { url = 'fiches.html', titre = 'Les fiches, par département' } } end
  local fiches = fiches_de(chapitres)
  return #fiches > 0 and fiches:map(function(fiche)
    return { url = fiche.page .. '.html', titre = fiche.titre }
  end) or nil
end

local function declaration(chapitres)
  for _, chapitre in ipairs(chapitres) do
    if chapitre.page == 'accessibilite' then return 'accessibilite.html' end
  end
end

local function variables(livre, chapitres, rang)
  local chapitre = chapitres[rang]
  return {
    titre_page = fichiers.echapper(pandoc.utils.stringify(chapitre.titres[1].contenu)),
    titre_livre = fichiers.echapper(livre.titre), sous_titre = fichiers.echapper(livre.sous_titre or ''),
    edition = fichiers.echapper(livre.edition or ''), date = fichiers.echapper(livre.date_affichee or ''),
    auteurs = fichiers.echapper(table.concat(livre.auteurs, ', ')),
    mention = fichiers.echapper(livre.mention or ''),
    logo = livre.logo and { fichier = fichiers.echapper(livre.logo.fichier),
                            alternative = fichiers.echapper(livre.logo.alternative) },
    relecture = livre.relecture or nil,
    avertissement = fichiers.echapper(livre.avertissement or ''), partie = fichiers.echapper(chapitre.nom_de_partie or ''),
    genre = chapitre.genre, page = fichiers.echapper(chapitre.page),
    pdf = chapitre.pdf and '../' .. fichiers.echapper(chapitre.pdf),
    accueil = chapitre.page == 'index' and 'oui' or nil, fiches = liens_des_fiches(livre, chapitres),
    accessibilite = declaration(chapitres),
    sommaire = sommaire(livre, chapitres, chapitre), table_page = table_de_la_page(chapitre),
    precedent = lien_voisin(voisin(livre, chapitres, rang, -1)),
    suivant = lien_voisin(voisin(livre, chapitres, rang, 1)),
  }
end

local function ecrire_page(livre, chapitres, rang, gabarit, sortie)
  local chapitre = chapitres[rang]
  local blocs = chapitre.doc.blocks:walk { Table = adapter_tableau }
  blocs = emporter.equiper(blocs, chapitre.page, sortie, encadrer)
  if chapitre.a_des_constats then blocs = emporter.ancrer_constats(blocs) end
  local page = pandoc.write(pandoc.Pandoc(blocs), 'html5', {
    template = gabarit, variables = variables(livre, chapitres, rang),
    wrap_text = 'none', section_divs = false })
  fichiers.ecrire(pandoc.path.join { sortie, chapitre.page .. '.html' },
    titrer_notes(porter_en_tetes(page)))
end

-- Sans chapitre « index », le site s'ouvre sur une page d'accueil à ce nom.
local function accueil(livre)
  local titre = pandoc.Header(1, livre.titre, { id = 'accueil' })
  return { page = 'index', nom = 'index', genre = 'accueil', doc = pandoc.Pandoc { titre },
           titres = pandoc.List { { niveau = 1, id = 'accueil', contenu = titre.content } } }
end

-- Écrit les pages retenues ; si ce sont toutes celles du volume, le relevé qui sert à y chercher.
function site.ecrire(livre, chapitres, retenus, sortie)
  local tout, presents, partie = #retenus == #fichiers.siens(chapitres), {}, nil
  for _, chapitre in ipairs(chapitres) do
    presents[chapitre.page] = true
    partie = chapitre.partie or partie
    chapitre.nom_de_partie = partie
  end
  if not presents.index then table.insert(chapitres, 1, accueil(livre)) end
  for _, chapitre in ipairs(chapitres) do chapitre.titre = en_html(chapitre.titres[1].contenu) end
  pandoc.system.make_directory(pandoc.path.join { sortie, 'donnees' }, true)
  if tout then recherche.ecrire(livre, retenus, sortie) end
  local gabarit = pandoc.template.compile(fichiers.lire(livre.gabarit))
  for rang, chapitre in ipairs(chapitres) do
    if chapitre.genre == 'accueil' or retenus:includes(chapitre) then
      fichiers.dans(chapitre, ecrire_page, livre, chapitres, rang, gabarit, sortie)
    end
  end
end

return site
