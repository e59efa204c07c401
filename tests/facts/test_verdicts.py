"""Verdicts on families of scripted curves whose truth is known."""

import math

import numpy as np
import pytest

from reportgen.facts.curve import make_curve, rise_onset
from reportgen.facts.verdicts import judge_curves
from reportgen.records import EpochRow

NOISES = {
    "uniform": lambda rng, n: rng.uniform(-0.1, 0.1, n),
    "normal": lambda rng, n: rng.normal(0, 0.1, n),
}


def rows(validation, training=None, *, train_accuracy=0.99, validation_accuracy=0.985):
    """Epochs with these losses and constant accuracies."""
    training = validation if training is None else training
    return [
        EpochRow(i, 1, t, train_accuracy, t, train_accuracy, v, validation_accuracy)
        for i, (v, t) in enumerate(
            zip(map(float, validation), map(float, training), strict=True), 1
        )
    ]


def judge(validation, training=None, *, best=1, chance_loss=math.inf, diverged=False, **accuracies):
    epochs = rows(validation, training, **accuracies)
    return judge_curves(epochs, best, 0.01, chance_loss, diverged=diverged)


def family(n, kind, height):
    """Return a validation loss that rises by `height` from a known epoch on, and that epoch."""
    i = np.arange(1, n + 1)
    turn = int(n * (0.7 if kind == "late" else 0.4))
    up = np.clip((i - turn) / (n - turn), 0, None)
    if kind == "late":
        return 0.5 + 0.8 * np.exp(-i / 2) + height * up, turn + 1
    down = np.clip((turn - i) / turn, 0, None)
    return 0.5 + 0.8 * down**2 + height * up ** (2 if kind == "round" else 1), turn + 1


FALLING = [1.0 * 0.8**i for i in range(10)]
PLATEAU = [1.0, 0.5, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]
U_SHAPED = [1.0, 0.6, 0.4, 0.3, 0.32, 0.35, 0.38, 0.41, 0.44, 0.47]


# ── clean curves, by hand ───────────────────────────────────────────────────


def test_falling_curves_ask_for_more_epochs():
    """Windows of 3: medians 0.8⁹⁻¹ and, three epochs before, 0.8⁵: a factor 0.8³ = 0.512."""
    verdict = judge(FALLING, best=10)
    assert verdict.validation_trend == "falling"
    assert verdict.validation_change == pytest.approx(0.512 - 1)
    assert verdict.more_epochs_help
    assert (verdict.state, verdict.overfitting, verdict.onset) == ("improving", "none", None)


def test_plateau_is_flat():
    """All windows from 0.3, 0.2, 0.2 on have the median 0.2; that one's centre is epoch 4."""
    verdict = judge(PLATEAU, best=10)
    assert (verdict.state, verdict.validation_trend) == ("plateau", "flat")
    assert verdict.plateau_from == 4
    assert not verdict.more_epochs_help


def test_u_shape_overfits_after_its_minimum():
    verdict = judge(U_SHAPED, FALLING, best=4)
    assert (verdict.state, verdict.overfitting) == ("overfitting", "rising")
    assert (verdict.loss_minimum, verdict.onset) == (4, 5)
    assert verdict.rise == pytest.approx(0.44 - 0.32)  # medians of the last and lowest three
    assert not verdict.more_epochs_help


def test_one_spike_is_no_overfitting():
    assert judge([*PLATEAU[:-2], 0.9, 0.2], FALLING, best=10).overfitting == "none"


def test_rise_of_both_losses_is_no_overfitting():
    """Where the training loss rises too, the optimiser went astray: nothing was memorised."""
    verdict = judge(U_SHAPED, U_SHAPED, best=4)
    assert (verdict.overfitting, verdict.state) == ("none", "unstable")


def test_a_rise_of_five_percent_of_a_tiny_loss_may_be_noise():
    """0.030 → 0.033 is 10 %, but the loss jumps by as much: nothing is shown."""
    jumping = [0.2, 0.06, 0.034, 0.030, 0.034, 0.030, 0.034, 0.030, 0.034, 0.033]
    assert judge(jumping, FALLING, best=4).overfitting == "none"
    calm = [0.2, 0.06, 0.034, 0.030, 0.0305, 0.031, 0.0316, 0.0321, 0.0326, 0.033]
    assert judge(calm, FALLING, best=4).overfitting == "rising"


def test_gap_beyond_noise_is_told_apart_from_a_rise():
    accuracies = {"train_accuracy": 1.0, "validation_accuracy": 0.98}
    epochs = rows(PLATEAU, FALLING, **accuracies)
    assert judge_curves(epochs, 10, 0.01).overfitting == "gap"
    assert judge_curves(epochs, 10, 0.03).overfitting == "none"


