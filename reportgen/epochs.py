"""The epochs of a training, and the choice of the best one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One epoch of training that was measured; losses are means over samples, in nats.

    Where `validate_every` is more than 1, the epochs between have no row.

    `running_*` are gathered while the weights change, with dropout and
    augmentation on; `train_*` and `validation_*` are measured after the epoch,
    in evaluation mode, without augmentation.
    """

    epoch: int
    phase: int
    running_loss: float
    running_accuracy: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


def within(rows: tuple[EpochRow, ...], horizon: int) -> tuple[EpochRow, ...]:
    """Return the rows of the epochs up to a horizon."""
    return tuple(row for row in rows if row.epoch <= horizon)


def row_at(rows: Sequence[EpochRow], epoch: int) -> EpochRow:
    """Return the row of an epoch that was measured.

    Raises
    ------
    ValueError
        If that epoch has no row.
    """
    for row in rows:
        if row.epoch == epoch:
            return row
    msg = f"epoch {epoch} was not measured"
    raise ValueError(msg)


def best_row(rows: tuple[EpochRow, ...], horizon: int) -> EpochRow:
    """Return the first row with the best validation accuracy up to a horizon.

    Raises
    ------
    ValueError
        If there is none within the horizon.
    """
    found = within(rows, horizon)
    return found[best_epoch([row.validation_accuracy for row in found], len(found)) - 1]


def best_epoch(accuracies: tuple[float, ...] | list[float], horizon: int) -> int:
    """Return the epoch, from 1, of the first maximum among the first `horizon` values.

    Values that are not finite never win.

    Raises
    ------
    ValueError
        If there is no finite value within the horizon.

    Examples
    --------
    >>> best_epoch([0.5, 0.9, 0.9, 0.95], horizon=3)
    2
    """
    best, best_value = 0, float("-inf")
    for epoch, value in enumerate(accuracies[:horizon], start=1):
        if math.isfinite(value) and value > best_value:
            best, best_value = epoch, value
    if not best:
        msg = f"no finite accuracy within {horizon} epochs"
        raise ValueError(msg)
    return best
