-- Mise en page propre au bilan : grands chiffres, encadré « L'essentiel », en-tête de
-- fiche, deux colonnes. En HTML, des classes pour la feuille de style ; en Typst, des
-- appels aux fonctions « bilan-… » du gabarit (les mêmes pour Quarto et pour Pandoc) ; dans
-- Word, des styles.

local EN_TYPST = FORMAT:match('typst') ~= nil
local EN_DOCX = FORMAT:match('docx') ~= nil

local function typst(code) return pandoc.RawBlock('typst', code) end

-- Une suite de couples « ([premier], [second]), » : les arguments d'un appel Typst.
local function couples(appel, paires, carte)
  local ligne = pandoc.Inlines { pandoc.RawInline('typst', appel .. '(') }
  local function ajouter(avant, inlines)
    ligne:insert(pandoc.RawInline('typst', avant))
    ligne:extend(inlines)
  end
  if carte then
    ajouter('carte: [', carte)
    ligne:insert(pandoc.RawInline('typst', '], '))
  end
  for _, paire in ipairs(paires) do
    ajouter('([', paire[1])
    ajouter('], [', paire[2])
    ligne:insert(pandoc.RawInline('typst', ']), '))
  end
  ligne:insert(pandoc.RawInline('typst', ')'))
  return pandoc.Plain(ligne)
end

-- Entoure des blocs d'un appel Typst : avant, blocs, après.
local function entre(avant, blocs, apres)
  local sortie = pandoc.Blocks { typst(avant) }
  sortie:extend(blocs)
  sortie:insert(typst(apres))
  return sortie
end

local function enfants(div, classe)
  local trouves = pandoc.List {}
  for _, bloc in ipairs(div.content) do
    if bloc.t == 'Div' and bloc.classes:includes(classe) then
      trouves:insert(bloc)
    else
      error('dans un Div, « .' .. classe .. ' » attendu, trouvé : ' .. bloc.t, 0)
    end
  end
  return trouves
end

-- Un chiffre clé : son premier paragraphe est le grand chiffre, la suite le libellé.
local function couper(chiffre_cle)
  local premier = chiffre_cle.content[1]
  if not premier or not premier.content then
    error('chiffre clé vide : un paragraphe pour le chiffre, un pour le libellé', 0)
  end
  local libelle = pandoc.utils.blocks_to_inlines({ table.unpack(chiffre_cle.content, 2) })
  return premier.content, libelle
end

-- Des blocs dans un style de Word.
local function styler(nom, blocs) return pandoc.Div(blocs, { ['custom-style'] = nom }) end

local function chiffres_cles(div)
  local paires = enfants(div, 'chiffre-cle'):map(function(enfant)
    return { couper(enfant) }
  end)
  if EN_TYPST then return couples('#bilan-chiffres-cles', paires) end
  if EN_DOCX then return styler('Chiffre clé', paires:map(function(paire)
    local ligne = pandoc.Inlines { pandoc.Span(paire[1], { ['custom-style'] = 'Grand chiffre' }) }
    ligne:insert(pandoc.LineBreak())
    ligne:extend(paire[2])
    return pandoc.Para(ligne)
  end)) end
  return pandoc.Div(pandoc.BulletList(paires:map(function(paire)
    return { pandoc.Plain { pandoc.Span(paire[1], { class = 'grand' }), pandoc.Space(),
                            pandoc.Span(paire[2], { class = 'libelle' }) } }
  end)), { class = 'chiffres-cles' })
end

local function essentiel(div)
  if EN_TYPST then return entre('#bilan-essentiel[', div.content, ']') end
  if EN_DOCX then
    return { styler('Titre d’essentiel', { pandoc.Para('L’essentiel') }), styler('Essentiel', div.content) }
  end
  div.content:insert(1, pandoc.Div(pandoc.Plain('L’essentiel'), { class = 'essentiel-titre' }))
  return div
end

local function est_une_image(bloc)
  if not bloc or bloc.t ~= 'Para' or #bloc.content ~= 1 then return false end
  local image = bloc.content[1]
  return image.t == 'Image' or (image.t == 'RawInline' and image.text:match('^#bilan%-image') ~= nil)
end

local function est_un(bloc, classe) return bloc and bloc.t == 'Div' and bloc.classes:includes(classe) end

-- La carte qui suit l'en-tête d'une fiche y entre ; à la relecture, son code les sépare.
local function joindre_la_carte(blocs)
  for rang = #blocs - 1, 1, -1 do
    local bloc, suivant = blocs[rang], est_un(blocs[rang + 1], 'code-carnet') and rang + 2 or rang + 1
    if est_un(bloc, 'fiche-entete') and est_une_image(blocs[suivant]) then
      bloc.classes:insert('avec-carte')
      bloc.content:insert(blocs:remove(suivant))
      blocs[rang] = bloc
    end
  end
  return blocs
