"""What came of reading a template, so that it is not read again while its text stays.

To read one is to parse it, to sketch what it uses, to put marks into it and to make
code of it: half of the time of a page that is rendered. All of that follows from the
template's text and name, and from the environment's vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any, cast

import jinja2
from jinja2.utils import _PassArg

from reportgen.report.marks import Place
from reportgen.report.sketches import Sketch

MAX_KEPT = 500
"""Readings that are kept, the latest used; a report has some thirty templates."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What parsing a template tells: its sketch, its marks' places, the lines of its variables."""

    sketch: Sketch
    places: tuple[Place, ...]
    assigned: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """A template's code, and what parsing it told; the code is None where only that was asked."""

    parsed: Parsed
    code: CodeType | None = None


class Readings:
    """What came of reading templates; environments of one process may share it."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Reading] = {}

    def read(
        self,
        environment: jinja2.Environment,
        name: str,
        source: str,
        make: Callable[[], Reading],
        *,
        coded: bool,
    ) -> Reading:
        """Return the reading of a template's text, made where none is kept.

        Parameters
        ----------
        environment : jinja2.Environment
            Its class and its filters and tests decide the code too.
        name, source : str
        make : callable
            Reads the template; what it raises is not kept.
        coded : bool
            Whether the code is needed.
        """
        key = (name, source, type(environment), vocabulary(environment))
        found = self._kept.pop(key, None)
        if found is None or (coded and found.code is None):
            found = make()
        self._kept[key] = found  # the latest at the end
        if len(self._kept) > MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        return found


def vocabulary(environment: jinja2.Environment) -> Hashable:
    """Return what the code of a template takes from the filters and tests that there are."""
    known = cast("list[dict[str, Any]]", [environment.filters, environment.tests])
    return tuple(
        frozenset((name, _PassArg.from_obj(function)) for name, function in functions.items())
        for functions in known
    )


def relocated(code: CodeType, file: str) -> CodeType:
    """Return code that says that it comes from a file, as tracebacks tell it."""
    if code.co_filename == file:
        return code
    inner = (relocated(one, file) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_filename=file, co_consts=tuple(inner))
