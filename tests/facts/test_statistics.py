"""Intervals and exact tests, against values worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.facts.statistics import mcnemar_p, running_median, wilson_interval


def test_wilson_of_half():
    """p = 1/2, n = 10, z = 1.96: centre 1/2, half width z/√n · √(1/4 + z²/4n) / (1 + z²/n)."""
    z = 1.959963984540054
    half = z * math.sqrt(0.25 / 10 + z * z / 400) / (1 + z * z / 10)
    assert wilson_interval(5, 10) == pytest.approx((0.5 - half, 0.5 + half))


def test_wilson_without_a_miss():
    """p = 1: the lower bound is n / (n + z²), the upper one 1."""
    z2 = 1.959963984540054**2
    assert wilson_interval(20, 20) == pytest.approx((20 / (20 + z2), 1.0))


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_proportion(counts):
    hits, n = counts
    low, high = wilson_interval(hits, n)
    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1


@pytest.mark.parametrize(("hits", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_what_is_no_count(hits, n):
    with pytest.raises(ValueError, match="need 0 <= hits <= n"):
        wilson_interval(hits, n)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (0, 0, 1.0),
        (5, 0, 2 / 2**5),
        (1, 7, 2 * (1 + 8) / 2**8),
        (3, 3, 1.0),  # 2 · (1 + 6 + 15 + 20) / 64 > 1
    ],
)
def test_mcnemar(first, second, p):
    assert mcnemar_p(first, second) == pytest.approx(p)
    assert mcnemar_p(second, first) == pytest.approx(p)


def test_mcnemar_of_large_counts_is_finite():
    """2**n has no float form beyond n = 1023; the quotient of integers has."""
    assert 0 < mcnemar_p(900, 1100) < 1e-4


def test_running_median_drops_a_spike():
    assert running_median([1.0, 1.0, 9.0, 1.0, 1.0]) == (1.0, 1.0, 1.0, 1.0, 1.0)


def test_running_median_of_one_value():
    assert running_median([3.0]) == (3.0,)
