"""Facts on each trial against the one that it begins from: what a single change brought.

Both are taken at the best epoch of their own longest horizon, over the seeds; Holm's
correction goes over all steps of the experiment. A step from or to a trial that diverged
or never left chance with any seed is not compared: how it ended says more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.permutation import holm
from reportgen.facts.search import Candidate, compare_candidates, rank_candidates
from reportgen.facts.seeds import SeedComparison
from reportgen.records import RunRecord
from reportgen.spec.experiment import Trial

FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("n", "count", "Seeds over which the trial and the one it begins from are compared."),
    ("gain", "ratio", "Mean accuracy of the trial minus that of the one it begins from."),
    ("low", "ratio", "Lower bound of its 95 % interval (Student; with one seed, Tango)."),
    ("high", "ratio", "Upper bound of the interval of the step."),
    ("small", "bool", "Whether all of it lies within ±0.5 percentage points."),
    ("p", "ratio", "Exact p-value (permutation over seeds; with one, McNemar), uncorrected."),
    ("p_holm", "ratio", "The same after Holm's correction over all steps."),
    ("decisive", "bool", "Whether so few seeds could show any difference, after Holm."),
    ("verdict", "text", "What the step is: better, worse, similar or inconclusive, after Holm."),
)

KINDS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.{{trial}}.step.{field}", unit, meaning), field)
    for field, unit, meaning in FIELDS
)


def compare_steps(
    trials: Sequence[Trial], by_trial: Mapping[str, Sequence[RunRecord]]
) -> dict[str, SeedComparison]:
    """Return what each trial brought over the one that it begins from, by its name.

    Parameters
    ----------
    trials : sequence of Trial
    by_trial : mapping of str to sequence of RunRecord
        The records of every seed by trial, the experiment's own under "".
    """
    trained: dict[str, Candidate] = {each.trial: each for each in rank_candidates(by_trial)}
    found = {
        trial.name: comparison
        for trial in trials
        if {trial.name, trial.origin or ""} <= trained.keys()
        and (comparison := compare_candidates(trained[trial.name], trained[trial.origin or ""]))
    }
    corrected = holm([comparison.p for comparison in found.values()])
    return {
        name: replace(comparison, p_holm=p_holm, n_compared=len(found))
        for (name, comparison), p_holm in zip(found.items(), corrected, strict=True)
    }


def step_facts(
    run: str, trials: Sequence[Trial], by_trial: Mapping[str, Sequence[RunRecord]]
) -> Iterator[Fact]:
    """Yield what each trial of an experiment brought over the one that it begins from."""
    origins = {trial.name: trial.origin or "" for trial in trials}
    for name, comparison in compare_steps(trials, by_trial).items():
        records = [*by_trial[origins[name]], *by_trial[name]]
        key = "+".join(record.result.keys["record"] for record in records)
        for kind, field in KINDS:
            value = getattr(comparison, field)
            yield kind(value, Source(key, "evaluations"), run=run, trial=name)
