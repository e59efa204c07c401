"""Facts over several seeds: the mean accuracy with its interval, and trials compared by seed.

The values of one seed are one draw of initial weights, order of samples and
dropout; Student's interval over seeds says how far the mean would move with other
seeds, on the same samples. Trials are compared by exact permutation: paired where
both have the same seeds, else between two free samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from reportgen.facts.comparison import Verdict, is_small, judge
from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.permutation import holm, sign_flip_p, two_sample_p
from reportgen.facts.statistics import ALPHA
from reportgen.facts.student import difference_interval, mean_interval
from reportgen.facts.trials import find_evaluation
from reportgen.records import RunRecord

N = define("{run}.h{h}.seeds.n", "count", "Seeds that the experiment or trial was trained with.")
MEAN = define("{run}.h{h}.seeds.mean", "fraction", "Mean over seeds of the best accuracy.")
LOW = define("{run}.h{h}.seeds.low", "fraction", "Lower bound of its 95 % interval (Student's t).")
HIGH = define("{run}.h{h}.seeds.high", "fraction", "Upper bound of that interval.")
MIN = define("{run}.h{h}.seeds.min", "fraction", "Smallest accuracy of a seed.")
MAX = define("{run}.h{h}.seeds.max", "fraction", "Largest accuracy of a seed.")
DEVIATION = define("{run}.h{h}.seeds.deviation", "ratio", "Standard deviation over seeds.")

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


def compare_seeds(
    mine: Mapping[int, int], theirs: Mapping[int, int], n_samples: int
) -> SeedComparison:
    """Compare the errors of two sets of runs, each by seed; two seeds at least on each side.

    Parameters
    ----------
    mine, theirs : mapping of int to int
        Seed to misclassified samples, of the experiment and of the trial.
    n_samples : int
        Samples that each run answered.
    """
    if mine.keys() == theirs.keys():
        saved = [mine[seed] - theirs[seed] for seed in sorted(mine)]
        gains = [errors / n_samples for errors in saved]
        low, high = mean_interval(gains)
        least = 2 / 2 ** len(saved)
        return SeedComparison(len(theirs), True, fmean(gains), low, high, sign_flip_p(saved), least)
    first, second = list(mine.values()), list(theirs.values())
    scores = [[1 - errors / n_samples for errors in side] for side in (first, second)]
    low, high = difference_interval(scores[0], scores[1])
    sides = 2 if len(first) == len(second) else 1
    return SeedComparison(
        n=len(second),
        paired=False,
        gain=fmean(scores[1]) - fmean(scores[0]),
        low=low,
        high=high,
        p=two_sample_p(first, second),
        least_p=sides / math.comb(len(first) + len(second), len(first)),
    )


def errors_by_seed(records: Sequence[RunRecord], horizon: int) -> dict[int, int]:
    """Return seed to misclassified samples, of the runs that reach a horizon."""
    return {
        record.result.seed: evaluation.n_errors
        for record in records
        if (evaluation := find_evaluation(record, horizon)) is not None
    }


def seed_facts(run: str, records: Sequence[RunRecord]) -> Iterator[Fact]:
    """Yield the spread over the seeds of an experiment or trial; nothing for one seed."""
    if len(records) < 2:
        return
    key = "+".join(record.result.keys["record"] for record in records)
    for evaluation in records[0].result.evaluations:
        h, n = evaluation.horizon, evaluation.n
        scores = [1 - errors / n for errors in errors_by_seed(records, h).values()]
        if len(scores) < 2:
            continue
        source = Source(key, f"evaluations[h={h}]")
        low, high = mean_interval(scores)
        yield N(len(scores), source, run=run, h=h)
        yield MEAN(fmean(scores), source, run=run, h=h)
        yield LOW(max(0.0, low), source, run=run, h=h)
        yield HIGH(min(1.0, high), source, run=run, h=h)
        yield MIN(min(scores), source, run=run, h=h)
        yield MAX(max(scores), source, run=run, h=h)
        yield DEVIATION(stdev(scores), source, run=run, h=h)


def versus_facts(
    run: str, base: Sequence[RunRecord], trials: Mapping[str, Sequence[RunRecord]]
) -> Iterator[Fact]:
    """Yield the comparison over seeds of an experiment with its trials.

    Only trials with as many evaluated samples, and two seeds at least on each side.
    """
    for evaluation in base[0].result.evaluations:
        h, n = evaluation.horizon, evaluation.n
        mine = errors_by_seed(base, h)
        found = {
            name: compare_seeds(mine, theirs, n)
            for name, records in trials.items()
            if len(mine) > 1
            and len(theirs := errors_by_seed(records, h)) > 1
            and all(len(record.arrays["labels"]) == n for record in records)
        }
        corrected = holm([comparison.p for comparison in found.values()])
        for (name, comparison), p_holm in zip(found.items(), corrected, strict=True):
            judged = replace(comparison, p_holm=p_holm, n_compared=len(found))
            runs = [*base, *trials[name]]
            key = "+".join(record.result.keys["record"] for record in runs)
            for kind, field in KINDS:
                value = getattr(judged, field)
                yield kind(value, Source(key, f"evaluations[h={h}]"), run=run, trial=name, h=h)
