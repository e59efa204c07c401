"""The IDX files of MNIST and its kin, plain or gzipped.

An IDX file starts with two zero bytes, a type code (8: unsigned byte) and the
number of axes; then the length of each axis as a big-endian 32-bit integer;
then the values, last axis fastest (LeCun, Cortes and Burges, the MNIST
database, section "file format").
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from reportgen.datasets.array_values import MAX_BYTES
from reportgen.datasets.place import NO_DATA_DIR, Base, Found, Miss, Request, damaged
from reportgen.datasets.source import Split
from reportgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_UNSIGNED_BYTE = 8


@dataclass(frozen=True, slots=True)
class IdxFiles:
    """How the four files of a data set are called, and what stands in them.

    Parameters
    ----------
    train, validation : str
        What the names of a split's files begin with.
    labels : range
        Every label that a file may hold; the first is class 0.
    transposed : bool
        Whether each image lies with its columns as rows.
    """

    train: str = "train"
    validation: str = "t10k"
    labels: range = range(256)
    transposed: bool = False

    @property
    def parts(self) -> Mapping[str, str]:
        """Split name to the prefix of its files."""
        return {"train": self.train, "validation": self.validation}

    @property
    def names(self) -> Mapping[str, str]:
        """Role of each file to its name."""
        return {
            f"{prefix}-{kind}": f"{prefix}-{kind}-idx{n_axes}-ubyte"
            for prefix in self.parts.values()
            for kind, n_axes in (("images", 3), ("labels", 1))
        }


MNIST = IdxFiles()
"""The 10 000 images of t10k validate here."""

EMNIST_LETTERS = IdxFiles(
    "emnist-letters-train", "emnist-letters-test", range(1, 27), transposed=True
)
"""Upper and lower case in one class; the 20 800 images of its test split validate here."""


@dataclass(frozen=True, slots=True)
class IdxFolder:
    """A folder with the four IDX files, under torchvision's names.

    `origin` says in words where the files came from; without it, the base does.
    """

    base: Base
    folder: str
    origin: str = ""
    files: IdxFiles = MNIST

    @property
    def file_names(self) -> tuple[str, ...]:
        """Names of the files in the folder."""
        return tuple(self.files.names.values())

    def find(self, request: Request) -> Found | Miss:
        """Return the four files, a plain one before a gzipped one."""
        base = self.base.folder(request)
        if base is None:
            return NO_DATA_DIR
        folder = base / self.folder
        origin = self.origin or self.base.value
        if not folder.is_dir():
            return Miss(f"{origin}: no folder {folder}")
        names = self.files.names
        files = {role: _existing(folder / name) for role, name in names.items()}
        missing = [names[role] for role, path in files.items() if path is None]
        if missing:
            return Miss(f"{origin}: {folder} lacks {', '.join(missing)} (plain or .gz)")
        return Found(origin, {role: path for role, path in files.items() if path is not None})

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Read both splits."""
        return {
            split: read_pair(files[f"{prefix}-images"], files[f"{prefix}-labels"], self.files)
            for split, prefix in self.files.parts.items()
        }


def read_pair(images_path: Path, labels_path: Path, form: IdxFiles = MNIST) -> Split:
    """Return the split that a file of images and a file of labels make.

    Raises
    ------
    DataError
        If a file is damaged, holds a label that it must not, or the two hold
        different numbers of samples.
    """
    images = read_idx(images_path, n_axes=3)
    labels = read_idx(labels_path, n_axes=1)
    if len(images) != len(labels):
        msg = (
            f"{images_path} holds {len(images)} images, {labels_path} {len(labels)} labels: "
            "expected as many; delete both files and get them again"
        )
        raise DataError(msg)
    first, last = form.labels[0], form.labels[-1]
    strange = np.unique(labels[(labels < first) | (labels > last)])
    if strange.size:
        got = ", ".join(map(str, strange[:5].tolist())) + (", …" if strange.size > 5 else "")
        raise damaged(labels_path, f"labels from {first} to {last}", got)
    if form.transposed:
        images = np.ascontiguousarray(images.swapaxes(1, 2))
    return Split(images[..., np.newaxis], labels.astype(np.uint16) - np.uint16(first))


def read_idx(path: Path, *, n_axes: int) -> NDArray[np.uint8]:
    """Return the array of an IDX file of unsigned bytes with this number of axes.

    Raises
    ------
    DataError
        If the file cannot be read, its header is another, or its length is not
        what the header says.
    """
    try:
        with _open(path) as file:
            shape = _read_shape(path, file, n_axes)
            expected = math.prod(shape)
            if expected > MAX_BYTES:
                raise damaged(path, f"at most {MAX_BYTES} values", f"{expected} ({shape})")
            # One byte more tells a file that is too long from one that is right.
            data = bytearray(file.read(expected + 1))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged(path, "a whole gzip file", str(error)) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
    if len(data) != expected:
        got = f"only {len(data)}" if len(data) < expected else "more"
        raise damaged(path, f"{expected} values after the header ({shape})", got)
    return np.frombuffer(data, np.uint8).reshape(shape)


def _read_shape(path: Path, file: BinaryIO, n_axes: int) -> tuple[int, ...]:
    """Read and check the header."""
    size = 4 + 4 * n_axes
    header = file.read(size)
    magic = bytes([0, 0, _UNSIGNED_BYTE, n_axes])
    if header[:4] != magic:
        got = header[:4].hex(" ") or "an empty file"
        raise damaged(path, f"an IDX header ({magic.hex(' ')})", got)
    if len(header) != size:
        raise damaged(path, f"an IDX header of {size} bytes", f"{len(header)} bytes")
    return struct.unpack(f">{n_axes}I", header[4:])


def _open(path: Path) -> BinaryIO:
    """Open a plain or gzipped file."""
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _existing(path: Path) -> Path | None:
    """Return the plain file, else the gzipped one, else None."""
    zipped = path.with_name(path.name + ".gz")
    return next((file for file in (path, zipped) if file.is_file()), None)
