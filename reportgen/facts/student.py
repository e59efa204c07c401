"""Student's t: quantiles and intervals for means over seeds. Standard library only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, variance

from reportgen.facts.statistics import LEVEL

Interval = tuple[float, float]


def t_quantile(freedom: int, level: float = LEVEL) -> float:
    """Return t such that a t-distributed value lies within ±t with this probability.

    Parameters
    ----------
    freedom : int
        Degrees of freedom, at least 1.
    level : float
        Probability in (0, 1).

    Notes
    -----
    With θ = atan(t / √ν), the probability is a finite series in sin θ and cos θ:
    M. Abramowitz and I. Stegun, Handbook of Mathematical Functions (1964), 26.7.3
    and 26.7.4. It rises with θ, so bisection inverts it.

    Examples
    --------
    >>> round(t_quantile(1), 3), round(t_quantile(4), 3)
    (12.706, 2.776)
    """
    if freedom < 1:
        msg = f"degrees of freedom must be at least 1, got {freedom}"
        raise ValueError(msg)
    low, high = 0.0, math.pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        if _central_probability(middle, freedom) < level:
            low = middle
        else:
            high = middle
    return math.tan((low + high) / 2) * math.sqrt(freedom)


def _central_probability(theta: float, freedom: int) -> float:
    """Return the probability that |T| < tan θ · √ν."""
    square = math.cos(theta) ** 2
    odd = freedom % 2
    term = math.cos(theta) if odd else 1.0
    total = 0.0
    for k in range(2 + odd, freedom + 1, 2):
        total += term
        term *= square * (k - 1) / k
    if odd:
        return 2 / math.pi * (theta + math.sin(theta) * total)
    return math.sin(theta) * total


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Return Student's interval for the mean of at least two independent values.

    Examples
    --------
    >>> low, high = mean_interval([0.90, 0.92])
    >>> round(low, 3), round(high, 3)
    (0.783, 1.037)
    """
    n = len(values)
    half = t_quantile(n - 1, level) * math.sqrt(variance(values) / n)
    mean = fmean(values)
    return mean - half, mean + half


def difference_interval(
    first: Sequence[float], second: Sequence[float], level: float = LEVEL
) -> Interval:
    """Return Welch's interval for the mean of `second` minus that of `first`, unpaired.

    Notes
    -----
    B. L. Welch, Biometrika 34 (1947), 28–35; the degrees of freedom are rounded
    down, which widens the interval a little. Without any spread it is a point.
    """
    parts = [variance(values) / len(values) for values in (first, second)]
    gain, total = fmean(second) - fmean(first), sum(parts)
    if not total:
        return gain, gain
    sizes = [len(values) - 1 for values in (first, second)]
    freedom = total**2 / sum(part**2 / size for part, size in zip(parts, sizes, strict=True))
    half = t_quantile(max(1, math.floor(freedom + 1e-9)), level) * math.sqrt(total)
    return gain - half, gain + half
