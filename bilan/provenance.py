"""D'où vient chaque chiffre : l'annexe où mène chaque chiffre du rapport."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy

from bilan import nombres
from bilan.carnet import Bilan
from bilan.comptes import ETAPES, SENS
from bilan.markdown import Colonne, Tableau, ancre_de, echapper, span_chiffre
from bilan.registre import NATURES, Chiffre, Registre
from bilan.style import TERRITOIRES_NOMMES

# Les familles montrées une ligne par chiffre.
LISTES = {
    "ensemble": "Édition",
    "sessions": "Sessions",
    "segments": "Segments d'entretiens, par thème et en tout",
    "contexte": "Contexte et programme",
    "fiche": "Chiffres clés des fiches",
    "fait": "Nombres écrits dans les fiches",
    "publie": "Résultats publiés",
    "constat": "Comparaisons entre territoires",
    "audit": "Nombres déduits par l'audit",
    "controle": "Signalements de chaque contrôle",
    "precedente": "Résultats de l'édition précédente",
    "comparaison": "Écarts avec l'édition précédente",
}
ENONCE_DES_FAMILLES = (
    "Les territoires de cette édition sont trop nombreux pour que chacun ait ici ses lignes. Une "
    "ligne vaut pour le même chiffre de tous : dans son code, « … » tient la place du territoire. "
    "Chaque valeur est dans [chiffres.csv](chiffres.csv).\n\n")
# Les colonnes de territoires qui tiennent dans la largeur d'une page.
COLONNES = 6
# Les sortes de chiffres que l'annexe distingue, et la famille qui dit si l'édition en a.
SORTES = (
    ("ensemble", "**calculés** à partir des tables"),
    ("publie", "**publiés**, transcrits pour être comparés aux premiers"),
    ("contexte", "de **contexte**, transcrits avec leur source et, quand il est publié, leur "
                 "millésime"),
    ("precedente", "de l'**édition précédente**, recalculés avec ses tables et ses définitions"),
)


def sortes_de_chiffres(bilan: Bilan) -> str:
    """Ce que le registre de l'édition contient."""
    familles = {c.code.partition(".")[0] for c in bilan.registre}
    lignes = (f"- des chiffres {texte}" for famille, texte in SORTES if famille in familles)
    return "Y figurent\u00a0:\n\n" + " ;\n".join(lignes) + ".\n"


def provenance(bilan: Bilan) -> str:
    """La règle de chaque indicateur, puis chaque chiffre, famille par famille.

    Des territoires trop nombreux pour être nommés, seules les familles de chiffres y sont.
    """
    vue = bilan if len(bilan.noms) <= TERRITOIRES_NOMMES else _sans_territoires(bilan)
    tableaux = [
        *_des_indicateurs(vue),
        *_des_comptes(vue),
        *_des_taux(vue),
        *(_liste(vue.registre, famille, titre) for famille, titre in LISTES.items()),
    ]
    sections = [_section(t, t.legende) for t in tableaux if t.lignes]
    if vue is not bilan:
        sections.append(_section(_familles_des_territoires(bilan), "Chiffres de chaque territoire",
                                 ENONCE_DES_FAMILLES))
    return "\n".join(sections)


def _section(tableau: Tableau, titre: str, enonce: str = "") -> str:
    return (f"## {titre} {{#{tableau.identifiant.replace('tbl-', '')}}}\n\n{enonce}"
            f"{tableau.markdown()}")


def _sans_territoires(bilan: Bilan) -> Bilan:
    """Le bilan, comme s'il n'avait que les chiffres de l'ensemble."""
    vue = copy(bilan)
    vue.noms = {}
    vue.registre = Registre(bilan.edition.code,
                            (c for c in bilan.registre if c.territoire is None))
    return vue


def _familles_des_territoires(bilan: Bilan) -> Tableau:
    """Une ligne pour le même chiffre de tous les territoires, où mènent ceux des fiches."""
    familles: dict[tuple[str, str], list[Chiffre]] = {}
    for chiffre in bilan.registre:
        if chiffre.territoire is not None:
            avant, _, apres = chiffre.code.partition(f".{chiffre.territoire}")
            familles.setdefault((avant, apres), []).append(chiffre)
    lignes = []
    for (avant, apres), chiffres in familles.items():
        code = f"`{avant}.…{apres}`"
        if avant + apres not in bilan.registre:  # sinon la ligne de l'ensemble a déjà cette ancre
            code = f"[{code}]{{#{ancre_de(avant + apres)} .ancre-chiffre}}"
        lignes.append([code, nombres.nombre(len(chiffres)),
                       _origine(bilan.registre, chiffres[0]),
                       ", ".join(f"`{t}`" for t in chiffres[0].tables)])
    return Tableau(
        [Colonne("Code", largeur=30), Colonne("Chiffres", "droite", 12),
         Colonne("Origine", largeur=42), Colonne("Tables", largeur=16)],
        lignes, "Un chiffre par territoire", "tbl-provenance-territoires",
    )


