"""Faults between the values of one experiment.

They are looked for in plain values of which some may be wrong in themselves, so
that a horizon beyond the epochs is told along with a misspelt key elsewhere.
What cannot be judged because of another fault is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reportgen.errors import nearest

Inconsistency = tuple[tuple[str | int, ...], str]
"""The path of the faulty value and what is wrong with it."""

TAKEN = re.compile(
    r"data|model|training|estimator|epochs|versus|rank|groups|filters|seeds?\d*|why|stopped"
    r"|outcome|diverged_at|ended|phases|trials|maps|maximization|provenance|h\d+"
)
"""Names of facts of an experiment, beside which the facts of its trials stand."""

MAX_NAME, MAX_PATH = 255, 1_000
"""Bytes of a name, and of a path, that every file system takes."""


def inconsistencies(experiment: Mapping[str, Any]) -> list[Inconsistency]:
    """Return all faults between an experiment's values, in the order of the file's keys."""
    return [
        *_class_groups(experiment),
        *_learner(experiment),
        *_horizons(experiment),
        *_measured(experiment),
        *_repeated(experiment, "seeds"),
        *_embeddings(experiment),
        *_maximization(experiment),
        *_sweep(experiment),
    ]


def leaves_folder(path: str) -> bool:
    r"""Tell whether a path is not plainly one inside the folder that it is relative to.

    Only `/` divides names, so that a path means the same on every system; and what is longer
    than any system takes is no path.

    Examples
    --------
    >>> [leaves_folder(path) for path in ("a/b.zip", ".", "../a", "/a", "C:a", "a\\b")]
    [False, False, True, True, True, True]
    >>> [leaves_folder(path) for path in ("a" * 255, "ñ" * 128, "a/" * 600)]
    [False, True, True]
    """
    parts = path.split("/")
    sizes = [len(part.encode("utf-8", "surrogatepass")) for part in parts]
    if max(sizes) > MAX_NAME or sum(sizes) + len(parts) > MAX_PATH:
        return True
    return path.startswith("/") or ".." in parts or any(mark in path for mark in "\\:\0")


def _class_groups(experiment: Mapping[str, Any]) -> Iterator[Inconsistency]:
    """Yield each class that stands twice in the groups: a class belongs to one of them."""
    first: dict[str, str] = {}
    groups = _mapping(_mapping(experiment.get("dataset")).get("class_groups"))
    for group, names in groups.items():
        for index, name in enumerate(_list(names)):
            if not isinstance(name, str):
                continue
            if name in first:
                path = ("dataset", "class_groups", group, index)
                yield path, f'stands twice, got "{name}"; it is in the group {first[name]} already'
            first.setdefault(name, group)


def _learner(experiment: Mapping[str, Any]) -> Iterator[Inconsistency]:
    """Yield what is wrong with training and estimator: there must be one, and only one."""
    training, estimator = experiment.get("training"), experiment.get("estimator")
    if training is None and estimator is None:
        yield (), "needs training, or an estimator in its place"
    if training is not None and estimator is not None:
        yield ("estimator",), "stands in place of training; give one of them"
    if training is not None or estimator is None:
        return
    if _list(experiment.get("horizons")):
        yield ("horizons",), "needs training: an estimator has no epochs"
    features = list(_mapping(experiment.get("features")))
    wanted = _mapping(estimator).get("features")
    place = ("estimator", "features") if wanted else ("estimator",)
    if isinstance(wanted, str) and wanted not in features:
        yield place, f"must be an alias of features; {nearest(wanted, features)}"
    if wanted is None and len(features) != 1:
        found = f"there are {len(features)}" if features else "there are none"
        yield place, f"needs to know which features it takes: {found}; set estimator.features"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _epochs(experiment: Mapping[str, Any]) -> int | None:
    """Return the epochs of all phases, or None where they cannot be told."""
    phases = _list(_mapping(experiment.get("training")).get("phases"))
    counts: list[Any] = [_mapping(phase).get("epochs") for phase in phases]
    return sum(counts) if counts and all(map(_is_count, counts)) else None


def _horizons(experiment: Mapping[str, Any]) -> Iterator[Inconsistency]:
    epochs = _epochs(experiment)
    highest = 0
    for index, horizon in enumerate(_list(experiment.get("horizons"))):
        if not _is_count(horizon):
            continue
        path = ("horizons", index)
        if epochs is not None and horizon > epochs:
            yield path, f"lies beyond the {epochs} epochs of training, got {horizon}"
        if horizon <= highest:
            yield path, f"must be greater than the horizon before it, {highest}, got {horizon}"
        highest = max(highest, horizon)


def _measured(experiment: Mapping[str, Any]) -> Iterator[Inconsistency]:
    """Yield each number of epochs that ends between two measurements."""
    training = _mapping(experiment.get("training"))
    every = training.get("validate_every")
    if every is None or not _is_count(every):
        return
    text = f"must be a multiple of validate_every, {every}, so that its end is measured, got"
    for number, phase in enumerate(_list(training.get("phases"))):
        epochs = _mapping(phase).get("epochs")
        if _is_count(epochs) and epochs % every:
            yield ("training", "phases", number, "epochs"), f"{text} {epochs}"
    for index, horizon in enumerate(_list(experiment.get("horizons"))):
        if _is_count(horizon) and horizon % every:
            yield ("horizons", index), f"{text} {horizon}"


def _repeated(experiment: Mapping[str, Any], key: str) -> Iterator[Inconsistency]:
    values = _list(experiment.get(key))
    for index, value in enumerate(values):
        if value in values[:index]:
            yield (key, index), f"stands twice, got {value}"


def _embeddings(experiment: Mapping[str, Any]) -> Iterator[Inconsistency]:
    embeddings = experiment.get("embeddings")
    if not isinstance(embeddings, Mapping):
        return
    if experiment.get("features", {}) == {}:
        yield ("embeddings",), "needs features: name at least one layer there"
    allowed = _list(experiment.get("horizons"))
    epochs = _epochs(experiment)
    if not allowed and epochs is None:
        return
    allowed = allowed or [epochs]
    for index, horizon in enumerate(_list(embeddings.get("horizons"))):
        if _is_count(horizon) and horizon not in allowed:
            listed = ", ".join(map(str, allowed))
            text = f"must be one of the experiment's horizons, {listed}, got {horizon}"
            yield ("embeddings", "horizons", index), text


def _maximization(experiment: Mapping[str, Any]) -> Iterator[Inconsistency]:
    """Yield each filter that an alias names twice."""
    images = _mapping(_mapping(experiment.get("maximization")).get("images"))
    for alias, wanted in images.items():
        filters = _list(_mapping(wanted).get("filters"))
        for index, number in enumerate(filters):
            if number in filters[:index]:
                path = ("maximization", "images", alias, "filters", index)
                yield path, f"stands twice, got {number}"


def _sweep(experiment: Mapping[str, Any]) -> Iterator[Inconsistency]:
    trials = [_mapping(trial) for trial in _list(experiment.get("sweep"))]
    for index, trial in enumerate(trials):
        name, settings = trial.get("name"), trial.get("set")
        before = trials[:index]
        if isinstance(name, str) and TAKEN.fullmatch(name):
            yield (
                ("sweep", index, "name"),
                f'must not be called like a fact of the experiment, got "{name}"',
            )
        if isinstance(name, str) and any(other.get("name") == name for other in before):
            yield (
                ("sweep", index, "name"),
                f'stands twice, got "{name}"; each trial needs its own name',
            )
        yield from _origin(index, trial, trials)
        for other in before:
            if other.get("from") != trial.get("from"):
                continue
            if settings and isinstance(settings, dict) and other.get("set") == settings:
                twin = other.get("name")
                yield ("sweep", index, "set"), f'sets the same values as the trial "{twin}"'
                break


def _origin(
    index: int, trial: Mapping[str, Any], trials: list[Mapping[str, Any]]
) -> Iterator[Inconsistency]:
    """Yield what is wrong with the trial that one comes from: it must stand before it."""
    origin, path = trial.get("from"), ("sweep", index, "from")
    earlier = [name for t in trials[:index] if isinstance(name := t.get("name"), str)]
    if not isinstance(origin, str) or origin in earlier:
        return
    if origin == trial.get("name"):
        yield path, f'must be an earlier trial, got "{origin}", the trial itself'
    elif any(origin == other.get("name") for other in trials[index:]):
        yield path, f'must be an earlier trial, got "{origin}", which stands later; move it up'
    elif not earlier:
        yield path, f'must be an earlier trial, got "{origin}"; the first comes from the experiment'
    else:
        yield path, f'must be an earlier trial, got "{origin}"; {nearest(origin, earlier)}'
