"""Data sets as one pickled dictionary of arrays, which is read without running code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reportgen.datasets.array_values import MAX_BYTES
from reportgen.datasets.named_arrays import ArrayContent, Reading, arrange
from reportgen.datasets.pickled import read_pickle
from reportgen.datasets.place import NO_DATA_DIR, Found, Miss, Request
from reportgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reportgen.datasets.source import Split


@dataclass(frozen=True, slots=True)
class PickleFile:
    """A pickled dictionary of arrays in the data directory.

    Parameters
    ----------
    path : str
        The file, relative to the data directory, with `/`.
    reading : Reading
        Where in it what lies.
    """

    path: str
    reading: Reading = field(default_factory=Reading)

    @property
    def manner_mark(self) -> str:
        """Digest of what, beside the file, decides what is read."""
        return self.reading.mark

    def find(self, request: Request) -> Found | Miss:
        """Return the file."""
        if request.data_dir is None:
            return NO_DATA_DIR
        path = request.data_dir / self.path
        if not path.is_file():
            return Miss(f"data directory: no file {path}")
        return Found("data directory", {"pickle": path})

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Read the splits."""
        return self.load(files).splits

    def load(self, files: Mapping[str, Path]) -> ArrayContent:
        """Read the splits and the classes.

        Raises
        ------
        DataError
            If the file is larger than `MAX_BYTES`, is no pickle, is cut short,
            holds other than plain values and arrays, or not what is looked for.
        """
        path = files["pickle"]
        return arrange(read_pickle(_read_bytes(path), str(path)), path, self.reading)


def _read_bytes(path: Path) -> bytes:
    """Read a file, unless it is too large."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            msg = (
                f"{path} is too large: a pickle of at most {MAX_BYTES} bytes is read, since all "
                f"of it is held in memory, got {size}; save the images as uint8, or as files in "
                "class folders"
            )
            raise DataError(msg)
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
