"""Accuracy over seeds: a row for each training, a dot for each seed, mean and interval."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.figures.drawing import Drawing, require, require_width
from reportgen.figures.placement import Box
from reportgen.figures.sheet import Entry, Sheet, label_axis, legend_rows, text_width, wrapped_lines
from reportgen.figures.style import (
    BOLD,
    FIRST,
    GRID,
    HAIRLINE,
    LABEL_SIZE,
    LINE_HEIGHT,
    MM,
    MUTED,
    RULE,
    SECOND,
    THIN,
    TICK_SIZE,
    FigureStyle,
)
from reportgen.figures.ticks import round_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MIN_ROWS, MAX_ROWS = 2, 20
AXIS_WORDS = 25.0  # below the rows: numbers and the axis's name, in points
NAMES = 0.42  # of the width, the most that names of rows may take
NAME_GAP = 8.0
MAX_TICKS = 7
# Parts of a row's height, from its middle: mean and interval lie below, seeds above, those
# too close to be told apart one over the other.
MEAN_BELOW = 0.24
LEVELS = (-0.02, -0.17, -0.32)
APART = 4.4  # the least between two seeds of one level, in points
CHANCE_REACH = 2.0  # the axis reaches down to chance if that makes it at most so many times as long
HEAD_GAP = 4.0

LOOKS: dict[str, dict[str, Any]] = {
    "seed": {
        "color": FIRST,
        "ls": "none",
        "marker": "o",
        "ms": 4.2,
        "mfc": "white",
        "mew": 0.9,
        "zorder": 3,
    },
    "mean": {"color": SECOND, "lw": BOLD, "marker": "D", "ms": 4.6, "solid_capstyle": "butt"},
    "joined": {"color": RULE, "lw": HAIRLINE, "zorder": 1.5},
    "chance": {"color": MUTED, "lw": THIN, "ls": (0, (1, 1.4))},
}


@dataclass(frozen=True, slots=True)
class SeedValue:
    """A seed and its accuracy, a fraction in [0, 1]."""

    seed: int
    value: float


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One training with several seeds: its name, their accuracies, mean and interval.

    `low` and `high` are None where there is no interval; so is `mean` without values.
    `note` stands where the values would be, as of a training that diverged.
    """

    name: str
    values: tuple[SeedValue, ...]
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def by_seed(self) -> Mapping[int, float]:
        """Accuracy by seed."""
        return {value.seed: value.value for value in self.values}


@dataclass(frozen=True, slots=True)
class SeedWords:
    """What is written around the rows: the axis's name, and the entries of the legend."""

    accuracy: str
    seed: str
    mean: str
    joined: str
    chance: str


