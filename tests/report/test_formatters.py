"""From a fact to text: each filter shows its units and refuses the others."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reportgen.facts.fact import Fact, Source, Unit, build_tree
from reportgen.report.formatters import (
    FILTER_FOR,
    FormatError,
    Formatters,
    forbid_bare_numbers,
    literal,
    range_of,
)
from reportgen.report.labels import Label, Labels
from reportgen.report.spanish import NO_BREAK_SPACE, THIN_SPACE, Spanish
from reportgen.report.text import plain

FILTERS = Formatters(Spanish(), {"net": Labels({"cat": Label("gato"), "bird": Label("ave", "f")})})


def fact(value: Any, unit: Unit, id: str = "net.x") -> Fact:
    return Fact(id, value, unit, Source("key", "field"), "")


def test_a_printed_fact_carries_its_id() -> None:
    shown = FILTERS.pct(fact(0.9894, "fraction", "net.h10.best.accuracy"))
    assert shown == (
        f'<span class="fact" data-fact="net.h10.best.accuracy">98,94{THIN_SPACE}%</span>'
    )


@pytest.mark.parametrize(
    ("name", "value", "unit", "arguments", "shown"),
    [
        ("pct", 0.5, "fraction", (1,), "50,0_%"),
        ("points", -0.0014, "ratio", (), "0,14"),
        ("signed", 0.0014, "ratio", (), "+0,14"),
        ("signed", -0.0014, "ratio", (), "−0,14"),
        ("signed", 0.00001, "ratio", (), "0,00"),
        ("num", 0.03125, "nats", (), "0,0313"),
        ("num", 1.5, "ratio", (), "1,50"),
        ("exact", 0.01, "ratio", (), "0,01"),
        ("setting", "0.050", "text", (), "0,05"),
        ("setting", "60000", "text", (), "60_000"),
        ("setting", "1e-05", "text", (), "0,00001"),
        ("setting", "-0.0", "text", (), "0"),
        ("setting", "20", "text", (), "20"),
        ("setting", "resnet18", "text", (), "resnet18"),
        ("setting", "[0.9, 0.999]", "text", (), "[0.9, 0.999]"),
        ("p_value", 0.0312, "ratio", (), "0,031"),
        ("p_value", 0.0002, "ratio", (), "<~0,001"),
        ("integer", 60000, "count", (), "60_000"),
        ("word", 2, "count", ("f",), "dos"),
        ("ordinal", 3, "epoch", ("f",), "tercera"),
        ("counted", 1, "count", ("error", "errores"), "un~error"),
        ("counted", 102, "count", ("error", "errores"), "102~errores"),
        ("mb", 3_255_208, "bytes", (), "3,10_MB"),
        ("duration", 8.25, "s", (), "8,3_s"),
        ("text", "drop2", "text", (), "drop2"),
        ("text", "0123456789", "text", (4,), "0123"),
        ("label", "cat", "text", ("the",), "el gato"),
        ("label", "bird", "text", ("a",), "una ave"),
        ("label", "unknown", "text", (), "unknown"),
    ],
)
def test_filters(
    name: str, value: object, unit: Unit, arguments: tuple[Any, ...], shown: str
) -> None:
    text = plain(FILTERS.filters()[name](fact(value, unit), *arguments))
    assert text == shown.replace("_", THIN_SPACE).replace("~", NO_BREAK_SPACE)


def test_a_filter_names_the_fact_its_unit_and_the_right_filter() -> None:
    message = r"pct cannot show net\.errors \(unit count, not fraction or ratio\); use integer"
    with pytest.raises(FormatError, match=message):
        FILTERS.pct(fact(102, "count", "net.errors"))


@pytest.mark.parametrize("name", ["pct", "num", "integer", "mb", "duration", "word"])
def test_a_number_that_is_no_fact_is_refused(name: str) -> None:
    with pytest.raises(FormatError, match=r"shows a fact, got 0\.5; .* literal"):
        FILTERS.filters()[name](0.5)


def test_a_group_of_facts_is_no_fact() -> None:
    with pytest.raises(FormatError, match="group of facts"):
        FILTERS.pct(build_tree([fact(0.5, "fraction", "net.a")]))


def test_a_fact_without_value_is_refused() -> None:
    with pytest.raises(FormatError, match=r"net\.onset has no value .* is known"):
        FILTERS.integer(fact(None, "epoch", "net.onset"))


@pytest.mark.parametrize("unit", sorted(FILTER_FOR))
def test_a_bare_number_names_the_filter_for_its_unit(unit: Unit) -> None:
    with pytest.raises(FormatError, match=re.escape(f"{{{{ net.x | {FILTER_FOR[unit]} }}}}")):
        forbid_bare_numbers(fact(1, unit))


@pytest.mark.parametrize("unit", sorted(FILTER_FOR))
def test_the_filter_named_for_a_unit_shows_it(unit: Unit) -> None:
    assert plain(FILTERS.filters()[FILTER_FOR[unit]](fact(1, unit)))


@pytest.mark.parametrize("value", [3, 0.5, True, None])
def test_bare_values_are_refused(value: object) -> None:
    with pytest.raises(FormatError, match="no fact|no value"):
        forbid_bare_numbers(value)


def test_yes_or_no_facts_choose_words() -> None:
    with pytest.raises(FormatError, match="yes-or-no"):
        forbid_bare_numbers(fact(True, "bool"))


def test_texts_may_be_printed_bare_and_are_escaped() -> None:
    assert plain(forbid_bare_numbers(fact("drop2", "text"))) == "drop2"
    assert "&lt;b&gt;" in str(forbid_bare_numbers(fact("<b>", "text")))


def test_literals_are_marked_and_escaped() -> None:
    assert literal("2²⁰ <") == '<span class="literal">2²⁰ &lt;</span>'


def test_an_interval_has_one_sign_of_unit() -> None:
    interval = range_of(FILTERS)
    shown = plain(interval(fact(0.9871, "fraction"), fact(0.9913, "fraction")))
    assert shown == f"98,71–99,13{THIN_SPACE}%"
    with pytest.raises(FormatError, match="interval cannot show"):
        interval(fact(3, "count"), fact(0.9913, "fraction"))


def test_lists_keep_the_markup_of_their_items() -> None:
    items = [FILTERS.label(fact(name, "text")) for name in ("cat", "bird")] + ["insecto"]
    shown = FILTERS.enumerate(items)
    assert plain(shown) == "gato, ave e insecto"
    assert shown.count("data-fact") == 2
