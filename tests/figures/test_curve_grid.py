"""Small multiples of curves: one scale, each panel its own training, endings marked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from reportgen.errors import TemplateError
from reportgen.figures.curve_grid import CurveGrid, CurvePanel, GridCurves
from reportgen.figures.style import FigureStyle

ONE = GridCurves((1, 2), (0.5, 0.4), (0.6, 0.5))


def _lines(axes: Axes, name: str) -> list[Line2D]:
    return [line for line in axes.get_lines() if line.get_label() == name]


def _ticks(axes: Axes, which: str) -> list[str]:
    axis = axes.xaxis if which == "x" else axes.yaxis
    return [tick.get_text() for tick in axis.get_ticklabels() if tick.get_text()]


def grid(panels: CurveGrid, *given: CurvePanel, **changes: object) -> CurveGrid:
    return replace(panels, panels=given, **changes)  # type: ignore[arg-type]


def test_each_panel_has_the_first_seeds_curves(panels: CurveGrid, style: FigureStyle) -> None:
    first, *_ = panels.compose(style).axes
    [line] = _lines(first, "training")
    assert list(line.get_xdata()) == [1, 2, 3]
    assert list(line.get_ydata()) == [1.5, 0.9, 0.2]
    [line] = _lines(first, "validation")
    assert list(line.get_ydata()) == [1.4, 1.0, 0.9]


def test_epochs_that_were_not_validated_leave_no_point(
    panels: CurveGrid, style: FigureStyle
) -> None:
    rare = CurvePanel("a", (GridCurves((5, 10, 15), (0.9, 0.5, 0.4), (0.9, 0.6, 0.7)),), best=10)
    first, _ = grid(panels, rare, rare).compose(style).axes
    [line] = _lines(first, "validation")
    assert list(line.get_xdata()) == [5, 10, 15]
    assert _lines(first, "best")[0].get_xydata().tolist() == [[10, 0.6]]
    assert first.get_xlim() == (0.5, 15.5)


def test_several_seeds_are_a_band_from_the_least_to_the_largest(
    panels: CurveGrid, style: FigureStyle
) -> None:
    drawn = panels.compose(style)
    bands = {band.get_label(): band for band in drawn.axes[0].collections}
    points = bands["validation band"].get_paths()[0].vertices
    assert {(1.0, 1.2), (1.0, 1.4), (3.0, 0.7), (3.0, 0.9)} <= set(map(tuple, points.tolist()))
    assert list(drawn.axes[4].collections) == []


def test_a_band_ends_where_one_seed_is_left(panels: CurveGrid, style: FigureStyle) -> None:
    """One of three seeds diverged after an epoch: from there on it is of two."""
    long = GridCurves((1, 2, 3), (0.5, 0.4, 0.3), (0.6, 0.5, 0.4))
    short = GridCurves((1,), (0.7,), (0.9,), "diverged")
    first, _ = grid(panels, *[CurvePanel("a", (long, short, ONE))] * 2).compose(style).axes
    [band] = [b for b in first.collections if b.get_label() == "validation band"]
    x = band.get_paths()[0].vertices[:, 0]
    assert (x.min(), x.max()) == (1, 2)


def test_all_panels_have_one_scale(panels: CurveGrid, style: FigureStyle) -> None:
    drawn = panels.compose(style).axes
    assert len({axes.get_ylim() for axes in drawn}) == 1
    assert len({round(axes.get_window_extent().height, 6) for axes in drawn}) == 1


def test_a_diverging_curve_does_not_stretch_the_scale(
    panels: CurveGrid, style: FigureStyle
) -> None:
    """The largest value of the others is 1.61, its margin 6 % of 1.41."""
    _, gone, *_ = panels.compose(style).axes
    top = gone.get_ylim()[1]
    assert top == pytest.approx(1.61 + 0.06 * 1.41)
    [cross] = _lines(gone, "diverged")
    assert cross.get_xydata().tolist() == [[2, pytest.approx(top)]]
    assert cross.get_marker() == "x"


def test_where_all_diverge_their_values_make_the_scale(
    panels: CurveGrid, style: FigureStyle
) -> None:
    gone = CurvePanel("a", (replace(ONE, outcome="diverged"),))
    first, _ = grid(panels, gone, gone).compose(style).axes
    assert first.get_ylim()[1] == pytest.approx(0.6 + 0.06 * 0.2)
    assert _lines(first, "diverged")[0].get_xydata().tolist() == [[2, 0.5]]


def test_a_stuck_training_has_the_level_of_chance(panels: CurveGrid, style: FigureStyle) -> None:
    drawn = panels.compose(style).axes
    levels = [_lines(axes, "chance") for axes in drawn]
    assert [len(lines) for lines in levels] == [0, 0, 1, 0, 0]
    assert list(levels[2][0].get_ydata()) == [1.609, 1.609]


def test_a_training_without_epochs_is_an_empty_panel_with_its_note(
    panels: CurveGrid, style: FigureStyle
) -> None:
    drawn = panels.compose(style)
    [line] = _lines(drawn.axes[3], "validation")
    assert len(line.get_xdata()) == 0
    assert [text.get_text() for text in drawn.texts].count("diverge") == 2


def test_a_loss_that_falls_twentyfold_gets_a_logarithmic_axis(
    panels: CurveGrid, style: FigureStyle
) -> None:
    low = CurvePanel("a", (GridCurves((1, 2), (0.5, 0.03), (0.6, 0.5)),))
    falling = grid(panels, low, low)
    drawn = falling.compose(style)
    assert (panels.log, falling.log) == (False, True)
    assert {axes.get_yscale() for axes in drawn.axes} == {"log"}
    assert "Pérdida (escala logarítmica)" in [text.get_text() for text in drawn.texts]


def test_accuracies_are_in_per_cent(panels: CurveGrid, style: FigureStyle) -> None:
    some = CurvePanel("a", (ONE,), best=2, chance=0.2)
    first, _ = grid(panels, some, some, percent=True).compose(style).axes
    np.testing.assert_allclose(_lines(first, "validation")[0].get_ydata(), [60, 50])
    assert _lines(first, "best")[0].get_xydata().tolist() == [[2, 50.0]]
    assert list(_lines(first, "chance")[0].get_ydata()) == [20.0, 20.0]
    assert _ticks(first, "y") == ["20", "30", "40", "50", "60"]


def test_epochs_are_numbered_under_each_panel_where_they_differ(
    panels: CurveGrid, style: FigureStyle
) -> None:
    assert not panels.same_epochs
    assert [_ticks(axes, "x")[-1] for axes in panels.compose(style).axes] == [
        "3",
        "2",
        "4",
        "4",
        "3",
    ]
    same = replace(panels, panels=(panels.panels[0],) * 5)
    assert same.same_epochs
    assert [len(_ticks(axes, "x")) for axes in same.compose(style).axes] == [0, 0, 3, 3, 3]


def test_values_are_numbered_at_the_left_only(panels: CurveGrid, style: FigureStyle) -> None:
    counts = [len(_ticks(axes, "y")) > 0 for axes in panels.compose(style).axes]
    assert counts == [True, False, False, True, False]


@pytest.mark.parametrize(("n", "columns"), [(2, 2), (3, 3), (4, 2), (5, 3), (7, 4), (20, 4)])
def test_columns_suit_the_number_of_panels(
    panels: CurveGrid, style: FigureStyle, n: int, columns: int
) -> None:
    many = grid(panels, *[CurvePanel("a", (ONE,))] * n)
    drawn = many.compose(style).axes
    assert len({round(axes.get_window_extent().x0) for axes in drawn}) == columns == many.n_columns


def test_curves_differ_by_more_than_colour(panels: CurveGrid, style: FigureStyle) -> None:
    first = panels.compose(style).axes[0]
    lines = [_lines(first, name)[0] for name in ("training", "validation")]
    assert len({line.get_marker() for line in lines}) == 2
    assert len({str(line._dash_pattern) for line in lines}) == 2  # type: ignore[attr-defined]


def test_a_legend_names_only_what_is_drawn(panels: CurveGrid, style: FigureStyle) -> None:
    plain = grid(panels, *[CurvePanel("a", (ONE,))] * 2).compose(style)
    assert [text.get_text() for text in plain.texts][:2] == ["Validación", "Entrenamiento"]
    assert "Azar" not in [text.get_text() for text in plain.texts]
    assert "Azar" in [text.get_text() for text in panels.compose(style).texts]


def test_words_that_do_not_fit_are_refused(panels: CurveGrid, style: FigureStyle) -> None:
    title = CurvePanel("una_palabra_que_no_cabe_de_ningún_modo_sobre_un_panel", (ONE,))
    with pytest.raises(TemplateError, match="no room for"):
        grid(panels, *[title] * 5).compose(style)
    note = CurvePanel("a", (ONE,), note="una nota que es mucho más larga que el panel que la lleva")
    with pytest.raises(TemplateError, match="no room for"):
        grid(panels, *[note] * 5).compose(style)


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        (CurvePanel("a", ()), 'panel "a" has no training'),
        (CurvePanel("a", (GridCurves((1,), (0.1, 0.2), (0.1,)),)), "equally long"),
        (CurvePanel("a", (GridCurves((2, 1), (0.1, 0.2), (0.1, 0.2)),)), "must rise from 1"),
        (CurvePanel("a", (GridCurves((0, 1), (0.1, 0.2), (0.1, 0.2)),)), "must rise from 1"),
        (CurvePanel("a", (GridCurves((1,), (float("nan"),), (0.1,)),)), "finite and >= 0"),
        (CurvePanel("a", (ONE,), best=3), "no epoch 3"),
    ],
)
def test_panels_that_cannot_be(panels: CurveGrid, panel: CurvePanel, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grid(panels, panel, CurvePanel("b", (ONE,)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"panels": ()}, "2 to 20 panels, got 0"),
        ({"panels": (CurvePanel("a", (ONE,)),) * 21}, "2 to 20 panels, got 21"),
        ({"panels": (CurvePanel("a", (GridCurves((), (), ()),)),) * 2}, "has an epoch"),
        ({"percent": True}, r"fractions in \[0, 1\]"),
        ({"columns": 7}, "1 to 6 columns"),
        ({"width_mm": 400.0}, "40 to 250 mm wide"),
        ({"panel_mm": 5.0}, "15 to 80 mm high"),
    ],
)
def test_grids_that_cannot_be(panels: CurveGrid, change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(panels, **change)  # type: ignore[arg-type]
