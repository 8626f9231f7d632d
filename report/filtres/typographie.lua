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

local function texte_de(element)
  if not element then return '' end
  if element.t == 'Str' then return element.text end
  return ENVELOPPES[element.t] and pandoc.utils.stringify(element) or ''
end

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

local function espacer(inlines)
  for i = 2, #inlines - 1 do
    local ici = inlines[i]
    if ici.t == 'Space' or ici.t == 'SoftBreak' then
      local espace = espace_entre(texte_de(inlines[i - 1]), texte_de(inlines[i + 1]))
      if espace then inlines[i] = pandoc.Str(espace) end
    end
  end
  return inlines
end

-- Les guillemets droits de la prose deviennent des guillemets français.
local function guillemets(cite)
  if cite.quotetype ~= 'DoubleQuote' then return nil end
  local sortie = pandoc.Inlines { pandoc.Str('«' .. INSECABLE) }
  sortie:extend(cite.content)
  sortie:insert(pandoc.Str(INSECABLE .. '»'))
  return sortie
end

-- L'apostrophe droite d'une saisie (« l'épicerie ») devient courbe.
local function apostrophe(mot)
  local texte = mot.text:gsub("([%w\128-\255])'([%w\128-\255])", '%1’%2')
  if texte ~= mot.text then return pandoc.Str(texte) end
end

return { { Quoted = guillemets, Str = apostrophe }, { Inlines = espacer } }
