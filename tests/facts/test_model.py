"""Facts on the network."""

import dataclasses

from reportgen.facts.model import model_facts
from tests.facts.hand_made import model, record, values


def facts_of(network):
    return values(model_facts("net", record(network=network), "key"))


def test_totals():
    """Trainable 40 + 8 + 200, frozen 10; 256 + 1000 + 4 · 258 bytes."""
    found = facts_of(model(frozen=10))
    assert found["net.model.trainable"] == 248
    assert found["net.model.frozen"] == 10
    assert found["net.model.parameters"] == 258
    assert found["net.model.buffers"] == 9
    assert found["net.model.total_size"] == 256 + 1000 + 1032
    assert found["net.model.n_layers"] == 3
    assert found["net.model.outputs"] == 3


def test_weights():
    """A network starts at random unless its weights are named."""
    plain = facts_of(model())
    assert plain["net.model.weights"] == "none"
    assert plain["net.model.pretrained"] is False
    learnt = facts_of(dataclasses.replace(model(), weights="package:efficientnet_lite0"))
    assert learnt["net.model.weights"] == "package:efficientnet_lite0"
    assert learnt["net.model.pretrained"] is True


def test_layers_count_from_one_and_frozen_parameters_count():
    found = facts_of(model(frozen=10))
    assert found["net.model.layers.1.name"] == "conv"
    assert found["net.model.layers.1.parameters"] == 50
    assert found["net.model.layers.1.shape"] == "4 × 8 × 8"
    assert found["net.model.layers.1.channels"] == 4
    assert found["net.model.layers.3.type"] == "Linear"
    assert found["net.model.layers.3.shape"] == "3"


def test_largest_layer_the_first_on_a_tie():
    assert facts_of(model())["net.model.largest.name"] == "head"
    assert facts_of(model())["net.model.largest.share"] == 200 / 248
    assert facts_of(model(conv=200))["net.model.largest.name"] == "conv"
