"""Two studies for the page: a toy, and practica1; the records of both are made by hand."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reportgen.facts.derive import derive_facts
from reportgen.facts.fact import Fact
from reportgen.records import RunId, RunRecord
from reportgen.report.document import Rendered, check_report, render_report
from reportgen.report.html import Page, Writer
from reportgen.report.view import View
from reportgen.spec.study import Study, load_study
from tests.factories import make_mnist_record, make_record

REPORT = """\
title: Juguete
course: PRUEBA
authors: [{name: Alba, surnames: Ríos Peña}]
date: 2026-04-10
sections:
  - {title: Red, experiments: [toy], questions: [first, second]}
"""
ASSIGNMENT = """\
title: Prueba
questions:
  - {id: first, text: ¿Cuánto acierta?, needs: [curves]}
  - {id: second, text: ¿Y por qué?}
"""
EXPERIMENT = """\
title: Red de juguete
dataset: {name: toy}
model: {class: Toy, args: {}}
training:
  batch_size: 8
  phases: [{epochs: 4, optimizer: {name: sgd, lr: 0.1}}]
horizons: [2, 4]
"""
ANSWER = """\
{% set titulo = "Respuesta" %}
<p>Acierta el {{ toy.h2.best.accuracy | pct }}
{%- if toy.h2.selection.same_split %} con la mejor época{% endif %}.</p>
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A study with its records and facts, in a folder of its own."""

    study: Study
    records: dict[RunId, RunRecord]
    facts: tuple[Fact, ...]

    def answer(self, question: str, text: str) -> Path:
        """Write the template of an answer; the heading is set if the text does not set it."""
        path = self.study.templates / self.study.name / "questions" / f"{question}.html.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        head = "" if "titulo" in text else '{% set titulo = "Respuesta" %}'
        path.write_text(head + text, encoding="utf-8")
        return path

    def write(self, root: Path | None = None) -> Page:
        return Writer(View(self.study, self.records, self.facts), root).write()

    def render(self, folder: Path) -> Rendered:
        return render_report(self.study, self.records, self.facts, folder)

    def check(self) -> tuple[str, ...]:
        return check_report(self.study, self.records, self.facts).faults

    def warnings(self) -> tuple[str, ...]:
        return check_report(self.study, self.records, self.facts).warnings


@pytest.fixture
def toy(tmp_path: Path, project: Path) -> Project:
    """Return a small study whose two answers are plain sentences."""
    root = tmp_path / "project"
    folder = root / "experiments" / "toy"
    folder.mkdir(parents=True)
    files = (("report", REPORT), ("assignment", ASSIGNMENT), ("toy", EXPERIMENT))
    for name, text in files:
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    ignored = shutil.ignore_patterns("practica1")
    shutil.copytree(project / "templates", root / "templates", ignore=ignored)
    study = load_study(root, "toy")
    records = {run.id: make_record(run.id) for run in study.runs}
    toy = Project(study, records, derive_facts(study, records))
    for question in ("first", "second"):
        toy.answer(question, ANSWER)
    return toy


def first_section(study: Study) -> Study:
    """Return a study without all sections but the first."""
    section = study.report.sections[0]
    asked = tuple(q for q in study.assignment.questions if q.id in section.questions)
    return replace(
        study,
        report=study.report.model_copy(update={"sections": (section,)}),
        assignment=study.assignment.model_copy(update={"questions": asked}),
        experiments={name: study.experiments[name] for name in section.experiments},
        runs=tuple(run for run in study.runs if run.id.experiment in section.experiments),
    )


def load_practica1(root: Path) -> Project:
    """Return practica1's first section, its records made by hand.

    The other sections are read with the committed records, in `test_practica1`.
    """
    study = first_section(load_study(root, "practica1"))
    records = {
        run.id: make_mnist_record(
            run.id, **{"error_rate": 0.011 + 0.0012 * i, **run.spec.model.args}
        )
        for i, run in enumerate(study.runs)
    }
    return Project(study, records, derive_facts(study, records))


@pytest.fixture(scope="session")
def practica1(project: Path) -> Project:
    """Return practica1, its records made by hand."""
    return load_practica1(project)


@pytest.fixture(scope="session")
def rendered(practica1: Project, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Return the whole report of practica1, rendered once for all tests that read it."""
    return practica1.render(tmp_path_factory.mktemp("practica1"))
