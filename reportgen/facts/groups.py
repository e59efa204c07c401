"""Samples that come in groups (variants of one glyph) carry less than as many free ones.

The design effect is the variance of a proportion by groups over that of
independent samples (L. Kish, Survey Sampling, 1965, section 8.2); dividing the
counts by it gives an effective sample, for which the usual intervals hold
(J. N. K. Rao and A. J. Scott, Biometrics 48, 1992, 577–585). Few groups tell the
effect itself badly: a factor (z / t)², t with one degree of freedom less than
groups, makes up for that (E. L. Korn and B. I. Graubard, Survey Methodology 24,
1998, 193–201).
"""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.facts.statistics import normal_quantile, paired_interval, wilson_interval
from reportgen.facts.student import t_quantile


def design_effect(totals: Sequence[int], sizes: Sequence[int], single: float) -> float | None:
    """Return the design effect of a mean, at least 1; None where nothing varies.

    Parameters
    ----------
    totals : sequence of int
        Sum of the values of each group: its hits, or its samples won less lost.
    sizes : sequence of int
        Samples of each group, at least 1.
    single : float
        Variance of one value, were all independent.

    Notes
    -----
    The mean is a ratio of two sums over groups; its variance is that of the
    groups' residuals (W. G. Cochran, Sampling Techniques, 1977, section 2.11).
    """
    k, n = len(sizes), sum(sizes)
    if single <= 0 or k < 2:
        return None
    mean = sum(totals) / n
    spread = sum((t - mean * m) ** 2 for t, m in zip(totals, sizes, strict=True))
    return max(1.0, k / (k - 1) * spread / n / single)


def effective_size(n: int, n_groups: int, effect: float | None) -> float:
    """Return how many independent samples n of them in groups are worth, at least 1.

    Where nothing varies each group counts once.

    Examples
    --------
    >>> effective_size(100, 10, None)
    10.0
    """
    if effect is None:
        return float(n_groups)
    few = (normal_quantile() / t_quantile(n_groups - 1)) ** 2
    return max(1.0, n / effect * few)


def grouped_wilson(hits: Sequence[int], sizes: Sequence[int]) -> tuple[float, float]:
    """Return Wilson's interval for the share of hits, at the effective sample's size.

    Parameters
    ----------
    hits, sizes : sequence of int
        Of each group; one group at least.
    """
    n, p = sum(sizes), sum(hits) / sum(sizes)
    size = effective_size(n, len(sizes), design_effect(hits, sizes, p * (1 - p)))
    return wilson_interval(p * size, size)


def grouped_difference(
    fixed: Sequence[int], broken: Sequence[int], sizes: Sequence[int]
) -> tuple[float, float]:
    """Return Tango's interval for a paired difference, at the effective sample's size.

    Parameters
    ----------
    fixed, broken, sizes : sequence of int
        Samples that only the second, and only the first, of two classifiers got
        right, and all samples, of each group.
    """
    n = sum(sizes)
    gain = (sum(fixed) - sum(broken)) / n
    single = (sum(fixed) + sum(broken)) / n - gain**2
    totals = [f - b for f, b in zip(fixed, broken, strict=True)]
    scale = effective_size(n, len(sizes), design_effect(totals, sizes, single)) / n
    return paired_interval(sum(fixed) * scale, sum(broken) * scale, n * scale)
