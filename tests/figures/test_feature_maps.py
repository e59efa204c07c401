"""Feature maps: the points as given, each class named where it lies."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from reportgen.figures.feature_maps import FeatureMap, FeatureMaps
from reportgen.figures.style import CLASS_COLORS, FigureStyle


def _texts(maps: FeatureMaps, style: FigureStyle) -> list[str]:
    return [text.get_text() for text in maps.compose(style).texts]


def test_points_are_drawn_as_given_in_the_colour_of_their_class(
    maps: FeatureMaps, style: FigureStyle
) -> None:
    for axes, item in zip(maps.compose(style).axes, maps.maps, strict=True):
        (points,) = axes.collections
        assert isinstance(points, PathCollection)
        np.testing.assert_array_equal(points.get_offsets(), item.points)
        colors = [to_hex(color) for color in points.get_facecolor()]
        assert colors == [CLASS_COLORS[0]] * 3 + [CLASS_COLORS[1]] * 3
        assert points.get_rasterized()


def test_maps_have_no_ticks_and_one_scale(maps: FeatureMaps, style: FigureStyle) -> None:
    for axes in maps.compose(style).axes:
        assert list(axes.get_xticks()) == list(axes.get_yticks()) == []
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        box = axes.get_window_extent()
        assert (right - left) / box.width == pytest.approx((top - bottom) / box.height)


def test_each_class_is_named_at_its_median(maps: FeatureMaps, style: FigureStyle) -> None:
    drawn = maps.compose(style)
    # The medians of (0, 0), (1, 0), (2, 0) and of (8, 6), (9, 6), (10, 6).
    places = drawn.axes[0].transData.transform([(1, 0), (9, 6)])
    for name, (x, y) in zip(maps.classes, places, strict=True):
        box = next(t for t in drawn.texts if t.get_text() == name).get_window_extent()
        assert (box.x0 + box.x1) / 2 == pytest.approx(x, abs=1)
        assert box.y0 < y < box.y1


def test_names_have_a_white_halo(maps: FeatureMaps, style: FigureStyle) -> None:
    names = [text for text in maps.compose(style).texts if text.get_text() in maps.classes]
    assert len(names) == 4
    assert all(text.get_path_effects() for text in names)


def test_several_maps_are_lettered(maps: FeatureMaps, style: FigureStyle) -> None:
    written = _texts(maps, style)
    assert "(a)\u00a0intermedia" in written
    assert "(b)\u00a0final" in written


def test_a_single_map_has_no_letter(maps: FeatureMaps, style: FigureStyle) -> None:
    written = _texts(replace(maps, maps=maps.maps[:1]), style)
    assert "intermedia" in written


def test_a_long_caption_is_broken_between_words(maps: FeatureMaps, style: FigureStyle) -> None:
    long = replace(maps.maps[0], caption=" ".join(["palabra"] * 14))
    lines = [t for t in _texts(replace(maps, maps=(long, long)), style) if "palabra" in t]
    assert len(lines) == 4
    assert " ".join(lines[:2]) == "(a)\u00a0" + long.caption


def test_a_class_without_samples_is_not_named(maps: FeatureMaps, style: FigureStyle) -> None:
    assert "dos" not in _texts(replace(maps, classes=("cero", "uno", "dos")), style)


@pytest.mark.parametrize(
    ("classes", "legend"),
    [
        (("cero", "uno"), False),
        (tuple(map(str, range(12))), False),
        (tuple(map(str, range(13))), True),
        (("cero", "frutas y verduras"), True),
    ],
)
def test_many_or_long_names_go_into_a_legend(
    maps: FeatureMaps, classes: tuple[str, ...], *, legend: bool
) -> None:
    assert replace(maps, classes=classes).has_legend is legend


def test_a_legend_tells_the_numbers_on_the_map(maps: FeatureMaps, style: FigureStyle) -> None:
    written = _texts(replace(maps, classes=("cero", "frutas y verduras")), style)
    assert written.count("1") == written.count("2") == 2
    assert "1  cero" in written
    assert "2  frutas y verduras" in written


@pytest.mark.parametrize(("n", "rows"), [(1, 1), (3, 1), (4, 2), (5, 2), (7, 3)])
def test_maps_stand_in_rows(maps: FeatureMaps, style: FigureStyle, n: int, rows: int) -> None:
    drawn = replace(maps, maps=maps.maps[:1] * n).compose(style)
    assert len({round(axes.get_position().y0, 6) for axes in drawn.axes}) == rows


@pytest.mark.parametrize(("width_mm", "rows"), [(138.0, 2), (174.0, 1)])
def test_four_maps_stand_side_by_side_where_the_page_is_wide(
    maps: FeatureMaps, style: FigureStyle, width_mm: float, rows: int
) -> None:
    four = replace(maps, maps=maps.maps * 2, width_mm=width_mm)
    assert len({round(axes.get_window_extent().y0) for axes in four.compose(style).axes}) == rows


def test_points_that_all_lie_on_one_spot_can_be_drawn(
    maps: FeatureMaps, style: FigureStyle
) -> None:
    spot = replace(maps.maps[0], points=np.zeros((6, 2), dtype=np.float32))
    assert replace(maps, maps=(spot,)).draw(style)


# ── a line between two classes ──────────────────────────────────────────────


def test_the_line_runs_where_it_is_given(lined: FeatureMaps, style: FigureStyle) -> None:
    for axes in lined.compose(style).axes:
        drawn = [line for line in axes.get_lines() if line.get_label() == "line"]
        assert drawn
        for line in drawn:
            # Any of its points has x = 5; it is upright.
            (x0, y0), (x1, y1) = axes.transData.inverted().transform(
                line.get_transform().transform_path(line.get_path()).vertices
            )
            assert (x0, x1) == pytest.approx((5, 5))
            assert y0 != y1


def test_samples_on_the_wrong_side_are_ringed(lined: FeatureMaps, style: FigureStyle) -> None:
    ringed = [
        [c.get_offsets().tolist() for c in axes.collections if c.get_label() == "wrong"]
        for axes in lined.compose(style).axes
    ]
    assert ringed == [[[]], [[[2, 0], [8, 6]]]]


def test_two_classes_with_a_line_differ_in_shape_in_the_samples_order(
    lined: FeatureMaps, style: FigureStyle
) -> None:
    points = lined.compose(style).axes[1].collections[0]
    assert isinstance(points, PathCollection)
    np.testing.assert_array_equal(points.get_offsets(), lined.maps[1].points)
    lengths = [len(path.vertices) for path in points.get_paths()]
    circle, triangle = lengths[0], lengths[2]
    assert circle != triangle
    assert lengths == [circle, circle, triangle, circle, triangle, triangle]


def test_one_legend_and_a_note_under_each_map(lined: FeatureMaps, style: FigureStyle) -> None:
    written = _texts(lined, style)
    for words in ("alien", "depredador", "recta", "en el otro lado"):
        assert written.count(words) == 1
    assert "recta: 66,7\u202f%, 2 errores" in written


def test_maps_may_be_of_other_numbers_of_samples(lined: FeatureMaps, style: FigureStyle) -> None:
    first, second = lined.maps
    fewer = replace(second, points=second.points[:4], labels=second.labels[:4])
    assert replace(lined, maps=(first, fewer)).draw(style)


# ── what cannot be ──────────────────────────────────────────────────────────

LABELS = np.array([0, 0, 0, 1, 1, 1], dtype=np.uint16)


def _with(
    points: np.ndarray, labels: np.ndarray = LABELS, line: object = None
) -> dict[str, object]:
    return {"maps": (FeatureMap(points, labels, "a", line),)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"maps": ()}, "1 to 26 maps"),
        (_with(np.zeros((5, 2))), r"map \(a\) must be of shape \(6, 2\), got \(5, 2\)"),
        (_with(np.zeros((6, 3))), r"got \(6, 3\)"),
        (_with(np.full((6, 2), np.nan)), r"map \(a\) is not finite"),
        ({"classes": ("cero",)}, "labels must lie in 0 to 0"),
        (_with(np.zeros((6, 2)), np.zeros(6)), "whole numbers"),
        (_with(np.zeros((6, 2)), np.zeros((6, 1), dtype=int)), r"shape \(n,\)"),
        (_with(np.zeros((6, 2)), LABELS, (1.0, 0.0, 2.0)), "the legend has no words for it"),
        (_with(np.zeros((6, 2)), LABELS, (0.0, 0.0, 2.0)), r"map \(a\): .* is no line"),
        (_with(np.zeros((6, 2)), LABELS, (1.0, math.inf, 2.0)), "is no line"),
        (
            {**_with(np.zeros((6, 2)), LABELS, (1.0, 0.0, 2.0)), "classes": ("a", "b", "c")},
            "which 3 classes cannot have",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    maps: FeatureMaps, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(maps, **change)
