"""What trials change: path, value before, value after, in the file's words."""

from __future__ import annotations

from typing import Any

import pytest

from reportgen.facts.history import Change, file_words, find_changes, history_facts
from reportgen.spec.experiment import Experiment
from reportgen.spec.sweep import trials
from tests.facts.hand_made import values

BASE: dict[str, Any] = {
    "title": "A",
    "dataset": {"name": "digits"},
    "model": {"class": "Net", "args": {"width": 8, "act": "relu"}},
    "training": {
        "batch_size": 10,
        "phases": [{"epochs": 15, "optimizer": {"name": "sgd", "lr": 0.05}}],
    },
}
KEYS = {"": "k0", "a": "k1", "b": "k2"}


def history(*rows: dict[str, Any]) -> dict[str, object]:
    """Return the facts of trials a, b, …, each a `from` or none and a `set`."""
    sweep = [{"name": "abc"[i], "why": "x", **row} for i, row in enumerate(rows)]
    experiment = Experiment.from_plain(BASE | {"sweep": sweep})
    specs, refusals = trials(BASE | {"sweep": sweep})
    assert refusals == ()
    base = Experiment.from_plain(BASE)
    return values(history_facts("net", experiment.sweep, {"": base, **specs}, KEYS))


def changes(**settings: Any) -> list[Change]:
    """Return the changes of one trial, whose paths have `__` for the dots."""
    row = {"name": "a", "why": "x", "set": {k.replace("__", "."): v for k, v in settings.items()}}
    specs, refusals = trials(BASE | {"sweep": [row]})
    assert refusals == ()
    experiment = Experiment.from_plain(BASE | {"sweep": [row]})
    return list(find_changes(experiment.sweep[0], Experiment.from_plain(BASE), specs["a"]))


def told(found: list[Change]) -> list[tuple[str, str | None, str | None]]:
    return [(change.path, change.before, change.after) for change in found]


def test_a_change_is_told_against_what_the_trial_comes_from() -> None:
    rate = "training.phases.0.optimizer.lr"
    found = history(
        {"set": {rate: 0.5}}, {"from": "a", "set": {rate: 0.001, "training.batch_size": 20}}
    )
    assert (found["net.a.from"], found["net.b.from"]) == ("", "a")
    first, second = "net.a.changes.1", "net.b.changes.1"
    assert (found[f"{first}.before"], found[f"{first}.after"]) == ("0.05", "0.5")
    assert (found[f"{second}.before"], found[f"{second}.after"]) == ("0.5", "0.001")
    assert found[f"{second}.path"] == rate
    assert found[f"{second}.setting"] == "training.phases.optimizer.lr"
    assert found[f"{second}.phase"] == 1
    assert found["net.b.changes.2.path"] == "training.batch_size"
    assert found["net.b.changes.2.phase"] is None
    assert "net.a.changes.2.path" not in found


def test_sources_are_the_trials_records() -> None:
    sweep = ({"name": "a", "set": {"model.args.width": 2}, "why": "x"},)
    experiment = Experiment.from_plain(BASE | {"sweep": list(sweep)})
    specs = trials(BASE | {"sweep": list(sweep)})[0] | {"": Experiment.from_plain(BASE)}
    sources = {fact.source.run for fact in history_facts("net", experiment.sweep, specs, KEYS)}
    assert sources == {"k1"}


def test_a_default_is_a_value_before() -> None:
    path = "training.phases.0.optimizer.momentum"
    assert told(changes(training__phases__0__optimizer__momentum=0.9)) == [(path, "0.0", "0.9")]


def test_a_value_that_the_experiment_does_not_have() -> None:
    assert told(changes(model__args__depth=3)) == [("model.args.depth", None, "3")]


def test_of_a_mapping_each_value_that_differs_is_told() -> None:
    at = "training.phases.0.optimizer"
    assert told(changes(training__phases__0__optimizer={"name": "adam", "lr": 0.05})) == [
        (f"{at}.name", "sgd", "adam")
    ]
    assert told(changes(model__args={"act": "sigmoid"})) == [
        ("model.args.width", "8", None),
        ("model.args.act", "relu", "sigmoid"),
    ]
    assert told(changes(dataset__subset={"per_class": 10})) == [
        ("dataset.subset.per_class", None, "10")
    ]


def test_lists_of_as_many_mappings_are_compared_in_turn() -> None:
    phase = {"epochs": 30, "optimizer": {"name": "sgd", "lr": 0.05}}
    [change] = changes(training__phases=[phase])
    assert (change.path, change.phase) == ("training.phases.0.epochs", 1)
    [change] = changes(training__phases=[phase, phase])
    assert (change.path, change.phase) == ("training.phases", None)
    one = "{epochs: 15, optimizer: {name: sgd, lr: 0.05}}"
    more = one.replace("15", "30")
    assert (change.before, change.after) == (f"[{one}]", f"[{more}, {more}]")


def test_what_is_set_to_its_default_is_no_change() -> None:
    settings = {"training__phases__0__optimizer__momentum": 0.0, "model__args__width": 2}
    assert [change.path for change in changes(**settings)] == ["model.args.width"]


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "null"), (False, "false"), (1e-05, "1e-05"), ("relu", "relu"), ([], "[]"), (3, "3")],
)
def test_values_are_in_the_files_words(value: Any, words: str) -> None:
    assert file_words(value) == words
