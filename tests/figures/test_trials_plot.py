"""The plot of trials: points and intervals as given, each named, none covered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from reportgen.figures.style import FigureStyle
from reportgen.figures.trials_plot import TrialPoint, TrialsPlot, spread


def _lines(axes: Axes, name: str) -> list[Line2D]:
    return [line for line in axes.get_lines() if line.get_label() == name]


def test_points_lie_at_parameters_and_accuracy(trials: TrialsPlot, style: FigureStyle) -> None:
    (axes,) = trials.compose(style).axes
    for point in trials.points:
        (marker,) = _lines(axes, point.words)
        x, y = axes.transData.inverted().transform(marker.get_xydata())[0]
        assert x == pytest.approx(point.parameters)
        assert y == pytest.approx(100 * point.accuracy)


def test_intervals_reach_from_low_to_high(trials: TrialsPlot, style: FigureStyle) -> None:
    (axes,) = trials.compose(style).axes
    bars = _lines(axes, "interval")
    assert len(bars) == 3
    ends = axes.transData.inverted().transform(bars[0].get_xydata())
    assert ends[:, 1].tolist() == pytest.approx([98.8, 99.2])


def test_parameters_are_numbered_whole_with_thin_spaces(
    trials: TrialsPlot, style: FigureStyle
) -> None:
    (axes,) = trials.compose(style).axes
    numbers = [tick.get_text() for tick in axes.get_xticklabels()]
    # The axis runs from 13 000 / 1.6 to 800 000 × 1.6.
    expected = ["10", "20", "50", "100", "200", "500", "1\u202f000"]
    assert numbers == [f"{n}\u202f000" for n in expected]
    assert axes.get_xscale() == "log"


def test_four_digits_stay_whole(trials: TrialsPlot, style: FigureStyle) -> None:
    small = tuple(replace(p, parameters=p.parameters // 1000) for p in trials.points)
    wide = (*small, TrialPoint("grande", 3000, 0.98, 0.97, 0.99))
    (axes,) = replace(trials, points=wide).compose(style).axes
    assert "2000" in [tick.get_text() for tick in axes.get_xticklabels()]


def test_the_reference_is_marked_otherwise(trials: TrialsPlot, style: FigureStyle) -> None:
    (axes,) = trials.compose(style).axes
    markers = [_lines(axes, point.words)[0].get_marker() for point in trials.points]
    assert markers == ["D", "o", "o"]
    across = [line for line in axes.get_lines() if list(line.get_xdata()) == [0, 1]]
    assert [line.get_ydata()[0] for line in across] == [99.0]


def test_each_network_is_named_apart_from_points_and_intervals(
    trials: TrialsPlot, style: FigureStyle
) -> None:
    drawn = trials.compose(style)
    (axes,) = drawn.axes
    names = [point.words for point in trials.points]
    boxes = [t.get_window_extent() for t in drawn.texts if t.get_text() in names]
    assert len(boxes) == 3
    for bar in _lines(axes, "interval"):
        assert not any(box.overlaps(bar.get_window_extent()) for box in boxes)


def test_networks_of_one_size_are_set_apart(trials: TrialsPlot, style: FigureStyle) -> None:
    twins = tuple(replace(point, parameters=5000) for point in trials.points)
    (axes,) = replace(trials, points=twins).compose(style).axes
    columns = sorted(float(bar.get_xdata()[0]) for bar in _lines(axes, "interval"))
    assert columns[1] - columns[0] == pytest.approx(6.0)
    assert columns[2] - columns[1] == pytest.approx(6.0)
    assert len(axes.get_xticklabels()) >= 2


@pytest.mark.parametrize(
    ("places", "moved"),
    [
        ((), ()),
        ((3.0, 30.0), (3.0, 30.0)),
        ((10.0, 10.0), (7.0, 13.0)),
        # 0 and 1 spread to −2.5 and 3.5, which reaches 8: the three stand around their mean, 3.
        ((0.0, 1.0, 8.0), (-3.0, 3.0, 9.0)),
    ],
)
def test_spread(places: tuple[float, ...], moved: tuple[float, ...]) -> None:
    assert spread(places, 6.0) == pytest.approx(moved)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ((), "at least two networks"),
        ((TrialPoint("a", 0, 0.5, 0.4, 0.6), TrialPoint("b", 1, 0.5, 0.4, 0.6)), "a: 0 parameters"),
        ((TrialPoint("a", 1, 0.7, 0.4, 0.6), TrialPoint("b", 1, 0.5, 0.4, 0.6)), "in its interval"),
        ((TrialPoint("a", 1, 50, 40, 60), TrialPoint("b", 1, 0.5, 0.4, 0.6)), "in its interval"),
        ((TrialPoint("a", 1, 0.5, 0.4, 0.6, True),) * 2, "at most one reference"),
    ],
)
def test_what_cannot_be_is_refused(
    trials: TrialsPlot, points: tuple[TrialPoint, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(trials, points=points)
