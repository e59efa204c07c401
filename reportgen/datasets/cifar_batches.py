"""CIFAR-10 as its authors publish it: six batches of pixels and their names, as pickles.

Each batch is a dictionary whose `data` are rows of 3072 bytes, the 32×32 reds of
an image, then its greens, then its blues, each row by row, and whose `labels`
are as many numbers (Krizhevsky, the CIFAR-10 page, section "dataset layout").
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from reportgen.datasets.array_values import kind
from reportgen.datasets.pickled import read_pickle
from reportgen.datasets.place import NO_DATA_DIR, Base, Found, Miss, Request, damaged
from reportgen.datasets.source import Split
from reportgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FOLDER = "cifar-10-batches-py"
"""torchvision's folder of the batches, and that inside the archive."""

ARCHIVE = "cifar-10-python.tar.gz"
"""The archive that torchvision downloads."""

PARTS = {
    "train": tuple(f"data_batch_{i}" for i in range(1, 6)),
    "validation": ("test_batch",),
}
"""Split name to its batches, in their order: the 10 000 test images validate here."""

NAMES = "batches.meta"
"""File with the names of the classes, in the order of their labels."""

FILES = (NAMES, *PARTS["train"], *PARTS["validation"])
"""Every file that is read."""

MAX_FILE_BYTES = 1 << 28
MAX_ARCHIVE_BYTES = 1 << 29

_WHOLE = "the whole archive of CIFAR-10"
_SIDE = 32
_ROW = 3 * _SIDE * _SIDE


@dataclass(frozen=True, slots=True)
class CifarBatches:
    """A folder with the batches, under torchvision's names.

    Parameters
    ----------
    base : Base
        What the folder is relative to.
    classes : tuple of str
        Names that the file of names must hold, in this order.
    folder : str
        Path of the folder.
    """

    base: Base
    classes: tuple[str, ...]
    folder: str = FOLDER

    @property
    def file_names(self) -> tuple[str, ...]:
        """Names of the files in the folder."""
        return FILES

    def find(self, request: Request) -> Found | Miss:
        """Return the seven files."""
        base, origin = self.base.folder(request), self.base.value
        if base is None:
            return NO_DATA_DIR
        folder = base / self.folder
        if not folder.is_dir():
            return Miss(f"{origin}: no folder {folder}")
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            return Miss(f"{origin}: {folder} lacks {', '.join(missing)}")
        return Found(origin, {name: folder / name for name in FILES})

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Read both splits."""
        return _read_splits(lambda name: _read_file(files[name]), files, self.classes)


@dataclass(frozen=True, slots=True)
class CifarArchive:
    """The archive of the batches in the data directory; it is read where it lies.

    Parameters
    ----------
    classes : tuple of str
        Names that the file of names must hold, in this order.
    """

    classes: tuple[str, ...]

    def find(self, request: Request) -> Found | Miss:
        """Return the archive."""
        if request.data_dir is None:
            return NO_DATA_DIR
        path = request.data_dir / ARCHIVE
        if not path.is_file():
            return Miss(f"data directory: no file {path}")
        return Found("data directory", {"archive": path})

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Read both splits; nothing is unpacked to the disk."""
        path = files["archive"]
        members = _read_members(path)
        shown = {name: f"{path}: {FOLDER}/{name}" for name in FILES}
        return _read_splits(members.pop, shown, self.classes)


def _read_splits(
    read: Callable[[str], bytes], shown: Mapping[str, object], classes: tuple[str, ...]
) -> dict[str, Split]:
    """Make the splits of the files that `read` returns and messages call as `shown`."""
    _check_names(read_pickle(read(NAMES), str(shown[NAMES])), str(shown[NAMES]), classes)
    splits = {}
    for split, names in PARTS.items():
        parts = [_read_batch(read(name), str(shown[name])) for name in names]
        images, labels = zip(*parts, strict=True)
        splits[split] = Split(np.concatenate(images), np.concatenate(labels))
    return splits


