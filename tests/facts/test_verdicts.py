"""Verdicts on scripted curves whose truth is known."""

import pytest

from reportgen.facts.verdicts import judge_curves, relative_change, rise_onset, trend
from reportgen.records import EpochRow


def rows(validation, training=None, *, train_accuracy=0.99, validation_accuracy=0.985):
    """Epochs with these losses and constant accuracies."""
    training = training or validation
    return [
        EpochRow(i, 1, t, train_accuracy, t, train_accuracy, v, validation_accuracy)
        for i, (v, t) in enumerate(zip(validation, training, strict=True), start=1)
    ]


FALLING = [1.0 * 0.8**i for i in range(10)]
PLATEAU = [1.0, 0.5, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]
U_SHAPED = [1.0, 0.6, 0.4, 0.3, 0.32, 0.35, 0.38, 0.41, 0.44, 0.47]


def test_falling_curves_ask_for_more_epochs():
    verdict = judge_curves(rows(FALLING), best=10, gap_noise=0.01)
    assert verdict.validation_trend == "falling"
    assert verdict.more_epochs_help
    assert verdict.overfitting == "none"
    assert verdict.onset is None


def test_plateau_is_flat():
    verdict = judge_curves(rows(PLATEAU), best=10, gap_noise=0.01)
    assert verdict.validation_trend == "flat"
    assert not verdict.more_epochs_help


def test_u_shape_overfits_from_the_epoch_that_stays_above():
    """Smoothed: minimum 0.32 at epoch 4, limit 0.336; 0.35 at epoch 6 is above, 0.32 at 5 is not."""
    verdict = judge_curves(rows(U_SHAPED, FALLING), best=4, gap_noise=0.01)
    assert verdict.overfitting == "rising"
    assert verdict.loss_minimum == 4
    assert verdict.onset == 6


def test_one_spike_is_no_overfitting():
    spiked = [*PLATEAU[:-2], 0.9, 0.2]
    verdict = judge_curves(rows(spiked, FALLING), best=10, gap_noise=0.01)
    assert verdict.overfitting == "none"


def test_rise_of_both_losses_is_no_overfitting():
    """Where the training loss rises too, the optimiser went astray: nothing was memorised."""
    verdict = judge_curves(rows(U_SHAPED, U_SHAPED), best=4, gap_noise=0.01)
    assert verdict.overfitting == "none"


def test_gap_beyond_noise_is_told_apart_from_a_rise():
    curves = rows(PLATEAU, FALLING, train_accuracy=1.0, validation_accuracy=0.98)
    assert judge_curves(curves, best=10, gap_noise=0.01).overfitting == "gap"
    assert judge_curves(curves, best=10, gap_noise=0.03).overfitting == "none"


@pytest.mark.parametrize(
    ("train", "validation", "high"),
    [
        (0.70, 0.68, True),  # error 0.30 on learnt data, gap 0.02
        (0.97, 0.90, False),  # error 0.03: the network fits its data
        (0.90, 0.80, False),  # error 0.10 is not above twice the gap of 0.10
    ],
)
def test_high_bias(train, validation, high):
    curves = rows(PLATEAU, train_accuracy=train, validation_accuracy=validation)
    assert judge_curves(curves, best=10, gap_noise=0.01).high_bias is high


def test_one_epoch_has_no_trend():
    verdict = judge_curves(rows([0.4]), best=1, gap_noise=0.01)
    assert (verdict.tail, verdict.validation_trend, verdict.onset) == (0, "flat", None)


@pytest.mark.parametrize(("epochs", "tail"), [(2, 1), (5, 2), (10, 2), (20, 4)])
def test_tail_is_a_fifth_and_at_least_two(epochs, tail):
    assert judge_curves(rows([0.5] * epochs), best=1, gap_noise=0.01).tail == tail


@pytest.mark.parametrize(
    ("change", "direction"),
    [(-0.021, "falling"), (-0.02, "flat"), (0.02, "flat"), (0.021, "rising")],
)
def test_trend_limits(change, direction):
    assert trend(change) == direction


def test_relative_change_of_a_zero_loss():
    assert relative_change([0.0, 0.0, 0.5], tail=2) == 0.0


def test_rise_that_comes_back_has_no_onset():
    assert rise_onset([1.0, 0.5, 0.8, 0.5], minimum=2) is None
