"""The errors inside and between groups of classes, and what chance would give.

An error of a sample whose true class lies in a group stays inside if the predicted
class lies there too. What chance would give is that each error falls evenly on the
other classes: an error of a class in a group of g among K classes stays inside with
probability (g − 1) / (K − 1). The expected share is the mean of that over the errors;
the count inside is the sum of as many independent draws, each with its own
probability, and its exact upper tail is the p-value (S. D. Poisson's generalisation of
the binomial law; see Y. H. Wang, Statistica Sinica 3, 1993, 295–312).

Where samples come in groups themselves (variants of one glyph), their errors are not
independent: all errors of one class in one such group are then taken to fall
together, which gives the sum its widest law, and so a cautious test.

Samples of a class that is in no group take no part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.facts.statistics import ALPHA

Groups = Mapping[str, Sequence[str]]
"""The names of the classes in each group."""


@dataclass(frozen=True, slots=True)
class GroupErrors:
    """The errors of one group's samples; `class_groups.GROUP_FIELDS` says what each value is."""

    n: int
    errors: int
    inside: int

    @property
    def outside(self) -> int:
        """Errors that leave the group."""
        return self.errors - self.inside

    @property
    def recall(self) -> float | None:
        """Share of the samples that are classified right; None without samples."""
        return part_of(self.n - self.errors, self.n)

    @property
    def inside_share(self) -> float | None:
        """Share of the errors that stay inside; None without errors."""
        return part_of(self.inside, self.errors)


@dataclass(frozen=True, slots=True)
class InsideErrors:
    """The errors of all groups together; `class_groups.INSIDE_FIELDS` says what each value is."""

    errors: int
    count: int
    expected: float | None
    p: float

    @property
    def outside(self) -> int:
        """Errors that leave their group."""
        return self.errors - self.count

    @property
    def share(self) -> float | None:
        """Share of the errors that stay inside; None without errors."""
        return part_of(self.count, self.errors)

    @property
    def outside_share(self) -> float | None:
        """Share of the errors that leave; None without errors."""
        return part_of(self.outside, self.errors)

    @property
    def more_than_chance(self) -> bool:
        """Whether the p-value is below `ALPHA`."""
        return self.p < ALPHA


def part_of(part: int, whole: int) -> float | None:
    """Return a part as a share of the whole; None of nothing."""
    return part / whole if whole else None


def group_matrix(confusion: Sequence[Sequence[int]], members: np.ndarray, n: int) -> np.ndarray:
    """Return how often samples of each group are misclassified into each, int (n, n + 1).

    Parameters
    ----------
    confusion : sequence of sequence of int
        Rows are the truth.
    members : ndarray of int, shape (classes,)
        The group of each class, from 0; n for none.
    n : int
        Groups. The last column counts errors into classes of no group.
    """
    wrong = np.array(confusion)
    np.fill_diagonal(wrong, 0)
    found = np.zeros((n + 1, n + 1), dtype=np.int64)
    np.add.at(found, (members[:, None], members[None, :]), wrong)
    return found[:n]


def find_members(groups: Groups, classes: Sequence[str]) -> np.ndarray:
    """Return the group of each class, from 0, in the order of the groups; their number for none.

    Examples
    --------
    >>> find_members({"pets": ["cat"], "insects": ["ant", "bee"]}, ("ant", "bee", "cat", "elk"))
    array([1, 1, 0, 2])
    """
    group_of = {name: i for i, members in enumerate(groups.values()) for name in members}
    return np.array([group_of.get(name, len(groups)) for name in classes])


def upper_tail(draws: Sequence[tuple[int, float]], seen: int) -> float:
    """Return the probability that independent draws add to at least `seen`, exactly.

    Parameters
    ----------
    draws : sequence of (int, float)
        What each adds if it succeeds, at least 1, and the probability that it does.
    seen : int
        From 0 to the sum of all.

    Examples
    --------
    >>> upper_tail([(1, 0.5), (1, 0.5), (2, 0.25)], 3)
    0.1875
    """
    law = np.zeros(sum(size for size, _ in draws) + 1)
    law[0] = 1.0
    for size, chance in draws:
        moved = chance * law[:-size]
        law *= 1 - chance
        law[size:] += moved
    return min(1.0, float(law[seen:].sum()))


def stay_chances(members: np.ndarray, n: int) -> np.ndarray:
    """Return, by class, with what chance an error that falls evenly stays inside, float (classes,).

    Examples
    --------
    >>> stay_chances(np.array([1, 1, 0, 2]), 2).round(3).tolist()
    [0.333, 0.333, 0.0, 0.0]
    """
    sizes = np.bincount(members, minlength=n)
    chances: np.ndarray = (sizes[members] - 1) / max(1, len(members) - 1)
    return np.where(members < n, chances, 0.0)


def count_inside(
    labels: np.ndarray,
    predictions: np.ndarray,
    members: np.ndarray,
    n: int,
    sample_groups: np.ndarray | None = None,
) -> InsideErrors:
    """Return how many errors stay inside their group, and what chance would give.

    Parameters
    ----------
    labels, predictions : ndarray of int, shape (samples,)
    members : ndarray of int, shape (classes,)
        The group of each class, from 0; n for none.
    n : int
        Groups.
    sample_groups : ndarray of int, shape (samples,), or None
        The group of each sample, where they are not independent.
    """
    wrong = (predictions != labels) & (members[labels] < n)
    true = labels[wrong]
    count = int((members[predictions[wrong]] == members[true]).sum())
    chances = stay_chances(members, n)
    if sample_groups is None:
        draws = [(1, chance) for chance in chances[true].tolist()]
    else:
        together = np.stack([sample_groups[wrong], true], axis=1)
        units, sizes = np.unique(together, axis=0, return_counts=True)
        draws = list(zip(sizes.tolist(), chances[units[:, 1]].tolist(), strict=True))
    return InsideErrors(
        errors=len(true),
        count=count,
        expected=float(chances[true].mean()) if len(true) else None,
        p=upper_tail(draws, count),
    )
