"""How much a template may do: loops, calls, texts and lists that grow end in a message.

Nothing here depends on the clock, so the same template is refused everywhere. The
bounds are far above what any report takes: no template of the three studies takes a
thirtieth of the steps.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from functools import reduce
from string import Formatter
from typing import Any, NoReturn

import jinja2

from reportgen.report.volume import (
    CHARACTERS,
    CONTAINERS,
    HOLDERS,
    MAX_ITEMS,
    TooManyError,
    is_many,
    volume_of,
    weight_of,
)

STEPS = 500_000
"""What one template may take: rounds of loops, calls, texts and lists that it makes or reads."""
MAX_TEXT = 4_000_000
"""Characters of a text."""
MAX_WIDTH = 10_000
"""Columns or parts that something is spread over."""
MAX_BITS = 10_000
"""Binary digits of an integer."""
CALL = 5
"""Steps of a call, which takes that much longer than a round of a loop."""
_FILTER = 2
"""Steps of a filter, a test or a method, whatever it looks at."""
_LOOKED_AT = 8
"""Items that an operation only looks at, and that count as one step."""
_READ = 8
"""Steps for each item that a function is given, as that may take long for texts."""
_REFUSAL = 20_000
"""Steps of what is refused, all of which may have been looked at; a second reading goes on."""
_PRODUCT = 5 * MAX_TEXT
"""Parts, times the characters of what may come to stand in each."""
_PLACED = 1_000
"""Characters of such a product that count as one step."""

_DEEP = 100
"""Levels of lists that are indented."""

_WIDE = re.compile(r"\d{5,}")
_WIDE_PERCENT = re.compile(r"%[^a-zA-Z%]*?(?:\d{5,}|\*)")
_WIDTH = re.compile(r"(?:%[^a-zA-Z%]*?|[:.][^a-zA-Z%{}]{0,8}?)(\d{2,4})")
_FILLING = frozenset({"%", "format", "format_map"})
_SPREADING = frozenset(
    {"batch", "center", "expandtabs", "indent", "ljust", "rjust", "round", "slice"}
    | {"tojson", "zfill"}
)
_FREE = frozenset(
    {"attr", "count", "d", "default", "first", "get", "items", "keys", "last", "length"}
    | {"safe", "values"}
)
"""Filters and methods that take as long for a list of any length."""
_SLOW = frozenset({"wordwrap"})
"""Filters that take as long as the square of a text's length."""


class GrownError(jinja2.TemplateRuntimeError):
    """An operation would make more than a template may have."""


class SpentError(GrownError):
    """A template has done all that it may; nothing of it is carried out any more."""


