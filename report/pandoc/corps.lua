-- Écrit le document Typst : les deux partiels partagés avec Quarto, puis les chapitres.

local fichiers = require 'fichiers'
local numeros = require 'numeros'
local corps = {}

-- Ce que le gabarit de Quarto définit avant nos partiels, et que l'écrivain Typst appelle.
local PRELUDE = '#let horizontalrule = line(start: (25%,0%), end: (75%,0%))\n'

local function typst(code) return pandoc.RawBlock('typst', code) end

local function longueur_du_mot(texte)
  local plus_long = 0
  for mot in texte:gmatch('%S+') do plus_long = math.max(plus_long, utf8.len(mot) or #mot) end
  return plus_long
end

-- Place d'une colonne : selon son texte, sans écraser ni gonfler (bornes en signes).
local function poids_de_colonne(lignes, rang)
  local total, mot, nombre = 0, 0, 0
  for _, ligne in ipairs(lignes) do
    local cellule = ligne.cells[rang]
    if cellule then
      local texte = pandoc.utils.stringify(cellule.contents)
      total, nombre = math.max(total, utf8.len(texte) or #texte), nombre + 1
      mot = math.max(mot, longueur_du_mot(texte))
    end
  end
  return math.max(mot + 2, math.min(total + 2, 14 + total ^ 0.75))
end

-- En PDF un tableau tient la largeur du texte, ses colonnes à la mesure de leur contenu.
local function repartir_colonnes(tableau)
  local lignes = pandoc.List {}
  lignes:extend(tableau.head.rows)
  for _, partie in ipairs(tableau.bodies) do lignes:extend(partie.body) end
  local poids, somme = {}, 0
  for rang = 1, #tableau.colspecs do
    poids[rang] = poids_de_colonne(lignes, rang)
    somme = somme + poids[rang]
  end
  for rang, colonne in ipairs(tableau.colspecs) do
    local cote = colonne[1] == 'AlignDefault' and 'AlignLeft' or colonne[1]
    tableau.colspecs[rang] = { cote, poids[rang] / somme }
  end
  return tableau
end

local function ouvrir_partie(blocs, chapitre, etat)
  if chapitre.partie then
    blocs:insert(pandoc.Plain { pandoc.RawInline('typst', '#part['), pandoc.Str(chapitre.partie),
                                pandoc.RawInline('typst', ']') })
  end
  if chapitre.genre == 'annexe' and not etat.annexes then
    etat.annexes = true
    blocs:insert(typst('#show: appendices.with("Annexes")'))
  end
end

local function ajouter_chapitre(blocs, chapitre)
  if chapitre.genre ~= 'fiche' then return blocs:extend(chapitre.doc.blocks) end
  blocs:insert(chapitre.doc.blocks[1])
  blocs:insert(typst('#bilan-une-page['))
  blocs:extend({ table.unpack(chapitre.doc.blocks, 2) })
  blocs:insert(typst(']'))
end

-- Une fiche seule n'a pas les autres chapitres : ses renvois y deviennent du texte.
local function detacher(chapitre)
  return chapitre.doc.blocks:walk { Link = function(lien)
    local ancre = lien.target:match('^#(.+)$')
    if ancre and numeros.page_de(ancre) ~= chapitre.page then return lien.content end
  end }
end

local function blocs_du_document(chapitres, page)
  local blocs, etat = pandoc.Blocks {}, {}
  for _, chapitre in ipairs(chapitres) do
    if not page then
      ouvrir_partie(blocs, chapitre, etat)
      ajouter_chapitre(blocs, chapitre)
    elseif chapitre.page == page then
      chapitre.doc.blocks = detacher(chapitre)
      ajouter_chapitre(blocs, chapitre)
    end
  end
  if #blocs == 0 then error('page inconnue : ' .. tostring(page), 0) end
  return blocs:walk { Table = repartir_colonnes }
end

local function metadonnees(livre, page)
  local auteurs = pandoc.List(livre.auteurs or {}):map(function(nom)
    return { name = { literal = nom } }
  end)
  return { title = livre.titre, subtitle = livre.sous_titre, date = livre.date_affichee,
           edition = livre.edition, mention = livre.mention, ['by-author'] = auteurs,
           ['bilan-fiche'] = page }
end

function corps.ecrire(livre, chapitres, sortie, page)
  local partiels = fichiers.lire(pandoc.path.join { livre.style, 'typst-template.typ' })
    .. '\n' .. fichiers.lire(pandoc.path.join { livre.style, 'typst-show.typ' })
  local doc = pandoc.Pandoc(blocs_du_document(chapitres, page), metadonnees(livre, page))
  fichiers.ecrire(pandoc.path.join { sortie, 'document.typ' }, pandoc.write(doc, 'typst', {
    template = pandoc.template.compile(PRELUDE .. partiels .. '\n$body$\n'), wrap_text = 'none' }))
end

return corps
