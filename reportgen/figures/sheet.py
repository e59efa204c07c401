"""The paper that a figure is drawn on, measured in points from its lower left corner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reportgen.errors import TemplateError
from reportgen.figures.placement import Box
from reportgen.figures.style import (
    GRID,
    HAIRLINE,
    HALO,
    INK,
    LABEL_SIZE,
    LINE_HEIGHT,
    MM,
    MUTED,
    TICK_SIZE,
    FigureStyle,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

SAMPLE = 18.0  # width of a line sample in the legend
SAMPLE_GAP = 3.5  # between a sample and its words
ENTRY_GAP = 12.0  # between two entries

LEADER_FROM = 8.0  # a label farther from its point is tied to it
LEADER_GAP = 4.0  # between the point and that line


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a legend: words, and the look of its line as `Line2D` arguments."""

    words: str
    line: dict[str, Any]


class Sheet:
    """A matplotlib figure of a given size, filled by boxes and lines of text.

    Parameters
    ----------
    style : FigureStyle
    width_mm : float
        Width on the page.
    height : float
        In points.
    """

    def __init__(self, style: FigureStyle, width_mm: float, height: float) -> None:
        from matplotlib.figure import Figure

        self.style = style
        self.width, self.height = width_mm * MM, height
        self.figure: Figure = Figure(figsize=(self.width / 72, height / 72), facecolor="none")

    def axes(self, box: Box) -> Axes:
        """Add axes whose plotting area is exactly the box."""
        return self.figure.add_axes(
            (
                box.left / self.width,
                box.bottom / self.height,
                box.width / self.width,
                box.height / self.height,
            ),
            facecolor="none",
        )

    def write(
        self,
        x: float,
        baseline: float,
        words: str,
        *,
        size: float = LABEL_SIZE,
        weight: str = "regular",
        align: Literal["left", "center", "right"] = "left",
        color: str = INK,
    ) -> Text:
        """Write one line of text on its baseline."""
        return self.figure.text(
            x / self.width,
            baseline / self.height,
            words,
            ha=align,
            va="baseline",
            color=color,
            fontproperties=self.style.font(size, weight=weight),
        )

    def annotate(
        self, x: float, y: float, words: str, place: Box, *, weight: str = "regular"
    ) -> None:
        """Write words into the place found for them; tie a far one to its point by a fine line."""
        from matplotlib.lines import Line2D
        from matplotlib.patheffects import withStroke
        from matplotlib.transforms import IdentityTransform

        end_x = min(max(x, place.left), place.right)
        end_y = min(max(y, place.bottom), place.top)
        if (distance := math.hypot(end_x - x, end_y - y)) > LEADER_FROM:
            start = LEADER_GAP / distance
            xs = (x + (end_x - x) * start, end_x)
            ys = (y + (end_y - y) * start, end_y)
            leader = Line2D(xs, ys, transform=IdentityTransform(), color=MUTED, lw=HAIRLINE)
            self.figure.add_artist(leader)
        baseline = place.bottom + 0.22 * LABEL_SIZE
        text = self.write(place.left, baseline, words, weight=weight)
        text.set_path_effects([withStroke(linewidth=HALO, foreground="white")])

    def legend(self, entries: Sequence[Entry], left: float, top: float) -> None:
        """Write a legend in one row or more, from its top left corner."""
        from matplotlib.lines import Line2D
        from matplotlib.transforms import IdentityTransform

        rows = legend_rows(self.style, entries, self.width - left)
        for row, members in enumerate(rows):
            x, baseline = left, top - LABEL_SIZE - row * LABEL_SIZE * LINE_HEIGHT
            for entry in members:
                middle = baseline + 0.32 * LABEL_SIZE
                xs = (x, x + SAMPLE / 2, x + SAMPLE)
                line = Line2D(
                    xs, (middle,) * 3, transform=IdentityTransform(), markevery=[1], **entry.line
                )
                self.figure.add_artist(line)
                self.write(x + SAMPLE + SAMPLE_GAP, baseline, entry.words)
                x += _entry_width(self.style, entry)


def text_width(
    style: FigureStyle, words: str, *, size: float = LABEL_SIZE, weight: str = "regular"
) -> float:
    """Return the width of a line of text in points, as it will be drawn."""
    from matplotlib.textpath import text_to_path

    font = style.font(size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(words, font, False)[0])


def wrapped_lines(
    style: FigureStyle,
    words: str,
    width: float,
    *,
    size: float = LABEL_SIZE,
    weight: str = "regular",
    most: int = 3,
) -> tuple[str, ...]:
    """Return words in lines of at most this width, in points.

    Raises
    ------
    TemplateError
        If a word is wider, or there are more lines than `most`.
    """
    lines: list[str] = []
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(style, longer, size=size, weight=weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    widest = max(text_width(style, line, size=size, weight=weight) for line in lines)
    if len(lines) > most or widest > width:
        msg = f'no room for "{words}" in a figure; take fewer or shorter words'
        raise TemplateError(msg)
    return tuple(lines)


def legend_rows(
    style: FigureStyle, entries: Sequence[Entry], width: float
) -> tuple[tuple[Entry, ...], ...]:
    """Divide a legend into as few rows as the width allows, evenly; an entry is never cut."""
    widths = [_entry_width(style, entry) for entry in entries]
    fewest = len(_fill(widths, width))
    # The narrowest width that needs no more rows leaves no entry alone without need.
    ends = range(1, len(widths) + 1)
    limits = sorted(sum(widths[i:j]) for j in ends for i in range(j))
    narrow = next((w for w in limits if len(_fill(widths, w)) == fewest), width)
    rows = _fill(widths, min(narrow, width))
    return tuple(tuple(entries[i] for i in row) for row in rows)


def _fill(widths: Sequence[float], width: float) -> list[list[int]]:
    """Fill rows in order, each up to the width."""
    rows: list[list[int]] = []
    free = 0.0
    for i, need in enumerate(widths):
        if not rows or need - ENTRY_GAP > free:
            rows.append([])
            free = width
        rows[-1].append(i)
        free -= need
    return rows


def label_axis(
    axes: Axes,
    style: FigureStyle,
    which: Literal["x", "y"],
    ticks: Sequence[float],
    words: Sequence[str],
) -> None:
    """Give an axis its ticks with their words."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(ticks, labels=words, fontproperties=style.font(TICK_SIZE))


def open_axes(axes: Axes) -> None:
    """Leave only the left and lower axis, and a faint grid across."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=HAIRLINE)


def _entry_width(style: FigureStyle, entry: Entry) -> float:
    return SAMPLE + SAMPLE_GAP + text_width(style, entry.words) + ENTRY_GAP
