"""Rules that turn learning curves into verdicts, each with its evidence.

A verdict is not an opinion: it is a threshold on a measured quantity, written
here with its reasoning. Losses are smoothed with a centred median over three
epochs first, since the validation loss of a small network jumps between
epochs by as much as the effects that are looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.facts.statistics import running_median
from reportgen.records import EpochRow

Trend = Literal["falling", "flat", "rising"]
Overfitting = Literal["none", "gap", "rising"]

FLAT_CHANGE = 0.02
"""Relative change of the smoothed loss over the last epochs that still counts as flat."""

BIAS_ERROR = 0.05
"""Training error below which bias is never called high: the network fits its data."""

CLEAR_RISE = 0.05
"""Relative rise of the smoothed validation loss above its minimum that counts as overfitting."""


@dataclass(frozen=True, slots=True)
class CurveVerdict:
    """What the curves up to a horizon show.

    Attributes
    ----------
    train_trend, validation_trend : {"falling", "flat", "rising"}
        Direction of each loss over the last `tail` epochs.
    tail : int
        Epochs that the trends look back over: a fifth of the horizon, at least 2,
        and 0 if there is one epoch only.
    validation_change : float
        Relative change of the smoothed validation loss over the tail.
    loss_minimum : int
        Epoch of the smallest smoothed validation loss; the earliest on a tie.
    overfitting : {"none", "gap", "rising"}
        See `judge_curves`.
    onset : int or None
        First epoch after `loss_minimum` from which the smoothed validation loss
        stays above its minimum by more than `CLEAR_RISE`; None unless "rising".
    gap : float
        Training minus validation accuracy, both in evaluation mode, at the best epoch.
    high_bias : bool
        See `judge_curves`.
    """

    train_trend: Trend
    validation_trend: Trend
    tail: int
    validation_change: float
    loss_minimum: int
    overfitting: Overfitting
    onset: int | None
    gap: float
    high_bias: bool

    @property
    def more_epochs_help(self) -> bool:
        """Whether the validation loss was still falling at the horizon."""
        return self.validation_trend == "falling"


def trend(change: float) -> Trend:
    """Return the direction of a relative change; within ±`FLAT_CHANGE` it is flat."""
    if change < -FLAT_CHANGE:
        return "falling"
    return "rising" if change > FLAT_CHANGE else "flat"


def relative_change(smooth: Sequence[float], tail: int) -> float:
    """Return (last − value `tail` epochs before) / that value; 0 without such a value."""
    if not tail or smooth[-1 - tail] == 0:
        return 0.0
    before = smooth[-1 - tail]
    return (smooth[-1] - before) / before


def rise_onset(smooth: Sequence[float], minimum: int) -> int | None:
    """Return the epoch from which the loss stays clearly above its minimum, if it does.

    `minimum` and the result count from 1.
    """
    limit = smooth[minimum - 1] * (1 + CLEAR_RISE)
    onset = None
    for epoch in range(len(smooth), minimum, -1):
        if smooth[epoch - 1] <= limit:
            break
        onset = epoch
    return onset


def judge_curves(rows: Sequence[EpochRow], best: int, gap_noise: float) -> CurveVerdict:
    """Return the verdict on some epochs.

    Parameters
    ----------
    rows : sequence of EpochRow
        The epochs up to the horizon, at least one.
    best : int
        The best epoch within the horizon, from 1.
    gap_noise : float
        Half the width of the interval of the validation accuracy at the best
        epoch: a smaller gap between both accuracies shows nothing.

    Notes
    -----
    Overfitting is ``rising`` if the smoothed validation loss ends clearly above
    its minimum while the training loss, in evaluation mode, fell since: what the
    network still learns no longer serves new data. It is ``gap`` if the training
    accuracy exceeds the validation's by more than `gap_noise` without such a
    rise: the network knows its training set better, at no cost so far.

    Bias is high if the training error in evaluation mode exceeds both
    `BIAS_ERROR` and twice the gap between both accuracies, so that most of the
    validation error is already made on the data that were learnt: the usual
    decomposition of the error into bias and variance, read off the two
    accuracies, with zero as the attainable error.
    """
    validation = running_median([row.validation_loss for row in rows])
    training = running_median([row.train_loss for row in rows])
    tail = min(max(2, round(len(rows) / 5)), len(rows) - 1)
    minimum = validation.index(min(validation)) + 1
    onset = rise_onset(validation, minimum)
    learnt_on = training[-1] < training[minimum - 1]
    chosen = rows[best - 1]
    gap = chosen.train_accuracy - chosen.validation_accuracy
    overfitting: Overfitting = "gap" if gap > gap_noise else "none"
    if onset is not None and learnt_on:
        overfitting = "rising"
    change = relative_change(validation, tail)
    error = 1 - chosen.train_accuracy
    return CurveVerdict(
        train_trend=trend(relative_change(training, tail)),
        validation_trend=trend(change),
        tail=tail,
        validation_change=change,
        loss_minimum=minimum,
        overfitting=overfitting,
        onset=onset if overfitting == "rising" else None,
        gap=gap,
        high_bias=error > BIAS_ERROR and error > 2 * gap,
    )