@dataclass(frozen=True, slots=True)
class SeedPlot(Drawing):
    """Accuracies in per cent over seeds, by rows from above.

    Parameters
    ----------
    rows : tuple of SeedRow
        2 to 20, of which at least one has values.
    words : SeedWords
    joined : bool
        Whether the values of one seed are joined from row to row.
    chance : float or None
        Accuracy of guessing: a dotted line, unless it lies far below all values.
    width_mm, row_mm : float
        Width of the whole, height of a row.

    Raises
    ------
    ValueError
        If there are too few or too many rows, a seed stands twice in one, or a value
        lies outside of [0, 1] or a mean outside of its interval.
    """

    VERSION: ClassVar[int] = 1

    rows: tuple[SeedRow, ...]
    words: SeedWords
    joined: bool = True
    chance: float | None = None
    width_mm: float = 138.0
    row_mm: float = 8.0

    def __post_init__(self) -> None:
        n = len(self.rows)
        require(
            MIN_ROWS <= n <= MAX_ROWS,
            f"a plot of seeds has {MIN_ROWS} to {MAX_ROWS} rows, got {n}",
        )
        require(any(row.values for row in self.rows), "no row of the plot of seeds has a value")
        for row in self.rows:
            require(len(row.by_seed) == len(row.values), f"{row.name}: a seed stands twice")
            given = [*row.by_seed.values(), row.mean, row.low, row.high, self.chance]
            shown = [value for value in given if value is not None]
            require(
                all(0 <= value <= 1 for value in shown),
                f"{row.name}: accuracies must be fractions in [0, 1]",
            )
            ends = [value for value in (row.low, row.mean, row.high) if value is not None]
            require(ends == sorted(ends), f"{row.name}: the mean must lie in its interval")
            alone = row.mean is None and (row.low is not None or row.high is not None)
            require(not alone, f"{row.name}: an interval needs its mean")
        require_width(self.width_mm)
        require(5 <= self.row_mm <= 30, f"a row is 5 to 30 mm high, got {self.row_mm}")

    def _compose(self, style: FigureStyle) -> Figure:
        entries = list(self._entries())
        names = [
            wrapped_lines(style, row.name, NAMES * self.width_mm * MM, most=2) for row in self.rows
        ]
        widths = [text_width(style, line) for lines in names for line in lines]
        left = max(widths) + NAME_GAP
        row = max(self.row_mm * MM, max(map(len, names)) * LINE_HEIGHT * LABEL_SIZE + 2.0)
        panel = row * len(self.rows)
        legend = len(legend_rows(style, entries, self.width_mm * MM)) * LINE_HEIGHT * LABEL_SIZE
        sheet = Sheet(style, self.width_mm, AXIS_WORDS + panel + legend + HEAD_GAP)
        sheet.legend(entries, 0.0, sheet.height)
        box = Box(left, AXIS_WORDS, sheet.width - 10.0, AXIS_WORDS + panel)
        axes = self._axes(sheet, box)
        apart = APART / box.width * (axes.get_xlim()[1] - axes.get_xlim()[0])
        spots = [spread_seeds(row, i, apart) for i, row in enumerate(self.rows)]
        self._join(axes, spots)
        for i, (shown, lines) in enumerate(zip(self.rows, names, strict=True)):
            middle = box.top - (i + 0.5) * row
            self._name(sheet, middle, lines)
            self._row(axes, shown, spots[i], i + MEAN_BELOW)
            if shown.note:
                size = TICK_SIZE
                [note] = wrapped_lines(style, shown.note, box.width - 8.0, size=size, most=1)
                sheet.write(left + 4.0, middle - 0.35 * size, note, size=size, color=MUTED)
        return sheet.figure

    def _entries(self) -> Iterator[Entry]:
        """Yield the legend: only what is drawn."""
        yield Entry(self.words.seed, LOOKS["seed"])
        yield Entry(self.words.mean, LOOKS["mean"])
        if self.joins:
            yield Entry(self.words.joined, LOOKS["joined"])
        if self.shows_chance:
            yield Entry(self.words.chance, LOOKS["chance"])

    def _axes(self, sheet: Sheet, box: Box) -> Axes:
        """Return the axes: rows 0, 1, … from above, accuracy in per cent across."""
        low, high = self._ends()
        axes = sheet.axes(box)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set_xlim(low, high)
        axes.set_ylim(len(self.rows) - 0.5, -0.5)
        axes.set_yticks([])
        axes.grid(axis="x", color=GRID, linewidth=HAIRLINE)
        spots, decimals = round_ticks(low, high, MAX_TICKS)
        kept = [tick for tick in spots if tick <= 100]
        words = [sheet.style.number(tick, decimals) for tick in kept]
        label_axis(axes, sheet.style, "x", kept, words)
        for edge in range(1, len(self.rows)):
            axes.axhline(edge - 0.5, color=GRID, lw=HAIRLINE, label="edge", zorder=0.5)
        if self.chance is not None and self.shows_chance:
            axes.axvline(100 * self.chance, label="chance", zorder=1, **LOOKS["chance"])
        middle = (box.left + box.right) / 2
        sheet.write(middle, 0.3 * LABEL_SIZE, self.words.accuracy, align="center")
        return axes

    @property
    def joins(self) -> bool:
        """Whether any line joins the values of one seed; none where each row has one alone."""
        filled = [row.by_seed.keys() for row in self.rows if row.values]
        several = self.joined and max(map(len, filled)) > 1
        return several and any(above & below for above, below in pairwise(filled))

    @property
    def shows_chance(self) -> bool:
        """Whether the level of guessing is drawn."""
        if self.chance is None:
            return False
        low, high = self._range()
        return high - min(low, self.chance) <= CHANCE_REACH * (high - low)

    def _range(self) -> tuple[float, float]:
        """Return the least and the largest value of all rows, their intervals among them."""
        shown = [value for row in self.rows for value in row.by_seed.values()]
        for row in self.rows:
            shown += [value for value in (row.mean, row.low, row.high) if value is not None]
        return min(shown), max(shown)

    def _ends(self) -> tuple[float, float]:
        """Return the ends of the axis, in per cent: all that is drawn, and a little room."""
        low, high = self._range()
        if self.chance is not None and self.shows_chance:
            low, high = min(low, self.chance), max(high, self.chance)
        margin = max(4 * (high - low), 0.1)
        return max(0.0, 100 * low - margin), 100 * high + margin

    def _name(self, sheet: Sheet, middle: float, lines: Sequence[str]) -> None:
        """Write a row's name in one line or two, centred at its middle."""
        step = LINE_HEIGHT * LABEL_SIZE
        first = middle + (len(lines) - 1) * step / 2 - 0.35 * LABEL_SIZE
        for i, line in enumerate(lines):
            sheet.write(0.0, first - i * step, line)

    def _row(self, axes: Axes, row: SeedRow, spots: Spots, y: float) -> None:
        """Draw the seeds of a row where they were put, mean and interval at `y`."""
        axes.plot(
            [spot[0] for spot in spots.values()],
            [spot[1] for spot in spots.values()],
            label="seed",
            **LOOKS["seed"],
        )
        if row.mean is None:
            return
        if row.low is not None and row.high is not None:
            look: dict[str, Any] = {
                "color": SECOND,
                "lw": BOLD,
                "solid_capstyle": "butt",
                "label": "interval",
            }
            axes.plot([100 * row.low, 100 * row.high], [y, y], **look)
        axes.plot([100 * row.mean], [y], label="mean", mec="white", mew=HAIRLINE, **LOOKS["mean"])

    def _join(self, axes: Axes, spots: Sequence[Spots]) -> None:
        """Draw a line between the values of one seed in neighbouring rows."""
        filled = [row for row in spots if row]
        for above, below in pairwise(filled if self.joins else ()):
            for seed in sorted(above.keys() & below.keys()):
                (x0, y0), (x1, y1) = above[seed], below[seed]
                axes.plot([x0, x1], [y0, y1], label="joined", **LOOKS["joined"])


Spots = Mapping[int, tuple[float, float]]
"""Where each seed of a row is drawn: per cent, and rows from above."""


def spread_seeds(row: SeedRow, i: int, apart: float) -> Spots:
    """Return where the seeds of row i lie: those closer than `apart` on other levels.

    Examples
    --------
    >>> row = SeedRow("a", (SeedValue(7, 0.5), SeedValue(8, 0.5), SeedValue(9, 0.9)))
    >>> spread_seeds(row, 1, apart=2.0)
    {7: (50.0, 0.98), 8: (50.0, 0.83), 9: (90.0, 0.98)}
    """
    last = [-math.inf] * len(LEVELS)
    spots = {}
    for seed, value in sorted(row.by_seed.items(), key=lambda pair: (pair[1], pair[0])):
        x = 100 * value
        free = (level for level, before in enumerate(last) if x - before >= apart)
        level = next(free, min(range(len(last)), key=last.__getitem__))
        last[level] = x
        spots[seed] = (x, i + LEVELS[level])
    return spots
