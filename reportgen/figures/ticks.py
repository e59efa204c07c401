"""Where axes have ticks: round numbers, few enough to read. Pure arithmetic."""

from __future__ import annotations

import math

# Steps that read as round, over one power of ten.
ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
# Label sets on a logarithmic axis, densest first: mantissas over one power of ten.
LOG_MANTISSAS = ((1, 2, 5), (1, 3), (1,))
# Up to this many epochs each has its number; of more, at most so many are numbered.
ALL_EPOCHS = 12
MAX_NUMBERED = 8


def round_ticks(low: float, high: float, at_most: int) -> tuple[tuple[float, ...], int]:
    """Return ticks inside [low, high], at most so many, and the decimals that they need.

    The step is the smallest of 1, 2, 2.5, 5 times a power of ten that gives no
    more ticks than asked.

    Examples
    --------
    >>> round_ticks(0.0, 0.55, 4)
    ((0.0, 0.2, 0.4), 1)
    >>> round_ticks(96.8, 100.0, 5)
    ((97.0, 98.0, 99.0, 100.0), 0)
    """
    if not low < high:
        msg = f"an axis must rise: got {low} to {high}"
        raise ValueError(msg)
    exponent = math.floor(math.log10((high - low) / at_most))
    while True:
        for mantissa in ROUND[:-1]:
            step = mantissa * 10.0**exponent
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first + 1 <= at_most:
                decimals = max(0, -exponent + (mantissa == 2.5))
                return tuple(
                    round(i * step, decimals + 2) for i in range(first, last + 1)
                ), decimals
        exponent += 1


def epoch_ticks(n_epochs: int) -> tuple[int, ...]:
    """Return the epochs to number: all of a few, else 1 and multiples of a round step.

    Examples
    --------
    >>> epoch_ticks(4)
    (1, 2, 3, 4)
    >>> epoch_ticks(20)
    (1, 5, 10, 15, 20)
    """
    if n_epochs <= ALL_EPOCHS:
        return tuple(range(1, n_epochs + 1))
    step, scale = 5, 1
    while n_epochs / (step * scale) > MAX_NUMBERED:
        step, scale = {5: (10, scale), 10: (25, scale), 25: (5, scale * 10)}[step]
    return (1, *range(step * scale, n_epochs + 1, step * scale))


def log_ticks(low: float, high: float) -> tuple[tuple[float, ...], ...]:
    """Return sets of ticks for a logarithmic axis, densest first, each rising.

    Examples
    --------
    >>> log_ticks(900, 21_000)[0]
    (1000.0, 2000.0, 5000.0, 10000.0, 20000.0)
    >>> log_ticks(900, 21_000)[2]
    (1000.0, 10000.0)
    """
    if not 0 < low < high:
        msg = f"a logarithmic axis must rise from above 0: got {low} to {high}"
        raise ValueError(msg)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return tuple(
        tuple(t for p in powers for m in mantissas if low <= (t := m * 10.0**p) <= high)
        for mantissas in LOG_MANTISSAS
    )


def log_decimals(tick: float) -> int:
    """Return the decimals that a tick of a logarithmic axis needs.

    Examples
    --------
    >>> log_decimals(0.05), log_decimals(0.5), log_decimals(2000.0)
    (2, 1, 0)
    """
    return max(0, -math.floor(math.log10(tick) + 1e-9))
