"""What a run record says of its data."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.thumbnail import make_thumbnail
from reportgen.errors import DataError
from reportgen.records import DataSummary, SplitSize, Thumbnail
from reportgen.spec.dataset import DatasetSpec, Normalization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from reportgen.datasets.source import Source, Split

MAX_SAMPLES = 10
_CHUNK_PIXELS = 1 << 22


def summarize_data(
    source: Source, splits: Mapping[str, Split], spec: DatasetSpec, fingerprint: str
) -> DataSummary:
    """Return the summary of the data that an experiment works with.

    Parameters
    ----------
    source : Source
        The data set, with its names and licence.
    splits : mapping of str to Split
        What `divide` returned.
    spec : DatasetSpec
        Its `normalization` decides `mean` and `std`.
    fingerprint : str
        The source's.

    Raises
    ------
    DataError
        If the normalisation does not fit the channels, or must be computed from
        images without any contrast.
    """
    mean, std = normalization(splits["train"], spec)
    return DataSummary(
        name=source.name,
        source=source.origin,
        fingerprint=fingerprint,
        licence=source.licence,
        classes=source.classes,
        splits=tuple(_size(name, split, source.n_classes) for name, split in splits.items()),
        n_shared=count_shared(splits),
        mean=mean,
        std=std,
        samples=_samples(splits["validation"]) if source.may_show else (),
        n_skipped=source.n_skipped,
    )


def normalization(train: Split, spec: DatasetSpec) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each channel, on pixels in [0, 1].

    Either the given ones, or those of the training split alone (the deviation
    of the population, divided by n), which are exact up to the last rounding:
    they come from whole-number sums.

    Raises
    ------
    DataError
        If the given values are not one a channel, or a channel of the training
        images has one value only.
    """
    n_channels = train.images.shape[3]
    given = spec.normalization
    if isinstance(given, Normalization):
        if len(given.mean) != n_channels:
            msg = (
                f"dataset.normalization gives {len(given.mean)} values; the images of "
                f'"{spec.name}" have {n_channels} channels: give one a channel, or "train"'
            )
            raise DataError(msg)
        return given.mean, given.std
    moments = [_moments(histogram) for histogram in _histograms(train.images)]
    if any(std == 0.0 for _, std in moments):
        msg = (
            f'the training images of "{spec.name}" have a channel without contrast, whose '
            "deviation is 0; give dataset.normalization in the experiment file"
        )
        raise DataError(msg)
    return tuple(mean for mean, _ in moments), tuple(std for _, std in moments)


def count_shared(splits: Mapping[str, Split]) -> int:
    """Return how many pictures stand in more than one split.

    Pictures are the same if all their pixels are, whatever their labels. Each
    counts once, however many samples show it: one picture that stands twice in
    train and once in validation adds 1; twice in train alone, nothing.
    """
    seen: Counter[bytes] = Counter()
    for split in splits.values():
        seen.update({_digest(image) for image in split.images})
    return sum(n_splits > 1 for n_splits in seen.values())


def _digest(image: NDArray[np.uint8]) -> bytes:
    """Hash the pixels; all splits of a source share one image shape."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def _histograms(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count how often each value occurs in each channel, (c, 256)."""
    n_channels = images.shape[3]
    counts = np.zeros((n_channels, 256), np.int64)
    # NumPy counts in integers of eight bytes, so that a chunk takes eight times its own.
    size = max(1, _CHUNK_PIXELS // (images.shape[1] * images.shape[2]))
    for start in range(0, len(images), size):
        chunk = images[start : start + size]
        for channel in range(n_channels):
            counts[channel] += np.bincount(chunk[..., channel].ravel(), minlength=256)
    return counts


def _moments(histogram: NDArray[np.int64]) -> tuple[float, float]:
    """Return mean and population deviation of pixels in [0, 1], from Python's exact integers."""
    counts = [int(count) for count in histogram]
    n = sum(counts)
    total = sum(value * count for value, count in enumerate(counts))
    squares = sum(value * value * count for value, count in enumerate(counts))
    return total / (255 * n), math.sqrt(n * squares - total * total) / (255 * n)


def _size(name: str, split: Split, n_classes: int) -> SplitSize:
    """Return the size of one split."""
    n, height, width, channels = split.images.shape
    per_class = tuple(int(count) for count in split.class_counts(n_classes))
    return SplitSize(name, n, height, width, channels, per_class)


def _samples(validation: Split) -> tuple[Thumbnail, ...]:
    """Return the first validation sample of each class, for the first classes that have one."""
    labels, rows = np.unique(validation.labels, return_index=True)
    return tuple(
        make_thumbnail("validation", int(row), int(label), validation.images[row])
        for label, row in list(zip(labels, rows, strict=True))[:MAX_SAMPLES]
    )
