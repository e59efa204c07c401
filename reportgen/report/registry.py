"""What a page defines and refers to: figures, tables, listings, and the answers they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from reportgen.errors import Fault, nearest
from reportgen.report.places import Line, line_here, tell
from reportgen.spec.report import ARTEFACTS

KINDS = ("figure", "table", "listing")

_ID = re.compile(r"[a-z][a-z0-9-]*")
_REFERENCE = re.compile(r'<a class="ref" href="#([^"]+)"></a>')


class RegistryError(Exception):
    """A template defines or refers to something wrongly; its place is added later."""


@dataclass(frozen=True, slots=True)
class Item:
    """One numbered figure, table or listing, the question whose answer holds it, what it is."""

    id: str
    kind: str
    number: int
    question: str
    artefact: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a question's answer refers to an item."""

    question: str
    line: Line | None


@dataclass(slots=True)
class Registry:
    """Numbers what is captioned, in the order of the page, and checks what refers to it.

    `question` is the id of the question that is being rendered.
    """

    question: str = ""
    items: dict[str, Item] = field(default_factory=dict)
    artefacts: dict[str, list[str]] = field(default_factory=dict)
    references: dict[str, list[Reference]] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def define(self, kind: str, id: str, artefact: str = "") -> Markup:
        """Register a captioned item and return its number.

        Parameters
        ----------
        kind : {"figure", "table", "listing"}
        id : str
            Lower-case letters, digits and hyphens; unique on the page.
        artefact : str, optional
            Which of the assignment's artefacts it is.

        Raises
        ------
        RegistryError
            If the id is taken or malformed, or the kind or the artefact is unknown.
        """
        if kind not in KINDS:
            msg = f'nothing is numbered as "{kind}"; {nearest(kind, KINDS)}'
            raise RegistryError(msg)
        if not _ID.fullmatch(id):
            msg = f'the id "{id}" must be lower-case letters, digits and hyphens'
            raise RegistryError(msg)
        if id in self.items:
            earlier = self.items[id]
            msg = f'the id "{id}" is taken by a {earlier.kind} of question {earlier.question}'
            raise RegistryError(msg)
        if artefact:
            self.provide(artefact)
        self._numbers[kind] = number = self._numbers[kind] + 1
        self.items[id] = Item(id, kind, number, self.question, artefact)
        return Markup('<span class="literal">{}</span>').format(number)

    def provide(self, artefact: str) -> str:
        """Note that the answer in hand holds an artefact, and return nothing to print."""
        if artefact not in ARTEFACTS:
            msg = f'there is no artefact "{artefact}"; {nearest(artefact, ARTEFACTS)}'
            raise RegistryError(msg)
        held = self.artefacts.setdefault(self.question, [])
        if artefact not in held:
            held.append(artefact)
        return ""

    def require_text(self, text: str, what: str) -> str:
        """Return a text that must not be empty, such as the alternative text of a figure."""
        if not text.strip():
            msg = f"{what} is empty: say in words what the figure shows"
            raise RegistryError(msg)
        return text

    def refer(self, id: str) -> Markup:
        """Return a reference, which `resolve` fills in once the whole page is known."""
        self.references.setdefault(id, []).append(Reference(self.question, line_here()))
        return Markup('<a class="ref" href="#{}"></a>').format(id)

    def dangling(self, templates: Path) -> Iterator[Fault]:
        """Yield a fault for each line that refers to nothing."""
        for id, references in self.references.items():
            if id not in self.items:
                for reference in references:
                    who = f'the answer to "{reference.question}"' if reference.question else "this"
                    message = f'{who} refers to "{id}", which nothing defines; '
                    message += nearest(id, list(self.items))
                    yield tell(message, (reference.line,) if reference.line else (), templates)

    def unreferenced(self) -> tuple[Item, ...]:
        """Return what is captioned but never referred to."""
        return tuple(item for item in self.items.values() if item.id not in self.references)

    def resolve(self, html: str, words: Mapping[str, str]) -> str:
        """Fill the references of a page in: `words` names each kind, as ``figura``."""

        def fill(match: re.Match[str]) -> str:
            item = self.items[match[1]]
            return (
                f'<a class="ref" href="#{item.id}">{words[item.kind]}\u00a0'
                f'<span class="literal">{item.number}</span></a>'
            )

        return _REFERENCE.sub(fill, html)
