"""Learning curves: what is drawn is what was given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from reportgen.errors import TemplateError
from reportgen.figures.learning_curves import BestMark, Extension, LearningCurves, PhaseChange
from reportgen.figures.style import FigureStyle


def _line(axes: Axes, name: str) -> Line2D:
    (line,) = [line for line in axes.get_lines() if line.get_label() == name]
    return line


def _ticks(axes: Axes, which: str) -> list[str]:
    axis = axes.xaxis if which == "x" else axes.yaxis
    return [tick.get_text() for tick in axis.get_ticklabels()]


def test_losses_and_accuracies_are_drawn_as_given(
    curves: LearningCurves, style: FigureStyle
) -> None:
    loss, accuracy = curves.compose(style).axes
    assert list(_line(loss, "training").get_xdata()) == [1, 2, 3, 4]
    assert list(_line(loss, "training").get_ydata()) == [0.4, 0.3, 0.2, 0.1]
    assert list(_line(loss, "running").get_ydata()) == [0.9, 0.5, 0.4, 0.3]
    np.testing.assert_allclose(_line(accuracy, "validation").get_ydata(), [89, 92, 95, 94])


def test_the_running_loss_has_no_accuracy(curves: LearningCurves, style: FigureStyle) -> None:
    _, accuracy = curves.compose(style).axes
    assert "running" not in [line.get_label() for line in accuracy.get_lines()]


def test_lines_differ_by_more_than_colour(curves: LearningCurves, style: FigureStyle) -> None:
    loss, _ = curves.compose(style).axes
    lines = [_line(loss, name) for name in ("validation", "training", "running")]
    assert len({line.get_marker() for line in lines}) == 3
    assert len({str(line._dash_pattern) for line in lines}) == 3  # type: ignore[attr-defined]


def test_the_best_epoch_is_ringed_in_both_panels(
    curves: LearningCurves, style: FigureStyle
) -> None:
    loss, accuracy = curves.compose(style).axes
    assert _line(loss, "best").get_xydata().tolist() == [[3, 0.3]]
    assert _line(accuracy, "best").get_xydata().tolist() == [[3, 95.0]]


def test_epochs_are_whole_and_numbers_have_the_reports_comma(
    curves: LearningCurves, style: FigureStyle
) -> None:
    loss, accuracy = curves.compose(style).axes
    assert _ticks(loss, "x") == ["1", "2", "3", "4"]
    assert _ticks(loss, "y") == ["0,0", "0,2", "0,4", "0,6", "0,8"]
    assert _ticks(accuracy, "y") == ["90", "92", "94", "96", "98"]


def test_a_loss_that_falls_twentyfold_gets_a_logarithmic_axis_and_says_so(
    curves: LearningCurves, style: FigureStyle
) -> None:
    falling = replace(curves, train_loss=(0.4, 0.3, 0.2, 0.045))  # 0.9 / 0.045 = 20
    drawn = falling.compose(style)
    assert (curves.log_loss, falling.log_loss) == (False, True)
    assert drawn.axes[0].get_yscale() == "log"
    assert _ticks(drawn.axes[0], "y") == ["0,05", "0,1", "0,2", "0,5", "1"]
    assert "Pérdida (escala logarítmica)" in [text.get_text() for text in drawn.texts]


def test_a_loss_of_nothing_stays_on_a_linear_axis(curves: LearningCurves) -> None:
    assert not replace(curves, train_loss=(0.4, 0.3, 0.2, 0.0)).log_loss


def test_the_second_horizon_begins_between_two_epochs(
    curves: LearningCurves, style: FigureStyle
) -> None:
    for axes in curves.compose(style).axes:
        (band,) = axes.patches
        assert band.get_extents().transformed(axes.transData.inverted()).x0 == pytest.approx(2.5)
    without = replace(curves, extension=None).compose(style)
    assert [len(axes.patches) for axes in without.axes] == [0, 0]


def test_panels_are_aligned_and_equally_large(curves: LearningCurves, style: FigureStyle) -> None:
    loss, accuracy = (axes.get_position() for axes in curves.compose(style).axes)
    assert (loss.y0, loss.y1) == (accuracy.y0, accuracy.y1)
    assert loss.width == pytest.approx(accuracy.width)


def test_in_a_column_loss_stands_above_accuracy(curves: LearningCurves, style: FigureStyle) -> None:
    narrow = replace(curves, width_mm=84.0)
    assert (narrow.stacked, curves.stacked) == (True, False)
    drawn = narrow.compose(style)
    loss, accuracy = (axes.get_window_extent() for axes in drawn.axes)
    assert loss.y0 > accuracy.y1
    assert (loss.x0, loss.width, loss.height) == pytest.approx(
        (accuracy.x0, accuracy.width, accuracy.height)
    )
    assert loss.height == pytest.approx(28 * 72 / 25.4)
    epochs = [t.get_window_extent() for t in drawn.texts if t.get_text() == narrow.words.epoch]
    assert [box.y1 < axes.y0 for box, axes in zip(epochs, (loss, accuracy), strict=True)] == [
        True,
        True,
    ]
    assert epochs[0].y0 > accuracy.y1


def test_words_and_legend_lie_outside_the_panels(
    curves: LearningCurves, style: FigureStyle
) -> None:
    drawn = curves.compose(style)
    beside = [text for text in drawn.texts if text.get_text() != curves.best[0].words]
    for axes in drawn.axes:
        panel = axes.get_window_extent()
        assert [t.get_text() for t in beside if panel.overlaps(t.get_window_extent())] == []


def test_the_words_of_the_best_epoch_cover_no_curve(
    curves: LearningCurves, style: FigureStyle
) -> None:
    drawn = curves.compose(style)
    (words,) = [text for text in drawn.texts if text.get_text() == curves.best[0].words]
    box = words.get_window_extent()
    for name in ("training", "validation"):
        line = _line(drawn.axes[1], name)
        dense = np.linspace(1, 4, 400)
        heights = np.interp(dense, line.get_xdata(), line.get_ydata())
        points = drawn.axes[1].transData.transform(np.column_stack([dense, heights]))
        assert not any(box.contains(x, y) for x, y in points)


@pytest.mark.parametrize("n", [1, 2, 30, 200])
def test_few_and_many_epochs_can_be_drawn(
    curves: LearningCurves, style: FigureStyle, n: int
) -> None:
    values = tuple(1 / (i + 1) for i in range(n))
    right = tuple(1 - v / 2 for v in values)
    best = (BestMark(n, "la última"),)
    drawn = LearningCurves(values, values, values, right, right, best, None, curves.words)
    assert drawn.draw(style).startswith(b"<?xml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_loss": (0.1,)}, r"equally long, got \[1, 4, 4, 4, 4\]"),
        ({"train_loss": (0.4, 0.3, 0.2, float("nan"))}, "finite and >= 0"),
        ({"running_loss": (0.4, 0.3, 0.2, -0.1)}, "finite and >= 0"),
        ({"validation_accuracy": (89.0, 92.0, 95.0, 94.0)}, r"fractions in \[0, 1\]"),
        ({"best": (BestMark(5, "x"),)}, r"within 1 to 4 and have values, got \[5\]"),
        ({"best": (BestMark(3, "x"), BestMark(2, "y"))}, "must rise"),
        ({"extension": Extension(4, "x")}, "from 1 to 3"),
        ({"width_mm": 400.0}, "40 to 250 mm wide, got 400"),
        ({"panel_mm": 5.0}, "20 to 120 mm high"),
    ],
)
def test_what_cannot_be_is_refused(
    curves: LearningCurves, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(curves, **change)


# ── phases ──────────────────────────────────────────────────────────────────


def test_a_phase_begins_at_a_line_between_two_epochs(
    curves: LearningCurves, style: FigureStyle
) -> None:
    for axes in replace(curves, phases=(PhaseChange(2, "toda la red"),)).compose(style).axes:
        assert list(_line(axes, "phase").get_xdata()) == [2.5, 2.5]


def test_the_words_of_a_phase_stand_over_its_line_in_both_panels(
    curves: LearningCurves, style: FigureStyle
) -> None:
    drawn = replace(curves, phases=(PhaseChange(1, "toda la red"),)).compose(style)
    words = [text for text in drawn.texts if text.get_text() == "toda la red"]
    for axes, text in zip(drawn.axes, words, strict=True):
        edge = axes.transData.transform((1.5, 0))[0]
        assert edge < text.get_window_extent().x0 < edge + 5
        assert text.get_window_extent().y0 >= axes.get_window_extent().y1


def test_words_of_neighbouring_phases_stand_beside_each_other(
    curves: LearningCurves, style: FigureStyle
) -> None:
    phases = tuple(PhaseChange(after, f"etapa {after}") for after in (1, 2, 3))
    drawn = replace(curves, phases=phases).compose(style)
    boxes = [t.get_window_extent() for t in drawn.texts if t.get_text().startswith("etapa")]
    assert len(boxes) == 6
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_words_of_phases_that_cannot_fit_are_refused(
    curves: LearningCurves, style: FigureStyle
) -> None:
    phases = tuple(PhaseChange(after, "etapa de muchas palabras") for after in (1, 2, 3))
    with pytest.raises(TemplateError, match="no room for"):
        replace(curves, phases=phases).compose(style)


@pytest.mark.parametrize("after", [(0,), (4,), (2, 1), (2, 2)])
def test_a_phase_begins_inside_the_training(curves: LearningCurves, after: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="phases must begin after rising epochs from 1 to 3"):
        replace(curves, phases=tuple(PhaseChange(epoch, "x") for epoch in after))


def test_fifteen_epochs_with_two_horizons(curves: LearningCurves, style: FigureStyle) -> None:
    fall = tuple(1.9 / (1 + 0.2 * i) for i in range(15))
    rise = tuple(0.4 + 0.02 * i for i in range(15))
    long = replace(
        curves,
        train_loss=fall,
        validation_loss=fall,
        running_loss=fall,
        train_accuracy=rise,
        validation_accuracy=rise,
        best=(BestMark(10, "58,00\u202f%"), BestMark(15, "68,00\u202f%")),
        extension=Extension(10, "continuación"),
    )
    loss, accuracy = long.compose(style).axes
    assert _ticks(loss, "x") == ["1", "5", "10", "15"]
    assert _line(accuracy, "validation").get_xydata()[9].tolist() == pytest.approx([10, 58])
