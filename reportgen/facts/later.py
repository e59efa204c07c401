"""Facts on what a longer horizon brought, and whether the shorter one's curves foretold it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from reportgen.facts.comparison import Verdict, compare
from reportgen.facts.evaluation import hits
from reportgen.facts.fact import Fact, Source, define
from reportgen.facts.training import judge_horizon
from reportgen.records import Evaluation, RunRecord, within

EPOCHS = define("{run}.h{h}.later.epochs", "epoch", "The next longer horizon.")
GAIN = define("{run}.h{h}.later.gain", "ratio", "Accuracy there minus accuracy here.")
LOW = define("{run}.h{h}.later.low", "ratio", "Lower bound of its 95 % interval (Tango).")
HIGH = define("{run}.h{h}.later.high", "ratio", "Upper bound of that interval.")
SMALL = define(
    "{run}.h{h}.later.small", "bool", "Whether all of it lies within ±0.5 percentage points."
)
FIXED = define("{run}.h{h}.later.fixed", "count", "Samples wrong here and right there.")
BROKEN = define("{run}.h{h}.later.broken", "count", "Samples right here and wrong there.")
P = define("{run}.h{h}.later.p", "ratio", "Exact McNemar p-value of the two checkpoints.")
VERDICT = define(
    "{run}.h{h}.later.verdict", "text", "better, worse, similar or inconclusive, at the 5 % level."
)
LOSS_CHANGE = define(
    "{run}.h{h}.later.loss_change",
    "ratio",
    "Relative change of the smallest validation loss from here to there; 0 or less.",
)
FORECAST = define(
    "{run}.h{h}.later.forecast",
    "text",
    "right, wrong or open: whether more_epochs_help here agrees with what came.",
)

Forecast = Literal["right", "wrong", "open"]


def judge_forecast(verdict: Verdict, *, more_epochs_help: bool) -> Forecast:
    """Return whether the curves foretold what came: they ask for more epochs, and those help.

    Better results confirm the advice to go on, similar or worse ones the advice to
    stop; inconclusive ones neither.
    """
    if verdict == "inconclusive":
        return "open"
    return "right" if more_epochs_help == (verdict == "better") else "wrong"


def loss_change(record: RunRecord, horizon: int, later: int) -> float:
    """Return the relative change of the smallest validation loss; 0 if that was 0."""
    here, there = (
        min(row.validation_loss for row in within(record.result.epochs, h))
        for h in (horizon, later)
    )
    return (there - here) / here if here else 0.0


def later_facts(
    run: str, record: RunRecord, evaluation: Evaluation, later: Evaluation, key: str
) -> Iterator[Fact]:
    """Yield what a longer horizon brought, on the same samples."""
    h = evaluation.horizon
    source = Source(key, f"evaluations[h={h}],evaluations[h={later.horizon}]")
    found = compare(hits(record, h), hits(record, later.horizon), record.arrays.get("groups"))
    more = judge_horizon(record, evaluation).more_epochs_help
    yield EPOCHS(later.horizon, source, run=run, h=h)
    for kind, field in (
        (GAIN, "gain"),
        (LOW, "low"),
        (HIGH, "high"),
        (SMALL, "small"),
        (FIXED, "fixed"),
        (BROKEN, "broken"),
        (P, "p"),
        (VERDICT, "verdict"),
    ):
        yield kind(getattr(found, field), source, run=run, h=h)
    curves = Source(key, f"epochs[:{later.horizon}]")
    yield LOSS_CHANGE(loss_change(record, h, later.horizon), curves, run=run, h=h)
    forecast = judge_forecast(found.verdict, more_epochs_help=more)
    yield FORECAST(forecast, source, run=run, h=h)
