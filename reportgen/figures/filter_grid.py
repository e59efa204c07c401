"""The filters of a convolution, and images after it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.figures.drawing import Drawing, require, require_width
from reportgen.figures.image_grid import PIXEL_DPI, decode_png
from reportgen.figures.placement import Box
from reportgen.figures.sheet import Sheet, text_width
from reportgen.figures.style import (
    HAIRLINE,
    LABEL_SIZE,
    LINE_HEIGHT,
    MM,
    RULE,
    TICK_SIZE,
    FigureStyle,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

# From negative over zero to positive weights: blue, grey, yellow. Lightness rises all
# the way, so that a grey print keeps the order, and no kind of colour vision confuses
# blue with yellow.
NEGATIVE, ZERO, POSITIVE = (10, 42, 94), (136, 136, 136), (255, 228, 140)

FILTER_SIDES = (6.5 * MM, 9 * MM)  # least and largest side of a filter
OUTPUT_SIDES = (8 * MM, 11 * MM)
FILTER_GAP = 1.2 * MM
OUTPUT_GAP = 0.8 * MM
IMAGE = 22 * MM  # side of the image whose outputs are shown
IMAGE_GAP = 4 * MM  # between it and them, and between two images
SCALE_WIDTH, SCALE_HEIGHT = 40 * MM, 2.2 * MM
SCALE_STEPS = 101


@dataclass(frozen=True, slots=True)
class ScaleWords:
    """What is written on a grid of filters: what the numbers of its scale are."""

    scale: str


@dataclass(frozen=True, slots=True, eq=False)
class FilterGrid(Drawing):
    """Filters in rows, on one scale that is symmetric about zero, which is grey.

    Filters on three channels are shown in their colours (a weight on red makes the
    red of its pixel), those on one in blue, grey and yellow. On any other number of
    channels each weight is the mean over them.

    Parameters
    ----------
    weights : ndarray of float32, (k, h, w, c)
        Filter, row, column, input channel.
    words : ScaleWords
    width_mm : float

    Raises
    ------
    ValueError
        If there is no filter, or a weight is not finite.
    """

    VERSION: ClassVar[int] = 1

    weights: NDArray[Any]
    words: ScaleWords
    width_mm: float = 150.0

    def __post_init__(self) -> None:
        import numpy as np

        shape = self.weights.shape
        require(len(shape) == 4 and min(shape) >= 1, f"filters are (k, h, w, c), got {shape}")
        require(bool(np.isfinite(self.weights).all()), "a weight is not finite")
        require_width(self.width_mm)

    @property
    def shown(self) -> NDArray[Any]:
        """The weights that are drawn, (k, h, w, 3) or (k, h, w, 1)."""
        if self.weights.shape[3] in {1, 3}:
            return self.weights
        mean: NDArray[Any] = self.weights.mean(axis=3, keepdims=True)
        return mean

    @property
    def limit(self) -> float:
        """The largest weight that is drawn, without its sign."""
        return float(abs(self.shown).max())

    def _compose(self, style: FigureStyle) -> Figure:
        pixels = tint(self.shown, self.limit or 1.0)
        tiles = Tiles.fitted(pixels, self.width_mm * MM, FILTER_SIDES, FILTER_GAP)
        foot = LABEL_SIZE + SCALE_HEIGHT + 1.6 * TICK_SIZE
        sheet = Sheet(style, self.width_mm, tiles.height + foot + 0.5)
        tiles.place(sheet, (sheet.width - tiles.width) / 2, sheet.height - 0.25)
        self._draw_scale(sheet, LABEL_SIZE)
        return sheet.figure

    def _draw_scale(self, sheet: Sheet, gap: float) -> None:
        """Draw what lightness or colour means, in the middle below the filters."""
        import numpy as np

        steps = np.linspace(-1, 1, SCALE_STEPS, dtype=np.float32)
        colors = tint(steps.reshape(1, 1, -1, 1).repeat(self.shown.shape[3], axis=3), 1.0)[0]
        floor = 1.6 * TICK_SIZE
        left = (sheet.width - SCALE_WIDTH) / 2
        bar = Box(left, floor, left + SCALE_WIDTH, floor + SCALE_HEIGHT)
        place_pixels(sheet, colors, bar, frame=True)
        decimals = max(0, 1 - math.floor(math.log10(self.limit))) if self.limit else 0
        for share in (-1, 0, 1):
            words = sheet.style.number(share * self.limit, decimals if share else 0)
            x = left + SCALE_WIDTH * (share + 1) / 2
            sheet.write(x, 0.3 * TICK_SIZE, words, size=TICK_SIZE, align="center")
        width = text_width(sheet.style, self.words.scale, size=TICK_SIZE)
        sheet.write(left - width - gap, floor, self.words.scale, size=TICK_SIZE)


@dataclass(frozen=True, slots=True, eq=False)
class FilteredImage:
    """An image as PNG bytes, its caption, and its maps after the filters, uint8 (k, h, w)."""

    png: bytes
    caption: str
    outputs: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class FilterOutputs(Drawing):
    """Images, and beside each what every filter of a layer makes of it, in grey.

    Each map reaches from black, its least value, to white, its largest.

    Parameters
    ----------
    images : tuple of FilteredImage
        At least one; all with maps of one shape.
    width_mm : float

    Raises
    ------
    ValueError
        If there is no image, or maps are not uint8 of one shape (k, h, w).
    """

    VERSION: ClassVar[int] = 1

    images: tuple[FilteredImage, ...]
    width_mm: float = 150.0

    def __post_init__(self) -> None:
        require(len(self.images) > 0, "at least one image must be shown")
        shapes = {image.outputs.shape for image in self.images}
        kinds = {image.outputs.dtype.str for image in self.images}
        (shape, *others) = shapes
        require(
            not others and kinds == {"|u1"} and len(shape) == 3 and min(shape) >= 1,
            f"maps must be uint8 of one shape (k, h, w), got {sorted(shapes)}, {sorted(kinds)}",
        )
        require_width(self.width_mm)

    def _compose(self, style: FigureStyle) -> Figure:
        free = self.width_mm * MM - IMAGE - IMAGE_GAP
        blocks = [
            Tiles.fitted(_grey(image.outputs), free, OUTPUT_SIDES, OUTPUT_GAP)
            for image in self.images
        ]
        row = max(blocks[0].height, IMAGE + 2.5 + LABEL_SIZE * LINE_HEIGHT)
        sheet = Sheet(style, self.width_mm, len(self.images) * (row + IMAGE_GAP) - IMAGE_GAP + 0.5)
        for i, (image, tiles) in enumerate(zip(self.images, blocks, strict=True)):
            top = sheet.height - 0.25 - i * (row + IMAGE_GAP)
            picture = decode_png(image.png, f"figure FilterOutputs: image {i + 1}")
            bottom = self._place_image(sheet, picture, top)
            baseline = bottom - 2.5 - 0.8 * LABEL_SIZE
            sheet.write(IMAGE / 2, baseline, image.caption, align="center")
            tiles.place(sheet, IMAGE + IMAGE_GAP, top)
        return sheet.figure

    def _place_image(self, sheet: Sheet, picture: NDArray[Any], top: float) -> float:
        """Draw an image in its own proportions; return where it ends below."""
        height, width = map(int, picture.shape[:2])
        scale = IMAGE / max(height, width)
        left, bottom = (IMAGE - width * scale) / 2, top - height * scale
        times = max(1, math.ceil(PIXEL_DPI * scale / 72))
        pixels = picture.repeat(times, axis=0).repeat(times, axis=1)
        place_pixels(sheet, pixels, Box(left, bottom, left + width * scale, top), frame=True)
        return bottom


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """Small pictures of one size in rows, put together into one, and its size in points."""

    pixels: NDArray[Any]
    width: float

    @property
    def height(self) -> float:
        """Height in points."""
        rows, columns = self.pixels.shape[:2]
        return self.width * float(rows) / float(columns)

    @classmethod
    def fitted(
        cls, pictures: NDArray[Any], free: float, sides: tuple[float, float], gap: float
    ) -> Tiles:
        """Return pictures, uint8 (n, h, w, 3), in rows that fill so many points."""
        columns, side = choose_columns(len(pictures), free, sides, gap)
        times = max(1, math.ceil(PIXEL_DPI * side / 72 / pictures.shape[2]))
        large = pictures.repeat(times, axis=1).repeat(times, axis=2)
        between = max(1, round(gap / side * large.shape[2]))
        points = side / large.shape[2]
        joined = join_tiles(large, columns, between)
        return cls(joined, float(joined.shape[1]) * points)

    def place(self, sheet: Sheet, left: float, top: float) -> None:
        """Draw them from their upper left corner."""
        place_pixels(sheet, self.pixels, Box(left, top - self.height, left + self.width, top))


def choose_columns(
    n: int, free: float, sides: tuple[float, float], gap: float
) -> tuple[int, float]:
    """Return in how many columns n squares stand, and their side.

    Of the numbers that leave each square its least side, the one that needs
    little height and leaves few places of the last row empty.

    Examples
    --------
    >>> choose_columns(48, 391.0, (18.0, 26.0), 3.0)
    (16, 21.625)
    >>> choose_columns(6, 391.0, (18.0, 26.0), 3.0)
    (6, 26.0)
    """
    least, most = sides
    choices = []
    for columns in range(1, n + 1):
        side = min(most, (free + gap) / columns - gap)
        if columns > 1 and side < least:
            break
        rows = math.ceil(n / columns)
        empty = rows * columns - n
        choices.append((rows * (side + gap) * (1 + empty / columns), -side, columns, side))
    *_, columns, side = min(choices)
    return columns, side


def join_tiles(pictures: NDArray[Any], columns: int, gap: int) -> NDArray[Any]:
    """Return pictures, uint8 (n, h, w, 3), in rows on white, so many pixels apart."""
    import numpy as np

    n, h, w, _ = pictures.shape
    rows = math.ceil(n / columns)
    joined = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = (i // columns) * (h + gap), (i % columns) * (w + gap)
        joined[top : top + h, left : left + w] = picture
    return joined


def tint(weights: NDArray[Any], limit: float) -> NDArray[Any]:
    """Return the colours of weights within ±limit, (…, 3) or (…, 1), as uint8 (…, 3).

    Examples
    --------
    >>> import numpy as np
    >>> tint(np.array([[-1.0, 0.0, 1.0]]), 1.0).tolist()
    [[0, 128, 255]]
    """
    import numpy as np

    share = weights.astype(np.float64) / limit
    if weights.shape[-1] == 3:
        return np.floor(127.5 + 127.5 * share + 0.5).astype(np.uint8)
    negative, zero, positive = (np.array(color, np.float64) for color in (NEGATIVE, ZERO, POSITIVE))
    end = np.where(share < 0, negative, positive)
    return np.rint(zero + (end - zero) * abs(share)).astype(np.uint8)


def place_pixels(sheet: Sheet, pixels: NDArray[Any], box: Box, *, frame: bool = False) -> None:
    """Draw pixels, uint8 (h, w, 3), into a box, unsmoothed."""
    axes = sheet.axes(box)
    axes.imshow(pixels, interpolation="none", aspect="auto")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=frame, linewidth=HAIRLINE, edgecolor=RULE)


def _grey(maps: NDArray[Any]) -> NDArray[Any]:
    """Return maps (k, h, w) as pictures (k, h, w, 3)."""
    return maps[..., None].repeat(3, axis=3)
