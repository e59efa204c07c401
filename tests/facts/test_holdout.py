"""The test split: what the checkpoint that validation chose does there."""

import pytest

from reportgen.facts.holdout import holdout_facts
from reportgen.facts.statistics import wilson_interval
from tests.factories import with_test
from tests.facts.hand_made import record, values


def test_accuracy_on_the_test_split():
    """Of the last six samples horizon 4 gets one wrong: the first bee of the cats' neighbours."""
    made = with_test(record(), n=6)  # labels 1 1 1 1 2 2, answers 1 1 1 0 2 2
    found = values(holdout_facts("net", made, made.result.tests[1], "key"))
    assert found["net.h4.test.accuracy"] == pytest.approx(5 / 6)
    assert (found["net.h4.test.n"], found["net.h4.test.errors"]) == (6, 1)
    low, high = wilson_interval(5, 6)
    assert (found["net.h4.test.low"], found["net.h4.test.high"]) == (low, high)
    assert found["net.h4.test.chance"] is True  # 4 of 6 are bees, and 5 of 6 are no proof
