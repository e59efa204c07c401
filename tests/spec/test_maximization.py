"""What an experiment file may say of images that maximise filters."""

import copy

import pytest

from reportgen.spec.experiment import Experiment
from reportgen.spec.faults import read_model
from reportgen.spec.maximization import Maximization
from reportgen.spec.sweep import trials
from tests.toy_project import EXPERIMENT

IMAGES = {"first": {"layer": "conv"}, "chosen": {"layer": "conv", "filters": [3, 1]}}


def read(**values):
    spec = copy.deepcopy(EXPERIMENT) | {"maximization": {"images": IMAGES} | values}
    return read_model(Experiment, spec)


def messages(**values):
    spec, refusals = read(**values)
    assert spec is None
    return [refusal.message for refusal in refusals]


def test_defaults():
    wanted = read()[0].maximization
    assert list(wanted.images) == ["first", "chosen"]
    assert (wanted.images["first"].filters, wanted.images["chosen"].filters) == (None, (3, 1))
    assert (wanted.steps, wanted.lr, wanted.seed) == (256, 0.1, 0)
    assert (wanted.regularizer.name, wanted.regularizer.weight) == ("total_variation", 0.1)


@pytest.mark.parametrize(
    ("written", "name", "weight"),
    [
        ("none", "none", 0.0),
        ({"name": "none"}, "none", 0.0),
        ("l2", "l2", 0.1),
        ({"name": "l2", "weight": 2.0}, "l2", 2.0),
        ({"name": "total_variation", "weight": 0.01}, "total_variation", 0.01),
    ],
)
def test_regularisers_by_name_or_with_a_weight(written, name, weight):
    rule = read(regularizer=written)[0].maximization.regularizer
    assert (rule.name, rule.weight) == (name, weight)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"images": {}}, "maximization.images must hold at least one entry"),
        ({"images": {"A": {"layer": "conv"}}}, 'the key "A" in maximization.images'),
        ({"images": {"a": {}}}, 'the key "layer" is missing in maximization.images.a'),
        ({"images": {"a": {"layer": "x", "filters": []}}}, "filters must hold at least one"),
        ({"images": {"a": {"layer": "x", "filters": [0]}}}, "filters.0 must be at least 1, got 0"),
        (
            {"images": {"a": {"layer": "x", "filters": [2, 5, 2]}}},
            "maximization.images.a.filters.2 stands twice, got 2",
        ),
        ({"steps": 0}, "maximization.steps must be at least 1, got 0"),
        ({"steps": 10_001}, "maximization.steps must be at most 10000"),
        ({"lr": 0}, "maximization.lr must be greater than 0, got 0"),
        ({"regularizer": "l1"}, "maximization.regularizer"),
        ({"regularizer": {"name": "l1"}}, 'maximization.regularizer.name cannot be "l1"'),
        ({"regularizer": {"name": "l2", "weight": 0}}, "weight must be greater than 0, got 0"),
        ({"regularizer": {"name": "none", "weight": 1.0}}, 'unknown key "weight"'),
        ({"sedd": 1}, 'unknown key "sedd" in maximization; did you mean "seed"'),
    ],
)
def test_faults(values, message):
    assert any(message in told for told in messages(**values)), messages(**values)


def test_trials_leave_it_out_and_cannot_set_it():
    spec = copy.deepcopy(EXPERIMENT) | {"maximization": {"images": IMAGES}}
    found, refusals = trials(spec)
    assert not refusals
    assert found["narrow"].maximization is None
    spec["sweep"][0]["set"] = {"maximization.steps": 3}
    assert '"maximization.steps" cannot be set' in trials(spec)[1][0].message


def test_a_trial_is_not_called_like_it():
    spec = copy.deepcopy(EXPERIMENT)
    spec["sweep"][0]["name"] = "maximization"
    assert "must not be called like a fact" in read_model(Experiment, spec)[1][0].message


def test_plain_values_and_back():
    wanted = read()[0].maximization
    assert Maximization.from_plain(wanted.to_plain()) == wanted
