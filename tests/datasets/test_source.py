"""What a split and a source refuse."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.datasets.source import Split
from tests.datasets.made import make_source, make_split


def test_images_must_be_bytes() -> None:
    with pytest.raises(ValueError, match="images must be uint8 with 4 axes, got float64"):
        Split(np.zeros((1, 2, 2, 1)), np.zeros(1, np.uint16))  # type: ignore[arg-type]


def test_images_and_labels_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        Split(np.zeros((2, 2, 2, 1), np.uint8), np.zeros(1, np.uint16))


def test_a_label_must_have_a_class() -> None:
    with pytest.raises(ValueError, match="made, all: label 3 with only 3 classes"):
        make_source(3, all=make_split([0, 3]))


def test_splits_share_one_image_shape() -> None:
    with pytest.raises(ValueError, match="one image shape"):
        make_source(1, train=make_split([0], side=4), validation=make_split([0], side=5))


def test_splits_have_groups_all_or_none() -> None:
    with pytest.raises(ValueError, match="groups or none"):
        make_source(1, train=make_split([0], groups=True), validation=make_split([0]))


def test_rows_are_taken_in_the_order_given() -> None:
    split = make_split([0, 1, 2], groups=True)
    taken = split.take(np.array([2, 0]))
    assert taken.labels.tolist() == [2, 0]
    assert taken.groups is not None
    assert taken.groups.tolist() == [2, 0]
    assert np.array_equal(taken.images, split.images[[2, 0]])


def test_class_counts_include_empty_classes() -> None:
    assert make_split([0, 2, 2]).class_counts(4).tolist() == [1, 0, 2, 0]
