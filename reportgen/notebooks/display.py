"""What a cell shows: text, tables and figures whose numbers come from facts.

What is shown carries the facts that it prints in its metadata, so that a kept
notebook can be compared with today's facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from reportgen.errors import UsageError, nearest
from reportgen.facts.fact import Fact, FactTree, Value
from reportgen.notebooks.paper import OWN
from reportgen.report.formatters import FormatError, Formatters, forbid_bare_numbers
from reportgen.report.text import plain

_NUMBER = re.compile(r"[-+−<]?\s?\d.*")


@dataclass(slots=True)
class Wording:
    """Fills the places of a text with facts, through the filters of the report.

    ``{best.accuracy:pct}`` is the fact ``best.accuracy`` below what the text is about,
    through the filter ``pct``; ``{best.accuracy:pct 1}`` gives the filter a number;
    ``{}`` is the name of what the text is about.
    """

    formatters: Formatters
    used: dict[str, Value] = field(default_factory=dict)

    def fill(self, text: str, tree: FactTree, name: str = "") -> str:
        """Return a text about a group of facts.

        Raises
        ------
        UsageError
            If there is no such fact or filter, or the filter cannot show the fact.
        """
        try:
            parsed = list(Formatter().parse(text))
        except ValueError as error:
            msg = f'"{text}": {error}; a place is written {{fact:filter}}'
            raise UsageError(msg) from error
        return "".join(
            before + ("" if path is None else self._place(path, spec or "", tree, name))
            for before, path, spec, _ in parsed
        )

    def _place(self, path: str, spec: str, tree: FactTree, name: str) -> str:
        """Return what stands at one place."""
        if not path:
            return name
        fact = find_fact(tree, path)
        called, *numbers = spec.split() or [""]
        filters = self.formatters.filters()
        if called and called not in filters:
            msg = f'there is no filter "{called}"; {nearest(called, list(filters))}'
            raise UsageError(msg)
        try:
            shown = (
                filters[called](fact, *map(int, numbers)) if called else forbid_bare_numbers(fact)
            )
        except (FormatError, ValueError, TypeError) as error:
            msg = f"{{{path}:{spec}}}: {error}"
            raise UsageError(msg) from error
        self.used[fact.id] = fact.value
        return plain(shown)

    def label(self, fact: Fact) -> str:
        """Return the name of a class."""
        self.used[fact.id] = fact.value
        return plain(self.formatters.label(fact))


def find_fact(tree: FactTree, path: str) -> Fact:
    """Return the fact at a dotted path below a group of facts.

    Raises
    ------
    UsageError
        If there is none; it names the nearest.
    """
    below: FactTree | Fact = tree
    for part in path.split("."):
        try:
            below = below[part]  # type: ignore[index]
        except (KeyError, TypeError) as error:
            reason = error.args[0] if isinstance(error, KeyError) else f"{path} is no fact"
            raise UsageError(str(reason)) from error
    if not isinstance(below, Fact):
        msg = f"{path} is a group of facts; name one of {', '.join(below.keys())}"
        raise UsageError(msg)
    return below


class Shown:
    """Something that a notebook shows, in several forms, with the facts that it prints."""

    facts: Mapping[str, Value]

    def forms(self) -> dict[str, str]:
        """Return what is shown, by its MIME type."""
        raise NotImplementedError

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:  # noqa: ARG002
        """Return forms and metadata, as IPython asks for them."""
        return self.forms(), {OWN: dict(self.facts)} if self.facts else {}

    def __repr__(self) -> str:
        return self.forms()["text/plain"]


@dataclass(frozen=True, repr=False)
class Text(Shown):
    """A paragraph."""

    text: str
    facts: Mapping[str, Value]

    def forms(self) -> dict[str, str]:
        """Return the text as it is and as Markdown."""
        return {"text/plain": self.text, "text/markdown": self.text}


@dataclass(frozen=True, repr=False)
class Table(Shown):
    """A table; columns of numbers are set flush right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    facts: Mapping[str, Value]

    def forms(self) -> dict[str, str]:
        """Return the table as aligned text and as Markdown."""
        return {"text/plain": self._plain(), "text/markdown": self._markdown()}

    def _is_numeric(self, column: int) -> bool:
        cells = [row[column] for row in self.rows]
        return any(cells) and all(_NUMBER.fullmatch(cell) or not cell for cell in cells)

    def _plain(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        numeric = [self._is_numeric(i) for i in range(len(self.head))]
        lines = []
        for row in (self.head, *self.rows):
            cells = zip(row, widths, numeric, strict=True)
            shown = [
                text.rjust(width) if right else text.ljust(width) for text, width, right in cells
            ]
            lines.append("  ".join(shown).rstrip())
        return "\n".join(lines)

    def _markdown(self) -> str:
        rules = ["---:" if self._is_numeric(i) else ":---" for i in range(len(self.head))]
        lines = [_row(self.head), _row(rules), *map(_row, self.rows)]
        return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    """Return a row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


@dataclass(frozen=True, repr=False)
class Figure(Shown):
    """A drawn figure."""

    svg: str
    name: str
    facts: Mapping[str, Value]

    def forms(self) -> dict[str, str]:
        """Return the picture, and its name for where none can be shown."""
        return {"text/plain": f"<{self.name}>", "image/svg+xml": self.svg}
