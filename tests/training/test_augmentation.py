from __future__ import annotations

import pytest
import torch

from reportgen.spec.training import CenterCrop, HorizontalFlip, RandomCrop, RandomShift, Resize
from reportgen.training.augmentation import (
    build_augmentation,
    build_preparation,
    center_crop,
    flip,
    random_crop,
    resize,
    shift,
)


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


# ── sizes ───────────────────────────────────────────────────────────────────


def test_half_the_size_averages_what_lies_under_each_pixel():
    """Four pixels count for each new one, as 1, 3, 3, 1; at the edges, those that there are."""
    row = torch.tensor([0, 80, 160, 240], dtype=torch.uint8)
    found = resize(row.repeat(4, 1).reshape(1, 4, 4, 1), 2)
    # (3·0 + 3·80 + 1·160) / 7 = 57.1, and (1·80 + 3·160 + 3·240) / 7 = 182.9
    assert found[0, :, :, 0].tolist() == [[57, 183], [57, 183]]
    assert found.dtype == torch.uint8


def test_double_the_size_lies_between_the_pixels():
    found = resize(torch.tensor([[0, 100]] * 2, dtype=torch.uint8).reshape(1, 2, 2, 1), 4)
    assert found[0, :, :, 0].tolist() == [[0, 25, 75, 100]] * 4


def test_the_proportions_are_kept_and_channels_do_not_mix():
    images = torch.zeros(3, 10, 15, 3, dtype=torch.uint8)
    images[..., 1] = 200
    found = resize(images, 4)
    assert found.shape == (3, 4, 6, 3)
    assert found[..., 0].unique().tolist() == [0]
    assert found[..., 1].unique().tolist() == [200]


def test_images_of_the_size_are_left_as_they_are():
    images = pictures(2)
    assert resize(images, 4) is images


def test_a_random_crop_takes_every_place_of_each_image_of_its_own():
    images = pictures(300, 4)[:, :, :3]  # 4 rows of 3 pixels: 3 × 2 places for a square of 2
    found = random_crop(images, 2)
    allowed = {
        tuple(images[0, y : y + 2, x : x + 2, 0].flatten().tolist())
        for y in range(3)
        for x in range(2)
    }
    counts = [int((found.flatten(1) == torch.tensor(one)).all(1).sum()) for one in allowed]
    assert found.shape == (300, 2, 2, 1)
    assert sum(counts) == 300
    assert min(counts) > 25  # 50 each, with a standard deviation of 6.5


@pytest.mark.parametrize(("side", "first"), [(2, 6), (3, 1), (4, 1)])
def test_a_centre_crop_leaves_as_much_on_all_sides(side, first):
    """Of rows 1–4, 5–8, … a square of 2 begins at the second row's second pixel."""
    found = center_crop(pictures(1), side)
    assert found.shape == (1, side, side, 1)
    assert int(found[0, 0, 0, 0]) == first


STEPS = (
    Resize(resize=6),
    RandomCrop(random_crop=4),
    HorizontalFlip(horizontal_flip=1.0),
    RandomShift(random_shift=1),
    CenterCrop(center_crop=2),
)


def test_evaluation_resizes_and_cuts_the_centre_but_moves_nothing():
    images = pictures(3, 8)
    prepare = build_preparation(STEPS)
    before = torch.get_rng_state()
    found = prepare(images)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(found, center_crop(center_crop(resize(images, 6), 4), 2))


def test_training_takes_all_steps_in_their_order():
    images = pictures(3, 8)
    torch.manual_seed(4)
    expected = center_crop(shift(flip(random_crop(resize(images, 6), 4), 1.0), 1), 2)
    torch.manual_seed(4)
    assert torch.equal(build_augmentation(STEPS)(images), expected)


def test_where_no_size_changes_evaluation_has_no_function():
    assert build_preparation(()) is None
    assert build_preparation((HorizontalFlip(horizontal_flip=0.5),)) is None
