"""Intervals and exact tests on counts. Standard library only: the report half stays light."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, median


def wilson_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval for a proportion.

    Parameters
    ----------
    hits, n : int
        Successes among n trials, 0 <= hits <= n, n >= 1.
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
    200 or less its coverage is poor.

    Examples
    --------
    >>> low, high = wilson_interval(5, 10)
    >>> round(low, 4), round(high, 4)
    (0.2366, 0.7634)
    """
    if not 0 <= hits <= n or n < 1:
        msg = f"need 0 <= hits <= n and n >= 1, got hits {hits} and n {n}"
        raise ValueError(msg)
    z = NormalDist().inv_cdf((1 + level) / 2)
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


def running_median(values: Sequence[float], width: int = 3) -> tuple[float, ...]:
    """Return the centred running median; at the ends the window moves inwards.

    So a single outlier disappears wherever it stands, the last value included.
    Fewer values than the window has give their common median.

    Examples
    --------
    >>> running_median([1.0, 9.0, 2.0, 3.0])
    (2.0, 2.0, 3.0, 3.0)
    """
    last_start = max(0, len(values) - width)
    starts = (min(max(0, i - width // 2), last_start) for i in range(len(values)))
    return tuple(median(values[start : start + width]) for start in starts)
