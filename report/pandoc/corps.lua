-- Écrit le document Typst : les deux partiels partagés avec Quarto, puis les chapitres.

local fichiers = require 'fichiers'
local figures = require 'figures'
local numeros = require 'numeros'
local corps = {}

-- Ce que le gabarit de Quarto définit avant nos partiels, et que l'écrivain Typst appelle.
-- Les guillemets sont déjà les bons : ni Pandoc ni Typst n'en changent (« typst-smart »).
local PRELUDE = '#let horizontalrule = line(start: (25%,0%), end: (75%,0%))\n'
  .. '#set smartquote(enabled: false)\n'

local function typst(code) return pandoc.RawBlock('typst', code) end

-- Une ligne de tableau tient à peu près ce nombre de signes sur la largeur du texte.
local SIGNES_PAR_LIGNE = 114
local CORPS_SERRE = 0.9
local MOT_SECABLE = 13 -- au-delà, un mot ordinaire se coupe ; un code, jamais
local VALEUR = 16 -- « 100 % (400/400) » : jusque-là, une cellule se lit mieux sur une ligne
local CODE_SECABLE = 20 -- sauf dans Word

local function signes(texte) return utf8.len(texte) or #texte end

local function plus_long_mot(texte)
  local plus_long = 0
  for mot in texte:gmatch('%S+') do plus_long = math.max(plus_long, signes(mot)) end
  return plus_long
end

-- Le mot le plus long d'une cellule, tel quel puis coupé : un code compte en entier, sauf coupé à
-- ses points.
local function mots_de_cellule(cellule, texte)
  local code, coupe = 0, 0
  local function peser(morceaux)
    local long = plus_long_mot(morceaux) * 1.05
    return FORMAT == 'docx' and math.min(CODE_SECABLE, long) or long
  end
  cellule.contents:walk { Code = function(c)
    code = math.max(code, peser(c.text))
    coupe = math.max(coupe, peser((c.text:gsub('[._]', '%0 '))))
  end }
  local mot = math.min(MOT_SECABLE, plus_long_mot(texte))
  return math.max(code, mot), math.max(coupe, mot)
end

-- Ce que contient une colonne, en signes : la plus longue cellule, et ce qui doit y tenir sur une
-- ligne, selon qu'on garde une valeur entière, les mots seulement, ou que l'on coupe les codes.
local function mesurer_colonne(lignes, rang)
  local colonne = { total = 0, entier = 0, mots = 0, coupe = 0 }
  for _, ligne in ipairs(lignes) do
    local cellule = ligne.cells[rang]
    if cellule then
      local texte = pandoc.utils.stringify(cellule.contents)
      local long, mots, coupe = signes(texte), mots_de_cellule(cellule, texte)
      colonne.total = math.max(colonne.total, long)
      colonne.mots = math.max(colonne.mots, mots)
      colonne.coupe = math.max(colonne.coupe, coupe)
      colonne.entier = math.max(colonne.entier, mots, long <= VALEUR and long or 0)
    end
  end
  return colonne
end

local function mesurer(tableau)
  local lignes = pandoc.List {}
  lignes:extend(tableau.head.rows)
  for _, partie in ipairs(tableau.bodies) do lignes:extend(partie.body) end
  local colonnes = pandoc.List {}
  for rang = 1, #tableau.colspecs do colonnes:insert(mesurer_colonne(lignes, rang)) end
  return colonnes
end

-- Ce qu'il faut au moins à chaque colonne, ce qu'elle voudrait en plus, et leurs sommes.
local function besoins(colonnes, maniere)
  local minimums, envies, somme, desir = {}, {}, 0, 0
  for rang, colonne in ipairs(colonnes) do
    minimums[rang] = colonne[maniere] * 1.1 + 2.5
    envies[rang] = math.max(0, math.min(colonne.total + 2, 14 + colonne.total ^ 0.75) - minimums[rang])
    somme, desir = somme + minimums[rang], desir + envies[rang]
  end
  return minimums, envies, somme, desir
end

