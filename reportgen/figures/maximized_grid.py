"""A grid of the images that maximise filters, each with what it reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.figures.drawing import Drawing, require, require_width
from reportgen.figures.image_grid import compose_grid
from reportgen.figures.style import MM

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from reportgen.figures.style import FigureStyle

SIDES = ((1, 60 * MM), (4, 32 * MM), (18, 20 * MM), (40, 15 * MM))
"""The longest side of a picture where there are so many at most, in points."""

LEAST = 12 * MM
"""Where there are more: 64 of them still fit on a page."""

GAP = 3 * MM


@dataclass(frozen=True, slots=True, eq=False)
class MaximizedGrid(Drawing):
    """Images in rows, the fewer the larger; pixels as they are, nothing stretched or smoothed.

    Parameters
    ----------
    images : ndarray of uint8, (k, h, w, c)
        On one channel, grey, or on three, red, green and blue. Of any other number
        the mean over them is shown.
    captions : tuple of tuple of str
        One or two lines for each image; the second stands back.
    width_mm : float

    Raises
    ------
    ValueError
        If there is no image, they are no uint8 (k, h, w, c), or a caption is missing.
    """

    VERSION: ClassVar[int] = 1

    images: NDArray[Any]
    captions: tuple[tuple[str, ...], ...]
    width_mm: float = 150.0

    def __post_init__(self) -> None:
        shape = self.images.shape
        require(
            len(shape) == 4 and min(shape) >= 1 and self.images.dtype.str == "|u1",
            f"images must be uint8 (k, h, w, c), got {self.images.dtype} {shape}",
        )
        require(
            len(self.captions) == shape[0] and all(1 <= len(lines) <= 2 for lines in self.captions),
            "each image needs a caption of one or two lines",
        )
        require_width(self.width_mm)

    @property
    def shown(self) -> NDArray[Any]:
        """The pixels that are drawn, uint8 (k, h, w, 3)."""
        if self.images.shape[3] == 3:
            return self.images
        mean: NDArray[Any] = self.images.mean(axis=3, keepdims=True).round().astype("uint8")
        return mean.repeat(3, axis=3)

    @property
    def side(self) -> float:
        """The longest side of a picture, in points."""
        return next((side for most, side in SIDES if len(self.images) <= most), LEAST)

    def _compose(self, style: FigureStyle) -> Figure:
        columns = max(1, int((self.width_mm * MM + GAP) / (self.side + GAP)))
        return compose_grid(style, [*self.shown], self.captions, columns, self.width_mm, self.side)
