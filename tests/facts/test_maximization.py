"""Facts on the images that maximise filters."""

import dataclasses

from reportgen.facts.maximization import maximization_facts
from tests.factories import with_maximized
from tests.facts.hand_made import record, values


def found(given):
    return values(maximization_facts("net", given, "key"))


def test_values():
    """Filters 1 to 3 reach 1.5, 3 and 4.5, real images 1, 2 and 3; filter 4 is dead."""
    given = with_maximized(record())
    facts = found(given)
    place = "net.maximization.first."
    own = {k.removeprefix(place): v for k, v in facts.items() if ".filters." not in k}
    assert all(id.startswith(place) for id in facts)
    assert own == {
        "layer": "conv1",
        "n_filters": 6,
        "shown": 3,
        "steps": 256,
        "lr": 0.1,
        "regularizer": "total_variation",
        "weight": 0.125,
        "split": "validation",
        "epoch": given.result.evaluations[-1].epoch,
        "n": 4,
        "dead": 1,
        "above_real": 3,
        "strongest.number": 3,
        "strongest.activation": 4.5,
        "weakest.number": 4,
        "weakest.activation": 0.0,
    }
    third = {k.rpartition(".")[2]: v for k, v in facts.items() if ".filters.3." in k}
    assert third == {
        "number": 3,
        "activation": 4.5,
        "start": 0.75,
        "real": 3.0,
        "times": 1.5,
        "dead": False,
    }


def test_a_dead_filter_is_not_so_many_times_a_real_image():
    facts = found(with_maximized(record()))
    assert facts["net.maximization.first.filters.4.dead"] is True
    assert "net.maximization.first.filters.4.times" not in facts


def test_without_a_regulariser_there_is_no_weight():
    facts = found(with_maximized(record(), regularizer="none"))
    assert facts["net.maximization.first.regularizer"] == "none"
    assert "net.maximization.first.weight" not in facts


def test_filters_of_a_network_as_it_starts_are_of_no_epoch():
    given = with_maximized(record())
    layer = dataclasses.replace(given.result.maximized[0], epoch=0, horizon=0)
    result = dataclasses.replace(given.result, maximized=(layer,))
    facts = found(dataclasses.replace(given, result=result))
    assert "net.maximization.first.epoch" not in facts


def test_without_images_there_are_no_facts():
    assert found(record()) == {}
