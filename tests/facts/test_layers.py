"""Which layer shows the classes tighter."""

import dataclasses

import pytest

from reportgen.facts.layers import compare_layers, layer_facts
from tests.facts.hand_made import IN_FEATURES, record, values

(FINAL,) = record().result.maps


def layer(alias, silhouette, purity, **changes):
    measures = dataclasses.replace(IN_FEATURES, silhouette=silhouette, purity=purity, **changes)
    return dataclasses.replace(FINAL, alias=alias, in_features=measures)


@pytest.mark.parametrize(
    ("silhouette", "purity", "verdict"),
    [(0.36, 0.8, "clear"), (0.34, 0.8, "slight"), (0.31, 0.8, "none"), (0.5, 0.7, "mixed")],
)
def test_verdict(silhouette, purity, verdict):
    """Against silhouette 0.3 and purity 0.8."""
    found = compare_layers([layer("a", 0.3, 0.8), layer("b", silhouette, purity)], "features")
    assert (found.tighter, found.looser, found.verdict) == ("b", "a", verdict)
    assert found.silhouette_gain == pytest.approx(silhouette - 0.3)
    assert found.purity_gain == pytest.approx(purity - 0.8)


def test_spread_and_linear_errors():
    """Dispersion 0.4 over separations 0.8 and 1.6: spreads 0.5 and 0.25."""
    loose = layer("a", 0.3, 0.8, separation=0.8, linear_errors=7)
    found = compare_layers([loose, layer("b", 0.5, 0.9)], "features")
    assert found.spread_ratio == pytest.approx(2.0)
    assert found.linear_gain == 4
    assert compare_layers([FINAL, loose], "map").spread_ratio is None  # no separation there


def test_three_layers_and_ties():
    layers = [layer("a", 0.3, 0.8), layer("b", 0.6, 0.9), layer("c", 0.6, 0.9)]
    found = compare_layers(layers, "features")
    assert (found.tighter, found.looser) == ("b", "a")


def test_facts():
    found = values(layer_facts("net", [layer("a", 0.3, 0.8), layer("b", 0.5, 0.9)], "key"))
    assert found["net.h2.layers.features.tighter"] == "b"
    assert found["net.h2.layers.map.verdict"] == "none"
    assert found["net.h2.layers.same"] is False  # on the map they tie: the first is told
    assert list(layer_facts("net", [FINAL], "key")) == []
