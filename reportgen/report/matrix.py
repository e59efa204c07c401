"""How wide the columns of a confusion matrix are, and whether names fit over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.report.picture import TEXT_WIDTH_MM

LETTER_MM = 1.55
"""Width of a letter in a matrix's headings, semibold 8.8 pt, on the safe side."""
CELL_MM = 10.6
"""Least width of a cell: four digits and some room."""
APART_MM = 1.2
"""The least between two headings, and half of what stands beside a row's name."""


@dataclass(frozen=True, slots=True)
class MatrixColumns:
    """Columns of a matrix: whether they bear names, else numbers, and their width as CSS."""

    named: bool
    style: str


def matrix_columns(names: Sequence[str]) -> MatrixColumns:
    """Return the columns for some classes: of one width and named, if that fits the page.

    Else names share the width as they need, and padding keeps them apart; where even
    that is too wide, rows and columns are numbered, and only the rows bear names.

    Examples
    --------
    >>> matrix_columns(["gato", "rinoceronte"])
    MatrixColumns(named=True, style='width: 18.2mm')
    >>> matrix_columns(["gato", "rinoceronte", "oso", "pez", "ave", "rana", "buey"])
    MatrixColumns(named=True, style='width: 9.4mm; padding-left: 0.6mm; padding-right: 0.6mm')
    >>> matrix_columns(["rinoceronte"] * 12)
    MatrixColumns(named=False, style='width: 10.6mm')
    """
    needs = [max(CELL_MM, len(name) * LETTER_MM + APART_MM) for name in names]
    free = TEXT_WIDTH_MM - max(map(len, names)) * LETTER_MM - 2 * APART_MM
    if max(needs) * len(names) <= free:
        return MatrixColumns(named=True, style=f"width: {max(needs):.1f}mm")
    if sum(needs) > free:
        return MatrixColumns(named=False, style=f"width: {CELL_MM:.1f}mm")
    half = f"{APART_MM / 2:.1f}mm"
    style = f"width: {CELL_MM - APART_MM:.1f}mm; padding-left: {half}; padding-right: {half}"
    return MatrixColumns(named=True, style=style)
