-- La marque d'un constat : un petit code en exposant, qui mène à ce qui le fonde.
--   [La rencontre reste rare]{.constat code="K16"}  ->  La rencontre reste rare (K16 en exposant)
--   [K16]{.renvoi-constat code="K16"}               ->  K16, lien vers le même endroit
--   [Synthèse]{.renvoi-page page="…" ancre="…"}     ->  lien vers un endroit d'un chapitre
-- À passer après la typographie, qui n'a pas à voir la marque. Marche dans Quarto et dans Pandoc.

-- Un seul document sur le papier, des pages en HTML.
local function cible(page, ancre)
  return (FORMAT:match('typst') and '' or page) .. '#' .. ancre
end

local function lien_vers(code, contenu, attributs)
  local page = code:match('^R') and '/report/recommandations.qmd' or '/report/constats.qmd'
  return pandoc.Link(contenu, cible(page, 'constat-' .. code), '', attributs)
end

local function code_de(span)
  local code = span.attributes.code or span.attributes['data-code']
  if not code then error('constat sans code : écrire [phrase]{.constat code="K1"}', 0) end
  return code
end

local function marquer(span)
  local code = code_de(span)
  local quoi = code:match('^R') and 'La recommandation : ' or 'Ce qui fonde ce constat : '
  local attributs = pandoc.Attr('', { 'marque-constat' }, { ['aria-label'] = quoi .. code })
  span.content:insert(pandoc.Superscript { lien_vers(code, { pandoc.Str(code) }, attributs) })
  return span
end

local function ecrire_span(span)
  if span.classes:includes('constat') then return marquer(span) end
  if span.classes:includes('renvoi-constat') then
    return lien_vers(code_de(span), span.content, pandoc.Attr('', { 'renvoi-constat' }))
  end
  if span.classes:includes('renvoi-page') then
    return pandoc.Link(span.content, cible(span.attributes.page, span.attributes.ancre))
  end
end

return { { Span = ecrire_span } }
