"""The project's own templates keep the rules in every branch, not only in those that are shown."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

from reportgen.report.claims import Claims
from reportgen.report.numerals import find

ROOT = Path(__file__).parents[2] / "templates"
NO_PROSE = re.compile(r"<code>.*?</code>|<[^>]*>|^[^<>]*>|<[^>]*$|&\w+;", re.DOTALL)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.html.j2")), ids=lambda path: path.name)
def test_no_branch_holds_a_number_without_a_source(path: Path) -> None:
    environment = jinja2.Environment(extensions=[Claims], autoescape=True)
    tree = environment.parse(path.read_text(encoding="utf-8"))
    texts = [NO_PROSE.sub(" ", data.data) for data in tree.find_all(nodes.TemplateData)]
    assert [text[start:end] for text in texts for start, end in find(text)] == []
