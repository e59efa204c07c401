from __future__ import annotations

import numpy as np
import pytest
import torch

from reportgen.datasets.source import Split
from reportgen.training.batches import Batches, Normalizer, PlacedSplit, fits, place_split
from tests.training.toy import CPU, toy_split

ONE = Normalizer.of((0.0,), (1.0,), "cpu")


def numbered(n: int, channels: int = 1) -> PlacedSplit:
    """Return images of 2×3 pixels that all hold the sample's number, which is also its label."""
    images = np.arange(n, dtype=np.uint8)[:, None, None, None].repeat(2, 1).repeat(3, 2)
    split = Split(images.repeat(channels, 3), np.arange(n, dtype=np.uint16))
    return place_split(split, CPU)


def test_pixels_are_normalised_by_channel():
    normalizer = Normalizer.of((0.5, 0.2), (0.25, 0.1), "cpu")
    images = torch.tensor([[[[0, 255]]], [[[51, 51]]]], dtype=torch.uint8)  # (2, 1, 1, 2)
    found = normalizer(images)
    assert found.shape == (2, 2, 1, 1)
    # (0 − 0.5) / 0.25, (1 − 0.2) / 0.1, (0.2 − 0.5) / 0.25, (0.2 − 0.2) / 0.1
    assert found.flatten().tolist() == pytest.approx([-2, 8, -1.2, 0], abs=1e-6)


def test_mean_and_deviation_must_be_as_many():
    with pytest.raises(ValueError, match="shorter"):
        Normalizer.of((0.5, 0.5), (1.0,), "cpu")


def test_batches_follow_the_order_and_the_last_holds_the_rest():
    order = torch.tensor([4, 0, 3, 1, 2])
    batches = Batches(numbered(5), 2, ONE, order=order)
    found = [(images[:, 0, 0, 0].mul(255).round().tolist(), y.tolist()) for images, y in batches]
    assert found == [([4, 0], [4, 0]), ([3, 1], [3, 1]), ([2], [2])]
    assert (len(batches), batches.n) == (3, 5)


def test_without_an_order_rows_come_as_they_lie():
    batches = Batches(numbered(5), 4, ONE)
    assert [labels.tolist() for _, labels in batches] == [[0, 1, 2, 3], [4]]
    assert (len(batches), batches.n) == (2, 5)


def test_augmentation_sees_uint8_before_normalisation():
    seen = []

    def augment(images):
        seen.append((images.dtype, tuple(images.shape)))
        return images * 0

    (images, _), *_ = Batches(numbered(5), 4, ONE, augment=augment)
    assert seen[0] == (torch.uint8, (4, 2, 3, 1))
    assert not images.any()


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_memory_format_is_as_asked_for_and_the_values_are_the_same(channels_last, channels):
    split = numbered(3, channels)
    (images, _), *_ = Batches(split, 3, ONE, channels_last=channels_last)
    wanted = torch.channels_last if channels_last else torch.contiguous_format
    assert images.shape == (3, channels, 2, 3)
    assert images.is_contiguous(memory_format=wanted)
    assert images[2].mul(255).round().unique().tolist() == [2]
    assert split.input_shape == (channels, 2, 3)


def test_a_read_only_split_is_taken():
    split = toy_split(4)
    split.images.flags.writeable = False
    placed = place_split(split, CPU)
    assert np.array_equal(placed.images.numpy(), split.images)
    assert placed.labels.dtype == torch.int64


def test_images_stay_on_a_device_whose_free_memory_holds_them_twice():
    assert fits(50, 100)
    assert not fits(51, 100)
    assert fits(10**12, None)  # the CPU's memory is where they are anyway


def test_no_value_is_read_back_from_the_device():
    """Tensors on the meta device have no values: reading one raises."""
    split = PlacedSplit(
        torch.empty((5, 4, 4, 1), dtype=torch.uint8, device="meta"),
        torch.empty(5, dtype=torch.int64, device="meta"),
    )
    normalizer = Normalizer.of((0.5,), (0.25,), "meta")
    batches = Batches(split, 2, normalizer, order=torch.arange(5), channels_last=True)
    assert [(tuple(x.shape), x.device.type, len(y)) for x, y in batches] == [
        ((2, 1, 4, 4), "meta", 2),
        ((2, 1, 4, 4), "meta", 2),
        ((1, 1, 4, 4), "meta", 1),
    ]


def test_images_beside_the_device_move_batch_by_batch():
    """Labels say where the device is; here meta stands for a GPU that the images do not fit."""
    split = PlacedSplit(
        torch.zeros((3, 4, 4, 1), dtype=torch.uint8),
        torch.empty(3, dtype=torch.int64, device="meta"),
    )
    normalizer = Normalizer.of((0.5,), (0.25,), "meta")
    for order in (None, torch.arange(3)):
        (images, _), *_ = Batches(split, 2, normalizer, order=order)
        assert images.device.type == "meta"


@pytest.mark.gpu
def test_a_split_lies_on_the_gpu():
    from reportgen.training.placement import choose_placement

    placed = place_split(toy_split(4), choose_placement("cuda", "float32"))
    assert (placed.images.device.type, placed.labels.device.type) == ("cuda", "cuda")
