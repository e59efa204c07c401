"""YAML with places: a file becomes plain values and the line and column of each.

What a study file has no use for is refused: anchors, tags, several documents,
keys that are not text, control characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from reportgen.errors import Fault, SpecError
from reportgen.spec.scalars import describe, resolve

MAX_BYTES = 1 << 20
MAX_NODES = 20_000
MAX_DEPTH = 32

Keys = tuple[str | int, ...]
"""The way from the top of a file to a value: keys of mappings, indices of lists."""

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def fault(self, message: str) -> Fault:
        """Return a fault at this place."""
        return Fault(self.file, self.line, self.column, message)


@dataclass(frozen=True, slots=True)
class Source:
    """Plain values and where they stand.

    `places` holds the place of each value, `keys` that of each mapping's key.
    `faults` are those that did not end the reading; a stand-in is in their place.
    """

    value: Any
    places: Mapping[Keys, Place]
    keys: Mapping[Keys, Place]
    faults: tuple[Fault, ...] = ()

    def place(self, path: Keys) -> Place:
        """Return the place of a value, or of the nearest one around it."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def key_place(self, path: Keys) -> Place:
        """Return the place of a key, or of the value where it has none."""
        return self.keys.get(path) or self.place(path)


def read_yaml(path: Path, shown: str) -> Source:
    """Return the content of one YAML file.

    Parameters
    ----------
    path : Path
        The file.
    shown : str
        How messages name it.

    Raises
    ------
    SpecError
        If the file stops making sense, with all faults up to there.
    """
    return parse_yaml(_decode(path, shown), shown)


def parse_yaml(text: str, shown: str) -> Source:
    """Return the content of YAML text; see `read_yaml`."""
    composer = _Composer(text, shown)
    value = composer.compose()
    return Source(value, composer.places, composer.keys, tuple(composer.faults))


