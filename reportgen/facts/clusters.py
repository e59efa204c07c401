"""Rules that turn the measures of a map and of its features into verdicts on clusters.

Each rule is a threshold on a measured quantity, with its source or its reasoning:

=============  ====================================================================
verdict        rule
=============  ====================================================================
structure      "none" if purity is not above that of shuffled labels by
               `CHANCE_DEVIATIONS` (one case in 700 for a normal law); else "clear"
               if it covers half of the way from chance to 1, "weak" if not
overlap        by `mixture`, the share of foreign neighbours over that of shuffled
               labels: up to 0.02 "none", 0.10 "slight", 0.50 "considerable", above
               "strong"; "total" without structure
compactness    by the silhouette: above 0.70 "strong", 0.50 "reasonable", 0.25
               "weak", else "none" (L. Kaufman and P. Rousseeuw, Finding Groups in
               Data, 1990, table 4 of chapter 2)
linear         by the share that a linear SVM misclassifies: 0 "separable", up to
               0.01 "almost", 0.05 "mostly", above "not"
trust          trustworthiness from 0.95 "high", from 0.85 "fair", below "low"; maps of
               pure noise come to 0.68 (128 features) and 0.91 (10 features)
agreement      purity on the map less that of the features, beyond ±`PURITY_STEP`:
               "map_clearer", "map_blurs", else "agree"
=============  ====================================================================
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal

from reportgen.records import SpaceMeasures, SpaceStructure

Structure = Literal["none", "weak", "clear"]
Overlap = Literal["none", "slight", "considerable", "strong", "total"]
Compactness = Literal["strong", "reasonable", "weak", "none"]
Linear = Literal["separable", "almost", "mostly", "not"]
Trust = Literal["high", "fair", "low"]
Agreement = Literal["agree", "map_clearer", "map_blurs"]

CHANCE_DEVIATIONS = 3.0
"""Standard deviations above the purity of shuffled labels from which there is structure."""

CLEAR_EXCESS = 0.5
"""Share of the way from chance to perfect purity from which structure is clear."""

OVERLAP_SHARE = 0.02
"""Mean share of neighbours across a pair of classes from which the two overlap."""

PURITY_STEP = 0.02
"""Difference of two purities that is worth a word."""


def excess(measures: SpaceMeasures, structure: SpaceStructure) -> float:
    """Return how far purity lies from chance (0) to perfect (1); below chance it is negative.

    It is 0 where chance is perfect, with a single class.
    """
    room = 1 - structure.chance_purity
    return (measures.purity - structure.chance_purity) / room if room > 0 else 0.0


def judge_structure(measures: SpaceMeasures, structure: SpaceStructure) -> Structure:
    """Tell whether the classes form clusters at all."""
    limit = structure.chance_purity + CHANCE_DEVIATIONS * structure.chance_deviation
    if measures.purity <= limit:
        return "none"
    return "clear" if excess(measures, structure) >= CLEAR_EXCESS else "weak"


def mixture(measures: SpaceMeasures, structure: SpaceStructure) -> float:
    """Return the share of foreign neighbours over that of shuffled labels, in [0, 1]."""
    return min(1.0, max(0.0, 1 - excess(measures, structure)))


def judge_overlap(measures: SpaceMeasures, structure: SpaceStructure) -> Overlap:
    """Tell how much the classes overlap."""
    if judge_structure(measures, structure) == "none":
        return "total"
    limits: tuple[tuple[float, Overlap], ...] = (
        (0.02, "none"),
        (0.10, "slight"),
        (0.50, "considerable"),
    )
    mixed = mixture(measures, structure)
    return next((word for limit, word in limits if mixed <= limit), "strong")


def judge_compactness(silhouette: float) -> Compactness:
    """Tell how compact and apart the classes are.

    Examples
    --------
    >>> [judge_compactness(s) for s in (0.71, 0.7, 0.26, 0.25)]
    ['strong', 'reasonable', 'weak', 'none']
    """
    limits: tuple[tuple[float, Compactness], ...] = (
        (0.70, "strong"),
        (0.50, "reasonable"),
        (0.25, "weak"),
    )
    return next((word for limit, word in limits if silhouette > limit), "none")


def judge_linear(errors: int, n: int) -> Linear:
    """Tell how far a linear machine separates the classes.

    Examples
    --------
    >>> [judge_linear(errors, 100) for errors in (0, 1, 5, 6)]
    ['separable', 'almost', 'mostly', 'not']
    """
    if not errors:
        return "separable"
    limits: tuple[tuple[float, Linear], ...] = ((0.01, "almost"), (0.05, "mostly"))
    return next((word for limit, word in limits if errors <= limit * n), "not")


def is_trivial(n: int, n_features: int) -> bool:
    """Tell whether so many features separate any labels, so that separability says nothing.

    Notes
    -----
    Up to 2(d + 1) points in general position, a random division in two is linearly
    separable with a chance of one half or more: T. M. Cover, IEEE Transactions on
    Electronic Computers 14 (1965), 326–334.
    """
    return n <= 2 * (n_features + 1)


def judge_trust(trustworthiness: float) -> Trust:
    """Tell how far neighbours on the map can be trusted."""
    if trustworthiness >= 0.95:
        return "high"
    return "fair" if trustworthiness >= 0.85 else "low"


def judge_agreement(features: SpaceMeasures, on_map: SpaceMeasures) -> Agreement:
    """Tell whether the map shows classes as pure as the features have them."""
    step = on_map.purity - features.purity
    if abs(step) <= PURITY_STEP:
        return "agree"
    return "map_clearer" if step > 0 else "map_blurs"


def overlapping_pairs(measures: SpaceMeasures) -> int:
    """Return how many pairs of classes share at least `OVERLAP_SHARE` of their neighbours."""
    mixing = measures.mixing
    pairs = combinations(range(len(mixing)), 2)
    return sum((mixing[a][b] + mixing[b][a]) / 2 >= OVERLAP_SHARE for a, b in pairs)


def ranked_distances(structure: SpaceStructure) -> list[tuple[float, int, int]]:
    """Return (distance, a, b) of the classes' centroids, nearest first; absent classes left out."""
    distances = structure.centroid_distance
    present = [i for i, count in enumerate(structure.islands) if count]
    return sorted((distances[a][b], a, b) for a, b in combinations(present, 2))


def rank_correlation(first: SpaceStructure, second: SpaceStructure) -> float | None:
    """Return Spearman's correlation of the class distances in two spaces.

    None with fewer than three classes, or where all distances are equal.
    """
    a, b = (
        {(i, j): distance for distance, i, j in ranked_distances(space)}
        for space in (first, second)
    )
    if len(a) < 3:
        return None
    x, y = mean_ranks(list(a.values())), mean_ranks([b[pair] for pair in a])
    centre = (len(a) - 1) / 2
    products = [
        sum((u - centre) * (v - centre) for u, v in zip(p, q, strict=True))
        for p, q in ((x, y), (x, x), (y, y))
    ]
    scale = products[1] * products[2]
    return products[0] / scale**0.5 if scale else None


def mean_ranks(values: list[float]) -> list[float]:
    """Return each value's rank from 0; equal values share the mean of theirs.

    Examples
    --------
    >>> mean_ranks([5.0, 1.0, 5.0])
    [1.5, 0.0, 1.5]
    """
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2
        for value in values
    ]
