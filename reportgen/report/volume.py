"""How much a value of a template holds: its items, its texts, with all that is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

from jinja2.utils import Cycler, Namespace

MAX_ITEMS = 200_000
"""Items of a list, with those of the lists in it."""
CHARACTERS = 64
"""Characters of a text that count as one item."""
UNKNOWN = 100_000
"""Parts that are reckoned with where values come one by one."""

CONTAINERS = (list, tuple, set, frozenset)
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.items()), type({}.values()))
HOLDERS = (*CONTAINERS, *_VIEWS, dict, Namespace, Cycler)
"""What a template can put values into."""
_BITS_OF_A_DIGIT = 3


class TooManyError(Exception):
    """A value holds more than `MAX_ITEMS`."""


@dataclass(frozen=True, slots=True)
class Volume:
    """What some values hold together.

    Parameters
    ----------
    weight : int
        Their items, and those below them, each as often as it is there; `CHARACTERS`
        characters of a text are one.
    parts : int
        The most places of one of them in which something else may come to stand.
    longest : int
        The characters of the longest text, or of a number as a text.
    """

    weight: int
    parts: int
    longest: int


def inner(value: object) -> Iterable[Any]:
    """Return what a value holds directly; nothing if templates cannot put anything into it."""
    if isinstance(value, dict):
        return chain(value.keys(), value.values())
    if isinstance(value, (*CONTAINERS, *_VIEWS)):
        return cast("Iterable[object]", value)
    if isinstance(value, Namespace):
        held: Mapping[str, object] = object.__getattribute__(value, "_Namespace__attrs")
        return held.values()
    return value.items if isinstance(value, Cycler) else ()


def _length(value: object) -> int:
    """Return how many values one holds directly."""
    if isinstance(value, Namespace | Cycler):
        return len([*inner(value)])
    return len(cast("Sized", value)) if isinstance(value, (*CONTAINERS, *_VIEWS, dict)) else 0


def weight_of(value: object) -> int:
    """Return the weight of one value (see `Volume`).

    Raises
    ------
    TooManyError
        If it is more than `MAX_ITEMS`.
    """
    return volume_of([value]).weight


def volume_of(values: Sequence[object]) -> Volume:
    """Return what some values hold.

    Raises
    ------
    TooManyError
        If they weigh more than `MAX_ITEMS`.
    """
    to_see, weight, parts, longest = [*values], 0, 1, 0
    while to_see:
        item = to_see.pop()
        if isinstance(item, str):
            longest = max(longest, len(item))
            weight += len(item) // CHARACTERS
        elif isinstance(item, HOLDERS):
            weight += _length(item)
            if weight <= MAX_ITEMS:
                to_see += inner(item)
        elif isinstance(item, int):
            longest = max(longest, item.bit_length() // _BITS_OF_A_DIGIT)
        if weight > MAX_ITEMS:
            raise TooManyError
    for value in values:
        if isinstance(value, Iterator):
            parts = max(parts, UNKNOWN)
        elif isinstance(value, (str, range)):
            parts = max(parts, len(value))
        elif isinstance(value, HOLDERS):
            parts = max(parts, weight)
    return Volume(weight, parts, longest)


def is_many(value: object) -> bool:
    """Whether a value is no single one and no text."""
    return isinstance(value, (*HOLDERS, range, Iterator))
