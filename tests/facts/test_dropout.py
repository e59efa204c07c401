"""Why the validation loss lies below the running one."""

import dataclasses

import pytest

from reportgen.facts.dropout import dropout_facts, judge_gap
from reportgen.records import EpochRow
from reportgen.spec.experiment import Experiment
from tests.facts.hand_made import record, values
from tests.facts.test_training import SPEC


def rows(running, train, validation):
    return [
        EpochRow(i, 1, r, 0.9, t, 0.9, v, 0.9)
        for i, (r, t, v) in enumerate(zip(running, train, validation, strict=True), 1)
    ]


DROPPED = rows([1.2, 0.8, 0.6], [0.6, 0.4, 0.3], [0.7, 0.5, 0.4])


def test_dropout_explains():
    """At epoch 3: running 0.6, training 0.3; half an epoch before, training was 0.35."""
    found = judge_gap(DROPPED, 3, 2, augmented=False)
    assert (found.cause, found.below, found.below_best) == ("dropout", 3, True)
    assert found.running_gap == pytest.approx(0.3)
    assert found.loss_gap == pytest.approx(0.1)
    assert found.lag == pytest.approx(0.05)
    assert found.ratio == pytest.approx(2.0)  # one window of one epoch: 0.6 / 0.3


def test_augmentation_explains_as_well():
    assert judge_gap(DROPPED, 3, 0, augmented=True).cause == "dropout"


def test_without_either_only_the_lag_is_left():
    assert judge_gap(DROPPED, 3, 0, augmented=False).cause == "lag"
    lagging = rows([1.0, 0.7, 0.5], [0.8, 0.6, 0.4], [0.85, 0.65, 0.45])
    found = judge_gap(lagging, 3, 2, augmented=False)  # 0.5 − 0.4 is what lag explains
    assert (found.cause, found.lag) == ("lag", pytest.approx(0.1))


def test_nothing_to_explain():
    found = judge_gap(rows([0.5, 0.4], [0.4, 0.3], [0.6, 0.5]), 2, 2, augmented=False)
    assert (found.cause, found.below) == ("none", 0)


def test_an_easier_validation_set_is_not_explained_by_dropout():
    found = judge_gap(rows([0.8, 0.6], [0.5, 0.4], [0.3, 0.2]), 2, 2, augmented=False)
    assert found.cause == "easier_validation"
    assert found.loss_gap == pytest.approx(-0.2)


def test_first_epoch():
    found = judge_gap(DROPPED[:1], 1, 1, augmented=False)
    assert found.lag == pytest.approx(0.3)  # (1.2 + 0.6) / 2 − 0.6
    assert found.cause == "dropout"


@pytest.mark.parametrize(
    ("steps", "augmented"),
    [
        ([], False),
        ([{"resize": 32}, {"center_crop": 28}], False),
        ([{"resize": 32}, {"random_crop": 28}], True),
        ([{"horizontal_flip": 0.5}], True),
        ([{"random_shift": 2}], True),
    ],
)
def test_a_size_is_no_augmentation(steps, augmented):
    plain = SPEC.to_plain()
    plain["training"]["augmentation"] = steps
    base, spec = record(), Experiment.from_plain(plain)
    found = values(dropout_facts("net", base, spec, base.result.evaluations[1], "key"))
    assert found["net.h4.dropout.augmented"] is augmented


def test_facts_count_the_layers():
    base = record()
    rows_ = [dataclasses.replace(row, type="Dropout2d") for row in base.result.model.layers[:2]]
    layers = (*rows_, base.result.model.layers[2])
    model = dataclasses.replace(base.result.model, layers=layers)
    changed = dataclasses.replace(base, result=dataclasses.replace(base.result, model=model))
    found = values(dropout_facts("net", changed, SPEC, base.result.evaluations[1], "key"))
    assert found["net.h4.dropout.layers"] == 2
    assert found["net.h4.dropout.augmented"] is False
    assert found["net.h4.dropout.running_loss"] == 0.6
    # 1.15 < 1.2, 0.95 < 1.0, 0.55 < 0.6, 0.60 > 0.5
    assert found["net.h4.dropout.below"] == 3
