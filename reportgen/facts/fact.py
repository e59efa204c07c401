"""A fact: one typed value with an id, a unit and a source; and the tree that templates read.

All that a report states about a run is a fact. Facts are made by `Definition`s,
one for each kind of fact, so that the reference of what a template may use is
generated from the same lines that derive the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reportgen.errors import nearest

Value = bool | int | float | str | None
Unit = Literal[
    "", "fraction", "count", "epoch", "nats", "bytes", "px", "s", "ratio", "text", "bool"
]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: the key of a run's record, and the field in it.

    For what several runs decide together, `run` holds their keys joined by "+".
    """

    run: str
    field: str

    @classmethod
    def joined(cls, sources: Sequence[Source]) -> Source:
        """Return the source of what several decide together.

        Examples
        --------
        >>> Source.joined([Source("a1", "epochs"), Source("b2", "epochs")])
        Source(run='a1+b2', field='epochs')
        """
        fields = dict.fromkeys(source.field for source in sources)
        return cls("+".join(source.run for source in sources), ",".join(fields))


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One typed value.

    Facts compare by value with facts and plain values, so that a template can
    choose its words (`{% if run.h20.best.accuracy > run.h10.best.accuracy %}`).
    They do not add or subtract: a number that is not a fact would have no
    source. What a template needs is defined here, below `reportgen/facts`.
    """

    id: str
    value: Value
    unit: Unit
    source: Source
    meaning: str

    def _compare(self, other: object, holds: Callable[[Any, Any], bool]) -> bool:
        theirs = other.value if isinstance(other, Fact) else other
        if self.value is None or theirs is None:
            msg = f"{self.id} has no value, so it compares with nothing"
            raise TypeError(msg)
        return holds(self.value, theirs)

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, Fact) else other)

    def __lt__(self, other: object) -> bool:
        return self._compare(other, lambda a, b: a < b)

    def __le__(self, other: object) -> bool:
        return self._compare(other, lambda a, b: a <= b)

    def __gt__(self, other: object) -> bool:
        return self._compare(other, lambda a, b: a > b)

    def __ge__(self, other: object) -> bool:
        return self._compare(other, lambda a, b: a >= b)

    def __hash__(self) -> int:
        return hash(self.value)

    def __bool__(self) -> bool:
        if self.unit == "bool":
            return bool(self.value)
        msg = f"{self.id} is no yes-or-no fact (unit {self.unit!r}); compare it with a value"
        raise TypeError(msg)


@dataclass(frozen=True, slots=True)
class Definition:
    """A kind of fact: the pattern of its id, its unit, what it means.

    Parameters
    ----------
    pattern : str
        Dotted id with placeholders in braces: ``{run}.h{horizon}.best.accuracy``.
    unit : str
        One of `Unit`. A ``fraction`` lies in [0, 1].
    meaning : str
        One line for template authors.
    """

    pattern: str
    unit: Unit
    meaning: str

    def __call__(self, value: Any, source: Source, **names: object) -> Fact:
        """Return the fact of this kind for these names.

        Values that are not finite become None: they have no number to show.

        Raises
        ------
        KeyError
            If a placeholder of the pattern is not among `names`.
        """
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        fact_id = self.pattern.format_map(names)
        return Fact(fact_id, value, self.unit, source, self.meaning)


DEFINITIONS: dict[str, Definition] = {}
"""Every kind of fact, by pattern, in the order of definition."""


def define(pattern: str, unit: Unit, meaning: str) -> Definition:
    """Register a kind of fact and return it.

    Raises
    ------
    ValueError
        If the pattern is taken.
    """
    if pattern in DEFINITIONS:
        msg = f"two definitions of {pattern}"
        raise ValueError(msg)
    DEFINITIONS[pattern] = Definition(pattern, unit, meaning)
    return DEFINITIONS[pattern]


class FactTree:
    """Facts by dotted id, as nested names.

    ``tree.simple_cnn.h10.best.accuracy`` and ``tree["simple_cnn"]["h10"]…`` are
    the same. Numbered children are reached by number (``run.epochs[7]``), and a
    fact that names a child reaches it (``run[run.h10.trials.chosen]``).
    Iterating gives the children, numbered ones in numeric order, others in the
    order in which they were added; `keys()` gives their names.

    Parameters
    ----------
    children : mapping of str to FactTree or Fact
    path : str
        Dotted id of the tree itself; empty for the whole.

    Raises
    ------
    AttributeError, KeyError
        For a name that does not exist, with the nearest ones that do.
    """

    __slots__ = ("_children", "_path")

    def __init__(self, children: Mapping[str, FactTree | Fact], path: str = "") -> None:
        self._path = path
        self._children = children

    def _missing(self, name: object) -> str:
        where = self._path or "the facts"
        return f"{where} has no {str(name)!r}; {nearest(str(name), list(self.keys()))}"

    def __getitem__(self, name: object) -> FactTree | Fact:
        key = str(name.value if isinstance(name, Fact) else name)
        try:
            return self._children[key]
        except KeyError:
            raise KeyError(self._missing(key)) from None

    def __getattr__(self, name: str) -> FactTree | Fact:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._children[name]
        except KeyError:
            raise AttributeError(self._missing(name)) from None

    def __contains__(self, name: object) -> bool:
        return str(name) in self._children

    def __iter__(self) -> Iterator[FactTree | Fact]:
        numbered = all(key.isdigit() for key in self._children)
        order = sorted(self._children, key=int) if numbered else list(self._children)
        return iter([self._children[key] for key in order])

    def __len__(self) -> int:
        return len(self._children)

    def keys(self) -> KeysView[str]:
        """Return the children's names, in the order of insertion."""
        return self._children.keys()

    def __repr__(self) -> str:
        return f"<facts below {self._path or '.'}: {', '.join(self._children)}>"


Branch = dict[str, "Fact | Branch"]


def build_tree(facts: Iterable[Fact]) -> FactTree:
    """Return the tree of some facts.

    Raises
    ------
    ValueError
        If two facts share an id, or one lies below another.
    """
    root: Branch = {}
    for fact in facts:
        *parents, name = fact.id.split(".")
        branch = root
        for parent in parents:
            inner = branch.setdefault(parent, {})
            if isinstance(inner, Fact):
                msg = f"{fact.id} lies below {inner.id}, which is a fact itself"
                raise ValueError(msg)
            branch = inner
        if name in branch:
            msg = f"two facts with the id {fact.id}, or one lies below it"
            raise ValueError(msg)
        branch[name] = fact
    return _grown(root, "")


def _grown(branch: Branch, path: str) -> FactTree:
    """Return the tree of a nested dictionary of facts."""
    children = {
        name: child if isinstance(child, Fact) else _grown(child, f"{path}.{name}".lstrip("."))
        for name, child in branch.items()
    }
    return FactTree(children, path)
