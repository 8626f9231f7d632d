"""L'annexe des constats : la matrice, ce qui fonde chaque affirmation, les règles de force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bilan.carnet import Bilan
from bilan.constats import Affirmation, Conclusion, Fait
from bilan.constats_controle import Controle
from bilan.constats_recommandations import renvois
from bilan.markdown import Colonne, Tableau, echapper, lier_les_faits, span_chiffre
from bilan.style import lister

AUCUN = "Cette édition n'a pas encore de constats.\n"
# Les chapitres sans numéro se nomment ; les autres se renvoient par leur identifiant.
SANS_NUMERO = {
    "synthese": '[Synthèse]{.renvoi-page page="/report/synthese.qmd" ancre="sec-synthese"}',
}


def matrice(bilan: Bilan) -> str:
    """De la question à l'indicateur, au constat et à la recommandation."""
    controle = Controle(bilan)
    if not controle.affirmations.codes:
        return AUCUN
    return Tableau(
        [Colonne("Question", largeur=46), Colonne("Indicateur", largeur=12),
         Colonne("Constats", largeur=22), Colonne("Recommandations", largeur=20)],
        list(_lignes_de_matrice(controle)),
        "Des questions aux indicateurs, aux constats et aux recommandations", "tbl-constats",
    ).markdown()


def _lignes_de_matrice(controle: Controle) -> Iterator[list[str]]:
    lues, parametres = controle.affirmations, controle.bilan.parametres
    for categorie in parametres.definitions.categories:
        de_categorie = [k for k in lues.affirmations if k.question == categorie.code]
        indicateurs = parametres.de_categorie(categorie.code)
        codes = {i.code for i in indicateurs}
        sans = [k for k in de_categorie if not codes & _indicateurs(k)]
        nom = f"**{echapper(categorie.nom)}.** {echapper(categorie.question)}"
        yield _ligne(controle, nom, "–", sans)
        for indicateur in indicateurs:
            avec = [k for k in de_categorie if indicateur.code in _indicateurs(k)]
            yield _ligne(controle, echapper(indicateur.question), indicateur.code, avec)
    transversaux = [k for k in lues.affirmations if k.question is None]
    yield _ligne(controle, "**Toutes les questions**", "–", transversaux)


def _ligne(
    controle: Controle, question: str, indicateur: str, trouves: list[Affirmation]
) -> list[str]:
    depuis = {r.code for k in trouves for r in controle.affirmations.recommandations_de(k.code)}
    suites = [r.code for r in controle.affirmations.recommandations if r.code in depuis]
    return [question, indicateur, renvois(k.code for k in trouves), renvois(suites)]


def _indicateurs(affirmation: Affirmation) -> set[str]:
    return {chiffre.split(".")[0] for chiffre in affirmation.chiffres}


def liste(bilan: Bilan) -> str:
    """Une définition par affirmation, question par question."""
    controle = Controle(bilan)
    if not controle.affirmations.codes:
        return AUCUN
    lues, categories = controle.affirmations, bilan.parametres.definitions.categories
    groupes = [
        ("Sur l'ensemble", "ensemble", [k for k in lues.constats if k.question is None]),
        *((c.nom, c.code, [k for k in lues.constats if k.question == c.code]) for c in categories),
        ("Conclusions", "conclusions", lues.conclusions),
    ]
    return "\n".join(
        f"### {echapper(titre)} {{#{cle}}}\n\n" + "\n".join(_entree(controle, k) for k in membres)
        for titre, cle, membres in groupes
        if membres
    )


def _entree(controle: Controle, affirmation: Affirmation) -> str:
    """Le terme porte l'ancre où mènent les marques ; sa définition, ce qui le fonde."""
    code = affirmation.code
    paragraphes = [" ".join(filter(None, phrases)) for phrases in (
        (_force(controle, affirmation), _condition(affirmation)),
        (_fondement(controle, affirmation),),
        (_lieux(controle, affirmation), _suites(controle, affirmation)),
    )]
    corps = "\n\n    ".join(filter(None, paragraphes))
    terme = f"[{code}]{{#constat-{code} .ancre-constat}}. {affirmation.enonce.strip()}"
    return f"{terme}\n\n:   {corps}\n"


def _force(controle: Controle, affirmation: Affirmation) -> str:
    plafond, numeros = controle.pesee.plafond(affirmation), _plafonds(controle)
    raisons = lister([numeros[r] for r in plafond.raisons])
    return f"**Force :** {affirmation.force}. **Plafond :** {plafond.force} ({raisons})."


def _plafonds(controle: Controle) -> dict[str, str]:
    """Chaque règle de plafond qui a un objet dans l'édition, et le numéro qui la cite."""
    sans_objet = _sans_objet(controle)
    regles = [p.regle for p in controle.regles.plafonds if p.code not in sans_objet]
    return {regle: f"P{rang}" for rang, regle in enumerate(regles, start=1)}


def _fondement(controle: Controle, affirmation: Affirmation) -> str:
    registre, morceaux = controle.bilan.registre, []
    if isinstance(affirmation, Conclusion):
        morceaux.append(f"**Tirée de :** {renvois(affirmation.constats)}.")
    if affirmation.chiffres:
        chiffres = (f"`{c}` {span_chiffre(registre[c])}" for c in affirmation.chiffres)
        morceaux.append(f"**Chiffres :** {' ; '.join(chiffres)}.")
    if affirmation.croisement:
        p, minimal, groupe, hors = (
            span_chiffre(registre[f"constat.{affirmation.code}.{nom}"])
            for nom in ("p", "p_minimal", "groupe", "hors_groupe")
        )
        morceaux.append(
            f"**Comparaison :** {groupe} dans le groupe, {hors} hors du groupe ; test exact de "
            f"Fisher, p = {p} ; au mieux {minimal} avec ces effectifs."
        )
    if affirmation.faits:
        faits = " ; ".join(_fait(controle, f) for f in affirmation.faits)
        morceaux.append(f"**Faits :** {faits}.")
    return " ".join(morceaux)


