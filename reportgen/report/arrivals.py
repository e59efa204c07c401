"""Undefined values that know where they came up, so that each is told once, and there."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jinja2
from jinja2.environment import TemplateModule
from jinja2.utils import missing

from reportgen.facts.fact import FactTree
from reportgen.report.places import Trail

_SURELY = 0.8


@dataclass(slots=True)
class Arrival:
    """Where an undefined value came up, as what it was wanted, and whether that is told.

    `kind` is "name" for a variable, "member" for what an imported template does not
    define, or ""; `owner` is what was asked for the name.
    """

    trail: Trail
    node: int
    kind: str
    name: str
    owner: object
    told: bool = False

    def misspelt(self) -> bool:
        """Whether the name is all but that of a fact beside it, whatever an `if` asked before."""
        if not isinstance(self.owner, FactTree) or any(map(str.isdigit, self.name)):
            return False
        return bool(difflib.get_close_matches(self.name, list(self.owner.keys()), cutoff=_SURELY))


def traced(
    base: type[jinja2.Undefined], arrived: Callable[[], tuple[Trail, int]]
) -> type[jinja2.Undefined]:
    """Return a class of undefined values whose errors have an `arrival`.

    Parameters
    ----------
    base : type
        Undefined values whose every use is an error.
    arrived : callable
        Returns the lines that are being rendered, and the expression's number.
    """

    class Traced(base):  # type: ignore[valid-type, misc]
        def __init__(
            self, hint: Any = None, obj: Any = missing, name: Any = None, *exc: Any, **more: Any
        ) -> None:
            super().__init__(hint, obj, name, *exc, **more)
            exception: Any = self._undefined_exception  # type: ignore[has-type]
            kind = "name" if obj is missing and not hint else ""
            if isinstance(obj, TemplateModule) or "does not export" in (hint or ""):
                kind = "member"
            arrival = Arrival(*arrived(), kind, str(name), obj)
            self._undefined_exception = partial(_error, exception, arrival)

    return Traced


def _error(exception: Callable[[str], Exception], arrival: Arrival, message: str) -> Exception:
    error = exception(message)
    error.arrival = arrival  # type: ignore[attr-defined]
    return error
