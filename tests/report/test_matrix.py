"""Columns of a confusion matrix: named where names fit."""

from __future__ import annotations

from reportgen.report.matrix import matrix_columns


def test_digits_stand_over_cells_of_the_least_width() -> None:
    columns = matrix_columns([str(i) for i in range(10)], 138.0)
    assert (columns.named, columns.style) == (True, "width: 10.6mm")


def test_cifar10_has_ten_names_over_columns_of_one_width() -> None:
    """The longest, of 7 letters: 7 × 1.55 + 1.2 = 12.05; ten of them and the rows' names fit."""
    names = "avión coche pájaro gato ciervo perro rana caballo barco camión".split()
    columns = matrix_columns(names, 138.0)
    assert columns.named
    assert columns.style in {"width: 12.0mm", "width: 12.1mm"}


def test_two_long_names_have_columns_of_one_width() -> None:
    assert matrix_columns(["alien", "depredador"], 138.0).style == "width: 16.7mm"


def test_one_long_name_among_short_ones_takes_the_room_it_needs() -> None:
    """Ten columns of 18.25 mm would not fit, nine of 10.6 mm and one of 18.25 do."""
    columns = matrix_columns(["gato"] * 9 + ["rinoceronte"], 138.0)
    style = "width: 9.4mm; padding-left: 0.6mm; padding-right: 0.6mm"  # 10.6 mm, and 1.2 mm apart
    assert (columns.named, columns.style) == (True, style)


def test_many_long_names_give_way_to_numbers() -> None:
    assert not matrix_columns(["rinoceronte"] * 10, 138.0).named


def test_digits_stand_over_narrower_cells_in_a_column() -> None:
    """84 − 1.55 − 2 · 1.2 = 80.05 mm for ten cells."""
    columns = matrix_columns([str(i) for i in range(10)], 84.0)
    assert (columns.named, columns.style, columns.fits) == (True, "width: 8.0mm", True)


def test_names_give_way_to_numbers_in_a_column() -> None:
    """84 − 7 · 1.55 − 2.4 = 70.75; 4.5 for the rows' numbers leave 6.6 for each of ten cells."""
    names = "avión coche pájaro gato ciervo perro rana caballo barco camión".split()
    columns = matrix_columns(names, 84.0)
    assert (columns.named, columns.style, columns.fits) == (False, "width: 6.6mm", True)


def test_too_many_classes_for_a_column_do_not_fit() -> None:
    assert not matrix_columns([str(i) for i in range(20)], 84.0).fits
    assert matrix_columns([str(i) for i in range(18)], 138.0).fits
