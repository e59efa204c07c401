"""Numbers, references and artefacts of a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.report.registry import Registry, RegistryError

WORDS = {"figure": "figura", "table": "tabla", "listing": "listado"}


def test_each_kind_counts_apart_in_the_order_of_the_page() -> None:
    registry = Registry("first")
    for kind, id in (("figure", "fig-a"), ("table", "tab-a"), ("figure", "fig-b")):
        registry.define(kind, id)
    assert [item.number for item in registry.items.values()] == [1, 1, 2]


def test_references_work_forwards_and_backwards() -> None:
    registry = Registry("first")
    html = str(registry.refer("fig-a")) + str(registry.define("figure", "fig-a"))
    assert registry.resolve(html, WORDS).startswith(
        '<a class="ref" href="#fig-a">figura\u00a0<span class="literal">1</span></a>'
    )
    assert list(registry.dangling(Path())) == []


def test_a_taken_id_names_the_question_that_has_it() -> None:
    registry = Registry("first")
    registry.define("figure", "fig-a")
    registry.question = "second"
    with pytest.raises(RegistryError, match='"fig-a" is taken by a figure of question first'):
        registry.define("table", "fig-a")


@pytest.mark.parametrize(
    ("kind", "id", "artefact", "message"),
    [
        ("figur", "a", "", 'did you mean "figure"'),
        ("figure", "Fig A", "", "lower-case letters"),
        ("figure", "fig-a", "curve", 'did you mean "curves"'),
    ],
)
def test_wrong_definitions(kind: str, id: str, artefact: str, message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        Registry("first").define(kind, id, artefact)


def test_dangling_and_unreferenced() -> None:
    registry = Registry("first")
    registry.define("figure", "fig-a")
    registry.refer("fig-b")
    registry.refer("fig-b")
    told = 'the answer to "first" refers to "fig-b", which nothing defines; did you mean "fig-a"'
    assert [fault.message.partition("?")[0] for fault in registry.dangling(Path())] == [told] * 2
    assert [item.id for item in registry.unreferenced()] == ["fig-a"]


def test_artefacts_belong_to_the_question_in_hand() -> None:
    registry = Registry("first")
    registry.define("figure", "fig-a", "curves")
    registry.provide("curves")
    registry.question = "second"
    registry.provide("maps")
    assert registry.artefacts == {"first": ["curves"], "second": ["maps"]}


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_alternative_text_is_refused(text: str) -> None:
    with pytest.raises(RegistryError, match="fig-a is empty"):
        Registry().require_text(text, "alt text of fig-a")
