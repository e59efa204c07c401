"""Measures of a space, by hand and on clusters whose truth is known."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from reportgen.errors import RunError
from reportgen.measures.space import measure_space, separating_line
from reportgen.records import SpaceMeasures

Points = NDArray[np.float32]
Labels = NDArray[np.uint16]


def line(*values: float) -> Points:
    """Points on a line."""
    return np.array(values, np.float32)[:, np.newaxis]


def clusters(distance: float, *, n_classes: int = 3, n: int = 60) -> tuple[Points, Labels]:
    """Round clusters of deviation 1 whose centres lie on a circle, `distance` from its middle."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(n_classes, dtype=np.uint16), n)
    angle = 2 * math.pi * labels / n_classes
    centres = distance * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return (centres + rng.normal(size=centres.shape)).astype(np.float32), labels


def flat(measures: SpaceMeasures) -> list[float]:
    """All numbers of the measures, one after another."""
    parts = [np.ravel(part) for part in dataclasses.astuple(measures)]
    return [float(value) for value in np.concatenate(parts)]


def test_silhouette_by_hand() -> None:
    """Points 0, 1 | 4, 6 on a line.

    0: a 1, b (4+6)/2 = 5 → 4/5.   1: a 1, b (3+5)/2 = 4 → 3/4.
    4: a 2, b (4+3)/2 = 3.5 → 3/7. 6: a 2, b (6+5)/2 = 5.5 → 7/11.
    """
    measures = measure_space(line(0, 1, 4, 6), np.array([0, 0, 1, 1]), 2)
    first, second = (4 / 5 + 3 / 4) / 2, (3 / 7 + 7 / 11) / 2
    assert measures.silhouette_by_class == pytest.approx((first, second))
    assert measures.silhouette == pytest.approx((first + second) / 2)


def test_dispersion_and_separation_by_hand() -> None:
    """Points -3, -1 | 1, 3: centroids -2 and 2, each class 1 around its own, all √5 around 0."""
    measures = measure_space(line(-3, -1, 1, 3), np.array([0, 0, 1, 1]), 2)
    assert measures.dispersion == pytest.approx((1 / math.sqrt(5), 1 / math.sqrt(5)))
    assert measures.separation == pytest.approx(4 / math.sqrt(5))


def test_purity_and_mixing_by_hand() -> None:
    """One neighbour each, classes 0 0 1 1 at 0, 3, 4, 9.

    0 → 3 (0), 3 → 4 (1), 4 → 3 (0), 9 → 4 (1): own class in 2 of 4.
    """
    measures = measure_space(line(0, 3, 4, 9), np.array([0, 0, 1, 1]), 2, n_neighbours=1)
    assert measures.purity == 0.5
    assert measures.mixing == ((0.5, 0.5), (0.5, 0.5))


def test_equally_near_neighbours_count_by_index() -> None:
    """The middle point has neighbours at 1 on both sides; the first in order counts."""
    points = line(1, 0, 2, 50, 51)
    left = measure_space(points, np.array([0, 1, 2, 3, 3]), 4, n_neighbours=1)
    assert left.mixing[0] == (0.0, 1.0, 0.0, 0.0)
    right = measure_space(points[[0, 2, 1, 3, 4]], np.array([0, 2, 1, 3, 3]), 4, n_neighbours=1)
    assert right.mixing[0] == (0.0, 0.0, 1.0, 0.0)


def test_separate_clusters_are_seen_as_separate() -> None:
    points, labels = clusters(20.0)
    measures = measure_space(points, labels, 3)
    assert measures.purity == 1.0
    assert measures.linear_errors == 0
    assert measures.silhouette > 0.85
    assert max(measures.dispersion) < 0.1
    assert measures.mixing == ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def test_touching_clusters_are_seen_as_mixed_at_the_border() -> None:
    points, labels = clusters(2.0)
    measures = measure_space(points, labels, 3)
    assert 0.8 < measures.purity < 1.0
    assert 0 < measures.linear_errors < 40
    assert 0.2 < measures.silhouette < 0.7


def test_shuffled_labels_show_no_structure() -> None:
    """With three equal classes chance is a purity of 1/3 and two thirds of errors."""
    points, labels = clusters(20.0)
    shuffled = np.random.default_rng(1).permutation(labels)
    measures = measure_space(points, shuffled, 3)
    assert measures.purity == pytest.approx(1 / 3, abs=0.05)
    assert abs(measures.silhouette) < 0.05
    assert measures.linear_errors > 90
    assert measures.separation < 0.5


