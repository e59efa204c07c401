"""What all figures share: finished numbers in, the same SVG bytes and the same key out."""

from __future__ import annotations

import io
import math
import warnings
from abc import ABC, abstractmethod
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.errors import TemplateError
from reportgen.figures.style import RASTER_DPI, FigureStyle, drawing_settings
from reportgen.hashing import sha256_bytes, sha256_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Without them the SVG would name the day and matplotlib's version.
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


class Drawing(ABC):
    """A figure: a frozen dataclass of finished numbers and words that can draw itself.

    No statistics are made here. A subclass raises `VERSION` when it draws the
    same numbers otherwise, so that kept pictures are drawn anew.
    """

    __slots__ = ()

    VERSION: ClassVar[int]

    @abstractmethod
    def _compose(self, style: FigureStyle) -> Figure:
        """Lay the figure out; called inside `drawing_settings`."""

    def compose(self, style: FigureStyle) -> Figure:
        """Return the drawn matplotlib figure, for those who want to look at its parts."""
        with drawing_settings():
            return self._compose(style)

    def draw(self, style: FigureStyle) -> bytes:
        """Return the figure as SVG, as wide as on the page.

        Equal numbers, words and style give equal bytes.

        Raises
        ------
        TemplateError
            If matplotlib warns, as of a letter that the font does not have, or
            a font file cannot be read.
        """
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        svg = io.BytesIO()
        with warnings.catch_warnings(), drawing_settings():
            warnings.simplefilter("error")
            try:
                canvas = FigureCanvasSVG(self._compose(style))
                canvas.print_figure(svg, format="svg", dpi=RASTER_DPI, metadata=NO_METADATA)
            except (Warning, RuntimeError, OSError) as cause:
                msg = f"figure {type(self).__name__} cannot be drawn: {cause}"
                raise TemplateError(msg) from cause
        return svg.getvalue()

    def key(self, style: FigureStyle) -> str:
        """Return the SHA-256 of all that decides the picture: equal keys, equal bytes."""
        return sha256_json(
            {
                "figure": type(self).__name__,
                "version": self.VERSION,
                "content": canonical(self),
                "style": style.canonical(),
            }
        )


def canonical(value: Any) -> Any:
    """Return a JSON-able form of a figure's content; arrays and bytes stand as hashes.

    Raises
    ------
    TypeError
        If a value has no canonical form.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        return {"bytes": sha256_bytes(value)}
    if isinstance(value, tuple):
        return [canonical(item) for item in value]
    if is_dataclass(value):
        return {field.name: canonical(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "dtype") and hasattr(value, "tobytes"):
        little = value.astype(value.dtype.newbyteorder("<"), copy=False)
        return {
            "array": sha256_bytes(little.tobytes()),
            "dtype": little.dtype.str,
            "shape": list(value.shape),
        }
    msg = f"a figure cannot hold a {type(value).__name__}"
    raise TypeError(msg)


def require(holds: bool, message: str) -> None:
    """Raise ValueError with the message unless the condition holds."""
    if not holds:
        raise ValueError(message)


def require_width(width_mm: float) -> None:
    """Raise ValueError unless a figure's width suits a page."""
    require(
        math.isfinite(width_mm) and 40 <= width_mm <= 250,
        f"a figure is 40 to 250 mm wide, got {width_mm}",
    )