-- Sur le papier un tableau tient la largeur du texte : à chacune son minimum, le reste selon l'envie.
function corps.repartir_colonnes(tableau)
  local colonnes = mesurer(tableau)
  local minimums, envies, somme, desir = besoins(colonnes, 'entier')
  if somme > SIGNES_PAR_LIGNE then minimums, envies, somme, desir = besoins(colonnes, 'mots') end
  -- Plutôt couper les codes que les composer trop petits.
  local coupe = FORMAT ~= 'docx' and somme * CORPS_SERRE > SIGNES_PAR_LIGNE
  if coupe then minimums, envies, somme, desir = besoins(colonnes, 'coupe') end
  -- Trop de texte, ou des mots trop longs, pour la largeur : le tableau se compose plus petit.
  local serre = desir > 3 * math.max(0, SIGNES_PAR_LIGNE - somme)
  local ligne = math.max(somme, serre and SIGNES_PAR_LIGNE / CORPS_SERRE or SIGNES_PAR_LIGNE)
  local reste = ligne - somme
  for rang, colonne in ipairs(tableau.colspecs) do
    local cote = colonne[1] == 'AlignDefault' and 'AlignLeft' or colonne[1]
    local part = desir > 0 and envies[rang] / desir or 1 / #tableau.colspecs
    tableau.colspecs[rang] = { cote, (minimums[rang] + reste * part) / (somme + reste) }
  end
  if ligne == SIGNES_PAR_LIGNE and not coupe then return tableau end
  local corps_reduit = ('#[#show table: set text(size: %.2fem)'):format(SIGNES_PAR_LIGNE / ligne)
    .. (coupe and '\n#show raw: bilan-code-secable' or '')
  return { typst(corps_reduit), tableau, typst(']') }
end

local LISTES = { BulletList = true, OrderedList = true }

-- Une phrase courte suivie d'une liste l'annonce.
local function annoncer(blocs)
  for rang = #blocs - 1, 1, -1 do
    local bloc = blocs[rang]
    if bloc.t == 'Para' and LISTES[blocs[rang + 1].t]
      and signes(pandoc.utils.stringify(bloc.content)) < 2 * SIGNES_PAR_LIGNE then
      blocs:insert(rang + 1, typst(']'))
      blocs:insert(rang, typst('#bilan-annonce['))
    end
  end
  return blocs
end

local function ouvrir_partie(blocs, chapitre, etat)
  if chapitre.partie then
    blocs:insert(pandoc.Plain { pandoc.RawInline('typst', '#part['), pandoc.Span(chapitre.partie),
                                pandoc.RawInline('typst', ']') })
  end
  if chapitre.genre == 'annexe' and not etat.annexes then
    etat.annexes = true
    blocs:insert(typst('#show: appendices.with("Annexes")'))
  end
end

-- Le titre, puis le reste dans « bilan-chapitre » (ou « bilan-une-page » pour une fiche).
local function ajouter_chapitre(blocs, chapitre, coupe)
  local fiche = chapitre.genre == 'fiche'
  local ouverture = fiche and '#bilan-une-page['
    or ('#bilan-chapitre("%s", coupe: %s)['):format(chapitre.page, coupe)
  if fiche then blocs:insert(typst('#bilan-surtitre.update("Fiche territoire")')) end
  blocs:insert(chapitre.doc.blocks[1])
  if fiche then blocs:insert(typst('#bilan-surtitre.update(none)')) end
  blocs:insert(typst(ouverture))
  blocs:extend({ table.unpack(chapitre.doc.blocks, 2) })
  blocs:insert(typst(']'))
end

-- Une page seule n'a pas les autres chapitres : ses renvois y deviennent du texte.
local function detacher(chapitre)
  return chapitre.doc.blocks:walk { Link = function(lien)
    local ancre = lien.target:match('^#(.+)$')
    if ancre and numeros.page_de(ancre) ~= chapitre.page then return lien.content end
  end }
end

local function metadonnees(livre, seule)
  local auteurs = livre.auteurs:map(function(nom) return { name = { literal = nom } } end)
  return { title = livre.titre, subtitle = livre.sous_titre, date = livre.date_affichee,
           edition = livre.edition, mention = livre.mention,
           avertissement = livre.avertissement, relecture = livre.relecture, ['by-author'] = auteurs,
           ['bilan-seule'] = seule }
