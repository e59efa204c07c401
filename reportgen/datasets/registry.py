"""From a data set's name to its files, its samples and its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.catalogue import CATALOGUE, KnownDataset, own_dataset
from reportgen.datasets.npz import read_classes
from reportgen.datasets.place import Found, Miss, Place, Request
from reportgen.datasets.source import Source
from reportgen.errors import DataError, nearest
from reportgen.hashing import canonical_json, sha256_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Location:
    """Where a data set was found; nothing of it has been read yet.

    `files` maps a role ("train-images") to its path, `place` reads them.
    """

    name: str
    origin: str
    files: Mapping[str, Path]
    place: Place

    @property
    def signature(self) -> list[list[str | int]]:
        """What tells, without reading them, whether the files are still the same.

        A row a file: label, size in bytes, time of the last change in ns. The
        label holds the role and a hash of path and inode, so that another file
        of the same size and time is told apart, and no path goes into a cache.

        Raises
        ------
        DataError
            If a file went away since it was found.
        """
        return [_sign(role, path) for role, path in self.files.items()]


def locate(name: str, data_dir: Path | None = None, *, download: bool = True) -> Location:
    """Return where a data set lies, the first place that has it.

    Parameters
    ----------
    name : str
        Name in the experiment file.
    data_dir : Path, optional
        The user's data directory.
    download : bool
        Whether the last resort, torchvision's download, may be taken.

    Raises
    ------
    DataError
        If the name is unknown, the data directory is no folder, or no place has
        the data set: the message lists what was tried and how to get it.
    """
    known = _known(name)
    if data_dir is not None and not data_dir.is_dir():
        msg = f"data directory {data_dir} is no folder; correct --data-dir or REPORTGEN_DATA"
        raise DataError(msg)
    misses: list[Miss] = []
    for place in known.places:
        match _find(place, Request(name, data_dir, download)):
            case Found(origin, files):
                return Location(name, origin, files, place)
            case Miss() as miss:
                misses.append(miss)
    raise _not_found(known, misses)


def load_source(location: Location) -> Source:
    """Read a data set that was located.

    Raises
    ------
    DataError
        If a file is damaged; the message names it.
    """
    known = _known(location.name)
    splits = location.place.read(location.files)
    n_classes = 1 + max(int(split.labels.max(initial=0)) for split in splits.values())
    classes = known.classes or read_classes(location.files["npz"], n_classes)
    try:
        return Source(known.name, location.origin, known.licence, known.may_show, classes, splits)
    except ValueError as error:
        files = ", ".join(str(path) for path in location.files.values())
        msg = f"{error}; the data set is damaged, delete and get again: {files}"
        raise DataError(msg) from error


def fingerprint(source: Source) -> str:
    """Return the SHA-256 of a data set's content, as 64 hexadecimal digits.

    Class names, and each split's name, pixels, labels and groups decide it; the
    data set's name, its files' format and the order in which splits are kept do
    not. The hash is over a JSON header (classes; by split the name, the shape of
    the images, whether there are groups) and then, split by split in the order
    of their names, the bytes of images, labels and groups, little endian.
    """
    splits = sorted(source.splits.items())
    header = {
        "classes": list(source.classes),
        "splits": [
            [name, list(split.images.shape), split.groups is not None] for name, split in splits
        ],
    }
    digest = hashlib.sha256(canonical_json(header))
    for _, split in splits:
        digest.update(np.ascontiguousarray(split.images).data)
        digest.update(np.ascontiguousarray(split.labels, "<u2").data)
        if split.groups is not None:
            digest.update(np.ascontiguousarray(split.groups, "<i4").data)
    return digest.hexdigest()


def _known(name: str) -> KnownDataset:
    """Return a data set of the catalogue, or the user's own one of that name."""
    return CATALOGUE.get(name) or own_dataset(name)


def _find(place: Place, request: Request) -> Found | Miss:
    """Look at one place; a folder that may not be entered has nothing for us."""
    try:
        return place.find(request)
    except OSError as error:
        return Miss(f"{error.filename}: {error.strerror or error}", error)


def _not_found(known: KnownDataset, misses: list[Miss]) -> DataError:
    """Return the error that lists what was tried, in order, and how to get the data."""
    if known.name not in CATALOGUE:
        near = nearest(known.name, list(CATALOGUE))
        return DataError(f'unknown data set "{known.name}": {near}; {known.advice}')
    reasons = dict.fromkeys(miss.reason for miss in misses)
    tried = "\n".join(f"  {i}. {reason}" for i, reason in enumerate(reasons, 1))
    error = DataError(
        f'data set "{known.name}" was not found. Tried, in order:\n{tried}\n'
        f"To get it: {known.advice}."
    )
    error.__cause__ = misses[-1].cause
    return error


def _sign(role: str, path: Path) -> list[str | int]:
    """Make one row of a location's signature."""
    try:
        stat = path.stat()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
    mark = sha256_bytes(f"{path.resolve()}\n{stat.st_ino}".encode())[:12]
    return [f"{role} {mark}", stat.st_size, stat.st_mtime_ns]