def _fait(controle: Controle, fait: Fait) -> str:
    bilan = controle.bilan
    if fait.fiche:
        territoire, rubrique, ordre = fait.fiche.split("/")
        fiches = bilan.tables["fiches"]
        ligne = fiches[(fiches["territoire"] == territoire) & (fiches["rubrique"] == rubrique)
                       & (fiches["ordre"] == int(ordre))].iloc[0]
        prefixe = f"fait.{territoire}.{rubrique}.{ordre}"
        texte = lier_les_faits(bilan.registre, str(ligne["texte"]).rstrip("."), prefixe)
        return f"fiche {echapper(bilan.noms[territoire])} : {texte}"
    if fait.entretiens:
        segments = bilan.registre[f"segments.{fait.entretiens}"]
        theme = bilan.libelles("entretiens", "theme").get(fait.entretiens, fait.entretiens)
        accord = "s" if segments.valeur > 1 else ""
        mention = bilan.mention("entretiens")
        return f"entretiens, {echapper(theme)} : {span_chiffre(segments)} segment{accord}{mention}"
    if fait.ecart:
        titres = {c.code: c.titre for c in bilan.parametres.contradictions}
        return f"écart {fait.ecart}, {echapper(titres[fait.ecart])} (@sec-contradictions)"
    return f"document publié, {echapper(fait.document)}"


def _condition(affirmation: Affirmation) -> str:
    if affirmation.condition is None:
        return ""
    return f"**Condition :** {echapper(affirmation.en_clair)}."


def _lieux(controle: Controle, affirmation: Affirmation) -> str:
    """Où l'affirmation est établie, et où elle est reprise."""
    etabli = affirmation.etabli.split(".")[0]
    pages = dict.fromkeys(_page(m.fichier) for m in controle.mentions_de(affirmation.code))
    reprises = [p for p in pages if p != etabli]
    suite = f" **Reprise :** {_chapitres(reprises)}." if reprises else ""
    return f"**Établie :** {_chapitres([etabli])}.{suite}"


def _page(fichier: str) -> str:
    return fichier.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _chapitres(pages: Iterable[str]) -> str:
    return ", ".join(SANS_NUMERO.get(page, f"@sec-{page}") for page in pages)


def _suites(controle: Controle, affirmation: Affirmation) -> str:
    suites = controle.affirmations.recommandations_de(affirmation.code)
    if suites:
        return f"**Recommandations :** {renvois(r.code for r in suites)}."
    return f"**Sans suite :** {echapper(affirmation.sans_suite)}"


def regles(bilan: Bilan) -> str:
    """L'échelle et son lexique, les plafonds, les mots de cause, les sections relues."""
    controle = Controle(bilan)
    if not controle.affirmations.codes:
        return AUCUN
    lues = controle.regles
    echelle = Tableau(
        [Colonne("Force", largeur=16), Colonne("Ce qu'elle veut dire", largeur=34),
         Colonne("Mots qui la disent", largeur=50)],
        [[f"**{e.force}**", echapper(e.sens), _mots(e.mots)] for e in lues.forces],
        "L'échelle des forces et son lexique", "tbl-forces",
    )
    numeros = _plafonds(controle)
    plafonds = Tableau(
        [Colonne("Code", largeur=8), Colonne("Règle", largeur=66), Colonne("Plafond", largeur=26)],
        [[numeros[p.regle], echapper(p.regle), "–" if p.code == "chaine" else p.plafond]
         for p in lues.plafonds if p.regle in numeros],
        "Les plafonds", "tbl-plafonds",
    )
    sections = ", ".join(f"`{s}`" for s in lues.sections)
    return (
        f"{echelle.markdown()}\n{plafonds.markdown()}\n"
        f"**Mots de cause :** {_mots(lues.causes)}.\n\n"
        f"**Sections relues phrase par phrase :** {sections}.\n"
        f"{_non_verifie(controle)}{_simulees(bilan)}"
    )


def _sans_objet(controle: Controle) -> set[str]:
    """Les plafonds que rien, dans cette édition, ne peut toucher."""
    bilan = controle.bilan
    absents = {
        "reconstitue": "reconstituee" not in bilan.natures.values(),
        "releve": not bilan.parametres.contradictions,
        "reponse": bilan.parametres.generaux.verdict.seuil_reponse is None,
    }
    return {code for code, absent in absents.items() if absent}


def _simulees(bilan: Bilan) -> str:
    """Ce que valent ces règles quand tout est inventé."""
    if "simulee" not in bilan.natures.values():
        return ""
    return ("\nLes lignes simulées sont lues ici comme le seraient des lignes observées, pour "
            "montrer ce que les règles permettent. Rien de ce qui en est tiré n'a été observé.\n")


def _non_verifie(controle: Controle) -> str:
    """Ce qu'aucun contrôle ne cherche : l'endroit d'un document qui n'est pas dans le projet."""
    if not any(f.document for k in controle.affirmations.affirmations for f in k.faits):
        return ""
    return ("\nL'endroit du document publié auquel un fait renvoie n'est pas vérifié, ce document "
            "n'étant pas dans le projet.\n")


def _mots(mots: list[str]) -> str:
    return echapper(", ".join(m.replace("*", "…") for m in mots))
