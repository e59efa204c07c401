from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from reportgen.training.network import place_model, pooling_in_order
from tests.training.toy import CPU, ToyNet

SHAPE = (3, 8, 8)


class Viewing(nn.Module):
    """Reads its image with `view`, as many do: it fails on channels-last tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Linear(4 * 64, 2)

    def forward(self, x):
        x = self.conv(x)
        return self.head(x.view(x.size(0), -1)), x


class Reshaping(Viewing):
    def forward(self, x):
        return self.head(self.conv(x).flatten(1))


class Pooling(nn.Module):
    """Its pooling is followed by a dense layer, whose gradient comes image by image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(64, 2)

        self.strides = []

    def forward(self, x):
        pooled = self.pool(self.conv(x))
        if pooled.requires_grad:
            pooled.register_hook(lambda gradient: self.strides.append(gradient.stride()))
        return self.head(pooled.flatten(1))


def learn_once(network):
    """Return the convolution's gradient after a step on made-up images."""
    images = torch.linspace(-1, 1, 2 * 3 * 64).reshape(2, *SHAPE)
    network.model.zero_grad()
    logits = network.logits(images.contiguous(memory_format=torch.channels_last))
    logits.square().sum().backward()
    return network.model.conv.weight.grad


def test_pooling_gets_its_gradient_in_the_order_of_its_images():
    network = place_model(Pooling(), CPU, SHAPE)
    with pooling_in_order(network):
        gradient = learn_once(network)
    assert torch.equal(gradient, learn_once(network))
    # Of (2, 4, 4, 4): channels last, then, outside the block, as the dense layer gives it.
    assert network.model.strides == [(64, 1, 16, 4), (64, 16, 4, 1)]


def test_pooling_without_a_gradient_or_with_indices_is_left_alone():
    class Indexed(Pooling):
        def forward(self, x):
            pooled, places = self.pool(self.conv(x))
            return self.head(pooled.flatten(1)), places

    model = Indexed()
    model.pool.return_indices = True
    network = place_model(model, CPU, SHAPE)
    with pooling_in_order(network):
        assert learn_once(network).shape == (4, 3, 3, 3)
        with torch.no_grad():
            assert network.logits(torch.zeros(2, *SHAPE)).shape == (2, 2)


def test_convolutions_run_channels_last_on_a_cpu():
    model = Reshaping()
    network = place_model(model, CPU, SHAPE)
    assert network.channels_last
    assert model.conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert model.training


def test_a_network_that_cannot_bear_it_keeps_the_usual_order():
    model = Viewing()
    network = place_model(model, CPU, SHAPE)
    assert not network.channels_last
    assert model.conv.weight.is_contiguous()
    assert network.logits(torch.zeros(2, *SHAPE)).shape == (2, 2)


def test_a_network_without_convolutions_keeps_it_too():
    assert not place_model(nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), CPU, SHAPE).channels_last


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_logits_are_float32_in_any_precision(precision):
    network = place_model(ToyNet(), dataclasses.replace(CPU, precision=precision), (1, 8, 8))
    inner = []
    network.model.head.register_forward_hook(lambda m, i, output: inner.append(output.dtype))
    assert network.logits(torch.zeros(2, 1, 8, 8)).dtype == torch.float32
    assert inner[-1] == getattr(torch, precision)
