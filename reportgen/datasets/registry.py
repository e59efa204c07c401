"""From a data set's name to its files, its samples and its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.datasets.catalogue import CATALOGUE, KnownDataset, known_dataset
from reportgen.datasets.cifar_batches import CifarBatches
from reportgen.datasets.idx import IdxFolder
from reportgen.datasets.made_place import MadePlace
from reportgen.datasets.npz import NpzFile
from reportgen.datasets.pickle_file import PickleFile
from reportgen.datasets.place import Found, Miss, Place, Request, sign, walk_folder
from reportgen.datasets.source import Source
from reportgen.errors import DataError, nearest
from reportgen.hashing import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reportgen.spec.arrays import ArraySource
    from reportgen.spec.dataset import DatasetSpec
    from reportgen.spec.glyphs import Glyphs
    from reportgen.spec.images import ImageSource
    from reportgen.spec.letters import Letters


@dataclass(frozen=True, slots=True)
class Location:
    """Where a data set was found; nothing of it has been read yet.

    `files` maps a role ("train-images") to its path, `place` reads them, `known`
    is what is known of the data set.
    """

    origin: str
    files: Mapping[str, Path]
    place: Place
    known: KnownDataset

    @property
    def name(self) -> str:
        """Name in the experiment file."""
        return self.known.name

    @property
    def signature(self) -> list[list[str | int]]:
        """What tells, without reading them, whether reading would give the same.

        A row a file: label, size in bytes, time of the last change in ns. The
        label holds the role and a hash of path and inode, so that another file
        of the same size and time is told apart, and no path goes into a cache. A
        folder's row has the number and a digest of its files instead. Where pixels
        are made of the files, or arrays named in them, there is one row more, of how
        they are read or drawn.

        Raises
        ------
        DataError
            If a file went away since it was found.
        """
        rows = [sign(role, path) for role, path in self.files.items()]
        if isinstance(self.place, MadePlace | PickleFile | NpzFile):
            rows.append([f"manner {self.place.manner_mark}"])
        return rows

    @property
    def holds_arrays(self) -> bool:
        """Whether the files hold the pixels as they are, so that reading takes no decoding."""
        return isinstance(self.place, IdxFolder | NpzFile | PickleFile | CifarBatches)

    @property
    def paths(self) -> list[Path]:
        """Every file that is read, and every folder that is listed."""
        found = []
        for path in self.files.values():
            found.append(path)
            if path.is_dir():
                found += [path / name for name in walk_folder(path)]
        return found


def locate(
    name: str,
    data_dir: Path | None = None,
    *,
    source: ImageSource | ArraySource | None = None,
    glyphs: Glyphs | None = None,
    letters: Letters | None = None,
    download: bool = True,
) -> Location:
    """Return where a data set lies, the first place that has it.

    Parameters
    ----------
    name : str
        Name in the experiment file.
    data_dir : Path, optional
        The user's data directory.
    source : ImageSource or ArraySource, optional
        What the experiment file says of the image files, or the file of arrays, that
        the data set lies as.
    glyphs : Glyphs, optional
        What it says of the emoji that are drawn.
    letters : Letters, optional
        What it says of the letters that are drawn.
    download : bool
        Whether the last resort, torchvision's download, may be taken.

    Raises
    ------
    DataError
        If the name is unknown, the data directory is no folder, or no place has
        the data set: the message lists what was tried and how to get it.
    """
    known = known_dataset(name, source, glyphs, letters)
    if data_dir is not None and not data_dir.is_dir():
        msg = f"data directory {data_dir} is no folder; correct --data-dir or REPORTGEN_DATA"
        raise DataError(msg)
    misses: list[Miss] = []
    for place in known.places:
        match _find(place, Request(name, data_dir, download)):
            case Found(origin, files):
                return Location(origin, files, place, known)
            case Miss() as miss:
                misses.append(miss)
    raise _not_found(known, misses, own=name not in CATALOGUE and source is None)


def locate_spec(
    spec: DatasetSpec, data_dir: Path | None = None, *, download: bool = True
) -> Location:
    """Return where the data of an experiment lie; see `locate`."""
    return locate(
        spec.name,
        data_dir,
        source=spec.source,
        glyphs=spec.glyphs,
        letters=spec.letters,
        download=download,
    )


def load_source(location: Location) -> Source:
    """Read a data set that was located.

    Raises
    ------
    DataError
        If a file is damaged; the message names it.
    """
    known, n_skipped = location.known, 0
    classes, licence = known.classes, known.licence
    if isinstance(location.place, MadePlace):
        decoded = location.place.decode(location.files)
        classes, splits, n_skipped = decoded.classes, decoded.splits, decoded.n_skipped
    elif isinstance(location.place, PickleFile | NpzFile):
        content = location.place.load(location.files)
        classes, splits, licence = content.classes, content.splits, content.licence or licence
    else:
        splits = location.place.read(location.files)
    try:
        return Source(
            known.name,
            location.origin,
            licence,
            known.may_show,
            classes,
            splits,
            n_skipped,
        )
    except ValueError as error:
        files = ", ".join(str(path) for path in location.files.values())
        msg = f"{error}; the data set is damaged, delete and get again: {files}"
        raise DataError(msg) from error


def fingerprint(source: Source) -> str:
    """Return the SHA-256 of a data set's content, as 64 hexadecimal digits.

    Class names, and each split's name, pixels, labels and groups decide it; the
    data set's name, its files' format and the order in which splits are kept do
    not. The hash is over a JSON header (classes; by split the name, the shape of
    the images, whether there are groups; how many images were skipped, if any)
    and then, split by split in the order of their names, the bytes of images,
    labels and groups, little endian.
    """
    splits = sorted(source.splits.items())
    header: dict[str, Any] = {
        "classes": list(source.classes),
        "splits": [
            [name, list(split.images.shape), split.groups is not None] for name, split in splits
        ],
    }
    if source.n_skipped:
        header["skipped"] = source.n_skipped
    digest = hashlib.sha256(canonical_json(header))
    for _, split in splits:
        digest.update(np.ascontiguousarray(split.images).data)
        digest.update(np.ascontiguousarray(split.labels, "<u2").data)
        if split.groups is not None:
            digest.update(np.ascontiguousarray(split.groups, "<i4").data)
    return digest.hexdigest()


def _find(place: Place, request: Request) -> Found | Miss:
    """Look at one place; a folder that may not be entered has nothing for us."""
    try:
        return place.find(request)
    except OSError as error:
        return Miss(f"{error.filename}: {error.strerror or error}", error)


def _not_found(known: KnownDataset, misses: list[Miss], *, own: bool) -> DataError:
    """Return the error that lists what was tried, in order, and how to get the data."""
    if own:
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
