"""Data sets that an installed package carries as a gzipped table of numbers."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.package_file import PackageFile
from reportgen.datasets.place import Found, Miss, Request, damaged
from reportgen.datasets.source import Split
from reportgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PackageTable:
    """A gzipped CSV file inside an installed package: a row a sample, its label last.

    Parameters
    ----------
    distribution, module : str
        Name to install the package by, and name to import it by.
    file : str
        Path inside the package, with `/`.
    n_rows : int
        Samples that the file must hold.
    side : int
        Height and width of an image in pixels.
    top : int
        Value of a white pixel; pixels are spread to 0–255 by it.
    """

    distribution: str
    module: str
    file: str
    n_rows: int
    side: int
    top: int = 255

    def find(self, request: Request) -> Found | Miss:
        """Return the file, without importing the package."""
        del request  # an installed package has one place
        wanted = PackageFile(self.distribution, self.module, self.file)
        path = wanted.find()
        if isinstance(path, Miss):
            return path
        return Found(f"package {wanted.package}", {"table": path})

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Read the one split, `all`."""
        path = files["table"]
        table = read_table(path)
        expected = (self.n_rows, self.side**2 + 1)
        if table.shape != expected:
            rows = f"{expected[0]} rows of {expected[1]} numbers"
            raise damaged(path, rows, f"{table.shape[0]} rows of {table.shape[1]}")
        pixels = table[:, :-1]
        if pixels.max() > self.top:
            raise damaged(path, f"pixels from 0 to {self.top}", str(pixels.max()))
        # Rounded half up; with top = 255 this leaves the pixels as they are.
        spread = (pixels.astype(np.uint32) * 255 + self.top // 2) // self.top
        images = spread.astype(np.uint8).reshape(-1, self.side, self.side, 1)
        return {"all": Split(images, table[:, -1].astype(np.uint16))}


def read_table(path: Path) -> NDArray[np.uint8]:
    """Return a gzipped CSV table of integers from 0 to 255, (rows, columns).

    Raises
    ------
    DataError
        If the file cannot be read, is cut short, has rows of different lengths,
        or something else than such integers.
    """
    try:
        text = gzip.decompress(path.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged(path, "a whole gzip file", str(error)) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
    if not text.strip():
        raise damaged(path, "a table of numbers", "an empty one")
    try:
        return np.loadtxt(io.BytesIO(text), dtype=np.uint8, delimiter=",", ndmin=2)
    except ValueError as error:
        expected = "rows of equal length, of integers from 0 to 255"
        raise damaged(path, expected, str(error).split(";")[0].rstrip(".")) from error
