-- Assemblage embarqué : « pandoc lua principal.lua LIVRE.json CIBLE SORTIE ». L'entrée est une liste JSON :
-- les pages demandées, une par argument feraient tomber Pandoc au-delà d'une centaine.
-- CIBLE vaut lecture (les pages nommées, lues), site (les pages HTML nommées, ou toutes), pdf
-- (document.typ), pages (un PAGE.typ par page nommée) ou docx (bilan.docx d'après le modèle nommé, et
-- tableaux.json). Les quatre dernières partent des chapitres lus, dans `lectures/` à côté de LIVRE.json.
-- Une faute s'écrit en clair sur la sortie d'erreur et l'assemblage s'arrête.

local chemin_livre, cible, sortie = table.unpack(arg, 1, 3)
local ici = pandoc.path.directory(arg[0])
package.path = pandoc.path.join { ici, '?.lua' } .. ';' .. package.path
FORMAT = ({ lecture = 'json', site = 'html5', docx = 'docx' })[cible] or 'typst'

local fichiers = require 'fichiers'
local demande = pandoc.json.decode(io.read 'a')

-- Les chapitres à écrire ; les autres ne servent qu'à numéroter, et à ce qu'on y renvoie.
local function retenir(chapitres)
  local pages = pandoc.List((cible == 'site' or cible == 'pages') and demande or {})
  return fichiers.siens(chapitres):filter(function(chapitre)
    return #pages == 0 or pages:includes(chapitre.page)
  end)
end

local function assembler()
  local livre = fichiers.lire_json(chemin_livre)
  livre.nom = pandoc.path.filename(chemin_livre):gsub('%.json$', '')
  livre.style = pandoc.path.join { ici, '..', 'style' }
  livre.filtres = pandoc.path.join { ici, '..', 'filtres' }
  livre.gabarit = pandoc.path.join { ici, 'page.html' }
  livre.lectures = pandoc.path.join { pandoc.path.directory(chemin_livre), 'lectures' }
  if cible == 'lecture' then
    return require('lecture').garder(livre, demande, sortie)
  end
  local retenus = retenir(livre.chapitres)
  local chapitres = require('lecture').lire(livre, retenus)
  require('numeros').numeroter(livre, chapitres, retenus, require('figures').preparer(livre, sortie))
  if cible == 'docx' then require('tableaux').ecrire(chapitres, sortie) end
  require('lecture').mettre_en_page(livre, retenus)
  if cible == 'site' then
    require('site').ecrire(livre, chapitres, retenus, sortie)
  elseif cible == 'pdf' then
    require('corps').ecrire_livre(livre, chapitres, sortie)
  elseif cible == 'docx' then
    require('docx').ecrire(livre, chapitres, sortie, demande[1])
  else
    require('corps').ecrire_pages(livre, chapitres, sortie, demande)
  end
end

local fini, faute = pcall(assembler)
if not fini then
  io.stderr:write(fichiers.message(faute), '\n')
  os.exit(1)
end
