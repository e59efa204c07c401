"""The theme `article`: practica1's first section in two columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from reportgen.facts.derive import derive_facts
from reportgen.report.document import Rendered
from reportgen.spec.study import Study, load_study
from reportgen.spec.theme import Theme
from tests.outcome import read_records
from tests.report.conftest import Project

ARTICLE = Theme(text=174.0, column=84.0, wide=("maps", "map_measures", "trials", "method_table"))


def in_article(study: Study) -> Study:
    return replace(
        study, report=study.report.model_copy(update={"theme": "article"}), theme=ARTICLE
    )


@pytest.fixture(scope="module")
def article(practica1: Project) -> Project:
    return replace(practica1, study=in_article(practica1.study))


@pytest.fixture(scope="module")
def done(article: Project, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return article.render(tmp_path_factory.mktemp("article"))


@pytest.fixture(scope="module")
def html(done: Rendered) -> str:
    return done.html.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pdf(done: Rendered) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(done.pdf) as opened:
        yield opened


def test_it_obeys_pdf_ua_1(done: Rendered) -> None:
    import page

    outcome = page.validate_pdf(str(done.pdf), profile="ua1")
    assert outcome.is_compliant, [(f.rule_id, f.message) for f in outcome.failures]


def test_it_is_shorter_than_the_report(done: Rendered, rendered: Rendered) -> None:
    assert done.n_pages < rendered.n_pages


def test_it_has_bookmarks_and_no_contents(pdf: pikepdf.Pdf, html: str) -> None:
    assert 'class="contents"' not in html
    with pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == [
            "1 Simple CNN",
            "A Cómo se obtuvieron los resultados",
        ]
        assert outline.root[0].children[0].title == "1.1 Tamaño de los conjuntos"


def test_each_question_is_in_the_text(article: Project, html: str) -> None:
    for question in article.study.assignment.questions:
        assert f'<p class="asked">{question.text}</p>' in html


def test_figures_are_drawn_for_their_column_or_for_the_page(html: str) -> None:
    widths = re.findall(
        r'<figure id="([\w-]+)"( class="spans")?[^>]*>\s*<img[^>]*width: ([\d.]+)', html
    )
    assert {(bool(spans), float(width)) for _, spans, width in widths} == {
        (False, 84.0),
        (True, 174.0),
    }
    assert [id for id, spans, _ in widths if spans] == ["fig-mapas"]


def test_the_best_epochs_stand_in_columns_of_their_own(html: str) -> None:
    """A row for each horizon is too wide for 84 mm; a column for each is not."""
    table = html[html.index('<th scope="col">Épocas</th>') :]
    assert table[: table.index("</tr>")].count("<th") == 3


def test_what_spans_stands_directly_in_the_columns(html: str) -> None:
    body = html[html.index('<main class="columns">') : html.index("</main>")]
    depth = 0
    for end, tag, rest in re.findall(r"<(/?)(\w+)([^>]*)>", body):
        if tag in {"main", "section", "div", "figure"}:
            if not end and re.search(r'class="[^"]*\bspans\b', rest):
                assert (tag, depth) == ("figure", 1)
            depth += -1 if end else 1


def test_notes_stand_below_their_paragraphs(html: str) -> None:
    assert len(re.findall('class="call" href="#note-1"', html)) == 1
    assert re.search(r'</p><p class="note" id="note-1"><sup>', html)


def test_the_same_bytes_in_another_folder(article: Project, done: Rendered, tmp_path: Path) -> None:
    again = article.render(tmp_path / "elsewhere")
    assert again.pdf.read_bytes() == done.pdf.read_bytes()


def test_nothing_is_wrong_with_it(article: Project) -> None:
    assert [f for f in article.check() if "the assignment has no question" not in f] == []


@pytest.mark.slow
def test_the_whole_practica_1_fits_its_columns(project: Path, tmp_path: Path) -> None:
    """From the committed records: listings, a matrix of ten names, four maps side by side."""
    study = in_article(load_study(project, "practica1"))
    records = read_records(study)
    done = Project(study, records, derive_facts(study, records)).render(tmp_path)
    assert 8 < done.n_pages < 18
