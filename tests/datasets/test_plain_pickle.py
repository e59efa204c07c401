"""Pickles that any NumPy reads, and that this package reads."""

from __future__ import annotations

import pickle
import pickletools
from typing import Any

import numpy as np
import pytest

from reportgen.datasets.pickled import read_pickle
from reportgen.datasets.plain_pickle import dump_plain

VALUE: dict[str, Any] = {
    "images": np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3),
    "labels": np.array([0, -1, 1 << 40]),
    "empty": np.zeros((0, 3), np.int16),
    "classes": ["perró", "", "a\nb"],
    "inner": {"list": [], "dictionary": {}},
}


def equal(first: Any, second: Any) -> bool:
    if isinstance(first, np.ndarray):
        same = first.dtype == second.dtype and first.shape == second.shape
        return same and np.array_equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(equal(v, second[k]) for k, v in first.items())
    return bool(first == second)


def test_python_reads_the_same() -> None:
    assert equal(pickle.loads(dump_plain(VALUE)), VALUE)


def test_this_package_reads_the_same() -> None:
    assert equal(read_pickle(dump_plain(VALUE), "x"), VALUE)


def test_arrays_of_another_order_come_back_with_the_same_values() -> None:
    """Big-endian, and columns first."""
    for array in (np.arange(6, dtype=">i4"), np.asfortranarray(np.arange(6).reshape(2, 3))):
        again = read_pickle(dump_plain([array]), "x")[0]
        assert np.array_equal(again, array)
        assert again.dtype.byteorder in "=<"


def test_names_are_those_that_numpy_1_and_2_know() -> None:
    named = {arg for op, arg, _ in pickletools.genops(dump_plain(VALUE)) if op.name == "GLOBAL"}
    assert named == {"numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"}


def test_the_same_value_gives_the_same_bytes() -> None:
    assert dump_plain(VALUE) == dump_plain({**VALUE, "classes": tuple(VALUE["classes"])})


@pytest.mark.parametrize("value", [1.5, {"a": None}, [b"x"], np.zeros(2), {1}])
def test_other_values_are_not_written(value: object) -> None:
    with pytest.raises(TypeError, match="is not written"):
        dump_plain(value)
