"""Student's t against scipy and against tables."""

import pytest
from scipy import stats

from reportgen.facts.student import difference_interval, mean_interval, t_quantile


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 30, 101, 1000])
def test_quantiles(freedom, level):
    assert t_quantile(freedom, level) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom))


def test_no_freedom():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        t_quantile(0)


def test_mean_interval_by_hand():
    """1, 2, 3: mean 2, variance 1, t(2) = 4.3027: half width 4.3027 / √3."""
    assert mean_interval([1.0, 2.0, 3.0]) == pytest.approx(
        (2 - 4.30265 / 3**0.5, 2 + 4.30265 / 3**0.5), abs=1e-4
    )


def test_welch():
    """Equal sizes and variances: ν = 2 (n − 1) exactly; else scipy's interval lies inside."""
    first, second = [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]
    half = t_quantile(4) * (2 / 3) ** 0.5
    assert difference_interval(first, second) == pytest.approx((3 - half, 3 + half))
    uneven = [0.0, 10.0, 2.0, 7.0]
    low, high = difference_interval(first, uneven)
    theirs = stats.ttest_ind(uneven, first, equal_var=False).confidence_interval()
    assert low <= theirs.low < theirs.high <= high


def test_no_spread_is_a_point():
    assert difference_interval([1.0, 1.0], [3.0, 3.0]) == (2.0, 2.0)
