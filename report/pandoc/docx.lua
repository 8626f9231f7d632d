-- Écrit le bilan entier en DOCX : page de titre, sommaire, chapitres. Les styles sont ceux du
-- modèle, que bilan/exports_modele.py tire des jetons.

local fichiers = require 'fichiers'
local identites = require 'identites'
local docx = {}

local function style(nom, inlines)
  return pandoc.Div(pandoc.Para(inlines), { ['custom-style'] = nom })
end

local function openxml(code) return pandoc.RawInline('openxml', '<w:r>' .. code .. '</w:r>') end

local CHAMP_OUVERT = openxml '<w:fldChar w:fldCharType="begin"/>'
local CHAMP = openxml '<w:instrText xml:space="preserve"> TOC \\o "1-2" \\h \\z \\u </w:instrText>'
local CHAMP_ECRIT = openxml '<w:fldChar w:fldCharType="separate"/>'
local CHAMP_FERME = openxml '<w:fldChar w:fldCharType="end"/>'

local function page_de_titre(livre)
  local marque = 'bilan_edition_' .. livre.edition:gsub('%-', '_')
  local blocs = pandoc.Blocks { style('Title', { pandoc.Span(livre.titre, { id = marque }) }) }
  local function ajouter(nom, texte)
    if texte then blocs:insert(style(nom, texte)) end
  end
  ajouter('Subtitle', livre.sous_titre)
  ajouter('Author', table.concat(livre.auteurs, ', '))
  ajouter('Date', 'Édition ' .. livre.edition .. (livre.date_affichee and ' · ' .. livre.date_affichee or ''))
  ajouter('Mention', livre.mention)
  ajouter('Avertissement', livre.avertissement)
  ajouter('Avertissement', livre.relecture and 'Projet, à relire' or nil)
  return blocs
end

local function entree(titre)
  local texte = pandoc.Inlines(titre.contenu):walk {
    Note = function() return {} end,
    Link = function(lien) return lien.content end,
    Span = function(span) return span.content end,
  }
  if titre.numero then texte = pandoc.Inlines { pandoc.Str(titre.numero), pandoc.Space() } .. texte end
  return pandoc.Link(pandoc.Span(texte, { ['custom-style'] = 'Chiffre' }), '#' .. titre.id)
end

-- Un champ que Word met à jour ; en attendant, il montre déjà les titres, en liens.
local function sommaire(chapitres)
  local lignes = pandoc.Blocks {}
  for _, chapitre in ipairs(chapitres) do
    for _, titre in ipairs(chapitre.titres) do
      if titre.niveau == 1 or (titre.niveau == 2 and titre.numero and chapitre.genre ~= 'annexe') then
        lignes:insert(style('toc ' .. titre.niveau, { entree(titre) }))
      end
    end
  end
  local premiere, derniere = lignes[1].content[1].content, lignes[#lignes].content[1].content
  for rang, morceau in ipairs { CHAMP_OUVERT, CHAMP, CHAMP_ECRIT } do premiere:insert(rang, morceau) end
  derniere:insert(CHAMP_FERME)
  lignes[1].content[1].content, lignes[#lignes].content[1].content = premiere, derniere
  lignes:insert(1, style('TOC Heading', 'Sommaire'))
  return lignes
end

-- Une liste serrée prendrait un style à elle : dans un encadré, elle garde celui de l'encadré.
local function desserrer(liste)
  return liste:walk { Plain = function(plain) return pandoc.Para(plain.content) end }
end
local LISTES = { BulletList = desserrer, OrderedList = desserrer }

-- Ce que Word ne tient pas d'une classe : un style de caractères.
local function habiller(blocs)
  local function styler(nom)
    return function(contenu) return pandoc.Span(contenu, { ['custom-style'] = nom }) end
  end
  local function discret(nom)
    return function(lien)
      if lien.classes:includes('chiffre') or lien.classes:includes('marque-constat') then
        lien.content = { styler(nom)(lien.content) }
        return lien, false
      end
    end
  end
  return blocs:walk {
    traverse = 'topdown',
    Span = function(span)
      if span.classes:includes('etiquette') then return pandoc.Strong(span.content) end
      if span.attributes['custom-style'] == 'Grand chiffre' then
        return span:walk { Link = discret('Grand chiffre') }, false
      end
    end,
    Link = discret('Chiffre'),
    Div = function(div)
      if not div.attributes['custom-style'] then return nil end
      div.content = div.content:walk(LISTES)
      return div
    end,
    Table = require('corps').repartir_colonnes,
  }
end

function docx.ecrire(livre, chapitres, sortie, modele)
  local blocs = page_de_titre(livre)
  blocs:extend(sommaire(chapitres))
  for _, chapitre in ipairs(chapitres) do
    if chapitre.partie then
      local id = identites.signet('partie', chapitre.partie)
      blocs:insert(style('Partie', { pandoc.Span(chapitre.partie, { id = id }) }))
    end
    blocs:extend(habiller(identites.poser(chapitre)))
  end
  local doc = pandoc.Pandoc(blocs, { lang = 'fr-FR' })
  fichiers.ecrire(pandoc.path.join { sortie, 'bilan.docx' },
    pandoc.write(doc, 'docx', { reference_doc = modele }))
end

return docx
