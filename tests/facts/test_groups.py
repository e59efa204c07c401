"""Intervals by group: worked by hand, and covering where independent intervals do not."""

import dataclasses

import numpy as np
import pytest

from reportgen.facts.evaluation import score_facts
from reportgen.facts.groups import (
    design_effect,
    effective_size,
    grouped_difference,
    grouped_wilson,
)
from reportgen.facts.statistics import wilson_interval
from tests.facts.hand_made import record, values


def test_whole_groups_right_or_wrong():
    """4 groups of 5, three right: p = 3/4, residuals 1.25 (3 times) and −3.75, squared 18.75.

    The variance of a value is 4/3 · 18.75 / 20 = 1.25, over p(1 − p) = 0.1875: 20/3.
    """
    assert design_effect([5, 5, 5, 0], [5, 5, 5, 5], 0.1875) == pytest.approx(20 / 3)


def test_effect_is_at_least_one_and_needs_variance():
    assert design_effect([3, 3], [5, 5], 0.24) == 1.0
    assert design_effect([5, 5], [5, 5], 0.0) is None
    assert design_effect([3], [5], 0.24) is None


def test_effective_size_pays_for_few_groups():
    """4 groups: t(3) = 3.1824, (1.95996 / 3.1824)² = 0.3793; 20 / (20/3) = 3."""
    assert effective_size(20, 4, 20 / 3) == pytest.approx(3 * 0.3793, rel=1e-3)
    assert effective_size(100, 7, None) == 7.0
    assert effective_size(20, 2, 20 / 3) == 1.0  # never less than one sample


def test_all_right_counts_groups():
    assert grouped_wilson([5, 5, 5], [5, 5, 5]) == wilson_interval(3, 3)


def test_difference_is_wider_by_group():
    low, high = grouped_difference([4, 0, 4, 0], [0, 1, 0, 1], [10] * 4)
    assert low < 6 / 40 < high
    assert high - low > 0.4


def test_coverage_by_group():
    """60 groups of 10 of like fate: by group 95 % (93–98), as if independent below 80 %."""
    rng = np.random.default_rng(0)
    truth, rounds = 0.8, 600
    covered = naive = 0
    for _ in range(rounds):
        hits = rng.binomial(10, rng.beta(1.6, 0.4, 60)).tolist()
        low, high = grouped_wilson(hits, [10] * 60)
        covered += low <= truth <= high
        low, high = wilson_interval(sum(hits), 600)
        naive += low <= truth <= high
    assert 0.93 <= covered / rounds <= 0.98
    assert naive / rounds < 0.8


def test_groups_of_a_record_widen_its_interval():
    """Twelve samples in three groups."""
    base = record()
    groups = np.repeat([4, 8, 9], 4).astype(np.int32)
    grouped = dataclasses.replace(base, arrays={**base.arrays, "groups": groups})
    evaluation = base.result.evaluations[0]
    free, tied = (values(score_facts("net", r, evaluation, "key")) for r in (base, grouped))
    assert (free["net.h2.best.units"], tied["net.h2.best.units"]) == (12, 3)
    assert tied["net.h2.best.low"] < free["net.h2.best.low"]
    assert tied["net.h2.best.accuracy"] == free["net.h2.best.accuracy"]
