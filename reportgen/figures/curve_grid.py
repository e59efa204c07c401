"""Small multiples of learning curves: one panel for each of several trainings, in order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from reportgen.figures.drawing import Drawing, require, require_width
from reportgen.figures.learning_curves import LINES, LOG_FROM
from reportgen.figures.placement import Box
from reportgen.figures.sheet import (
    Entry,
    Sheet,
    label_axis,
    legend_rows,
    open_axes,
    text_width,
    wrapped_lines,
)
from reportgen.figures.style import (
    INK,
    LABEL_SIZE,
    LINE_HEIGHT,
    MM,
    MUTED,
    THIN,
    TICK_SIZE,
    FigureStyle,
)
from reportgen.figures.ticks import epoch_ticks, log_decimals, log_ticks, round_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MIN_PANELS, MAX_PANELS = 2, 20
MAX_MARKERS = 8  # on a curve: panels are small
MAX_Y_TICKS = 5
MAX_X_TICKS = 4
NUMBERS = 13.0  # under a panel, for the numbers of its epochs, in points
AXIS_NAME = 11.0  # under the last row
GAP = 9.0  # between two panels, and between rows
ROW = LINE_HEIGHT * LABEL_SIZE  # of a title's line
BAND = 0.16  # opacity of the band over seeds
HEAD_GAP = 4.0  # around the name of the axis of values
TITLE_GAP = 3.0  # between a title and its panel
LINE = 1.1  # width of a curve: thinner than in a figure of one training

LOOKS: dict[str, dict[str, Any]] = {
    "validation": {**LINES["validation"], "lw": LINE, "ms": 2.4},
    "training": {**LINES["training"], "lw": LINE, "ms": 2.3, "mew": 0.7},
    "best": {**LINES["best"], "ms": 6.0, "clip_on": False},
    "diverged": {
        "color": INK,
        "ls": "none",
        "marker": "x",
        "ms": 6.0,
        "mew": 1.3,
        "clip_on": False,
    },
    "chance": {"color": MUTED, "lw": THIN, "ls": (0, (1, 1.4))},
}

Outcome = Literal["trained", "stuck", "diverged"]


@dataclass(frozen=True, slots=True)
class GridCurves:
    """One training with one seed: a quantity after some epochs.

    `epochs` rise; there are none where training ended in its first.
    """

    epochs: tuple[int, ...]
    training: tuple[float, ...]
    validation: tuple[float, ...]
    outcome: Outcome = "trained"


@dataclass(frozen=True, slots=True)
class CurvePanel:
    """One panel: its title, a line on how training ended, and the curves of each seed.

    The first seed's curves are drawn as lines, all seeds as a band around them. `best` is
    an epoch of the first seed; `chance` the level of guessing, drawn where a seed is stuck.
    """

    title: str
    seeds: tuple[GridCurves, ...]
    best: int | None = None
    note: str = ""
    chance: float | None = None

    @property
    def last_epoch(self) -> int:
        """The last epoch of any seed; 0 without any."""
        return max((seed.epochs[-1] for seed in self.seeds if seed.epochs), default=0)


@dataclass(frozen=True, slots=True)
class GridWords:
    """What is written around the panels; `value_log` heads them on a logarithmic axis."""

    epoch: str
    value: str
    value_log: str
    training: str
    validation: str
    best: str
    diverged: str
    chance: str


@dataclass(frozen=True, slots=True)
class CurveGrid(Drawing):
    """Training and validation curves of several trainings, on one scale of values.

    The scale of values is that of all panels but those that diverge: a diverging curve
    leaves its panel at the top, and its cross then lies on the edge. Where all panels
    have as many epochs, the epochs are numbered under the lowest of each column only.

    Parameters
    ----------
    panels : tuple of CurvePanel
        2 to 20, each with at least one seed, in the order of reading.
    words : GridWords
    percent : bool
        Whether the values are fractions, drawn in per cent; such an axis is linear.
    columns : int or None
        Panels in a row; without it as many as suit their number.
    width_mm, panel_mm : float
        Width of the whole, height of a plotting area.

    Raises
    ------
    ValueError
        If there are too few or too many panels, curves differ in length, epochs do not
        rise from 1, a value is not finite or out of range, or a best epoch is not there.
    """

    VERSION: ClassVar[int] = 1

    panels: tuple[CurvePanel, ...]
    words: GridWords
    percent: bool = False
    columns: int | None = None
    width_mm: float = 150.0
    panel_mm: float = 24.0

    def __post_init__(self) -> None:
        n = len(self.panels)
        require(
            MIN_PANELS <= n <= MAX_PANELS,
            f"a grid of curves has {MIN_PANELS} to {MAX_PANELS} panels, got {n}",
        )
        require(
            self.columns is None or 1 <= self.columns <= 6,
            f"a grid of curves has 1 to 6 columns, got {self.columns}",
        )
        for panel in self.panels:
            self._check(panel)
        require(any(p.last_epoch for p in self.panels), "no training of the grid has an epoch")
        require_width(self.width_mm)
        require(15 <= self.panel_mm <= 80, f"a panel is 15 to 80 mm high, got {self.panel_mm}")

    def _check(self, panel: CurvePanel) -> None:
        where = f'panel "{panel.title}"'
        require(bool(panel.seeds), f"{where} has no training")
        for seed in panel.seeds:
            lengths = {len(seed.epochs), len(seed.training), len(seed.validation)}
            require(len(lengths) == 1, f"{where}: curves must be equally long")
            rising = sorted({epoch for epoch in seed.epochs if epoch >= 1})
            require(list(seed.epochs) == rising, f"{where}: epochs must rise from 1")
            good = all(
                math.isfinite(v) and 0 <= v <= (1 if self.percent else math.inf)
                for v in (*seed.training, *seed.validation)
            )
            what = "fractions in [0, 1]" if self.percent else "finite and >= 0"
            require(good, f"{where}: values must be {what}")
        if panel.best is not None:
            first = panel.seeds[0].epochs
            require(panel.best in first, f"{where}: no epoch {panel.best} to mark as best")

    @property
    def n_columns(self) -> int:
        """Panels in a full row."""
        n = len(self.panels)
        return min(n, self.columns or (n if n <= 3 else 2 if n == 4 else 3 if n <= 6 else 4))

    @property
    def log(self) -> bool:
        """Whether the axis of values is logarithmic: the largest is 20 times the least."""
        values = self._values()
        return not self.percent and 0 < min(values) * LOG_FROM <= max(values)

    @property
    def same_epochs(self) -> bool:
        """Whether all panels run to the same epoch, so that one row of numbers serves all."""
        return len({self._end(panel) for panel in self.panels}) == 1

    def _compose(self, style: FigureStyle) -> Figure:
        entries = self._entries()
        low, high, ticks = self._scale()
        numbers = [style.number(tick, decimals) for tick, decimals in ticks]
        left = max(text_width(style, word, size=TICK_SIZE) for word in numbers) + 6.0
        columns = self.n_columns
        width = (self.width_mm * MM - left - (columns - 1) * GAP - 4.0) / columns
        rows = self._rows(style, width)
        head = len(legend_rows(style, entries, self.width_mm * MM)) * ROW + 2 * HEAD_GAP + ROW
        height = head + sum(row.height for row in rows) + AXIS_NAME
        sheet = Sheet(style, self.width_mm, height)
        sheet.legend(entries, 0.0, sheet.height)
        title = self.words.value_log if self.log else self.words.value
        sheet.write(0.0, sheet.height - head + 1.4 * HEAD_GAP, title, weight="semibold")
        top = sheet.height - head
        for row in rows:
            bottom = top - row.above - self.panel_mm * MM
            for column, titled in enumerate(row.panels):
                x = left + column * (width + GAP)
                box = Box(x, bottom, x + width, bottom + self.panel_mm * MM)
                axes = self._axes(sheet, box, titled.panel, (low, high))
                words = numbers if column == 0 else [""] * len(ticks)
                label_axis(axes, style, "y", [tick for tick, _ in ticks], words)
                if row.numbered or titled.lowest:
                    self._number_epochs(axes, style, titled.panel)
                self._head(sheet, box, titled)
                self._curves(axes, titled.panel, high)
            top -= row.height
        middle = left + (columns * width + (columns - 1) * GAP) / 2
        sheet.write(middle, 0.3 * LABEL_SIZE, self.words.epoch, align="center")
        return sheet.figure

    def _entries(self) -> list[Entry]:
        """Return the legend: only what is drawn."""
        seeds = [seed for panel in self.panels for seed in panel.seeds]
        shown = {
            "validation": True,
            "training": True,
            "best": any(panel.best is not None for panel in self.panels),
            "diverged": any(seed.outcome == "diverged" and seed.epochs for seed in seeds),
            "chance": any(panel.chance is not None for panel in self.panels),
        }
        return [Entry(getattr(self.words, name), LOOKS[name]) for name, is_ in shown.items() if is_]

    # ── scales ──────────────────────────────────────────────────────────────

    def _values(self) -> list[float]:
        """Return the values that the scale must hold: those of trainings that did not diverge."""
        sets = (
            [v for panel in self.panels for seed in panel.seeds if want(seed) for v in _all(seed)]
            for want in (lambda seed: seed.outcome != "diverged", lambda _: True)
        )
        chance = [panel.chance for panel in self.panels if panel.chance is not None]
        return [*next(values for values in sets if values), *chance]

    def _scale(self) -> tuple[float, float, tuple[tuple[float, int], ...]]:
        """Return the ends of the axis of values, and its ticks with their decimals."""
        values = [100 * v if self.percent else v for v in self._values()]
        if self.log:
            low, high = min(values) / 1.2, max(values) * 1.2
            sets = log_ticks(low, high)
            ticks = next((t for t in sets if 2 <= len(t) <= MAX_Y_TICKS), sets[-1])
            return low, high, tuple((tick, log_decimals(tick)) for tick in ticks)
        margin = max(0.06 * (max(values) - min(values)), 0.01 * max(values), 1e-6)
        low = max(0.0, min(values) - margin) if self.percent else 0.0
        high = min(100.0, max(values)) + margin if self.percent else max(values) + margin
        spots, decimals = round_ticks(low, high, MAX_Y_TICKS)
        return low, high, tuple((t, decimals) for t in spots if not self.percent or t <= 100)

    def _end(self, panel: CurvePanel) -> int:
        """Return the last epoch of a panel's axis: its own, or that of the longest."""
        return panel.last_epoch or max(other.last_epoch for other in self.panels)

    # ── one row, one panel ──────────────────────────────────────────────────

    def _rows(self, style: FigureStyle, width: float) -> list[_Row]:
        """Divide the panels into rows, with their titles in lines that fit."""
        n, rows = self.n_columns, []
        for start in range(0, len(self.panels), n):
            titled = []
            for i, panel in enumerate(self.panels[start : start + n], start=start):
                lines = wrapped_lines(style, panel.title, width, weight="semibold")
                lowest = i + n >= len(self.panels)
                titled.append(_Titled(panel, lines, lowest))
            lines_above = max(len(t.lines) + bool(t.panel.note) for t in titled)
            above = lines_above * ROW + TITLE_GAP
            numbered = not self.same_epochs
            below = NUMBERS if numbered or any(t.lowest for t in titled) else 0.0
            height = above + self.panel_mm * MM + below + GAP * 0.5
            rows.append(_Row(tuple(titled), above, height, numbered))
        return rows

    def _head(self, sheet: Sheet, box: Box, titled: _Titled) -> None:
        """Write a panel's title and note above it, the last line nearest."""
        note = titled.panel.note
        baseline = box.top + TITLE_GAP + 0.25 * LABEL_SIZE
        if note:
            [line] = wrapped_lines(sheet.style, note, box.width + GAP, size=TICK_SIZE, most=1)
            sheet.write(box.left, baseline, line, size=TICK_SIZE, color=MUTED)
            baseline += ROW
        for line in reversed(titled.lines):
            sheet.write(box.left, baseline, line, weight="semibold")
            baseline += ROW

    def _axes(self, sheet: Sheet, box: Box, panel: CurvePanel, ends: tuple[float, float]) -> Axes:
        axes = sheet.axes(box)
        open_axes(axes)
        if self.log:
            axes.set_yscale("log")
            axes.minorticks_off()
        axes.set_ylim(*ends)
        axes.set_xlim(0.5, self._end(panel) + 0.5)
        axes.set_xticks([])
        return axes

    def _number_epochs(self, axes: Axes, style: FigureStyle, panel: CurvePanel) -> None:
        """Write the numbers of a few epochs, fewer than in a large figure, the first among them."""
        ticks = epoch_ticks(self._end(panel))
        if len(ticks) > MAX_X_TICKS:
            later = ticks[1:] if ticks[1] != ticks[0] + 1 else ticks[1::2]
            step = math.ceil(len(later) / (MAX_X_TICKS - 1))
            ticks = (ticks[0], *later[step - 1 :: step])
        label_axis(axes, style, "x", ticks, [style.number(tick, 0) for tick in ticks])

    def _curves(self, axes: Axes, panel: CurvePanel, high: float) -> None:
        scale = 100.0 if self.percent else 1.0
        first = panel.seeds[0]
        if panel.chance is not None:
            axes.axhline(scale * panel.chance, label="chance", zorder=1.5, **LOOKS["chance"])
        for name in ("training", "validation"):
            look = LOOKS[name]
            epochs, low, top = _band(panel.seeds, name)
            if epochs:
                lows, tops = ([scale * v for v in values] for values in (low, top))
                axes.fill_between(
                    epochs, lows, tops, color=look["color"], alpha=BAND, lw=0, label=f"{name} band"
                )
            values = [scale * v for v in getattr(first, name)]
            every = max(1, math.ceil(len(values) / MAX_MARKERS))
            axes.plot(first.epochs, values, markevery=every, label=name, **look)
        if panel.best is not None:
            y = scale * first.validation[first.epochs.index(panel.best)]
            axes.plot([panel.best], [y], label="best", **LOOKS["best"])
        for seed in panel.seeds:
            if seed.outcome == "diverged" and seed.epochs:
                y = min(high, scale * seed.validation[-1])
                axes.plot([seed.epochs[-1]], [y], label="diverged", **LOOKS["diverged"])


@dataclass(frozen=True, slots=True)
class _Titled:
    """A panel with its title in lines, and whether it is the lowest of its column."""

    panel: CurvePanel
    lines: tuple[str, ...]
    lowest: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """Panels side by side: room above them for titles, the whole height, numbers under each."""

    panels: tuple[_Titled, ...]
    above: float
    height: float
    numbered: bool


def _all(seed: GridCurves) -> Iterable[float]:
    return (*seed.training, *seed.validation)


def _band(seeds: Sequence[GridCurves], name: str) -> tuple[list[int], list[float], list[float]]:
    """Return the epochs that two seeds or more have, with the least and largest value there."""
    by_epoch: dict[int, list[float]] = {}
    for seed in seeds:
        for epoch, value in zip(seed.epochs, getattr(seed, name), strict=True):
            by_epoch.setdefault(epoch, []).append(value)
    epochs = sorted(epoch for epoch, values in by_epoch.items() if len(values) > 1)
    return epochs, [min(by_epoch[e]) for e in epochs], [max(by_epoch[e]) for e in epochs]
