"""Accuracies over seeds: each seed a dot, its mean and interval, the same seed joined."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from reportgen.figures.seed_plot import SeedPlot, SeedRow, SeedValue, spread_seeds
from reportgen.figures.style import FigureStyle


def _lines(axes: Axes, name: str) -> list[Line2D]:
    return [line for line in axes.get_lines() if line.get_label() == name]


def _row(*values: float, **more: float) -> SeedRow:
    return SeedRow("a", tuple(SeedValue(i, v) for i, v in enumerate(values)), **more)  # type: ignore[arg-type]


def test_each_seed_is_a_dot_in_per_cent(seeds: SeedPlot, style: FigureStyle) -> None:
    (axes,) = seeds.compose(style).axes
    dots = [sorted(line.get_xdata()) for line in _lines(axes, "seed")]
    assert dots == [pytest.approx([60, 62]), [], pytest.approx([70, 74])]
    above, below = (_lines(axes, "seed")[i].get_ydata()[0] for i in (0, 2))
    assert above < below  # rows count from above
    assert axes.get_ylim() == (2.5, -0.5)


def test_mean_and_interval_lie_under_the_dots(seeds: SeedPlot, style: FigureStyle) -> None:
    (axes,) = seeds.compose(style).axes
    means, bars = _lines(axes, "mean"), _lines(axes, "interval")
    assert [line.get_xdata()[0] for line in means] == pytest.approx([61, 72])
    assert [list(line.get_xdata()) for line in bars] == [
        pytest.approx([55, 67]),
        pytest.approx([66, 78]),
    ]
    assert means[0].get_ydata()[0] > max(_lines(axes, "seed")[0].get_ydata())


def test_the_values_of_a_seed_are_joined_past_rows_without_values(
    seeds: SeedPlot, style: FigureStyle
) -> None:
    (axes,) = seeds.compose(style).axes
    joined = [list(line.get_xdata()) for line in _lines(axes, "joined")]
    assert joined == [pytest.approx([60, 74]), pytest.approx([62, 70])]
    (apart,) = replace(seeds, joined=False).compose(style).axes
    assert _lines(apart, "joined") == []


def test_only_the_same_seeds_are_joined(seeds: SeedPlot, style: FigureStyle) -> None:
    other = replace(seeds, rows=(seeds.rows[0], _row(0.5, 0.7)))  # seeds 0 and 1
    drawn = other.compose(style)
    assert [list(line.get_xdata()) for line in _lines(drawn.axes[0], "joined")] == [
        pytest.approx([60, 70])
    ]
    strangers = SeedRow("b", (SeedValue(8, 0.5),))
    words = [
        t.get_text() for t in replace(seeds, rows=(seeds.rows[0], strangers)).compose(style).texts
    ]
    assert "La misma semilla" not in words


def test_single_seeds_are_not_joined(seeds: SeedPlot, style: FigureStyle) -> None:
    alone = replace(seeds, rows=(_row(0.5), _row(0.6)))
    assert not alone.joins
    assert _lines(alone.compose(style).axes[0], "joined") == []


def test_dots_that_would_cover_each_other_stand_on_other_levels() -> None:
    spots = spread_seeds(_row(0.5, 0.5, 0.5, 0.505, 0.6), 0, apart=1.0)
    assert [x for x, _ in spots.values()] == pytest.approx([50, 50, 50, 50.5, 60])
    levels = [y for _, y in spots.values()]
    assert len(set(levels[:3])) == 3
    assert levels[3] == levels[0]  # no level is free: that of the farthest
    assert levels[4] == levels[0]


def test_chance_is_a_line_unless_it_is_far_below(seeds: SeedPlot, style: FigureStyle) -> None:
    """The values go from 55 to 78: down to 32 the axis is at most twice as long."""
    for chance, shown in ((0.5, True), (0.33, True), (0.31, False), (None, False)):
        plot = replace(seeds, chance=chance)
        assert plot.shows_chance is shown
        drawn = plot.compose(style)
        assert len(_lines(drawn.axes[0], "chance")) == shown
        assert ("Azar" in [text.get_text() for text in drawn.texts]) is shown


def test_a_row_without_values_has_its_note(seeds: SeedPlot, style: FigureStyle) -> None:
    assert "diverge en la época 7" in [text.get_text() for text in seeds.compose(style).texts]


def test_names_are_broken_into_lines_left_of_the_rows(seeds: SeedPlot, style: FigureStyle) -> None:
    narrow = replace(seeds, width_mm=70.0).compose(style)
    words = [text.get_text() for text in narrow.texts]
    assert {"desde las letras de", "otras fuentes"} <= set(words)
    panel = narrow.axes[0].get_window_extent()
    names = [
        t for t in narrow.texts if t.get_text() in ("desde cero", "otras fuentes", "tasa alta")
    ]
    assert all(text.get_window_extent().x1 < panel.x0 for text in names)


def test_the_axis_holds_all_and_numbers_no_more_than_hundred(
    seeds: SeedPlot, style: FigureStyle
) -> None:
    high = replace(seeds, rows=(_row(0.99, 1.0, mean=0.995, low=0.98, high=1.0), _row(0.97)))
    (axes,) = high.compose(style).axes
    low, top = axes.get_xlim()
    assert low < 97
    assert top > 100
    assert max(axes.get_xticks()) == 100


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": (_row(0.5),)}, "2 to 20 rows, got 1"),
        ({"rows": (_row(), _row())}, "has a value"),
        ({"rows": (_row(0.5), _row(50.0))}, r"fractions in \[0, 1\]"),
        ({"rows": (_row(0.5), _row(0.5, mean=0.5, low=0.6, high=0.7))}, "lie in its interval"),
        ({"rows": (_row(0.5), _row(0.5, low=0.4, high=0.7))}, "an interval needs its mean"),
        ({"rows": (_row(0.5), SeedRow("b", (SeedValue(1, 0.5),) * 2))}, "stands twice"),
        ({"chance": 20.0}, r"fractions in \[0, 1\]"),
        ({"width_mm": 10.0}, "40 to 250 mm wide"),
        ({"row_mm": 1.0}, "5 to 30 mm high"),
    ],
)
def test_plots_that_cannot_be(seeds: SeedPlot, change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(seeds, **change)  # type: ignore[arg-type]
