"""The study tp5: its network, its profiles, and that its conclusions follow from the verdicts."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.facts.derive import derive_facts
from tests.mutation import with_errors
from tests.report.conftest import Project
from tests.report.tp5 import PAIRS, load_tp5, pairs, read, step, told

VERDICTS = ("better", "worse", "similar", "inconclusive")
WORDS = {
    "better": "{a} supera a {b} en 5,00 puntos (de +3,00 a +7,00; p = 0,004), más de lo que",
    "worse": "{a} queda 5,00 puntos por debajo de {b} (de −7,00 a −3,00; p = 0,004)",
    "similar": "{a} y {b} dan a efectos prácticos lo mismo, porque la diferencia está entre −0,20",
    "inconclusive": "no se puede afirmar que {a} sea mejor ni peor que {b}: la media es 1,00",
}
SQUARE = [
    (first, second, VERDICTS[(i + j) % 4])
    for (i, first), (j, second) in itertools.product(enumerate(VERDICTS), repeat=2)
]
"""A Latin square: each two pairs have each two verdicts once."""
TITLES = {
    "direct": "Sin transferencia",
    "from_fashion": "Desde prendas",
    "from_letters": "Desde letras",
}


@pytest.fixture(scope="module")
def load(project: Path) -> Callable[..., Project]:
    """Return the function that gives the study with a profile, made once."""
    return functools.cache(lambda profile=None: load_tp5(project, profile))


@pytest.fixture(scope="module")
def tp5(load: Callable[..., Project]) -> Project:
    return load()


@pytest.mark.parametrize("profile", [None, "embedded", "emnist"])
def test_each_profile_is_answered(load: Callable[..., Project], profile: str | None) -> None:
    found = load(profile) if profile else load()
    assert found.check() == ()
    assert [len(text.split()) > 40 for text in read(found).values()] == [True] * 8


def test_the_report_says_which_data_it_has(load: Callable[..., Project], tp5: Project) -> None:
    embedded = read(load("embedded"))
    default, emojis, emnist = read(tp5)["data"], embedded["data"], read(load("emnist"))["data"]
    assert "Son los de MNIST" in default
    assert "Fashion-MNIST, fotografías en gris de prendas" in default
    assert "no son manuscritas, sino dibujadas con los tipos de letra" in default
    assert "una muestra de MNIST" in emojis
    assert "emojis de OpenMoji" in emojis
    assert "prendas" not in " ".join(embedded.values())
    assert "letras manuscritas de EMNIST" in emnist


@pytest.mark.parametrize("verdicts", SQUARE)
def test_the_comparison_says_what_the_verdicts_are(tp5: Project, verdicts: tuple[str, ...]) -> None:
    text = told(tp5, "comparison", pairs(*verdicts))
    for (first, second), verdict in zip(PAIRS, verdicts, strict=True):
        assert WORDS[verdict].format(a=TITLES[first], b=TITLES[second]) in text
    of_fashion, of_letters, between = verdicts
    assert ("ayuda con las prendas y con las letras" in text) == (
        of_fashion == of_letters == "better"
    )
    assert ("perjudica con las prendas y con las letras" in text) == (
        of_fashion == of_letters == "worse"
    )
    assert ("es mejor partir de las letras" in text) == (between == "better")
    assert ("es mejor partir de las prendas" in text) == (between == "worse")
    assert "más de lo que el azar explicaría. Esto vale" in text


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        (
            ("inconclusive", "better", "better"),
            (
                "Transferir ayuda con las letras; con las prendas no se puede afirmar que ayude ni "
                "que perjudique. Entre ambas fuentes, es mejor partir de las letras. Desde letras, "
                "la de media más alta, supera a todas las demás variantes más de lo que el azar"
            ),
        ),
        (
            ("worse", "better", "better"),
            "Transferir ayuda con las letras, pero perjudica con las prendas.",
        ),
        (
            ("better", "similar", "worse"),
            (
                "Transferir ayuda con las prendas; con las letras da lo mismo que partir del azar. "
                "Entre ambas fuentes, es mejor partir de las prendas."
            ),
        ),
        (
            ("better", "better", "inconclusive"),
            (
                "Transferir ayuda con las prendas y con las letras: ambas redes de origen dan una "
                "precisión mayor que partir del azar, 5,00 y 5,00 puntos. Lo que no se puede "
                "afirmar es que una fuente sea mejor que la otra."
            ),
        ),
        (
            ("worse", "worse", "similar"),
            (
                "Transferir no ayuda: perjudica con las prendas y con las letras, que dejan la "
                "precisión 5,00 y 5,00 puntos por debajo de la que se obtiene partiendo del azar. "
                "Entre ambas fuentes no hay diferencia que importe."
            ),
        ),
        (
            ("worse", "inconclusive", "inconclusive"),
            (
                "Transferir no ayuda: perjudica con las prendas, y con las letras no se puede "
                "afirmar que ayude ni que perjudique."
            ),
        ),
        (
            ("similar", "inconclusive", "inconclusive"),
            (
                "No se puede decir que transferir ayude: con las prendas da lo mismo que partir "
                "del azar, y con las letras no se puede afirmar que ayude ni que perjudique."
            ),
        ),
        (
            ("inconclusive", "inconclusive", "inconclusive"),
            (
                "No se puede afirmar que transferir ayude ni que perjudique, ni con una fuente ni "
                "con la otra. Tampoco se puede afirmar que una fuente sea mejor que la otra."
            ),
        ),
    ],
)
def test_the_conclusion_reads_right(tp5: Project, verdicts: tuple[str, ...], words: str) -> None:
    assert words in told(tp5, "comparison", pairs(*verdicts))


@pytest.mark.parametrize(
    ("single", "over_seeds", "words"),
    [
        ("better", "inconclusive", "acierta 5,00 puntos más que Sin transferencia en las mismas"),
        ("better", "worse", "pero sobre todas las repeticiones la media es 5,00 puntos menor."),
        ("inconclusive", "better", "no habría bastado para separar Desde prendas de Sin transfe"),
        ("similar", "inconclusive", "habría hecho dar por iguales Desde prendas y Sin transfer"),
        ("better", "better", "Con la primera semilla sola los veredictos serían los mismos"),
    ],
)
def test_one_run_alone_is_held_against_all(
    tp5: Project, single: str, over_seeds: str, words: str
) -> None:
    assert words in told(tp5, "comparison", pairs(*[over_seeds] * 3, single=single))


def test_too_few_seeds_are_told(tp5: Project) -> None:
    text = told(tp5, "comparison", pairs(*["inconclusive"] * 3, decisive=False))
    assert (
        "con diez repeticiones ninguna diferencia, por grande que fuera, sería concluyente" in text
    )


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("better", "La segunda etapa la mejora, pues, en 5,00 puntos (p = 0,004)"),
        ("worse", "La segunda etapa la empeora, pues, en 5,00 puntos (p = 0,004): entrenar"),
        ("similar", "no cambia nada: la diferencia está entre −0,20 y +0,40 puntos"),
        ("inconclusive", "No se puede afirmar que la segunda etapa cambie algo: son −1,00 puntos"),
    ],
)
def test_the_phases_say_what_the_verdict_is(tp5: Project, verdict: str, words: str) -> None:
    given = step("from_fashion", verdict) | step("from_letters", "inconclusive")
    text = told(tp5, "phases", given)
    assert words in text
    helped = "solo ayuda de forma demostrada en Desde prendas"
    assert (helped in text) == (verdict == "better")


def test_ranks_and_spreads_follow(tp5: Project) -> None:
    """The means of the three are put in order, and the ranges that overlap are told as such."""
    given = {}
    for name, mean, rank in (
        ("direct", 0.9, 1),
        ("from_fashion", 0.5, 3),
        ("from_letters", 0.7, 2),
    ):
        seeds = f"{name}.h50.seeds.test"
        given |= {
            f"{name}.seeds.rank": (rank, "count"),
            f"{seeds}.mean": (mean, "fraction"),
            f"{seeds}.low": (mean - 0.02, "fraction"),
            f"{seeds}.high": (mean + 0.02, "fraction"),
            f"{seeds}.min": (mean - 0.05, "fraction"),
            f"{seeds}.max": (mean + 0.05, "fraction"),
            f"{seeds}.deviation": (mean / 100, "ratio"),
        }
    text = told(tp5, "repetitions", given)
    assert (
        "La media más alta de las diez repeticiones es la de Sin transferencia, el 90,0 %" in text
    )
    assert "y la más baja, la de Desde prendas, el 50,0 %" in text
    assert "La peor repetición de la primera supera a la mejor de la última" in text
    given["from_fashion.h50.seeds.test.max"] = (0.95, "fraction")
    assert "La mejor repetición de la última, con el 95,0 %, supera a" in told(
        tp5, "repetitions", given
    )


def test_dead_and_weak_filters_are_told(tp5: Project) -> None:
    """Of the hand-made filters one is dead, and its image is above no real one."""
    text = read(tp5)["filters"]
    assert "No siempre ocurre: lo logran 5 de 6 en relu1 (Sin transferencia)" in text
    assert "Hay filtros inactivos, que no responden a ningún cambio de la imagen: uno en" in text
    assert "El filtro elegido es el 5 de relu2 en Desde letras" in text
    given = {}
    for run in ("direct", "fashion", "letters"):
        for alias in ("first", "second"):
            given[f"{run}.maximization.{alias}.above_real"] = (6, "count")
            given[f"{run}.maximization.{alias}.dead"] = (0, "count")
    text = told(tp5, "filters", given)
    assert "Así ocurre con todos los filtros de ambas capas" in text
    assert "Ninguno de estos filtros está inactivo." in text


def test_what_weakens_the_results_is_told_of_every_variant(tp5: Project) -> None:
    """All runs share images between splits and answer at chance: the answers say so themselves."""
    records = {}
    for run, record in tp5.records.items():
        horizon, n = record.result.evaluations[-1].horizon, len(record.arrays["labels"])
        data = replace(record.result.data, n_shared=3)
        shared = replace(record, result=replace(record.result, data=data))
        records[run] = with_errors(shared, horizon, n - 1)
    weak = replace(tp5, records=records, facts=derive_facts(tp5.study, records))
    assert weak.check() == ()
    told = read(weak)
    assert (
        "hasta tres imágenes de dígitos, tres imágenes de prendas y tres imágenes" in told["data"]
    )
    assert "Sin transferencia, Desde prendas y Desde letras no mejoran lo que" in told["curves"]


def test_the_network_has_the_parameters_of_its_paper_and_sum(project: Path, tp5: Project) -> None:
    """By hand: 320 + 64 + 4624 + 32 + 7850 = 12 890, and 2 · (32 + 16) = 96 statistics."""
    from reportgen.models.backbones import build_network
    from reportgen.models.summary import summarize_model

    spec = tp5.study.experiments["direct"]
    assert spec.training is not None
    file = project / "experiments" / "tp5" / "models.py"
    network = build_network(file, spec.model, n_classes=10, seed=0)
    summary = summarize_model(
        network, (1, 28, 28), spec.training.phases, source="", source_file="", source_line=0
    )
    own = next(run.id for run in tp5.study.runs if run.id.experiment == "direct")
    result = replace(tp5.records[own].result, model=summary)
    records = {**tp5.records, own: replace(tp5.records[own], result=result)}
    facts = derive_facts(tp5.study, records)
    counted = {fact.id: fact.value for fact in facts}
    assert [counted[f"direct.model.{name}"] for name in ("trainable", "frozen", "buffers")] == [
        *(12_890, 0, 96)
    ]
    text = read(replace(tp5, records=records, facts=facts))["network"]
    assert "La red guarda 12 986 números" in text
    assert "cambian 7850, y los demás quedan congelados" in text
