"""Sweeps: applies the `set` of a trial to its experiment, or to the trial that it comes from."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportgen.errors import nearest
from reportgen.spec.experiment import Experiment
from reportgen.spec.faults import Refusal, dotted, read_model
from reportgen.spec.shape import allowed_keys, item, step
from reportgen.spec.yaml_source import Keys

SWEEPABLE = ("dataset", "horizons", "model", "precision", "training", "weights")
"""What a trial may set; maps and seeds belong to the experiment as a whole."""


def trials(
    experiment: Mapping[str, Any],
) -> tuple[dict[str, Experiment], tuple[Refusal, ...]]:
    """Return each trial's own experiment by the trial's name, and all that is wrong.

    The experiments have neither sweep nor maps. `experiment` holds plain values,
    of which some may be wrong; what is wrong without the trial is not told again,
    nor by a trial that comes from a faulty one.
    """
    base = _bare(experiment)
    start, known = read_model(Experiment, base)
    found: dict[str, Experiment] = {}
    values: dict[Any, dict[str, Any]] = {None: base}
    told: dict[Any, set[str]] = {None: {refusal.message for refusal in known}}
    refusals: list[Refusal] = []
    found_sweep = experiment.get("sweep")
    sweep = found_sweep if isinstance(found_sweep, list) else []
    for index, trial in enumerate(sweep):
        settings, origin = item(trial, "set"), item(trial, "from")
        if not isinstance(settings, dict) or not _is_known(origin, values):
            continue
        at: Keys = ("sweep", index, "set")
        wrong = [
            Refusal((*at, path), text, True)
            for path, text in _wrong_paths(values[origin], settings)
        ]
        changed = None if wrong else _applied(values[origin], settings)
        if changed is not None:
            name = str(item(trial, "name"))
            spec, faults = read_model(Experiment, changed)
            new = [refusal for refusal in faults if refusal.message not in told[origin]]
            wrong = [_of_trial(refusal, at, settings) for refusal in new]
            values[name], told[name] = changed, {*told[origin], *(fault.message for fault in new)}
            if spec is not None:
                if not _is_copy(trial, sweep[:index]):
                    wrong += _repetition(at, spec, start, found)
                found[name] = spec
        refusals += wrong
    return found, tuple(refusals)


def _is_known(origin: Any, values: Mapping[Any, Any]) -> bool:
    """Tell whether a trial's origin is one whose values are known; if not, that is told already."""
    return origin is None or (isinstance(origin, str) and origin in values)


def _is_copy(trial: Any, earlier: Sequence[Any]) -> bool:
    """Tell whether a trial says what an earlier one says, which is told already."""
    return any(
        item(trial, "set") == item(other, "set") and item(trial, "from") == item(other, "from")
        for other in earlier
    )


def _repetition(
    at: Keys, spec: Experiment, start: Experiment | None, found: Mapping[str, Experiment]
) -> Iterator[Refusal]:
    """Yield a fault if a trial comes to the same as the experiment or as an earlier trial."""
    same = next((f'the trial "{name}"' for name, other in found.items() if other == spec), None)
    if spec == start:
        same = "the experiment itself"
    if same is not None:
        yield Refusal(at, f"{dotted(at)} comes to the same as {same}; a trial changes something")


def _bare(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Return the experiment that a trial changes: without sweep, maps and filters."""
    left_out = ("sweep", "embeddings", "filters", "maximization")
    return {key: value for key, value in experiment.items() if key not in left_out}


def _keys(path: str) -> Keys:
    return tuple(int(part) if part.isdecimal() else part for part in path.split("."))


def _wrong_paths(base: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each path that cannot be set, and why."""
    seen: dict[str, Keys] = {}
    for path in settings:
        keys = _keys(path)
        if (why := _why_unknown(base, keys)) is not None:
            yield path, f'"{path}" cannot be set: {why}'
        for other, theirs in seen.items():
            shared = min(len(keys), len(theirs))
            if keys[:shared] == theirs[:shared]:
                yield path, f'"{path}" and "{other}" set the same value; keep one of them'
        seen[path] = keys


def _why_unknown(base: Mapping[str, Any], keys: Keys) -> str | None:
    """Return why a path leads nowhere, or None if a value may stand there."""
    around: list[Any] = [Experiment]
    value: Any = base
    for depth, key in enumerate(keys):
        if not depth and key not in SWEEPABLE:
            return f"a trial changes other values; {nearest(str(key), SWEEPABLE)}"
        if isinstance(value, list) and not (isinstance(key, int) and key < len(value)):
            numbers = "0" if len(value) == 1 else f"0 to {len(value) - 1}"
            return f'"{key}" is no item of {dotted(keys[:depth])}, whose items are {numbers}'
        allowed = allowed_keys(around, None)
        around = step(around, key, None)
        if not around:
            where = dotted(keys[:depth])
            if not allowed:
                return f"{where} has no keys"
            return f'unknown key "{key}" in {where}; {nearest(str(key), allowed)}'
        value = item(value, key)
    return None


def _applied(base: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the base with each path of a trial set; mappings on the way are made.

    None if a value of the base is in the way, which is a fault of the base.
    """
    changed: dict[str, Any] = copy.deepcopy(dict(base))
    for path, setting in settings.items():
        *above, last = _keys(path)
        around: Any = changed
        for key in above:
            if item(around, key) is None:
                around[key] = {}
            around = around[key]
            if not isinstance(around, dict | list):
                return None
        around[last] = setting
    return changed


def _of_trial(refusal: Refusal, at: Keys, settings: Mapping[str, Any]) -> Refusal:
    """Return a trial's fault, placed at the setting that caused it."""
    message = f"with this trial, {refusal.message}"
    for path in settings:
        keys = _keys(path)
        if refusal.path[: len(keys)] == keys:
            return Refusal((*at, path, *refusal.path[len(keys) :]), message, refusal.at_key)
    return Refusal(at, message, True)
