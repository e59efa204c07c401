"""The best of an experiment and its trials, by mean validation accuracy over the seeds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from reportgen.facts.search import (
    compare_with_best,
    rank_candidates,
    search_facts,
)
from reportgen.facts.seeds import compare_seeds
from reportgen.facts.training import judge_outcome
from reportgen.records import Evaluation, RunRecord
from tests.factories import as_estimator, make_record
from tests.facts.hand_made import record, values

N = 100


def run(trial: str, seed: int, errors: int, n: int = N) -> RunRecord:
    """Return a run with so many errors at its last horizon: the first samples of class 0."""
    made = record(trial=trial, seed=seed)
    half = n // 2
    matrix = ((half - errors, errors, 0), (0, n - half, 0), (0, 0, 0))
    last = Evaluation(4, 3, "validation", n, errors, matrix, ())
    labels = np.array([0] * half + [1] * (n - half), np.uint16)
    given = labels.copy()
    given[:errors] = 1
    arrays = {"labels": labels, "h4.predictions": given}
    return RunRecord(replace(made.result, evaluations=(last,)), made.provenance, arrays)


def runs(trial: str, *errors: int) -> list[RunRecord]:
    return [run(trial, seed, n) for seed, n in enumerate(errors)]


def diverged(made: RunRecord) -> RunRecord:
    """Return a run that ended after three of its four epochs."""
    result = replace(
        made.result, epochs=made.result.epochs[:3], stopped="not finite in epoch 4", diverged_at=4
    )
    return replace(made, result=result)


def stuck(made: RunRecord) -> RunRecord:
    """Return a run whose training loss stays at ln 3, that of guessing."""
    rows = tuple(replace(row, train_loss=1.0986) for row in made.result.epochs)
    return replace(made, result=replace(made.result, epochs=rows))


def at_once(made: RunRecord) -> RunRecord:
    """Return a run that diverged in its first epoch: it has no epochs and no evaluations."""
    result = replace(made.result, epochs=(), evaluations=(), stopped="not finite in epoch 1")
    return replace(made, result=result)


def test_without_trials_there_is_no_search() -> None:
    assert list(search_facts("net", {"": runs("", 9, 9)})) == []


def test_the_best_has_the_highest_mean_over_the_seeds() -> None:
    """Errors 10 and 12 of 100; 6 and 8; 4 and 14: the second is best with 93 %, 89 and 91 follow.

    Its interval: deviation √2 points, t(1) = 12.706, so ±12.706 points, cut at 1.
    """
    found = values(
        search_facts("net", {"": runs("", 10, 12), "a": runs("a", 6, 8), "b": runs("b", 4, 14)})
    )
    assert (found["net.trials.best"], found["net.trials.second"]) == ("a", "b")
    assert (found["net.trials.candidates"], found["net.trials.left_out"]) == (3, 0)
    assert (found["net.trials.top.n"], found["net.trials.top.mean"]) == (2, pytest.approx(0.93))
    assert found["net.trials.top.low"] == pytest.approx(0.93 - 0.12706, abs=1e-5)
    assert found["net.trials.top.high"] == 1.0
    assert found["net.trials.lead.n"] == 2
    assert found["net.trials.lead.gain"] == pytest.approx(0.02)  # −2 and 6 points


def test_two_seeds_can_decide_nothing() -> None:
    found = values(search_facts("net", {"": runs("", 40, 41), "a": runs("a", 6, 8)}))
    assert (found["net.trials.lead.p"], found["net.trials.lead.p_holm"]) == (0.5, 0.5)
    assert found["net.trials.lead.decisive"] is False
    assert found["net.trials.lead.verdict"] == "inconclusive"
    assert found["net.trials.undecided"] == 1


def test_the_best_is_compared_with_each_other_after_holm() -> None:
    """Seven seeds, 2/128 for any clear difference; of two comparisons the first counts twice."""
    base = runs("", *range(30, 37))
    near = runs("near", 11, 9, 10, 10, 10, 10, 9)
    best = runs("best", *[10] * 7)
    found = values(search_facts("net", {"": base, "near": near, "best": best}))
    assert (found["net.trials.best"], found["net.trials.second"]) == ("near", "best")
    compared = compare_with_best(rank_candidates({"": base, "near": near, "best": best}))
    assert (compared[""].p, compared[""].p_holm) == (2 / 128, 4 / 128)
    assert (compared[""].verdict, compared[""].decisive) == ("better", True)
    assert found["net.trials.lead.p"] == 1.0  # differences 1, −1, −1: any sum of three is as far
    assert found["net.trials.undecided"] == 1


def test_the_experiment_itself_may_be_best_and_wins_a_tie() -> None:
    found = values(search_facts("net", {"": runs("", 7, 7), "a": runs("a", 6, 8)}))
    assert (found["net.trials.best"], found["net.trials.second"]) == ("", "a")


def test_means_that_are_equal_are_equal() -> None:
    """0.1 + 0.2 is 0.30000000000000004 in floats, and no better than 0.3."""
    ranked = rank_candidates(
        {
            "": runs("", 40, 40, 40),
            "a": [run("a", 0, 1, 10), run("a", 1, 2, 10), run("a", 2, 9, 10)],
        }
    )
    assert [candidate.trial for candidate in ranked] == ["", "a"]


@pytest.mark.parametrize("spoil", [diverged, stuck, at_once])
def test_who_fails_with_any_seed_takes_no_part(spoil) -> None:
    best = runs("a", 1, 1)
    found = values(search_facts("net", {"": runs("", 9, 9), "a": [best[0], spoil(best[1])]}))
    assert (found["net.trials.best"], found["net.trials.candidates"]) == ("", 1)
    assert found["net.trials.left_out"] == 1
    assert "net.trials.second" not in found


def test_where_all_fail_there_is_no_best() -> None:
    failed = {"": [at_once(run("", 0, 9))], "a": [stuck(run("a", 0, 9))]}
    found = values(search_facts("net", failed))
    assert found == {"net.trials.candidates": 0, "net.trials.left_out": 2}


def test_each_is_taken_at_its_own_last_horizon() -> None:
    short = runs("a", 5, 5)
    last = replace(short[0].result.evaluations[0], horizon=2, epoch=2)
    early = [replace(r, result=replace(r.result, evaluations=(last,))) for r in short]
    found = values(search_facts("net", {"": runs("", 9, 9), "a": early}))
    assert found["net.trials.top.mean"] == pytest.approx(0.95)


def test_accuracies_on_other_samples_are_compared_exactly() -> None:
    """A third of 3, a half of 2: gains 1/6 and −1/6 cancel, so p is 1."""
    third, half = Fraction(1, 3), Fraction(1, 2)
    found = compare_seeds({1: third, 2: half}, {1: half, 2: third})
    assert (found.gain, found.p, found.n) == (0.0, 1.0, 2)
    assert compare_seeds({1: third, 2: third}, {1: half, 2: half}).p == 0.5


def test_one_seed_is_compared_sample_by_sample() -> None:
    """9 errors against 1, the same one among them: 8 mended, none broken, p = 2 / 2⁸."""
    found = values(search_facts("net", {"": runs("", 9), "a": runs("a", 1)}))
    assert (found["net.trials.top.n"], found["net.trials.top.mean"]) == (1, 0.99)
    assert found["net.trials.lead.p"] == pytest.approx(2 / 256)
    assert (found["net.trials.lead.verdict"], found["net.trials.undecided"]) == ("better", 0)
    assert found["net.trials.lead.decisive"] is True
    assert 0.94 < found["net.trials.top.low"] < 0.99 < found["net.trials.top.high"] < 1.0


def test_one_seed_on_other_samples_is_compared_with_nothing() -> None:
    found = values(search_facts("net", {"": [run("", 0, 9, 90)], "a": runs("a", 1)}))
    assert found["net.trials.undecided"] == 1
    assert "net.trials.lead.p" not in found


def test_each_way_to_end() -> None:
    good = run("a", 0, 1)
    assert judge_outcome(good) == "trained"
    assert judge_outcome(stuck(good)) == "stuck"
    assert judge_outcome(diverged(good)) == judge_outcome(at_once(good)) == "diverged"
    assert judge_outcome(as_estimator(make_record())) == "trained"
