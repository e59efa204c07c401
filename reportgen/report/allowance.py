"""How much a template may do: loops, calls, texts and lists that grow end in a message.

Nothing here depends on the clock, so the same template is refused everywhere. The
bounds are far above what any report takes: no template of the first assignment takes a
hundredth of the steps.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from string import Formatter
from typing import Any

import jinja2

STEPS = 300_000
"""What one template may take: rounds of loops, calls, and the texts and lists that it makes."""
MAX_TEXT = 4_000_000
"""Characters of a text."""
MAX_ITEMS = 200_000
"""Items of a list, with those of the lists in it."""
MAX_WIDTH = 10_000
"""Columns or parts that something is spread over."""
MAX_BITS = 10_000
"""Binary digits of an integer."""
CALL = 5
"""Steps of a call, which takes that much longer than a round of a loop."""
_CHARACTERS = 64
"""Characters of a text that count as one step."""
_UNKNOWN = 100_000
"""Length that is reckoned with where a filter gets values one by one."""

_WIDE = re.compile(r"\d{5,}")
_WIDE_PERCENT = re.compile(r"%[^a-zA-Z%]*?(?:\d{5,}|\*)")
_SPREADING = frozenset({"batch", "center", "indent", "slice", "truncate", "wordwrap"})
_CONTAINERS = (list, tuple, set, frozenset)


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

    def sized(self, value: Any) -> Any:
        """Return a value that an operation made, unless it is too large."""
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                msg = f"a text of {len(value)} characters"
                raise _grown(msg, MAX_TEXT)
            self.spend(len(value) // _CHARACTERS)
        elif isinstance(value, (*_CONTAINERS, dict)):
            self.spend(weight_of(value))
        return value

    def gathered(self, parts: Iterable[str]) -> str:
        """Return the text that a template writes."""
        kept, length = [], 0
        for part in parts:
            kept.append(part)
            length += len(part)
            if length > MAX_TEXT:
                msg = "a text"
                raise _grown(msg, MAX_TEXT)
        return "".join(kept)

    # ── what makes it ───────────────────────────────────────────────────────

    def times(self, left: Any, right: Any) -> Any:
        """Return ``left * right``."""
        if isinstance(left, int) and isinstance(right, int):
            _require_bits(left.bit_length() + right.bit_length())
        for many, n in ((left, right), (right, left)):
            if isinstance(many, (str, *_CONTAINERS)) and isinstance(n, int):
                most = MAX_TEXT if isinstance(many, str) else MAX_ITEMS
                if len(many) * n > most:
                    msg = f"{n} times what stands there"
                    raise _grown(msg, most)
        return self.sized(operator.mul(left, right))

    def power(self, left: Any, right: Any) -> Any:
        """Return ``left ** right``."""
        if isinstance(left, int) and isinstance(right, int):
            _require_bits(left.bit_length() * right)
        return operator.pow(left, right)

    def plus(self, left: Any, right: Any) -> Any:
        """Return ``left + right``."""
        return self.sized(operator.add(left, right))

    def modulo(self, left: Any, right: Any) -> Any:
        """Return ``left % right``."""
        if isinstance(left, str):
            self.method("%", left, right if isinstance(right, tuple) else (right,), {})
        return self.sized(operator.mod(left, right))

    def method(
        self, name: str, text: object, given: Sequence[Any], named: Mapping[str, Any]
    ) -> None:
        """Refuse a method of a text, or a filter, that would make too much of what it is given.

        Parameters
        ----------
        name : str
            Of the method or the filter.
        text : object
            What it is applied to.
        given, named
            Its arguments.
        """
        others = (*given, *named.values())
        if name in {"%", "format"} and isinstance(text, str) and _WIDE_PERCENT.search(text):
            msg = "a field of such a width"
            raise _grown(msg, MAX_WIDTH)
        if isinstance(text, str) or name in _SPREADING:
            widest = max((abs(n) for n in others if type(n) is int), default=0)
            if widest > MAX_WIDTH and name not in {"%", "format", "default", "d", "int"}:
                msg = f"{name} with {widest}"
                raise _grown(msg, MAX_WIDTH)
        n_parts = max(map(_parts, (text, *others)))
        texts = (text, *others) if any(map(_many, others)) else others
        longest = max((len(one) for one in texts if isinstance(one, str)), default=0)
        if n_parts * longest > 5 * MAX_TEXT:
            what = f"{name} of {n_parts} parts with {longest} characters"
            raise _grown(what, MAX_TEXT)

    def layout(self, text: str) -> None:
        """Refuse a text for ``.format`` whose fields are very wide, or as wide as a value says."""
        for _, _, spec, _ in Formatter().parse(text):
            if spec and ("{" in spec or _WIDE.search(spec)):
                msg = f"a field as wide as {spec!r} says"
                raise _grown(msg, MAX_WIDTH)


def weight_of(value: object) -> int:
    """Return how many items a container holds with those below it, each as often as it is there.

    Raises
    ------
    GrownError
        If they are more than `MAX_ITEMS`.
    """
    to_see, weight = [value], 0
    while to_see:
        item = to_see.pop()
        if isinstance(item, str):
            weight += len(item) // _CHARACTERS
        elif isinstance(item, dict):
            weight += len(item)
            to_see += item.values()
        elif isinstance(item, _CONTAINERS):
            weight += len(item)
            to_see += item
        if weight > MAX_ITEMS:
            msg = "a list, with what is in it,"
            raise _grown(msg, MAX_ITEMS)
    return weight


def _many(value: object) -> bool:
    """Whether a value is no single one and no text."""
    return isinstance(value, (*_CONTAINERS, dict, range, Iterator))


def _parts(value: object) -> int:
    """Return how many parts a value has, or may have."""
    if isinstance(value, Iterator):
        return _UNKNOWN
    return len(value) if isinstance(value, (str, *_CONTAINERS, dict, range)) else 1


def _require_bits(n: int) -> None:
    if n > MAX_BITS:
        msg = "a number of such a length"
        raise _grown(msg, MAX_BITS)


def _grown(what: str, most: int) -> GrownError:
    msg = f"{what} is more than a template may make (at most {most})"
    return GrownError(msg)


OPERATORS: Mapping[str, Callable[[Allowance], Callable[[Any, Any], Any]]] = {
    "*": lambda allowance: allowance.times,
    "**": lambda allowance: allowance.power,
    "+": lambda allowance: allowance.plus,
    "%": lambda allowance: allowance.modulo,
}
"""Operators of templates that make more than they are given."""
