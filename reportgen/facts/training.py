"""Facts on training: its settings, its epochs, and the verdict on the curves up to each horizon."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.statistics import wilson_interval
from reportgen.facts.verdicts import CurveVerdict, judge_curves
from reportgen.records import EpochRow, Evaluation, RunRecord, within
from reportgen.spec.dataset import draw_seed
from reportgen.spec.experiment import Experiment
from reportgen.spec.training import Phase

SEED = define("{run}.seed", "count", "Seed of the weights, the order of samples and the dropout.")
MAP_SEED = define(
    "{run}.training.seeds.maps", "count", "Seed of the maps: their samples and their starts."
)
DIVISION_SEED = define(
    "{run}.training.seeds.division", "count", "Seed that divided the data into splits."
)
SUBSET_SEED = define(
    "{run}.training.seeds.subset", "count", "Seed that chose the part to train on."
)
WHY = define("{run}.why", "text", "What a trial changes and to what end.")
STOPPED = define("{run}.stopped", "text", "Why training ended early; empty if it did not.")
DIVERGED_AT = define(
    "{run}.diverged_at", "epoch", "Epoch whose loss was not finite; none if all were."
)
OUTCOME = define(
    "{run}.outcome",
    "text",
    "How training ended: diverged (a loss that is not finite), stuck (never left chance), trained.",
)
EPOCHS = define("{run}.training.epochs", "epoch", "Epochs trained.")
EVERY = define("{run}.training.validate_every", "epoch", "Epochs from one measurement to the next.")
BATCH = define("{run}.training.batch_size", "count", "Samples of a training batch.")
OPTIMIZER = define("{run}.training.phases.{i}.optimizer", "text", "Optimiser of phase i, from 1.")
RATE = define("{run}.training.phases.{i}.lr", "ratio", "Learning rate.")
MOMENTUM = define("{run}.training.phases.{i}.momentum", "ratio", "Momentum; none for Adam.")
PHASE_EPOCHS = define("{run}.training.phases.{i}.epochs", "epoch", "Epochs of the phase.")
PHASE_TRAIN = define(
    "{run}.training.phases.{i}.train", "text", "`all`, or the modules that learn, with commas."
)
PHASE_STOPPED = define(
    "{run}.training.phases.{i}.stopped_early",
    "epoch",
    "Epoch after which the phase stopped early; none if it did not.",
)
PHASE_PATIENCE = define(
    "{run}.training.phases.{i}.patience",
    "epoch",
    "Epochs without a lower validation loss that end the phase; none without that rule.",
)

Outcome = Literal["trained", "stuck", "diverged"]

ROW_FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("running_loss", "nats", "Mean loss while the weights change, dropout on."),
    ("running_accuracy", "fraction", "Accuracy while the weights change, dropout on."),
    ("train_loss", "nats", "Training loss after the epoch, in evaluation mode."),
    ("train_accuracy", "fraction", "Training accuracy after the epoch, in evaluation mode."),
    ("validation_loss", "nats", "Validation loss after the epoch."),
    ("validation_accuracy", "fraction", "Validation accuracy after the epoch."),
)

ROW: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.epochs.{{epoch}}.{field}", unit, meaning), field)
    for field, unit, meaning in ROW_FIELDS
)

HORIZON = define("{run}.h{h}.epochs", "epoch", "The horizon itself: epochs looked at.")
CHANCE_LOSS = define(
    "{run}.h{h}.verdict.chance_loss", "nats", "Loss of guessing by class frequency: ln C if even."
)

VERDICT_FIELDS: tuple[tuple[str, Unit, str], ...] = (
    (
        "state",
        "text",
        "First that holds: diverged, stuck, short, overfitting, improving, unstable, plateau.",
    ),
    ("train_trend", "text", "Training loss at the end: falling, flat, rising (or unknown)."),
    ("validation_trend", "text", "Validation loss at the end: falling, flat, rising (or unknown)."),
    ("tail", "epoch", "Epochs of each of the two last stretches that a trend compares."),
    ("validation_change", "ratio", "Relative change of the validation loss between the two."),
    ("noise", "nats", "Deviation of the validation loss from its course; none below 6 epochs."),
    ("loss_minimum", "epoch", "Epoch of the smallest validation loss."),
    ("rise", "nats", "Validation loss of the last stretch minus that of its lowest one."),
    ("overfitting", "text", "none, gap (accuracies part) or rising (loss rises)."),
    ("onset", "epoch", "First epoch of the rise; none unless overfitting is rising."),
    ("plateau_from", "epoch", "First epoch of the flat end; none unless the state is plateau."),
    ("gap", "ratio", "Training minus validation accuracy at the best epoch."),
    ("high_bias", "bool", "Whether the network underfits."),
    ("stuck", "bool", "Whether the training loss never left that of guessing."),
    ("diverged", "bool", "Whether training ended before the horizon on a loss without value."),
    ("more_epochs_help", "bool", "Whether the validation loss still falls."),
)

VERDICTS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.h{{h}}.verdict.{field}", unit, meaning), field)
    for field, unit, meaning in VERDICT_FIELDS
)


def phase_facts(
    run: str, key: str, i: int, phase: Phase, rows: Sequence[EpochRow], every: int
) -> Iterator[Fact]:
    """Yield the settings of phase i, counted from 1, and where it stopped early by its rows.

    They are those that were measured, one after each `every` epochs.
    """
    source = Source(key, f"spec.training.phases[{i - 1}]")
    optimizer = phase.optimizer
    yield OPTIMIZER(optimizer.name, source, run=run, i=i)
    yield RATE(optimizer.lr, source, run=run, i=i)
    yield MOMENTUM(getattr(optimizer, "momentum", None), source, run=run, i=i)
    yield PHASE_EPOCHS(phase.epochs, source, run=run, i=i)
    trained = phase.train if isinstance(phase.train, str) else ", ".join(phase.train)
    yield PHASE_TRAIN(trained, source, run=run, i=i)
    rule = phase.early_stopping
    yield PHASE_PATIENCE(None if rule is None else rule.patience, source, run=run, i=i)
    yield PHASE_STOPPED(phase.stopped_early(rows, every), Source(key, "epochs"), run=run, i=i)


def training_facts(
    run: str, record: RunRecord, spec: Experiment, why: str, key: str
) -> Iterator[Fact]:
    """Yield a run's settings and its epochs; `why` is empty but for trials.

    An estimator has neither epochs nor batches nor phases.
    """
    result = record.result
    yield SEED(result.seed, Source(key, "seed"), run=run)
    for kind, part, field in (
        (MAP_SEED, spec.embeddings, "embeddings"),
        (DIVISION_SEED, spec.dataset.split, "dataset.split"),
        (SUBSET_SEED, spec.dataset.subset, "dataset.subset"),
    ):
        if part is not None:
            yield kind(draw_seed(part.seed), Source(key, f"spec.{field}.seed"), run=run)
    yield WHY(why, Source(key, "spec.sweep.why"), run=run)
    yield STOPPED(result.stopped, Source(key, "stopped"), run=run)
    if spec.training is None:
        return
    yield OUTCOME(judge_outcome(record), Source(key, "epochs,diverged_at"), run=run)
    yield DIVERGED_AT(result.diverged_at or None, Source(key, "diverged_at"), run=run)
    yield EPOCHS(result.n_epochs, Source(key, "epochs"), run=run)
    yield EVERY(spec.training.validate_every, Source(key, "spec.training.validate_every"), run=run)
    yield BATCH(spec.training.batch_size, Source(key, "spec.training.batch_size"), run=run)
    for i, phase in enumerate(spec.training.phases, start=1):
        own = [row for row in result.epochs if row.phase == i]
        yield from phase_facts(run, key, i, phase, own, spec.training.validate_every)
    for row in result.epochs:
        source = Source(key, f"epochs[{row.epoch - 1}]")
        for kind, field in ROW:
            yield kind(getattr(row, field), source, run=run, epoch=row.epoch)


def chance_loss(record: RunRecord) -> float:
    """Return the entropy, in nats, of the classes in the training set: ln C if they are even.

    It is the least loss of a network that gives every sample the same answer.
    """
    split = next(split for split in record.result.data.splits if split.name == "train")
    shares = [count / split.n for count in split.per_class if count]
    return -sum(share * math.log(share) for share in shares)


def judge_outcome(record: RunRecord) -> Outcome:
    """Return how a training ended, by its last horizon: diverged comes before stuck.

    An estimator, which has no epochs, is always trained.
    """
    result = record.result
    if result.diverged_at or not result.evaluations:
        return "diverged"
    if not result.epochs:
        return "trained"
    return "stuck" if judge_horizon(record, result.evaluations[-1]).stuck else "trained"


def judge_horizon(record: RunRecord, evaluation: Evaluation) -> CurveVerdict:
    """Return the verdict on a run's curves up to an evaluation's horizon."""
    h = evaluation.horizon
    low, high = wilson_interval(evaluation.n - evaluation.n_errors, evaluation.n)
    return judge_curves(
        within(record.result.epochs, h),
        evaluation.epoch,
        (high - low) / 2,
        chance_loss(record),
        diverged=bool(record.result.stopped) and record.result.n_epochs < h,
    )


def curve_facts(run: str, record: RunRecord, evaluation: Evaluation, key: str) -> Iterator[Fact]:
    """Yield the verdict on the curves up to an evaluation's horizon; nothing without epochs."""
    h = evaluation.horizon
    if not record.result.epochs:
        return
    verdict = judge_horizon(record, evaluation)
    source = Source(key, f"epochs[:{h}]")
    yield HORIZON(h, source, run=run, h=h)
    for kind, field in VERDICTS:
        yield kind(getattr(verdict, field), source, run=run, h=h)
    train = Source(key, "data.splits[train].per_class")
    yield CHANCE_LOSS(chance_loss(record), train, run=run, h=h)
