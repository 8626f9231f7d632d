-- L'identité de chaque paragraphe, tableau et figure : un signet de Word tiré de son chapitre et
-- de son texte, un code à la place de chaque chiffre. Un chiffre qui change, une figure qu'on
-- renumérote, un voisin qu'on récrit ne le changent pas.

local identites = {}

-- Ce qui ne fait pas l'identité d'un texte disparaît ; ce qui peut changer seul devient un code.
local NUE = {
  traverse = 'topdown',
  Note = function() return {}, false end,
  Image = function(image) return pandoc.Str(pandoc.path.filename(image.src)), false end,
  Span = function(span)
    if span.classes:includes('chiffre') then return pandoc.Str('<' .. span.attributes.code .. '>'), false end
    if span.classes:includes('numero') or span.classes:includes('etiquette') then return {}, false end
  end,
  Link = function(lien)
    if lien.classes:includes('chiffre') then return pandoc.Str('<' .. lien.attributes.code .. '>'), false end
    if lien.classes:includes('renvoi') then return pandoc.Str('<' .. lien.target .. '>'), false end
    if lien.classes:includes('marque-constat') then return {}, false end
  end,
}

local function nue(contenu)
  local texte = pandoc.utils.stringify(contenu:walk(NUE)):gsub('\u{a0}', ' '):gsub('\u{202f}', ' ')
  return (texte:gsub('%s+', ' '):gsub('^ ', ''):gsub(' $', ''))
end

-- Le signet d'un texte, à sa place : une page, une partie.
function identites.signet(lieu, texte)
  return 'bilan_' .. pandoc.utils.sha1(lieu .. '\n' .. texte):sub(1, 10)
end

-- Deux textes semblables d'un chapitre se distinguent par leur rang.
local function signet(chapitre, vus, texte)
  vus[texte] = (vus[texte] or 0) + 1
  return identites.signet(chapitre.page, vus[texte] > 1 and texte .. '\n' .. vus[texte] or texte)
end

-- Un tableau, une figure : le nom que l'auteur lui a donné, sinon ce qu'on y lit.
local function nom_de(element)
  local nom = element.identifier
  if nom ~= '' and not nom:match('%-sans%-nom%-%d+$') then return nom end
  return element.t .. ' ' .. nue(pandoc.Blocks(element.caption.long)) .. ' '
    .. nue(element.t == 'Table' and pandoc.Blocks { pandoc.Table(element.caption, element.colspecs,
      element.head, {}, element.foot) } or element.content)
end

-- Pose les signets d'un chapitre, dont la mise en page est faite.
function identites.poser(chapitre)
  local vus = {}
  local function marquer(inlines)
    if #inlines == 0 then return inlines end
    return pandoc.Inlines { pandoc.Span(inlines, { id = signet(chapitre, vus, nue(inlines)) }) }
  end
  local function entourer(element)
    return pandoc.Div(element, { id = signet(chapitre, vus, nom_de(element)) }), false
  end
  local function paragraphe(bloc)
    bloc.content = marquer(bloc.content)
    return bloc, false
  end
  return chapitre.doc.blocks:walk {
    traverse = 'topdown',
    Table = entourer, Figure = entourer,
    Para = paragraphe, Plain = paragraphe, Header = paragraphe,
    CodeBlock = function(bloc)
      return pandoc.Div(bloc, { id = signet(chapitre, vus, bloc.text) }), false
    end,
    DefinitionList = function(liste)
      for rang, entree in ipairs(liste.content) do
        liste.content[rang] = { marquer(entree[1]), entree[2] }
      end
      return liste
    end,
  }
end

return identites
