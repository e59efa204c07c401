"""Decodes all images of some class folders, in parallel and in order, into one file."""

from __future__ import annotations

import itertools
import os
import warnings
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.decoding import Manner, decode_image
from reportgen.datasets.trees import CorruptFileError
from reportgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

    from reportgen.datasets.class_folders import ClassFiles
    from reportgen.datasets.trees import Tree

MAX_WORKERS = 8
_CHUNK_BYTES = 1 << 22
_CHUNK_FILES = 256
_MAX_TOLD = 8

Shape = tuple[int, int, int]


@dataclass(slots=True)
class Pass:
    """What one pass over the files found: labels of the written images by split, and faults."""

    shape: Shape
    labels: dict[str, list[int]]
    corrupt: list[str] = field(default_factory=list)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some decoded files of one split, in order: those of the right shape."""

    split: str
    labels: list[int]
    pixels: NDArray[np.uint8]
    corrupt: list[str]
    shapes: Counter[Shape]


class _ColourFoundError(Exception):
    """A colour image stands among grey ones, so that all must have three channels."""


def decode_files(tree: Tree, listed: ClassFiles, manner: Manner, path: Path) -> Pass:
    """Decode all listed images and write their pixels to a file, split after split.

    Threads do it, since Pillow's decoders release Python's lock; at most a few
    chunks are in memory at a time.

    Raises
    ------
    DataError
        If images are corrupt and `manner.skip_corrupt` is not set, a class has
        none left without them, or the sizes vary and `manner.size` is not set.
    OSError
        If the file cannot be written.
    """
    first = _first_image(tree, listed, manner)
    if manner.channels is None and first.shape[2] > 1:
        manner = replace(manner, channels="rgb")
    try:
        done = _decode_all(tree, listed, manner, first.shape, path)
    except _ColourFoundError:
        colour = replace(manner, channels="rgb")
        done = _decode_all(tree, listed, colour, (*first.shape[:2], 3), path)
    _check(done, listed, manner)
    return done


def n_workers() -> int:
    """Return how many threads decode: the cores that this process may use, at most 8."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return min(cores, MAX_WORKERS)


def _first_image(tree: Tree, listed: ClassFiles, manner: Manner) -> NDArray[np.uint8]:
    """Return the first image that can be decoded; its shape is expected of all others."""
    corrupt: list[str] = []
    for split, files in listed.files.items():
        for name, _ in files:
            image = _decode(tree, split, name, manner, corrupt)
            if image is not None:
                return image
    raise _corrupt(corrupt, "none of the images can be decoded")


def _decode(
    tree: Tree, split: str, name: str, manner: Manner, corrupt: list[str]
) -> NDArray[np.uint8] | None:
    """Decode one file; of a corrupt one nothing comes back but a note in `corrupt`."""
    try:
        return decode_image(tree.read(split, name), manner)
    except CorruptFileError as error:
        corrupt.append(f"{tree.place(split, name)}: {error}")
        return None
    except DataError as error:
        msg = f"{tree.place(split, name)}: {error}"
        raise DataError(msg) from error


def _decode_all(tree: Tree, listed: ClassFiles, manner: Manner, shape: Shape, path: Path) -> Pass:
    """Make one pass, expecting images of this shape."""
    done = Pass(shape, {split: [] for split in listed.files})
    with path.open("wb") as file, warnings.catch_warnings():
        # What Pillow warns of (odd metadata) changes no pixel.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        for chunk in _chunks(tree, listed, manner, shape):
            if manner.channels is None and any(shape[2] > 1 for shape in chunk.shapes):
                raise _ColourFoundError
            _take(done, chunk, file)
    return done


def _take(done: Pass, chunk: _Chunk, file: BinaryIO) -> None:
    """Add a chunk to what a pass found, and its pixels to the file."""
    done.labels[chunk.split] += chunk.labels
    done.corrupt += chunk.corrupt
    for (height, width, _), n in chunk.shapes.items():
        done.sizes[height, width] += n
    file.write(chunk.pixels.data)


def _chunks(tree: Tree, listed: ClassFiles, manner: Manner, shape: Shape) -> Iterator[_Chunk]:
    """Yield the decoded chunks in order, while threads work a few chunks ahead."""
    size = max(1, min(_CHUNK_FILES, _CHUNK_BYTES // (shape[0] * shape[1] * 3)))
    workers = n_workers()
    jobs = (
        (split, files[start : start + size])
        for split, files in listed.files.items()
        for start in range(0, len(files), size)
    )
    pool = ThreadPoolExecutor(workers, "decode")
    try:
        first = itertools.islice(jobs, 2 * workers)
        ahead = deque(pool.submit(_chunk, tree, *job, manner, shape) for job in first)
        while ahead:
            yield ahead.popleft().result()
            ahead.extend(
                pool.submit(_chunk, tree, *job, manner, shape) for job in itertools.islice(jobs, 1)
            )
    finally:
        pool.shutdown(cancel_futures=True)


def _chunk(
    tree: Tree, split: str, files: Sequence[tuple[str, int]], manner: Manner, shape: Shape
) -> _Chunk:
    """Decode some files of a split."""
    pixels = np.empty((len(files), *shape), np.uint8)
    labels: list[int] = []
    corrupt: list[str] = []
    shapes: Counter[Shape] = Counter()
    for name, label in files:
        image = _decode(tree, split, name, manner, corrupt)
        if image is None:
            continue
        shapes[image.shape] += 1
        if image.shape == shape:
            pixels[len(labels)] = image
            labels.append(label)
    return _Chunk(split, labels, pixels[: len(labels)], corrupt, shapes)


def _check(done: Pass, listed: ClassFiles, manner: Manner) -> None:
    """Refuse what a pass found, if it must be."""
    if done.corrupt and not manner.skip_corrupt:
        n = len(done.corrupt)
        raise _corrupt(done.corrupt, f"{n} image{'s' * (n > 1)} cannot be decoded")
    if len(done.sizes) > 1:
        raise _sizes_vary(done.sizes)
    for split, labels in done.labels.items():
        present = set(labels)
        for label, name in enumerate(listed.classes):
            if label not in present:
                head = f'no image of the class "{name}" of the split {split} can be decoded'
                raise _corrupt(done.corrupt, head)


def _corrupt(corrupt: list[str], head: str) -> DataError:
    """Return the error for images that cannot be decoded."""
    told = [f"  {fault}" for fault in corrupt[:_MAX_TOLD]]
    if len(corrupt) > _MAX_TOLD:
        told.append(f"  and {len(corrupt) - _MAX_TOLD} more")
    mend = "replace or delete them, or leave them out with dataset.source.skip_corrupt: true"
    return DataError("\n".join([f"{head}:", *told, mend]))


def _sizes_vary(sizes: Counter[tuple[int, int]]) -> DataError:
    """Return the error for images of several sizes where none was asked for."""
    common = ", ".join(f"{w} × {h} ({n})" for (h, w), n in sizes.most_common(3))
    heights, widths = zip(*sizes, strict=True)
    return DataError(
        f"the images have {len(sizes)} sizes (width × height), most often {common}; widths from "
        f"{min(widths)} to {max(widths)}, heights from {min(heights)} to {max(heights)}. A network "
        "takes one: give dataset.source.resize (such as 64) or dataset.source.size"
    )
