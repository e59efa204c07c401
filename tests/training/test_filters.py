from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from reportgen.datasets.source import Split
from reportgen.errors import ModelError
from reportgen.spec.training import CenterCrop
from reportgen.training.filters import grey_levels, read_filters
from tests.training.toy import CPU, MEAN, STD, toy_model, toy_split

ROWS = np.array([4, 1], np.int32)


class Net(nn.Module):
    """A convolution whose output the layer after it changes in place."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 2, 3, padding=1, bias=False)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.act(self.conv(x)).mean((2, 3))


def copying() -> Net:
    """Return a network whose filters give the image, and its negative."""
    model = Net()
    with torch.no_grad():
        model.conv.weight.zero_()
        model.conv.weight[:, 0, 1, 1] = torch.tensor([1.0, -1.0])
    return model


def test_weights_come_as_filter_row_column_channel():
    model = Net(3)
    images = np.zeros((1, 8, 8, 3), np.uint8)
    split = Split(images, np.zeros(1, np.uint16))
    rows = np.zeros(1, np.int32)
    weights, outputs = read_filters(model, "conv", split, rows, MEAN * 3, STD * 3, CPU)
    assert (weights.shape, weights.dtype) == ((2, 3, 3, 3), np.float32)
    assert weights[1, 0, 2, 1] == model.conv.weight[1, 1, 0, 2].item()
    assert outputs.shape == (1, 2, 8, 8)


def test_each_map_goes_from_0_to_255_before_the_activation():
    split = toy_split(9)
    _, outputs = read_filters(copying(), "conv", split, ROWS, MEAN, STD, CPU)
    assert (outputs.shape, outputs.dtype) == ((2, 2, 8, 8), np.uint8)
    image = split.images[4, :, :, 0].astype(float)
    own = (image - image.min()) / (image.max() - image.min()) * 255
    assert np.abs(outputs[0, 0] - own).max() <= 1  # rounded
    assert np.abs(outputs[0, 1] - (255 - own)).max() <= 1  # a ReLU would have made it 0


def test_a_map_of_one_value_is_0():
    maps = torch.stack([torch.full((2, 2), 3.0), torch.tensor([[0.0, 1.0], [2.0, 4.0]])])[None]
    assert grey_levels(maps)[0].tolist() == [[[0, 0], [0, 0]], [[0, 64], [128, 255]]]


def test_large_maps_are_reduced_to_32_pixels():
    images = np.zeros((1, 96, 48, 1), np.uint8)
    images[0, :48] = 200
    split = Split(images, np.zeros(1, np.uint16))
    _, outputs = read_filters(copying(), "conv", split, np.zeros(1, np.int32), MEAN, STD, CPU)
    assert outputs.shape == (1, 2, 32, 16)
    assert outputs[0, 0, 4].tolist() == [255] * 16
    assert outputs[0, 0, -4].tolist() == [0] * 16


def test_images_are_prepared_as_for_an_evaluation():
    split = toy_split(9)
    steps = (CenterCrop(center_crop=4),)
    _, outputs = read_filters(copying(), "conv", split, ROWS, MEAN, STD, CPU, augmentation=steps)
    assert outputs.shape == (2, 2, 4, 4)


def test_without_images_there_are_weights_alone():
    none = np.zeros(0, np.int32)
    weights, outputs = read_filters(toy_model(), "conv", toy_split(3), none, MEAN, STD, CPU)
    assert (weights.shape, outputs.shape) == ((4, 3, 3, 1), (0, 4, 0, 0))


def test_another_layer_is_refused_and_no_hook_stays():
    model = toy_model()
    with pytest.raises(ModelError, match='filters.layer: "head" must be a Conv2d, and is a Linear'):
        read_filters(model, "head", toy_split(3), ROWS, MEAN, STD, CPU)
    read_filters(model, "mix", toy_split(9), ROWS, MEAN, STD, CPU)
    assert not model.mix._forward_hooks
