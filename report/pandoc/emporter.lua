-- Ce que le lecteur emporte : chaque tableau en CSV, chaque graphique en SVG, en PNG et ses données,
-- et l'adresse de chacun.

local fichiers = require 'fichiers'
local emporter = {}

-- « Figure 3 » se dit « la figure 3 » ; sans numéro, « ce tableau ».
local function nom_lu(legende, sinon)
  local etiquette
  pandoc.Div(legende):walk { Span = function(span)
    if span.classes:includes('etiquette') then etiquette = pandoc.utils.stringify(span) end
  end }
  if not etiquette then return sinon end
  return (etiquette:find('^Figure') and 'la ' or 'le ') .. pandoc.text.lower(etiquette)
end

local function lien(adresse, texte, suite, attributs)
  return ('<a href="%s"%s>%s<span class="hors-vue"> %s</span></a>'):format(
    fichiers.echapper(adresse), attributs or '', texte, fichiers.echapper(suite))
end

local function ligne(liens)
  return pandoc.RawBlock('html', '<p class="outils">' .. table.concat(liens, ' ') .. '</p>')
end

local function ancre(identifiant, nom)
  return lien('#' .. identifiant, '#', 'Lien vers ' .. nom, ' class="ancre"')
end

local PLEINE_LARGEUR = { ['＝'] = true, ['＋'] = true, ['－'] = true, ['＠'] = true }

-- Une case telle qu'on la lit ; un nombre entier à lui seul redevient un nombre pour le tableur,
-- et un texte qui ressemble à une formule reste un texte.
local function case(cellule)
  local texte = pandoc.utils.stringify(pandoc.utils.blocks_to_inlines(cellule.contents))
  texte = texte:gsub('\u{a0}', ' '):gsub('\u{202f}', ' ')
  local nombre = texte:gsub('\u{2212}', '-')
  if nombre:find('^[+-]?%d[%d ]*,?%d*$') then return (nombre:gsub(' ', '')) end
  -- Comme bilan/tableur.py, dans tous les CSV.
  if texte:find('^[=+@\t\r\n-]') or PLEINE_LARGEUR[texte:sub(1, 3)] then texte = "'" .. texte end
  if texte:find('[;"\n]') then texte = '"' .. texte:gsub('"', '""') .. '"' end
  return texte
end

local function lignes_csv(lignes, sortie)
  for _, rangee in ipairs(lignes) do
    local cases = pandoc.List {}
    for _, cellule in ipairs(rangee.cells) do cases:insert(case(cellule)) end
    sortie:insert(table.concat(cases, ';'))
  end
end

-- Point-virgule et marque d'ordre des octets : ce qu'un tableur réglé en français ouvre d'un clic,
-- sans prendre une virgule décimale pour une séparation.
local function ecrire_csv(tableau, nom, sortie)
  local lignes = pandoc.List {}
  lignes_csv(tableau.head.rows, lignes)
  for _, corps in ipairs(tableau.bodies) do lignes_csv(corps.body, lignes) end
  fichiers.ecrire(pandoc.path.join { sortie, 'donnees', nom .. '.csv' },
    '\u{feff}' .. table.concat(lignes, '\r\n') .. '\r\n')
  return 'donnees/' .. nom .. '.csv'
end

local function image_de(figure)
  local adresse
  figure:walk { Image = function(image) adresse = image.src end }
  return adresse
end

local function outils_de_figure(figure, avec_donnees)
  local nom = nom_lu(figure.caption.long, 'cette figure')
  local adresse, liens = image_de(figure), pandoc.List {}
  if adresse and adresse:find('%.svg$') then
    liens:insert(lien(adresse, 'SVG', 'de ' .. nom, ' download'))
    liens:insert(lien(adresse:gsub('svg$', 'png'), 'PNG', 'de ' .. nom, ' download'))
  end
  if avec_donnees then
    liens:insert(lien('donnees/' .. figure.identifier .. '.csv', 'Données (CSV)', 'de ' .. nom, ' download'))
  end
  if figure.identifier ~= '' then liens:insert(ancre(figure.identifier, nom)) end
  return ligne(liens)
end

-- Les figures que suit un tableau de données.
local function figures_avec_donnees(blocs)
  local avec, derniere = {}, nil
  blocs:walk { traverse = 'topdown',
    Figure = function(figure) derniere = figure.identifier end,
    Div = function(div)
      if div.classes:includes('donnees-graphique') and derniere then avec[derniere] = true end
    end }
  return avec
end

-- Sous une figure, son tableau : la même légende pour qui l'entend, le CSV au nom de la figure.
local function ranger_donnees(div, figure, sortie)
  return div:walk { Table = function(tableau)
    local nom = nom_lu(figure.caption.long, 'cette figure')
    tableau.caption.long = { pandoc.Plain { pandoc.Str('Données de ' .. nom) } }
    ecrire_csv(tableau, figure.identifier, sortie)
    return tableau
  end }
end

-- Ajoute aux figures et aux tableaux d'un chapitre leurs liens, et écrit les CSV.
-- `encadrer` rend le bloc où défile un tableau. Un tableau sans nom a celui de sa page et son rang.
function emporter.equiper(blocs, page, sortie, encadrer)
  local avec, rang, derniere = figures_avec_donnees(blocs), 0, nil
  return blocs:walk { traverse = 'topdown',
    Figure = function(figure)
      derniere = figure
      -- Sur un téléphone, un dessin défile plutôt que de devenir illisible.
      figure.content = { pandoc.Div(figure.content, pandoc.Attr('', { 'dessin' }, {
        { 'role', 'group' }, { 'tabindex', '0' },
        { 'aria-label', 'Dessin de ' .. nom_lu(figure.caption.long, 'cette figure') } })) }
      return { figure, outils_de_figure(figure, avec[figure.identifier]) }, false
    end,
    Div = function(div)
      if not div.classes:includes('donnees-graphique') or not derniere then return nil end
      return ranger_donnees(div, derniere, sortie):walk { Table = encadrer }, false
    end,
    Table = function(tableau)
      rang = rang + 1
      if tableau.identifier == '' then tableau.identifier = ('tbl-%s-%d'):format(page, rang) end
      local nom = nom_lu(tableau.caption.long, 'ce tableau')
      local csv = ecrire_csv(tableau, tableau.identifier, sortie)
      local de = ('de ' .. nom):gsub('^de le ', 'du ')
      return { encadrer(tableau), ligne { lien(csv, 'CSV', de, ' download'),
                                          ancre(tableau.identifier, nom) } }, false
    end }
end

-- Un constat porte son adresse, à la fin de sa ligne.
function emporter.ancrer_constats(blocs)
  return blocs:walk { Inlines = function(inlines)
    local constat
    for _, span in ipairs(inlines) do
      if span.t == 'Span' and span.classes:includes('ancre-constat') then constat = span.identifier end
    end
    if not constat then return nil end
    local code = constat:gsub('^constat%-', '')
    local nom = (code:find('^R') and 'la recommandation ' or 'le constat ') .. code
    inlines:insert(pandoc.RawInline('html', ' ' .. ancre(constat, nom)))
    return inlines
  end }
end

return emporter
