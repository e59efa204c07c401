"""The tables over several seeds: how each experiment spreads, and how two of them compare."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from reportgen.facts.derive import derive_facts
from reportgen.report.text import plain
from reportgen.spec.study import load_study
from tests.factories import make_record, with_test
from tests.report.conftest import Project
from tests.report.several import with_facts

REPORT = """\
title: Semillas
course: PRUEBA
authors: [{name: Alba, surnames: Ríos Peña}]
date: 2026-04-10
sections:
  - {title: Redes, experiments: [one, two], questions: [first]}
"""
ASSIGNMENT = """\
title: Prueba
questions:
  - {id: first, text: ¿Cuál acierta más?}
"""
NET = """\
title: Red NAME
dataset: {name: toy}
model: {class: Net, args: {}}
seeds: [1, 2, 3]
training:
  batch_size: 8
  phases: [{epochs: 4, optimizer: {name: sgd, lr: 0.1}}]
"""
SPREAD = '<p>{{ ref("t") }}: {{ one.data.n | integer }}.</p>{{ tabla_semillas("t", [one, two]) }}'
PAIRS = (
    '<p>{{ ref("t") }}: {{ one.data.n | integer }}.</p>'
    '{{ tabla_comparaciones_semillas("t", [one, two]) }}'
)
VALUES = {"mean": 0.75, "low": 0.625, "high": 0.875, "min": 0.5, "max": 1.0}
DUEL = {"gain": -0.0125, "low": -0.05, "high": 0.025, "p_holm": 0.25}


@pytest.fixture
def seeded(tmp_path: Path, project: Path) -> Project:
    root = tmp_path / "project"
    folder = root / "experiments" / "seeded"
    folder.mkdir(parents=True)
    files = {"report": REPORT, "assignment": ASSIGNMENT}
    files |= {name: NET.replace("NAME", name) for name in ("one", "two")}
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    ignored = shutil.ignore_patterns("questions")
    shutil.copytree(project / "templates", root / "templates", ignore=ignored)
    study = load_study(root, "seeded")
    records = {run.id: with_test(make_record(run.id, horizons=(4,))) for run in study.runs}
    return Project(study, records, derive_facts(study, records))


def table(seeded: Project, text: str) -> list[list[str]]:
    """Return the caption of the table of an answer, then the cells of each row."""
    seeded.answer("first", text)
    html = seeded.write().html.partition('id="t"')[2].partition("</table>")[0]
    rows = re.findall("<tr>(.*?)</tr>", html, re.DOTALL)
    cells = [re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL) for row in rows]
    caption = html.partition("<figcaption>")[2].partition("</figcaption>")[0]
    return [[words(caption)], *([words(cell) for cell in row] for row in cells)]


def words(markup: str) -> str:
    return " ".join(plain(markup).split())


def test_each_experiment_has_its_mean_its_interval_and_its_range(seeded: Project) -> None:
    given = {f"one.h4.seeds.{name}": (value, "fraction") for name, value in VALUES.items()}
    [caption], head, one, two = table(with_facts(seeded, dict(given)), SPREAD)
    assert head[1:] == ["Media", "IC del 95 %", "Menor", "Mayor"]
    assert one == ["Red one", "75,0 %", "62,5–87,5 %", "50,0 %", "100,0 %"]
    assert two[0] == "Red two"
    assert "Precisión de validación con tres semillas" in caption
    assert "La época se elige por su precisión sobre el mismo conjunto" in caption


def test_the_test_split_has_no_such_warning(seeded: Project) -> None:
    given = {f"two.h4.seeds.test.{name}": (value, "fraction") for name, value in VALUES.items()}
    text = SPREAD.replace("[one, two]", '[one, two], ["una", "otra"], conjunto="test"')
    [caption], _, one, two = table(with_facts(seeded, dict(given)), text)
    assert (one[0], two) == ("una", ["otra", "75,0 %", "62,5–87,5 %", "50,0 %", "100,0 %"])
    assert "Precisión de prueba con tres semillas" in caption
    assert "La época se elige" not in caption


def test_unequal_numbers_of_seeds_are_told(seeded: Project) -> None:
    given = {"two.h4.seeds.n": (2, "count")}
    [caption], *_ = table(with_facts(seeded, dict(given)), SPREAD)
    assert "con entre 2 y 3 semillas" in caption


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        ("better", "mejor"),
        ("worse", "peor"),
        ("similar", "semejante"),
        ("inconclusive", "no concluyente"),
    ],
)
def test_each_pair_is_compared_once(seeded: Project, verdict: str, word: str) -> None:
    given = {f"two.versus.one.seeds.{name}": (value, "ratio") for name, value in DUEL.items()}
    given |= {"two.versus.one.seeds.verdict": (verdict, "text")}  # type: ignore[dict-item]
    [caption], head, *rows = table(with_facts(seeded, dict(given)), PAIRS)
    assert head[1:] == ["Dif.", "IC del 95 %", "p", "Veredicto"]
    assert rows == [["Red two frente a Red one", "−1,25", "de −5,00 a +2,50", "0,250", word]]
    assert "precisiones medias de prueba" in caption
    assert "por parejas de la misma semilla" in caption


def test_seeds_that_are_not_the_same_are_told(seeded: Project) -> None:
    given = {"two.versus.one.seeds.paired": (False, "bool")}
    [caption], *_ = table(with_facts(seeded, dict(given)), PAIRS)
    assert "Comparación sobre las semillas" in caption
