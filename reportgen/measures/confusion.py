"""Which classes are taken for which, and the most confident errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ConfusionPairs:
    """The most frequent confusions.

    Attributes
    ----------
    directed : tuple of (true, predicted, count)
        How often a class was taken for another; by falling count, then by true
        class, then by predicted class.
    merged : tuple of (first, second, count)
        How often two classes were confused, both ways added; first < second; by
        falling count, then by first, then by second class.
    """

    directed: tuple[tuple[int, int, int], ...]
    merged: tuple[tuple[int, int, int], ...]


def confusion_counts(
    labels: NDArray[np.integer[Any]], predictions: NDArray[np.integer[Any]], n_classes: int
) -> tuple[tuple[int, ...], ...]:
    """Return the confusion matrix: rows are the truth, columns the predictions.

    Parameters
    ----------
    labels, predictions : ndarray of int, (n,)
        From 0 to `n_classes` - 1.
    n_classes : int
        Rows and columns of the matrix.

    Raises
    ------
    ValueError
        If the lengths differ, or a class is out of range.

    Examples
    --------
    >>> confusion_counts(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    ((1, 1), (0, 1))
    """
    if labels.shape != predictions.shape:
        msg = f"{labels.shape} labels, but {predictions.shape} predictions"
        raise ValueError(msg)
    for name, values in (("label", labels), ("prediction", predictions)):
        if values.size and not 0 <= values.min() <= values.max() < n_classes:
            msg = f"a {name} lies outside 0…{n_classes - 1}: {values.min()} to {values.max()}"
            raise ValueError(msg)
    cells = labels.astype(np.int64) * n_classes + predictions
    matrix = np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)
    return tuple(tuple(row) for row in matrix.tolist())


def confident_errors(
    labels: NDArray[np.integer[Any]],
    predictions: NDArray[np.integer[Any]],
    confidence: NDArray[np.floating[Any]],
    limit: int,
) -> tuple[tuple[int, int, int, float], ...]:
    """Return the errors of highest confidence as (index, true, predicted, confidence).

    At most `limit`, by falling confidence, on a tie by index.

    Examples
    --------
    >>> confident_errors(
    ...     np.array([0, 1, 1]), np.array([1, 1, 0]), np.array([0.5, 0.9, 0.75]), 5
    ... )
    ((2, 1, 0, 0.75), (0, 0, 1, 0.5))
    """
    wrong = np.flatnonzero(labels != predictions)
    ranked = wrong[np.argsort(-confidence[wrong], kind="stable")[:limit]]
    return tuple(
        (int(i), int(labels[i]), int(predictions[i]), float(confidence[i])) for i in ranked
    )


def frequent_pairs(confusion: Sequence[Sequence[int]], limit: int) -> ConfusionPairs:
    """Return the most frequent confusions, one way and both ways added.

    Of each kind there are the first `limit`, and all that tie with the last of
    them, so that none is left out by its class number; pairs that never occur
    are not counted, so there may be fewer, or none.

    Parameters
    ----------
    confusion : sequence of sequence of int
        Square; rows are the truth.
    limit : int
        At least 1.

    Examples
    --------
    >>> pairs = frequent_pairs([[5, 2, 0], [1, 5, 2], [0, 0, 5]], limit=1)
    >>> pairs.directed
    ((0, 1, 2), (1, 2, 2))
    >>> pairs.merged
    ((0, 1, 3),)
    """
    if limit < 1:
        msg = f"limit must be at least 1, got {limit}"
        raise ValueError(msg)
    classes = range(len(confusion))
    directed = [(i, j, confusion[i][j]) for i in classes for j in classes if i != j]
    merged = [(i, j, confusion[i][j] + confusion[j][i]) for i in classes for j in classes if i < j]
    return ConfusionPairs(_top(directed, limit), _top(merged, limit))


def _top(pairs: list[tuple[int, int, int]], limit: int) -> tuple[tuple[int, int, int], ...]:
    """Return the first pairs by falling count, with all that tie with the last."""
    ranked = sorted((pair for pair in pairs if pair[2]), key=lambda pair: (-pair[2], pair[:2]))
    least = ranked[:limit][-1][2] if ranked else 0
    return tuple(pair for pair in ranked if pair[2] >= least)
