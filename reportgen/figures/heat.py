"""Tints for the cells of a confusion matrix: one hue, light, legible, errors brought out.

A matrix of a good network is a full diagonal and a few small counts beside it.
On a linear scale those counts would all be white. All cells are tinted by the
cube root of their share of the row: small counts are told apart, and a deeper
tint always means more, on the diagonal as beside it.
"""

from __future__ import annotations

# One hue, from paper to a blue that still carries dark ink; its lightness falls
# evenly, so that a grey print keeps the order.
PAPER = (255, 255, 255)
DEEPEST = (120, 164, 212)
INK = "#1a1a1a"
# An empty cell steps back: the lightest grey that keeps WCAG's 4.5 : 1 on paper.
FAINT_INK = "#767676"
# The lightest tint of a cell that holds anything: one error must be seen.
FIRST_TINT = 0.18
POWER = 1 / 3


def heat(count: int, row_total: int) -> tuple[str, str]:
    """Return background and ink of a cell as `#rrggbb`, with a contrast of 4.5 or more.

    Parameters
    ----------
    count : int
        Samples in the cell, from 0 to `row_total`.
    row_total : int
        Samples of the cell's true class.

    Raises
    ------
    ValueError
        If `count` lies outside [0, row_total].
    """
    if not 0 <= count <= row_total:
        msg = f"a cell must hold 0 to {row_total} samples, got {count}"
        raise ValueError(msg)
    if count == 0:
        return _hex(PAPER), FAINT_INK
    tint = FIRST_TINT + (1 - FIRST_TINT) * (count / row_total) ** POWER
    mixed = tuple(round(p + (d - p) * tint) for p, d in zip(PAPER, DEEPEST, strict=True))
    return _hex(mixed), INK


def contrast(first: str, second: str) -> float:
    """Return the contrast of two `#rrggbb` colours, in [1, 21], whichever comes first.

    Notes
    -----
    (L1 + 0.05) / (L2 + 0.05) with relative luminance L, the lighter above: W3C,
    Web Content Accessibility Guidelines 2.2, "contrast ratio".

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    """Return the relative luminance of a `#rrggbb` colour, in [0, 1] (WCAG 2.2)."""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(color: tuple[int, ...]) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in color)
