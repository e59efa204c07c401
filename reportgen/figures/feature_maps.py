"""Maps of features: two-dimensional embeddings side by side, coloured by class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.figures.drawing import Drawing, require, require_width
from reportgen.figures.placement import Box, Label, place_labels
from reportgen.figures.sheet import Entry, Sheet, legend_rows, text_width
from reportgen.figures.style import (
    CLASS_COLORS,
    HAIRLINE,
    HALO,
    INK,
    LABEL_SIZE,
    LINE_HEIGHT,
    MM,
    MUTED,
    RULE,
    THIN,
    FigureStyle,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path as Outline
    from numpy.typing import NDArray

MAX_IN_A_ROW = 3
FOUR_IN_A_ROW_MM = 160  # on a page as wide as this four maps have room side by side
GAP = 5 * MM
LARGEST = 73 * MM  # a single map, as large as one of a pair
LARGEST_OF_ROWS = 56 * MM  # where maps stand in several rows: two rows on half a page
CAPTION_GAP = 4.0
# Beyond these, names on the map would hide it: numbers there, names in a legend.
MAX_NAMES = 12
MAX_NAME_LENGTH = 12
# Share of its square that a map leaves free on each side.
MARGIN = 0.04
NAME_SIZE = 9.0
# Two classes with a line between them: shapes, larger than dots so that they are told apart.
SHAPES = ("o", "^")
SHAPED = 2.0
RING = 0.5  # width of the ring around a sample on the wrong side
RING_SIZE = 2.6  # its area, in areas of a sample
DOT: dict[str, Any] = {"ls": "none", "ms": 5.0, "mew": 0}


Line = tuple[float, float, float]
"""(a, b, c) of the straight line a·x + b·y + c = 0."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMap:
    """One map, its samples' classes, and the words under it.

    Parameters
    ----------
    points : ndarray of float32, (n, 2)
    labels : ndarray of shape (n,)
        Class of each sample, whole numbers from 0.
    caption : str
    line : tuple of float, optional
        What separates two classes, the second on its positive side. Samples on the
        other class's side are ringed.
    note : str, default ""
        More words, under the caption: what the line classifies right.
    """

    points: NDArray[Any]
    labels: NDArray[Any]
    caption: str
    line: Line | None = None
    note: str = ""

    @property
    def wrong(self) -> NDArray[Any]:
        """Whether each sample lies on the other class's side of the line, bool (n,)."""
        import numpy as np

        if self.line is None:
            return np.zeros(len(self.labels), dtype=bool)
        a, b, c = self.line
        x, y = self.points.astype(np.float64).T
        wrong: NDArray[Any] = (a * x + b * y + c > 0) != (self.labels == 1)
        return wrong


