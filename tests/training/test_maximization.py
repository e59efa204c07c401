"""Images that maximise filters, where the best one is known by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from reportgen.datasets.source import Split
from reportgen.errors import ModelError
from reportgen.spec.maximization import Maximization
from reportgen.spec.training import CenterCrop
from reportgen.training import maximization
from reportgen.training.maximization import maximize_filters, penalty, start_image
from tests.training.toy import CPU, MEAN, STD, tensors_of, toy_model, toy_split

# Rows and columns of a filter; black where it is negative, white where it is positive.
KERNEL = [[1.0, -1.0, 2.0], [-2.0, 1.0, -1.0], [0.5, -0.5, 1.0]]


class OneLook(nn.Module):
    """One 3×3 convolution on an image of 3×3: each filter gives one number."""

    def __init__(self, n: int = 2, channels: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, n, 3)
        self.act = nn.ReLU(inplace=True)
        with torch.no_grad():
            kernel = torch.tensor(KERNEL)
            signs = torch.tensor([1.0, -1.0, 0.5])[:n]
            self.conv.weight.copy_(signs[:, None, None, None] * kernel.expand(n, channels, 3, 3))
            self.conv.bias.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.conv(x)).flatten(1)


def wanted(layer: str = "conv", **values: object) -> Maximization:
    plain = {"images": {"a": {"layer": layer}}, "steps": 60, "regularizer": "none"}
    return Maximization.from_plain(plain | values)


def small_split(n: int = 4, channels: int = 1, side: int = 3) -> Split:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (n, side, side, channels), dtype=np.uint8)
    return Split(images, np.zeros(n, np.uint16))


def maximize(model, layer="conv", filters=None, spec=None, split=None, placement=CPU, **more):
    split = small_split() if split is None else split
    channels = split.images.shape[3]
    return maximize_filters(
        model,
        layer,
        filters,
        spec or wanted(layer),
        split,
        MEAN * channels,
        STD * channels,
        placement,
        batch_size=3,
        **more,
    )


def test_the_best_image_is_white_where_a_weight_is_positive_and_black_where_negative():
    """Mean 0.5 and deviation 0.25 take black to −2 and white to 2.

    The weights without signs add to 10, so the best image of both filters gives 20.
    """
    found = maximize(OneLook())
    white = np.array(KERNEL) > 0
    assert found.images.shape == (2, 3, 3, 1)
    assert found.images.dtype == np.uint8
    assert (found.images[0, ..., 0] == 255 * white).all()
    assert (found.images[1, ..., 0] == 255 * ~white).all()
    assert found.activation.tolist() == [20.0, 20.0]
    assert found.n_filters == 2
    assert found.dead.tolist() == [False, False]
    assert (found.activation.dtype, found.start.dtype, found.real.dtype) == (np.float32,) * 3


def test_what_the_start_and_the_best_real_image_reach():
    split = small_split()
    found = maximize(OneLook(), split=split)
    kernel = np.array(KERNEL)
    real = (((split.images[..., 0] / 255 - 0.5) / 0.25) * kernel).sum((1, 2))
    assert found.real == pytest.approx([real.max(), -real.min()], rel=1e-5)
    starts = [(start_image(0, "conv", k, (1, 3, 3))[0] - 0.5) / 0.25 for k in (1, 2)]
    expected = [(starts[0] * kernel).sum(), -(starts[1] * kernel).sum()]
    assert found.start == pytest.approx(expected, rel=1e-5)


def test_colours_are_maximised_channel_by_channel():
    model = OneLook(1, channels=3)
    with torch.no_grad():
        model.conv.weight[:, 1] *= -1
    found = maximize(model, split=small_split(channels=3))
    white = np.array(KERNEL) > 0
    assert (found.images[0] == 255 * np.stack([white, ~white, white], axis=2)).all()


def test_a_layer_is_read_before_one_after_it_works_in_place():
    """A negative bias of 30 keeps both filters below zero: a ReLU has no gradient there."""
    model = OneLook()
    with torch.no_grad():
        model.conv.bias.fill_(-30)
    found = maximize(model)
    assert found.activation.tolist() == [-10.0, -10.0]
    assert not found.dead.any()
    dead = maximize(model, "act")
    assert dead.dead.tolist() == [True, True]
    assert dead.activation.tolist() == dead.start.tolist() == [0.0, 0.0]
    start = np.rint(start_image(0, "act", 2, (1, 3, 3))[0] * 255)
    assert (dead.images[1, ..., 0] == start).all()  # nothing moved it


def test_the_regulariser_moves_a_dead_filters_image_yet_it_stays_dead():
    model = OneLook()
    with torch.no_grad():
        model.conv.bias.fill_(-30)
    found = maximize(model, "act", spec=wanted("act", regularizer="total_variation"))
    assert found.dead.all()
    assert all(np.ptp(image.astype(int)) < 10 for image in found.images)


def test_a_heavy_regulariser_keeps_the_image_at_the_mean_of_the_data():
    spec = wanted(regularizer={"name": "l2", "weight": 1e4}, steps=200)
    found = maximize(OneLook(), spec=spec)
    assert np.abs(found.images.astype(int) - 127.5).max() <= 1


def test_penalties_are_means_of_one_image_alone():
    """Neighbours of (0, 1 / 0.5, 0.5) differ by 0.5 and 0.5 down, by 1 and 0 across."""
    pixels = torch.tensor([[[[0.0, 1.0], [0.5, 0.5]]], [[[0.25, 0.25], [0.25, 0.25]]]])
    mean = torch.full((1, 1, 1, 1), 0.25)
    rules = {
        name: wanted(regularizer=name).regularizer for name in ("total_variation", "l2", "none")
    }
    assert penalty(rules["total_variation"], pixels, mean).tolist() == [0.5 + 0.5, 0.0]
    sixteenths = (1 + 9 + 1 + 1) / 4
    assert penalty(rules["l2"], pixels, mean).tolist() == [sixteenths / 16, 0.0]
    assert penalty(rules["none"], pixels, mean).tolist() == [0.0, 0.0]


def test_an_image_of_one_row_has_no_vertical_neighbours():
    pixels = torch.tensor([[[[0.0, 1.0]]]])
    rule = wanted(regularizer="total_variation").regularizer
    assert penalty(rule, pixels, torch.zeros(1, 1, 1, 1)).tolist() == [1.0]


def test_the_same_bytes_again():
    spec = wanted("mix", steps=20, regularizer="total_variation")
    split = toy_split(9)
    first, again = (maximize(toy_model(), "mix", spec=spec, split=split) for _ in range(2))
    assert first.images.tobytes() == again.images.tobytes()
    assert first.activation.tobytes() == again.activation.tobytes()
    other = maximize(toy_model(), "mix", spec=wanted("mix", steps=20, seed=1), split=split)
    assert other.images.tobytes() != first.images.tobytes()


def test_a_filters_image_does_not_depend_on_the_others(monkeypatch):
    spec, split = wanted("mix", steps=20, regularizer="total_variation"), toy_split(9)
    whole = maximize(toy_model(), "mix", spec=spec, split=split)
    alone = maximize(toy_model(), "mix", [3], spec=spec, split=split)
    assert alone.n_filters == 4
    assert alone.activation == pytest.approx(whole.activation[2:3], rel=1e-4)
    assert alone.start == pytest.approx(whole.start[2:3], rel=1e-5)
    assert alone.real.tolist() == whole.real[2:3].tolist()
    apart = np.abs(alone.images[0].astype(int) - whole.images[2].astype(int))
    assert (apart <= 1).mean() > 0.95
    monkeypatch.setattr(maximization, "MAX_BATCH", 3)
    parts = maximize(toy_model(), "mix", spec=spec, split=split)
    assert parts.images.shape == whole.images.shape
    assert parts.activation == pytest.approx(whole.activation, rel=1e-4)


def test_starts_follow_from_seed_layer_and_filter():
    shape = (1, 3, 3)
    same = start_image(0, "conv", 1, shape)
    assert same.tobytes() == start_image(0, "conv", 1, shape).tobytes()
    others = [(1, "conv", 1), (0, "mix", 1), (0, "conv", 2)]
    assert all((start_image(*other, shape) != same).any() for other in others)
    assert (same.dtype, same.min() >= 0, same.max() < 1) == (np.float32, True, True)


def test_bfloat16_is_not_used():
    spec, split = wanted("mix", steps=5), toy_split(9)
    reduced = replace(CPU, precision="bfloat16")
    found = maximize(toy_model(), "mix", spec=spec, split=split, placement=reduced)
    exact = maximize(toy_model(), "mix", spec=spec, split=split)
    assert found.activation.tobytes() == exact.activation.tobytes()


def test_images_have_the_size_that_the_network_gets():
    spec, steps = wanted("mix", steps=2), (CenterCrop(center_crop=4),)
    found = maximize(toy_model(), "mix", spec=spec, split=toy_split(9), augmentation=steps)
    assert found.images.shape == (4, 4, 4, 1)


def test_the_model_is_left_as_it_was():
    model = toy_model()
    model.train()
    before = tensors_of(model)
    maximize(model, "mix", spec=wanted("mix", steps=3), split=toy_split(9))
    assert tensors_of(model) == before
    assert model.norm.training
    assert not model.mix._forward_hooks
    assert all(parameter.grad is None for parameter in model.parameters())


class Severed(OneLook):
    def forward(self, x):
        return super().forward(x.detach())


class Raising(OneLook):
    def forward(self, x):
        return super().forward(x / 0)


@pytest.mark.parametrize(
    ("model", "layer", "filters", "message"),
    [
        (OneLook(), "conv", [1, 3], 'layer "conv" has filters 1 to 2, got 3'),
        (OneLook(), "nothing", None, 'has no layer "nothing"'),
        (toy_model(), "head", None, 'layer "head" gives no maps'),
        (Severed(), "conv", None, "does not follow from the image by a gradient"),
        (Raising(), "conv", None, 'an activation of layer "conv" is not finite'),
    ],
)
def test_what_cannot_be_maximised_is_refused(model, layer, filters, message):
    split = toy_split(9) if layer == "head" else small_split()
    with pytest.raises(ModelError, match=message):
        maximize(model, layer, filters, wanted(layer, steps=2), split)