def _des_indicateurs(bilan: Bilan) -> Iterator[Tableau]:
    yield Tableau(
        [Colonne("Code", largeur=8), Colonne("Règle", largeur=46),
         Colonne("Nature des lignes", largeur=16), Colonne("Carnet, cellule", largeur=34)],
        list(_regles(bilan)), "Règle de chaque indicateur", "tbl-provenance-regles",
    )
    yield Tableau(
        [Colonne("Code", largeur=8), Colonne("Résultat", "droite", 18),
         Colonne("Cible", "droite", 10), Colonne("Écart", "droite", 14),
         Colonne("Variantes", largeur=50)],
        list(_resultats_et_variantes(bilan)), "Indicateurs, pour l'ensemble",
        "tbl-provenance-resultats",
    )
    yield Tableau(
        [Colonne("Code", largeur=6), Colonne("Verdict", largeur=17),
         Colonne("Étendue", largeur=24), Colonne("Exact", largeur=14),
         Colonne("Wilson", largeur=14), Colonne("Pèse le plus", largeur=20),
         Colonne("Moyenne des taux", "droite", 10)],
        list(_portees(bilan)), "Portée des résultats", "tbl-provenance-portee",
    )
    for famille, titre in (("resultat", "Indicateurs, par territoire"),
                           ("retraits", "Indicateurs, sans chacun des territoires")):
        for groupe, suite, rang in _groupes(bilan.noms):
            noms = (Colonne(echapper(n), "droite", 13) for n in groupe.values())
            yield Tableau(
                [Colonne("Code", largeur=6), *noms],
                list(_par_territoire(bilan, famille, groupe)), titre + suite,
                f"tbl-provenance-{famille}{rang}",
            )


