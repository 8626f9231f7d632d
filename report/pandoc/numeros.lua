-- Numéros de chapitres, de sections, de figures et de tableaux ; identifiants uniques
-- dans tout le livre ; renvois « figure 3 » cliquables d'une page à l'autre.

local fichiers = require 'fichiers'
local numeros = {}
local INSECABLE = '\u{a0}'
local NOMS = { fig = 'figure', tbl = 'tableau', sec = 'section' }
local ancres = {} -- identifiant -> { page, nom, numero, titre }

local function genre_de(identifiant) return NOMS[identifiant:match('^(%a+)%-')] end

-- Un identifiant choisi par l'auteur ne sert qu'une fois ; un automatique se distingue.
local function unique(identifiant, chapitre)
  local deja = ancres[identifiant]
  if not deja then return identifiant end
  if genre_de(identifiant) then
    error(('identifiant « %s » en double : déjà dans %s'):format(identifiant, deja.fichier), 0)
  end
  local base, essai, rang = chapitre.page .. '-' .. identifiant, nil, 1
  repeat
    essai = rang == 1 and base or base .. '-' .. rang
    rang = rang + 1
  until not ancres[essai]
  return essai
end

local function ancrer(element, chapitre, ancre)
  local ancien = element.identifier
  element.identifier = unique(ancien, chapitre)
  chapitre.renommes[ancien] = chapitre.renommes[ancien] or element.identifier
  ancre.page, ancre.fichier = chapitre.page, chapitre.nom
  ancres[element.identifier] = ancre
end

-- Dans son annexe, un chiffre ou un constat porte l'ancre où mènent toutes ses autres mentions.
local function ancrer_span(span, chapitre)
  if span.identifier == '' then return nil end
  local classes = span.classes
  chapitre.a_des_constats = chapitre.a_des_constats or classes:includes('ancre-constat')
  if not classes:find_if(function(classe)
    return classe == 'chiffre' or classe == 'ancre-chiffre' or classe == 'ancre-constat'
  end) then return nil end
  local deja = ancres[span.identifier]
  if deja then
    error(('ancre posée deux fois : « %s », déjà dans %s'):format(span.identifier, deja.fichier), 0)
  end
  ancres[span.identifier] = { page = chapitre.page, fichier = chapitre.nom }
end

local function id_du_chiffre(code) return 'chiffre-' .. code:gsub('%.', '-') end

-- Quand les fiches sont à part, l'annexe n'a qu'une ligne pour le même chiffre de tous les territoires :
-- son code, sans le leur.
local function ancre_commune(code)
  local segments = pandoc.List {}
  for segment in code:gmatch('[^.]+') do segments:insert(segment) end
  for rang = #segments, 2, -1 do
    local reste = segments:clone()
    reste:remove(rang)
    local id = id_du_chiffre(table.concat(reste, '.'))
    if ancres[id] then return id end
  end
end

-- L'ancre d'un chiffre ; un numérateur, un dénominateur, un rapport ont celle de leur résultat.
local function ancre_du_chiffre(code, livre)
  local resultat = code:gsub('%.numerateur', '.resultat'):gsub('%.denominateur', '.resultat')
    :gsub('%.rapport', '.resultat')
  for _, essai in ipairs { code, resultat } do
    if ancres[id_du_chiffre(essai)] then return id_du_chiffre(essai) end
  end
  return livre.a_part and ancre_commune(resultat)
end

local function lettre(rang) return string.char(64 + rang) end

local function numero_de_chapitre(chapitre, titre, compte)
  if chapitre.genre == 'fiche' or titre.classes:includes('unnumbered') then return nil end
  local genre = chapitre.genre == 'annexe' and 'annexe' or 'chapitre'
  compte[genre] = compte[genre] + 1
  return genre == 'annexe' and lettre(compte.annexe) or tostring(compte.chapitre)
end

