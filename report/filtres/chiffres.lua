-- Écrit les chiffres du registre là où la prose les nomme :
--   []{.chiffre code="I1.resultat"}        ->  74 % (71/96)
--   []{.chiffre .seul code="I1.resultat"}  ->  74 %
-- Un code absent du registre arrête l'assemblage. Marche dans Quarto et dans Pandoc.

local INSECABLE = '\u{a0}'
local chiffres -- registre de l'édition : code -> enregistrement
local lu -- le chemin dont il vient

local function racine_du_projet()
  if quarto and quarto.project and quarto.project.directory then
    return quarto.project.directory
  end
  return os.getenv('QUARTO_PROJECT_DIR') or '.'
end

local function lire_json(chemin)
  local fichier = io.open(chemin, 'rb') or io.open(racine_du_projet() .. '/' .. chemin, 'rb')
  if not fichier then
    error('registre introuvable : ' .. chemin .. ' (lancer « bilan notebooks »)', 0)
  end
  local texte = fichier:read('a')
  fichier:close()
  return pandoc.json.decode(texte, false)
end

-- Le même registre sert à tous les chapitres : il n'est lu qu'une fois.
local function charger(meta)
  local chemin = meta['bilan-registre'] and pandoc.utils.stringify(meta['bilan-registre'])
  if chemin and chemin ~= lu then
    chiffres, lu = lire_json(chemin).chiffres, chemin
  end
end

-- Dans un chiffre, l'espace qui suit un nombre sépare des milliers ou précède l'unité.
local function en_mots(texte)
  local mots = pandoc.Inlines {}
  texte = texte:gsub('(%d) (%d%d%d)', '%1\u{202f}%2'):gsub('(%d) ', '%1' .. INSECABLE)
  for mot in texte:gmatch('[^ ]+') do
    if #mots > 0 then mots:insert(pandoc.Space()) end
    mots:insert(pandoc.Str(mot))
  end
  return mots
end

local function trouver(code)
  if not chiffres then
    error('la métadonnée « bilan-registre » manque : impossible d\'écrire le chiffre ' .. code, 0)
  end
  if BILAN_LIT then BILAN_LIT('chiffres', code) end
  local chiffre = chiffres[code]
  if not chiffre then
    error('chiffre inconnu : « ' .. code .. ' » n\'est pas dans le registre', 0)
  end
  return chiffre
end

local function ecrire_chiffre(span)
  local code = span.attributes.code or span.attributes['data-code']
  if not code then error('chiffre sans code : écrire []{.chiffre code="…"}', 0) end
  local chiffre = trouver(code)
  span.attributes['data-code'] = nil
  span.attributes.code = code
  -- Un carnet écrit lui-même ses cellules de tableau : leur texte reste.
  if #span.content > 0 then return span end
  span.content = en_mots(chiffre.texte)
  -- Un rapport absent se lit « null » en JSON : seul un texte s'écrit.
  if chiffre.unite == '%' and type(chiffre.rapport) == 'string' and not span.classes:includes('seul') then
    span.content:insert(pandoc.Str(INSECABLE))
    span.content:insert(pandoc.Span('(' .. chiffre.rapport .. ')', { class = 'rapport' }))
  end
  return span
end

-- Ce qui est cité d'un document n'est pas de ce bilan : on le signale au survol.
local function ecrire_cite(span)
  span.attributes.title = 'Cité tel quel d’un document'
  return span
end

return {
  { Meta = charger },
  { Span = function(span)
      if span.classes:includes('chiffre') then return ecrire_chiffre(span) end
      if span.classes:includes('cite') then return ecrire_cite(span) end
    end },
}
