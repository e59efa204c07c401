"""Facts over several seeds: the mean accuracy with its interval, and trials compared by seed.

The values of one seed are one draw of initial weights, order of samples and
dropout, and of the samples themselves where the file lets each run draw its own;
Student's interval over seeds says how far the mean would move with other seeds.
Trials are compared by exact permutation: paired where both have the same seeds,
else between two free samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import fmean, stdev

from reportgen.facts.comparison import Verdict, is_small, judge
from reportgen.facts.evaluation import compared_split, reported
from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.permutation import holm, sign_flip_p, two_sample_p, whole_numbers
from reportgen.facts.statistics import ALPHA
from reportgen.facts.student import difference_interval, mean_interval
from reportgen.facts.trials import find_evaluation
from reportgen.records import RunRecord

SPREAD_FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("n", "count", "Seeds that the experiment or trial was trained with."),
    ("mean", "fraction", "Mean over seeds of the best accuracy."),
    ("low", "fraction", "Lower bound of its 95 % interval (Student's t)."),
    ("high", "fraction", "Upper bound of that interval."),
    ("min", "fraction", "Smallest accuracy of a seed."),
    ("max", "fraction", "Largest accuracy of a seed."),
    ("deviation", "ratio", "Standard deviation over seeds."),
)

SPREADS: Mapping[str, tuple[tuple[Definition, str], ...]] = {
    "validation": tuple(
        (define(f"{{run}}.h{{h}}.seeds.{field}", unit, meaning), field)
        for field, unit, meaning in SPREAD_FIELDS
    ),
    "test": tuple(
        (define(f"{{run}}.h{{h}}.seeds.test.{field}", unit, f"On the test split. {meaning}"), field)
        for field, unit, meaning in SPREAD_FIELDS
    ),
}
SPLIT = define(
    "{run}.h{h}.seeds.split", "text", "What seeds are compared on: test if there is one."
)

FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("n", "count", "Seeds of the trial."),
    ("paired", "bool", "Whether trial and experiment have the same seeds, compared in pairs."),
    ("gain", "ratio", "Mean accuracy of the trial minus the experiment's."),
    ("low", "ratio", "Lower bound of its 95 % interval (Student's t over seeds)."),
    ("high", "ratio", "Upper bound of that interval."),
    ("small", "bool", "Whether all of it lies within ±0.5 percentage points."),
    ("p", "ratio", "Exact permutation p-value over seeds, before correction."),
    ("p_holm", "ratio", "The same after Holm's correction over the trials."),
    ("decisive", "bool", "Whether so few seeds could show any difference, after Holm."),
    ("verdict", "text", "better, worse, similar or inconclusive, after Holm."),
)

KINDS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.{{trial}}.h{{h}}.versus.seeds.{field}", unit, meaning), field)
    for field, unit, meaning in FIELDS
)


@dataclass(frozen=True, slots=True)
class SeedComparison:
    """A trial's seeds against the experiment's; `FIELDS` says what each value is.

    `least_p` is the smallest p-value that so many seeds can give.
    """

    n: int
    paired: bool
    gain: float
    low: float
    high: float
    p: float
    least_p: float
    p_holm: float = 1.0
    n_compared: int = 1

    @property
    def small(self) -> bool:
        """Whether the whole interval lies within the margin."""
        return is_small(self.low, self.high)

    @property
    def decisive(self) -> bool:
        """Whether the smallest p-value, corrected as the smallest, is below `ALPHA`."""
        return self.least_p * self.n_compared < ALPHA

    @property
    def verdict(self) -> Verdict:
        """What the trial is, after the correction."""
        return judge(self.p_holm, self.gain, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Spread:
    """Accuracies over seeds; `SPREAD_FIELDS` says what each value is."""

    n: int
    mean: float
    low: float
    high: float
    min: float
    max: float
    deviation: float


def spread(accuracies: Sequence[Fraction]) -> Spread:
    """Return how accuracies spread over seeds, two at least."""
    scores = [float(accuracy) for accuracy in accuracies]
    low, high = mean_interval(scores)
    return Spread(
        n=len(scores),
        mean=fmean(scores),
        low=max(0.0, low),
        high=min(1.0, high),
        min=min(scores),
        max=max(scores),
        deviation=stdev(scores),
    )


def compare_seeds(mine: Mapping[int, Fraction], theirs: Mapping[int, Fraction]) -> SeedComparison:
    """Compare the accuracies of two sets of runs, each by seed; two seeds at least on each side.

    Parameters
    ----------
    mine, theirs : mapping of int to Fraction
        Seed to accuracy, of the experiment and of the trial; exact, so that equal sums of
        differences are told as equal.
    """
    if mine.keys() == theirs.keys():
        gains = [theirs[seed] - mine[seed] for seed in sorted(mine)]
        low, high = mean_interval([float(gain) for gain in gains])
        least, p = 2 / 2 ** len(gains), sign_flip_p(whole_numbers(gains))
        return SeedComparison(
            len(theirs), True, float(sum(gains) / len(gains)), low, high, p, least
        )
    first, second = list(mine.values()), list(theirs.values())
    low, high = difference_interval([float(a) for a in first], [float(a) for a in second])
    numbers = whole_numbers([*first, *second])
    sides = 2 if len(first) == len(second) else 1
    return SeedComparison(
        n=len(second),
        paired=False,
        gain=float(sum(second) / len(second) - sum(first) / len(first)),
        low=low,
        high=high,
        p=two_sample_p(numbers[: len(first)], numbers[len(first) :]),
        least_p=sides / math.comb(len(first) + len(second), len(first)),
    )


def scores_by_seed(records: Sequence[RunRecord], horizon: int, split: str) -> dict[int, Fraction]:
    """Return seed to accuracy on a split, of the runs that reach a horizon."""
    return {
        record.result.seed: reported(record, horizon, split).accuracy
        for record in records
        if find_evaluation(record, horizon) is not None
    }


def seed_facts(run: str, records: Sequence[RunRecord]) -> Iterator[Fact]:
    """Yield the spread over the seeds of an experiment or trial; nothing for one seed."""
    if len(records) < 2:
        return
    key = "+".join(record.result.keys["record"] for record in records)
    compared = compared_split(records)
    for evaluation in records[0].result.evaluations:
        h = evaluation.horizon
        for split in ("validation", "test") if compared == "test" else ("validation",):
            scores = scores_by_seed(records, h, split)
            if len(scores) < 2:
                continue
            field = "tests" if split == "test" else "evaluations"
            found, source = spread([*scores.values()]), Source(key, f"{field}[h={h}]")
            for kind, name in SPREADS[split]:
                yield kind(getattr(found, name), source, run=run, h=h)
            if split == compared:
                yield SPLIT(split, source, run=run, h=h)


def versus_facts(
    run: str, base: Sequence[RunRecord], trials: Mapping[str, Sequence[RunRecord]]
) -> Iterator[Fact]:
    """Yield the comparison over seeds of an experiment with its trials.

    Only trials with two seeds at least on each side.
    """
    split = compared_split([*base, *(record for runs in trials.values() for record in runs)])
    for evaluation in base[0].result.evaluations:
        h = evaluation.horizon
        mine = scores_by_seed(base, h, split)
        found = {
            name: compare_seeds(mine, theirs)
            for name, records in trials.items()
            if len(mine) > 1 and len(theirs := scores_by_seed(records, h, split)) > 1
        }
        corrected = holm([comparison.p for comparison in found.values()])
        for (name, comparison), p_holm in zip(found.items(), corrected, strict=True):
            judged = replace(comparison, p_holm=p_holm, n_compared=len(found))
            runs = [*base, *trials[name]]
            key = "+".join(record.result.keys["record"] for record in runs)
            for kind, field in KINDS:
                value = getattr(judged, field)
                yield kind(value, Source(key, f"evaluations[h={h}]"), run=run, trial=name, h=h)
