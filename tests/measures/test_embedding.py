"""t-SNE maps: determinism, limits, trust."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from reportgen.errors import DataError, RunError
from reportgen.measures import embedding
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


@pytest.fixture(params=[False, True], ids=["tree", "grid"])
def on_grid(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Both ways of the first iterations; samples in plenty would take the grid by themselves."""
    if request.param:
        monkeypatch.setattr(embedding, "_GRID_FROM", 2)
    return request.param


@pytest.mark.usefixtures("on_grid")
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


@pytest.mark.parametrize(
    ("n", "perplexity"), [(2, 0.1), (2, 1.9), (3, 1.0), (10, 3.0), (10, 9.9), (31, 30.0)]
)
@pytest.mark.parametrize("start", [None, 4])
def test_few_samples_can_be_mapped(n: int, perplexity: float, start: int | None) -> None:
    values = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    points = embed(values, Embeddings(perplexity=perplexity), random_start=start)
    assert points.shape == (n, 2)
    assert np.isfinite(points).all()


@pytest.mark.usefixtures("on_grid")
def test_samples_of_equal_features_are_neighbours_on_the_map() -> None:
    """Ten values, six times each; the perplexity asks for five neighbours."""
    values = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    points = embed(np.tile(values, (6, 1)), Embeddings(perplexity=5.0))
    assert measure_space(points, np.arange(60) % 10, 10, n_neighbours=5).purity == 1.0


@pytest.mark.parametrize("alone", [0, 59])
@pytest.mark.usefixtures("on_grid")
def test_all_samples_but_one_may_be_equal(alone: int) -> None:
    values = np.zeros((60, 4), np.float32)
    values[alone] = 1.0
    assert np.isfinite(embed(values, SPEC)).all()


@pytest.mark.usefixtures("on_grid")
def test_the_scale_of_the_features_does_not_matter(features: NDArray[np.float32]) -> None:
    """Powers of two change no digit; 2^120 and 2^-100 have squares beyond 32 bits."""
    points = embed(features, SPEC)
    for power in (120, -100):
        scaled = np.ldexp(features, power).astype(np.float32)
        assert embed(scaled, SPEC).tobytes() == points.tobytes()


def test_each_sample_keeps_its_row(features: NDArray[np.float32]) -> None:
    rows = np.random.default_rng(2).permutation(120)
    points = embed(features[rows], SPEC)
    assert measure_space(points, np.repeat([0, 1, 2], 40)[rows], 3).purity == 1.0


def test_other_seeds_give_other_random_starts(features: NDArray[np.float32]) -> None:
    first, second, again = (embed(features, SPEC, random_start=seed) for seed in (1, 2, 1))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != second.tobytes()


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