def _groupes(noms: dict[str, str]) -> Iterator[tuple[dict[str, str], str, str]]:
    """Les colonnes d'un tableau, par six au plus : au-delà, il ne tient pas dans la page.

    Avec chaque groupe, ce qu'il faut ajouter au titre et à l'identifiant de son tableau.
    """
    paires = list(noms.items())
    nombre = -(-len(paires) // COLONNES)
    taille = -(-len(paires) // max(1, nombre))
    for rang in range(nombre):
        groupe = dict(paires[rang * taille:(rang + 1) * taille])
        bouts = list(groupe.values())
        suite = f"\u00a0: de {echapper(bouts[0])} à {echapper(bouts[-1])}" if nombre > 1 else ""
        yield groupe, suite, f"-{rang + 1}" if rang else ""


def _des_comptes(bilan: Bilan) -> Iterator[Tableau]:
    """Les comptes que montrent les graphiques, en tableaux croisés."""
    for debut, titre, colonnes in (
        ("acteurs", "Acteurs, du recensement à la participation", ETAPES),
        ("criteres", "Scores des critères de réseau", bilan.noms),
        ("entretiens", "Segments d'entretiens, par thème", SENS),
    ):
        for groupe, suite, rang in _groupes(colonnes):
            yield Tableau(
                [Colonne("Code", largeur=34), *(Colonne(echapper(n), "droite", 14)
                                                for n in groupe.values())],
                list(_croise(bilan.registre, debut, list(groupe))), titre + suite,
                f"tbl-provenance-{debut}{rang}",
            )


def _des_taux(bilan: Bilan) -> Iterator[Tableau]:
    """Une ligne par taux de réponse ou de remplissage : l'ensemble, puis les territoires."""
    registre = bilan.registre
    codes = [c.code for c in registre
             if "taux" in c.code.split(".")[:2] and c.territoire is None]
    for groupe, suite, rang in [*_groupes(bilan.noms)] or [({}, "", "")]:
        colonnes = {f".{t}": nom for t, nom in groupe.items()}
        colonnes = colonnes if rang else {"": "Ensemble"} | colonnes
        yield Tableau(
            [Colonne("Code", largeur=34),
             *(Colonne(echapper(n), "droite", 12) for n in colonnes.values())],
            [[f"`{code}`", *(span_chiffre(registre[code + c], ancre=True)
                             if code + c in registre else "–" for c in colonnes)]
             for code in codes],
            f"Taux de réponse et de remplissage{suite}", f"tbl-provenance-taux{rang}",
        )


def _croise(registre: Registre, debut: str, colonnes: list[str]) -> Iterator[list[str]]:
    """Une ligne par code sans son dernier segment, une colonne par dernier segment."""
    codes = (c.code for c in registre if c.code.startswith(f"{debut}."))
    for ligne in dict.fromkeys(code.rpartition(".")[0] for code in codes):
        chiffres = [registre.get(f"{ligne}.{c}") for c in colonnes]
        yield [f"`{ligne}`", *(span_chiffre(c, ancre=True) if c else "–" for c in chiffres)]


def _liste(registre: Registre, famille: str, titre: str) -> Tableau:
    lignes = [
        [f"`{c.code}`", span_chiffre(c, ancre=True), echapper(c.libelle), _origine(registre, c)]
        for c in registre
        if c.code.startswith(f"{famille}.")
    ]
    return Tableau(
        [Colonne("Code", largeur=30), Colonne("Valeur", "droite", 18),
         Colonne("Libellé", largeur=36), Colonne("Origine", largeur=30)],
        lignes, titre, f"tbl-provenance-{famille}",
    )


def _origine(registre: Registre, chiffre: Chiffre) -> str:
    """La définition du chiffre ; le code d'un autre y est sécable, comme dans sa colonne."""
    return " ".join(f"`{mot}`" if mot in registre else echapper(mot)
                    for mot in chiffre.definition.split(" "))


def _regles(bilan: Bilan) -> Iterator[list[str]]:
    for indicateur in bilan.parametres.indicateurs:
        resultat = bilan.registre[f"{indicateur.code}.resultat"]
        yield [
            indicateur.code,
            echapper(resultat.regle),
            NATURES.get(resultat.nature, echapper(resultat.nature)),
            echapper(f"{resultat.carnet}, {resultat.cellule}"),
        ]


def _resultats_et_variantes(bilan: Bilan) -> Iterator[list[str]]:
    registre = bilan.registre
    for indicateur in bilan.parametres.indicateurs:
        code = indicateur.code
        variantes = [
            f"{echapper(v.nom)} : {_variante(registre, code, v.code)}"
            for v in indicateur.variantes
        ]
        yield [
            code,
            *(
                span_chiffre(registre[c], ancre=True) if c in registre else "–"
                for c in (f"{code}.resultat", f"{code}.cible", f"{code}.ecart")
            ),
            " ; ".join(variantes) or "–",
        ]


def _variante(registre: Registre, code: str, variante: str) -> str:
    return span_chiffre(registre[f"{code}.variante.{variante}"], ancre=True)


def _portees(bilan: Bilan) -> Iterator[list[str]]:
    registre = bilan.registre

    def ancrer(code: str) -> str:
        return span_chiffre(registre[code], ancre=True) if code in registre else "–"

    def bornes(code: str) -> str:
        if f"{code}.bas" not in registre:
            return "–"
        return f"{ancrer(f'{code}.bas')} à {ancrer(f'{code}.haut')}"

    for indicateur in bilan.parametres.indicateurs:
        code = indicateur.code
        yield [
            code, ancrer(f"{code}.verdict"), bornes(f"{code}.etendue"), bornes(f"{code}.exact"),
            bornes(f"{code}.wilson"),
            f"{ancrer(f'{code}.poids')} ({ancrer(f'{code}.poids.ecart')})",
            ancrer(f"{code}.moyenne"),
        ]


def _par_territoire(
    bilan: Bilan, famille: str, territoires: Iterable[str]
) -> Iterator[list[str]]:
    """Une ligne par indicateur : `resultat` de chaque territoire, ou `retraits` de chacun."""
    registre = bilan.registre
    for indicateur in bilan.parametres.indicateurs:
        codes = [f"{indicateur.code}.{famille}.{t}" for t in territoires]
        yield [
            indicateur.code,
            *(
                span_chiffre(registre[c], ancre=True) if c in registre else "hors base"
                for c in codes
            ),
        ]