@pytest.mark.parametrize(
    ("train", "validation", "high"),
    [
        (0.70, 0.68, True),  # error 0.30 on learnt data, gap 0.02
        (0.97, 0.90, False),  # error 0.03: the network fits its data
        (0.90, 0.80, False),  # error 0.10 is not above twice the gap of 0.10
    ],
)
def test_high_bias(train, validation, high):
    verdict = judge(PLATEAU, best=10, train_accuracy=train, validation_accuracy=validation)
    assert verdict.high_bias is high


def test_stuck_at_chance():
    """ln 10 = 2.303: 2.30 is 99.9 % of it, 2.0 is 87 %."""
    flat = [2.31, 2.305, 2.303, 2.302, 2.302, 2.301, 2.301, 2.30, 2.30, 2.30]
    verdict = judge(flat, best=10, chance_loss=math.log(10), train_accuracy=0.11)
    assert (verdict.state, verdict.stuck, verdict.more_epochs_help) == ("stuck", True, False)
    assert not judge([*flat[:-1], 2.0], best=10, chance_loss=math.log(10)).stuck


def test_diverged_comes_first():
    verdict = judge([2.3, 9.0, 80.0], best=1, chance_loss=math.log(10), diverged=True)
    assert (verdict.state, verdict.diverged) == ("diverged", True)
    assert not verdict.more_epochs_help


def test_one_epoch_has_no_trend():
    verdict = judge([0.4])
    assert (verdict.tail, verdict.validation_trend, verdict.onset) == (0, "unknown", None)
    assert (verdict.state, verdict.noise, verdict.validation_change) == ("short", None, 0.0)


def test_two_epochs_have_a_direction_and_no_shape():
    verdict = judge([0.4, 0.3])
    assert (verdict.state, verdict.validation_trend, verdict.tail) == ("short", "falling", 1)
    assert verdict.validation_change == pytest.approx(-0.25)
    assert judge([0.4, 0.3], best=2).more_epochs_help


def test_a_loss_of_zero_has_no_relative_change():
    assert judge([0.0] * 8).validation_change == 0.0


@pytest.mark.parametrize(
    ("last", "trend"), [(0.979, "falling"), (0.981, "flat"), (1.019, "flat"), (1.021, "rising")]
)
def test_trend_limits(last, trend):
    assert judge([1.0, 1.0, 1.0, last, last, last]).validation_trend == trend


# ── families with noise of ±0.1 ─────────────────────────────────────────────


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("n", [6, 10, 20, 40])
def test_plateau_with_noise_seldom_alarms(n, noise):
    """At most 3 % rises and 4 % falls in 500 plateaus; 2.5 % and 3.5 % over many more."""
    rng = np.random.default_rng([n, len(noise)])
    curves = [make_curve((1 + NOISES[noise](rng, n)).tolist()) for _ in range(500)]
    assert sum(rise_onset(curve) is not None for curve in curves) <= 0.03 * 500
    assert sum(curve.trend == "falling" for curve in curves) <= 0.045 * 500


@pytest.mark.parametrize("kind", ["knee", "round", "late"])
@pytest.mark.parametrize(
    ("n", "height", "found", "near"),
    [(10, 1.0, 0.95, 0.95), (20, 0.5, 0.95, 0.85), (40, 0.5, 0.98, 0.75), (40, 1.0, 0.99, 0.9)],
)
def test_onset_of_a_noisy_rise(n, kind, height, found, near):
    """Found in this share of 60 curves; of these, this share within a fifth of the horizon."""
    course, truth = family(n, kind, height)
    rng = np.random.default_rng([n, len(kind)])
    onsets = [
        rise_onset(make_curve((course + NOISES["uniform"](rng, n)).tolist())) for _ in range(60)
    ]
    seen = [onset for onset in onsets if onset is not None]
    assert len(seen) >= found * 60
    assert sum(abs(onset - truth) <= n / 5 for onset in seen) >= near * len(seen)
    assert abs(float(np.median(seen)) - truth) <= n / 10 + 1


@pytest.mark.parametrize("n", [10, 20, 40])
def test_noisy_fall_goes_on(n):
    """A loss that falls with a time constant of half the horizon, noise ±0.02."""
    rng = np.random.default_rng(n)
    course = 0.2 + np.exp(-np.arange(n) / (n / 2))
    verdicts = [judge(course + rng.uniform(-0.02, 0.02, n)) for _ in range(50)]
    assert sum(verdict.more_epochs_help for verdict in verdicts) >= 47
    assert {verdict.overfitting for verdict in verdicts} == {"none"}


@pytest.mark.parametrize("seed", range(30))
def test_late_overfitting_with_falling_training_loss(seed):
    course, truth = family(40, "late", 1.0)
    rng = np.random.default_rng(seed)
    training = 1.0 * 0.9 ** np.arange(40)
    verdict = judge(course + rng.uniform(-0.1, 0.1, 40), training)
    assert verdict.state == "overfitting"
    assert abs(verdict.onset - truth) <= 8
