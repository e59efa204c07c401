"""Decoded or drawn images on disk, mapped into memory instead of read.

::

    <cache folder>/decoded/<key>/index.json    shape, labels' digest, classes, splits, skipped
    <cache folder>/decoded/<key>/images.u8     pixels of all splits, (n, h, w, c)
    <cache folder>/decoded/<key>/labels.u2     classes, little endian
    <cache folder>/decoded/<key>/groups.i4     groups, little endian; only where there are any

An entry is written beside its place, flushed, and renamed into it whole. Of two
builds that want one at a time, the second waits for the first; where the folder's
file system has no locks both make it, the first to finish wins and both are the same.
An entry whose sizes or digests are not those of its index counts as missing. What a
killed build left half made is removed by the next one that makes any.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.place import cache_folder
from reportgen.datasets.source import Split
from reportgen.errors import StoreError
from reportgen.hashing import canonical_json, sha256_bytes, sha256_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from filelock import FileLock

CACHE_SCHEMA = 1
INDEX, IMAGES, LABELS, GROUPS = "index.json", "images.u8", "labels.u2", "groups.i4"
_PROBES, _PROBE_BYTES = 64, 4096


@dataclass(frozen=True, slots=True)
class Index:
    """What an entry holds: splits by name and size in the order in which they lie.

    `labels` and `groups` are digests of their files; without groups there is no such file.
    """

    classes: list[str]
    splits: list[tuple[str, int]]
    shape: list[int]
    n_skipped: int
    labels: str
    probe: str
    groups: str = ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Images as pixels, decoded or drawn; they are mapped, not read."""

    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    n_skipped: int


def entry_folder(key: str) -> Path:
    """Return where the entry of a key lies, whether it is there or not."""
    return cache_folder() / "decoded" / key


def read_entry(folder: Path) -> Decoded | None:
    """Return a verified entry, or None if it is missing or damaged.

    The pixels are verified by their number and by samples spread over the file,
    since reading all of them is what the cache is there to save.
    """
    try:
        head = json.loads((folder / INDEX).read_bytes())
        if head["sha256"] != sha256_json(head["index"]) or head["schema"] != CACHE_SCHEMA:
            return None
        index = Index(**head["index"])
        labels = (folder / LABELS).read_bytes()
        size = (folder / IMAGES).stat().st_size
        if sha256_bytes(labels) != index.labels or size != np.prod(index.shape):
            return None
        if probe(folder / IMAGES) != index.probe:
            return None
        groups = (folder / GROUPS).read_bytes() if index.groups else b""
        if index.groups and sha256_bytes(groups) != index.groups:
            return None
        # Copy on write: nobody can change the file through the array.
        images = np.memmap(folder / IMAGES, np.uint8, "c", shape=tuple(index.shape))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    whole = Split(
        images,
        np.frombuffer(labels, "<u2").astype(np.uint16),
        np.frombuffer(groups, "<i4").astype(np.int32) if index.groups else None,
    )
    return Decoded(tuple(index.classes), _cut(whole, index.splits), index.n_skipped)


@contextlib.contextmanager
def making_alone(folder: Path) -> Iterator[None]:
    """Hold the lock of an entry, so that no other build makes it meanwhile.

    Raises
    ------
    StoreError
        If the cache cannot be written.
    """
    with cache_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
        lock.acquire()
    try:
        _remove_unfinished(folder)
        yield
    finally:
        lock.release()


def _lock(folder: Path) -> FileLock:
    from filelock import FileLock

    return FileLock(folder.with_name(f".{folder.name}.lock"))


def _remove_unfinished(folder: Path) -> None:
    """Remove what builds left half made that were killed: nobody holds its entry's lock."""
    from filelock import Timeout

    for staging in folder.parent.glob(".making-*"):
        name = staging.name.split("-")[1]
        if name == folder.name:
            shutil.rmtree(staging, ignore_errors=True)
            continue
        unheld = _lock(folder.with_name(name))
        with contextlib.suppress(Timeout, OSError), unheld.acquire(blocking=False):
            shutil.rmtree(staging, ignore_errors=True)


