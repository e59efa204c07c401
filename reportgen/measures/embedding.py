"""Two-dimensional maps of features, and how far they can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.errors import DataError
from reportgen.interrupts import held_interrupts
from reportgen.measures.single_thread import single_thread
from reportgen.measures.space import check_finite, neighbourhood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.spec.experiment import Embeddings

_EXAGGERATION, _EXAGGERATED, _PLAIN = 12, 250, 450
"""The exaggeration, and the iterations with it and without."""

_GRID_FROM = 1000
"""Samples from which interpolation on a grid is worth its fixed cost."""


def sample_rows(n: int, m: int, seed: int) -> NDArray[np.int32]:
    """Return m of n rows, drawn without replacement, rising; all of them if m >= n.

    Examples
    --------
    >>> sample_rows(3, 5, seed=0).tolist()
    [0, 1, 2]
    """
    if m >= n:
        return np.arange(n, dtype=np.int32)
    drawn = np.random.default_rng(seed).choice(n, m, replace=False)
    return np.sort(drawn).astype(np.int32)


def embed(
    features: NDArray[np.float32], spec: Embeddings, *, random_start: int | None = None
) -> NDArray[np.float32]:
    """Return the t-SNE map of features, (n, 2).

    It starts from the first two principal components, or from random points where
    a seed for them is given, and runs on one thread, so the bits do not depend on
    the number of cores. Where all samples have the same
    features there is nothing to spread: all points lie at 0.

    Parameters
    ----------
    features : ndarray of float32, (n, d)
        A row a sample.
    spec : Embeddings
        Its perplexity and seed count; which samples are drawn is decided before.
    random_start : int or None
        Seed of a random start, in place of the principal components.

    Raises
    ------
    RunError
        If a feature is not finite.
    DataError
        If the perplexity is not below the number of samples.

    Notes
    -----
    van der Maaten and Hinton, 2008, by openTSNE (Poličar, Stražar and Zupan, Journal
    of Statistical Software 109, 2024). 250 iterations exaggerate the attraction 12
    times; from 1000 samples on they interpolate the repulsion on a grid (Linderman et
    al., Nature Methods 16, 2019), which is fast while the map is small. The other 450
    take the Barnes-Hut approximation with angle 0.5 (van der Maaten, 2014). The learning
    rate is n by the exaggeration (Belkina et al., Nature Communications 10, 2019), so
    fewer iterations go as far as scikit-learn's 1000; benchmarks/tsne.py compares.
    A perplexity below 1, which no distribution has, counts as 1, and one above n - 1,
    that of n - 1 equal neighbours, as n - 1.
    """
    check_finite(features)
    n = len(features)
    if spec.perplexity >= n:
        msg = (
            f"embeddings.perplexity is {spec.perplexity:g} with {n} samples; it must be lower "
            "than their number: lower it (5 to 50 are usual) or raise embeddings.samples"
        )
        raise DataError(msg)
    if not np.ptp(features, axis=0).any():
        return np.zeros((n, 2), np.float32)
    if random_start is not None:
        return _tsne(features, spec.perplexity, random_start, "random")
    return _tsne(features, spec.perplexity, spec.seed, "pca")


def trustworthiness(
    features: NDArray[np.float32], points: NDArray[np.float32], n_neighbours: int
) -> float:
    """Return how far neighbours on the map are neighbours among the features, in [0, 1].

    Parameters
    ----------
    features : ndarray of float32, (n, d)
        What was mapped.
    points : ndarray of float32, (n, 2)
        Its map.
    n_neighbours : int
        Neighbours looked at; fewer where there are few samples, as in
        `measure_space`.

    Notes
    -----
    Venna and Kaski, "Neighborhood preservation in nonlinear projection methods",
    2001: 1 less the ranks, among the features, by which map neighbours miss the
    neighbourhood, normalised. Chance is about 0.5.
    """
    from sklearn import manifold

    with single_thread():
        value = manifold.trustworthiness(
            features, points, n_neighbors=neighbourhood(len(features), n_neighbours)
        )
    return float(value)


def _tsne(
    features: NDArray[np.float32], perplexity: float, seed: int, start: str
) -> NDArray[np.float32]:
    """Run openTSNE on one thread, which cannot bear Ctrl-C; `start` is pca or random."""
    from openTSNE import TSNEEmbedding, initialization
    from openTSNE.affinity import PerplexityBasedNN

    unit = _unit(features)
    allowed = min(max(perplexity, 1.0), len(unit) - 1)
    place = initialization.pca if start == "pca" else initialization.random
    grid = len(unit) >= _GRID_FROM
    with single_thread(), held_interrupts():
        places = place(unit, random_state=seed)
        # openTSNE 1.0 loses the grid's upper end where the first row lies on it.
        order = np.argsort(places[:, 0], kind="stable")
        affinities = PerplexityBasedNN(unit[order], allowed, method="exact", n_jobs=1)
        points = TSNEEmbedding(places[order], affinities, n_jobs=1)
        points.optimize(
            _EXAGGERATED,
            inplace=True,
            exaggeration=_EXAGGERATION,
            momentum=0.8,
            negative_gradient_method="fft" if grid else "bh",
            min_num_intervals=20,  # none is wider than 1
        )
        points.optimize(_PLAIN, inplace=True, momentum=0.8, negative_gradient_method="bh")
    found = np.empty(points.shape, np.float32)
    found[order] = points
    return found


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features centred, the largest as 1, and with two columns at least.

    The map does not depend on their scale, and no square of them leaves the range of
    floating point, which openTSNE's compiled code would not bear.
    """
    centred = features.astype(np.float64)
    centred -= centred.mean(axis=0)
    centred /= np.abs(centred).max()
    # The principal components need a second axis; a constant one changes no distance.
    missing = max(0, 2 - features.shape[1])
    return np.pad(centred, ((0, 0), (0, missing))).astype(np.float32)
