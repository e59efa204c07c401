"""How wide the columns of a confusion matrix are, and whether names fit over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LETTER_MM = 1.55
"""Width of a letter in a matrix's headings, semibold 8.8 pt, on the safe side."""
CELL_MM = 10.6
"""Width of a cell where there is room: four digits and some air."""
LEAST_MM = 6.6
"""Width of a cell with four digits and next to no air."""
NUMBER_MM = 4.5
"""Room for a class's number after its name."""
APART_MM = 1.2
"""The least between two headings, and half of what stands beside a row's name."""
ROUNDING_MM = 1e-6


@dataclass(frozen=True, slots=True)
class MatrixColumns:
    """Columns of a matrix: whether they bear names, else numbers, and their width as CSS.

    `fits` is False if even the narrowest are too wide together.
    """

    named: bool
    style: str
    fits: bool = True


def matrix_columns(names: Sequence[str], width_mm: float) -> MatrixColumns:
    """Return the columns for some classes: of one width and named, if that fits the width.

    Else names share the width as they need, and padding keeps them apart; where even
    that is too wide, rows and columns are numbered, and only the rows bear names. Many
    cells are as narrow as need be.

    Examples
    --------
    >>> matrix_columns(["gato", "rinoceronte"], 138.0)
    MatrixColumns(named=True, style='width: 18.2mm', fits=True)
    >>> matrix_columns(["gato", "rinoceronte", "oso", "pez", "ave", "rana", "buey"], 138.0).style
    'width: 9.4mm; padding-left: 0.6mm; padding-right: 0.6mm'
    >>> matrix_columns(["rinoceronte"] * 10, 138.0)
    MatrixColumns(named=False, style='width: 10.6mm', fits=True)
    >>> matrix_columns([str(i) for i in range(10)], 84.0)
    MatrixColumns(named=True, style='width: 8.0mm', fits=True)
    """
    n, letters = len(names), [len(name) * LETTER_MM for name in names]
    free = width_mm - max(letters) - 2 * APART_MM
    cell = max(LEAST_MM, min(CELL_MM, free / n))
    needs = [max(cell, width + APART_MM) for width in letters]
    if max(needs) * n <= free:
        return MatrixColumns(named=True, style=f"width: {max(needs):.1f}mm")
    if sum(needs) <= free + ROUNDING_MM:
        half = f"{APART_MM / 2:.1f}mm"
        style = f"width: {cell - APART_MM:.1f}mm; padding-left: {half}; padding-right: {half}"
        return MatrixColumns(named=True, style=style)
    # The rows' names are followed by their numbers.
    width = max(LEAST_MM, min(CELL_MM, (free - NUMBER_MM) / n))
    fits = width * n <= free - NUMBER_MM + ROUNDING_MM
    return MatrixColumns(False, f"width: {width:.1f}mm", fits)
