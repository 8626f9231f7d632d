-- L'index de la recherche : une entrée par section, le texte seul, sans les données des graphiques.

local fichiers = require 'fichiers'
local recherche = {}

-- Ni la marque d'un constat, ni le numéro d'un titre, ni le tableau replié d'un graphique.
local SANS = {
  Superscript = function() return {} end,
  Note = function() return {} end,
  Image = function() return {} end,
  RawBlock = function() return {} end,
  Div = function(div) if div.classes:includes('donnees-graphique') then return {} end end,
  Span = function(span) if span.classes:includes('numero') then return {} end end,
}

-- Les textes d'un bloc, à la suite : Pandoc mettrait des secondes à dessiner les tableaux.
local function texte_de(bloc)
  local textes = pandoc.List {}
  local function prendre(feuille)
    textes:insert(feuille.text or pandoc.utils.stringify(feuille))
    return nil, false
  end
  pandoc.Blocks { bloc }:walk { traverse = 'topdown',
    Plain = prendre, Para = prendre, Header = prendre, LineBlock = prendre, CodeBlock = prendre }
  return (table.concat(textes, ' '):gsub('%s+', ' '))
end

local function ouvrir(chapitre, titre)
  local premier = titre.level == 1
  return { adresse = chapitre.page .. '.html' .. (premier and '' or '#' .. titre.identifier),
           titre = pandoc.utils.stringify(chapitre.titres[1].contenu),
           annexe = chapitre.genre == 'annexe' or nil,
           section = premier and '' or pandoc.utils.stringify(titre:walk(SANS)),
           texte = pandoc.List {} }
end

local function indexer(chapitre, sections)
  local ici
  for _, bloc in ipairs(chapitre.doc.blocks:walk(SANS)) do
    if bloc.t == 'Header' and bloc.level <= 3 then
      ici = ouvrir(chapitre, bloc)
      sections:insert(ici)
    elseif ici then
      ici.texte:insert(texte_de(bloc))
    end
  end
end

-- Écrit le relevé d'un volume, `recherche-VOLUME.json` ; l'index les réunit (bilan/recherche.py).
function recherche.ecrire(livre, chapitres, sortie)
  local sections = pandoc.List {}
  for _, chapitre in ipairs(chapitres) do indexer(chapitre, sections) end
  for _, section in ipairs(sections) do section.texte = table.concat(section.texte, ' ') end
  fichiers.ecrire(pandoc.path.join { sortie, 'recherche-' .. livre.nom .. '.json' },
    pandoc.json.encode(sections))
end

return recherche
