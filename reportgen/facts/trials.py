"""Facts that compare an experiment's trials with the experiment itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportgen.facts.evaluation import compare, hits
from reportgen.facts.fact import Fact, Source, define
from reportgen.records import Evaluation, RunRecord

NUMBER = define("{run}.trials.n", "count", "Trials of the experiment.")
REDUCTION = define(
    "{run}.{trial}.reduction", "ratio", "Parameters of the experiment over those of the trial."
)
SHARE = define("{run}.{trial}.share", "fraction", "Parameters of the trial over the experiment's.")
GAIN = define(
    "{run}.{trial}.h{h}.versus.gain", "ratio", "Accuracy of the trial minus the experiment's."
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
    "{run}.{trial}.h{h}.versus.verdict", "text", "better, worse or inconclusive, after Holm."
)
CHOSEN = define(
    "{run}.h{h}.trials.chosen", "text", "Smallest trial that is not worse, or that loses least."
)
CHOSEN_WORSE = define("{run}.h{h}.trials.chosen_worse", "bool", "Whether even that one is worse.")
SMALLEST = define("{run}.h{h}.trials.smallest", "text", "Trial with fewest parameters.")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A trial against its experiment at one horizon."""

    trial: str
    gain: float
    fixed: int
    broken: int
    p: float
    p_holm: float
    verdict: str
    parameters: int


def holm(values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's step-down correction of some p-values, in the order given.

    Notes
    -----
    The i-th smallest of m is multiplied by m − i + 1, made monotone and capped at
    1: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65–70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    order = sorted(range(len(values)), key=lambda i: values[i])
    corrected = [0.0] * len(values)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[i]))
        corrected[i] = highest
    return tuple(corrected)


def parameters(record: RunRecord) -> int:
    """Return a run's parameters, trainable or not."""
    return record.result.model.n_trainable + record.result.model.n_frozen


def find_evaluation(record: RunRecord, horizon: int) -> Evaluation | None:
    """Return a run's evaluation at a horizon, if it has one."""
    return next((e for e in record.result.evaluations if e.horizon == horizon), None)


def compare_trials(
    base: RunRecord, trials: Sequence[RunRecord], horizon: int
) -> tuple[Comparison, ...]:
    """Compare the trials that reach a horizon, on the same samples, with the experiment."""
    reference = find_evaluation(base, horizon)
    reached = [(t, e) for t in trials if (e := find_evaluation(t, horizon)) is not None]
    if reference is None or not reached:
        return ()
    outcomes = [compare(hits(base, horizon), hits(t, horizon)) for t, _ in reached]
    corrected = holm([p for _, _, p, _ in outcomes])
    comparisons = []
    for (trial, evaluation), (fixed, broken, p, _), p_holm in zip(
        reached, outcomes, corrected, strict=True
    ):
        verdict = "inconclusive"
        if p_holm < 0.05:
            verdict = "better" if fixed > broken else "worse"
        gain = (reference.n_errors - evaluation.n_errors) / reference.n
        comparisons.append(
            Comparison(
                trial.result.trial, gain, fixed, broken, p, p_holm, verdict, parameters(trial)
            )
        )
    return tuple(comparisons)


def choose(comparisons: Sequence[Comparison]) -> Comparison:
    """Return the smallest trial that is not shown worse, or else the one that loses least.

    Ties go to the trial that stands first in the experiment file.
    """
    kept = [c for c in comparisons if c.verdict != "worse"]
    if kept:
        return min(kept, key=lambda c: c.parameters)
    return max(comparisons, key=lambda c: c.gain)


def trial_facts(
    run: str, base: RunRecord, trials: Sequence[RunRecord], keys: Sequence[str]
) -> Iterator[Fact]:
    """Yield the comparison of an experiment with its trials.

    `keys` holds the record key of the experiment, then those of the trials.
    """
    everything = Source("+".join(keys), "evaluations,model")
    yield NUMBER(len(trials), everything, run=run)
    if not trials:
        return
    for trial, key in zip(trials, keys[1:], strict=True):
        name, source = trial.result.trial, Source(f"{keys[0]}+{key}", "model")
        yield REDUCTION(parameters(base) / parameters(trial), source, run=run, trial=name)
        yield SHARE(parameters(trial) / parameters(base), source, run=run, trial=name)
    smallest = min(trials, key=parameters).result.trial
    for evaluation in base.result.evaluations:
        h = evaluation.horizon
        comparisons = compare_trials(base, trials, h)
        if not comparisons:
            continue
        for c in comparisons:
            names = {"run": run, "trial": c.trial, "h": h}
            yield GAIN(c.gain, everything, **names)
            yield FIXED(c.fixed, everything, **names)
            yield BROKEN(c.broken, everything, **names)
            yield P(c.p, everything, **names)
            yield P_HOLM(c.p_holm, everything, **names)
            yield VERDICT(c.verdict, everything, **names)
        chosen = choose(comparisons)
        yield CHOSEN(chosen.trial, everything, run=run, h=h)
        yield CHOSEN_WORSE(chosen.verdict == "worse", everything, run=run, h=h)
        yield SMALLEST(smallest, everything, run=run, h=h)
