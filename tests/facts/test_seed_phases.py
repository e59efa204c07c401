"""What each phase of a training brings, over seeds."""

from dataclasses import replace

import pytest

from reportgen.facts.seed_phases import seed_phase_facts
from tests.factories import as_estimator, make_record
from tests.facts.hand_made import record, values

N = 12
"""Validation samples of the record made by hand."""


def phased(seed, *rights, phases=(1, 1, 2, 2)):
    """Return a run of four epochs in two phases, with so many right after each epoch."""
    base = record(seed=seed)
    rows = tuple(
        replace(row, phase=phase, validation_accuracy=right / N)
        for row, phase, right in zip(base.result.epochs, phases, rights, strict=True)
    )
    return replace(base, result=replace(base.result, epochs=rows))


def test_each_phase_is_judged_where_it_ends():
    """6, 8 and 10 right after epoch 2; 8, 8 and 11 at the end: 1 more on average, two seeds up."""
    runs = [phased(1, 9, 6, 7, 8), phased(2, 1, 8, 7, 8), phased(3, 1, 10, 12, 11)]
    found = values(seed_phase_facts("net", runs))
    assert (found["net.phases.1.epoch"], found["net.phases.2.epoch"]) == (2, 4)
    assert found["net.phases.1.mean"] == pytest.approx(8 / N)
    assert found["net.phases.2.mean"] == pytest.approx(9 / N)
    assert found["net.phases.2.n"] == 3
    assert found["net.phases.2.step.gain"] == pytest.approx(1 / N)
    assert found["net.phases.2.step.raised"] == 2
    assert "net.phases.1.step.gain" not in found


def test_the_step_is_tested_by_seed():
    """All six seeds rise: of 2⁶ sign patterns two are as extreme, p = 1/32."""
    better = values(seed_phase_facts("net", [phased(s, 5, 5, 7, 8) for s in range(6)]))
    assert better["net.phases.2.step.p"] == better["net.phases.2.step.p_holm"] == 2 / 2**6
    assert better["net.phases.2.step.verdict"] == "better"
    few = values(seed_phase_facts("net", [phased(s, 5, 5, 7, 8) for s in range(5)]))
    assert few["net.phases.2.step.decisive"] is False
    assert few["net.phases.2.step.verdict"] == "inconclusive"


def test_several_steps_are_corrected_together():
    """Three phases: the smaller of both p-values, 1/32, counts twice."""
    runs = [phased(s, 5, 6, 7, 8, phases=(1, 2, 3, 3)) for s in range(6)]
    found = values(seed_phase_facts("net", runs))
    assert found["net.phases.3.step.p"] == 1 / 32
    assert found["net.phases.3.step.p_holm"] == 2 / 32
    assert found["net.phases.2.epoch"] == 2


def test_a_seed_that_diverged_takes_no_part():
    broken = phased(3, 1, 1, 1, 1)
    broken = replace(broken, result=replace(broken.result, diverged_at=5, stopped="diverged"))
    found = values(seed_phase_facts("net", [phased(1, 5, 5, 7, 8), phased(2, 5, 5, 7, 8), broken]))
    assert found["net.phases.2.n"] == 2


@pytest.mark.parametrize(
    "records",
    [
        [phased(1, 5, 5, 7, 8)],
        [record(seed=1), record(seed=2)],
        [as_estimator(make_record())] * 2,
        [phased(1, 5, 5, 7, 8), phased(2, 5, 5, 7, 8, phases=(1, 1, 1, 1))],
    ],
)
def test_one_seed_or_one_phase_has_nothing_of_it(records):
    assert list(seed_phase_facts("net", records)) == []
