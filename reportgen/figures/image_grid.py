"""A grid of small pictures, each with a line or two under it."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.errors import TemplateError
from reportgen.figures.drawing import Drawing, require, require_width
from reportgen.figures.placement import Box
from reportgen.figures.sheet import Sheet, text_width
from reportgen.figures.style import (
    HAIRLINE,
    INK,
    LABEL_SIZE,
    LINE_HEIGHT,
    MM,
    MUTED,
    RULE,
    FigureStyle,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

# Each pixel is repeated to at least so many dots an inch: viewers that smooth
# what they enlarge then leave its edges sharp.
PIXEL_DPI = 200
LARGEST = 15 * MM  # a thumbnail shows no more detail beyond this
CAPTION_SPACE = 7.0  # the least between two captions
GAP = 3 * MM  # the least between two pictures, and between two rows
EDGE = 0.5  # left free around the outer pictures for their frames
CAPTION_GAP = 2.5  # between a picture and its caption


@dataclass(frozen=True, slots=True)
class GridImage:
    """A picture as PNG bytes, and its caption of one or two lines; the second stands back."""

    png: bytes
    caption: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImageGrid(Drawing):
    """Pictures in rows, read from left to right, as the data have them.

    Grey pictures stay as they are (MNIST: white on black), nothing is inverted,
    stretched in contrast or smoothed: what is seen is what the network saw.

    Parameters
    ----------
    images : tuple of GridImage
        At least one.
    columns : int
        The most in one row. The rows are filled evenly, and have fewer where a
        caption would run into its neighbour.
    width_mm : float

    Raises
    ------
    ValueError
        If there is no picture, a caption has not one or two lines, or `columns` < 1.
    """

    VERSION: ClassVar[int] = 1

    images: tuple[GridImage, ...]
    columns: int
    width_mm: float = 150.0

    def __post_init__(self) -> None:
        require(len(self.images) > 0, "a grid needs at least one picture")
        require(self.columns >= 1, f"a grid needs at least one column, got {self.columns}")
        require(
            all(1 <= len(image.caption) <= 2 for image in self.images),
            "each picture needs a caption of one or two lines",
        )
        require_width(self.width_mm)

    def _compose(self, style: FigureStyle) -> Figure:
        pictures = [
            decode_png(image.png, f"figure ImageGrid: picture {i}")
            for i, image in enumerate(self.images, 1)
        ]
        captions = [image.caption for image in self.images]
        return compose_grid(style, pictures, captions, self.columns, self.width_mm)


def compose_grid(
    style: FigureStyle,
    pictures: Sequence[NDArray[Any]],
    captions: Sequence[tuple[str, ...]],
    columns: int,
    width_mm: float,
    largest: float = LARGEST,
) -> Figure:
    """Return pictures, uint8 (h, w, 3), over their captions, in rows of so many at most.

    Parameters
    ----------
    largest : float
        The longest side of a picture, in points.
    """
    columns, pitch = _columns(style, captions, columns, width_mm, largest)
    side = min(pitch - GAP, largest)
    # All pictures share one width; the tallest gives the rows their height.
    tall = side * max(min(1.0, p.shape[0] / p.shape[1]) for p in pictures)
    lines = max(map(len, captions))
    row = tall + CAPTION_GAP + lines * LABEL_SIZE * LINE_HEIGHT
    rows = math.ceil(len(pictures) / columns)
    sheet = Sheet(style, width_mm, rows * row + (rows - 1) * GAP + 2 * EDGE)
    axes = sheet.axes(Box(0.0, 0.0, sheet.width, sheet.height))
    axes.set_axis_off()
    # The outer pictures touch the edges of the figure unless a caption is wider.
    first = (sheet.width - (columns - 1) * pitch) / 2
    for i, (caption, picture) in enumerate(zip(captions, pictures, strict=True)):
        middle = first + (i % columns) * pitch
        top = sheet.height - EDGE - (i // columns) * (row + GAP)
        _place(axes, picture, middle, top, side, tall)
        _write_caption(sheet, caption, middle, top - tall - CAPTION_GAP)
    axes.set(xlim=(0, sheet.width), ylim=(0, sheet.height))
    return sheet.figure


def _columns(
    style: FigureStyle,
    captions: Sequence[tuple[str, ...]],
    wanted: int,
    width_mm: float,
    largest: float,
) -> tuple[int, float]:
    """Columns, and the distance between the middles of two neighbours."""
    wanted = min(wanted, len(captions))
    widest = max(text_width(style, line) for caption in captions for line in caption)
    width = width_mm * MM
    while wanted > 1 and width / wanted < widest + CAPTION_SPACE:
        wanted -= 1
    if widest > width:
        msg = f"figure ImageGrid: a caption is wider than the figure's {width_mm} mm"
        raise TemplateError(msg)
    columns = math.ceil(len(captions) / math.ceil(len(captions) / wanted))
    # Few pictures stay together in the middle of the page.
    pitch = max(largest + 2 * GAP, widest + CAPTION_SPACE)
    return columns, min((width + GAP - 2 * EDGE) / columns, pitch)


def decode_png(png: bytes, what: str) -> NDArray[Any]:
    """Return a PNG's pixels, uint8, (height, width, 3).

    Raises
    ------
    TemplateError
        If it is not a whole PNG; `what` says which picture it is.
    """
    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError) as cause:
        msg = f"{what} is not a whole PNG: {cause}"
        raise TemplateError(msg) from cause


def _place(
    axes: Axes, picture: NDArray[Any], middle: float, top: float, side: float, tall: float
) -> None:
    """Draw a picture in its own proportions at the middle of its cell, with a fine frame."""
    from matplotlib.patches import Rectangle

    height, width = picture.shape[:2]
    scale = min(side / width, tall / height)
    left, rise = middle - width * scale / 2, height * scale
    floor = top - (tall + rise) / 2
    times = max(1, math.ceil(PIXEL_DPI * scale / 72))
    pixels = picture.repeat(times, axis=0).repeat(times, axis=1)
    extent = (left, left + width * scale, floor, floor + rise)
    axes.imshow(pixels, interpolation="none", aspect="auto", extent=extent)
    frame = Rectangle((left, floor), width * scale, rise, fill=False, ec=RULE, lw=HAIRLINE)
    axes.add_patch(frame)


def _write_caption(sheet: Sheet, caption: tuple[str, ...], middle: float, top: float) -> None:
    for line, (words, color) in enumerate(zip(caption, (INK, MUTED), strict=False)):
        baseline = top - 0.8 * LABEL_SIZE - line * LABEL_SIZE * LINE_HEIGHT
        sheet.write(middle, baseline, words, align="center", color=color)
