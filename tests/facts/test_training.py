"""Facts on the training: settings, epochs, verdicts."""

import math
from dataclasses import replace

import pytest

from reportgen.facts.training import chance_loss, curve_facts, training_facts
from reportgen.spec.experiment import Experiment
from tests.facts.hand_made import record, values

SPEC = Experiment.from_plain(
    {
        "title": "Net",
        "dataset": {"name": "mnist"},
        "model": {"class": "Net"},
        "training": {
            "batch_size": 16,
            "phases": [
                {"epochs": 1, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}},
                {"epochs": 3, "optimizer": {"name": "adam", "lr": 0.001}},
            ],
        },
    }
)
RECORD = record(seed=5)
FOUND = values(training_facts("net", RECORD, SPEC, "por qué", "key"))


def test_settings():
    assert FOUND["net.seed"] == 5
    assert FOUND["net.why"] == "por qué"
    assert FOUND["net.stopped"] == ""
    assert FOUND["net.training.epochs"] == 4
    assert FOUND["net.training.batch_size"] == 16
    assert FOUND["net.training.phases.1.momentum"] == 0.9
    assert FOUND["net.training.phases.2.optimizer"] == "adam"
    assert FOUND["net.training.phases.2.lr"] == 0.001
    assert FOUND["net.training.phases.2.momentum"] is None
    assert FOUND["net.training.phases.2.epochs"] == 3


def test_epochs():
    assert FOUND["net.epochs.3.running_loss"] == 0.6
    assert FOUND["net.epochs.3.train_accuracy"] == 0.90
    assert FOUND["net.epochs.3.validation_accuracy"] == 11 / 12
    assert len([name for name in FOUND if name.startswith("net.epochs.")]) == 4 * 6


def test_verdict_looks_at_the_horizons_epochs_only():
    early, late = RECORD.result.evaluations
    found = values(curve_facts("net", RECORD, early, "key"))
    assert found["net.h2.epochs"] == 2
    assert found["net.h2.verdict.loss_minimum"] == 2
    assert found["net.h2.verdict.gap"] == 0.70 - 7 / 12
    found = values(curve_facts("net", RECORD, late, "key"))
    assert found["net.h4.epochs"] == 4
    assert found["net.h4.verdict.loss_minimum"] == 3
    assert found["net.h4.verdict.onset"] is None
    assert found["net.h4.verdict.high_bias"] is True  # error 0.1 > 0.05, gap 0.9 − 11/12 < 0


def test_loss_of_guessing_is_the_entropy_of_the_training_classes():
    """12, 10 and 8 of 30."""
    entropy = -sum(n / 30 * math.log(n / 30) for n in (12, 10, 8))
    assert chance_loss(RECORD) == pytest.approx(entropy)


def test_source_counts_epochs_from_zero():
    fields = {f.id: f.source.field for f in training_facts("net", RECORD, SPEC, "", "key")}
    assert fields["net.epochs.3.train_loss"] == "epochs[2]"
    assert fields["net.training.phases.2.lr"] == "spec.training.phases[1]"


def test_where_a_phase_stopped_early():
    """Epochs 2 to 4 are of a phase of five that waits for one; epoch 3 has the lowest loss."""
    rows = RECORD.result.epochs
    losses = {row.epoch: row.validation_loss for row in rows}
    assert losses[3] == min(losses.values())
    plain = SPEC.to_plain()
    plain["training"]["phases"][1] |= {"epochs": 5, "early_stopping": {"patience": 1}}
    spec = Experiment.from_plain(plain)
    result = replace(
        RECORD.result, epochs=tuple(replace(row, phase=min(row.epoch, 2)) for row in rows)
    )
    found = values(training_facts("net", replace(RECORD, result=result), spec, "", "key"))
    assert found["net.training.phases.1.stopped_early"] is None
    assert found["net.training.phases.1.patience"] is None
    assert found["net.training.phases.2.stopped_early"] == 4
    assert found["net.training.phases.2.patience"] == 1
    assert found["net.training.phases.2.epochs"] == 5


# ── how it ended ────────────────────────────────────────────────────────────


def outcome(record):
    found = values(training_facts("net", record, SPEC, "", "key"))
    return found["net.outcome"], found["net.diverged_at"]


def with_result(**changes):
    return replace(RECORD, result=replace(RECORD.result, **changes))


def test_a_training_that_learnt_is_trained():
    assert outcome(RECORD) == ("trained", None)


def test_a_loss_that_is_not_finite():
    assert outcome(with_result(diverged_at=5)) == ("diverged", 5)


def test_one_that_diverged_before_anything_was_measured():
    at_once = with_result(diverged_at=1, epochs=(), evaluations=(), maps=())
    assert outcome(at_once) == ("diverged", 1)
    assert values(training_facts("net", at_once, SPEC, "", "key"))["net.training.epochs"] == 0


def test_a_training_loss_that_stays_at_chance_is_stuck():
    """Above 95 % of the entropy of the classes."""
    chance = chance_loss(RECORD)
    rows = tuple(replace(row, train_loss=0.96 * chance) for row in RECORD.result.epochs)
    assert outcome(with_result(epochs=rows)) == ("stuck", None)
    rows = (*rows[:3], replace(rows[3], train_loss=0.94 * chance))
    assert outcome(with_result(epochs=rows)) == ("trained", None)


def test_epochs_measured_now_and_then():
    """Every tenth: the onset, the least loss and the plateau are told by their epochs."""
    rows = tuple(replace(row, epoch=10 * row.epoch) for row in RECORD.result.epochs)
    evaluation = replace(RECORD.result.evaluations[1], horizon=40, epoch=30)
    made = with_result(epochs=rows, evaluations=(evaluation,))
    found = values(curve_facts("net", made, evaluation, "key"))
    assert found["net.h40.verdict.loss_minimum"] == 30
    assert found["net.h40.verdict.tail"] == 20
    assert found["net.h40.verdict.gap"] == pytest.approx(0.90 - 11 / 12)
    assert found["net.h40.verdict.diverged"] is False
    assert values(training_facts("net", made, SPEC, "", "key"))["net.training.epochs"] == 40
