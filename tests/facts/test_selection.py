"""Among how many epochs the best was chosen."""

import pytest

from reportgen.facts.selection import selection_facts
from tests.facts.hand_made import record, values


def test_selection():
    """Four epochs, best 11/12; the last two have 11/12 and 10/12."""
    base = record()
    found = values(selection_facts("net", base, base.result.evaluations[1], "key"))
    assert found["net.h4.selection.candidates"] == 4
    assert found["net.h4.selection.same_split"] is True
    assert found["net.h4.selection.recent.epochs"] == 2
    assert found["net.h4.selection.recent.mean"] == pytest.approx(21 / 24)
    assert found["net.h4.selection.recent.min"] == 10 / 12
    assert found["net.h4.selection.recent.max"] == 11 / 12
    assert found["net.h4.selection.excess"] == pytest.approx(1 / 24)