class Allowance:
    """What is left to a template that is being rendered."""

    def __init__(self) -> None:
        self._left = STEPS

    def renew(self) -> None:
        """Grant a template all there is."""
        self._left = STEPS

    def spend(self, steps: int) -> None:
        """Take steps off.

        Raises
        ------
        SpentError
            If there are no more.
        """
        self._left -= steps
        if self._left < 0:
            msg = (
                f"the template takes more than {STEPS} steps: its loops run too often, its macros "
                "call each other without end, or its texts grow"
            )
            raise SpentError(msg)

    # ── what a template holds ───────────────────────────────────────────────

    def rounds(self, items: Any, weight: int = 1) -> Any:
        """Return what a loop goes through, each round for `weight` steps."""
        if isinstance(items, Sized):
            self.spend(len(items) * weight)
            return items
        return self._tallied(items, weight)

    def _tallied(self, items: Iterable[Any], weight: int) -> Iterator[Any]:
        for item in items:
            self.spend(weight)
            yield item

    def one_by_one(self, value: Any) -> Any:
        """Return a value; of one whose items come one by one, each is paid with what it holds."""
        return map(self._paid, value) if isinstance(value, Iterator) else value

    def _paid(self, item: Any) -> Any:
        self.spend(1)
        return self.sized(item)

    def sized(self, value: Any) -> Any:
        """Return a value that an operation made, unless it is too large."""
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                self._refuse(f"a text of {len(value)} characters", MAX_TEXT)
            self.spend(len(value) // CHARACTERS)
        elif isinstance(value, HOLDERS):
            self.spend(self._counted(weight_of, value))
        return value

    def seen(self, value: Any) -> Any:
        """Return a value that is compared, and all of which that takes is paid."""
        if isinstance(value, (str, *HOLDERS)):
            self.spend(self._counted(weight_of, value) // _LOOKED_AT)
        return value

    def gathered(self, parts: Iterable[str]) -> str:
        """Return the text that a template writes."""
        kept, length = [], 0
        for part in parts:
            kept.append(part)
            length += len(part)
            if length > MAX_TEXT:
                self._refuse("a text", MAX_TEXT)
        return "".join(kept)

    # ── what makes it ───────────────────────────────────────────────────────

    def times(self, left: Any, right: Any) -> Any:
        """Return ``left * right``."""
        if isinstance(left, int) and isinstance(right, int):
            self._require_bits(left.bit_length() + right.bit_length())
        for many, n in ((left, right), (right, left)):
            if isinstance(many, (str, *CONTAINERS)) and isinstance(n, int):
                most = MAX_TEXT if isinstance(many, str) else MAX_ITEMS
                if len(many) * n > most:
                    self._refuse(f"{n} times what stands there", most)
        return self.sized(operator.mul(left, right))

    def power(self, left: Any, right: Any) -> Any:
        """Return ``left ** right``."""
        if isinstance(left, int) and isinstance(right, int):
            self._require_bits(left.bit_length() * right)
        return operator.pow(left, right)

    def plus(self, left: Any, right: Any) -> Any:
        """Return ``left + right``."""
        return self.sized(operator.add(left, right))

    def sum(self, items: Iterable[Any], start: Any = 0) -> Any:
        """Return a sum; lists are copied again and again, so each step of theirs is paid."""
        return reduce(self.plus, items, start) if is_many(start) else sum(items, start)

    def modulo(self, left: Any, right: Any) -> Any:
        """Return ``left % right``."""
        if isinstance(left, str):
            self.method("%", left, right if isinstance(right, tuple) else (right,), {})
        return self.sized(operator.mod(left, right))

    def method(
        self, name: str, thing: object, given: Sequence[Any], named: Mapping[str, Any]
    ) -> None:
        """Take the steps of a method or filter; refuse one that would make too much.

        Parameters
        ----------
        name : str
            Of the method or the filter.
        thing : object
            What it is applied to.
        given, named
            Its arguments.
        """
        others = (*given, *named.values())
        self.spend(_FILTER)
        if name in _FREE and not (name == "count" and isinstance(thing, str)):
            return
        widths = [abs(n) for n in others if type(n) is int]
        if isinstance(thing, str) and name in _FILLING:
            if _WIDE_PERCENT.search(thing):
                self._refuse("a field of such a width", MAX_WIDTH)
            widths = [*map(int, _WIDTH.findall(thing))]
        elif name not in _SPREADING:
            widths = []
        widest = max(widths, default=0)
        if widest > MAX_WIDTH:
            self._refuse(f"{name} with {widest}", MAX_WIDTH)
        self._weigh(name, thing, others, widest)

    def function(self, given: Sequence[Any]) -> None:
        """Take the steps of a function that reads whatever it is given."""
        self.spend(self._counted(volume_of, given).weight * _READ)

    def _weigh(self, name: str, thing: object, others: Sequence[Any], widest: int) -> None:
        """Take the steps of what an operation looks at and writes."""
        every = self._counted(volume_of, (thing, *others))
        apart = every if any(map(is_many, others)) else self._counted(volume_of, others)
        if not isinstance(thing, str):
            widest *= min(every.parts, _DEEP) if name == "tojson" else 0
        product = every.parts * max(apart.longest, widest)
        if name in _SLOW and isinstance(thing, str):
            product = max(product, len(thing) * len(thing) // 1_000)
        if product > _PRODUCT:
            self._refuse(f"{name} of {every.parts} parts", MAX_TEXT)
        self.spend(every.weight // _LOOKED_AT + product // _PLACED)

    def layout(self, text: str) -> None:
        """Refuse a text for ``.format`` whose fields are very wide, or as wide as a value says."""
        for _, _, spec, _ in Formatter().parse(text):
            if spec and ("{" in spec or _WIDE.search(spec)):
                self._refuse(f"a field as wide as {spec!r} says", MAX_WIDTH)

    # ── what is too much ────────────────────────────────────────────────────

    def _counted(self, count: Callable[[Any], Any], value: Any) -> Any:
        try:
            return count(value)
        except TooManyError:
            self._refuse("a list, with what is in it,", MAX_ITEMS)

    def _require_bits(self, n: int) -> None:
        if n > MAX_BITS:
            self._refuse("a number of such a length", MAX_BITS)

    def _refuse(self, what: str, most: int) -> NoReturn:
        """Raise the error of an operation that is not carried out, once its steps are taken."""
        self.spend(_REFUSAL)
        msg = f"{what} is more than a template may make (at most {most})"
        raise GrownError(msg)


OPERATORS: Mapping[str, Callable[[Allowance], Callable[[Any, Any], Any]]] = {
    "*": lambda allowance: allowance.times,
    "**": lambda allowance: allowance.power,
    "+": lambda allowance: allowance.plus,
    "%": lambda allowance: allowance.modulo,
}
"""Operators of templates that make more than they are given."""
