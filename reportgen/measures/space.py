"""How classes lie in a space: closeness, spread, mixing, linear separability.

Silhouette of a point: (b - a) / max(a, b), a its mean distance to the others of
its class, b the least mean distance to another class (Rousseeuw, 1987). It is 0
for the only point of a class, where a = b = 0, and where all points are of one
class. Of equally near neighbours the lower index counts.

Dispersion and separation are divided by the root mean square distance of all
points to their centroid, and so do not change with the space's scale; they are 0
if all points coincide. Separation averages over the pairs of classes that have
points, and is 0 if there is only one such class.

Linear errors: one hyperplane a class against all others (L2 penalty, squared
hinge loss, C = 1; Fan et al., LIBLINEAR, 2008), on features of mean 0 and
deviation 1. In a plane, a class in the middle of others cannot be cut off by one
line, however clear its borders are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import RunError
from reportgen.measures.single_thread import single_thread
from reportgen.records import SpaceMeasures

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.svm import LinearSVC

    Floats = NDArray[np.float64]
    Labels = NDArray[np.intp]

_CHUNK_ROWS = 512
_DISTANCE_BITS = 40


def measure_space(
    points: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    n_classes: int,
    *,
    n_neighbours: int = 10,
) -> SpaceMeasures:
    """Return how classes lie among these points, by Euclidean distance, as defined above.

    Parameters
    ----------
    points : ndarray of float32, (n, d)
        Features, or the map of them; n at least 3.
    labels : ndarray of int, (n,)
        True classes, from 0 to `n_classes` - 1.
    n_classes : int
        Length of the measures by class; a class without points has zeros there.
    n_neighbours : int
        Neighbours of each point, itself excluded, that purity and mixing look
        at; see `neighbourhood` for what few points allow.

    Raises
    ------
    RunError
        If a feature is not finite.
    """
    check_finite(points)
    classes = labels.astype(np.intp)
    centred = points.astype(np.float64)
    centred -= centred.mean(axis=0)
    n_nearest = neighbourhood(len(points), n_neighbours)
    with single_thread():
        silhouette, nearest = _distance_measures(centred, classes, n_classes, n_nearest)
        linear_errors = _linear_errors(centred, classes)
    dispersion, separation = _centroid_measures(centred, classes, n_classes)
    mixing = _class_means(nearest / n_nearest, classes, n_classes)
    own = nearest[np.arange(len(classes)), classes]
    return SpaceMeasures(
        silhouette=float(silhouette.mean()),
        silhouette_by_class=tuple(_class_means(silhouette, classes, n_classes).tolist()),
        purity=int(own.sum()) / (n_nearest * len(classes)),
        n_neighbours=n_nearest,
        mixing=tuple(tuple(row) for row in mixing.tolist()),
        dispersion=dispersion,
        separation=separation,
        linear_errors=linear_errors,
    )


def separating_line(
    points: NDArray[np.float32], labels: NDArray[np.integer[Any]]
) -> tuple[float, float, float] | None:
    """Return the straight line between two classes on a map.

    It is that of the very machine whose errors `measure_space` counts.

    Parameters
    ----------
    points : ndarray of float32, (n, 2)
    labels : ndarray of int, (n,)
        True classes.

    Returns
    -------
    tuple of float, or None
        (a, b, c) of the line a·x + b·y + c = 0, with a² + b² = 1: what stands left of
        the equals sign is a point's distance from it, positive on the side of the
        class with the higher number. None unless there are exactly two classes, and
        where the machine finds no line, as for points that coincide.

    Raises
    ------
    RunError
        If a coordinate is not finite.
    """
    check_finite(points)
    classes = labels.astype(np.intp)
    if len(np.unique(classes)) != 2:
        return None
    mean = points.astype(np.float64).mean(axis=0)
    centred = points.astype(np.float64) - mean
    deviation = _deviation(centred)
    with single_thread():
        machine = _machine(centred / deviation, classes)
    normal = machine.coef_[0] / deviation
    length = float(np.hypot(*normal))
    if length == 0.0:
        return None
    a, b = (normal / length).tolist()
    return a, b, float((machine.intercept_[0] - normal @ mean) / length)


def neighbourhood(n: int, n_neighbours: int) -> int:
    """Return how many neighbours are looked at among n points.

    Fewer than asked for where that would be half of the points or more: then
    (n - 1) // 2, at least 1, which trustworthiness allows.

    Examples
    --------
    >>> [neighbourhood(n, 10) for n in (3, 20, 21, 5000)]
    [1, 9, 10, 10]
    """
    return max(1, min(n_neighbours, (n - 1) // 2))


def check_finite(features: NDArray[np.float32]) -> None:
    """Refuse features with NaN or infinity.

    Raises
    ------
    RunError
        With the number of samples concerned and the first of them.
    """
    bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(bad):
        msg = (
            f"the features of {len(bad)} of {len(features)} samples are not finite, the first in "
            f"row {bad[0]}: the network has diverged; try a lower learning rate"
        )
        raise RunError(msg)


def _distance_measures(
    points: Floats, labels: Labels, n_classes: int, n_nearest: int
) -> tuple[Floats, NDArray[np.int64]]:
    """Return each point's silhouette, (n,), and its neighbours by class, (n, n_classes)."""
    member = np.eye(n_classes)[labels]
    sums, nearest = [], []
    for start, squared in _squared_distances(points):
        sums.append(np.sqrt(squared) @ member)
        # A point is no neighbour of itself.
        squared[np.arange(len(squared)), start + np.arange(len(squared))] = np.inf
        nearest.append(_nearest(squared, n_nearest) @ member)
    counts = np.rint(np.concatenate(nearest)).astype(np.int64)
    return _silhouette(np.concatenate(sums), labels, member.sum(axis=0)), counts


