-- Lire, écrire, échapper ; et dire une faute en clair.

local fichiers = {}

function fichiers.lire(chemin)
  local flux = io.open(chemin, 'rb')
  if not flux then error('fichier introuvable : ' .. chemin, 0) end
  local texte = flux:read('a')
  flux:close()
  return texte
end

-- Le « null » de JSON devient l'absence de valeur, pour que les tests de Lua restent simples.
local function sans_null(valeur)
  if valeur == pandoc.json.null then return nil end
  if type(valeur) ~= 'table' then return valeur end
  local nette = {}
  for cle, element in pairs(valeur) do nette[cle] = sans_null(element) end
  return nette
end

function fichiers.lire_json(chemin)
  return sans_null(pandoc.json.decode(fichiers.lire(chemin), false))
end

function fichiers.ecrire(chemin, texte)
  local flux = io.open(chemin, 'wb')
  if not flux then error('écriture impossible : ' .. chemin, 0) end
  flux:write(texte)
  flux:close()
end

function fichiers.existe(chemin)
  local flux = io.open(chemin, 'rb')
  if flux then flux:close() end
  return flux ~= nil
end

-- Les chapitres qu'un volume écrit ; des autres, il n'a que l'ossature.
function fichiers.siens(chapitres)
  return pandoc.List(chapitres):filter(function(chapitre) return not chapitre.ailleurs end)
end

-- Un texte, dans du HTML.
function fichiers.echapper(texte)
  return (texte:gsub('&', '&amp;'):gsub('<', '&lt;'):gsub('>', '&gt;'):gsub('"', '&quot;'))
end

-- Pandoc enveloppe l'erreur d'un filtre ; l'utilisateur n'a besoin que de la phrase.
function fichiers.message(faute)
  local texte = tostring(faute)
  texte = texte:gsub('\nstack traceback:.*', ''):gsub('Error running filter [^\n]*\n', '')
  return (texte:gsub('^%s+', ''):gsub('%s+$', ''))
end

-- Exécute une étape sur un chapitre ; une faute y gagne le nom du fichier.
function fichiers.dans(chapitre, etape, ...)
  local resultats = table.pack(pcall(etape, ...))
  if resultats[1] then return table.unpack(resultats, 2, resultats.n) end
  local message = fichiers.message(resultats[2])
  if not message:find(chapitre.nom, 1, true) then message = chapitre.nom .. ' : ' .. message end
  error(message, 0)
end

return fichiers