def _decode(path: Path, shown: str) -> str:
    """Read UTF-8 text of at most `MAX_BYTES`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SpecError(faults=[Fault(shown, 0, 0, f"cannot be read: {reason}")]) from error
    if len(data) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES >> 20} MiB, which no study file needs"
        raise SpecError(faults=[Fault(shown, 0, 0, message)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="replace")
        message = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise SpecError(faults=[_place_after(before, shown).fault(message)]) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _place_after(text: str, shown: str) -> Place:
    """Return the place of the character that follows `text`."""
    return Place(shown, text.count("\n") + 1, len(text) - text.rfind("\n"))


class _Composer:
    """Turns parser events into values; keeps the faults that do not end the reading."""

    def __init__(self, text: str, shown: str) -> None:
        self.text = text
        self.shown = shown
        self.faults: list[Fault] = []
        self.places: dict[Keys, Place] = {}
        self.keys: dict[Keys, Place] = {}
        self.n_nodes = 0

    def compose(self) -> Any:
        """Return the value of the only document."""
        control = CONTROL.search(self.text)
        if control:
            place = _place_after(self.text[: control.start()], self.shown)
            self.stop(place, f"the character U+{ord(control[0]):04X} is not allowed in YAML")
        try:
            return self._document()
        except MarkedYAMLError as error:
            self.stop(self._mark(error.problem_mark or error.context_mark), self._syntax(error))
        except (YAMLError, ValueError, RecursionError) as error:
            self.stop(Place(self.shown), f"this is not YAML: {error}")

    def stop(self, place: Place, message: str) -> NoReturn:
        """Report a fault after which nothing can be read."""
        raise SpecError(faults=sorted({*self.faults, place.fault(message)}))

    def _document(self) -> Any:
        events: Iterator[Event] = YAML(typ="safe", pure=True).parse(self.text)
        value, n_documents = None, 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                n_documents += 1
                if n_documents > 1:
                    self.stop(self._start(event), "a study file holds one document, not several")
                value = self._value(next(events), events, ())
        if not n_documents or value is None:
            self.stop(self.places.get((), Place(self.shown)), "the file is empty")
        return value

    def _value(self, event: Event, events: Iterator[Event], path: Keys) -> Any:
        place = self.places[path] = self._start(event)
        self.n_nodes += 1
        if self.n_nodes > MAX_NODES:
            self.stop(place, f"the file holds more than {MAX_NODES} values")
        if len(path) > MAX_DEPTH:
            self.stop(place, f"nested more than {MAX_DEPTH} levels deep")
        self._refuse_extras(event, place)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, CollectionStartEvent):
            return self._list(events, path)
        return None

    def _refuse_extras(self, event: Event, place: Place) -> None:
        if isinstance(event, AliasEvent):
            self._fault(place, f'the alias "*{event.anchor}" is refused; write the value out')
        elif isinstance(event, NodeEvent) and event.anchor:
            self._fault(place, f'the anchor "&{event.anchor}" is refused; study files have none')
        if tag := (getattr(event, "tag", None) or "").replace("tag:yaml.org,2002:", "!!"):
            self._fault(place, f'the tag "{tag}" is refused; write the value without it')

    def _list(self, events: Iterator[Event], path: Keys) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(self._value(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[Event], path: Keys) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            place = self._start(event)
            key = self._key(event, events, path)
            below = (*path, key)
            if key in items:
                first = self.keys[below].line
                self._fault(place, f'the key "{key}" stands twice, first in line {first}')
                self._skip(events, path)
                continue
            self.keys[below] = place
            items[key] = self._value(next(events), events, below)
        return items

    def _key(self, event: Event, events: Iterator[Event], path: Keys) -> str:
        place = self._start(event)
        before = len(self.faults)
        kept = self.places.get(path)
        key = self._value(event, events, path)
        if kept is not None:
            self.places[path] = kept
        if isinstance(key, str) and key:
            return key
        if len(self.faults) == before:
            self._fault(place, f"a key must be text, got {describe(key)}")
        return f"\x00{place.line}:{place.column}"

    def _skip(self, events: Iterator[Event], path: Keys) -> None:
        """Read the value of a repeated key, for its faults only."""
        places, keys = self.places, self.keys
        self.places, self.keys = {}, {}
        self._value(next(events), events, path)
        self.places, self.keys = places, keys

    def _scalar(self, event: ScalarEvent, place: Place) -> Any:
        text = event.value
        if event.style is not None:
            if (odd := CONTROL.search(text)) is not None:
                self._fault(place, f"the character U+{ord(odd[0]):04X} is not allowed in a text")
                return ""
            return text
        try:
            return resolve(text)
        except ValueError as error:
            self._fault(place, str(error))
            return 1

    def _fault(self, place: Place, message: str) -> None:
        self.faults.append(place.fault(message))

    def _start(self, event: Event) -> Place:
        return self._mark(event.start_mark)

    def _mark(self, mark: StreamMark | None) -> Place:
        return Place(self.shown, mark.line + 1, mark.column + 1) if mark else Place(self.shown)

    def _syntax(self, error: MarkedYAMLError) -> str:
        """Say in our own words why the text is no YAML."""
        problem = error.problem or ""
        for pattern, message in SYNTAX:
            if found := re.search(pattern, problem):
                return found.expand(message)
        return f"this is not YAML: {problem}"


SYNTAX = (
    (r"found character '\\t'", "a tab where YAML wants spaces; indent with spaces"),
    (r"found character '(.)' that cannot", r'a text cannot begin with "\1"; put it in quotes'),
    (
        r"mapping values are not allowed",
        'a second ":" here; put a text that holds ": " in quotes, or mend the indentation',
    ),
    (r"unexpected end of stream", "the quoted text that begins before is never closed"),
    (r"found unknown escape character '(.)'", r'"\\\1" is no escape; use single quotes'),
    (r"'<stream end>'", 'the file ends inside a list or mapping; a "]" or "}" is missing'),
    (r"could not find expected ':'", 'this line is no "key: value"; a ":" is missing'),
    (
        r"expected <block end>, but found|<document start>",
        "this line does not continue what stands above it; mend the indentation",
    ),
    (r"sequence entries are not allowed", 'a "- " cannot stand here; begin a new line with it'),
    (
        r"expected a comment or a line break|expected chomping or",
        'only a comment may follow ">" or "|" on its line',
    ),
    (r"expected '(.)' or '(.)', but got", r'a "\1" or "\2" is missing before this'),
    (r"expected the node content", "a value is missing before this"),
)
