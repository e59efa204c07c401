"""The report half's last stage: facts and records in, HTML, results and PDF out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import TemplateError
from reportgen.facts.fact import Fact
from reportgen.facts.results import results_json
from reportgen.names import submission_stem
from reportgen.records import RunId, RunRecord
from reportgen.report.html import REFERENCE_WORDS, STYLE, Page, Writer
from reportgen.report.pdf import Attachment, replace_file, write_pdf
from reportgen.report.pictures import FOLDER
from reportgen.report.spanish import THIN_SPACE
from reportgen.report.view import View
from reportgen.spec.study import Study

# Spans that only say where a number comes from: the PDF needs no tag for each.
_SOURCE_SPAN = re.compile(r'<span class="(?:fact|literal)"[^>]*>([^<]*)</span>')
# A thin space in the text, not in a tag: the style sheet widens it.
_THIN_SPACE = re.compile(rf"{THIN_SPACE}(?![^<]*>)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was written, and how many pages the PDF has."""

    pdf: Path
    html: Path
    results: Path
    n_pages: int
    artefacts: Mapping[str, tuple[str, ...]]


def render_report(
    study: Study,
    records: Mapping[RunId, RunRecord],
    facts: Sequence[Fact],
    build_folder: Path,
) -> Rendered:
    """Write `report.html`, `results.json` and the PDF of a report into its build folder.

    Figures are drawn only where none with the same key is there. After a fault the
    three files are those of the last good report.

    Raises
    ------
    TemplateError
        With every fault of the templates; then of the page.
    """
    build_folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(View(study, records, facts), build_folder)
    page = writer.write()
    results = results_json(study.name, study.profile, facts)
    paths = (
        build_folder / f"{submission_stem(study.report.authors)}.pdf",
        build_folder / "report.html",
        build_folder / "results.json",
    )
    n_pages = write_pdf(
        _for_print(page.html),
        paths[0],
        root=build_folder,
        date=study.report.date,
        attachments=(Attachment("results.json", results, "All results of this report"),),
        link_names=link_names(page, writer),
        style_sheet=study.templates / STYLE,
    )
    for path, content in ((paths[1], page.html.encode()), (paths[2], results)):
        replace_file(path, content)
    remove_old(build_folder, page)
    artefacts = {question: tuple(held) for question, held in page.registry.artefacts.items()}
    return Rendered(*paths, n_pages, artefacts)


def _for_print(html: str) -> str:
    """Return the page as the PDF wants it."""
    bare = _SOURCE_SPAN.sub(r"\1", html)
    return _THIN_SPACE.sub(f'<span class="thin">{THIN_SPACE}</span>', bare)


def check_report(
    study: Study,
    records: Mapping[RunId, RunRecord],
    facts: Sequence[Fact],
) -> tuple[str, ...]:
    """Return what keeps a report from being complete, a line each; nothing is written.

    Looks for questions without an answer, answers without an artefact that the
    question needs, references to nothing, figures that no text refers to, and
    every fault in a template.
    """
    try:
        page = Writer(View(study, records, facts), None).write()
    except TemplateError as error:
        return tuple(str(fault) for fault in error.faults) or (error.message,)
    return (*missing_artefacts(study, page), *unreferenced(page))


def missing_artefacts(study: Study, page: Page) -> tuple[str, ...]:
    """Return a line for each artefact that a question needs and its answer has not."""
    asked = {name for section in study.report.sections for name in section.questions}
    return tuple(
        f'the answer to "{question.id}" lacks {need}: the question asks for it'
        for question in study.assignment.questions
        if question.id in asked
        for need in question.needs
        if need not in page.registry.artefacts.get(question.id, ())
    )


def unreferenced(page: Page) -> tuple[str, ...]:
    """Return a line for each figure, table or listing that no text refers to."""
    return tuple(
        f'the answer to "{item.question}" never refers to its {item.kind} "{item.id}": '
        f'write {{{{ ref("{item.id}") }}}} where the text speaks of it'
        for item in page.registry.unreferenced()
    )


def link_names(page: Page, writer: Writer) -> dict[str, str]:
    """Return what each link of the page is called, by the id that it leads to."""
    words = writer.macros[REFERENCE_WORDS]
    captioned = {
        item.id: f"{words[item.kind].capitalize()} {item.number}"
        for item in page.registry.items.values()
    }
    return {**page.headings, **captioned}


def remove_old(build_folder: Path, page: Page) -> None:
    """Remove the pictures that the page no longer shows."""
    for path in (build_folder / FOLDER).glob("*.svg"):
        if f"{FOLDER}/{path.name}" not in page.html:
            path.unlink()
