"""What each trial brought over the one that it begins from."""

import pytest

from reportgen.facts.steps import compare_steps, step_facts
from reportgen.spec.experiment import Trial
from tests.facts.hand_made import values
from tests.facts.test_search import at_once, runs, stuck


def trial(name, origin=None):
    plain = {"name": name, "set": {"training.batch_size": 4}, "why": "x"}
    return Trial.from_plain(plain | ({} if origin is None else {"from": origin}))


def test_each_step_is_against_what_it_begins_from():
    """Seven seeds: a saves 10 errors of 100 on each, b loses 4 of these again."""
    by_trial = {"": runs("", *[30] * 7), "a": runs("a", *[20] * 7), "b": runs("b", *[24] * 7)}
    found = values(step_facts("net", [trial("a"), trial("b", "a")], by_trial))
    assert found["net.a.step.gain"] == pytest.approx(0.10)
    assert found["net.b.step.gain"] == pytest.approx(-0.04)
    assert found["net.a.step.n"] == 7
    assert found["net.a.step.p"] == found["net.b.step.p"] == 2 / 128
    assert found["net.a.step.p_holm"] == found["net.b.step.p_holm"] == 4 / 128
    assert (found["net.a.step.verdict"], found["net.b.step.verdict"]) == ("better", "worse")


@pytest.mark.parametrize("spoil", [stuck, at_once])
def test_no_step_from_or_to_what_did_not_learn(spoil):
    bad = [spoil(record) for record in runs("a", 20, 20)]
    by_trial = {"": runs("", 30, 30), "a": bad, "b": runs("b", 24, 24), "c": runs("c", 10, 10)}
    steps = compare_steps([trial("a"), trial("b", "a"), trial("c")], by_trial)
    assert set(steps) == {"c"}
    assert steps["c"].n_compared == 1


def test_with_one_seed_by_sample():
    """30 errors against 20 among them: McNemar with 10 to 0, 2/1024."""
    by_trial = {"": runs("", 30), "a": runs("a", 20)}
    found = values(step_facts("net", [trial("a")], by_trial))
    assert (found["net.a.step.n"], found["net.a.step.p"]) == (1, 2 / 1024)
    assert found["net.a.step.verdict"] == "better"
