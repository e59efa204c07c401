"""Pickles of dictionaries, lists, texts and arrays, the same bytes for the same values.

Python's own pickler names NumPy's modules as the NumPy at hand calls them, and
those of NumPy 2 are not found by older ones. The names that are written here,
those of NumPy 1, are read by both, and by this package.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PROTOCOL = 3  # the first with byte strings; read since Python 3.0

_RECONSTRUCT = b"numpy.core.multiarray\n_reconstruct\n"
_NDARRAY = b"numpy\nndarray\n"
_DTYPE = b"numpy\ndtype\n"

_TEXT_LENGTH = struct.Struct("<I")
_NUMBER = struct.Struct("<i")


def dump_plain(value: Any) -> bytes:
    """Return the pickle of a value.

    Parameters
    ----------
    value : mapping, sequence, str or ndarray
        Mappings from texts, sequences and arrays of integers, one in another.

    Raises
    ------
    TypeError
        If a value is of another type.
    OverflowError
        If a text or an array takes 4 GiB or more.
    """
    try:
        return b"".join([pickle.PROTO, bytes([_PROTOCOL]), *_parts(value), pickle.STOP])
    except struct.error as error:
        raise OverflowError(str(error)) from error


def _parts(value: Any) -> list[bytes]:
    """Return the instructions that put a value on the stack."""
    if isinstance(value, str):
        return _sized(pickle.BINUNICODE, value.encode())
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return _array(value)
    if isinstance(value, Mapping):
        items = [part for pair in value.items() for one in pair for part in _parts(one)]
        return [pickle.EMPTY_DICT, pickle.MARK, *items, pickle.SETITEMS]
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        items = [part for one in value for part in _parts(one)]
        return [pickle.EMPTY_LIST, pickle.MARK, *items, pickle.APPENDS]
    msg = f"a {type(value).__name__} is not written"
    raise TypeError(msg)


def _array(array: NDArray[Any]) -> list[bytes]:
    """Return the instructions that an array writes of itself, in NumPy's format 1."""
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    order = "|" if plain.itemsize == 1 else "<"
    code = f"{plain.dtype.kind}{plain.itemsize}"
    return [
        *(pickle.GLOBAL, _RECONSTRUCT, pickle.GLOBAL, _NDARRAY),
        *_tuple([_number(0)]),
        *_sized(pickle.BINBYTES, b"b"),
        *(pickle.TUPLE3, pickle.REDUCE),
        *_tuple(
            [
                _number(1),
                *_tuple([_number(n) for n in array.shape]),
                *_dtype(code, order),
                pickle.NEWFALSE,
                *_sized(pickle.BINBYTES, plain.tobytes()),
            ]
        ),
        pickle.BUILD,
    ]


def _dtype(code: str, order: str) -> list[bytes]:
    """Return the instructions that a type writes of itself, in NumPy's format 3."""
    state = [_number(3), *_parts(order), *(pickle.NONE,) * 3, _number(-1), _number(-1), _number(0)]
    return [
        *(pickle.GLOBAL, _DTYPE),
        *_tuple([*_parts(code), pickle.NEWFALSE, pickle.NEWTRUE]),
        pickle.REDUCE,
        *_tuple(state),
        pickle.BUILD,
    ]


def _tuple(items: list[bytes]) -> list[bytes]:
    return [pickle.MARK, *items, pickle.TUPLE]


def _number(value: int) -> bytes:
    return pickle.BININT + _NUMBER.pack(value)


def _sized(instruction: bytes, data: bytes) -> list[bytes]:
    """Return an instruction with its length and its bytes."""
    return [instruction, _TEXT_LENGTH.pack(len(data)), data]
