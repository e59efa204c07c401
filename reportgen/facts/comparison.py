"""Two classifiers on the same samples: better, worse, similar, or inconclusive.

=============  ==================================================================
verdict        rule
=============  ==================================================================
better, worse  the exact test is below `ALPHA` (after Holm where several pairs are
               compared), and the difference has that sign
similar        it is not, and the 95 % interval of the difference lies within
               ±`MARGIN`: whatever the difference is, it is too small to matter
inconclusive   neither: the data do not tell
=============  ==================================================================

Not finding a difference is no proof of equality, so "similar" has to be shown as
well: D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15
(1987), 657–680, who takes the 90 % interval; ours is stricter. A difference may be
both shown and small; `small` tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reportgen.facts.groups import grouped_difference
from reportgen.facts.permutation import sign_flip_p
from reportgen.facts.statistics import ALPHA, mcnemar_p, paired_interval

Verdict = Literal["better", "worse", "similar", "inconclusive"]

MARGIN = 0.005
"""Difference of two accuracies that is too small to matter: half a percentage point.

One sample of 200, the smallest validation set that the courses use.
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A second classifier against a first.

    Attributes
    ----------
    n : int
        Samples that both answered.
    fixed, broken : int
        Samples that only the second, and only the first, got right.
    gain : float
        Accuracy of the second minus that of the first.
    low, high : float
        Its 95 % interval.
    p : float
        Two-sided: exact McNemar, or exact sign flips by group.
    """

    n: int
    fixed: int
    broken: int
    gain: float
    low: float
    high: float
    p: float

    @property
    def small(self) -> bool:
        """Whether the whole interval lies within ±`MARGIN`."""
        return is_small(self.low, self.high)

    @property
    def verdict(self) -> Verdict:
        """What the second is, without correction for other pairs."""
        return judge(self.p, self.gain, self.low, self.high)


def is_small(low: float, high: float) -> bool:
    """Tell whether an interval lies within ±`MARGIN`."""
    return low >= -MARGIN and high <= MARGIN


def judge(p: float, gain: float, low: float, high: float) -> Verdict:
    """Return the verdict on a difference; the module's table has the rules.

    Examples
    --------
    >>> judge(p=0.3, gain=0.001, low=-0.002, high=0.004)
    'similar'
    """
    if p < ALPHA:
        return "better" if gain > 0 else "worse"
    return "similar" if is_small(low, high) else "inconclusive"


def compare(mine: np.ndarray, theirs: np.ndarray, groups: np.ndarray | None = None) -> Comparison:
    """Compare two classifiers on the same samples.

    Parameters
    ----------
    mine, theirs : ndarray of bool, shape (n,)
        Which samples the first and the second got right.
    groups : ndarray of int, shape (n,), or None
        The group of each sample, where they are not independent.
    """
    won, lost = theirs & ~mine, mine & ~theirs
    n, fixed, broken = len(mine), int(won.sum()), int(lost.sum())
    if groups is None:
        low, high = paired_interval(fixed, broken, n)
        p = mcnemar_p(broken, fixed)
    else:
        by_group = [count_by_group(values, groups) for values in (won, lost, np.ones(n, bool))]
        low, high = grouped_difference(*by_group)
        p = sign_flip_p([f - b for f, b in zip(*by_group[:2], strict=True)])
    return Comparison(n, fixed, broken, (fixed - broken) / n, low, high, p)


def count_by_group(chosen: np.ndarray, groups: np.ndarray) -> list[int]:
    """Return how many samples of each group are chosen, by rising group.

    Examples
    --------
    >>> count_by_group(np.array([True, False, True]), np.array([7, 7, 2]))
    [1, 1]
    """
    _, index = np.unique(groups, return_inverse=True)
    counts: list[int] = np.bincount(index, weights=chosen).astype(int).tolist()
    return counts