def _squared_distances(points: Floats) -> Iterator[tuple[int, Floats]]:
    """Yield the first row and the squared distances, (rows, n), of one block after another.

    They come from |a|² + |b|² - 2ab and are rounded to 40 bits of the largest
    possible one: equal points get 0 and equal distances tie, whatever the order
    in which BLAS adds.
    """
    norms = np.einsum("ij,ij->i", points, points)
    top = 4 * norms.max()
    unit = np.exp2(np.ceil(np.log2(top)) - _DISTANCE_BITS) if top > 0 else 1.0
    for start in range(0, len(points), _CHUNK_ROWS):
        rows = slice(start, start + _CHUNK_ROWS)
        squared = points[rows] @ points.T
        squared *= -2.0
        squared += norms[rows, np.newaxis]
        squared += norms
        squared /= unit
        np.rint(squared, out=squared)
        np.maximum(squared, 0.0, out=squared)
        squared *= unit
        yield start, squared


def _nearest(distances: Floats, n_nearest: int) -> Floats:
    """Return 1 for the nearest points of each row and 0 for others; ties by index."""
    last = np.partition(distances, n_nearest - 1, axis=1)[:, n_nearest - 1, np.newaxis]
    nearer = distances < last
    tied = distances == last
    missing = n_nearest - nearer.sum(axis=1, keepdims=True)
    chosen: NDArray[np.bool_] = nearer | (tied & (np.cumsum(tied, axis=1) <= missing))
    return chosen.astype(np.float64)


def _silhouette(sums: Floats, labels: Labels, counts: Floats) -> Floats:
    """Return silhouettes from each point's summed distances to each class, (n, n_classes)."""
    rows = np.arange(len(labels))
    others = counts[labels] - 1
    within = sums[rows, labels] / np.maximum(others, 1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    means[rows, labels] = np.inf
    between = means.min(axis=1)
    defined = (others > 0) & np.isfinite(between) & (np.maximum(within, between) > 0)
    result = np.zeros(len(labels))
    a, b = within[defined], between[defined]
    result[defined] = (b - a) / np.maximum(a, b)
    return result


def _class_means(values: Floats, labels: Labels, n_classes: int) -> Floats:
    """Return the mean over each class's rows; 0 for a class without any."""
    present = [values[labels == label] for label in range(n_classes)]
    zero = np.zeros(values.shape[1:])
    return np.stack([rows.mean(axis=0) if len(rows) else zero for rows in present])


def _centroid_measures(
    centred: Floats, labels: Labels, n_classes: int
) -> tuple[tuple[float, ...], float]:
    """Return the dispersion of each class, and the separation."""
    scale = _rms(centred)
    if scale == 0.0:
        return (0.0,) * n_classes, 0.0
    members = [centred[labels == label] for label in range(n_classes)]
    centroids = [rows.mean(axis=0) if len(rows) else None for rows in members]
    dispersion = tuple(
        0.0 if centroid is None else _rms(rows - centroid) / scale
        for rows, centroid in zip(members, centroids, strict=True)
    )
    present = [centroid for centroid in centroids if centroid is not None]
    gaps = [
        float(np.linalg.norm(present[i] - present[j]))
        for i in range(len(present))
        for j in range(i)
    ]
    return dispersion, sum(gaps) / len(gaps) / scale if gaps else 0.0


def _rms(rows: Floats) -> float:
    """Return the root mean square length of rows."""
    return float(np.sqrt(np.einsum("ij,ij->", rows, rows) / len(rows)))


def _linear_errors(centred: Floats, labels: Labels) -> int:
    """Count what a linear support-vector machine, fitted on the points, misclassifies."""
    if len(np.unique(labels)) < 2:
        return 0
    scaled = centred / _deviation(centred)
    return int(np.count_nonzero(_machine(scaled, labels).predict(scaled) != labels))


def _deviation(centred: Floats) -> Floats:
    """Return the deviation of each feature, 1 where it is the same everywhere; (d,)."""
    deviation = centred.std(axis=0)
    return np.where(deviation > 0, deviation, 1.0)


def _machine(scaled: Floats, labels: Labels) -> LinearSVC:
    """Return a linear support-vector machine, fitted on the points."""
    from sklearn.svm import LinearSVC

    # All classes at once (Crammer and Singer, 2001): one class against the rest could not
    # cut off a cluster in the middle of a map, however clear it is.
    machine = LinearSVC(multi_class="crammer_singer", tol=1e-3, max_iter=10_000, random_state=0)
    return machine.fit(scaled, labels)