def test_interleaved_rings_are_pure_but_not_linear() -> None:
    """Two circles of radius 1 and 3: neighbours agree, no line divides them."""
    angle = np.linspace(0, 2 * math.pi, 100, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([ring, 3 * ring]).astype(np.float32)
    measures = measure_space(points, np.repeat([0, 1], 100), 2)
    assert measures.purity == 1.0
    assert measures.linear_errors >= 50
    assert measures.separation == pytest.approx(0.0, abs=1e-6)


def test_each_mixing_row_adds_to_one() -> None:
    points, labels = clusters(1.0)
    rows = measure_space(points, labels, 3).mixing
    assert [sum(row) for row in rows] == pytest.approx([1.0, 1.0, 1.0])


def test_measures_do_not_depend_on_place_and_scale() -> None:
    points, labels = clusters(2.0)
    base, moved = measure_space(points, labels, 3), measure_space(points * 8 + 64, labels, 3)
    assert flat(moved) == pytest.approx(flat(base), rel=1e-4)


def test_the_same_points_give_the_same_bits_in_any_block(monkeypatch: pytest.MonkeyPatch) -> None:
    points, labels = clusters(2.0)
    whole = measure_space(points, labels, 3)
    monkeypatch.setattr("reportgen.measures.space._CHUNK_ROWS", 7)
    assert measure_space(points, labels, 3) == whole


def test_a_class_with_one_point_has_silhouette_zero() -> None:
    """Points 0, 2 | 8: for 0 a 2, b 8 → 3/4; for 2 a 2, b 6 → 2/3; the single one counts 0."""
    measures = measure_space(line(0, 2, 8), np.array([0, 0, 1]), 2)
    assert measures.silhouette_by_class == pytest.approx(((3 / 4 + 2 / 3) / 2, 0.0))
    assert measures.silhouette == pytest.approx((3 / 4 + 2 / 3) / 3)
    assert measures.dispersion[1] == 0.0


def test_one_class_alone_has_nothing_to_be_separate_from() -> None:
    measures = measure_space(line(0, 1, 5, 6), np.zeros(4, np.uint16), 2)
    assert measures.silhouette == 0.0
    assert measures.separation == 0.0
    assert measures.purity == 1.0
    assert measures.linear_errors == 0
    assert measures.dispersion == pytest.approx((1.0, 0.0))
    assert measures.mixing == ((1.0, 0.0), (0.0, 0.0))


def test_points_that_coincide() -> None:
    """A dead network gives the same features to all; the machine then names one class."""
    measures = measure_space(np.full((6, 3), 0.1, np.float32), np.array([0, 0, 0, 0, 1, 1]), 2)
    assert measures.silhouette == 0.0
    assert measures.dispersion == (0.0, 0.0)
    assert measures.separation == 0.0
    assert measures.linear_errors == 2
    assert measures.n_neighbours == 2


def test_a_constant_feature_changes_nothing() -> None:
    points, labels = clusters(2.0)
    wide = np.pad(points, ((0, 0), (0, 1)), constant_values=1.0)
    assert flat(measure_space(wide, labels, 3)) == pytest.approx(
        flat(measure_space(points, labels, 3)), rel=1e-12
    )


def test_features_that_are_not_finite_are_refused() -> None:
    points, labels = clusters(2.0)
    points[[5, 9], 0] = [np.nan, np.inf]
    with pytest.raises(RunError, match=r"2 of 180 samples are not finite, the first in row 5"):
        measure_space(points, labels, 3)


# ── the separating line ─────────────────────────────────────────────────────


def sides(points: Points, line: tuple[float, float, float] | None) -> NDArray[np.bool_]:
    """Whether each point lies on the positive side."""
    assert line is not None
    a, b, c = line
    return a * points[:, 0].astype(np.float64) + b * points[:, 1].astype(np.float64) + c > 0


def test_a_line_between_two_clusters_that_mirror_each_other() -> None:
    """Points at x = -4 and x = 4, the same y: the line is x = 0, up to the machine's tolerance."""
    y = np.array([-1, 0, 1])
    points = np.stack([np.repeat([-4, 4], 3), np.tile(y, 2)], axis=1).astype(np.float32)
    assert separating_line(points, np.repeat([0, 1], 3)) == pytest.approx((1, 0, 0), abs=0.01)
    assert separating_line(points, np.repeat([1, 0], 3)) == pytest.approx((-1, 0, 0), abs=0.01)


def test_a_line_moves_with_the_points() -> None:
    """Twice as far apart and shifted by (10, 20): x = 10."""
    points = np.array([[2, 20], [2, 21], [2, 19], [18, 20], [18, 21], [18, 19]], np.float32)
    line = separating_line(points, np.array([0, 0, 0, 1, 1, 1], np.uint16))
    assert line == pytest.approx((1, 0, -10), abs=0.05)


@pytest.mark.parametrize("distance", [0.2, 0.7, 1.5, 5.0])
def test_the_line_misclassifies_as_many_as_the_measure_counts(distance: float) -> None:
    points, labels = clusters(distance, n_classes=2, n=100)
    points = points * np.array([30, 2], np.float32) + np.array([7, -90], np.float32)
    wrong = np.count_nonzero(sides(points, separating_line(points, labels)) != (labels == 1))
    assert wrong == measure_space(points, labels, 2).linear_errors
    assert (wrong > 0) == (distance < 5)


def test_a_line_has_a_normal_of_length_one() -> None:
    line = separating_line(*clusters(2.0, n_classes=2))
    assert line is not None
    assert math.hypot(line[0], line[1]) == pytest.approx(1.0)


@pytest.mark.parametrize("n_classes", [1, 3])
def test_there_is_a_line_only_between_two_classes(n_classes: int) -> None:
    assert separating_line(*clusters(2.0, n_classes=n_classes)) is None


def test_points_that_coincide_have_no_line() -> None:
    assert separating_line(np.ones((6, 2), np.float32), np.array([0, 0, 0, 1, 1, 1])) is None


def test_a_line_needs_finite_points() -> None:
    points, labels = clusters(2.0, n_classes=2)
    points[3, 1] = np.inf
    with pytest.raises(RunError, match=r"1 of 120 samples are not finite, the first in row 3"):
        separating_line(points, labels)
