-- Remplace ::: {.bloc code="introduction.crise"} par le bloc de ce code (textes de
-- l'édition, tableaux calculés). Un bloc .facultatif que l'édition n'a pas écrit ne montre rien.
-- Un bloc est du texte : ni HTML, ni Typst, ni TeX bruts.
-- À passer avant tous les autres filtres (dans Quarto : at: pre-ast).

local FORMAT_INERTE = 'markdown-raw_html-raw_attribute-raw_tex-tex_math_dollars'
local blocs -- code -> Markdown
local lu -- le chemin dont ils viennent

local function racine_du_projet()
  if quarto and quarto.project and quarto.project.directory then
    return quarto.project.directory
  end
  return os.getenv('QUARTO_PROJECT_DIR') or '.'
end

local function charger(meta)
  local chemin = meta['bilan-blocs'] and pandoc.utils.stringify(meta['bilan-blocs'])
  if not chemin or chemin == lu then return end
  local fichier = io.open(chemin, 'rb') or io.open(racine_du_projet() .. '/' .. chemin, 'rb')
  if not fichier then
    error('blocs introuvables : ' .. chemin .. ' (lancer « bilan notebooks »)', 0)
  end
  blocs, lu = pandoc.json.decode(fichier:read('a'), false), chemin
  fichier:close()
end

-- Les titres d'un bloc portent son code, pour rester uniques dans tout le livre.
local function prefixer_titres(contenu, code)
  local prefixe = code:gsub('[^%w]+', '-')
  return contenu:walk { Header = function(titre)
    if not titre.identifier:match('^sec%-') then
      titre.identifier = prefixe .. '-' .. titre.identifier
    end
    return titre
  end }
end

local function lire_bloc(code, en_cours)
  if not blocs then
    error('la métadonnée « bilan-blocs » manque : impossible d\'écrire le bloc ' .. code, 0)
  end
  if not blocs[code] then error('bloc inconnu : « ' .. code .. ' »', 0) end
  if en_cours[code] then error('le bloc « ' .. code .. ' » se contient lui-même', 0) end
  -- Le dernier argument tient Pandoc à l'écart du disque.
  local contenu = pandoc.read(blocs[code], FORMAT_INERTE, {}, {}).blocks
  return prefixer_titres(contenu, code)
end

local function remplacer(contenu, en_cours)
  return contenu:walk { Div = function(div)
    if not div.classes:includes('bloc') then return nil end
    local code = div.attributes.code or div.attributes['data-code']
    if not code then error('bloc sans code : écrire ::: {.bloc code="…"}', 0) end
    if BILAN_LIT then BILAN_LIT('blocs', code) end
    if blocs and not blocs[code] and div.classes:includes('facultatif') then return {} end
    local bloc = lire_bloc(code, en_cours)
    en_cours[code] = true
    bloc = remplacer(bloc, en_cours)
    en_cours[code] = nil
    return bloc
  end }
end

return {
  { Meta = charger },
  { Pandoc = function(doc)
      doc.blocks = remplacer(doc.blocks, {})
      return doc
    end },
}
