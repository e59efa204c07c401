"""Learning curves: loss and accuracy by epoch, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.errors import TemplateError
from reportgen.figures.drawing import Drawing, require, require_width
from reportgen.figures.placement import UNDERNEATH, Box, Label, place_labels
from reportgen.figures.sheet import Entry, Sheet, label_axis, legend_rows, open_axes, text_width
from reportgen.figures.style import (
    BOLD,
    FIRST,
    HAIRLINE,
    INK,
    LABEL_SIZE,
    LINE_HEIGHT,
    MM,
    MUTED,
    RULE,
    SECOND,
    SHADE,
    THIN,
    TICK_SIZE,
    FigureStyle,
)
from reportgen.figures.ticks import epoch_ticks, log_decimals, log_ticks, round_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# A loss that falls this many times below its start would lie flat on the axis.
LOG_FROM = 20.0
MAX_MARKERS = 25
AXIS_WORDS = 25.0  # below a panel: tick labels and the axis's name, in points
PANEL_GAP = 16.0
SIDE_BY_SIDE_MM = 110.0  # narrower figures have loss above accuracy
STACKED_MM = 28.0  # height of a panel there
PHASE_ROW = 1.25 * TICK_SIZE
PHASE_GAP = 2.5  # between the line of a phase and its words
RIGHT = 5.0  # half of the last epoch's number

LINES: dict[str, dict[str, Any]] = {
    "validation": {"color": FIRST, "lw": BOLD, "marker": "o", "ms": 3.4, "mew": 0},
    "training": {
        "color": SECOND,
        "lw": BOLD,
        "ls": (0, (4, 1.6)),
        "marker": "s",
        "ms": 3.2,
        "mfc": "white",
        "mew": 0.9,
    },
    "running": {"color": MUTED, "lw": THIN, "ls": (0, (1, 1.4))},
    "best": {"color": INK, "ls": "none", "marker": "o", "ms": 7.5, "mfc": "none", "mew": 0.9},
}


@dataclass(frozen=True, slots=True)
class CurveWords:
    """What is written on learning curves.

    `loss_log` heads the loss where its axis is logarithmic; `accuracy` should
    say that it is in per cent.
    """

    epoch: str
    loss: str
    loss_log: str
    accuracy: str
    training: str
    validation: str
    running: str
    best: str


@dataclass(frozen=True, slots=True)
class BestMark:
    """A ring around validation at an epoch, and what is written beside it."""

    epoch: int
    words: str


@dataclass(frozen=True, slots=True)
class Extension:
    """A second horizon: the epochs after this one are shaded, under these words."""

    after: int
    words: str


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """A phase of training that begins after this epoch: a fine line, and words above it."""

    after: int
    words: str


@dataclass(frozen=True, slots=True)
class LearningCurves(Drawing):
    """Loss and accuracy of one training, epoch by epoch from 1.

    Parameters
    ----------
    train_loss, validation_loss : tuple of float, length E
        Measured after each epoch in evaluation mode; finite, >= 0.
    running_loss : tuple of float, length E
        Gathered while the weights changed.
    train_accuracy, validation_accuracy : tuple of float, length E
        Fractions in [0, 1], drawn in per cent.
    best : tuple of BestMark
        Rising epochs; may be empty.
    extension : Extension or None
    words : CurveWords
    phases : tuple of PhaseChange
        Where phases but the first begin, in rising order.
    width_mm, panel_mm : float
        Width of the whole, height of the plotting areas; where the width leaves no
        room for two panels side by side, loss stands above accuracy, both less high.
    every : int
        Epochs from one value to the next; the first is of this epoch.

    Raises
    ------
    ValueError
        If lengths differ, a value is out of range or an epoch does not exist.
        A diverged training is cut at its last finite epoch by the caller.
    """

    VERSION: ClassVar[int] = 1

    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    running_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    validation_accuracy: tuple[float, ...]
    best: tuple[BestMark, ...]
    extension: Extension | None
    words: CurveWords
    phases: tuple[PhaseChange, ...] = ()
    width_mm: float = 150.0
    panel_mm: float = 46.0
    every: int = 1

    def __post_init__(self) -> None:
        losses = (self.train_loss, self.validation_loss, self.running_loss)
        accuracies = (self.train_accuracy, self.validation_accuracy)
        lengths = [len(curve) for curve in (*losses, *accuracies)]
        require(
            lengths[0] >= 1 and len(set(lengths)) == 1,
            f"curves must be equally long, got {lengths}",
        )
        require(self.every >= 1, f"values are at least an epoch apart, got {self.every}")
        n = self.n_epochs
        require(
            all(math.isfinite(v) and v >= 0 for curve in losses for v in curve),
            "losses must be finite and >= 0; cut a diverged training at its last finite epoch",
        )
        require(
            all(0 <= v <= 1 for curve in accuracies for v in curve),
            "accuracies must be fractions in [0, 1]",
        )
        epochs = [mark.epoch for mark in self.best]
        require(
            epochs == sorted(set(epochs)) and set(epochs) <= set(self._epochs),
            f"best epochs must rise within 1 to {n} and have values, got {epochs}",
        )
        require(
            self.extension is None or 1 <= self.extension.after < n,
            f"the second horizon must begin after an epoch from 1 to {n - 1}",
        )
        changes = [change.after for change in self.phases]
        require(
            changes == sorted(set(changes)) and all(1 <= e < n for e in changes),
            f"phases must begin after rising epochs from 1 to {n - 1}, got {changes}",
        )
        require_width(self.width_mm)
        require(20 <= self.panel_mm <= 120, f"a panel is 20 to 120 mm high, got {self.panel_mm}")

    @property
    def n_epochs(self) -> int:
        """Number of epochs."""
        return len(self.train_loss) * self.every

    @property
    def _epochs(self) -> range:
        """The epoch of each value."""
        return range(self.every, self.n_epochs + 1, self.every)

    @property
    def log_loss(self) -> bool:
        """Whether the axis of the loss is logarithmic: the largest is 20 times the least."""
        losses = (*self.train_loss, *self.validation_loss, *self.running_loss)
        return 0 < min(losses) * LOG_FROM <= max(losses)

    @property
    def stacked(self) -> bool:
        """Whether the figure is too narrow for two panels side by side."""
        return self.width_mm < SIDE_BY_SIDE_MM

    def _compose(self, style: FigureStyle) -> Figure:
        entries = self._entries()
        rows = len(legend_rows(style, entries, self.width_mm * MM))
        # The panel's title and a line of words on phases; above the first, legend and a gap.
        head = 1.6 * LABEL_SIZE + self._phase_row
        legend = (rows * LINE_HEIGHT + 0.5) * LABEL_SIZE
        panel = (STACKED_MM if self.stacked else self.panel_mm) * MM
        row = AXIS_WORDS + panel + head
        sheet = Sheet(style, self.width_mm, row * (1 + self.stacked) + legend)
        sheet.legend(entries, 0.0, sheet.height)

        scales = (self._loss_scale(), self._accuracy_scale())
        words = [[style.number(t, d) for t, d in scale.ticks] for scale in scales]
        boxes = self._boxes(style, words, panel, row)
        for scale, column, box in zip(scales, words, boxes, strict=True):
            axes = self._panel(sheet, box, scale)
            label_axis(axes, style, "y", [t for t, _ in scale.ticks], column)
        self._label_best(sheet, axes, box)
        return sheet.figure

    def _boxes(
        self, style: FigureStyle, words: Sequence[Sequence[str]], panel: float, row: float
    ) -> tuple[Box, Box]:
        """Return where loss and accuracy are plotted: side by side, or loss above."""
        margins = [
            max(text_width(style, w, size=TICK_SIZE) for w in column) + 7.0 for column in words
        ]
        if self.stacked:
            left, right = max(margins), self.width_mm * MM - RIGHT
            below = Box(left, AXIS_WORDS, right, AXIS_WORDS + panel)
            return Box(left, below.bottom + row, right, below.top + row), below
        width = (self.width_mm * MM - sum(margins) - PANEL_GAP - RIGHT) / 2
        left = margins[0]
        first = Box(left, AXIS_WORDS, left + width, AXIS_WORDS + panel)
        left += margins[1] + width + PANEL_GAP
        return first, Box(left, AXIS_WORDS, left + width, AXIS_WORDS + panel)

    @property
    def _phase_row(self) -> float:
        """Height of the line of words on phases, above the panel."""
        return PHASE_ROW if any(change.words for change in self.phases) else 0.0

    def _entries(self) -> list[Entry]:
        names = [("validation", self.words.validation), ("training", self.words.training)]
        names.append(("running", self.words.running))
        if self.best:
            names.append(("best", self.words.best))
        return [Entry(words, LINES[name]) for name, words in names]

    def _loss_scale(self) -> _Scale:
        curves = {
            "running": self.running_loss,
            "training": self.train_loss,
            "validation": self.validation_loss,
        }
        values = [v for curve in curves.values() for v in curve]
        if not self.log_loss:
            high = (max(values) or 1.0) * 1.06
            ticks, decimals = round_ticks(0.0, high, 6)
            return _Scale(self.words.loss, curves, 0.0, high, False, _with(ticks, decimals))
        low, high = min(values) / 1.15, max(values) * 1.15
        sets = log_ticks(low, high)
        ticks = next((t for t in sets if len(t) <= 7), sets[-1])
        numbered = tuple((t, log_decimals(t)) for t in ticks)
        return _Scale(self.words.loss_log, curves, low, high, True, numbered)

    def _accuracy_scale(self) -> _Scale:
        curves = {
            "training": tuple(100 * v for v in self.train_accuracy),
            "validation": tuple(100 * v for v in self.validation_accuracy),
        }
        values = [v for curve in curves.values() for v in curve]
        margin = max(0.06 * (max(values) - min(values)), 0.1)
        low, high = max(0.0, min(values) - margin), min(100.0, max(values)) + margin
        ticks, decimals = round_ticks(low, high, 6)
        kept = tuple(t for t in ticks if t <= 100)
        return _Scale(self.words.accuracy, curves, low, high, False, _with(kept, decimals))

    def _panel(self, sheet: Sheet, box: Box, scale: _Scale) -> Axes:
        axes = sheet.axes(box)
        open_axes(axes)
        if scale.log:
            axes.set_yscale("log")
            axes.minorticks_off()
        axes.set_ylim(scale.low, scale.high)
        axes.set_xlim(0.5, self.n_epochs + 0.5)
        ticks = epoch_ticks(self.n_epochs)
        label_axis(axes, sheet.style, "x", ticks, [sheet.style.number(t, 0) for t in ticks])
        if self.n_epochs <= MAX_MARKERS:
            axes.set_xticks(range(1, self.n_epochs + 1), minor=True)
        title = box.top + 0.6 * LABEL_SIZE + self._phase_row
        sheet.write(box.left, title, scale.title, weight="semibold")
        middle = (box.left + box.right) / 2
        sheet.write(
            middle, box.bottom - AXIS_WORDS + 0.3 * LABEL_SIZE, self.words.epoch, align="center"
        )
        if self.extension:
            self._shade(axes, self.extension)
            later = self.extension.words
            sheet.write(box.right, title, later, size=TICK_SIZE, align="right", color=MUTED)
        self._mark_phases(sheet, axes, box)
        every = math.ceil(len(self._epochs) / MAX_MARKERS)
        for name, values in scale.curves.items():
            axes.plot(self._epochs, values, markevery=every, label=name, **LINES[name])
            if len(self._epochs) == 1:  # a line of one point is not seen
                axes.get_lines()[-1].set_marker(LINES[name].get("marker", "."))
        validation = scale.curves["validation"]
        for mark in self.best:
            axes.plot(
                [mark.epoch],
                [validation[self._epochs.index(mark.epoch)]],
                label="best",
                **LINES["best"],
            )
        return axes

    def _shade(self, axes: Axes, extension: Extension) -> None:
        edge = extension.after + 0.5
        axes.axvspan(edge, self.n_epochs + 0.5, color=SHADE, lw=0, zorder=0)
        axes.axvline(edge, color=RULE, lw=HAIRLINE, ls=(0, (4, 3)), zorder=0.5)

    def _mark_phases(self, sheet: Sheet, axes: Axes, box: Box) -> None:
        """Draw a line where each later phase begins, and its words at the line's upper end."""
        from matplotlib.transforms import blended_transform_factory

        place = blended_transform_factory(axes.transData, axes.transAxes)
        end = -math.inf
        for change in self.phases:
            edge = change.after + 0.5
            rise = 1 + 0.8 * PHASE_ROW / box.height if change.words else 1.0
            look: dict[str, Any] = {"color": MUTED, "lw": HAIRLINE, "clip_on": False}
            axes.plot([edge] * 2, [0, rise], transform=place, label="phase", **look)
            x = float(axes.transData.transform((edge, box.bottom))[0]) + PHASE_GAP
            width = text_width(sheet.style, change.words, size=TICK_SIZE)
            x = max(min(x, box.right - width), end)
            if x + width > box.right:
                msg = f'figure LearningCurves: no room for "{change.words}" above its phase'
                raise TemplateError(msg)
            baseline = box.top + 0.3 * TICK_SIZE
            sheet.write(x, baseline, change.words, size=TICK_SIZE, color=MUTED)
            end = x + width + 2 * PHASE_GAP if change.words else end

    def _label_best(self, sheet: Sheet, axes: Axes, box: Box) -> None:
        """Write each mark's words near its ring, where no curve runs."""
        drawn = [line for line in axes.get_lines() if line.get_label() in LINES]
        curves = [axes.transData.transform(line.get_xydata()).tolist() for line in drawn]
        points = [axes.transData.transform((m.epoch, self._best_value(m))) for m in self.best]
        labels = [
            Label(float(x), float(y), text_width(sheet.style, mark.words), LABEL_SIZE * 0.95, 6.0)
            for (x, y), mark in zip(points, self.best, strict=True)
        ]
        obstacles = [box for curve in curves for box in _stones(curve)]
        places = place_labels(labels, obstacles, box, UNDERNEATH)
        for (x, y), mark, place in zip(points, self.best, places, strict=True):
            sheet.annotate(float(x), float(y), mark.words, place)

    def _best_value(self, mark: BestMark) -> float:
        return 100 * self.validation_accuracy[self._epochs.index(mark.epoch)]


@dataclass(frozen=True, slots=True)
class _Scale:
    """One panel's title, curves and axis; each tick comes with its decimals."""

    title: str
    curves: dict[str, tuple[float, ...]]
    low: float
    high: float
    log: bool
    ticks: tuple[tuple[float, int], ...]


def _with(ticks: Sequence[float], decimals: int) -> tuple[tuple[float, int], ...]:
    return tuple((tick, decimals) for tick in ticks)


def _stones(curve: Sequence[Sequence[float]]) -> list[Box]:
    """Small boxes along a line: what a label must not cover."""
    boxes = []
    for (x0, y0), (x1, y1) in zip(curve, [*curve[1:], curve[-1]], strict=True):
        steps = max(1, math.ceil(math.hypot(x1 - x0, y1 - y0) / 4))
        for i in range(steps):
            x, y = x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps
            boxes.append(Box(x - 2.5, y - 2.5, x + 2.5, y + 2.5))
    return boxes
