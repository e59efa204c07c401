"""Two-dimensional maps of features, and how far they can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.errors import DataError
from reportgen.measures.single_thread import single_thread
from reportgen.measures.space import check_finite, neighbourhood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.spec.experiment import Embeddings


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
    van der Maaten and Hinton, 2008; Barnes-Hut approximation with angle 0.5, van
    der Maaten, 2014; 1000 iterations, the rest as scikit-learn sets it.
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
    """Run scikit-learn's t-SNE on one thread."""
    from sklearn.manifold import TSNE

    # The principal components need a second axis; a constant one changes no distance.
    wide = features if features.shape[1] > 1 else np.pad(features, ((0, 0), (0, 1)))
    model = TSNE(init=start, perplexity=perplexity, random_state=seed, max_iter=1000)
    with single_thread():
        points: NDArray[np.float32] = model.fit_transform(wide)
    return points.astype(np.float32)
