"""How far a map depends on its random start.

From principal components every seed gives the same map, so nothing can be learnt
from seeds there. t-SNE has many local optima from random starts, in which
neighbourhoods agree but the places of clusters do not: D. Kobak and P. Berens,
"The art of using t-SNE for single-cell transcriptomics", Nature Communications 10
(2019), 5416. So two agreements are measured apart: of neighbourhoods (the mean
share of common nearest neighbours: J. A. Lee and M. Verleysen, Neurocomputing 72,
2009, 1431–1443) and of the classes' arrangement (rank correlation of centroid
distances).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.measures.embedding import embed, sample_rows
from reportgen.measures.space import measure_space
from reportgen.measures.structure import centroid_distances, nearest_rows
from reportgen.records import MapStability

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.spec.experiment import Embeddings


def measure_stability(
    features: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    n_classes: int,
    spec: Embeddings,
    *,
    n_neighbours: int = 10,
) -> MapStability | None:
    """Return how far maps of some of the samples agree over random starts.

    Parameters
    ----------
    features : ndarray of float32, (n, d)
        What was mapped.
    labels : ndarray of int, (n,)
        True classes.
    n_classes : int
        Number of classes.
    spec : Embeddings
        `stability` has the number of starts and samples; None gives None.
    n_neighbours : int
        Neighbours looked at, as in `measure_space`.

    Raises
    ------
    DataError
        If the perplexity is not below the number of samples.
    """
    wanted = spec.stability
    if wanted is None:
        return None
    size = wanted.samples or min(1000, max(200, len(features) // 5))
    rows = sample_rows(len(features), size, spec.seed)
    classes = labels[rows].astype(np.intp)
    starts = [spec.seed + 1 + i for i in range(wanted.starts)]
    maps = [embed(features[rows], spec, random_start=start) for start in starts]
    spaces = [
        measure_space(points, classes, n_classes, n_neighbours=n_neighbours) for points in maps
    ]
    nearest = [nearest_rows(points, n_neighbours) for points in maps]
    return MapStability(
        starts=len(maps),
        n=len(rows),
        n_neighbours=nearest[0].shape[1],
        overlap=float(np.mean([common_share(a, b) for a, b in combinations(nearest, 2)])),
        arrangement=arrangement(maps, classes, n_classes),
        purity=tuple(space.purity for space in spaces),
        silhouette=tuple(space.silhouette for space in spaces),
    )


def common_share(first: NDArray[np.intp], second: NDArray[np.intp]) -> float:
    """Return the mean share of neighbours, (n, k) each, that stand in both.

    Examples
    --------
    >>> common_share(np.array([[1, 2], [0, 2]]), np.array([[2, 3], [2, 0]]))
    0.75
    """
    common = (first[:, :, np.newaxis] == second[:, np.newaxis, :]).any(axis=2)
    return float(common.mean())


def arrangement(
    maps: list[NDArray[np.float32]], labels: NDArray[np.intp], n_classes: int
) -> float | None:
    """Return the mean rank correlation of class distances between maps; None below 3 classes."""
    from scipy.stats import spearmanr

    present = np.flatnonzero(np.bincount(labels, minlength=n_classes))
    if len(present) < 3:
        return None
    upper = np.triu_indices(len(present), 1)
    distances = [
        centroid_distances(points, labels, n_classes)[np.ix_(present, present)][upper]
        for points in maps
    ]
    if any(np.ptp(row) == 0 for row in distances):
        return None
    pairs = combinations(distances, 2)
    return float(np.mean([spearmanr(a, b).statistic for a, b in pairs]))
