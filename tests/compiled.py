"""Jinja makes code of each template once for all tests: that takes most of the time of a page.

The code of a template depends on its text, on the class of the environment, on the filters and
tests that this knows, and on the number of marks that stand before its own. Where all of them
come again, so does the code, with what reading the template left in the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from types import CodeType
from typing import Any

import pytest
from jinja2.utils import _PassArg

from reportgen.report.environment import Environment
from reportgen.report.marks import Place
from reportgen.report.sandbox import Sandbox
from reportgen.report.sketches import Sketch

COMPILE, SKETCH = Sandbox.compile, Environment.sketch
"""How the program itself reads a template."""

STEP = 64
"""The marks of a template start at a multiple of it, so that they seldom depend on others."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading a template: its code, or what it uses; and what that left."""

    made: CodeType | Sketch
    places: tuple[Place, ...]
    n_chains: int
    assigned: dict[tuple[str, str], int]
    sketch: Sketch


class Readings:
    """What came of reading each template, in place of reading it again."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Read] = {}

    def share(self, patch: pytest.MonkeyPatch) -> None:
        """Let all environments of reports take from here, and add to it."""

        def compile_(here: Sandbox, source: Any, *place: Any) -> Any:
            if not (isinstance(here, Environment) and len(place) == 2):
                return COMPILE(here, source, *place)
            return self._code(here, source, *place)

        patch.setattr(Sandbox, "compile", compile_)

        def sketch(here: Environment, name: str) -> Sketch:
            if name not in here._sketches:
                self._sketched(here, name)
            return here._sketches[name]

        patch.setattr(Environment, "sketch", sketch)

    def _code(self, here: Environment, source: str, name: str, file: str) -> CodeType:
        found = self._read(
            (name, source, "code"), here, name, lambda: COMPILE(here, source, name, file)
        )
        assert isinstance(found.made, CodeType)
        return moved(found.made, file)

    def _sketched(self, here: Environment, name: str) -> None:
        assert here.loader is not None
        source, _, _ = here.loader.get_source(here, name)
        self._read((name, source, "sketch"), here, name, lambda: SKETCH(here, name))

    def _read(
        self, what: Hashable, here: Environment, name: str, make: Callable[[], CodeType | Sketch]
    ) -> Read:
        """Read a template, or leave in the environment what reading it would leave."""
        marks = here.marks
        while len(marks.places) % STEP:
            marks.place("", 0, "text")
        marks._n_chains += -marks._n_chains % STEP
        n = len(marks.places)
        key = (what, type(here), n, marks._n_chains, vocabulary(here))
        found = self._known.get(key)
        if found is None:
            made = make()
            own = {at: line for at, line in marks.assigned.items() if at[0] == name}
            places = tuple(marks.places[n:])
            found = Read(made, places, marks._n_chains, own, here._sketches[name])
            self._known[key] = found
        else:
            for place in found.places:
                marks.place(place.file, place.line, place.kind)
            marks._n_chains = found.n_chains
            marks.assigned |= found.assigned
            here._sketches[name] = found.sketch
        return found


def vocabulary(environment: Environment) -> Hashable:
    """Return what the code of a template takes from the filters and tests that there are."""
    known = (environment.filters, environment.tests)
    return tuple(
        frozenset((name, _PassArg.from_obj(function)) for name, function in functions.items())
        for functions in known
    )


def moved(code: CodeType, file: str) -> CodeType:
    """Return code that says that it comes from another file, as tracebacks tell it."""
    if code.co_filename == file:
        return code
    inner = (moved(one, file) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_filename=file, co_consts=tuple(inner))
