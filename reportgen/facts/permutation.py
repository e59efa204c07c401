"""Exact permutation tests on whole numbers, and the correction for several of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction


def sign_flip_p(differences: Sequence[int]) -> float:
    """Return the exact two-sided p-value of paired differences.

    Parameters
    ----------
    differences : sequence of int
        One for each pair: of errors by seed, or of samples won and lost by group.

    Returns
    -------
    float
        Share of all ways to flip the signs that give a sum at least as far from
        0; 1.0 without a difference.

    Notes
    -----
    If both sides are equally good, each difference is as likely with the other
    sign: R. A. Fisher, The Design of Experiments (1935), section 21. All flips are
    counted, by the number of ways to reach each sum. With every difference ±1 it
    is McNemar's exact test.

    Examples
    --------
    >>> sign_flip_p([3, 1, 2, 2, 1])
    0.0625
    """
    ways: Counter[int] = Counter({0: 1})
    for size in map(abs, differences):
        flipped: Counter[int] = Counter()
        for total, count in ways.items():
            flipped[total + size] += count
            flipped[total - size] += count
        ways = flipped
    seen = abs(sum(differences))
    extreme = sum(count for total, count in ways.items() if abs(total) >= seen)
    return float(extreme / 2 ** len(differences))


def whole_numbers(values: Sequence[Fraction]) -> list[int]:
    """Return values in the ratios of these as whole numbers, as small as they can be.

    Examples
    --------
    >>> whole_numbers([Fraction(1, 2), Fraction(-1, 3)])
    [3, -2]
    """
    scale = math.lcm(*(value.denominator for value in values))
    return [int(value * scale) for value in values]


def two_sample_p(first: Sequence[int], second: Sequence[int]) -> float:
    """Return the exact two-sided p-value that two unpaired samples have one mean.

    Returns
    -------
    float
        Share of all divisions of the pooled values into groups of these sizes
        whose means differ at least as much.

    Notes
    -----
    E. J. G. Pitman, Supplement to the Journal of the Royal Statistical Society 4
    (1937), 119–130.

    Examples
    --------
    >>> two_sample_p([1, 2], [5, 6])
    0.3333333333333333
    """
    pooled, size = [*first, *second], len(first)
    ways: Counter[tuple[int, int]] = Counter({(0, 0): 1})
    for value in pooled:
        for (taken, total), count in list(ways.items()):
            if taken < size:
                ways[taken + 1, total + value] += count
    # |mean difference| rises with |N · sum − size · all|.
    whole, n = sum(pooled), len(pooled)
    seen = abs(n * sum(first) - size * whole)
    full = {total: count for (taken, total), count in ways.items() if taken == size}
    extreme = sum(c for total, c in full.items() if abs(n * total - size * whole) >= seen)
    return extreme / sum(full.values())


def holm(values: Sequence[float], n_tests: int = 0) -> tuple[float, ...]:
    """Return Holm's step-down correction of some p-values, in the order given.

    Parameters
    ----------
    values : sequence of float
        The p-values that are known.
    n_tests : int
        How many tests they were chosen from, if more: the correction is then at least
        that of all of them, whatever the others would have given.

    Notes
    -----
    The i-th smallest of m is multiplied by m − i + 1, made monotone and capped at
    1: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65–70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    >>> holm([0.01], n_tests=3)
    (0.03,)
    """
    n_tests = max(n_tests, len(values))
    order = sorted(range(len(values)), key=lambda i: values[i])
    corrected = [0.0] * len(values)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (n_tests - rank) * values[i]))
        corrected[i] = highest
    return tuple(corrected)
