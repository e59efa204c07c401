"""How all figures look: fonts, sizes, colours and matplotlib's settings, each with its reason."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.errors import TemplateError, nearest
from reportgen.hashing import sha256_file

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

MM = 72 / 25.4  # points in a millimetre

# Text sizes in points. A figure is drawn at the width that it has on the page,
# so these are the sizes that are read: one step under the 10–11 pt of the text.
LABEL_SIZE = 8.5
TICK_SIZE = 8.0
LINE_HEIGHT = 1.22  # of a line of labels, in multiples of its size

# Line widths in points: axes recede, data come forward.
HAIRLINE = 0.4
THIN = 0.8
BOLD = 1.4
HALO = 2.2  # white around words on data

INK = "#1a1a1a"
MUTED = "#5f5f5f"  # secondary text: contrast 6.4 on white
RULE = "#8c8c8c"  # axes and frames
GRID = "#dcdcdc"  # grid lines, only just seen
SHADE = "#f3f3f3"  # the band of later epochs

# Two colours told apart by all common kinds of colour vision: Okabe and Ito,
# "Color Universal Design", 2008 (blue, vermilion). Dash and marker differ as well.
FIRST = "#0072b2"
SECOND = "#d55e00"

# Ten classes: M. A. Petroff, "Accessible Color Sequences for Data
# Visualization", arXiv:2107.02270, the sequence of ten.
CLASS_COLORS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)

# Scatter plots of thousands of points are pixels inside the SVG: vector points
# cost seconds in the PDF and look no better. 250 dots an inch print sharp.
RASTER_DPI = 250

SETTINGS: Mapping[str, Any] = {
    "svg.fonttype": "path",  # outlines: no font of the machine can change the figure
    "svg.hashsalt": "reportgen",  # identifiers inside the SVG do not change from draw to draw
    "svg.image_inline": True,  # one file, nothing to fetch
    "image.composite_image": False,  # each thumbnail stays its own image
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
    "text.usetex": False,
    "path.simplify": False,  # curves are short; keep every vertex
    "figure.dpi": 72.0,  # one pixel is one point
    "axes.linewidth": HAIRLINE,
    "axes.edgecolor": RULE,
    "axes.axisbelow": True,
    "xtick.major.width": HAIRLINE,
    "ytick.major.width": HAIRLINE,
    "xtick.minor.width": HAIRLINE,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 1.6,
    "xtick.major.pad": 2.5,
    "ytick.major.pad": 2.5,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}

WEIGHTS = ("regular", "semibold")
# Numbers that show how a formatter writes: sign, decimals, four and five digits.
PROBES = ((-1234.5, 1), (12345.0, 0), (1234567.0, 0), (0.05, 2))

NumberFormat = Callable[[float, int], str]
"""Writes a number with so many decimals, as the report's language has it."""


@dataclass(frozen=True, slots=True)
class FigureStyle:
    """What the report gives to all its figures.

    Parameters
    ----------
    fonts : mapping of str to Path
        A static font file for each of the weights "regular" and "semibold".
    number : callable
        ``number(value, decimals)`` writes a number on an axis. It is the
        report's own formatter, so that axes, tables and prose agree.

    Raises
    ------
    TemplateError
        If a weight is missing or unknown, or its file is not there.
    """

    fonts: Mapping[str, Path]
    number: NumberFormat

    def __post_init__(self) -> None:
        for weight in self.fonts:
            if weight not in WEIGHTS:
                msg = f'figure font "{weight}" is unknown; {nearest(weight, WEIGHTS)}'
                raise TemplateError(msg)
        for weight in WEIGHTS:
            if weight not in self.fonts:
                msg = f"figures need a {weight} font; give its file"
                raise TemplateError(msg)
            if not self.fonts[weight].is_file():
                msg = f"figure font {weight}: there is no file {self.fonts[weight].name}"
                raise TemplateError(msg)

    def font(self, size: float = LABEL_SIZE, *, weight: str = "regular") -> FontProperties:
        """Return a font of this style, by its file: no system font can take its place."""
        from matplotlib.font_manager import FontProperties

        return FontProperties(fname=self.fonts[weight], size=size)

    def canonical(self) -> dict[str, Any]:
        """Return all that decides how a figure looks, as JSON-able values without a path."""
        return {
            "fonts": {weight: sha256_file(path) for weight, path in self.fonts.items()},
            "numbers": [self.number(value, decimals) for value, decimals in PROBES],
            "matplotlib": _matplotlib(),
        }


@functools.cache
def _matplotlib() -> str:
    """Return the version that is installed, without importing it; reading it takes 10 ms."""
    return version("matplotlib")


@contextmanager
def drawing_settings() -> Iterator[None]:
    """Set matplotlib's own defaults, then ours: a user's matplotlibrc has no say."""
    import matplotlib as mpl

    defaults = {
        name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")
    }
    settings: dict[Any, Any] = {**defaults}
    settings.update(SETTINGS)
    with mpl.rc_context(settings):
        yield
