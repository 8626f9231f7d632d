-- Tous les tableaux que voient les lecteurs, en JSON : le texte de chaque cellule et les codes des
-- chiffres qu'elle montre. Ceux d'un graphique portent le nom de sa figure.

local fichiers = require 'fichiers'
local tableaux = {}

local function sans_etiquette(blocs)
  return pandoc.Blocks(blocs):walk { Span = function(span)
    if span.classes:includes('etiquette') then return {} end
  end }
end

local function numero_de(blocs)
  local numero
  pandoc.Blocks(blocs):walk { Span = function(span)
    if span.classes:includes('etiquette') then numero = pandoc.utils.stringify(span) end
  end }
  return numero
end

local function lisible(contenu)
  return (pandoc.utils.stringify(contenu):gsub('%s+', ' '):gsub('^ ', ''):gsub(' $', ''))
end

-- Le texte d'une cellule : ses blocs se suivent, séparés d'un espace.
local function texte_de(blocs)
  return table.concat(pandoc.List(blocs):map(lisible), ' ')
end

-- Un chiffre, devenu un lien s'il mène à son annexe.
local function codes_de(blocs)
  local codes = pandoc.List {}
  local function noter(element)
    if element.classes:includes('chiffre') then
      codes:insert { code = element.attributes.code, texte = lisible(element.content) }
    end
  end
  pandoc.Blocks(blocs):walk { Span = noter, Link = noter }
  return codes
end

local function cellule(c)
  return { texte = texte_de(c.contents), chiffres = codes_de(c.contents) }
end

local function lignes_de(tableau)
  local lignes = pandoc.List {}
  for _, corps in ipairs(tableau.bodies) do
    for _, ligne in ipairs(corps.body) do lignes:insert(ligne.cells:map(cellule)) end
  end
  return lignes
end

local function en_donnees(tableau, chapitre, figure)
  local entetes = tableau.head.rows[1] and tableau.head.rows[1].cells or {}
  local legende = tableau.caption.long
  local seul = #legende == 0 and figure
  return {
    nom = seul and figure.id or tableau.identifier,
    numero = seul and figure.numero or numero_de(legende),
    titre = seul and figure.titre or lisible(sans_etiquette(legende)),
    page = chapitre.page,
    chapitre = lisible(chapitre.titres[1].contenu),
    section = chapitre.section,
    colonnes = pandoc.List(entetes):map(function(c) return texte_de(c.contents) end),
    a_droite = pandoc.List(tableau.colspecs):map(function(c) return c[1] == 'AlignRight' end),
    lignes = lignes_de(tableau),
  }
end

local function recueillir(chapitre, tous)
  local figure
  chapitre.doc.blocks:walk {
    traverse = 'topdown',
    Header = function(titre) chapitre.section = lisible(titre.content) end,
    Figure = function(f)
      figure = { id = f.identifier, numero = numero_de(f.caption.long),
                 titre = lisible(sans_etiquette(f.caption.long)) }
    end,
    Table = function(tableau)
      tous:insert(en_donnees(tableau, chapitre, figure))
      return nil, false
    end,
  }
end

function tableaux.ecrire(chapitres, sortie)
  local tous = pandoc.List {}
  for _, chapitre in ipairs(chapitres) do fichiers.dans(chapitre, recueillir, chapitre, tous) end
  fichiers.ecrire(pandoc.path.join { sortie, 'tableaux.json' }, pandoc.json.encode(tous))
end

return tableaux
