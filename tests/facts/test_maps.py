"""Facts on maps, from measures that can be averaged by hand."""

import dataclasses

import pytest

from reportgen.facts.maps import map_facts, mixed_pairs
from tests.facts.hand_made import IN_FEATURES, record, values

RECORD = record()
(MAP,) = RECORD.result.maps
FOUND = values(map_facts("net", RECORD, MAP, "key"))
AT = "net.h2.maps.final"


def test_the_map_itself():
    assert FOUND[f"{AT}.layer"] == "head"
    assert FOUND[f"{AT}.n"] == 12
    assert FOUND[f"{AT}.n_features"] == 3
    assert FOUND[f"{AT}.epoch"] == 2
    assert FOUND[f"{AT}.perplexity"] == 5.0
    assert FOUND[f"{AT}.trustworthiness"] == 0.98


def test_means_over_the_classes():
    """Dispersion (0.2 + 0.4 + 0.6) / 3, over the separation 1.6; 3 of 12 misclassified."""
    assert FOUND[f"{AT}.features.dispersion"] == pytest.approx(0.4)
    assert FOUND[f"{AT}.features.spread"] == pytest.approx(0.25)
    assert FOUND[f"{AT}.features.linear_errors"] == 3
    assert FOUND[f"{AT}.features.linear_accuracy"] == 0.75
    assert FOUND[f"{AT}.features.silhouette"] == 0.25
    assert FOUND[f"{AT}.map.silhouette"] == 0.5
    assert FOUND[f"{AT}.map.purity"] == 1.0


def test_loosest_and_tightest_class_the_first_on_a_tie():
    assert FOUND[f"{AT}.features.loosest.label"] == "bee"
    assert FOUND[f"{AT}.features.loosest.silhouette"] == -0.1
    assert FOUND[f"{AT}.features.tightest.label"] == "cat"
    assert FOUND[f"{AT}.map.loosest.label"] == FOUND[f"{AT}.map.tightest.label"] == "ant"


def test_most_mixed_pairs():
    """ant-bee (0.1 + 0.2) / 2, bee-cat (0.1 + 0.3) / 2, ant-cat 0."""
    found = mixed_pairs(IN_FEATURES.mixing)
    assert found == [(pytest.approx(0.2), 1, 2), (pytest.approx(0.15), 0, 1), (0.0, 0, 2)]
    assert [FOUND[f"{AT}.features.mixed.{k}.a"] for k in (1, 2, 3)] == ["bee", "ant", "ant"]
    assert [FOUND[f"{AT}.features.mixed.{k}.b"] for k in (1, 2, 3)] == ["cat", "bee", "cat"]


def test_points_that_coincide_have_no_spread():
    assert FOUND[f"{AT}.map.separation"] == 0.0
    assert FOUND[f"{AT}.map.spread"] is None


def test_by_class():
    assert [FOUND[f"{AT}.features.classes.{i}.silhouette"] for i in range(3)] == [0.3, -0.1, 0.5]
    assert [FOUND[f"{AT}.features.classes.{i}.dispersion"] for i in range(3)] == [0.2, 0.4, 0.6]


def test_a_value_that_is_not_finite_is_none():
    broken = dataclasses.replace(
        MAP, in_features=dataclasses.replace(IN_FEATURES, silhouette=float("nan"))
    )
    assert values(map_facts("net", RECORD, broken, "key"))[f"{AT}.features.silhouette"] is None
