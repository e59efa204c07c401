"""All templates of a report before they are rendered: what they use and nothing defines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jinja2

from reportgen.errors import nearest
from reportgen.report.places import Line, describe, no_such
from reportgen.report.sketches import Sketch

if TYPE_CHECKING:
    from reportgen.report.environment import Environment

_SPECIAL = frozenset({"loop", "caller", "varargs", "kwargs", "self", "super"})


@dataclass(frozen=True, slots=True, order=True)
class Slip:
    """A name that nothing defines: which template uses it, as what, where, what to say of it."""

    template: str
    kind: str
    name: str
    line: Line
    message: str


class Survey:
    """Looks at the templates of a report, and at those that they include or import.

    Parameters
    ----------
    environment : Environment
        Its names are those that every template may use.
    roots : mapping of str to collection of str
        Each template that is rendered, with the names that it alone is given.
    """

    def __init__(self, environment: Environment, roots: Mapping[str, frozenset[str]]) -> None:
        self._environment = environment
        self._given: dict[str, frozenset[str]] = {}
        self._sketches: dict[str, Sketch] = {}
        self._slips: set[Slip] = set()
        for name, given in roots.items():
            self._visit(name, given, None)

    def slips(self) -> list[Slip]:
        """Return all that nothing defines, and the templates that cannot be read."""
        for name, sketch in self._sketches.items():
            self._slips |= {*self._unknown(name, sketch), *self._unknown_imports(name, sketch)}
        return sorted(self._slips)

    def exports(self, name: str) -> set[str]:
        """Return what a template gives to those that import it."""
        sketch = self._sketches.get(name)
        return sketch.exports if sketch else set()

    def _visit(self, name: str, given: frozenset[str], read_at: Line | None) -> None:
        """Take in a template and what it reads, unless that is known to see these names."""
        if given <= self._given.get(name, frozenset()) and name in self._sketches:
            return
        self._given[name] = given = given | self._given.get(name, frozenset())
        try:
            sketch = self._sketches[name] = self._environment.sketch(name)
        except jinja2.TemplateNotFound as error:
            if read_at is not None:
                self._unreadable(error, name, read_at)
            return
        except jinja2.TemplateSyntaxError as error:
            self._unreadable(error, name, Line(name, error.lineno))
            return
        for reading in sketch.readings:
            seen = given | sketch.stored.keys() if reading.given else frozenset()
            needed = Line(name, reading.line) if reading.needed else None
            self._visit(reading.name, frozenset(seen), needed)

    def _unreadable(self, error: Exception, name: str, line: Line) -> None:
        self._slips.add(Slip(line.template, "template", name, line, describe(error, {})))

    def _unknown(self, name: str, sketch: Sketch) -> Iterator[Slip]:
        """Yield the filters, tests and names that a template uses and nothing defines."""
        environment = self._environment
        vocabulary = {"filter": list(environment.filters), "test": list(environment.tests)}
        for kind, uses in (("filter", sketch.filters), ("test", sketch.tests)):
            for used, lines in uses.items():
                if used not in vocabulary[kind]:
                    yield _slip(name, kind, used, lines, no_such(kind, used, vocabulary))
        known = sketch.stored.keys() | self._given[name]
        for used, lines in sketch.names.items():
            free = used not in known and used not in environment.globals
            if free and used not in _SPECIAL and used not in sketch.asked:
                found = nearest(used, sorted({*environment.names(), *known}))
                yield _slip(name, "name", used, lines, f"{used!r} is unknown here; {found}")

    def _unknown_imports(self, name: str, sketch: Sketch) -> Iterator[Slip]:
        """Yield what a template takes from others that do not define it."""
        used = [*sketch.imported]
        for alias, member, line in sketch.members:
            if alias in sketch.modules and sketch.stored[alias] == 1:
                used.append((sketch.modules[alias], member, line))
        for other, wanted, line in used:
            if other in self._sketches and wanted not in self._sketches[other].exports:
                found = nearest(wanted, list(self._sketches[other].exports))
                message = f'"{other}" defines no {wanted!r}; {found}'
                yield _slip(name, "member", wanted, [line], message)


def _slip(template: str, kind: str, name: str, lines: list[int], message: str) -> Slip:
    """Return one slip for all uses of a name in a template, at the first."""
    first, *others = sorted(set(lines))
    if others:
        message += f"\n    also on line {', '.join(map(str, others))}"
    return Slip(template, kind, name, Line(template, first), message)