-- Un seul titre de niveau 1, et pas de niveau sauté : le PDF accessible l'exige.
local function controler_niveau(titre, chapitre)
  local dernier = chapitre.titres[#chapitre.titres]
  local texte = pandoc.utils.stringify(titre)
  if dernier and titre.level == 1 then
    error(('« # %s » : un chapitre n\'a qu\'un titre de niveau 1'):format(texte), 0)
  elseif titre.level > (dernier and dernier.niveau or 0) + 1 then
    error(('le titre « %s » saute un niveau : écrire « %s »'):format(
      texte, ('#'):rep(dernier.niveau + 1) .. ' ' .. texte), 0)
  end
end

local function numeroter_titre(titre, chapitre, compte)
  controler_niveau(titre, chapitre)
  local numero
  local nom = 'section'
  if titre.level == 1 then
    numero = numero_de_chapitre(chapitre, titre, compte)
    nom = chapitre.genre == 'annexe' and 'annexe' or 'chapitre'
    chapitre.numero, compte.section = numero, 0
  elseif titre.level == 2 and chapitre.numero and not titre.classes:includes('unnumbered') then
    compte.section = compte.section + 1
    numero = chapitre.numero .. '.' .. compte.section
  end
  ancrer(titre, chapitre, { nom = nom, numero = numero, titre = titre.content })
  if not numero and not titre.classes:includes('unnumbered') then
    titre.classes:insert('unnumbered')
  end
  chapitre.titres:insert { niveau = titre.level, id = titre.identifier, numero = numero,
                           contenu = titre.content:clone() }
  if numero and FORMAT ~= 'typst' then
    titre.content:insert(1, pandoc.Span(numero, { class = 'numero' }))
    titre.content:insert(2, pandoc.Space())
  end
  return titre
end

-- Figures et tableaux à légende : un numéro, et, sauf en Typst qui l'écrit, « Figure 3 » devant.
local function numeroter_flottant(element, prefixe, chapitre, compte)
  local legende = element.caption.long
  if #legende == 0 then
    if element.identifier ~= '' then ancrer(element, chapitre, { nom = NOMS[prefixe] }) end
    return element
  end
  compte[prefixe] = compte[prefixe] + 1
  local numero = tostring(compte[prefixe])
  if element.identifier == '' then element.identifier = prefixe .. '-sans-nom-' .. numero end
  if genre_de(element.identifier) ~= NOMS[prefixe] then
    error(('« %s » : l\'identifiant doit commencer par %s-'):format(element.identifier, prefixe), 0)
  end
  ancrer(element, chapitre, { nom = NOMS[prefixe], numero = numero })
  if FORMAT ~= 'typst' then
    local nom = prefixe == 'fig' and 'Figure' or 'Tableau'
    legende[1].content:insert(1, pandoc.Span(nom .. INSECABLE .. numero, { class = 'etiquette' }))
    legende[1].content:insert(2, pandoc.Space())
    element.caption.long = legende
  end
  return element
end

local function numeroter_chapitre(chapitre, compte)
  chapitre.renommes, chapitre.titres = {}, pandoc.List {}
  chapitre.doc.blocks = chapitre.doc.blocks:walk {
    traverse = 'topdown',
    Header = function(titre) return numeroter_titre(titre, chapitre, compte) end,
    Figure = function(figure) return numeroter_flottant(figure, 'fig', chapitre, compte) end,
    Table = function(tableau) return numeroter_flottant(tableau, 'tbl', chapitre, compte) end,
    Span = function(span) ancrer_span(span, chapitre) end,
  }
end

-- L'adresse d'une ancre vue d'un chapitre : des pages en HTML, ailleurs un seul document.
local function adresse(identifiant, chapitre)
  local page = ancres[identifiant].page
  if FORMAT ~= 'html5' or page == chapitre.page then return '#' .. identifiant end
  return page .. '.html#' .. identifiant
end

-- Une fiche à part a sa page dans le site, mais n'est ni dans le PDF ni dans Word.
local function hors_du_document(ancre) return ancre.a_part and FORMAT ~= 'html5' end

local function majuscule(texte) return pandoc.text.upper(texte:sub(1, 1)) .. texte:sub(2) end

local function texte_du_renvoi(ancre, capitale)
  if ancre.numero then
    local nom = capitale and majuscule(ancre.nom) or ancre.nom
    return pandoc.Inlines { pandoc.Str(nom .. INSECABLE .. ancre.numero) }
  end
  local texte = pandoc.Inlines { pandoc.Str('«' .. INSECABLE) }
  texte:extend(ancre.titre or pandoc.Inlines { pandoc.Str(ancre.nom) })
  texte:insert(pandoc.Str(INSECABLE .. '»'))
  return texte
end

-- « @tbl-x » écrit « tableau 7 », « @Tbl-x » écrit « Tableau 7 », comme dans Quarto.
-- Un Cite qui n'est pas un renvoi du dialecte est du texte : on le laisse tel qu'il est tapé.
local function ecrire_renvois(cite, chapitre)
  local sortie = pandoc.Inlines {}
  for _, citation in ipairs(cite.citations) do
    local identifiant = citation.id:sub(1, 1):lower() .. citation.id:sub(2)
    if not genre_de(identifiant) then return cite.content end
    local ancre = ancres[identifiant]
    if not ancre then error('renvoi non résolu : @' .. citation.id, 0) end
    if #sortie > 0 then sortie:extend { pandoc.Str(','), pandoc.Space() } end
    local texte = texte_du_renvoi(ancre, identifiant ~= citation.id)
    sortie:extend(hors_du_document(ancre) and texte
      or { pandoc.Link(texte, adresse(identifiant, chapitre), '', { class = 'renvoi' }) })
  end
  return sortie
end

local function ecrire_lien(lien, chapitre, pages)
  local cible = lien.target
  if cible:match('^https?://') or cible:match('^mailto:') then return nil end
  -- Un fichier livré à côté des pages ; le papier n'en garde que le nom.
  if cible:match('%.csv$') then return FORMAT ~= 'html5' and lien.content or nil end
  local fichier, ancre = cible:match('^([^#]*)#?(.*)$')
  if fichier ~= '' then
    local visee = pages[pandoc.path.filename(fichier):gsub('%.%w+$', '')]
    if not visee then error('lien vers un chapitre inconnu : ' .. cible, 0) end
    if ancre == '' then
      lien.target = FORMAT == 'html5' and visee.page .. '.html' or '#' .. visee.titres[1].id
      return lien
    end
    ancre = visee.renommes[ancre] or ancre
  else
    ancre = chapitre.renommes[ancre] or ancre
  end
  if not ancres[ancre] then error('lien vers un endroit inconnu : ' .. cible, 0) end
  if hors_du_document(ancres[ancre]) then return lien.content end
  lien.target = adresse(ancre, chapitre)
  return lien
end

-- Un chiffre mène à sa ligne de l'annexe « D'où vient chaque chiffre ».
local function lier_chiffre(span, chapitre, livre)
  if not span.classes:includes('chiffre') or span.identifier ~= '' then return nil end
  local ancre = ancre_du_chiffre(span.attributes.code, livre)
  if not ancre then return nil end
  return pandoc.Link(span.content, adresse(ancre, chapitre), '', span.attr)
end

local function relier(chapitre, pages, livre, ecrire_image)
  chapitre.doc.blocks = chapitre.doc.blocks:walk {
    Cite = function(cite) return ecrire_renvois(cite, chapitre) end,
    Link = function(lien) return ecrire_lien(lien, chapitre, pages) end,
    Span = function(span) return lier_chiffre(span, chapitre, livre) end,
    Image = function(image) return ecrire_image(image, chapitre) end,
  }
end

function numeros.page_de(identifiant)
  return ancres[identifiant] and ancres[identifiant].page
end

local function compte_neuf() return { chapitre = 0, annexe = 0, section = 0, fig = 0, tbl = 0 } end

-- L'ancre de chaque fiche à part, qu'un autre volume écrit.
local function ancrer_les_fiches(livre)
  for _, fiche in ipairs(livre.a_part or {}) do
    ancres[fiche.ancre] = ancres[fiche.ancre] or {
      page = fiche.page, nom = 'fiche', fichier = fiche.page, a_part = true, titre = pandoc.Inlines(fiche.titre) }
  end
end

-- Numérote tous les chapitres, puis écrit les renvois (qui peuvent aller en avant) et les images de ceux
-- qu'on retient. Une fiche à part se numérote pour elle-même.
function numeros.numeroter(livre, chapitres, retenus, ecrire_image)
  local compte, pages = compte_neuf(), {}
  for _, chapitre in ipairs(chapitres) do
    local seule = livre.a_part and chapitre.genre == 'fiche'
    fichiers.dans(chapitre, numeroter_chapitre, chapitre, seule and compte_neuf() or compte)
    pages[chapitre.page] = chapitre
    pages[pandoc.path.filename(chapitre.source):gsub('%.%w+$', '')] = chapitre
  end
  ancrer_les_fiches(livre)
  for _, chapitre in ipairs(retenus) do
    fichiers.dans(chapitre, relier, chapitre, pages, livre, ecrire_image)
  end
end

return numeros
