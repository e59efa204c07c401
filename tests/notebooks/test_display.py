"""What a cell shows: numbers through the report's filters, with the facts behind them."""

import pytest

from reportgen.errors import UsageError
from reportgen.facts.fact import Fact, Source, build_tree
from reportgen.notebooks.display import Figure, Table, Text, Wording
from reportgen.report.formatters import Formatters
from reportgen.report.labels import Label, Labels
from reportgen.report.spanish import Spanish

SOURCE = Source("key", "field")
TREE = build_tree(
    [
        Fact("net.best.accuracy", 0.98765, "fraction", SOURCE, ""),
        Fact("net.best.epoch", 12345, "epoch", SOURCE, ""),
        Fact("net.best.label", "cat", "text", SOURCE, ""),
        Fact("net.best.gain", None, "fraction", SOURCE, ""),
    ]
)["net"]


@pytest.fixture
def wording():
    return Wording(Formatters(Spanish("es_ES"), {"net": Labels({"cat": Label("gato")})}))


def test_places_are_filled_as_the_report_prints_them(wording):
    text = "{}: {best.accuracy:pct} ({best.accuracy:pct 1}), {best.epoch:integer}, {best.label}"
    shown = wording.fill(text, TREE, "red")
    assert shown == "red: 98,77\u202f% (98,8\u202f%), 12\u202f345, cat"
    assert wording.fill("{best.label:label}", TREE) == "gato"


def test_the_facts_that_were_printed_are_known(wording):
    wording.fill("{best.accuracy:pct} {best.epoch:integer}", TREE)
    assert wording.used == {"net.best.accuracy": 0.98765, "net.best.epoch": 12345}


def test_braces_are_doubled_to_be_shown(wording):
    assert wording.fill("{{x}}", TREE) == "{x}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{best.acuracy:pct}", 'did you mean "accuracy"'),
        ("{best.accuracy:percent}", 'there is no filter "percent"'),
        ("{best.accuracy}", "needs a filter"),
        ("{best.accuracy:integer}", "use pct"),
        ("{best.gain:pct}", "has no value"),
        ("{best.accuracy:pct x}", "best.accuracy:pct x"),
        ("{best}", "a group of facts"),
        ("{best.accuracy.low:pct}", "best.accuracy.low is no fact"),
        ("{best", "a place is written"),
    ],
)
def test_what_is_wrong_is_said(wording, text, message):
    with pytest.raises(UsageError, match=message):
        wording.fill(text, TREE)


def test_a_table_is_markdown_and_aligned_text():
    table = Table(("Capa", "N"), (("conv", "40"), ("a|b", "2570")), {})
    forms = table.forms()
    assert forms["text/markdown"].splitlines() == [
        "| Capa | N |",
        "| :--- | ---: |",
        "| conv | 40 |",
        "| a\\|b | 2570 |",
    ]
    assert forms["text/plain"].splitlines() == ["Capa     N", "conv    40", "a|b   2570"]
    assert repr(table) == forms["text/plain"]


def test_what_is_shown_carries_its_facts_as_metadata():
    data, metadata = Text("98 %", {"net.x": 0.98})._repr_mimebundle_()
    assert data["text/markdown"] == "98 %"
    assert metadata == {"reportgen": {"net.x": 0.98}}
    assert Text("nada", {})._repr_mimebundle_()[1] == {}


def test_a_figure_has_a_name_where_no_picture_can_be_shown():
    forms = Figure("<svg/>", "curves", {}).forms()
    assert forms == {"text/plain": "<curves>", "image/svg+xml": "<svg/>"}
