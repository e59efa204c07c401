"""Confusion matrix, its pairs, and the most confident errors."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.measures.confusion import confident_errors, confusion_counts, frequent_pairs


def test_rows_are_the_truth() -> None:
    labels = np.array([0, 0, 0, 1, 2, 2], np.uint16)
    predictions = np.array([0, 1, 1, 1, 0, 2], np.uint16)
    assert confusion_counts(labels, predictions, 3) == ((1, 2, 0), (0, 1, 0), (1, 0, 1))


def test_classes_that_never_occur_have_empty_rows() -> None:
    none = np.array([], np.uint16)
    assert confusion_counts(none, none, 2) == ((0, 0), (0, 0))


def test_many_classes_do_not_overflow_the_labels_type() -> None:
    labels = np.array([299], np.uint16)  # 299 · 300 + 299 does not fit into 16 bits
    assert confusion_counts(labels, labels, 300)[299][299] == 1


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [([0, 3], [0, 0], "label lies outside"), ([0, 0], [0, 3], "prediction lies outside")],
)
def test_a_class_out_of_range_is_refused(
    labels: list[int], predictions: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        confusion_counts(np.array(labels), np.array(predictions), 3)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="labels, but"):
        confusion_counts(np.array([0]), np.array([0, 0]), 3)


def test_errors_come_by_confidence_then_index() -> None:
    labels = np.array([0, 1, 2, 0, 1], np.uint16)
    predictions = np.array([1, 1, 0, 2, 0], np.uint16)
    confidence = np.array([0.5, 1.0, 0.75, 0.5, 0.875], np.float32)
    expected = ((4, 1, 0, 0.875), (2, 2, 0, 0.75), (0, 0, 1, 0.5))
    assert confident_errors(labels, predictions, confidence, 3) == expected


def test_without_errors_there_are_none() -> None:
    labels = np.array([0, 1])
    assert confident_errors(labels, labels, np.array([0.5, 0.5]), 9) == ()


MATRIX = (
    (90, 4, 1, 0),
    (2, 80, 0, 4),
    (1, 0, 70, 5),
    (0, 3, 1, 60),
)


def test_pairs_that_tie_with_the_last_are_kept() -> None:
    """Directed: 5, 4, 4; the second place is shared. Merged: {1,3} 7, {0,1} 6, {2,3} 6."""
    pairs = frequent_pairs(MATRIX, limit=2)
    assert pairs.directed == ((2, 3, 5), (0, 1, 4), (1, 3, 4))
    assert pairs.merged == ((1, 3, 7), (0, 1, 6), (2, 3, 6))


def test_the_limit_holds_without_a_tie() -> None:
    pairs = frequent_pairs(MATRIX, limit=1)
    assert pairs.directed == ((2, 3, 5),)
    assert pairs.merged == ((1, 3, 7),)


def test_pairs_that_never_occur_are_left_out() -> None:
    assert frequent_pairs(((3, 0), (1, 2)), limit=2).directed == ((1, 0, 1),)
    assert frequent_pairs(((3, 0), (0, 2)), limit=2).merged == ()


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        frequent_pairs(MATRIX, limit=0)
