from __future__ import annotations

import torch

from reportgen.spec.experiment import HorizontalFlip, RandomShift
from reportgen.training.augmentation import build_augmentation, flip, shift


def pictures(n: int, size: int = 4) -> torch.Tensor:
    """Return n copies of a picture with the pixels 1, 2, 3, …, (n, size, size, 1)."""
    one = torch.arange(1, size * size + 1, dtype=torch.uint8).reshape(1, size, size, 1)
    return one.repeat(n, 1, 1, 1)


def test_a_certain_flip_mirrors_every_row_of_pixels():
    found = flip(pictures(3, 2), 1.0)
    assert found.dtype == torch.uint8
    assert found[:, :, :, 0].tolist() == [[[2, 1], [4, 3]]] * 3


def test_a_flip_of_a_half_mirrors_about_half_of_the_images():
    images = pictures(1000)
    flipped = (flip(images, 0.5) != images).flatten(1).any(1)
    assert 430 < int(flipped.sum()) < 570  # 500 ± 4.4 standard deviations of 15.8


def test_a_shift_moves_each_image_as_a_whole_and_fills_with_zeros():
    images = pictures(200)
    found = shift(images, 1)
    padded = torch.nn.functional.pad(images[0, :, :, 0], (1, 1, 1, 1))
    allowed = {
        tuple(padded[y : y + 4, x : x + 4].flatten().tolist()) for y in range(3) for x in range(3)
    }
    seen = {tuple(image.flatten().tolist()) for image in found}
    assert (found.shape, found.dtype) == (images.shape, torch.uint8)
    assert seen == allowed  # each of the 9 places, and nothing else


def test_channels_move_together():
    images = pictures(20).repeat(1, 1, 1, 3)
    found = flip(shift(images, 2), 0.5)
    assert torch.equal(found[..., 0], found[..., 2])


def test_steps_are_taken_in_their_order():
    augment = build_augmentation(
        (HorizontalFlip(horizontal_flip=1.0), HorizontalFlip(horizontal_flip=1.0))
    )
    images = pictures(2)
    assert torch.equal(augment(images), images)
    both = build_augmentation((RandomShift(random_shift=1), HorizontalFlip(horizontal_flip=1.0)))
    torch.manual_seed(3)
    expected = flip(shift(images, 1), 1.0)
    torch.manual_seed(3)
    assert torch.equal(both(images), expected)


def test_no_steps_are_no_function():
    assert build_augmentation(()) is None
