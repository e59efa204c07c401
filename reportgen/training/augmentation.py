"""Augmentation of whole batches on the device, on uint8 images (b, h, w, c).

Random numbers come from the device's default generator, which the training
loop seeds at the start of each epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from reportgen.spec.experiment import Augmentation, HorizontalFlip


def build_augmentation(steps: Sequence[Augmentation]) -> Callable[[Tensor], Tensor] | None:
    """Return the steps, in their order, as one function on a batch; None without steps."""
    if not steps:
        return None

    def augment(images: Tensor) -> Tensor:
        for step in steps:
            if isinstance(step, HorizontalFlip):
                images = flip(images, step.horizontal_flip)
            else:
                images = shift(images, step.random_shift)
        return images

    return augment


def flip(images: Tensor, probability: float) -> Tensor:
    """Mirror each image left to right with a probability."""
    chosen = torch.rand(len(images), device=images.device) < probability
    return torch.where(chosen[:, None, None, None], images.flip(2), images)


def shift(images: Tensor, pixels: int) -> Tensor:
    """Move each image by up to `pixels` along each axis; what comes in from outside is 0."""
    n, height, width, _ = images.shape
    padded = torch.nn.functional.pad(images, (0, 0, pixels, pixels, pixels, pixels))
    offsets = torch.randint(0, 2 * pixels + 1, (2, n, 1), device=images.device)
    rows = offsets[0] + torch.arange(height, device=images.device)
    columns = offsets[1] + torch.arange(width, device=images.device)
    samples = torch.arange(n, device=images.device)[:, None, None]
    return padded[samples, rows[:, :, None], columns[:, None, :]]
