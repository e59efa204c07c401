"""What report.yaml and assignment.yaml may say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from reportgen.spec.faults import read_model
from reportgen.spec.report import Assignment, Report


def report(**changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = {
        "title": "Práctica",
        "course": "APPIV",
        "authors": [{"name": "Alba", "surnames": "Ríos Peña"}],
        "date": "2026-04-10",
        "sections": [{"title": "A", "experiments": ["net"], "questions": ["sizes"]}],
    }
    return value | changes


def test_a_date_is_read() -> None:
    model, _ = read_model(Report, report(date="2024-02-29"))
    assert model is not None
    assert model.date == dt.date(2024, 2, 29)


@pytest.mark.parametrize(
    "date",
    [
        "10/04/2026",
        "2026-02-29",
        "2026-4-1",
        "20260410",
        "1712707200",
        "2026-W15-5",
        "",
        2026,
        None,
    ],
)
def test_what_is_no_date(date: Any) -> None:
    model, refusals = read_model(Report, report(date=date))
    assert model is None
    [refusal] = refusals
    assert refusal.path == ("date",)
    assert refusal.message.startswith(
        "date must be a date of the calendar, written as 2026-04-10, got "
    )


@pytest.mark.parametrize(
    ("changes", "path", "expected"),
    [
        ({"authors": []}, ("authors",), "authors must hold at least one entry, got an empty list"),
        ({"authors": None}, ("authors",), "authors must be a list, got nothing"),
        (
            {"authors": [{"name": "", "surnames": "b"}]},
            ("authors", 0, "name"),
            'authors.0.name must be a text that is not blank, got the text ""',
        ),
        (
            {"authors": [{"name": "a"}]},
            ("authors", 0),
            'the key "surnames" is missing in authors.0',
        ),
        (
            {"authors": [{"name": "a", "surnames": "b", "email": "c"}]},
            ("authors", 0, "email"),
            'authors.0.email must be an e-mail address, got the text "c"',
        ),
        ({"locale": "es-ES"}, ("locale",), 'locale cannot be "es-ES"; did you mean "es_ES"? Allow'),
        ({"sections": {}}, ("sections",), "sections must be a list, got an empty mapping"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], path: tuple[Any, ...], expected: str) -> None:
    _, refusals = read_model(Report, report(**changes))
    assert [(refusal.path, refusal.message[: len(expected)]) for refusal in refusals] == [
        (path, expected)
    ]


def test_an_unknown_artefact_gets_the_nearest_name() -> None:
    question = {"id": "a", "text": "¿?", "needs": ["curve"]}
    _, [refusal] = read_model(Assignment, {"title": "P", "questions": [question]})
    assert refusal.path == ("questions", 0, "needs", 0)
    assert refusal.message.startswith(
        'questions.0.needs.0 cannot be "curve"; did you mean "curves"?'
    )
