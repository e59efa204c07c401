"""Better, worse, similar, inconclusive: each by its rule."""

import numpy as np
import pytest

from reportgen.facts.comparison import MARGIN, compare, judge


def answers(n, fixed, broken, both_wrong=0):
    """Return which of n samples two classifiers get right."""
    mine, theirs = np.ones(n, bool), np.ones(n, bool)
    mine[:fixed] = False
    theirs[fixed : fixed + broken] = False
    mine[-both_wrong or n :] = theirs[-both_wrong or n :] = False
    return mine, theirs


@pytest.mark.parametrize(
    ("n", "fixed", "broken", "verdict", "small"),
    [
        (100, 12, 1, "better", False),
        (100, 1, 12, "worse", False),
        (100, 3, 3, "inconclusive", False),  # ±0.05: the data do not tell
        (10_000, 30, 28, "similar", True),  # ±0.0015
        (10_000, 40, 18, "better", True),  # 0.22 points: shown, and small
    ],
)
def test_verdicts(n, fixed, broken, verdict, small):
    found = compare(*answers(n, fixed, broken, both_wrong=5))
    assert (found.fixed, found.broken, found.n) == (fixed, broken, n)
    assert found.gain == (fixed - broken) / n
    assert found.low < found.gain < found.high
    assert (found.verdict, found.small) == (verdict, small)


def test_the_four_values_of_s001_are_inconclusive():
    """95.5 % against 93.0 % of 200: at best 5 to 0, p = 0.0625."""
    found = compare(*answers(200, 5, 0, both_wrong=9))
    assert found.p == 0.0625
    assert found.verdict == "inconclusive"


def test_similar_needs_the_whole_interval():
    assert judge(0.2, 0.0, -MARGIN, MARGIN) == "similar"
    assert judge(0.2, 0.0, -MARGIN - 1e-9, 0.001) == "inconclusive"
    assert judge(0.2, 0.004, 0.0, MARGIN + 1e-9) == "inconclusive"


def test_by_group():
    """Two groups won by 4 each, one lost by 1: |sum| >= 7 only for ±(4+4±1): 4 of 8 flips."""
    mine = np.array([False] * 8 + [True] * 4)
    theirs = np.array([True] * 8 + [False] + [True] * 3)
    found = compare(mine, theirs, np.array([1] * 4 + [2] * 4 + [5] * 4))
    assert (found.fixed, found.broken, found.p) == (8, 1, 4 / 8)
    assert compare(mine, theirs).p < 0.05  # as if the twelve were independent
    assert found.low < compare(mine, theirs).low