@contextlib.contextmanager
def cache_errors(folder: Path) -> Iterator[None]:
    """Turn what the file system refuses into a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        msg = (
            f"{folder.parent} cannot be written: {error.strerror or error}; images are kept "
            "there: make room, or name another cache folder with the variable XDG_CACHE_HOME"
        )
        raise StoreError(msg) from error


@contextlib.contextmanager
def making(folder: Path) -> Iterator[Path]:
    """Give a folder to write an entry into; it becomes the entry when nothing failed.

    Raises
    ------
    StoreError
        If there is no space left, or the cache cannot be written.
    """
    staging = folder.with_name(f".making-{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        with cache_errors(folder):
            staging.mkdir(parents=True)
            yield staging
            _put(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_index(
    folder: Path,
    classes: Sequence[str],
    splits: Mapping[str, Sequence[int]],
    shape: tuple[int, int, int],
    n_skipped: int,
    groups: bytes = b"",
) -> None:
    """Write labels, groups and index beside the images, and flush all of them.

    `splits` holds the label of each image that was written, `shape` is that of one,
    `groups` the group of each as a little-endian integer of four bytes.
    """
    labels = np.concatenate([np.array(part, "<u2") for part in splits.values()]).tobytes()
    sizes = [(name, len(part)) for name, part in splits.items()]
    index = Index(
        list(classes),
        sizes,
        [sum(size for _, size in sizes), *shape],
        n_skipped,
        sha256_bytes(labels),
        probe(folder / IMAGES),
        sha256_bytes(groups) if groups else "",
    )
    (folder / LABELS).write_bytes(labels)
    if groups:
        (folder / GROUPS).write_bytes(groups)
    plain = asdict(index)
    head = {"schema": CACHE_SCHEMA, "index": plain, "sha256": sha256_json(plain)}
    (folder / INDEX).write_bytes(canonical_json(head))
    for name in (INDEX, LABELS, IMAGES, *([GROUPS] if groups else [])):
        with (folder / name).open("rb+") as file:
            os.fsync(file.fileno())


def write_split(folder: Path, classes: Sequence[str], split: Split) -> None:
    """Write an entry of one split, `all`, that is in memory whole."""
    with (folder / IMAGES).open("wb") as file:
        file.write(np.ascontiguousarray(split.images).data)
    height, width, channels = split.images.shape[1:]
    groups = b"" if split.groups is None else split.groups.astype("<i4").tobytes()
    labels = {"all": split.labels.tolist()}
    write_index(folder, classes, labels, (height, width, channels), 0, groups)


def probe(path: Path) -> str:
    """Return the SHA-256 of pieces spread over a file, its beginning and end among them."""
    size = path.stat().st_size
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for i in range(_PROBES):
            file.seek(max(size - _PROBE_BYTES, 0) * i // (_PROBES - 1))
            digest.update(file.read(_PROBE_BYTES))
    return digest.hexdigest()


def _cut(whole: Split, splits: list[tuple[str, int]]) -> dict[str, Split]:
    """Return the splits as views of the arrays that hold all of them."""
    found = {}
    start = 0
    for name, size in splits:
        rows = slice(start, start + size)
        groups = None if whole.groups is None else whole.groups[rows]
        found[name] = Split(whole.images[rows], whole.labels[rows], groups)
        start += size
    return found


def _put(staging: Path, folder: Path) -> None:
    """Rename an entry into its place, unless another build has put a good one there."""
    if read_entry(folder) is not None:
        return
    if folder.exists():
        # Moved out of the way first: a name is free or held by a whole entry.
        folder.replace(staging.with_name(staging.name + "-damaged"))
        shutil.rmtree(staging.with_name(staging.name + "-damaged"), ignore_errors=True)
    try:
        staging.replace(folder)
    except OSError:
        if read_entry(folder) is None:
            raise
