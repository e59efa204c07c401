"""Facts on the order of an experiment's trials: which each comes from, and what it changes.

They follow from the experiment's file alone. A change is a value that differs from the
one of the trial, or of the experiment, that a trial comes from; of a mapping or of a list
of mappings, each value in it. What the file leaves to its default is compared by the default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from reportgen.facts.fact import Fact, Source, define
from reportgen.spec.experiment import Experiment, Trial
from reportgen.spec.shape import item
from reportgen.spec.yaml_source import Keys

FROM = define(
    "{run}.{trial}.from", "text", "Trial that this one changes; empty if it is the experiment."
)
PATH = define("{run}.{trial}.changes.{i}.path", "text", "What change i sets, as the file names it.")
SETTING = define(
    "{run}.{trial}.changes.{i}.setting", "text", "The same without the numbers of list items."
)
PHASE = define(
    "{run}.{trial}.changes.{i}.phase",
    "count",
    "Phase of training that it sets, from 1; none outside.",
)
BEFORE = define(
    "{run}.{trial}.changes.{i}.before",
    "text",
    "Value before, as the file writes it; none if there was none.",
)
AFTER = define(
    "{run}.{trial}.changes.{i}.after",
    "text",
    "Value after, as the file writes it; none if there is none.",
)

PHASES = ("training", "phases")

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Change:
    """A value that a trial has otherwise than what it comes from; None where there is none."""

    keys: Keys
    before: str | None
    after: str | None

    @property
    def path(self) -> str:
        """The path as a trial's `set` writes it."""
        return ".".join(map(str, self.keys))

    @property
    def setting(self) -> str:
        """The path without the numbers of list items."""
        return ".".join(key for key in self.keys if isinstance(key, str))

    @property
    def phase(self) -> int | None:
        """The phase of training that is changed, from 1; None outside phases."""
        number = self.keys[2] if self.keys[:2] == PHASES and len(self.keys) > 2 else None
        return number + 1 if isinstance(number, int) else None


def find_changes(trial: Trial, origin: Experiment, spec: Experiment) -> tuple[Change, ...]:
    """Return what a trial changes, in the order of its `set`.

    Parameters
    ----------
    trial : Trial
    origin, spec : Experiment
        What it comes from, and what it comes to.
    """
    found: dict[Keys, Change] = {}
    before, after = _written(origin), _written(spec)
    for path in trial.set:
        keys: Keys = tuple(int(key) if key.isdecimal() else key for key in path.split("."))
        for place in _differences(_at(before, keys), _at(after, keys), keys):
            values = [
                _text(_at(written, place), _at(full, place))
                for written, full in ((before, origin.to_plain()), (after, spec.to_plain()))
            ]
            if values[0] != values[1]:
                found[place] = Change(place, *values)
    return tuple(found.values())


def history_facts(
    run: str,
    trials: Sequence[Trial],
    specs: Mapping[str, Experiment],
    keys: Mapping[str, str],
) -> Iterator[Fact]:
    """Yield of each trial, in order, what it comes from and what it changes.

    Parameters
    ----------
    run : str
        Name of the experiment.
    trials : sequence of Trial
    specs : mapping of str to Experiment
        What each trial comes to, by its name; the experiment itself by "".
    keys : mapping of str to str
        The record keys, by the same names.
    """
    for trial in trials:
        origin, name = trial.origin or "", trial.name
        source = Source(keys[name], "spec.sweep")
        yield FROM(origin, source, run=run, trial=name)
        for i, change in enumerate(find_changes(trial, specs[origin], specs[name]), start=1):
            names = {"run": run, "trial": name, "i": i}
            yield PATH(change.path, source, **names)
            yield SETTING(change.setting, source, **names)
            yield PHASE(change.phase, source, **names)
            yield BEFORE(change.before, source, **names)
            yield AFTER(change.after, source, **names)


def file_words(value: Any) -> str:
    """Return a plain value on one line, as an experiment file has it.

    Examples
    --------
    >>> file_words([{"resize": 36}, None, True, 0.05])
    '[{resize: 36}, null, true, 0.05]'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {file_words(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(file_words, value)) + "]"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _written(spec: Experiment) -> dict[str, Any]:
    """Return the values that the file gives, without defaults."""
    return spec.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _at(value: Any, keys: Keys) -> Any:
    """Return the value at a path, or `_ABSENT`."""
    for key in keys:
        there = key in value if isinstance(value, dict) else item(value, key) is not None
        if not there:
            return _ABSENT
        value = item(value, key)
    return value


def _text(written: Any, full: Any) -> str | None:
    """Return a value in the file's words: what it gives, or the default."""
    value = full if written is _ABSENT else written
    return None if value is _ABSENT else file_words(value)


def _differences(before: Any, after: Any, keys: Keys) -> Iterator[Keys]:
    """Yield the path of each value that differs."""
    first, second = ({} if value is _ABSENT else value for value in (before, after))
    if isinstance(first, dict) and isinstance(second, dict):
        for key in dict.fromkeys(chain(first, second)):
            inner = first.get(key, _ABSENT), second.get(key, _ABSENT)
            yield from _differences(*inner, (*keys, key))
    elif _are_alike(before, after):
        for index, inner in enumerate(zip(before, after, strict=True)):
            yield from _differences(*inner, (*keys, index))
    elif before != after:
        yield keys


def _are_alike(before: Any, after: Any) -> bool:
    """Tell whether both are lists of as many mappings, whose values can be compared in turn."""
    lists = isinstance(before, list) and isinstance(after, list)
    return (
        lists
        and len(before) == len(after)
        and all(isinstance(value, dict) for value in (*before, *after))
    )