end

local function gabarit(livre)
  local partiels = { PRELUDE }
  for rang, nom in ipairs { 'typst-template.typ', 'typst-show.typ' } do
    partiels[rang + 1] = fichiers.lire(pandoc.path.join { livre.style, nom })
  end
  return pandoc.template.compile(table.concat(partiels, '\n') .. '\n$body$\n')
end

local MOT_TROP_LONG, PAS = 40, 12

-- Un mot plus long qu'une ligne sortirait de la page : il peut se couper tous les PAS signes. Une
-- boîte vide, et non un signe : une adresse que l'on copie reste la bonne.
local function secable(texte)
  local morceaux, signes_ = pandoc.List { '' }, 0
  for _, code in utf8.codes(texte) do
    if signes_ > 0 and signes_ % PAS == 0 then morceaux:insert('') end
    signes_, morceaux[#morceaux] = signes_ + 1, morceaux[#morceaux] .. utf8.char(code)
  end
  return table.concat(morceaux:map(figures.chaine_typst), '+box()+')
end

-- Typst lit « -- », « ... », « -? » et le « -5 » qui ouvre un mot comme d'autres signes ; après un
-- lien ou du gras, qui sont des appels, « .nom », « ( », « [ » ou « ; » les prolongeraient. Un mot qui
-- en a est écrit comme une chaîne, telle quelle.
local function mot_exact(mot)
  local texte = mot.text
  local long = signes(texte) > MOT_TROP_LONG
  if long or texte:find('--', 1, true) or texte:find('...', 1, true) or texte:find('-?', 1, true)
    or (' ' .. texte):find('[^%w]%-%d') or texte:find('^[.(%[;]') then
    texte = long and '(' .. secable(texte) .. ')' or figures.chaine_typst(texte)
    return pandoc.RawInline('typst', '#' .. texte .. ';')
  end
end

local function ecrire(livre, blocs, sortie, nom, seule)
  local tout = blocs:walk { Table = corps.repartir_colonnes }:walk { Blocks = annoncer }
  local doc = pandoc.Pandoc(tout:walk { Str = mot_exact }, metadonnees(livre, seule))
  local texte = pandoc.write(doc, 'typst-smart', { template = gabarit(livre), wrap_text = 'none' })
  fichiers.ecrire(pandoc.path.join { sortie, nom .. '.typ' }, texte)
end

-- Une page de partie, une fiche ou la synthèse ouvrent toujours une page.
local function ouvre_une_page(chapitre)
  return chapitre and (chapitre.partie or chapitre.genre == 'fiche' or chapitre.page == 'synthese') and true
end

function corps.ecrire_livre(livre, chapitres, sortie)
  local blocs, etat = pandoc.Blocks {}, {}
  for rang, chapitre in ipairs(chapitres) do
    local fiche = chapitre.genre == 'fiche'
    ouvrir_partie(blocs, chapitre, etat)
    if fiche then blocs:insert(typst(('#bilan-page-de-fiche(relecture: %s)['):format(livre.relecture))) end
    -- Un exemplaire à relire n'a pas à être équilibré.
    ajouter_chapitre(blocs, chapitre, not livre.relecture and ouvre_une_page(chapitres[rang + 1]) or false)
    if fiche then blocs:insert(typst(']')) end
  end
  ecrire(livre, blocs, sortie, 'document')
end

function corps.ecrire_pages(livre, chapitres, sortie, pages)
  local par_page = {}
  for _, chapitre in ipairs(chapitres) do par_page[chapitre.page] = chapitre end
  for _, page in ipairs(pages) do
    local chapitre = par_page[page] or error('page inconnue : ' .. page, 0)
    chapitre.doc.blocks = detacher(chapitre)
    local blocs = pandoc.Blocks {}
    ajouter_chapitre(blocs, chapitre, false)
    ecrire(livre, blocs, sortie, page, true)
  end
end

return corps
