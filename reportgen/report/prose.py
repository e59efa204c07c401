"""Reads marked HTML back into blocks of text, each piece with its place and what vouches for it."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate

from reportgen.report.marks import (
    END_CHOICE,
    END_EXPRESSION,
    END_SOURCE,
    MARK,
    Choice,
    Marks,
    Origin,
    Place,
    unmarked,
)

SOURCES = frozenset({"fact", "literal", "spec"})
"""Classes of the spans that say where a number comes from."""
_BLOCKS = frozenset(
    "p li td th dt dd figcaption caption h1 h2 h3 h4 h5 h6 blockquote div figure section table "
    "thead tbody tfoot tr ul ol dl pre header nav body html head title style script".split()
)
VOID = frozenset({"img", "br", "hr", "meta", "link", "input", "col", "wbr"})
_GROUPS = frozenset({"figure", "table"})
_EXEMPT_TAGS = frozenset({"code", "pre", "style", "script", "head"})
_EXEMPT_CLASSES = frozenset({"label", "number", "ref", "asked", "title-block", "contents"})

_TOKEN = re.compile(
    rf"""<!--.*?-->|<(?P<end>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9]*)(?P<rest>(?:[^<>"']|"[^"]*"|'[^']*')*)>"""
    rf"""|(?P<mark>{MARK})|(?P<text>[^<\ue000-\ue003\U000f0000-\U0010fffd]+|.)""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([\w-]+)=["']([^"']*)""")
_ALT = re.compile(r"""\balt="([^"]*)\"""")
_MARK = re.compile(MARK)
_SPLIT = re.compile(f"({MARK})")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text from one place.

    Parameters
    ----------
    text : str
    place : Place or None
        The template and the line on which the text starts.
    through : tuple of Place
        The expressions that the text came through, the outermost first.
    source : str
        "fact", "literal" or "spec" if a span vouches for its numbers, "exempt" for code and
        generated numbering, or "".
    fact : str
        Id of the fact that it shows, if it shows one.
    tied : bool
        Whether it stands in a claim or in words that facts chose.
    said : frozenset of str
        The facts of all claims and choices around it.
    context : bool
        Whether it is marked as context.
    """

    text: str
    place: Place | None
    through: tuple[Place, ...]
    source: str
    fact: str
    tied: bool
    said: frozenset[str]
    context: bool


@dataclass(slots=True)
class Block:
    """The text of one element: a paragraph, a cell, a caption, a footnote, an alternative text.

    `group` is the number of the figure, table or paragraph that it belongs to, and
    `attributes` are those of that figure.
    """

    element: str
    group: int
    attributes: Mapping[str, str]
    pieces: list[Piece] = field(default_factory=list)
    _ends: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of all pieces."""
        return "".join(piece.text for piece in self.pieces)

    def within(self, start: int, end: int) -> Iterator[tuple[Piece, int, int]]:
        """Yield the pieces of a stretch of the text, with their bounds inside each piece."""
        if len(self._ends) != len(self.pieces):  # so that long paragraphs are walked once
            self._ends = [*accumulate(len(piece.text) for piece in self.pieces)]
        for i in range(bisect_right(self._ends, start), len(self.pieces)):
            piece = self.pieces[i]
            offset = self._ends[i] - len(piece.text)
            if offset >= end:
                break
            low, high = max(start - offset, 0), min(end - offset, len(piece.text))
            if low < high:
                yield piece, low, high


@dataclass(frozen=True, slots=True)
class _Element:
    """An open element, and what it and those around it say of the text inside.

    `outer` is the block to go on with after a footnote; `inline` is the class of a span
    that stands around and can hold no paragraph.
    """

    tag: str
    block: str = ""
    source: str = ""
    fact: str = ""
    tied: bool = False
    said: frozenset[str] = frozenset()
    context: bool = False
    group: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    outer: Block | None = None
    inline: str = ""


class Reader:
    """Reads one marked text.

    Parameters
    ----------
    marks : Marks
    element : str, optional
        What the text stands in.
    place : Place, optional
        Where it stands, as far as no mark says.
    """

    def __init__(self, marks: Marks, element: str = "", place: Place | None = None) -> None:
        self.blocks: list[Block] = []
        self._marks = marks
        self._elements = [_Element("", element)]
        self._block: Block | None = None
        self._place = place
        self._line = place.line if place else 0
        self._expressions: list[tuple[Place, Place | None, int]] = []
        self._through: tuple[Place, ...] = ()
        self._choices: list[Choice | Origin] = []
        self._groups = 0
        self.misplaced: list[tuple[str, str, int]] = []
        self._seen: dict[tuple[int, str, str], tuple[_Element, _Element]] = {}

    def read(self, text: str) -> list[Block]:
        """Return the blocks of a marked text."""
        for match in _TOKEN.finditer(text):
            if match["mark"]:
                self._take_mark(match["mark"])
            elif match["text"]:
                text = match["text"]
                self._write(html.unescape(text) if "&" in text else text)
                self._line += text.count("\n")
            elif match["tag"]:
                self._take_tag(match["tag"].lower(), match["rest"], end=bool(match["end"]))
        return [block for block in self.blocks if block.text.strip()]

    # ── marks ───────────────────────────────────────────────────────────────

    def _take_mark(self, mark: str) -> None:
        if mark == END_EXPRESSION:
            if self._expressions:
                _, self._place, self._line = self._expressions.pop()
                self._through = self._through[:-1]
        elif mark in (END_CHOICE, END_SOURCE):
            if self._choices:
                self._choices.pop()
        else:
            meaning = self._marks.meaning(mark)
            if not isinstance(meaning, Place):
                self._choices += [] if meaning is None else [meaning]
            elif meaning.kind == "text":
                self._place, self._line = meaning, meaning.line
            else:
                self._expressions.append((meaning, self._place, self._line))
                self._through = (*self._through, meaning)
                self._place = None

    # ── tags ────────────────────────────────────────────────────────────────

    def _take_tag(self, tag: str, rest: str, *, end: bool) -> None:
        alt = _ALT.search(rest) if tag == "img" else None
        self._skim(rest[: alt.start()] if alt else rest)
        if alt:
            self._alternative(alt[1])
            self._skim(rest[alt.end() :])
        if end:
            self._close(tag)
        elif tag not in VOID:
            self._open(tag, rest)
        elif tag == "br":
            self._write(" ")

    def _skim(self, text: str) -> None:
        """Take the marks and count the lines inside a tag."""
        if _MARK.search(text) is None:
            self._line += text.count("\n")
            return
        for part in _SPLIT.split(text):
            if _MARK.match(part):
                self._take_mark(part)
            else:
                self._line += part.count("\n")

    def _open(self, tag: str, rest: str) -> None:
        """Open an element; those like an earlier one beside it are told once, for speed."""
        around = self._elements[-1]
        if tag in _BLOCKS:
            if around.inline:
                self.misplaced.append((tag, around.inline, len(self.blocks)))
            self._block = None
        key = (id(around), tag, rest)
        if key not in self._seen:
            element = self._element(around, tag, rest)
            if element.outer is not None or element.group != around.group:
                self._elements.append(element)
                if element.outer is not None:
                    self._block = self._new_block(element.outer.group)
                return
            self._seen[key] = around, element
        self._elements.append(self._seen[key][1])

    def _element(self, around: _Element, tag: str, rest: str) -> _Element:
        """Return an element inside another one."""
        element = replace(around, tag=tag, outer=None)
        if tag in _BLOCKS:
            element = replace(element, block=tag)
        given = {name: unmarked(value) for name, value in _ATTRIBUTE.findall(rest)}
        classes = frozenset(given.get("class", "").split())
        if tag in _EXEMPT_TAGS or classes & _EXEMPT_CLASSES:
            element = replace(element, source="exempt")
        elif classes & SOURCES:
            (kind,) = classes & SOURCES
            element = replace(element, source=kind, fact=given.get("data-fact", ""))
        elif "claim" in classes:
            said = html.unescape(given.get("data-facts", "")).split()
            element = replace(element, tied=True, said=element.said.union(said), inline="claim")
        elif "context" in classes:
            element = replace(element, context=True, inline="context")
        if tag in _GROUPS and not element.group:
            element = replace(element, group=self._new_group(), attributes=given)
        if "footnote" in classes:
            outer = self._current()
            element = replace(element, block="footnote", outer=outer, inline="footnote")
        return element

    def _close(self, tag: str) -> None:
        if any(element.tag == tag for element in self._elements):
            while self._elements[-1].tag != tag:
                self._elements.pop()
            element = self._elements.pop()
            if tag in _BLOCKS:
                self._block = None
            elif element.outer is not None:
                self._block = element.outer

    # ── text ────────────────────────────────────────────────────────────────

    def _alternative(self, alt: str) -> None:
        """Read an alternative text as a block of its own."""
        before = self._block
        self._elements.append(replace(self._elements[-1], tag="img", block="alt"))
        self._block = self._new_block(self._elements[-1].group or self._new_group())
        for part in _SPLIT.split(alt):
            if _MARK.match(part):
                self._take_mark(part)
            else:
                self._write(html.unescape(part))
                self._line += part.count("\n")
        self._elements.pop()
        self._block = before

    def _new_group(self) -> int:
        self._groups += 1
        return self._groups

    def _new_block(self, group: int) -> Block:
        element = self._elements[-1]
        self.blocks.append(Block(element.block, group, element.attributes))
        return self.blocks[-1]

    def _current(self) -> Block:
        if self._block is None:
            self._block = self._new_block(self._elements[-1].group or self._new_group())
        return self._block

    def _write(self, text: str) -> None:
        """Add text to the block in hand, or start one."""
        if not text or (self._block is None and not text.strip()):
            return
        element = self._elements[-1]
        piece = Piece(
            text,
            self._here(),
            self._through,
            element.source,
            element.fact,
            element.tied,
            element.said,
            element.context,
        )
        self._current().pieces.append(self._chosen(piece) if self._choices else piece)

    def _here(self) -> Place | None:
        """Return the place of what comes next."""
        if self._place is not None:
            return Place(self._place.file, self._line, "text")
        if not self._through:
            return None
        # What a macro was given was written where its author called it.
        file = self._through[0].file
        return next(place for place in reversed(self._through) if place.file == file)

    def _chosen(self, piece: Piece) -> Piece:
        """Return a piece with what the choices around it say."""
        source, fact, tied, said = piece.source, piece.fact, piece.tied, set(piece.said)
        for choice in self._choices:
            if isinstance(choice, Origin):
                source, fact = choice.kind, choice.fact
            else:
                tied = tied or bool(choice.facts)
                said.update(choice.facts)
        return replace(piece, source=source, fact=fact, tied=tied, said=frozenset(said))
