"""Ticks, counted by hand."""

from __future__ import annotations

import pytest

from reportgen.figures.ticks import epoch_ticks, log_decimals, log_ticks, round_ticks


@pytest.mark.parametrize(
    ("low", "high", "at_most", "ticks", "decimals"),
    [
        (0.0, 1.0, 6, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), 1),
        (98.1, 99.4, 6, (98.25, 98.5, 98.75, 99.0, 99.25), 2),
        (98.9, 99.1, 5, (98.9, 98.95, 99.0, 99.05, 99.1), 2),
        (0.0, 2300.0, 6, (0.0, 500.0, 1000.0, 1500.0, 2000.0), 0),
    ],
)
def test_round_ticks(
    low: float, high: float, at_most: int, ticks: tuple[float, ...], decimals: int
) -> None:
    got, places = round_ticks(low, high, at_most)
    assert got == pytest.approx(ticks)
    assert places == decimals


def test_a_falling_axis_is_refused() -> None:
    with pytest.raises(ValueError, match="got 2 to 1"):
        round_ticks(2, 1, 5)


@pytest.mark.parametrize(
    ("n_epochs", "ticks"),
    [
        (1, (1,)),
        (12, tuple(range(1, 13))),
        (15, (1, 5, 10, 15)),
        (60, (1, 10, 20, 30, 40, 50, 60)),
        (100, (1, 25, 50, 75, 100)),
        (1000, (1, 250, 500, 750, 1000)),
    ],
)
def test_epoch_ticks(n_epochs: int, ticks: tuple[int, ...]) -> None:
    assert epoch_ticks(n_epochs) == ticks


def test_log_ticks_come_densest_first() -> None:
    assert log_ticks(0.9, 35) == ((1, 2, 5, 10, 20), (1, 3, 10, 30), (1, 10))


def test_a_logarithmic_axis_from_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="got 0 to 5"):
        log_ticks(0, 5)


@pytest.mark.parametrize(
    ("tick", "decimals"), [(0.001, 3), (0.02, 2), (0.1, 1), (1.0, 0), (50_000.0, 0)]
)
def test_log_decimals(tick: float, decimals: int) -> None:
    assert log_decimals(tick) == decimals
