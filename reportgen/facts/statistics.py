"""Intervals and exact tests on counts. Standard library only: the report half stays light."""

from __future__ import annotations

import math
from statistics import NormalDist

LEVEL = 0.95
"""Confidence of every interval."""

ALPHA = 0.05
"""Level of the tests: below it a difference is told as one."""


def normal_quantile(level: float = LEVEL) -> float:
    """Return z such that a normal value lies within ±z with this probability."""
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson_interval(hits: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's score interval for a proportion.

    Parameters
    ----------
    hits, n : float
        Successes among n trials, 0 <= hits <= n, n >= 1. Effective numbers, where
        trials are not independent, need not be whole.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    tuple of float
        Lower and upper bound, in [0, 1].

    Raises
    ------
    ValueError
        If there are no trials, or more hits than trials.

    Notes
    -----
    With z the normal quantile of (1 + level) / 2 and p = hits / n, the bounds are
    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n): E. B. Wilson, Journal of the
    American Statistical Association 22 (1927), 209–212. For p above 0.99 and n of
    200 or less its coverage is poor. For a checkpoint fixed beforehand and at least
    5 expected misses it covers the truth in 93 to 97 % of the samples
    (tests/facts/test_coverage.py); for the best of several epochs it covers less.

    Examples
    --------
    >>> low, high = wilson_interval(5, 10)
    >>> round(low, 4), round(high, 4)
    (0.2366, 0.7634)
    """
    if not 0 <= hits <= n or n < 1:
        msg = f"need 0 <= hits <= n and n >= 1, got hits {hits} and n {n}"
        raise ValueError(msg)
    z = normal_quantile(level)
    p = hits / n
    centre = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of McNemar's test.

    Parameters
    ----------
    only_first, only_second : int
        Samples that only the first, and only the second, of two classifiers got right.

    Returns
    -------
    float
        Probability, if both are equally good, of a split at least as uneven; 1.0 if
        they never disagree.

    Notes
    -----
    The discordant samples are Binomial(n, 1/2) under equality: Q. McNemar,
    Psychometrika 12 (1947), 153–157, in its exact binomial form.

    Examples
    --------
    >>> mcnemar_p(5, 0)
    0.0625
    """
    n = only_first + only_second
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, float(2 * tail / 2**n))


def paired_interval(
    fixed: float, broken: float, n: float, level: float = LEVEL
) -> tuple[float, float]:
    """Return Tango's score interval for the difference of two paired proportions.

    Parameters
    ----------
    fixed, broken : float
        Samples that only the second, and only the first, of two classifiers got right.
    n : float
        All samples, at least ``fixed + broken`` and at least 1.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    tuple of float
        Bounds, in [-1, 1], of the second's accuracy minus the first's.

    Notes
    -----
    The bounds are the differences Δ whose score is ±z, with

    score(Δ) = (fixed − broken − nΔ) / √(n (2q + Δ(1 − Δ))),

    q the maximum-likelihood probability of `broken` under Δ: T. Tango, Statistics
    in Medicine 17 (1998), 891–908. At Δ = 0 it is McNemar's statistic, so interval
    and test tell the same up to the test's exactness.
    """
    if min(fixed, broken) < 0 or fixed + broken > n or n < 1:
        msg = f"need fixed + broken <= n and n >= 1, got {fixed}, {broken} and {n}"
        raise ValueError(msg)
    z, gain = normal_quantile(level), (fixed - broken) / n
    low = _solve_score(fixed, broken, n, z, -1.0, gain)
    high = _solve_score(fixed, broken, n, -z, gain, 1.0)
    return low, high


def _solve_score(
    fixed: float, broken: float, n: float, target: float, low: float, high: float
) -> float:
    """Return the difference between `low` and `high` whose score is `target`; it falls."""
    for _ in range(60):
        middle = (low + high) / 2
        if _score(fixed, broken, n, middle) > target:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _score(fixed: float, broken: float, n: float, delta: float) -> float:
    """Return Tango's score of a difference."""
    b = -fixed - broken + (2 * n - fixed + broken) * delta
    c = -broken * delta * (1 - delta)
    q = (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    variance = n * (2 * q + delta * (1 - delta))
    miss = fixed - broken - n * delta
    if variance <= 0:
        return math.copysign(math.inf, miss) if miss else 0.0
    return miss / math.sqrt(variance)
