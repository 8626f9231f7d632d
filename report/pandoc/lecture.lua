-- Lit les chapitres comme du texte inerte (ni HTML, ni Typst, ni TeX bruts), refuse ce
-- qui est hors du dialecte, et passe les filtres partagés avec Quarto. Ce qui vaut pour tous les
-- formats est fait une fois, et gardé : chaque cible repart des chapitres lus.

local fichiers = require 'fichiers'
local encadres = require 'encadres'
local inerte = require 'inerte'

local lecture = {}

local function relatif(chemin, racine)
  local debut = racine:gsub('/*$', '/')
  return chemin:sub(1, #debut) == debut and chemin:sub(#debut + 1) or chemin
end

local INTERDITS = { -- motif cherché dans une ligne, ce que c'est, quoi faire
  { '{{<', 'code court de Quarto', 'Écrire le contenu en Markdown, ou dans un bloc.' },
  { '`{=%a+}', 'passage brut', 'Écrire en Markdown.' },
  { '`+{%a+[^`]*$', 'cellule de code', 'Les calculs sont dans les carnets.' },
  { '`{%a+} [^`]+`', 'calcul dans le texte', 'Nommer le chiffre : []{.chiffre code="…"}.' },
  { '^[`~]+ *{=?%a+', 'bloc brut ou cellule de code', 'Écrire en Markdown.' },
}

local function refuser(ligne, rang)
  for _, interdit in ipairs(INTERDITS) do
    if ligne:find(interdit[1]) then
      error(('ligne %d : %s, hors du dialecte des chapitres. %s'):format(rang, interdit[2], interdit[3]), 0)
    end
  end
end

-- Le contrôle porte sur le texte tapé, pour dire la ligne ; un bloc de code n'est pas lu.
local function controler_dialecte(texte)
  local rang, barriere = 0, nil
  for ligne in (texte .. '\n'):gmatch('(.-)\n') do
    rang = rang + 1
    local marque = ligne:match('^%s*(```+)') or ligne:match('^%s*(~~~+)')
    if not barriere then refuser(ligne, rang) end
    if marque and not barriere then
      barriere = marque
    elseif marque and marque:sub(1, #barriere) == barriere then
      barriere = nil
    end
  end
end

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

-- Chargé une fois pour tous les chapitres, un filtre garde le registre et les blocs qu'il a lus.
local charges = {}
local function filtrer(doc, livre, nom)
  charges[nom] = charges[nom] or dofile(pandoc.path.join { livre.filtres, nom .. '.lua' })
  for _, filtre in ipairs(charges[nom]) do doc = doc:walk(filtre) end
  return doc
end

local lus -- ce que le chapitre en cours a demandé aux blocs et au registre

-- Les filtres disent ici ce qu'ils lisent.
function BILAN_LIT(genre, code) lus[genre][code] = true end

local function lire_chapitre(chapitre, livre)
  lus = { blocs = {}, chiffres = {} }
  local texte = fichiers.lire(chapitre.source):gsub('\r\n', '\n')
  controler_dialecte(texte)
  local doc = inerte.lire(texte)
  poser_titre(doc)
  doc.meta['bilan-registre'] = livre.extrait or livre.registre
  doc.meta['bilan-blocs'] = livre.blocs
  doc = filtrer(doc, livre, 'blocs')
  inerte.controler(doc.blocks)
  doc.blocks = encadres.titrer(doc.blocks)
  doc = filtrer(doc, livre, 'chiffres')
  return filtrer(filtrer(doc, livre, 'typographie'), livre, 'constats').blocks
end

-- Une table vide s'écrirait comme un objet : la liste le dit.
local function noms(table_)
  local liste = pandoc.List {}
  for nom in pairs(table_) do liste:insert(nom) end
  liste:sort()
  return liste
end

local function images_de(blocs)
  local vues = {}
  blocs:walk { Image = function(image) vues[image.src] = true end }
  return noms(vues)
end

-- Ce qu'il faut d'un chapitre pour numéroter les autres et y renvoyer : titres, flottants, ancres.
local function ossature(blocs)
  local os = pandoc.Blocks {}
  local function legende(flottant)
    return { long = #flottant.caption.long > 0 and { pandoc.Plain { pandoc.Str '…' } } or {} }
  end
  blocs:walk {
    traverse = 'topdown',
    Header = function(titre)
      os:insert(titre)
      return nil, false
    end,
    Figure = function(figure) os:insert(pandoc.Figure({}, legende(figure), figure.attr)) end,
    Table = function(tableau)
      os:insert(pandoc.Table(legende(tableau), {}, pandoc.TableHead {}, {}, pandoc.TableFoot {}, tableau.attr))
    end,
    Span = function(span)
      if span.identifier ~= '' then os:insert(pandoc.Plain { pandoc.Span({}, span.attr) }) end
    end,
  }
  return os
end

-- Écrit ces pages, lues, leur ossature et ce dont chacune dépend : PAGE.json, PAGE.ossature.json et
-- PAGE.lus.json.
function lecture.garder(livre, pages, sortie)
  local demandees = pandoc.List(pages)
  for _, chapitre in ipairs(livre.chapitres) do
    if demandees:includes(chapitre.page) then
      chapitre.nom = relatif(chapitre.source, livre.racine)
      local blocs = fichiers.dans(chapitre, lire_chapitre, chapitre, livre)
      local base = pandoc.path.join { sortie, chapitre.page }
      fichiers.ecrire(base .. '.json', pandoc.write(pandoc.Pandoc(blocs), 'json'))
      fichiers.ecrire(base .. '.ossature.json', pandoc.write(pandoc.Pandoc(ossature(blocs)), 'json'))
      fichiers.ecrire(base .. '.lus.json', pandoc.json.encode {
        blocs = noms(lus.blocs), chiffres = noms(lus.chiffres), images = images_de(blocs) })
    end
  end
end

-- Un chapitre lu, dans le format demandé ; son ossature, s'il n'est pas à écrire.
local function reprendre(chapitre, livre, entier)
  local nom = chapitre.page .. (entier and '.json' or '.ossature.json')
  local chemin = pandoc.path.join { livre.lectures, nom }
  local doc = pandoc.read(fichiers.lire(chemin), 'json')
  doc.blocks = encadres.ecrire(doc.blocks)
  return doc
end

-- Les textes du livre passent la même typographie que la prose.
local function soigner(livre, texte)
  if not texte then return nil end
  local doc = pandoc.Pandoc { pandoc.Plain(pandoc.Inlines(texte:gsub("'", '’'))) }
  return pandoc.utils.stringify(filtrer(doc, livre, 'typographie'))
end

local function soigner_livre(livre)
  for _, champ in ipairs { 'titre', 'sous_titre', 'mention', 'avertissement', 'date_affichee' } do
    livre[champ] = soigner(livre, livre[champ])
  end
  livre.auteurs = pandoc.List(livre.auteurs or {}):map(function(nom) return soigner(livre, nom) end)
  local annexes = false
  for _, chapitre in ipairs(livre.chapitres) do
    if chapitre.genre == 'annexe' and not annexes then
      chapitre.partie, annexes = chapitre.partie or 'Annexes', true
    end
    chapitre.partie = soigner(livre, chapitre.partie)
  end
end

-- Rend la liste des chapitres du livre, chacun avec son document dans `doc` ; des chapitres qui ne
-- sont pas retenus, l'ossature seule.
function lecture.lire(livre, retenus)
  soigner_livre(livre)
  for _, chapitre in ipairs(livre.chapitres) do
    chapitre.nom = relatif(chapitre.source, livre.racine)
    chapitre.doc = fichiers.dans(chapitre, reprendre, chapitre, livre, retenus:includes(chapitre))
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
