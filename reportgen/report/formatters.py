"""Jinja filters: the only way from a fact to text.

Each filter takes facts of certain units and gives a ``span`` that carries the
fact's id, so that every number on a page can be followed to its run. What is
no fact is refused: a number in a report has a source, or is marked
``literal(…)`` by its author.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

from jinja2 import Undefined
from markupsafe import Markup, escape

from reportgen.facts.fact import Fact, FactTree, Unit
from reportgen.report.labels import Labels
from reportgen.report.spanish import EN_DASH, NO_BREAK_SPACE, Gender, Spanish, conjoin

COUNTS: tuple[Unit, ...] = ("count", "epoch", "px")
FRACTIONS: tuple[Unit, ...] = ("fraction", "ratio")
MEASURES: tuple[Unit, ...] = ("ratio", "nats", "fraction", "s", *COUNTS)

FILTER_FOR: Mapping[str, str] = {
    "fraction": "pct",
    "count": "integer",
    "epoch": "integer",
    "px": "integer",
    "nats": "num",
    "ratio": "num",
    "bytes": "mb",
    "s": "duration",
}
"""The filter to name when a fact is printed without one."""

_DECIMALS: Mapping[str, int] = {"nats": 4, "ratio": 2, "fraction": 4, "s": 1}


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?")
"""A number as an experiment file writes it."""

SMALLEST_P = 0.001
"""Smaller probabilities are not told apart."""


class FormatError(Exception):
    """A filter was given what it cannot show; the template's place is added later."""


def span(fact: Fact, text: str) -> Markup:
    """Return text as the printed form of a fact."""
    return Markup('<span class="fact" data-fact="{}">{}</span>').format(fact.id, text)


def literal(value: object) -> Markup:
    """Return a number that is no fact, marked as such: part of a name, a definition, a rule."""
    return Markup('<span class="literal">{}</span>').format(value)


def spec(text: str, field: str) -> Markup:
    """Return a text of the study's files: its numbers are part of a name."""
    return Markup('<span class="spec" data-spec="{}">{}</span>').format(field, text)


def checked(fact: object, name: str, units: Iterable[Unit]) -> tuple[Fact, Any]:
    """Return a fact and its value, if a filter can show it.

    Raises
    ------
    FormatError
        If it is no fact, has no value, or has a unit that the filter cannot show.
    """
    units = tuple(units)
    if isinstance(fact, Undefined):
        str(fact)  # raises, with the nearest names
    if not isinstance(fact, Fact):
        shown = "a group of facts" if isinstance(fact, FactTree) else repr(fact)
        msg = f"{name} shows a fact, got {shown}; mark a number that is no fact with literal(…)"
        raise FormatError(msg)
    if fact.unit not in units:
        unit = fact.unit or "none"
        hint = f"; use {FILTER_FOR[fact.unit]}" if fact.unit in FILTER_FOR else ""
        msg = f"{name} cannot show {fact.id} (unit {unit}, not {' or '.join(units)}){hint}"
        raise FormatError(msg)
    if fact.value is None:
        msg = f"{fact.id} has no value here; ask first: {{% if {fact.id} is known %}}"
        raise FormatError(msg)
    return fact, fact.value


def forbid_bare_numbers(value: object) -> object:
    """Return what may be printed as it stands (Jinja's `finalize`).

    Raises
    ------
    FormatError
        For a number, a group of facts, or a fact that needs a filter.
    """
    if isinstance(value, Fact):
        if value.unit in {"text", ""} and isinstance(value.value, str):
            return span(value, value.value)
        name = FILTER_FOR.get(value.unit)
        if name is None:
            msg = f"{value.id} is a yes-or-no fact: choose words by it with {{% if … %}}"
        else:
            msg = f"{value.id} (unit {value.unit}) needs a filter: {{{{ {value.id} | {name} }}}}"
        raise FormatError(msg)
    if isinstance(value, FactTree):
        msg = f"{value!r} is a group of facts; name one of them"
        raise FormatError(msg)
    if isinstance(value, int | float):
        msg = f"the number {value} is no fact; mark it with literal({value}) if it is meant"
        raise FormatError(msg)
    if value is None:
        msg = "this expression has no value (none)"
        raise FormatError(msg)
    return value


