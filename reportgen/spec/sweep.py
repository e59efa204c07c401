"""Sweeps: applies the `set` of a trial to its experiment."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
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
    of which some may be wrong; what is wrong without the trial is not told again.
    """
    base = _bare(experiment)
    _, known = read_model(Experiment, base)
    found: dict[str, Experiment] = {}
    refusals: list[Refusal] = []
    sweep = experiment.get("sweep")
    for index, trial in enumerate(sweep if isinstance(sweep, list) else []):
        settings = item(trial, "set")
        if not isinstance(settings, dict):
            continue
        at: Keys = ("sweep", index, "set")
        wrong = [Refusal((*at, path), text, True) for path, text in _wrong_paths(base, settings)]
        changed = None if wrong else _applied(base, settings)
        if changed is not None:
            spec, faults = read_model(Experiment, changed)
            told = {refusal.message for refusal in known}
            wrong = [
                _of_trial(refusal, at, settings)
                for refusal in faults
                if refusal.message not in told
            ]
            if spec is not None:
                found[str(item(trial, "name"))] = spec
        refusals += wrong
    return found, tuple(refusals)


def _bare(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Return the experiment that a trial changes: without sweep, maps and filters."""
    left_out = ("sweep", "embeddings", "filters", "maximization")
    return {key: value for key, value in experiment.items() if key not in left_out}


def _keys(path: str) -> Keys:
    return tuple(int(part) if part.isdecimal() else part for part in path.split("."))


def _wrong_paths(base: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each path that cannot be set, and why."""
    seen: list[str] = []
    for path in settings:
        if (why := _why_unknown(base, _keys(path))) is not None:
            yield path, f'"{path}" cannot be set: {why}'
        for other in seen:
            if path.startswith(f"{other}.") or other.startswith(f"{path}."):
                yield path, f'"{path}" and "{other}" set the same value; keep one of them'
        seen.append(path)


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
