"""Facts on the filters that a record keeps."""

import dataclasses

from reportgen.facts.filters import filter_facts
from reportgen.records import FilterBank
from tests.facts.hand_made import record, values


def with_bank(epoch):
    bank = FilterBank("conv", 4, epoch, 16, 5, 3, 1, ())
    base = record()
    return dataclasses.replace(base, result=dataclasses.replace(base.result, filters=bank))


def test_values():
    assert values(filter_facts("net", with_bank(3), "key")) == {
        "net.filters.layer": "conv",
        "net.filters.n": 16,
        "net.filters.height": 5,
        "net.filters.width": 3,
        "net.filters.channels": 1,
        "net.filters.epoch": 3,
    }


def test_filters_of_a_network_as_it_starts_are_of_no_epoch():
    assert "net.filters.epoch" not in values(filter_facts("net", with_bank(0), "key"))


def test_without_filters_there_are_no_facts():
    assert list(filter_facts("net", record(), "key")) == []
