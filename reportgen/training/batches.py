"""A split's images on the device, cut into normalised batches there.

Images stay uint8, (n, h, w, c), as they came: a quarter of their float size,
and, read as (n, c, h, w), already in channels-last order. Nothing here reads a
value back from the device.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor

if TYPE_CHECKING:
    from reportgen.datasets.source import Split
    from reportgen.training.placement import Placement

Augment = Callable[[Tensor], Tensor]

# Of a GPU's free memory, the share that images may take; the rest is for the network.
IMAGE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class PlacedSplit:
    """A split as tensors: images uint8 (n, h, w, c), labels int64 (n,)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one image."""
        height, width, channels = self.images.shape[1:]
        return channels, height, width


@dataclass(frozen=True, slots=True)
class Normalizer:
    """Turns uint8 pixels into (pixel / 255 - mean) / std, channel by channel.

    Holds the two factors as tensors on the device, so that no batch waits for them.
    """

    scale: Tensor
    offset: Tensor

    @classmethod
    def of(cls, mean: Sequence[float], std: Sequence[float], device: str) -> Self:
        """Build one from the mean and deviation of pixels in [0, 1]."""
        pairs = list(zip(mean, std, strict=True))
        scale = torch.tensor([1 / (255 * s) for _, s in pairs], device=device)
        return cls(scale, torch.tensor([-m / s for m, s in pairs], device=device))

    def __call__(self, images: Tensor) -> Tensor:
        """Return float32 (b, c, h, w), in channels-last order, of uint8 (b, h, w, c)."""
        values = images.to(torch.float32).mul_(self.scale).add_(self.offset)
        return values.permute(0, 3, 1, 2)


def fits(n_bytes: int, free_bytes: int | None) -> bool:
    """Return whether images of that size may stay on a device; None means shared memory."""
    return free_bytes is None or n_bytes <= IMAGE_SHARE * free_bytes


def free_memory(placement: Placement) -> int | None:
    """Return a GPU's free bytes, None for a device that shares the system's memory."""
    if placement.device != "cuda":
        return None
    return torch.cuda.mem_get_info()[0]


def place_split(split: Split, placement: Placement) -> PlacedSplit:
    """Put a split on the device; images that do not fit stay beside it, in pinned memory."""
    # A copy: torch takes no read-only array, and a memory-mapped one is.
    images = torch.from_numpy(split.images.copy())
    labels = torch.from_numpy(split.labels.astype("int64")).to(placement.device)
    if fits(images.nbytes, free_memory(placement)):
        return PlacedSplit(images.to(placement.device), labels)
    return PlacedSplit(images.pin_memory(), labels)


@dataclass(frozen=True, slots=True)
class Batches:
    """Batches of one split in one order.

    Parameters
    ----------
    split : PlacedSplit
        Where the samples lie.
    batch_size : int
        Samples a batch; the last one holds the rest.
    normalizer : Normalizer
        Applied to every batch, on the device.
    order : Tensor, optional
        Rows, int64, on the CPU; without it, all rows as they lie.
    augment : callable, optional
        Applied to a batch's uint8 images (b, h, w, c) before normalisation; may
        change their size.
    channels_last : bool
        Memory format of the batches; the values are the same.
    """

    split: PlacedSplit
    batch_size: int
    normalizer: Normalizer
    order: Tensor | None = None
    augment: Augment | None = None
    channels_last: bool = False

    @property
    def n(self) -> int:
        """Samples in all batches."""
        return len(self.split) if self.order is None else len(self.order)

    def __len__(self) -> int:
        return math.ceil(self.n / self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield images float32 (b, c, h, w) and labels int64 (b,), on the labels' device."""
        images, labels = self.split.images, self.split.labels
        if self.order is None:
            for start in range(0, self.n, self.batch_size):
                part = slice(start, start + self.batch_size)
                yield self._batch(images[part]), labels[part]
            return
        image_rows, label_rows = self.order.to(images.device), self.order.to(labels.device)
        for start in range(0, self.n, self.batch_size):
            part = slice(start, start + self.batch_size)
            chosen = images.index_select(0, image_rows[part])
            yield self._batch(chosen), labels.index_select(0, label_rows[part])

    def _batch(self, images: Tensor) -> Tensor:
        """Move, augment, normalise and lay out one batch."""
        images = images.to(self.split.labels.device, non_blocking=True)
        if self.augment is not None:
            images = self.augment(images)
        batch = self.normalizer(images)
        wanted = torch.channels_last if self.channels_last else torch.contiguous_format
        return batch.contiguous(memory_format=wanted)
