"""Rules that turn learning curves into verdicts, each with its evidence.

A verdict is not an opinion: it is a threshold on a measured quantity, written
here with its reasoning. The validation loss of a small network jumps between
epochs by as much as the effects that are looked for. So levels are medians over
windows of 3 to 5 epochs, the noise is estimated from the curve itself
(`smoothing.noise_level`), and a change counts only if it is both large enough to
matter (relative) and too large for noise: with a loss of 0.03, 5 % are 0.0015.

Overfitting is ``rising`` if the validation loss ends clearly above its lowest
level (`curve.rise_onset`) while the training loss, in evaluation mode, fell since: what
the network still learns no longer serves new data. It is ``gap`` if the training
accuracy exceeds the validation's by more than its noise without such a rise: the
network knows its training set better, at no cost so far. Both signs are those of
I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), sections 5.2 and
7.8; L. Prechelt, "Early stopping — but when?" (1998), warns of local minima.

Bias is high if the training error in evaluation mode exceeds both `BIAS_ERROR` and
twice the gap between both accuracies, so that most of the validation error is
already made on the data that were learnt: the usual decomposition of the error
into bias and variance, read off the two accuracies, with zero as the attainable
error.

Training is stuck if its loss never fell below `STUCK_SHARE` of that of guessing by
the classes' frequencies: their entropy, ln C for C classes of one size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.facts.curve import Curve, Trend, make_curve, plateau_start, rise_onset
from reportgen.records import EpochRow, row_at

Overfitting = Literal["none", "gap", "rising"]
State = Literal["diverged", "stuck", "short", "overfitting", "improving", "unstable", "plateau"]

BIAS_ERROR = 0.05
"""Training error below which bias is never called high: the network fits its data."""

STUCK_SHARE = 0.95
"""Share of the loss of guessing by class frequency that the training loss must fall below."""

SHORT = 3
"""Up to so many epochs there is no shape of a curve to speak of."""


@dataclass(frozen=True, slots=True)
class CurveVerdict:
    """What the curves up to a horizon show, by the rules above.

    Attributes
    ----------
    train_trend, validation_trend : {"falling", "flat", "rising", "unknown"}
        Direction of each loss between the last two windows; unknown with one epoch.
    tail : int
        Epochs of a window; 0 if there is one epoch only.
    validation_change : float
        Relative change of the validation loss from the window before to the last.
    noise : float or None
        Standard deviation of the validation loss about its course, in nats; None
        with fewer epochs than tell it.
    loss_minimum : int
        Epoch of the smallest validation loss; the earliest on a tie.
    rise : float
        Last window of the validation loss minus its lowest one, in nats.
    overfitting : {"none", "gap", "rising"}
    onset : int or None
        First epoch of the rise; None unless "rising".
    plateau_from : int or None
        First epoch of the flat end; None unless the state is "plateau".
    gap : float
        Training minus validation accuracy, both in evaluation mode, at the best epoch.
    high_bias, stuck, diverged : bool
    state : str
        The one word for the whole: the first that holds of "diverged", "stuck",
        "short" (up to `SHORT` epochs), "overfitting" (rising), "improving"
        (validation loss falls), "unstable" (it rises, but so does the training
        loss), "plateau".
    """

    train_trend: Trend
    validation_trend: Trend
    tail: int
    validation_change: float
    noise: float | None
    loss_minimum: int
    rise: float
    overfitting: Overfitting
    onset: int | None
    plateau_from: int | None
    gap: float
    high_bias: bool
    stuck: bool
    diverged: bool
    state: State

    @property
    def more_epochs_help(self) -> bool:
        """Whether the validation loss was still falling at the horizon."""
        return self.validation_trend == "falling" and self.state in ("improving", "short")


def judge_state(curve: Curve, overfitting: Overfitting, *, stuck: bool, diverged: bool) -> State:
    """Return the one word for the curves; `CurveVerdict.state` has the order."""
    trend = curve.trend
    rules: tuple[tuple[bool, State], ...] = (
        (diverged, "diverged"),
        (stuck, "stuck"),
        (len(curve.values) <= SHORT, "short"),
        (overfitting == "rising", "overfitting"),
        (trend == "falling", "improving"),
        (trend == "rising" or rise_onset(curve) is not None, "unstable"),
    )
    return next((state for holds, state in rules if holds), "plateau")


def judge_curves(
    rows: Sequence[EpochRow],
    best: int,
    gap_noise: float,
    chance_loss: float = math.inf,
    *,
    diverged: bool = False,
) -> CurveVerdict:
    """Return the verdict on some epochs, by the rules above.

    Parameters
    ----------
    rows : sequence of EpochRow
        The epochs up to the horizon that were measured, one after each so many, at least one.
    best : int
        The best epoch within the horizon, from 1.
    gap_noise : float
        Half the width of the interval of the validation accuracy at the best
        epoch: a smaller gap between both accuracies shows nothing.
    chance_loss : float
        Loss, in nats, of answering with the classes' frequencies in the training
        set: their entropy, ln C for C classes of one size. Infinite if unknown.
    diverged : bool
        Whether training ended before the horizon because a loss was not finite.
    """
    validation = make_curve([row.validation_loss for row in rows])
    training = make_curve([row.train_loss for row in rows])
    onset = rise_onset(validation)
    learnt_on = training.windows[-1] < training.windows[validation.lowest]
    chosen = row_at(rows, best)
    epochs = [row.epoch for row in rows]
    gap = chosen.train_accuracy - chosen.validation_accuracy
    overfitting: Overfitting = "gap" if gap > gap_noise else "none"
    if onset is not None and learnt_on:
        overfitting = "rising"
    stuck = min(training.values) > STUCK_SHARE * chance_loss
    state = judge_state(validation, overfitting, stuck=stuck, diverged=diverged)
    error = 1 - chosen.train_accuracy
    return CurveVerdict(
        train_trend=training.trend,
        validation_trend=validation.trend,
        tail=validation.width * epochs[0],
        validation_change=validation.change,
        noise=validation.noise,
        loss_minimum=epochs[validation.values.index(min(validation.values))],
        rise=validation.windows[-1] - validation.windows[validation.lowest],
        overfitting=overfitting,
        onset=epochs[onset - 1] if onset is not None and overfitting == "rising" else None,
        plateau_from=epochs[plateau_start(validation) - 1] if state == "plateau" else None,
        gap=gap,
        high_bias=error > BIAS_ERROR and error > 2 * gap,
        stuck=stuck,
        diverged=diverged,
        state=state,
    )
