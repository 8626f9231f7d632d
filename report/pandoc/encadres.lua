-- Encadrés : ::: {.callout-note title="…" collapse="true"}, comme dans Quarto.

local LIBELLES = { note = 'Note', tip = 'Conseil', warning = 'Attention',
                   important = 'Important', caution = 'Prudence' }
local inerte = require 'inerte'
local INSECABLE = '\u{a0}'
local encadres = {}

local function genre_de(div)
  for _, classe in ipairs(div.classes) do
    local genre = classe:match('^callout%-(%a+)$')
    if genre then
      if not LIBELLES[genre] then error('encadré inconnu : « ' .. classe .. ' »', 0) end
      return genre
    end
  end
end

-- Le titre donné, sinon le titre Markdown qui ouvre l'encadré, sinon le libellé du genre.
local function titre_de(div, genre)
  local titre = div.attributes.title
  if titre then return pandoc.utils.blocks_to_inlines(inerte.lire(titre).blocks) end
  local premier = div.content[1]
  if premier and premier.t == 'Header' then
    div.content:remove(1)
    return premier.content
  end
  return pandoc.Inlines { pandoc.Str(LIBELLES[genre]) }
end

-- Met dans l'encadré, en tête, le titre qui n'était qu'un attribut : les filtres y passent.
function encadres.titrer(blocs)
  return blocs:walk { Div = function(div)
    local genre = genre_de(div)
    if not genre then return nil end
    div.content:insert(1, pandoc.Plain(titre_de(div, genre)))
    return div
  end }
end

local function en_typst(genre, titre, contenu)
  local ouverture = pandoc.Inlines { pandoc.RawInline('typst', '#bilan-encadre("' .. genre .. '", [') }
  ouverture:extend(titre)
  ouverture:insert(pandoc.RawInline('typst', '])['))
  local sortie = pandoc.Blocks { pandoc.Plain(ouverture) }
  sortie:extend(contenu)
  sortie:insert(pandoc.RawBlock('typst', ']'))
  return sortie
end

local function titre_html(genre, titre)
  local ligne = pandoc.Inlines {}
  -- Le genre, que la couleur dit à l'œil, se dit aussi au lecteur d'écran.
  if pandoc.utils.stringify(titre) ~= LIBELLES[genre] then
    ligne:insert(pandoc.Span(LIBELLES[genre] .. INSECABLE .. ': ', { class = 'hors-vue' }))
  end
  ligne:extend(titre)
  return ligne
end

local function en_html(genre, titre, contenu, replie)
  local classes = 'encadre encadre-' .. genre
  local sortie = pandoc.Blocks {}
  if replie then
    sortie:insert(pandoc.RawBlock('html', '<details class="' .. classes .. '"><summary>'))
    sortie:insert(pandoc.Plain(titre_html(genre, titre)))
    sortie:insert(pandoc.RawBlock('html', '</summary>'))
    sortie:extend(contenu)
    sortie:insert(pandoc.RawBlock('html', '</details>'))
    return sortie
  end
  sortie:insert(pandoc.Div(pandoc.Plain(titre_html(genre, titre)), { class = 'encadre-titre' }))
  sortie:extend(contenu)
  return pandoc.Div(sortie, { class = classes })
end

local function en_docx(genre, titre, contenu)
  return pandoc.Blocks {
    pandoc.Div(pandoc.Para(titre_html(genre, titre)), { ['custom-style'] = 'Titre d’encadré' }),
    pandoc.Div(contenu, { ['custom-style'] = 'Encadré' }),
  }
end

-- Écrit pour le format demandé des encadrés qui ont leur titre.
function encadres.ecrire(blocs)
  return blocs:walk { Div = function(div)
    local genre = genre_de(div)
    if not genre then return nil end
    local titre = div.content:remove(1).content
    if FORMAT == 'typst' then return en_typst(genre, titre, div.content) end
    if FORMAT == 'docx' then return en_docx(genre, titre, div.content) end
    return en_html(genre, titre, div.content, div.attributes.collapse == 'true')
  end }
end

return encadres
