"""Facts on the epochs of several seeds: how each ended, when it stopped, where its loss rises.

An epoch picked on one division of few samples is a matter of luck; over several the median
says more, and the range how little. The median of an even number is the lower of both in
the middle, so that it is an epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, median_low

from reportgen.facts.fact import Definition, Fact, Source, define
from reportgen.facts.student import mean_interval
from reportgen.facts.training import Outcome, judge_horizon, judge_outcome
from reportgen.facts.trials import find_evaluation
from reportgen.records import RunRecord, within

ENDED: Mapping[Outcome, Definition] = {
    "trained": define("{run}.ended.trained", "count", "Seeds whose training ended well."),
    "stuck": define("{run}.ended.stuck", "count", "Seeds whose training never left chance."),
    "diverged": define(
        "{run}.ended.diverged", "count", "Seeds whose loss became other than finite."
    ),
}
FIRST = define(
    "{run}.ended.first", "epoch", "Smallest epoch in which a seed diverged; none if none did."
)
LAST = define(
    "{run}.ended.last", "epoch", "Largest epoch in which a seed diverged; none if none did."
)

RISING = define(
    "{run}.h{h}.seeds.onset.n", "count", "Seeds whose validation loss rises clearly at the end."
)
MIDDLE: Mapping[str, tuple[str, Callable[[Sequence[int]], int]]] = {
    "median": ("Median", median_low),
    "min": ("Smallest", min),
    "max": ("Largest", max),
}
SPREADS: Mapping[str, Mapping[str, Definition]] = {
    group: {
        field: define(f"{{run}}.h{{h}}.seeds.{group}.{field}", "epoch", f"{what} {meaning}")
        for field, (what, _) in MIDDLE.items()
    }
    for group, meaning in (
        ("onset", "first epoch of that rise, over the seeds that have one; none without any."),
        ("lowest", "epoch of the smallest validation loss, over the seeds."),
        ("best", "best epoch, over the seeds."),
        ("trained", "number of epochs trained, over the seeds."),
    )
}

AT_THE_END: Mapping[str, Definition] = {
    field: define(f"{{run}}.h{{h}}.seeds.last.{field}", "fraction", meaning)
    for field, meaning in (
        ("mean", "Mean over seeds of the accuracy after the last epoch, which nothing chose."),
        ("low", "Lower bound of its 95 % interval (Student's t)."),
        ("high", "Upper bound of that interval, of the accuracy after the last epoch."),
    )
}


def seed_epoch_facts(run: str, records: Sequence[RunRecord]) -> Iterator[Fact]:
    """Yield how the seeds of an experiment or trial ended, and their epochs; if there are several.

    Nothing for an estimator, which has no epochs.
    """
    if len(records) < 2 or records[0].result.estimator is not None:
        return
    key = "+".join(record.result.keys["record"] for record in records)
    ended, source = [judge_outcome(record) for record in records], Source(key, "epochs,diverged_at")
    for outcome, kind in ENDED.items():
        yield kind(ended.count(outcome), source, run=run)
    diverged = [r.result.diverged_at for r in records if r.result.diverged_at]
    yield FIRST(min(diverged, default=None), source, run=run)
    yield LAST(max(diverged, default=None), source, run=run)
    horizons = {e.horizon for record in records for e in record.result.evaluations}
    for h in sorted(horizons):
        yield from _horizon_facts(run, records, h, key)


def _horizon_facts(run: str, records: Sequence[RunRecord], h: int, key: str) -> Iterator[Fact]:
    """Yield the epochs up to a horizon, over the seeds that reach it."""
    reached = [(r, e) for r in records if (e := find_evaluation(r, h)) is not None]
    verdicts = [judge_horizon(record, evaluation) for record, evaluation in reached]
    onsets = [verdict.onset for verdict in verdicts if verdict.onset is not None]
    source = Source(key, f"epochs[:{h}]")
    yield RISING(len(onsets), source, run=run, h=h)
    values = {
        "onset": onsets,
        "lowest": [verdict.loss_minimum for verdict in verdicts],
        "best": [evaluation.epoch for _, evaluation in reached],
        "trained": [min(record.result.n_epochs, h) for record, _ in reached],
    }
    for group, kinds in SPREADS.items():
        found = values[group]
        for field, kind in kinds.items():
            yield kind(MIDDLE[field][1](found) if found else None, source, run=run, h=h)
    if len(reached) > 1:
        yield from _last_facts(run, [record for record, _ in reached], h, source)


def _last_facts(run: str, records: Sequence[RunRecord], h: int, source: Source) -> Iterator[Fact]:
    """Yield the accuracy that several seeds end with, cut to [0, 1]."""
    scores = [within(record.result.epochs, h)[-1].validation_accuracy for record in records]
    low, high = mean_interval(scores)
    found = {"mean": fmean(scores), "low": max(0.0, low), "high": min(1.0, high)}
    for field, kind in AT_THE_END.items():
        yield kind(found[field], source, run=run, h=h)
