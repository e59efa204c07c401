"""Grids of pictures: pixels untouched, rows even, captions apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reportgen.errors import TemplateError
from reportgen.figures.image_grid import GridImage, ImageGrid
from reportgen.figures.style import FigureStyle


def _corners(grid: ImageGrid, style: FigureStyle) -> list[tuple[float, float]]:
    """Left edge and top of each picture, in points."""
    (axes,) = grid.compose(style).axes
    extents = [image.get_extent() for image in axes.images]
    return [(round(left, 6), round(top, 6)) for left, _, _, top in extents]


def test_pixels_are_repeated_never_mixed(
    style: FigureStyle, png: Callable[[np.ndarray], bytes]
) -> None:
    pixels = np.array([[0, 80], [160, 255]], dtype=np.uint8)
    (axes,) = ImageGrid((GridImage(png(pixels), ("x",)),), columns=1).compose(style).axes
    drawn = np.asarray(axes.images[0].get_array())
    times = drawn.shape[0] // 2
    assert times > 1
    assert axes.images[0].get_interpolation() == "none"
    np.testing.assert_array_equal(drawn[..., 0], pixels.repeat(times, 0).repeat(times, 1))


def test_colours_stay_as_the_data_have_them(
    style: FigureStyle, png: Callable[[np.ndarray], bytes]
) -> None:
    pixels = np.array([[[200, 30, 7]]], dtype=np.uint8)
    (axes,) = ImageGrid((GridImage(png(pixels), ("x",)),), columns=1).compose(style).axes
    assert np.asarray(axes.images[0].get_array())[0, 0].tolist() == [200, 30, 7]


def test_rows_are_filled_evenly_from_left_to_right(grid: ImageGrid, style: FigureStyle) -> None:
    corners = _corners(grid, style)  # five pictures, at most three a row: 3 + 2
    tops = [top for _, top in corners]
    assert tops[0] == tops[1] == tops[2] > tops[3] == tops[4]
    assert corners[0][0] == corners[3][0] < corners[1][0] == corners[4][0]


def test_twenty_five_pictures_in_at_most_ten_columns_stand_nine_a_row(
    grid: ImageGrid, style: FigureStyle
) -> None:
    many = replace(grid, images=grid.images * 5, columns=10)
    tops = [top for _, top in _corners(many, style)]
    assert [tops.count(top) for top in sorted(set(tops), reverse=True)] == [9, 9, 7]


def test_wide_captions_take_columns_away(grid: ImageGrid, style: FigureStyle) -> None:
    wide = tuple(
        replace(image, caption=("una leyenda bastante larga" * 2,)) for image in grid.images
    )
    tops = [top for _, top in _corners(replace(grid, images=wide), style)]
    assert len(set(tops)) == 3  # 2 + 2 + 1


def test_both_lines_of_a_caption_are_written(grid: ImageGrid, style: FigureStyle) -> None:
    written = [text.get_text() for text in grid.compose(style).texts]
    assert written[:2] == ["0 → 7", "99,1\u202f%"]
    assert len(written) == 10


def test_a_picture_keeps_its_proportions(
    style: FigureStyle, png: Callable[[np.ndarray], bytes]
) -> None:
    wide = GridImage(png(np.zeros((10, 20), dtype=np.uint8)), ("x",))
    tall = GridImage(png(np.zeros((20, 10), dtype=np.uint8)), ("y",))
    (axes,) = ImageGrid((wide, tall), columns=2).compose(style).axes
    extents = [image.get_extent() for image in axes.images]
    ratios = [(right - left) / (top - floor) for left, right, floor, top in extents]
    assert ratios == pytest.approx([2.0, 0.5])


def test_a_caption_wider_than_the_page_is_an_error(grid: ImageGrid, style: FigureStyle) -> None:
    endless = (replace(grid.images[0], caption=("larga " * 100,)),)
    with pytest.raises(TemplateError, match=r"wider than the figure's 150\.0 mm"):
        replace(grid, images=endless).draw(style)


@pytest.mark.parametrize("cut", [3, 40])
def test_a_truncated_picture_is_named(grid: ImageGrid, style: FigureStyle, cut: int) -> None:
    broken = replace(grid.images[1], png=grid.images[1].png[:cut])
    with pytest.raises(TemplateError, match="picture 2 is not a whole PNG"):
        replace(grid, images=(grid.images[0], broken)).draw(style)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": ()}, "at least one picture"),
        ({"columns": 0}, "at least one column, got 0"),
        ({"images": (GridImage(b"", ()),)}, "one or two lines"),
        ({"images": (GridImage(b"", ("a", "b", "c")),)}, "one or two lines"),
        ({"width_mm": 10.0}, "40 to 250 mm"),
    ],
)
def test_what_cannot_be_is_refused(
    grid: ImageGrid, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(grid, **change)
