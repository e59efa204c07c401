"""Where on a finished page each fact is printed; for `trace` and for checks, never for values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from reportgen.report.text import plain

HEADINGS = ("h2", "h3", "h4")
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


@dataclass(frozen=True, slots=True)
class Appearance:
    """A fact on the page: its printed form, the heading above it, the caption it belongs to.

    `answer` is the id of the question's heading, or of the appendix; `caption` is
    empty in running text and ``Tabla 3`` inside the third table.
    """

    fact: str
    text: str
    answer: str
    heading: str
    caption: str

    @property
    def place(self) -> str:
        """Where it stands, in a few words."""
        return f"{self.heading}, {self.caption.lower()}" if self.caption else self.heading


def find_appearances(html: str) -> tuple[Appearance, ...]:
    """Return every printed fact of a page, in the page's order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(reader.found)


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet."""

    tag: str
    kind: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return plain("".join(self.pieces).replace("&", "&amp;").replace("<", "&lt;"))


class _Reader(HTMLParser):
    """Keeps the headings and captions that are open while facts go by."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Appearance] = []
        self._open: list[_Open] = []
        self._answer = self._heading = ""
        self._captions: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        element = _Open(tag)
        if tag in HEADINGS and "id" in given:
            element = _Open(tag, "heading", given["id"])
        elif tag == "figure":
            element = _Open(tag, "figure")
            self._captions.append("")
        elif "label" in classes and self._captions:
            element = _Open(tag, "label")
        elif "fact" in classes and "data-fact" in given:
            element = _Open(tag, "fact", given["data-fact"])
        self._open.append(element)

    def handle_data(self, data: str) -> None:
        for element in self._open:
            if element.kind:
                element.pieces.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            element = self._open.pop()
            self._close(element)
            if element.tag == tag:
                return

    def _close(self, element: _Open) -> None:
        if element.kind == "heading":
            self._answer, self._heading = element.name, element.text
        elif element.kind == "figure":
            self._captions.pop()
        elif element.kind == "label":
            self._captions[-1] = element.text.rstrip(".").replace("\xa0", " ")
        elif element.kind == "fact":
            caption = self._captions[-1] if self._captions else ""
            self.found.append(
                Appearance(element.name, element.text, self._answer, self._heading, caption)
            )
