"""Adds an item to a list in YAML text, and leaves every other character as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    CollectionEndEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reportgen.spec.yaml_source import Keys


@dataclass(frozen=True, slots=True)
class Span:
    """A list in the text: where it starts, its column, where its last item and it end.

    Places are characters from 0. `last_end` is None for a list without items.
    """

    flow: bool
    column: int
    last_end: int | None
    end: int


def append_item(text: str, path: Keys, flow: str, block: str) -> str:
    r"""Return YAML text with one more item at the end of a list.

    Parameters
    ----------
    text : str
        Valid YAML.
    path : tuple
        Keys and indices that lead to the list.
    flow, block : str
        The item as it is written in a list in brackets, and under a dash: there it
        may have several lines, the later ones indented by two spaces.

    Raises
    ------
    KeyError
        If there is no list at the path.

    Examples
    --------
    >>> append_item("a: [x]  # few", ("a",), "y", "y")
    'a: [x, y]  # few'
    >>> append_item("a:\n  - x\n# end", ("a",), "y", "y")
    'a:\n  - x\n  - y\n# end'
    """
    span = find_list(text, path)
    if span.flow:
        place = span.end if span.last_end is None else span.last_end
        comma = "" if span.last_end is None else ", "
        return f"{text[:place]}{comma}{flow}{text[place:]}"
    assert span.last_end is not None
    place = len(text[: span.last_end].rstrip())
    place = text.find("\n", place) if "\n" in text[place:] else len(text)
    lines = block.split("\n")
    margin = " " * span.column
    added = "".join(
        f"\n{margin}{'- ' if i == 0 else '  '}{line}".rstrip() for i, line in enumerate(lines)
    )
    return text[:place] + added + text[place:]


def find_list(text: str, path: Keys) -> Span:
    """Return where the list at a path stands.

    Raises
    ------
    KeyError
        If there is none.
    """
    events: Iterator[Event] = YAML(typ="safe", pure=True).parse(text)
    for at, start, last_end, end in _lists(events):
        if at == path:
            return Span(bool(start.flow_style), start.start_mark.column, last_end, end)
    raise KeyError(path)


def _lists(
    events: Iterator[Event],
) -> Iterator[tuple[Keys, SequenceStartEvent, int | None, int]]:
    """Yield path, start, end of the last item, and end of each list, as it ends."""
    found: list[tuple[Keys, SequenceStartEvent, int | None, int]] = []

    def value(event: Event, path: Keys) -> int:
        """Read one value; return where its last character ends."""
        if isinstance(event, SequenceStartEvent):
            last, n = None, 0
            while not isinstance(inner := next(events), SequenceEndEvent):
                last = value(inner, (*path, n))
                n += 1
            end = inner.start_mark.index
            found.append((path, event, last, end))
            return inner.end_mark.index if event.flow_style else last or end
        if isinstance(event, MappingStartEvent):
            last = event.end_mark.index
            while not isinstance(key := next(events), CollectionEndEvent):
                assert isinstance(key, ScalarEvent)
                last = value(next(events), (*path, key.value))
            return key.end_mark.index if event.flow_style else last
        return int(event.end_mark.index)

    for event in events:
        if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent):
            value(event, ())
    yield from found
