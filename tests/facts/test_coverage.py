"""What the 95 % intervals cover: for a fixed checkpoint, and for the best of several."""

import numpy as np
import pytest

from reportgen.facts.statistics import paired_interval, wilson_interval

ROUNDS = 4000


def covered(hits, n, truth):
    """Return the share of the counts whose Wilson interval holds the truth."""
    values, times = np.unique(hits, return_counts=True)
    inside = [low <= truth <= high for low, high in (wilson_interval(int(k), n) for k in values)]
    return float(np.average(inside, weights=times))


@pytest.mark.parametrize(
    ("n", "truth"),
    [(n, 1 - misses / n) for n in (200, 1000, 10_000) for misses in (5, 7.5, 10, 20, 50, 100)],
)
def test_wilson_of_a_fixed_checkpoint(n, truth):
    """93 to 97 % wherever at least five misses are expected."""
    rng = np.random.default_rng([n, round(truth * n)])
    assert 0.93 <= covered(rng.binomial(n, truth, 20_000), n, truth) <= 0.97


def best_of(rng, n, truth, epochs, own):
    """Return the best count of hits over epochs of one true accuracy.

    Each sample keeps its fate from epoch to epoch but for a share `own`, drawn anew.
    """
    fate = rng.random((ROUNDS, n)) < truth
    best = fate.sum(axis=1)
    for _ in range(epochs - 1):
        anew = rng.random((ROUNDS, n)) < own
        fate = np.where(anew, rng.random((ROUNDS, n)) < truth, fate)
        best = np.maximum(best, fate.sum(axis=1))
    return best


def test_choosing_the_best_epoch_flatters():
    """500 samples, true accuracy 0.95, 10 epochs that each draw a third of the fates anew.

    The fixed checkpoint's interval covers; that of the best lies above the truth too often.
    """
    rng = np.random.default_rng(0)
    n, truth = 500, 0.95
    fixed = rng.binomial(n, truth, ROUNDS)
    best = best_of(rng, n, truth, 10, 1 / 3)
    assert 0.93 <= covered(fixed, n, truth) <= 0.97
    assert covered(best, n, truth) < 0.93
    assert 0.004 < best.mean() / n - truth < 0.015  # about a standard error, 0.0097
    assert abs(fixed.mean() / n - truth) < 0.001


@pytest.mark.parametrize(("fixed", "broken"), [(0.03, 0.03), (0.05, 0.01), (0.01, 0.008)])
def test_paired_difference(fixed, broken):
    """Tango's interval covers the difference of two classifiers on 1000 samples."""
    rng = np.random.default_rng(0)
    counts = rng.multinomial(1000, [fixed, broken, 1 - fixed - broken], 1500)
    truth = fixed - broken
    inside = [
        low <= truth <= high
        for low, high in (paired_interval(int(a), int(b), 1000) for a, b, _ in counts)
    ]
    assert 0.93 <= np.mean(inside) <= 0.97
