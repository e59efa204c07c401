"""Maps of features: two-dimensional embeddings side by side, coloured by class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.figures.drawing import Drawing, require, require_width
from reportgen.figures.placement import Box, Label, place_labels
from reportgen.figures.sheet import Sheet, text_width
from reportgen.figures.style import (
    CLASS_COLORS,
    HAIRLINE,
    HALO,
    LABEL_SIZE,
    LINE_HEIGHT,
    MM,
    RULE,
    FigureStyle,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

MAX_IN_A_ROW = 3
GAP = 5 * MM
LARGEST = 90 * MM  # a single map
LARGEST_OF_ROWS = 56 * MM  # where maps stand in several rows: two rows on half a page
CAPTION_GAP = 4.0
# Beyond these, names on the map would hide it: numbers there, names in a legend.
MAX_NAMES = 12
MAX_NAME_LENGTH = 12
# Share of its square that a map leaves free on each side.
MARGIN = 0.04
NAME_SIZE = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMap:
    """One map: `points`, float32 of shape (n, 2), and the words under it."""

    points: NDArray[Any]
    caption: str


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMaps(Drawing):
    """Maps of the same samples, lettered (a), (b), … where there are several.

    The axes of such maps carry no meaning: they have neither ticks nor names,
    and both have one scale. Each class is named at the median of its points,
    so that no reader depends on its colour. Points are drawn in the order of
    the samples: no class lies on top.

    Parameters
    ----------
    maps : tuple of FeatureMap
        One to 26.
    labels : ndarray of shape (n,)
        Class of each sample, whole numbers from 0.
    classes : tuple of str
        Names of all classes.
    width_mm : float

    Raises
    ------
    ValueError
        If shapes do not agree, a point is not finite or a label has no name.
    """

    VERSION: ClassVar[int] = 1

    maps: tuple[FeatureMap, ...]
    labels: NDArray[Any]
    classes: tuple[str, ...]
    width_mm: float = 150.0

    def __post_init__(self) -> None:
        import numpy as np

        require(1 <= len(self.maps) <= 26, f"1 to 26 maps can be drawn, got {len(self.maps)}")
        n = len(self.labels)
        require(n >= 1 and self.labels.shape == (n,), "labels must be of shape (n,), n >= 1")
        require(self.labels.dtype.kind in "iu", "labels must be whole numbers")
        require(
            bool(self.labels.min() >= 0 and self.labels.max() < len(self.classes)),
            f"labels must lie in 0 to {len(self.classes) - 1}",
        )
        for letter, item in zip(ascii_lowercase, self.maps, strict=False):
            shape = item.points.shape
            require(shape == (n, 2), f"map ({letter}) must be of shape ({n}, 2), got {shape}")
            require(bool(np.isfinite(item.points).all()), f"map ({letter}) is not finite")
        require_width(self.width_mm)

    @property
    def has_legend(self) -> bool:
        """Whether classes are numbered on the map and named below, being many or long."""
        longest = max(map(len, self.classes))
        return len(self.classes) > MAX_NAMES or longest > MAX_NAME_LENGTH

    def _compose(self, style: FigureStyle) -> Figure:
        n = len(self.maps)
        columns = n if n <= MAX_IN_A_ROW else 2 if n == 4 else MAX_IN_A_ROW
        rows = math.ceil(n / columns)
        width = self.width_mm * MM
        side = min(
            (width - (columns - 1) * GAP) / columns - 0.5, LARGEST if rows == 1 else LARGEST_OF_ROWS
        )
        captions = [self._caption_lines(style, i, side) for i in range(n)]
        words = CAPTION_GAP + max(map(len, captions)) * LABEL_SIZE * LINE_HEIGHT
        legend = self._legend_rows(style, width) if self.has_legend else 0
        foot = (legend * LINE_HEIGHT + 0.6 * bool(legend)) * LABEL_SIZE
        height = rows * (side + words) + (rows - 1) * GAP / 2 + foot + 0.5
        sheet = Sheet(style, self.width_mm, height)
        first = (width - columns * side - (columns - 1) * GAP) / 2
        for i in range(n):
            left = first + (i % columns) * (side + GAP)
            top = height - 0.25 - (i // columns) * (side + words + GAP / 2)
            self._draw_map(sheet, i, Box(left, top - side, left + side, top))
            for line, text in enumerate(captions[i]):
                baseline = top - side - CAPTION_GAP - (0.8 + line * LINE_HEIGHT) * LABEL_SIZE
                sheet.write(left + side / 2, baseline, text, align="center")
        if legend:
            self._draw_legend(sheet, legend * LINE_HEIGHT * LABEL_SIZE)
        return sheet.figure

    def _caption_lines(self, style: FigureStyle, index: int, side: float) -> list[str]:
        """Break a map's caption, with its letter, between words to the map's width."""
        letter = f"({ascii_lowercase[index]})\u00a0" if len(self.maps) > 1 else ""
        lines = [""]
        for word in (letter + self.maps[index].caption).split(" "):
            longer = f"{lines[-1]} {word}".lstrip(" ")
            if lines[-1] and text_width(style, longer) > side:
                lines.append(word)
            else:
                lines[-1] = longer
        return [line for line in lines if line]

    def _draw_map(self, sheet: Sheet, index: int, box: Box) -> None:
        import numpy as np

        points = self.maps[index].points
        axes = sheet.axes(box)
        low, high = points.min(axis=0), points.max(axis=0)
        half = float((high - low).max()) * (0.5 + MARGIN) or 1.0
        middle = (low + high) / 2
        axes.set_xlim(middle[0] - half, middle[0] + half)
        axes.set_ylim(middle[1] - half, middle[1] + half)
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(linewidth=HAIRLINE, edgecolor=RULE)
        colors = np.array(CLASS_COLORS)[self.labels % len(CLASS_COLORS)]
        # Small enough that neighbours stay apart, large enough that few are seen.
        size = min(max(8000 / len(points), 1.6), 10.0) * (box.width / (75 * MM))
        axes.scatter(points[:, 0], points[:, 1], s=size, c=colors, lw=0, rasterized=True)
        self._name_classes(sheet, axes, points, box)

    def _name_classes(self, sheet: Sheet, axes: Axes, points: NDArray[Any], box: Box) -> None:
        import numpy as np
        from matplotlib.patheffects import withStroke

        labels, names = [], []
        for k, name in enumerate(self.classes):
            own = points[self.labels == k]
            if not len(own):
                continue
            x, y = map(float, axes.transData.transform(np.median(own, axis=0)))
            names.append(sheet.style.number(k + 1, 0) if self.has_legend else name)
            width = text_width(sheet.style, names[-1], size=NAME_SIZE, weight="semibold")
            labels.append(Label(x, y, width + HALO, NAME_SIZE + HALO / 2, 0.0))
        for name, place in zip(names, place_labels(labels, (), box), strict=True):
            text = sheet.write(
                (place.left + place.right) / 2,
                place.bottom + 0.22 * NAME_SIZE,
                name,
                size=NAME_SIZE,
                weight="semibold",
                align="center",
            )
            text.set_path_effects([withStroke(linewidth=HALO, foreground="white")])

    def _legend_words(self, style: FigureStyle) -> list[str]:
        return [f"{style.number(k, 0)}  {name}" for k, name in enumerate(self.classes, 1)]

    def _legend_columns(self, style: FigureStyle, width: float) -> tuple[int, float]:
        """Columns that fit, and the width of one: dot, words and a gap."""
        column = 26.0 + max(text_width(style, words) for words in self._legend_words(style))
        return max(1, min(len(self.classes), int((width + 14.0) // column))), column

    def _legend_rows(self, style: FigureStyle, width: float) -> int:
        return math.ceil(len(self.classes) / self._legend_columns(style, width)[0])

    def _draw_legend(self, sheet: Sheet, top: float) -> None:
        """Name the classes by number in columns, read downwards."""
        from matplotlib.lines import Line2D
        from matplotlib.transforms import IdentityTransform

        columns, column = self._legend_columns(sheet.style, sheet.width)
        rows = math.ceil(len(self.classes) / columns)
        for k, words in enumerate(self._legend_words(sheet.style)):
            x = (k // rows) * column
            baseline = top - (0.8 + (k % rows) * LINE_HEIGHT) * LABEL_SIZE
            color = CLASS_COLORS[k % len(CLASS_COLORS)]
            dot = Line2D([x + 4], [baseline + 0.32 * LABEL_SIZE], marker="o", ms=5, color=color)
            dot.set(transform=IdentityTransform(), markeredgewidth=0)
            sheet.figure.add_artist(dot)
            sheet.write(x + 12.0, baseline, words)
