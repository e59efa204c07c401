"""What stands for values that mistakes keep from being known, and the mistakes, each told once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reportgen.errors import Fault
from reportgen.report.allowance import SpentError
from reportgen.report.marks import ABSORBED as START
from reportgen.report.marks import END_SOURCE
from reportgen.report.places import Line, Trail, quoted, shown, tell

PRINTED = Markup(f"{START}valor{END_SOURCE}")  # noqa: S704
"""How such a value is printed: a word that is vouched for, so that no rule takes offence."""


LOOKED_AT = 100_000
"""Characters of a text among which an absorbed value is looked for, at each operation.

Of one beyond them, or beyond the first items of a list, what it causes is told as well.
"""
FIRST_PARTS = 100
"""Items of a list, with those below it, that are looked at."""


MOST_MISTAKES = 5_000
"""Of one template, with each round of its loops; then the rest of it is not looked at."""
_HELD = (dict, list, tuple)


class Absorbed:
    """A value that a mistake keeps from being known: whatever is done with it gives it again."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Absorbed:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def _again(self, *_: Any, **__: Any) -> Absorbed:
        return self

    __call__ = __getitem__ = _again
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _again
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = _again
    __neg__ = __pos__ = __lt__ = __le__ = __gt__ = __ge__ = _again
    __eq__ = __ne__ = _again  # type: ignore[assignment]

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        return False

    def __contains__(self, _: object) -> bool:
        return False

    def __iter__(self) -> Iterator[Absorbed]:
        return iter((self,))

    def __len__(self) -> int:
        return 1

    def __str__(self) -> str:
        return str(PRINTED)

    def __format__(self, _: str) -> str:
        return str(PRINTED)

    def __html__(self) -> str:
        return str(PRINTED)


ABSORBED = Absorbed()
"""The only one."""


def holds_absorbed(value: object) -> bool:
    """Whether a value is the absorbed one, or a list, a tuple or a dictionary around it."""
    return value is ABSORBED or id(ABSORBED) in map(id, _first_parts(value))


def tainted(value: object) -> bool:
    """Whether a value holds the absorbed one, or is a text into which that was printed."""
    if isinstance(value, str):
        return value.find(START, 0, LOOKED_AT) >= 0
    parts = _first_parts(value)
    texts = (part for part in parts if isinstance(part, str))
    return value is ABSORBED or id(ABSORBED) in map(id, parts) or any(map(tainted, texts))


def _first_parts(value: object) -> list[object]:
    """Return what a list, a tuple or a dictionary holds, with what is below; at most the first."""
    to_see: list[object] = [value]
    found: list[object] = []
    for holder in to_see:
        n_left = FIRST_PARTS - len(found)
        if isinstance(holder, dict):
            parts = [*islice(chain.from_iterable(holder.items()), n_left)]
        else:
            parts = [*holder[:n_left]] if isinstance(holder, list | tuple) else []
        found += parts
        to_see += [part for part in parts if isinstance(part, _HELD)]
    return found


class Mistakes:
    """The mistakes of all templates; one that several lines lead to, as in a macro, is one.

    Parameters
    ----------
    templates : Path
        The folder of all templates.
    """

    def __init__(self, templates: Path) -> None:
        self._templates = templates
        self._found: dict[tuple[Line, int], dict[Line, tuple[str, Trail]]] = {}
        self._n_left = MOST_MISTAKES

    def begin(self) -> None:
        """Begin to count those of a template."""
        self._n_left = MOST_MISTAKES

    def count(self) -> None:
        """Count one, whether it is told or not.

        Raises
        ------
        SpentError
            If there have been too many to look at the rest of the template.
        """
        self._n_left -= 1
        if self._n_left < 0:
            msg = f"there are more than {MOST_MISTAKES} mistakes; the rest is not looked at"
            raise SpentError(msg)

    def add(self, message: str, trail: Trail, node: int) -> None:
        """Note a mistake of an expression: the number `node` of the innermost line's template.

        Of those that one line leads to again, as a loop does, the first is told.
        """
        by_line = self._found.setdefault((trail[-1], node), {})
        by_line.setdefault(trail[0], (message, trail))

    def faults(self) -> Iterator[Fault]:
        """Yield the mistakes.

        The place of one is the line that its author wrote: the outermost, or that of the
        shared macro where several lines lead to it; those lines follow.
        """
        for (line, _), by_line in self._found.items():
            ((message, trail), *others) = by_line.values()
            if not others:
                yield tell(message, trail, self._templates)
                continue
            users = "".join(
                f"\n    used in {shown(outer, self._templates)}"
                + (f": {_head(text)}" if _head(text) != _head(message) else "")
                for outer, (text, _) in sorted(by_line.items())
            )
            message += quoted([line], self._templates) + users
            yield Fault(f"{self._templates.name}/{line.template}", line.number, 0, message)


def _head(message: str) -> str:
    """Return what a message says before it lists what is allowed."""
    return message.partition("\n")[0].partition(";")[0]
