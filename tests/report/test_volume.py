"""How much a value of a template holds."""

from __future__ import annotations

import pytest
from jinja2.utils import Cycler, Namespace

from reportgen.report.volume import (
    MAX_ITEMS,
    UNKNOWN,
    TooManyError,
    Volume,
    is_many,
    volume_of,
    weight_of,
)


def test_what_counts_as_a_list_s_weight() -> None:
    """Two items, three of the list among them, and 640 characters, 64 to a step: 2 + 3 + 10."""
    assert weight_of([[1, 2, 3], "x" * 640]) == 15
    assert weight_of({"a": (1, 2)}) == 1 + 2
    assert weight_of({"x" * 128: 1}) == 1 + 2


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2], "b": 3}.values(),
        {"a": [1, 2], "b": 3},
        Namespace(a=[1, 2], b=3),
        Cycler([1, 2], 3),
        ([1, 2], 3),
        [{1, 2}, frozenset()],
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_way_to_hold_something_is_looked_into(value: object) -> None:
    """Two items, one of which holds two."""
    assert weight_of(value) == 4


def test_the_items_of_a_dictionary_are_pairs() -> None:
    assert weight_of({"a": 1, "b": 2}.items()) == 2 + 2 * 2


def test_what_holds_itself_is_too_much() -> None:
    held = Namespace()
    held["x"] = held
    with pytest.raises(TooManyError):
        weight_of(held)
    with pytest.raises(TooManyError):
        weight_of([0] * (MAX_ITEMS + 1))
    assert weight_of([0] * MAX_ITEMS) == MAX_ITEMS


def test_parts_and_the_longest_text() -> None:
    """A number of 30 bits has at most 10 digits; texts count wherever they are."""
    assert volume_of(["abc"]) == Volume(weight=0, parts=3, longest=3)
    assert volume_of(["ab", {"k": "x" * 70}]) == Volume(weight=2, parts=2, longest=70)
    assert volume_of([[1, [2**30 - 1]]]) == Volume(weight=3, parts=3, longest=10)
    assert volume_of([iter([])]).parts == UNKNOWN
    assert volume_of([range(7)]).parts == 7
    assert volume_of([None, 1.5]) == Volume(weight=0, parts=1, longest=0)


def test_what_many_is() -> None:
    many = ([], (), {}, range(3), iter([]), Namespace(), {}.items())
    assert all(map(is_many, many))
    assert not any(map(is_many, ("abc", 1, None)))
