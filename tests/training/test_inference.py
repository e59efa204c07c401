from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from reportgen.datasets.source import Split
from reportgen.errors import ModelError
from reportgen.spec.training import CenterCrop, HorizontalFlip, RandomCrop, Resize
from reportgen.training.augmentation import center_crop, resize
from reportgen.training.inference import extract_features, predict
from tests.models.study_file import build
from tests.training.toy import CPU, MEAN, STD, ToyNet, toy_model, toy_split


class Fixed(nn.Module):
    """Logits (0, 0, v) of the first pixel: class 2 if it is bright, else a tie of 0 and 1."""

    def forward(self, x):
        first = x[:, 0, 0, 0]
        return torch.stack([first * 0, first * 0, first], 1)


def test_predictions_are_those_of_a_hand_calculation():
    split = toy_split(2)
    split.images[:, 0, 0, 0] = [255, 0]  # normalised to 2 and −2
    split.labels[:] = [2, 1]
    found = predict(Fixed(), split, MEAN, STD, CPU, batch_size=1)
    bright, dark = np.exp(2.0), np.exp(-2.0)
    assert found.predicted.tolist() == [2, 0]  # a tie goes to the first class
    assert found.predicted.dtype == np.uint16
    assert found.confidence == pytest.approx([bright / (2 + bright), 1 / (2 + dark)], abs=1e-6)
    assert found.confidence.dtype == np.float32
    losses = [np.log(2 + bright) - 2, np.log(2 + dark)]
    assert found.mean_loss == pytest.approx(sum(losses) / 2, abs=1e-6)


def test_predicting_changes_nothing_in_the_model():
    model = toy_model()
    model.norm.eval()
    predict(model, toy_split(9), MEAN, STD, CPU, batch_size=4)
    assert (model.training, model.norm.training, int(model.norm.num_batches_tracked)) == (
        True,
        False,
        0,
    )


def test_features_are_the_layers_outputs_of_the_asked_rows():
    model, split = toy_model(), toy_split(20)
    rows = np.array([7, 3, 19], dtype=np.int32)
    found = extract_features(model, split, rows, ["pool", "head"], MEAN, STD, CPU, batch_size=2)
    pixels = torch.from_numpy(split.images[rows]).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        model.eval()
        x = (pixels - 0.5) / 0.25
        pooled = model.pool(torch.relu(model.norm(model.mix(model.conv(x)))))
        logits = model(x)
    assert found["pool"].shape == (3, 4 * 4 * 4)
    assert {v.dtype for v in found.values()} == {np.dtype("float32")}
    np.testing.assert_allclose(found["pool"], pooled.flatten(1).numpy(), atol=1e-5)
    np.testing.assert_allclose(found["head"], logits.numpy(), atol=1e-5)


def test_a_later_layer_in_place_does_not_change_what_was_read():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3), nn.ReLU(inplace=True))
    found = extract_features(
        model, toy_split(50), np.arange(50, dtype=np.int32), ["1"], MEAN, STD, CPU, batch_size=50
    )
    assert found["1"].min() < 0


def test_features_in_bfloat16_come_as_float32():
    reduced = dataclasses.replace(CPU, precision="bfloat16")
    found = extract_features(
        toy_model(),
        toy_split(3),
        np.arange(3, dtype=np.int32),
        ["head"],
        MEAN,
        STD,
        reduced,
        batch_size=3,
    )
    assert found["head"].dtype == np.float32


FAILING = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(64, 3)
    def forward(self, x):
        x = self.dense(x.flatten(1))
        if len(x) == 1:
            raise ValueError("no single sample")
        return x
"""


def test_hooks_are_removed_and_errors_located(tmp_path):
    model = build(tmp_path, FAILING)
    rows = np.arange(5, dtype=np.int32)
    with pytest.raises(ModelError, match=r"models\.py:10: Net failed: ValueError: no single"):
        extract_features(model, toy_split(5), rows, ["dense"], MEAN, STD, CPU, batch_size=4)
    assert not model.dense._forward_hooks
    with pytest.raises(ModelError, match=r"models\.py:10"):
        predict(model, toy_split(5), MEAN, STD, CPU, batch_size=4)


def test_an_unknown_layer_is_told_and_leaves_no_hook():
    model = ToyNet()
    with pytest.raises(ModelError, match='ToyNet has no layer "haed"; did you mean "head"'):
        extract_features(
            model,
            toy_split(3),
            np.arange(3, dtype=np.int32),
            ["head", "haed"],
            MEAN,
            STD,
            CPU,
            batch_size=3,
        )
    assert not model.head._forward_hooks


STEPS = (
    Resize(resize=12),
    RandomCrop(random_crop=8),
    HorizontalFlip(horizontal_flip=1.0),
)


def test_images_are_brought_to_size_and_nothing_more():
    model, split = toy_model(), toy_split(6)
    rows = np.arange(6, dtype=np.int32)
    ready = center_crop(resize(torch.from_numpy(split.images), 12), 8).numpy()
    prepared = Split(np.ascontiguousarray(ready), split.labels)
    found = extract_features(
        model, split, rows, ["head"], MEAN, STD, CPU, batch_size=4, augmentation=STEPS
    )
    expected = extract_features(model, prepared, rows, ["head"], MEAN, STD, CPU, batch_size=4)
    np.testing.assert_array_equal(found["head"], expected["head"])
    predicted = predict(model, split, MEAN, STD, CPU, batch_size=4, augmentation=STEPS)
    assert predicted.mean_loss == predict(model, prepared, MEAN, STD, CPU, batch_size=4).mean_loss


def test_a_crop_larger_than_the_images_is_refused():
    steps = (CenterCrop(center_crop=9),)
    with pytest.raises(ModelError, match=r"training\.augmentation\[0\]: a center_crop of 9"):
        predict(toy_model(), toy_split(3), MEAN, STD, CPU, batch_size=4, augmentation=steps)


class Pair(nn.Module):
    def forward(self, x):
        return x + 1, x


def test_of_a_layer_that_gives_a_tuple_the_first_tensor_is_read():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.pair = Pair()

        def forward(self, x):
            return self.pair(x)[1].flatten(1)

    split, rows = toy_split(3), np.arange(3, dtype=np.int32)
    found = extract_features(Net(), split, rows, ["pair"], MEAN, STD, CPU, batch_size=2)["pair"]
    expected = (split.images / 255 - 0.5) / 0.25 + 1
    np.testing.assert_allclose(found, expected.reshape(3, -1), atol=1e-5)
