"""Source code as lines of HTML."""

from __future__ import annotations

import re

from reportgen.report.listing import python_listing
from reportgen.report.text import plain

SOURCE = "\nclass Net:\n    '''Año < 3.\n    '''\n\n    def go(self): return 1  # ¿sí?\n\n"


def lines(html: str) -> list[str]:
    return re.findall(
        r'<span class="line" data-line="\d+">(.*?)</span>(?=<span class="line"|</pre>)', html
    )


def test_one_numbered_block_a_line() -> None:
    html = python_listing(SOURCE, first_line=7)
    assert re.findall(r'data-line="(\d+)"', html) == ["7", "8", "9", "10", "11"]


def test_the_text_is_the_source() -> None:
    shown = [
        plain(line.replace(" ", "·")).replace("·", " ") for line in lines(python_listing(SOURCE))
    ]
    assert [line.strip("\u200b") for line in shown] == SOURCE.strip("\n").split("\n")


def test_markup_in_the_source_is_escaped() -> None:
    assert "Año &lt; 3." in python_listing(SOURCE)


def test_tokens_are_told_apart_by_classes() -> None:
    html = python_listing(SOURCE)
    assert '<span class="k">class</span>' in html
    assert '<span class="d">Net</span>' in html
    assert '<span class="c"># ¿sí?</span>' in html
