"""Networks of several sizes: parameters against accuracy, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.figures.drawing import Drawing, require, require_width
from reportgen.figures.placement import Box, Label, place_labels
from reportgen.figures.sheet import Sheet, label_axis, open_axes, text_width
from reportgen.figures.style import (
    BOLD,
    FIRST,
    HAIRLINE,
    LABEL_SIZE,
    MM,
    MUTED,
    SECOND,
    TICK_SIZE,
    FigureStyle,
)
from reportgen.figures.ticks import log_decimals, log_ticks, round_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXIS_WORDS = 25.0
MARKER = 5.0
APART = 6.0  # the least between two intervals; closer ones are moved sideways
TICK_SPACE = 6.0  # the least between two numbers on the axis
# Room left and right of the outermost points, as a factor of the parameters.
SIDE = 1.6


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """One network: parameters, accuracy and its interval as fractions, in [0, 1]."""

    words: str
    parameters: int
    accuracy: float
    low: float
    high: float
    reference: bool = False


@dataclass(frozen=True, slots=True)
class TrialsPlot(Drawing):
    """Parameters (logarithmic) against accuracy in per cent, each point labelled.

    Networks of nearly one size are set apart sideways by a few points, so that
    each interval is seen.

    Parameters
    ----------
    points : tuple of TrialPoint
        At least two, at most one of them the reference: a diamond, with a fine
        line across at its accuracy.
    parameters, accuracy : str
        Names of the axes.
    width_mm, panel_mm : float
        Width of the whole, height of the plotting area.

    Raises
    ------
    ValueError
        If there are fewer than two points or several references, a network has
        no parameters, or an accuracy lies outside its interval or of [0, 1].
    """

    VERSION: ClassVar[int] = 1

    points: tuple[TrialPoint, ...]
    parameters: str
    accuracy: str
    width_mm: float = 120.0
    panel_mm: float = 58.0

    def __post_init__(self) -> None:
        require(len(self.points) >= 2, "a plot of trials needs at least two networks")
        require(
            sum(point.reference for point in self.points) <= 1,
            "a plot of trials has at most one reference",
        )
        for point in self.points:
            require(point.parameters >= 1, f"{point.words}: {point.parameters} parameters")
            require(
                0 <= point.low <= point.accuracy <= point.high <= 1,
                f"{point.words}: accuracy {point.accuracy} must lie in its interval "
                f"{point.low} to {point.high} and in [0, 1]",
            )
        require_width(self.width_mm)
        require(20 <= self.panel_mm <= 150, f"a panel is 20 to 150 mm high, got {self.panel_mm}")

    def _compose(self, style: FigureStyle) -> Figure:
        panel = self.panel_mm * MM
        sheet = Sheet(style, self.width_mm, AXIS_WORDS + panel + 1.7 * LABEL_SIZE)
        low, high = 100 * min(p.low for p in self.points), 100 * max(p.high for p in self.points)
        margin = max(0.08 * (high - low), 0.02)
        low, high = max(0.0, low - margin), min(100.0, high) + margin
        ticks, decimals = round_ticks(low, high, 7)
        words = [style.number(tick, decimals) for tick in ticks if tick <= 100]
        left = max(text_width(style, w, size=TICK_SIZE) for w in words) + 7.0
        box = Box(left, AXIS_WORDS, sheet.width - 3.0, AXIS_WORDS + panel)
        axes = sheet.axes(box)
        open_axes(axes)
        axes.set_ylim(low, high)
        label_axis(axes, style, "y", ticks[: len(words)], words)
        self._size_axis(axes, sheet)
        sheet.write(box.left, box.top + 0.6 * LABEL_SIZE, self.accuracy, weight="semibold")
        middle = (box.left + box.right) / 2
        sheet.write(middle, 0.3 * LABEL_SIZE, self.parameters, align="center")
        spots = self._spots(axes)
        self._draw_points(axes, spots)
        self._label(sheet, spots, box)
        return sheet.figure

    def _size_axis(self, axes: Axes, sheet: Sheet) -> None:
        """Set the axis of parameters, numbered as densely as the words allow."""
        sizes = [point.parameters for point in self.points]
        low, high = min(sizes) / SIDE, max(sizes) * SIDE
        while len(log_ticks(low, high)[0]) < 2:
            low, high = low / SIDE, high * SIDE
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.minorticks_off()
        for ticks in log_ticks(low, high):
            numbered = [(tick, sheet.style.number(tick, log_decimals(tick))) for tick in ticks]
            spans = [_span(axes, sheet.style, tick, words) for tick, words in numbered]
            # A number that would be cut by the figure's edge is left out.
            kept = [i for i, (_, right) in enumerate(spans) if right <= sheet.width]
            if all(spans[j][0] - spans[i][1] > TICK_SPACE for i, j in pairwise(kept)):
                break
        ticks, words = zip(*(numbered[i] for i in kept), strict=True)
        label_axis(axes, sheet.style, "x", ticks, words)

    def _spots(self, axes: Axes) -> list[_Spot]:
        """Where each network is drawn, in points on the sheet; close ones are set apart."""
        places = [
            [axes.transData.transform((p.parameters, 100 * v)) for v in (p.low, p.accuracy, p.high)]
            for p in self.points
        ]
        columns = spread([float(place[1][0]) for place in places], APART)
        return [
            _Spot(x, *(float(y) for _, y in place))
            for x, place in zip(columns, places, strict=True)
        ]

    def _draw_points(self, axes: Axes, spots: Sequence[_Spot]) -> None:
        from matplotlib.transforms import IdentityTransform

        sheet_points = IdentityTransform()
        for point, spot in zip(self.points, spots, strict=True):
            color = SECOND if point.reference else FIRST
            bar: dict[str, Any] = {
                "color": color,
                "lw": BOLD,
                "solid_capstyle": "butt",
                "label": "interval",
            }
            axes.plot([spot.x] * 2, [spot.low, spot.high], transform=sheet_points, **bar)
            axes.plot(
                [spot.x],
                [spot.middle],
                transform=sheet_points,
                marker="D" if point.reference else "o",
                ms=MARKER + point.reference,
                color=color,
                mec="white",
                mew=HAIRLINE,
                label=point.words,
            )
            if point.reference:
                y = 100 * point.accuracy
                axes.axhline(y, color=MUTED, lw=HAIRLINE, ls=(0, (4, 3)), zorder=0.9)

    def _label(self, sheet: Sheet, spots: Sequence[_Spot], box: Box) -> None:
        """Write each network's name beside its point, off all points and intervals."""
        labels, obstacles = [], []
        for point, spot in zip(self.points, spots, strict=True):
            x, y = spot.x, spot.middle
            obstacles += [Box(x - 2, spot.low, x + 2, spot.high), Box(x - 4, y - 4, x + 4, y + 4)]
            if point.reference:
                obstacles.append(Box(box.left, y - 0.5, box.right, y + 0.5))
            width = text_width(sheet.style, point.words, weight=_weight(point))
            labels.append(Label(x, y, width, LABEL_SIZE * 0.95, 5.0))
        places = place_labels(labels, obstacles, box)
        for point, spot, place in zip(self.points, spots, places, strict=True):
            sheet.annotate(spot.x, spot.middle, point.words, place, weight=_weight(point))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A point and its interval on the sheet, in points."""

    x: float
    low: float
    middle: float
    high: float


def spread(places: Sequence[float], apart: float) -> tuple[float, ...]:
    """Return the places, those that are too close moved apart around their common middle.

    Examples
    --------
    >>> spread([50.0, 10.0, 12.0], 6.0)
    (50.0, 8.0, 14.0)
    """
    groups: list[list[int]] = []
    middles: list[float] = []
    for i in sorted(range(len(places)), key=places.__getitem__):
        groups.append([i])
        middles.append(places[i])
        while len(groups) > 1:  # a group that has grown may reach its neighbour
            half = apart * (len(groups[-2]) + len(groups[-1])) / 2
            if middles[-1] - middles[-2] >= half:
                break
            groups[-2:] = [groups[-2] + groups[-1]]
            middles[-2:] = [sum(places[j] for j in groups[-1]) / len(groups[-1])]
    moved = list(places)
    for group, middle in zip(groups, middles, strict=True):
        for rank, i in enumerate(group):
            moved[i] = middle + (rank - (len(group) - 1) / 2) * apart
    return tuple(moved)


def _span(axes: Axes, style: FigureStyle, tick: float, words: str) -> tuple[float, float]:
    """From where to where a tick's number reaches."""
    middle = float(axes.transData.transform((tick, 1.0))[0])
    half = text_width(style, words, size=TICK_SIZE) / 2
    return middle - half, middle + half


def _weight(point: TrialPoint) -> str:
    return "semibold" if point.reference else "regular"