end

local function fiche_entete(div)
  if not EN_TYPST then return nil end
  local paires, carte = pandoc.List {}, nil
  for _, bloc in ipairs(div.content) do
    if est_une_image(bloc) then
      carte = bloc.content
    elseif bloc.t ~= 'DefinitionList' then
      error('l\'en-tête de fiche attend une liste de définitions, trouvé : ' .. bloc.t, 0)
    end
    for _, ligne in ipairs(bloc.t == 'DefinitionList' and bloc.content or {}) do
      paires:insert { ligne[1], pandoc.utils.blocks_to_inlines(ligne[2][1]) }
    end
  end
  return couples('#bilan-fiche-entete', paires, carte)
end

local function deux_colonnes(div)
  if not EN_TYPST then return nil end
  local appel = pandoc.Blocks { typst('#bilan-deux-colonnes(') }
  for _, colonne in ipairs(enfants(div, 'colonne')) do
    appel:extend(entre('[', colonne.content, '],'))
  end
  appel:insert(typst(')'))
  return appel
end

-- Dans Quarto, les jetons de la charte deviennent les variables que lit style.css.
local function poser_jetons()
  if not (quarto and FORMAT:match('html')) then return end
  local chemin = quarto.project.directory .. '/build/travail/charte/jetons.yml'
  local fichier = assert(io.open(chemin, 'rb'))
  local jetons = pandoc.json.decode(fichier:read('a'), false)
  fichier:close()
  local lignes = pandoc.List {
    ('--police-titres: "%s", serif;'):format(jetons.polices.titres),
    ('--police-texte: "%s", sans-serif;'):format(jetons.polices.texte),
  }
  for nom, code in pairs(jetons.couleurs) do lignes:insert(('--%s: %s;'):format((nom:gsub('_', '-')), code)) end
  for nom, part in pairs(jetons.echelle) do
    lignes:insert(('--corps-%s: %.3frem;'):format(nom, part * jetons.corps.site))
  end
  for nom, rem in pairs(jetons.espaces) do lignes:insert(('--espace-%s: %grem;'):format(nom, rem)) end
  lignes:sort()
  quarto.doc.include_text('in-header', '<style>:root { ' .. table.concat(lignes, ' ') .. ' }</style>')
end

-- Le papier porte déjà les valeurs sur le graphique ; le tableau replié est pour l'écran.
local function donnees_graphique(div)
  return (EN_TYPST or EN_DOCX) and {} or nil
end

local function deux_pages(div)
  if not EN_TYPST then return div.content end
  return entre('#bilan-deux-pages[', div.content, ']')
end

-- Une longue liste de noms, sur le papier : en colonnes.
local function fiches_index(div)
  if not EN_TYPST then return nil end
  local appel = pandoc.Blocks { typst('#bilan-noms(') }
  for _, nom in ipairs(div.content[1].content) do appel:extend(entre('[', nom, '],')) end
  appel:insert(typst(')'))
  return appel
end

local function fiche_signature(div)
  if not EN_TYPST then return nil end
  return entre('#bilan-fiche-signature[', div.content, ']')
end

-- Le code d'un carnet : replié dans le site de relecture, absent du papier.
local function code_carnet(div)
  if EN_TYPST or EN_DOCX then return {} end
  return {
    pandoc.RawBlock('html', '<details class="code-carnet"><summary>'),
    pandoc.Plain(pandoc.Str(div.attributes.titre)),
    pandoc.RawBlock('html', '</summary>'),
    div.content[1],
    pandoc.RawBlock('html', '</details>'),
  }
end

local PAR_CLASSE = {
  ['code-carnet'] = code_carnet,
  ['fiche-signature'] = fiche_signature,
  ['fiches-index'] = fiches_index,
  ['deux-pages'] = deux_pages,
  ['donnees-graphique'] = donnees_graphique,
  ['chiffres-cles'] = chiffres_cles,
  ['essentiel'] = essentiel,
  ['fiche-entete'] = fiche_entete,
  ['deux-colonnes'] = deux_colonnes,
}

return { { Meta = poser_jetons }, { Pandoc = function(doc)
  doc.blocks = joindre_la_carte(doc.blocks)
  return doc
end }, { Div = function(div)
  for _, classe in ipairs(div.classes) do
    if PAR_CLASSE[classe] then return PAR_CLASSE[classe](div) end
  end
end } }
