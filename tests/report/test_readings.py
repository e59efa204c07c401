"""A template that was read before gives the same pages and the same faults."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.errors import TemplateError
from reportgen.report import readings as module
from reportgen.report.readings import Readings
from reportgen.report.sandbox import Sandbox
from tests.report.conftest import ANSWER, Project


def outcome(toy: Project, readings: Readings | None) -> tuple[str, tuple[str, ...]]:
    """Return the page, or its faults, with what was read before or without."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reportgen.report.environment.Readings", lambda: readings or Readings())
        try:
            return toy.write().html, ()
        except TemplateError as error:
            return "", tuple(map(str, error.faults))


@pytest.mark.parametrize(
    ("text", "n_faults"),
    [
        (ANSWER, 0),
        ("<p>{{ toi }}</p>\n{{ toy.h2.best.acuracy | pct }}", 2),
        ("{% if toy.h2.bst > 1 %}\n{{ toy.h2.verdict.onst }}{% endif %}", 2),
        ("{% if %}", 1),
    ],
)
def test_a_page_is_as_the_program_makes_it(
    toy: Project, tmp_path: Path, text: str, n_faults: int
) -> None:
    """From code made here, from code made before, and from that in another folder."""
    toy.answer("first", text)
    elsewhere = Path(shutil.copytree(toy.study.root, tmp_path / "elsewhere" / "project"))
    moved = replace(toy, study=replace(toy.study, root=elsewhere))
    plain, readings = outcome(toy, None), Readings()
    assert len(plain[1]) == n_faults
    assert [outcome(one, readings) for one in (toy, toy, moved)] == [plain] * 3


def test_what_was_read_is_not_read_again(toy: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = Readings()
    first = outcome(toy, readings)
    monkeypatch.setattr(Sandbox, "_parse", None)
    assert outcome(toy, readings) == first


def test_what_changed_is_read_alone(toy: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = Readings()
    parsed: list[str] = []
    parse = Sandbox._parse

    def noted(here: Sandbox, source: str, name: str, filename: str) -> object:
        parsed.append(name)
        return parse(here, source, name, filename)

    monkeypatch.setattr(Sandbox, "_parse", noted)
    outcome(toy, readings)
    n_read = len(parsed)
    toy.answer("first", ANSWER.replace("<p>", "<p>{% context %}Otra cosa.{% endcontext %} ", 1))
    html, faults = outcome(toy, readings)
    assert not faults
    assert "Otra cosa." in html
    assert n_read > 4
    assert parsed[n_read:] == ["toy/questions/first.html.j2"]


def test_a_mark_after_a_longer_template_tells_its_own_line(toy: Project) -> None:
    """The places of a template's marks do not depend on how many others have."""
    readings = Readings()
    toy.answer("second", "<p>{% context %}Nada.{% endcontext %}</p>\n<p>Van 7 cosas.</p>")
    faults = outcome(toy, readings)[1]
    more = "{% context %}Una cosa: {{ question.text }}{% endcontext %} " * 3
    toy.answer("first", ANSWER.replace("<p>", f"<p>{more}", 1))
    assert outcome(toy, readings)[1] == faults
    assert any("second.html.j2:" in fault and "7" in fault for fault in faults)


def test_the_oldest_are_forgotten(toy: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = Readings()
    monkeypatch.setattr(module, "MAX_KEPT", 2)
    page = outcome(toy, readings)
    assert len(readings._kept) == 2
    assert outcome(toy, readings) == page
