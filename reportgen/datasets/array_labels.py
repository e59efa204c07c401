"""Classes, labels and groups from the forms in which others save them."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.datasets.array_values import Named, kind, misfit, shown, stacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Column = NDArray[np.int64] | list[str]
    """A number or a text of each sample."""

MAX_CLASSES = 1 << 16
"""As many as a label, a uint16, tells apart."""

_INT64, _INT32 = np.iinfo(np.int64), np.iinfo(np.int32)


def class_names(one: Named) -> tuple[str, ...]:
    """Return the class names, by index.

    Raises
    ------
    DataError
        If they are not different texts.
    """
    value = one.value.tolist() if isinstance(one.value, np.ndarray) else one.value
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise misfit(one, "an array or a list of texts", kind(one.value))
    return _checked_names(one, tuple(map(str, value)))


def make_labels(
    columns: Sequence[Named], sizes: Sequence[int], named: tuple[str, ...]
) -> tuple[tuple[str, ...], list[NDArray[np.uint16]]]:
    """Return the class names and the labels of each split, (n,).

    Texts are class names. Integers are indices of classes, from 0. Rows of zeros
    with one 1 hold it at the index of the class. Where the classes have no names,
    texts name them in their sorted order, and otherwise their indices do.

    Parameters
    ----------
    columns : sequence of Named
        Of each split, texts or integers (n,) or (n, 1), or rows (n, k) of any type.
    sizes : sequence of int
        Number of images of each split.
    named : tuple of str
        Class names; empty if they are not known.

    Raises
    ------
    DataError
        If they are not as described; the message says what was found.
    """
    found = [_label_column(one, n, named) for one, n in zip(columns, sizes, strict=True)]
    texts = _all_texts(columns, [column for column, _ in found])
    if texts is not None:
        names = named or _checked_names(columns[0], tuple(sorted(set().union(*texts))))
        index = {name: i for i, name in enumerate(names)}
        pairs = zip(columns, texts, strict=True)
        return names, [_looked_up(one, column, index).astype(np.uint16) for one, column in pairs]
    numbers = [np.asarray(column) for column, _ in found]
    limit = len(named) or MAX_CLASSES
    for one, part in zip(columns, numbers, strict=True):
        if part.min() < 0 or part.max() >= limit:
            why = f", as there are {limit} class names" if named else ""
            got = f"{part.min()} to {part.max()}"
            raise misfit(one, f"from 0 to {limit - 1}{why}", got)
    lowest = min(int(part.min()) for part in numbers)
    if lowest > 0 and not named:
        raise misfit(columns[0], "from 0 up where the classes have no names", f"{lowest} and up")
    n_classes = max(*(int(part.max()) + 1 for part in numbers), *(n for _, n in found))
    return named or tuple(map(str, range(n_classes))), [n.astype(np.uint16) for n in numbers]


def make_groups(
    columns: Sequence[Named | None], sizes: Sequence[int]
) -> list[NDArray[np.int32] | None]:
    """Return the groups of each split, (n,), if there are any.

    Numbers stay as they are; texts are numbered in their sorted order, over all
    splits.

    Raises
    ------
    DataError
        If only some splits have groups, or they are neither integers nor texts.
    """
    there = [one for one in columns if one is not None]
    if not there:
        return [None] * len(columns)
    if len(there) < len(columns):
        raise misfit(there[0], "in all splits or in none", f"{len(there)} of {len(columns)}")
    expected = "{n} integers or texts, one for each image"
    found = [_column(one, n, expected) for one, n in zip(there, sizes, strict=True)]
    texts = _all_texts(there, found)
    if texts is not None:
        index = {name: i for i, name in enumerate(sorted(set().union(*texts)))}
        return [_looked_up(one, t, index) for one, t in zip(there, texts, strict=True)]
    groups: list[NDArray[np.int32] | None] = []
    for one, column in zip(there, found, strict=True):
        numbers = np.asarray(column, np.int64)
        if numbers.min() < _INT32.min or numbers.max() > _INT32.max:
            raise misfit(one, "integers of 32 bits", f"{numbers.min()} to {numbers.max()}")
        groups.append(numbers.astype(np.int32))
    return groups


def _label_column(one: Named, n: int, named: tuple[str, ...]) -> tuple[Column, int]:
    """Return labels as texts or indices, and how many classes their form tells of."""
    expected = "{n} integers, texts or one-hot rows, one for each image"
    value = one.value
    if isinstance(value, (list, tuple)) and any(isinstance(row, np.ndarray) for row in value):
        one = Named(one.path, one.name, stacked(one))
    rows = one.value
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] == 1:
        return _column(one, n, expected), 0
    if len(rows) != n or rows.dtype.kind not in "biuf":
        raise misfit(one, expected.format(n=n), kind(rows))
    if named and rows.shape[1] != len(named):
        names = f"one-hot rows of {len(named)}, as there are as many class names"
        raise misfit(one, names, kind(rows))
    wrong = ((rows != 0) & (rows != 1)).any(axis=1) | (rows.sum(axis=1) != 1)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        got = f"row {first}, {reprlib.repr(rows[first].tolist())}, with the sum"
        total = f"{rows[first].sum(dtype=float):g}"
        raise misfit(one, "one-hot rows, of zeros and one 1", f"{got} {total}")
    return rows.argmax(axis=1).astype(np.int64), rows.shape[1]


def _column(one: Named, n: int, expected: str) -> Column:
    """Return the text or the integer of each of `n` samples."""
    expected, value = expected.format(n=n), one.value
    column: Column
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        column = list(map(str, value))
    elif isinstance(value, (list, tuple)) and all(map(_is_integer, value)):
        if not all(_INT64.min <= item <= _INT64.max for item in value):
            raise misfit(one, expected, "integers of more than 64 bits")
        column = np.array(value, np.int64)
    else:
        array = stacked(one, expected)
        flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
        if flat.ndim != 1 or flat.dtype.kind not in "iuU":
            raise misfit(one, expected, kind(array))
        column = flat.tolist() if flat.dtype.kind == "U" else flat.astype(np.int64)
        if flat.dtype.kind == "u" and flat.max(initial=0) > _INT64.max:
            raise misfit(one, expected, "integers of more than 63 bits")
    if len(column) != n:
        raise misfit(one, expected, str(len(column)))
    return column


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _checked_names(one: Named, names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse class names that repeat, are blank, or are too many."""
    if len(set(names)) != len(names) or not all(name.strip() for name in names):
        raise misfit(one, "different texts, none of them empty", shown(names))
    if not 0 < len(names) <= MAX_CLASSES:
        raise misfit(one, f"1 to {MAX_CLASSES} names", str(len(names)))
    return names


def _all_texts(there: Sequence[Named], columns: Sequence[Column]) -> list[list[str]] | None:
    """Return the columns if they hold texts, or None if they hold integers."""
    texts = [column for column in columns if isinstance(column, list)]
    if texts and len(texts) < len(columns):
        raise misfit(there[0], "of one kind in all splits", "integers in some, texts in others")
    return texts or None


def _looked_up(one: Named, texts: Sequence[str], index: Mapping[str, int]) -> NDArray[np.int32]:
    """Return the number of each text."""
    for i, text in enumerate(texts):
        if text not in index:
            got = f"{reprlib.repr(text)} for sample {i}"
            raise misfit(one, f"class names ({shown(list(index))})", got)
    return np.array([index[text] for text in texts], np.int32)
