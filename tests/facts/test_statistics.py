"""Intervals and exact tests, against values worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.facts.statistics import _score, mcnemar_p, paired_interval, wilson_interval

Z = 1.959963984540054


def test_wilson_of_half():
    """p = 1/2, n = 10, z = 1.96: centre 1/2, half width z/√n · √(1/4 + z²/4n) / (1 + z²/n)."""
    half = Z * math.sqrt(0.25 / 10 + Z * Z / 400) / (1 + Z * Z / 10)
    assert wilson_interval(5, 10) == pytest.approx((0.5 - half, 0.5 + half))


def test_wilson_without_a_miss():
    """p = 1: the lower bound is n / (n + z²), the upper one 1."""
    assert wilson_interval(20, 20) == pytest.approx((20 / (20 + Z * Z), 1.0))


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


def test_tango_as_published():
    """1 won, 7 lost of 21: −0.517 to −0.026 (Fagerland et al., BMC Med Res Methodol 14, 2014)."""
    assert paired_interval(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)


def test_tango_without_disagreement():
    """Score² = nΔ² / (|Δ|(1 − |Δ|) + …) comes to n|Δ| / (1 − |Δ|): z² there is z² / (n + z²)."""
    bound = Z * Z / (1000 + Z * Z)
    assert paired_interval(0, 0, 1000) == pytest.approx((-bound, bound))


def test_score_of_no_difference_is_mcnemars():
    """(fixed − broken) / √(fixed + broken)."""
    assert _score(30, 14, 500, 0.0) == pytest.approx(16 / math.sqrt(44))


@given(
    st.integers(1, 2000).flatmap(
        lambda n: st.integers(0, n).flatmap(
            lambda a: st.tuples(st.just(a), st.integers(0, n - a), st.just(n))
        )
    )
)
def test_tango_holds_the_difference_and_mirrors(counts):
    fixed, broken, n = counts
    low, high = paired_interval(fixed, broken, n)
    assert -1 <= low <= (fixed - broken) / n + 1e-9
    assert (fixed - broken) / n - 1e-9 <= high <= 1
    assert paired_interval(broken, fixed, n) == pytest.approx((-high, -low), abs=1e-9)


def test_tango_refuses_more_disagreements_than_samples():
    with pytest.raises(ValueError, match=r"need fixed \+ broken <= n"):
        paired_interval(3, 3, 5)
