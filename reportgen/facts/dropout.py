"""Why the validation loss may lie below the running training loss: two ways to measure one thing.

The running loss of an epoch is gathered with dropout and augmentation on, while
the weights still change: it is the loss of weaker networks, on average those of
half an epoch before. The training loss in evaluation mode is measured after the
epoch with dropout off, exactly as the validation loss is. So the three are split:

running − validation = (running − training, evaluation mode) − (validation − training)
                     = what the way of measuring adds − the true gap

N. Srivastava et al., "Dropout: a simple way to prevent neural networks from
overfitting", Journal of Machine Learning Research 15 (2014), 1929–1958, section 1:
units are dropped in training alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.smoothing import window_width
from reportgen.records import EpochRow, Evaluation, RunRecord, row_at, within
from reportgen.spec.experiment import Experiment
from reportgen.spec.training import HorizontalFlip, RandomCrop, RandomShift

Cause = Literal["none", "dropout", "lag", "easier_validation"]

RANDOM = (RandomCrop, HorizontalFlip, RandomShift)
"""Steps of augmentation that draw anew for each sample; the others only set a size."""

FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("layers", "count", "Dropout layers of the network."),
    ("augmented", "bool", "Whether training samples are changed at random."),
    ("below", "epoch", "Epochs up to the horizon whose validation loss is below the running one."),
    ("below_best", "bool", "Whether that is so at the best epoch."),
    ("running_loss", "nats", "Running training loss at the best epoch: dropout on."),
    ("running_gap", "nats", "Running loss minus training loss in evaluation mode, there."),
    ("loss_gap", "nats", "Validation loss minus training loss in evaluation mode, there."),
    ("lag", "nats", "What of running_gap weights half an epoch older explain, there."),
    ("ratio", "ratio", "Running loss over training loss in evaluation mode, last epochs."),
    (
        "cause",
        "text",
        "none (validation is not below), dropout, lag or easier_validation (below even so).",
    ),
)

KINDS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.h{{h}}.dropout.{field}", unit, meaning), field)
    for field, unit, meaning in FIELDS
)


@dataclass(frozen=True, slots=True)
class LossGap:
    """How the three losses lie; `FIELDS` says what each value is."""

    layers: int
    augmented: bool
    below: int
    below_best: bool
    running_loss: float
    running_gap: float
    loss_gap: float
    lag: float
    ratio: float | None
    cause: Cause


def judge_gap(rows: Sequence[EpochRow], best: int, layers: int, *, augmented: bool) -> LossGap:
    """Return how running, training and validation loss lie up to a horizon.

    Parameters
    ----------
    rows : sequence of EpochRow
        The epochs up to the horizon, at least one.
    best : int
        The best epoch, from 1.
    layers : int
        Dropout layers of the network.
    augmented : bool
        Whether training samples are changed at random.

    Notes
    -----
    There is something to explain (`cause` is not "none") if the validation loss is
    below the running loss in at least half of the epochs. It is "easier_validation"
    if in half of those it is below the training loss in evaluation mode too: no
    way of measuring explains that. Else it is "dropout" if the network drops units
    or its samples are augmented and the running loss exceeds what `lag` explains
    at the best epoch; otherwise "lag".
    """
    row = row_at(rows, best)
    place = rows.index(row)
    before = rows[place - 1].train_loss if place else row.running_loss
    if place:  # the loss when the epoch began, on the way from the last measurement
        before = row.train_loss + (before - row.train_loss) / (best - rows[place - 1].epoch)
    lag = min(row.running_loss, (before + row.train_loss) / 2) - row.train_loss
    gap = row.running_loss - row.train_loss
    below = [r for r in rows if r.validation_loss < r.running_loss]
    easier = sum(r.validation_loss < r.train_loss for r in below)
    cause: Cause = "lag"
    if 2 * len(below) < len(rows):
        cause = "none"
    elif 2 * easier >= len(below):
        cause = "easier_validation"
    elif (layers or augmented) and gap > max(0.0, lag):
        cause = "dropout"
    last = [
        r.running_loss / r.train_loss
        for r in rows[-max(1, window_width(len(rows))) :]
        if r.train_loss
    ]
    return LossGap(
        layers=layers,
        augmented=augmented,
        below=len(below),
        below_best=row.validation_loss < row.running_loss,
        running_loss=row.running_loss,
        running_gap=gap,
        loss_gap=row.validation_loss - row.train_loss,
        lag=lag,
        ratio=median(last) if last else None,
        cause=cause,
    )


def dropout_facts(
    run: str, record: RunRecord, spec: Experiment, evaluation: Evaluation, key: str
) -> Iterator[Fact]:
    """Yield how the three losses lie up to an evaluation's horizon; nothing without epochs."""
    h = evaluation.horizon
    if not record.result.epochs:
        return
    found = judge_gap(
        within(record.result.epochs, h),
        evaluation.epoch,
        sum("Dropout" in layer.type for layer in record.result.model.layers),
        augmented=any(isinstance(step, RANDOM) for step in spec.augmentation),
    )
    source = Source(key, f"epochs[:{h}],model.layers")
    for kind, field in KINDS:
        yield kind(getattr(found, field), source, run=run, h=h)