def _read_batch(data: bytes, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return the images (n, 32, 32, 3) and the labels (n,) of a batch."""
    batch = read_pickle(data, name)
    rows, labels = _entry(batch, "data", name), _entry(batch, "labels", name)
    if not isinstance(rows, np.ndarray) or rows.dtype != np.uint8 or rows.shape[1:] != (_ROW,):
        raise _unfit(name, f"data to be uint8 of shape (n, {_ROW})", kind(rows))
    numbers = _integers(labels)
    if numbers is None or numbers.shape != rows.shape[:1]:
        got = kind(labels if numbers is None else numbers)
        raise _unfit(name, f"labels to be {len(rows)} integers", got)
    if not 0 <= numbers.min(initial=0) <= numbers.max(initial=0) < 1 << 16:
        raise _unfit(name, "labels from 0 up", f"{numbers.min()} to {numbers.max()}")
    images = rows.reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), numbers.astype(np.uint16)


def _integers(values: Any) -> NDArray[Any] | None:
    """Return a list or an array of integers as an array, or None if it is something else."""
    # A list of one long list many times over is small, an array made of it is not.
    if isinstance(values, list) and all(type(value) is int for value in values):
        values = np.array(values) if values else np.zeros(0, np.uint8)
    is_array = isinstance(values, np.ndarray) and values.dtype.kind in "iu"
    return values if is_array else None


def _check_names(meta: object, name: str, classes: tuple[str, ...]) -> None:
    """Refuse other classes, or another order, than the labels are taken to mean."""
    names = _entry(meta, "label_names", name)
    if not isinstance(names, list):
        raise _unfit(name, "label_names to be a list", kind(names))
    texts = [item.decode("latin-1") if isinstance(item, bytes) else item for item in names]
    if texts != list(classes):
        got = ", ".join(str(item) for item in texts[: len(classes) + 1])
        raise _unfit(name, f"label_names to be {', '.join(classes)}", got or "none")


def _entry(batch: object, key: str, name: str) -> Any:
    """Return an entry, whose key older files have as bytes."""
    if not isinstance(batch, dict):
        raise _unfit(name, "a dictionary", kind(batch))
    for known in (key, key.encode()):
        if known in batch:
            return batch[known]
    got = ", ".join(str(item) for item in list(batch)[:10]) or "none"
    raise _unfit(name, f"the key {key}", got)


def _unfit(name: str, expected: str, got: str) -> DataError:
    """Return the error, to be raised, for a sound file that is no file of CIFAR-10."""
    return DataError(
        f"{name} does not fit: expected {expected}, got {got}; put the file of CIFAR-10 there"
    )


def _read_file(path: Path) -> bytes:
    """Read a file, unless it is far too large to be a batch."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise _unfit(str(path), f"at most {MAX_FILE_BYTES} bytes", f"{size} bytes")
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error


def _read_members(path: Path) -> dict[str, bytes]:
    """Return the files of an archive by the names that are looked for; no other is read."""
    wanted = {f"{FOLDER}/{name}": name for name in FILES}
    found: dict[str, bytes] = {}
    try:
        with (
            gzip.open(path) as file,
            tarfile.open(fileobj=cast("IO[bytes]", _Limited(file)), mode="r|") as archive,
        ):
            for member in archive:
                name = wanted.get(member.name.removeprefix("./"))
                if name is None or name in found:
                    continue
                # Of a sparse member the size is a mere claim.
                if not member.isreg() or member.issparse() or member.size > MAX_FILE_BYTES:
                    raise damaged(path, f"{member.name} to be a file", "something else")
                content = archive.extractfile(member)
                found[name] = content.read() if content is not None else b""
                if len(found) == len(wanted):
                    return found
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise damaged(path, _WHOLE, str(error)) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
    missing = [name for name in wanted if wanted[name] not in found]
    raise damaged(path, _WHOLE, f"none of {', '.join(missing)}")


class _Limited:
    """A file that ends with an error where it unpacks to far more than the archive does."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._left = MAX_ARCHIVE_BYTES

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            msg = f"more than {MAX_ARCHIVE_BYTES} bytes"
            raise tarfile.ReadError(msg)
        return data
