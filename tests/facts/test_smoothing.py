"""Windows, noise and knee of short curves."""

import numpy as np
import pytest

from reportgen.facts.smoothing import knee, noise_level, window_medians, window_width


@pytest.mark.parametrize(("n", "width"), [(1, 0), (3, 1), (5, 2), (6, 3), (20, 4), (100, 5)])
def test_width(n, width):
    assert window_width(n) == width


def test_a_spike_moves_no_window_of_three():
    assert window_medians([1.0, 1.0, 9.0, 1.0, 1.0], 3) == (1.0, 1.0, 1.0)


def test_five_values_tell_no_noise():
    assert noise_level([1.0, 2.0, 1.0, 2.0, 1.0]) is None


def test_noise_of_a_known_series():
    """1, 2, 1, 2, …: each second difference is ±2, so 1.4826 · 2 / √6."""
    assert noise_level([1.0, 2.0] * 4) == pytest.approx(1.4826 * 2 / 6**0.5)


def test_noise_does_not_see_slope_or_first_bend():
    rng = np.random.default_rng(0)
    straight = rng.normal(0, 0.1, 200)
    course = np.linspace(0, 50, 200)
    course[:10] += 9.0 * np.arange(10)[::-1]
    assert noise_level(list(straight + course)) == pytest.approx(
        noise_level(list(straight)), rel=0.1
    )
    assert noise_level(list(straight)) == pytest.approx(0.1, rel=0.15)


def test_knee_and_turn():
    assert knee((1.0, 1.0, 1.0, 1.5, 2.0)) == 2
    assert knee((1.0, 1.0, 2.0, 5.0, 10.0, 17.0)) == 1  # 1 + (i − 1)²
    assert knee((3.0, 2.0, 1.0)) is None
    assert knee((3.0,)) is None
