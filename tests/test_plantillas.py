"""The examples of docs/plantillas.md, rendered against records made by hand."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportgen.errors import TemplateError
from reportgen.report.document import check_report
from reportgen.report.html import Page, Writer
from reportgen.report.lints import STUB
from reportgen.report.text import plain
from reportgen.report.view import View
from reportgen.spec.report import ARTEFACTS, Assignment, Question
from tests.report.conftest import Project, load_practica1

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "plantillas.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\| `(\{\{.*?\}\})` \| (.*?) \|", re.MULTILINE)
PIECE = re.compile(r"^\| `(\w+)\((.*?)\)` \| `(\w+)` \|$", re.MULTILINE)
START = "{% set run = simple_cnn %}{% set h = horizons(run) | first %}"
TITLE = '{% set titulo = "Ejemplo" %}'


def text() -> str:
    return GUIDE.read_text(encoding="utf-8")


def examples() -> Iterator[tuple[str, str, str]]:
    """Yield each example, and what follows it: its output, its error, or nothing."""
    blocks = [(match[1], match[2].strip()) for match in BLOCK.finditer(text())]
    for i, (kind, source) in enumerate(blocks):
        if kind == "jinja":
            after = blocks[i + 1] if i + 1 < len(blocks) else ("", "")
            known = after if after[0] in {"salida", "error"} else ("", "")
            yield source, *known


def rows() -> list[tuple[str, str]]:
    return [(match[1].replace(r"\|", "|"), match[2]) for match in ROW.finditer(text())]


@pytest.fixture(scope="module")
def guide(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return practica1 with one question alone, whose template the examples replace."""
    root = tmp_path_factory.mktemp("guide")
    shutil.copytree(
        project / "templates", root / "templates", ignore=shutil.ignore_patterns("questions")
    )
    whole = load_practica1(project)
    section = whole.study.report.sections[0].model_copy(update={"questions": ("example",)})
    study = dataclasses.replace(
        whole.study,
        root=root,
        report=whole.study.report.model_copy(update={"sections": (section,)}),
        assignment=Assignment(title="T", questions=(Question(id="example", text="¿Qué?"),)),
    )
    return Project(study, whole.records, whole.facts)


def write(guide: Project, source: str) -> Page:
    head = "" if "set run" in source else START
    head += "" if "set titulo" in source else TITLE
    guide.answer("example", head + source)
    return Writer(View(guide.study, guide.records, guide.facts), None).write()


def read(page: Page) -> str:
    """Return what an answer says in its paragraphs and lists, with plain spaces."""
    body = page.html.partition('<section class="question">')[2].partition("</section>")[0]
    body = re.sub(r"<(figure|blockquote|h3).*?</\1>", "", body, flags=re.DOTALL)
    return " ".join(plain(re.sub(r"</(p|li)>", " ", body)).split())


def test_there_are_examples_of_each_kind() -> None:
    kinds = [kind for _, kind, _ in examples()]
    assert kinds.count("salida") >= 8
    assert kinds.count("error") >= 9
    assert len(rows()) >= 15


@pytest.mark.parametrize(("source", "kind", "expected"), list(examples()))
def test_an_example_does_what_the_guide_says(
    guide: Project, source: str, kind: str, expected: str
) -> None:
    if kind == "error":
        with pytest.raises(TemplateError) as caught:
            write(guide, source)
        assert len(caught.value.faults) == 1
        assert " ".join(expected.split()) in " ".join(caught.value.message.split())
    else:
        shown = read(write(guide, source))
        assert not expected or shown == " ".join(expected.split())


@pytest.mark.parametrize(("source", "expected"), rows())
def test_a_filter_shows_what_the_table_says(guide: Project, source: str, expected: str) -> None:
    page = write(guide, f"<p>Época {{{{ h.best.epoch | integer }}}}: {source}</p>")
    assert read(page).partition(": ")[2] == expected


def test_every_filter_is_in_the_table(guide: Project) -> None:
    from reportgen.report.formatters import Formatters
    from reportgen.report.spanish import Spanish

    table = " ".join(source for source, _ in rows())
    missing = [
        name for name in Formatters(Spanish()).filters() if not re.search(rf"\b{name}\b", table)
    ]
    assert missing == []


def test_every_ready_made_piece_is_in_its_table(guide: Project) -> None:
    """The table names each macro with its own parameters and the artefact that it gives.

    All of them take `ancho` last, which the guide says once.
    """
    told = {match[1]: (match[2], match[3]) for match in PIECE.finditer(text())}
    assert {artefact for _, artefact in told.values()} == set(ARTEFACTS)
    macros = (guide.study.templates / "macros.html.j2").read_text(encoding="utf-8")
    for name, (given, _) in told.items():
        match = re.search(rf"{{% macro {name}\((.*?)\) %}}", macros)
        assert match is not None, name
        own, _, width = match[1].partition(", ancho=")
        assert width, name
        assert len(given.split(",")) == len(own.split(",")), name


def test_the_lints_are_told_by_the_names_of_their_facts(guide: Project) -> None:
    from reportgen.report.lints import CAVEATS

    assert STUB in text()
    assert all(caveat.ending.removeprefix(".") in text() for caveat in CAVEATS)
    assert check_report(guide.study, guide.records, guide.facts).faults is not None
