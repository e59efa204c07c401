"""Whether a map depends on its random start."""

import dataclasses

import pytest

from reportgen.facts.stability import judge_arrangement, judge_stability, stability_facts
from reportgen.records import MapStability
from tests.facts.hand_made import record, values

(LAYER,) = record().result.maps
STABLE = MapStability(3, 100, 10, 0.5, 0.7, (0.97, 0.98, 0.985), (0.5, 0.55, 0.59))


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "stable"),
        ({"overlap": 0.49}, "unstable"),
        ({"purity": (0.96, 0.99)}, "unstable"),
        ({"silhouette": (0.45, 0.6)}, "unstable"),
    ],
)
def test_verdict(change, verdict):
    assert judge_stability(dataclasses.replace(STABLE, **change)) == verdict


@pytest.mark.parametrize(
    ("value", "word"), [(0.7, "reproducible"), (0.69, "arbitrary"), (None, "unknown")]
)
def test_arrangement(value, word):
    assert judge_arrangement(value) == word


def test_facts():
    layer = dataclasses.replace(LAYER, stability=STABLE)
    found = values(stability_facts("net", layer, "key"))
    at = "net.h2.maps.final.stability"
    assert (found[f"{at}.starts"], found[f"{at}.n"], found[f"{at}.overlap"]) == (3, 100, 0.5)
    assert found[f"{at}.purity_range"] == pytest.approx(0.015)
    assert found[f"{at}.silhouette_range"] == pytest.approx(0.09)
    assert found[f"{at}.arrangement_verdict"] == "reproducible"
    without = dataclasses.replace(LAYER, stability=None)
    assert list(stability_facts("net", without, "key")) == []
