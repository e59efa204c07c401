"""Chance purity against shuffling, centroid distances by hand, islands of known number."""

import numpy as np
import pytest

from reportgen.measures.structure import (
    centroid_distances,
    chance_purity,
    count_islands,
    measure_structure,
    nearest_rows,
)


def blob(rng, n, d=2, at=0.0):
    points = rng.normal(size=(n, d))
    points[:, 0] += at
    return points.astype(np.float32)


@pytest.mark.parametrize("counts", [(40, 40, 40), (100, 15, 5), (60, 60, 0)])
def test_chance_by_shuffling(counts):
    """Mean and deviation of the purity over 3000 shuffles."""
    rng = np.random.default_rng(0)
    nearest = nearest_rows(blob(rng, 120), 5)
    labels = np.repeat(np.arange(3), counts)
    shuffled = [rng.permutation(labels) for _ in range(3000)]
    purities = [(row[nearest] == row[:, np.newaxis]).mean() for row in shuffled]
    mean, deviation = chance_purity(nearest, np.array(counts))
    assert mean == pytest.approx(np.mean(purities), abs=4 * deviation / 3000**0.5)
    assert deviation == pytest.approx(np.std(purities), rel=0.06)


def test_chance_of_three_points():
    """Labels 0, 0, 1 on a line at 0, 1, 3: a pair of equal labels has the chance 1/3.

    Edges 0→1, 1→0, 2→1: purity 2/3 if the odd label is at 2, else 0 or 1/3: mean 1/3,
    mean square (4/9 + 0 + 1/9) / 3 = 5/27, variance 5/27 − 3/27.
    """
    nearest = nearest_rows(np.array([[0.0], [1.0], [3.0]], np.float32), 1)
    assert nearest.ravel().tolist() == [1, 0, 1]
    assert chance_purity(nearest, np.array([2, 1])) == pytest.approx((1 / 3, (2 / 27) ** 0.5))


def test_centroid_distances():
    """Centroids at −2 and 2 in x; mean square distance to 0 is 4: 4 / 2 = 2. Class 2 is absent."""
    points = np.array([[-2, 0], [-2, 0], [2, 0], [2, 0]], np.float32)
    found = centroid_distances(points, np.array([0, 0, 1, 1]), 3)
    assert found.tolist() == [[0, 2, 0], [2, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("d", [2, 10])
@pytest.mark.parametrize("n", [30, 100, 500])
def test_islands(n, d):
    rng = np.random.default_rng([n, d])
    one = blob(rng, n, d)
    two = np.concatenate([blob(rng, n // 2, d), blob(rng, n // 2, d, at=15)])
    three = np.concatenate([blob(rng, n // 3, d, at=at) for at in (0, 15, 30)])
    touching = np.concatenate([blob(rng, n // 2, d), blob(rng, n // 2, d, at=3)])
    assert [count_islands(points) for points in (one, two, three, touching)] == [1, 2, 3, 1]


def test_strays_make_no_island_and_no_bridge():
    rng = np.random.default_rng(0)
    bridge = np.c_[np.linspace(3, 12, 8), np.zeros(8)].astype(np.float32)
    far = np.concatenate([blob(rng, 200), blob(rng, 12, at=40)])  # under a tenth
    assert count_islands(far) == 1
    assert count_islands(np.concatenate([blob(rng, 200), blob(rng, 200, at=15), bridge])) == 2


def test_long_strips_are_one():
    rng = np.random.default_rng(0)
    strips = [rng.uniform(size=(400, 2)).astype(np.float32) * [5, 1] for _ in range(5)]
    assert [count_islands(strip.astype(np.float32)) for strip in strips] == [1] * 5


@pytest.mark.parametrize(("n", "islands"), [(0, 0), (1, 1), (9, 1)])
def test_few_points(n, islands):
    assert count_islands(np.zeros((n, 2), np.float32)) == islands


def test_many_equal_points_are_one_island():
    assert count_islands(np.zeros((600, 2), np.float32)) == 1


def test_whole():
    rng = np.random.default_rng(0)
    points = np.concatenate([blob(rng, 40), blob(rng, 40, at=20)])
    found = measure_structure(points, np.repeat([0, 1], 40), 2)
    assert found.islands == (1, 1)
    assert found.chance_purity == pytest.approx(39 / 79)
    assert found.centroid_distance[0][1] == pytest.approx(2.0, abs=0.05)
