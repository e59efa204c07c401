"""t-SNE maps: determinism, limits, trust."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from reportgen.errors import DataError, RunError
from reportgen.measures.embedding import embed, sample_rows, trustworthiness
from reportgen.measures.space import measure_space
from reportgen.spec.experiment import Embeddings

SPEC = Embeddings(perplexity=10.0)


@pytest.fixture(scope="module")
def features() -> NDArray[np.float32]:
    """Three clusters of 40 points in 8 dimensions, far from each other."""
    centres = 10 * np.eye(3, 8)
    noise = np.random.default_rng(0).normal(size=(120, 8))
    return (np.repeat(centres, 40, axis=0) + noise).astype(np.float32)


def test_sampled_rows_rise_and_never_repeat() -> None:
    rows = sample_rows(1000, 100, seed=3)
    assert rows.dtype == np.int32
    assert len(rows) == 100
    assert (np.diff(rows) > 0).all()
    assert rows[0] >= 0
    assert rows[-1] < 1000


def test_the_seed_decides_which_rows() -> None:
    assert np.array_equal(sample_rows(1000, 100, 3), sample_rows(1000, 100, 3))
    assert not np.array_equal(sample_rows(1000, 100, 3), sample_rows(1000, 100, 4))


def test_separate_clusters_stay_separate_on_the_map(features: NDArray[np.float32]) -> None:
    points = embed(features, SPEC)
    assert points.shape == (120, 2)
    assert points.dtype == np.float32
    assert measure_space(points, np.repeat([0, 1, 2], 40), 3).purity == 1.0
    assert trustworthiness(features, points, 10) > 0.9


def test_the_map_has_the_same_bits_with_one_thread_and_two(features: NDArray[np.float32]) -> None:
    with threadpool_limits(limits=1):
        one = embed(features, SPEC)
    with threadpool_limits(limits=2):
        two = embed(features, SPEC)
    assert one.tobytes() == two.tobytes()


def test_perplexity_must_stay_below_the_number_of_samples(features: NDArray[np.float32]) -> None:
    with pytest.raises(DataError, match=r"embeddings\.perplexity is 30 with 30 samples"):
        embed(features[:30], Embeddings(perplexity=30.0))


def test_features_that_are_not_finite_are_refused(features: NDArray[np.float32]) -> None:
    broken = features.copy()
    broken[7, 2] = np.nan
    with pytest.raises(RunError, match="1 of 120 samples are not finite, the first in row 7"):
        embed(broken, SPEC)


def test_equal_features_lie_on_one_point() -> None:
    points = embed(np.full((12, 4), 0.5, np.float32), Embeddings(perplexity=5.0))
    assert points.tolist() == [[0.0, 0.0]] * 12


def test_a_single_feature_can_be_mapped() -> None:
    values = np.arange(20, dtype=np.float32)[:, np.newaxis]
    points = embed(values, Embeddings(perplexity=5.0))
    assert points.shape == (20, 2)
    assert np.isfinite(points).all()


def test_a_map_by_chance_is_not_to_be_trusted(features: NDArray[np.float32]) -> None:
    points = np.random.default_rng(1).normal(size=(120, 2)).astype(np.float32)
    assert trustworthiness(features, points, 10) == pytest.approx(0.5, abs=0.1)


def test_trust_by_hand() -> None:
    """Features 0, 1, 10, 12, 40 on a line; the map swaps the first and the last.

    With k = 1 the map neighbours are 4→1 (40's map lies at 0), 1→4, 2→3, 3→2, 0→3.
    Ranks among the features: from 40, 1 is the 3rd: 2 too far. From 1, 40 is the 4th: 3.
    From 0, 12 is the 3rd: 2. Sum 7; 1 - 2 · 7 / (n k (2n - 3k - 1)) = 1 - 14 / 30.
    """
    features = np.array([[0], [1], [10], [12], [40]], np.float32)
    points = np.array([[40, 0], [1, 0], [10, 0], [12, 0], [0, 0]], np.float32)
    assert trustworthiness(features, points, 1) == pytest.approx(1 - 14 / 30)
