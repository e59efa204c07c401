"""The whole report, from facts and hand-made records to the PDF."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reportgen.errors import TemplateError
from reportgen.report.document import Rendered
from reportgen.report.ink import SUFFIX
from tests.report.conftest import Project

# ── what is written ─────────────────────────────────────────────────────────


def test_the_names_of_what_is_written(rendered: Rendered) -> None:
    names = (rendered.pdf.name, rendered.html.name, rendered.results.name)
    assert names == ("RIOS_PENA_ALBA.pdf", "report.html", "results.json")
    assert all(path.stat().st_size for path in (rendered.pdf, rendered.html, rendered.results))


def test_every_figure_is_kept_as_the_pdf_draws_it(rendered: Rendered) -> None:
    """One that is not costs its drawing at each render."""
    drawn = list((rendered.pdf.parent / "figures").glob("*.svg"))
    assert [path.name for path in drawn if not path.with_suffix(SUFFIX).is_file()] == []
    assert drawn


def test_every_question_has_what_it_asks_for(practica1: Project, rendered: Rendered) -> None:
    for question in practica1.study.assignment.questions:
        assert set(question.needs) <= set(rendered.artefacts[question.id])
    others = [fault for fault in practica1.check() if "the assignment has no question" not in fault]
    assert others == []


def test_each_page_of_each_section_is_written(rendered: Rendered) -> None:
    with pikepdf.open(rendered.pdf) as pdf:
        assert len(pdf.pages) == rendered.n_pages >= 6


# ── tags ────────────────────────────────────────────────────────────────────


def elements(node: Any) -> Iterator[pikepdf.Dictionary]:
    """Yield the elements of a structure tree, in order."""
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from elements(kid)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        if "/K" in node:
            yield from elements(node.K)


@pytest.fixture(scope="module")
def pdf(rendered: Rendered) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(rendered.pdf) as opened:
        yield opened


@pytest.fixture(scope="module")
def tree(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    return list(elements(pdf.Root.StructTreeRoot.K))


def test_the_pdf_obeys_pdf_ua_1(rendered: Rendered) -> None:
    import page

    outcome = page.validate_pdf(str(rendered.pdf), profile="ua1")
    assert outcome.is_compliant, [(f.rule_id, f.message) for f in outcome.failures]


def test_language_title_and_authors(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.Root.Lang) == "es-ES"
    assert bool(pdf.Root.MarkInfo.Marked)
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    assert str(pdf.docinfo["/Title"]).startswith("Práctica 1")
    assert str(pdf.docinfo["/Author"]) == "Alba Ríos Peña"
    assert str(pdf.docinfo["/CreationDate"]).startswith("D:20260410000000")


def test_every_figure_has_an_alternative_text_with_its_numbers(
    tree: list[pikepdf.Dictionary],
) -> None:
    texts = [str(element.Alt) for element in tree if element.S == "/Figure"]
    assert len(texts) == 5
    assert all(len(text) > 40 for text in texts)
    assert any("98,9" in text and "%" in text for text in texts)
    assert not any("<" in text for text in texts)


def test_headings_descend_without_a_gap(tree: list[pikepdf.Dictionary]) -> None:
    levels = [int(str(e.S)[2:]) for e in tree if re.fullmatch(r"/H\d", str(e.S))]
    assert levels[:3] == [1, 2, 3]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_header_cells_say_what_they_head(tree: list[pikepdf.Dictionary]) -> None:
    scopes = {str(e.A.Scope) for e in tree if e.S == "/TH"}
    assert scopes == {"/Column", "/Row"}


def test_links_are_named_and_printed(pdf: pikepdf.Pdf) -> None:
    links = [link for sheet in pdf.pages for link in sheet.get("/Annots", [])]
    names = [str(link.Contents) for link in links]
    assert {"Figura 1", "Tabla 1", "Listado 1", "1.1 Tamaño de los conjuntos"} <= set(names)
    assert all(int(link.F) == 4 for link in links)


def test_bookmarks_follow_the_headings(pdf: pikepdf.Pdf, practica1: Project) -> None:
    with pdf.open_outline() as outline:
        sections = [item.title for item in outline.root]
        questions = [item.title for item in outline.root[0].children]
    assert sections == ["1 Simple CNN", "A Cómo se obtuvieron los resultados"]
    assert len(questions) == len(practica1.study.report.sections[0].questions)
    assert questions[0] == "1.1 Tamaño de los conjuntos"


def test_the_results_are_attached_with_the_date_of_the_report(
    pdf: pikepdf.Pdf, rendered: Rendered
) -> None:
    attached = pdf.attachments["results.json"].get_file()
    assert attached.read_bytes() == rendered.results.read_bytes()
    assert str(attached.obj.Params.CreationDate).startswith("D:20260410")


def test_only_our_fonts_are_embedded(pdf: pikepdf.Pdf) -> None:
    names = {
        str(font.BaseFont).rpartition("+")[2]
        for sheet in pdf.pages
        for font in sheet.Resources.get("/Font", {}).values()
    }
    assert names
    assert all(name.startswith("Informe") for name in names), names


# ── text ────────────────────────────────────────────────────────────────────


def test_the_page_says_the_golden_numbers(rendered: Rendered) -> None:
    """320 + 9 248 + 802 944 + 1 290 = 813 802 (Simple CNN of the assignment)."""
    html = rendered.html.read_text(encoding="utf-8")
    for shown in ("320", "9248", "802\u202f944", "1290", "813\u202f802", "60\u202f000"):
        assert f">{shown}</span>" in html


def test_captions_and_references_agree(rendered: Rendered) -> None:
    html = rendered.html.read_text(encoding="utf-8")
    for id, number in re.findall(r'href="#([\w-]+)">\w+\xa0<span class="literal">(\d+)<', html):
        caption = rf'id="{id}"[^>]*>.*?class="label">\w+&nbsp;<span class="literal">{number}<'
        assert re.search(caption, html, re.DOTALL), (id, number)


# ── what is missing ─────────────────────────────────────────────────────────


def test_check_names_each_artefact_that_is_missing(toy: Project) -> None:
    assert toy.check() == ('the answer to "first" lacks curves: the question asks for it',)


def test_check_names_a_figure_that_no_text_refers_to(toy: Project) -> None:
    toy.answer("first", '{{ figura_curvas("fig-a", toy) }}')
    (line,) = toy.check()
    assert line.startswith('the answer to "first" never refers to its figure "fig-a"')


def test_check_tells_every_unanswered_question(toy: Project) -> None:
    for question in ("first", "second"):
        toy.answer(question, "").unlink()
    assert [line.partition(":")[0] for line in toy.check()] == [
        "templates/toy/questions/first.html.j2",
        "templates/toy/questions/second.html.j2",
    ]


def test_check_writes_nothing(toy: Project) -> None:
    toy.answer("first", '{{ figura_curvas("fig-a", toy) }}{{ ref("fig-a") }}')
    before = sorted(toy.study.root.rglob("*"))
    assert toy.check() == ()
    assert sorted(toy.study.root.rglob("*")) == before


@pytest.mark.parametrize("answer", ["{{ nada }}", "<p>漢</p>"], ids=["template", "page"])
def test_a_fault_leaves_the_old_report(toy: Project, tmp_path: Path, answer: str) -> None:
    toy.render(tmp_path / "out")
    before = {path: path.read_bytes() for path in (tmp_path / "out").glob("*.*")}
    toy.answer("first", answer)
    with pytest.raises(TemplateError):
        toy.render(tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").glob("*.*")} == before


# ── the same bytes, and little to load ──────────────────────────────────────

SCRIPT = """
import hashlib, sys
from pathlib import Path
from reportgen.facts.derive import derive_facts
from reportgen.report.document import render_report
from reportgen.spec.study import load_study
from tests.factories import make_record