@dataclass(frozen=True, slots=True)
class LineWords:
    """What a legend calls the line between two classes, and a sample on the wrong side."""

    line: str
    wrong: str


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMaps(Drawing):
    """Maps of samples of the same classes, lettered (a), (b), … where there are several.

    The axes of such maps carry no meaning: they have neither ticks nor names,
    and both have one scale. Each class is named at the median of its points,
    so that no reader depends on its colour. Points are drawn in the order of
    the samples: no class lies on top. Where a line separates two classes, they
    differ in shape as well, and one legend under all maps tells which is which.

    Parameters
    ----------
    maps : tuple of FeatureMap
        One to 26.
    classes : tuple of str
        Names of all classes.
    words : LineWords or None
        Needed where a map has a line.
    width_mm : float

    Raises
    ------
    ValueError
        If shapes do not agree, a point is not finite or a label has no name; if a
        line is none, or is drawn between other than two classes or without words.
    """

    VERSION: ClassVar[int] = 2

    maps: tuple[FeatureMap, ...]
    classes: tuple[str, ...]
    words: LineWords | None = None
    width_mm: float = 150.0

    def __post_init__(self) -> None:
        require(1 <= len(self.maps) <= 26, f"1 to 26 maps can be drawn, got {len(self.maps)}")
        for letter, item in zip(ascii_lowercase, self.maps, strict=False):
            _check_map(letter, item, len(self.classes))
            require(
                item.line is None or self.words is not None,
                f"map ({letter}) has a line, and the legend has no words for it",
            )
        require_width(self.width_mm)

    @property
    def has_line(self) -> bool:
        """Whether a line separates two classes on any map."""
        return any(item.line is not None for item in self.maps)

    @property
    def has_legend(self) -> bool:
        """Whether classes are numbered on the map and named below, being many or long."""
        longest = max(map(len, self.classes))
        return len(self.classes) > MAX_NAMES or longest > MAX_NAME_LENGTH

    @property
    def _columns(self) -> int:
        """How many maps stand in a row."""
        n = len(self.maps)
        if n == 4:
            return 4 if self.width_mm >= FOUR_IN_A_ROW_MM else 2
        return min(n, MAX_IN_A_ROW)

    def _compose(self, style: FigureStyle) -> Figure:
        n = len(self.maps)
        columns = self._columns
        rows = math.ceil(n / columns)
        width = self.width_mm * MM
        side = min(
            (width - (columns - 1) * GAP) / columns - 0.5, LARGEST if rows == 1 else LARGEST_OF_ROWS
        )
        captions = [self._caption_lines(style, i, side) for i in range(n)]
        words = CAPTION_GAP + max(map(len, captions)) * LABEL_SIZE * LINE_HEIGHT
        first = (width - columns * side - (columns - 1) * GAP) / 2
        legend = self._legend_rows(style, width)
        foot = (legend * LINE_HEIGHT + 0.6 * bool(legend)) * LABEL_SIZE
        height = rows * (side + words) + (rows - 1) * GAP / 2 + foot + 0.5
        sheet = Sheet(style, self.width_mm, height)
        for i in range(n):
            left = first + (i % columns) * (side + GAP)
            top = height - 0.25 - (i // columns) * (side + words + GAP / 2)
            self._draw_map(sheet, i, Box(left, top - side, left + side, top))
            for line, (text, color) in enumerate(captions[i]):
                baseline = top - side - CAPTION_GAP - (0.8 + line * LINE_HEIGHT) * LABEL_SIZE
                sheet.write(left + side / 2, baseline, text, align="center", color=color)
        if self.has_line:
            # Below the first map, if the legend needs no more rows there.
            fits = len(legend_rows(style, self._entries(), width - first)) == legend
            left = first if fits else 0.0
            sheet.legend(self._entries(), left, legend * LINE_HEIGHT * LABEL_SIZE)
        elif legend:
            self._draw_legend(sheet, legend * LINE_HEIGHT * LABEL_SIZE)
        return sheet.figure

    def _caption_lines(self, style: FigureStyle, index: int, side: float) -> list[tuple[str, str]]:
        """Break a map's caption, with its letter, and its note to the map's width; with colours."""
        letter = f"({ascii_lowercase[index]})\u00a0" if len(self.maps) > 1 else ""
        item = self.maps[index]
        lines = [(line, INK) for line in _broken(style, letter + item.caption, side)]
        return lines + [(line, MUTED) for line in _broken(style, item.note, side)]

    def _draw_map(self, sheet: Sheet, index: int, box: Box) -> None:
        import numpy as np

        item = self.maps[index]
        points = item.points
        axes = sheet.axes(box)
        low, high = points.min(axis=0), points.max(axis=0)
        half = float((high - low).max()) * (0.5 + MARGIN) or 1.0
        middle = (low + high) / 2
        axes.set_xlim(middle[0] - half, middle[0] + half)
        axes.set_ylim(middle[1] - half, middle[1] + half)
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(linewidth=HAIRLINE, edgecolor=RULE)
        colors = np.array(CLASS_COLORS)[item.labels % len(CLASS_COLORS)]
        # Small enough that neighbours stay apart, large enough that few are seen.
        size = min(max(8000 / len(points), 1.6), 10.0) * (box.width / (75 * MM))
        if self.has_line:
            size *= SHAPED
        drawn = axes.scatter(points[:, 0], points[:, 1], s=size, c=colors, lw=0, rasterized=True)
        if self.has_line:
            shapes = [_shape(marker) for marker in SHAPES]
            drawn.set_paths([shapes[label] for label in item.labels])
        if item.line is None:
            self._name_classes(sheet, axes, item, box)
        else:
            _draw_line(axes, item.line, middle, half)
            _ring(axes, points[item.wrong], size)

    def _name_classes(self, sheet: Sheet, axes: Axes, item: FeatureMap, box: Box) -> None:
        import numpy as np
        from matplotlib.patheffects import withStroke

        labels, names = [], []
        for k, name in enumerate(self.classes):
            own = item.points[item.labels == k]
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

    def _entries(self) -> list[Entry]:
        """Return the legend of maps with a line: both classes by shape, the line, the ring."""
        assert self.words is not None
        classes = [
            Entry(name, {**DOT, "marker": marker, "color": color})
            for name, marker, color in zip(self.classes, SHAPES, CLASS_COLORS, strict=False)
        ]
        ring = {**DOT, "marker": "o", "ms": 6.0, "mfc": "none", "mew": RING, "color": INK}
        line = Entry(self.words.line, {"color": INK, "lw": THIN})
        return [*classes, line, Entry(self.words.wrong, ring)]

    def _legend_rows(self, style: FigureStyle, width: float) -> int:
        if self.has_line:
            return len(legend_rows(style, self._entries(), width))
        if not self.has_legend:
            return 0
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


def _check_map(letter: str, item: FeatureMap, n_classes: int) -> None:
    """Raise ValueError unless a map can be drawn."""
    import numpy as np

    shape, labels = item.points.shape, item.labels
    n = len(labels)
    require(n >= 1 and labels.shape == (n,), "labels must be of shape (n,), n >= 1")
    require(labels.dtype.kind in "iu", "labels must be whole numbers")
    require(
        bool(labels.min() >= 0 and labels.max() < n_classes),
        f"labels must lie in 0 to {n_classes - 1}",
    )
    require(shape == (n, 2), f"map ({letter}) must be of shape ({n}, 2), got {shape}")
    require(bool(np.isfinite(item.points).all()), f"map ({letter}) is not finite")
    if item.line is not None:
        require(n_classes == 2, f"map ({letter}) has a line, which {n_classes} classes cannot have")
        whole = all(map(math.isfinite, item.line)) and any(item.line[:2])
        require(whole, f"map ({letter}): {item.line} is no line")


def _broken(style: FigureStyle, words: str, width: float) -> list[str]:
    """Break words between spaces into lines of at most so many points, if they can be."""
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".lstrip(" ")
        if lines[-1] and text_width(style, longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [line for line in lines if line]


def _shape(marker: str) -> Outline:
    """Return a marker's outline, as a scatter plot takes it."""
    from matplotlib.markers import MarkerStyle

    style = MarkerStyle(marker)
    return style.get_path().transformed(style.get_transform())


def _draw_line(axes: Axes, line: Line, middle: NDArray[Any], half: float) -> None:
    """Draw the line across a map, white beside it so that it is seen on points."""
    a, b, c = line
    away = (a * middle[0] + b * middle[1] + c) / (a * a + b * b)
    x, y = middle[0] - away * a, middle[1] - away * b
    step = half / math.hypot(a, b)
    ends = ((x, y), (x - b * step, y + a * step))
    for color, width in (("white", THIN + HALO / 2), (INK, THIN)):
        axes.axline(*ends, color=color, lw=width, label="line")


def _ring(axes: Axes, points: NDArray[Any], size: float) -> None:
    """Put a fine ring around each of some points."""
    look: dict[str, Any] = {"facecolors": "none", "edgecolors": INK, "lw": RING}
    area = size * RING_SIZE
    axes.scatter(points[:, 0], points[:, 1], s=area, rasterized=True, label="wrong", **look)
