"""Facts as lines for a terminal: aligned, one fact a line, to be read and searched."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from reportgen.facts.fact import Fact, Value

ID_WIDTH, VALUE_WIDTH = 52, 24
"""Columns after which a longer id or value pushes the rest to the right."""

SERIES = 4
"""From so many facts on that differ in their numbers alone, a brief listing gives one line."""

_NUMBER = re.compile(r"(?<=\.)\d+(?=\.|$)")
_DIGITS = re.compile(r"(\d+)")


def natural_order(fact: Fact) -> list[tuple[int, str]]:
    """Return the key that sorts facts by id, with 2 before 10."""
    parts = _DIGITS.split(fact.id)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def plain_value(value: Value) -> str:
    """Return a value as it is stored, without a country's marks.

    Examples
    --------
    >>> [plain_value(value) for value in (0.9894, 60000, True, None, "ninguna", "")]
    ['0.9894', '60000', 'yes', 'no value', 'ninguna', '""']
    """
    if value is None:
        return "no value"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or '""'


def series_name(fact: Fact, trials: Collection[str] = ()) -> str:
    """Return an id with its numbers and its trial left out: `net.*.epochs.*.train_loss`."""
    parts = fact.id.split(".")
    if ".".join(parts[:2]) in trials:
        parts[1] = "*"
    return _NUMBER.sub("*", ".".join(parts))


def list_lines(
    facts: Iterable[Fact], *, brief: bool = False, trials: Collection[str] = ()
) -> tuple[str, ...]:
    """Return a line for each fact: id, value, unit, what it means.

    Parameters
    ----------
    facts : iterable of Fact
    brief : bool
        Whether epochs, cells of a matrix and other series are one line each.
    trials : collection of str
        Trials, as ``net.narrow``; a brief listing has one line for a fact of all of them.

    Returns
    -------
    tuple of str
        In natural order of their ids.
    """
    ordered = sorted(facts, key=natural_order)
    rows = _brief(ordered, trials) if brief else [_row(fact) for fact in ordered]
    id_width = min(ID_WIDTH, max((len(row[0]) for row in rows), default=0))
    value_width = min(VALUE_WIDTH, max((len(row[1]) for row in rows), default=0))
    unit_width = max((len(row[2]) for row in rows), default=0)
    return tuple(
        f"{name:<{id_width}} = {value:<{value_width}} {unit:<{unit_width}} # {meaning}"
        for name, value, unit, meaning in rows
    )


def _row(fact: Fact) -> tuple[str, str, str, str]:
    return fact.id, plain_value(fact.value), fact.unit, fact.meaning


def _brief(facts: Sequence[Fact], trials: Collection[str]) -> list[tuple[str, str, str, str]]:
    """Return the rows of some facts, each long series as one."""
    series: dict[str, list[Fact]] = {}
    for fact in facts:
        series.setdefault(series_name(fact, trials), []).append(fact)
    rows = []
    for name, members in series.items():
        if len(members) < SERIES:
            rows += [_row(fact) for fact in members]
        else:
            rows.append((name, _summary(members), members[0].unit, members[0].meaning))
    return sorted(rows, key=lambda row: row[0].split(".")[1:2] == ["*"])  # trials come last


def _summary(series: Sequence[Fact]) -> str:
    """Return how many facts a series has, and between which values where they are numbers."""
    values = {fact.value for fact in series}
    if len(values) == 1:
        return f"{plain_value(series[0].value)}, {len(series)} times"
    numbers = [
        fact.value
        for fact in series
        if isinstance(fact.value, int | float) and not isinstance(fact.value, bool)
    ]
    if not numbers:
        return f"{len(series)} facts"
    low, high = (f"{value:.6g}" for value in (min(numbers), max(numbers)))
    return f"{len(series)} facts, {low} to {high}"
