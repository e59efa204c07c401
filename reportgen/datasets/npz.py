"""Data sets as one NumPy archive: x_train, y_train, x_test, y_test."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.datasets.place import NO_DATA_DIR, Found, Miss, Request, damaged, unfit
from reportgen.datasets.source import Split
from reportgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

PARTS = {"train": "train", "validation": "test"}
"""Split name to the ending of its arrays' names."""

_GREY, _COLOUR = 3, 4  # axes of a stack of grey images, of a stack with channels


@dataclass(frozen=True, slots=True)
class NpzFile:
    """`<name>.npz` in the data directory."""

    def find(self, request: Request) -> Found | Miss:
        """Return the file."""
        if request.data_dir is None:
            return NO_DATA_DIR
        path = request.data_dir / f"{request.name}.npz"
        if not path.is_file():
            return Miss(f"data directory: no file {path}")
        return Found("data directory", {"npz": path})

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Read both splits."""
        path = files["npz"]
        arrays = read_arrays(path, [f"{axis}_{part}" for part in PARTS.values() for axis in "xy"])
        return {
            split: _make_split(path, part, arrays[f"x_{part}"], arrays[f"y_{part}"])
            for split, part in PARTS.items()
        }


def read_arrays(path: Path, names: list[str]) -> dict[str, NDArray[Any]]:
    """Return the named arrays of an archive; no pickled object is ever read.

    Raises
    ------
    DataError
        If the file cannot be read, is not an archive, or lacks an array.
    """
    try:
        # Opened here, since np.load leaves a file open where it finds no archive in it.
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise damaged(path, "an .npz archive", "a single array")
            missing = [name for name in names if name not in archive]
            if missing:
                got = ", ".join(archive.files) or "none"
                raise damaged(path, f"arrays {', '.join(names)}", got)
            return {name: archive[name] for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise damaged(path, "an .npz archive of plain arrays", str(error)) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error


def read_classes(path: Path, n_classes: int) -> tuple[str, ...]:
    """Return the names in an archive's array `classes`; without one, the numbers from 0.

    Raises
    ------
    DataError
        If the array is there and does not name each class once.
    """
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if "classes" not in archive:
            return tuple(str(i) for i in range(n_classes))
        try:
            names = archive["classes"]
        except ValueError as error:  # objects, which only a pickle could hold
            raise unfit(path, "classes to be an array of texts", str(error)) from error
    if names.dtype.kind != "U" or names.ndim != 1 or len(set(names.tolist())) != len(names):
        raise unfit(path, "classes to be different texts", f"{names.dtype} {names.shape}")
    return tuple(names.tolist())


def _make_split(path: Path, part: str, images: NDArray[Any], labels: NDArray[Any]) -> Split:
    """Check two arrays and make a split of them."""
    if images.dtype != np.uint8 or images.ndim not in (_GREY, _COLOUR):
        expected = f"x_{part} to be uint8 of shape (n, h, w) or (n, h, w, c)"
        raise unfit(path, expected, f"{images.dtype} {images.shape}")
    # Some archives keep labels as a column.
    flat = labels.reshape(len(labels), -1) if labels.ndim else labels
    if labels.dtype.kind not in "iu" or flat.shape != (len(images), 1):
        expected = f"y_{part} to be {len(images)} integers"
        raise unfit(path, expected, f"{labels.dtype} {labels.shape}")
    if labels.size and not 0 <= labels.min() <= labels.max() < 1 << 16:
        raise unfit(path, f"y_{part} from 0 up", f"{labels.min()} to {labels.max()}")
    stack = images if images.ndim == _COLOUR else images[..., np.newaxis]
    return Split(stack, flat[:, 0].astype(np.uint16))
