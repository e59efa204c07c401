"""What is signal in a short noisy curve: medians over windows, the noise, the knee of a rise."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from statistics import median

MAD_TO_DEVIATION = 1.4826
"""Standard deviation over median absolute deviation, for a normal law."""

MIN_NOISE_EPOCHS = 6
"""Fewer values give fewer than four second differences, from which no noise can be told."""


def window_width(n: int) -> int:
    """Return how many values a window over a curve of n values takes.

    A fifth of them, between 3 and 5: an outlier must not be half of a window, and
    a rise at the end must not drown in it. Below `MIN_NOISE_EPOCHS` values, half
    of them, so that two windows fit; 0 for one value.

    Examples
    --------
    >>> [window_width(n) for n in (1, 2, 5, 10, 20, 40)]
    [0, 1, 2, 3, 4, 5]
    """
    return min(5, max(3, round(n / 5))) if n >= MIN_NOISE_EPOCHS else n // 2


def window_medians(values: Sequence[float], width: int) -> tuple[float, ...]:
    """Return the median of each run of `width` values, in order; width at least 1.

    Examples
    --------
    >>> window_medians([1.0, 9.0, 2.0, 3.0], 3)
    (2.0, 3.0)
    """
    return tuple(median(values[i : i + width]) for i in range(len(values) - width + 1))


def noise_level(values: Sequence[float]) -> float | None:
    """Return the standard deviation of a curve's noise; None below `MIN_NOISE_EPOCHS` values.

    Notes
    -----
    Second differences cancel level and slope, and that of independent noise with
    variance σ² has variance 6σ². Their median absolute value, scaled to a normal
    law, does not notice a few large ones, such as the bend of the first epochs:
    T. Gasser, L. Sroka and C. Jennen-Steinmetz, Biometrika 73 (1986), 625–633,
    with the median of Rousseeuw and Croux (1993) in place of the mean square.

    Examples
    --------
    >>> noise_level([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    0.0
    """
    if len(values) < MIN_NOISE_EPOCHS:
        return None
    bends = [abs(values[i] - 2 * values[i + 1] + values[i + 2]) for i in range(len(values) - 2)]
    return MAD_TO_DEVIATION * median(bends) / math.sqrt(6)


@functools.lru_cache(maxsize=4096)  # the facts of a run ask for the same curve several times
def knee(values: tuple[float, ...]) -> int | None:
    """Return the last place at the foot of a rise: index from 0; None if nothing rises.

    Parameters
    ----------
    values : tuple of float
        A curve that starts at its lowest level, and rises at some place or other.

    Notes
    -----
    Least squares over the foot t and the power p of ``a + b · max(0, i − t)^p``,
    b > 0, with p = 1 (a knee) or 2 (a smooth turn): D. V. Hinkley, "Inference in
    two-phase regression", Journal of the American Statistical Association 66
    (1971), 736–743. Ties go to the knee, then to the earlier foot.

    Examples
    --------
    >>> knee((1.0, 1.0, 1.0, 2.0, 3.0))
    2
    """
    best, foot = math.inf, None
    for power in (1, 2):
        for t in range(len(values) - 1):
            rise = [max(0, i - t) ** power for i in range(len(values))]
            error, slope = _line(rise, values)
            if slope > 0 and error < best * (1 - 1e-9):
                best, foot = error, t
    return foot


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Return squared error and slope of the least-squares line; x is not constant."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((a - mean_x) ** 2 for a in x)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
    error = sum((b - mean_y - slope * (a - mean_x)) ** 2 for a, b in zip(x, y, strict=True))
    return error, slope
