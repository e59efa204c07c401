"""Facts on how a record came about."""

import dataclasses

from reportgen.facts.provenance import provenance_facts
from tests.facts.hand_made import record, values


def test_values():
    found = values(provenance_facts("net", record(), "key"))
    assert found["net.provenance.key"] == "key"
    assert found["net.provenance.threads"] == 2
    assert found["net.provenance.training_s"] == 16.0  # 1 + 2 + 9 + 4
    assert found["net.provenance.epoch_s"] == 3.0  # the median of 1, 2, 4, 9
    assert found["net.provenance.versions.scikit_learn"] == "1.6"


def test_without_an_epoch_there_are_no_durations():
    made = record()
    none = dataclasses.replace(made, provenance=dataclasses.replace(made.provenance, epoch_s=()))
    found = values(provenance_facts("net", none, "key"))
    assert "net.provenance.epoch_s" not in found
    assert "net.provenance.training_s" not in found
