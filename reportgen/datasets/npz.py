"""Data sets as one NumPy archive: x_train, y_train, x_test, y_test, or keys of one's own."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.datasets.named_arrays import USUAL, ArrayContent, Reading, arrange
from reportgen.datasets.place import NO_DATA_DIR, Found, Miss, Request, damaged
from reportgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reportgen.datasets.source import Split

PARTS = {"train": "train", "validation": "test"}
"""Split name to the ending of its arrays' names where no other array validates."""

_FLAT = re.compile(r"(?P<key>x|y|groups)_(?P<split>train|validation|test)")
_IN_SPLIT = re.compile(r"(?P<split>[^/]+)/(?P<key>[^/]+)")

# What a header says in vain: other kinds of packing, a password, shapes that are no numbers.
_DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, EOFError, ValueError, MemoryError),
    *(TypeError, OverflowError, RuntimeError),  # NotImplementedError is one
)


@dataclass(frozen=True, slots=True)
class NpzFile:
    """A NumPy archive in the data directory.

    Its arrays are `x_train`, `y_train`, perhaps `groups_train`, and so on, or
    `images`, `labels` and so on, or those below the split: `train/images`.

    Parameters
    ----------
    path : str
        The file, relative to the data directory, with `/`; `<name>.npz` if empty.
    reading : Reading
        Where in it what lies.
    """

    path: str = ""
    reading: Reading = field(default_factory=lambda: Reading(layout="channels_last"))

    @property
    def manner_mark(self) -> str:
        """Digest of what, beside the file, decides what is read."""
        return self.reading.mark

    def find(self, request: Request) -> Found | Miss:
        """Return the file."""
        if request.data_dir is None:
            return NO_DATA_DIR
        path = request.data_dir / (self.path or f"{request.name}.npz")
        if not path.is_file():
            return Miss(f"data directory: no file {path}")
        return Found("data directory", {"npz": path})

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Read the splits."""
        return self.load(files).splits

    def load(self, files: Mapping[str, Path]) -> ArrayContent:
        """Read the splits and the classes.

        Raises
        ------
        DataError
            If the file cannot be read, is no archive of plain arrays, or does not
            hold what is looked for.
        """
        path = files["npz"]
        content, reading = _read_arrays(path, self.reading), self.reading
        if not any(_FLAT.fullmatch(name) for name in content):
            return arrange(_nested(content, _IN_SPLIT), path, reading)
        content = _nested(content, _FLAT)
        if "validation" not in content and not reading.splits:
            reading = replace(reading, splits=PARTS)
        return arrange(content, path, reading, lambda split, key: f"{key}_{split}")


def _nested(arrays: Mapping[str, Any], form: re.Pattern[str]) -> dict[str, Any]:
    """Return arrays with those whose names have this form in a dictionary for each split."""
    content: dict[str, Any] = {}
    for name, array in arrays.items():
        parts = form.fullmatch(name)
        if parts:
            content.setdefault(parts["split"], {})[parts["key"]] = array
        else:
            content[name] = array
    return content


def _read_arrays(path: Path, reading: Reading) -> dict[str, Any]:
    """Return the arrays of an archive by name; None for those that are not looked for.

    No pickled object is ever read.
    """
    try:
        # Opened here, since np.load leaves a file open where it finds no archive in it.
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise damaged(path, "an .npz archive", "a single array")
            names = archive.files
            return {name: archive[name] if _is_wanted(name, reading) else None for name in names}
    except _DAMAGES as error:
        raise damaged(path, "an .npz archive of plain arrays", str(error)) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error


def _is_wanted(name: str, reading: Reading) -> bool:
    """Tell whether an array may be looked for."""
    key = name.rpartition("/")[2]
    usual = any(key.lower() in keys for keys in USUAL.values())
    return usual or key in reading.keys.values() or _FLAT.fullmatch(name) is not None
