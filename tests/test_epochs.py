"""Rows of epochs, some of which were not measured."""

import pytest

from reportgen.epochs import EpochRow, best_row, row_at, within

ROWS = tuple(
    EpochRow(epoch, 1, 1.0, 0.5, 1.0, 0.5, 1.0, accuracy)
    for epoch, accuracy in ((5, 0.5), (10, 0.8), (15, 0.8), (20, 0.9))
)


def test_rows_up_to_a_horizon():
    assert [row.epoch for row in within(ROWS, 15)] == [5, 10, 15]
    assert [row.epoch for row in within(ROWS, 14)] == [5, 10]


def test_the_best_row_is_the_first_of_the_best():
    assert best_row(ROWS, 15).epoch == 10
    assert best_row(ROWS, 20).epoch == 20


def test_no_row():
    with pytest.raises(ValueError, match="epoch 7 was not measured"):
        row_at(ROWS, 7)
    with pytest.raises(ValueError, match="no finite accuracy"):
        best_row(ROWS, 4)
