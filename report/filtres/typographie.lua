-- Espaces insécables françaises. La prose se tape avec des espaces ordinaires ;
-- le code, les adresses et les identifiants ne sont pas touchés.
-- Source Sans Pro possède la fine insécable (U+202F) ; les titres en Source Serif Pro,
-- qui ne l'a pas, la prennent dans Source Sans Pro (police suivante de la liste).

local FINE, INSECABLE = '\u{202f}', '\u{a0}'

local AVANT = { [';'] = FINE, ['!'] = FINE, ['?'] = FINE,
                [':'] = INSECABLE, ['»'] = INSECABLE, ['%'] = INSECABLE, ['€'] = INSECABLE }

local UNITES = {}
for unite in ([[points point ans an mois jours heures euros km kg g t ha h M€ k€
               millions milliards]]):gmatch('%S+') do
  UNITES[unite] = true
end

local ENVELOPPES = { Emph = true, Strong = true, Span = true, Link = true, Quoted = true }

local function premier_caractere(texte)
  return texte:match('^[%z\1-\127\194-\244][\128-\191]*') or ''
end

-- L'espace qu'il faut entre deux mots, ou nil si l'espace ordinaire convient.
local function espace_entre(avant, apres)
  if avant:match('«$') then return INSECABLE end
  local signe = AVANT[premier_caractere(apres)]
  if signe then return signe end
  if not avant:match('%d$') then
    return (avant == 'n°' or avant == 'p.') and apres:match('^%d') and INSECABLE or nil
  end
  if avant:match('^[^%w]*%d%d?%d?$') and apres:match('^%d%d%d%f[%D]') then return FINE end
  if UNITES[apres:match('^[%a€\128-\255]+') or ''] then return INSECABLE end
end

-- L'apostrophe droite d'une saisie (« l'épicerie ») devient courbe.
local function apostrophe(texte)
  return (texte:gsub("([%w\128-\255])'([%w\128-\255])", '%1’%2'))
end

-- Le texte du rang `i`, où l'apostrophe vient d'être corrigée s'il le fallait.
local function lire(inlines, i, genre)
  local element = inlines[i]
  if genre ~= 'Str' then return ENVELOPPES[genre] and pandoc.utils.stringify(element) or '' end
  local texte = element.text
  local corrige = apostrophe(texte)
  if corrige == texte then return texte end
  inlines[i] = pandoc.Str(corrige)
  return corrige, true
end

local ESPACES = { Space = true, SoftBreak = true }

-- Demander à un élément son genre ou son texte est ce qui coûte : une fois chacun, pas plus.
local function soigner(inlines)
  local change, avant, blanc = false, nil, false
  for i = 1, #inlines do
    local genre = inlines[i].t
    if ESPACES[genre] then
      if blanc then avant = '' end
      blanc = true
    else
      local texte, corrige = lire(inlines, i, genre)
      local espace = blanc and avant and espace_entre(avant, texte)
      if espace then inlines[i - 1] = pandoc.Str(espace) end
      change = change or corrige or espace
      avant, blanc = texte, false
    end
  end
  if change then return inlines end
end

-- Les guillemets droits de la prose deviennent des guillemets français.
local function guillemets(cite)
  if cite.quotetype ~= 'DoubleQuote' then return nil end
  local sortie = pandoc.Inlines { pandoc.Str('«' .. INSECABLE) }
  sortie:extend(cite.content)
  sortie:insert(pandoc.Str(INSECABLE .. '»'))
  return sortie
end

return { { Quoted = guillemets }, { Inlines = soigner } }
