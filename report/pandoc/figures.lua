-- Images : retrouve le fichier, exige un texte de remplacement, copie dans figures/.

local fichiers = require 'fichiers'
local figures = {}

local function absolu(chemin) return chemin:match('^/') or chemin:match('^%a:[/\\]') end

-- Un chemin se lit depuis le dossier du chapitre, puis depuis la racine du projet.
local function retrouver(src, chapitre, livre)
  if src:match('^%a%a+:') then error('image distante refusée : ' .. src, 0) end
  local nom = src:gsub('%%(%x%x)', function(code) return string.char(tonumber(code, 16)) end)
  local essais = absolu(nom) and { nom, livre.racine .. nom }
    or { pandoc.path.join { chapitre.image_de_base or livre.racine, nom },
         pandoc.path.join { livre.racine, nom } }
  for _, essai in ipairs(essais) do
    if fichiers.existe(essai) then return essai end
  end
  error('image introuvable : ' .. src, 0)
end

-- Deux fichiers de même nom et de contenus différents ne se recouvrent pas.
local function copier(origine, chapitre, copies, sortie)
  local contenu = fichiers.lire(origine)
  local nom = pandoc.path.filename(origine)
  if copies[nom] and copies[nom] ~= contenu then nom = chapitre.page .. '-' .. nom end
  if not copies[nom] then
    fichiers.ecrire(pandoc.path.join { sortie, 'figures', nom }, contenu)
    copies[nom] = contenu
  end
  return 'figures/' .. nom
end

-- Un texte, dans du Typst.
function figures.chaine_typst(texte)
  return '"' .. texte:gsub('[\\"]', '\\%0'):gsub('%s+', ' ') .. '"'
end

local function ecrire_image(image, chemin, sortie)
  local remplacement = image.attributes['fig-alt'] or image.attributes.alt
    or pandoc.utils.stringify(image.caption)
  if remplacement == '' then
    error('image sans texte de remplacement : ' .. image.src .. ' (écrire fig-alt="…")', 0)
  end
  if FORMAT == 'typst' then
    local chaine = figures.chaine_typst
    local appel = ('#bilan-image(%s, alt: %s)'):format(chaine(chemin), chaine(remplacement))
    return pandoc.RawInline('typst', appel)
  end
  if FORMAT == 'docx' then return pandoc.Image(remplacement, pandoc.path.join { sortie, chemin }) end
  local attributs = { { 'alt', remplacement } }
  if image.attributes.width then attributs[2] = { 'width', image.attributes.width } end
  return pandoc.Image({}, chemin, '', pandoc.Attr('', {}, attributs))
end

-- Rend de quoi écrire une image d'un chapitre.
function figures.preparer(livre, sortie)
  pandoc.system.make_directory(pandoc.path.join { sortie, 'figures' }, true)
  local copies = {}
  return function(image, chapitre)
    local origine = retrouver(image.src, chapitre, livre)
    return ecrire_image(image, copier(origine, chapitre, copies, sortie), sortie)
  end
end

return figures
