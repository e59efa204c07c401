"""What a template uses and defines is read off its text."""

from __future__ import annotations

import pytest

from reportgen.report.draft import roots
from reportgen.report.environment import Environment
from reportgen.report.html import Writer
from reportgen.report.survey import Survey
from reportgen.report.view import View
from tests.report.conftest import Project


@pytest.fixture
def environment(toy: Project) -> Environment:
    return Writer(View(toy.study, toy.records, toy.facts), None).environment


def slips(environment: Environment, toy: Project, text: str) -> list[tuple[str, str, int]]:
    """Return kind, name and line of what is unknown in an answer."""
    (toy.study.templates / "x.html.j2").write_text(text, encoding="utf-8")
    survey = Survey(environment, {"x.html.j2": frozenset({"question"})})
    return [(slip.kind, slip.name, slip.line.number) for slip in survey.slips()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ question.id }}{{ toy }}{{ range(3) }}", []),
        ("{% if x is defined %}{{ x }}{% endif %}{{ y | default(1) }}{{ y }}", []),
        ("{% for a in toy %}{{ loop.index }}{{ a }}{% endfor %}", []),
        ("{% macro m(a, b=1) %}{{ caller() }}{{ a }}{{ varargs }}{% endmacro %}{{ m(b) }}", []),
        ("{% set a, b = 1, 2 %}{% set c %}{{ a }}{% endset %}{{ b }}{{ c }}", []),
        ("{% set n = namespace(a=1) %}{% set n.a = 2 %}{% with z = 1 %}{{ z }}{% endwith %}", []),
        ("\n{{ x }}\n{{ x.y }}", [("name", "x", 2)]),
        ("{{ x }}\n{{ y() }}", [("name", "x", 1), ("name", "y", 2)]),
        ("{% if false %}\n{{ 1 | pst }}{% endif %}", [("filter", "pst", 2)]),
        ("{{ toy | map('pst') | select('knwn') }}", [("filter", "pst", 1), ("test", "knwn", 1)]),
        ("{{ toy | selectattr('a', 'knwn') | map(attribute='pst') }}", [("test", "knwn", 1)]),
        ("{% include 'no.j2' %}{% include ['a.j2', 'b.j2'] %}", [("template", "no.j2", 1)]),
        ("{% include 'no.j2' ignore missing %}", []),
        ("{% include toy %}{% extends toy %}", []),
    ],
)
def test_what_nothing_defines(
    environment: Environment, toy: Project, text: str, expected: list[tuple[str, str, int]]
) -> None:
    assert slips(environment, toy, text) == expected


def test_what_an_imported_template_defines(environment: Environment, toy: Project) -> None:
    other = (
        "{% macro one(p) %}{% set inner = 1 %}{% endmacro %}{% macro _two() %}{% endmacro %}"
        "{% set three, four = 3, 4 %}{% for five in [1] %}{% set six = 1 %}{% endfor %}"
        "{% if true %}{% set seven %}{% endset %}{% endif %}{% import 'y.j2' as eight %}"
    )
    (toy.study.templates / "y.j2").write_text(other, encoding="utf-8")
    assert environment.sketch("y.j2").exports == {"one", "three", "four", "seven"}
    text = "{% from 'y.j2' import one, three as t, inner %}{{ t }}"
    text += "{% import 'y.j2' as y %}\n{{ y.four }}{{ y.five }}"
    assert slips(environment, toy, text) == [
        ("member", "five", 2),
        ("member", "inner", 1),
    ]


def test_an_included_template_knows_the_names_of_those_that_include_it(
    environment: Environment, toy: Project
) -> None:
    (toy.study.templates / "y.j2").write_text("{{ run }}\n{{ rin }}", encoding="utf-8")
    assert slips(environment, toy, "{% set run = toy %}{% include 'y.j2' %}") == [
        ("name", "rin", 2)
    ]
    text = "{% set run = toy %}{% include 'y.j2' without context %}"
    assert slips(environment, toy, text) == [("name", "rin", 2), ("name", "run", 1)]


def test_the_templates_of_the_project_use_nothing_unknown(practica1: Project) -> None:
    writer = Writer(View(practica1.study, practica1.records, practica1.facts), None)
    writer.write()
    assert Survey(writer.environment, roots(practica1.study)).slips() == []
