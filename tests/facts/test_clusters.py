"""Verdicts on clusters: synthetic points whose truth is known, measured and judged."""

import dataclasses

import numpy as np
import pytest

from reportgen.facts import clusters
from reportgen.facts.cluster_facts import cluster_facts
from reportgen.measures.space import measure_space
from reportgen.measures.structure import measure_structure
from reportgen.records import SpaceStructure
from tests.facts.hand_made import record, values

N_CLASSES = 4
N = 240


def space(points, labels, n_classes=N_CLASSES):
    """Return measures and structure of some points."""
    points = points.astype(np.float32)
    return measure_space(points, labels, n_classes), measure_structure(points, labels, n_classes)


def blobs(distance, seed, n_classes=N_CLASSES):
    """Return round clusters of deviation 1 on a line, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(N) % n_classes
    return rng.normal(size=(N, 2)) + np.c_[labels * distance, 0 * labels], labels


@pytest.mark.parametrize("seed", range(5))
def test_separate(seed):
    found = space(*blobs(20, seed))
    assert clusters.judge_structure(*found) == "clear"
    assert clusters.judge_overlap(*found) == "none"
    assert clusters.judge_compactness(found[0].silhouette) == "strong"
    assert clusters.judge_linear(found[0].linear_errors, N) == "separable"
    assert clusters.overlapping_pairs(found[0]) == 0
    assert found[1].islands == (1,) * N_CLASSES


@pytest.mark.parametrize("seed", range(5))
def test_touching(seed):
    """Centres 3 deviations apart: neighbours mix at the borders, and only there."""
    found = space(*blobs(3, seed))
    assert clusters.judge_structure(*found) == "clear"
    assert clusters.judge_overlap(*found) in ("slight", "considerable")
    assert clusters.judge_linear(found[0].linear_errors, N) == "not"
    assert clusters.overlapping_pairs(found[0]) == 3  # the neighbours on the line


@pytest.mark.parametrize("seed", range(5))
def test_interleaved(seed):
    """Half a deviation apart: more than chance, but no clusters."""
    found = space(*blobs(0.5, seed))
    assert clusters.judge_overlap(*found) in ("strong", "total")
    assert clusters.judge_compactness(found[0].silhouette) == "none"
    assert clusters.judge_structure(*found) in ("weak", "none")


def test_shuffled_labels_have_no_structure():
    """At most 1 of 50 by chance (one in 700 for a normal law)."""
    points, labels = blobs(20, 0)
    alarms = 0
    for seed in range(50):
        shuffled = np.random.default_rng(seed).permutation(labels)
        found = space(points, shuffled)
        alarms += clusters.judge_structure(*found) != "none"
        if clusters.judge_structure(*found) == "none":
            assert clusters.judge_overlap(*found) == "total"
    assert alarms <= 1


@pytest.mark.parametrize("seed", range(5))
def test_one_class_split_in_two(seed):
    points, labels = blobs(20, seed)
    points[np.flatnonzero(labels == 2)[:25], 1] += 30
    assert space(points, labels)[1].islands == (1, 1, 2, 1)


def test_two_classes():
    found = space(*blobs(20, 0, n_classes=2), n_classes=2)
    assert clusters.judge_structure(*found) == "clear"
    assert clusters.rank_correlation(found[1], found[1]) is None
    assert len(clusters.ranked_distances(found[1])) == 1


def test_one_class_has_no_room_above_chance():
    points, _ = blobs(0, 0)
    found = space(points, np.zeros(N, int), n_classes=1)
    assert clusters.excess(*found) == 0.0
    assert clusters.judge_structure(*found) == "none"


def test_excess_by_hand():
    """Purity 0.8, chance 0.5: 0.3 of 0.5."""
    measures, structure = space(*blobs(3, 0))
    measures = dataclasses.replace(measures, purity=0.8)
    structure = dataclasses.replace(structure, chance_purity=0.5, chance_deviation=0.01)
    assert clusters.excess(measures, structure) == pytest.approx(0.6)
    assert clusters.mixture(measures, structure) == pytest.approx(0.4)
    assert clusters.judge_overlap(measures, structure) == "considerable"


def test_rank_correlation_by_hand():
    """Distances 1, 2, 3 against 2, 1, 3: 1 − 6·2 / (3·8) = 0.5."""

    def structure(ab, ac, bc):
        return SpaceStructure(0.3, 0.1, ((0, ab, ac), (ab, 0, bc), (ac, bc, 0)), (1, 1, 1))

    first = structure(1.0, 2.0, 3.0)
    assert clusters.rank_correlation(first, structure(2.0, 1.0, 3.0)) == pytest.approx(0.5)
    assert clusters.rank_correlation(first, structure(3.0, 2.0, 1.0)) == pytest.approx(-1.0)
    assert clusters.rank_correlation(first, structure(1.0, 1.0, 1.0)) is None


@pytest.mark.parametrize(
    ("value", "word"), [(0.95, "high"), (0.949, "fair"), (0.85, "fair"), (0.849, "low")]
)
def test_trust(value, word):
    assert clusters.judge_trust(value) == word


def test_cover():
    """Cover: 2(d + 1) points; 128 features separate 258 of them by luck."""
    assert clusters.is_trivial(258, 128)
    assert not clusters.is_trivial(259, 128)


BASE = record()
(LAYER,) = BASE.result.maps
DISTANCES = ((0.0, 1.0, 2.0), (1.0, 0.0, 3.0), (2.0, 3.0, 0.0))
CHANCE = SpaceStructure(0.4, 0.05, DISTANCES, (1, 2, 1))
SPLIT = dataclasses.replace(CHANCE, islands=(1, 2, 3))


def test_facts():
    """Features: purity 0.8 of 0.4 by chance; map: 1.0."""
    layer = dataclasses.replace(LAYER, features_structure=CHANCE, map_structure=SPLIT)
    found = values(cluster_facts("net", BASE, layer, "key"))
    at = "net.h2.maps.final"
    assert found[f"{at}.features.excess"] == pytest.approx(2 / 3)
    assert found[f"{at}.features.mixture"] == pytest.approx(1 / 3)
    assert found[f"{at}.features.chance_limit"] == pytest.approx(0.55)
    assert found[f"{at}.features.structure"] == "clear"
    assert found[f"{at}.features.overlap"] == "considerable"
    assert found[f"{at}.features.compactness"] == "none"  # 0.25 is not above 0.25
    assert found[f"{at}.features.linear"] == "not"  # 3 of 12
    assert found[f"{at}.features.linear_trivial"] is False  # 12 > 2 · 4
    assert found[f"{at}.features.overlapping_pairs"] == 2  # shares 0.15 and 0.2; 0.0
    assert found[f"{at}.map.overlap"] == "none"
    assert found[f"{at}.map.linear"] == "separable"
    assert [found[f"{at}.map.closest.{part}"] for part in ("a", "b", "distance")] == [
        "ant",
        "bee",
        1.0,
    ]
    assert [found[f"{at}.map.farthest.{part}"] for part in ("a", "b")] == ["bee", "cat"]
    assert found[f"{at}.n_split"] == 2
    assert [found[f"{at}.split.1.{part}"] for part in ("label", "map", "features", "where")] == [
        "bee",
        2,
        2,
        "both",
    ]
    assert [found[f"{at}.split.2.{part}"] for part in ("label", "where")] == ["cat", "map_only"]
    assert found[f"{at}.trust"] == "high"
    assert found[f"{at}.agreement.verdict"] == "map_clearer"
    assert found[f"{at}.agreement.purity_gain"] == pytest.approx(0.2)
    assert found[f"{at}.agreement.arrangement"] == pytest.approx(1.0)
    assert found[f"{at}.agreement.common_pairs"] == 0  # nothing mixes on the map
