"""What the few names that a pickle may use stand for: arrays, and texts as bytes."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLAIN = re.compile(r"b1|[iu][1248]|f[248]|c(8|16)|[SU][1-9][0-9]{0,8}")
_MAX_CODE_POINT = 0x10FFFF
_TOP = 1 << 63


class RefusedError(Exception):
    """A pickle holds what is not read; the message completes "it holds"."""


class Budget:
    """How many bytes may still be made out of those of the file.

    A file's own instructions make about as much as it is long. A call makes more
    of one value that is named over and over; a text that becomes bytes that
    become an array is made twice.
    """

    def __init__(self, size: int) -> None:
        self._left = 2 * size

    def spend(self, n_bytes: int) -> None:
        """Take bytes off.

        Raises
        ------
        RefusedError
            If more were asked for than the file can honestly need.
        """
        self._left -= n_bytes
        if self._left < 0:
            msg = "the same values over and over, to more than the file's size"
            raise RefusedError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """A name that a pickle may use: `make(budget, *arguments)` is called in its place."""

    make: Callable[..., Any]


@dataclass(frozen=True, slots=True, eq=False)
class Unbuilt:
    """A value that its state will finish; `places` are those where it is remembered."""

    finish: Callable[[Budget, Any], Any]
    places: list[int] = field(default_factory=list)


def _encode(budget: Budget, text: Any, encoding: Any) -> bytes:
    """Return bytes that older protocols write as text."""
    if not isinstance(text, str):
        msg = f"a {type(text).__name__} where a text is needed"
        raise TypeError(msg)
    if encoding not in ("latin1", "latin-1"):
        msg = f"a text in the encoding {reprlib.repr(encoding)}"
        raise RefusedError(msg)
    budget.spend(len(text))
    return text.encode("latin-1")


def _empty_bytes(_: Budget) -> bytes:
    return b""


def _bytearray(budget: Budget, content: bytes | str = b"", encoding: str = "latin-1") -> bytearray:
    raw = _encode(budget, content, encoding) if isinstance(content, str) else content
    budget.spend(len(raw))
    if not isinstance(raw, bytes):
        msg = "a bytearray of no bytes"
        raise TypeError(msg)
    return bytearray(raw)


def _set(budget: Budget, items: list[Any]) -> set[Any]:
    """Return a set of scalars."""
    budget.spend(len(items))
    if not all(isinstance(item, (str, bytes, int, float, np.generic)) for item in items):
        msg = "a set of other than numbers and texts"
        raise RefusedError(msg)
    return set(items)


def _frozenset(budget: Budget, items: list[Any]) -> frozenset[Any]:
    return frozenset(_set(budget, items))


def _complex(_: Budget, real: Any, imaginary: Any) -> complex:
    if not (isinstance(real, float) and isinstance(imaginary, float)):
        msg = "a complex number of no numbers"
        raise TypeError(msg)
    return complex(real, imaginary)


def _dtype(_: Budget, code: Any, *align_copy: object) -> Unbuilt:
    """Return a type that its state finishes; of objects and of records there is none."""
    del align_copy  # whether a type is aligned tells records apart
    if not isinstance(code, str) or not _PLAIN.fullmatch(code):
        kind = (
            "objects" if reprlib.repr(code).startswith("'O") else f"the type {reprlib.repr(code)}"
        )
        msg = f"an array of {kind}"
        raise RefusedError(msg)
    return Unbuilt(lambda _, state: _finish_dtype(code, state))


def _finish_dtype(code: str, state: Any) -> np.dtype[Any]:
    """Return the type in its byte order; `state` is (version, order, subtype, names, fields, …)."""
    _, order, *record = state[:5]
    if len(record) != 3 or order not in ("<", ">", "=", "|"):
        msg = f"the state of a type: {reprlib.repr(order)}"
        raise ValueError(msg)
    if record != [None, None, None]:
        msg = "an array of records"
        raise RefusedError(msg)
    return np.dtype(code).newbyteorder(order)


def _reconstruct(_: Budget, subtype: object, *shape_kind: object) -> Unbuilt:
    """Return an array that its state finishes; what the call says of its size is of no use."""
    del shape_kind
    if subtype is not ALLOWED["numpy", "ndarray"]:
        msg = "an array of a class of its own"
        raise RefusedError(msg)
    return Unbuilt(_finish_array)


def _finish_array(budget: Budget, state: Any) -> NDArray[Any]:
    """Return an array; `state` is ([version,] shape, type, whether in Fortran's order, bytes)."""
    shape, dtype, in_fortran_order, raw = state[-4:]
    return _from_buffer(budget, raw, dtype, shape, "F" if in_fortran_order else "C")


def _from_buffer(budget: Budget, raw: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
    """Return an array of its own memory, if the bytes are as many as it takes."""
    raw = raw.encode("latin-1") if isinstance(raw, str) else raw
    if not isinstance(raw, (bytes, bytearray)) or not isinstance(dtype, np.dtype):
        msg = f"an array of a {type(raw).__name__} and a {type(dtype).__name__}"
        raise TypeError(msg)
    if not (isinstance(shape, tuple) and all(type(n) is int and 0 <= n < _TOP for n in shape)):
        msg = f"an array of the shape {reprlib.repr(shape)}"
        raise ValueError(msg)
    if order not in ("C", "F"):
        msg = f"an array in the order {reprlib.repr(order)}"
        raise ValueError(msg)
    if len(shape) > 64 or math.prod(shape) * dtype.itemsize != len(raw):
        msg = f"an array of {reprlib.repr(shape)} {dtype} in {len(raw)} bytes"
        raise ValueError(msg)
    budget.spend(len(raw))
    _check_values(raw, dtype)
    array: NDArray[Any] = np.ndarray(shape, dtype, raw, order=cast("Any", order))
    return array.copy(order="K")


def _scalar(budget: Budget, dtype: Any, raw: Any) -> Any:
    """Return a single value of a type."""
    return _from_buffer(budget, raw, dtype, (), "C")[()]


def _check_values(raw: bytes | bytearray, dtype: np.dtype[Any]) -> None:
    """Refuse bytes that are no values of a type; NumPy takes them as they come."""
    if dtype.kind == "U":
        codes = np.frombuffer(raw, np.dtype("u4").newbyteorder(dtype.byteorder))
        top, most = codes.max(initial=0), _MAX_CODE_POINT
    elif dtype.kind == "b":
        top, most = np.frombuffer(raw, np.uint8).max(initial=0), 1
    else:
        return
    if top > most:
        msg = f"an array of {dtype} with the value {top}"
        raise ValueError(msg)


def _no_array(_: Budget, *arguments: object) -> Any:
    """Refuse to make an array by its class: it would be as large as the file says."""
    del arguments
    msg = "a call of numpy.ndarray"
    raise RefusedError(msg)


def _allowed() -> dict[tuple[str, str], Allowed]:
    """Return the names, those of modules as NumPy 1 and NumPy 2 call them."""
    table: dict[tuple[str, str], Callable[..., Any]] = {
        ("_codecs", "encode"): _encode,
        ("numpy", "dtype"): _dtype,
        ("numpy", "ndarray"): _no_array,
    }
    for builtins in ("builtins", "__builtin__"):
        table |= {
            (builtins, "bytes"): _empty_bytes,
            (builtins, "bytearray"): _bytearray,
            (builtins, "set"): _set,
            (builtins, "frozenset"): _frozenset,
            (builtins, "complex"): _complex,
        }
    for core in ("numpy.core", "numpy._core"):
        table |= {
            (f"{core}.multiarray", "_reconstruct"): _reconstruct,
            (f"{core}.multiarray", "scalar"): _scalar,
            (f"{core}.numeric", "_frombuffer"): _from_buffer,
        }
    return {names: Allowed(make) for names, make in table.items()}


ALLOWED: Mapping[tuple[str, str], Allowed] = MappingProxyType(_allowed())
"""What stands for the names that a pickle may use, by module and name."""
