"""Whether classes form clusters at all: purity under shuffled labels, distances, islands.

Purity is a join count on the graph of nearest neighbours. Under shuffled labels
its mean and variance follow from the graph and the class sizes alone (P. A. P.
Moran, Journal of the Royal Statistical Society B 10, 1948, 243–251; for nearest
neighbours M. F. Schilling, Journal of the American Statistical Association 81,
1986, 799–806).

A class forms several islands if the graph of nearest neighbours within the class
falls apart, or has a cut of conductance below `ISLAND_CONDUCTANCE`: of the edges at
the smaller side, so small a share leads to the other. The cut is looked for along
the second eigenvector of the normalised Laplacian (J. Shi and J. Malik, IEEE
PAMI 22, 2000, 888–905). Sides of less than a tenth of the class are strays.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.measures.single_thread import single_thread
from reportgen.measures.space import neighbourhood
from reportgen.records import SpaceStructure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ISLAND_CONDUCTANCE = 0.003
"""Conductance below which a cut separates islands.

A strip of 500 points must be some twenty times as long as wide to have such a cut.
"""

ISLAND_SHARE = 0.1
"""Share of a class that an island holds at least."""

MIN_ISLAND = 6
"""Samples that an island holds at least."""

MAX_CLASS_ROWS = 500
"""Samples of a class that islands are looked for among: evenly spread over its rows."""


def measure_structure(
    points: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    n_classes: int,
    *,
    n_neighbours: int = 10,
) -> SpaceStructure:
    """Return chance level, centroid distances and islands of classes among these points.

    Parameters
    ----------
    points : ndarray of float32, (n, d)
        Finite; n at least 3.
    labels : ndarray of int, (n,)
        True classes, from 0 to `n_classes` - 1.
    n_classes : int
        Length of what is by class.
    n_neighbours : int
        Neighbours looked at, as in `measure_space`.
    """
    classes = labels.astype(np.intp)
    with single_thread():
        nearest = nearest_rows(points, n_neighbours)
        islands = tuple(count_islands(points[classes == label]) for label in range(n_classes))
    mean, deviation = chance_purity(nearest, np.bincount(classes, minlength=n_classes))
    distances = centroid_distances(points, classes, n_classes)
    return SpaceStructure(mean, deviation, tuple(map(tuple, distances.tolist())), islands)


def nearest_rows(points: NDArray[np.float32], n_neighbours: int) -> NDArray[np.intp]:
    """Return the nearest rows of each row, (n, k), itself excluded; k by `neighbourhood`."""
    from sklearn.neighbors import NearestNeighbors

    k = neighbourhood(len(points), n_neighbours)
    rows: NDArray[np.intp] = NearestNeighbors(n_neighbors=k).fit(points).kneighbors()[1]
    return rows


def chance_purity(nearest: NDArray[np.intp], counts: NDArray[np.intp]) -> tuple[float, float]:
    """Return mean and standard deviation of the purity if labels were shuffled.

    Parameters
    ----------
    nearest : ndarray of int, (n, k)
        Neighbours of each point.
    counts : ndarray of int, (n_classes,)
        Points of each class; n together, n at least 2.

    Notes
    -----
    With m = nk directed edges, of which M have their reverse, and D the degree of a
    point both ways, two edges share both ends m + M times, one end ΣD² − 2(m + M)
    times, and no end else; the chance that both join equal labels is in each case
    a ratio of falling factorials.
    """
    n, k = nearest.shape
    m = n * k
    edges = np.zeros((n, n), bool)
    edges[np.arange(n)[:, np.newaxis], nearest] = True
    both = m + int((edges & edges.T).sum())
    degrees = k + edges.sum(axis=0)
    one = int((degrees**2).sum()) - 2 * both
    none = m * m - one - both
    two_alike, three_alike, two_pairs = _alike(counts.astype(float))
    variance = (two_alike * both + three_alike * one + two_pairs * none) / m**2 - two_alike**2
    return two_alike, math.sqrt(max(0.0, variance))


def _alike(counts: Floats) -> tuple[float, float, float]:
    """Return the chance that two points, three points, and each of two pairs are of one class."""
    n = counts.sum()
    pairs = counts * (counts - 1)
    triples = pairs * (counts - 2)
    same = triples * (counts - 3)
    other = pairs.sum() ** 2 - (pairs**2).sum()
    two = pairs.sum() / (n * (n - 1))
    three = triples.sum() / (n * (n - 1) * (n - 2)) if n > 2 else 0.0
    four = (same.sum() + other) / (n * (n - 1) * (n - 2) * (n - 3)) if n > 3 else 0.0
    return float(two), float(three), float(four)


def centroid_distances(
    points: NDArray[np.float32], labels: NDArray[np.intp], n_classes: int
) -> Floats:
    """Return the distance between each two classes' centroids, relative, (n_classes, n_classes).

    The divisor is the root mean square distance of all points to their centroid.
    """
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    scale = math.sqrt(float((centred**2).sum()) / len(centred)) or 1.0
    counts = np.bincount(labels, minlength=n_classes)
    centroids = np.zeros((n_classes, centred.shape[1]))
    np.add.at(centroids, labels, centred)
    centroids /= np.maximum(counts, 1)[:, np.newaxis]
    distances: Floats = np.linalg.norm(centroids[:, np.newaxis] - centroids, axis=2) / scale
    missing = counts == 0
    distances[missing] = 0.0
    distances[:, missing] = 0.0
    return distances


def count_islands(points: NDArray[np.float32]) -> int:
    """Return how many separate clusters the points of one class form; 0 without points.

    A twentieth of the points are looked at as neighbours of each, 5 to 10: fewer
    than the smallest island has.
    """
    if len(points) > MAX_CLASS_ROWS:
        points = points[np.linspace(0, len(points) - 1, MAX_CLASS_ROWS).astype(np.intp)]
    n = len(points)
    smallest = max(MIN_ISLAND, math.ceil(ISLAND_SHARE * n))
    if n < 2 * smallest:
        return min(n, 1)
    nearest = nearest_rows(points, min(10, max(5, n // 20)))
    edges = np.zeros((n, n))
    edges[np.arange(n)[:, np.newaxis], nearest] = 1.0
    return max(1, _count_parts(edges + edges.T, smallest))


def _count_parts(weights: Floats, smallest: int) -> int:
    """Return into how many parts of at least this size a graph falls."""
    from scipy.sparse.csgraph import connected_components

    n_parts, part = connected_components(weights, directed=False)
    if n_parts > 1:
        inside = [part == i for i in range(n_parts)]
        return sum(
            _count_parts(weights[np.ix_(rows, rows)], smallest)
            for rows in inside
            if rows.sum() >= smallest
        )
    if len(weights) < 2 * smallest:
        return 1
    side = _thin_cut(weights, smallest)
    if side is None:
        return 1
    return sum(_count_parts(weights[np.ix_(rows, rows)], smallest) for rows in (side, ~side))


def _thin_cut(weights: Floats, smallest: int) -> NDArray[np.bool_] | None:
    """Return one side of the thinnest cut along the second eigenvector, if thin enough."""
    degrees = weights.sum(axis=0)
    root = np.sqrt(degrees)
    laplacian = np.eye(len(weights)) - weights / np.outer(root, root)
    order = np.argsort(np.linalg.eigh(laplacian)[1][:, 1] / root, kind="stable")
    sorted_weights = weights[np.ix_(order, order)]
    volume = np.cumsum(degrees[order])
    inner = 2 * np.cumsum(np.tril(sorted_weights).sum(axis=1))
    conductance = (volume - inner) / np.maximum(np.minimum(volume, volume[-1] - volume), 1e-12)
    allowed = conductance[smallest - 1 : len(weights) - smallest]
    best = int(np.argmin(allowed))
    if allowed[best] >= ISLAND_CONDUCTANCE:
        return None
    side = np.zeros(len(weights), bool)
    side[order[: smallest + best]] = True
    return side
