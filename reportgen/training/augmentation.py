"""Changes of whole batches on the device, on uint8 images (b, h, w, c).

Each step has a form for training and one for evaluation: sizes change in both,
a random place becomes the centre in evaluation, and what only moves or mirrors
is left out there. Random numbers come from the device's default generator,
which the training loop seeds at the start of each epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from reportgen.spec.training import Augmentation, CenterCrop, HorizontalFlip, RandomCrop, Resize
from reportgen.training.image_size import crop_side, resized

Change = Callable[[Tensor], Tensor]


def build_augmentation(steps: Sequence[Augmentation]) -> Change | None:
    """Return the steps' training form, in their order, as one function; None without steps."""
    if not steps:
        return None

    def augment(images: Tensor) -> Tensor:
        for step in steps:
            images = _augmented(images, step)
        return images

    return augment


def build_preparation(steps: Sequence[Augmentation]) -> Change | None:
    """Return the steps' evaluation form as one function; None where no step has one."""
    sizing = [step for step in steps if isinstance(step, Resize | RandomCrop | CenterCrop)]
    if not sizing:
        return None

    def prepare(images: Tensor) -> Tensor:
        for step in sizing:
            if isinstance(step, Resize):
                images = resize(images, step.resize)
            else:
                images = center_crop(images, crop_side(step))
        return images

    return prepare


def _augmented(images: Tensor, step: Augmentation) -> Tensor:
    """Return the images after one step of a training."""
    if isinstance(step, Resize):
        return resize(images, step.resize)
    if isinstance(step, RandomCrop):
        return random_crop(images, step.random_crop)
    if isinstance(step, CenterCrop):
        return center_crop(images, step.center_crop)
    if isinstance(step, HorizontalFlip):
        return flip(images, step.horizontal_flip)
    return shift(images, step.random_shift)


def resize(images: Tensor, shorter: int) -> Tensor:
    """Bring the shorter side to so many pixels, keeping the proportions.

    Bilinear, averaging where it shrinks (antialias), as torchvision and Pillow
    do; rounded to whole grey levels. The longer side is rounded down.
    """
    height, width = images.shape[1:3]
    size = resized(height, width, shorter)
    if size == (height, width):
        return images
    values = images.permute(0, 3, 1, 2).to(torch.float32)
    scaled = torch.nn.functional.interpolate(values, size, mode="bilinear", antialias=True)
    return scaled.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def random_crop(images: Tensor, side: int) -> Tensor:
    """Cut a square out of each image at a place of its own, all places alike in chance."""
    n, height, width, _ = images.shape
    top = torch.randint(0, height - side + 1, (n, 1), device=images.device)
    left = torch.randint(0, width - side + 1, (n, 1), device=images.device)
    within = torch.arange(side, device=images.device)
    return _windows(images, top + within, left + within)


def center_crop(images: Tensor, side: int) -> Tensor:
    """Cut a square out of the centre; an odd pixel more stays at the bottom and the right."""
    height, width = images.shape[1:3]
    top, left = (height - side) // 2, (width - side) // 2
    return images[:, top : top + side, left : left + side]


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
    return _windows(padded, rows, columns)


def _windows(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Return each image's own rows (n, h) and columns (n, w)."""
    samples = torch.arange(len(images), device=images.device)[:, None, None]
    return images[samples, rows[:, :, None], columns[:, None, :]]
