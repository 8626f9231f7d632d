-- Ce qu'un chapitre peut contenir : ni passage brut, ni attribut que rien ne lit, ni adresse qui
-- agirait. Un chapitre est de la prose : ce qui n'en est pas est refusé, en clair.

local inerte = {}

-- Ni HTML, ni Typst, ni TeX bruts.
inerte.FORMAT = 'markdown-raw_html-raw_attribute-raw_tex-tex_math_dollars'

local ATTRIBUTS = {}
for nom in ([[code data-code title collapse fig-alt alt width page ancre titre lang]]):gmatch('%S+') do
  ATTRIBUTS[nom] = true
end
local ADRESSES = { http = true, https = true, mailto = true, tel = true }

-- Lit du Markdown comme du texte inerte, sans que Pandoc puisse ouvrir un fichier.
function inerte.lire(texte) return pandoc.read(texte, inerte.FORMAT, {}, {}) end

local function controler_attributs(element)
  for nom in pairs(element.attributes) do
    if not ATTRIBUTS[nom] then
      error(('attribut « %s », hors du dialecte des chapitres. Le retirer.'):format(nom), 0)
    end
  end
end

local function controler_lien(lien)
  controler_attributs(lien)
  -- Un navigateur passe les blancs et les contrôles d'une adresse : ils ne la cachent pas ici.
  local adresse = lien.target:gsub('%%(%x%x)', function(code) return string.char(tonumber(code, 16)) end)
    :gsub('[%c%s]', ''):lower()
  local genre = adresse:match('^([^/?#]-):')
  if genre and not ADRESSES[genre] then
    error(('lien vers « %s » : seules les adresses http, https, mailto et tel se suivent. Le retirer.')
      :format(lien.target), 0)
  end
end

local function refuser_brut(element)
  error(('passage brut (%s), hors du dialecte des chapitres. Écrire en Markdown.'):format(element.format), 0)
end

-- Arrête l'assemblage à la première chose qui n'est pas de la prose.
function inerte.controler(blocs)
  blocs:walk {
    RawBlock = refuser_brut, RawInline = refuser_brut,
    Link = controler_lien, Image = controler_attributs, Span = controler_attributs,
    Div = controler_attributs, Header = controler_attributs, Code = controler_attributs,
    CodeBlock = controler_attributs, Table = controler_attributs, Figure = controler_attributs,
  }
end

return inerte
