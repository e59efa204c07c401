"""Agreement of maps from random starts."""

import numpy as np
import pytest

from reportgen.measures.stability import arrangement, common_share, measure_stability
from reportgen.spec.experiment import Embeddings, Stability


def test_common_share():
    first = np.array([[1, 2], [0, 2], [0, 1]])
    assert common_share(first, first[:, ::-1]) == 1.0
    assert common_share(first, np.array([[1, 3], [3, 4], [1, 0]])) == pytest.approx(3 / 6)


def test_arrangement_by_hand():
    """Classes at 0, 1, 3 against 0, 2, 3: distances 1, 3, 2 and 2, 3, 1: 1 − 6·2/24 = 0.5."""
    labels = np.array([0, 1, 2])
    first = np.array([[0, 0], [1, 0], [3, 0]], np.float32)
    second = np.array([[0, 0], [2, 0], [3, 0]], np.float32)
    assert arrangement([first, second], labels, 3) == pytest.approx(0.5)
    assert arrangement([first, first], labels, 4) == pytest.approx(1.0)
    assert arrangement([first[:2], second[:2]], labels[:2], 3) is None
    assert arrangement([first * 0, first], labels, 3) is None


def test_clusters_agree_more_than_noise():
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3
    angle = rng.uniform(0, 6.28, 90)
    rings = np.c_[10 * labels, np.cos(angle), np.sin(angle)].astype(np.float32)
    noise = rng.normal(size=(90, 20)).astype(np.float32)
    spec = Embeddings(perplexity=10, stability=Stability(starts=2, samples=90))
    calm, wild = (measure_stability(points, labels, 3, spec) for points in (rings, noise))
    assert (calm.starts, calm.n, calm.n_neighbours) == (2, 90, 10)
    assert calm.overlap > 0.7
    assert wild.overlap < 0.6
    assert min(calm.purity) > 0.9
    assert max(wild.purity) < 0.5
    assert measure_stability(rings, labels, 3, spec) == calm


def test_default_takes_a_fifth_of_the_samples():
    points = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    spec = Embeddings(perplexity=5, stability=Stability(starts=2))
    assert measure_stability(points, np.arange(60) % 3, 3, spec).n == 60  # 200, were there so many


def test_none_wanted():
    points = np.zeros((20, 2), np.float32)
    assert measure_stability(points, np.zeros(20, int), 1, Embeddings(stability=None)) is None
