"""Images from arrays as others save them: layouts, types and ranges of values."""

from __future__ import annotations

import reprlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.datasets.place import unfit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from reportgen.errors import DataError
    from reportgen.spec.arrays import Layout

MAX_BYTES = 1 << 30
"""Of a file of arrays, and of the images and labels in it: 1 GiB."""

_GREY, _COLOUR = 3, 4  # axes of a stack of grey images, of a stack with channels
CHANNELS = (1, 3)
"""How many channels an axis of channels is known by."""

_LEVELS = 255
_MAX_TOLD = 3


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A value of a file, with the name that messages call it."""

    path: Path
    name: str
    value: Any


def misfit(one: Named, expected: str, got: str) -> DataError:
    """Return the error, to be raised, for a value that is not what is expected."""
    return unfit(one.path, f"{one.name} to be {expected}", got)


def kind(value: object) -> str:
    """Say in short what a value is."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    return f"a {type(value).__name__}"


LIST = "an array, or a list of arrays of one shape"


def stacked(one: Named, expected: str = LIST) -> NDArray[Any]:
    """Return an array, or a list of arrays of one shape and type as an array of them.

    Raises
    ------
    DataError
        If it is something else than `expected`, the arrays differ, or they take more than
        `MAX_BYTES` together: one array may stand in a list any number of times.
    """
    value = one.value
    if isinstance(value, np.ndarray):
        return value
    arrays = value if isinstance(value, (list, tuple)) else ()
    if not arrays or not all(isinstance(item, np.ndarray) for item in arrays):
        forms = Counter(map(kind, arrays))
        raise misfit(one, expected, f"{kind(value)} of {_told(forms)}" if arrays else kind(value))
    forms = Counter(map(kind, arrays))
    if len(forms) > 1:
        raise misfit(one, "arrays of one shape and type", _told(forms))
    n_bytes = len(arrays) * arrays[0].nbytes
    if n_bytes > MAX_BYTES:
        raise misfit(one, f"at most {MAX_BYTES} bytes", f"{n_bytes} bytes")
    return np.stack(arrays)


def make_pixels(stacks: Sequence[Named], layout: Layout | None) -> list[NDArray[np.uint8]]:
    """Return the images of each split, (n, h, w, c), of pixels from 0 to 255.

    Integers must lie from 0 to 255. Floats from 0 to 1 are levels of 1/255, taken
    to the nearest; floats of which one in any split is greater than 1 must be whole numbers
    from 0 to 255.

    Parameters
    ----------
    stacks : sequence of Named
        Of each split, images as (n, h, w), (n, h, w, c) or (n, c, h, w).
    layout : "channels_first" or "channels_last", optional
        Where the channels are. Without it the axis of 1 or 3 tells.

    Raises
    ------
    DataError
        If they are not as described; the message says what was found.
    """
    arrays = [_channels_last(one, _numbers(one), layout) for one in stacks]
    ranges = [_range(one, array) for one, array in zip(stacks, arrays, strict=True)]
    floats = [high for array, (_, high) in zip(arrays, ranges, strict=True) if _is_float(array)]
    in_levels = max(floats, default=0) > 1
    return [
        _levels(one, array, span, in_levels=in_levels)
        for one, array, span in zip(stacks, arrays, ranges, strict=True)
    ]


def _numbers(one: Named) -> NDArray[Any]:
    """Return an array of integers or floats."""
    array = stacked(one)
    if array.dtype.kind not in "iuf":
        raise misfit(one, "integers or floats", kind(array))
    return array


def _channels_last(one: Named, array: NDArray[Any], layout: Layout | None) -> NDArray[Any]:
    """Return images of any layout as (n, h, w, c)."""
    if array.ndim not in (_GREY, _COLOUR) or 0 in array.shape:
        shapes = "at least one image, of shape (n, h, w), (n, h, w, c) or (n, c, h, w)"
        raise misfit(one, shapes, kind(array))
    if array.ndim == _GREY:
        return array[..., np.newaxis]
    if layout is None:
        first, last = array.shape[1] in CHANNELS, array.shape[3] in CHANNELS
        if first == last:
            why = "both could be" if first else "neither is"
            expected = (
                "of shape (n, h, w, c) or (n, c, h, w) with 1 or 3 channels, or told by "
                "dataset.source.layout: channels_first or channels_last"
            )
            raise misfit(one, expected, f"{kind(array)}, where {why}")
        layout = "channels_first" if first else "channels_last"
    return array.transpose(0, 2, 3, 1) if layout == "channels_first" else array


def _is_float(array: NDArray[Any]) -> bool:
    return array.dtype.kind == "f"


def _range(one: Named, array: NDArray[Any]) -> tuple[float, float]:
    """Return the lowest and the highest value, which must be finite numbers."""
    low, high = float(array.min()), float(array.max())
    if not np.isfinite([low, high]).all():
        n = int(array.size - np.isfinite(array).sum())
        raise misfit(one, "finite numbers", f"{n} that are NaN or infinite")
    return low, high


def _levels(
    one: Named, array: NDArray[Any], span: tuple[float, float], *, in_levels: bool
) -> NDArray[np.uint8]:
    """Return images as bytes."""
    low, high = span
    if low < 0 or high > _LEVELS:
        expected = "from 0 to 255, or floats from 0 to 1"
        raise misfit(one, expected, f"{array.dtype} from {low:g} to {high:g}")
    if _is_float(array):
        if not in_levels:
            wide = np.result_type(array.dtype, np.float32)
            array = np.rint(np.multiply(array, _LEVELS, dtype=wide))
        elif (array != np.rint(array)).any():
            got = f"{array.dtype} from {low:g} to {high:g} that are not all whole"
            raise misfit(one, "floats from 0 to 1, or whole numbers from 0 to 255", got)
    return np.ascontiguousarray(array, np.uint8)


def _told(forms: Counter[str]) -> str:
    """Tell the commonest of some forms, each with its number."""
    told = [f"{form} ({n})" for form, n in forms.most_common(_MAX_TOLD)]
    return ", ".join(told) + (" and others" if len(forms) > _MAX_TOLD else "")


def shown(names: Sequence[object], n: int = 10) -> str:
    """Tell some names of a file in a form that a terminal may be sent."""
    told = ", ".join(map(reprlib.repr, names[:n])) or "none"
    return told + (f" and {len(names) - n} more" if len(names) > n else "")
