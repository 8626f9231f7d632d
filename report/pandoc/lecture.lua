-- Lit les chapitres comme du texte inerte (ni HTML, ni Typst, ni TeX bruts), refuse ce
-- qui est hors du dialecte, et passe les filtres partagés avec Quarto.

local fichiers = require 'fichiers'
local encadres = require 'encadres'

local FORMAT_INERTE = 'markdown-raw_html-raw_attribute-raw_tex-tex_math_dollars'
local lecture = {}

local function relatif(chemin, racine)
  local debut = racine:gsub('/*$', '/')
  return chemin:sub(1, #debut) == debut and chemin:sub(#debut + 1) or chemin
end

local function hors_dialecte(quoi, remede)
  return function() error(quoi .. ' : hors du dialecte des chapitres. ' .. remede, 0) end
end

local REFUS = {
  RawBlock = hors_dialecte('bloc brut', 'Écrire en Markdown.'),
  RawInline = hors_dialecte('passage brut', 'Écrire en Markdown.'),
  Str = function(mot)
    if mot.text:find('{{<', 1, true) then
      hors_dialecte('« {{< »', 'Écrire le contenu en Markdown, ou dans un bloc.')()
    end
  end,
  CodeBlock = function(code)
    local classe = code.classes[1] or ''
    if classe:find('^{') or code.attr.attributes.code_cell then
      hors_dialecte('cellule de code ' .. classe, 'Les calculs sont dans les carnets.')()
    end
  end,
  Code = function(code)
    if code.text:find('^{python}') then
      hors_dialecte('calcul dans le texte', 'Nommer le chiffre : []{.chiffre code="…"}.')()
    end
  end,
}

-- Le titre du chapitre : premier titre de niveau 1, ou « title » de l'en-tête YAML.
local function poser_titre(doc)
  if doc.meta.title then
    doc.blocks:insert(1, pandoc.Header(1, pandoc.Inlines(doc.meta.title)))
  end
  local premier = doc.blocks[1]
  if not premier or premier.t ~= 'Header' or premier.level ~= 1 then
    error('le chapitre doit commencer par son titre : « # Titre »', 0)
  end
end

local function filtrer(doc, livre, nom)
  return pandoc.utils.run_lua_filter(doc, pandoc.path.join { livre.filtres, nom .. '.lua' })
end

local function lire_chapitre(chapitre, livre)
  local doc = pandoc.read(fichiers.lire(chapitre.source):gsub('\r\n', '\n'), FORMAT_INERTE)
  doc:walk(REFUS)
  poser_titre(doc)
  doc.meta['bilan-registre'] = livre.registre
  doc.meta['bilan-blocs'] = livre.blocs
  doc = filtrer(doc, livre, 'blocs')
  doc:walk(REFUS)
  doc.blocks = encadres.ecrire(doc.blocks)
  doc = filtrer(doc, livre, 'chiffres')
  doc = filtrer(doc, livre, 'typographie')
  return doc
end

-- Rend la liste des chapitres du livre, chacun avec son document dans `doc`.
function lecture.lire(livre)
  for _, chapitre in ipairs(livre.chapitres) do
    chapitre.nom = relatif(chapitre.source, livre.racine)
    chapitre.doc = fichiers.dans(chapitre, lire_chapitre, chapitre, livre)
  end
  return livre.chapitres
end

-- En dernier, parce que la mise en page écrit le Typst que la lecture refuse.
function lecture.mettre_en_page(livre, chapitres)
  for _, chapitre in ipairs(chapitres) do
    chapitre.doc = fichiers.dans(chapitre, filtrer, chapitre.doc, livre, 'miseenpage')
  end
end

return lecture
