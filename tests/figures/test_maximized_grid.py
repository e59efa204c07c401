"""Grids of maximised images: pixels untouched, few images large, many on one page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reportgen.figures.maximized_grid import MaximizedGrid
from reportgen.figures.style import MM, FigureStyle


def grid_of(n: int, channels: int = 1) -> MaximizedGrid:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (n, 4, 4, channels), dtype=np.uint8)
    return MaximizedGrid(images, tuple((f"filtro {i}", "1,24") for i in range(1, n + 1)))


def test_pixels_are_repeated_never_mixed(style: FigureStyle) -> None:
    grid = grid_of(2)
    (axes,) = grid.compose(style).axes
    for image, pixels in zip(axes.images, grid.images, strict=True):
        drawn = np.asarray(image.get_array())
        times = drawn.shape[0] // 4
        assert times > 1
        np.testing.assert_array_equal(
            drawn[..., 0], pixels[..., 0].repeat(times, 0).repeat(times, 1)
        )


def test_colours_stay_and_other_channels_are_averaged() -> None:
    assert grid_of(2, 3).shown is not None
    np.testing.assert_array_equal(grid_of(2, 3).shown, grid_of(2, 3).images)
    two = MaximizedGrid(np.array([[[[10, 21]]]], np.uint8), (("x",),))
    assert two.shown.tolist() == [[[[16, 16, 16]]]]  # 15.5, to the even one


@pytest.mark.parametrize(
    ("n", "columns", "side_mm"), [(1, 1, 60), (4, 4, 32), (16, 6, 20), (32, 8, 15), (64, 10, 12)]
)
def test_the_fewer_the_larger(style: FigureStyle, n: int, columns: int, side_mm: int) -> None:
    figure = grid_of(n).compose(style)
    (axes,) = figure.axes
    extents = [image.get_extent() for image in axes.images]
    tops = [round(top, 3) for *_, top in extents]
    assert len(extents) == n
    assert tops.count(tops[0]) == columns
    left, right, *_ = extents[0]
    assert right - left <= side_mm * MM + 0.01
    assert right - left > 0.85 * side_mm * MM
    assert figure.get_size_inches()[1] * 25.4 < 175  # a page has about 240 mm


def test_captions_stand_in_order(style: FigureStyle) -> None:
    written = [text.get_text() for text in grid_of(2).compose(style).texts]
    assert written == ["filtro 1", "1,24", "filtro 2", "1,24"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": np.zeros((0, 4, 4, 1), np.uint8)}, "must be uint8"),
        ({"images": np.zeros((2, 4, 4), np.uint8)}, "must be uint8"),
        ({"images": np.zeros((2, 4, 4, 1))}, "must be uint8"),
        ({"captions": (("x",),)}, "each image needs a caption"),
        ({"captions": (("x",), ("a", "b", "c"))}, "each image needs a caption"),
    ],
)
def test_what_is_no_grid_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(grid_of(2), **change)
