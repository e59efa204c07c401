"""Trials against their experiment: the choice, who is compared."""

import dataclasses

import pytest

from reportgen.facts.comparison import Comparison
from reportgen.facts.trials import TrialComparison, choose, compare_trials, trial_facts
from tests.facts.hand_made import EARLY, LABELS, model, record, values

RIGHT = ((5, 0, 0), (0, 5, 0), (0, 0, 2))


def test_reduction_and_share():
    """248 parameters against 31."""
    small = record(trial="small", network=model(conv=3, head=20))
    found = values(trial_facts("net", record(), [small], ["b", "s"]))
    assert found["net.trials.n"] == found["net.trials.smaller"] == 1
    assert found["net.small.reduction"] == 8.0
    assert found["net.small.share"] == 0.125


def test_a_trial_of_the_same_size_is_not_smaller():
    found = values(trial_facts("net", record(), [record(trial="same")], ["b", "s"]))
    assert found["net.trials.smaller"] == 0


def test_comparison_on_the_same_samples():
    """The trial gets all twelve right: five mended, p = 2/32, which Holm leaves as it is."""
    perfect = record(trial="perfect", early=LABELS, matrix=RIGHT)
    found = values(trial_facts("net", record(), [perfect], ["b", "p"]))
    at = "net.perfect.h2.versus"
    assert found[f"{at}.gain"] == 5 / 12
    assert (found[f"{at}.fixed"], found[f"{at}.broken"]) == (5, 0)
    assert found[f"{at}.p"] == found[f"{at}.p_holm"] == 0.0625
    assert found[f"{at}.verdict"] == "inconclusive"
    assert found["net.h2.trials.chosen"] == "perfect"
    assert found["net.h2.trials.chosen_worse"] is False


def test_holm_counts_the_trials():
    perfect = [record(trial=name, early=LABELS, matrix=RIGHT) for name in ("a", "b")]
    comparisons = compare_trials(record(), perfect, 2)
    assert [c.found.p for c in comparisons] == [0.0625, 0.0625]
    assert [c.p_holm for c in comparisons] == [0.125, 0.125]


def test_a_verdict_needs_the_corrected_value():
    """All wrong against all right: 12 broken, p = 2/4096."""
    wrong = [(label + 1) % 3 for label in LABELS]
    bad = record(trial="bad", early=wrong, matrix=((0, 5, 0), (0, 0, 5), (2, 0, 0)))
    base = record(early=LABELS, matrix=RIGHT)
    (comparison,) = compare_trials(base, [bad], 2)
    assert comparison.verdict == "worse"
    assert comparison.found.gain == -1.0
    found = values(trial_facts("net", base, [bad], ["b", "x"]))
    assert found["net.h2.trials.chosen_worse"] is True


def test_trials_that_do_not_reach_a_horizon_are_left_out():
    short = record(trial="short")
    short = dataclasses.replace(
        short, result=dataclasses.replace(short.result, evaluations=short.result.evaluations[:1])
    )
    assert compare_trials(record(), [short], 4) == ()
    assert len(compare_trials(record(), [short], 2)) == 1
    found = values(trial_facts("net", record(), [short], ["b", "s"]))
    assert "net.h4.trials.chosen" not in found


def test_without_trials_only_their_number():
    assert values(trial_facts("net", record(), [], ["b"])) == {"net.trials.n": 0}


def comparison(trial, p, gain, n_parameters):
    """Return a trial's comparison; its interval is wide, so only the p-value decides."""
    return TrialComparison(trial, n_parameters, Comparison(12, 0, 0, gain, -1.0, 1.0, p), p)


@pytest.mark.parametrize(
    ("comparisons", "chosen"),
    [
        # The smallest that is not worse, though another is better.
        ([("a", 0.01, 0.1, 50), ("b", 0.9, -0.01, 20), ("c", 0.01, -0.2, 5)], "b"),
        # All are worse: the one that loses least.
        ([("a", 0.01, -0.3, 5), ("b", 0.01, -0.1, 50)], "b"),
        # A tie goes to the first.
        ([("a", 0.9, 0.0, 20), ("b", 0.9, 0.1, 20)], "a"),
    ],
)
def test_choice(comparisons, chosen):
    assert choose([comparison(*values) for values in comparisons]).trial == chosen


def test_smallest_and_source():
    small = record(trial="small", network=model(conv=3, head=20))
    same = record(trial="same", early=EARLY)
    facts = list(trial_facts("net", record(), [same, small], ["b", "s", "t"]))
    assert values(facts)["net.h2.trials.smallest"] == "small"
    sources = {fact.id: fact.source.run for fact in facts}
    assert sources["net.small.share"] == "b+t"
    assert sources["net.h2.trials.chosen"] == "b+s+t"
