"""One loss by epoch: its windows, its noise, its direction, its rise, its plateau.

Each limit is both relative, so that it matters, and in units of the noise, so that it
is no chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.facts.smoothing import knee, noise_level, window_medians, window_width

Trend = Literal["falling", "flat", "rising", "unknown"]

FLAT_CHANGE = 0.02
"""Relative change between the last two windows that still counts as flat."""

TREND_NOISE = 4.0
"""Change between two windows, over the noise of one mean, below which it may be chance.

The difference of two medians of q values deviates by about 1.77 σ/√q, and σ is
estimated: on plateaus with noise each direction is told in 4 % of the curves or less.
"""

CLEAR_RISE = 0.05
"""Relative rise of the validation loss above its lowest window that counts as overfitting."""

RISE_NOISE = 6.0
"""Rise over σ/√q below which it may be chance.

The lowest of many windows lies below the plateau by chance, so this limit is
higher: on plateaus of 6 to 40 epochs with uniform or normal noise it is passed by
2 % of the curves or less (tests/facts/test_verdicts.py measures it).
"""


@dataclass(frozen=True, slots=True)
class Curve:
    """A loss by epoch; the width and medians of its windows; its noise, if it can be told."""

    values: tuple[float, ...]
    width: int
    windows: tuple[float, ...]
    noise: float | None

    @property
    def floor(self) -> float:
        """Standard deviation of a window's mean."""
        return (self.noise or 0.0) / math.sqrt(max(1, self.width))

    @property
    def change(self) -> float:
        """Relative change from the window before to the last one; 0 with one value."""
        if not self.width or not (before := self.windows[-1 - self.width]):
            return 0.0
        return (self.windows[-1] - before) / before

    @property
    def trend(self) -> Trend:
        """Direction at the end: beyond `FLAT_CHANGE` and beyond noise."""
        if not self.width:
            return "unknown"
        step = self.windows[-1] - self.windows[-1 - self.width]
        if abs(self.change) <= FLAT_CHANGE or abs(step) <= TREND_NOISE * self.floor:
            return "flat"
        return "rising" if step > 0 else "falling"

    @property
    def lowest(self) -> int:
        """Index of the lowest window, the first on a tie."""
        return self.windows.index(min(self.windows))


def make_curve(values: Sequence[float]) -> Curve:
    """Return a curve with its windows and noise."""
    width = window_width(len(values))
    return Curve(tuple(values), width, window_medians(values, max(1, width)), noise_level(values))


def rise_onset(curve: Curve) -> int | None:
    """Return the first epoch of a clear rise at the end; None without one.

    Clear is beyond `CLEAR_RISE` of the lowest window and beyond `RISE_NOISE`. The
    onset follows the foot that `smoothing.knee` finds after the lowest window.
    Below the epochs that tell the noise there is no clear rise.
    """
    low = curve.windows[curve.lowest]
    rise = curve.windows[-1] - low
    if curve.noise is None or rise <= CLEAR_RISE * low or rise <= RISE_NOISE * curve.floor:
        return None
    start = curve.lowest + (curve.width - 1) // 2
    foot = knee(curve.values[start:])
    return None if foot is None else start + foot + 2


def plateau_start(curve: Curve) -> int:
    """Return the epoch from which all windows stay at the level of the last one."""
    last = curve.windows[-1]
    band = max(FLAT_CHANGE * abs(last), TREND_NOISE * curve.floor)
    first = len(curve.windows) - 1
    while first and abs(curve.windows[first - 1] - last) <= band:
        first -= 1
    return first + 1 + max(0, curve.width - 1) // 2
