"""What tests share of templates changes nothing: the same pages, the same faults."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.errors import TemplateError
from reportgen.report.environment import Environment
from reportgen.report.sandbox import Sandbox
from tests.compiled import COMPILE, SKETCH, Readings
from tests.report.conftest import ANSWER, Project


def outcome(toy: Project, readings: Readings | None) -> tuple[str, tuple[str, ...]]:
    """Return the page, or its faults, as the program makes it or with what was read before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sandbox, "compile", COMPILE)
        patch.setattr(Environment, "sketch", SKETCH)
        if readings:
            readings.share(patch)
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
    monkeypatch.setattr("tests.compiled.COMPILE", None)
    assert outcome(toy, readings) == first