class Formatters:
    """The filters, bound to one Spanish and to the class labels of each experiment's data."""

    def __init__(self, spanish: Spanish, labels: Mapping[str, Labels] | None = None) -> None:
        self.spanish = spanish
        self.labels = labels or {}

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by the name that templates use."""
        return {
            "pct": self.pct,
            "points": self.points,
            "num": self.num,
            "exact": self.exact,
            "setting": self.setting,
            "signed": self.signed,
            "p_value": self.p_value,
            "integer": self.integer,
            "word": self.word,
            "ordinal": self.ordinal,
            "counted": self.counted,
            "plural": self.plural,
            "mb": self.mb,
            "duration": self.duration,
            "text": self.text,
            "label": self.label,
            "enumerate": self.enumerate,
        }

    def pct(self, fact: object, decimals: int = 2) -> Markup:
        """Show a fraction as a percentage: 98,94 %."""
        shown, value = checked(fact, "pct", FRACTIONS)
        return span(shown, self.spanish.percent(value, decimals))

    def points(self, fact: object, decimals: int = 2) -> Markup:
        """Show the size of a fraction or difference in percentage points: 0,14."""
        shown, value = checked(fact, "points", FRACTIONS)
        return span(shown, self.spanish.points(abs(value), decimals))

    def signed(self, fact: object, decimals: int = 2) -> Markup:
        """Show a difference of two fractions in points, with its sign: +0,14 or −0,14."""
        shown, value = checked(fact, "signed", FRACTIONS)
        text = self.spanish.points(value, decimals)
        return span(shown, f"+{text}" if value > 0 and text.strip("0,.") else text)

    def p_value(self, fact: object) -> Markup:
        """Show a probability with three decimals: 0,031, < 0,001."""
        shown, value = checked(fact, "p_value", FRACTIONS)
        small = value < SMALLEST_P
        text = self.spanish.number(SMALLEST_P if small else value, 3)
        return span(shown, f"<{NO_BREAK_SPACE}{text}" if small else text)

    def num(self, fact: object, decimals: int | None = None) -> Markup:
        """Show a measured number: 0,0312; a loss has four decimals and a ratio two, unless said."""
        shown, value = checked(fact, "num", MEASURES)
        if decimals is None:
            decimals = _DECIMALS.get(shown.unit, 0)
        return span(shown, self.spanish.number(value, decimals))

    def exact(self, fact: object) -> Markup:
        """Show a setting with all its decimals and no more: 0,01."""
        shown, value = checked(fact, "exact", MEASURES)
        return span(shown, self.spanish.number(value))

    def setting(self, fact: object) -> Markup:
        """Show a value that a file gives: a number by the rules of Spanish, all else as written."""
        shown, value = checked(fact, "setting", ["text"])
        number = _NUMBER.fullmatch(value)
        return span(shown, self.spanish.number(Decimal(value).normalize()) if number else value)

    def integer(self, fact: object) -> Markup:
        """Show a count in digits: 4500, 60 000."""
        shown, value = checked(fact, "integer", COUNTS)
        return span(shown, self.spanish.number(value))

    def word(self, fact: object, gender: Gender = "m") -> Markup:
        """Show a count as prose has it: in words up to ten (una, dos), then in digits."""
        shown, value = checked(fact, "word", COUNTS)
        return span(shown, self.spanish.count(value, gender))

    def ordinal(self, fact: object, gender: Gender = "m", *, noun: bool = False) -> Markup:
        """Show a count as an ordinal: tercera, 12.ª; before its noun with `noun`: tercer."""
        shown, value = checked(fact, "ordinal", COUNTS)
        return span(shown, self.spanish.ordinal(value, gender, noun=noun))

    def counted(
        self,
        fact: object,
        singular: str,
        plural: str,
        gender: Gender = "m",
        *,
        digits: bool = False,
    ) -> Markup:
        """Show a count with its noun, agreeing: un error, dos clases, 102 errores."""
        shown, n = checked(fact, "counted", COUNTS)
        text = self.spanish.number(n) if digits else self.spanish.count(n, gender, noun=True)
        return span(shown, text) + NO_BREAK_SPACE + escape(self.spanish.plural(n, singular, plural))

    def plural(self, fact: object, singular: str, plural: str) -> str:
        """Return only the form of a word that agrees with a count."""
        return self.spanish.plural(checked(fact, "plural", COUNTS)[1], singular, plural)

    def mb(self, fact: object, decimals: int = 2) -> Markup:
        """Show a size in megabytes of 2²⁰ bytes: 3,10 MB."""
        shown, value = checked(fact, "mb", ["bytes"])
        return span(shown, self.spanish.megabytes(value, decimals))

    def duration(self, fact: object) -> Markup:
        """Show a time: 8,3 s, 2 min 5 s."""
        shown, value = checked(fact, "duration", ["s"])
        return span(shown, self.spanish.duration(value))

    def text(self, fact: object, length: int | None = None) -> Markup:
        """Show a name or another text as recorded, or only so many first characters of it."""
        shown, value = checked(fact, "text", ["text", ""])
        return span(shown, value[:length])

    def label(self, fact: object, form: str = "label") -> Markup:
        """Show a class by its Spanish name; form: label, plural, the (el 4), a (un 4)."""
        shown, name = checked(fact, "label", ["text"])
        labels = self.labels.get(shown.id.split(".")[0], Labels({}))
        return span(shown, labels.form(name, form))

    def enumerate(self, items: Iterable[object], conjunction: Literal["y", "o"] = "y") -> Markup:
        """Join texts or printed facts: a, b y c; with e and u where Spanish has them."""
        parts = [escape(forbid_bare_numbers(item)) for item in items]
        if len(parts) < 2:
            return Markup("").join(parts)
        word = conjoin(parts[-1].striptags(), conjunction)
        return Markup("{} {} {}").format(Markup(", ").join(parts[:-1]), word, parts[-1])


def range_of(formatters: Formatters) -> Callable[..., Markup]:
    """Return the function that writes an interval of two fractions: 98,71–99,13 %."""

    def interval(low: object, high: object, decimals: int = 2) -> Markup:
        first, value = checked(low, "interval", FRACTIONS)
        shown = span(first, formatters.spanish.points(value, decimals))
        return shown + EN_DASH + formatters.pct(high, decimals)

    return interval
