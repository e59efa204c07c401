"""Every number of the page can be followed to its fact; every run is in the appendix."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from reportgen.report.appearances import find_appearances
from reportgen.report.document import Rendered
from tests.report.conftest import Project

MARKED = {"fact", "literal", "spec"}
"""Spans that say where a number comes from, or that it is no result."""
NOT_PROSE = {"label", "number", "ref", "asked", "title-block", "contents"}
"""Generated numbering, the assignment's own words, the title block."""
SKIPPED = {"code", "pre", "style", "script", "head"}
VOID = {"img", "br", "hr", "meta", "link"}


class Numbers(HTMLParser):
    """Gathers the digits that stand in nothing that vouches for them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.orphans: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = set((dict(attrs).get("class") or "").split())
        if tag not in VOID:
            self.open.append((tag, bool(tag in SKIPPED or classes & (MARKED | NOT_PROSE))))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if re.search(r"\d", data) and not any(vouched for _, vouched in self.open):
            self.orphans.append(" ".join(data.split()))


@pytest.fixture(scope="module")
def html(rendered: Rendered) -> str:
    return rendered.html.read_text(encoding="utf-8")


def test_every_number_of_the_page_is_marked(html: str) -> None:
    reader = Numbers()
    reader.feed(html)
    assert reader.orphans == []


def test_the_reader_of_numbers_finds_an_orphan() -> None:
    reader = Numbers()
    reader.feed('<p>Acierta <span class="fact">9</span> de 10.</p>')
    assert reader.orphans == ["de 10."]


def test_every_printed_fact_is_in_the_results(html: str, rendered: Rendered) -> None:
    known = {row["id"] for row in json.loads(rendered.results.read_bytes())["facts"]}
    printed = {item.fact for item in find_appearances(html)}
    assert len(printed) > 100
    assert printed <= known


def test_every_printed_fact_names_a_run_of_the_report(
    html: str, rendered: Rendered, practica1: Project
) -> None:
    rows = json.loads(rendered.results.read_bytes())["facts"]
    sources = {row["id"]: row["source"]["run"].split("+") for row in rows}
    keys = {record.result.keys["record"] for record in practica1.records.values()}
    for item in find_appearances(html):
        assert set(sources[item.fact]) <= keys


def test_the_appendix_tells_runs_seeds_environment_and_attribution(
    html: str, practica1: Project
) -> None:
    shown = {item.fact: item.text for item in find_appearances(html) if item.answer[:5] == "anexo"}
    for record in practica1.records.values():
        run = record.result
        label = f"{run.experiment}.{run.trial}".rstrip(".")
        assert shown[f"{label}.seed"] == str(run.seed)
        assert shown[f"{label}.provenance.key"] == run.keys["record"][:8]
        assert shown[f"{label}.provenance.precision"] == "float32"
    assert shown["simple_cnn.data.licence"] == "CC BY-SA 3.0"
    assert shown["simple_cnn.training.seeds.maps"] == "0"
    assert shown["simple_cnn.provenance.device_name"] == "Example CPU"
    assert shown["simple_cnn.provenance.versions.torch"] == "2.6.0"
    assert shown["simple_cnn.provenance.commit"] == "0123456789ab"
    assert len(shown["simple_cnn.data.fingerprint"]) == 16
