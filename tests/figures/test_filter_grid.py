"""Filters and images after them: every weight and every value where it belongs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from reportgen.errors import TemplateError
from reportgen.figures.filter_grid import (
    NEGATIVE,
    POSITIVE,
    ZERO,
    FilterGrid,
    FilterOutputs,
    choose_columns,
    join_tiles,
    tint,
)
from reportgen.figures.heat import luminance
from reportgen.figures.style import FigureStyle


def _pixels(drawn: Figure, index: int) -> np.ndarray:
    """Return the pixels of one of a figure's images."""
    (image,) = drawn.axes[index].images
    return np.asarray(image.get_array())


def _texts(drawn: Figure) -> list[str]:
    return [text.get_text() for text in drawn.texts]


# ── colours ─────────────────────────────────────────────────────────────────


def test_one_channel_goes_from_blue_over_grey_to_yellow() -> None:
    found = tint(np.array([[-2.0], [0.0], [2.0]]), 2.0)
    assert [tuple(color) for color in found.tolist()] == [NEGATIVE, ZERO, POSITIVE]


def test_three_channels_are_red_green_and_blue_about_grey() -> None:
    # 127.5 + 127.5 × 0.2 = 153; 127.5 − 127.5 = 0; zero is the grey in the middle.
    assert tint(np.array([[0.1, -0.5, 0.0]]), 0.5).tolist() == [[153, 0, 128]]


def test_the_order_of_weights_is_kept_in_a_grey_print() -> None:
    colors = tint(np.linspace(-1, 1, 41)[:, None], 1.0).tolist()
    greys = [luminance("#" + "".join(f"{c:02x}" for c in color)) for color in colors]
    assert all(a < b for a, b in pairwise(greys))


# ── places ──────────────────────────────────────────────────────────────────


def test_tiles_stand_in_rows_on_white() -> None:
    pictures = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1).repeat(3, axis=3)
    joined = join_tiles(pictures, columns=2, gap=1)
    assert joined[..., 0].tolist() == [[0, 255, 1], [255, 255, 255], [2, 255, 255]]


@pytest.mark.parametrize(
    ("n", "columns", "side"),
    [
        (1, 1, 26.0),
        (6, 6, 26.0),
        # 17 squares of (391 + 3) / 17 − 3 = 20.2 leave three of 51 places empty, 16 none.
        (48, 16, 21.625),
        (64, 16, 21.625),
    ],
)
def test_squares_fill_the_width_evenly(n: int, columns: int, side: float) -> None:
    assert choose_columns(n, 391.0, (18.0, 26.0), 3.0) == (columns, side)


def test_a_square_wider_than_the_figure_stands_alone() -> None:
    assert choose_columns(3, 10.0, (18.0, 26.0), 3.0) == (1, 10.0)


# ── the grid of filters ─────────────────────────────────────────────────────


def test_weights_are_drawn_where_they_are(filters: FilterGrid, style: FigureStyle) -> None:
    """−0.5 is the darkest, 0 grey, 0.5 the lightest; 0.25 is half way from grey."""
    drawn = _pixels(filters.compose(style), 0)
    side = drawn.shape[0]
    corners = [(0, 0), (0, side - 1), (side - 1, 0), (side - 1, side - 1)]
    half = tuple(round((z + p) / 2) for z, p in zip(ZERO, POSITIVE, strict=True))
    assert [tuple(drawn[y, x].tolist()) for y, x in corners] == [NEGATIVE, ZERO, half, POSITIVE]
    assert tuple(drawn[0, -1].tolist()) == ZERO


def test_the_scale_is_symmetric_and_written_as_the_report_writes(
    filters: FilterGrid, style: FigureStyle
) -> None:
    assert _texts(filters.compose(style)) == ["\u22120,50", "0", "0,50", "peso"]


def test_other_numbers_of_channels_are_averaged(filters: FilterGrid) -> None:
    weights = np.concatenate([filters.weights, 3 * filters.weights], axis=3)
    np.testing.assert_allclose(replace(filters, weights=weights).shown, 2 * filters.weights)
    three = np.repeat(filters.weights, 3, axis=3)
    assert replace(filters, weights=three).shown is three


def test_filters_that_are_all_zero_can_be_drawn(filters: FilterGrid, style: FigureStyle) -> None:
    empty = replace(filters, weights=np.zeros((4, 3, 3, 3), dtype=np.float32))
    assert set(_pixels(empty.compose(style), 0).ravel().tolist()) == {128, 255}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros((2, 2, 2)), r"filters are \(k, h, w, c\)"),
        (np.zeros((0, 2, 2, 3)), r"got \(0, 2, 2, 3\)"),
        (np.full((1, 2, 2, 3), np.inf), "not finite"),
    ],
)
def test_what_are_no_filters_is_refused(
    filters: FilterGrid, weights: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(filters, weights=weights)


# ── images after filters ────────────────────────────────────────────────────


def test_each_image_has_its_maps_beside_it(outputs: FilterOutputs, style: FigureStyle) -> None:
    drawn = outputs.compose(style)
    assert _texts(drawn) == ["avión", "rana"]
    image, maps = drawn.axes[0].get_position(), drawn.axes[1].get_position()
    assert image.x1 < maps.x0
    assert image.y1 == pytest.approx(maps.y1)
    assert set(_pixels(drawn, 0).ravel().tolist()) == {90}
    # Three maps in a row: black, grey, white, with white between.
    row = _pixels(drawn, 1)[0, :, 0].tolist()
    assert list(dict.fromkeys(row)) == [0, 255, 100]


def test_pictures_keep_their_proportions(outputs: FilterOutputs, style: FigureStyle) -> None:
    drawn = outputs.compose(style)
    for axes in drawn.axes:
        (image,) = axes.images
        height, width = np.asarray(image.get_array()).shape[:2]
        box = axes.get_window_extent()
        assert box.height / box.width == pytest.approx(height / width)


def test_a_broken_image_is_named(outputs: FilterOutputs, style: FigureStyle) -> None:
    broken = replace(outputs.images[1], png=outputs.images[1].png[:40])
    with pytest.raises(TemplateError, match="FilterOutputs: image 2 is not a whole PNG"):
        replace(outputs, images=(outputs.images[0], broken)).draw(style)


@pytest.mark.parametrize(
    "maps", [np.zeros((2, 3, 3), np.uint8), np.zeros((3, 3, 3)), np.zeros((3, 3), np.uint8)]
)
def test_maps_are_bytes_of_one_shape(outputs: FilterOutputs, maps: np.ndarray) -> None:
    other = replace(outputs.images[1], outputs=maps)
    with pytest.raises(ValueError, match="maps must be uint8 of one shape"):
        replace(outputs, images=(outputs.images[0], other))


def test_there_is_an_image() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        FilterOutputs(())
