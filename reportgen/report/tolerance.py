"""Rendering in spite of mistakes, to find the next ones.

`Tolerant` runs the code that `TolerantCode` writes: it tries each operation of a
template. One that fails is noted, and its value is `ABSORBED` from then on. What
is done with an absorbed value gives it again, so nothing that only follows from
a mistake is told. What is printed is good for the rules of `proof` and no more.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from jinja2.runtime import Context, Macro
from jinja2.utils import Namespace
from markupsafe import Markup

from reportgen.facts.fact import FactTree
from reportgen.report.allowance import SpentError
from reportgen.report.arrivals import Arrival, traced
from reportgen.report.environment import Environment
from reportgen.report.mistakes import ABSORBED, PRINTED, Mistakes, holds_absorbed, tainted
from reportgen.report.places import NO_SUCH, Line, Trail, describe, trail_here, trail_of
from reportgen.report.sandbox import OWN_ARGUMENTS
from reportgen.report.stand_ins import Hollow, TolerantRegistry
from reportgen.report.survey import Slip
from reportgen.report.tolerant_code import TolerantCode

Place = tuple[str, int, int]
"""Template, line, and a number that tells expressions of a template apart."""

OPENED_CLAIM = Markup('<span class="claim">')

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda a, b: a in b,
    "notin": lambda a, b: a not in b,
}


class Tolerant(Environment):
    """An environment that goes on after mistakes and keeps them.

    Parameters
    ----------
    templates, filters, names
        As of `Environment`.
    registry : TolerantRegistry
        What `page` is; it learns which ids a mistake may hide.
    """

    code_generator_class = TolerantCode
    absorbed = ABSORBED

    def __init__(
        self,
        templates: Path,
        filters: Mapping[str, Any],
        names: Mapping[str, Any],
        registry: TolerantRegistry,
    ) -> None:
        super().__init__(templates, filters, {**names, "page": registry})
        self.undefined = traced(self.undefined, self._arrived_now)
        self.mistakes = Mistakes(templates)
        self.registry = registry
        self.templates = templates
        self.told: frozenset[tuple[str, str, str]] = frozenset()
        self.unreadable: frozenset[str] = frozenset()
        self.closed = False
        self.may_be_missing = False
        self._doubt = 0
        self._at: Place | None = None
        self._root = ""
        self._given: list[tuple[object, ...]] = []
        self._wrong: set[tuple[Line, int]] = set()

    def know(self, slips: list[Slip]) -> None:
        """Note what is told already, by template, kind and name."""
        self.told = frozenset((slip.template, slip.kind, slip.name) for slip in slips)
        self.unreadable = frozenset(slip.name for slip in slips if slip.kind == "template")

    # ── mistakes ────────────────────────────────────────────────────────────

    def absorb(self, error: Exception, place: Place | None, *involved: object) -> Any:
        """Note what went wrong, unless it follows from something absorbed; return `ABSORBED`."""
        if isinstance(error, (RecursionError, SpentError)):
            raise error
        self.absorptions += 1
        self.mistakes.count()
        if not self.closed and not any(map(tainted, involved)):
            self._note(error, place, involved)
        return ABSORBED

    def _note(self, error: Exception, place: Place | None, involved: tuple[object, ...]) -> None:
        arrival: Arrival | None = getattr(error, "arrival", None)
        trail, node = self._arrived(error, place)
        if arrival:
            trail, node = arrival.trail, arrival.node
        if self._is_told(error, arrival, trail[-1].template):
            return
        misspelt = arrival is not None and arrival.misspelt()
        if not misspelt and (
            self._doubt or self._blamed(trail, (arrival.owner,) if arrival else involved)
        ):
            return
        if arrival:
            arrival.told = True
            if arrival.kind == "name":
                self.told |= {(trail[-1].template, arrival.kind, arrival.name)}
        vocabulary = {"filter": list(self.filters), "test": list(self.tests)}
        self.mistakes.add(describe(error, vocabulary) + self.claims.in_hand(), trail, node)

    def _blamed(self, trail: Trail, things: tuple[object, ...]) -> bool:
        """Whether a macro was given a wrong thing for which its call is at fault already."""
        given = [id(thing) for one in self._given for thing in one if isinstance(thing, FactTree)]
        wrong = {(trail[0], id(thing)) for thing in things if id(thing) in given}
        told = not self._wrong.isdisjoint(wrong)
        self._wrong |= wrong
        return told

    def _arrived(self, error: Exception | None, place: Place | None) -> tuple[Trail, int]:
        """Return the lines that are being rendered, the last as an expression's place has it."""
        if isinstance(error, jinja2.TemplateSyntaxError):
            return trail_of(error, self.templates), 0
        trail = trail_here()
        if place is None:
            return trail or (Line(self._root, 0),), 0
        here = Line(*place[:2])
        same = trail and trail[-1].template == here.template
        return (*(trail[:-1] if same else trail), here), place[2]

    def _arrived_now(self) -> tuple[Trail, int]:
        """Return the lines that lead to an undefined value which just came up."""
        place, self._at = self._at, None
        return self._arrived(None, place)

    def _is_told(self, error: Exception, arrival: Arrival | None, template: str) -> bool:
        """Whether a mistake has been seen before anything was rendered, or at an earlier use."""
        if arrival:
            return arrival.told or (template, arrival.kind, arrival.name) in self.told
        match = NO_SUCH.search(str(error))
        return match is not None and (template, match[1], match[2]) in self.told

    def stumbled(self, place: Place, error: Exception, *involved: object) -> None:
        """Note that a statement failed."""
        self.absorb(error, place, *involved)

    # ── operations ──────────────────────────────────────────────────────────

    def unknown(self, place: Place, name: str) -> jinja2.Undefined:
        """Return an undefined name."""
        self._at = place
        return self.undefined(name=name)

    def ran(self, place: Place | None, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function of ours or an operator gives, which may see absorbed values."""
        try:
            return function(*given)
        except Exception as error:  # noqa: BLE001 (whatever an expression raises is a mistake)
            return self.absorb(error, place, *given)

    def reach(self, place: Place, thing: Any, name: str) -> Any:
        """Return an attribute."""
        if thing is ABSORBED:
            return ABSORBED
        return self._found_in(place, self.getattr, thing, name)

    def item(self, place: Place, thing: Any, key: Any) -> Any:
        """Return an item, or a slice."""
        if thing is ABSORBED or tainted(key):
            return ABSORBED
        find = operator.getitem if isinstance(key, slice) else self.getitem
        return self._found_in(place, find, thing, key)

    def _found_in(self, place: Place, find: Callable[..., Any], thing: Any, key: Any) -> Any:
        self._at = place
        found = self.ran(place, find, thing, key)
        self._at = None
        return found

    def applied(self, place: Place, function: Any, *given: Any, **named: Any) -> Any:
        """Return what a filter or a test gives."""
        if any(map(holds_absorbed, (*given, named))):
            return ABSORBED
        try:
            return function(*given, **named)
        except Exception as error:  # noqa: BLE001
            return self.absorb(error, place, *given, named)

    def neglected(self, *_: Any, **__: Any) -> Any:
        """Stand for a filter or a test that nobody defines, which is told already."""
        self.absorptions += 1
        return ABSORBED

    def called(
        self, place: Place, context: Context, function: Any, *given: Any, **named: Any
    ) -> Any:
        """Return what a call gives; macros run even if they are given absorbed values."""
        own = {name: value for name, value in named.items() if name not in OWN_ARGUMENTS}
        anyway = isinstance(function, Macro) or function is Namespace or function is dict
        anyway = anyway or isinstance(getattr(function, "__self__", None), TolerantRegistry)
        if function is ABSORBED or (not anyway and any(map(holds_absorbed, (*given, own)))):
            return self._skipped(given, named)
        macro = isinstance(function, Macro)
        if not anyway:
            for value in given:
                if isinstance(value, jinja2.Undefined) and self.ran(place, str, value) is ABSORBED:
                    return self._skipped(given, named)
        self._given += [(*given, *own.values())] if macro else []
        try:
            return self.call(context, function, *given, **named)
        except Exception as error:  # noqa: BLE001
            self.absorb(error, place, *given, *own.values())
            return self._skipped(given, named)
        finally:
            self._given[-1:] = [] if macro else self._given[-1:]

    def _skipped(self, given: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Look only at what stands inside a call that cannot be made."""
        self.registry.hidden |= {str(v) for v in (*given, *named.values()) if isinstance(v, str)}
        caller = named.get("caller")
        if isinstance(caller, Macro):
            caller(*[ABSORBED] * len(caller.arguments))
        return ABSORBED

    def compared(self, place: Place, left: Any, *rest: tuple[str, Callable[[], Any]]) -> Any:
        """Return whether a chain of comparisons holds."""
        result: Any = True
        for name, right_of in rest:
            right = right_of()
            if tainted(left) or tainted(right):
                return ABSORBED
            result = self.ran(place, _COMPARE[name], left, right)
            if not result:
                return result
            left = right
        return result

    # ── conditions ──────────────────────────────────────────────────────────

    def _truth(self, place: Place, value: Any) -> bool | None:
        """Return whether a value is true; None if a mistake keeps that from being known."""
        if tainted(value):
            return None
        truth = self.ran(place, bool, value)
        return None if truth is ABSORBED else bool(truth)

    def holds(self, place: Place, value: Any) -> bool | None:
        """Return the truth of an ``if``; if nobody knows it, all is in doubt until `settled`."""
        truth = self._truth(place, value)
        self._doubt += truth is None
        return truth

    def otherwise(self, truth: bool | None) -> None:
        """Start an ``else``; one that is looked at after its ``if`` has no condition to end."""
        if truth is None:
            self.claims.begin("")

    def settled(self) -> str:
        """End a doubt, and return what is printed for the branches."""
        self._doubt -= 1
        return self.said(PRINTED)

    def _doubted(self, *parts: Callable[[], Any]) -> Any:
        """Look at what may not count; return `ABSORBED`."""
        self._doubt += 1
        for part in parts:
            part()
        self._doubt -= 1  # after a RecursionError, `rendered` forgets all doubt
        return ABSORBED

    def both(self, place: Place, left: Any, right: Callable[[], Any]) -> Any:
        """Return ``left and right``."""
        truth = self._truth(place, left)
        if truth is None:
            return self._doubted(right)
        return right() if truth else left

    def either(self, place: Place, left: Any, right: Callable[[], Any]) -> Any:
        """Return ``left or right``."""
        truth = self._truth(place, left)
        if truth is None:
            return self._doubted(right)
        return left if truth else right()

    def negated(self, place: Place, value: Any) -> Any:
        """Return ``not value``."""
        truth = self._truth(place, value)
        return ABSORBED if truth is None else not truth

    def chosen(self, place: Place, test: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        """Return ``yes if test else no``."""
        truth = self._truth(place, test)
        if truth is None:
            return self._doubted(yes, no)
        return yes() if truth else no()

    def kept(self, place: Place, value: Any) -> bool:
        """Return whether a loop takes an item."""
        return self._truth(place, value) is not False

    # ── loops and names ─────────────────────────────────────────────────────

    def iterated(self, place: Place, value: Any, width: int) -> list[Any]:
        """Return what a loop goes through."""
        items = [ABSORBED] if value is ABSORBED else self.ran(place, list, value)
        items = [ABSORBED] if items is ABSORBED else items
        return [self.unpacked(place, item, width) for item in items] if width else items

    def unpacked(self, place: Place, value: Any, width: int) -> Any:
        """Return a value for so many names."""
        if value is not ABSORBED:
            parts = self.ran(place, _unpack, value, width)
            if parts is not ABSORBED:
                return parts
        return (ABSORBED,) * width

    # ── what is printed ─────────────────────────────────────────────────────

    def said(self, text: str) -> str:
        """Return a text of the template, but nothing while all is in doubt."""
        return "" if self._doubt else text

    def printed(self, place: Place | None, convert: Callable[[Any], str], value: Any) -> str:
        """Return a value as it is printed."""
        try:
            text = convert(self.finish(value))
        except Exception as error:  # noqa: BLE001
            text = str(self.absorb(error, place, value))
        return self.said(text)

    def written(self, value: Any) -> str:
        """Return a variable of a template as text."""
        return str(self.ran(None, str, value))

    def claimed(
        self, place: Place, hold: Callable[..., Any], lenient: bool, begun: None, value: Any
    ) -> Any:
        """Return the start of a claim's span, whether it holds or not."""
        depth = self.claims.depth
        if not tainted(value):
            try:
                return hold(lenient, begun, value)
            except Exception as error:  # noqa: BLE001
                self.absorb(error, place)
        self.claims.forget(depth - 1)
        return OPENED_CLAIM

    # ── templates ───────────────────────────────────────────────────────────

    def rendered(
        self, name: str, variables: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]] | None:
        """Render a template; return its text and its names, or None if it cannot be read."""
        self._root, self._doubt, self._at = name, 0, None
        self.mistakes.begin()
        self.claims.unfinished()
        text, exported = super().rendered(name, variables) or ("", {})
        return None if isinstance(self.get_template(name), Hollow) else (text, exported)

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> Any:  # noqa: A002
        """Return a template; a hollow one in the place of one that cannot be read."""
        return self._found(super().get_template, name, parent, globals)

    def select_template(self, names: Any, parent: Any = None, globals: Any = None) -> Any:  # noqa: A002
        """Return the first template that there is, or a hollow one."""
        return self._found(super().select_template, names, parent, globals)

    def _found(self, find: Callable[..., Any], name: Any, *more: Any) -> Any:
        optional, self.may_be_missing = self.may_be_missing, False
        if tainted(name):
            self.registry.blind = True
            return Hollow()
        try:
            return find(name, *more)
        except Exception as error:
            if optional and isinstance(error, jinja2.TemplatesNotFound | jinja2.TemplateNotFound):
                raise
            self.registry.blind = True
            if name not in self.unreadable:
                self.absorb(error, None)
            return Hollow()


def _unpack(value: Any, width: int) -> tuple[Any, ...]:
    """Return a value's parts, of which there must be so many."""
    parts = tuple(value)
    if len(parts) != width:
        msg = f"there are {width} names for {len(parts)} values"
        raise ValueError(msg)
    return parts
