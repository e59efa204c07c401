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
from reportgen.report.draft import style_sheets
from reportgen.report.html import REFERENCE_WORDS, Page, Writer
from reportgen.report.ink import SUFFIX as INK
from reportgen.report.lints import Subject, find_all
from reportgen.report.pdf import Attachment, write_pdf
from reportgen.report.pictures import FOLDER
from reportgen.report.readings import Readings
from reportgen.report.spanish import THIN_SPACE
from reportgen.report.text import without_grounds
from reportgen.report.view import View
from reportgen.spec.study import Study
from reportgen.staging import write_synced

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
    readings: Readings | None = None,
) -> Rendered:
    """Write `report.html`, `results.json` and the PDF of a report into its build folder.

    Figures are drawn only where none with the same key is there. After a fault the
    three files are those of the last good report. With `readings`, a template that was
    read before is not read again.

    Raises
    ------
    TemplateError
        With every fault of the templates; then of the page.
    """
    build_folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(View(study, records, facts), build_folder, readings)
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
        style_sheets=style_sheets(study),
    )
    for path, content in ((paths[1], page.html.encode()), (paths[2], results)):
        write_synced(path, content)
    remove_old(build_folder, page)
    artefacts = {question: tuple(held) for question, held in page.registry.artefacts.items()}
    return Rendered(*paths, n_pages, artefacts)


def write_page(study: Study, records: Mapping[RunId, RunRecord], facts: Sequence[Fact]) -> Page:
    """Return the page of a report, of which nothing is drawn or written.

    Raises
    ------
    TemplateError
        With every fault of the templates.
    """
    return Writer(View(study, records, facts), None).write()


def _for_print(html: str) -> str:
    """Return the page as the PDF wants it."""
    return _THIN_SPACE.sub(f'<span class="thin">{THIN_SPACE}</span>', without_grounds(html))


@dataclass(frozen=True, slots=True)
class Checked:
    """What keeps a report from being complete, and what its author should know besides."""

    faults: tuple[str, ...]
    warnings: tuple[str, ...]


def check_report(
    study: Study,
    records: Mapping[RunId, RunRecord],
    facts: Sequence[Fact],
) -> Checked:
    """Look for everything that is wrong with a report, at once; nothing is written.

    Every fault of a template, and what `lints` finds. What can only be seen on the
    whole page is looked for once no template is at fault.
    """
    view = View(study, records, facts)
    faults: tuple[str, ...] = ()
    page = None
    try:
        page = Writer(view, None).write()
    except TemplateError as error:
        faults = tuple(str(fault) for fault in error.faults) or (error.message,)
    by_id = {fact.id: fact for fact in facts}
    found = list(find_all(Subject(study, records, by_id, view.labels, page)))
    return Checked(
        faults=(*faults, *(finding.text for finding in found if finding.fatal)),
        warnings=tuple(finding.text for finding in found if not finding.fatal),
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
    """Remove the pictures that the page no longer shows, and what is kept of them."""
    for path in (build_folder / FOLDER).glob("*.svg"):
        if f"{FOLDER}/{path.name}" not in page.html:
            path.unlink()
            path.with_suffix(INK).unlink(missing_ok=True)
