"""Small data sets made for the tests, in memory and as files."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reportgen.datasets.idx import MNIST, IdxFiles
from reportgen.datasets.source import Source, Split

DIGITS = tuple("0123456789")


def make_split(labels: list[int], *, side: int = 4, seed: int = 0, groups: bool = False) -> Split:
    """Random grey images with these labels; with groups, each sample its own."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (len(labels), side, side, 1), dtype=np.uint8)
    numbers = np.arange(len(labels), dtype=np.int32) if groups else None
    return Split(images, np.array(labels, np.uint16), numbers)


def make_source(n_classes: int, **splits: Split) -> Source:
    """A source with these splits and classes named by their number."""
    classes = tuple(str(i) for i in range(n_classes))
    return Source("made", "a test", "CC0", True, classes, splits)


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    """The bytes of an IDX file."""
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def write_idx_folder(
    folder: Path, *, zipped: bool = False, n_train: int = 20, files: IdxFiles = MNIST
) -> None:
    """Write the four files of a small MNIST: `n_train` training and 10 validation images."""
    folder.mkdir(parents=True)
    for prefix, n in ((files.train, n_train), (files.validation, 10)):
        split = make_split([i % 10 for i in range(n)], seed=n)
        images = split.images[..., 0]
        parts = {
            f"{prefix}-images-idx3-ubyte": images.swapaxes(1, 2) if files.transposed else images,
            f"{prefix}-labels-idx1-ubyte": split.labels.astype(np.uint8) + files.labels[0],
        }
        for name, array in parts.items():
            data = idx_bytes(array)
            if zipped:
                (folder / f"{name}.gz").write_bytes(gzip.compress(data))
            else:
                (folder / name).write_bytes(data)
