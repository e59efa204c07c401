"""Exact permutation tests, counted out by hand and against scipy."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.facts.permutation import holm, sign_flip_p, two_sample_p
from reportgen.facts.statistics import mcnemar_p

WHOLE = st.integers(-6, 6)


def test_five_pairs_of_one_sign_reach_one_sixteenth():
    """Only all signs as they are, and all flipped: 2 / 2⁵, however large the differences."""
    assert sign_flip_p([5, 1, 9, 2, 3]) == 2 / 32
    assert sign_flip_p([-5, -1, -9, -2, -3]) == 2 / 32


def test_three_pairs():
    """3, 1, −1: the sum 3 is reached or passed by ±(3+1+1), ±(3+1−1) twice: 6 of 8."""
    assert sign_flip_p([3, 1, -1]) == 6 / 8


def test_ones_are_mcnemar():
    assert sign_flip_p([1] * 9 + [-1] * 2) == pytest.approx(mcnemar_p(9, 2))


def test_no_pair_and_no_difference():
    assert sign_flip_p([]) == 1.0
    assert sign_flip_p([0, 0]) == 1.0


@given(st.lists(WHOLE, min_size=1, max_size=7))
def test_sign_flips_by_brute_force(differences):
    seen = abs(sum(differences))
    flips = list(product((1, -1), repeat=len(differences)))
    extreme = sum(abs(np.dot(signs, differences)) >= seen for signs in flips)
    assert sign_flip_p(differences) == extreme / len(flips)


@given(st.lists(WHOLE, min_size=1, max_size=4), st.lists(WHOLE, min_size=1, max_size=4))
def test_two_samples_by_brute_force(first, second):
    pooled, size = np.array(first + second), len(first)
    n = len(pooled)
    seen = abs(n * sum(first) - size * pooled.sum())
    ways = [pooled[list(rows)].sum() for rows in combinations(range(n), size)]
    extreme = sum(abs(n * total - size * pooled.sum()) >= seen for total in ways)
    assert two_sample_p(first, second) == pytest.approx(extreme / len(ways))


def test_holm():
    """0.01 · 3; 0.03 · 2; 0.04 · 1, raised to the one before."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()
