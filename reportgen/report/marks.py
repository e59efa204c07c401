"""Invisible marks in rendered text: which line wrote it, and which facts chose it.

A page is rendered twice: once as it is, and once with marks, to be proofread.
The marks are private-use characters, so nothing that a template does with its
own text (`replace`, `upper`, an attribute) takes them for letters. The page that
is written never holds any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from markupsafe import Markup, escape

from reportgen.report.claims import Chain, Claims

Kind = Literal["text", "expression"]

END_EXPRESSION = "\ue000"
END_CHOICE = "\ue001"
END_SOURCE = "\ue002"
ABSORBED = "\ue003"
"""Starts what is printed in the place of a value that a mistake keeps from being known."""
_STATIC = 0xF0000
_DYNAMIC = 0x100000
_PLANE = 0xFFFD
MARK = "[\ue000-\ue003\U000f0000-\U000ffffd\U00100000-\U0010fffd]"

_MARKS = re.compile(MARK)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a template, and whether text stands there or an expression."""

    file: str
    line: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Choice:
    """Facts that decided which words follow; none if the condition reached none."""

    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """What vouches for the text that follows: a span of this class, of this fact."""

    kind: str
    fact: str


class Bare(str):
    """A plain text that remembers how it reads with marks, for when it is printed as it is."""

    marked: str

    def __new__(cls, text: str, marked: str) -> Self:
        """Return the text."""
        self = super().__new__(cls, text)
        self.marked = marked
        return self


def unmarked(text: str) -> str:
    """Return a text without marks."""
    return _MARKS.sub("", text)


class Marks:
    """The marks of an environment's templates; they are blank until `turn` is called.

    Parameters
    ----------
    claims : Claims
        Notes which facts an expression reaches.
    """

    def __init__(self, claims: Claims) -> None:
        self.claims = claims
        self.on = False
        self.at: dict[str, list[str]] = {}
        self.assigned: dict[tuple[str, str], int] = {}
        self.end_expression = self.end_choice = ""
        self._places: list[Place] = []
        self._indexes: dict[str, range] = {}
        self._dynamic: list[Choice | Origin] = []

    def enter(self, file: str, places: Sequence[Place], assigned: Mapping[str, int]) -> None:
        """Take in the places of a template's marks, and the lines on which it sets variables.

        Its code writes the mark of the place i as `marks.at[file][i]`.
        """
        n = len(self._places)
        self._indexes[file] = range(n, n + len(places))
        self._places += places
        self.at[file] = self._written(file)
        self.assigned |= {(file, name): line for name, line in assigned.items()}

    def _written(self, file: str) -> list[str]:
        """Return what a template's code writes for each of its marks."""
        return [_static(index) if self.on else "" for index in self._indexes[file]]

    # ── while a template is rendered ────────────────────────────────────────

    def turn(self, *, on: bool) -> None:
        """Let templates write marks from now on, or stop them; earlier choices are forgotten."""
        self.on = on
        self.at = {file: self._written(file) for file in self.at}
        self.end_expression = Markup(END_EXPRESSION) if on else ""  # noqa: S704
        self.end_choice = Markup(END_CHOICE) if on else ""  # noqa: S704
        self._dynamic = []

    def test(self, chain: Chain) -> bool:
        """Start to note what a condition reaches; its chain's earlier ones are kept."""
        self.claims.begin("", chain)
        return True

    def entered(self, lenient: bool) -> str:
        """Return the mark that starts the branch for which a chain of conditions decided.

        Raises
        ------
        ClaimError
            If a condition reached a fact without a value, unless it is `lenient`.
        """
        reached = self.claims.end(lenient=lenient)
        return Markup(self.note(Choice(tuple(reached)))) if self.on else ""  # noqa: S704

    def passed(self, lenient: bool) -> str:
        """End a chain of which no branch was taken; raises as `entered` does."""
        self.claims.end(lenient=lenient)
        return ""

    def looked_up(self, _: None, value: object) -> object:
        """Return words between the marks of the facts that chose them."""
        reached = self.claims.end()
        if not (self.on and reached and isinstance(value, str)):
            return value
        start = Markup(self.note(Choice(tuple(reached))))  # noqa: S704
        return start + escape(value) + Markup(END_CHOICE)  # noqa: S704

    def note(self, what: Choice | Origin) -> str:
        """Return the mark that starts a choice, or what an origin vouches for."""
        self._dynamic.append(what)
        return chr(_DYNAMIC + min(len(self._dynamic) - 1, _PLANE))

    def meaning(self, mark: str) -> Place | Choice | Origin | None:
        """Return what a mark says; None for one that ends something, or that we never wrote."""
        if mark == ABSORBED:
            return Origin("fact", "")
        index = ord(mark)
        if index >= _DYNAMIC:
            index -= _DYNAMIC
            return self._dynamic[index] if index < len(self._dynamic) else None
        index -= _STATIC
        return self._places[index] if 0 <= index < len(self._places) else None


def _static(index: int) -> str:
    return Markup(chr(_STATIC + min(index, _PLANE)))  # noqa: S704