root, out = map(Path, sys.argv[1:])
study = load_study(root, "toy")
records = {run.id: make_record(run.id) for run in study.runs}
done = render_report(study, records, derive_facts(study, records), out)
print(hashlib.sha256(done.pdf.read_bytes()).hexdigest())
print(hashlib.sha256(done.html.read_bytes()).hexdigest())
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def run_render(project: Path, root: Path, out: Path, zone: str, seed: str) -> list[str]:
    """Render in a process of its own; return the hashes of PDF and HTML, and what was loaded."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), str(out)],
        env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": str(project)},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_same_bytes_elsewhere_and_nothing_heavy_the_second_time(
    toy: Project, tmp_path: Path, project: Path
) -> None:
    toy.answer(
        "first",
        '{{ figura_curvas("fig-a", toy) }}{{ figura_muestras("fig-b", toy) }}{{ ref("fig-a") }}'
        '{{ figura_errores("fig-c", toy.h2) }}{{ codigo_red("lst-a", toy) }}',
    )
    root, first, second = toy.study.root, tmp_path / "one", tmp_path / "another" / "two"
    drawn = run_render(project, root, first, "UTC", "0")
    kept = run_render(project, root, first, "America/Mexico_City", "1")
    elsewhere = run_render(project, root, second, "Asia/Tokyo", "2")
    assert drawn[:2] == kept[:2] == elsewhere[:2]
    loaded = set(kept[2].split())
    assert "matplotlib" in drawn[2].split()
    assert not loaded & {"torch", "matplotlib", "scipy", "sklearn", "pandas", "torchvision"}
