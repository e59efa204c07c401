"""Facts that compare an experiment's trials with the experiment itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.facts.comparison import Comparison, Verdict, compare, judge
from reportgen.facts.evaluation import hits
from reportgen.facts.fact import Definition, Fact, Source, define
from reportgen.facts.permutation import holm
from reportgen.records import Evaluation, RunRecord

NUMBER = define("{run}.trials.n", "count", "Trials of the experiment.")
SMALLER = define("{run}.trials.smaller", "count", "Those with fewer parameters than it.")
REDUCTION = define(
    "{run}.{trial}.reduction", "ratio", "Parameters of the experiment over those of the trial."
)
SHARE = define("{run}.{trial}.share", "fraction", "Parameters of the trial over the experiment's.")
GAIN = define(
    "{run}.{trial}.h{h}.versus.gain", "ratio", "Accuracy of the trial minus the experiment's."
)
LOW = define("{run}.{trial}.h{h}.versus.low", "ratio", "Lower bound of its 95 % interval (Tango).")
HIGH = define("{run}.{trial}.h{h}.versus.high", "ratio", "Upper bound of that interval.")
SMALL = define(
    "{run}.{trial}.h{h}.versus.small",
    "bool",
    "Whether all of it lies within ±0.5 percentage points.",
)
FIXED = define(
    "{run}.{trial}.h{h}.versus.fixed", "count", "Samples that only the trial gets right."
)
BROKEN = define(
    "{run}.{trial}.h{h}.versus.broken", "count", "Samples that only the experiment gets right."
)
P = define("{run}.{trial}.h{h}.versus.p", "ratio", "Exact McNemar p-value, before correction.")
P_HOLM = define(
    "{run}.{trial}.h{h}.versus.p_holm", "ratio", "The same after Holm's correction over the trials."
)
VERDICT = define(
    "{run}.{trial}.h{h}.versus.verdict",
    "text",
    "better, worse, similar or inconclusive, after Holm.",
)
FOUND: tuple[tuple[Definition, str], ...] = (
    (GAIN, "gain"),
    (LOW, "low"),
    (HIGH, "high"),
    (SMALL, "small"),
    (FIXED, "fixed"),
    (BROKEN, "broken"),
    (P, "p"),
)

CHOSEN = define(
    "{run}.h{h}.trials.chosen", "text", "Smallest trial that is not worse, or that loses least."
)
CHOSEN_WORSE = define("{run}.h{h}.trials.chosen_worse", "bool", "Whether even that one is worse.")
SMALLEST = define("{run}.h{h}.trials.smallest", "text", "Trial with fewest parameters.")


@dataclass(frozen=True, slots=True)
class TrialComparison:
    """A trial against its experiment at one horizon; `p_holm` is corrected over the trials."""

    trial: str
    parameters: int
    found: Comparison
    p_holm: float

    @property
    def verdict(self) -> Verdict:
        """What the trial is, after the correction."""
        found = self.found
        return judge(self.p_holm, found.gain, found.low, found.high)


def parameters(record: RunRecord) -> int:
    """Return a run's parameters, trainable or not."""
    return record.result.model.n_trainable + record.result.model.n_frozen


def find_evaluation(record: RunRecord, horizon: int) -> Evaluation | None:
    """Return a run's evaluation at a horizon, if it has one."""
    return next((e for e in record.result.evaluations if e.horizon == horizon), None)


def same_samples(base: RunRecord, trial: RunRecord) -> bool:
    """Tell whether two runs were evaluated on the same samples, as far as labels tell."""
    return np.array_equal(base.arrays["labels"], trial.arrays["labels"])


def compare_trials(
    base: RunRecord, trials: Sequence[RunRecord], horizon: int
) -> tuple[TrialComparison, ...]:
    """Compare the trials that reach a horizon, on the same samples, with the experiment.

    Trials that were evaluated on other samples take no part.
    """
    if find_evaluation(base, horizon) is None:
        return ()
    reached = [t for t in trials if find_evaluation(t, horizon) and same_samples(base, t)]
    groups = base.arrays.get("groups")
    found = [compare(hits(base, horizon), hits(t, horizon), groups) for t in reached]
    corrected = holm([comparison.p for comparison in found])
    return tuple(
        TrialComparison(trial.result.trial, parameters(trial), comparison, p_holm)
        for trial, comparison, p_holm in zip(reached, found, corrected, strict=True)
    )


def choose(comparisons: Sequence[TrialComparison]) -> TrialComparison:
    """Return the smallest trial that is not shown worse, or else the one that loses least.

    Ties go to the trial that stands first in the experiment file.
    """
    kept = [c for c in comparisons if c.verdict != "worse"]
    if kept:
        return min(kept, key=lambda c: c.parameters)
    return max(comparisons, key=lambda c: c.found.gain)


def trial_facts(
    run: str,
    base: RunRecord,
    trials: Sequence[RunRecord],
    keys: Sequence[str],
    elsewhere: Collection[str] = (),
) -> Iterator[Fact]:
    """Yield the comparison of an experiment with its trials.

    `keys` holds the record key of the experiment, then those of the trials; `elsewhere` the
    trials that divide the data otherwise, so that their samples are not the experiment's.
    """
    everything = Source("+".join(keys), "evaluations,model")
    yield NUMBER(len(trials), everything, run=run)
    if not trials:
        return
    smaller = sum(parameters(trial) < parameters(base) for trial in trials)
    yield SMALLER(smaller, everything, run=run)
    for trial, key in zip(trials, keys[1:], strict=True):
        name, source = trial.result.trial, Source(f"{keys[0]}+{key}", "model")
        yield REDUCTION(parameters(base) / parameters(trial), source, run=run, trial=name)
        yield SHARE(parameters(trial) / parameters(base), source, run=run, trial=name)
    smallest = min(trials, key=parameters).result.trial
    alike = [trial for trial in trials if trial.result.trial not in elsewhere]
    for evaluation in base.result.evaluations:
        h = evaluation.horizon
        comparisons = compare_trials(base, alike, h)
        if not comparisons:
            continue
        for c in comparisons:
            names = {"run": run, "trial": c.trial, "h": h}
            for kind, field in FOUND:
                yield kind(getattr(c.found, field), everything, **names)
            yield P_HOLM(c.p_holm, everything, **names)
            yield VERDICT(c.verdict, everything, **names)
        chosen = choose(comparisons)
        yield CHOSEN(chosen.trial, everything, run=run, h=h)
        yield CHOSEN_WORSE(chosen.verdict == "worse", everything, run=run, h=h)
        yield SMALLEST(smallest, everything, run=run, h=h)
