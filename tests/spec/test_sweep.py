"""Trials: what they set, what they may not set, what becomes invalid by them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from reportgen.spec.experiment import Experiment
from reportgen.spec.faults import Refusal
from reportgen.spec.sweep import trials

BASE: dict[str, Any] = {
    "title": "A",
    "dataset": {"name": "digits"},
    "model": {"class": "Net", "args": {"width": 8}},
    "training": {
        "batch_size": 8,
        "phases": [{"epochs": 4, "optimizer": {"name": "sgd", "lr": 0.1}}],
    },
    "horizons": [4],
    "features": {"final": "fc"},
    "embeddings": {"samples": 50},
}


def sweep(**settings: Any) -> tuple[dict[str, Experiment], tuple[Refusal, ...]]:
    """Apply one trial, `t`, whose paths have `__` for the dots."""
    paths = {path.replace("__", "."): value for path, value in settings.items()}
    trial = {"name": "t", "set": paths, "why": "x"}
    return trials(copy.deepcopy(BASE | {"sweep": [trial]}))


def test_values_are_set_and_the_rest_stays() -> None:
    found, refusals = sweep(
        model__args__depth=2,
        training__phases__0__epochs=6,
        training__phases__0__optimizer__momentum=0.5,
        dataset__subset__per_class=10,
    )
    assert refusals == ()
    spec = found["t"]
    assert spec.model.args == {"width": 8, "depth": 2}
    assert spec.training.epochs == 6
    assert spec.training.phases[0].optimizer.lr == 0.1
    assert spec.dataset.subset is not None
    assert spec.dataset.subset.per_class == 10
    assert spec.sweep == ()
    assert spec.embeddings is None


def test_the_base_is_left_as_it_was() -> None:
    value = copy.deepcopy(BASE)
    value["sweep"] = [{"name": "t", "set": {"model.args.width": 2}, "why": "x"}]
    before = copy.deepcopy(value)
    trials(value)
    assert value == before


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("seeds", "a trial changes other values; allowed: dataset, horizons, model, precision,"),
        ("trainig.batch_size", 'a trial changes other values; did you mean "training"?'),
        ("training.batchsize", 'unknown key "batchsize" in training; did you mean "batch_size"?'),
        ("training.phases.1.epochs", '"1" is no item of training.phases, whose items are 0'),
        ("training.phases.x", '"x" is no item of training.phases, whose items are 0'),
        ("dataset.name.first", "dataset.name has no keys"),
        ("training.", 'unknown key "" in training; allowed: augmentation, batch_size,'),
    ],
)
def test_paths_that_cannot_be_set(path: str, why: str) -> None:
    found, [refusal] = sweep(**{path: 1})
    assert found == {}
    assert refusal.path == ("sweep", 0, "set", path)
    assert refusal.at_key
    assert refusal.message.startswith(f'"{path}" cannot be set: {why}')


def test_two_paths_to_the_same_value() -> None:
    _, [refusal] = sweep(model__args__width=4, model__args={"width": 2})
    assert refusal.path == ("sweep", 0, "set", "model.args")
    assert refusal.message == (
        '"model.args" and "model.args.width" set the same value; keep one of them'
    )


def test_a_value_that_does_not_fit_is_told_at_its_setting() -> None:
    _, [refusal] = sweep(training__phases=[{"epochs": 4, "optimizer": {"name": "sgd", "lr": 0}}])
    path = ("sweep", 0, "set", "training.phases", 0, "optimizer", "lr")
    assert refusal == Refusal(
        path, "with this trial, training.phases.0.optimizer.lr must be greater than 0, got 0"
    )


def test_what_becomes_wrong_elsewhere_is_told_at_the_trial() -> None:
    _, [refusal] = sweep(training__phases__0__epochs=3)
    assert refusal.path == ("sweep", 0, "set")
    assert refusal.message == (
        "with this trial, horizons.0 lies beyond the 3 epochs of training, got 4"
    )


def test_a_base_that_is_in_the_way_is_not_told_again() -> None:
    value = copy.deepcopy(BASE)
    value |= {"model": 5, "sweep": [{"name": "t", "set": {"model.args.width": 2}, "why": "x"}]}
    assert trials(value) == ({}, ())


def test_what_is_wrong_without_the_trial_is_not_told_again() -> None:
    value = copy.deepcopy(BASE)
    value |= {"titel": 1, "sweep": [{"name": "t", "set": {"model.args.width": 2}, "why": "x"}]}
    assert trials(value) == ({}, ())


# ── trials that come from other trials ──────────────────────────────────────


def history(*rows: dict[str, Any]) -> tuple[dict[str, Experiment], tuple[Refusal, ...]]:
    """Apply trials called a, b, c, …, each a `from` or none and a `set`."""
    names = "abcdefgh"
    sweep = [{"name": names[i], "why": "x", **row} for i, row in enumerate(rows)]
    return trials(copy.deepcopy(BASE | {"sweep": sweep}))


def test_a_trial_begins_with_the_values_of_another() -> None:
    found, refusals = history(
        {"set": {"model.args.width": 4, "training.batch_size": 2}},
        {"from": "a", "set": {"model.args.width": 2}},
        {"from": "b", "set": {"training.phases.0.optimizer.lr": 0.5}},
        {"set": {"model.args.depth": 1}},
    )
    assert refusals == ()
    assert found["b"].model.args == {"width": 2}
    assert found["b"].training.batch_size == 2
    assert (found["c"].model.args, found["c"].training.batch_size) == ({"width": 2}, 2)
    assert found["c"].training.phases[0].optimizer.lr == 0.5
    assert found["d"].model.args == {"width": 8, "depth": 1}


def test_a_path_that_only_the_origin_has_can_be_set() -> None:
    """The items of a list are those of the trial that another comes from."""
    two = [{"epochs": 2, "optimizer": {"name": "sgd", "lr": 0.1}} for _ in range(2)]
    found, refusals = history(
        {"set": {"training.phases": two}},
        {"from": "a", "set": {"training.phases.1.epochs": 3}},
        {"set": {"training.phases.1.epochs": 3}},
    )
    assert [phase.epochs for phase in found["b"].training.phases] == [2, 3]
    [refusal] = refusals
    assert refusal.path == ("sweep", 2, "set", "training.phases.1.epochs")


def test_a_faulty_origin_is_told_once() -> None:
    found, refusals = history(
        {"set": {"training.batch_size": 0}},
        {"from": "a", "set": {"model.args.width": 2}},
        {"set": {"model.width": 2}},
        {"from": "c", "set": {"model.args.width": 2}},
    )
    assert found == {}
    assert [refusal.path[1] for refusal in refusals] == [0, 2]


def test_an_origin_that_is_not_there_is_left_to_the_experiments_own_faults() -> None:
    assert history({"from": "z", "set": {"model.args.width": 2}}) == ({}, ())
    assert history({"from": 3, "set": {"model.args.width": 2}}) == ({}, ())


@pytest.mark.parametrize(
    ("rows", "same"),
    [
        (
            [{"set": {"model.args.width": 2}}, {"set": {"model.args": {"width": 2}}}],
            'the trial "a"',
        ),
        (
            [{"set": {"model.args.width": 2}}, {"from": "a", "set": {"model.args.width": 8}}],
            "the experiment itself",
        ),
        (
            [{"set": {"model.args.width": 2}}, {"from": "a", "set": {"model.args.width": 2}}],
            'the trial "a"',
        ),
    ],
)
def test_trials_that_come_to_the_same(rows: list[dict[str, Any]], same: str) -> None:
    _, [refusal] = history(*rows)
    assert refusal.path == ("sweep", 1, "set")
    assert refusal.message == (
        f"sweep.1.set comes to the same as {same}; a trial changes something"
    )


def test_what_the_experiments_own_faults_tell_is_not_told_again() -> None:
    same = {"set": {"model.args.width": 2}}
    assert history(same, same)[1] == ()


def test_a_path_in_two_spellings() -> None:
    _, [refusal] = sweep(training__phases__0__epochs=5, training__phases__00__epochs=6)
    assert refusal.message == (
        '"training.phases.00.epochs" and "training.phases.0.epochs" set the same value; '
        "keep one of them"
    )
